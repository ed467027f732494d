"""Trainings started, told apart and laid over one another; runs inspected, compared, stopped, resumed and removed."""

import inspect
import json
import os
import shutil
import threading
from io import StringIO

import pandas as pd
import pytest
import tui_sample
from rich.text import Text
from textual.widgets import Input
from tui_driving import explorer, press, settle, text_of

from nerspace.engine.errors import NerspaceError
from nerspace.engine.runs import Run, create, jobs
from nerspace.engine.runs.live import Throughput, resident_memory
from nerspace.engine.runs.records import ModelId, ProbeRecord, Record, Stage, StepRecord, event_of
from nerspace.engine.runs.tables import errors_compared, request_differences, runs_table, seconds_taken
from nerspace.engine.statistics.correlation import delta_correlation_table, delta_correlations_so_far, delta_table
from nerspace.tui.cli.options import spread
from nerspace.tui.cli.training import finetune
from nerspace.tui.explorer.training.following import Following, read_traces
from nerspace.tui.explorer.training.questions import QUESTIONS, read_answers


def _models(workspace, names=("be-0", "be-1"), state="running") -> Run:
    """A run that trains several models and tells them as a job does, all steps of one before the next."""
    asked = {"donor": "be", "donors": ["be"], "seeds": len(names), "languages": ["be", "ru"], "size": 80,
             "model": "builtin"}  # fmt: skip
    run = create(workspace, "finetune", asked, 0)
    run.append_event("state", state="running")
    for part, name in enumerate(names, 1):
        model = ModelId("be", int(name.removeprefix("be-")))
        _append(run, Stage("train", f"Fine-tuning {name}", 10, "steps", model=model, number=part, models=len(names)))
        for step in range(11):
            if step:
                _append(run, StepRecord(step, 10, part / step, 1e-4, 8 * step, 0.5 * step, model=model))
            for place, code in enumerate(("be", "ru")):
                value = 0.5 + 0.01 * part * (step % 3) + 0.02 * place * step
                _append(run, ProbeRecord(step, code, 12, "mean_cosine", 8, value, model=model))
    run.claim(os.getpid())
    run.update(state=state, device="cpu (2 threads)")
    if state != "running":
        run.append_event("state", state=state)
    return run


def _append(run: Run, record: Record) -> None:
    kind, fields = event_of(record)
    run.append_event(kind, **fields)


def test_a_model_whose_worker_was_lost_is_one_model(tmp_path):
    """Its stage is told again, by another node, and its steps go on there."""
    run = create(tmp_path, "finetune", {"donor": "be"}, 0)
    model = ModelId("be", 0)
    for node, steps in (("node-a", range(1, 5)), ("node-b", range(5, 11))):
        stage = Stage("train", "Fine-tuning be-0", 10, "steps", model=model, node=node, number=1, models=2)
        _append(run, stage)
        for step in steps:
            _append(run, StepRecord(step, 10, 1 / step, 1e-4, 8 * step, 0.5 * step, model=model, node=node))
            _append(run, ProbeRecord(step, "be", 12, "mean_cosine", 8, 0.5, model=model, node=node))
    following = Following(run)
    following.see(run.events())
    assert following.models == ["be-0"]
    assert following.label == "Fine-tuning be-0 on node-b, model 1 of 2"
    (traced,) = following.traces()
    assert traced.steps["step"].tolist() == traced.probes["step"].tolist() == list(range(1, 11))


def test_models_of_a_run_of_an_earlier_version_are_told_apart_by_their_stages(tmp_path):
    run = create(tmp_path, "finetune", {"donor": "be"}, 0)
    for part in (1, 2):
        label = f"Fine-tuning be-{part - 1}, model {part} of 2"
        run.append_event("stage", stage="train", label=label, total=1, unit="steps", part=part, parts=2)
        run.append_event("step", step=1, steps=1, loss=part, learning_rate=1e-4, sentences=8, seconds=1)
    following = Following(run)
    following.see(run.events())
    assert following.models == ["Fine-tuning be-0, model 1 of 2", "Fine-tuning be-1, model 2 of 2"]
    assert following.label == "Fine-tuning be-1, model 2 of 2"
    assert [one.steps["loss"].tolist() for one in following.traces()] == [[1], [2]]


