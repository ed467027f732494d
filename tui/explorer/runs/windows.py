"""Windows about runs: all of them to choose from, one with its tables, and two side by side."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from nerspace.engine.errors import NerspaceError
from nerspace.engine.runs import Run
from nerspace.engine.tables.index import CATALOGUE
from nerspace.tui.actions import bindings
from nerspace.tui.explorer.list_window import ListWindow, TableWindow
from nerspace.tui.explorer.runs.model import FIELD_COLUMNS, REQUEST, TABLE_COLUMNS, Comparison, request_fields
from nerspace.tui.explorer.screen import NO_RUN
from nerspace.tui.explorer.session import Session
from nerspace.tui.literal import literal
from nerspace.tui.widgets.found_table import FoundTable
from nerspace.tui.widgets.key_bar import KeyBar
from nerspace.tui.widgets.rows import FrameRows, Shown

if TYPE_CHECKING:
    import pandas as pd

_PICKED = {name: CATALOGUE["runs"].meanings[name] for name in ("run", "state", "kind", "created", "donor", "tables")}


class RunWindow(ListWindow):
    """The request and the tables of a run; enter opens one."""

    def __init__(self, run: Run, frame: "pd.DataFrame") -> None:
        super().__init__(run.id, f"tables_of_{run.id}", frame, TABLE_COLUMNS, "This run holds nothing.")
        self.inspected = run
        self.about = {"run": run}

    @work(thread=True, exit_on_error=False, group="table")
    def read(self, row: int) -> None:
        """Read the table of a row and show it."""
        run = self.inspected
        try:
            name = str(self.frame["table"].iloc[row])
            frame = request_fields(run) if name == REQUEST else run.read_table(name)
        except (NerspaceError, OSError) as error:
            self.app.call_from_thread(self.explorer.tell, str(error), "error")
        else:
            self.app.call_from_thread(self._open, name, frame)

    def _open(self, name: str, frame: "pd.DataFrame") -> None:
        columns = FIELD_COLUMNS if name == REQUEST else CATALOGUE[name].meanings if name in CATALOGUE else {}
        title = f"{name} of {self.inspected.id}"
        window = ListWindow(title, name, frame, columns, "This table has no row.")
        window.about = {"run": self.inspected}
        self.app.push_screen(window)

    def picked(self, row: int) -> None:
        """Open the table of the row."""
        self.read(row)


class CompareWindow(TableWindow[None]):
    """How two runs differ: in their requests, above, and in their errors, below."""

    BINDINGS = bindings("compare")

    def __init__(self, compared: Comparison) -> None:
        super().__init__()
        self.compared = compared

    def compose(self) -> ComposeResult:
        """Two tables under each other."""
        a, b = self.compared.a, self.compared.b
        with Vertical(classes="window tall wide", id="compare") as window:
            window.border_title = Text("two runs")
            yield Static(Text(f"a  {literal(a.id)}\nb  {literal(b.id)}"), markup=False)
            for name in ("request_differences", "errors_compared"):
                yield FoundTable(id=name)
            yield KeyBar()

    def on_mount(self) -> None:
        """Fill both."""
        requests = self.query_one("#request_differences", FoundTable)
        requests.show(FrameRows(self.compared.requests), empty="Both were asked the same.")
        table = self.query_one("#errors_compared", FoundTable)
        table.show(FrameRows(self.compared.errors, 2), empty="One of them counted no errors.")
        self.set_focus(table)

    @on(FoundTable.Rearranged)
    def _rearranged(self) -> None:
        """Say in the title which rows are left."""
        notes = [table.left_note for table in self.query(FoundTable)]
        self.query_one(".window").border_title = Text(literal("two runs" + "".join(notes)))

    @property
    def table(self) -> FoundTable:
        """The table with the focus, else the lower one."""
        return self.focused if isinstance(self.focused, FoundTable) else self.query(FoundTable).last()

    def shown(self) -> Shown:
        """The table with the cursor."""
        name = str(self.table.id)
        about = {"run": None, "runs": [self.compared.a.id, self.compared.b.id]}
        return Shown(name, self.table.rows, CATALOGUE[name].meanings, about=about)

    def action_next_table(self) -> None:
        """To the other table."""
        self.focus_next(FoundTable)


def run_list(session: Session, chosen: Callable[[Run], None]) -> tuple[ListWindow, Callable[[int | None], None]]:
    """A window that lists the runs of the workspace, newest first, and what is to be done when it closes."""
    from nerspace.engine.runs.tables import runs_table

    frame = runs_table(session.workspace)[list(_PICKED)]
    runs = [Run(session.workspace / "runs" / name) for name in frame["run"]]
    here = next((place for place, run in enumerate(runs) if run == session.run), 0)

    def closed(row: int | None) -> None:
        if row is not None:
            chosen(runs[row])

    return ListWindow("runs of this workspace", "runs", frame, _PICKED, NO_RUN, row=here), closed
