"""Transfer: what donors' models get wrong in other languages, against spelling distance, with what may be believed."""

from typing import TYPE_CHECKING, Any

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.widget import Widget
from textual.widgets import Static

from nerspace.engine.tables.index import CATALOGUE
from nerspace.tui.actions import bindings
from nerspace.tui.colours import language_name, language_order
from nerspace.tui.explorer.causes import causes_of, offer_factors, why_window
from nerspace.tui.explorer.list_window import ListWindow
from nerspace.tui.explorer.screen import FINE_TUNING, NO_RUN, ExplorerScreen, will_have
from nerspace.tui.explorer.sentences import COLUMNS, WrongRows, word_by_word, wrong_sentences
from nerspace.tui.explorer.transfer.model import Advice, Tables, points_of, read_advice, read_tables
from nerspace.tui.explorer.transfer.text import advice_text, verdict_text
from nerspace.tui.verdict import SUBSETS
from nerspace.tui.widgets.found_table import FoundTable
from nerspace.tui.widgets.frame_table import FrameTable
from nerspace.tui.widgets.heatmap import Heatmap
from nerspace.tui.widgets.plane import Plane
from nerspace.tui.widgets.rows import FrameRows, NoRows, Shown

if TYPE_CHECKING:
    import pandas as pd

NO_DISTANCE = "No parallel names, so no distance: nerspace transfer --names FILE takes yours."
_WIDE = 110
_BOTH_HEIGHT = 38
NO_ERRORS = "This run counted no errors yet: r looks again, o opens another."
NO_ERRORS_MADE = "This run counted no errors by language: o opens another, 3 n trains one."


