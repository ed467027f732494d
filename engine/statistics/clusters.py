"""Means and shares of sentences that share names and contexts, with intervals that know it.

A test part of 120 cells holds about 60 names and 36 contexts; a hard name is wrong in every context, and a hard context
with every name. Intervals of independent sentences are then 1.1 to 1.8 times too narrow.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]
NAN = float("nan")


@dataclass(frozen=True, slots=True)
class Clustered:
    """A mean with its interval.

    Attributes:
        value: the mean.
        low: 2.5 % bound; NaN where there are fewer than 2 names and fewer than 2 contexts.
        high: 97.5 % bound.
        error: standard error.
        groups: names or contexts, whichever are fewer; t has one degree of freedom less.
    """

    value: float
    low: float
    high: float
    error: float
    groups: int


def numbered(labels: Sequence[Hashable]) -> Index:
    """Labels as numbers from 0, [n]."""
    known: dict[Hashable, int] = {}
    return np.array([known.setdefault(label, len(known)) for label in labels], dtype=np.intp)


def sums_by(scores: Vector, groups: Index) -> Vector:
    """Sums of the rows of every group, [groups, k].

    Args:
        scores: [n, k].
        groups: [n], numbers from 0.
    """
    found = np.zeros((int(groups.max(initial=-1)) + 1, scores.shape[1]))
    np.add.at(found, groups, scores)
    return found


def two_way_variance(influences: Vector, names: Index, contexts: Index) -> Vector:
    """The variances of sums of influences whose rows share names and contexts, [k].

    That by names plus that by contexts minus that of both at once, each times G / (G − 1). Where this is less than
    names or contexts alone give, as few groups may make it, the greater of these two stands for it.

    Args:
        influences: [n, k], what every row adds to each of k estimates.
        names: [n], numbers from 0.
        contexts: [n], numbers from 0.

    Source: Cameron, Gelbach & Miller 2011.
    """
    both = numbered(list(zip(names.tolist(), contexts.tolist(), strict=True)))
    parts = []
    for groups in (names, contexts, both):
        sums = sums_by(influences, groups)
        count = len(sums)
        parts.append((sums**2).sum(axis=0) * (count / (count - 1)) if count > 1 else np.zeros(influences.shape[1]))
    found: Vector = np.maximum(parts[0] + parts[1] - parts[2], np.maximum(parts[0], parts[1]))
    return found


def clustered_mean(
    values: Sequence[float] | Vector, names: Sequence[Hashable], contexts: Sequence[Hashable]
) -> Clustered:
    """The mean of rows that share names and contexts: t with one degree of freedom less than the fewer of both.

    Args:
        values: [n].
        names: [n]; each its own where nothing is shared.
        contexts: [n]; likewise.
    """
    from scipy import stats

    y = np.asarray(values, dtype=np.float64)
    if not len(y):
        return Clustered(NAN, NAN, NAN, NAN, 0)
    value = float(y.mean())
    of_name, of_context = numbered(names), numbered(contexts)
    groups = fewer(of_name, of_context)
    if groups < 2:
        return Clustered(value, NAN, NAN, NAN, groups)
    error = float(np.sqrt(two_way_variance((y - value)[:, None] / len(y), of_name, of_context)[0]))
    half = float(stats.t.ppf(0.975, groups - 1)) * error
    return Clustered(value, value - half, value + half, error, groups)


def clustered_share(
    found: Sequence[float] | Vector, names: Sequence[Hashable], contexts: Sequence[Hashable]
) -> Clustered:
    """A share with an interval within [0, 1]: Wilson's, of as many independent sentences as these are worth.

    They are worth n times the variance of independent ones over that of `clustered_mean`, at most n; where all are
    found or none is, as many as there are names or contexts, whichever are fewer.

    Args:
        found: [n], 1 or 0.
        names: [n].
        contexts: [n].

    Source: the effective sample size of Korn & Graubard 1998, put into Wilson 1927.
    """
    from scipy import stats

    mean = clustered_mean(found, names, contexts)
    n = len(found)
    if mean.groups < 2:
        return mean
    spread = mean.value * (1 - mean.value)
    worth = float(mean.groups)
    if spread > 0 and mean.error > 0:
        worth = min(float(n), spread / mean.error**2)
    low, high = wilson(mean.value, worth, float(stats.t.ppf(0.975, mean.groups - 1)))
    return Clustered(mean.value, low, high, mean.error, mean.groups)


def wilson(share: float, n: float, z: float = 1.959964) -> tuple[float, float]:
    """95 % interval of a share of n independent ones.

    By hand: scipy's makes an exact test of every share besides, and takes whole numbers alone.

    Args:
        share: in [0, 1].
        n: above 0; need not be whole.
        z: how many standard errors to either side.

    Returns:
        Lower and upper bound, in [0, 1].

    Source: Wilson 1927.
    """
    scale = 1 + z * z / n
    middle = (share + z * z / (2 * n)) / scale
    half = z / scale * ((share * (1 - share) / n + z * z / (4 * n * n)) ** 0.5)
    return max(0.0, middle - half), min(1.0, middle + half)


def crossed_weights(
    names: Sequence[Hashable], contexts: Sequence[Hashable], times: int, generator: np.random.Generator
) -> Vector:
    """How often each row counts when names and contexts are drawn with replacement, both at once, [times, n].

    Where every name stands in one context alone, contexts are drawn with all their rows, and the other way round: a
    second draw would count the same variance twice. A single name or context is held.

    Args:
        names: [n].
        contexts: [n].
        times: how many draws.
        generator: of the draws.

    Source: the pigeonhole bootstrap, Owen 2007.
    """
    of_name, of_context = numbered(names), numbered(contexts)
    name_count, context_count = (int(side.max(initial=-1)) + 1 for side in (of_name, of_context))
    cells = len(set(zip(of_name.tolist(), of_context.tolist(), strict=True)))
    names_inside = cells == name_count and context_count > 1
    contexts_inside = cells == context_count and name_count > 1 and not names_inside
    found = np.ones((times, len(of_name)))
    if context_count > 1 and not contexts_inside:
        found *= _drawn(context_count, times, generator)[:, of_context]
    if name_count > 1 and not names_inside:
        found *= _drawn(name_count, times, generator)[:, of_name]
    return found


def _drawn(count: int, times: int, generator: np.random.Generator) -> Vector:
    """How often each of `count` is drawn, [times, count]."""
    numbers = generator.integers(0, count, (times, count)) + count * np.arange(times)[:, None]
    return np.bincount(numbers.ravel(), minlength=times * count).reshape(times, count).astype(np.float64)


def clustered_slope(
    y: Vector, columns: Vector, names: Sequence[Hashable], contexts: Sequence[Hashable], place: int = 0
) -> Clustered:
    """The slope of one column in a least-squares fit: t with one degree of freedom less than the fewer of both.

    Args:
        y: [n].
        columns: [n, k]; a constant, where one is wanted, is among them.
        names: [n].
        contexts: [n].
        place: of the column that is asked about.

    Returns:
        All NaN where the columns do not tell it apart.
    """
    from scipy import stats

    groups = fewer(numbered(names), numbered(contexts))
    scale = np.linalg.norm(columns, axis=0)
    if len(y) <= columns.shape[1] or not scale.all() or np.linalg.matrix_rank(columns / scale) < columns.shape[1]:
        return Clustered(NAN, NAN, NAN, NAN, groups)
    bread = np.linalg.inv(columns.T @ columns)
    fitted = bread @ (columns.T @ y)
    value = float(fitted[place])
    influences = (columns * (y - columns @ fitted)[:, None]) @ bread[:, [place]]
    error = float(np.sqrt(two_way_variance(influences, numbered(names), numbered(contexts))[0]))
    if groups < 2 or not error > 0:
        return Clustered(value, NAN, NAN, error, groups)
    half = float(stats.t.ppf(0.975, groups - 1)) * error
    return Clustered(value, value - half, value + half, error, groups)


def fewer(names: Index, contexts: Index) -> int:
    """Groups of whichever are fewer; of the other where one name or one context is all there is."""
    counts = [int(groups.max(initial=-1)) + 1 for groups in (names, contexts)]
    return min(counts) if min(counts) > 1 else max(counts)
