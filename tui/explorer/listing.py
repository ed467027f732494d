"""The window that lists rows: the points inside the box, the sentences that a language gets wrong."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen

from nerspace.tui.actions import bindings
from nerspace.tui.explorer.screen import Name
from nerspace.tui.widgets.found_table import FoundTable
from nerspace.tui.widgets.frame_table import FrameTable
from nerspace.tui.widgets.key_bar import KeyBar
from nerspace.tui.widgets.rows import FrameRows, Rows, Shown
from nerspace.tui.widgets.window import Window

if TYPE_CHECKING:
    import pandas as pd


class ListScreen(Window[int | None]):
    """Closes with the row that was chosen, or None; `e` exports the list under `name`.

    inspect: a window for a row; where there is one, enter opens it over the list instead. row: under the cursor first.
    rows: how the frame is drawn, plainly by default.
    """

    BINDINGS = bindings("list")

    def __init__(
        self, title: str, name: str, frame: "pd.DataFrame", columns: Mapping[str, str], empty: str,
        inspect: Callable[[int], ModalScreen[Any]] | None = None, rows: Rows | None = None, row: int = 0,
    ) -> None:  # fmt: skip
        super().__init__()
        self.window_title = title
        self.table_name = name
        self.frame = frame
        self.columns = columns
        self.empty = empty
        self.inspect = inspect
        self.row = row
        self.rows = rows or FrameRows(frame, fixed=min(2, max(0, len(frame.columns) - 1)))

    def compose(self) -> ComposeResult:
        """The table and its keys."""
        with Vertical(classes="window tall wide") as window:
            window.border_title = Text(self.window_title)
            yield FoundTable(id="list-table")
            yield KeyBar()

    def on_mount(self) -> None:
        """Show the rows."""
        table = self.query_one(FoundTable)
        table.show(self.rows, self.row, self.empty)
        table.focus()

    @on(FrameTable.Picked)
    def _picked(self, event: FrameTable.Picked) -> None:
        if self.inspect is not None:
            self.app.push_screen(self.inspect(event.row))
        else:
            self.dismiss(event.row)

    def action_close(self) -> None:
        """Back to the room."""
        self.dismiss(None)

    def shown(self) -> Shown:
        """The list."""
        return Shown(self.table_name, self.query_one(FoundTable).rows, self.columns)

    def action_export(self) -> None:
        """Write the list as CSV."""
        self.app.export(self.shown())  # type: ignore[attr-defined]

    async def action_name(self) -> None:
        """Show the name of the row in Entity."""
        place = self.query_one(FrameTable).row
        row = self.frame.iloc[place] if len(self.frame) else {}
        if "sentence" not in row and "entity" not in row:
            self.app.tell("This list holds no names.", "warning")  # type: ignore[attr-defined]
            return
        sentence = str(row.get("sentence", ""))
        entity = str(row.get("entity", "") or sentence.rpartition("/")[2])
        language = str(row.get("language", "") or sentence.partition("/")[0])
        self.dismiss(None)
        await self.app.show_name(Name(entity, language, sentence))  # type: ignore[attr-defined]

    def action_copy(self) -> None:
        """Copy the row or cell."""
        self.app.copy(self.query_one(FoundTable).copied())  # type: ignore[attr-defined]

    def action_copy_table(self) -> None:
        """Copy the whole list."""
        self.app.copy_rows(self.shown())  # type: ignore[attr-defined]
