"""The maps of a run, joined for drawing, and what their points are joined to: parallels or nearest neighbours.

All maps are over the same points, so a point keeps its number from map to map.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.style import Style

from nerspace.engine.errors import UsageError
from nerspace.engine.tables.index import CATALOGUE
from nerspace.tui.colours import MARKS, class_style, language_order
from nerspace.tui.explorer.sentences import whole_ids
from nerspace.tui.explorer.session import Session
from nerspace.tui.plots.overlay import Classes
from nerspace.tui.query import matcher, parse
from nerspace.tui.widgets.rows import FrameRows

if TYPE_CHECKING:
    import pandas as pd

# Stage and layer.
Key = tuple[str, int]
Label = tuple[int, str, Style]
Array = np.ndarray[Any, Any]
_MARK = Style(bold=True, reverse=True)

# How many points that stand out are lit on the map.
MOST = 20
_ERRORS = "errors, "
_ONE_RUN = {"right": 108, "wrong": 203}
_TWO_RUNS = {"right in both": 108, "wrong here": 215, "wrong there": 75, "wrong in both": 203}


@dataclass(frozen=True, slots=True)
class Maps:
    """Points with their sentences, and every map of them.

    Attributes:
        points: DataFrame [n], the table `points` with words and tags.
        keys: (stage, layer), layer by layer, before first.
        places: key → x, y float [n], NaN where a map lacks the point.
        cells: int [n], equal for parallel sentences.
        colors: what the points can be colored by → their classes; language and type, then right and wrong per model,
            then right and wrong in this run and in the one beside it.
    """

    points: "pd.DataFrame"
    keys: tuple[Key, ...]
    places: dict[Key, tuple[Array, Array]]
    cells: Array
    colors: dict[str, Classes]
    quality: dict[Key, tuple[str, str]]

    @property
    def by_language(self) -> Classes:
        """The languages of the points."""
        return self.colors["language"]

    def parallels(self, point: int) -> Array:
        """Numbers of the points whose sentence is parallel to that of a point, itself among them."""
        return np.flatnonzero(self.cells == self.cells[point])

    @property
    def models(self) -> list[str]:
        """The colors by the errors of one model, one seed of every donor before the others."""
        own = [name for name in self.colors if name.startswith(_ERRORS)]
        first = list({_donor_of(name): name for name in reversed(own)}.values())[::-1]
        return [*first, *(name for name in own if name not in first)]

    def title(self, key: Key, film: bool = False) -> str:
        """What a map is called; in a film with its place among all."""
        layers = [layer for _, layer in self.keys]
        named = {max(layers): ", output", min(layers): ", initial"}
        title = f"{key[0]} · layer {key[1]}{named.get(key[1], '')}"
        return f"{title}  ▶ {self.keys.index(key) + 1} of {len(self.keys)}" if film else title

    def after(self, key: Key, step: int, same_stage: bool = False) -> Key:
        """The map some places on among all, or among those of the same stage."""
        keys = [other for other in self.keys if not same_stage or other[0] == key[0]]
        return keys[(keys.index(key) + step) % len(keys)]

    def grid(self, key: Key, count: int) -> list[list[Key]]:
        """The maps that stand beside one: 1 for it alone, 2 for two stages of its layer, 4 for two layers of these."""
        same_layer = [other for other in self.keys if other[1] == key[1]]
        if count == 1 or (count == 2 and len(same_layer) < 2):
            return [[key]]
        # Two stages: the first one beside the chosen, or beside the last where the first is chosen.
        stages = [same_layer[0][0], key[0] if key != same_layer[0] else same_layer[-1][0]]
        layers = [key[1]]
        if count == 4:
            known = sorted({layer for _, layer in self.keys})
            layers = sorted({known[0] if key[1] != known[0] else known[-1], key[1]})
        grid = [[(stage, layer) for stage in dict.fromkeys(stages) if (stage, layer) in self.keys] for layer in layers]
        return [line for line in grid if line]

    def holding(self, text: str) -> Array:
        """Which points a query holds of; its words are looked for in the name and in the ids, not in the sentence.

        Returns:
            Bool [n].

        Raises:
            UsageError: for a query that points cannot be asked.
        """
        asked = self.points[[name for name in (*_ASKED, "wrong") if name in self.points]]
        return matcher(parse(text), FrameRows(asked))(range(len(asked)))

    def parallel_labels(self, point: int) -> list[Label]:
        """The code of every language at its point of the same sentence."""
        return [] if point < 0 else [self._label(int(other)) for other in self.parallels(point)]

    def labels(self, points: "pd.Series[Any]") -> list[Label]:
        """The codes of the languages of some points."""
        return [self._label(int(point)) for point in points]

    def _label(self, point: int) -> Label:
        languages = self.by_language
        code = int(languages.codes[point])
        return (point, languages.names[code], languages.styles[code] + _MARK) if code >= 0 else (point, "?", _MARK)


def _donor_of(color: str) -> str:
    return color.removeprefix(_ERRORS).rpartition(" seed ")[0]


_ASKED = ["language", "type", "form", "entity", "sentence"]
_SHOWN = ["point", "language", "type", "form", "entity", "x", "y", "text"]
_MEANINGS = {**CATALOGUE["sentences"].meanings, **CATALOGUE["map"].meanings, **CATALOGUE["points"].meanings}
POINT_COLUMNS = {name: _MEANINGS[name] for name in _SHOWN}
POINT_COLUMNS["wrong"] = "1 where the first model of the run has a wrong tag, 0 where not"
NEAR_COLUMNS = {
    name: CATALOGUE["nearest"].meanings[name]
    for name in (
        "rank",
        "language",
        "form",
        "cosine",
        "type",
        "entity",
        "floor",
        "floor_type",
        "sentence",
        "neighbour",
    )
}


def points_shown(maps: Maps, x: Array, y: Array, chosen: Array) -> "pd.DataFrame":
    """Some points of a map as a table.

    Args:
        x: places of all points, across.
        y: places of all points, up.
        chosen: numbers of those that are wanted.
    """
    shown = [*_SHOWN, *(["wrong"] if "wrong" in maps.points else [])]
    return maps.points.assign(x=x, y=y).iloc[chosen][shown]


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The nearest neighbours of a point by cosine: rows of the table `nearest`, nearest first, by map."""

    point: int
    by_map: "dict[Key, pd.DataFrame]"

    def of(self, key: Key | None) -> "pd.DataFrame | None":
        """Those in a map; None where the run holds no vectors of it."""
        return None if key is None else self.by_map.get(key)


