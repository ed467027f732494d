"""Several models at once in processes of this machine: the same bytes as one after the other, whatever happens."""

import os
import signal
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from training_samples import assert_same_results, demo_request

from nerspace.engine import devices, runs
from nerspace.engine.errors import NerspaceError, Stopped
from nerspace.engine.executors import executor_for
from nerspace.engine.executors.local import LocalExecutor
from nerspace.engine.executors.pool import MOST_LOSSES, PoolExecutor
from nerspace.engine.executors.tasks import Task
from nerspace.engine.paper.calibration import side_by_side
from nerspace.engine.runs import Run, jobs
from nerspace.engine.runs.records import RemainingTime, StepRecord
from nerspace.engine.training.job import finetune_one, part_of


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return runs.workspace_folder(tmp_path / "workspace")


@pytest.fixture
def _two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "cores", lambda: 2)


def asked(workspace: Path, model: Path, **changes: object) -> Run:
    fields = {"donor": "be", "donors": ("be", "pl", "en"), "size": 16, "epochs": 2, "probe_every": 2, **changes}
    return runs.create(workspace, "finetune", demo_request(model, **fields), 0)


@pytest.fixture(scope="module")
def one_by_one(tmp_path_factory: pytest.TempPathFactory, tiny_xlmr: Path) -> Run:
    run = asked(runs.workspace_folder(tmp_path_factory.mktemp("workspace")), tiny_xlmr)
    assert jobs.execute(run) == "finished", run.info()
    return run


STRANGE = """
import os
import time

def fails(run, request):
    raise ValueError("as it must")
    yield

def refused(run, request):
    raise OSError(28, "No space left", "here")
    yield

def dies(run, request):
    os._exit(3)
    yield

def counts(run, request):
    from nerspace.engine.runs.records import StepRecord

    file = run.path / f"count-{request}"
    done = int(file.read_text()) if file.exists() else 0
    try:
        for step in range(1, 6):
            if step > done:
                time.sleep(0.05)
            yield StepRecord(step, 5, 0.5, 0.1, step, 0.1)
    finally:
        file.write_text(str(step))
"""


def notes(run: Run) -> str:
    return "\n".join(event["text"] for _, event in run.events() if event["event"] == "note")


def at_the_first_step(monkeypatch: pytest.MonkeyPatch, act: Any) -> None:
    """Call `act` with the process that tells the first step of all."""
    take, seen = PoolExecutor._take, []

    def watched(self: PoolExecutor, worker: Any, told: Any) -> Any:
        if told is not None and isinstance(told.record, StepRecord) and not seen:
            seen.append(worker)
            act(worker)
        yield from take(self, worker, told)

    monkeypatch.setattr(PoolExecutor, "_take", watched)


