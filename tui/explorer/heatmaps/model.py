"""Tables of two languages and a value, cut into slices that can be drawn as matrices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nerspace.engine.geometry.comparing import above_floor_table, difference_table
from nerspace.tui.literal import literal, safe_name

if TYPE_CHECKING:
    import pandas as pd

    from nerspace.engine.runs import Run
    from nerspace.tui.explorer.session import Session


@dataclass(frozen=True, slots=True)
class MatrixTable:
    """How a table is drawn.

    Attributes:
        by: columns that distinguish slices.
        value: column of the values.
        floor: column of their floors, may be empty.
        type_floor: column of what another name of the same type gives, may be empty.
        pair: the columns of the two languages, down and across.
        computed: made of the run's entity vectors where the run does not hold it.
    """

    name: str
    title: str
    by: tuple[str, ...]
    value: str
    floor: str = ""
    type_floor: str = ""
    diverging: bool = False
    pair: tuple[str, str] = ("a", "b")
    computed: bool = False


TABLES = (
    MatrixTable("parallel_cosine", "cosine of parallel names", ("stage", "layer"), "cosine", "floor", "floor_type"),
    MatrixTable("delta_correlations", "correlation of training deltas", ("donor", "seed", "layer"), "r",
                diverging=True),
    MatrixTable("tnld", "spelling distance TNLD", ("type", "subset"), "tnld"),
    MatrixTable("piece_overlap", "shared pieces", (), "overlap"),
    MatrixTable("transfer_pairs", "wrong sentences, donors down", (), "share", pair=("donor", "recipient")),
    MatrixTable("retrieval", "P@1 of the parallel name", ("stage", "layer", "method"), "p_at_1", "chance",
                computed=True),
    MatrixTable("cka", "CKA of parallel names", ("stage", "layer"), "value", "floor", computed=True),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Slice:
    """One matrix; a pair that is stored once stands for both orders.

    Attributes:
        key: one value per column of `by`.
        frame: its rows of the table.
        rows: the row behind each cell.
    """

    key: tuple[object, ...]
    frame: "pd.DataFrame"
    rows: Mapping[tuple[str, str], Mapping[str, Any]]

    def values(self, column: str) -> dict[tuple[str, str], float]:
        """Cell → value of a column."""
        return {pair: float(row[column]) for pair, row in self.rows.items()}

    def ordered(self, table: MatrixTable, column: str) -> "pd.DataFrame":
        """Its rows without what distinguishes slices, the largest value first."""
        columns = [name for name in self.frame.columns if name not in table.by]
        return self.frame[columns].sort_values(column, ascending=False, kind="stable")


@dataclass(frozen=True, slots=True)
class View:
    """What is drawn: a slice, how, and what it is called.

    Attributes:
        made: the table of the catalogue that its rows are of.
    """

    table: MatrixTable
    slice: Slice
    column: str
    title: str
    file: str
    made: str


FLOORS = ("value", "floor", "above", "type floor", "above type")
_DIFFERENCES = MatrixTable("differences", "", (), "difference", diverging=True)
_ABOVE_FLOOR = MatrixTable("above_floor", "", (), "above", diverging=True)


def plain_view(table: MatrixTable, part: Slice, floor: str) -> View:
    """A slice as it is, its chance floor, or its values above that.

    Args:
        floor: one of FLOORS.
    """
    title, file = _title(table, part), _file(table, part)
    typed = _has_type_floor(table, part)
    if typed and floor == "above type":
        made = slices_of(_ABOVE_FLOOR, above_floor_table(part.frame, table.value, table.type_floor, table.pair))[0]
        return View(_ABOVE_FLOOR, made, "above", f"{title} · above its type", f"above_type_{file}", "above_floor")
    if typed and floor == "type floor":
        return View(table, part, table.type_floor, f"{title} · other names of the type", file, table.name)
    if table.floor and floor == "above":
        made = slices_of(_ABOVE_FLOOR, above_floor_table(part.frame, table.value, table.floor, table.pair))[0]
        return View(_ABOVE_FLOOR, made, "above", f"{title} · above chance", f"above_floor_{file}", "above_floor")
    if table.floor and floor == "floor":
        return View(table, part, table.floor, f"{title} · chance floor", file, table.name)
    if typed:
        title += f" · other names of the type {part.frame[table.type_floor].mean():z.2f}"
    return View(table, part, table.value, title, file, table.name)


def floors_of(table: MatrixTable, part: Slice | None) -> tuple[str, ...]:
    """Those of FLOORS that a slice has."""
    return FLOORS if part is not None and _has_type_floor(table, part) else FLOORS[:3]


def _has_type_floor(table: MatrixTable, part: Slice) -> bool:
    return table.type_floor in part.frame and bool(part.frame[table.type_floor].notna().any())


def difference_view(table: MatrixTable, part: Slice, other: Slice, other_name: str) -> View:
    """A slice less another one."""
    made = slices_of(_DIFFERENCES, difference_table(part.frame, other.frame, table.value, table.pair))[0]
    title = f"{_title(table, part)}  −  {other_name}"
    file = f"differences_{_file(table, part)}_less_{safe_name(other_name)}"
    return View(_DIFFERENCES, made, "difference", title, file, "differences")


def _title(table: MatrixTable, part: Slice) -> str:
    key = literal(key_text(table, part))
    return f"{table.title} · {key}" if key else table.title


def _file(table: MatrixTable, part: Slice) -> str:
    return "_".join([table.name, *(str(value) for value in part.key)])


def scale_of(view: View, table: MatrixTable) -> tuple[float, float]:
    """The ends of the scale: the smallest and the largest value that is shown, so that these differ in color.

    What is made of two values is drawn around zero, correlations from −1 to 1.
    """
    found = [value for value in view.slice.values(view.column).values() if value == value]
    if view.made != table.name:
        reach = max(map(abs, found), default=0.0) or 1.0
        return -reach, reach
    if table.diverging:
        return -1.0, 1.0
    return (min(found), max(found)) if found else (0.0, 1.0)


def floor_of(view: View, table: MatrixTable) -> float | None:
    """The mean chance floor of the values that are shown, None where they have none or are floors themselves."""
    if view.made != table.name or not table.floor or view.column in (table.floor, table.type_floor):
        return None
    found = [value for value in view.slice.values(table.floor).values() if value == value]
    return sum(found) / len(found) if found else None


def undecided_of(part: Slice) -> frozenset[tuple[str, str]]:
    """The pairs whose correlation has an interval that holds 0."""
    if not {"low", "high"} <= set(part.frame):
        return frozenset()
    return frozenset(pair for pair, row in part.rows.items() if row["low"] <= 0 <= row["high"])


def read_slices(session: "Session", run: "Run | None" = None) -> dict[str, list[Slice]]:
    """The slices of every such table that the run (or another) holds, in the order of its rows."""
    return {
        table.name: slices_of(table, frame)
        for table in TABLES
        if (frame := session.table(table.name, run)) is not None and len(frame)
    }


def compute_slices(session: "Session", table: MatrixTable, run: "Run | None" = None) -> list[Slice]:
    """The slices of a table that is made of the run's vectors at its first and its last layer.

    Raises:
        NerspaceError: where the run holds none.
    """
    return slices_of(table, session.vectors(run=run).held()[table.name])


def holds(session: "Session", table: MatrixTable, run: "Run") -> bool:
    """Whether a run has a table, or the vectors that it is made of."""
    return session.table(table.name, run) is not None or (table.computed and _has_vectors(run))


def _has_vectors(run: "Run") -> bool:
    return any((run.path / "vectors").glob("*-entities.npy"))


def can_compute(session: "Session", held: Mapping[str, list[Slice]]) -> tuple[str, ...]:
    """The tables that the run does not hold but whose vectors it does."""
    run = session.run
    if run is None or not _has_vectors(run):
        return ()
    return tuple(table.name for table in TABLES if table.computed and table.name not in held)


def slices_of(table: MatrixTable, frame: "pd.DataFrame") -> list[Slice]:
    """A table cut by those of its `by` columns that it has."""
    by = [name for name in table.by if name in frame]
    groups: Any = frame.groupby(by, sort=False) if by else [((), frame)]
    found = []
    down, across = table.pair
    for key, group in groups:
        rows: dict[tuple[str, str], dict[str, Any]] = {}
        records: list[Any] = group.to_dict("records")
        for record in records:
            rows[str(record[down]), str(record[across])] = record
        # Donor and recipient are two roles; all other pairs are alike in both orders unless both are stored.
        if table.pair == ("a", "b"):
            for (a, b), record in list(rows.items()):
                rows.setdefault((b, a), record)
        found.append(Slice(tuple(key), group, rows))
    return found


def has_values(table: MatrixTable, parts: Sequence[Slice]) -> bool:
    """Whether a cell of any slice has a value."""
    return any(value == value for part in parts for value in part.values(table.value).values())


def key_text(table: MatrixTable, part: Slice) -> str:
    """The key of a slice in words."""
    by = [name for name in table.by if name in part.frame]
    words = {"layer": "layer ", "donor": "donor ", "seed": "seed "}
    return " · ".join(f"{words.get(name, '')}{value}" for name, value in zip(by, part.key, strict=True))
