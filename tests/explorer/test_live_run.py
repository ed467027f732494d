"""A run that goes on is followed, and stopped only when asked twice."""

import json
import os
import time
from collections.abc import Iterator
from typing import Any

import pytest
import tui_sample
from tui_driving import explorer, press, settle, text_of

from nerspace.engine.runs import Run, create
from nerspace.engine.runs.records import stage_text
from nerspace.engine.runs.schema import EVENTS
from nerspace.tui.explorer.training.following import Following


def _running(workspace) -> Run:
    run = create(workspace, "demo", {"donor": "en"}, 0)
    run.update(state="running")
    run.claim(os.getpid())
    run.append_event("state", state="running")
    run.append_event("stage", stage="train", label="Fine-tuning on en", total=40, unit="steps")
    return run


def _step(run: Run, step: int) -> None:
    run.append_event("step", step=step, steps=40, loss=2.0 / step, learning_rate=1e-4, sentences=8 * step, seconds=step)


@pytest.mark.parametrize(("kind", "still_to_come"), [("finetune", True), ("swap", False)])
async def test_a_run_under_way_says_whether_it_will_have_what_a_screen_shows(tmp_path, corpus, kind, still_to_come):
    run = _running(tmp_path)
    run.update(kind=kind)
    app = explorer(run, corpus)
    async with app.run_test(size=(120, 30)) as pilot:
        shown = {key: await press(pilot, key) for key in "3456"}
    assert ("the first step is still to come" in shown["3"]) is still_to_come
    assert ("Errors are counted after training" in shown["3"]) is still_to_come
    assert "This run drew no map" in shown["4"]
    assert ("no matrix yet" in shown["5"]) is still_to_come
    assert ("This run made no matrix" in shown["5"]) is not still_to_come
    assert ("no errors yet" in shown["6"]) is still_to_come


async def test_curves_grow_with_the_events_and_end_with_the_run(tmp_path, corpus):
    run = _running(tmp_path)
    app = explorer(run, corpus)
    async with app.run_test(size=(120, 30)) as pilot:
        text = await press(pilot, "3")
        assert "Nothing yet: the first step is still to come." in text
        for step in range(1, 11):
            _step(run, step)
        for code in tui_sample.CODES:
            run.append_event("probe", step=0, language=code, layer=12, measure="mean_cosine", n=8, value=0.5)
            run.append_event("probe", step=10, language=code, layer=12, measure="mean_cosine", n=8, value=0.4)
        await pilot.pause(0.7)
        text = await settle(pilot)
        assert "Fine-tuning on en  10 of 40 steps" in text
        assert "left" in text
        assert "loss  0.200" in text
        assert "mean cosine · layer 12" in text
        run.append_event("state", state="failed", message="Out of memory.", hint="Use a smaller batch.")
        run.update(state="failed")
        await pilot.pause(0.7)
        text = await settle(pilot)
        assert "✗ failed" in text
        assert "Out of memory. Use a smaller batch." in text


async def test_stopping_asks_first(tmp_path, corpus):
    run = _running(tmp_path)
    app = explorer(run, corpus)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "3")
        text = await press(pilot, "x")
        assert f"Stop {run.id}?" in text
        await press(pilot, "n")
        assert not run.stop_requested()
        text = await press(pilot, "x", "y")
        assert run.stop_requested()
        assert "stopping" in text


async def test_another_run_is_opened_from_the_list(run, corpus):
    other = _running(run.path.parent.parent)
    _step(other, 3)
    app = explorer(run, corpus)
    async with app.run_test(size=(120, 30)) as pilot:
        await press(pilot, "3", "o")
        text = await press(pilot, "g", "enter")
        assert other.id in text
        assert "Fine-tuning on en  3 of 40 steps" in text


async def test_a_look_that_takes_longer_than_the_time_between_two_is_drawn(tmp_path, corpus, monkeypatch):
    from nerspace.tui.explorer.training import screen

    read, looks = screen.read_update, []

    def slow(*arguments):
        looks.append(arguments)
        time.sleep(2.5 * screen.POLL_SECONDS)
        return read(*arguments)

    monkeypatch.setattr(screen, "read_update", slow)
    run = _running(tmp_path)
    app = explorer(run, corpus)
    async with app.run_test(size=(120, 30)) as pilot:
        await pilot.press("3")
        for _ in range(60):
            await pilot.pause(0.1)
            if "Fine-tuning on en" in text_of(pilot):
                break
        assert "Fine-tuning on en" in text_of(pilot)
        assert len(looks) <= 3


def _events_that_lack_something() -> Iterator[dict[str, Any]]:
    """Every kind of event without each of the fields that it may lack, and with nothing in it."""
    values = {"a number": 1.0, "a whole number": 2, "a text": "en", "a moment in seconds": 1.7e9}
    for kind, fields in EVENTS.items():
        whole = {name.rstrip("?"): values[of.words] for name, of in fields.items()}
        for name in (name.rstrip("?") for name in fields if name.endswith("?")):
            yield {"event": kind, **whole, name: None}
            yield {"event": kind, **{other: value for other, value in whole.items() if other != name}}


def test_events_that_lack_what_they_may_lack_are_followed(tmp_path):
    run = create(tmp_path, "finetune", {"donor": "en"}, 0)
    lacking = list(_events_that_lack_something())
    with (run.path / "events.jsonl").open("a") as handle:
        handle.writelines(json.dumps(event) + "\n" for event in lacking)
    following = Following(run)
    assert following.see(run.events())
    assert len(list(run.events())) == len(lacking)
    assert "model 2 of 2" in {stage_text(event)[-12:] for _, event in run.events() if event["event"] == "stage"}
