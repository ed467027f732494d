"""Windows that ask or tell: a text that can be scrolled and copied, and a question with yes and no."""

from collections.abc import Callable

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input, Static

from nerspace.tui.actions import bindings
from nerspace.tui.literal import literal, literal_lines
from nerspace.tui.widgets.key_bar import KeyBar
from nerspace.tui.widgets.line_input import LineInput
from nerspace.tui.widgets.window import CopyText, ReadingWindow, Window

# What is typed counts once no key has come for so long.
TYPING_SECONDS = 0.15


class TextWindow(ReadingWindow[None]):
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
        """Back to the screen."""
        self.dismiss(None)

    def action_scroll(self, lines: int) -> None:
        """Some lines on."""
        self.query_one("#body").scroll_relative(y=lines, animate=False)

    def action_copy(self) -> None:
        """Copy the whole text."""
        self.post_message(CopyText(self.copied_text))


class ConfirmWindow(Window[bool]):
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


class PromptWindow(Window[str | None]):
    """One line to type in at the foot of the screen, with the old text selected; closes with it, or with None.

    Args:
        changed: does at once what the text asks for, a moment after the last key; returns what is wrong with it.
        behind: the widget that this changes, which is drawn again behind the line.
    """

    BINDINGS = bindings("prompt")

    def __init__(
        self, what: str, text: str = "", changed: Callable[[str], str] | None = None, behind: Widget | None = None
    ) -> None:
        super().__init__()
        self.what = what
        self.text = text
        self.changed = changed
        self.behind = behind
        self._pause: Timer | None = None

    def compose(self) -> ComposeResult:
        """The question, the line, and what is wrong with it."""
        with Vertical(id="prompt"):
            yield Static(id="prompt-problem", markup=False)
            with Horizontal():
                yield Static(Text(f" {self.what} "), id="prompt-what", markup=False)
                yield LineInput(self.text)

    def on_mount(self) -> None:
        """Straight to the line."""
        self.query_one(LineInput).begin()

    def redraw(self) -> None:
        """Draw again what lies behind: a screen under a window is not drawn by itself."""
        if self.behind is not None and self.behind.parent is not None:
            around = self.behind.parent
            self.refresh(around.region if isinstance(around, Widget) else self.behind.region)

    @on(Input.Changed)
    def _typed(self) -> None:
        if self.changed is not None:
            if self._pause is not None:
                self._pause.stop()
            self._pause = self.set_timer(TYPING_SECONDS, self._apply)

    def _apply(self) -> bool:
        """Do what the text asks for; whether it could be done."""
        if self.changed is None:
            return True
        if self._pause is not None:
            self._pause.stop()
        problem = self.changed(self.query_one(Input).value)
        told = self.query_one("#prompt-problem", Static)
        told.update(Text(literal(f" {problem}"), no_wrap=True, overflow="ellipsis"))
        told.display = bool(problem)
        self.redraw()
        return not problem

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        if self._apply():
            self.dismiss(event.value)

    def action_close(self) -> None:
        """Leave everything as it is."""
        if self._pause is not None:
            self._pause.stop()
        self.dismiss(None)


class ErrorWindow(TextWindow):
    """A failure, whole: c copies it, any other key that does not scroll closes."""

    BINDINGS = bindings("error")

    def __init__(self, message: str) -> None:
        super().__init__("error", Text(literal_lines(message)), message)

    def on_mount(self) -> None:
        """The frame says that something failed."""
        self.query_one(".window").add_class("error")

    def on_key(self, event: events.Key) -> None:
        """Any key closes, but for those that scroll or copy."""
        if event.key not in ("j", "k", "down", "up", "c", "y", "q", "escape"):
            event.stop()
            self.dismiss(None)
