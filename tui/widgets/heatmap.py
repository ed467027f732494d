"""A square matrix of languages, each value as a color and, where it fits, as a number."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip

from nerspace.tui.actions import bindings
from nerspace.tui.colours import DIVERGING, SEQUENTIAL, class_style, language_name, script_of, step_style
from nerspace.tui.literal import fit
from nerspace.tui.widgets.plot import Plot

_SCALE_CELLS = 24


@dataclass(frozen=True, slots=True)
class Matrix:
    """What is drawn.

    Attributes:
        values: (row, column) → value.
        low: lower end of the scale.
        high: upper end of the scale.
        diverging: whether the scale goes around its middle.
        codes: the languages of the columns, and of the rows too unless `rows` names others.
        floor: what chance alone gives, marked on the scale.
        faint: the pairs whose value is drawn without its color, since its interval holds 0.
        percent: whether the values are shares, written as percentages.
    """

    title: str
    codes: tuple[str, ...]
    values: dict[tuple[str, str], float]
    low: float
    high: float
    diverging: bool = False
    rows: tuple[str, ...] = ()
    floor: float | None = None
    faint: frozenset[tuple[str, str]] = frozenset()
    percent: bool = False

    @property
    def down(self) -> tuple[str, ...]:
        """The languages of the rows."""
        return self.rows or self.codes

    def written(self, value: float) -> str:
        """A value as it stands beside the scale."""
        return f"{value:z.0%}" if self.percent else f"{value:z.2f}"

    def share(self, value: float) -> float:
        """Where a value lies on the scale, 0 to 1."""
        return (value - self.low) / ((self.high - self.low) or 1.0)


class Heatmap(Plot):
    """Cells as large as the screen allows, a gap between scripts, a cursor cell."""

    BINDINGS = bindings("matrix")
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "heatmap--title",
        "heatmap--label",
        "heatmap--here",
        "heatmap--cursor",
        "heatmap--faint",
    }
    DEFAULT_CSS = """
    Heatmap { background: $background; }
    Heatmap .heatmap--title { color: $primary; text-style: bold; }
    Heatmap .heatmap--label { color: $foreground 80%; }
    Heatmap .heatmap--here { color: $accent; text-style: bold; }
    Heatmap .heatmap--cursor { color: $background; background: $accent; text-style: bold; }
    Heatmap .heatmap--faint { color: $foreground 45%; }
    Heatmap:ansi .heatmap--cursor { color: ansi_default; background: ansi_default; text-style: bold reverse; }
    Heatmap:nocolor .heatmap--cursor { text-style: bold reverse; }
    """

    class Moved(Message):
        """The cursor is on another cell."""

    class Chosen(Message):
        """The cell under the cursor is to be inspected."""

        def __init__(self, heatmap: "Heatmap") -> None:
            super().__init__()
            self.heatmap = heatmap

        @property
        def control(self) -> "Heatmap":
            """The matrix, for `@on` selectors."""
            return self.heatmap

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self.matrix: Matrix | None = None
        self.cell = (0, 1)
        self.first = (0, 0)
        self.empty = "Loading …"

    def show(self, matrix: Matrix | None, empty: str = "") -> None:
        """Another matrix, the cursor staying on its pair of languages where it can."""
        pair = self.pair
        self.matrix, self.empty = matrix, empty
        if matrix is not None:
            if pair and pair[0] in matrix.down and pair[1] in matrix.codes:
                self.cell = (matrix.down.index(pair[0]), matrix.codes.index(pair[1]))
            self.cell = (min(self.cell[0], len(matrix.down) - 1), min(self.cell[1], len(matrix.codes) - 1))
        self._keep_in_view()
        self.refresh()
        self.post_message(self.Moved())

    @property
    def pair(self) -> tuple[str, str] | None:
        """The two languages under the cursor."""
        if self.matrix is None or not self.matrix.codes:
            return None
        down, codes = self.matrix.down, self.matrix.codes
        return down[min(self.cell[0], len(down) - 1)], codes[min(self.cell[1], len(codes) - 1)]

    def go_to(self, pair: tuple[str, str]) -> None:
        """Put the cursor on a pair, if the matrix has it; sends no message."""
        if self.matrix is not None and pair[0] in self.matrix.down and pair[1] in self.matrix.codes:
            self.cell = (self.matrix.down.index(pair[0]), self.matrix.codes.index(pair[1]))
            self._keep_in_view()
            self.refresh()

    # -- measures in cells of the terminal

    def _layout(self) -> tuple[int, int, int]:
        """Width of the row labels, width and height of a cell."""
        count = max(1, len(self.matrix.codes)) if self.matrix else 1
        lines = max(1, len(self.matrix.down)) if self.matrix else 1
        label = 15 if self.size.width >= 15 + count * 5 + 2 else 4
        width = max(3, min(9, (self.size.width - label - 2) // count))
        height = max(1, min(4, width // 2, (self.size.height - 4) // lines))
        return label, width, height

    def _fitting(self) -> tuple[int, int]:
        """Rows and columns of the matrix that fit on the screen."""
        label, width, height = self._layout()
        return max(1, (self.size.height - 4) // height), max(1, (self.size.width - label - 2) // width)

    def _keep_in_view(self) -> None:
        fitting = self._fitting()
        sizes = (len(self.matrix.down), len(self.matrix.codes)) if self.matrix is not None else (0, 0)
        self.first = (
            _first(self.first[0], self.cell[0], fitting[0], sizes[0]),
            _first(self.first[1], self.cell[1], fitting[1], sizes[1]),
        )

    # -- drawing

    def render_line(self, y: int) -> Strip:
        """Title, column labels, matrix, scale."""
        width, base = self.size.width, self.rich_style
        if self.matrix is None:
            return Strip([Segment(fit(f" {self.empty}" if y == 1 else "", width), base)], width)
        _, _, height = self._layout()
        shown = list(range(len(self.matrix.down)))[self.first[0] : self.first[0] + self._fitting()[0]]
        if y == 0:
            segments = [Segment(f" {self.matrix.title}", base + self.part_style("title"))]
        elif y == 1:
            segments = self._column_labels(base)
        elif (place := (y - 2) // height) < len(shown):
            segments = self._matrix_line(shown[place], (y - 2) % height, base)
        elif y == 2 + len(shown) * height + (1 if self.size.height > 3 + len(shown) * height else 0):
            segments = self._scale(base)
        else:
            segments = []
        return Strip(segments).adjust_cell_length(width, base)

    def _columns(self) -> Sequence[tuple[int, str, str]]:
        """Number, code and gap before of every column on the screen."""
        assert self.matrix is not None  # noqa: S101
        codes = self.matrix.codes
        chosen = range(len(codes))[self.first[1] : self.first[1] + self._fitting()[1]]
        free = self.size.width - self._layout()[0] - len(chosen) * self._layout()[1]
        return [
            (
                at,
                codes[at],
                " " if free > 1 and at > chosen[0] and script_of(codes[at]) != script_of(codes[at - 1]) else "",
            )
            for at in chosen
        ]

    def _column_labels(self, base: Style) -> list[Segment]:
        label, width, _ = self._layout()
        segments = [Segment(" " * label, base)]
        for at, code, gap in self._columns():
            style = self.part_style("here") if at == self.cell[1] else class_style(code)
            segments += [Segment(gap, base), Segment(fit(code[: width - 1].center(width), width), base + style)]
        return segments

    def _matrix_line(self, at: int, line: int, base: Style) -> list[Segment]:
        assert self.matrix is not None  # noqa: S101
        label, width, height = self._layout()
        code, middle = self.matrix.down[at], line == (height - 1) // 2
        name = (f"{code} {language_name(code)}" if label > 4 else code) if middle else ""
        style = self.part_style("here") if at == self.cell[0] else class_style(code)
        segments = [Segment(fit(f" {name}", label), base + style)]
        for column, other, gap in self._columns():
            value = self.matrix.values.get((code, other))
            here = (at, column) == self.cell and self.has_focus
            if value is None or math.isnan(value):
                text, colors = ("·" if middle else "").center(width), self.part_style("faint")
            elif (code, other) in self.matrix.faint:
                number = _number(value, width, self.matrix.low < 0, self.matrix.percent) if middle else ""
                text = (f"({number})" if number and len(number) + 2 <= width else number).center(width)
                colors = self.part_style("faint")
            else:
                scale = DIVERGING if self.matrix.diverging else SEQUENTIAL
                text, colors = (
                    (_number(value, width, self.matrix.low < 0, self.matrix.percent) if middle else "").center(width),
                    step_style(scale, self.matrix.share(value)),
                )
            plain = value is None or math.isnan(value) or (code, other) in self.matrix.faint
            if here and (self.app.no_color or plain):
                colors = self.part_style("cursor")
            elif here and value is not None:
                # Around the value, whose color is what the cell is about.
                inside = _number(value, width - 2, self.matrix.low < 0, self.matrix.percent) if middle else ""
                longer = _number(value, width - 1, self.matrix.low < 0, self.matrix.percent) if middle else ""
                text = f"▌{inside.center(width - 2)}▐" if inside or not longer else f"▌{longer.ljust(width - 1)}"
                colors += Style(bold=True)
            segments += [Segment(gap, base), Segment(text, base + colors)]
        return segments

    def _scale(self, base: Style) -> list[Segment]:
        assert self.matrix is not None  # noqa: S101
        matrix, label = self.matrix, self._layout()[0]
        scale = DIVERGING if matrix.diverging else SEQUENTIAL
        about = "" if matrix.floor is None else f"  floor ┃ {matrix.written(matrix.floor)}"
        about += "  dim: the interval holds 0" if matrix.faint else ""
        ends = f"{matrix.written(matrix.low)} ", f" {matrix.written(matrix.high)}"
        fits = label + sum(map(len, ends)) + _SCALE_CELLS + len(about) <= self.size.width
        cells = _SCALE_CELLS if fits else _SCALE_CELLS // 2
        share = None if matrix.floor is None else matrix.share(matrix.floor)
        floor = -1 if share is None or not 0 <= share <= 1 else min(cells - 1, int(share * cells))
        segments = [Segment(fit(" ", label), base), Segment(ends[0], base + self.part_style("label"))]
        segments += [
            Segment("┃" if step == floor else " ", base + step_style(scale, (step + 0.5) / cells))
            for step in range(cells)
        ]
        about = about if floor >= 0 else about.replace("┃ ", "")
        return [*segments, Segment(f"{ends[1]}{about}", base + self.part_style("label"))]

    # -- moving

    def redraw(self) -> None:
        """Keep the cursor in view."""
        self._keep_in_view()
        self.refresh()

    def _go(self, row: int, column: int) -> None:
        if self.matrix is None:
            return
        self.cell = (
            max(0, min(len(self.matrix.down) - 1, row)), max(0, min(len(self.matrix.codes) - 1, column)),
        )  # fmt: skip
        self._keep_in_view()
        self.refresh()
        self.post_message(self.Moved())

    def action_cursor(self, across: int, down: int) -> None:
        """Move the cursor."""
        self._go(self.cell[0] + down, self.cell[1] + across)

    def action_open(self) -> None:
        """Ask for the cell under the cursor."""
        if self.pair is not None:
            self.post_message(self.Chosen(self))

    def on_click(self, event: events.Click) -> None:
        """Put the cursor where the click was."""
        label, width, height = self._layout()
        if event.y >= 2 and event.x >= label:
            self._go(self.first[0] + (event.y - 2) // height, self.first[1] + (event.x - label) // width)


def _first(first: int, at: int, fitting: int, size: int) -> int:
    """The first line in view, where the cursor is at one of `size` of which some fit."""
    return 0 if size <= fitting else max(min(first, at), at - fitting + 1)


def _number(value: float, width: int, negative: bool, percent: bool = False) -> str:
    """A value with two decimals; without the zero before the point where width is scarce, and where signs need it."""
    if percent:
        text = f"{value:z.0%}"
        return text if len(text) <= width else text[:-1] if len(text) - 1 <= width else ""
    text = f"{value:z.2f}"
    if abs(value) < 1 and (len(text) >= width or (negative and width < 6)):
        text = text.replace("0.", ".", 1)
    return text if len(text) <= max(width - 1, 4) and len(text) <= width else ""
