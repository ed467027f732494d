"""Data: sentences and names of the corpus; where they are parallel, the languages side by side."""

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input, Static

from nerspace.datasets.spelling import folded
from nerspace.engine.errors import NerspaceError
from nerspace.tui.actions import bindings
from nerspace.tui.explorer.data.model import Found, find, name_at
from nerspace.tui.explorer.data.parallel import EntityRows, SentenceRows
from nerspace.tui.explorer.data.tagged import TaggedIndex, TaggedNameRows, TaggedRows
from nerspace.tui.explorer.data.text import (
    name_copy,
    name_detail,
    sentence_copy,
    sentence_detail,
    tagged_copy,
    tagged_detail,
)
from nerspace.tui.explorer.list_window import ListWindow
from nerspace.tui.explorer.messages import Name, OpenCorpus, ShowSubwords
from nerspace.tui.explorer.screen import ExplorerScreen
from nerspace.tui.filters import FIELDS, Filter, parse_filter, parse_typed_filter
from nerspace.tui.literal import fit, literal
from nerspace.tui.query import Term, parse
from nerspace.tui.state import saved_choice
from nerspace.tui.widgets.frame_table import FrameTable
from nerspace.tui.widgets.line_input import LineInput
from nerspace.tui.widgets.modals import TYPING_SECONDS, TextWindow
from nerspace.tui.widgets.rows import NoRows, Shown

if TYPE_CHECKING:
    import pandas as pd


_DETAIL_HEIGHT = 34

_SENTENCE_COLUMNS = {
    "context": "context id", "entity": "entity id", "type": "PER, LOC or ORG", "case": "case of the slot",
    "language codes": "the sentence in that language",
}  # fmt: skip
_ENTITY_COLUMNS = {
    "entity": "entity id", "type": "PER, LOC or ORG", "gender": "m or f for persons", "case": "case of the forms",
    "language codes": "the form in that language",
}  # fmt: skip
_TAGGED_COLUMNS = {
    "number": "place in the corpus, from 1", "split": "split that it came in", "language": "code; und if unknown",
    "type": "the only type of its names, mixed for several", "text": "the sentence",
    "tags": "IOB2 tags of its words, in the export alone",
}  # fmt: skip
_TAGGED_NAME_COLUMNS = {
    "name": "the words of the name", "type": "its type", "language": "code; und if unknown",
    "count": "how often it is tagged so",
}  # fmt: skip
_DROPPED_COLUMNS = {
    "file": "path inside the corpus", "line": "of the row in its file; 0 for the whole file",
    "language": "the language that was left out, or empty for the whole row", "reason": "why", "text": "its beginning",
}  # fmt: skip


