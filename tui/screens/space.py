"""Space: the maps of the run, walked with a box; what is nearest to it is always told, with its sentence."""

from typing import TYPE_CHECKING

import numpy as np
from rich.style import Style
from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Input, Static

from nerspace.engine.catalogue import CATALOGUE
from nerspace.tui.actions import bindings
from nerspace.tui.literal import entity_text, literal
from nerspace.tui.maps import Key, Maps, read_maps
from nerspace.tui.palette import language_name
from nerspace.tui.rows import FrameRows, Shown
from nerspace.tui.screens.entity import HIGHLIGHT
from nerspace.tui.screens.listing import ListScreen
from nerspace.tui.screens.room import NO_RUN, Room
from nerspace.tui.widgets.legend import Legend
from nerspace.tui.widgets.scatter import Classes, Scatter

if TYPE_CHECKING:
    import pandas as pd

_TWO_WIDTH = 110
_NO_QUALITY = ("Nothing is known of the quality of this map.",) * 2
NO_MAP = "This run has no map yet. It is drawn last; r looks again."
_SHOWN = ["point", "language", "type", "form", "entity", "x", "y", "text"]
_MEANINGS = {**CATALOGUE["sentences"].columns, **CATALOGUE["map"].columns, **CATALOGUE["points"].columns}
_COLUMNS = {name: _MEANINGS[name] for name in _SHOWN}


