"""Correlations over pairs of languages, judged by relabelling and resampling languages, never single pairs.

Two pairs that share a language are not independent, so a shuffle of pairs makes every p too small and every interval
too narrow. Languages are exchanged within strata only: donors among donors, others among others (and within a script
where only pairs of one kind of script are looked at), so that every relabelled pair is one whose distance is known.
With all languages as donors this is Mantel's test; with one donor it is the plain shuffle of its recipients.

By hand: no library exchanges directed pairs within strata, and the bootstrap counts a pair as often as its languages
were drawn, so that the correlations take weights. Those of two plain vectors are the same with weights of 1, not
scipy's: its pearsonr takes 30 times as long, its first import would stop the explorer for a second or more, and it
gives numbers for series that are constant but for rounding.
"""

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations, product
from math import factorial, prod

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]

# 7! : the seven languages in Latin script are counted out in full.
EXACT = 5040
RESAMPLES = 2000
LEAST_LANGUAGES = 5
LEAST_PAIRS = 4


@dataclass(frozen=True, slots=True)
class LanguagePairs:
    """Directed pairs of `len(strata)` languages.

    Attributes:
        donors: [n], the number of each pair's donor.
        recipients: [n], the number of each pair's recipient.
        distances: [L, L], symmetric, NaN where unknown.
        errors: [n].
        strata: [L], languages of equal stratum may stand for one another.
    """

    donors: Index
    recipients: Index
    distances: Vector
    errors: Vector
    strata: Sequence[Hashable]

    @property
    def pair_distances(self) -> Vector:
        """The distance of every pair, [n]."""
        return self.distances[self.donors, self.recipients]


Statistic = Callable[[Vector, Vector, Vector], Vector]


def label_pairs(
    donors: Sequence[str], recipients: Sequence[str], distances: Sequence[float], errors: Sequence[float],
    stratum: Callable[[str], Hashable],
) -> LanguagePairs:  # fmt: skip
    """Pairs by their codes; languages are kept apart by whether they are donors and by `stratum`.

    Args:
        donors: [n], codes.
        recipients: [n], codes.
        distances: [n].
        errors: [n].
        stratum: the stratum of a code.
    """
    codes = sorted({*donors, *recipients})
    number = {code: i for i, code in enumerate(codes)}
    i, j = (np.array([number[code] for code in side], dtype=np.intp) for side in (donors, recipients))
    square = np.full((len(codes), len(codes)), np.nan)
    square[i, j] = square[j, i] = distances
    given = set(donors)
    strata = [(code in given, stratum(code)) for code in codes]
    return LanguagePairs(i, j, square, np.array(errors, dtype=np.float64), strata)


def weighted_pearson(x: Vector, y: Vector, weights: Vector) -> Vector:
    """Pearson correlation of every row.

    Args:
        x: [R, n] (or [1, n]).
        y: [R, n] (or [1, n]).
        weights: [R, n] (or [1, n]); a weight counts how often a pair is there.

    Returns:
        [R]; NaN where either side is constant or fewer than 2 pairs are there.
    """
    total = weights.sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        a, b = (side - (weights * side).sum(axis=1, keepdims=True) / total for side in (x, y))
        squares = (weights * a * a).sum(axis=1), (weights * b * b).sum(axis=1)
        norm = np.sqrt(squares[0] * squares[1])
        size = np.maximum(1.0, np.maximum((weights * x * x).sum(axis=1), (weights * y * y).sum(axis=1)))
        value = np.clip((weights * a * b).sum(axis=1) / norm, -1, 1)
    return np.where((total[:, 0] >= 2) & (norm > 1e-12 * size), value, np.nan)


def weighted_ranks(x: Vector, weights: Vector) -> Vector:
    """Ranks of every row from 1, ties at their mean, as if each value stood there as often as its weight says.

    Args:
        x: [R, n] (or [1, n]).
        weights: [R, n] (or [1, n]).

    Returns:
        [R, n].
    """
    x, weights = np.broadcast_arrays(x, weights)
    values, codes = np.unique(x, return_inverse=True)
    codes = codes.reshape(x.shape)
    counts = np.zeros((len(x), len(values)))
    np.add.at(counts, (np.arange(len(x))[:, None], codes), weights)
    ranks = counts.cumsum(axis=1) - (counts - 1) / 2
    return np.take_along_axis(ranks, codes, axis=1)


def weighted_spearman(x: Vector, y: Vector, weights: Vector) -> Vector:
    """Spearman correlation of every row: Pearson over ranks.

    Args:
        x: [R, n] (or [1, n]).
        y: [R, n] (or [1, n]).
        weights: [R, n] (or [1, n]); a weight counts how often a pair is there.

    Returns:
        [R]; NaN as for `weighted_pearson`.
    """
    return weighted_pearson(weighted_ranks(x, weights), weighted_ranks(y, weights), weights)


