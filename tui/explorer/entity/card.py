"""Why a name is far from itself in another language: a card in words, whose numbers can be taken away."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from rich.style import Style
from rich.text import Text
from textual.widgets import Static

from nerspace.engine.tables.index import CATALOGUE
from nerspace.tui.actions import bindings
from nerspace.tui.colours import HIGHLIGHT, class_style
from nerspace.tui.explorer.causes import causes_of, why_text
from nerspace.tui.explorer.entity.model import EntityView
from nerspace.tui.explorer.services import Services
from nerspace.tui.literal import literal, safe_name
from nerspace.tui.widgets.modals import TextWindow
from nerspace.tui.widgets.rows import FrameRows, Shown

if TYPE_CHECKING:
    import pandas as pd

    from nerspace.tui.explorer.session import Session


@dataclass(frozen=True, slots=True)
class Card:
    """What is known of a name in two languages.

    Attributes:
        view: the name.
        language: asked about, compared to the reference of the view.
        causes: the table `name_causes`.
        words: the same as a sentence.
        title: of the card of the two languages as a whole; empty where the run has no factors.
        lines: of that card.
    """

    view: EntityView
    language: str
    causes: "pd.DataFrame"
    words: str
    title: str
    lines: str


def read_card(session: "Session", view: EntityView, language: str) -> Card:
    """The card of a name in a language, from the tables of the engine."""
    from nerspace.engine.reading.tables import in_words, name_cause_table

    causes = name_cause_table(
        view.forms, view.entity, language, view.reference, view.siblings, view.readings, view.unit
    )
    factors = session.table("factors")
    # A name is read in every language that it has, the run's sentences are of those that it was tested in.
    tested = factors is not None and bool((factors["recipient"] == language).any())
    found = causes_of(session, language, against=view.reference) if tested else None
    # Languages of text that is not parallel share no sentence by which they could be compared.
    title, lines = ("", "") if found is None or found[2].empty else why_text(found)
    return Card(view, language, causes, in_words(causes, view.form(language)), title, lines)


class CardWindow(TextWindow):
    """The card of a name, then that of its language; it fills while the models read."""

    BINDINGS = bindings("card", "modal")

    def __init__(self, card: Card, note: str = "") -> None:
        self.card = card
        super().__init__(_title(card), card_text(card, note), card.words)

    def show(self, card: Card, note: str = "") -> None:
        """Show what is known by now."""
        self.card = card
        self.text, self.copied_text = card_text(card, note), card.words
        # A window that is just opening draws its text when it is composed.
        for static in self.query("#body Static").results(Static):
            static.update(self.text)

    def action_export(self) -> None:
        """Write the numbers."""
        view = self.card.view
        name = f"why_{safe_name(view.entity)}_{self.card.language}_{view.reference}"
        meanings = CATALOGUE["name_causes"].meanings
        cast("Services", self.app).export(Shown(name, FrameRows(self.card.causes), meanings))


def _title(card: Card) -> str:
    view = card.view
    if card.language == view.reference:
        return f"{card.language} {literal(view.form(card.language))}"
    here, there = (f"{code} {literal(view.form(code))}" for code in (card.language, view.reference))
    return f"Why is {here} far from {there}?"


def card_text(card: Card, note: str) -> Text:
    """The causes line by line, what is going on, and the card of the language.

    Args:
        note: how far a reading is, or why there is none.
    """
    text = Text()
    view, code = card.view, card.language
    text.append(f"{code} ", class_style(code) + Style(bold=True)).append(literal(view.form(code)), HIGHLIGHT)
    if code == view.reference:
        others = "It is what the others are compared to: j k to another language, or c on another."
        text.append(f"\n{others if len(view.forms) > 1 else 'No other language has it to compare it with.'}", "dim")
    for says in card.causes["says"]:
        text.append(f"\n  {literal(says)}")
    if note:
        text.append(f"\n{literal(note)}", "dim")
    if len(card.causes):
        text.append("\ne writes these numbers as CSV", "dim")
    if card.lines:
        text.append(f"\n\n{card.title}\n", "bold").append(card.lines)
    return text
