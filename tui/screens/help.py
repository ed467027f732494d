"""The help page, made from the table of actions and, for the columns in view, from the catalogue."""

from collections.abc import Mapping, Sequence

from rich.text import Text

from nerspace.tui.actions import ACTIONS, BY_ID, key_sign
from nerspace.tui.literal import fit, literal
from nerspace.tui.rows import Shown
from nerspace.tui.screens.modals import TextScreen

_PLACES = {
    "app": "Everywhere", "table": "Tables", "data": "Data", "tokens": "Tokens", "training": "Training",
    "curves": "Curves", "runs": "Runs", "found": "Looking through this table",
    "scatter": "The map", "space": "Space", "matrix": "The heatmap", "heatmaps": "Heatmaps",
    "transfer": "Transfer", "plane": "The plot", "entity": "Entity",
}  # fmt: skip
_NOTE = "Inside a map the digits belong to the legend: change rooms with F1–F8 or alt+1–8 there."


# Where a newcomer stands first: from a name to what is known of it, and out with the numbers.
WAY = (
    ("/ washington ⏎", "find a name, in any language; f lang:be,ru len>1 identical:no narrows"),
    ("i", "everything about it: forms, pieces, spelling distance, cosines, errors (Entity)"),
    ("m", "there: its points on the map, before and after fine-tuning (Space)"),
    ("5", "how close the languages are as a whole, beside the chance floor"),
    ("e", "the table behind any view as CSV; Y copies it, E takes a picture"),
    ("3 n", "fine-tune another model; 8 lists all runs"),
)


class HelpScreen(TextScreen):
    """Keys that work here, then the columns of the table behind the view."""

    def __init__(
        self, active: Mapping[str, Sequence[str]], shown: Shown | None, with_ids: bool, way: Sequence[tuple[str, str]]
    ) -> None:
        super().__init__("help", help_text(active, shown, with_ids, way))


def help_text(
    active: Mapping[str, Sequence[str]], shown: Shown | None, with_ids: bool, way: Sequence[tuple[str, str]] = ()
) -> Text:
    """What can be done here, then the columns of the table behind the view.

    active: ids of the actions that work where the focus is, with their keys; nearest places first. with_ids: name the
    ids too, by which the configuration gives an action other keys. way: keys and meanings to begin with.
    """
    text = Text()
    if way:
        text.append("Why is a name far from itself in another language?\n", "bold underline")
        for keys, meaning in way:
            text.append("  " + fit(keys, 18), "bold").append(f" {meaning}\n")
        text.append("\n")
    if any(id.startswith("scatter.") for id in active):
        text.append(_NOTE + "\n\n", "italic")
    places = list(dict.fromkeys(BY_ID[id].where for id in active if id in BY_ID))
    for place in places:
        text.append(f"{_PLACES.get(place, place)}\n", "bold underline")
        for action in ACTIONS:
            if action.where == place and not (action.id.startswith("scatter.class") and action.id[-1] != "1"):
                keys = (
                    "1–9"
                    if action.id == "scatter.class1"
                    else " ".join(map(key_sign, active.get(action.id) or action.keys.split(",")))
                )
                help_ = "show or hide a class of the legend" if keys == "1–9" else action.help
                text.append("  " + fit(keys, 18), "bold").append(f" {help_}")
                text.append(f"  {action.id}\n" if with_ids else "\n", "dim")
        text.append("\n")
    if shown is not None:
        text.append(f"Columns of this view: {literal(shown.name)}\n", "bold underline")
        for name, meaning in shown.columns.items():
            text.append("  " + fit(literal(name), 18), "bold").append(f" {literal(meaning)}\n")
    return text
