"""What is read from run folders: one that is damaged hides no other, says why, and can be taken away."""

import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from nerspace.engine import runs
from nerspace.engine.errors import ConfigurationError, DataError, NerspaceError, UsageError
from nerspace.engine.requests.evaluation import Evaluation
from nerspace.engine.requests.training import Request
from nerspace.engine.runs import Run, jobs
from nerspace.engine.runs.process import Process
from nerspace.engine.runs.tables import runs_table


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return runs.workspace_folder(tmp_path / "workspace")


@pytest.fixture
def run(workspace: Path) -> Run:
    return runs.create(workspace, "demo", {"donor": "en"}, 0)


def damaged(workspace: Path, name: str, text: str) -> Run:
    path = workspace / "runs" / name
    path.mkdir()
    (path / "run.json").write_text(text)
    return Run(path)


WHOLE = {"kind": "demo", "state": "finished", "request": {}}
MALFORMED = {
    "": "it is empty",
    "{": "it is no JSON",
    "null": "it holds no object",
    "[]": "it holds no object",
    "3": "it holds no object",
    "{}": "kind is missing",
    "[" * 100_000: "nested too deeply",
    json.dumps({**WHOLE, "state": "paused"}): 'state is "paused", not one of queued',
    json.dumps({**WHOLE, "state": None}): "state is null",
    json.dumps({**WHOLE, "kind": 3}): "kind is 3, not a text",
    json.dumps({**WHOLE, "request": None}): "request is null",
    json.dumps({**WHOLE, "request": {"languages": 3}}): "in the request, languages is 3, not a list of texts",
    json.dumps({**WHOLE, "request": {"seeds": "three"}}): 'in the request, seeds is "three", not a whole number',
    json.dumps({**WHOLE, "created": 3}): "created is 3",
    json.dumps({**WHOLE, "error": "x"}): "error",
    json.dumps({**WHOLE, "versions": []}): "versions",
    json.dumps({**WHOLE, "request": {"size": 10**30}}): "size",
    json.dumps({**WHOLE, "kind": "\ud800"}): "half of a character",
    json.dumps({**WHOLE, "notes": ["so far \udfff"]}): "half of a character",
    json.dumps({**WHOLE, "request": {"of another version": {"\ud83d": 1}}}): "half of a character",
}


@pytest.mark.parametrize("text", MALFORMED, ids=lambda text: text[:40])
def test_a_malformed_run_is_listed_with_the_reason_and_can_be_removed(workspace: Path, run: Run, text: str) -> None:
    bad = damaged(workspace, "demo-20200101-000000-bad0", text)
    frame = runs_table(workspace).set_index("run")
    assert frame.loc[run.id, "state"] == "queued"
    assert frame.loc[bad.id, "state"] == "damaged"
    assert MALFORMED[text] in frame.loc[bad.id, "problem"]
    with pytest.raises(DataError, match="runs remove"):
        bad.info()
    assert "damaged" in repr(bad) or "no run" in repr(bad)
    for act in (jobs.resume, jobs.start, lambda one: list(jobs.follow(one)), jobs.stop):
        with pytest.raises(NerspaceError):
            act(bad)
    runs.remove(runs.find_run_to_remove(workspace, bad.id))
    assert not bad.path.exists()
    assert not list(bad.path.parent.glob(".*"))


@pytest.mark.parametrize("kind", ["pipe", "folder", "link", "missing", "unreadable bytes"])
def test_what_is_no_file_is_told_and_waited_for_never(workspace: Path, run: Run, kind: str) -> None:
    run.append_event("note", text="x")
    (run.path / "job.log").write_text("")
    for name in ("run.json", "process.json", "events.jsonl"):
        path = run.path / name
        path.unlink(missing_ok=True)
        if kind == "pipe":
            os.mkfifo(path)
        elif kind == "folder":
            path.mkdir()
        elif kind == "link":
            path.symlink_to(path)
        elif kind == "unreadable bytes":
            path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match=r"run\.json"):
        run.info()
    assert list(run.events()) == []
    assert runs_table(workspace)["state"].tolist() == ["damaged"]
    runs.remove(run)
    assert runs.list_runs(workspace) == []


def test_a_run_of_a_kind_that_this_version_does_not_know_is_listed_and_not_resumed(workspace: Path, run: Run) -> None:
    run.update(kind="dream", state="stopped", more={"x": 1})
    assert runs_table(workspace)["kind"].tolist() == ["dream"]
    with pytest.raises(NerspaceError, match="kind 'dream', which this version"):
        jobs.resume(run)
    assert run.info()["state"] == "stopped"
    assert run.info()["more"] == {"x": 1}


