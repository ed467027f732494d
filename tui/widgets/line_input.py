"""A line to type in that takes what a fast typist typed before it had the focus."""

from typing import Any

from textual.widgets import Input
from textual.widgets.input import Selection


class LineInput(Input):
    """A line without a frame, begun with its old text selected, so that the next letter takes its place."""

    def __init__(self, value: str | None = None, *, select_on_focus: bool = False, **options: Any) -> None:
        super().__init__(value, select_on_focus=select_on_focus, **options)
        self.add_class("line-input")
        # What `take_early` has put in since the line was last begun.
        self._early = ""

    def begin(self) -> None:
        """Go to the line at once, with its old text selected."""
        self._early = ""
        self.selection = Selection(0, len(self.value))
        # Not by focus(), which lets the letters of a fast typist through to the table first.
        self.screen.set_focus(self)

    def take_early(self, character: str) -> None:
        """Type a character that was on its way before the line had the focus: before those that it took itself."""
        start, end = sorted(self.selection)
        if start != end or not self.value:
            self._early = ""
            self.replace(character, start, end)
        else:
            early = self._early if self.value.startswith(self._early) else ""
            cursor = self.cursor_position
            self.replace(character, len(early), len(early))
            self.cursor_position = cursor + 1
            self._early = early
        self._early += character