def read_nearest(session: Session, maps: Maps, point: int, layers: Collection[int]) -> Neighbours:
    """The nearest neighbours of a point by cosine, for every stage of these layers whose vectors the run holds.

    Raises:
        NerspaceError: if it holds none.
    """
    from nerspace.engine.geometry.neighbours import nearest_table

    stored = session.vectors(layers)
    frame = nearest_table(stored.vectors, stored.rows, int(maps.points["point"].iloc[point]))
    groups: Any = frame.groupby(["stage", "layer"], sort=False)
    return Neighbours(point, {(str(stage), int(layer)): group for (stage, layer), group in groups})


# What a run of the paper calls its maps, those of most points first.
_PAPER_MAPS = ("figure2", "figure1")
_OF_POINT = ["language", "type", "form", "entity", "sentence"]


def held_maps(session: Session) -> "tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame | None] | None":
    """The tables `points`, `map` and `map_quality` of a run, also where it holds its maps under another name.

    The figures of a run of the paper are over different points: those of the second one have places in its maps alone,
    whose stages carry its name.
    """
    import pandas as pd

    points, drawn = session.table("points"), session.table("map")
    if points is not None and drawn is not None and len(points) and len(drawn):
        return points, drawn, session.table("map_quality")
    parts: list[tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]] = []
    known, count = session.table("paper_maps"), 0
    for item in _PAPER_MAPS:
        table = session.table(f"paper_{item}")
        if table is None or table.empty:
            continue
        own = table.drop_duplicates("point")
        quality = known[known["item"] == item] if known is not None else pd.DataFrame()
        drawn = table[["stage", "layer", "point", "x", "y"]].assign(point=table["point"] + count)
        if parts:
            named = f" · {item.replace('figure', 'figure ')}"
            drawn = drawn.assign(stage=drawn["stage"] + named)
            quality = quality.assign(stage=quality["stage"] + named) if len(quality) else quality
        parts.append((own[_OF_POINT].assign(point=own["point"] + count), drawn, quality))
        count += int(table["point"].max()) + 1
    if not parts:
        return None
    points, drawn, quality = (pd.concat(each, ignore_index=True) for each in zip(*parts, strict=True))
    return points, drawn, quality if len(quality) else None


