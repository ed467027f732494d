"""Where a new vector lies on a map that was drawn before; none of the map's own points moves."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from nerspace.engine.errors import DataError
from nerspace.engine.projection.drawing import Array, Plane, ready_rows
from nerspace.engine.tables.spec import AT, TableSpec, real, text

if TYPE_CHECKING:
    import pandas as pd

# Of openTSNE's transform: few neighbours, as its authors advise for single points, and as many steps as settle one.
PERPLEXITY, STEPS = 5, 100
NEIGHBOURS = 10
TRANSFORM, PCA, MEDIAN = "openTSNE transform", "the same PCA", f"median of its {NEIGHBOURS} nearest"

Key = tuple[str, int]


class Placer:
    """Places new vectors on one map.

    Args:
        X: [n, d], the vectors that the map was drawn of.
        plane: [n, 2], the map.
        method: that drew it: tsne, tsne-sklearn or pca.
        metric: of the map: euclidean or cosine.
        seed: of the map.

    Raises:
        DataError: for a map that is not of these vectors.
    """

    def __init__(self, X: Array, plane: Array, method: str = "tsne", metric: str = "euclidean", seed: int = 0) -> None:
        if np.shape(plane) != (len(X), 2) or not np.isfinite(plane).all():
            raise DataError(f"The map holds {len(plane)} places for {len(X)} vectors.")
        self._rows = ready_rows(X, metric)
        self._plane = np.asarray(plane, dtype=np.float64)
        self._metric, self._seed = metric, seed
        self._middle = (self._plane.max(axis=0) + self._plane.min(axis=0)) / 2
        self._embedding: Any = self._embedded() if method.startswith("tsne") else None
        self._components: Any = self._fitted() if method == "pca" else None

    def _embedded(self) -> Any:
        from openTSNE import TSNEEmbedding, affinity

        perplexity = min(PERPLEXITY, max(1, (len(self._rows) - 1) // 3))
        forces = affinity.PerplexityBasedNN(self._rows, perplexity=perplexity, method="exact", n_jobs=1)
        return TSNEEmbedding(
            self._plane.copy(), forces, negative_gradient_method="bh", n_jobs=1, random_state=self._seed
        )

    def _fitted(self) -> Any:
        """The components that drew the map; None where they give another one."""
        from sklearn.decomposition import PCA as Components

        components = Components(n_components=2, random_state=self._seed)
        again = components.fit_transform(self._rows)
        spread = float(np.ptp(self._plane)) or 1.0
        return components if np.allclose(again, self._plane, atol=1e-3 * spread) else None

    def place(self, vectors: Array) -> tuple[Plane, str]:
        """The places of new vectors [m, d], each by itself, as [m, 2], and how they were found."""
        new = np.asarray(vectors, dtype=np.float32)
        if self._metric == "cosine":
            new = new / np.linalg.norm(new, axis=1, keepdims=True)
        if self._embedding is not None:
            perplexity = self._embedding.affinities.perplexity
            placed = self._embedding.transform(new, perplexity=perplexity, k=NEIGHBOURS, n_iter=STEPS)
            return np.asarray(np.asarray(placed) + self._middle, dtype=np.float32), TRANSFORM
        if self._components is not None:
            return np.asarray(self._components.transform(new), dtype=np.float32), PCA
        return self._medians(new), MEDIAN

    def _medians(self, new: npt.NDArray[np.float32]) -> Plane:
        places = []
        for vector in new:
            near = np.argsort(np.linalg.norm(self._rows - vector, axis=1), kind="stable")[:NEIGHBOURS]
            places.append(np.median(self._plane[near], axis=0))
        return np.array(places, dtype=np.float32).reshape(-1, 2)


PLACES = TableSpec(
    "places",
    "Where what was typed lies on the maps of a run.",
    {**AT, "x": real("map unit"), "y": real("map unit"), "how": text("how the place was found")},
)


@PLACES.made_by
def place_table(placers: Mapping[Key, Placer], typed: Mapping[Key, Array]) -> "pd.DataFrame":
    """The table `places` of one new vector.

    Args:
        placers: by stage and layer.
        typed: (stage, layer) → [d]; what has no map has no row.
    """
    rows = []
    for key, vector in typed.items():
        if key in placers:
            plane, how = placers[key].place(vector[None])
            rows.append((*key, float(plane[0, 0]), float(plane[0, 1]), how))
    return PLACES.frame(rows)
