"""Runs: all runs of the workspace, and the window that opens one of them."""

from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen

from nerspace.engine.catalogue import CATALOGUE
from nerspace.engine.runs import Run
from nerspace.tui.actions import bindings
from nerspace.tui.rows import FrameRows, NoRows, Shown
from nerspace.tui.screens.room import NO_RUN, Room
from nerspace.tui.session import Session
from nerspace.tui.widgets.frame_table import FrameTable
from nerspace.tui.widgets.key_bar import KeyBar

if TYPE_CHECKING:
    import pandas as pd

_PICKED = {name: CATALOGUE["runs"].columns[name] for name in ("run", "state", "kind", "created", "donor", "tables")}


class RunsRoom(Room):
    """Newest first."""

    def __init__(self, id: str) -> None:
        super().__init__(id)
        self.frame: pd.DataFrame | None = None

    def compose(self) -> ComposeResult:
        """The table."""
        yield FrameTable(id="all-runs")

    def on_mount(self) -> None:
        """List what is there."""
        self.run_changed()

    def focus_target(self) -> FrameTable:
        """The table."""
        return self.query_one(FrameTable)

    def run_changed(self) -> None:
        """Read the folders again."""
        from nerspace.engine.listing import runs_table

        self.load("runs", lambda: runs_table(self.session.workspace))

    def loaded_runs(self, frame: "pd.DataFrame") -> None:
        """Show them."""
        self.frame = frame
        self.query_one(FrameTable).show(FrameRows(frame) if len(frame) else NoRows())

    def shown(self) -> Shown | None:
        """The list."""
        return Shown("runs", self.query_one(FrameTable).rows, CATALOGUE["runs"].columns)


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
        from nerspace.engine.listing import runs_table

        frame = runs_table(self.session.workspace)[list(_PICKED)]
        self.runs = [Run(self.session.workspace / "runs" / name) for name in frame["run"]]
        here = next((place for place, run in enumerate(self.runs) if run == self.session.run), 0)
        table = self.query_one(FrameTable)
        table.show(FrameRows(frame), here, empty=NO_RUN)
        table.focus()

    @on(FrameTable.Picked)
    def _picked(self, event: FrameTable.Picked) -> None:
        self.dismiss(self.runs[event.row])

    def action_close(self) -> None:
        """Leave everything as it is."""
        self.dismiss(None)

    def action_export(self) -> None:
        """Write the list as CSV."""
        self.app.export(Shown("runs", self.query_one(FrameTable).rows, _PICKED))  # type: ignore[attr-defined]

    def action_copy(self) -> None:
        """Copy the row."""
        self.app.copy(self.query_one(FrameTable).copied())  # type: ignore[attr-defined]
