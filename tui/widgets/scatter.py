"""A map of points in braille: colored by class, with a box cursor, the nearest point and what it is joined to."""

from collections.abc import Callable
from typing import ClassVar, NamedTuple

import numpy as np
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from nerspace.tui.actions import bindings
from nerspace.tui.literal import fit
from nerspace.tui.plots.overlay import Classes, Overlay, box_edge, lay_labels, line_bits, signs_of, star
from nerspace.tui.plots.raster import BRAILLE, Array, Raster, Window, fit_window, nearest, over, raster, to_dots
from nerspace.tui.widgets.plot import Plot

# Seconds of one picture of an easing, and the points beyond which there is none.
EASE_SECONDS = 0.06
EASED_POINTS = 20_000
_NOBODY: Array = np.zeros(0, dtype=np.intp)


class Pin(NamedTuple):
    """The point that counts as the nearest one while the window and the box are as they were."""

    point: int
    window: Window | None
    across: float
    down: float


class Easing(NamedTuple):
    """Points on their way from one map to the next.

    Attributes:
        across: where they come from, float [n] in widths of the picture.
        down: likewise, in heights.
        steps: pictures in all.
        done: pictures drawn.
    """

    across: Array
    down: Array
    steps: int
    done: int


class Scatter(Plot):
    """Draws points; the box is moved by cells, everything else follows from where it is."""

    BINDINGS = bindings("scatter")
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "scatter--title", "scatter--focus", "scatter--box", "scatter--tint", "scatter--nearest", "scatter--line",
        "scatter--lit", "scatter--faint",
    }  # fmt: skip
    DEFAULT_CSS = """
    Scatter { background: $background; }
    Scatter .scatter--title { color: $foreground 70%; background: $background; }
    Scatter .scatter--focus { color: $primary; background: $background; text-style: bold; }
    Scatter .scatter--box { color: $accent; text-style: bold; }
    Scatter .scatter--tint { background: $accent 20%; }
    Scatter:ansi .scatter--tint { background: ansi_bright_black; }
    Scatter:nocolor .scatter--tint { text-style: bold; background: $background; }
    Scatter .scatter--lit { background: $accent 45%; text-style: bold; }
    Scatter:ansi .scatter--lit, Scatter:nocolor .scatter--lit { background: ansi_default; text-style: bold reverse; }
    Scatter .scatter--faint { color: $foreground 35%; }
    Scatter:ansi .scatter--faint { color: ansi_bright_black; }
    Scatter .scatter--line { color: $accent 80%; }
    Scatter .scatter--nearest { color: $background; background: $accent; text-style: bold; }
    Scatter:ansi .scatter--nearest { text-style: bold reverse; color: ansi_default; background: ansi_default; }
    Scatter:nocolor .scatter--nearest { text-style: bold reverse; }
    """

    class Listed(Message):
        """The points inside the box are wanted as a list."""

        def __init__(self, scatter: "Scatter") -> None:
            super().__init__()
            self.scatter = scatter

    class ClassToggled(Message):
        """The legend entry of that place is to be shown or hidden."""

        def __init__(self, place: int) -> None:
            super().__init__()
            self.place = place

    class OnlyClass(Message):
        """The class of that number is to be shown alone, or all if it is alone already."""

        def __init__(self, code: int) -> None:
            super().__init__()
            self.code = code

    class Held(Message):
        """The points in the box are to stay lit, or no longer."""

    class Grown(Message):
        """The cluster of the point in the box is to stay lit; again, a larger one."""

    def __init__(self, id: str, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.title = ""
        self._awaits_sign = False
        self.x: Array = np.zeros(0)
        self.y: Array = np.zeros(0)
        self.kinds = Classes(np.zeros(0, dtype=np.int64), (), (), ())
        self.hidden: set[int] = set()
        self.window: Window | None = None
        self.whole = Window(0.0, 0.0, 1.0, 1.0)
        self.box: tuple[float, float] = (0.5, 0.5)
        self.half = [3, 1]
        self.labels: list[tuple[int, str, Style]] = []
        self.marked: int = -1
        self.joined: int = -1
        # Points that another pane has in its box, and points that stay lit while all others are dimmed.
        self.lit: Array = _NOBODY
        self.held: Array = _NOBODY
        self._easing: Easing | None = None
        self.empty = "Loading …"
        self._drawn: Raster | None = None
        # Called before the overlay is laid, not by a message: so a key is answered by one paint.
        self.watcher: Callable[[Scatter], None] | None = None
        self._pin = Pin(-1, None, 0.0, 0.0)
        self._overlay: Overlay = {}
        self._overlay_rows: dict[int, dict[int, tuple[str, Style]]] = {}
        self._signs: list[tuple[list[str], list[int]]] = []
        self._base, self._styles = Style(), [Style()]
        self._count: tuple[object, str] | None = None
        self._dots_of: tuple[object, tuple[Array, Array]] | None = None

    # -- content

    def show(self, title: str, x: Array, y: Array, classes: Classes, empty: str = "", ease: int = 0) -> None:
        """Draw other points; the window is fitted to them, and the box goes with its point.

        Args:
            title: of the plot.
            x: float [n] in map units.
            y: float [n] in map units.
            classes: of the points.
            empty: what is said where there are none.
            ease: pictures in which the same points go to their new places; everything else is there at once.
        """
        from_here = self._whereabouts() if ease and len(x) == len(self.x) <= EASED_POINTS else None
        same = len(x) == len(self.x) and len(x) and self.marked >= 0
        self.title, self.x, self.y, self.kinds, self.empty = title, x, y, classes, empty
        self._dots_of = None
        self.window = self.whole = fit_window(x, y)
        self._count = None
        if same and (cell := self._cell_of(self.marked)) is not None:
            self._put_box(cell, self.marked)
        self.redraw()
        if from_here is not None:
            self._easing = Easing(*from_here, ease, 0)
            self._draw_easing()

    def recolor(self, classes: Classes) -> None:
        """The same points in other classes."""
        self.kinds = classes
        self.redraw()

    def hold(self, points: Array) -> None:
        """Light these points and dim all others; none for no selection."""
        if not np.array_equal(points, self.held):
            self.held = points
            self.redraw()

    @property
    def columns(self) -> int:
        """Cells across."""
        return max(1, self.size.width)

    @property
    def rows(self) -> int:
        """Cells down, without the title."""
        return max(1, self.size.height - 1)

    def visible_points(self) -> Array:
        """Which points belong to a class that is shown.

        Returns:
            Bool [n].
        """
        if not self.hidden:
            return np.ones(len(self.x), dtype=bool)
        return ~np.isin(self.kinds.codes, list(self.hidden))

    def _counted(self) -> str:
        """How many points are shown of how many the map has."""
        key = (frozenset(self.hidden), id(self.kinds))
        if self._count is None or self._count[0] != key:
            drawn = np.isfinite(self.x)
            text = f" · {int((drawn & self.visible_points()).sum()):,} of {int(drawn.sum()):,}" if drawn.any() else ""
            self._count = key, text
        return self._count[1]

    def _dots(self) -> tuple[Array, Array]:
        """Places of all points in dots, cached until the window, the size or the points change."""
        key = (self.window, self.columns, self.rows)
        if self._dots_of is None or self._dots_of[0] != key:
            window = self.window or self.whole
            self._dots_of = key, to_dots(self.x, self.y, window, self.columns, self.rows)
        return self._dots_of[1]

    @property
    def share(self) -> float:
        """The width of the window in widths of the whole map."""
        return (self.window.right - self.window.left) / (self.whole.right - self.whole.left) if self.window else 1.0

    def _center(self) -> tuple[int, int]:
        column = min(self.columns - 1, int(self.box[0] * self.columns))
        row = min(self.rows - 1, int(self.box[1] * self.rows))
        return column, row

    def nearest_point(self) -> int:
        """The shown point nearest to the middle of the box, −1 if there is none."""
        point = self._pin.point
        pinned = self._pin == Pin(point, self.window, *self.box) and 0 <= point < len(self.x)
        if pinned and self._shows(np.array([point]))[0]:
            return point
        column, row = self._center()
        across, down = self._dots()
        return nearest(across, down, self.visible_points(), column * 2 + 1, row * 4 + 2)

    def points_inside(self) -> Array:
        """Numbers of the shown points inside the box, those nearest to its middle first."""
        column, row = self._center()
        across, down = self._dots()
        wide, high = self.half[0] * 2 + 1, self.half[1] * 4 + 2
        # Column by column first: most points fall out there, and the rest of the work is on few.
        inside: Array = np.flatnonzero(np.abs(across - column * 2 - 1) <= wide)
        off_y = np.abs(down[inside] - row * 4 - 2)
        inside = inside[off_y <= high]
        inside = inside[self._shows(inside)]
        off = (across[inside] - column * 2 - 1) ** 2 + (down[inside] - row * 4 - 2) ** 2
        return inside[np.argsort(off, kind="stable")]

    def _shows(self, points: Array) -> Array:
        """Which of some points belong to a class that is shown: bool [n]."""
        shown: Array = ~np.isin(self.kinds.codes[points], list(self.hidden))
        return shown

    def points_in_window(self) -> Array:
        """Numbers of the shown points that lie in the window."""
        across, down = self._dots()
        inside = (across >= 0) & (across < self.columns * 2) & (down >= 0) & (down < self.rows * 4)
        return np.flatnonzero(inside & self.visible_points())

    # -- drawing

    def redraw(self) -> None:
        """Draw the points again, then what lies over them."""
        self._raster()
        self.update_overlay()

    def _raster(self) -> None:
        self._easing = None
        if self.size.width and self.window is not None:
            self._draw(*self._dots())
        self.refresh()

    def _draw(self, across: Array, down: Array) -> None:
        """Draw the shown points at these places; beside held ones, all others are of one class behind the last."""
        shown, codes = self.visible_points() & (self.kinds.codes >= 0), self.kinds.codes
        if not len(self.held):
            drawn = raster(across[shown], down[shown], codes[shown], self.columns, self.rows)
        else:
            held = np.zeros(len(codes), dtype=bool)
            held[self.held] = True
            faint = np.full(int((shown & ~held).sum()), len(self.kinds.names))
            behind = raster(across[shown & ~held], down[shown & ~held], faint, self.columns, self.rows)
            front = raster(across[shown & held], down[shown & held], codes[shown & held], self.columns, self.rows)
            drawn = over(front, behind)
        marks = [*self.kinds.marks, "·"] if self.app.no_color else None
        self._drawn, self._signs = drawn, signs_of(drawn, marks)

    def _style_of(self, kind: int) -> Style:
        """The style of a class, or of the points that are not held."""
        return self.kinds.styles[kind] if kind < len(self.kinds.styles) else self.part_style("faint", True)

    def ground(self, name: str) -> Style:
        """The style of a component that lies behind points: its background mixed with that of the map."""
        style = self.part_style(name, True)
        if self.app.native_ansi_color or self.app.no_color:
            return style
        return style + Style(bgcolor=self.part_style(name).bgcolor)

    # -- from one map to the next

    def _whereabouts(self) -> tuple[Array, Array] | None:
        """Where the points are, in widths and heights of the picture; None before the first one."""
        if self.window is None or not self.size.width or not len(self.x):
            return None
        across, down = self._dots()
        return across / (2 * self.columns), down / (4 * self.rows)

    def _draw_easing(self) -> None:
        """The next picture of the points on their way, then the one of their places."""
        if (easing := self._easing) is None:
            return
        if easing.done == easing.steps:
            self._raster()
            return
        share = (easing.done + 1) / (easing.steps + 1)
        share = share * share * (3 - 2 * share)
        across, down = self._dots()
        self._draw(
            easing.across * (1 - share) * 2 * self.columns + across * share,
            easing.down * (1 - share) * 4 * self.rows + down * share,
        )
        self._easing = easing._replace(done=easing.done + 1)
        self.refresh()
        self.set_timer(EASE_SECONDS, self._draw_easing)

    def update_overlay(self) -> None:
        """Lay box, nearest point and labels over the points, after whoever watches has had its say."""
        if self.watcher is not None:
            self.watcher(self)
        self._lay()

    def label(
        self, labels: list[tuple[int, str, Style]], marked: int, joined: int = -1, lit: Array = _NOBODY
    ) -> bool:  # fmt: skip
        """Write short labels at points, mark one point, join one to the labels, light what another pane's box holds.

        Args:
            labels: point, text and style of each.
            marked: the point that is marked.
            joined: the point that is joined to the labels by lines, −1 for none.
            lit: numbers of the points that are lit.

        Returns:
            Whether that changes anything, so that `show_labels` is called for.
        """
        changed = labels != self.labels or marked != self.marked or joined != self.joined
        changed = changed or not np.array_equal(lit, self.lit)
        self.labels, self.marked, self.joined, self.lit = labels, marked, joined, lit
        return changed

    def show_labels(self) -> None:
        """Draw the labels; sends no message."""
        self._lay()

    def follow(self, point: int, share: float) -> None:
        """Show as much of the map as another pane shows of its own, with this point in view; sends no message."""
        if point < 0 or not len(self.x):
            return
        zoomed = abs(share - self.share) > 1e-6 * share or self._cell_of(point) is None
        if zoomed:
            whole = self.whole
            x, y = float(self.x[point]), float(self.y[point])
            if share >= 1 or not np.isfinite(x + y):
                self.window = whole.around((whole.left + whole.right) / 2, (whole.bottom + whole.top) / 2, share)
            else:
                wide, high = (whole.right - whole.left) * share / 2, (whole.top - whole.bottom) * share / 2
                self.window = Window(x - wide, y - high, x + wide, y + high)
            self._raster()
        if (cell := self._cell_of(point)) is not None:
            self._put_box(cell, point)
        if zoomed:
            self._lay()

    def _lay(self) -> None:
        """Make the overlay anew and repaint the cells where it differs: over a slow line a move costs few bytes."""
        before, self._overlay = self._overlay, {}
        if self.window is not None and len(self.x):
            self._lay_labels()
            if self.has_focus:
                self._lay_box()
            if len(self.lit):
                self._lay_lit()
            if self.joined >= 0:
                self._lay_lines()
        self._overlay_rows = {}
        for (column, row), laid in self._overlay.items():
            self._overlay_rows.setdefault(row, {})[column] = laid
        rows: dict[int, list[int]] = {}
        for cell in before.keys() | self._overlay.keys():
            if before.get(cell) != self._overlay.get(cell):
                rows.setdefault(cell[1], []).append(cell[0])
        # One region a row: Textual sends a line from its start to the end of each.
        regions = [Region(min(cells), row + 1, max(cells) - min(cells) + 1, 1) for row, cells in rows.items()]
        if regions:
            self.refresh(*regions)

    def _cell_of(self, point: int) -> tuple[int, int] | None:
        across, down = self._dots()
        if not (np.isfinite(across[point]) and np.isfinite(down[point])):
            return None
        column, row = int(across[point] // 2), int(down[point] // 4)
        return (column, row) if 0 <= column < self.columns and 0 <= row < self.rows else None

    def _lay_labels(self) -> None:
        """The marked point first, then each label on its point or, where that is taken, beside it."""
        text = next((text for point, text, _ in self.labels if point == self.marked), "◉")
        entries = [entry for entry in self.labels if entry[0] != self.marked]
        if self.marked >= 0:
            entries.insert(0, (self.marked, text, self.part_style("nearest")))
        placed = ((self._cell_of(point), text, style) for point, text, style in entries)
        labels = ((cell, text, style) for cell, text, style in placed if cell is not None)
        lay_labels(self._overlay, labels, self.columns, self.rows)

    def _lay_lines(self) -> None:
        """Lines from the joined point to the labelled ones, under everything else that lies over the points."""
        ends = [point for point, _, _ in self.labels if point != self.joined]
        if self._drawn is None or not ends:
            return
        dots, drawn = np.column_stack(self._dots()), self._drawn.bits
        line = line_bits(*star(tuple(dots[self.joined]), dots[ends]), self.columns, self.rows)
        style, letters = self.part_style("line", partial=True), self.app.no_color
        for (column, row), bits in line.items():
            if not letters:
                self._overlay.setdefault((column, row), (chr(BRAILLE + (bits | int(drawn[row, column]))), style))
            elif not drawn[row, column]:
                self._overlay.setdefault((column, row), ("·", style))

    def _lay_lit(self) -> None:
        """Light the cells of the points that another pane has in its box."""
        lit = self.lit[self._shows(self.lit) & (self.kinds.codes[self.lit] >= 0)]
        across, down = self._dots()
        owner = raster(across[lit], down[lit], self.kinds.codes[lit], self.columns, self.rows).owner
        style = self.ground("lit")
        for row, column in zip(*(place.tolist() for place in np.nonzero(owner >= 0)), strict=True):
            sign = self._signs[row][0][column] if row < len(self._signs) else " "
            self._overlay.setdefault((column, row), (sign, self._style_of(int(owner[row, column])) + style))

    def _lay_box(self) -> None:
        """A tint behind the points of the box, and its edge where there are none."""
        column, row = self._center()
        left, right, top, bottom = column - self.half[0], column + self.half[0], row - self.half[1], row + self.half[1]
        edge, line, tint = (
            box_edge(left, right, top, bottom),
            self.part_style("box", True),
            self.ground("tint"),
        )
        for r in range(max(0, top), min(len(self._signs), bottom + 1)):
            signs, kinds = self._signs[r]
            for c in range(max(0, left), min(len(signs), right + 1)):
                kind = kinds[c]
                sign = signs[c] if kind >= 0 else edge.get((c, r), " ")
                style = self._style_of(kind) if kind >= 0 else line
                self._overlay.setdefault((c, r), (sign, style + tint))

    def render_line(self, y: int) -> Strip:
        """The title, or one line of the map."""
        width, base = self.size.width, self._base
        if y == 0:
            asks = "  which class? its sign in the legend" if self._awaits_sign else ""
            return self.title_line(f"{self.title}{self._counted()}{asks} ")
        row = y - 1
        if not len(self.x) or self._drawn is None or row >= self._drawn.bits.shape[0]:
            text = f" {self.empty}" if y == 2 else ""
            return Strip([Segment(fit(text, width), base)], width)
        over, styles = self._overlay_rows.get(row, {}), self._styles
        segments, text, last, plain = [], "", base, base
        for at, (sign, kind) in enumerate(zip(*self._signs[row], strict=True)):
            # An empty cell looks the same in any color of a point, and fewer segments are drawn and sent faster.
            style = plain if kind < 0 else styles[kind]
            if over and (laid := over.get(at)) is not None:
                sign, style = laid[0], base + laid[1]
                plain = base
            else:
                plain = style
            if style is not last:
                segments.append(Segment(text, last))
                text, last = "", style
            text += sign
        segments.append(Segment(text, last))
        return Strip(segments).adjust_cell_length(width, base)

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines of a region; styles are looked up once for all of them."""
        self._base = base = self.rich_style
        # The last one is of cells without a point, whose class is −1; before it, that of points that are not held.
        self._styles = [*(base + style for style in self.kinds.styles), base + self.part_style("faint", True), base]
        return super().render_lines(crop)

    # -- keys

    def focus_changed(self) -> None:
        """Show the box, or hide it."""
        self.update_overlay()

    def move_to(self, point: int) -> None:
        """Put the box on a point, in view."""
        cell = self._cell_of(point)
        if cell is None:
            self.window = self.whole
            self.redraw()
            cell = self._cell_of(point) or (0, 0)
        self._put_box(cell, point)
        self.update_overlay()

    def _put_box(self, cell: tuple[int, int], point: int) -> None:
        """The box on the cell of a point, which counts as the nearest one until the box or the window moves."""
        self.box = ((cell[0] + 0.5) / self.columns, (cell[1] + 0.5) / self.rows)
        self._pin = Pin(point, self.window, *self.box)

    def on_click(self, event: events.Click) -> None:
        """Put the box where the click was."""
        self.box = ((event.x + 0.5) / self.columns, (max(0, event.y - 1) + 0.5) / self.rows)
        self.update_overlay()

    def action_cursor(self, across: int, down: int) -> None:
        """Move the box by cells; at an edge, the map moves under it."""
        column, row = self._center()
        column, row = column + across, row + down
        if not 0 <= column < self.columns or not 0 <= row < self.rows:
            self._pan(across, down)
            return
        self.box = ((column + 0.5) / self.columns, (row + 0.5) / self.rows)
        self.update_overlay()

    def _pan(self, across: int, down: int) -> None:
        if (window := self.window) is None:
            return
        x = (window.right - window.left) / self.columns * across * 4
        y = (window.bottom - window.top) / self.rows * down * 2
        self.window = Window(window.left + x, window.bottom + y, window.right + x, window.top + y)
        self.redraw()

    def action_resize(self, across: int, down: int) -> None:
        """Make the box wider or higher."""
        self.half = [
            max(1, min(self.columns // 2, self.half[0] + across * 2)), max(1, min(self.rows // 2, self.half[1] + down)),
        ]  # fmt: skip
        self.update_overlay()

    def _place(self) -> tuple[float, float]:
        window = self.window or self.whole
        column, row = self._center()
        x = window.left + (column + 0.5) / self.columns * (window.right - window.left)
        y = window.top - (row + 0.5) / self.rows * (window.top - window.bottom)
        return x, y

    def action_zoom(self, factor: float) -> None:
        """Show `factor` times as much, the middle of the box staying where it is."""
        if self.window is not None:
            self.window = self.window.around(*self._place(), factor)
            self.redraw()

    def action_zoom_box(self) -> None:
        """Show what is inside the box, whole."""
        if self.window is None:
            return
        point = self.nearest_point()
        x, y = self._place()
        wide = (self.window.right - self.window.left) * (self.half[0] + 0.5) / self.columns
        high = (self.window.top - self.window.bottom) * (self.half[1] + 0.5) / self.rows
        self.window = Window(x - wide, y - high, x + wide, y + high)
        self.box = (0.5, 0.5)
        self.redraw()
        # What was in the middle of the box may be some cells off now: the box stays with its nearest point.
        if point >= 0 and self._cell_of(point) is not None:
            self.move_to(point)

    def action_fit(self) -> None:
        """Show the whole map."""
        self.window = self.whole
        self.redraw()

    def action_list_points(self) -> None:
        """Ask for the list of the points inside."""
        self.post_message(self.Listed(self))

    def action_hold(self) -> None:
        """Ask for the points in the box to stay lit in every map, or to be let go."""
        self.post_message(self.Held())

    def action_grow(self) -> None:
        """Ask for the cluster around the point in the box."""
        self.post_message(self.Grown())

    def action_class_by_sign(self) -> None:
        """Wait for the sign of a class, which is then shown or hidden."""
        self._awaits_sign = True
        self.refresh()

    def action_only_class(self) -> None:
        """Ask for the class of the point in the box alone, or for all classes again."""
        if (point := self.nearest_point()) >= 0:
            self.post_message(self.OnlyClass(int(self.kinds.codes[point])))

    def on_key(self, event: events.Key) -> None:
        """Take the sign of a class where one is waited for; any other key ends the waiting."""
        if not self._awaits_sign:
            return
        self._awaits_sign = False
        self.refresh()
        event.stop()
        event.prevent_default()
        if event.character is not None and event.character in self.kinds.marks:
            self.post_message(self.ClassToggled(self.kinds.marks.index(event.character)))