def label_permutations(
    strata: Sequence[Hashable], seed: int, ways: int | None = None, draws: int | None = None
) -> tuple[Index, bool]:
    """Ways to exchange languages within their strata.

    All of them where there are at most `ways`, else `draws` drawn at random besides the unchanged one.

    Args:
        strata: [L], languages of equal stratum may stand for one another.
        seed: of the draw.
        ways: EXACT by default.
        draws: RESAMPLES by default.

    Returns:
        [P, L], the unchanged one first, and whether these are all.
    """
    members = [[i for i, s in enumerate(strata) if s == stratum] for stratum in dict.fromkeys(strata)]
    if prod(factorial(len(group)) for group in members) <= (EXACT if ways is None else ways):
        return np.array(list(_exchanges(members, len(strata))), dtype=np.intp), True
    generator = np.random.default_rng(seed)
    times = RESAMPLES if draws is None else draws
    drawn = np.tile(np.arange(len(strata)), (times + 1, 1))
    for group in members:
        drawn[1:, group] = generator.permuted(np.tile(group, (times, 1)), axis=1)
    return drawn, False


def _exchanges(members: Sequence[Sequence[int]], count: int) -> Iterator[list[int]]:
    for chosen in product(*(permutations(group) for group in members)):
        order = list(range(count))
        for group, new in zip(members, chosen, strict=True):
            for position, label in zip(group, new, strict=True):
                order[position] = label
        yield order


@dataclass(frozen=True, slots=True)
class Mantel:
    """What a permutation test found.

    Attributes:
        p: two-sided, the share of relabellings at least as far from 0 as what was found, which is one of them.
        chance: the correlation, without its sign, that 95 % of the relabellings stay below.
        permutations: how many were looked at.
        exact: whether these are all.
    """

    p: float
    chance: float
    permutations: int
    exact: bool


def mantel(pairs: LanguagePairs, statistic: Statistic, seed: int = 0) -> Mantel:
    """Permutation test of a correlation between errors and distances: the labels of the distances are exchanged.

    Pairs whose relabelled distance is not known are left out of that relabelling.

    Args:
        pairs: of languages, with distances and errors.
        statistic: the correlation of every row, such as `weighted_pearson`.
        seed: of the permutations.

    Source: Mantel 1967; the restriction to strata as in Anderson & ter Braak 2003.
    """
    labels, exact = label_permutations(pairs.strata, seed)
    x = pairs.distances[labels[:, pairs.donors], labels[:, pairs.recipients]]
    known = np.isfinite(x).astype(np.float64)
    # One row of weights serves all, so that the errors are ranked once.
    weights = known[:1] if known.all() else known
    values = np.abs(statistic(np.nan_to_num(x), pairs.errors[None, :], weights))
    if not len(values) or not np.isfinite(values[0]):
        return Mantel(float("nan"), float("nan"), len(labels), exact)
    values = values[np.isfinite(values)]
    # A relabelling that ties with what was found may differ by rounding.
    hits = int((values >= values[0] - 1e-12).sum())
    return Mantel(hits / len(values), float(np.quantile(values, 0.95)), len(values), exact)


def language_interval(pairs: LanguagePairs, statistic: Statistic, seed: int = 0) -> tuple[float, float]:
    """95 % bootstrap interval of a correlation: languages are drawn with replacement, within their strata.

    A pair counts as often as its donor was drawn times its recipient was; a language drawn twice makes no pair with
    itself. A single donor is held: the interval then speaks of its models alone. Other strata of fewer than
    LEAST_LANGUAGES languages give no interval, since their draws coincide; nor does a draw of fewer than LEAST_PAIRS
    different pairs define a correlation.

    Args:
        pairs: of languages, with distances and errors.
        statistic: the correlation of every row, such as `weighted_pearson`.
        seed: of the draws.

    Returns:
        Lower and upper bound; NaN for a small stratum, when less than half of the draws define the correlation, or
        where all of them coincide.

    Source: the node bootstrap of Snijders & Borgatti 1999.
    """
    generator = np.random.default_rng(seed)
    strata = list(pairs.strata)
    alone = set(pairs.donors.tolist()) if len(set(pairs.donors.tolist())) == 1 else set()
    free = [stratum for place, stratum in enumerate(strata) if place not in alone]
    if any(free.count(stratum) < LEAST_LANGUAGES for stratum in free):
        return float("nan"), float("nan")
    times = np.zeros((RESAMPLES, len(strata)))
    for stratum in dict.fromkeys(strata):
        group = np.array([i for i, s in enumerate(strata) if s == stratum])
        drawn = group[generator.integers(0, len(group), (RESAMPLES, len(group)))]
        np.add.at(times, (np.arange(RESAMPLES)[:, None], drawn), 1)
    weights = times[:, pairs.donors] * times[:, pairs.recipients]
    values = statistic(pairs.pair_distances[None, :], pairs.errors[None, :], weights)
    values = values[np.isfinite(values) & ((weights > 0).sum(axis=1) >= LEAST_PAIRS)]
    if len(values) < RESAMPLES // 2 or np.ptp(values) <= 1e-12:
        return float("nan"), float("nan")
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)