def test_models_of_one_run_are_told_apart(tmp_path):
    following = Following(run := _models(tmp_path))
    following.see(run.events())
    assert following.models == ["be-0", "be-1"]
    first, second = following.traces()
    assert first.steps["step"].tolist() == second.steps["step"].tolist() == list(range(1, 11))
    assert second.steps["loss"].iloc[0] == 2.0
    assert len(first.probes) == len(second.probes) == 22


def test_a_run_without_events_is_told_by_its_tables(tmp_path):
    run = _models(tmp_path)
    told = read_traces(run)
    for name in ("steps", "probes"):
        parts = [getattr(one, name).assign(donor="be", seed=seed) for seed, one in enumerate(told)]
        run.write_table(name, pd.concat(parts))
    (run.path / "events.jsonl").unlink()
    again = read_traces(run)
    assert [one.model for one in again] == ["be-0", "be-1"]
    for one, other in zip(told, again, strict=True):
        assert one.steps["loss"].tolist() == pytest.approx(other.steps["loss"].tolist())
        assert one.probes["value"].tolist() == pytest.approx(other.probes["value"].tolist())


def test_speed_counts_training_alone_and_begins_anew_with_each_model():
    speed = Throughput()
    assert speed.per_second() is None
    for step in range(1, 101):
        speed.see({"event": "step", "sentences": 8 * step, "seconds": 2.0 * step if step > 50 else 1.0 * step})
    assert speed.per_second() == pytest.approx(4.0)
    speed.see({"event": "stage"})
    assert speed.per_second() is None
    speed.see({"event": "step", "sentences": 8, "seconds": 1.0})
    speed.see({"event": "step", "sentences": 16, "seconds": 1.0})
    assert speed.per_second() is None


def test_memory_is_that_of_the_process_and_of_no_other(tmp_path):
    run = create(tmp_path, "demo", {"donor": "en"}, 0)
    assert resident_memory(run) is None
    run.claim(os.getpid())
    assert 10e6 < resident_memory(run) < 100e9
    (run.path / "process.json").write_text(json.dumps({"pid": os.getpid(), "started": "another"}))
    assert resident_memory(run) is None
    (run.path / "process.json").write_text("[]")
    assert resident_memory(run) is None


def test_correlations_so_far_are_those_of_the_table(finished):
    deltas = delta_table(finished.read_table("probes"))
    whole = delta_correlation_table(deltas)
    so_far = delta_correlations_so_far(deltas)
    pd.testing.assert_frame_equal(whole[list(so_far.columns)], so_far)
    assert delta_correlations_so_far(deltas.head(0)).empty


def test_the_runs_of_a_workspace_are_listed_and_compared(tmp_path, corpus):
    demo, other = tui_sample.write_run(tmp_path, corpus), _models(tmp_path)
    (tmp_path / "runs" / "torn").mkdir()
    (tmp_path / "runs" / "torn" / "run.json").write_text("{")
    frame = runs_table(tmp_path).set_index("run")
    assert set(frame.index) == {demo.id, other.id, "torn"}
    assert frame.loc["torn", "state"] == "damaged"
    assert "run.json, it is no JSON" in frame.loc["torn", "problem"]
    assert frame.loc[other.id, ["donor", "seeds", "size", "state"]].tolist() == ["be", 2, 80, "running"]
    changed = request_differences(demo, other).set_index("field")
    assert changed.loc["donor"].tolist() == ["en", "be"]
    assert changed.loc["size"].tolist() == ["", "80"]
    transfer = demo.read_table("transfer")
    other.write_table("transfer", pd.concat([transfer.assign(seed=s, wrong=transfer["wrong"] + 2 * s) for s in (0, 3)]))
    errors = errors_compared(demo, other).set_index("recipient")
    assert errors.loc["be", "wrong_a"] == pytest.approx(100 * 2 / 60)
    assert errors.loc["be", "wrong_b"] == pytest.approx(100 * 5 / 60)
    assert errors["difference"].tolist() == pytest.approx([5.0] * 11)
    assert errors.loc["be", ["seeds_a", "seeds_b"]].tolist() == [1, 2]
    times = {"started": "2026-01-01T00:00:00+00:00", "ended": "2026-01-01T00:01:05+00:00"}
    assert seconds_taken({"state": "finished", **times}) == 65
    assert seconds_taken({"state": "queued"}) is None


