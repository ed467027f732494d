"""Windows over a screen that show a table: what they export and copy, and the plain list of rows."""

from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen

from nerspace.tui.actions import bindings
from nerspace.tui.explorer.data.tagged import first_name
from nerspace.tui.explorer.messages import Name, ShowEntity
from nerspace.tui.literal import literal
from nerspace.tui.widgets.found_table import FoundTable
from nerspace.tui.widgets.frame_table import FrameTable
from nerspace.tui.widgets.key_bar import KeyBar
from nerspace.tui.widgets.rows import FrameRows, Rows, Shown
from nerspace.tui.widgets.window import ReadingWindow, Result

if TYPE_CHECKING:
    import pandas as pd

    from nerspace.tui.explorer.services import Services


class TableWindow(ReadingWindow[Result]):
    """A window whose table can be exported and copied."""

    @property
    def explorer(self) -> "Services":
        """The app, by its own type."""
        return cast("Services", self.app)

    @property
    @abstractmethod
    def table(self) -> FoundTable:
        """The table with the cursor."""

    @abstractmethod
    def shown(self) -> Shown:
        """What is exported."""

    def action_export(self) -> None:
        """Write the table as CSV."""
        self.explorer.export(self.shown())

    def action_copy(self) -> None:
        """Copy the row or cell."""
        self.explorer.copy(self.table.copied())

    def action_copy_table(self) -> None:
        """Copy the whole table."""
        self.explorer.copy_rows(self.shown())

    def action_help(self) -> None:
        """The keys of this window and the columns of its table."""
        self.explorer.help_on(self.shown())

    def action_close(self) -> None:
        """Back to the screen."""
        self.dismiss(None)


class ListWindow(TableWindow[int | None]):
    """Closes with the row that was chosen, or None; `e` exports the list under `name`.

    Args:
        inspect: a window for a row; where there is one, enter opens it over the list instead.
        row: under the cursor first.
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
        # What is said of an export beside it, see `Shown`.
        self.about: Mapping[str, Any] = {}
        self.rows = rows or FrameRows(frame, fixed=min(2, max(0, len(frame.columns) - 1)))

    def compose(self) -> ComposeResult:
        """The table and its keys."""
        with Vertical(classes="window tall wide") as window:
            window.border_title = Text(self.window_title)
            yield FoundTable(id="list-table")
            yield KeyBar()

    def on_mount(self) -> None:
        """Show the rows."""
        self.table.show(self.rows, self.row, self.empty)
        self.set_focus(self.table)

    @property
    def table(self) -> FoundTable:
        """The list."""
        return self.query_one(FoundTable)

    @on(FrameTable.Rearranged)
    def _rearranged(self) -> None:
        """Say in the title which rows are left."""
        self.query_one(".window").border_title = Text(literal(self.window_title + self.table.left_note))

    @on(FrameTable.Picked)
    def _picked(self, event: FrameTable.Picked) -> None:
        self.picked(event.row)

    def picked(self, row: int) -> None:
        """A row was chosen."""
        if self.inspect is not None:
            self.app.push_screen(self.inspect(row))
        else:
            self.dismiss(row)

    def shown(self) -> Shown:
        """The list."""
        return Shown(self.table_name, self.table.rows, self.columns, about=self.about)

    def action_name(self) -> None:
        """Show the name of the row in Entity."""
        row: Mapping[Any, Any] = dict(self.frame.iloc[self.table.row]) if len(self.frame) else {}
        if "sentence" not in row and "entity" not in row:
            self.explorer.tell("This list holds no names.", "warning")
            return
        sentence = str(row.get("sentence", ""))
        entity = str(row.get("entity", "") or sentence.rpartition("/")[2])
        language = str(row.get("language", "") or sentence.partition("/")[0])
        # The id of a sentence that came tagged ends in no name.
        words, gold = (str(row.get(column, "")).split(" ") for column in ("words", "gold"))
        tagged = first_name(language, words, gold)
        self.dismiss(None)
        self.app.post_message(ShowEntity(Name(entity, language, sentence, otherwise=tagged.entity if tagged else "")))
