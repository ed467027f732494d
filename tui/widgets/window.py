"""What every window over a screen shares."""

from typing import TypeVar

from textual.await_complete import AwaitComplete
from textual.message import Message
from textual.screen import ModalScreen

from nerspace.tui.actions import bindings_to_screens

Result = TypeVar("Result")


class CopyText(Message):
    """A text is wanted on the clipboard."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class Window(ModalScreen[Result]):
    """A window that closes once: keys that were on their way while it closed do nothing."""

    def dismiss(self, result: Result | None = None) -> AwaitComplete:
        """Close with a result, unless it has closed or another window lies over it."""
        # A window is "current" to Textual under another one too, which would be closed in its place.
        return super().dismiss(result) if self.is_current and self.app.screen is self else AwaitComplete()


class ReadingWindow(Window[Result]):
    """A window in which nothing is typed or asked: the key of a screen closes it, and goes there."""

    BINDINGS = bindings_to_screens()
