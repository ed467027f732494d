"""A map as it is drawn: t-SNE in parts, so that it can be watched and stopped, PCA at once.

openTSNE draws, in fewer iterations than scikit-learn's 1,000: from PCA a short and mild early exaggeration is enough,
and the forces of far points may be coarse until the end. scikit-learn's own t-SNE is there as the reference.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nerspace.engine.errors import DataError, UsageError

Array = npt.NDArray[np.floating[Any]]
Plane = npt.NDArray[np.float32]
Rows = npt.NDArray[np.float64]
METHODS = ("tsne", "pca", "tsne-sklearn")
METRICS = ("euclidean", "cosine")
# Iterations, exaggeration of near forces, coarseness of far ones (theta of Barnes and Hut).
PHASES = ((150, 3.0, 1.0), (350, 1.0, 0.8), (150, 1.0, 0.5))
CHUNK = 25


@dataclass(frozen=True, slots=True)
class Drawn:
    """A map after some of its iterations.

    Attributes:
        done: iterations done.
        total: iterations of a whole map.
        plane: [n, 2].
    """

    done: int
    total: int
    plane: Plane

    @classmethod
    def finished(cls, method: str, plane: Plane) -> "Drawn":
        """A map that the method has drawn to its end.

        Args:
            method: that drew it.
            plane: [n, 2].
        """
        return cls(iterations(method), iterations(method), plane)


def iterations(method: str) -> int:
    """How many iterations a method goes through, as far as it reports them."""
    return sum(count for count, _, _ in PHASES) if method == "tsne" else 1


def usable_perplexity(n: int, perplexity: float) -> float:
    """The perplexity requested, or the most that n points allow: (n − 1) / 3."""
    return min(perplexity, max(1.0, (n - 1) / 3))


def check_config(method: str, metric: str, perplexity: float) -> None:
    """See that there are such a method, metric and perplexity.

    Raises:
        UsageError: for one that there is not.
    """
    if method not in METHODS:
        raise UsageError(f"Unknown method {method!r}.", f"Choose from {', '.join(METHODS)}.", field="method")
    if metric not in METRICS:
        raise UsageError(f"Unknown metric {metric!r}.", f"Choose from {', '.join(METRICS)}.", field="metric")
    if not 1 <= perplexity < float("inf"):
        raise UsageError(
            f"The perplexity is {perplexity}.", "It must be at least 1; 70 is the paper's.", field="perplexity"
        )


def ready_rows(X: Array, metric: str = "euclidean") -> npt.NDArray[np.float32]:
    """The rows whose straight distances are those of the metric: for cosine scaled to length 1, d² = 2 − 2 cos.

    Args:
        X: [n, d].
        metric: euclidean or cosine.

    Returns:
        [n, d], in single precision.

    Raises:
        DataError: for another shape than [n ≥ 4, d], values that are not finite, or zero vectors under cosine.
    """
    rows = np.asarray(X, dtype=np.float32)
    if rows.ndim != 2 or len(rows) < 4:
        raise DataError(f"A map needs at least 4 vectors, got the shape {rows.shape}.")
    if not np.isfinite(rows).all():
        raise DataError("A map needs finite vectors.")
    if metric == "euclidean":
        return rows
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    if not lengths.all():
        raise DataError(f"{int((lengths == 0).sum())} of {len(rows)} vectors are zero and have no direction.")
    scaled: npt.NDArray[np.float32] = rows / lengths
    return scaled


def draw(
    X: Array, method: str = "tsne", perplexity: float = 70, seed: int = 0, metric: str = "euclidean",
    start: Array | None = None,
) -> Iterator[Drawn]:  # fmt: skip
    """A map of X as it comes about; the last one given is the map.

    The same input gives the same map on a CPU.

    Args:
        X: [n, d].
        method: a name of METHODS.
        perplexity: of t-SNE, at most what `usable_perplexity` allows.
        seed: of the map.
        metric: a name of METRICS.
        start: [n, 2], a plane to begin from instead of PCA.

    Raises:
        UsageError: as `check_config`.
        DataError: as `ready_rows`, and for a start of another shape.
    """
    check_config(method, metric, perplexity)
    rows = ready_rows(X, metric)
    if start is not None and (np.shape(start) != (len(rows), 2) or not np.isfinite(start).all()):
        raise DataError(f"A map of {len(rows)} vectors cannot start from places of the shape {np.shape(start)}.")
    if method == "pca":
        yield Drawn.finished(method, _principal(rows, seed))
        return
    initial = _small(_principal(rows, seed) if start is None else start, seed)
    if method == "tsne-sklearn":
        yield Drawn.finished(method, _reference(rows, perplexity, seed, initial))
    else:
        yield from _steps(rows, perplexity, seed, initial)


def _principal(rows: npt.NDArray[np.float32], seed: int) -> Plane:
    from sklearn.decomposition import PCA

    with np.errstate(invalid="ignore"):  # rows that are all the same have no variance to explain
        plane = PCA(n_components=2, random_state=seed).fit_transform(rows)
    return np.asarray(plane, dtype=np.float32)


def _small(plane: Array, seed: int) -> Rows:
    """A start scaled to a spread of 1e-4 with a seeded hundredth of it as noise, which parts rows that are equal."""
    centred = np.asarray(plane, dtype=np.float64) - np.mean(plane, axis=0, dtype=np.float64)
    spread = float(centred[:, 0].std())
    scaled = centred / spread if spread > np.finfo(np.float32).eps else np.zeros_like(centred)
    noise = np.random.default_rng(seed).normal(scale=0.01, size=centred.shape)
    small: Rows = 1e-4 * (scaled + noise)
    return small


def _reference(rows: Plane, perplexity: float, seed: int, start: Rows) -> Plane:
    from sklearn.manifold import TSNE

    engine = TSNE(perplexity=usable_perplexity(len(rows), perplexity), init=start.astype(np.float32), random_state=seed)
    return np.asarray(engine.fit_transform(rows), dtype=np.float32)


def _steps(rows: Plane, perplexity: float, seed: int, start: Rows) -> Iterator[Drawn]:
    from openTSNE import TSNEEmbedding, affinity, nearest_neighbors
    from sklearn.neighbors import NearestNeighbors

    n, threads = len(rows), _threads()
    perplexity = usable_perplexity(n, perplexity)
    near = NearestNeighbors(n_neighbors=max(1, min(n - 1, int(3 * perplexity))), algorithm="brute").fit(rows)
    distances, index = near.kneighbors()
    forces = affinity.PerplexityBasedNN(
        knn_index=nearest_neighbors.PrecomputedNeighbors(index, distances), perplexity=perplexity, n_jobs=threads
    )
    total = iterations("tsne")
    yield Drawn(0, total, start.astype(np.float32))
    plane = TSNEEmbedding(start, forces, negative_gradient_method="bh", n_jobs=threads, random_state=seed)
    done = 0
    for count, exaggeration, theta in PHASES:
        for _ in range(0, count, CHUNK):
            plane.optimize(CHUNK, exaggeration=exaggeration, theta=theta, inplace=True)
            done += CHUNK
            yield Drawn(done, total, np.asarray(plane, dtype=np.float32))


def _threads() -> int:
    setting = os.environ.get("OMP_NUM_THREADS", "")
    return int(setting) if setting.isdecimal() and int(setting) else len(os.sched_getaffinity(0))
