"""Space: the maps of the run, walked with a box; what is nearest to it is always told, with its sentence."""

from typing import TYPE_CHECKING

import numpy as np
from rich.style import Style
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Input, Static

from nerspace.engine.tables.index import CATALOGUE
from nerspace.tui.actions import bindings
from nerspace.tui.explorer.data.details import HIGHLIGHT
from nerspace.tui.explorer.listing import ListScreen
from nerspace.tui.explorer.screen import Name
from nerspace.tui.explorer.space.links import Label, nearest_labels, parallel_labels, read_nearest
from nerspace.tui.explorer.space.map_screen import MapRoom
from nerspace.tui.explorer.space.maps import Key
from nerspace.tui.explorer.space.panes import Panes
from nerspace.tui.literal import entity_text, literal
from nerspace.tui.widgets.legend import Legend
from nerspace.tui.widgets.rows import FrameRows, Shown
from nerspace.tui.widgets.scatter import Scatter

if TYPE_CHECKING:
    import pandas as pd

_NO_QUALITY = ("Nothing is known of the quality of this map.",) * 2
_SHOWN = ["point", "language", "type", "form", "entity", "x", "y", "text"]
_MEANINGS = {**CATALOGUE["sentences"].meanings, **CATALOGUE["map"].meanings, **CATALOGUE["points"].meanings}
_COLUMNS = {name: _MEANINGS[name] for name in _SHOWN}
_NEAR_SHOWN = ["rank", "language", "form", "cosine", "type", "entity", "floor", "sentence", "neighbour"]
# What the points are joined to, in the order of the key p.
_JOINS = ("parallels", "lines", "")


