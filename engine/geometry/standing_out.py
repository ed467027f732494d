"""Single points that stand out: those that fine-tuning moved most, and those that lie among another type."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from nerspace.engine.errors import DataError
from nerspace.engine.geometry.neighbours import nearest_neighbours
from nerspace.engine.geometry.views import Array, Vectors, checked_vectors, unit_rows
from nerspace.engine.tables.spec import AT, LANGUAGE, LAYER, SENTENCE, TYPE, TableSpec, integer, real, text

if TYPE_CHECKING:
    import pandas as pd

_ABOUT = {
    "rank": integer("1 for the point that stands out most"),
    "point": integer("point of the table points"),
    "sentence": text(SENTENCE),
    "language": text(LANGUAGE),
    "type": text(TYPE),
    "entity": text("entity id"),
    "form": text("the name as it stands in the sentence"),
    "n": integer("points"),
    "k": integer("neighbours by cosine"),
}
_NAMED = ["sentence", "language", "type", "entity", "form"]

MOVERS = TableSpec(
    "movers",
    "Every point by how far fine-tuning changed who is near it, the largest mover first.",
    {
        "stage": text("the later stage"),
        "against": text("the first stage"),
        "layer": integer(LAYER),
        **_ABOUT,
        "kept": real("share of its k nearest of the first stage that are among its k nearest still"),
        "chance": real("the share that random neighbours would keep, k/(n - 1)"),
        "cosine": real("cosine of its vector to its own of the first stage; all of them may turn together"),
        "own_type": real("share of its k nearest that are of its type, at the later stage"),
        "own_type_against": real("the same at the first stage"),
    },
)


@MOVERS.made_by
def mover_table(vectors: Vectors, points: "pd.DataFrame", k: int = 10) -> "pd.DataFrame":
    """The table `movers`: the points of every later stage and layer, those first that kept fewest neighbours.

    Of points that kept as many, the one whose vector turned further comes first. A layer of one stage has no movers;
    with fewer than k + 1 points all the others are neighbours.

    Args:
        vectors: (stage, layer) → [n, d], stages in the order of time.
        points: the table of that name, [n], in the order of the rows.
        k: how many neighbours.

    Raises:
        DataError: for fewer than 2 rows or a zero vector.
    """
    checked_vectors(vectors, points=points)
    k = _fitting(k, len(points))
    rows: list[tuple[Any, ...]] = []
    first: dict[int, str] = {}
    for (stage, layer), X in vectors.items():
        against = first.setdefault(layer, stage)
        if against == stage:
            continue
        earlier = vectors[against, layer]
        near, near_before = nearest_neighbours(X, k), nearest_neighbours(earlier, k)
        kept = (near[:, :, None] == near_before[:, None, :]).any(axis=2).mean(axis=1)
        cosine = (unit_rows(X) * unit_rows(earlier)).sum(axis=1)
        own, own_before = _own_type(near, points), _own_type(near_before, points)
        chance = k / (len(points) - 1)
        for rank, point, about in _ranked(np.lexsort((cosine, kept)), points):
            rows.append((stage, against, layer, rank, point, *about, len(points), k, kept[point], chance,
                         cosine[point], own[point], own_before[point]))  # fmt: skip
    return MOVERS.frame(rows)


OUTLIERS = TableSpec(
    "outliers",
    "Every point by how few of its neighbours are of its type, the loneliest first.",
    {
        **AT,
        **_ABOUT,
        "own_type": real("share of its k nearest that are of its type"),
        "floor": real("the share of its type among all other points"),
        "among": text("the type that most of its k nearest have"),
        "own_language": real("share of its k nearest that are of its language"),
        "cosine": real("mean cosine to its k nearest"),
    },
)


@OUTLIERS.made_by
def outlier_table(vectors: Vectors, points: "pd.DataFrame", k: int = 10) -> "pd.DataFrame":
    """The table `outliers`: the points of every stage and layer, those first whose neighbours are of another type.

    Of points with as many neighbours of their type, the one that is farther from its neighbours comes first.

    Args:
        vectors: (stage, layer) → [n, d].
        points: the table of that name, [n], in the order of the rows.
        k: how many neighbours.

    Raises:
        DataError: for fewer than 2 rows or a zero vector.
    """
    import pandas as pd

    checked_vectors(vectors, points=points)
    k = _fitting(k, len(points))
    codes, types = pd.factorize(points["type"])
    languages = pd.factorize(points["language"])[0]
    floor = (np.bincount(codes)[codes] - 1) / (len(points) - 1)
    rows: list[tuple[Any, ...]] = []
    for (stage, layer), X in vectors.items():
        near, units = nearest_neighbours(X, k), unit_rows(X)
        own = _own_type(near, points)
        own_language = (languages[near] == languages[:, None]).mean(axis=1)
        cosine = np.array([(units[line] @ units[point]).mean() for point, line in enumerate(near)])
        votes = np.apply_along_axis(np.bincount, 1, codes[near], minlength=len(types))
        among = types[votes.argmax(axis=1)]
        for rank, point, about in _ranked(np.lexsort((cosine, own)), points):
            rows.append((stage, layer, rank, point, *about, len(points), k, own[point], floor[point], among[point],
                         own_language[point], cosine[point]))  # fmt: skip
    return OUTLIERS.frame(rows)


def _fitting(k: int, n: int) -> int:
    if n < 2:
        raise DataError("A single point stands out from nothing.", "At least 2 are needed.")
    return min(k, n - 1)


def _own_type(near: "npt.NDArray[np.intp]", points: "pd.DataFrame") -> Array:
    types = points["type"].to_numpy()
    share: Array = (types[near] == types[:, None]).mean(axis=1)
    return share


def _ranked(order: "npt.NDArray[np.intp]", points: "pd.DataFrame") -> Iterator[tuple[int, int, tuple[Any, ...]]]:
    """Rank, number and names of every point."""
    about = list(points[_NAMED].itertuples(index=False, name=None))
    for rank, point in enumerate(order.tolist(), start=1):
        yield rank, point, about[point]
