"""The maps of a run on the screen: which of them, in what colors, one after the other as a film."""

from typing import TYPE_CHECKING

import numpy as np
from textual import on
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Static

from nerspace.tui.colours import language_name
from nerspace.tui.explorer.beside import choose_beside
from nerspace.tui.explorer.screen import NO_RUN, Room
from nerspace.tui.explorer.space.maps import Key, Maps, read_maps
from nerspace.tui.explorer.space.panes import Panes
from nerspace.tui.literal import literal
from nerspace.tui.plots.overlay import Classes
from nerspace.tui.widgets.legend import Legend
from nerspace.tui.widgets.scatter import Scatter

if TYPE_CHECKING:
    import pandas as pd

_TWO_WIDTH = 110
_FOUR = (150, 44)
FILM_SECONDS = 0.5
NO_MAP = "This run has no map yet. It is drawn last; r looks again."


class MapRoom(Room):
    """One map; before and after side by side, and the initial layer over the output, where there is room."""

    def __init__(self, id: str) -> None:
        super().__init__(id)
        self.maps: Maps | None = None
        self.key: Key | None = None
        self.color = "language"
        self.wanted = 4
        self.hidden: dict[str, set[int]] = {}
        self.found: list[int] = []
        self.anchor = -1
        self.near: dict[Key, pd.DataFrame] = {}
        self.film: Timer | None = None
        self.playing = False
        self._grid: list[list[Key]] = []

    def on_mount(self) -> None:
        """Read the maps."""
        self.run_changed()

    def focus_target(self) -> Widget | None:
        """The map that was walked last."""
        return self.active

    @property
    def panes(self) -> Panes:
        """The maps on the screen."""
        return self.query_one(Panes)

    @property
    def active(self) -> Scatter:
        """The map with the focus, else the last one."""
        return self.panes.active

    def run_changed(self) -> None:
        """Read the tables again."""
        self.load("maps", lambda: read_maps(self.session))

    def loaded_maps(self, maps: Maps | None) -> None:
        """Show the map that was in view, else the last layer after fine-tuning."""
        first, self.maps = self.maps is None, maps
        self.anchor, self.near, self.found = -1, {}, []
        if maps is None:
            self.key = None
        elif self.key not in maps.keys:
            self.key = maps.keys[-1]
        if maps is not None and self.color not in maps.colors:
            self.color = "language"
        self.lay_out()
        if first and isinstance(self.app.focused, Scatter):
            self.panes.shown[-1].focus()

    # -- what is in view

    @property
    def kinds(self) -> Classes | None:
        """The classes that color the points."""
        return None if self.maps is None else self.maps.colors[self.color]

    def _room_for(self) -> int:
        """How many maps the screen has room for."""
        wide, high = self.size.width, self.size.height
        return 4 if wide >= _FOUR[0] and high >= _FOUR[1] else 2 if wide >= _TWO_WIDTH else 1

    def _keys_in_view(self) -> list[list[Key]]:
        assert self.maps is not None  # noqa: S101
        assert self.key is not None  # noqa: S101
        keys, count = self.maps.keys, min(self.wanted, self._room_for())
        same_layer = [key for key in keys if key[1] == self.key[1]]
        if count == 1 or self.film is not None or (count == 2 and len(same_layer) < 2):
            return [[self.key]]
        # Two stages: the first one beside the chosen, or beside the last where the first is chosen.
        stages = [same_layer[0][0], self.key[0] if self.key != same_layer[0] else same_layer[-1][0]]
        layers = [self.key[1]]
        if count == 4:
            known = sorted({key[1] for key in keys})
            other = known[0] if self.key[1] != known[0] else known[-1]
            layers = sorted({other, self.key[1]})
        grid = [[(stage, layer) for stage in dict.fromkeys(stages) if (stage, layer) in keys] for layer in layers]
        return [line for line in grid if line]

    def lay_out(self) -> None:
        """Put the maps on the screen."""
        if self.maps is None or self.key is None or (classes := self.kinds) is None:
            self.query_one("#legend").display = False
            self.panes.show_nothing(NO_MAP if self.session.run else NO_RUN)
            self.query_one("#quality", Static).update("")
            self.query_one("#nearest", Static).update("")
            return
        self.query_one("#legend").display = True
        focused = self.app.focused
        self._grid = self._keys_in_view()
        titles = {key: self._title(key) for line in self._grid for key in line}
        self.panes.show(self.maps, self._grid, titles, classes, self.hidden.setdefault(self.color, set()))
        self._show_legend(classes)
        if isinstance(focused, Scatter) and focused not in self.panes.shown:
            self.panes.shown[-1].focus()

    def _title(self, key: Key) -> str:
        assert self.maps is not None  # noqa: S101
        layers = [layer for _, layer in self.maps.keys]
        named = {max(layers): ", output", min(layers): ", initial"}
        title = f"{key[0]} · layer {key[1]}{named.get(key[1], '')}"
        if self.film is not None:
            title += f"  ▶ {self.maps.keys.index(key) + 1} of {len(self.maps.keys)}"
        return title

    def on_resize(self) -> None:
        """More maps need room, and so do names in the legend."""
        if self.maps is not None:
            self.call_after_refresh(self.lay_out)

    def _show_legend(self, classes: Classes) -> None:
        counts = np.bincount(classes.codes[classes.codes >= 0], minlength=len(classes.names))
        wide = self.size.width >= 100 and self.color == "language"
        longest = max((len(name) for name in classes.names), default=0)
        self.query_one("#legend").styles.width = 24 if self.size.width >= 100 else min(24, max(13, longest + 12))
        self.query_one(Legend).show([
            (mark, literal(f"{name} {language_name(name)}" if wide else name), f"{count:,}", style,
             place in self.hidden[self.color])
            for place, (mark, name, count, style) in enumerate(
                zip(classes.marks, classes.names, counts, classes.styles, strict=True))
        ])  # fmt: skip

    def _key_of(self, scatter: Scatter) -> Key | None:
        keys = [key for line in self._grid for key in line]
        shown = self.panes.shown
        return keys[shown.index(scatter)] if scatter in shown and len(keys) == len(shown) else self.key

    # -- actions: which maps

    def action_map(self, step: int) -> None:
        """Another map: of the next layer when several are in view, else the next stage and layer."""
        if self.maps is None or self.key is None:
            return
        keys = self.maps.keys
        if len(self.panes.shown) > 1:
            keys = tuple(key for key in keys if key[0] == self.key[0])
        self.key = keys[(keys.index(self.key) + step) % len(keys)]
        self.lay_out()

    def action_frame(self, step: int) -> None:
        """Step through all maps of the run, one at a time."""
        if self.maps is None or self.key is None:
            return
        if self.film is None:
            self.film = self.set_interval(FILM_SECONDS, lambda: self.action_frame(1), pause=True)
        keys = self.maps.keys
        self.key = keys[(keys.index(self.key) + step) % len(keys)]
        self.lay_out()

    def action_play(self) -> None:
        """Play the maps of the run as a film, or stop it."""
        if self.playing and self.film is not None:
            self.film.pause()
            self.playing = False
        elif self.maps is not None:
            self.action_frame(1)
            if self.film is not None:
                self.film.resume()
                self.playing = True

    def action_count(self) -> None:
        """One, two or four maps."""
        if self.film is not None:
            self._end_film()
            return
        room = self._room_for()
        if room == 1:
            self.explorer.tell(f"Two maps need {_TWO_WIDTH} columns; here are {self.size.width}. [ ] change the map.")
        now = min(self.wanted, room)
        self.wanted = {4: 1, 2: 4 if room == 4 else 1, 1: 2}[now]
        self.lay_out()

    def _end_film(self) -> None:
        if self.film is not None:
            self.film.stop()
            self.film, self.playing = None, False
            self.lay_out()

    def action_color(self) -> None:
        """By language, by type, or by what a model got right and wrong."""
        if self.maps is not None:
            names = list(self.maps.colors)
            self.color = names[(names.index(self.color) + 1) % len(names)]
            self.lay_out()

    def action_beside(self) -> None:
        """Set another run beside this one, to color the points by the errors of both."""

        def chosen() -> None:
            self.color = "language"
            self.run_changed()

        choose_beside(self.explorer, chosen)

    def action_other_map(self) -> None:
        """To the next of the maps and the legend."""
        stops = [*self.panes.shown, self.query_one(Legend)]
        place = stops.index(self.app.focused) if self.app.focused in stops else -1
        stops[(place + 1) % len(stops)].focus()

    @on(Scatter.ClassToggled)
    @on(Legend.Toggled)
    def _toggled(self, event: Scatter.ClassToggled | Legend.Toggled) -> None:
        if (classes := self.kinds) is not None and event.place < len(classes.names):
            self.hidden[self.color] ^= {event.place}
            self.lay_out()

    def action_all_classes(self) -> None:
        """Show every class."""
        self.hidden.pop(self.color, None)
        self.lay_out()
