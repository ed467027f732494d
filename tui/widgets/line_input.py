"""A line to type in that takes what a fast typist typed before it had the focus."""

import time
from typing import Any

from textual import events
from textual.app import App
from textual.dom import DOMNode
from textual.widgets import Input
from textual.widgets.input import Selection

# Until then a line that has been ended is gone, or it stays since its text cannot be used.
LEAVING_SECONDS = 0.5


class LineInput(Input):
    """A line without a frame, begun with its old text selected, so that the next letter takes its place."""

    def __init__(self, value: str | None = None, *, select_on_focus: bool = False, **options: Any) -> None:
        super().__init__(value, select_on_focus=select_on_focus, **options)
        self.add_class("line-input")
        # What `take_early` has put in since the line was last begun.
        self._early = ""
        # When enter or esc was pressed, and which key it was.
        self._ended = 0.0
        self.ended_by: events.Key | None = None

    @property
    def is_leaving(self) -> bool:
        """Whether the line was ended just now, so that the next key is for what comes behind it."""
        return time.monotonic() - self._ended < LEAVING_SECONDS

    async def _on_key(self, event: events.Key) -> None:
        if self.is_leaving:
            return
        if event.key in ("enter", "escape"):
            self._ended, self.ended_by = time.monotonic(), event
        await super()._on_key(event)

    async def action_submit(self) -> None:
        """Tell whoever listens, all the way up; a line that is still there then takes keys again."""
        await super().action_submit()
        self.call_later(self._stay, self.ancestors)

    def _stay(self, above: list[DOMNode]) -> None:
        # What listens at a node has done so before what is called there later.
        if above and not isinstance(above[0], App):
            above[0].call_later(self._stay, above[1:])
        else:
            self._ended = 0.0

    def begin(self) -> None:
        """Go to the line at once, with its old text selected."""
        self._early, self._ended = "", 0.0
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