async def test_each_model_has_its_line_and_d_chooses(tmp_path, corpus):
    run = _models(tmp_path)
    async with explorer(run, corpus).run_test(size=(120, 40)) as pilot:
        text = await press(pilot, "3")
        assert "mean cosine · layer 12 · be-1" in text
        assert "cpu (2 threads) · memory" in text
        assert "16.0 sentences/s · 2 models, d chooses" in text
        text = await press(pilot, "d")
        assert "mean cosine · layer 12 · be-0" in text
        text = await press(pilot, "m")
        assert "Δ mean cosine" in text
        text = await press(pilot, "m")
        assert "correlation of Δ · layer 12 · be-0 · n 10" in text
        assert "be Belarusian" in text
        assert "mean cosine" in await press(pilot, "m")


async def test_curves_of_several_models_are_exported_with_their_names(tmp_path, corpus):
    run = _models(tmp_path)
    async with explorer(run, corpus).run_test(size=(120, 40)) as pilot:
        await press(pilot, "3", "tab", "tab", "tab", "e", "enter")
    written = next(tmp_path.glob("*.csv"))
    frame = pd.read_csv(written)
    if written.name == "steps.csv":
        assert frame["model"].unique().tolist() == ["be-0", "be-1"]
    else:
        assert set(frame["language"]) == {"be", "ru"}


async def test_marked_runs_lie_over_one_another(finished, corpus, tmp_path):
    workspace = tmp_path / "workspace"
    shutil.copytree(finished.path, workspace / "runs" / finished.id)
    other = _models(workspace, ("be-7",), "finished")
    app = explorer(Run(workspace / "runs" / finished.id), corpus)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        assert "No other run is marked" in " ".join((await press(pilot, "3", "w")).split())
        await press(pilot, "8", "slash", *other.id, "enter", "space")
        text = await press(pilot, "3", "w")
        short = other.id.rpartition("-")[2]
        assert f"{short} be-7" in text
        assert "with 1 marked run, b changes the language" in text
        assert "be Belarusian" in text
        assert "ru Russian" in await press(pilot, "b")
        await press(pilot, "e", "enter")
        frame = pd.read_csv(tmp_path / "probes_mean_cosine_12_ru.csv")
        assert set(frame["run"]) == {finished.id, other.id}
        assert set(frame["language"]) == {"ru"}
        assert f"{short} be-7" not in await press(pilot, "w")


async def test_a_form_under_another_window_closes_after_it_and_not_in_its_place(tmp_path, corpus, monkeypatch):
    from nerspace.tui.explorer.training import form
    from nerspace.tui.widgets.modals import TextWindow

    begin, run = threading.Event(), _models(tmp_path / "workspace", ("be-0",), "finished")
    monkeypatch.setattr(form, "launch", lambda *_: begin.wait(60) and run)
    app = explorer(run, corpus)
    async with app.run_test(size=(110, 30)) as pilot:
        await press(pilot, "3", "n", *"be")
        asked = app.screen
        await pilot.press("ctrl+r")
        over = TextWindow("over", Text("the form"))
        app.push_screen(over)
        await pilot.pause()
        begin.set()
        await settle(pilot)
        assert app.screen is over
        await press(pilot, "escape")
        assert asked not in app.screen_stack
        assert len(app.screen_stack) == 1


async def test_the_form_names_what_is_wrong_and_starts_what_is_right(tmp_path, corpus, monkeypatch):
    started: list[Run] = []
    monkeypatch.setattr(jobs, "start", started.append)
    workspace = tmp_path / "workspace"
    app = explorer(_models(workspace, ("be-0",), "finished"), corpus)
    async with app.run_test(size=(110, 30)) as pilot:
        text = await press(pilot, "3", "n")
        assert "1 model, 360 steps in all, tested in all languages of the data." in text
        text = await press(pilot, *"en,xx", "tab", *"0")
        assert "Unknown language 'xx'" in text
        # Enter goes on, and starts nothing.
        before = app.focused
        await press(pilot, "enter")
        assert app.focused not in (before, None)
        await press(pilot, "ctrl+r")
        assert not started
        assert app.focused.id == "donors"
        for name, value in (("donors", "be,ru"), ("seeds", "2"), ("size", "80"), ("languages", "be,ru,uk"),
                            ("learning_rate", "1e-3"), ("device", "gpu")):  # fmt: skip
            app.screen.query_one(f"#{name}", Input).value = value
        text = await settle(pilot)
        assert "Unknown device 'gpu'." in text
        app.screen.query_one("#device", Input).value = "cpu"
        text = await settle(pilot)
        assert "4 models, 40 steps in all, tested in 3 languages." in text
        app.screen.query_one(f"#{QUESTIONS[-1].name}", Input).focus()
        await press(pilot, "enter")
        assert app.focused.id == "start"
        await press(pilot, "enter")
        for _ in range(600):
            if app.session.run in started:
                break
            await pilot.pause(0.1)
        (run,) = started
        assert app.session.run == run
        request = run.info()["request"]
        assert (request["donors"], request["languages"], request["seeds"], request["size"]) == (
            ["be", "ru"], ["be", "ru", "uk"], 2, 80)  # fmt: skip
        assert (request["learning_rate"], request["device"], request["data"]) == (1e-3, "cpu", str(corpus))


