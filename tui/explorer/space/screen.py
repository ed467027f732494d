"""Space: the maps of the run, walked with a box; what is nearest to it is always shown, with its sentence."""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input, Static

from nerspace.engine.errors import NerspaceError
from nerspace.engine.runs import Run
from nerspace.engine.tables.index import CATALOGUE
from nerspace.tui.actions import bindings
from nerspace.tui.explorer.list_window import ListWindow
from nerspace.tui.explorer.messages import Name
from nerspace.tui.explorer.other_run import choose_other_run
from nerspace.tui.explorer.screen import DRAWING, NO_RUN, ExplorerScreen, will_have
from nerspace.tui.explorer.space.model import (
    MOST,
    NEAR_COLUMNS,
    POINT_COLUMNS,
    STANDING,
    Array,
    Key,
    Label,
    Maps,
    Neighbours,
    Standing,
    points_shown,
    read_maps,
    read_nearest,
    read_standing,
)
from nerspace.tui.explorer.space.panes import Pane, Panes
from nerspace.tui.explorer.space.text import cosine_fact, legend_entries, point_text, quality_text
from nerspace.tui.explorer.space.typed import placed_text, typed_neighbours, with_typed
from nerspace.tui.literal import literal
from nerspace.tui.plots.overlay import Classes
from nerspace.tui.query import quoted
from nerspace.tui.widgets.legend import Legend
from nerspace.tui.widgets.line_input import LineInput
from nerspace.tui.widgets.rows import FrameRows, Shown
from nerspace.tui.widgets.scatter import Scatter

if TYPE_CHECKING:
    import pandas as pd

    from nerspace.engine.reading.client import TextRead

_TWO_WIDTH = 110
# More points than these take their time to be compared.
_MANY = 5_000
_FOUR = (150, 44)
FILM_SECONDS = 0.5
# Pictures between two maps of the film; a slow line has time for one, in the terminal's own colors.
EASE_STEPS = 3
_NOBODY: Array = np.zeros(0, dtype=np.intp)
NO_MAP = "This run has no map yet. It is drawn last; r looks again."
NO_MAP_MADE = "This run drew no map, as demos and nerspace project do: o opens another run."

# What the points are joined to, in the order of the key p.
_JOINS = ("parallels", "lines", "")


