"""Points that are lit in every map: the box, a selection, a cluster, one class, movers and outliers; the film eases."""

import numpy as np
import pandas as pd
import pytest
from tui_driving import explorer, press, settle

from nerspace.engine.geometry.standing_out import mover_table, outlier_table
from nerspace.engine.geometry.stored import read_stored
from nerspace.engine.projection.clusters import FIRST_REACH, cluster_around, usual_step
from nerspace.tui.explorer.space.model import MOST
from nerspace.tui.explorer.space.screen import EASE_STEPS
from nerspace.tui.widgets.legend import Legend
from nerspace.tui.widgets.scatter import Scatter


def _maps(pilot):
    return [scatter for scatter in pilot.app.query(Scatter) if scatter.display and scatter.size.width]


def _cells(scatter, points):
    return {scatter._cell_of(int(point)) for point in points}


def _lit_cells(scatter):
    """Cells that are drawn with the style of lit points."""
    lit = scatter.ground("lit")
    return {cell for cell, (_, style) in scatter._overlay.items() if style + lit == style}


async def test_a_box_lights_the_same_points_in_the_other_maps(rich, corpus):
    app = explorer(rich, corpus)
    async with app.run_test(size=(200, 50)) as pilot:
        await press(pilot, "4")
        await press(pilot, "p", "p", "slash", *"minsk", "enter", "L", "L", "J")
        active, inside = app.in_view.active, app.in_view.active.points_inside()
        assert 1 < len(inside) < 253
        others = [scatter for scatter in _maps(pilot) if scatter is not active]
        assert len(others) == 3
        for scatter in others:
            assert set(scatter.lit.tolist()) == set(inside.tolist())
            # The nearest point has a style of its own.
            assert _lit_cells(scatter) >= _cells(scatter, inside) - _cells(scatter, [scatter.marked])
        assert not len(active.lit)
        # A box that moves lets them go.
        await press(pilot, *"hhhhhhhhhhhhhhhhhhhhhhhh")
        assert set(others[0].lit.tolist()) == set(active.points_inside().tolist())


async def test_held_points_stay_lit_while_walking_and_on_every_map_and_are_listed_and_exported(rich, corpus, tmp_path):
    app = explorer(rich, corpus)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "4")
        await press(pilot, "slash", *"minsk", "enter", "L", "J", "space")
        screen = app.in_view
        held = set(screen.held.tolist())
        assert len(held) > 1
        text = await press(pilot, *"hhhhhhhhhhkkkk", "left_square_bracket")
        assert f"held {len(held)}" in text
        assert set(screen.active.held.tolist()) == held
        # All others are of the one dimmed class.
        kinds = {kind for _, kinds in screen.active._signs for kind in kinds if kind >= 0}
        assert kinds <= {*screen.kinds.codes[list(held)].tolist(), len(screen.kinds.names)}
        assert len(screen.kinds.names) in kinds
        await press(pilot, "right_curly_bracket")
        assert screen.active.nearest_point() in held
        text = await press(pilot, "enter")
        assert f"{len(held)} points lit: held" in text
        await press(pilot, "escape", "e", "enter")
        written = pd.read_csv(tmp_path / "map_before_12_lit.csv", keep_default_na=False)
        assert set(written["point"]) == held
        await press(pilot, "escape", "escape")
        assert not len(screen.held)
        text = await press(pilot, "space", "space")
        assert not len(screen.held)


async def test_the_box_grows_to_its_cluster_and_on(rich, corpus):
    app = explorer(rich, corpus)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "4")
        await press(pilot, "slash", *"minsk", "enter")
        scatter = app.in_view.active
        point, places = scatter.nearest_point(), np.column_stack([scatter.x, scatter.y])
        text = await press(pilot, "g")
        expected = cluster_around(places, point, FIRST_REACH * usual_step(places))
        assert app.in_view.held.tolist() == expected.tolist()
        assert f"cluster {len(expected)}" in text
        await press(pilot, "g")
        assert len(app.in_view.held) > len(expected)
        # From a point outside, a new one begins.
        await press(pilot, "escape", "0", "g")
        assert len(app.in_view.held) == len(expected)


async def test_the_cluster_grows_until_it_holds_all_that_have_a_place(rich, corpus):
    app = explorer(rich, corpus)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "4")
        await press(pilot, "slash", *"minsk", "enter")
        scatter = app.in_view.active
        lacking = next(n for n in range(len(scatter.x)) if n != scatter.nearest_point())
        scatter.x[lacking] = scatter.y[lacking] = np.nan
        sizes = [len(scatter.x)]
        while len(sizes) < 3 or sizes[-1] > sizes[-2]:
            await press(pilot, "g")
            sizes.append(len(app.in_view.held))
        assert sizes[-1] == sizes[-2] == len(scatter.x) - 1
        assert lacking not in app.in_view.held


