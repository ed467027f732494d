"""Heatmaps: the tables of two languages and a value, as matrices; one less another, or less its chance floor."""

from rich.style import Style
from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Static

from nerspace.engine.errors import NerspaceError
from nerspace.engine.runs import Run
from nerspace.engine.tables.index import CATALOGUE
from nerspace.tui.actions import bindings
from nerspace.tui.colours import class_style, language_name, language_order
from nerspace.tui.explorer.heatmaps.model import (
    TABLES,
    MatrixTable,
    Slice,
    View,
    can_compute,
    compute_slices,
    difference_view,
    floor_of,
    floors_of,
    has_values,
    holds,
    key_text,
    plain_view,
    read_slices,
    scale_of,
    undecided_of,
)
from nerspace.tui.explorer.other_run import choose_other_run
from nerspace.tui.explorer.screen import FINE_TUNING, NO_RUN, ExplorerScreen, will_have
from nerspace.tui.literal import is_missing, literal
from nerspace.tui.numbers import column_format, is_share, written
from nerspace.tui.widgets.found_table import FoundTable
from nerspace.tui.widgets.frame_table import FrameTable
from nerspace.tui.widgets.heatmap import Heatmap, Matrix
from nerspace.tui.widgets.modals import TextWindow
from nerspace.tui.widgets.rows import FrameRows, NoRows, Shown

_TABLE_WIDTH = 150
NO_MATRIX = "This run has no matrix yet: r looks again, o opens another."
NO_MATRIX_MADE = "This run made no matrix, as runs that fine-tune do: o opens another."


