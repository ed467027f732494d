"""How evenly vectors fill the space. X: float array [n, d] throughout.

Every measure refuses NaN and, where it needs directions, zero vectors; too few rows give a DataError that says so.
"""

import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from nerspace.engine.errors import DataError
from nerspace.engine.geometry.neighbours import largest
from nerspace.engine.geometry.views import (
    Array,
    Labels,
    Rows,
    Vectors,
    by_language,
    checked_rows,
    deflated,
    eigen,
    in_threads,
    one_thread,
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


def _on_eigenvectors(rows: Array, gram: Array | None = None) -> Array:
    """Rows on the eigenvectors of their Gram matrix, which is computed where it is not given."""
    projected: Array = rows @ eigen(rows.T @ rows if gram is None else gram)[1]
    return projected


def _log10_partition(projected: Array, length: float = 1.0) -> float:
    """log10 of min F / max F of rows on their eigenvectors, `length` times as long as they are."""
    highest, lowest = projected.max(axis=0), projected.min(axis=0)
    upwards, downwards = np.zeros_like(highest), np.zeros_like(highest)
    # The largest value is taken out before, so that nothing overflows; in blocks that stay in the processor's cache.
    for start in range(0, len(projected), 256):
        part = projected[start : start + 256]
        for summed, distance in ((upwards, part - highest), (downwards, lowest - part)):
            distance *= length
            np.exp(distance, out=distance)
            summed += distance.sum(axis=0)
    partition = np.concatenate([length * highest + np.log(upwards), np.log(downwards) - length * lowest])
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
    return _cluster_isotropy(checked_rows(X, clusters), clusters, components, seed)


def _cluster_isotropy(rows: Array, clusters: int, components: int | None, seed: int) -> float:
    """As `cluster_isotropy`, in the precision of the rows."""
    left, gram = _without_clusters(rows, clusters, components, seed)
    if np.abs(left).max() <= np.finfo(np.float32).eps * np.abs(rows).max():
        raise DataError("Nothing is left of the vectors without their clusters: they have no spread to measure.")
    return _log10_partition(_on_eigenvectors(left, gram))


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
    left = _without_clusters(checked_rows(X, clusters), clusters, components, seed)[0]
    return np.asarray(left, dtype=np.float64)


def _without_clusters(rows: Array, clusters: int, components: int | None, seed: int) -> tuple[Array, Array]:
    """As `without_clusters`, and the Gram matrix [d, d] of what is left, which costs next to nothing on the way."""
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    # Several threads add up in an order of their own, and the same seed has to give the same clusters.
    with one_thread("sklearn.cluster"), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # fewer different rows than clusters
        fitted = KMeans(clusters, n_init=1, max_iter=50, random_state=seed).fit(rows.astype(np.float32, copy=False))
        left = np.empty_like(rows)
        gram = np.zeros((rows.shape[1], rows.shape[1]), dtype=rows.dtype)
        for cluster in np.unique(fitted.labels_):
            members = fitted.labels_ == cluster
            own = rows[members]
            left[members], products = deflated(own - own.mean(axis=0), components)
            gram += products
    return left, gram


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
    """The dimension at every row that has one, and the share of rows that have none.

    Who is near is found in single precision, with some to spare, and how near in double.
    """
    rows = checked_rows(X, k + 1)
    highest = float((rows * rows).sum(axis=1).max())
    sampled = np.arange(len(rows))
    if len(rows) > at_most:
        sampled = np.random.default_rng(seed).choice(len(rows), at_most, replace=False)
    single = rows - rows.mean(axis=0)
    single = (single / (np.abs(single).max() or 1.0)).astype(np.float32)
    halves = 0.5 * (single * single).sum(axis=1)
    dimensions: list[float] = []
    for start in range(0, len(sampled), 256):
        block = sampled[start : start + 256]
        nearness = single[block] @ single.T - halves
        nearness[np.arange(len(block)), block] = -np.inf
        candidates = largest(nearness, min(k + _SPARE, len(rows) - 1))
        distances = np.empty(candidates.shape)
        for row, (number, others) in enumerate(zip(block, candidates, strict=True)):
            apart = rows[others] - rows[number]
            distances[row] = np.einsum("nd,nd->n", apart, apart)
        nearest = np.sort(np.partition(distances, k - 1, axis=1)[:, :k], axis=1)
        # Distances that are nothing but rounding tell nothing of dimension.
        nearest = nearest[nearest[:, 0] > 1e-9 * highest]
        ratios = 0.5 * np.log(nearest[:, :-1] / nearest[:, -1:]).mean(axis=1)
        dimensions.extend(-1 / ratios[ratios < 0])
    return dimensions, 1 - len(dimensions) / len(sampled)


# Neighbours beyond those asked for, among which those that single precision puts in another order are.
_SPARE = 12

MEASURES: Mapping[str, Callable[[Array], float]] = {
    "mean_cosine": average_cosine,
    "isoscore": isoscore,
    "log10_partition": partition_isotropy,
    "log10_partition_unit": unit_partition_isotropy,
    "log10_partition_clusters": cluster_isotropy,
    "lid": local_intrinsic_dimension,
}
# k-means that begins elsewhere ends elsewhere.
CLUSTERS, CLUSTER_SEEDS = 10, 5
# Measures that depend on how long the vectors are.
SCALED = ("log10_partition", "log10_partition_clusters")
# Numbers of a noise that are kept, so that it is made once for all the measures and lengths of a table.
_KEPT = 16_000_000


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
    return _kept_noise(n, d, seed) if n * d <= _KEPT else _made_noise(n, d, seed)


def _made_noise(n: int, d: int, seed: int) -> Rows:
    return np.random.default_rng(seed).normal(scale=d**-0.5, size=(n, d))


_kept_noise = lru_cache(maxsize=1)(_made_noise)


@cache
def _unscaled_floor(measure: str, n: int, d: int, seed: int) -> float:
    return MEASURES[measure](_noise(n, d, seed))


@cache
def _scaled_floor(measure: str, n: int, d: int, seed: int, length: float) -> float:
    project = _kept_projection if n * d <= _KEPT else _projection
    return _log10_partition(project(measure, n, d, seed), length)


def _projection(measure: str, n: int, d: int, seed: int) -> Array:
    """Noise on its eigenvectors; longer noise has the same clusters and eigenvectors."""
    noise = _noise(n, d, seed)
    if measure == "log10_partition_clusters":
        return _on_eigenvectors(*_without_clusters(noise, CLUSTERS, None, 0))
    return _on_eigenvectors(noise)


# A training asks for the same few again at every probe.
_kept_projection = lru_cache(maxsize=2)(_projection)


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

    def of_set(one: tuple[str, int, str, Array]) -> list[tuple[Any, ...]]:
        stage, layer, language, chosen = one
        X = np.asarray(chosen, dtype=np.float64)
        length, rows = typical_length(X) if len(X) else NAN, []
        for measure, function in MEASURES.items():
            found = (NAN, NAN, NAN)
            with suppress(DataError):
                found = _measured(measure, function, X)
            rows.append((stage, layer, language, measure, len(X), *found, X.shape[1], length))
        return rows

    rows = [row for some in in_threads(of_set, by_language(vectors, languages), most=4) for row in some]
    floors = [NAN] * len(rows)
    with one_thread():
        # Those of one size come one after the other, and all lengths of a measure: they share their noise.
        for place in sorted(range(len(rows)), key=lambda place: (rows[place][4], rows[place][-2], rows[place][3])):
            _, _, _, measure, n, value, *_, d, length = rows[place]
            if value == value:
                floors[place] = noise_floor(measure, n, d, length=length)
    for kept in (_kept_noise, _kept_projection):
        kept.cache_clear()
    return ISOTROPY.frame((*row[:6], floor, *row[6:8]) for row, floor in zip(rows, floors, strict=True))


def _measured(measure: str, function: Callable[[Array], float], X: Array) -> tuple[float, float, float]:
    """The measure, its standard deviation over seeds and the share left out, each NaN where there is no such thing."""
    if measure == "log10_partition_clusters":
        value = cluster_isotropy(X, CLUSTERS, seed=0)
        # For how far they lie apart single precision is right to more digits than there are seeds.
        single = X.astype(np.float32)
        others = [_cluster_isotropy(single, CLUSTERS, None, seed) for seed in range(1, CLUSTER_SEEDS)]
        return value, float(np.std([value, *others], ddof=1)), NAN
    if measure == "lid":
        # What is left out is told also where nothing is left.
        dimensions, left_out = _dimensions(X)
        return float(np.mean(dimensions)) if dimensions else NAN, NAN, left_out
    return function(X), NAN, NAN
