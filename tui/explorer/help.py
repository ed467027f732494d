"""The help page, made from the table of actions and, for the columns in view, from the catalogue."""

from collections.abc import Mapping, Sequence
from textwrap import wrap

from rich.text import Text

from nerspace.tui.actions import ACTIONS, BY_ID, key_sign
from nerspace.tui.literal import fit, literal
from nerspace.tui.widgets.modals import TextWindow
from nerspace.tui.widgets.rows import Shown

_PLACES = {
    "app": "Everywhere", "table": "Tables", "data": "Data", "tokens": "Tokens", "training": "Training",
    "curves": "Curves", "runs": "Runs", "found": "Looking through this table",
    "scatter": "The map", "space": "Space", "matrix": "The heatmap", "heatmaps": "Heatmaps",
    "transfer": "Transfer", "plane": "The plot", "entity": "Entity", "list": "This list",
    "compare": "These two tables", "paper": "Paper",
}  # fmt: skip
# Cells for the keys of an action, and the width of a screen that names their ids.
_KEYS = 16
_WITH_IDS = 110

# Where a newcomer stands first: from a name to what is known of it, and out with the numbers.
WAY = (
    ("/ washington ⏎", "find a name, in any language or spelling"),
    ("i", "all about it (7 Entity): forms, pieces, cosines, errors"),
    ("m", "from there, its points on the map (4 Space)"),
    ("5", "how close languages are as a whole, beside chance"),
    ("e", "write the table behind any view as CSV"),
    ("3 n", "fine-tune another model; 8 lists all runs"),
)


class HelpWindow(TextWindow):
    """Keys that work here, then the columns of the table behind the view."""

    def __init__(
        self,
        active: Mapping[str, Sequence[str]],
        shown: Shown | None,
        width: int,
        way: Sequence[tuple[str, str]],
        enter: str = "⏎",
    ) -> None:
        super().__init__("help", help_text(active, shown, width, way, enter))


def help_text(
    active: Mapping[str, Sequence[str]],
    shown: Shown | None,
    width: int,
    way: Sequence[tuple[str, str]] = (),
    enter: str = "⏎",
) -> Text:
    """What can be done here, then the columns of the table behind the view.

    Args:
        active: ids of the actions that work where the focus is, with their keys; nearest places first.
        width: of the screen; a wide one names the ids too, by which the configuration gives an action other keys.
        way: keys and meanings to begin with.
        enter: how that key is written.
    """
    text, width_left = Text(), max(20, min(104, int(width * 0.94) - 6) - _KEYS - 3)
    if way:
        text.append("Why is a name far from itself in another language?\n", "bold underline")
        for keys, meaning in way:
            _entry(text, keys.replace("⏎", enter), meaning, width_left)
        text.append("\n")
    places = list(dict.fromkeys(BY_ID[id].where for id in active if id in BY_ID))
    for place in places:
        text.append(f"{_PLACES.get(place, place)}\n", "bold underline")
        for action in ACTIONS:
            if action.where == place:
                keys = " ".join(map(key_sign, active.get(action.id) or action.keys.split(",")))
                _entry(text, keys.replace("⏎", enter), action.help, width_left, action.id if width >= _WITH_IDS else "")
        text.append("\n")
    if shown is not None:
        text.append(f"Columns of this view: {literal(shown.name)}\n", "bold underline")
        for name, meaning in shown.columns.items():
            _entry(text, literal(name), literal(meaning), width_left)
    return text


def _entry(text: Text, keys: str, meaning: str, width: int, id: str = "") -> None:
    """A line, or several with the meaning under itself."""
    first, *more = wrap(meaning, width) or [""]
    text.append("  " + fit(keys, _KEYS), "bold").append(f" {first}")
    for line in more:
        text.append("\n" + " " * (_KEYS + 3) + line)
    text.append(f"  {id}\n" if id else "\n", "dim")
