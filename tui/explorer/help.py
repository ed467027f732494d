"""The help page, made from the table of actions and, for the columns in view, from the catalogue."""

from collections.abc import Mapping, Sequence
from functools import partial
from textwrap import wrap

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Input, Static

from nerspace.datasets.spelling import folded
from nerspace.tui.actions import ACTIONS, BY_ID, bindings, in_letters, key_sign
from nerspace.tui.literal import fit, literal
from nerspace.tui.widgets.key_bar import KeyBar
from nerspace.tui.widgets.line_input import LineInput
from nerspace.tui.widgets.modals import TextWindow
from nerspace.tui.widgets.rows import Shown

_PLACES = {
    "app": "Everywhere", "table": "Tables", "data": "Data", "tokens": "Tokens", "training": "Training",
    "curves": "Curves", "runs": "Runs", "found": "Looking through this table",
    "scatter": "The map", "space": "Space", "matrix": "The heatmap", "heatmaps": "Heatmaps",
    "transfer": "Transfer", "plane": "The plot", "entity": "Entity", "list": "This list", "legend": "The legend",
    "compare": "These two tables", "paper": "Paper",
}  # fmt: skip
# Cells for the keys of an action, and the width of a screen that names their ids.
_KEYS = 16
_WITH_IDS = 110

# What can be typed behind / and f, in every table.
ASKING = (
    ("washington", "some cell holds it; several words: all of them"),
    ('"new york"', "as it stands, with its blank"),
    ("type:LOC,PER", "a column by its value, or by one of several; wash* for a beginning"),
    ("lang:tr", "the language, whatever its column is called here"),
    ("n>10 share>=50%", "compared: > < >= <= as numbers, dates by their text"),
    ("wrong:yes", "of columns of 0 and 1; tnld:none for a gap"),
    ("-type:ORG", "the rows of which that does not hold"),
)

# Where a newcomer stands first: from a name to what is known of it, and out with the numbers.
WAY = (
    ("7 / was ⏎", "a name by its beginning, in any language (Entity)"),
    ("j k c", "there: to a language, and compare all others to it"),
    ("a", "why its form is far from that one: words, numbers"),
    ("m", "its points on the map (4 Space); i leads back"),
    ("5", "how close languages are as a whole, beside chance"),
    ("e", "write the table behind any view as CSV"),
    ("3 n", "fine-tune another model; 8 lists all runs"),
)


class HelpWindow(TextWindow):
    """Keys that work here, those of the screen itself first, then the columns of its table; / looks for words."""

    BINDINGS = bindings("help")
    # The line takes letters only once it is open.
    AUTO_FOCUS = ""

    def __init__(
        self,
        active: Mapping[str, Sequence[str]],
        shown: Shown | None,
        width: int,
        way: Sequence[tuple[str, str]],
        letters: bool = False,
        own: str = "",
    ) -> None:
        self._page = partial(help_text, active, shown, width, way, letters, own)
        super().__init__("help", self._page())

    def compose(self) -> ComposeResult:
        """The text, the line to look for words, keys."""
        with Vertical(classes="window") as window:
            window.border_title = Text(self.window_title)
            yield LineInput(placeholder="words that an action's help holds", id="help-find")
            with VerticalScroll(id="body", can_focus=False):
                yield Static(self.text, markup=False)
            yield KeyBar(classes="bottom")

    def action_find(self) -> None:
        """Open the line to look for words."""
        line = self.query_one("#help-find", LineInput)
        line.add_class("open")
        line.begin()

    @on(Input.Changed, "#help-find")
    def _typed(self, event: Input.Changed) -> None:
        found = self._page(words=folded(event.value).split())
        if not found.plain:
            found = Text(f"No key here does {literal(event.value)!r}. The palette (:) holds runs and names too.")
        self.query_one("#body Static", Static).update(found)
        self.query_one("#body").scroll_home(animate=False)

    @on(Input.Submitted, "#help-find")
    def _submitted(self) -> None:
        self.set_focus(None)

    def action_close(self) -> None:
        """Show everything again, then back to the screen."""
        line = self.query_one("#help-find", Input)
        if line.has_class("open"):
            line.value = ""
            line.remove_class("open")
            self.set_focus(None)
        else:
            super().action_close()


# What every screen has comes last.
_COMMON = ("found", "table", "app")


def help_text(
    active: Mapping[str, Sequence[str]],
    shown: Shown | None,
    width: int,
    way: Sequence[tuple[str, str]] = (),
    letters: bool = False,
    own: str = "",
    words: Sequence[str] = (),
) -> Text:
    """What can be done here, then the columns of the table behind the view.

    Args:
        active: ids of the actions that work where the focus is, with their keys; nearest places first.
        width: of the screen; a wide one names the ids too, by which the configuration gives an action other keys.
        way: keys and meanings to begin with.
        letters: keys in letters alone, as where there are no signs.
        own: the place whose keys come first.
        words: entries that hold all of them alone, without regard to case; every entry without any.
    """
    text, width_left = Text(), max(20, min(104, int(width * 0.94) - 6) - _KEYS - 3)

    def part(title: str, entries: Sequence[tuple[str, str, str]]) -> None:
        held = [entry for entry in entries if all(word in folded(" ".join((title, *entry))) for word in words)]
        if held:
            text.append(f"{title}\n", "bold underline")
            for keys, meaning, id in held:
                written = in_letters(keys) if letters else keys
                _entry(text, written, meaning, width_left, id if width >= _WITH_IDS else "")
            text.append("\n")

    part("Why is a name far from itself in another language?", [(keys, meaning, "") for keys, meaning in way])
    places = list(dict.fromkeys(BY_ID[id].where for id in active if id in BY_ID))
    for place in sorted(places, key=lambda place: (place != own, _COMMON.index(place) + 1 if place in _COMMON else 0)):
        actions = (action for action in ACTIONS if action.where == place)
        part(_PLACES.get(place, place), [
            (" ".join(map(key_sign, active.get(action.id) or action.keys.split(","))), action.help, action.id)
            for action in actions
        ])  # fmt: skip
    if {"found.filter", "data.filter"} & set(active):
        part("What can be typed behind / and f", [(asked, meaning, "") for asked, meaning in ASKING])
    if shown is not None:
        columns = [(literal(name), literal(meaning), "") for name, meaning in shown.columns.items()]
        part(f"Columns of this view: {literal(shown.name)}", columns)
    return text


def _entry(text: Text, keys: str, meaning: str, width: int, id: str = "") -> None:
    """A line, or several with the meaning under itself."""
    first, *more = wrap(meaning, width - len(id) - 2 if id else width) or [""]
    text.append("  " + fit(keys, _KEYS), "bold").append(f" {first}")
    for line in more:
        text.append("\n" + " " * (_KEYS + 3) + line)
    text.append(f"  {id}\n" if id else "\n", "dim")
