"""Run folders and jobs: whole files, honest states, processes that are followed, stopped and outlived."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nerspace.engine import runs
from nerspace.engine.errors import ConfigurationError, UsageError
from nerspace.engine.files import whole_file, write_text
from nerspace.engine.requests.training import make_request
from nerspace.engine.runs import Run, jobs
from nerspace.engine.runs.records import RemainingTime
from nerspace.engine.statistics.factors import LEAST_ROWS
from nerspace.engine.tables.index import CATALOGUE

DEMO_TABLES = {
    "correlations", "counts", "delta_correlations", "deltas", "isotropy", "map", "map_quality", "parallel_cosine",
    "pieces", "points", "predictions", "probes", "sentences", "steps", "tnld", "tokenization", "transfer", "words",
    "factors", "factor_terms", "factor_shares", "counterfactuals", "counterfactual_contrasts",
}  # fmt: skip


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return runs.workspace_folder(tmp_path / "workspace")


@pytest.fixture
def run(workspace: Path) -> Run:
    return runs.create(workspace, "demo", {"donor": "en"}, 0)


def small_request(model: str, **changes: object) -> dict[str, object]:
    fields: dict[str, object] = {
        "donor": "en", "languages": ("en", "be", "tr"), "seed": 0, "size": 24, "test_size": 9, "model": model,
        "device": "cpu", "data": "builtin", "learning_rate": 1e-3, "batch_size": 8, "epochs": 2, "probe_every": 2,
        "probe_size": 4, "perplexity": 70.0, "keep_model": True,
    }  # fmt: skip
    return make_request("demo", **{**fields, **changes})


def process_of(run: Run) -> int:
    pid: int = json.loads((run.path / "process.json").read_text())["pid"]
    return pid


def test_a_table_comes_back_as_it_was_written_and_words_stay_words(run: Run) -> None:
    frame = pd.DataFrame({"language": ["en", "be"], "form": ["NA", 'null,\n"x"'], "value": [0.1 + 0.2, np.nan]})
    run.write_table("isotropy", frame)
    back = run.read_table("isotropy")
    assert list(back["form"]) == ["NA", 'null,\n"x"']
    assert back["value"][0] == pytest.approx(0.3)
    assert np.isnan(back["value"][1])
    assert [path.name for path in (run.path / "tables").iterdir()] == ["isotropy.csv"]


def test_rows_are_appended_and_a_half_written_last_line_is_left_out(run: Run) -> None:
    for step in (1, 2):
        run.append_rows("steps", pd.DataFrame({"step": [step], "loss": [0.5]}))
    with run.table_path("steps").open("a") as handle:
        handle.write("3,0.")
    assert list(run.read_table("steps")["step"]) == [1, 2]


def test_events_are_read_from_where_one_stopped_and_never_half(run: Run) -> None:
    run.append_event("note", text="one")
    (offset, first), *rest = run.events()
    assert (first["text"], rest) == ("one", [])
    with (run.path / "events.jsonl").open("a") as handle:
        handle.write('{"event": "note", "te')
    assert list(run.events(offset)) == []
    with (run.path / "events.jsonl").open("a") as handle:
        handle.write('xt": "two"}\n')
    assert [event["text"] for _, event in run.events(offset)] == ["two"]


def test_events_hold_no_nan(run: Run) -> None:
    run.append_event("probe", value=float("nan"), n=np.int64(3))
    assert json.loads((run.path / "events.jsonl").read_text())["value"] is None


def test_a_failed_write_leaves_the_old_file_whole(run: Run) -> None:
    target = run.path / "kept.txt"
    write_text(target, "old")

    def fail() -> None:
        with whole_file(target) as handle:
            handle.write(b"new")
            raise OSError(28, "No space left on device")

    with pytest.raises(ConfigurationError, match="No space left"):
        fail()
    assert target.read_bytes() == b"old"
    assert [path.name for path in run.path.glob(".*")] == []


def test_a_run_whose_process_is_gone_is_dead_even_if_its_pid_lives_again(run: Run) -> None:
    run.update(state="running")
    run.claim(os.getpid())
    assert run.info()["state"] == "running"
    (run.path / "process.json").write_text(json.dumps({"pid": os.getpid(), "started": "another boot:1"}))
    assert run.info()["state"] == "dead"
    (run.path / "process.json").write_text(json.dumps({"pid": 2**22 + 1, "started": "x"}))
    assert run.info()["state"] == "dead"
    run.update(state="finished")
    assert run.info()["state"] == "finished"


def test_runs_are_found_by_beginning_and_by_folder(workspace: Path, run: Run) -> None:
    assert runs.find_run(workspace, run.id[:-1]).id == run.id
    assert runs.find_run(workspace, str(run.path)).id == run.id
    with pytest.raises(UsageError, match="is no run"):
        runs.find_run(workspace, "nothing")
    with pytest.raises(UsageError, match="nerspace demo"):
        runs.find_run(workspace)
    runs.create(workspace, "demo", {}, 0)
    with pytest.raises(UsageError, match="matches several"):
        runs.find_run(workspace, "demo")


def test_a_table_name_cannot_leave_the_run(run: Run) -> None:
    with pytest.raises(UsageError, match="no table name"):
        run.read_table("../run")


def test_a_workspace_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="cannot be written.*--workspace"):
        runs.workspace_folder(tmp_path / "file")


def test_the_remaining_time_follows_the_pace_of_the_stage() -> None:
    left = RemainingTime()
    left.see({"event": "stage", "total": 100, "time": 1000.0})
    assert left.seconds(1005.0) is None
    # One step, the slowest, tells nothing.
    left.see({"event": "progress", "done": 1})
    assert left.seconds(1006.0) is None
    left.see({"event": "progress", "done": 25})
    assert left.seconds(1010.0) == pytest.approx(30)


@pytest.fixture(scope="module", params=["tiny_xlmr", "tiny_bert"])
def finished(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    workspace = runs.workspace_folder(tmp_path_factory.mktemp("workspace"))
    run = runs.create(workspace, "demo", small_request(str(request.getfixturevalue(request.param))), 0)
    jobs.start(run)
    events = list(jobs.follow(run))
    assert events[-1].get("state") == "finished", (events[-1], (run.path / "job.log").read_text())
    return run


@pytest.mark.slow
def test_a_finished_run_holds_every_table_with_the_columns_of_the_catalogue(finished: Run) -> None:
    assert set(finished.tables()) == DEMO_TABLES
    for name in finished.tables():
        frame = finished.read_table(name)
        assert list(frame.columns) == list(CATALOGUE[name].columns), name
        # The 18 named test sentences are too few for terms and shares of factors.
        too_few = name in ("factor_terms", "factor_shares") and len(finished.read_table("factors")) < LEAST_ROWS
        assert len(frame) or name == "delta_correlations" or too_few, name


@pytest.mark.slow
def test_the_tables_of_a_run_agree_with_each_other(finished: Run) -> None:
    sentences, predictions = finished.read_table("sentences"), finished.read_table("predictions")
    test = sentences[sentences["split"] == "test"]
    assert list(predictions["sentence"]) == list(test["sentence"])
    assert list(predictions["gold"]) == list(test["tags"])
    assert len(test) == 3 * 9
    cells = test["sentence"].str.partition("/")[2]
    assert cells.value_counts().eq(3).all()
    train = sentences[sentences["split"] == "train"]
    assert len(train) == 24
    assert set(train["language"]) == {"en"}
    assert not set(train["entity"]) & set(test["entity"])
    assert not set(train["context"]) & set(test["context"])
    transfer = finished.read_table("transfer").set_index("recipient")
    for language, group in predictions.groupby("language"):
        differing = (group["gold"] != group["predicted"]).sum()
        assert transfer.loc[language, "wrong"] == differing == group["wrong"].sum()
    points, places = finished.read_table("points"), finished.read_table("map")
    assert list(points["sentence"]) == list(test["sentence"])
    assert places.groupby(["stage", "layer"])["point"].apply(list).map(lambda rows: rows == list(points["point"])).all()
    assert set(zip(places["stage"], places["layer"], strict=True)) == {
        ("before", 0), ("before", 2), ("after", 0), ("after", 2),
    }  # fmt: skip


@pytest.mark.slow
def test_vectors_and_isotropy_come_from_the_same_words(finished: Run) -> None:
    from nerspace.engine.geometry.isotropy import average_cosine

    words = finished.read_vectors("after-2-words")
    entities = finished.read_vectors("after-2-entities")
    assert len(entities) == len(finished.read_table("points"))
    assert len(words) == len(finished.read_table("words"))
    isotropy = finished.read_table("isotropy").set_index(["stage", "layer", "language", "measure"])
    row = isotropy.loc[("after", 2, "all", "mean_cosine")]
    assert row["n"] == len(words)
    assert row["value"] == pytest.approx(average_cosine(words), abs=1e-6)
    assert not np.allclose(entities, finished.read_vectors("before-2-entities"))


@pytest.mark.slow
def test_a_finished_run_tells_request_versions_seed_device_and_data(finished: Run) -> None:
    info = finished.info()
    assert info["state"] == "finished"
    assert info["request"]["languages"] == ["en", "be", "tr"]
    assert info["versions"]["torch"]
    assert "cpu" in info["device"]
    assert len(info["data_sha256"]) == 64
    assert (finished.path / "model" / "model.safetensors").is_file()


@pytest.mark.slow
def test_the_same_request_gives_the_same_tables_byte_for_byte(finished: Run, workspace: Path) -> None:
    again = runs.create(workspace, "demo", finished.info()["request"], 0)
    assert jobs.execute(again) == "finished"
    for name in set(finished.tables()) - {"steps"}:  # steps hold the time they took
        assert again.table_path(name).read_bytes() == finished.table_path(name).read_bytes(), name


@pytest.mark.slow
def test_a_run_in_progress_is_stopped_at_a_step_and_keeps_what_is_finished(workspace: Path, tiny_xlmr: Path) -> None:
    run = runs.create(workspace, "demo", small_request(str(tiny_xlmr), size=400, epochs=400), 0)
    jobs.start(run)
    seen = []
    for event in jobs.follow(run):
        seen.append(event)
        if event["event"] == "step" and event["step"] == 3:
            jobs.stop(run)
    assert seen[-1]["state"] == "stopped"
    assert run.info()["state"] == "stopped"
    steps = run.read_table("steps")
    assert 3 <= len(steps) < 400 * 50
    assert {"sentences", "counts", "tnld", "pieces", "probes"} <= set(run.tables())


@pytest.mark.slow
def test_a_job_outlives_the_process_that_started_it_and_the_end_of_its_terminal(
    workspace: Path, tiny_xlmr: Path
) -> None:
    run = runs.create(workspace, "demo", small_request(str(tiny_xlmr)), 0)
    code = "import sys; from pathlib import Path; from nerspace.engine import runs; "
    code += "from nerspace.engine.runs import jobs; "
    code += "jobs.start(runs.Run(Path(sys.argv[1])))"
    starter = subprocess.Popen([sys.executable, "-P", "-c", code, str(run.path)], start_new_session=True)
    assert starter.wait(60) == 0
    pid = process_of(run)
    assert os.getsid(pid) == pid
    events = jobs.follow(run)
    next(events)
    os.kill(pid, signal.SIGHUP)
    assert list(events)[-1].get("state") == "finished"


@pytest.mark.kills
def test_a_killed_job_is_seen_as_dead(workspace: Path, tiny_xlmr: Path) -> None:
    run = runs.create(workspace, "demo", small_request(str(tiny_xlmr), size=400, epochs=400), 0)
    jobs.start(run)
    for event in jobs.follow(run):
        if event["event"] == "step":
            os.kill(process_of(run), signal.SIGKILL)
            break
    deadline = time.monotonic() + 10
    while run.info()["state"] == "running" and time.monotonic() < deadline:
        time.sleep(0.05)
    assert run.info()["state"] == "dead"


def test_a_job_that_fails_says_why_in_one_line(workspace: Path, tmp_path: Path) -> None:
    run = runs.create(workspace, "demo", small_request(str(tmp_path / "no-model")), 0)
    assert jobs.execute(run) == "failed"
    assert "no-model" in run.info()["error"]["message"]
    assert "\n" not in run.info()["error"]["message"]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"size": 3}, "Size is 3.*at least 8"),
        ({"device": "gpu"}, "'gpu'.*auto, cpu, cuda"),
        ({"learning_rate": 0.0}, "learning rate"),
        ({"probe_every": -1}, "Probe every is -1"),
        ({"dropout": 1.0}, "Dropout is 1.0"),
        ({"probe_languages": ("uk",)}, "uk is not among the languages"),
    ],
)
def test_a_request_that_cannot_be_is_refused(changes: dict[str, object], problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        small_request("builtin", **changes)


def test_the_donor_joins_the_languages() -> None:
    assert small_request("builtin", donor="pl")["languages"] == ("pl", "en", "be", "tr")


def test_only_runs_of_the_workspace_are_removed(
    workspace: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "thesis"
    backup = elsewhere / run.id
    backup.mkdir(parents=True)
    for folder in (elsewhere, backup):
        (folder / "run.json").write_text((run.path / "run.json").read_text())
    monkeypatch.chdir(elsewhere)
    for name in (".", "..", "", str(run.path), str(backup), f"./{run.id}", run.id[:3], "nothing-of-that-name"):
        with pytest.raises(UsageError):
            runs.find_run_to_remove(workspace, name)
    assert runs.find_run_to_remove(workspace, run.id).path == run.path
    assert runs.find_run_to_remove(workspace, run.id[:4]).path == run.path
    other = runs.create(workspace, "demo", {}, 0)
    with pytest.raises(UsageError, match="matches 2 runs"):
        runs.find_run_to_remove(workspace, "demo")
    runs.remove(runs.find_run_to_remove(workspace, other.id))
    assert not other.path.exists()
    assert backup.is_dir()


def test_of_a_linked_run_only_the_link_is_removed(workspace: Path, run: Run, tmp_path: Path) -> None:
    kept = tmp_path / "archive" / run.id
    kept.parent.mkdir()
    run.path.rename(kept)
    run.path.symlink_to(kept, target_is_directory=True)
    runs.remove(runs.find_run_to_remove(workspace, run.id))
    assert not run.path.is_symlink()
    assert (kept / "run.json").is_file()


def test_an_empty_name_is_no_run(workspace: Path, run: Run) -> None:
    with pytest.raises(UsageError, match="empty"):
        runs.find_run(workspace, "")


def test_a_text_with_a_carriage_return_is_read_back_as_it_was(tmp_path: Path) -> None:
    run = runs.create(tmp_path, "demo", {}, 0)
    frame = pd.DataFrame({"donor": ["a\rb", "c\r\nd", "e\nf", 'g"h,'], "f1": [0.5, None, 1.25, 0.1]})
    run.write_table("transfer", frame)
    back = run.read_table("transfer")
    assert back["donor"].tolist() == frame["donor"].tolist()
    assert back["f1"].fillna(-1).tolist() == [0.5, -1, 1.25, 0.1]
