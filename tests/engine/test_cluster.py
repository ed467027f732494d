"""Jobs on a Ray cluster of several processes on this machine: the tables of a local run, whatever is lost meanwhile."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ray_nodes import Nodes, nodes
from training_samples import assert_same_results

from nerspace.engine import runs
from nerspace.engine.projection.job import make_project_request
from nerspace.engine.requests.evaluation import make_evaluation, readers_of
from nerspace.engine.requests.extraction import make_extract_request
from nerspace.engine.requests.paper import make_paper_request
from nerspace.engine.runs import Run, jobs
from nerspace.engine.runs.records import ModelId, model_of

pytest.importorskip("ray")
pytest.importorskip("grpc")
pytestmark = pytest.mark.cluster

MODELS = {"be-0", "be-1", "pl-0", "pl-1"}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, tiny_xlmr: Path) -> Path:
    """A home folder that the nodes do not share, with an encoder in it."""
    folder = tmp_path_factory.mktemp("home")
    shutil.copytree(tiny_xlmr, folder / "tiny")
    return folder


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    with nodes("alpha", "beta", HOME=str(tmp_path_factory.mktemp("elsewhere"))) as made:
        yield made


@pytest.fixture
def workspace(tmp_path: Path, home: Path, cluster: Nodes, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("RAY_AUTH_TOKEN", cluster.token)
    return runs.workspace_folder(tmp_path / "workspace")


def nerspace(workspace: Path, *arguments: str) -> str:
    """What the command prints."""
    command = [str(Path(sys.executable).with_name("nerspace")), *arguments]
    home = {**os.environ, "NERSPACE_HOME": str(workspace)}
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, env=home, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


def transfer(workspace: Path, model: Path, *more: str) -> Run:
    """A run that was begun at the command line: two donors with two seeds, each for some seconds."""
    nerspace(
        workspace, "transfer", "--donors", "be,pl", "--recipients", "en", "--seeds", "2", "--size", "40", "--test-size",
        "6", "--epochs", "24", "--learning-rate", "1e-3", "--dropout", "0.1", "--probe-every", "100", "--threads", "1",
        "--device", "cpu", "--model", str(model), "--keep-model", "--detach", *more,
    )  # fmt: skip
    return runs.list_runs(workspace)[0]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, home: Path) -> Run:
    """The run that is done here."""
    run = transfer(runs.workspace_folder(tmp_path_factory.mktemp("workspace")), home / "tiny")
    end(run)
    return run


def asked_as(whole: Run, workspace: Path, **changes: Any) -> Run:
    """The same, with an encoder that the nodes lack."""
    return runs.create(workspace, "transfer", {**whole.info()["request"], "model": "~/tiny", **changes}, 0)


def end(run: Run) -> list[dict[str, Any]]:
    try:
        events = list(jobs.follow(run))
    finally:
        # Shown where the test fails, also where it waited for ever.
        print(*notes(run), (run.path / "job.log").read_text(), sep="\n")
    assert events[-1]["state"] == "finished"
    return events


def notes(run: Run) -> list[str]:
    return [event["text"] for _, event in run.events() if event["event"] == "note"]


def trained(run: Run) -> set[ModelId | None]:
    """The models that told of their training."""
    events = (event for _, event in run.events() if event["event"] in ("stage", "step", "probe"))
    return {model_of(event) for event in events if event.get("stage", "train") == "train"}


def given(run: Run) -> list[str]:
    """The tasks that were handed out, in order."""
    return [note.partition(" goes to ")[0] for note in notes(run) if " goes to " in note]


def wait_for_step(run: Run, step: int) -> str:
    """Wait until the first training has told that step; the node that it is on."""
    for event in jobs.follow(run, poll=0.02):
        if event["event"] == "step" and event["step"] >= step:
            return str(event["node"])
    raise AssertionError((run.path / "job.log").read_text())


def test_transfer_on_three_nodes_one_of_which_is_killed_ends_with_the_tables_of_a_local_run(
    whole: Run, workspace: Path, cluster: Nodes, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_ADDRESS", cluster.address)
    run = transfer(workspace, home / "tiny", "--on", "ray")
    node = wait_for_step(run, 20)
    cluster.kill(node)
    end(run)
    assert_same_results(whole, run)
    lost = [note[:4] for note in notes(run) if note.endswith(f" was lost on {node} and is done again.")]
    assert len(lost) == 1
    assert {str(model) for model in trained(run)} == set(MODELS)
    assert sorted(given(run)) == sorted([*MODELS, *lost])
    assert sorted(note.partition(" is done on ")[0] for note in notes(run) if " is done on " in note) == sorted(MODELS)
    assert run.info()["device"] == f"Ray at {cluster.address} (3 nodes, 2 CPUs)"
    told = [
        nerspace(one.path.parent.parent, "transfer", "--run", one.id, "--table", "transfer", "--csv", "-")
        for one in (whole, run)
    ]
    assert told[0] == told[1] != ""
    cluster.add(node, HOME=str(cluster.folder))


def test_a_killed_worker_costs_its_own_task_alone_also_over_rays_client(
    whole: Run, workspace: Path, cluster: Nodes
) -> None:
    run = asked_as(whole, workspace, on=f"ray://127.0.0.1:{cluster.client_port}")
    jobs.start(run)
    node = wait_for_step(run, 20)
    for pid in cluster.workers(node):
        os.kill(pid, signal.SIGKILL)
    end(run)
    assert_same_results(whole, run)
    assert len(given(run)) == 5
    assert set(given(run)) == MODELS
    assert any("lacks the encoder ~/tiny" in note for note in notes(run))


def test_a_driver_that_died_comes_back_and_repeats_only_what_was_not_finished(
    whole: Run, workspace: Path, cluster: Nodes
) -> None:
    run = asked_as(whole, workspace, on=cluster.address)
    jobs.start(run)
    for _ in jobs.follow(run, poll=0.02):
        if any(run.path.glob("checkpoints/*/finished.json")):
            break
    os.kill(json.loads((run.path / "process.json").read_text())["pid"], signal.SIGKILL)
    while run.info()["state"] != "dead":
        time.sleep(0.02)
    finished = {path.parent.name for path in run.path.glob("checkpoints/*/finished.json")}
    assert finished
    jobs.resume(run)
    end(run)
    assert_same_results(whole, run)
    assert set(given(run)) == MODELS - finished


def test_a_task_that_is_lost_again_and_again_ends_the_run(whole: Run, workspace: Path, cluster: Nodes) -> None:
    run = asked_as(whole, workspace, on=cluster.address)
    less_patient = (
        "import sys; from pathlib import Path; from nerspace.engine import runs; "
        "from nerspace.engine.runs import jobs; "
        "from nerspace.engine.executors.ray import executor; executor.MOST_LOSSES = 2; "
        "jobs.execute(runs.Run(Path(sys.argv[1])))"
    )
    job = subprocess.Popen([sys.executable, "-P", "-c", less_patient, str(run.path)])
    killed = 0
    while job.poll() is None:
        begun = [note.rpartition(" goes to ")[2].rstrip(".") for note in notes(run) if " goes to " in note]
        for node in begun[killed:]:
            for pid in cluster.workers(node):
                os.kill(pid, signal.SIGKILL)
        killed = len(begun)
        time.sleep(0.05)
    assert run.info()["state"] == "failed"
    assert re.match(r"(be|pl)-\d was lost 2 times, the last time on (alpha|beta)", run.info()["error"]["message"])
    assert run.info()["error"]["hint"].startswith("It may need more memory than a node has")


def test_a_run_whose_head_is_lost_says_so_and_goes_on_with_the_next_one(
    whole: Run, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with nodes("gamma") as made:
        monkeypatch.setenv("RAY_AUTH_TOKEN", made.token)
        run = asked_as(whole, workspace, on=made.address)
        jobs.start(run)
        for _ in jobs.follow(run, poll=0.02):
            if any(run.path.glob("checkpoints/*/finished.json")):
                break
        made.kill("head")
        assert list(jobs.follow(run))[-1]["state"] == "failed"
        error = run.info()["error"]
        assert error["message"] == f"The Ray cluster at {made.address} is gone (connection refused)."
        assert error["hint"] == "Resume the run once it is back."
        finished = {path.parent.name for path in run.path.glob("checkpoints/*/finished.json")}
        made.kill("gamma")
        made.begin()
        made.add("gamma")
        jobs.resume(run)
        end(run)
    assert_same_results(whole, run)
    assert set(given(run)) == MODELS - finished


def test_a_run_on_a_cluster_stops_when_it_is_asked_to(whole: Run, workspace: Path, cluster: Nodes) -> None:
    run = asked_as(whole, workspace, on=cluster.address, epochs=2000)
    jobs.start(run)
    wait_for_step(run, 5)
    jobs.stop(run)
    assert list(jobs.follow(run))[-1]["state"] == "stopped"


def test_shards_of_an_extraction_make_the_files_of_a_local_one(workspace: Path, cluster: Nodes, home: Path) -> None:
    fields = make_extract_request(
        None, model=str(home / "tiny"), of="words", size=3000, languages=("en", "be"), threads=1
    )
    here, away = (runs.create(workspace, "extract", {**fields, "on": on}, 0) for on in ("", cluster.address))
    for run in (here, away):
        jobs.start(run)
    for run in (here, away):
        end(run)
    numbered = [f"Numbering from sentence {first} on" for first in ("0", "2,048", "4,096")]
    assert given(away) == [*numbered, *(f"Part {number} of 3 (before)" for number in (1, 2, 3))]
    files = sorted(path.relative_to(here.path) for path in here.path.glob("[tv]*/*"))
    assert files == sorted(path.relative_to(away.path) for path in away.path.glob("[tv]*/*"))
    assert {path.suffix for path in files} == {".csv", ".npy"}
    for file in files:
        assert (here.path / file).read_bytes() == (away.path / file).read_bytes(), file


def test_models_read_sentences_on_a_cluster_as_they_do_here(whole: Run, workspace: Path, cluster: Nodes) -> None:
    models = readers_of(whole, donors=["be"])
    here, away = (
        runs.create(workspace, "evaluate", make_evaluation(models, "builtin", run=whole, size=800, on=on, threads=1), 0)
        for on in ("", cluster.address)
    )
    for run in (here, away):
        jobs.start(run)
    for run in (here, away):
        end(run)
    assert given(away) == [f"Part {part} of 2 (be, seed {seed})" for seed in (0, 1) for part in (1, 2)]
    assert here.tables() == away.tables()
    for table in here.tables():
        assert here.table_path(table).read_bytes() == away.table_path(table).read_bytes(), table
    # More than one block of each model.
    assert len(here.read_table("predictions")) > 2 * 2048


def test_maps_drawn_on_a_cluster_are_those_drawn_here(
    workspace: Path, cluster: Nodes, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vectors = runs.create(workspace, "extract", make_extract_request(None, model=str(home / "tiny"), size=40), 0)
    jobs.start(vectors)
    end(vectors)
    how = {
        "of": "entities", "stages": (), "layers": (), "languages": ("be", "en"), "types": (), "method": "tsne",
        "metric": "euclidean", "perplexity": 5.0, "seed": 0, "warm_start": False, "threads": 1,
    }  # fmt: skip
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    maps = []
    for on in ("", cluster.address):
        monkeypatch.setenv("XDG_CACHE_HOME", str(home / f"cache{len(maps)}"))
        run = runs.create(workspace, "project", make_project_request(vectors, **how, on=on), 0)
        jobs.start(run)
        end(run)
        maps.append([run.table_path(name).read_bytes() for name in ("map", "map_quality", "points")])
    assert maps[0] == maps[1]
    assert sorted(given(run)) == ["Map before, layer 0", "Map before, layer 2"]
    assert not (run.path / "maps").exists()


def test_the_paper_is_made_of_models_trained_on_a_cluster(workspace: Path, cluster: Nodes, home: Path) -> None:
    fields = {
        "seed": 0, "model": str(home / "tiny"), "data": "builtin", "device": "cpu", "learning_rate": 1e-3,
        "threads": 1, "fresh": True,
    }  # fmt: skip
    tables = []
    for on in ("", cluster.address):
        request = make_paper_request(("table2", "figure3"), scale="0.003", seeds=1, **fields, on=on)
        run = runs.create(workspace, "paper", request, 0)
        jobs.start(run)
        end(run)
        tables.append({name: run.table_path(name).read_bytes() for name in run.tables()})
    assert tables[0] == tables[1]
    assert len(given(run)) == len(trained(run)) == 6
