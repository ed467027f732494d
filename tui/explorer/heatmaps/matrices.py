"""Tables of two languages and a value, cut into slices that can be drawn as matrices."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from nerspace.engine.runs import Run
    from nerspace.tui.explorer.session import Session


@dataclass(frozen=True, slots=True)
class MatrixTable:
    """How a table is drawn. by: columns that tell slices apart. value, floor: columns; floor may be empty.

    pair: the columns of the two languages, down and across. computed: made of the run's entity vectors where the run
    does not hold it.
    """

    name: str
    title: str
    by: tuple[str, ...]
    value: str
    floor: str = ""
    diverging: bool = False
    pair: tuple[str, str] = ("a", "b")
    computed: bool = False


TABLES = (
    MatrixTable("parallel_cosine", "cosine of parallel names", ("stage", "layer"), "cosine", "floor"),
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
    """One matrix: its key (one value per column of `by`), its rows of the table, and the row behind each cell.

    A pair that is stored once stands for both orders.
    """

    key: tuple[object, ...]
    frame: "pd.DataFrame"
    rows: Mapping[tuple[str, str], Mapping[str, Any]]

    def values(self, column: str) -> dict[tuple[str, str], float]:
        """Cell → value of a column."""
        return {pair: float(row[column]) for pair, row in self.rows.items()}


def read_slices(session: "Session", run: "Run | None" = None) -> dict[str, list[Slice]]:
    """The slices of every such table that the run (or another) holds, in the order of its rows."""
    return {
        table.name: slices_of(table, frame)
        for table in TABLES
        if (frame := session.table(table.name, run)) is not None and len(frame)
    }


def compute_slices(session: "Session", table: MatrixTable, run: "Run | None" = None) -> list[Slice]:
    """The slices of a table that is made of the run's vectors at its first and its last layer.

    Raises: NerspaceError where the run keeps none.
    """
    from nerspace.engine.tables.index import table_spec

    stored = session.vectors(run=run)
    return slices_of(table, table_spec(table.name).function(stored.vectors, stored.languages.tolist(), stored.cells))


def can_compute(session: "Session", held: Mapping[str, list[Slice]]) -> tuple[str, ...]:
    """The tables that the run does not hold but whose vectors it does."""
    run = session.run
    if run is None or not any((run.path / "vectors").glob("*-entities.npy")):
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


def key_text(table: MatrixTable, frame: "pd.DataFrame", key: tuple[object, ...]) -> str:
    """The key of a slice in words."""
    by = [name for name in table.by if name in frame]
    said = {"layer": "layer ", "donor": "donor ", "seed": "seed "}
    return " · ".join(f"{said.get(name, '')}{value}" for name, value in zip(by, key, strict=True))
