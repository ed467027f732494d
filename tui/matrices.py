"""Tables of two languages and a value, cut into slices that can be drawn as matrices."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from nerspace.tui.session import Session


@dataclass(frozen=True, slots=True)
class MatrixTable:
    """How a table is drawn. by: columns that tell slices apart. value, floor: columns; floor may be empty."""

    name: str
    title: str
    by: tuple[str, ...]
    value: str
    floor: str = ""
    diverging: bool = False


TABLES = (
    MatrixTable("parallel_cosine", "cosine of parallel names", ("stage", "layer"), "cosine", "floor"),
    MatrixTable("delta_correlations", "correlation of training deltas", ("layer",), "r", diverging=True),
    MatrixTable("tnld", "spelling distance TNLD", ("type", "subset"), "tnld"),
)


@dataclass(frozen=True, slots=True)
class Slice:
    """One matrix: its key (one value per column of `by`), its rows of the table, and the row behind each cell.

    A pair that is stored once stands for both orders.
    """

    key: tuple[object, ...]
    frame: "pd.DataFrame"
    rows: Mapping[tuple[str, str], Mapping[str, Any]]

    def values(self, column: str) -> dict[tuple[str, str], float]:
        """Cell → value of a column."""
        return {pair: float(row[column]) for pair, row in self.rows.items()}


def read_slices(session: "Session") -> dict[str, list[Slice]]:
    """The slices of every such table that the run has, in the order of its rows."""
    return {
        table.name: _slices(table, frame)
        for table in TABLES
        if (frame := session.table(table.name)) is not None and len(frame)
    }


def _slices(table: MatrixTable, frame: "pd.DataFrame") -> list[Slice]:
    found = []
    for key, group in frame.groupby(list(table.by), sort=False):
        rows: dict[tuple[str, str], dict[str, Any]] = {}
        records: list[Any] = group.to_dict("records")
        for record in records:
            rows[str(record["a"]), str(record["b"])] = record
        for (a, b), record in list(rows.items()):
            rows.setdefault((b, a), record)
        found.append(Slice(tuple(key), group, rows))
    return found
