"""Entity: one name in all languages, with everything that is known of it; `i` leads here from everywhere."""

from typing import TYPE_CHECKING, TypeVar

from rich.cells import cell_len
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Input, Static

from nerspace.engine.errors import NerspaceError
from nerspace.engine.reading.client import NameRead, Progress
from nerspace.engine.reading.tables import tally
from nerspace.engine.runs import Run
from nerspace.engine.tables.index import CATALOGUE
from nerspace.tui.actions import bindings
from nerspace.tui.colours import HIGHLIGHT, language_name
from nerspace.tui.explorer.causes import changed_frame
from nerspace.tui.explorer.data.text import name_copy, name_detail
from nerspace.tui.explorer.entity.card import Card, CardWindow, read_card
from nerspace.tui.explorer.entity.contexts_window import ContextsWindow
from nerspace.tui.explorer.entity.model import ALIKE, NEAR, PREDICTED, EntityView, FormRows, read_entity, read_near
from nerspace.tui.explorer.entity.names import matching_names, names_of
from nerspace.tui.explorer.entity.reading import Reading
from nerspace.tui.explorer.entity.swapping import start_counterfactuals, swap_frame
from nerspace.tui.explorer.entity.text import why
from nerspace.tui.explorer.list_window import ListWindow
from nerspace.tui.explorer.messages import Name, ShowPoints, ShowSubwords
from nerspace.tui.explorer.screen import ExplorerScreen
from nerspace.tui.explorer.sentences import WrongRows, word_by_word
from nerspace.tui.literal import literal, safe_name
from nerspace.tui.widgets.frame_table import FrameTable
from nerspace.tui.widgets.line_input import LineInput
from nerspace.tui.widgets.modals import ConfirmWindow, TextWindow
from nerspace.tui.widgets.rows import FrameRows, NoRows, Shown

if TYPE_CHECKING:
    import pandas as pd

Opened = TypeVar("Opened", ContextsWindow, CardWindow)

_MEANINGS = {**CATALOGUE["sentences"].meanings, **CATALOGUE["predictions"].meanings, **CATALOGUE["nearest"].meanings}
_FORMS = {
    "entity": "entity id", **CATALOGUE["pieces"].meanings, "tnld": "TNLD to the reference language",
    "before 0, after 12 …": "mean cosine to the reference language in the same contexts, by stage and layer",
    "en …": "verdicts of the model fine-tuned on that language, a sign for each test sentence or how many are wrong",
    "reference": "language that TNLD and cosines compare to",
}  # fmt: skip
_PREDICTED = {
    **_MEANINGS,
    "verdict": "✓ where all tags are right, ✗ where any is wrong; those of the name alone where others stand beside it",
}
_PARTS = {"predicted": "predictions", "near": "nearest neighbours", "alike": "share its English form"}
_ALL_PARTS_WIDTH = 150


