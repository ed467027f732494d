"""Vectors on a plane, and how far the plane may be trusted, as tables."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from nerspace.engine.geometry.views import checked_vectors
from nerspace.engine.projection.drawing import Array, Drawn, Plane, draw, ready_rows, usable_perplexity
from nerspace.engine.projection.quality import NEIGHBOURS, map_quality
from nerspace.engine.tables.spec import AT, TableSpec, integer, real, text

if TYPE_CHECKING:
    import pandas as pd

NAN = float("nan")


def project(
    X: Array, method: str = "tsne", perplexity: float = 70, seed: int = 0, metric: str = "euclidean",
    start: Array | None = None,
) -> Plane:  # fmt: skip
    """X on the plane.

    The same seed gives the same map on a CPU.

    Args:
        X: [n, d].
        method: tsne, pca, or tsne-sklearn, the reference.
        perplexity: of t-SNE, which takes at most (n − 1)/3.
        seed: of the map.
        metric: euclidean, or cosine, which takes the rows at length 1.
        start: [n, 2], where t-SNE begins; PCA by default.

    Returns:
        [n, 2].

    Raises:
        UsageError: for an unknown method or metric.
        DataError: for fewer than 4 rows or values that are not finite.
    """
    plane = np.zeros((0, 2), dtype=np.float32)
    for drawn in draw(X, method, perplexity, seed, metric, start):
        plane = drawn.plane
    return plane


MAP = TableSpec(
    "map",
    "Entity vectors on the plane.",
    {
        **AT,
        "point": integer("point of the table points"),
        "x": real("map unit"),
        "y": real("map unit"),
    },
    "scatter",
)


@MAP.made_by
def map_table(
    vectors: Mapping[tuple[str, int], Array], method: str = "tsne", perplexity: float = 70, seed: int = 0
) -> "pd.DataFrame":
    """The table `map`.

    Args:
        vectors: (stage, layer) → [n, d].
        method: as for `project`.
        perplexity: as for `project`.
        seed: of the maps.
    """
    import pandas as pd

    checked_vectors(vectors)
    return pd.concat(
        [map_columns(key, project(X, method, perplexity, seed)) for key, X in vectors.items()], ignore_index=True
    )


def map_columns(key: tuple[str, int], plane: Plane) -> "pd.DataFrame":
    """The rows of the table `map` of one stage and layer.

    Args:
        key: stage and layer.
        plane: [n, 2].
    """
    import pandas as pd

    points = {"stage": key[0], "layer": key[1], "point": np.arange(len(plane)), "x": plane[:, 0], "y": plane[:, 1]}
    return MAP.checked(pd.DataFrame(points))


MAP_QUALITY = TableSpec(
    "map_quality",
    "How far a map may be trusted.",
    {
        **AT,
        "method": text("tsne (openTSNE), tsne-sklearn or pca"),
        "perplexity": real("perplexity of t-SNE, at most (n - 1) / 3; empty for pca"),
        "seed": integer("seed of the projection"),
        "n": integer("points"),
        "preserved": real("share of the 10 nearest neighbours that the map keeps"),
        "chance": real("the share that a random map would keep"),
        "trustworthiness": real("1 when no stranger is drawn near, of 10 neighbours (Venna and Kaski 2001)"),
        "metric": text("euclidean, or cosine: of vectors at length 1"),
        "start": text("pca, or the stage and layer whose map it started from"),
        "iterations": integer("iterations done; fewer than planned where the drawing was stopped"),
        "planned": integer("iterations of a whole map, 1 where the method does not tell them"),
    },
)


@MAP_QUALITY.made_by
def map_quality_table(
    vectors: Mapping[tuple[str, int], Array], maps: "pd.DataFrame", method: str, perplexity: float, seed: int
) -> "pd.DataFrame":
    """The table `map_quality` of maps that `map_table` made with the same method, perplexity and seed.

    Args:
        vectors: (stage, layer) → [n, d].
        maps: the table `map`.
        method: that drew the maps.
        perplexity: that they were drawn with.
        seed: that they were drawn with.
    """
    import pandas as pd

    checked_vectors(vectors)
    rows = []
    for key, X in vectors.items():
        drawn = maps[(maps["stage"] == key[0]) & (maps["layer"] == key[1])].sort_values("point")
        plane = drawn[["x", "y"]].to_numpy(dtype=np.float32)
        rows.append(quality_row(key, X, Drawn.finished(method, plane), method, perplexity, seed))
    return pd.concat(rows, ignore_index=True)


def quality_row(
    key: tuple[str, int], X: Array, drawn: Drawn, method: str, perplexity: float, seed: int,
    metric: str = "euclidean", start: str = "pca",
) -> "pd.DataFrame":  # fmt: skip
    """The row of the table `map_quality` of one map; neighbours are those of the metric.

    Args:
        key: stage and layer.
        X: [n, d].
        drawn: the map, [n, 2].
        method: that drew it.
        perplexity: that was requested.
        seed: of the map.
        metric: euclidean or cosine.
        start: pca, or the stage and layer whose map it started from.
    """
    n = len(X)
    preserved, trusted = map_quality(ready_rows(X, metric), drawn.plane)
    used = NAN if method == "pca" else usable_perplexity(n, perplexity)
    chance = min(NEIGHBOURS, n - 1) / (n - 1)
    return MAP_QUALITY.frame(
        [(*key, method, used, seed, n, preserved, chance, trusted, metric, start, drawn.done, drawn.total)]
    )
