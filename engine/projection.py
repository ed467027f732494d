"""Vectors on a plane, and how far the plane may be trusted."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from nerspace.engine.errors import DataError, UsageError

if TYPE_CHECKING:
    import pandas as pd

Array = npt.NDArray[np.floating[Any]]
METHODS = ("tsne", "pca")
NEIGHBOURS = 10


def usable_perplexity(n: int, perplexity: float) -> float:
    """The perplexity asked for, or the most that n points allow: (n − 1) / 3."""
    return min(perplexity, max(1.0, (n - 1) / 3))


def project(
    X: Array, method: str = "tsne", perplexity: float = 70, seed: int = 0, metric: str = "euclidean"
) -> npt.NDArray[np.float32]:
    """X [n, d] on the plane, [n, 2].

    The same seed gives the same map on a CPU. t-SNE starts from PCA and takes at most (n − 1)/3 as perplexity.
    Raises: UsageError for an unknown method, DataError for fewer than 4 rows or values that are not finite.
    """
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE

    rows = np.asarray(X, dtype=np.float32)
    if rows.ndim != 2 or len(rows) < 4:
        raise DataError(f"A map needs at least 4 vectors, got the shape {rows.shape}.")
    if not np.isfinite(rows).all():
        raise DataError("A map needs finite vectors.")
    if method == "pca":
        plane = PCA(n_components=2, random_state=seed).fit_transform(rows)
    elif method == "tsne":
        plane = TSNE(
            perplexity=usable_perplexity(len(rows), perplexity), init="pca", random_state=seed, metric=metric
        ).fit_transform(rows)
    else:
        raise UsageError(f"Unknown method {method!r}.", f"Choose {' or '.join(METHODS)}.")
    return np.asarray(plane, dtype=np.float32)


def neighbours_preserved(X: Array, plane: Array, k: int = NEIGHBOURS) -> float:
    """Mean share of each row's k nearest neighbours that are among its k nearest on the plane too."""
    from sklearn.neighbors import NearestNeighbors

    k = min(k, len(X) - 1)
    near, drawn = (NearestNeighbors(n_neighbors=k).fit(Y).kneighbors(return_distance=False) for Y in (X, plane))
    return float(np.mean([len(set(a) & set(b)) / k for a, b in zip(near.tolist(), drawn.tolist(), strict=True)]))


def map_table(
    vectors: Mapping[tuple[str, int], Array], method: str = "tsne", perplexity: float = 70, seed: int = 0
) -> "pd.DataFrame":
    """The table `map`.

    vectors: (stage, layer) → [n, d].
    """
    import pandas as pd

    maps = []
    for (stage, layer), X in vectors.items():
        plane = project(X, method, perplexity, seed)
        columns = {"stage": stage, "layer": layer, "point": np.arange(len(X)), "x": plane[:, 0], "y": plane[:, 1]}
        maps.append(pd.DataFrame(columns))
    return pd.concat(maps, ignore_index=True)


def map_quality_table(
    vectors: Mapping[tuple[str, int], Array], maps: "pd.DataFrame", method: str, perplexity: float, seed: int
) -> "pd.DataFrame":
    """The table `map_quality` of maps that `map_table` made with the same method, perplexity and seed."""
    import pandas as pd
    from sklearn.manifold import trustworthiness

    rows = []
    for (stage, layer), X in vectors.items():
        drawn = maps[(maps["stage"] == stage) & (maps["layer"] == layer)].sort_values("point")
        plane = drawn[["x", "y"]].to_numpy()
        n = len(X)
        k = min(NEIGHBOURS, n // 2 - 1)
        rows.append(
            {
                "stage": stage,
                "layer": layer,
                "method": method,
                "perplexity": usable_perplexity(n, perplexity),
                "seed": seed,
                "n": n,
                "preserved": neighbours_preserved(X, plane),
                "chance": min(NEIGHBOURS, n - 1) / (n - 1),
                "trustworthiness": trustworthiness(X, plane, n_neighbors=k) if k > 0 else float("nan"),
            }
        )
    return pd.DataFrame(rows)
