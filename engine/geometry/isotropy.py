"""How evenly vectors fill the space. X: float array [n, d] throughout.

Every measure refuses NaN and, where it needs directions, zero vectors; too few rows give a DataError that says so.
"""

import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache, lru_cache
from typing import TYPE_CHECKING

import numpy as np

from nerspace.engine.errors import DataError
from nerspace.engine.geometry.views import (
    Array,
    Labels,
    Rows,
    Vectors,
    all_but_the_top,
    by_language,
    checked_rows,
    unit_rows,
)
from nerspace.engine.tables.spec import AT, LANGUAGE, TableSpec, integer, real, text

if TYPE_CHECKING:
    import pandas as pd

NAN = float("nan")


def average_cosine(X: Array) -> float:
    """Mean cosine over all pairs of different rows, exact in O(n·d): (‖Σu‖² − n) / (n(n − 1)).

    Args:
        X: [n, d].

    Returns:
        In [-1, 1].

    Raises:
        DataError: for fewer than 2 rows or a zero vector.

    Source: Ethayarajh 2019.
    """
    units = unit_rows(checked_rows(X, 2))
    n = len(units)
    total = units.sum(axis=0)
    return float((total @ total - n) / (n * (n - 1)))


def isoscore(X: Array) -> float:
    """IsoScore by the participation ratio PR = (tr C)² / ‖C‖²_F of the covariance C: (PR − 1) / (d − 1).

    Args:
        X: [n, d].

    Returns:
        1 for C = I, 0 for rank 1; biased by n (white noise scores about n/(n + d)), so compare at equal n.

    Raises:
        DataError: for fewer than 2 rows, fewer than 2 columns, or rows that are all the same.

    Source: Rudman et al. 2022.
    """
    rows = checked_rows(X, 2)
    d = rows.shape[1]
    if d < 2:
        raise DataError("IsoScore needs at least 2 dimensions.")
    centred = rows - rows.mean(axis=0)
    # The smaller of the two Gram matrices has the same trace and Frobenius norm.
    gram = centred.T @ centred if d <= len(rows) else centred @ centred.T
    norm = float((gram * gram).sum())
    if norm <= (np.finfo(np.float64).eps * len(rows) * float((rows * rows).sum())) ** 2:
        raise DataError("All vectors are the same: they have no spread to measure.")
    return float((np.trace(gram) ** 2 / norm - 1) / (d - 1))


def partition_isotropy(X: Array) -> float:
    """log10 of min F / max F with F(c) = Σ exp(cᵀx) over both signs of the eigenvectors c of XᵀX.

    Args:
        X: [n, d].

    Returns:
        At most 0, which is perfect isotropy; not free of scale.

    Raises:
        DataError: for no rows.

    Source: Mu and Viswanath 2018.
    """
    return _log10_partition(_on_eigenvectors(checked_rows(X, 1)))


def _on_eigenvectors(rows: Rows) -> Rows:
    projected: Rows = rows @ np.linalg.eigh(rows.T @ rows)[1]
    return projected


def _log10_partition(projected: Rows) -> float:
    partition = np.concatenate([_log_sum_exp(projected), _log_sum_exp(-projected)])
    return float((partition.min() - partition.max()) / np.log(10))


def unit_partition_isotropy(X: Array) -> float:
    """`partition_isotropy` of directions alone: every row at length 1.

    Fine-tuning changes how long vectors are, and longer ones score lower whatever their directions: of two stages or
    models this measure tells which is more even, the plain one does not.

    Args:
        X: [n, d].

    Returns:
        At most 0, which is perfect isotropy; free of scale.

    Raises:
        DataError: for no rows or a zero vector.
    """
    return partition_isotropy(unit_rows(checked_rows(X, 1)))


def _log_sum_exp(values: Rows) -> Rows:
    """ln Σ exp of every column; the largest value is taken out before, so that nothing overflows."""
    highest = values.max(axis=0)
    summed: Rows = highest + np.log(np.exp(values - highest).sum(axis=0))
    return summed


