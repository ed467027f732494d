"""Who is nearest to whom by cosine: hubs, the retrieval of parallel rows, the neighbours of one point."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from nerspace.engine.errors import DataError, UsageError
from nerspace.engine.geometry.similarity import parallel_rows
from nerspace.engine.geometry.views import (
    Array,
    Labels,
    Rows,
    Vectors,
    by_language,
    checked_vectors,
    directions,
    in_threads,
    unit_rows,
)
from nerspace.engine.tables.spec import AT, LANGUAGE, SENTENCE, TYPE, TableSpec, integer, real, text

if TYPE_CHECKING:
    import pandas as pd

NAN = float("nan")
METHODS = ("cosine", "csls")
# Scores of equal rows differ by rounding; nothing that is this near can be told apart.
TIE = 1e-9
# Single precision is right to a tenth of this in a thousand dimensions.
_NEARLY = 3e-5
Index = npt.NDArray[np.intp]
Counts = npt.NDArray[np.intp]


def nearest_neighbours(X: Array, k: int = 10) -> npt.NDArray[np.intp]:
    """The k rows of largest cosine to every row but itself, the nearest first; in single precision.

    Args:
        X: [n, d].
        k: how many neighbours.

    Returns:
        [n, k], numbers of rows.

    Raises:
        DataError: for fewer than k + 1 rows, k < 1, or a zero vector.
    """
    units = unit_rows(X).astype(np.float32)
    n = len(units)
    if not 1 <= k < n:
        raise DataError(f"{k} neighbours cannot be found among {n} vectors.", f"Choose k from 1 to {n - 1}.")
    if n < _WORTH_KEEPING:
        return _search(units, k)
    key = hashlib.blake2b(units.tobytes() + repr(units.shape).encode()).digest()
    found = _KEPT.get(key)
    if found is None or found.shape[1] < k:
        found = _search(units, min(max(k, _USUAL), n - 1))
        found.flags.writeable = False
        _KEPT[key] = found
        while len(_KEPT) > _MOST_KEPT:
            _KEPT.pop(next(iter(_KEPT)), None)
    return found[:, :k]


# Hubs, purity and its floors ask for the same neighbours of the same space: of large ones they are kept for the next.
_WORTH_KEEPING, _MOST_KEPT, _USUAL = 2048, 8, 10
_KEPT: dict[bytes, npt.NDArray[np.intp]] = {}


def _search(units: npt.NDArray[np.float32], k: int) -> npt.NDArray[np.intp]:
    n = len(units)
    found = np.empty((n, k), dtype=np.intp)

    def search(start: int) -> None:
        cosines = units[start : start + 1024] @ units.T
        line = np.arange(len(cosines))[:, None]
        cosines[line[:, 0], start + line[:, 0]] = -np.inf
        nearest = largest(cosines, k)
        found[start : start + 1024] = nearest[line, np.argsort(-cosines[line, nearest], axis=1, kind="stable")]

    in_threads(search, range(0, n, 1024))
    return found


def largest(values: npt.NDArray[np.float32], k: int, width: int = 32) -> npt.NDArray[np.intp]:
    """Columns of the k largest values of each row, in no order.

    The k largest lie in the k groups of columns with the largest maxima, so that only k·width values are sorted out.

    Args:
        values: [rows, n].
        k: how many of each row.
        width: columns in a group.

    Returns:
        [rows, k].
    """
    rows, n = values.shape
    groups = n // width
    if groups <= 2 * k:
        return np.argpartition(values, n - k, axis=1)[:, n - k :]
    # Group j holds the columns j, j + groups, …: maxima over whole vectors. What is left over is always looked at.
    maxima = values[:, : groups * width].reshape(rows, width, groups).max(axis=1)
    best = np.argpartition(maxima, groups - k, axis=1)[:, groups - k :]
    inside = (best[:, :, None] + groups * np.arange(width)).reshape(rows, -1)
    rest = np.broadcast_to(np.arange(groups * width, n), (rows, n - groups * width))
    candidates = np.concatenate([inside, rest], axis=1)
    taken = np.take_along_axis(values, candidates, axis=1)
    order = np.argpartition(taken, taken.shape[1] - k, axis=1)[:, taken.shape[1] - k :]
    return np.take_along_axis(candidates, order, axis=1)


def occurrences(X: Array, k: int = 10) -> npt.NDArray[np.int64]:
    """N_k: how often every row is among the k nearest of another.

    Args:
        X: [n, d].
        k: how many neighbours.

    Returns:
        [n], its sum is n·k.

    Raises:
        DataError: as `nearest_neighbours`, and for rows that all point the same way: any of them is the nearest.
    """
    units = unit_rows(X)
    if len(units) > 1 and np.abs(units - units[0]).max() < TIE:
        raise DataError(f"All {len(units)} vectors point the same way: none is nearer than another.")
    return np.bincount(nearest_neighbours(X, k).ravel(), minlength=len(units)).astype(np.int64)


def hubness(X: Array, k: int = 10) -> float:
    """Skewness of N_k, E[(N − μ)³] / σ³: above 0 where a few hubs are near everybody; 0 where all occur equally.

    Args:
        X: [n, d].
        k: how many neighbours.

    Raises:
        DataError: as `occurrences`.

    Source: Radovanović et al. 2010, eq. 1.
    """
    return _skewness(occurrences(X, k))


def _skewness(counts: npt.NDArray[np.int64]) -> float:
    from scipy import stats

    return float(stats.skew(counts)) if np.ptp(counts) else 0.0


@cache
def hubness_floor(n: int, d: int, k: int = 10, seed: int = 0) -> float:
    """`hubness` of Gaussian noise: high-dimensional noise has hubs too.

    Args:
        n: how many vectors.
        d: their dimensions.
        k: how many neighbours.
        seed: of the noise.
    """
    return hubness(np.random.default_rng(seed).normal(size=(n, d)), k)


HUBNESS = TableSpec(
    "hubness",
    "Whether a few vectors are near to everybody.",
    {
        **AT,
        "language": text(f"{LANGUAGE}, or all"),
        "k": integer("neighbours by cosine"),
        "n": integer("vectors"),
        "skewness": real("skewness of N_k, how often a vector is among the k nearest of another"),
        "floor": real("the skewness for Gaussian noise of the same n and dimension"),
        "largest": real("largest N_k; the mean is k"),
        "orphans": real("share of vectors that are nobody's neighbour"),
    },
)


@HUBNESS.made_by
def hubness_table(vectors: Vectors, languages: Labels, k: int = 10) -> "pd.DataFrame":
    """The table `hubness`.

    Too few rows give empty values.

    Args:
        vectors: (stage, layer) → [n, d].
        languages: [n], the language of each row.
        k: how many neighbours.
    """
    rows = []
    for stage, layer, language, chosen in by_language(vectors, languages):
        n = len(chosen)
        try:
            counts = occurrences(chosen, k)
        except DataError:
            rows.append((stage, layer, language, k, n, NAN, NAN, NAN, NAN))
            continue
        floor = hubness_floor(n, chosen.shape[1], k)
        rows.append((stage, layer, language, k, n, _skewness(counts), floor, float(counts.max()), (counts == 0).mean()))
    return HUBNESS.frame(rows)


@dataclass(frozen=True, slots=True)
class Retrieval:
    """How well rows find their parallel row.

    Attributes:
        n: parallel rows.
        p_at_1: share whose parallel row comes first.
        mrr: mean reciprocal rank of the parallel row.
        chance: p_at_1 of a random order, 1/n.
        chance_mrr: mrr of a random order, (1 + 1/2 + … + 1/n)/n.
    """

    n: int
    p_at_1: float
    mrr: float
    chance: float
    chance_mrr: float


def retrieval(A: Array, B: Array, method: str = "cosine", k: int = 10) -> Retrieval:
    """For every row of A, the rank of its parallel row among all rows of B.

    Rows that tie with the parallel one share their ranks: P@1 and the reciprocal rank are expectations over their
    random order, so that equal vectors cannot win by their place.

    Args:
        A: [n, d].
        B: [n, d], row by row parallel to A.
        method: cosine, or csls with k neighbours.
        k: how many neighbours.

    Raises:
        DataError: for no rows, different shapes or zero vectors.
        UsageError: for another method.

    Source: Conneau et al. 2018 (CSLS).
    """
    return _retrieved(_scores(_cosines(A, B), method, k))


def _cosines(A: Array, B: Array) -> Rows:
    if np.shape(A) != np.shape(B):
        raise DataError(f"Parallel rows need equal shapes, got {np.shape(A)} and {np.shape(B)}.")
    cosines: Rows = unit_rows(A) @ unit_rows(B).T
    return cosines


def _scores(cosines: Rows, method: str, k: int) -> Rows:
    if method == "cosine":
        return cosines
    if method != "csls":
        raise UsageError(f"Unknown method {method!r}.", f"Choose from {', '.join(METHODS)}.")
    n = len(cosines)
    near = min(k, n)
    from_a = np.partition(cosines, n - near, axis=1)[:, n - near :].mean(axis=1)
    from_b = np.partition(np.ascontiguousarray(cosines.T), n - near, axis=1)[:, n - near :].mean(axis=1)
    scores: Rows = 2 * cosines - from_a[:, None] - from_b
    return scores


def _retrieved(scores: Rows) -> Retrieval:
    own = np.diag(scores)[:, None]
    above = (scores > own + TIE).sum(axis=1)
    return _summed(above, (scores >= own - TIE).sum(axis=1) - above)


def _summed(above: Counts, tied: Counts) -> Retrieval:
    """From how many rows come before the parallel one of each, and how many tie with it, itself among them."""
    n = len(above)
    harmonic = np.concatenate([[0.0], np.cumsum(1 / np.arange(1, n + 1))])
    first = np.where(above == 0, 1 / tied, 0.0)
    reciprocal = (harmonic[above + tied] - harmonic[above]) / tied
    return Retrieval(n, float(first.mean()), float(reciprocal.mean()), 1 / n, float(harmonic[n] / n))


class _Parallel:
    """Two sets of parallel rows in single precision, where what that cannot tell apart is looked at in double.

    The ranks are those of `_retrieved`, in a third of the time.
    """

    def __init__(self, a: Rows, b: Rows, k: int) -> None:
        self.a, self.b = a, b
        self.near = min(k, len(a))
        self.cosines = a.astype(np.float32) @ b.astype(np.float32).T
        self.own: Rows = np.einsum("nd,nd->n", a, b)

    def both_ways(self, method: str) -> tuple[Retrieval, Retrieval]:
        """A in B, and B in A."""
        if method == "cosine":
            scores, own = self.cosines, self.own

            def exact(rows: Index, columns: Index) -> Rows:
                return self._dots(rows, columns)
        else:
            from_a = _mean_of_largest(self.cosines, self.near)
            from_b = _mean_of_largest(np.ascontiguousarray(self.cosines.T), self.near)
            scores = 2 * self.cosines - from_a.astype(np.float32)[:, None] - from_b.astype(np.float32)
            own = 2 * self.own - from_a - from_b

            def exact(rows: Index, columns: Index) -> Rows:
                means_a, means_b = self._means(self.a, self.b, rows), self._means(self.b, self.a, columns)
                found: Rows = 2 * self._dots(rows, columns) - means_a - means_b
                return found

        there = _ranked(scores, own, exact)
        back = _ranked(scores.T, own, lambda rows, columns: exact(columns, rows)) if there else None
        if there is None or back is None:
            whole = _scores(self.a @ self.b.T, method, self.near)
            return _retrieved(whole), _retrieved(whole.T)
        return there, back

    def _dots(self, rows: Index, columns: Index) -> Rows:
        parts = [slice(start, start + 4096) for start in range(0, len(rows), 4096)]
        return np.concatenate(
            [np.zeros(0), *(np.einsum("nd,nd->n", self.a[rows[part]], self.b[columns[part]]) for part in parts)]
        )

    def _means(self, asking: Rows, searched: Rows, rows: Index) -> Rows:
        """Mean cosine to the nearest of the other side, of some rows."""
        some, place = np.unique(rows, return_inverse=True)
        means = np.empty(len(some))
        for start in range(0, len(some), 1024):
            cosines = asking[some[start : start + 1024]] @ searched.T
            n = cosines.shape[1]
            means[start : start + 1024] = np.partition(cosines, n - self.near, axis=1)[:, n - self.near :].mean(axis=1)
        found: Rows = means[place]
        return found


def _mean_of_largest(values: npt.NDArray[np.float32], k: int) -> Rows:
    if k == values.shape[1]:
        whole: Rows = values.mean(axis=1, dtype=np.float64)
        return whole
    mean: Rows = np.take_along_axis(values, largest(values, k), axis=1).mean(axis=1, dtype=np.float64)
    return mean


def _ranked(scores: npt.NDArray[np.float32], own: Rows, exact: Callable[[Index, Index], Rows]) -> Retrieval | None:
    """How well rows find their parallel row, from scores that are only nearly right; None where too many are unsure.

    Args:
        scores: [n, n], right to less than `_NEARLY`.
        own: [n], the score of each row with its parallel row.
        exact: the right scores of some rows and columns.
    """
    highest, lowest = (own + _NEARLY).astype(np.float32)[:, None], (own - _NEARLY).astype(np.float32)[:, None]
    above = (scores > highest).sum(axis=1)
    unsure = (scores >= lowest).sum(axis=1) - above
    if unsure.sum() > len(own) * (2 + len(own) // 100):
        return None
    tied = np.ones(len(own), dtype=np.intp)
    rows = np.flatnonzero(unsure > 1)
    for start in range(0, len(rows), 256):
        some = rows[start : start + 256]
        line, columns = np.nonzero((scores[some] <= highest[some]) & (scores[some] >= lowest[some]))
        asking = some[line]
        found, of_own = exact(asking, columns), exact(some, some)[line]
        above[some] += np.bincount(line, found > of_own + TIE, len(some)).astype(np.intp)
        tied[some] = np.bincount(line, np.abs(found - of_own) <= TIE, len(some)).astype(np.intp)
    return _summed(above, tied)


RETRIEVAL = TableSpec(
    "retrieval",
    "How often the nearest vector in another language is the parallel one.",
    {
        **AT,
        "a": text(f"{LANGUAGE}: asks"),
        "b": text(f"{LANGUAGE}: is searched"),
        "method": text("cosine, or csls: cosine less the mean cosine to the 10 nearest of both"),
        "n": integer("parallel rows, the same entity in the same context"),
        "p_at_1": real(
            "share whose parallel row comes first; rows that tie with it (within 1e-9) count as in a random order"
        ),
        "mrr": real("mean reciprocal rank of the parallel row; ties as for p_at_1"),
        "chance": real("p_at_1 of a random order, 1/n"),
        "chance_mrr": real("mrr of a random order"),
    },
    "heatmap",
)


@RETRIEVAL.made_by
def retrieval_table(vectors: Vectors, languages: Labels, cells: Labels, k: int = 10) -> "pd.DataFrame":
    """The table `retrieval`, one row per ordered pair of languages and method: a asks, b is searched.

    No parallel rows, or rows that have no direction, give empty values.

    Args:
        vectors: (stage, layer) → [n, d].
        languages: [n], the language of each row.
        cells: [n], the cell (context and entity) of each row; rows of equal cell are parallel.
        k: neighbours of csls.
    """
    checked_vectors(vectors, languages=languages, cells=cells)
    rows: list[tuple[Any, ...]] = []
    pairs = parallel_rows(languages, cells)
    for at, X in vectors.items():
        units, sound = directions(X)
        found = in_threads(partial(_pair_rows, at, units, sound, k), pairs.items())
        rows += [row for of_pair in found for row in of_pair]
    return RETRIEVAL.frame(rows)


def _pair_rows(
    at: tuple[str, int], units: Rows, sound: npt.NDArray[np.bool_], k: int,
    pair: tuple[tuple[str, str], tuple[Index, Index]],
) -> list[tuple[Any, ...]]:  # fmt: skip
    """The rows of the table `retrieval` for two languages and their parallel rows."""
    (a, b), (in_a, in_b) = pair
    both, n = ((a, b), (b, a)), len(in_a)
    if not n or not (sound[in_a].all() and sound[in_b].all()):
        return [(*at, *codes, method, n, NAN, NAN, NAN, NAN) for method in METHODS for codes in both]
    parallel = _Parallel(units[in_a], units[in_b], k)
    return [
        (*at, *codes, method, found.n, found.p_at_1, found.mrr, found.chance, found.chance_mrr)
        for method in METHODS
        for codes, found in zip(both, parallel.both_ways(method), strict=True)
    ]


NEAREST = TableSpec(
    "nearest",
    "The nearest neighbours of one point.",
    {
        **AT,
        "point": integer("the point asked about, of the table points"),
        "rank": integer("1 for the nearest"),
        "neighbour": integer("point of the table points"),
        "sentence": text(SENTENCE),
        "language": text(LANGUAGE),
        "type": text(TYPE),
        "entity": text("entity id"),
        "form": text("the name as it stands in the sentence"),
        "n": integer("points"),
        "cosine": real("cosine to the point asked about"),
        "floor": real("mean cosine of that point to all others"),
        "floor_type": real("mean cosine of that point to those of its type that hold another name"),
    },
)


@NEAREST.made_by
def nearest_table(vectors: Vectors, points: "pd.DataFrame", point: int, k: int = 10) -> "pd.DataFrame":
    """The table `nearest`: the k rows of largest cosine to one point, in every stage and layer.

    Args:
        vectors: (stage, layer) → [n, d].
        points: the table of that name, [n], in the order of the rows.
        point: a row's number.
        k: how many neighbours.

    Raises:
        UsageError: for a point that is not there.
        DataError: for fewer than 2 rows.
    """

    checked_vectors(vectors, points=points)
    n = len(points)
    if not 0 <= point < n:
        raise UsageError(f"There is no point {point}.", f"Points go from 0 to {n - 1}.")
    if n < 2:
        raise DataError("A single point has no neighbours.")
    alike = (
        (points["type"] == points["type"].iloc[point]) & (points["entity"] != points["entity"].iloc[point])
    ).to_numpy()
    about = list(points[["sentence", "language", "type", "entity", "form"]].itertuples(index=False, name=None))
    rows: list[tuple[Any, ...]] = []
    for (stage, layer), X in vectors.items():
        units = unit_rows(X)
        cosines = units @ units[point]
        others = np.delete(np.arange(n), point)
        order = others[np.argsort(-cosines[others], kind="stable")][:k]
        floor, typed = cosines[others].mean(), cosines[alike].mean() if alike.any() else NAN
        rows += [
            (stage, layer, point, rank, neighbour, *about[neighbour], n, cosines[neighbour], floor, typed)
            for rank, neighbour in enumerate(order.tolist(), start=1)
        ]
    return NEAREST.frame(rows)