def test_the_newest_run_is_found_among_damaged_ones(workspace: Path, run: Run) -> None:
    import pandas as pd

    run.write_table("tnld", pd.DataFrame({"a": ["en"]}))
    for number, text in enumerate(MALFORMED):
        bad = damaged(workspace, f"demo-29990101-000000-{number:04}", text)
        (bad.path / "tables").mkdir()
        (bad.path / "tables" / "tnld.csv").write_text("a\nen\n")
    assert runs.find_run(workspace) == run
    with pytest.raises(UsageError, match="holds a model"):
        runs.find_run(workspace, None, runs.has_saved_model, "a model")


def test_what_is_no_event_is_passed_over(run: Run) -> None:
    lines = [
        "null", "[]", "3", "{}", '"note"', r'{"event": "note", "time": 1, "text": "\ud800"}',
        '{"event": "note"}', '{"event": "note", "time": 1}', "{", "\xff",
        '{"event": "step", "time": 1.0, "step": "one", "sentences": 1, "seconds": 1}',
        '{"event": "stage", "time": 1, "label": "x", "total": null, "unit": "y"}',
        '{"event": "progress", "time": 1, "done": 1e400}', '{"event": null, "time": 1}', "[" * 50_000,
        '{"event": "note", "time": "now", "text": "x"}',
    ]  # fmt: skip
    (run.path / "events.jsonl").write_text("\n".join(lines) + "\n", encoding="latin-1")
    run.append_event("note", text="kept")
    with (run.path / "events.jsonl").open("a") as handle:
        handle.write('{"event": "of a later version", "time": 1, "x": [1]}\n')
    assert [event["event"] for _, event in run.events()] == ["note", "of a later version"]


def test_a_request_is_read_only_when_its_values_are_of_their_types() -> None:
    whole = Request(donor="en", languages=("en", "be")).plain()
    assert Request.read(json.loads(json.dumps(whole))) == Request(donor="en", languages=("en", "be"))
    for name, value in {
        "donor": 3, "languages": "en", "languages ": [3], "size": 1.5, "seed": True, "learning_rate": "x",
        "dropout": None, "keep_model": 1, "probe_layers": ["x"], "epochs": float("nan"),
    }.items():  # fmt: skip
        with pytest.raises(DataError, match=f"damaged: {name.strip()} is"):
            Request.read({**whole, name.strip(): value})
    model = {"donor": "en", "seed": 0, "model": "m"}
    assert Evaluation.read({"models": [model], "data": "x", "types": {"A": "B"}}).models[0].donor == "en"
    for wrong in ({"models": [{**model, "seed": "0"}], "data": "x"}, {"models": [{}], "data": "x"}, {"models": []},
                  {"models": [model], "data": "x", "types": {"A": 1}}):  # fmt: skip
        with pytest.raises(DataError, match="damaged"):
            Evaluation.read(wrong)


def test_the_newest_is_the_one_that_was_created_last_whenever_its_files_were_copied(workspace: Path) -> None:
    days = {}
    for day in (3, 1, 2):
        made = runs.create(workspace, "demo", {}, 0)
        made.update(created=f"2026-01-0{day}T00:00:00+00:00")
        made.append_event("note", text="x")
        days[day] = made
    os.utime(days[1].path / "events.jsonl")
    assert [run.path for run in runs.list_runs(workspace)] == [days[day].path for day in (3, 2, 1)]
    days[3].update(created="yesterday")
    assert [run.path for run in runs.list_runs(workspace)] == [days[day].path for day in (2, 1, 3)]


# -- states that nobody leaves by himself


def test_a_run_that_runs_without_a_process_is_dead(workspace: Path, run: Run) -> None:
    run.update(state="running")
    assert run.info()["state"] == "dead"
    assert list(jobs.follow(run)) == []
    assert jobs.stop(run) == "dead"
    for text in ("null", "{}", '{"pid": "x", "started": 1}', "{"):
        (run.path / "process.json").write_text(text)
        assert run.info()["state"] == "dead"
    runs.remove(run)
    assert not run.path.exists()


def test_a_run_that_was_never_started_is_followed_no_longer_than_a_moment_and_can_be_stopped(run: Run) -> None:
    with pytest.raises(NerspaceError, match="was never started.*runs resume"):
        list(jobs.follow(run, patience=0.05))
    assert jobs.stop(run) == "stopped"
    assert [event["state"] for event in jobs.follow(run)] == ["stopped"]
    assert run.info()["state"] == "stopped"
    assert not run.stop_requested()
    queued = runs.create(run.path.parent.parent, "demo", {}, 0)
    runs.remove(queued)
    assert not queued.path.exists()


