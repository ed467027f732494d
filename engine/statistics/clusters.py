"""Means and shares of sentences that share names and contexts, with intervals that know it.

A test part of 120 cells holds about 60 names and 36 contexts; a hard name is wrong in every context, and a hard context
with every name. Intervals of independent sentences are then 1.1 to 1.8 times too narrow.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]
NAN = float("nan")
# Of what an estimate rests on, so much must be left without any group.
_ALONE = 1e-6
# A coefficient with so much of a direction that is gone is gone with it.
_NEEDED = 1e-6


@dataclass(frozen=True, slots=True)
class Clustered:
    """A mean with its interval.

    Attributes:
        value: the mean.
        low: 2.5 % bound; NaN where there are fewer than 2 names and fewer than 2 contexts.
        high: 97.5 % bound.
        error: standard error.
        groups: names or contexts, whichever are fewer; t has one degree of freedom less.
        free: degrees of freedom where the estimate rests on some groups more than on others; else NaN.
    """

    value: float
    low: float
    high: float
    error: float
    groups: int
    free: float = NAN


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


def two_way_variance(without: Callable[[Index], Vector], names: Index, contexts: Index) -> Vector:
    """The variances of estimates from rows that share names and contexts, [k].

    That of leaving out names plus that of leaving out contexts minus that of leaving out both at once. Where this is
    less than names or contexts alone give, as few groups may make it, the greater of these two stands for it.

    Args:
        without: groups as numbers [n] → how far each estimate moves when a group is left out [groups, k]; NaN where it
            cannot do without.
        names: [n], numbers from 0.
        contexts: [n], numbers from 0.

    Returns:
        NaN where an estimate rests on one name or one context alone.

    Source: Cameron, Gelbach & Miller 2011; of leaving out, MacKinnon, Nielsen & Webb 2023 (CV3).
    """
    both = numbered(list(zip(names.tolist(), contexts.tolist(), strict=True)))
    parts = []
    for groups in (names, contexts, both):
        moves = without(groups)
        # A single group is held.
        parts.append((moves**2).sum(axis=0) * (1 - 1 / len(moves)) if len(moves) > 1 else np.zeros(moves.shape[1]))
    found: Vector = np.maximum(parts[0] + parts[1] - parts[2], np.maximum(parts[0], parts[1]))
    return found


def without_groups(columns: Vector, residuals: Vector) -> Callable[[Index], Vector]:
    """How far every coefficient of least squares moves when a group is left out, for `two_way_variance`.

    An estimate bends to a name that makes much of it, so that the residuals of this name look small; without it they
    do not.

    Args:
        columns: [n, k].
        residuals: [n], of least squares on them.
    """
    scale = np.maximum(np.linalg.norm(columns, axis=0), 1e-300)
    X = columns / scale
    whole = X.T @ X

    def moves(groups: Index) -> Vector:
        k = X.shape[1]
        own = sums_by((X[:, :, None] * X[:, None, :]).reshape(len(X), k * k), groups).reshape(-1, k, k)
        scores = sums_by(X * residuals[:, None], groups)
        sizes, turned = np.linalg.eigh(whole - own)
        gone = sizes < _ALONE
        # What is left of a direction that no row shows any more is rounding; who needs it has no estimate.
        parts = np.einsum("gij,gi->gj", turned, scores) / np.where(gone, 1.0, sizes)
        found: Vector = np.einsum("gij,gj->gi", turned, np.where(gone, 0.0, parts)) / scale
        needed = (np.abs(turned) * gone[:, None, :]).max(axis=2, initial=0.0) > _NEEDED
        return np.where(needed, NAN, found)

    return moves


def without_shares(influences: Vector, shares: Vector) -> Callable[[Index], Vector]:
    """The same where other columns are too many to be fitted again: what is left of each estimate alone is looked at.

    Args:
        influences: [n, k], what every row adds to each of k estimates.
        shares: [n, k], which part of what each estimate rests on a row is; sums to 1.
    """

    def moves(groups: Index) -> Vector:
        sums, left = sums_by(influences, groups), 1 - sums_by(shares, groups)
        found: Vector = np.divide(sums, left, out=np.full(sums.shape, NAN), where=left > _ALONE)
        return found

    return moves


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
    without = without_groups(np.ones((len(y), 1)), y - value)
    error = float(np.sqrt(two_way_variance(without, of_name, of_context)[0]))
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
    """The slope of one column in a least-squares fit: t with the degrees of freedom of `degrees`.

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
    without = without_groups(columns, y - columns @ fitted)
    error = float(np.sqrt(two_way_variance(without, numbered(names), numbered(contexts))[place]))
    if groups < 2 or not error > 0:
        return Clustered(value, NAN, NAN, error, groups)
    own = columns @ bread[:, place]
    free = degrees(own**2 / bread[place, place], numbered(names), numbered(contexts))
    half = float(stats.t.ppf(0.975, free)) * error
    return Clustered(value, value - half, value + half, error, groups, free)


def degrees(shares: Vector, names: Index, contexts: Index) -> float:
    """Degrees of freedom of a slope: one less than the names or contexts that it is worth, whichever are fewer.

    Where a few names alone differ in what a slope is of, it rests on these, however many others there are.

    Args:
        shares: [n], which part of the slope's information a row is; sums to 1.
        names: [n], numbers from 0.
        contexts: [n], numbers from 0.

    Source: the effective number of clusters of Carter, Schnepel & Steigerwald 2017, errors alike within a group.
    """
    worth = []
    for groups in (names, contexts):
        held = sums_by(shares[:, None], groups)[:, 0]
        if len(held) > 1:
            worth.append(float(held.sum() ** 2 / max(1e-300, float((held**2).sum()))))
    return max(1.0, min(worth, default=2.0) - 1)


def fewer(names: Index, contexts: Index) -> int:
    """Groups of whichever are fewer; of the other where one name or one context is all there is."""
    counts = [int(groups.max(initial=-1)) + 1 for groups in (names, contexts)]
    return min(counts) if min(counts) > 1 else max(counts)
