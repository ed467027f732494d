"""The list of a name in its contexts, with what became of it in each; it fills while the models read."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from rich.text import Text
from textual.containers import Vertical

from nerspace.engine.reading.tables import UNREAD, tally
from nerspace.tui.actions import bindings
from nerspace.tui.explorer.entity.swapping import SWAP_COLUMNS, ContextRows
from nerspace.tui.explorer.list_window import ListWindow
from nerspace.tui.explorer.sentences import word_by_word
from nerspace.tui.widgets.modals import TextWindow

if TYPE_CHECKING:
    import pandas as pd

_EMPTY = "The corpus has no context in the case of this name."


class ContextsWindow(ListWindow):
    """Unread, right, wrong and followed-the-context contexts of one name in one language.

    Args:
        read: has the models read the name.
    """

    BINDINGS = bindings("contexts")

    def __init__(
        self, title: str, entity: str, language: str, frame: "pd.DataFrame", read: Callable[[], None]
    ) -> None:  # fmt: skip
        super().__init__(
            title, f"swap_{entity}_{language}", frame, SWAP_COLUMNS, _EMPTY, self.whole, rows=ContextRows(frame)
        )
        self.entity, self.language = entity, language
        self._title, self._read = title, read

    def on_mount(self) -> None:
        """Show the rows, and how many of each verdict."""
        super().on_mount()
        self.tell("")

    def whole(self, row: int) -> TextWindow:
        """A sentence word by word, or as it is where nobody has read it."""
        record = self.frame.iloc[row]
        if record["verdict"] != UNREAD:
            return word_by_word(record)
        return TextWindow("sentence, not read", Text(str(record["text"]), "dim"), str(record["text"]))

    def fill(self, frame: "pd.DataFrame", progress: str) -> None:
        """Show newer rows."""
        self.frame, self.rows = frame, ContextRows(frame)
        self.table.show(self.rows, 0, _EMPTY)
        self.tell(progress)

    def tell(self, progress: str) -> None:
        """Say in the frame how far the models are, else how many contexts there are of each verdict."""
        read = (self.frame["verdict"] != UNREAD).any()
        said = tally(list(self.frame["verdict"])) + ("" if read else "   W: the run's models read it now")
        for window in self.query(Vertical):
            window.border_title, window.border_subtitle = Text(self._title), Text(progress or said)

    def action_read(self) -> None:
        """Have the models read the name."""
        self._read()