@pytest.mark.usefixtures("_two_cores")
@pytest.mark.slow
def test_models_made_at_once_are_those_made_one_by_one_though_a_process_is_killed(
    one_by_one: Run, workspace: Path, tiny_xlmr: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_the_first_step(monkeypatch, lambda worker: os.kill(worker.process.pid, signal.SIGKILL))
    run = asked(workspace, tiny_xlmr)
    assert jobs.execute(run) == "finished", run.info()
    assert_same_results(one_by_one, run)
    assert "2 models go on at once, each on 1 CPU thread" in notes(run)
    assert "ended by itself (signal 9): it goes on" in notes(run)
    assert run.info()["device"] == "cpu (2 models at once, 1 CPU thread each)"


@pytest.mark.slow
@pytest.mark.usefixtures("_two_cores")
def test_a_run_that_is_stopped_goes_on_from_the_checkpoints_of_all_its_processes(
    one_by_one: Run, workspace: Path, tiny_xlmr: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = asked(workspace, tiny_xlmr)
    with monkeypatch.context() as patch:
        workers: list[Any] = []
        at_the_first_step(patch, lambda worker: (workers.append(worker), run.request_stop()))
        assert jobs.execute(run) == "stopped"
    assert workers[0].process.poll() is not None
    assert list(run.path.glob("checkpoints/*/*"))
    jobs.begin_again(run)
    assert jobs.execute(run) == "finished", run.info()
    assert_same_results(one_by_one, run)
    # Two of three models go on at once, so that they are one of two parts.
    stages = [event for _, event in run.events() if event["event"] == "stage" and event["models"] == 3]
    assert {(event["number"], event["part"], event["parts"]) for event in stages} == {(1, 1, 2), (2, 1, 2), (3, 2, 2)}


@pytest.fixture
def strange(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Works that need no torch."""
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules" / "strange_work.py").write_text(STRANGE)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "modules"))
    monkeypatch.syspath_prepend(tmp_path / "modules")
    monkeypatch.delitem(sys.modules, "strange_work", raising=False)
    return import_module("strange_work")


def done_by(run: Run, work: Any, tasks: int = 2) -> list[list[StepRecord]]:
    """The steps of so many tasks side by side."""
    with executor_for(run, "", 0, "cpu", several=True) as executor:
        list(executor.start(work, [], tasks))
        assert executor.slots == 2
        given = [Task(f"Task {number}", work, number, tuple, (), lambda: False) for number in range(tasks)]
        return [[r for r in records if isinstance(r, StepRecord)] for _, records in executor.run(given)]


@pytest.mark.usefixtures("_two_cores")
def test_a_task_that_fails_or_whose_process_is_always_lost_says_why(workspace: Path, strange: Any) -> None:
    run = runs.create(workspace, "finetune", {}, 0)
    with pytest.raises(NerspaceError, match="ValueError: as it must"):
        done_by(run, strange.fails)
    with pytest.raises(OSError, match="No space left"):
        done_by(run, strange.refused)
    with pytest.raises(NerspaceError, match=rf"ended {MOST_LOSSES} times by itself \(code 3\)"):
        done_by(run, strange.dies)


@pytest.mark.usefixtures("_two_cores")
def test_records_come_in_order_and_once_and_a_stop_reaches_every_process(
    workspace: Path, strange: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = runs.create(workspace, "finetune", {}, 0)
    with monkeypatch.context() as patch:
        at_the_first_step(patch, lambda worker: os.kill(worker.process.pid, signal.SIGKILL))
        steps = done_by(run, strange.counts, 3)
    assert [[record.step for record in each] for each in steps] == [[1, 2, 3, 4, 5]] * 3
    assert {path.read_text() for path in run.path.glob("count-*")} == {"5"}
    other = runs.create(workspace, "finetune", {}, 0)
    with monkeypatch.context() as patch:
        at_the_first_step(patch, lambda worker: other.request_stop())
        with pytest.raises(Stopped):
            done_by(other, strange.counts, 2)
    saved = [int(path.read_text()) for path in other.path.glob("count-*")]
    assert len(saved) == 2
    assert min(saved) < 5


def test_one_process_does_the_work_where_there_is_one_core_one_model_or_little_memory(
    workspace: Path, tiny_xlmr: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = runs.create(workspace, "finetune", {}, 0)

    def slots(cores: int, models: int, threads: int = 0, memory: int = 1 << 40) -> tuple[int, int]:
        monkeypatch.setattr(devices, "cores", lambda: cores)
        monkeypatch.setattr(devices, "free_memory", lambda: memory)
        with executor_for(run, "", threads, "cpu", models > 1) as executor:
            list(executor.start(finetune_one, [str(tiny_xlmr)], models))
            return executor.slots, executor.threads

    assert slots(1, 9) == (1, 0)
    assert slots(8, 1) == (1, 0)
    assert slots(8, 9) == (8, 1)
    assert slots(8, 3) == (3, 2)
    assert slots(8, 9, threads=4) == (2, 4)
    assert slots(8, 9, threads=5) == (1, 0)
    assert slots(8, 9, memory=2_500_000_000) == (2, 4)
    assert slots(8, 9, memory=500_000_000) == (1, 0)
    assert devices.free_memory() > 0


def test_time_left_counts_models_that_go_on_at_once_as_one() -> None:
    assert [part_of(number, 5, 2) for number in range(1, 6)] == [(1, 3), (1, 3), (2, 3), (2, 3), (3, 3)]
    assert [part_of(number, 3, 1) for number in range(1, 4)] == [(1, 3), (2, 3), (3, 3)]
    assert side_by_side([10, 10, 10, 10, 10], 2) == 30
    assert side_by_side([10, 2, 3], 2) == 10
    assert side_by_side([1, 2, 3], 1) == 6
    left = RemainingTime()
    for moment, event in (
        (0.0, {"event": "stage", "total": 10, "part": 1, "parts": 3}),
        (50.0, {"event": "step", "step": 5, "seconds": 50.0}),
    ):
        left.see({"time": moment, **event})
    assert left.seconds(now=50.0) == pytest.approx(250.0)


def test_the_executor_of_one_process_is_the_plain_one(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "cores", lambda: 8)
    run = runs.create(workspace, "finetune", {}, 0)
    assert type(executor_for(run, "", 0, "cpu")) is LocalExecutor
    assert type(executor_for(run, "", 0, "")) is LocalExecutor
    assert type(executor_for(run, "", 0, "cpu", several=True)) is PoolExecutor
