"""Windows that ask or tell: a text that can be scrolled and copied, and a question with yes and no."""

from collections.abc import Callable

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from nerspace.tui.actions import bindings
from nerspace.tui.widgets.key_bar import KeyBar


class TextScreen(ModalScreen[None]):
    """A text in a window: j and k scroll, y copies, esc closes."""

    BINDINGS = bindings("modal")

    def __init__(self, title: str, text: Text, copied: str | None = None) -> None:
        super().__init__()
        self.window_title = title
        self.text = text
        self.copied_text = copied if copied is not None else text.plain

    def compose(self) -> ComposeResult:
        """Text and keys."""
        with Vertical(classes="window") as window:
            window.border_title = Text(self.window_title)
            with VerticalScroll(id="body", can_focus=False):
                yield Static(self.text, markup=False)
            yield KeyBar(classes="bottom")

    def action_close(self) -> None:
        """Back to the room."""
        self.dismiss(None)

    def action_scroll(self, lines: int) -> None:
        """Some lines on."""
        self.query_one("#body").scroll_relative(y=lines, animate=False)

    def action_copy(self) -> None:
        """Copy the whole text."""
        self.app.copy(self.copied_text)  # type: ignore[attr-defined]


class ConfirmScreen(ModalScreen[bool]):
    """A question that is answered with y or n."""

    BINDINGS = bindings("confirm")

    def __init__(self, question: str, consequence: str) -> None:
        super().__init__()
        self.question = question
        self.consequence = consequence

    def compose(self) -> ComposeResult:
        """Question, what will happen, keys."""
        with Vertical(classes="window"):
            yield Static(Text(self.question, style="bold"), markup=False)
            yield Static(Text(self.consequence), markup=False)
            yield KeyBar()

    def action_answer(self, yes: bool) -> None:
        """Close with the answer."""
        self.dismiss(yes)


def text_window(title: str, build: Callable[[Text], None]) -> TextScreen:
    """A text window whose text `build` writes."""
    text = Text()
    build(text)
    return TextScreen(title, text)