def test_the_form_asks_with_the_defaults_of_the_command():
    command = {name: parameter.default for name, parameter in inspect.signature(spread(finetune)).parameters.items()}
    answers, problems = read_answers({})
    assert not problems
    same = ("seeds", "size", "test_size", "model", "device", "data", "epochs", "batch_size", "probe_every", "seed")
    for name in (*same, "threads", "keep_model"):
        assert answers[name] == command[name], name
    assert (answers["donors"], command["donor"]) == ((), None)
    assert answers["learning_rate"] == 2e-4
    assert (answers["on"], command["on"]) == ("", None)
    assert read_answers({"model": "some/hub"})[0]["learning_rate"] == 5e-5
    assert len(QUESTIONS) == len({question.name for question in QUESTIONS})


def test_the_form_sends_work_to_a_cluster():
    pytest.importorskip("ray")
    assert read_answers({"on": "head:6379"})[0]["on"] == "head:6379"


WRONG = [("size", "3"), ("seeds", "0"), ("epochs", "x"), ("learning_rate", "2"), ("test_size", "1"),
         ("keep_model", "perhaps"), ("batch_size", ""), ("on", "slurm"), ("threads", "-1")]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_wrong_answer_is_told_beside_itself(name, value):
    request, problems = read_answers({name: value})
    assert not request
    assert list(problems) == [name]


async def test_a_run_is_inspected_with_its_request_and_tables(app, finished, tmp_path):
    async with app.run_test(size=(120, 40)) as pilot:
        text = await press(pilot, "8")
        assert finished.id in text
        assert "trained on en" in text
        text = await press(pilot, "enter")
        assert "delta_correlations" in text
        text = await press(pilot, "enter")
        assert "request of" in text
        assert "version of python" in text
        text = await press(pilot, "escape", "slash", *"transfer", "enter", "enter")
        assert f"transfer of {finished.id}" in text
        await press(pilot, "e", "enter")
    assert (tmp_path / "transfer.csv").read_bytes() == finished.table_path("transfer").read_bytes()


async def test_two_marked_runs_are_compared_and_the_comparison_exported(finished, corpus, tmp_path):
    workspace = tmp_path / "workspace"
    shutil.copytree(finished.path, workspace / "runs" / finished.id)
    other = tui_sample.write_run(workspace, corpus)
    async with explorer(other, corpus).run_test(size=(120, 40), notifications=True) as pilot:
        assert "Mark two runs" in await press(pilot, "8", "c")
        text = await press(pilot, "g", "space", "space", "c")
        assert "Both were asked the same." in text
        assert "wrong_a" in text
        await press(pilot, "e", "enter")
    a, b = sorted([finished.id, other.id])
    expected = errors_compared(*(Run(workspace / "runs" / name) for name in (a, b)))
    written = pd.read_csv(tmp_path / "errors_compared.csv")
    assert written["wrong_b"].tolist() == pytest.approx(expected["wrong_b"].tolist())


async def test_removing_asks_and_never_takes_a_running_run(run, corpus):
    running = _models(run.path.parent.parent)
    async with explorer(run, corpus).run_test(size=(100, 30), notifications=True) as pilot:
        await press(pilot, "8", "slash", *run.id, "enter")
        assert f"Delete {run.id}?" in await press(pilot, "D")
        await press(pilot, "n")
        assert run.path.is_dir()
        text = await press(pilot, "D", "y")
        assert not run.path.exists()
        assert "no run" in text
        await press(pilot, "D", "y")
        assert running.path.is_dir()
        assert "is still running" in text_of(pilot)