def cluster_isotropy(X: Array, clusters: int = 10, components: int | None = None, seed: int = 0) -> float:
    """`partition_isotropy` after every k-means cluster has lost its own mean and top components.

    What is left of anisotropy once the clusters are taken out.

    Args:
        X: [n, d].
        clusters: of k-means.
        components: as for `all_but_the_top`.
        seed: of k-means.

    Returns:
        log10, at most 0.

    Raises:
        DataError: for fewer rows than clusters, or where nothing is left of the rows.

    Source: Rajaee and Pilehvar 2021.
    """
    left = without_clusters(X, clusters, components, seed)
    if np.abs(left).max() <= np.finfo(np.float32).eps * np.abs(X).max():
        raise DataError("Nothing is left of the vectors without their clusters: they have no spread to measure.")
    return partition_isotropy(left)


def without_clusters(X: Array, clusters: int = 10, components: int | None = None, seed: int = 0) -> Rows:
    """X with the mean and the top components of its own k-means cluster removed from every row.

    Args:
        X: [n, d].
        clusters: of k-means.
        components: as for `all_but_the_top`.
        seed: of k-means.

    Returns:
        [n, d].
    """
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    rows = checked_rows(X, clusters)
    # One thread: several add up in an order of their own, and the same seed has to give the same clusters.
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # fewer different rows than clusters
        labels = KMeans(clusters, n_init=1, max_iter=50, random_state=seed).fit(rows.astype(np.float32)).labels_
    left = np.empty_like(rows)
    for cluster in np.unique(labels):
        members = labels == cluster
        left[members] = all_but_the_top(rows[members], components)
    return left


def local_intrinsic_dimension(X: Array, k: int = 20, at_most: int = 2048, seed: int = 0) -> float:
    """Mean over the rows of the maximum-likelihood dimension −1 / mean_j ln(d_j / d_k) over k nearest neighbours.

    Neighbours are sought among all rows, but of more than `at_most` rows only so many, drawn at random, are looked up:
    the mean settles long before the square of n is affordable. Rows that coincide with one of their neighbours are left
    out; `coinciding_rows` says how many.

    Args:
        X: [n, d].
        k: how many neighbours.
        at_most: rows whose neighbours are looked up.
        seed: of the draw of rows.

    Raises:
        DataError: for fewer than k + 1 rows, or if none is left.

    Source: Levina and Bickel 2004; Cai et al. 2021.
    """
    dimensions, _ = _dimensions(X, k, at_most, seed)
    if not dimensions:
        raise DataError("All vectors coincide with their neighbours: they have no intrinsic dimension.")
    return float(np.mean(dimensions))


def coinciding_rows(X: Array, k: int = 20, at_most: int = 2048, seed: int = 0) -> float:
    """Share of the rows looked up that `local_intrinsic_dimension` leaves out, since another row is the same.

    Words that stand in like sentences have the same vector at the initial layer.

    Args:
        X: [n, d].
        k: how many neighbours.
        at_most: rows whose neighbours are looked up.
        seed: of the draw of rows.

    Returns:
        In [0, 1].

    Raises:
        DataError: for fewer than k + 1 rows.
    """
    return _dimensions(X, k, at_most, seed)[1]


def _dimensions(X: Array, k: int = 20, at_most: int = 2048, seed: int = 0) -> tuple[list[float], float]:
    """The dimension at every row that has one, and the share of rows that have none."""
    rows = checked_rows(X, k + 1)
    squares = (rows * rows).sum(axis=1)
    sampled = np.arange(len(rows))
    if len(rows) > at_most:
        sampled = np.random.default_rng(seed).choice(len(rows), at_most, replace=False)
    dimensions: list[float] = []
    for start in range(0, len(sampled), 512):
        block = sampled[start : start + 512]
        distances = squares[block, None] - 2 * rows[block] @ rows.T + squares
        distances[np.arange(len(block)), block] = np.inf
        nearest = np.sort(np.partition(distances, k - 1, axis=1)[:, :k], axis=1)
        # Rounding leaves tiny distances between equal rows; they tell nothing of dimension.
        nearest = nearest[nearest[:, 0] > 1e-9 * squares.max()]
        ratios = 0.5 * np.log(nearest[:, :-1] / nearest[:, -1:]).mean(axis=1)
        dimensions.extend(-1 / ratios[ratios < 0])
    return dimensions, 1 - len(dimensions) / len(sampled)


MEASURES: Mapping[str, Callable[[Array], float]] = {
    "mean_cosine": average_cosine,
    "isoscore": isoscore,
    "log10_partition": partition_isotropy,
    "log10_partition_unit": unit_partition_isotropy,
    "log10_partition_clusters": cluster_isotropy,
    "lid": local_intrinsic_dimension,
}
# k-means that begins elsewhere ends elsewhere.
CLUSTER_SEEDS = 5
# Measures that depend on how long the vectors are.
SCALED = ("log10_partition", "log10_partition_clusters")
# Numbers of a noise that are kept, so that it is made once for all the lengths of a table.
_KEPT = 4_000_000


