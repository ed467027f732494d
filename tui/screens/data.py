"""Data: sentences and names of the corpus, a row for each, the languages side by side."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.widget import Widget
from textual.widgets import Input, Static

from nerspace.engine.errors import NerspaceError
from nerspace.tui.actions import bindings
from nerspace.tui.filters import Filter, matching_corpora, matching_entities, parse_filter
from nerspace.tui.literal import literal
from nerspace.tui.rows import EntityRows, NoRows, SentenceRows, Shown
from nerspace.tui.screens.entity import HIGHLIGHT, name_copy, name_detail, sentence_copy, sentence_detail
from nerspace.tui.screens.modals import TextScreen
from nerspace.tui.screens.room import Room
from nerspace.tui.widgets.frame_table import FrameTable

if TYPE_CHECKING:
    from nerspace.datasets.synthetic import SyntheticNER

_DETAIL_HEIGHT = 34

_SENTENCE_COLUMNS = {
    "context": "context id", "entity": "entity id", "type": "PER, LOC or ORG", "case": "case of the slot",
    "language codes": "the sentence in that language",
}  # fmt: skip
_ENTITY_COLUMNS = {
    "entity": "entity id", "type": "PER, LOC or ORG", "gender": "m or f for persons", "case": "case of the forms",
    "language codes": "the form in that language",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Found:
    """What a filter keeps: the rows of one view, ready to show, with the number of all rows."""

    corpus: "SyntheticNER"
    rows: SentenceRows | EntityRows | NoRows
    total: int
    note: str = ""


class DataRoom(Room):
    """Sentences or names; `t` switches, `/` and `f` filter, enter inspects."""

    BINDINGS = bindings("data")

    def __init__(self, id: str) -> None:
        super().__init__(id)
        self.view = "sentences"
        self.filter = Filter()
        self.found: Found | None = None
        self.front = 0

    def compose(self) -> ComposeResult:
        """Caption, filter line, table, and the row in full where there is room."""
        yield Static(Text("Reading the corpus …"), id="data-caption", classes="caption", markup=False)
        yield Input(placeholder="words, type:PER  lang:be,en  case:locative", id="filter", classes="line-input")
        yield FrameTable(id="data-table", empty="Reading the corpus …")
        yield Static(id="detail", markup=False)

    def on_mount(self) -> None:
        """Read the corpus behind the first paint."""
        self.call_after_refresh(self.refind)

    def focus_target(self) -> Widget | None:
        """The table."""
        return self.query_one(FrameTable)

    def on_resize(self, event: events.Resize) -> None:
        """The row in full needs a high terminal."""
        self.query_one("#detail").set_class(event.size.height >= _DETAIL_HEIGHT, "wide")
        self._show_detail()

    # -- finding

    def refind(self) -> None:
        """Apply the filter to the view, in a thread."""
        view, chosen, front = self.view, self.filter, self.front

        def find() -> Found:
            corpus = self.session.corpus()
            languages = list(chosen.languages or corpus.languages)
            for code in languages:
                if code not in corpus.languages:
                    corpus.select(languages=languages)
            turn = front % len(languages)
            languages = languages[turn:] + languages[:turn]
            if view == "names":
                total = sum(len(entity.forms) for entity in corpus.entities)
                kept = list(matching_entities(corpus, chosen))
                return Found(corpus, EntityRows(kept, languages), total)
            try:
                corpora = matching_corpora(corpus, chosen)
            except NerspaceError as error:
                return Found(corpus, NoRows(), len(corpus), str(error))
            return Found(corpus, SentenceRows(corpora, languages, HIGHLIGHT), len(corpus))

        self.load("found", find)

    def loaded_found(self, found: Found) -> None:
        """Show what the filter keeps."""
        same = self.found is not None and type(self.found.rows) is type(found.rows)
        table = self.query_one(FrameTable)
        self.found = found
        empty = found.note or "No row holds that. esc clears the filter."
        table.show(found.rows, table.cursor if same else 0, empty=empty)
        kept = len(found.rows)
        caption = Text(no_wrap=True, overflow="ellipsis")
        caption.append("Sentences" if self.view == "sentences" else "Names", "bold")
        shown = f"{kept:,}" if kept == found.total else f"{kept:,} of {found.total:,}"
        caption.append(f"  {shown}  ×  {len(found.corpus.languages)} languages")
        caption.append(f"  ·  corpus {literal(found.corpus.name)}", "dim")
        if str(self.filter):
            caption.append("  ·  ").append(literal(self.filter), "bold reverse")
        self.query_one("#data-caption", Static).update(caption)
        self._show_detail()

    def failed(self, what: str, error: NerspaceError) -> None:
        """Say in the table why there is nothing in it."""
        super().failed(what, error)
        self.query_one(FrameTable).show(NoRows(), empty=literal(error))

    # -- the row under the cursor

    def _detail(self, row: int) -> Text:
        rows = self.found.rows if self.found else None
        if isinstance(rows, SentenceRows) and len(rows):
            return sentence_detail(*rows.cell(row))
        if isinstance(rows, EntityRows) and len(rows):
            return name_detail(rows.rows[row][0])
        return Text()

    def _show_detail(self) -> None:
        detail = self.query_one("#detail", Static)
        if detail.has_class("wide"):
            detail.update(self._detail(self.query_one(FrameTable).cursor))

    @on(FrameTable.Moved)
    def _moved(self) -> None:
        self._show_detail()

    @on(FrameTable.Picked)
    def _picked(self, event: FrameTable.Picked) -> None:
        rows = self.found.rows if self.found else None
        if isinstance(rows, SentenceRows):
            corpus, context, entity = rows.cell(event.row)
            self.app.push_screen(
                TextScreen("sentence", self._detail(event.row), sentence_copy(corpus, context, entity))
            )
        elif isinstance(rows, EntityRows):
            entity = rows.rows[event.row][0]
            self.app.push_screen(TextScreen("name", self._detail(event.row), name_copy(entity)))

    # -- actions

    def action_switch_view(self) -> None:
        """Sentences or names."""
        self.view = "names" if self.view == "sentences" else "sentences"
        self.refind()

    def action_front(self) -> None:
        """The next language becomes the first column."""
        self.front += 1
        self.query_one(FrameTable).first_column = 0
        self.refind()

    def action_filter(self, prefix: str = "") -> None:
        """Open the filter line with the filter as it is."""
        line = self.query_one("#filter", Input)
        line.add_class("open")
        text = str(self.filter)
        line.value = f"{text} {prefix}".strip() if prefix and prefix not in text else text
        line.cursor_position = len(line.value)
        line.focus()

    @on(Input.Submitted, "#filter")
    def _submitted(self, event: Input.Submitted) -> None:
        try:
            self.filter = parse_filter(event.value)
        except NerspaceError as error:
            self.explorer.tell(str(error), "warning")
            return
        self._close_filter()
        self.query_one(FrameTable).cursor = 0
        self.refind()

    def _close_filter(self) -> None:
        self.query_one("#filter").remove_class("open")
        self.query_one(FrameTable).focus()

    def action_clear(self) -> None:
        """Leave the filter line; in the table, clear the filter."""
        if self.query_one("#filter").has_class("open"):
            self._close_filter()
        elif self.filter != Filter():
            self.filter = Filter()
            self.refind()

    async def action_tokens(self) -> None:
        """See how the name of the row is cut."""
        rows, row = self.found.rows if self.found else None, self.query_one(FrameTable).cursor
        if rows is None or not len(rows):
            return
        entity = rows.rows[row][0] if isinstance(rows, EntityRows) else rows.cell(row)[2]  # type: ignore[union-attr]
        await self.explorer.action_room("tokens")
        self.explorer.room.open_entity(entity.id)  # type: ignore[attr-defined]

    def refresh_data(self) -> None:
        """Read the corpus again."""
        self.session.forget_corpus()
        self.refind()

    def shown(self) -> Shown | None:
        """The rows that the filter keeps."""
        if self.found is None:
            return None
        columns = _SENTENCE_COLUMNS if self.view == "sentences" else _ENTITY_COLUMNS
        return Shown(self.view, self.found.rows, columns)

    def copied(self) -> str:
        """The row under the cursor."""
        return self.query_one(FrameTable).copied()
