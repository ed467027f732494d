"""Runs: all runs of the workspace, and the window that opens one of them."""

from typing import TYPE_CHECKING

from textual.app import ComposeResult

from nerspace.engine.catalogue import CATALOGUE
from nerspace.engine.runs import Run
from nerspace.tui.rows import FrameRows, NoRows, Shown
from nerspace.tui.screens.listing import ListScreen
from nerspace.tui.screens.room import NO_RUN, Room
from nerspace.tui.session import Session
from nerspace.tui.widgets.frame_table import FrameTable

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


def run_list(session: Session) -> tuple[ListScreen, list[Run]]:
    """A window that lists the runs of the workspace, newest first, and the runs behind its rows."""
    from nerspace.engine.listing import runs_table

    frame = runs_table(session.workspace)[list(_PICKED)]
    runs = [Run(session.workspace / "runs" / name) for name in frame["run"]]
    here = next((place for place, run in enumerate(runs) if run == session.run), 0)
    return ListScreen("runs of this workspace", "runs", frame, _PICKED, NO_RUN, row=here), runs
