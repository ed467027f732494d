"""The legend of a map: a key, a sign in the color of the class, its name and its points; hidden classes stay listed."""

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from nerspace.tui.actions import bindings
from nerspace.tui.literal import fit


class Entry(NamedTuple):
    """A line of the legend.

    Attributes:
        mark: the key, or the letter where there are no colors.
    """

    mark: str
    name: str
    points: str
    style: Style
    hidden: bool


class Legend(Widget, can_focus=True):
    """Classes in the order of their keys; with the focus, j, k and space reach those beyond 9."""

    BINDINGS = bindings("legend")
    COMPONENT_CLASSES: ClassVar[set[str]] = {"legend--cursor", "legend--faint"}
    DEFAULT_CSS = """
    Legend { background: $background; padding: 1 0 0 1; }
    Legend .legend--cursor { background: $primary 30%; text-style: bold; }
    Legend .legend--faint { color: $foreground 45%; }
    Legend:ansi .legend--cursor, Legend:nocolor .legend--cursor { text-style: reverse; }
    """

    class Toggled(Message):
        """A class is to be shown or hidden."""

        def __init__(self, place: int) -> None:
            super().__init__()
            self.place = place

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self.entries: Sequence[Entry] = ()
        self.cursor = 0

    def show(self, entries: Sequence[Entry]) -> None:
        """Show other classes."""
        self.entries = entries
        self.cursor = min(self.cursor, max(0, len(entries) - 1))
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One class."""
        width, base = self.content_size.width, self.rich_style
        if y >= len(self.entries):
            return Strip.blank(width, base)
        mark, name, count, style, hidden = self.entries[y]
        faint = self.get_component_rich_style("legend--faint")
        line = base
        if self.has_focus and y == self.cursor:
            line = self.get_component_rich_style("legend--cursor")
        free = max(1, width - 5 - len(count))
        parts = [
            Segment(f"{mark} ", faint if not (self.has_focus and y == self.cursor) else line),
            Segment("○ " if hidden else "● ", faint if hidden else line + style),
            Segment(fit(name, free), faint if hidden else line),
            Segment(f"{count} ", faint),
        ]
        return Strip(parts).adjust_cell_length(width, base)

    def on_click(self, event: events.Click) -> None:
        """A click toggles."""
        if 0 <= event.y - 1 < len(self.entries):
            self.post_message(self.Toggled(event.y - 1))

    def action_move(self, lines: int) -> None:
        """To another class."""
        self.cursor = max(0, min(len(self.entries) - 1, self.cursor + lines))
        self.refresh()

    def action_toggle_class(self) -> None:
        """Show or hide the class under the cursor."""
        if self.entries:
            self.post_message(self.Toggled(self.cursor))
