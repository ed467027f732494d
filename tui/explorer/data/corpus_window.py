"""The window that asks for another corpus and reads it in a thread."""

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Static

from nerspace.engine.errors import NerspaceError
from nerspace.tui.actions import bindings
from nerspace.tui.explorer.data.model import Opened, open_corpus
from nerspace.tui.literal import literal
from nerspace.tui.widgets.line_input import LineInput
from nerspace.tui.widgets.window import Window


class CorpusWindow(Window[Opened | None]):
    """A name or path, enter; an unreadable one is reported here and the open corpus stays. Closes with the new one."""

    BINDINGS = bindings("corpus")

    def __init__(self) -> None:
        super().__init__()
        self._requested = ""
        self._left = False

    def compose(self) -> ComposeResult:
        """What can be typed, and what became of it."""
        with Vertical(classes="window") as window:
            window.border_title = Text("open a corpus")
            yield Static(Text("builtin, or the path of a file or folder of parallel or tagged sentences"), markup=False)
            yield LineInput(placeholder="builtin, or a path", select_on_focus=True)
            yield Static(Text("enter open   esc back"), id="problem", markup=False)

    def on_mount(self) -> None:
        """Straight to the path."""
        self.set_focus(self.query_one(Input))

    def _say(self, line: str) -> None:
        self.query_one("#problem", Static).update(Text(literal(line)))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        name = event.value.strip()
        if self._requested:
            return
        if not name:
            self._say("Type a name or a path.")
            return
        self._requested = name
        self._say(f"Reading {name} … esc leaves it.")
        self.read(name)

    @work(thread=True, exit_on_error=False)
    def read(self, name: str) -> None:
        """Read the corpus and make it ready."""
        found: Opened | str
        try:
            found = open_corpus(name)
        except NerspaceError as error:
            found = str(error)
        except Exception as error:
            found = f"{name} cannot be read ({type(error).__name__}: {error})."
        if not self._left:
            self.app.call_from_thread(self._ended, found)

    def _ended(self, found: Opened | str) -> None:
        self._requested = ""
        if self._left:
            return
        if isinstance(found, str):
            self._say(found)
        else:
            self.dismiss(found)

    def action_close(self) -> None:
        """Back; what is being read then is not opened."""
        self._left = True
        self.dismiss(None)
