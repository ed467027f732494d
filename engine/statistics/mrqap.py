"""Whether errors go with spelling distance once donors, recipients and scripts are taken out.

Over pairs of languages, spelling distance is largely a contrast of scripts, and one hard language makes many pairs
hard: a plain correlation takes both for an effect of spelling. Here the errors of every pair are explained by the
donor, the recipient and whether both are written in one script; only the distance that these leave over is related to
the errors.

The rules were fixed before any result was looked at. p is two-sided, from all ways to exchange languages within a
script (donors among donors, others among others) where there are at most DRAWS + 1, else from DRAWS of them. One donor
has no p, since without a second one a recipient's hardness and its distance cannot be told apart; nor have designs that
leave fewer than LEAST_FREE degrees of freedom, or fewer than LEAST_WAYS ways to exchange, among which no p can be .05.

By hand in numpy: statsmodels has no permutation of languages, and a regression per draw would take a hundred times as
long as one product of matrices.

Source: Dekker, Krackhardt & Snijders 2007 (double semi-partialling); of the strata, Anderson & ter Braak 2003.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nerspace.engine.statistics.mantel import LanguagePairs, label_permutations

Vector = npt.NDArray[np.float64]

DRAWS = 9999
LEAST_WAYS = 20
LEAST_FREE = 3
# Pairs there both ways, of which fewer have too few signs.
LEAST_BOTH = 6
NAN = float("nan")
# Columns whose length is below this share of the longest are rounding.
_RANK = 1e-9


@dataclass(frozen=True, slots=True)
class Mrqap:
    """What is left between errors and distance.

    Attributes:
        partial: correlation of both once the nuisances are out, in [-1, 1].
        slope: errors per unit of distance, the nuisances held.
        p: two-sided; NaN where nothing can be tested.
        chance: the size of `partial` that 95 % of the exchanges stay below.
        permutations: how many were looked at, the unchanged one among them; 0 without a test.
        exact: whether these are all there are.
        free: degrees of freedom that are left.
    """

    partial: float
    slope: float
    p: float
    chance: float
    permutations: int
    exact: bool
    free: int


NOTHING = Mrqap(NAN, NAN, NAN, NAN, 0, False, 0)


def mrqap(pairs: LanguagePairs, seed: int = 0) -> Mrqap:
    """Double semi-partialling of errors on distance, donor, recipient and script effects taken out.

    The distance is replaced by its residuals on the nuisances, the languages of these are exchanged, and each exchange
    is fitted with the nuisances again; what is compared is t, its error allowed to differ from pair to pair. An
    exchange that asks for a pair that is not there takes 0, the mean of the residuals, in its place.

    Args:
        pairs: of languages, with distances and errors; strata hold whether a language is a donor, and its script.
        seed: of the draws.
    """
    n = len(pairs.errors)
    if n < 2:
        return NOTHING
    away = _without(_nuisances(pairs))
    free = round(float(np.trace(away))) - 1
    if free < LEAST_FREE or len(np.unique(pairs.donors)) < 2:
        return NOTHING
    distance = pairs.pair_distances
    left, errors = away @ distance, away @ pairs.errors
    if not (_is_left(left, distance) and _is_left(errors, pairs.errors)):
        return NOTHING
    slope = float(left @ errors / (left @ left))
    square = np.zeros((len(pairs.strata), len(pairs.strata)))
    square[pairs.donors, pairs.recipients] = left
    labels, exact = label_permutations(pairs.strata, seed, ways=DRAWS + 1, draws=DRAWS)
    exchanged = square[labels[:, pairs.donors], labels[:, pairs.recipients]] @ away
    found = _studentised(exchanged, errors, float(left @ left))
    partial = float(np.clip(slope * np.linalg.norm(left) / np.linalg.norm(errors), -1, 1))
    if len(labels) < LEAST_WAYS:
        return Mrqap(partial, slope, NAN, NAN, 0, exact, free)
    # An exchange that ties with what was found may differ by rounding.
    p = float((np.abs(found) >= abs(found[0]) * (1 - 1e-9)).mean())
    sizes = np.linalg.norm(exchanged, axis=1) * np.linalg.norm(errors)
    known = sizes > _RANK * np.linalg.norm(left) * np.linalg.norm(errors)
    partials = np.abs(exchanged @ errors)[known] / sizes[known]
    return Mrqap(partial, slope, p, float(np.quantile(partials, 0.95)), len(labels), exact, free)


def both_ways(pairs: LanguagePairs, seed: int = 0, draws: int = DRAWS) -> Mrqap:
    """Whether errors from a to b go with those from b to a, donor, recipient and script effects taken out.

    Taking these out ties both directions of a pair together, since no language is its own recipient: what is left of
    independent errors correlates below 0, by a known amount, which is taken away. For p, the one direction of every
    pair gets a sign by chance, which keeps how much single pairs scatter, and all is taken out again.

    Args:
        pairs: of languages, each there in both directions; distances are not looked at.
        seed: of the signs.
        draws: how many.

    Source: of the signs, Winkler et al. 2014; of both directions, the social relations model of Warner, Kenny & Stoto
    1979.
    """
    place = {pair: n for n, pair in enumerate(zip(pairs.donors.tolist(), pairs.recipients.tolist(), strict=True))}
    back = np.array([place[b, a] for a, b in place], dtype=np.intp)
    if len(back) < 2 * LEAST_FREE:
        return NOTHING
    away = _without(_nuisances(pairs))
    free, left = round(float(np.trace(away))) - 1, away @ pairs.errors
    if free < LEAST_FREE or len(back) // 2 < LEAST_BOTH or not _is_left(left, pairs.errors):
        return NOTHING
    tied = float(np.trace(away[:, back]) / np.trace(away))
    signs = np.ones((draws + 1, len(back)))
    later = np.flatnonzero(np.arange(len(back)) > back)
    signs[1:, later] = np.random.default_rng(seed).choice((-1.0, 1.0), (draws, len(later)))
    turned = (signs * left) @ away
    found = (turned * turned[:, back]).sum(axis=1) / np.maximum((turned**2).sum(axis=1), 1e-300) - tied
    p = float((np.abs(found) >= abs(found[0]) - 1e-12).mean())
    return Mrqap(float(found[0]), NAN, p, float(np.quantile(np.abs(found), 0.95)), draws + 1, False, free)


def _studentised(distances: Vector, errors: Vector, size: float) -> Vector:
    """Slope over its error, which may differ from pair to pair, of errors on every row of distances.

    Pairs of unlike numbers of sentences are known unlike well, and the same exchange is then not as likely.

    Args:
        distances: [P, n], nuisances taken out.
        errors: [n], likewise.
        size: sum of squares of the unchanged distances; what is beside it nothing has slope 0.

    Source: MacKinnon & White 1985, HC0; of permutations with it, DiCiccio & Romano 2017.
    """
    squares = (distances**2).sum(axis=1)
    usable = squares > _RANK * size
    slopes = np.divide(distances @ errors, squares, out=np.zeros(len(squares)), where=usable)
    residuals = errors[None, :] - slopes[:, None] * distances
    spread = np.sqrt(((distances * residuals) ** 2).sum(axis=1))
    found: Vector = np.divide(slopes * squares, spread, out=np.zeros(len(squares)), where=usable & (spread > 0))
    return found


def _nuisances(pairs: LanguagePairs) -> Vector:
    """A column for every donor, every recipient, and pairs of two scripts, [n, k]."""
    scripts = [_script(stratum) for stratum in pairs.strata]
    across = [float(scripts[d] != scripts[r]) for d, r in zip(pairs.donors, pairs.recipients, strict=True)]
    return np.column_stack([_dummies(pairs.donors), _dummies(pairs.recipients), across])


def _script(stratum: object) -> object:
    return stratum[-1] if isinstance(stratum, tuple) else stratum


def _dummies(numbers: npt.NDArray[np.intp]) -> Vector:
    found: Vector = (numbers[:, None] == np.unique(numbers)[None, :]).astype(np.float64)
    return found


def _without(columns: Vector) -> Vector:
    """The matrix that takes everything out of a vector that these columns explain, [n, n]."""
    left, sizes, _ = np.linalg.svd(columns, full_matrices=False)
    basis = left[:, sizes > _RANK * sizes[0]]
    found: Vector = np.eye(len(columns)) - basis @ basis.T
    return found


def _is_left(residuals: Vector, whole: Sequence[float] | Vector) -> bool:
    """Whether more than rounding is left."""
    return float(np.linalg.norm(residuals)) > _RANK * max(1e-300, float(np.linalg.norm(whole)))