class EntityScreen(ExplorerScreen):
    """The forms on top; below, its predictions, its neighbours, and names of the same spelling."""

    BINDINGS = bindings("entity")

    def __init__(self, id: str) -> None:
        super().__init__(id)
        self.about = ""
        self.reference = "en"
        self.view: EntityView | None = None
        self.near: pd.DataFrame | None = None
        self.part = "predicted"
        self.names: list[tuple[str, str]] = []
        self.found: list[str] = []
        self._wanted = Name("")
        # The name that the models are reading, and how far they are.
        self.reading = ""
        self.progress = ""

    def compose(self) -> ComposeResult:
        """Title, forms, why, and the three tables."""
        yield Static(Text("Reading the names …"), id="entity-title", classes="caption", markup=False)
        yield LineInput(placeholder="part of a name or id", id="entity-find")
        yield FrameTable(id="forms")
        yield Static(id="entity-why", markup=False)
        yield Static(id="entity-reading", classes="caption", markup=False)
        with Horizontal(id="entity-parts"):
            for part in _PARTS:
                with Vertical(id=f"{part}-part", classes="part"):
                    yield Static(id=f"{part}-caption", classes="caption", markup=False)
                    yield FrameTable(id=part)

    def on_mount(self) -> None:
        """Read the names."""
        self.load(lambda: names_of(self.session), self.show_names, self._nothing, awaited=True)

    def focus_target(self) -> Widget | None:
        """The forms."""
        return self.query_one("#forms")

    def on_resize(self) -> None:
        """All tables side by side need width, all forms height."""
        self._arrange()

    def _arrange(self) -> None:
        # What is loaded before the first layout knows no height; that layout comes with a resize.
        if self.view is not None and self.size.height:
            height = min(len(self.view.forms) + 1, max(4, self.size.height - 9))
            self.query_one("#forms").styles.height = height
            self._show_title(self.view)
            self._show_why(self.view)
        for part in _PARTS:
            self.query_one(f"#{part}-part").display = self.size.width >= _ALL_PARTS_WIDTH or part == self.part

    # -- which name

    def show_names(self, names: list[tuple[str, str]]) -> None:
        """Show the name that was requested, else the first."""
        self.names = names
        if self.about not in dict(names):
            self.about = names[0][0] if names else ""
        wanted = self._wanted.entity or self._wanted.otherwise
        self.show_name(self._wanted if wanted else Name(self.about))

    def show_name(self, name: Name) -> None:
        """Show another name, the cursor on its language."""
        self._wanted = name
        if name.entity or name.otherwise:
            if name.entity != self.about and not self.reading:
                self._say("")
            self.about = name.entity
            self._read()

    def _read(self) -> None:
        about, reference, otherwise = self.about, self.reference, self._wanted.otherwise
        if about or otherwise:
            read = lambda: read_entity(self.session, about, reference, otherwise)  # noqa: E731
            self.load(read, self.show_view, self._nothing, awaited=True)

    def run_changed(self) -> None:
        """Another run knows other things."""
        self.load(lambda: names_of(self.session), self.show_names, self._nothing, awaited=True)

    def corpus_changed(self) -> None:
        """Another corpus has other names."""
        self.run_changed()

    def _nothing(self, error: NerspaceError) -> None:
        """Say in place what is missing."""
        self.view = None
        self.query_one("#entity-title", Static).update(Text(literal(self.about), "bold"))
        self.query_one("#entity-why", Static).update(Text(literal(error)))
        for table in self.query(FrameTable):
            table.show(NoRows(), empty="")

    def show_view(self, view: EntityView) -> None:
        """Fill the tables."""
        self.view, self.reference, self.about = view, view.reference, view.entity
        forms = self.query_one("#forms", FrameTable)
        codes = view.forms["language"].tolist()
        cursor = codes.index(self._wanted.language) if self._wanted.language in codes else min(
            forms.row, len(codes) - 1)  # fmt: skip
        self._wanted = Name("")
        forms.show(FormRows(view, self.app.no_color), cursor)
        self._show_part(
            "predicted", view.predicted, "No prediction of this name: it is in no test sentence of the run."
        )
        self._show_part("alike", view.alike, "No other type has a name that is spelt like this in English.")
        self._arrange()

    def _show_title(self, view: EntityView) -> None:
        """The name and what it is compared to, and between them as much about it as there is room for."""
        compared = f"  compared to {view.reference} {language_name(view.reference)}  (c)"
        kind, case, id = literal(view.type), literal(view.case), literal(view.entity)
        free = self.size.width - 2 - cell_len(literal(view.title)) - len(compared)
        about = next((form for form in (f"  {kind} · {case} · {id}", f"  {kind} · {id}") if cell_len(form) <= free), "")
        title = Text(no_wrap=True, overflow="ellipsis").append(literal(view.title), HIGHLIGHT)
        title.append(about or f"  {kind}", "dim").append(compared)
        self.query_one("#entity-title", Static).update(title)

    def _show_part(self, part: str, frame: "pd.DataFrame", empty: str) -> None:
        table = self.query_one(f"#{part}", FrameTable)
        rows = WrongRows(frame, fixed=2) if part == "predicted" else FrameRows(frame, fixed=3 if part == "near" else 2)
        table.show(rows if len(frame) else NoRows(), empty=empty)
        others = "" if self.size.width >= _ALL_PARTS_WIDTH else "   tab: the next table"
        caption = Text(f"{_PARTS[part]}  {len(frame)}", "bold", no_wrap=True).append(others, "dim")
        self.query_one(f"#{part}-caption", Static).update(caption)

    # -- the language under the cursor

    @property
    def language(self) -> str:
        """The language under the cursor."""
        if self.view is None:
            return ""
        return str(self.view.forms["language"].iloc[min(self.query_one("#forms", FrameTable).row,
                                                        len(self.view.forms) - 1)])  # fmt: skip

    @on(FrameTable.Moved, "#forms")
    def _moved(self) -> None:
        if (view := self.view) is None:
            return
        self._show_why(view)
        about, language = view.entity, self.language
        places = (view.predicted["language"] == language).to_numpy().nonzero()[0]
        if len(places):
            self.query_one("#predicted", FrameTable).go(int(places[0]))
        if view.siblings is None:
            self.near = None
            self.query_one("#near", FrameTable).show(NoRows(), empty=view.why_no_vectors)
            return
        self.load(lambda: (language, read_near(self.session, about, language)), self.show_near, self._no_near)

    def _show_why(self, view: EntityView) -> None:
        # What is loaded before the first layout knows no width.
        if self.size.width:
            self.query_one("#entity-why", Static).update(why(view, self.language, self.size.width - 2))

    def show_near(self, found: "tuple[str, pd.DataFrame]") -> None:
        """List the neighbours of the form under the cursor."""
        language, self.near = found
        self._show_part("near", self.near, f"The run has no point of this name in {language_name(language)}.")

    def _no_near(self, error: NerspaceError) -> None:
        self.query_one("#near", FrameTable).show(NoRows(), empty=literal(error))

    @on(FrameTable.Picked)
    def _picked(self, event: FrameTable.Picked) -> None:
        if self.view is None:
            return
        match event.table.id:
            case "predicted":
                self.app.push_screen(word_by_word(self.view.predicted.iloc[event.row]))
            case "near" if self.near is not None:
                row = self.near.iloc[event.row]
                self.show_name(Name(str(row["entity"]), str(row["language"])))
            case "alike":
                self.show_name(Name(str(self.view.alike["entity"].iloc[event.row]), self.language))
            case "forms":
                self.load(self._detail, self._open, awaited=True)

    def _detail(self) -> TextWindow:
        entity = self.session.entity(self.about)
        if entity is None:
            raise NerspaceError("The corpus that is open does not have this name.", "c in Data opens another.")
        return TextWindow("name", name_detail(entity), name_copy(entity))

    def _open(self, window: TextWindow) -> None:
        self.app.push_screen(window)

    # -- actions

    def action_reference(self) -> None:
        """Compare to the language under the cursor."""
        if self.view is None:
            return
        if self.language == self.reference:
            self.explorer.tell("Move to another language first: c compares to the one under the cursor.")
            return
        self.reference = self.language
        self._read()

    def action_next_part(self) -> None:
        """To the next table."""
        stops = ["forms", *_PARTS]
        focused = self.app.focused
        at = stops.index(focused.id) if focused is not None and focused.id in stops else 0
        following = stops[(at + 1) % len(stops)]
        if following != "forms":
            self.part = following
            self._arrange()
        self.screen.set_focus(self.query_one(f"#{following}"))

    def action_back(self) -> None:
        """From the find line or a table below back to the forms."""
        self.query_one("#entity-find").remove_class("open")
        self.screen.set_focus(self.query_one("#forms"))

    def action_find(self) -> None:
        """Open the find line."""
        line = self.query_one("#entity-find", LineInput)
        line.add_class("open")
        line.value = ""
        line.begin()

    @on(Input.Submitted, "#entity-find")
    def _find(self, event: Input.Submitted) -> None:
        wanted = event.value.strip()
        self.action_back()
        if wanted:
            # Who types fast is here before the names are.
            self.load(
                lambda: matching_names(self.session, self.names or names_of(self.session), wanted),
                self.show_matches,
                awaited=True,
            )

    def show_matches(self, found: list[str]) -> None:
        """Show the first of them."""
        self.found = found
        if found:
            self.explorer.tell(f"{len(found):,} name{'s' if len(found) != 1 else ''}; n goes to the next")
            self.show_name(Name(found[0], self.language))
        else:
            self.explorer.tell("No name of corpus or run holds that.", "warning")

    def action_next_name(self, step: int) -> None:
        """To the next name that was found, else the next of all."""
        ids = self.found or [id for id, _ in self.names]
        if ids:
            place = ids.index(self.about) if self.about in ids else -step
            self.show_name(Name(ids[(place + step) % len(ids)], self.language))

    def action_swap(self) -> None:
        """The name in contexts of every type."""
        if self.view is None:
            return
        about, language = self.about, self.language
        self.load(lambda: (language, swap_frame(self.session, about, language)), self.show_swaps, awaited=True)

    def show_swaps(self, found: "tuple[str, pd.DataFrame]") -> None:
        """List the sentences, or show in the list what has been read since."""
        language, frame = found
        if (opened := self._opened(ContextsWindow)) is not None:
            if (opened.entity, opened.language) == (self.about, language):
                opened.fill(frame, self.progress)
            return
        title = f"{literal(self.view.title if self.view else self.about)} in other contexts, {language_name(language)}"
        self.app.push_screen(ContextsWindow(title, self.about, language, frame, self.action_read))

    # -- reading on demand

    def action_read(self) -> None:
        """Have the run's models read the name in test contexts of every type."""
        if self.reading:
            self.explorer.tell(f"The models are reading {literal(self.reading)}; w lists what is read.")
        elif self.view is not None:
            self._start_reading(self.view, (), False)

    def _start_reading(self, view: EntityView, languages: tuple[str, ...], crossed: bool) -> None:
        about, self.reading = view.entity, view.title
        self._tell_progress("The run's models start …")

        def told(progress: Progress) -> None:
            self.post_message(Reading(progress))

        read = lambda: self.session.read_name(about, languages, crossed, told)  # noqa: E731
        self.load(read, self.show_read, self._not_read)

    def on_reading(self, message: Reading) -> None:
        """How far the models are."""
        message.stop()
        if self.reading:
            self._tell_progress(message.text(literal(self.reading)))

    def _opened(self, kind: type[Opened]) -> Opened | None:
        """The window of that kind over the screen, also where another one, such as that of an export, lies over it."""
        return next((window for window in self.app.screen_stack if isinstance(window, kind)), None)

    def _tell_progress(self, text: str) -> None:
        self.progress = text
        self._say(text)
        if (contexts := self._opened(ContextsWindow)) is not None:
            contexts.tell(text)
        elif text and (card := self._opened(CardWindow)) is not None:
            card.show(card.card, text)

    def _say(self, text: str) -> None:
        """In a line of its own, until another name is shown."""
        line = self.query_one("#entity-reading", Static)
        line.update(Text(text, no_wrap=True, overflow="ellipsis"))
        line.set_class(bool(text), "open")

    def show_read(self, read: NameRead) -> None:
        """Say that it has ended, and show what is known now."""
        title, self.reading = self.reading, ""
        self._tell_progress("")
        languages, counted = read.readings["language"].nunique(), tally(read.readings["verdict"].tolist())
        self._say(f"{literal(title)} is read in {languages} languages: {counted}")
        self._read()
        if (contexts := self._opened(ContextsWindow)) is not None:
            about, language = contexts.entity, contexts.language
            self.load(lambda: (language, swap_frame(self.session, about, language)), self.show_swaps)
        elif (opened := self._opened(CardWindow)) is not None:
            about, reference, code = opened.card.view.entity, opened.card.view.reference, opened.card.language
            again = lambda: read_card(self.session, read_entity(self.session, about, reference), code)  # noqa: E731
            self.load(again, self.show_card)

    def _not_read(self, error: NerspaceError) -> None:
        self.reading = ""
        self._tell_progress("")
        if (opened := self._opened(CardWindow)) is not None:
            opened.show(opened.card, str(error))
        else:
            self._say(literal(error))
            self.explorer.tell(str(error), "warning")

    # -- the card

    def action_why(self) -> None:
        """Why the form under the cursor is far from that of the reference."""
        if (shown := self.view) is None:
            return
        about, reference, language = self.about, self.reference, self.language

        def read() -> Card:
            # Who has just chosen another language to compare to asks about that one, not the one still in view.
            same = (shown.entity, shown.reference) == (about, reference)
            return read_card(self.session, shown if same else read_entity(self.session, about, reference), language)

        self.load(read, self.show_card, awaited=True)

    def show_card(self, card: Card) -> None:
        """Open the card, and have the models read what it lacks; or show what it knows by now."""
        if (opened := self._opened(CardWindow)) is not None:
            opened.show(card)
            return
        self.app.push_screen(CardWindow(card))
        pair = (card.language, card.view.reference)
        wanted = card.language != card.view.reference and "own spelling" not in set(card.causes["cause"])
        if wanted and not self.reading and self.session.run is not None:
            self._start_reading(card.view, pair, True)

    def action_changed(self) -> None:
        """The name with one thing changed."""
        about, language = self.about, self.language
        self.load(lambda: changed_frame(self.session, about, language), self.show_changed, awaited=True)

    def show_changed(self, frame: "pd.DataFrame") -> None:
        """List the changed sentences."""
        if frame.empty:
            self._offer_counterfactuals()
            return
        title = f"{literal(self.view.title if self.view else self.about)} with one thing changed"
        columns = CATALOGUE["counterfactuals"].meanings
        self.app.push_screen(ListWindow(title, f"counterfactuals_{self.about}", frame, columns, ""))

    def _offer_counterfactuals(self) -> None:
        def answered(yes: bool | None) -> None:
            if yes:
                self.load(lambda: start_counterfactuals(self.session), self.tell_started)

        question = "No run changed this name yet. Change one thing in every test name now?"
        consequence = "A run of its own, some minutes; a bell rings when it ends, and A shows what became of the name."
        self.app.push_screen(ConfirmWindow(question, consequence), answered)

    def tell_started(self, run: Run) -> None:
        """Say which run does it."""
        self.explorer.tell(f"Started {run.id}. A bell rings when it ends; o opens the run.")

    def action_tokens(self) -> None:
        """The cut of the name in Tokens."""
        self.app.post_message(ShowSubwords(Name(self.about)))

    def action_space(self) -> None:
        """The points of the name in Space."""
        self.app.post_message(ShowPoints(Name(self.about)))

    def shown(self) -> Shown | None:
        """The table with the focus."""
        if self.view is None:
            return None
        part = self.app.focused.id if self.app.focused is not None else ""
        safe = safe_name(self.about)
        if part == "predicted":
            return Shown(f"said_{safe}", FrameRows(self.view.predicted), {name: _PREDICTED[name] for name in PREDICTED})
        if part == "near":
            near = self.near if self.near is not None else self.view.predicted.head(0)
            return Shown(f"nearest_{safe}_{self.language}", FrameRows(near), {name: _MEANINGS[name] for name in NEAR})
        if part == "alike":
            columns = dict(zip(ALIKE, ("entity id", "its type"), strict=True))
            return Shown(f"alike_{safe}", FrameRows(self.view.alike), columns)
        return Shown(f"entity_{safe}_{self.reference}", FormRows(self.view, True), _FORMS)

    def name_here(self) -> Name | None:
        """The name of the row under the cursor, which may be another than the one in view."""
        focused, view = self.app.focused, self.view
        if view is None or not isinstance(focused, FrameTable):
            return None
        frame = {"near": self.near, "alike": view.alike}.get(focused.id or "")
        row = None if frame is None or frame.empty else frame.iloc[focused.row]
        return Name(view.entity, self.language) if row is None else Name(str(row["entity"]), self.language)

    def copied(self) -> str:
        """The row under the cursor."""
        return self.app.focused.copied() if isinstance(self.app.focused, FrameTable) else ""
