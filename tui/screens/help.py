"""The help page, made from the table of actions and, for the columns in view, from the catalogue."""

from collections.abc import Sequence

from rich.text import Text

from nerspace.tui.actions import ACTIONS, BY_ID, keys_of
from nerspace.tui.literal import fit, literal
from nerspace.tui.rows import Shown
from nerspace.tui.screens.modals import TextScreen

_PLACES = {
    "app": "Everywhere", "table": "Tables", "data": "Data", "tokens": "Tokens", "training": "Training",
    "curves": "Curves", "scatter": "The map", "space": "Space", "matrix": "The heatmap", "heatmaps": "Heatmaps",
}  # fmt: skip
_NOTE = "Inside a map the digits belong to the legend: change rooms with F1–F5 or alt+1–5 there."


class HelpScreen(TextScreen):
    """Keys that work here, then the columns of the table behind the view."""

    def __init__(self, active: Sequence[str], shown: Shown | None) -> None:
        super().__init__("help", help_text(active, shown))


def help_text(active: Sequence[str], shown: Shown | None) -> Text:
    """active: ids of the actions that work where the focus is; the places that own them are listed, nearest first."""
    text = Text()
    places = list(dict.fromkeys(BY_ID[id].where for id in active if id in BY_ID))
    for place in places:
        text.append(f"{_PLACES.get(place, place)}\n", "bold underline")
        for action in ACTIONS:
            if action.where == place:
                text.append("  " + fit(keys_of(action), 18), "bold").append(f" {action.help}\n")
        text.append("\n")
    if "scatter" in places:
        text.append(_NOTE + "\n\n", "italic")
    if shown is not None:
        text.append(f"Columns of this view: {literal(shown.name)}\n", "bold underline")
        for name, meaning in shown.columns.items():
            text.append("  " + fit(literal(name), 18), "bold").append(f" {literal(meaning)}\n")
    return text
