"""The figure beside a claim of the paper: a map, a matrix, curves, points on a line, or the table where it has none."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nerspace.engine.paper.claims import CLAIMS
from nerspace.engine.paper.published import ITEMS, NAME
from nerspace.tui.colours import class_style, language_order
from nerspace.tui.explorer.heatmaps.model import MatrixTable, Slice, slices_of, undecided_of
from nerspace.tui.explorer.session import Session
from nerspace.tui.explorer.space.model import classes_of, type_order
from nerspace.tui.explorer.transfer.model import points_of, read_tables
from nerspace.tui.literal import literal
from nerspace.tui.plots.overlay import Classes
from nerspace.tui.verdict import SUBSETS
from nerspace.tui.widgets.curves import Line
from nerspace.tui.widgets.heatmap import Matrix
from nerspace.tui.widgets.plane import Point

if TYPE_CHECKING:
    import pandas as pd

    from nerspace.tui.plots.raster import Array

# Correlations: one whose interval holds 0 is dimmed.
CORRELATIONS = ("figure4", "figure5")


@dataclass(frozen=True, slots=True)
class MapFigure:
    """Points on a plane."""

    title: str
    x: "Array"
    y: "Array"
    classes: Classes


@dataclass(frozen=True, slots=True)
class PlaneFigure:
    """Errors against distance, with a line."""

    title: str
    axis: str
    points: list[Point]
    line: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class CurveFigure:
    """Series over steps."""

    title: str
    lines: list[Line]


@dataclass(frozen=True, slots=True)
class TableFigure:
    """A table as it is."""

    title: str
    frame: "pd.DataFrame"


Figure = MapFigure | PlaneFigure | CurveFigure | TableFigure | Matrix


def claim_key(text: str) -> str:
    """The key in `CLAIMS` of a claim by its words; empty where this version makes no such claim."""
    return next((key for key, claim in CLAIMS.items() if claim.text == text), "")


def read_figures(session: Session, item: str, claim: str) -> tuple[list[Figure], int]:
    """What may stand beside a claim, and the number of the figure that it is about; none where the run holds nothing.

    Args:
        item: of the paper.
        claim: its words.
    """
    made = list(_MAKERS.get(item, _nothing)(session, claim_key(claim)))
    if not made:
        made = [(figure, True) for figure in _tables(session, item)]
    figures = [figure for figure, _ in made]
    return figures, next((place for place, (_, about) in enumerate(made) if about), 0)


Made = Iterator[tuple[Figure, bool]]


def _nothing(session: Session, key: str) -> Made:
    del session, key
    return iter(())


def _tables(session: Session, item: str) -> Iterator[Figure]:
    for name in ITEMS[item].tables if item in ITEMS else ():
        if (frame := session.table(name)) is not None:
            yield TableFigure(name, frame)


def _of_language(key: str) -> bool:
    """Whether a claim about a map is about where languages lie, not types."""
    return key.startswith(("language", "names_by_language", "pairs", "map_overlap"))


def _maps(session: Session, table: str, key: str) -> Made:
    frame = session.table(table)
    if frame is None or frame.empty:
        return
    stage, color = "before" if "before" in key else "after", "language" if _of_language(key) else "type"
    wanted = frame["layer"].min() if key.endswith("_initial") else frame["layer"].max()
    by = [*(["name"] if "name" in frame else []), "stage", "layer"]
    parts: Any = frame.groupby(by, sort=False)
    for keys, rows in parts:
        *named, of_stage, layer = keys
        classes = {
            "type": classes_of(rows["type"], type_order(rows["type"].unique())),
            "language": classes_of(rows["language"], language_order(list(rows["language"].unique()))),
        }
        for name, kinds in classes.items():
            what = " · ".join([*map(literal, named), str(of_stage), f"layer {layer}", f"by {name}"])
            signs = " ".join(f"{mark} {literal(kind)}" for mark, kind in zip(kinds.marks, kinds.names, strict=True))
            figure = MapFigure(f"{what}: {signs}", rows["x"].to_numpy(), rows["y"].to_numpy(), kinds)
            yield figure, (of_stage, layer, name) == (stage, wanted, color) and named in ([], [NAME])


def _figure1(session: Session, key: str) -> Made:
    return _maps(session, "paper_figure1", key)


def _figure2(session: Session, key: str) -> Made:
    return _maps(session, "paper_figure2", key)


_TABLE2 = MatrixTable("paper_table2", "", ("name", "type", "stage", "layer"), "cosine", "floor")
_FIGURE4 = MatrixTable("paper_figure4", "", ("reading", "layer"), "r", diverging=True)


def _matrix(table: MatrixTable, part: Slice, title: str) -> Matrix:
    values = part.values(table.value)
    codes = tuple(language_order(list(dict.fromkeys(code for pair in values for code in pair))))
    found = [value for value in values.values() if value == value] or [0.0, 1.0]
    low, high = (-1.0, 1.0) if table.diverging else (min(found), max(found))
    floors = [value for value in part.values(table.floor).values() if value == value] if table.floor else []
    floor = sum(floors) / len(floors) if floors else None
    return Matrix(title, codes, values, low, high, table.diverging, floor=floor, faint=undecided_of(part))


def _table2(session: Session, key: str) -> Made:
    del key
    frame = session.table("paper_table2")
    if frame is None or frame.empty:
        return
    last = frame["layer"].max()
    for part in slices_of(_TABLE2, frame):
        name, kind, stage, layer = part.key
        title = f"cosine of {literal(name)} · {kind} · {stage} · layer {layer}"
        yield _matrix(_TABLE2, part, title), part.key == (NAME, "all", "after", last)


def _figure4(session: Session, key: str) -> Made:
    frame = session.table("paper_figure4")
    if frame is None or frame.empty:
        return
    last = frame["layer"].max()
    readings = [reading for reading in frame["reading"].unique() if reading != "own"]
    wanted = readings[0] if key == "apart_within" and readings else "own"
    for part in slices_of(_FIGURE4, frame):
        reading, layer = part.key
        how = "each trained on" if reading == "own" else f"within the model of {literal(reading)}"
        yield _matrix(_FIGURE4, part, f"correlation of changes, {how} · layer {layer}"), part.key == (wanted, last)


def _figure3(session: Session, key: str) -> Made:
    del key
    frame = session.table("deltas")
    if frame is None or frame.empty or "donor" not in frame:
        return
    own = frame[frame["donor"] == frame["language"]]
    layers: Any = own.groupby("layer", sort=True)
    for layer, rows in layers:
        by_code = {str(code): group.sort_values("step") for code, group in rows.groupby("language", sort=False)}
        lines = [
            Line(code, group["step"].to_numpy(dtype=np.float64), group["delta"].to_numpy(dtype=np.float64),
                 class_style(code))
            for code, group in by_code.items()
        ]  # fmt: skip
        yield (
            CurveFigure(f"change of the mean cosine while trained on · layer {layer}", lines),
            layer == own["layer"].max(),
        )


_SUBSET_OF = {"spelling_script": "same_script"}


def _figure5(session: Session, key: str) -> Made:
    tables = read_tables(session)
    if tables is None:
        return
    subsets = ["all"] if tables.regression is None else list(tables.regression["subset"])
    for subset in subsets:
        # TNLD without identical strings is another axis than the one that is drawn.
        if subset == "different":
            continue
        title = f"wrong sentences against spelling · line: {SUBSETS.get(subset, subset)}"
        points = points_of(tables.pairs, subset)
        yield (
            PlaneFigure(title, "→  TNLD to the donor", points, tables.line(subset)),
            subset == _SUBSET_OF.get(key, "all"),
        )


_MAKERS: Mapping[str, Callable[[Session, str], Made]] = {
    "figure1": _figure1, "table2": _table2, "figure2": _figure2, "figure3": _figure3, "figure4": _figure4,
    "figure5": _figure5,
}  # fmt: skip