class HeatmapsScreen(ExplorerScreen):
    """One matrix at a time: `m` changes the measure, [ and ] the slice, `s` the order."""

    BINDINGS = bindings("heatmaps")

    def __init__(self, id: str) -> None:
        super().__init__(id)
        self.slices: dict[str, list[Slice]] = {}
        self.others: dict[str, list[Slice]] = {}
        self.possible: tuple[str, ...] = ()
        self.table_name = TABLES[0].name
        self.chosen: dict[str, int] = {}
        self.by_family = True
        self.floor = "value"
        self.less: dict[str, int] = {}
        self.view: View | None = None

    def compose(self) -> ComposeResult:
        """The matrix, its values in order where they fit, and the cell under the cursor."""
        with Horizontal(id="matrix-body"):
            yield Heatmap(id="matrix")
            yield FoundTable(id="matrix-table")
        yield Static(id="matrix-status", markup=False)

    def on_mount(self) -> None:
        """Read the tables."""
        self.run_changed()

    def on_resize(self, event: events.Resize) -> None:
        """The values in order need width."""
        self.query_one("#matrix-table").display = event.size.width >= _TABLE_WIDTH

    def focus_target(self) -> Widget | None:
        """The matrix."""
        return self.query_one(Heatmap)

    def run_changed(self) -> None:
        """Read the tables again."""
        other = self.session.other

        def read() -> tuple[dict[str, list[Slice]], dict[str, list[Slice]], tuple[str, ...]]:
            held = read_slices(self.session)
            return held, read_slices(self.session, other) if other else {}, can_compute(self.session, held)

        self.load(read, self.show_slices, awaited=True)

    def show_slices(self, found: "tuple[dict[str, list[Slice]], dict[str, list[Slice]], tuple[str, ...]]") -> None:
        """Show the measure that was in view, else the first that has a value."""
        self.slices, self.others, self.possible = found
        self.less.clear()
        if self.table_name not in self._names() and self._names():
            filled = (table.name for table in TABLES if has_values(table, self.slices.get(table.name, ())))
            self.table_name = next(filled, self._names()[0])
        self._show_table()

    def _names(self) -> list[str]:
        return [table.name for table in TABLES if table.name in self.slices or table.name in self.possible]

    def _show_table(self) -> None:
        """Draw the measure, computed first where the run does not hold it."""
        if self.table_name in self.slices or self.table_name not in self.possible:
            self.draw()
            self._tell_if_alone()
            return
        table, other = self.table, self.session.other
        self.query_one(Heatmap).show(None, f"Computing {table.title} from the vectors of the run …")

        def compute() -> tuple[str, list[Slice], list[Slice]]:
            own = compute_slices(self.session, table)
            has_it = other is not None and holds(self.session, table, other)
            return table.name, own, compute_slices(self.session, table, other) if has_it else []

        self.load(compute, self.take_computed, self._not_computed)

    def take_computed(self, found: tuple[str, list[Slice], list[Slice]]) -> None:
        """Keep what was computed."""
        name, self.slices[name], others = found
        if others:
            self.others[name] = others
        self.draw()
        self._tell_if_alone()

    def _not_computed(self, error: NerspaceError) -> None:
        self.query_one(Heatmap).show(None, literal(error))

    @property
    def table(self) -> MatrixTable:
        """How the measure in view is drawn."""
        return next(table for table in TABLES if table.name == self.table_name)

    @property
    def slice(self) -> Slice | None:
        """The slice in view; at first the last one, which is the last layer after fine-tuning."""
        found = self.slices.get(self.table_name)
        if not found:
            return None
        start = 0 if self.table_name == "tnld" else len(found) - 1
        return found[self.chosen.get(self.table_name, start) % len(found)]

    # -- what is drawn

    def _why_no_matrix(self) -> str:
        run = self.session.run
        return NO_RUN if run is None else NO_MATRIX if will_have(run, FINE_TUNING) else NO_MATRIX_MADE

    def _view(self, part: Slice) -> View:
        """The slice, or what is made of it: less its floor, less the marked slice, less the same of another run."""
        if (base := self._subtracted(part)) is not None:
            return difference_view(self.table, part, *base)
        return plain_view(self.table, part, self.floor)

    def _subtracted(self, part: Slice) -> tuple[Slice, str] | None:
        """The slice that is taken away, and its name."""
        if self.table_name in self.less:
            other = self.slices[self.table_name][self.less[self.table_name]]
            return other, literal(key_text(self.table, other))
        if self.session.other is not None:
            for other in self.others.get(self.table_name, ()):
                if other.key == part.key:
                    return other, self.session.other.id
        return None

    def _tell_if_alone(self) -> None:
        """Say it where the run beside this one has no such matrix: the values in view are this run's alone."""
        other, part = self.session.other, self.slice
        if other is not None and part is not None and self._subtracted(part) is None:
            what = " ".join(filter(None, (self.table_name, literal(key_text(self.table, part)))))
            self.explorer.tell(f"{other.id} holds no {what}: these values are this run's alone.", "warning")

    def draw(self) -> None:
        """Hand the matrix to the widget."""
        heatmap, part = self.query_one(Heatmap), self.slice
        values_table = self.query_one("#matrix-table", FrameTable)
        if part is None:
            self.view = None
            values_table.show(NoRows(), empty="")
            heatmap.show(None, self._why_no_matrix())
            return
        view = self.view = self._view(part)
        values = view.slice.values(view.column)
        low, high = scale_of(view, self.table)
        if self.table.pair == ("a", "b"):
            codes = tuple(language_order(list(dict.fromkeys(c for pair in values for c in pair)), self.by_family))
            down: tuple[str, ...] = ()
        else:
            down = tuple(language_order(list(dict.fromkeys(a for a, _ in values)), self.by_family))
            codes = tuple(language_order(list(dict.fromkeys(b for _, b in values)), self.by_family))
        floor = floor_of(view, self.table)
        faint = undecided_of(view.slice)
        percent = is_share(view.column)
        heatmap.show(Matrix(view.title, codes, values, low, high, view.table.diverging, down, floor, faint, percent))
        values_table.show(FrameRows(view.slice.ordered(self.table, view.column), fixed=2), values_table.row)

    @on(Heatmap.Moved)
    def _moved(self) -> None:
        status, pair, view = Text(no_wrap=True, overflow="ellipsis"), self.query_one(Heatmap).pair, self.view
        if pair is not None and view is not None:
            for place, code in enumerate(pair):
                status.append(" – " if place else "").append(
                    f"{code} {language_name(code)}", class_style(code) + Style(bold=True)
                )
            row = view.slice.rows.get(pair)
            if row is None:
                status.append("   no value for this pair", "dim")
            else:
                hidden = {*self.table.pair, "a", "b", *self.table.by}
                # A run that is older than this floor has a gap in its place.
                if (kind := self.table.type_floor) in row and row[kind] != row[kind]:
                    hidden.add(kind)
                names = [name for name in row if name not in hidden]
                status.append("\n").append("   ".join(f"{name} {self._written(name, row[name])}" for name in names))
        self.query_one("#matrix-status", Static).update(status)

    def _written(self, name: str, value: object) -> str:
        """A value of the cell, as its whole column is written."""
        frame = self.view.slice.frame if self.view else None
        form = column_format(name, frame[name]) if frame is not None and name in frame else ""
        return written(value, form)

    @on(FrameTable.Moved, "#matrix-table")
    def _row_moved(self, event: FrameTable.Moved) -> None:
        if self.view is not None and self.app.focused is event.table:
            row = self.view.slice.ordered(self.table, self.view.column).iloc[event.row]
            first, second = self.view.table.pair
            self.query_one(Heatmap).go_to((str(row[first]), str(row[second])))
            self._moved()

    @on(Heatmap.Chosen)
    @on(FrameTable.Picked, "#matrix-table")
    def _chosen(self) -> None:
        """The whole row behind the cell, with the meaning of its columns."""
        pair, view = self.query_one(Heatmap).pair, self.view
        row = view.slice.rows.get(pair) if view and pair else None
        if view is None or row is None:
            return
        meanings, text = CATALOGUE[view.made].meanings, Text()
        for name, value in row.items():
            text.append(f"{literal(name):<12}", "bold").append(f"{self._written(name, value):<12}")
            text.append(f"{literal(meanings.get(name, ''))}\n", "dim")
        self.app.push_screen(TextWindow(literal(view.title), text, self.copied()))

    # -- actions

    def action_table(self) -> None:
        """The next measure that the run has, or that can be computed from its vectors."""
        if names := self._names():
            self.table_name = names[(names.index(self.table_name) + 1) % len(names)]
            self._show_table()

    def action_slice(self, step: int) -> None:
        """Another stage and layer, or type and subset."""
        found = self.slices.get(self.table_name)
        if found and self.slice is not None:
            self.chosen[self.table_name] = (found.index(self.slice) + step) % len(found)
            self.draw()
            self._tell_if_alone()

    def action_order(self) -> None:
        """By script and family, or by code."""
        self.by_family = not self.by_family
        self.draw()

    def action_floor(self) -> None:
        """Values, chance floor, or values above it; likewise what another name of the type gives, where it is known."""
        if not self.table.floor:
            self.explorer.tell(f"{self.table_name} has no chance floor.")
            return
        floors = floors_of(self.table, self.slice)
        self.floor = floors[(floors.index(self.floor) + 1) % len(floors)] if self.floor in floors else floors[0]
        self.draw()

    def action_less(self) -> None:
        """Take the other stage away from the slice in view, or do not."""
        found = self.slices.get(self.table_name)
        if not found or self.slice is None:
            return
        if self.less.pop(self.table_name, None) is not None:
            self.draw()
        elif len(found) < 2:
            self.explorer.tell(f"{self.table_name} has one slice. b takes another run away from this one.")
        else:
            # What is requested most is the other stage of the same layer.
            place = found.index(self.slice)
            same = [i for i, one in enumerate(found) if i != place and one.key[1:] == self.slice.key[1:]]
            self.less[self.table_name] = same[0] if same else place - 1
            self.draw()

    def action_other_less(self) -> None:
        """Take another slice away."""
        found = self.slices.get(self.table_name, [])
        if self.table_name in self.less:
            self.less[self.table_name] = (self.less[self.table_name] + 1) % len(found)
            self.draw()

    def action_beside(self) -> None:
        """Take the same matrix of another run away from this one's."""

        def lacking(run: Run) -> str:
            return "" if holds(self.session, self.table, run) else self.table_name

        choose_other_run(self.explorer, self.run_changed, lacking)

    def action_next_view(self) -> None:
        """From the matrix to its values in order and back."""
        table = self.query_one("#matrix-table")
        self.screen.set_focus(table if table.display and self.app.focused is not table else self.query_one(Heatmap))

    def shown(self) -> Shown | None:
        """The rows of the table behind the matrix."""
        if self.view is None:
            return None
        return Shown(self.view.file, FrameRows(self.view.slice.frame), CATALOGUE[self.view.made].meanings)

    def copied(self) -> str:
        """The pair under the cursor and the values of its row."""
        pair = self.query_one(Heatmap).pair
        row = self.view.slice.rows.get(pair) if self.view and pair else None
        cells = {name: "" if is_missing(value) else value for name, value in row.items()} if row else {}
        return "\t".join([f"{name}={value}" for name, value in cells.items()])