@pytest.mark.parametrize("text", ["", "{}", '{"pid": 12}', "[]"])
def test_a_queued_run_of_whose_process_nothing_is_known_is_dead_and_followed_no_longer(run: Run, text: str) -> None:
    (run.path / "process.json").write_text(text)
    assert run.info()["state"] == "dead"
    assert list(jobs.follow(run, patience=0.1)) == []
    jobs.begin_again(run)
    assert run.read_info()["state"] == "queued"


def test_a_queued_run_whose_process_was_killed_before_it_began_is_dead_and_resumed(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    (run.path / "process.json").write_text(json.dumps({"pid": 2**22 + 1, "started": "x"}))
    assert run.info()["state"] == "dead"
    run.request_stop()
    monkeypatch.setattr(jobs, "_launch", lambda resumed, lock: None)
    jobs.resume(run)
    assert not run.stop_requested()


# -- who works on it


HOLD = """
import sys, time
from pathlib import Path
from nerspace.engine.runs.locks import Lock
lock = Lock(Path(sys.argv[1]) / "lock")
assert lock.take()
print("held", flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("where", ["container", "host", "here"])
def test_a_run_that_is_locked_goes_on_wherever_its_process_is(run: Run, where: str) -> None:
    run.update(state="running")
    seen = Process.of(os.getpid()).plain()
    unseen = {
        "container": {**seen, "pid": 7, "started": f"{seen['boot']}:1", "space": "pid:[1]"},
        "host": {**seen, "pid": 7, "started": "b:1", "boot": "b", "host": "node7", "space": "pid:[1]"},
        "here": {**seen, "pid": 2**22 + 1},
    }[where]
    (run.path / "process.json").write_text(json.dumps(unseen))
    holder = subprocess.Popen([sys.executable, "-P", "-c", HOLD, str(run.path)], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        assert run.info()["state"] == "running"
        assert run.info().get("host", "") == ("node7" if where == "host" else "")
        assert jobs.stop(run) == "running"
        assert run.stop_requested()
        for act in (runs.remove, jobs.resume):
            with pytest.raises(NerspaceError, match="still running|is on node7"):
                act(run)
    finally:
        holder.kill()
        holder.wait()
    if where != "host":
        assert run.info()["state"] == "dead"
        assert jobs.stop(run) == "dead"
        runs.remove(run)
        assert not run.path.exists()


def test_what_cannot_be_known_of_another_host_is_said(
    workspace: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file system whose locks do not reach from host to host shows a free lock."""
    run.update(state="running")
    away = {"pid": 7, "started": "b:1", "boot": "b", "host": "node7", "space": "pid:[1]"}
    (run.path / "process.json").write_text(json.dumps(away))
    assert run.info()["state"] == "running"
    assert runs_table(workspace)["problem"].tolist() == ["on node7"]
    monkeypatch.setattr(jobs, "_launch", lambda resumed, lock: None)
    for act, name in ((runs.remove, "remove"), (jobs.resume, "resume")):
        with pytest.raises(NerspaceError, match=f"is on node7, which cannot be seen.*runs {name} --lost"):
            act(run)
    assert jobs.stop(run) == "running"
    jobs.resume(run, lost=True)
    run.update(state="running")
    runs.remove(run, lost=True)
    assert not run.path.exists()


def test_a_machine_that_was_started_again_does_nothing_any_more(run: Run) -> None:
    run.update(state="running")
    here = {"pid": 1, "started": "b:1", "boot": "b", "host": socket.gethostname()}
    (run.path / "process.json").write_text(json.dumps(here))
    assert run.info()["state"] == "dead"


def test_a_run_that_is_removed_is_not_resumed_and_the_other_way_round(run: Run) -> None:
    lock = run.lock()
    assert lock.take()
    with pytest.raises(NerspaceError, match="still running"):
        runs.remove(run)
    assert run.path.is_dir()
    lock.release()
    waited = run.lock()
    assert waited.take()
    run.path.rename(run.path.with_name("gone"))
    assert not waited.is_in_place()
    with pytest.raises(ConfigurationError, match="gone"):
        jobs.start(run)
    waited.release()
    shutil.rmtree(run.path.with_name("gone"))
    assert not run.path.exists()


def test_many_look_at_a_lock_without_holding_it(run: Run) -> None:
    lock: Any = run.lock()
    assert not lock.is_held()
    assert lock.take()
    assert all(run.is_written() for _ in range(3))
    lock.release()
    assert not run.is_written()
