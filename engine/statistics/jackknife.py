"""Means over pairs of points, with intervals that hold for other names and contexts.

What is measured of a cloud of points (how near, of what kind the neighbours are) is a mean over pairs, and a point that
lies oddly is in many of them, as the one and as the other. So the errors of single points do not add up to that of the
mean; leaving out a whole name, with every pair that it is in, shows how far the mean hangs on it.
"""

from collections.abc import Callable, Hashable, Sequence

import numpy as np
import numpy.typing as npt

from nerspace.engine.statistics.clusters import Clustered, fewer, numbered

Vector = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]
NAN = float("nan")


class PairMean:
    """A mean over ordered pairs of points.

    Args:
        first: [m], number of the one point of each pair.
        second: [m], that of the other.
        values: [m].
    """

    def __init__(self, first: Index, second: Index, values: Vector) -> None:
        self._first, self._second, self._values = first, second, np.asarray(values, dtype=np.float64)

    @property
    def value(self) -> float:
        """The mean; NaN without pairs."""
        return float(self._values.mean()) if len(self._values) else NAN

    def without(self, groups: Index) -> Vector:
        """The mean when a group's points are left out, group by group; NaN where no pair is left.

        Args:
            groups: [points], numbers from 0.

        Returns:
            [groups].
        """
        count = int(groups.max(initial=-1)) + 1
        own, other = groups[self._first], groups[self._second]
        inside = own == other
        left = []
        for weights in (self._values, np.ones(len(self._values))):
            lost = np.bincount(own, weights, count) + np.bincount(other, weights, count)
            lost -= np.bincount(own[inside], weights[inside], count)
            left.append(weights.sum() - lost)
        found: Vector = np.divide(left[0], left[1], out=np.full(count, NAN), where=left[1] > 0.5)
        return found


def jackknifed(
    statistic: Callable[..., "float | Vector"], means: Sequence[PairMean], names: Sequence[Hashable],
    contexts: Sequence[Hashable],
) -> Clustered:  # fmt: skip
    """A statistic of means over pairs: t with one degree of freedom less than the fewer of names and contexts.

    The variance is that of leaving out names plus that of leaving out contexts minus that of leaving out both at once,
    and no less than the greater of the first two.

    Args:
        statistic: of the means, one number or array each.
        means: over pairs of the same points.
        names: [points].
        contexts: [points].

    Returns:
        Bounds are NaN where fewer than 2 names and contexts are there, or a mean hangs on one of them alone.

    Source: Efron & Stein 1981; two ways as in Cameron, Gelbach & Miller 2011.
    """
    from scipy import stats

    of_name, of_context = numbered(names), numbered(contexts)
    groups = fewer(of_name, of_context)
    value = float(statistic(*(mean.value for mean in means)))
    both = numbered(list(zip(of_name.tolist(), of_context.tolist(), strict=True)))
    parts = []
    for numbers in (of_name, of_context, both):
        count = int(numbers.max(initial=-1)) + 1
        left = np.asarray(statistic(*(mean.without(numbers) for mean in means)), dtype=np.float64)
        parts.append(float(((left - value) ** 2).sum()) * (count - 1) / count if count > 1 else 0.0)
    variance = max(parts[0] + parts[1] - parts[2], parts[0], parts[1])
    if groups < 2 or not np.isfinite(value + variance):
        return Clustered(value, NAN, NAN, NAN, groups)
    error = float(np.sqrt(variance))
    half = float(stats.t.ppf(0.975, groups - 1)) * error
    return Clustered(value, value - half, value + half, error, groups)
