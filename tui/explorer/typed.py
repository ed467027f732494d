"""Type anything: a name or a sentence in any language, tagged by the run's models while it is typed."""

from typing import TYPE_CHECKING, cast

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Input, Static

from nerspace.engine.errors import NerspaceError
from nerspace.engine.tables.index import CATALOGUE
from nerspace.tui.actions import bindings
from nerspace.tui.colours import type_style
from nerspace.tui.explorer.messages import Name, ShowEntity, ShowTyped
from nerspace.tui.explorer.services import Services
from nerspace.tui.literal import literal
from nerspace.tui.widgets.frame_table import FrameTable
from nerspace.tui.widgets.key_bar import KeyBar
from nerspace.tui.widgets.line_input import LineInput
from nerspace.tui.widgets.pieces import blocks
from nerspace.tui.widgets.rows import FrameRows, NoRows, Shown
from nerspace.tui.widgets.window import Window

if TYPE_CHECKING:
    from nerspace.engine.reading.client import Progress, TextRead

# A fast typist's next letter comes sooner.
PAUSE_SECONDS = 0.3
_COLUMNS = ["stage", "layer", "rank", "language", "form", "cosine", "type", "floor", "entity", "sentence"]
_HINT = "a name or a sentence; [brackets] mark the name, else it is the first that the model finds"


class _Answered(Message):
    """The models have read a text, or could not."""

    def __init__(self, text: str, read: "TextRead | None", problem: str) -> None:
        super().__init__()
        self.text, self.read, self.problem = text, read, problem


class _Going(Message):
    """What the models are doing."""

    def __init__(self, what: str) -> None:
        super().__init__()
        self.what = what


class TypedWindow(Window[None]):
    """An input, what each model says of it word by word, its pieces, and the nearest names before and after."""

    BINDINGS = bindings("typed")

    def __init__(self) -> None:
        super().__init__()
        self.read: TextRead | None = None
        # The text that the models read now, empty for none; what is typed meanwhile waits.
        self.asked = ""
        self._pause: Timer | None = None

    def compose(self) -> ComposeResult:
        """The input, what was read, and the nearest names."""
        with Vertical(classes="window tall", id="typed-window") as window:
            window.border_title = Text("type a name or a sentence, in any language")
            yield LineInput(placeholder="Вашынгтон, or a whole sentence", id="typed-text")
            yield Static(Text(_HINT, "dim"), id="typed-state", markup=False)
            yield Static(id="typed-read", markup=False)
            yield FrameTable(id="typed-near", empty="")
            yield KeyBar()

    @property
    def explorer(self) -> Services:
        """The app, by its own type."""
        return cast("Services", self.app)

    def on_mount(self) -> None:
        """Straight to the input."""
        self.query_one(FrameTable).show(NoRows(), empty="")
        self.set_focus(self.query_one(Input))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Letters are typed until the nearest names have the focus."""
        del parameters
        return action not in ("export", "name") or self.focused is self.query_one(FrameTable)

    # -- typing

    @on(Input.Changed)
    def _changed(self) -> None:
        if self._pause is not None:
            self._pause.stop()
        self._pause = self.set_timer(PAUSE_SECONDS, self.ask)

    @on(Input.Submitted)
    def _submitted(self) -> None:
        self.ask()

    def ask(self) -> None:
        """Have what is typed read, unless the models still read what was typed before."""
        text = self.query_one(Input).value.strip()
        if not text or self.asked or (self.read is not None and text == self._text):
            return
        self.asked = text
        self._tell("the run's models read …" if self.read is not None else "the run's models start …")
        session = self.explorer.session

        def told(progress: "Progress") -> None:
            self.post_message(_Going(f"{progress.what} …"))

        def work() -> None:
            try:
                answered = _Answered(text, session.read_text(text, told), "")
            except NerspaceError as error:
                answered = _Answered(text, None, str(error))
            self.post_message(answered)

        self.run_worker(work, thread=True, group="typed", exit_on_error=False)

    _text = ""

    @on(_Going)
    def _going(self, message: _Going) -> None:
        message.stop()
        if self.asked and self.read is None:
            self._tell(message.what)

    @on(_Answered)
    def _answered(self, message: _Answered) -> None:
        message.stop()
        self.asked = ""
        if message.read is None:
            self._tell(message.problem, "bold")
        else:
            self.read, self._text = message.read, message.text
            self._show(message.read)
        if self.query_one(Input).value.strip() != message.text:
            self.ask()

    def _tell(self, text: str, style: str = "dim") -> None:
        self.query_one("#typed-state", Static).update(Text(literal(text), style))

    # -- what was read

    def _show(self, read: "TextRead") -> None:
        near = read.nearest.sort_values(["layer", "stage"], ascending=[False, True], kind="stable")[_COLUMNS]
        self._tell(f"vector of {read.form}: {read.how}")
        self.query_one("#typed-read", Static).update(read_text(read, self.app.no_color))
        empty = "The run keeps no vectors, so nothing is near it."
        self.query_one(FrameTable).show(FrameRows(near.reset_index(drop=True), fixed=3) if len(near) else NoRows(),
                                        0, empty)  # fmt: skip

    # -- actions

    def action_next(self) -> None:
        """To the nearest names, and back."""
        table, line = self.query_one(FrameTable), self.query_one(Input)
        self.set_focus(line if self.focused is table else table)

    def action_show_map(self) -> None:
        """To its point on the maps."""
        if self.read is None:
            self.explorer.tell("Type something first.")
        elif self.read.places.empty:
            self.explorer.tell("This run has no maps of vectors that it keeps.", "warning")
        else:
            self.dismiss(None)
            self.app.post_message(ShowTyped(self.read))

    def action_export(self) -> None:
        """Write the nearest names."""
        shown = None
        if self.read is not None and len(self.read.nearest):
            meanings = CATALOGUE["nearest"].meanings
            shown = Shown("nearest_typed", self.query_one(FrameTable).rows, {name: meanings[name] for name in _COLUMNS})
        self.explorer.export(shown)

    def action_name(self) -> None:
        """The nearest name under the cursor in Entity."""
        table = self.query_one(FrameTable)
        if self.read is None or not len(table.rows):
            return
        row = table.rows.raw([table.row]).iloc[0]
        self.dismiss(None)
        self.app.post_message(ShowEntity(Name(str(row["entity"]), str(row["language"]), str(row["sentence"]))))

    def action_close(self) -> None:
        """Back to the screen."""
        self.dismiss(None)


def read_text(read: "TextRead", plain: bool) -> Text:
    """What each model says, a line for each, names in the color of their type with their tags behind; the pieces."""
    text = Text()
    width = max(len(str(one.model)) for one in read.tagged)
    for one in read.tagged:
        text.append(f"{one.model!s:<{width}}  ", "bold")
        found = False
        for word, tag, sure in zip(read.words, one.tags, one.certainty, strict=True):
            text.append(literal(word), "" if tag == "O" else type_style(tag[2:]))
            if tag != "O":
                text.append(f"‹{literal(tag)} {sure:z.2f}", "bold")
            text.append(" ")
            found |= tag != "O"
        text.append("\n" if found else " finds no name\n", "dim")
    count = sum(map(len, read.pieces))
    text.append(f"{count} piece{'s' if count != 1 else ''}  ", "bold")
    for pieces in read.pieces:
        for block in blocks(pieces, {}, plain):
            text.append_text(block).append(" ")
    return text
