"""One, two or four maps of the same points; what happens in the one with the focus happens in all."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from nerspace.tui.explorer.space.model import Array, Key, Label
from nerspace.tui.plots.overlay import Classes
from nerspace.tui.widgets.scatter import Scatter

_NONE = Classes(np.zeros(0, dtype=np.int64), (), (), ())


class Pane(NamedTuple):
    """A map on the screen.

    Attributes:
        key: its stage and layer.
        color: what its points are colored by.
        places: x, y of the points.
    """

    key: Key
    color: str
    title: str
    places: tuple[Array, Array]
    classes: Classes


class Panes(Vertical):
    """Maps in one or two lines of one or two."""

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self._shown: list[Scatter] = []
        self._waiting: dict[Scatter, tuple[list[Label], int, int, Array]] = {}

    def compose(self) -> ComposeResult:
        """Two lines of two maps; those without a map are not shown."""
        with Horizontal(id="upper-maps"):
            yield Scatter(id="left")
            yield Scatter(id="right", classes="beside")
        with Horizontal(id="lower-maps"):
            yield Scatter(id="left-below")
            yield Scatter(id="right-below", classes="beside")

    def on_mount(self) -> None:
        """One map until there is something to show."""
        self._arrange([[True]])

    @property
    def shown(self) -> list[Scatter]:
        """The maps on the screen, line by line."""
        return self._shown

    @property
    def active(self) -> Scatter:
        """The map with the focus, else the last one."""
        focused = self.app.focused
        return focused if isinstance(focused, Scatter) else [self.query_one("#left", Scatter), *self.shown][-1]

    def _arrange(self, grid: Sequence[Sequence[object]]) -> None:
        self._shown = []
        for place, line in enumerate(self.query(Horizontal)):
            line.display = place < len(grid)
            for column, scatter in enumerate(line.query(Scatter)):
                scatter.display = place < len(grid) and column < len(grid[place])
                self._shown += [scatter] if scatter.display else []

    def show_nothing(self, why: str) -> None:
        """Say why there is no map."""
        self._arrange([[True]])
        nothing, left = np.zeros(0), self.query_one("#left", Scatter)
        left.held = left.lit = np.zeros(0, dtype=np.intp)
        left.show("", nothing, nothing, _NONE, why)

    def show(self, grid: Sequence[Sequence[Pane]], hidden: set[int], held: Array, ease: int) -> None:
        """Draw these maps; one that stays keeps its window.

        Args:
            hidden: the classes that are left out.
            held: numbers of the points that stay lit.
            ease: pictures in which points go to their places on another map.
        """
        self._arrange(grid)
        for scatter, pane in zip(self.shown, (pane for line in grid for pane in line), strict=True):
            scatter.hidden, scatter.held = hidden, held
            same = scatter.x is pane.places[0]
            scatter.title = pane.title
            if same:
                scatter.recolor(pane.classes)
            else:
                scatter.show(pane.title, *pane.places, pane.classes, ease=ease)

    def label(self, labels: Sequence[Sequence[Label]], point: int, joined: int, inside: Array) -> None:
        """Mark a point in every map, and take all other maps to where the one with the focus is; that lays itself.

        The others are drawn after it, and once for several keys where keys come faster: the one that is walked answers
        as if it were alone.

        Args:
            labels: of every map that is shown.
            joined: the point that is joined to the labels by lines, −1 for none.
            inside: numbers of the points in the box of the one with the focus, which all others light.
        """
        active = self.active
        for scatter, own in zip(self.shown, labels, strict=True):
            if scatter is active:
                scatter.label(list(own), point, joined)
            else:
                waiting, self._waiting[scatter] = bool(self._waiting), (list(own), point, joined, inside)
                if not waiting:
                    self.call_after_refresh(self._follow)

    def _follow(self) -> None:
        share, waiting = self.active.share, self._waiting
        self._waiting = {}
        for scatter, (labels, point, joined, inside) in waiting.items():
            if scatter.display and scatter is not self.active:
                changed = scatter.label(labels, point, joined, inside)
                scatter.follow(point, share)
                if changed:
                    scatter.show_labels()