@dataclass(frozen=True, slots=True)
class Standing:
    """The points that stand out, by a table of the engine.

    Attributes:
        frame: its rows of one stage and layer, without those columns, the one that stands out most first.
        points: [n], the number of the point of each row.
    """

    name: str
    key: Key
    frame: "pd.DataFrame"
    points: Array


# Table → what it is called, and the columns that are read first.
STANDING = {
    "movers": ("largest movers", ["rank", "language", "form", "kept", "cosine", "own_type_against", "own_type"]),
    "outliers": ("outliers", ["rank", "language", "form", "type", "among", "own_type", "floor"]),
}


def read_standing(session: Session, maps: Maps, name: str, key: Key) -> Standing:
    """The rows of the table `movers` or `outliers` at a map; where the map is of the first stage, movers of the last.

    Raises:
        NerspaceError: if the run holds no vectors of that layer, or one stage alone of it.
    """
    import pandas as pd

    frame = session.vectors([key[1]]).held()[name]
    if frame.empty:
        raise UsageError(
            f"The run holds vectors of one stage alone at layer {key[1]}.", "8, then a: extract adds more."
        )
    stage = key[0] if key[0] in set(frame["stage"]) else str(frame["stage"].iloc[-1])
    own = frame[frame["stage"] == stage].reset_index(drop=True)
    numbers = pd.Index(maps.points["point"]).get_indexer(own["point"])
    first = STANDING[name][1]
    ordered = own[[*first, *(column for column in own if column not in (*first, "stage", "layer"))]]
    return Standing(name, (stage, key[1]), ordered[numbers >= 0].reset_index(drop=True), numbers[numbers >= 0])


def read_maps(session: Session) -> Maps | None:
    """The maps of the run; None while it has none."""
    import pandas as pd

    if (held := held_maps(session)) is None:
        return None
    points, drawn, quality = held
    sentences = session.table("sentences")
    if sentences is not None:
        texts = sentences.drop_duplicates("sentence")[["sentence", "words", "tags", "text"]]
        points = points.assign(whole=whole_ids(points["sentence"], sentences))
        points = points.merge(texts.rename(columns={"sentence": "whole"}), on="whole", how="left")
    else:
        points = points.assign(whole=points["sentence"], words=points["form"], tags="", text=points["form"])
    points = points.reset_index(drop=True)
    places = {}
    key: Any
    for key, group in drawn.groupby(["stage", "layer"], sort=False):
        rows = pd.Index(points["point"]).get_indexer(group["point"])
        x, y = np.full(len(points), np.nan), np.full(len(points), np.nan)
        x[rows[rows >= 0]], y[rows[rows >= 0]] = group["x"].to_numpy()[rows >= 0], group["y"].to_numpy()[rows >= 0]
        places[str(key[0]), int(key[1])] = (x, y)
    keys = tuple(sorted(places, key=lambda key: (key[1], _time(key[0], list(places)))))
    languages = language_order([str(code) for code in points["language"].unique()])
    kinds = type_order(points["type"].unique())
    cells = pd.factorize(points["sentence"].str.partition("/")[2])[0]
    first = next(iter(_wrong(session.table("predictions")).values()), None)
    if first is not None:
        points = points.assign(wrong=points["whole"].map(first))
    colors = {"language": classes_of(points["language"], languages), "type": classes_of(points["type"], kinds)}
    return Maps(
        points, keys, places, cells, {**colors, **_errors(session, points)}, _quality(quality),
    )  # fmt: skip


def type_order(types: Iterable[object]) -> list[str]:
    """Types as the legend lists them."""
    return sorted(map(str, types), key=lambda kind: ("PER LOC ORG".find(kind), kind))