async def test_one_class_alone_and_back_to_what_was_shown_before(rich, corpus):
    app = explorer(rich, corpus)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "4")
        await press(pilot, "x", "2", "slash", *"vaşing", "enter", "X")
        screen = app.in_view
        code = screen.kinds.names.index("tr")
        assert screen.hidden["language"] == set(range(11)) - {code}
        await press(pilot, "X")
        assert screen.hidden["language"] == {1}
        # The same in the legend.
        await press(pilot, "tab", "j", "j", "X")
        assert app.query_one(Legend).has_focus
        assert screen.hidden["language"] == set(range(11)) - {2}
        await press(pilot, "X")
        assert screen.hidden["language"] == {1}


@pytest.mark.parametrize(("key", "table"), [("M", mover_table), ("O", outlier_table)])
async def test_points_that_stand_out_are_listed_lit_and_gone_to(rich, corpus, tmp_path, key, table):
    stored = read_stored(rich, "entities", layer=12)
    frame = table(stored.vectors, stored.rows)
    expected = frame[frame["stage"] == "after"]["point"].tolist()
    app = explorer(rich, corpus)
    async with app.run_test(size=(120, 40)) as pilot:
        await press(pilot, "4")
        text = await press(pilot, key)
        assert "after · layer 12" in text
        assert app.in_view.held.tolist() == expected[:MOST]
        await press(pilot, "e", "enter")
        written = pd.read_csv(next(tmp_path.glob("*_after_12.csv")), keep_default_na=False)
        assert written["point"].tolist() == expected
        text = await press(pilot, "j", "enter")
        assert app.in_view.active.nearest_point() == expected[1]
        assert f"{'largest movers' if key == 'M' else 'outliers'} {MOST}" in text
        assert len(app.in_view.held) == MOST


async def test_every_model_has_a_map_of_its_errors_and_the_box_lights_them_all(rich, corpus):
    app = explorer(rich, corpus)
    async with app.run_test(size=(200, 50)) as pilot:
        await press(pilot, "4")
        text = await press(pilot, "d")
        titles = [scatter.title for scatter in _maps(pilot)]
        # One seed of each donor first.
        assert [title.rpartition(", ")[2] for title in titles] == ["en seed 0", "be seed 0", "en seed 1", "be seed 1"]
        assert "2 ● wrong" in text
        counts = [np.bincount(scatter.kinds.codes, minlength=2)[1] for scatter in _maps(pilot)]
        assert len(set(counts)) > 1
        await press(pilot, "slash", *"minsk", "enter", "L", "J")
        inside = set(app.in_view.active.points_inside().tolist())
        assert inside
        assert all(set(scatter.lit.tolist()) == inside for scatter in _maps(pilot) if scatter is not app.in_view.active)
        text = await press(pilot, "d")
        assert "before · layer 12" in text


async def test_one_model_or_a_narrow_screen_say_so(rich, finished, corpus):
    app = explorer(rich, corpus)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await press(pilot, "4")
        assert "Two maps need 110 columns" in await press(pilot, "d")
    app = explorer(finished, corpus)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await press(pilot, "4")
        assert "one model" in await press(pilot, "d")


async def test_the_film_eases_and_everything_but_the_points_is_there_at_once(rich, corpus, monkeypatch):
    monkeypatch.setattr("nerspace.tui.widgets.scatter.EASE_SECONDS", 600)
    app = explorer(rich, corpus)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "4")
        await press(pilot, ".")
        scatter = app.in_view.active
        key = app.in_view.key
        await press(pilot, ".")
        assert app.in_view.key != key
        assert scatter.x is app.in_view.maps.places[app.in_view.key][0]
        assert scatter._easing is not None
        on_the_way = scatter._drawn.bits.copy()
        pictures = 1
        while scatter._easing is not None:
            scatter._draw_easing()
            pictures += 1
        assert pictures == EASE_STEPS + 1
        assert (scatter._drawn.bits != on_the_way).any()
        arrived = scatter._drawn.bits.copy()
        scatter.redraw()
        assert (scatter._drawn.bits == arrived).all()


async def test_a_slow_line_in_exact_colors_has_no_easing(rich, corpus, monkeypatch):
    monkeypatch.setenv("SSH_CONNECTION", "1")
    app = explorer(rich, corpus)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "4")
        await press(pilot, ".")
        assert app.in_view._ease_steps() == 1
        app.theme = "nerspace"
        assert app.in_view._ease_steps() == 0


async def test_sixty_languages_are_all_reached_in_the_legend(run, corpus):
    points = run.read_table("points")
    codes = [f"{a}{b}" for a in "abcdefgh" for b in "abcdefgh"][:60]
    run.write_table("points", points.assign(language=[codes[place % 60] for place in range(len(points))]))
    app = explorer(run, corpus)
    async with app.run_test(size=(80, 24)) as pilot:
        text = await press(pilot, "4")
        assert "more: tab" in text
        names = app.in_view.kinds.names
        assert len(set(app.in_view.kinds.marks)) == 60
        text = await press(pilot, "tab", *["j"] * 59)
        assert f" ● {names[59]}" in text
        await press(pilot, "space")
        assert app.in_view.hidden["language"] == {59}
        await settle(pilot)