class DataScreen(ExplorerScreen):
    """Sentences or names; `t` switches, `/` and `f` filter, enter inspects, `c` opens another corpus."""

    BINDINGS = bindings("data")

    def __init__(self, id: str) -> None:
        super().__init__(id)
        self.view = "sentences"
        self.filter = Filter()
        self.found: Found | None = None
        self.front = 0
        self._detail_lines = 0
        self._recalled: Mapping[str, Any] = {}
        self._before = Filter()
        self._pause: Timer | None = None

    def compose(self) -> ComposeResult:
        """Caption, filter line, table, and the row in full where it fits."""
        yield Static(Text("Reading the corpus …"), id="data-caption", classes="caption", markup=False)
        yield Static(id="data-corpus", classes="caption", markup=False)
        yield LineInput(
            placeholder="words  type:PER  -type:LOC  lang:be,ru  len>1  identical:no  case:locative", id="filter"
        )
        yield Static(id="data-problem", markup=False)
        yield FrameTable(id="data-table", empty="Reading the corpus …")
        yield Static(id="detail", markup=False)

    def on_mount(self) -> None:
        """Read the corpus behind the first paint."""
        if self._recalled.get("corpus") == self.session.corpus_name:
            with suppress(NerspaceError):
                self.filter = parse_filter(str(self._recalled.get("filter", "")))
            front = self._recalled.get("front")
            self.front = front if isinstance(front, int) else 0
        self._report_loading()
        self.call_after_refresh(self.refind)

    def focus_target(self) -> Widget | None:
        """The table."""
        return self.query_one(FrameTable)

    def remembered(self) -> dict[str, Any]:
        """View and filter, and the corpus that they belong to."""
        return {
            "corpus": self.session.corpus_name, "view": self.view, "filter": str(self.filter), "front": self.front,
        }  # fmt: skip

    def recall(self, saved: Mapping[str, Any]) -> None:
        """The view, and the filter if it can still be read; the screen asks for the corpus when it is mounted."""
        self.view = saved_choice(saved, "view", ("sentences", "names"), self.view)
        self._recalled = saved

    def on_resize(self, event: events.Resize) -> None:
        """The row in full needs a high terminal."""
        self.query_one("#detail").set_class(event.size.height >= _DETAIL_HEIGHT, "wide")
        self._show_detail()

    # -- finding

    def refind(self) -> None:
        """Apply the filter to the view, in a thread."""
        view, chosen, front, before = self.view, self.filter, self.front, self.found
        self.load(
            lambda: find(self.session.opened(), view, chosen, front, before), self.show_found, self._no_corpus,
            awaited=before is None,
        )  # fmt: skip

    def show_found(self, found: Found) -> None:
        """Show what the filter leaves."""
        same = self.found is not None and type(self.found.rows) is type(found.rows)
        table = self.query_one(FrameTable)
        self.found = found
        if not same:
            self._detail_lines = 0
        self.query_one("#data-problem").remove_class("open")
        empty = literal(found.note) or self._nothing_left()
        table.show(found.rows, table.row if same else None, empty, found.widths)
        self._show_caption(found)
        self._show_detail()

    def _nothing_left(self) -> str:
        """What to say where the filter leaves no row; what is still typed may be the name of a field."""
        line = self.query_one("#filter", Input)
        if not line.display:
            return "No row holds that. esc clears the filter."
        words = line.value.split()
        fields = [f"{field}:" for field in FIELDS if words and field.startswith(words[-1].lstrip("-").lower())]
        return f"No row holds that so far; {' or '.join(fields)} …" if fields else "No row holds that so far."

    def _show_caption(self, found: Found) -> None:
        index, left = found.opened.index, len(found.rows)
        caption = Text(no_wrap=True, overflow="ellipsis")
        caption.append("Sentences" if self.view == "sentences" else "Names", "bold")
        shown = f"{left:,}" if left == found.total else f"{left:,} of {found.total:,}"
        spoken = len(index.corpus.languages)
        between = " in " if isinstance(index, TaggedIndex) else "  ×  "
        caption.append(f"  {shown}{between}{spoken} language{'s' if spoken != 1 else ''}")
        # What is typed, not the values that its end may still become.
        line = self.query_one("#filter", Input)
        if asked := line.value.strip() if line.display else str(self.filter):
            caption.append("  ·  ").append(literal(asked), "bold reverse")
        self.query_one("#data-caption", Static).update(caption, layout=False)
        about = Text(no_wrap=True, overflow="ellipsis")
        about.append(fit(name := literal(index.corpus.name), min(len(name), 30)), "bold")
        about.append(f" · {index.kind} · ", "dim")
        if note := self.session.corpus_note:
            about.append(fit(literal(note), min(len(note), 60))).append(" · ", "dim")
        if left_out := len(index.corpus.dropped):
            about.append(f"{left_out:,} row{'s' if left_out != 1 else ''} left out – d", "bold").append(" · ", "dim")
        about.append(literal(index.facts), "dim")
        self.query_one("#data-corpus", Static).update(about, layout=False)

    def _report_loading(self) -> None:
        self.query_one("#data-caption", Static).update(Text(f"Reading {literal(self.session.corpus_name)} …"))

    def _no_corpus(self, error: NerspaceError) -> None:
        """Say in place what cannot be read, and how to go on."""
        self.found = None
        self.query_one("#data-caption", Static).update(Text("No corpus", "bold"))
        self.query_one("#data-corpus", Static).update(Text(literal(self.session.corpus_name), "dim", no_wrap=True))
        problem = self.query_one("#data-problem", Static)
        problem.update(Text(literal(error)))
        problem.add_class("open")
        way_on = "c opens another corpus, r reads this one again."
        self.query_one(FrameTable).show(NoRows(), empty=way_on)
        self._show_detail()

    # -- the row under the cursor

    def _inspected(self, row: int, whole: bool = False) -> tuple[str, Text, str]:
        """A title, the row in full and what is copied of it; whole: in a window of its own."""
        rows = self.found.rows if self.found else NoRows()
        if self.found is None or not len(rows):
            return "", Text(), ""
        if isinstance(rows, SentenceRows):
            _, context, entity = rows.cell(row)
            texts = rows.corpus, context, entity
            return "sentence", sentence_detail(*texts), sentence_copy(*texts)
        if isinstance(rows, EntityRows):
            entity = rows.rows[row][0]
            return "name", name_detail(entity), name_copy(entity)
        if isinstance(rows, TaggedRows):
            sentence = rows.sentence(row)
            return "sentence", tagged_detail(sentence, rows.numbers[row] + 1, words=whole), tagged_copy(sentence)
        cells = "\n".join(str(cell) for cell in rows.cells(row))
        return "name", Text(cells), cells

    def _show_detail(self) -> None:
        detail = self.query_one("#detail", Static)
        if not detail.has_class("wide"):
            return
        text = self._inspected(self.query_one(FrameTable).row)[1]
        # A new height moves everything else, so the detail only ever grows while the rows are of one kind.
        lines = len(text.wrap(self.app.console, max(10, self.size.width - 2))) + 1
        grown = lines > self._detail_lines
        if grown:
            self._detail_lines = lines
            detail.styles.height = lines
        detail.update(text, layout=grown)

    @on(FrameTable.Moved)
    def _moved(self) -> None:
        self._show_detail()

    @on(FrameTable.Picked)
    def _picked(self, event: FrameTable.Picked) -> None:
        rows = self.found.rows if self.found else None
        if isinstance(rows, TaggedNameRows):
            self._show_uses(rows, event.row)
        elif rows is not None and len(rows):
            self.app.push_screen(TextWindow(*self._inspected(event.row, whole=True)))

    def _show_uses(self, rows: TaggedNameRows, row: int) -> None:
        """The sentences that hold a name, as a filter that can be read and changed."""
        name = rows.names[row]
        words = tuple(folded(name.text).split())
        self.filter = Filter((name.type.upper(),), (name.language,), (), self.filter.splits, words)
        self.view = "sentences"
        self.refind()

    # -- actions

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While a filter is typed, its keys are letters of it."""
        del parameters
        lines = self.query("#filter")
        return not (action == "filter" and lines and lines.first().display)

    def action_switch_view(self) -> None:
        """Sentences or names."""
        self.view = "names" if self.view == "sentences" else "sentences"
        # The first time, all names of a corpus are counted.
        self.query_one("#data-caption", Static).update(Text(f"{self.view.title()} …", "bold"), layout=False)
        self.refind()

    def action_front(self) -> None:
        """The next language becomes the first column."""
        self.front += 1
        self.query_one(FrameTable).first_column = 0
        self.refind()

    def action_filter(self) -> None:
        """Open the filter line with the filter as it is, selected."""
        line = self.query_one("#filter", LineInput)
        # It takes the place of a line, so that the table keeps its size and is not drawn anew.
        line.display = True
        self.query_one("#data-corpus").display = False
        self._before = self.filter
        line.value = str(self.filter)
        line.begin()

    @on(Input.Changed, "#filter")
    def _typed(self) -> None:
        """Filter by what is typed, a moment after the last key."""
        if self._pause is not None:
            self._pause.stop()
        self._pause = self.set_timer(TYPING_SECONDS, self._apply_typed)

    def _apply_typed(self) -> None:
        line = self.query_one("#filter", Input)
        if not line.display:
            return
        try:
            typed = parse_typed_filter(line.value, self.found.opened.index.known if self.found else {})
        except NerspaceError as error:
            self.query_one("#data-caption", Static).update(Text(literal(error), "bold", no_wrap=True), layout=False)
            return
        if typed != self.filter:
            self.filter = typed
            self.refind()
        elif self.found is not None:
            self._show_caption(self.found)

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

    @on(FrameTable.ValuesChosen)
    def _values_chosen(self, event: FrameTable.ValuesChosen) -> None:
        """Keep the rows with values that were chosen; a form is looked for as it is written."""
        event.stop()
        terms = tuple(
            Term((folded(term.values[0]),)) if self._is_language(term.field) and len(term.values) == 1 else term
            for term in event.terms
        )
        try:
            self.filter = parse_filter(str(parse(str(self.filter)).about(terms)))
        except NerspaceError as error:
            self.explorer.tell(str(error), "warning")
        else:
            self.refind()

    def _is_language(self, field: str) -> bool:
        return self.found is not None and field in self.found.opened.index.corpus.languages

    def _close_filter(self) -> None:
        if self._pause is not None:
            self._pause.stop()
        self.query_one("#filter").display = False
        self.query_one("#data-corpus").display = True
        self.screen.set_focus(self.query_one(FrameTable))

    def action_clear(self) -> None:
        """Leave the filter line, and the filter as it was; in the table, clear the filter."""
        if self.query_one("#filter").display:
            self._close_filter()
            if self.filter != self._before:
                self.filter = self._before
                self.refind()
            elif self.found is not None:
                self._show_caption(self.found)
        elif self.filter != Filter():
            self.filter = Filter()
            self.refind()

    def action_tokens(self) -> None:
        """See how the name of the row is cut."""
        if (name := self.name_here()) is not None:
            self.app.post_message(ShowSubwords(name))

    def action_corpus(self) -> None:
        """Open another corpus."""
        self.app.post_message(OpenCorpus())

    def corpus_changed(self) -> None:
        """Show another corpus from its first row, unfiltered."""
        self.filter, self.front, self.found = Filter(), 0, None
        table = self.query_one(FrameTable)
        table.first_column = 0
        self._report_loading()
        self.refind()

    def action_dropped(self) -> None:
        """List what the readers left out."""
        if self.found is None:
            return
        corpus = self.found.opened.index.corpus
        if not corpus.dropped:
            self.explorer.tell(f"Nothing was left out of {corpus.name}.")
            return

        def table() -> "pd.DataFrame":
            from nerspace.datasets.dropped import dropped_table

            return dropped_table(corpus)

        self.load(table, self.show_dropped, awaited=True)

    def show_dropped(self, frame: "pd.DataFrame") -> None:
        """Show the list; enter shows a row whole."""

        def whole(row: int) -> TextWindow:
            values = [str(value) for value in frame.iloc[row]]
            lines = (f"{name:<9}{literal(value)}" for name, value in zip(frame.columns, values, strict=True))
            return TextWindow("left out", Text("\n".join(lines)), "\t".join(values))

        title = f"{len(frame):,} left out"
        self.app.push_screen(ListWindow(title, "dropped", frame, _DROPPED_COLUMNS, "Nothing was left out.", whole))

    def refresh_data(self) -> None:
        """Read the corpus again."""
        self.session.forget_corpus()
        self._report_loading()
        self.refind()

    def shown(self) -> Shown | None:
        """The rows that the filter leaves."""
        if self.found is None:
            return None
        tagged, sentences = isinstance(self.found.opened.index, TaggedIndex), self.view == "sentences"
        if tagged:
            columns = _TAGGED_COLUMNS if sentences else _TAGGED_NAME_COLUMNS
        else:
            columns = _SENTENCE_COLUMNS if sentences else _ENTITY_COLUMNS
        note = f"filter {self.filter}" if str(self.filter) else ""
        return Shown(self.view, self.found.rows, columns, note, {"run": None})

    def name_here(self) -> Name | None:
        """The name of the row."""
        return name_at(self.found.rows if self.found else NoRows(), self.query_one(FrameTable).row)

    def copied(self) -> str:
        """The row under the cursor."""
        return self.query_one(FrameTable).copied()