def _time(stage: str, keys: list[Key]) -> tuple[int, int]:
    """When a stage was: before first, after last, those between in the order of the table."""
    place = next(number for number, key in enumerate(keys) if key[0] == stage)
    return (0 if stage == "before" else 2 if stage == "after" else 1), place


def _errors(session: Session, points: "pd.DataFrame") -> dict[str, Classes]:
    """Right and wrong by every model of the run, and by the first of it beside the same of another run."""
    here = _wrong(session.table("predictions"))
    found = {
        f"{_ERRORS}{donor} seed {seed}": _verdicts([points["whole"].map(wrong)], _ONE_RUN)
        for (donor, seed), wrong in here.items()
    }
    if session.other is not None:
        for model, wrong in _wrong(session.table("predictions", session.other)).items():
            if model in here:
                both = [points["whole"].map(verdicts) for verdicts in (here[model], wrong)]
                found[f"errors beside {session.other.id}, {model[0]} seed {model[1]}"] = _verdicts(both, _TWO_RUNS)
    return found


def _wrong(predictions: "pd.DataFrame | None") -> dict[tuple[str, int], "pd.Series[Any]"]:
    """Donor and seed → sentence → 0 or 1."""
    if predictions is None:
        return {}
    return {
        (str(donor), int(str(seed))): group.drop_duplicates("sentence").set_index("sentence")["wrong"]
        for (donor, seed), group in predictions.groupby(["donor", "seed"], sort=False)
    }


def _verdicts(wrong: "Sequence[pd.Series[Any]]", named: Mapping[str, int]) -> Classes:
    """The class of a point is the number that its verdicts make in binary; one that lacks a verdict is in a last class.

    wrong: 0 or 1 per point, of each run. named: class → color.
    """
    bits = [column.to_numpy(dtype=float, na_value=np.nan) for column in wrong]
    total = np.sum([column * 2**place for place, column in enumerate(bits)], axis=0)
    codes = np.where(np.isnan(total), len(named), np.nan_to_num(total)).astype(np.int64)
    names, styles = [*named, "not tested"], [Style(color=f"color({number})") for number in (*named.values(), 240)]
    shown = len(names) if (codes == len(named)).any() else len(named)
    return Classes(codes, tuple(names[:shown]), tuple(MARKS[:shown]), tuple(styles[:shown]))


def classes_of(values: "pd.Series[Any]", names: Sequence[str]) -> Classes:
    """The class of every value, in the order of the names."""
    import pandas as pd

    codes = pd.Categorical(values, categories=list(names)).codes.astype(np.int64)
    return Classes(
        codes, tuple(names), tuple(MARKS[place % len(MARKS)] for place in range(len(names))),
        tuple(class_style(name, place) for place, name in enumerate(names)),
    )  # fmt: skip


_METHODS = {"tsne": "t-SNE", "tsne-sklearn": "t-SNE (scikit-learn)", "pca": "PCA"}


def _quality(table: "pd.DataFrame | None") -> dict[Key, tuple[str, str]]:
    """The line under a map, long and short: how it was made and how far it may be trusted."""
    lines: dict[Key, tuple[str, str]] = {}
    row: Any
    for row in () if table is None else table.itertuples():
        method = _METHODS.get(str(row.method), str(row.method))
        with_perplexity = row.perplexity == row.perplexity and method != "PCA"
        long = f"{method} perplexity {row.perplexity:.3g}" if with_perplexity else method
        short = f"{method} p {row.perplexity:.3g}" if with_perplexity else method
        # Tables of older runs say neither.
        metric = " · cosine" if getattr(row, "metric", "") == "cosine" else ""
        done, planned = getattr(row, "iterations", 0), getattr(row, "planned", 0)
        stopped = f" · stopped at {done} of {planned}" if done < planned else ""
        facts = f"{metric}{stopped} · seed {row.seed} · n {row.n:,} · "
        preserved = f"kept {row.preserved:.1%} (chance {row.chance:.1%})"
        lines[str(row.stage), int(row.layer)] = (
            f"{long}{facts}10 neighbours {preserved} · trustworthiness {row.trustworthiness:z.2f}",
            f"{short}{facts}10-NN {preserved} · trust {row.trustworthiness:z.2f}",
        )
    return lines
