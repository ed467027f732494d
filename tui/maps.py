"""The maps of a run, joined for drawing: all over the same points, so a point keeps its number from map to map."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nerspace.tui.palette import class_style, language_order
from nerspace.tui.session import Session
from nerspace.tui.widgets.scatter import Classes

if TYPE_CHECKING:
    import pandas as pd

Key = tuple[str, int]
Array = np.ndarray[Any, Any]

MARKS = "123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Maps:
    """Points with their sentences, and every map of them.

    points: DataFrame [n], the table `points` with words and tags. keys: (stage, layer), layer by layer, before first.
    places: key → x, y float [n], NaN where a map lacks the point. cells: int [n], equal for parallel sentences.
    """

    points: "pd.DataFrame"
    keys: tuple[Key, ...]
    places: dict[Key, tuple[Array, Array]]
    cells: Array
    by_language: Classes
    by_type: Classes
    quality: dict[Key, tuple[str, str]]

    def parallels(self, point: int) -> Array:
        """Numbers of the points whose sentence is parallel to that of a point, itself among them."""
        return np.flatnonzero(self.cells == self.cells[point])


def read_maps(session: Session) -> Maps | None:
    """The maps of the run; None while it has none."""
    import pandas as pd

    points, drawn = session.table("points"), session.table("map")
    if points is None or drawn is None or not len(points) or not len(drawn):
        return None
    sentences = session.table("sentences")
    if sentences is not None:
        texts = sentences.drop_duplicates("sentence")[["sentence", "words", "tags", "text"]]
        points = points.merge(texts, on="sentence", how="left")
    else:
        points = points.assign(words=points["form"], tags="", text=points["form"])
    points = points.reset_index(drop=True)
    places = {}
    key: Any
    for key, group in drawn.groupby(["stage", "layer"], sort=False):
        rows = pd.Index(points["point"]).get_indexer(group["point"])
        x, y = np.full(len(points), np.nan), np.full(len(points), np.nan)
        x[rows[rows >= 0]], y[rows[rows >= 0]] = group["x"].to_numpy()[rows >= 0], group["y"].to_numpy()[rows >= 0]
        places[str(key[0]), int(key[1])] = (x, y)
    keys = tuple(sorted(places, key=lambda key: (key[1], key[0] != "before", key[0])))
    languages = language_order([str(code) for code in points["language"].unique()])
    kinds = sorted((str(kind) for kind in points["type"].unique()), key=lambda kind: ("PER LOC ORG".find(kind), kind))
    cells = pd.factorize(points["sentence"].str.partition("/")[2])[0]
    return Maps(
        points, keys, places, cells, _classes(points["language"], languages), _classes(points["type"], kinds),
        _quality(session.table("map_quality")),
    )  # fmt: skip


def _classes(values: "pd.Series[Any]", names: Sequence[str]) -> Classes:
    import pandas as pd

    codes = pd.Categorical(values, categories=list(names)).codes.astype(np.int64)
    return Classes(
        codes, tuple(names), tuple(MARKS[place % len(MARKS)] for place in range(len(names))),
        tuple(class_style(name, place) for place, name in enumerate(names)),
    )  # fmt: skip


def _quality(table: "pd.DataFrame | None") -> dict[Key, tuple[str, str]]:
    """The line under a map, long and short: how it was made and how far it may be trusted."""
    lines: dict[Key, tuple[str, str]] = {}
    row: Any
    for row in () if table is None else table.itertuples():
        method = {"tsne": "t-SNE", "tsne-sklearn": "t-SNE (scikit-learn)", "pca": "PCA"}.get(str(row.method), str(row.method))
        with_perplexity = row.perplexity == row.perplexity and method != "PCA"
        long = f"{method} perplexity {row.perplexity:g}" if with_perplexity else method
        short = f"{method} p {row.perplexity:g}" if with_perplexity else method
        # Tables of older runs say neither.
        metric = " · cosine" if getattr(row, "metric", "") == "cosine" else ""
        done, planned = getattr(row, "iterations", 0), getattr(row, "planned", 0)
        stopped = f" · stopped at {done} of {planned}" if done < planned else ""
        facts = f"{metric}{stopped} · seed {row.seed} · n {row.n:,} · "
        kept = f"kept {row.preserved:.1%} (chance {row.chance:.1%})"
        lines[str(row.stage), int(row.layer)] = (
            f"{long}{facts}10 neighbours {kept} · trustworthiness {row.trustworthiness:.2f}",
            f"{short}{facts}10-NN {kept} · trust {row.trustworthiness:.2f}",
        )
    return lines
