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

    class Alone(Message):
        """A class is to be shown alone, or what was shown before if it is alone already."""

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

    def _first(self) -> int:
        """The first class in view: they go with the cursor where they do not all fit; the last line counts the rest."""
        room = max(1, self.content_size.height - 1)
        return 0 if len(self.entries) <= room + 1 else max(0, min(self.cursor - room // 2, len(self.entries) - room))

    def render_line(self, y: int) -> Strip:
        """One class; below the last one that fits, how many more there are."""
        width, base, first = self.content_size.width, self.rich_style, self._first()
        faint = self.get_component_rich_style("legend--faint")
        place, room = first + y, self.content_size.height
        if len(self.entries) > room > 1 and y == room - 1:
            rest = len(self.entries) - room + 1
            return Strip([Segment(fit(f"{rest} more: tab", width), faint)]).adjust_cell_length(width, base)
        if place >= len(self.entries):
            return Strip.blank(width, base)
        mark, name, count, style, hidden = self.entries[place]
        line = base
        here = self.has_focus and place == self.cursor
        if here:
            line = self.get_component_rich_style("legend--cursor")
        free = max(1, width - 5 - len(count))
        parts = [
            Segment(f"{mark} ", line if here else faint),
            Segment("○ " if hidden else "● ", faint if hidden else line + style),
            Segment(fit(name, free), faint if hidden else line),
            Segment(f"{count} ", faint),
        ]
        return Strip(parts).adjust_cell_length(width, base)

    def on_click(self, event: events.Click) -> None:
        """A click toggles."""
        place = self._first() + event.y - 1
        if event.y >= 1 and place < len(self.entries):
            self.post_message(self.Toggled(place))

    def action_move(self, lines: int) -> None:
        """To another class."""
        self.cursor = max(0, min(len(self.entries) - 1, self.cursor + lines))
        self.refresh()

    def action_toggle_class(self) -> None:
        """Show or hide the class under the cursor."""
        if self.entries:
            self.post_message(self.Toggled(self.cursor))

    def action_only_class(self) -> None:
        """Show the class under the cursor alone, or what was shown before."""
        if self.entries:
            self.post_message(self.Alone(self.cursor))
