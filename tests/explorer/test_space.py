"""Maps that are linked, what a point is joined to, colors by errors, and the film."""

import itertools

import numpy as np
import pandas as pd
import pytest
from tui_driving import explorer, press, settle

from nerspace.engine.geometry.neighbours import nearest_table
from nerspace.engine.geometry.stored import read_stored
from nerspace.engine.runs import to_csv
from nerspace.tui.explorer.space.model import NEAR_COLUMNS
from nerspace.tui.widgets.scatter import Scatter


def _maps(pilot):
    return [scatter for scatter in pilot.app.query(Scatter) if scatter.display and scatter.size.width]


@pytest.mark.parametrize(("size", "count"), [((80, 24), 1), ((120, 40), 2), ((200, 50), 4)])
async def test_what_happens_in_one_map_happens_in_all(rich, corpus, size, count):
    app = explorer(rich, corpus)
    async with app.run_test(size=size) as pilot:
        text = await press(pilot, "4")
        maps = _maps(pilot)
        assert len(maps) == count
        assert text.count("253 of 253") == count
        await press(pilot, *"hhhkk")
        marked = {scatter.marked for scatter in maps}
        assert len(marked) == 1
        for scatter in maps:
            assert scatter.nearest_point() in marked
        await press(pilot, "slash", *"vaşing", "enter", "z", "plus")
        shares = [scatter.share for scatter in maps]
        assert shares == pytest.approx([shares[0]] * count)
        assert shares[0] < 0.5
        point = maps[0].marked
        for scatter in maps:
            assert scatter.marked == point
            assert scatter._cell_of(point) is not None
        await press(pilot, "x", "1")
        assert all(scatter.hidden == {0} for scatter in maps)


async def test_moving_to_another_map_stays_on_the_point(rich, corpus):
    app = explorer(rich, corpus)
    async with app.run_test(size=(200, 50)) as pilot:
        await press(pilot, "4", *"hhhhjjj")
        point = app.in_view.active.nearest_point()
        for _ in range(3):
            await press(pilot, "tab")
            if isinstance(app.focused, Scatter):
                assert app.in_view.active.nearest_point() == point


async def test_neighbours_are_those_of_the_engine_listed_exported_and_jumped_to(rich, corpus, tmp_path):
    app = explorer(rich, corpus)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await press(pilot, "4", "slash", *"vaşing", "enter")
        point = app.in_view.active.nearest_point()
        text = await press(pilot, "t")
        assert "its 10 nearest by cosine" in text
        stored = read_stored(rich, "entities", "after", 12)
        expected = nearest_table(stored.vectors, stored.rows, point)[list(NEAR_COLUMNS)]
        assert app.in_view.active.joined == point
        text = await press(pilot, "right_curly_bracket")
        assert app.in_view.active.nearest_point() == expected["neighbour"].iloc[0]
        assert f"no. 1 of Vaşington, cosine {expected['cosine'].iloc[0]:.3f}" in text
        text = await press(pilot, "T")
        assert "nearest by cosine to tr Vaşington" in text
        await press(pilot, "e", "enter")
        written = (tmp_path / f"nearest_after_12_{point}.csv").read_text(encoding="utf-8")
        assert written == to_csv(expected)
        await press(pilot, "escape", "escape", "escape")
        assert not app.in_view.neighbours


