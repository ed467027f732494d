"""The tables of the paper's run that are made of vectors and points; nothing here loads a model."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from nerspace.engine.geometry.similarity import parallel_cosine_table
from nerspace.engine.geometry.views import Array, unit_rows
from nerspace.engine.paper import published
from nerspace.engine.paper.claims import ITEM
from nerspace.engine.statistics.cells import cell_of
from nerspace.engine.tables.spec import AT, LANGUAGE, PAIR, SENTENCE, STAGE, TYPE, TableSpec, integer, real, text

if TYPE_CHECKING:
    import numpy.typing as npt

    Rows = npt.NDArray[np.float64]

NEIGHBOURS = 10
NAN = float("nan")
PAPER_TABLE1 = TableSpec(
    "paper_table1",
    "Table 1: possible and valid sentences by type, beside the paper's.",
    {
        "type": text(TYPE),
        "contexts": integer("contexts with a slot, all cases"),
        "possible": integer("contexts times names, summed over the cases"),
        "theirs": integer("the paper's number, of its own data"),
        "difference": integer("possible minus theirs"),
        "valid": integer("those that keep gender, slots and languages"),
    },
)


@PAPER_TABLE1.made_by
def table1(counts: pd.DataFrame) -> pd.DataFrame:
    """The table `paper_table1`.

    Args:
        counts: the table of that name.
    """
    rows = []
    for kind, stated in published.POSSIBLE.items():
        chosen = counts[counts["type"] == kind]
        possible, valid = int(chosen["possible"].sum()), int(chosen["valid"].sum())
        rows.append((kind, int(chosen["contexts"].sum()), possible, stated, possible - stated, valid))
    return PAPER_TABLE1.frame(rows)


PAPER_TABLE2 = TableSpec(
    "paper_table2",
    "Table 2: parallel cosines of names that read the same in several types.",
    {
        "name": text("the name, by its id or in English"),
        "type": text("PER, LOC, ORG or all"),
        **AT,
        **PAIR,
        "n": integer("parallel contexts"),
        "cosine": real("mean cosine"),
        "floor": real("the same with the contexts of that name and type paired at random"),
        "theirs": real("the paper's number, for its own name"),
    },
    "heatmap",
)


@PAPER_TABLE2.made_by
def table2(vectors: Mapping[tuple[str, int], Array], points: pd.DataFrame) -> pd.DataFrame:
    """The table `paper_table2`: parallel cosines per name, over all its types and for each.

    The floor pairs the rows of the same name and types with every other row but their own.

    Args:
        vectors: (stage, layer) → [n, d].
        points: [n], with name, type, language and sentence.
    """
    cells = points["sentence"].str.partition("/")[2]
    last = max(layer for _, layer in vectors)
    rows: list[tuple[Any, ...]] = []
    for name, of_name in points.groupby("name", sort=True):
        for kind in ("all", *sorted(set(of_name["type"]))):
            chosen = np.array(of_name.index[(of_name["type"] == kind) | (kind == "all")], dtype=np.intp)
            own = {key: X[chosen] for key, X in vectors.items()}
            table = parallel_cosine_table(own, points["language"][chosen].tolist(), cells[chosen].tolist())
            # The floor pairs contexts of one name, so that other names of its type are beside the point.
            for row in zip(*(table[column] for column in table if column != "floor_type"), strict=True):
                stage, layer, a, b = row[:4]
                stated = (name, kind, stage, layer) == (published.NAME, "all", "after", last)
                rows.append((name, kind, *row, published.COSINES.get((a, b), NAN) if stated else NAN))
    return PAPER_TABLE2.frame(rows)


_POINT = {
    **AT,
    "point": integer("number of the point, from 0"),
    "x": real("map unit"),
    "y": real("map unit"),
    "sentence": text(SENTENCE),
    "language": text(LANGUAGE),
    "type": text(TYPE),
    "entity": text("entity id"),
    "form": text("the name as it stands in the sentence"),
}
PAPER_FIGURE2 = TableSpec(
    "paper_figure2",
    "Figure 2: maps of the test entities in four languages.",
    _POINT,
    "scatter",
)
PAPER_FIGURE1 = TableSpec(
    "paper_figure1",
    "Figure 1: the map of one name in several types.",
    {**_POINT, "name": text("the name")},
    "scatter",
)


@PAPER_FIGURE1.made_by
@PAPER_FIGURE2.made_by
def labelled_map(maps: pd.DataFrame, points: pd.DataFrame) -> pd.DataFrame:
    """The tables `paper_figure1` and `paper_figure2`: a map with what is known of its points.

    Args:
        points: [n], in order.
    """
    spec = PAPER_FIGURE1 if "name" in points else PAPER_FIGURE2
    return spec.checked(maps.merge(points.assign(point=range(len(points))), on="point", how="left"))


PAPER_MAPS = TableSpec(
    "paper_maps",
    "How far the maps of Figures 1 and 2 may be trusted.",
    {
        "item": text(ITEM),
        **AT,
        "method": text("tsne (openTSNE), euclidean, begun from PCA"),
        "perplexity": real("perplexity of t-SNE"),
        "seed": integer("seed of the projection"),
        "n": integer("points"),
        "preserved": real("share of the 10 nearest neighbours that the map keeps"),
        "chance": real("the share that a random map would keep"),
        "trustworthiness": real("1 when no stranger is drawn near, of 10 neighbours (Venna and Kaski 2001)"),
    },
)


@PAPER_MAPS.made_by
def maps_table(item: str, map_quality: pd.DataFrame) -> pd.DataFrame:
    """The table `paper_maps` of one item: of the table `map_quality`, what differs between the maps of the paper."""
    return PAPER_MAPS.checked(map_quality.assign(item=item)[list(PAPER_MAPS.columns)])


PAPER_CLUBS = TableSpec(
    "paper_clubs",
    "Figure 2: where clubs lie that are named by their city.",
    {
        "stage": text(STAGE),
        "entity": text("entity id; empty for the mean of ordinary ORG names"),
        "name": text("the name"),
        "n": integer("vectors: contexts and languages"),
        "neighbours": integer("LOC and ORG points to choose from, as many of each"),
        "loc_share": real("share of LOC among the 10 nearest"),
        "floor": real("one half"),
        "contexts": text("settling: those that alone settle the type, which the claim is judged by; any: all"),
    },
)
SETTLING, ANY = "settling", "any"


class Surroundings:
    """As many LOC as ORG of the test points of Figure 2, among which neighbours are counted; one half of them are LOC.

    Args:
        units: their vectors at length 1 [m, d], LOC first.
        points: entity and sentence of each [m].
    """

    def __init__(self, units: "Rows", points: pd.DataFrame) -> None:
        self._units = units
        self._is_loc = np.arange(len(units)) < len(units) // 2
        self._entities = points["entity"].to_numpy(dtype=object)
        self._contexts = [cell_of(str(sentence)).context for sentence in points.get("sentence", points["entity"])]

    @classmethod
    def of(cls, X: Array, points: pd.DataFrame, ambiguous: set[str], seed: int) -> "Surroundings":
        """Drawn at random from all test points.

        Args:
            X: vectors of the test points [n, d].
            points: type, entity and sentence of each [n].
            ambiguous: entity ids that are left out.
            seed: of the draw.
        """
        usable = ~points["entity"].isin(ambiguous)
        pools = [np.flatnonzero(usable & (points["type"] == kind)) for kind in ("LOC", "ORG")]
        size = min(map(len, pools))
        generator = np.random.default_rng(seed)
        drawn = (
            np.concatenate([generator.choice(pool, size, replace=False) for pool in pools]) if size else pools[0][:0]
        )
        return cls(unit_rows(X[drawn]) if size else np.zeros((0, 1)), points.iloc[drawn].reset_index(drop=True))

    def __len__(self) -> int:
        return len(self._units)

    def __bool__(self) -> bool:
        return len(self._units) // 2 >= NEIGHBOURS

    def shares(self, X: Array, contexts: Sequence[str] = ()) -> "Rows":
        """Share of LOC among the nearest of every row [n], those of its own context left out where they are told."""
        if not len(X):
            return np.zeros(0)
        cosines = unit_rows(X) @ self._units.T
        if len(contexts):
            cosines[np.array(contexts, dtype=object)[:, None] == np.array(self._contexts, dtype=object)] = -np.inf
        return _loc_share(cosines, self._is_loc)

    def ordinary(self, kind: str) -> "Rows":
        """The same of these points themselves, ORG or LOC, among points of other names and contexts; empty where these
        are few.
        """
        rows = self._rows(kind)
        cosines = self._units[rows] @ self._units.T
        contexts = np.array(self._contexts, dtype=object)
        cosines[self._entities[rows][:, None] == self._entities[None, :]] = -np.inf
        cosines[contexts[rows][:, None] == contexts[None, :]] = -np.inf
        if not (np.isfinite(cosines).sum(axis=1) >= NEIGHBOURS).all():
            return np.zeros(0)
        return _loc_share(cosines, self._is_loc)

    def names(self, kind: str) -> list[str]:
        """The entities of `ordinary`."""
        return [str(self._entities[row]) for row in self._rows(kind)]

    def contexts(self, kind: str) -> list[str]:
        """The contexts of `ordinary`."""
        return [self._contexts[row] for row in self._rows(kind)]

    def _rows(self, kind: str) -> "npt.NDArray[np.intp]":
        return np.flatnonzero(self._is_loc == (kind == "LOC"))


@PAPER_CLUBS.made_by
def club_table(X: Array, points: pd.DataFrame, around: Surroundings, stage: str = "after") -> pd.DataFrame:
    """The table `paper_clubs`: for ORG names that read like a LOC, the share of LOC among their nearest neighbours.

    The last row is the mean of the ordinary ORG names, neighbours of the same name or context left out.

    Args:
        X: vectors of the ambiguous names [n, d].
        points: the points of these names [n]; `settles` says whether a context alone settles the type;
            without, all do.
        around: test points, ambiguous names left out.
        stage: as the table names it.
    """
    places = {name for name, kind in zip(points["name"], points["type"], strict=True) if kind == "LOC"}
    is_club = (points["type"] == "ORG") & points["name"].isin(places)
    if not around or not is_club.any():
        return PAPER_CLUBS.frame()
    rows = []
    settling = is_club & points.get("settles", True)
    # Where every context settles the type there is nothing else to tell.
    every = is_club if (is_club & ~settling).any() else is_club & False
    for contexts, chosen in ((SETTLING, settling), (ANY, every)):
        for (entity, name), group in points[chosen].groupby(["entity", "name"], sort=True):
            contexts_read = [cell_of(str(one)).context for one in group["sentence"]] if "sentence" in group else []
            shares = around.shares(X[group.index], contexts_read)
            rows.append((stage, entity, name, len(group), len(around), float(shares.mean()), 0.5, contexts))
    ordinary = around.ordinary("ORG")
    if len(ordinary):
        rows.append((stage, "", "other ORG", len(ordinary), len(around), float(ordinary.mean()), 0.5, ANY))
    return PAPER_CLUBS.frame(rows)


def _loc_share(cosines: "Rows", is_loc: "npt.NDArray[np.bool_]") -> "Rows":
    nearest = np.argsort(-cosines, axis=1, kind="stable")[:, :NEIGHBOURS]
    shares: Rows = is_loc[nearest].mean(axis=1)
    return shares