async def test_a_stopped_run_is_resumed_from_either_screen(tmp_path, corpus, monkeypatch):
    resumed: list[Run] = []
    run = _models(tmp_path, state="stopped")
    monkeypatch.setattr(jobs, "resume", resumed.append)
    async with explorer(run, corpus).run_test(size=(100, 30), notifications=True) as pilot:
        assert "R goes on with it" in await press(pilot, "3")
        await press(pilot, "R", "8", "R")
        assert resumed == [run, run]
        monkeypatch.setattr(jobs, "resume", lambda run: (_ for _ in ()).throw(NerspaceError("It is finished.")))
        assert "It is finished." in await press(pilot, "R")


async def test_events_that_begin_anew_are_followed_anew(tmp_path, corpus):
    run = _models(tmp_path)
    async with explorer(run, corpus).run_test(size=(110, 30)) as pilot:
        assert "loss  0.200" in await press(pilot, "3")
        run.set_events_aside()
        model = ModelId("be", 0)
        _append(run, Stage("train", "Fine-tuning be-0", 10, "steps", model=model, models=2))
        _append(run, StepRecord(1, 10, 7.25, 1e-4, 8, 1.0, model=model))
        await pilot.pause(0.7)
        await settle(pilot)
        await pilot.pause(0.7)
        assert "loss  7.250" in await settle(pilot)


def test_the_command_line_lists_and_compares_the_same_tables(tmp_path, corpus):
    from typer.testing import CliRunner

    from nerspace.tui.cli.main import app

    first = tui_sample.write_run(tmp_path, corpus)
    second = tui_sample.write_run(tmp_path, corpus)
    at = ["--workspace", str(tmp_path)]
    listed = CliRunner().invoke(app, ["runs", "list", "--csv", "-", *at]).stdout
    assert pd.read_csv(StringIO(listed))["run"].tolist() == runs_table(tmp_path)["run"].tolist()
    compared = CliRunner().invoke(app, ["runs", "compare", first.id, second.id, "--csv", "-", *at]).stdout
    assert len(pd.read_csv(StringIO(compared))) == 11
    same = CliRunner().invoke(app, ["runs", "compare", first.id, second.id, "--request", *at]).stdout
    assert "Both were asked the same." in same


def test_a_run_of_very_many_events_is_read_in_an_even_share_with_its_end(tmp_path):
    run = create(tmp_path, "finetune", {"donor": "be"}, 0)
    told = {"time": 1.0, "donor": "be", "seed": 0}
    count, last = 60_000, 0
    with (run.path / "events.jsonl").open("w") as handle:
        handle.write(
            json.dumps({**told, "event": "stage", "stage": "train", "label": "x", "total": count, "unit": "steps"})
        )
        for step in range(1, count + 1):
            fields = {"step": step, "steps": count, "loss": 1 / step, "learning_rate": 1e-4, "sentences": 8 * step}
            handle.write("\n" + json.dumps({**told, "event": "step", **fields, "seconds": 0.5 * step, "parts": 1}))
            if step % 100 == 0:
                for code in ("be", "ru", "uk"):
                    probe = {"step": step, "language": code, "layer": 2, "measure": "isoscore", "n": 8, "value": 0.5}
                    handle.write("\n" + json.dumps({**told, "event": "probe", **probe}))
                last = step
        handle.write("\n")
    following = Following(run)
    read = list(run.sampled_events())
    assert len(read) < 8000
    assert following.see(read)
    (trace,) = following.traces()
    assert trace.steps["step"].iloc[0] == 1
    assert trace.steps["step"].iloc[-1] == count
    assert trace.steps["step"].diff().max() < 50
    assert trace.probes.groupby("step")["language"].agg(list).map(lambda codes: codes == ["be", "ru", "uk"]).all()
    assert trace.probes["step"].iloc[-1] == last
    assert following.offset == run.events_size()
    assert following.label == "x"
    for step in range(count + 1, count + 20_000):
        fields = {"step": step, "loss": 1.0, "learning_rate": 1e-4, "sentences": 8 * step, "seconds": 0.5 * step}
        following.see([(step, {**told, "event": "step", **fields})])
    assert len(following.steps["be-0"]) <= 8000
    assert following.steps["be-0"][-1]["step"] == count + 20_000 - 1
