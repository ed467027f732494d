"""Lines over training steps in braille, with round ticks, and the name of every line written at its end."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_lowercase, ascii_uppercase
from typing import ClassVar

import numpy as np
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.message import Message
from textual.strip import Strip

from nerspace.tui.actions import bindings
from nerspace.tui.literal import fit, literal, shown_number
from nerspace.tui.plots.axes import axis_line, labelled_ticks
from nerspace.tui.plots.raster import BRAILLE, Array, Raster, Window, polyline, raster, to_dots
from nerspace.tui.widgets.plot import Plot

_LETTERS = ascii_lowercase + ascii_uppercase


@dataclass(frozen=True, slots=True)
class Line:
    """One line.

    Attributes:
        x: float [n].
        y: float [n], may have gaps (NaN).
    """

    name: str
    x: Array
    y: Array
    style: Style


class Curves(Plot):
    """A line that is picked stands out, the others step back."""

    BINDINGS = bindings("curves")
    COMPONENT_CLASSES: ClassVar[set[str]] = {"curves--title", "curves--focus", "curves--axis", "curves--faint"}
    DEFAULT_CSS = """
    Curves { background: $background; }
    Curves .curves--title { color: $foreground 70%; text-style: bold; }
    Curves .curves--focus { color: $primary; text-style: bold; }
    Curves .curves--axis { color: $foreground 50%; }
    Curves .curves--faint { color: $foreground 25%; }
    """

    class Picked(Message):
        """Another line is picked."""

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self.caption = ""
        self.lines: Sequence[Line] = ()
        self.picked = -1
        self.empty = "Loading …"
        self._window = Window(0.0, 0.0, 1.0, 1.0)
        self._drawn: Raster | None = None
        self._margins = (6, 4)
        self._ends: dict[int, list[int]] = {}

    def show(self, caption: str, lines: Sequence[Line], empty: str = "") -> None:
        """Other lines; the scale holds all their points."""
        self.caption, self.lines, self.empty = caption, lines, empty
        self.picked = min(self.picked, len(lines) - 1)
        self.redraw()

    # -- drawing

    def _extent(self) -> Window:
        x = np.concatenate([line.x for line in self.lines])
        y = np.concatenate([line.y for line in self.lines])
        finite = np.isfinite(y)
        if not finite.any():
            return Window(0.0, 0.0, 1.0, 1.0)
        low, high = float(y[finite].min()), float(y[finite].max())
        pad = (high - low) * 0.04 or abs(high) * 0.05 or 0.5
        left, right = float(x[finite].min()), float(x[finite].max())
        return Window(left, low - pad, right if right > left else left + 1, high + pad)

    def redraw(self) -> None:
        """Draw the lines for the size that there is."""
        self._drawn = None
        if any(np.isfinite(line.y).any() for line in self.lines) and self.size.height > 3 and self.size.width > 16:
            self._window = self._extent()
            ticks = self._y_ticks()
            left = max((cell_len(label) for _, label in ticks), default=1) + 2
            across = math.ceil(len(self.lines) / max(1, self.size.height - 2))
            name = max(cell_len(self._end_name(place)) for place in range(len(self.lines))) + 1
            right = name * across if len(self.lines) > 1 else 1
            self._margins = (left, right)
            self._draw_lines()
            self._place_ends()
        self.refresh()

    def _draw_lines(self) -> None:
        columns, rows = self._plot_size()
        dots = []
        for line in self.lines:
            across, down = to_dots(line.x, line.y, self._window, columns, rows)
            # The last dot belongs to the picture: an end exactly on the edge would fall outside.
            across, down = np.minimum(across, columns * 2 - 1e-6), np.clip(down, 0, rows * 4 - 1e-6)
            dots.append((across, down) if np.isfinite(line.y).sum() < 2 else polyline(across, down))
        order = [i for i in range(len(dots)) if i != self.picked]
        across = np.concatenate([dots[i][0] for i in order] or [np.zeros(0)])
        down = np.concatenate([dots[i][1] for i in order] or [np.zeros(0)])
        kinds = np.concatenate([np.full(len(dots[i][0]), i) for i in order] or [np.zeros(0, dtype=np.int64)]).astype(
            np.int64
        )
        finite = np.isfinite(down)
        drawn = raster(across[finite], down[finite], kinds[finite], columns, rows)
        if self.picked >= 0:
            across, down = dots[self.picked]
            top = raster(across, down, np.zeros(len(across), dtype=np.int64), columns, rows)
            covered = top.bits > 0
            drawn = Raster(np.where(covered, top.bits, drawn.bits), np.where(covered, self.picked, drawn.owner))
        self._drawn = drawn

    def _plot_size(self) -> tuple[int, int]:
        return max(1, self.size.width - sum(self._margins)), max(1, self.size.height - 2)

    def _y_ticks(self) -> list[tuple[float, str]]:
        return labelled_ticks(self._window.bottom, self._window.top, max(2, (self.size.height - 2) // 3))

    def _place_ends(self) -> None:
        """Give the name of each line a row near its end, in their order; two share a row where rows are few."""
        self._ends = {}
        _, rows = self._plot_size()
        if len(self.lines) < 2:
            return
        wanted = []
        for place, line in enumerate(self.lines):
            finite = np.flatnonzero(np.isfinite(line.y))
            if len(finite):
                _, down = to_dots(line.x[finite[-1:]], line.y[finite[-1:]], self._window, 1, rows)
                wanted.append((float(down[0]) / 4, place))
        wanted.sort()
        across = math.ceil(len(wanted) / rows)
        for slot, (_, place) in zip(spread([at * across for at, _ in wanted], rows * across), wanted, strict=True):
            self._ends.setdefault(slot // across, []).append(place)

    def render_line(self, y: int) -> Strip:
        """Title, plot, ticks of the steps."""
        width, base = self.size.width, self.rich_style
        if y == 0:
            return self.title_line(self.caption + (f"  {self._picked_text()}" if self.picked >= 0 else ""))
        if self._drawn is None:
            return Strip([Segment(fit(f" {self.empty}" if y == 2 else "", width), base)], width)
        rows = self._plot_size()[1]
        if y - 1 < min(rows, self._drawn.bits.shape[0]):
            return self._plot_line(y - 1, base).adjust_cell_length(width, base)
        return self._step_line().adjust_cell_length(width, base) if y - 1 == rows else Strip.blank(width, base)

    def _picked_text(self) -> str:
        line = self.lines[self.picked]
        finite = np.flatnonzero(np.isfinite(line.y))
        value = shown_number(float(line.y[finite[-1]])) if len(finite) else "–"
        return f"{literal(line.name)} {value}"

    def _style_of(self, place: int) -> Style:
        return self.lines[place].style if self.picked in (-1, place) else self.part_style("faint")

    def _plot_line(self, row: int, base: Style) -> Strip:
        assert self._drawn is not None  # noqa: S101
        left, _ = self._margins
        high = (self._window.top - self._window.bottom) / self._plot_size()[1]
        top = self._window.top - row * high
        label = next((text for tick, text in self._y_ticks() if top - high < tick <= top), "")
        axis = self.part_style("axis")
        segments = [Segment(fit(label, left - 1, right=True) + ("┤" if label else "│"), axis)]
        bits, owner = self._drawn.bits[row], self._drawn.owner[row]
        letters = self.app.no_color
        for dots, place in zip(bits.tolist(), owner.tolist(), strict=True):
            sign = self._letter(place) if letters else chr(BRAILLE + dots)
            segments.append(Segment(sign, base + self._style_of(place)) if dots else Segment(" ", base))
        for place in self._ends.get(row, ()):
            bold = Style(bold=place == self.picked)
            segments.append(Segment(f"{self._end_name(place)} ", base + self._style_of(place) + bold))
        return Strip(Segment.simplify(segments))

    def _letter(self, place: int) -> str:
        """The letter that draws a line where there are no colors."""
        return "*" if len(self.lines) == 1 else _LETTERS[place % len(_LETTERS)]

    def _end_name(self, place: int) -> str:
        """The name of a line at its end; without colors, behind its letter."""
        name = literal(self.lines[place].name)
        return f"{self._letter(place)} {name}" if self.app.no_color else name

    def _step_line(self) -> Strip:
        columns, (left, right) = self._plot_size()[0], (self._window.left, self._window.right)
        ticks = labelled_ticks(left, right, max(2, columns // 12))
        labels = ((int((tick - left) / (right - left) * (columns - 1)), text) for tick, text in ticks)
        return Strip([Segment(axis_line(self._margins[0], columns, labels), self.part_style("axis"))])

    # -- keys

    def action_pick(self, step: int) -> None:
        """The next line; behind the last, none."""
        if len(self.lines) > 1:
            self.picked = (self.picked + 1 + step) % (len(self.lines) + 1) - 1
            self.redraw()
            self.post_message(self.Picked())

    def action_unpick(self) -> None:
        """No line."""
        self.picked = -1
        self.redraw()

    def latest(self) -> str:
        """The last value of every line, one a row."""
        rows = []
        for line in self.lines:
            finite = np.flatnonzero(np.isfinite(line.y))
            if len(finite) and not math.isnan(line.x[finite[-1]]):
                rows.append(f"{line.name}\t{line.x[finite[-1]]:g}\t{line.y[finite[-1]]!r}")
        return "\n".join(rows)


def spread(wanted: Sequence[float], rows: int) -> list[int]:
    """Different rows nearest to the wanted ones, in their order; `wanted` is sorted and no longer than `rows`."""
    blocks: list[tuple[float, int]] = []
    for place, at in enumerate(wanted):
        blocks.append((at - place, 1))
        # Least squares with order preserved: neighbours that would overlap share the mean of their places.
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            (first, n), (second, m) = blocks[-2:]
            blocks[-2:] = [((first * n + second * m) / (n + m), n + m)]
    offsets = [at for at, count in blocks for _ in range(count)]
    free = rows - len(wanted)
    return [place + max(0, min(free, int(offset))) for place, offset in enumerate(offsets)]
