"""Labelled points on two axes, with their ranges and a straight line; one point is picked."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.message import Message
from textual.strip import Strip

from nerspace.tui.actions import bindings
from nerspace.tui.literal import fit
from nerspace.tui.plots.axes import axis_line, labelled_ticks, nice_ticks
from nerspace.tui.plots.overlay import Overlay, lay_beside, line_bits
from nerspace.tui.plots.raster import BRAILLE, Window, polyline, to_dots
from nerspace.tui.widgets.plot import Plot

_MANY = 40


@dataclass(frozen=True, slots=True)
class Point:
    """A label at a place.

    Attributes:
        x: its place across.
        y: its place up, a mean.
        low: lowest y that the mean is of.
        high: highest y that the mean is of.
        faint: not among those of the line.
    """

    label: str
    x: float
    y: float
    low: float
    high: float
    style: Style
    faint: bool = False


class Plane(Plot):
    """Both axes begin at zero. j and k go through the points from left to right; one without an x has no place."""

    BINDINGS = bindings("plane")
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "plane--title", "plane--focus", "plane--axis", "plane--line", "plane--picked",
    }  # fmt: skip
    DEFAULT_CSS = """
    Plane { background: $background; }
    Plane .plane--title { color: $foreground 70%; text-style: bold; }
    Plane .plane--focus { color: $primary; text-style: bold; }
    Plane .plane--axis { color: $foreground 50%; }
    Plane .plane--line { color: $accent; }
    Plane .plane--picked { color: $background; background: $accent; text-style: bold; }
    Plane:ansi .plane--picked { text-style: bold reverse; color: ansi_default; background: ansi_default; }
    Plane:nocolor .plane--picked { text-style: bold reverse; }
    """

    class Moved(Message):
        """Another point is picked."""

    class Chosen(Message):
        """The picked point is to be opened."""

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self.caption, self.x_label, self.empty = "", "", "Loading …"
        self.points: Sequence[Point] = ()
        self.line: tuple[float, float] | None = None
        self.picked = 0
        self._window = Window(0.0, 0.0, 1.0, 1.0)
        self._left = 6
        self._signs: Overlay = {}

    def show(
        self, caption: str, x_label: str, points: Sequence[Point], line: tuple[float, float] | None, empty: str = ""
    ) -> None:
        """Other points.

        Args:
            line: slope and intercept.
        """
        self.caption, self.x_label, self.points, self.line, self.empty = caption, x_label, points, line, empty
        self.picked = max(0, min(self.picked, len(points) - 1))
        self.redraw()

    def pick(self, place: int) -> None:
        """Pick a point by its number; sends no message."""
        if place != self.picked and 0 <= place < len(self.points):
            self.picked = place
            self.redraw()

    # -- drawing

    def _plot_size(self) -> tuple[int, int]:
        return max(1, self.size.width - self._left - 1), max(1, self.size.height - 3)

    def redraw(self) -> None:
        """Lay everything out for the size that there is."""
        self._signs = {}
        placed = [point for point in self.points if math.isfinite(point.x)]
        if placed and self.size.width > 20 and self.size.height > 5:
            right = max(point.x for point in placed) * 1.08 or 1.0
            top = max(point.high for point in placed) * 1.1 or 1.0
            self._window = Window(min(0.0, *(p.x for p in placed)), 0.0, right, top)
            self._left = max(cell_len(label) for _, label in self._y_ticks()) + 2
            self._lay_labels()
            self._lay_ranges()
            self._lay_line()
        self.refresh()

    def _cell(self, x: float, y: float) -> tuple[int, int]:
        columns, rows = self._plot_size()
        across, down = to_dots(np.array([x]), np.array([y]), self._window, columns, rows)
        return min(columns - 1, int(across[0] // 2)), max(0, min(rows - 1, int(down[0] // 4)))

    def _lay_labels(self) -> None:
        columns, rows = self._plot_size()
        order = sorted(range(len(self.points)), key=lambda place: (place != self.picked, self.points[place].faint))
        picked = self.part_style("picked")
        labels = (
            (self._cell(point.x, point.y), point.label,
             picked if place == self.picked else point.style + Style(dim=point.faint, bold=not point.faint))
            for place in order for point in [self.points[place]] if math.isfinite(point.x)
        )  # fmt: skip
        lay_beside(self._signs, labels, columns, rows)

    def _lay_ranges(self) -> None:
        # So many ranges would hide what they belong to.
        all_of_them = len(self.points) <= _MANY
        for place, point in enumerate(self.points):
            if point.high > point.low and math.isfinite(point.x) and (all_of_them or place == self.picked):
                column, top = self._cell(point.x, point.high)
                bottom = self._cell(point.x, point.low)[1]
                style = Style(dim=place != self.picked)
                for row in range(top, bottom + 1):
                    self._signs.setdefault((column, row), ("│", style))

    def _lay_line(self) -> None:
        if self.line is None or not all(map(math.isfinite, self.line)):
            return
        columns, rows = self._plot_size()
        slope, intercept = self.line
        x = np.array([self._window.left, self._window.right])
        across, down = to_dots(x, intercept + slope * x, self._window, columns, rows)
        style = self.part_style("line", partial=True)
        for cell, bits in line_bits(*polyline(across, down), columns, rows).items():
            self._signs.setdefault(cell, ("·" if self.app.no_color else chr(BRAILLE + bits), style))

    def _y_ticks(self) -> list[tuple[float, str]]:
        ticks = nice_ticks(self._window.bottom, self._window.top, max(2, (self.size.height - 3) // 3))
        return [(tick, f"{tick:.0%}" if self._window.top > 0.1 else f"{tick:.1%}") for tick in ticks]

    def render_line(self, y: int) -> Strip:
        """Caption, plot, ticks, and what is across."""
        width, base = self.size.width, self.rich_style
        if y == 0:
            return self.title_line(self.caption)
        if not self._signs:
            return Strip([Segment(fit(f" {self.empty}" if y == 2 else "", width), base)], width)
        columns, rows = self._plot_size()
        axis = self.part_style("axis")
        if y - 1 < rows:
            high = (self._window.top - self._window.bottom) / rows
            top = self._window.top - (y - 1) * high
            label = next((text for tick, text in self._y_ticks() if top - high < tick <= top + 1e-12), "")
            segments = [Segment(fit(label, self._left - 1, right=True) + ("┤" if label else "│"), axis)]
            for column in range(columns):
                sign, style = self._signs.get((column, y - 1), (" ", Style()))
                segments.append(Segment(sign, base + style))
            return Strip(Segment.simplify(segments)).adjust_cell_length(width, base)
        if y - 1 == rows:
            return Strip([Segment(self._x_axis(columns), axis)]).adjust_cell_length(width, base)
        return Strip([Segment(fit(self.x_label, width - 1, right=True), axis)]).adjust_cell_length(width, base)

    def _x_axis(self, columns: int) -> str:
        ticks = labelled_ticks(self._window.left, self._window.right, max(2, columns // 12))
        return axis_line(self._left, columns, ((self._cell(tick, 0.0)[0], text) for tick, text in ticks))

    # -- keys

    def action_pick(self, step: int) -> None:
        """The next point to the right or left."""
        if self.points:

            def across(place: int) -> tuple[float, float]:
                point = self.points[place]
                return (point.x if math.isfinite(point.x) else math.inf, point.y)

            order = sorted(range(len(self.points)), key=across)
            self.pick(order[(order.index(self.picked) + step) % len(order)])
            self.post_message(self.Moved())

    def action_open(self) -> None:
        """Open the picked point."""
        if self.points:
            self.post_message(self.Chosen())