class SpaceRoom(Room):
    """One map, or before and after side by side where there is room."""

    BINDINGS = bindings("space")

    def __init__(self, id: str) -> None:
        super().__init__(id)
        self.maps: Maps | None = None
        self.key: Key | None = None
        self.by_type = False
        self.label_parallels = True
        self.wants_two = True
        self.hidden: dict[bool, set[int]] = {False: set(), True: set()}
        self.found: list[int] = []

    def compose(self) -> ComposeResult:
        """Maps and legend, the nearest point, the quality of the map."""
        with Horizontal(id="maps"):
            yield Scatter(id="left")
            yield Scatter(id="right")
            yield Legend(id="legend")
        yield Input(placeholder="part of a name, in any language", id="find", classes="line-input")
        yield Static(id="nearest", markup=False)
        yield Static(id="quality", markup=False)

    def on_mount(self) -> None:
        """Read the maps."""
        self.query_one("#right").display = False
        self.run_changed()

    def focus_target(self) -> Widget | None:
        """The map that was walked last."""
        return self.active

    @property
    def active(self) -> Scatter:
        """The map with the focus, else the one with the run's chosen key."""
        if isinstance(self.app.focused, Scatter):
            return self.app.focused
        return self.query_one("#right" if self.two and self.key and self.key[0] == "after" else "#left", Scatter)

    @property
    def two(self) -> bool:
        """Whether two maps are side by side."""
        return self.query_one("#right").display

    def run_changed(self) -> None:
        """Read the tables again."""
        self.load("maps", lambda: read_maps(self.session))

    def loaded_maps(self, maps: Maps | None) -> None:
        """Show the map that was in view, else the last layer after fine-tuning."""
        self.maps = maps
        if maps is None:
            self.key = None
        elif self.key not in maps.keys:
            self.key = maps.keys[-1]
        self.lay_out()

    # -- what is in view

    @property
    def kinds(self) -> Classes | None:
        """The classes that color the points."""
        return None if self.maps is None else self.maps.by_type if self.by_type else self.maps.by_language

    def _other(self, key: Key) -> Key | None:
        """The same layer at the other stage."""
        keys = self.maps.keys if self.maps else ()
        return next((found for found in keys if found[1] == key[1] and found[0] != key[0]), None)

    def lay_out(self) -> None:
        """Put one or two maps on the screen."""
        left, right = self.query_one("#left", Scatter), self.query_one("#right", Scatter)
        empty = NO_MAP if self.session.run else NO_RUN
        if self.maps is None or self.key is None or (classes := self.kinds) is None:
            right.display = self.query_one("#legend").display = False
            nothing = np.zeros(0)
            left.show("", nothing, nothing, Classes(np.zeros(0, dtype=np.int64), (), (), ()), empty)
            self.query_one("#quality", Static).update("")
            self.query_one("#nearest", Static).update("")
            return
        self.query_one("#legend").display = True
        other = self._other(self.key) if self.wants_two and self.size.width >= _TWO_WIDTH else None
        right.display = other is not None
        keys = [self.key] if other is None else sorted([self.key, other], key=lambda key: key[0] != "before")
        for scatter, key in zip((left, right), keys, strict=False):
            scatter.hidden = self.hidden[self.by_type]
            title = f"{key[0]} · layer {key[1]}"
            if scatter.title == title and len(scatter.x) == len(self.maps.points):
                scatter.recolor(classes)
            else:
                scatter.show(title, *self.maps.places[key], classes)
        self._show_legend()

    def on_resize(self, event: events.Resize) -> None:
        """Two maps need width, and so do names in the legend."""
        self.query_one("#legend").styles.width = 24 if event.size.width >= 100 else 13
        if self.maps is not None:
            self.call_after_refresh(self.lay_out)

    def _show_legend(self) -> None:
        if (classes := self.kinds) is None:
            return
        counts = np.bincount(classes.codes[classes.codes >= 0], minlength=len(classes.names))
        wide = self.size.width >= 100
        self.query_one(Legend).show([
            (mark, literal(f"{name} {language_name(name)}" if wide and not self.by_type else name), f"{count:,}", style,
             place in self.hidden[self.by_type])
            for place, (mark, name, count, style) in enumerate(
                zip(classes.marks, classes.names, counts, classes.styles, strict=True))
        ])  # fmt: skip

    # -- what is near

    def _key_of(self, scatter: Scatter) -> Key | None:
        if self.key is None or not self.two:
            return self.key
        return next(
            key for key in (self.key, self._other(self.key)) if key and (key[0] == "before") == (scatter.id == "left")
        )

    @on(Scatter.Moved)
    def _moved(self, event: Scatter.Moved) -> None:
        if self.maps is None or event.scatter is not self.active:
            return
        point = event.scatter.nearest_point()
        labels = self._labels(point)
        for scatter in self.query(Scatter):
            scatter.label(labels, point)
        key = self._key_of(event.scatter)
        long, short = self.maps.quality.get(key, _NO_QUALITY) if key else ("", "")
        quality = long if len(long) < self.size.width - 1 else short
        self.query_one("#quality", Static).update(Text(literal(quality), no_wrap=True, overflow="ellipsis"))
        self.query_one("#nearest", Static).update(self._nearest_text(event.scatter, point))

    def _labels(self, point: int) -> list[tuple[int, str, Style]]:
        if point < 0 or self.maps is None or not self.label_parallels:
            return []
        languages = self.maps.by_language
        mark = Style(bold=True, reverse=True)
        return [
            (int(other), languages.names[code], languages.styles[code] + mark)
            for other in self.maps.parallels(point)
            if (code := int(languages.codes[other])) >= 0
        ]

    def _nearest_text(self, scatter: Scatter, point: int) -> Text:
        text = Text(no_wrap=True, overflow="ellipsis")
        if point < 0 or self.maps is None or (classes := self.kinds) is None:
            return text.append("No class is shown. a shows all of them.")
        row = self.maps.points.iloc[point]
        code = int(self.maps.by_language.codes[point])
        text.append(f"{row['language']} ", self.maps.by_language.styles[code] + Style(bold=True))
        text.append(literal(row["form"]), HIGHLIGHT).append(
            f"  {literal(row['type'])}  {literal(row['entity'])}", "dim"
        )
        inside = scatter.points_inside()
        counts = np.bincount(classes.codes[inside], minlength=len(classes.names))
        parts = [f"{classes.names[kind]} {counts[kind]}" for kind in np.argsort(-counts, kind="stable") if counts[kind]]
        text.append(f"   box {len(inside)}", "bold")
        text.append(literal(f": {' '.join(parts)}") if parts else "", "dim").append("\n")
        words, tags = str(row["words"]).split(" "), str(row["tags"]).split(" ")
        return text.append_text(entity_text(tuple(words), tuple(tags), HIGHLIGHT, str(row["text"])))

    # -- actions

    def action_map(self, step: int) -> None:
        """Another map: of the next layer when two are side by side, else the next stage and layer."""
        if self.maps is None or self.key is None:
            return
        keys = self.maps.keys
        if self.two:
            keys = tuple(key for key in keys if key[0] == self.key[0])
        self.key = keys[(keys.index(self.key) + step) % len(keys)]
        self.lay_out()

    def action_color(self) -> None:
        """By type or by language."""
        self.by_type = not self.by_type
        self.lay_out()

    def action_parallels(self) -> None:
        """Label the parallels of the nearest point, or do not."""
        self.label_parallels = not self.label_parallels
        self.active.update_overlay()

    def action_two(self) -> None:
        """Side by side or one."""
        self.wants_two = not self.wants_two
        if self.size.width < _TWO_WIDTH:
            self.explorer.tell(f"Two maps need {_TWO_WIDTH} columns; here are {self.size.width}. [ ] change the map.")
        focused = self.active.id
        self.lay_out()
        if focused == "right" and not self.two:
            self.query_one("#left").focus()

    def action_other_map(self) -> None:
        """To the next of left map, right map and legend."""
        stops = [w for w in (*self.query(Scatter), self.query_one(Legend)) if w.display]
        place = stops.index(self.app.focused) if self.app.focused in stops else -1
        stops[(place + 1) % len(stops)].focus()

    @on(Scatter.ClassToggled)
    @on(Legend.Toggled)
    def _toggled(self, event: Scatter.ClassToggled | Legend.Toggled) -> None:
        if (classes := self.kinds) is not None and event.place < len(classes.names):
            self.hidden[self.by_type] ^= {event.place}
            self.lay_out()

    def action_all_classes(self) -> None:
        """Show every class."""
        self.hidden[self.by_type].clear()
        self.lay_out()

    def action_find(self) -> None:
        """Open the find line."""
        line = self.query_one("#find", Input)
        line.add_class("open")
        line.focus()

    def action_leave(self) -> None:
        """Close the find line."""
        self.query_one("#find").remove_class("open")
        self.active.focus()

    @on(Input.Submitted, "#find")
    def _find(self, event: Input.Submitted) -> None:
        wanted = event.value.strip().casefold()
        self.action_leave()
        if self.maps is None or not wanted:
            return
        points = self.maps.points
        held = points["form"].str.casefold().str.contains(wanted, regex=False).to_numpy(dtype=bool)
        held |= points["entity"].str.casefold().str.contains(wanted, regex=False).to_numpy(dtype=bool)
        self.found = [int(i) for i in np.flatnonzero(held & self.active.visible_points())]
        if self.found:
            self.explorer.tell(f"{len(self.found):,} points; n goes to the next")
            self.active.move_to(self.found[0])
        else:
            self.explorer.tell(f"No point shown has a name with {event.value.strip()!r}.", "warning")

    def action_find_next(self, step: int) -> None:
        """To the next of the points found."""
        if self.found:
            self.found = self.found[step:] + self.found[:step]
            self.active.move_to(self.found[0])

    @on(Scatter.Listed)
    def _listed(self, event: Scatter.Listed) -> None:
        inside = event.scatter.points_inside()
        if self.maps is None:
            return

        def go(row: int | None) -> None:
            if row is not None:
                event.scatter.move_to(int(inside[row]))

        frame = self._frame(event.scatter, inside)
        title, name = f"{len(frame):,} points inside the box", f"{self._map_name(event.scatter)}_box"
        empty = "No point is inside. Make the box larger with H J K L."
        self.app.push_screen(ListScreen(title, name, frame, _COLUMNS, empty), go)

    def _map_name(self, scatter: Scatter) -> str:
        key = self._key_of(scatter)
        return f"map_{key[0]}_{key[1]}" if key else "map"

    def _frame(self, scatter: Scatter, chosen: "np.ndarray") -> "pd.DataFrame":
        assert self.maps is not None  # noqa: S101
        frame = self.maps.points.assign(x=scatter.x, y=scatter.y)
        return frame.iloc[chosen][_SHOWN]

    def shown(self) -> Shown | None:
        """The points in the window of the map, of the classes that are shown."""
        if self.maps is None:
            return None
        scatter = self.active
        chosen = scatter.points_in_window()
        return Shown(self._map_name(scatter), FrameRows(self._frame(scatter, chosen)), _COLUMNS)

    def copied(self) -> str:
        """The nearest point: language, type, entity, name and sentence."""
        point = self.active.nearest_point()
        if self.maps is None or point < 0:
            return ""
        row = self.maps.points.iloc[point]
        return "\t".join(str(row[name]) for name in ("language", "type", "entity", "form", "text"))
