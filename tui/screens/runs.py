"""The window that lists the runs of the workspace and opens one."""

from datetime import datetime

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen

from nerspace.engine.errors import NerspaceError
from nerspace.engine.runs import Run, list_runs
from nerspace.tui.actions import bindings
from nerspace.tui.rows import FrameRows, Shown
from nerspace.tui.session import Session
from nerspace.tui.widgets.frame_table import FrameTable
from nerspace.tui.widgets.key_bar import KeyBar

_COLUMNS = {
    "run": "folder name of the run", "state": "what became of it", "kind": "what it did",
    "created": "when it was asked for", "tables": "tables it holds",
}  # fmt: skip


class RunPicker(ModalScreen[Run | None]):
    """Newest first; enter opens, esc leaves everything as it is."""

    BINDINGS = bindings("list")

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.runs: list[Run] = []

    def compose(self) -> ComposeResult:
        """The table and its keys."""
        with Vertical(classes="window tall") as window:
            window.border_title = "runs of this workspace"
            yield FrameTable(id="runs-table")
            yield KeyBar()

    def on_mount(self) -> None:
        """List what is there."""
        import pandas as pd

        table, records = self.query_one(FrameTable), []
        for run in list_runs(self.session.workspace):
            try:
                info = run.info()
            except NerspaceError:
                continue
            self.runs.append(run)
            created = str(info.get("created", ""))
            try:
                created = f"{datetime.fromisoformat(created).astimezone():%Y-%m-%d %H:%M}"
            except ValueError:
                created = "?"
            records.append((run.id, info.get("state", "?"), info.get("kind", "?"), created, len(run.tables())))
        here = next((i for i, run in enumerate(self.runs) if run == self.session.run), 0)
        empty = "No run here yet: quit and type nerspace demo"
        table.show(FrameRows(pd.DataFrame(records, columns=list(_COLUMNS))), here, empty=empty)
        table.focus()

    @on(FrameTable.Picked)
    def _picked(self, event: FrameTable.Picked) -> None:
        self.dismiss(self.runs[event.row])

    def action_close(self) -> None:
        """Leave everything as it is."""
        self.dismiss(None)

    def action_export(self) -> None:
        """Write the list as CSV."""
        self.app.export(Shown("runs", self.query_one(FrameTable).rows, _COLUMNS))  # type: ignore[attr-defined]

    def action_copy(self) -> None:
        """Copy the row."""
        self.app.copy(self.query_one(FrameTable).copied())  # type: ignore[attr-defined]
