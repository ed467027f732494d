"""Heatmaps: the tables of two languages and a value, as square matrices."""

from rich.style import Style
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.widget import Widget
from textual.widgets import Static

from nerspace.engine.catalogue import CATALOGUE
from nerspace.tui.actions import bindings
from nerspace.tui.literal import literal
from nerspace.tui.matrices import TABLES, MatrixTable, Slice, read_slices
from nerspace.tui.palette import class_style, language_name, language_order
from nerspace.tui.rows import FrameRows, Shown
from nerspace.tui.screens.room import NO_RUN, Room
from nerspace.tui.widgets.heatmap import Heatmap, Matrix


class HeatmapsRoom(Room):
    """One matrix at a time: `m` changes the measure, [ and ] the layer, `s` the order."""

    BINDINGS = bindings("heatmaps")

    def __init__(self, id: str) -> None:
        super().__init__(id)
        self.slices: dict[str, list[Slice]] = {}
        self.table_name = TABLES[0].name
        self.chosen: dict[str, int] = {}
        self.by_family = True
        self.show_floor = False

    def compose(self) -> ComposeResult:
        """The matrix and the cell under the cursor."""
        yield Heatmap(id="matrix")
        yield Static(id="matrix-status", markup=False)

    def on_mount(self) -> None:
        """Read the tables."""
        self.run_changed()

    def focus_target(self) -> Widget | None:
        """The matrix."""
        return self.query_one(Heatmap)

    def run_changed(self) -> None:
        """Read the tables again."""
        self.load("slices", lambda: read_slices(self.session))

    def loaded_slices(self, slices: dict[str, list[Slice]]) -> None:
        """Show the measure that was in view, else the first there is."""
        self.slices = slices
        if self.table_name not in slices and slices:
            self.table_name = next(iter(slices))
        self.draw()

    @property
    def table(self) -> MatrixTable:
        """How the measure in view is drawn."""
        return next(table for table in TABLES if table.name == self.table_name)

    @property
    def slice(self) -> Slice | None:
        """The matrix in view; at first the last one, which is the last layer after fine-tuning."""
        found = self.slices.get(self.table_name)
        if not found:
            return None
        start = 0 if self.table_name == "tnld" else len(found) - 1
        return found[self.chosen.get(self.table_name, start) % len(found)]

    def _scale(self, part: Slice) -> tuple[float, float]:
        """One scale for all slices but the stage, floors among them, so that colors compare before and after."""
        table = self.table
        if table.diverging:
            return -1.0, 1.0
        fixed = [place for place, name in enumerate(table.by) if name == "layer"]
        family = [s for s in self.slices[table.name] if all(s.key[place] == part.key[place] for place in fixed)]
        columns = [table.value, table.floor] if table.floor else [table.value]
        found = [v for one in family for column in columns for v in one.values(column).values() if v == v]
        return (min(found), max(found)) if found else (0.0, 1.0)

    def draw(self) -> None:
        """Hand the matrix to the widget."""
        heatmap, part, table = self.query_one(Heatmap), self.slice, self.table
        if part is None:
            heatmap.show(None, "This run has no matrix yet; r looks again." if self.session.run else NO_RUN)
            return
        column = table.floor if self.show_floor and table.floor else table.value
        values = part.values(column)
        low, high = self._scale(part)
        codes = language_order(list(dict.fromkeys(code for pair in values for code in pair)), self.by_family)
        key = " · ".join(
            f"layer {value}" if name == "layer" else literal(value)
            for name, value in zip(table.by, part.key, strict=True)
        )
        title = f"{table.title} · {key}" + (" · chance floor" if column == table.floor and table.floor else "")
        heatmap.show(Matrix(title, tuple(codes), values, low, high, table.diverging))

    @on(Heatmap.Moved)
    def _moved(self) -> None:
        status, pair, part = Text(no_wrap=True, overflow="ellipsis"), self.query_one(Heatmap).pair, self.slice
        if pair is not None and part is not None:
            for place, code in enumerate(pair):
                status.append(" – " if place else "").append(
                    f"{code} {language_name(code)}", class_style(code) + Style(bold=True)
                )
            row = part.rows.get(pair)
            if row is None:
                status.append("   no value for this pair", "dim")
            else:
                names = [name for name in row if name not in ("a", "b", *self.table.by)]
                status.append("\n").append("   ".join(f"{name} {_value(row[name])}" for name in names))
        self.query_one("#matrix-status", Static).update(status)

    # -- actions

    def action_table(self) -> None:
        """The next measure that the run has."""
        names = list(self.slices)
        if names:
            self.table_name = names[(names.index(self.table_name) + 1) % len(names)]
            self.draw()

    def action_slice(self, step: int) -> None:
        """Another stage and layer, or type and subset."""
        found = self.slices.get(self.table_name)
        if found and self.slice is not None:
            self.chosen[self.table_name] = (found.index(self.slice) + step) % len(found)
            self.draw()

    def action_order(self) -> None:
        """By script and family, or by code."""
        self.by_family = not self.by_family
        self.draw()

    def action_floor(self) -> None:
        """Values or chance floor."""
        if not self.table.floor:
            self.explorer.tell(f"{self.table_name} has no chance floor.")
            return
        self.show_floor = not self.show_floor
        self.draw()

    def shown(self) -> Shown | None:
        """The rows of the table behind the matrix."""
        if self.slice is None:
            return None
        parts = [self.table_name, *(str(value) for value in self.slice.key)]
        return Shown("_".join(parts), FrameRows(self.slice.frame), CATALOGUE[self.table_name].columns)

    def copied(self) -> str:
        """The pair under the cursor and the values of its row."""
        pair = self.query_one(Heatmap).pair
        row = self.slice.rows.get(pair) if self.slice and pair else None
        return "\t".join([f"{name}={value}" for name, value in row.items()]) if row else ""


def _value(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, float) else literal(value)
