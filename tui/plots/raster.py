"""Points and lines as braille: 2 × 4 dots a cell, and for each cell the class that most of its points belong to."""

from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

BRAILLE = 0x2800
# Bit of the dot in row 0..3, column 0..1 of a cell (Unicode, Braille Patterns).
_DOTS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]], dtype=np.uint8)


@dataclass(frozen=True, slots=True)
class Window:
    """The part of the plane that is drawn, left to right and bottom to top."""

    left: float
    bottom: float
    right: float
    top: float

    def around(self, x: float, y: float, factor: float) -> "Window":
        """The window `factor` times as wide and high that keeps the point (x, y) where it is on the screen."""
        return Window(
            x - (x - self.left) * factor,
            y - (y - self.bottom) * factor,
            x + (self.right - x) * factor,
            y + (self.top - y) * factor,
        )


@dataclass(frozen=True, slots=True)
class Raster:
    """Points drawn in cells.

    Attributes:
        bits: uint8 [rows, columns], the braille pattern.
        owner: int [rows, columns], majority class, -1 where empty.
    """

    bits: Array
    owner: Array


def fit_window(x: Array, y: Array, margin: float = 0.03) -> Window:
    """The smallest window around all finite points, with a margin; a unit square if there are none."""
    finite = np.isfinite(x) & np.isfinite(y)
    if not finite.any():
        return Window(0.0, 0.0, 1.0, 1.0)
    left, right = float(x[finite].min()), float(x[finite].max())
    bottom, top = float(y[finite].min()), float(y[finite].max())
    wide = (right - left) * margin or 0.5
    high = (top - bottom) * margin or 0.5
    return Window(left - wide, bottom - high, right + wide, top + high)


def to_dots(x: Array, y: Array, window: Window, columns: int, rows: int) -> tuple[Array, Array]:
    """Places of points in dots from the upper left corner.

    Returns:
        Floats, [n] across and [n] down.
    """
    across = (x - window.left) / (window.right - window.left) * (columns * 2)
    down = (window.top - y) / (window.top - window.bottom) * (rows * 4)
    return across, down


def raster(across: Array, down: Array, classes: Array, columns: int, rows: int) -> Raster:
    """Draw points, each at its dot.

    Points outside are left out.

    Args:
        across: float [n], dots from the upper left corner.
        down: float [n], likewise.
        classes: int [n], from 0, or none at all, when all cells drawn belong to class 0.
        columns: cells across.
        rows: cells down.
    """
    inside = (across >= 0) & (across < columns * 2) & (down >= 0) & (down < rows * 4)
    dot_x = across[inside].astype(np.int32)
    dot_y = down[inside].astype(np.int32)
    kinds = classes[inside] if len(classes) else np.zeros(len(dot_x), dtype=np.int64)
    cells = (dot_y >> 2) * columns + (dot_x >> 1)
    dots = np.zeros((rows, 4, columns, 2), dtype=bool)
    dots[dot_y >> 2, dot_y & 3, dot_x >> 1, dot_x & 1] = True
    bits = (dots * _DOTS[None, :, None, :]).sum(axis=(1, 3), dtype=np.uint8).ravel()
    owner = np.full(rows * columns, -1, dtype=np.int32)
    if len(cells):
        count = int(kinds.max()) + 1
        votes = np.bincount(cells * count + kinds, minlength=rows * columns * count).reshape(-1, count)
        owner = np.where(bits > 0, votes.argmax(axis=1), -1)
    return Raster(bits.reshape(rows, columns), owner.reshape(rows, columns))


def over(front: Raster, behind: Raster) -> Raster:
    """One picture over another: a cell that the front one draws in has its class, and the dots of both."""
    return Raster(front.bits | behind.bits, np.where(front.bits > 0, front.owner, behind.owner))


def polyline(across: Array, down: Array) -> tuple[Array, Array]:
    """The dots of a line through points, in order: as many samples a stretch as it is dots long.

    A gap (NaN) breaks the line.

    Args:
        across: float [n].
        down: float [n].
    """
    finite = np.isfinite(across) & np.isfinite(down)
    if finite.sum() < 2:
        return across[finite], down[finite]
    from_x, to_x, from_y, to_y = across[:-1], across[1:], down[:-1], down[1:]
    whole = finite[:-1] & finite[1:]
    from_x, to_x, from_y, to_y = from_x[whole], to_x[whole], from_y[whole], to_y[whole]
    # A stretch far outside the picture needs no more samples than the picture has dots.
    lengths = np.minimum(np.maximum(np.abs(to_x - from_x), np.abs(to_y - from_y)), 4000).astype(np.int64) + 1
    stretch = np.repeat(np.arange(len(lengths)), lengths)
    place = np.arange(len(stretch)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    share = place / lengths[stretch]
    drawn_x = from_x[stretch] + share * (to_x - from_x)[stretch]
    drawn_y = from_y[stretch] + share * (to_y - from_y)[stretch]
    return np.append(drawn_x, across[finite][-1]), np.append(drawn_y, down[finite][-1])


def nearest(across: Array, down: Array, allowed: Array, column: float, row: float) -> int:
    """The index of the allowed point nearest to a place in dots, or -1 if no point is allowed."""
    if not allowed.any():
        return -1
    distance = (across - column) ** 2 + (down - row) ** 2
    return int(np.where(allowed & np.isfinite(distance), distance, np.inf).argmin())