async def test_lines_join_a_sentence_to_its_parallels_and_are_dots_without_color(rich, corpus, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    app = explorer(rich, corpus)
    async with app.run_test(size=(80, 24)) as pilot:
        text = await press(pilot, "4")
        before = text.count("·")
        text = await press(pilot, "p")
        assert text.count("·") > before + 5
        assert not any(0x2800 < ord(letter) <= 0x28FF for letter in text)
        text = await press(pilot, "p")
        assert app.in_view.active.labels == []


async def test_points_are_colored_by_what_each_model_got_wrong(rich, corpus, tmp_path):
    app = explorer(rich, corpus)
    predictions = rich.read_table("predictions")
    own = predictions[(predictions["donor"] == "en") & (predictions["seed"] == 0)]
    async with app.run_test(size=(120, 40)) as pilot:
        text = await press(pilot, "4", "c", "c")
        assert "color errors, en seed 0" in text
        line = next(line for line in text.splitlines() if "2 ● wrong" in line)
        assert line.split("wrong")[1].split()[0] == str(own["wrong"].sum())
        # Right ones away: what is exported are the wrong ones.
        await press(pilot, "x", "1", "e", "enter")
    written = pd.read_csv(tmp_path / "map_after_12.csv", keep_default_na=False)
    points = rich.read_table("points").merge(own[["sentence", "wrong"]], on="sentence")
    assert sorted(written["point"]) == sorted(points[points["wrong"] == 1]["point"])


async def test_errors_stand_beside_those_of_another_run(rich, corpus, tmp_path):
    import shutil

    from nerspace.engine.runs import Run

    workspace = tmp_path / "two"
    for name in ("demo-a", "demo-b"):
        shutil.copytree(rich.path, workspace / "runs" / name)
    other = Run(workspace / "runs" / "demo-b")
    predictions = other.read_table("predictions")
    other.write_table("predictions", predictions.assign(wrong=1 - predictions["wrong"]))
    app = explorer(Run(workspace / "runs" / "demo-a"), corpus)
    async with app.run_test(size=(120, 40)) as pilot:
        text = await press(pilot, "4", "b")
        assert "demo-b" in text
        text = await press(pilot, "enter", *["c"] * 6)
        assert "wrong there" in text
        counts = np.bincount(app.in_view.kinds.codes, minlength=4)
        assert counts[0] == counts[3] == 0
        assert counts.sum() == 253
        text = await press(pilot, "b")
        assert app.session.other is None


async def test_the_film_goes_through_all_maps_in_order_and_keeps_its_point(rich, corpus):
    app = explorer(rich, corpus)
    async with app.run_test(size=(120, 40)) as pilot:
        await press(pilot, "4", *"hhkk")
        point = app.in_view.active.nearest_point()
        seen = []
        for _ in range(4):
            text = await press(pilot, ".")
            assert len(_maps(pilot)) == 1
            assert app.in_view.active.nearest_point() == point
            seen.append(next(line for line in text.splitlines() if "▶" in line).split("▶")[1].split("·")[0].strip())
        assert seen == ["1 of 4", "2 of 4", "3 of 4", "4 of 4"]
        text = await press(pilot, "comma")
        assert "before · layer 12, output  ▶ 3 of 4" in text
        text = await press(pilot, "escape")
        assert "▶" not in text
        assert len(_maps(pilot)) == 2


async def test_a_film_plays_at_two_maps_a_second_and_stops(rich, corpus):
    app = explorer(rich, corpus)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "4", "F")
        first = app.in_view.key
        await pilot.pause(0.8)
        assert app.in_view.key != first
        await press(pilot, "F")
        stopped = app.in_view.key
        await pilot.pause(0.8)
        assert app.in_view.key == stopped


async def test_stages_between_before_and_after_are_in_the_film(run, corpus):
    maps, quality = run.read_table("map"), run.read_table("map_quality")
    steps = [maps[maps["stage"] == "after"].assign(stage=f"step-{step}") for step in (50, 100)]
    run.write_table("map", pd.concat([maps, *steps]))
    run.write_table("map_quality", quality)
    app = explorer(run, corpus)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "4")
        stages = [stage for stage, layer in app.in_view.maps.keys if layer == 12]
        assert stages == ["before", "step-50", "step-100", "after"]
        text = await press(pilot, "comma")
        assert "step-100 · layer 12, output  ▶ 7 of 8" in text
        assert "Nothing is known of the quality of this map." in text


async def test_a_run_without_vectors_says_so_and_goes_on(finished, corpus):
    app = explorer(finished, corpus)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        text = await press(pilot, "4", "t")
        assert "It holds: none." in text
        assert "after · layer 12" in await press(pilot, "l")


@pytest.mark.slow
async def test_a_storm_of_resizes_leaves_every_screen_whole(rich, corpus):
    app = explorer(rich, corpus)
    sizes = [(200, 50), (30, 8), (15, 5), (80, 24)]
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        for key, size in itertools.product(("f4", "f5", "f6", "f7"), sizes):
            await pilot.press(key)
            await pilot.resize_terminal(*size)
            await pilot.press("l", "j", "h")
        await pilot.resize_terminal(120, 40)
        for key, wanted in (("f4", "253 of 253"), ("f5", "cosine of parallel names"), ("f6", "wrong sentences"),
                            ("f7", "compared to en English")):  # fmt: skip
            assert wanted in await press(pilot, key)


async def test_a_finished_run_without_a_map_says_that_none_comes(run, corpus):
    run.table_path("map").unlink()
    async with explorer(run, corpus).run_test(size=(120, 40)) as pilot:
        text = await press(pilot, "4")
        assert "This run drew no map" in text
        assert "drawn last" not in text
