"""Tokens: how the tokenizer cuts any name that is typed, and the forms of the names of the corpus."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.widget import Widget
from textual.widgets import Input, Static

from nerspace.datasets.records import Entity
from nerspace.engine.errors import NerspaceError
from nerspace.tui.actions import bindings
from nerspace.tui.colours import language_order
from nerspace.tui.explorer.data.text import name_copy, name_detail
from nerspace.tui.explorer.messages import Name
from nerspace.tui.explorer.screen import ExplorerScreen
from nerspace.tui.explorer.session import Names
from nerspace.tui.explorer.tokens.model import NameRows, Typed, case_of, cut_forms, cut_typed, cuts_shown
from nerspace.tui.literal import literal
from nerspace.tui.widgets.frame_table import FrameTable
from nerspace.tui.widgets.line_input import LineInput
from nerspace.tui.widgets.modals import TextWindow
from nerspace.tui.widgets.pieces import Cut, blocks, pieces_text, shared_pieces
from nerspace.tui.widgets.rows import NoRows, Shown

if TYPE_CHECKING:
    from nerspace.datasets.synthetic import SyntheticNER


class TokensScreen(ExplorerScreen):
    """An input on top, the names on the left, the pieces of the chosen name on the right."""

    BINDINGS = bindings("tokens")

    def __init__(self, id: str) -> None:
        super().__init__(id)
        self.corpus: SyntheticNER | None = None
        self.reference = "en"
        self.case = "nominative"
        self.entity: Entity | None = None
        self.cuts: list[Cut] = []
        self._wanted = Name("")
        self._note = ""
        self._apart = False
        self.listed: Sequence[Entity] = ()

    def compose(self) -> ComposeResult:
        """Input, its cut, names and pieces."""
        yield LineInput(placeholder="type any name: its cut is shown at once  ( / )", id="typed")
        yield Static(id="cut", markup=False)
        with Horizontal(id="tokens-body"):
            yield FrameTable(id="names", empty="Reading the corpus …")
            with VerticalScroll(id="pieces-scroll", can_focus=False):
                yield Static(Text("Reading the tokenizer …", "dim"), id="pieces", markup=False)

    def on_mount(self) -> None:
        """Read corpus and tokenizer."""
        self._show_idle()
        self.load(self.session.names, self.show_corpus, self._no_corpus, awaited=True)

    def _show_idle(self) -> None:
        """Before anything is typed: the tokenizer, and where the names come from if not from the open corpus."""
        parts = [f"tokenizer {self.session.model_name}", *([self._note] if self._note else [])]
        self.query_one("#cut", Static).update(Text(literal(" · ".join(parts)), "dim"))

    def focus_target(self) -> Widget | None:
        """The names."""
        return self.query_one(FrameTable)

    def on_resize(self, event: events.Resize) -> None:
        """Names take a third, the pieces the rest."""
        self.query_one("#names").styles.width = max(24, min(46, event.size.width // 3))
        if self.cuts:
            self.call_after_refresh(self._draw)

    def refresh_data(self) -> None:
        """Read the corpus again."""
        self.session.forget_corpus()
        self.corpus_changed()

    def corpus_changed(self) -> None:
        """List the names of another corpus."""
        self.load(self.session.names, self.show_corpus, self._no_corpus, awaited=True)

    def show_corpus(self, found: Names) -> None:
        """List the names."""
        corpus, self._note, self._apart = found
        self.corpus = corpus
        if not self.query_one("#typed", Input).value.strip():
            self._show_idle()
        if self.reference not in corpus.languages:
            self.reference = corpus.languages[0]
        self._list()
        if self._wanted.entity:
            self.show_name(self._wanted)

    def _list(self, row: int | None = None) -> None:
        """Show the names; of those that stand in one language each, those of the chosen one."""
        entities = self.corpus.entities if self.corpus is not None else ()
        if self._apart:
            entities = tuple(e for e in entities if self.reference in e.forms["nominative"])
        self.listed = entities
        self.query_one(FrameTable).show(NameRows(entities, self.reference), row)

    def _no_corpus(self, error: NerspaceError) -> None:
        self.query_one(FrameTable).show(NoRows(), empty="No corpus.")
        self.failed(error)

    def failed(self, error: NerspaceError) -> None:
        """Say in place too what is missing."""
        super().failed(error)
        self.query_one("#pieces", Static).update(Text(literal(error)))

    def show_name(self, name: Name) -> None:
        """Put the cursor on a name; one that is not listed is cut as if it were typed."""
        if not name.entity:
            self.query_one("#typed", Input).value = name.form
            return
        self._wanted = name
        if self.corpus is not None:
            entity = self.corpus.entity_by_id.get(name.entity)
            if entity is None and name.form:
                self.query_one("#typed", Input).value = name.form
            if entity is not None and self._apart:
                self.reference = next(iter(entity.forms["nominative"]))
                self._list()
            ids = [entity.id for entity in self.listed]
            if name.entity in ids:
                self.query_one(FrameTable).go(ids.index(name.entity))
            self._wanted = Name("")

    # -- the chosen name

    @on(FrameTable.Moved)
    def _moved(self, event: FrameTable.Moved) -> None:
        if event.row < len(self.listed):
            self.entity = self.listed[event.row]
            self.cut_entity()

    @on(FrameTable.Picked)
    def _picked(self) -> None:
        if self.entity is not None:
            self.app.push_screen(TextWindow("name", name_detail(self.entity), name_copy(self.entity)))

    def cut_entity(self) -> None:
        """Cut every form of the chosen name, in a thread."""
        entity, reference, corpus = self.entity, self.reference, self.corpus
        if entity is None or corpus is None:
            return
        forms = entity.forms[case_of(entity, self.case)]
        self.load(lambda: cut_forms(self.session, corpus, forms, reference), self.show_cuts)

    def show_cuts(self, cuts: list[Cut]) -> None:
        """Draw the pieces, and what is typed beside them."""
        self.cuts = cuts
        self._draw()
        if self.query_one("#typed", Input).value.strip():
            self.cut_typed()

    def _draw(self) -> None:
        if self.entity is None:
            return
        scroll = self.query_one("#pieces-scroll")
        case, text = case_of(self.entity, self.case), Text()
        text.append(literal(self.entity.forms[case].get(self.reference, self.entity.id)), "bold")
        text.append(f"  {literal(self.entity.type)} · {literal(case)}", "dim")
        text.append(f" · {literal(self.entity.id)}\n" if self.size.width >= 100 else "\n", "dim")
        text.append_text(pieces_text(self.cuts, self.reference, scroll.size.width - 3, self.app.no_color))
        self.query_one("#pieces", Static).update(text)

    # -- the typed name

    @on(Input.Changed, "#typed")
    def cut_typed(self) -> None:
        """Cut what is typed, in a thread."""
        typed, about = self.query_one("#typed", Input).value, self._about()
        self.load(lambda: cut_typed(self.session, typed, about), self.show_typed)

    def _about(self) -> str:
        """The form of the chosen name that distances are taken to."""
        return next((cut.form for cut in self.cuts if cut.language == self.reference), "")

    def show_typed(self, typed: Typed) -> None:
        """Show the cut of what was typed, its pieces marked like those of the chosen name, and its distance to that."""
        if not typed.text.strip():
            self._show_idle()
            return
        line = Text()
        line.append(f"{len(typed.pieces)} piece{'s' if len(typed.pieces) != 1 else ''}  ", "bold")
        for block in blocks(typed.pieces, shared_pieces(self.cuts), self.app.no_color):
            line.append_text(block).append(" ")
        if typed.distance is not None:
            line.append(f"  TNLD {typed.distance:z.2f} to {literal(self._about())}", "dim")
        if self.corpus is not None and self.corpus.named(typed.text.strip()):
            line.append("  enter goes to this name", "dim")
        self.query_one("#cut", Static).update(line)

    @on(Input.Submitted, "#typed")
    def _submitted(self, event: Input.Submitted) -> None:
        if self.corpus is not None and (known := self.corpus.named(event.value.strip())):
            self.show_name(Name(known[0].id))
        self.screen.set_focus(self.query_one(FrameTable))

    # -- actions

    def action_type(self) -> None:
        """To the input."""
        self.query_one("#typed", LineInput).begin()

    def action_scroll(self, lines: int) -> None:
        """Some lines of the pieces on: a long name in many languages is higher than the screen."""
        self.query_one("#pieces-scroll").scroll_relative(y=lines, animate=False)

    def action_leave(self) -> None:
        """Back to the names."""
        self.screen.set_focus(self.query_one(FrameTable))

    def action_reference(self) -> None:
        """Compare to the next language."""
        if self.corpus is not None:
            codes = language_order(self.corpus.languages)
            self.reference = codes[(codes.index(self.reference) + 1) % len(codes)]
            self._list(0 if self._apart else self.query_one(FrameTable).row)

    def action_case(self) -> None:
        """The next case that the name has."""
        if self.entity is not None:
            cases = list(self.entity.forms)
            if len(cases) == 1:
                self.explorer.tell(f"This name has the {cases[0]} alone.")
                return
            self.case = cases[(cases.index(self.case) + 1) % len(cases)] if self.case in cases else cases[0]
            self.cut_entity()

    def shown(self) -> Shown | None:
        """The pieces of the chosen name."""
        if self.entity is None or not self.cuts:
            return None
        return cuts_shown(self.entity, case_of(self.entity, self.case), self.reference, self.cuts)

    def name_here(self) -> Name | None:
        """The chosen name."""
        return Name(self.entity.id) if self.entity is not None else None

    def copied(self) -> str:
        """The forms and pieces of the chosen name."""
        return "\n".join(f"{cut.language}\t{cut.form}\t{' '.join(cut.pieces)}" for cut in self.cuts)