class SpaceScreen(ExplorerScreen):
    """One map; before and after side by side, and the initial layer over the output, where they fit.

    The box is on a point: with it are shown its parallels or its neighbours, and the points inside.
    """

    BINDINGS = bindings("space")

    def __init__(self, id: str) -> None:
        super().__init__(id)
        self.maps: Maps | None = None
        self.key: Key | None = None
        self.color = "language"
        self.wanted = 4
        self.hidden: dict[str, set[int]] = {}
        self.found: list[int] = []
        self._wanted = ""
        self.join = "parallels"
        self.neighbours: Neighbours | None = None
        self.film: Timer | None = None
        self.playing = False
        self.held, self._held_as = _NOBODY, ""
        self._reach = 0.0
        self.by_model = False
        self._before_alone: dict[str, set[int]] = {}
        self._grid: list[list[Pane]] = []
        # What was typed, on the maps.
        self.typed: TextRead | None = None
        self._typed_of = ""

    def compose(self) -> ComposeResult:
        """Maps and legend, the nearest point, the quality of the map."""
        with Horizontal(id="maps"):
            yield Panes(id="panes")
            yield Legend(id="legend")
        yield LineInput(placeholder="part of a name, in any language; type:LOC lang:tr wrong:yes", id="find")
        yield Static(id="nearest", markup=False)
        yield Static(id="quality", markup=False)

    def on_mount(self) -> None:
        """Read the maps, and follow the box from map to map."""
        self.run_changed()
        for scatter in self.panes.query(Scatter):
            scatter.watcher = self._walked

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

    def remembered(self) -> dict[str, Any]:
        """What the points are colored by."""
        return {"color": self.color}

    def recall(self, saved: Mapping[str, Any]) -> None:
        """Take it up; a run without such classes is colored by language."""
        self.color = str(saved.get("color", self.color))

    def run_changed(self) -> None:
        """Read the tables again."""
        self.load(lambda: read_maps(self.session), self.show_maps, awaited=True)

    def show_maps(self, maps: Maps | None) -> None:
        """Show the map that was in view, else the last layer after fine-tuning."""
        first, self.maps = self.maps is None, maps
        if self.session.run is None or self.session.run.id != self._typed_of:
            # Another run's models read it otherwise, and its maps are others.
            self.typed = None
        if maps is not None and self.typed is not None:
            self._place_typed(maps, self.typed)
            maps = self.maps
        self.neighbours, self.found, self.held, self.by_model = None, [], _NOBODY, False
        if maps is None:
            self.key = None
        elif self.key not in maps.keys:
            self.key = maps.keys[-1]
        if maps is not None and self.color not in maps.colors:
            self.color = "language"
        if maps is not None and first and self.explorer.errors_first and maps.models:
            self.color = maps.models[0]
        self.lay_out()
        if first and isinstance(self.app.focused, Scatter):
            self.screen.set_focus(self.panes.shown[-1])
        if self._wanted:
            self.find(self._wanted)

    # -- what is in view

    @property
    def kinds(self) -> Classes | None:
        """The classes that color the points."""
        return None if self.maps is None else self.maps.colors[self.color]

    def _fitting(self) -> int:
        """How many maps fit on the screen."""
        wide, high = self.size.width, self.size.height
        return 4 if wide >= _FOUR[0] and high >= _FOUR[1] else 2 if wide >= _TWO_WIDTH else 1

    def _why_no_map(self) -> str:
        if (run := self.session.run) is None:
            return NO_RUN
        return NO_MAP if will_have(run, DRAWING) else NO_MAP_MADE

    def lay_out(self) -> None:
        """Put the maps on the screen."""
        legend = self.query_one(Legend)
        legend.display = self.maps is not None
        if self.maps is None or self.key is None or (classes := self.kinds) is None:
            self.panes.show_nothing(self._why_no_map())
            self.query_one("#quality", Static).update("")
            self.query_one("#nearest", Static).update("")
            return
        focused = self.app.focused
        self._grid = self._panes(self.maps, self.key)
        self.panes.show(self._grid, self.hidden.setdefault(self.color, set()), self.held, self._ease_steps())
        self._show_legend(legend, classes)
        if isinstance(focused, Scatter) and focused not in self.panes.shown:
            self.screen.set_focus(self.panes.shown[-1])

    def _panes(self, maps: Maps, key: Key) -> list[list[Pane]]:
        """The maps that fit, in lines: one by model, one of a film, else stages and layers."""
        count = 1 if self.film is not None else min(self.wanted, self._fitting())
        if self.by_model and self.film is None:
            found = [Pane(key, color, f"{maps.title(key)} · {color}", maps.places[key], maps.colors[color])
                     for color in maps.models[: self._fitting()]]  # fmt: skip
            return [found[start : start + 2] for start in range(0, len(found), 2)]
        return [
            [Pane(one, self.color, maps.title(one, self.film is not None), maps.places[one], maps.colors[self.color])
             for one in line]
            for line in maps.grid(key, count)
        ]  # fmt: skip

    def _ease_steps(self) -> int:
        """How many pictures lie between two maps of the film."""
        if self.film is None:
            return 0
        return EASE_STEPS if not os.environ.get("SSH_CONNECTION") else int(self.app.native_ansi_color)

    def on_resize(self) -> None:
        """More maps need space, and so do names in the legend."""
        if self.maps is not None:
            self.call_after_refresh(self.lay_out)

    def _show_legend(self, legend: Legend, classes: Classes) -> None:
        wide = self.size.width >= 100
        longest = max((len(name) for name in classes.names), default=0)
        named = wide and self.color == "language"
        legend.styles.width = 24 if named else min(24, max(13, longest + 12))
        legend.show(legend_entries(classes, self.hidden[self.color], named))

    def _pane_of(self, scatter: Scatter) -> Pane | None:
        panes = [pane for line in self._grid for pane in line]
        shown = self.panes.shown
        return panes[shown.index(scatter)] if scatter in shown and len(panes) == len(shown) else None

    def _key_of(self, scatter: Scatter) -> Key | None:
        pane = self._pane_of(scatter)
        return self.key if pane is None else pane.key

    def inside(self, scatter: Scatter) -> Array:
        """Numbers of the points that are held, else of those in the box."""
        return self.held if len(self.held) else scatter.points_inside()

    # -- what is near

    def _walked(self, scatter: Scatter) -> None:
        """The box, the window or the classes of a map have changed."""
        if self.maps is None or scatter is not self.active or not len(scatter.x):
            return
        point, key = scatter.nearest_point(), self._key_of(scatter)
        joined = self.neighbours.point if self.neighbours else point if self.join == "lines" else -1
        inside = self.inside(scatter)
        labels = [self._labels(self._key_of(pane), point) for pane in self.panes.shown]
        self.panes.label(labels, point, joined, _NOBODY if len(self.held) else inside)
        quality = quality_text(self.maps, key, self.color, self.size.width - 1)
        if self.typed is not None and point == len(self.maps.points) - 1:
            quality = placed_text(self.typed, key, self.size.width - 1)
        self.query_one("#quality", Static).update(quality, layout=False)
        text = Text("No class is shown. a shows all of them.", no_wrap=True, overflow="ellipsis")
        if point >= 0 and (classes := self.kinds) is not None:
            fact = cosine_fact(self.maps, self.neighbours, key, point)
            width = max(1, self.size.width - 2)
            classes = scatter.kinds if self.by_model else classes
            text = point_text(
                self.maps, point, fact, classes, inside, width, self._held_as if len(self.held) else "box"
            )
        self.query_one("#nearest", Static).update(text, layout=False)

    def _labels(self, key: Key | None, point: int) -> list[Label]:
        if self.maps is None:
            return []
        if self.neighbours is not None:
            near = self.neighbours.of(key)
            return [] if near is None else self.maps.labels(near["neighbour"])
        return self.maps.parallel_labels(point) if self.join else []

    def _draw_neighbours(self, neighbours: Neighbours | None) -> None:
        self.neighbours = neighbours
        self.active.update_overlay()

    # -- actions: which maps

    def action_map(self, step: int) -> None:
        """Another map: of the next layer when several are in view, else the next stage and layer."""
        if self.maps is not None and self.key is not None:
            self.key = self.maps.after(self.key, step, same_stage=len(self.panes.shown) > 1)
            self.lay_out()

    def action_frame(self, step: int) -> None:
        """Step through all maps of the run, one at a time."""
        if self.maps is None or self.key is None:
            return
        if self.film is None:
            self.film = self.set_interval(FILM_SECONDS, lambda: self.action_frame(1), pause=True)
        self.key = self.maps.after(self.key, step)
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
        fitting = self._fitting()
        if fitting == 1:
            self.explorer.tell(f"Two maps need {_TWO_WIDTH} columns; here are {self.size.width}. [ ] change the map.")
        now = min(self.wanted, fitting)
        self.wanted = {4: 1, 2: 4 if fitting == 4 else 1, 1: 2}[now]
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

        def lacking(run: Run) -> str:
            return "" if run.table_path("predictions").exists() else "predictions"

        choose_other_run(self.explorer, chosen, lacking)

    def action_other_map(self) -> None:
        """To the next of the maps and the legend."""
        stops = [*self.panes.shown, self.query_one(Legend)]
        place = stops.index(self.app.focused) if self.app.focused in stops else -1
        self.screen.set_focus(stops[(place + 1) % len(stops)])

    @on(Scatter.ClassToggled)
    @on(Legend.Toggled)
    def _toggled(self, event: Scatter.ClassToggled | Legend.Toggled) -> None:
        if (classes := self.kinds) is not None and event.place < len(classes.names):
            self.hidden[self.color] ^= {event.place}
            self.lay_out()

    @on(Scatter.OnlyClass)
    def _only(self, event: Scatter.OnlyClass) -> None:
        self._show_alone(event.code)

    @on(Legend.Alone)
    def _alone(self, event: Legend.Alone) -> None:
        self._show_alone(event.place)

    def _show_alone(self, code: int) -> None:
        """One class alone; where it is alone already, what was shown before."""
        if (classes := self.kinds) is not None:
            others, hidden = set(range(len(classes.names))) - {code}, self.hidden[self.color]
            if hidden == others:
                self.hidden[self.color] = self._before_alone.pop(self.color, set())
            else:
                if len(classes.names) - len(hidden) > 1:
                    self._before_alone[self.color] = hidden
                self.hidden[self.color] = others
            self.lay_out()

    # -- actions: points that stay lit

    def hold(self, points: Array, what: str) -> None:
        """Light these points in every map and dim all others; none for no selection."""
        self.held, self._held_as = points, what
        self.lay_out()
        self.active.update_overlay()

    @on(Scatter.Held)
    def _held(self) -> None:
        self._reach = 0.0
        if len(self.held):
            self.hold(_NOBODY, "")
        elif len(inside := self.active.points_inside()):
            self.hold(inside, "held")
        else:
            self.explorer.tell("No point is inside. Make the box larger with H J K L.")

    @on(Scatter.Grown)
    def _grow(self) -> None:
        """Light the cluster of the point in the box; again, with steps half as long again."""
        scatter = self.active
        if (point := scatter.nearest_point()) < 0:
            return
        places, before, shown = np.column_stack([scatter.x, scatter.y]), self.held, scatter.visible_points()
        places[~shown] = np.nan
        reach = self._reach * 1.5 if self._held_as == "cluster" and point in before else 0.0

        def find() -> tuple[Array, float]:
            from nerspace.engine.projection.clusters import FIRST_REACH, cluster_around, gap_around, usual_step

            usual = usual_step(places)
            step = (reach or FIRST_REACH) * usual
            if reach:
                # A longer step that reaches nobody else would look like a key that does nothing.
                step = max(step, gap_around(places, before) * (1 + 1e-9))
            return cluster_around(places, point, step), step / usual if usual else FIRST_REACH

        self.load(find, self.show_cluster, awaited=True)

    def show_cluster(self, found: tuple[Array, float]) -> None:
        """Light a cluster."""
        points, self._reach = found
        self.hold(points, "cluster")

    def action_stand_out(self, name: str) -> None:
        """List the points that stand out, by a table of the engine, and light the first of them."""
        maps, key = self.maps, self._key_of(self.active)
        if maps is None or key is None:
            return
        if len(maps.points) > _MANY:
            self.explorer.tell(f"Comparing the neighbours of {len(maps.points):,} points …")
        self.load(lambda: read_standing(self.session, maps, name, key), self.show_standing, awaited=True)

    def show_standing(self, standing: Standing) -> None:
        """Open the list over the map that shows them."""
        stage, layer = standing.key
        called = STANDING[standing.name][0]
        self.hold(standing.points[:MOST], called)
        title = f"{called}, {stage} · layer {layer}; the first {len(self.held)} are lit on the map"
        columns = {str(name): CATALOGUE[standing.name].meanings[str(name)] for name in standing.frame}
        window = ListWindow(title, f"{standing.name}_{stage}_{layer}", standing.frame, columns, "No point.")
        self._list_points(window, self.active, standing.points)

    def action_models(self) -> None:
        """A map for every model, colored by its errors, or the stages again."""
        if self.maps is None:
            return
        models = self.maps.models
        if len(models) < 2 and not self.by_model:
            self.explorer.tell("This run read the test sentences with one model. b sets another run beside it.")
        elif self._fitting() < 2 and not self.by_model:
            self.explorer.tell(f"Two maps need {_TWO_WIDTH} columns; here are {self.size.width}. c changes the model.")
        else:
            self._end_film()
            self.by_model = not self.by_model
            self.color = models[0] if self.by_model else self.color
            self.lay_out()

    def action_all_classes(self) -> None:
        """Show every class."""
        self.hidden.pop(self.color, None)
        self.lay_out()

    # -- what was typed

    def show_typed(self, read: "TextRead") -> None:
        """Put what was typed on the maps, joined to its nearest names; once the maps are there."""
        self._end_film()
        self.typed, self._typed_of = read, self.session.run.id if self.session.run else ""
        self.run_changed()

    def _place_typed(self, maps: Maps, read: "TextRead") -> None:
        """With the point of what was typed behind all others."""
        self.maps = with_typed(maps, read)
        point = len(self.maps.points) - 1

        def go() -> None:
            if self.active.visible_points()[-1:].any():
                self.active.move_to(point)
            self._draw_neighbours(typed_neighbours(read, point))

        self.call_after_refresh(go)

    # -- actions: what a point is joined to

    def action_parallels(self) -> None:
        """Label the parallels of the nearest point, join it to them by lines, or neither."""
        self.join = "parallels" if self.neighbours else _JOINS[(_JOINS.index(self.join) + 1) % len(_JOINS)]
        self._draw_neighbours(None)

    def action_nearest(self) -> None:
        """Join the point to its nearest neighbours by cosine; again at the same point, do not."""
        point, maps = self.active.nearest_point(), self.maps
        if maps is None or point < 0:
            return
        if self.neighbours is not None and point == self.neighbours.point:
            self._draw_neighbours(None)
            return
        if self.typed is not None and point == len(maps.points) - 1:
            self._draw_neighbours(typed_neighbours(self.typed, point))
            return
        layers = {pane.key[1] for line in self._grid for pane in line}
        self.load(lambda: read_nearest(self.session, maps, point, layers), self._draw_neighbours, awaited=True)

    def action_jump(self, step: int) -> None:
        """To the next of the points that are joined: neighbours, nearest first, or the other languages."""
        point = self.active.nearest_point()
        stops = [label[0] for label in self._labels(self._key_of(self.active), point)]
        if len(self.held) and self.neighbours is None:
            stops = [int(stop) for stop in self.held]
        if self.neighbours is not None:
            stops.insert(0, self.neighbours.point)
        stops = [stop for stop in stops if self.active.visible_points()[stop]]
        if stops:
            place = stops.index(point) if point in stops else -step
            self.active.move_to(stops[(place + step) % len(stops)])

    def action_list_near(self) -> None:
        """List the neighbours that are drawn."""
        scatter, neighbours = self.active, self.neighbours
        near = neighbours.of(self._key_of(scatter)) if neighbours else None
        if near is None or self.maps is None or neighbours is None:
            self.explorer.tell("t joins the point under the box to its nearest neighbours first.")
            return
        about, stage, layer, point = self.maps.points.iloc[neighbours.point], *near[["stage", "layer", "point"]].iloc[0]
        title = f"nearest by cosine to {about['language']} {literal(about['form'])}, {scatter.title}"
        shown = near[list(NEAR_COLUMNS)].reset_index(drop=True)
        name = f"nearest_{stage}_{layer}_{point}"
        window = ListWindow(title, name, shown, NEAR_COLUMNS, "It has no neighbour.")
        self._list_points(window, scatter, shown["neighbour"].to_numpy())

    def _list_points(self, window: ListWindow, scatter: Scatter, points: Array) -> None:
        """Open a list of points; the box goes to the one that is chosen."""

        def go(row: int | None) -> None:
            if row is not None:
                scatter.move_to(int(points[row]))

        self.app.push_screen(window, go)

    # -- actions: finding and listing

    def action_find(self) -> None:
        """Open the find line."""
        line = self.query_one("#find", LineInput)
        line.add_class("open")
        line.begin()

    def action_leave(self) -> None:
        """Close the find line; end a film; draw no neighbours; let the held points go; end the maps by model."""
        if self.query_one("#find").has_class("open"):
            self.query_one("#find").remove_class("open")
            self.screen.set_focus(self.active)
        elif self.film is not None:
            self._end_film()
        elif self.neighbours is not None:
            self._draw_neighbours(None)
        elif len(self.held):
            self.hold(_NOBODY, "")
        elif self.by_model:
            self.action_models()

    @on(Input.Submitted, "#find")
    def _find(self, event: Input.Submitted) -> None:
        wanted = event.value.strip()
        self.action_leave()
        if wanted:
            self.find(wanted)

    def show_name(self, name: Name) -> None:
        """Go to the points of a name, once the maps are there."""
        if self.maps is None:
            self._wanted = quoted(name.entity)
        else:
            self.find(quoted(name.entity))

    def find(self, wanted: str) -> None:
        """To the next shown point that a query holds of: words of its name or ids, or type:LOC lang:tr wrong:yes."""
        self._wanted = ""
        if self.maps is None:
            return
        try:
            held = self.maps.holding(wanted)
        except NerspaceError as error:
            self.explorer.tell(str(error), "warning")
            return
        self.found = [int(i) for i in np.flatnonzero(held & self.active.visible_points())]
        if self.found:
            self.explorer.tell(f"{len(self.found):,} points hold {wanted}; n goes to the next")
            self.active.move_to(self.found[0])
        else:
            self.explorer.tell(f"No point shown holds {wanted}.", "warning")

    def action_find_next(self, step: int) -> None:
        """To the next of the points found."""
        if self.found:
            self.found = self.found[step:] + self.found[:step]
            self.active.move_to(self.found[0])

    @on(Scatter.Listed)
    def _listed(self, event: Scatter.Listed) -> None:
        if self.maps is None:
            return
        inside = self.inside(event.scatter)
        frame = points_shown(self.maps, event.scatter.x, event.scatter.y, inside)
        where, part = (f"lit: {self._held_as}", "lit") if len(self.held) else ("inside the box", "box")
        title, name = f"{len(frame):,} points {where}", f"{self._map_name(event.scatter)}_{part}"
        empty = "No point is inside. Make the box larger with H J K L."
        self._list_points(ListWindow(title, name, frame, POINT_COLUMNS, empty), event.scatter, inside)

    def _map_name(self, scatter: Scatter) -> str:
        key = self._key_of(scatter)
        return f"map_{key[0]}_{key[1]}" if key else "map"

    def shown(self) -> Shown | None:
        """The points that are held, else those in the window of the map, of the classes that are shown."""
        if self.maps is None:
            return None
        scatter = self.active
        points = self.held if len(self.held) else scatter.points_in_window()
        frame = points_shown(self.maps, scatter.x, scatter.y, points)
        key = self._key_of(scatter)
        about = {"stage": key[0], "layer": key[1]} if key else {}
        name = f"{self._map_name(scatter)}{'_lit' * bool(len(self.held))}"
        return Shown(name, FrameRows(frame), POINT_COLUMNS, about=about)

    def _row_here(self) -> "pd.Series | None":
        point = self.active.nearest_point()
        return None if self.maps is None or point < 0 else self.maps.points.iloc[point]

    def copied(self) -> str:
        """The nearest point: language, type, entity, name and sentence."""
        row = self._row_here()
        return (
            "" if row is None else "\t".join(str(row[name]) for name in ("language", "type", "entity", "form", "text"))
        )

    def name_here(self) -> Name | None:
        """The name of the nearest point."""
        row = self._row_here()
        return None if row is None else Name(str(row["entity"]), str(row["language"]), str(row["sentence"]))