def noise_floor(measure: str, n: int, d: int, seed: int = 0, length: float = 1.0) -> float:
    """The measure on Gaussian vectors.

    Args:
        measure: a name of MEASURES.
        n: how many vectors.
        d: their dimensions.
        seed: of the noise.
        length: root mean square of the lengths, see `typical_length`; only SCALED measures depend on it.
    """
    if measure not in SCALED:
        return _unscaled_floor(measure, n, d, seed)
    # The lengths of a table differ in the fourth digit, its floors then do not.
    return _scaled_floor(measure, n, d, seed, float(f"{length:.3g}"))


def typical_length(X: Array) -> float:
    """Root mean square of the lengths of rows."""
    return float(np.sqrt((np.asarray(X, dtype=np.float64) ** 2).sum(axis=1).mean()))


def _noise(n: int, d: int, seed: int) -> Rows:
    return np.random.default_rng(seed).normal(scale=d**-0.5, size=(n, d))


@cache
def _unscaled_floor(measure: str, n: int, d: int, seed: int) -> float:
    return MEASURES[measure](_noise(n, d, seed))


@cache
def _scaled_floor(measure: str, n: int, d: int, seed: int, length: float) -> float:
    small = n * d <= _KEPT
    projected = _kept_projection(measure, n, d, seed) if small else _projection(measure, n, d, seed)
    return _log10_partition(length * projected)


def _projection(measure: str, n: int, d: int, seed: int) -> Rows:
    """Noise on its eigenvectors; longer noise has the same clusters and eigenvectors."""
    noise = _noise(n, d, seed)
    return _on_eigenvectors(without_clusters(noise) if measure == "log10_partition_clusters" else noise)


_kept_projection = lru_cache(maxsize=4)(_projection)


ISOTROPY = TableSpec(
    "isotropy",
    "How evenly the word vectors of a language fill the space.",
    {
        **AT,
        "language": text(f"{LANGUAGE}, or all"),
        "measure": text(
            "mean_cosine, isoscore, log10_partition (partition function; longer vectors score lower, so compare no "
            "stages by it), log10_partition_unit (the same of unit vectors, which compares them), "
            "log10_partition_clusters (after 10 k-means clusters lost their mean and top components) or lid (intrinsic "
            "dimension)"
        ),
        "n": integer("word vectors"),
        "value": real("the measure"),
        "floor": real("the measure on Gaussian noise of the same n, dimension and typical length"),
        "spread": real(f"standard deviation over {CLUSTER_SEEDS} seeds of k-means (log10_partition_clusters)"),
        "left_out": real("share of the vectors looked up that coincide with another and are left out (lid)"),
    },
)


@ISOTROPY.made_by
def isotropy_table(vectors: Vectors, languages: Labels | None) -> "pd.DataFrame":
    """The table `isotropy`.

    A measure that its n does not allow has an empty value.

    Args:
        vectors: (stage, layer) → [n, d].
        languages: [n], the language of each row; None for all rows as one.
    """
    rows = []
    for stage, layer, language, chosen in by_language(vectors, languages):
        for measure, function in MEASURES.items():
            found, floor = (NAN, NAN, NAN), NAN
            with suppress(DataError):
                found = _measured(measure, function, chosen)
                if found[0] == found[0]:
                    n, d = chosen.shape
                    floor = noise_floor(measure, n, d, length=typical_length(chosen))
            rows.append((stage, layer, language, measure, len(chosen), found[0], floor, *found[1:]))
    return ISOTROPY.frame(rows)


def _measured(measure: str, function: Callable[[Array], float], X: Array) -> tuple[float, float, float]:
    """The measure, its standard deviation over seeds and the share left out, each NaN where there is no such thing."""
    if measure == "log10_partition_clusters":
        values = [cluster_isotropy(X, seed=seed) for seed in range(CLUSTER_SEEDS)]
        return values[0], float(np.std(values, ddof=1)), NAN
    if measure == "lid":
        # What is left out is told also where nothing is left.
        dimensions, left_out = _dimensions(X)
        return float(np.mean(dimensions)) if dimensions else NAN, NAN, left_out
    return function(X), NAN, NAN
