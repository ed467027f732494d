"""The window that lists the points inside the box."""

from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen

from nerspace.engine.catalogue import CATALOGUE
from nerspace.tui.actions import bindings
from nerspace.tui.rows import FrameRows, Shown
from nerspace.tui.widgets.frame_table import FrameTable
from nerspace.tui.widgets.key_bar import KeyBar

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = {**CATALOGUE["points"].columns, **CATALOGUE["map"].columns, "words": "words, joined by a space"}


class PointsScreen(ModalScreen[int | None]):
    """Points nearest to the middle of the box first; enter goes to one: closes with its row in `frame`."""

    BINDINGS = bindings("list")

    def __init__(self, name: str, frame: "pd.DataFrame") -> None:
        super().__init__()
        self.list_name = name
        self.frame = frame

    def compose(self) -> ComposeResult:
        """The table and its keys."""
        with Vertical(classes="window tall") as window:
            window.border_title = f"{len(self.frame):,} points inside the box"
            yield FrameTable(id="points-table")
            yield KeyBar()

    def on_mount(self) -> None:
        """Show the points."""
        table = self.query_one(FrameTable)
        table.show(FrameRows(self.frame), empty="No point is inside. Make the box larger with H J K L.")
        table.focus()

    @on(FrameTable.Picked)
    def _picked(self, event: FrameTable.Picked) -> None:
        self.dismiss(event.row)

    def action_close(self) -> None:
        """Back to the map."""
        self.dismiss(None)

    def action_export(self) -> None:
        """Write the list as CSV."""
        shown = Shown(self.list_name, self.query_one(FrameTable).rows, COLUMNS)
        self.app.export(shown)  # type: ignore[attr-defined]

    def action_copy(self) -> None:
        """Copy the row."""
        self.app.copy(self.query_one(FrameTable).copied())  # type: ignore[attr-defined]