class TransferScreen(ExplorerScreen):
    """A plot of donor and recipient pairs with its line, or their matrix; the pairs as a table, and a verdict."""

    BINDINGS = bindings("transfer")

    def __init__(self, id: str) -> None:
        super().__init__(id)
        self.tables: Tables | None = None
        self.advice: Advice | None = None
        self.matrix_first = False
        self.donor = ""
        self.subset = "all"

    def compose(self) -> ComposeResult:
        """Plot and matrix; table and verdict."""
        with Container(id="transfer-body"):
            with Vertical(id="transfer-left"):
                yield Plane(id="plane")
                yield Heatmap(id="donors")
            with Vertical(id="transfer-right"):
                yield FoundTable(id="pairs")
                yield Static(id="advice", markup=False)
                yield Static(id="verdict", markup=False)

    def on_mount(self) -> None:
        """Read the tables."""
        self._arrange()
        self.run_changed()

    def focus_target(self) -> Widget | None:
        """The plot, or the matrix."""
        return self.query_one("#donors" if self.matrix_first else "#plane")

    def on_resize(self) -> None:
        """Side by side where they fit."""
        self._arrange()
        self._show_verdict()
        self._show_advice()

    def _arrange(self) -> None:
        self.query_one("#transfer-body").set_class(self.size.width >= _WIDE, "wide")
        both = self.size.height >= _BOTH_HEIGHT and not self._without_plot
        plane = self.query_one("#plane")
        plane.display = both or not self.matrix_first
        donors = self.query_one("#donors", Heatmap)
        donors.display = both or self.matrix_first
        lines = len(donors.matrix.down) if donors.matrix is not None else 1
        donors.styles.height = min(4 * lines + 5, self.size.height // 2) if both else "1fr"
        if self.app.focused is plane and not plane.display:
            self.screen.set_focus(donors)

    @property
    def _without_plot(self) -> bool:
        """Whether nothing but the matrix can be drawn, as of what an evaluation counted."""
        return self.tables is not None and bool(self.tables.note)

    def run_changed(self) -> None:
        """Read the tables again."""
        self.donor = ""

        self.load(lambda: read_tables(self.session), self.show_tables, awaited=True)

    def show_tables(self, tables: Tables | None) -> None:
        """Draw them."""
        self.tables, self.advice = tables, None
        # Without any distance the matrix says more than an empty plot.
        if tables is not None and not tables.has_distances:
            self.matrix_first = True
        self.draw()
        if tables is not None:
            # Not every run holds them, and what rankings are worth takes thousands of exchanges.
            self.load(lambda: read_advice(self.session), self.take_advice)

    def take_advice(self, advice: Advice | None) -> None:
        """Show it beside the plot."""
        self.advice = advice
        self._show_advice()

    # -- drawing

    @property
    def chosen(self) -> "pd.DataFrame":
        """The pairs in view: of all donors, or of one."""
        assert self.tables is not None  # noqa: S101
        return self.tables.of(self.donor)

    def draw(self) -> None:
        """Hand everything to its widget."""
        plane, donors, table = self.query_one(Plane), self.query_one(Heatmap), self.query_one(FrameTable)
        if self.tables is None:
            run = self.session.run
            why = NO_RUN if run is None else NO_ERRORS if will_have(run, FINE_TUNING) else NO_ERRORS_MADE
            plane.show("", "", (), None, why)
            donors.show(None, why)
            table.show(NoRows(), empty="")
            self.query_one("#verdict", Static).update("")
            self.query_one("#advice").display = False
            return
        chosen = self.chosen
        table.show(FrameRows(chosen, 2, ("donor", "recipient")), table.row)
        seeds = int(chosen["seeds"].max())
        spread = f" · mean of {seeds} seeds" if seeds > 1 else " · one seed"
        spread += " · bars: 95 %, names and contexts" if chosen["low"].notna().any() else ""
        count = int(chosen["donor"].nunique())
        of = f"donor {self.donor}" if self.donor else f"{count} donor{'s' if count > 1 else ''}"
        colors = "color: donor   " if count > 1 else ""
        axis = f"{colors}line: {SUBSETS.get(self.subset, self.subset)}   →  TNLD to the donor"
        caption = f"wrong sentences · {of}{spread}"
        if self.tables.has_distances:
            plane.show(caption, axis, points_of(chosen, self.subset), self.tables.line(self.subset))
        else:
            plane.show(caption, "", (), None, NO_DISTANCE)
        plane.pick(table.row)
        donors.show(self.tables.matrix())
        self._arrange()
        self._show_verdict()
        self._show_advice()

    def _show_advice(self) -> None:
        """The donors of the recipient under the cursor."""
        shown, pair = self.query_one("#advice", Static), self.pair
        shown.display = self.advice is not None
        if self.advice is not None and pair is not None:
            shown.update(advice_text(self.advice, pair[1], narrow=self.size.width < _WIDE))

    def _show_verdict(self) -> None:
        if self.tables is not None:
            narrow = self.size.width < _WIDE
            verdict = verdict_text(self.tables.correlations, narrow, self.tables.weak)
            self.query_one("#verdict", Static).update(Text(self.tables.note, "dim") if self.tables.note else verdict)

    # -- one pair

    @property
    def pair(self) -> tuple[str, str] | None:
        """The donor and recipient under the cursor of the view with the focus."""
        if self.tables is None:
            return None
        if isinstance(self.app.focused, Heatmap):
            return self.query_one(Heatmap).pair
        row = self.chosen.iloc[self.query_one(FrameTable).row]
        return str(row["donor"]), str(row["recipient"])

    @on(Plane.Moved)
    def _plane_moved(self) -> None:
        self.query_one(FrameTable).go(self.query_one(Plane).picked)
        self._follow()

    @on(FrameTable.Moved)
    def _table_moved(self, event: FrameTable.Moved) -> None:
        self.query_one(Plane).pick(event.row)
        self._follow()

    def _follow(self) -> None:
        if (pair := self.pair) is not None:
            self.query_one(Heatmap).go_to(pair)
            self._show_advice()

    @on(Heatmap.Moved)
    def _matrix_moved(self) -> None:
        pair = self.query_one(Heatmap).pair
        if self.tables is None or pair is None or self.app.focused is not self.query_one(Heatmap):
            return
        chosen = self.chosen
        place = chosen.index[(chosen["donor"] == pair[0]) & (chosen["recipient"] == pair[1])]
        if len(place):
            self.query_one(FrameTable).go(int(place[0]))
        self._show_advice()

    @on(Plane.Chosen)
    @on(Heatmap.Chosen)
    @on(FrameTable.Picked)
    def _chosen(self) -> None:
        if (pair := self.pair) is not None:
            self.load(lambda: (pair, wrong_sentences(self.session, *pair, None)), self.show_wrong, awaited=True)

    def show_wrong(self, found: "tuple[tuple[str, str], pd.DataFrame | None]") -> None:
        """List the sentences that a recipient gets wrong."""
        (donor, recipient), frame = found
        if frame is None:
            self.explorer.tell("This run kept no predictions.", "warning")
            return
        title = f"{len(frame):,} wrong in {language_name(recipient)}, trained on {language_name(donor)}"
        name = f"wrong_{donor}_{recipient}"
        self.app.push_screen(ListWindow(
            title, name, frame, COLUMNS, "No sentence is wrong.", lambda row: word_by_word(frame.iloc[row]),
            rows=WrongRows(frame, fixed=2),
        ))  # fmt: skip

    # -- actions

    def action_view(self) -> None:
        """Plot or matrix, where the screen has space for one and there are both."""
        if self._without_plot:
            return
        self.matrix_first = not self.matrix_first
        self._arrange()
        if (target := self.focus_target()) is not None:
            self.screen.set_focus(target)

    def action_donor(self) -> None:
        """All donors, or the next alone."""
        if self.tables is None:
            return
        donors = language_order(list(self.tables.pairs["donor"].unique()))
        if len(donors) == 1:
            self.explorer.tell(f"This run has one donor, {donors[0]}. 3, then n, trains several: en,be.")
            return
        stops = ["", *donors]
        self.donor = stops[(stops.index(self.donor) + 1) % len(stops)]
        self.query_one(FrameTable).cursor = 0
        self.draw()

    def action_subset(self) -> None:
        """The line of another subset."""
        if self.tables is not None and self.tables.regression is not None:
            # TNLD without identical strings is another axis than the one that is drawn.
            names = [name for name in self.tables.regression["subset"] if name != "different"]
            self.subset = names[(names.index(self.subset) + 1) % len(names)] if self.subset in names else names[0]
            self.draw()

    def action_next_view(self) -> None:
        """To the next of plot, matrix and table."""
        stops: list[Any] = [view for view in (self.query_one(Plane), self.query_one(Heatmap)) if view.display]
        stops.append(self.query_one(FrameTable))
        place = stops.index(self.app.focused) if self.app.focused in stops else -1
        self.screen.set_focus(stops[(place + 1) % len(stops)])

    def action_why(self) -> None:
        """Why the recipient under the cursor is worse than another language."""
        if (pair := self.pair) is None:
            return
        if pair[0] == pair[1]:
            self.explorer.tell(f"This is the donor's own language, {pair[0]}. Choose another one.")
            return
        self.load(lambda: causes_of(self.session, pair[1], pair[0]), self.show_why, awaited=True)

    def show_why(self, found: "tuple[str, str, pd.DataFrame] | None") -> None:
        """Open the card."""
        if found is None:
            offer_factors(self, self.action_why)
        else:
            self.app.push_screen(why_window(found))

    def action_advice(self) -> None:
        """The donors of the recipient under the cursor in the order of every ranking."""
        self._list_advice("advice", self.advice.ranks if self.advice else None)

    def action_advice_quality(self) -> None:
        """How well every ranking foresaw the errors, for this recipient and over all."""
        self._list_advice("advice_quality", self.advice.quality if self.advice else None)

    def _list_advice(self, name: str, frame: "pd.DataFrame | None") -> None:
        if frame is None or (pair := self.pair) is None:
            self.explorer.tell("This run has one donor. 8, then a: transfer trains and ranks several.")
            return
        own = frame[frame["recipient"].isin([pair[1], "all"])].reset_index(drop=True)
        first = [
            column
            for column in ("ranking", "donor", "rank", "wrong_rank", "wrong", "regret", "chance")
            if column in own
        ]
        own = own[[*first, *(column for column in own if column not in first)]]
        about = "which donor to train on for" if name == "advice" else "what each ranking is worth for"
        title = f"{about} {language_name(pair[1])}"
        columns = {str(column): CATALOGUE[name].meanings[str(column)] for column in own}
        self.app.push_screen(ListWindow(title, f"{name}_{pair[1]}", own, columns, ""))

    def action_statistics(self) -> None:
        """The table of correlations."""
        self.load(lambda: self.session.table("correlations"), self.show_statistics, awaited=True)

    def show_statistics(self, frame: "pd.DataFrame | None") -> None:
        """List them."""
        if frame is None:
            self.explorer.tell("This run has no table correlations.", "warning")
            return
        columns = CATALOGUE["correlations"].meanings
        self.app.push_screen(ListWindow("how errors go with spelling distance", "correlations", frame, columns, ""))

    def shown(self) -> Shown | None:
        """The pairs in view."""
        if self.tables is None:
            return None
        name = f"transfer_pairs_{self.donor}" if self.donor else "transfer_pairs"
        return Shown(name, FrameRows(self.chosen, fixed=2), CATALOGUE["transfer_pairs"].meanings)

    def copied(self) -> str:
        """The pair under the cursor."""
        return self.query_one(FrameTable).copied()
