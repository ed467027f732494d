"""What the cells of a plot show, and what lies over them: labels that give way to each other, a box, lines."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from rich.cells import cell_len
from rich.style import Style

from nerspace.tui.literal import literal
from nerspace.tui.plots.raster import BRAILLE, Array, Raster, polyline, raster

# Column and row → sign and style.
Overlay = dict[tuple[int, int], tuple[str, Style]]

# Where a label may stand when the place of its point is taken, in label widths and rows.
_BESIDE = (
    (0, 0), (1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1), (2, 0), (-2, 0), (0, 2), (0, -2),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Classes:
    """The classes of some points.

    Attributes:
        codes: int [n], the class of every point.
        names: of every class, in the order of the legend.
        marks: likewise.
        styles: likewise.
    """

    codes: Array
    names: tuple[str, ...]
    marks: tuple[str, ...]
    styles: tuple[Style, ...]


def signs_of(drawn: Raster, marks: Sequence[str] | None) -> list[tuple[list[str], list[int]]]:
    """For each row, sign and class of every cell, −1 for an empty one.

    Args:
        marks: letters of the classes, for dots.
    """
    filled = drawn.bits > 0
    codes = BRAILLE + drawn.bits.astype(np.uint32)
    if marks is not None:
        codes = np.array([ord(mark) for mark in marks] or [32], dtype=np.uint32)[drawn.owner]
    signs = np.ascontiguousarray(np.where(filled, codes, 32), dtype=np.uint32).view("<U1")
    return list(zip(signs.tolist(), np.where(filled, drawn.owner, -1).tolist(), strict=True))


def lay_labels(overlay: Overlay, labels: Iterable[tuple[tuple[int, int], str, Style]], columns: int, rows: int) -> None:
    """Write labels at cells; one whose place is taken stands beside it, and one that finds none is left out."""
    for (column, row), text, style in labels:
        letters = cells_of(text)
        width = len(letters)
        for off_x, off_y in _BESIDE:
            start, line = max(0, min(column + off_x * width, columns - width)), row + off_y
            cells = [(start + place, line) for place in range(width)]
            if 0 <= line < rows and not any(cell in overlay for cell in cells):
                overlay.update(zip(cells, ((letter, style) for letter in letters), strict=True))
                break


def lay_beside(
    overlay: Overlay, labels: Iterable[tuple[tuple[int, int], str, Style]], columns: int, rows: int
) -> None:  # fmt: skip
    """Mark every cell by a dot, then write each label beside its own; between two labels a cell stays free.

    One that finds no place is left out, its dot stays.
    """
    entries = [(cell, cells_of(text), style) for cell, text, style in labels]
    for cell, _, style in entries:
        overlay.setdefault(cell, ("•", style))
    for (column, row), letters, style in entries:
        width = len(letters)
        starts = [(column + 1, row), (column - width, row)]
        starts += [(column - width // 2, row - 1), (column - width // 2, row + 1)]
        starts += [(column + off, row + line) for line in (-1, 1) for off in (1, -width)]
        for start, line in starts:
            cells = [(start + place, line) for place in range(width)]
            around = {(start - 1, line), (start + width, line)} - {(column, row)}
            fits = start >= 0 and start + width <= columns and 0 <= line < rows
            if fits and not any(cell in overlay for cell in (*cells, *around)):
                overlay.update(zip(cells, ((letter, style) for letter in letters), strict=True))
                break


def cells_of(text: str) -> list[str]:
    """What stands in each cell of a text: a mark with its letter, and nothing behind a letter of two cells."""
    cells: list[str] = []
    for letter in literal(text):
        width = cell_len(letter)
        if width:
            cells += [letter, *[""] * (width - 1)]
        elif cells:
            cells[-1] += letter
    return cells


def box_edge(left: int, right: int, top: int, bottom: int) -> dict[tuple[int, int], str]:
    """The edge of a box: cell → sign."""
    edge = {(c, r): "─" for c in range(left, right + 1) for r in (top, bottom)}
    edge |= {(c, r): "│" for c in (left, right) for r in range(top, bottom + 1)}
    return edge | {(left, top): "╭", (right, top): "╮", (left, bottom): "╰", (right, bottom): "╯"}


def star(start: tuple[float, float], ends: Array) -> tuple[Array, Array]:
    """The dots of lines from one point to many.

    Args:
        ends: float [n, 2], dots across and down.
    """
    gap = np.full(len(ends), np.nan)
    x = np.column_stack([np.full(len(ends), start[0]), ends[:, 0], gap]).ravel()
    y = np.column_stack([np.full(len(ends), start[1]), ends[:, 1], gap]).ravel()
    return polyline(x, y)


def line_bits(across: Array, down: Array, columns: int, rows: int) -> dict[tuple[int, int], int]:
    """Column and row → braille bits of a line's dots."""
    bits = raster(across, down, np.zeros(0, dtype=np.int64), columns, rows).bits
    return {
        (column, row): int(bits[row, column])
        for row, column in zip(*(place.tolist() for place in np.nonzero(bits)), strict=True)
    }
