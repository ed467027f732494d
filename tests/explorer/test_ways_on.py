"""A run that cannot answer a screen: what it holds under another name is shown, and else a key goes on from there."""

import pandas as pd
import pytest
from tui_driving import explorer, press

from nerspace.engine.errors import NerspaceError
from nerspace.engine.runs import Run, create, jobs
from nerspace.tui.explorer import causes
from nerspace.tui.explorer.session import Session
from nerspace.tui.explorer.space.model import read_maps


@pytest.fixture
def paper_run(finished, tmp_path) -> Run:
    """A run that holds maps as those of the paper do: two figures over different points, and no table `map`."""
    run = create(tmp_path / "home", "paper", {"donor": "en", "languages": ["be", "en"]}, 0)
    points, drawn = finished.read_table("points"), finished.read_table("map")
    whole = drawn.merge(points, on="point")
    columns = ["stage", "layer", "point", "x", "y", "sentence", "language", "type", "entity", "form"]
    run.write_table("paper_figure2", whole[columns])
    some = whole[whole["entity"] == "washington"].assign(name="Washington")
    run.write_table("paper_figure1", some.assign(point=pd.factorize(some["point"])[0])[[*columns, "name"]])
    quality = finished.read_table("map_quality").drop(columns=["metric", "iterations", "planned"], errors="ignore")
    run.write_table("paper_maps", pd.concat([quality.assign(item=item) for item in ("figure1", "figure2")]))
    run.update(state="finished")
    return run


def test_the_maps_of_both_figures_are_maps_of_the_run(paper_run, finished, corpus):
    maps = read_maps(Session(paper_run.path.parent.parent, paper_run, str(corpus), "builtin"))
    own = read_maps(Session(finished.path.parent.parent, finished, str(corpus), "builtin"))
    assert set(own.keys) < set(maps.keys)
    assert {stage for stage, _ in maps.keys} == {"before", "after", "before · figure 1", "after · figure 1"}
    assert len(maps.points) == len(own.points) + 11
    for key in own.keys:
        assert pd.Series(maps.places[key][0]).notna().sum() == len(own.points)
    assert pd.Series(maps.places["after · figure 1", 12][0]).notna().sum() == 11
    assert maps.quality.keys() == set(maps.keys)


async def test_space_shows_what_a_run_of_the_paper_has_drawn(paper_run, corpus):
    async with explorer(paper_run, corpus).run_test(size=(100, 30)) as pilot:
        text = await press(pilot, "4")
        assert "after" in text
        assert "drew no map" not in text
        await press(pilot, "slash", *"lang:tr vaşing", "enter")
        assert pilot.app.in_view.found


async def test_missing_factors_are_worked_out_after_a_question_and_the_card_opens(rich, corpus, monkeypatch):
    asked = []

    def made(run: Run) -> None:
        asked.append(run)
        raise NerspaceError("Too few names.")

    monkeypatch.setattr(causes, "make_factors", made)
    assert "factors" not in rich.tables()
    async with explorer(rich, corpus).run_test(size=(100, 30), notifications=True) as pilot:
        await press(pilot, "6")
        await press(pilot, "j", "j")
        text = await press(pilot, "w")
        assert "This run has no table factors yet. Work it out now?" in text
        await press(pilot, "y")
        assert asked == [rich]
        assert "Too few names." in str(pilot.app.screen.text)


def test_factors_are_worked_out_by_a_process_of_its_own_and_its_refusal_is_told(tmp_path):
    run = create(tmp_path / "home", "demo", {"donor": "en"}, 0)
    with pytest.raises(NerspaceError) as told:
        causes.make_factors(run)
    assert run.id in str(told.value)
    assert "Traceback" not in str(told.value)


async def test_a_name_that_no_run_changed_is_changed_after_a_question(rich, corpus, monkeypatch):
    monkeypatch.setattr(jobs, "start", lambda _: None)
    async with explorer(rich, corpus).run_test(size=(100, 30), notifications=True) as pilot:
        await press(pilot, "7")
        text = await press(pilot, "A")
        assert "No run changed this name yet." in text
        await press(pilot, "y")
        # This run kept no model, which is told in a window rather than by a crash.
        assert "model" in str(pilot.app.screen.text)