class SpaceRoom(MapRoom):
    """The box and what it is on: the nearest point, its parallels, its neighbours, the points inside."""

    BINDINGS = bindings("space")

    def __init__(self, id: str) -> None:
        super().__init__(id)
        self.join = "parallels"

    def compose(self) -> ComposeResult:
        """Maps and legend, the nearest point, the quality of the map."""
        with Horizontal(id="maps"):
            yield Panes(id="panes")
            yield Legend(id="legend")
        yield Input(placeholder="part of a name, in any language", id="find", classes="line-input")
        yield Static(id="nearest", markup=False)
        yield Static(id="quality", markup=False)

    # -- what is near

    def on_mount(self) -> None:
        """Follow the box from map to map; the base class reads them, as Textual calls its handler too."""
        for scatter in self.panes.query(Scatter):
            scatter.watcher = self._walked

    def _walked(self, scatter: Scatter) -> None:
        """The box, the window or the classes of a map have changed."""
        if self.maps is None or scatter is not self.active or not len(scatter.x):
            return
        point = scatter.nearest_point()
        joined = self.anchor if self.near else point if self.join == "lines" else -1
        self.panes.label([self._labels(self._key_of(pane), point) for pane in self.panes.shown], point, joined)
        self._show_quality(scatter)
        self.query_one("#nearest", Static).update(self._nearest_text(scatter, point), layout=False)

    def _show_quality(self, scatter: Scatter) -> None:
        assert self.maps is not None  # noqa: S101
        key = self._key_of(scatter)
        long, short = self.maps.quality.get(key, _NO_QUALITY) if key else ("", "")
        beside = "" if self.color == "language" else f" · color {literal(self.color)}"
        fitting = (line for line in (long + beside, short + beside, long) if len(line) < self.size.width - 1)
        line = next(fitting, short)
        text = Text(literal(line), no_wrap=True, overflow="ellipsis")
        self.query_one("#quality", Static).update(text, layout=False)

    def _labels(self, key: Key | None, point: int) -> list[Label]:
        if self.maps is None:
            return []
        if self.near:
            return nearest_labels(self.maps, self.near[key]) if key in self.near else []
        return parallel_labels(self.maps, point) if self.join else []

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
        if (fact := self._cosine_of(scatter, point)) is not None:
            text.append(f"   {fact}", "bold")
        inside = scatter.points_inside()
        counts = np.bincount(classes.codes[inside], minlength=len(classes.names))
        parts = [f"{classes.names[kind]} {counts[kind]}" for kind in np.argsort(-counts, kind="stable") if counts[kind]]
        text.append(f"   box {len(inside)}", "bold")
        text.append(literal(f": {' '.join(parts)}") if parts else "", "dim")
        text.truncate(max(1, self.size.width - 2), overflow="ellipsis")
        text.append("\n")
        words, tags = str(row["words"]).split(" "), str(row["tags"]).split(" ")
        return text.append_text(entity_text(tuple(words), tuple(tags), HIGHLIGHT, str(row["text"])))

    def _cosine_of(self, scatter: Scatter, point: int) -> str | None:
        """How near a point is to the one whose neighbours are shown."""
        if not self.near or self.maps is None or (near := self.near.get(self._key_of(scatter) or ("", 0))) is None:
            return None
        about = literal(self.maps.points["form"].iloc[self.anchor])
        if point == self.anchor:
            return f"its {len(near)} nearest by cosine: {near['cosine'].iloc[0]:.2f} … {near['cosine'].iloc[-1]:.2f}"
        own = near[near["neighbour"] == point]
        return None if own.empty else f"no. {own['rank'].iloc[0]} of {about}, cosine {own['cosine'].iloc[0]:.3f}"

    # -- actions: what a point is joined to

    def action_parallels(self) -> None:
        """Label the parallels of the nearest point, join it to them by lines, or neither."""
        if self.near:
            self.near, self.anchor = {}, -1
            self.join = "parallels"
        else:
            self.join = _JOINS[(_JOINS.index(self.join) + 1) % len(_JOINS)]
        self.active.update_overlay()

    def action_nearest(self) -> None:
        """Join the point to its nearest neighbours by cosine; again at the same point, do not."""
        point = self.active.nearest_point()
        if self.maps is None or point < 0:
            return
        if self.near and point == self.anchor:
            self.near, self.anchor = {}, -1
            self.active.update_overlay()
            return
        number = int(self.maps.points["point"].iloc[point])
        layers = {layer for line in self._grid for _, layer in line}
        self.load("near", lambda: (point, read_nearest(self.session, number, layers)))

    def loaded_near(self, found: "tuple[int, dict[Key, pd.DataFrame]]") -> None:
        """Draw the lines."""
        self.anchor, self.near = found
        self.active.update_overlay()

    def action_jump(self, step: int) -> None:
        """To the next of the points that are joined: neighbours, nearest first, or the other languages."""
        point = self.active.nearest_point()
        stops = [label[0] for label in self._labels(self._key_of(self.active), point)]
        if self.near:
            stops.insert(0, self.anchor)
        stops = [stop for stop in stops if self.active.visible_points()[stop]]
        if stops:
            place = stops.index(point) if point in stops else -step
            self.active.move_to(stops[(place + step) % len(stops)])

    def action_list_near(self) -> None:
        """List the neighbours that are drawn."""
        near = self.near.get(self._key_of(self.active) or ("", 0))
        if near is None or self.maps is None:
            self.explorer.tell("t joins the point under the box to its nearest neighbours first.")
            return
        scatter, frame = self.active, near.reset_index(drop=True)[_NEAR_SHOWN]
        about = self.maps.points.iloc[self.anchor]
        title = f"nearest by cosine to {about['language']} {literal(about['form'])}, {scatter.title}"
        name = f"nearest_{near['stage'].iloc[0]}_{near['layer'].iloc[0]}_{near['point'].iloc[0]}"

        def go(row: int | None) -> None:
            if row is not None:
                scatter.move_to(int(frame["neighbour"].iloc[row]))

        columns = {name: CATALOGUE["nearest"].meanings[name] for name in _NEAR_SHOWN}
        self.app.push_screen(ListScreen(title, name, frame, columns, "It has no neighbour."), go)

    # -- actions: finding and listing

    def action_find(self) -> None:
        """Open the find line."""
        line = self.query_one("#find", Input)
        line.add_class("open")
        line.focus()

    def action_leave(self) -> None:
        """Close the find line; end a film; draw no neighbours."""
        if self.query_one("#find").has_class("open"):
            self.query_one("#find").remove_class("open")
            self.active.focus()
        elif self.film is not None:
            self._end_film()
        elif self.near:
            self.near, self.anchor = {}, -1
            self.active.update_overlay()

    @on(Input.Submitted, "#find")
    def _find(self, event: Input.Submitted) -> None:
        wanted = event.value.strip().casefold()
        self.action_leave()
        if wanted:
            self.find(wanted)

    def find(self, wanted: str) -> None:
        """To the next shown point whose name or entity id holds a text."""
        if self.maps is None:
            return
        points = self.maps.points
        held = points["form"].str.casefold().str.contains(wanted, regex=False).to_numpy(dtype=bool)
        held |= points["entity"].str.casefold().str.contains(wanted, regex=False).to_numpy(dtype=bool)
        self.found = [int(i) for i in np.flatnonzero(held & self.active.visible_points())]
        if self.found:
            self.explorer.tell(f"{len(self.found):,} points; n goes to the next")
            self.active.move_to(self.found[0])
        else:
            self.explorer.tell(f"No point shown has a name with {wanted!r}.", "warning")

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

    def name_here(self) -> Name | None:
        """The name of the nearest point."""
        point = self.active.nearest_point()
        if self.maps is None or point < 0:
            return None
        row = self.maps.points.iloc[point]
        return Name(str(row["entity"]), str(row["language"]), str(row["sentence"]))
