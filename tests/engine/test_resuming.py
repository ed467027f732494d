"""Checkpoints: a training that was cut off anywhere ends like one that was not."""

import dataclasses
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from training_samples import RECIPE, assert_same_results, at_step, demo_request, same, timeless, train

from nerspace.engine import runs
from nerspace.engine.errors import ConfigurationError, NerspaceError
from nerspace.engine.runs import jobs
from nerspace.engine.runs.records import ProbeRecord, StepRecord
from nerspace.engine.training import checkpoints as checkpoints_module
from nerspace.engine.training.checkpoints import Checkpoints


@pytest.fixture(params=["tiny_xlmr", "tiny_bert"])
def encoder(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(request.param))


@pytest.mark.parametrize("step", [1, 3, 8, 11, 16])
def test_a_training_that_was_stopped_anywhere_ends_in_the_same_weights_and_records(
    encoder: str, tmp_path: Path, step: int
) -> None:
    whole, told, _ = train(encoder)
    train(encoder, Checkpoints(tmp_path / "c"), at_step(step))
    resumed, told_again, _ = train(encoder, Checkpoints(tmp_path / "c"))
    assert same(whole, resumed)
    assert timeless(told) == timeless(told_again)
    assert [r.step for r in told if isinstance(r, StepRecord)] == list(range(1, 17))


def test_a_training_that_was_killed_goes_on_from_the_last_checkpoint(encoder: str, tmp_path: Path) -> None:
    whole, told, _ = train(encoder)
    often = Checkpoints(tmp_path, 0.0)
    often.due = lambda: True  # type: ignore[method-assign]
    train(encoder, often, at_step(12), KeyboardInterrupt)
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["step-00000010", "step-00000011"]
    resumed, told_again, _ = train(encoder, Checkpoints(tmp_path))
    assert same(whole, resumed)
    assert timeless(told) == timeless(told_again)


def test_being_stopped_between_the_records_of_a_probe_repeats_and_loses_none(encoder: str, tmp_path: Path) -> None:
    whole, told, _ = train(encoder)
    for _ in range(2):
        train(encoder, Checkpoints(tmp_path), lambda r: isinstance(r, ProbeRecord) and r.step == 6)
    resumed, told_again, _ = train(encoder, Checkpoints(tmp_path))
    assert same(whole, resumed)
    assert timeless(told) == timeless(told_again)


@pytest.mark.parametrize("damage", ["weights", "text", "half", "hashes"])
def test_a_damaged_checkpoint_is_noticed_and_the_one_before_it_used(
    tiny_xlmr: Path, tmp_path: Path, damage: str
) -> None:
    whole, _, _ = train(str(tiny_xlmr))
    for step in (5, 9):
        train(str(tiny_xlmr), Checkpoints(tmp_path), at_step(step))
    newest = tmp_path / "step-00000009"
    if damage == "half":
        (newest / "state.json").unlink()
    else:
        file = {"weights": "state.safetensors", "text": "state.json", "hashes": "sha256.json"}[damage]
        data = bytearray((newest / file).read_bytes())
        data[len(data) // 2] ^= 1
        (newest / file).write_bytes(data)
    resumed, _, notes = train(str(tiny_xlmr), Checkpoints(tmp_path))
    assert same(whole, resumed)
    assert len(notes) == 1
    assert "step-00000009 is damaged" in notes[0]
    shutil.rmtree(tmp_path / "step-00000005")
    resumed, _, notes = train(str(tiny_xlmr), Checkpoints(tmp_path))
    assert same(whole, resumed)


def test_a_full_disk_costs_a_checkpoint_and_neither_the_training_nor_the_older_one(
    tiny_xlmr: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, _, _ = train(str(tiny_xlmr))
    train(str(tiny_xlmr), Checkpoints(tmp_path), at_step(5))
    with monkeypatch.context() as patch:

        def full(tensors: object, path: Path) -> None:
            path.write_bytes(b"half")
            raise OSError(28, "No space left on device")

        patch.setattr(checkpoints_module, "save_file", full)
        always = Checkpoints(tmp_path)
        always.due = lambda: True  # type: ignore[method-assign]
        trained, _, notes = train(str(tiny_xlmr), always)
    assert same(whole, trained)
    assert notes[-1] == "The checkpoint of step 15 could not be written (No space left on device)."
    assert [path.name for path in tmp_path.iterdir()] == ["step-00000005"]
    resumed, _, _ = train(str(tiny_xlmr), Checkpoints(tmp_path))
    assert same(whole, resumed)


def test_a_checkpoint_of_another_training_is_refused(tiny_xlmr: Path, tmp_path: Path) -> None:
    train(str(tiny_xlmr), Checkpoints(tmp_path), at_step(5))
    for changes in ({"sentences": 31}, {"recipe": dataclasses.replace(RECIPE, learning_rate=2e-3)}):
        with pytest.raises(ConfigurationError, match="other data or another recipe"):
            train(str(tiny_xlmr), Checkpoints(tmp_path), **changes)  # type: ignore[arg-type]


def test_checkpoints_take_a_small_share_of_the_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(checkpoints_module.time, "monotonic", lambda: now[0])
    kept = Checkpoints(tmp_path, 60.0)
    for moment, due in ((59.0, False), (60.0, True)):
        now[0] = moment
        assert kept.due() is due
    kept._cost = 3.0
    now[0] = 119.0
    assert not kept.due()
    now[0] = 120.0
    assert kept.due()


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return runs.workspace_folder(tmp_path / "workspace")


@pytest.mark.slow
def test_a_stopped_run_is_resumed_to_the_same_model_and_tables(workspace: Path, tiny_bert: Path) -> None:
    whole = runs.create(workspace, "demo", demo_request(tiny_bert), 0)
    assert jobs.execute(whole) == "finished"
    assert not (whole.path / "checkpoints").exists()
    cut = runs.create(workspace, "demo", demo_request(tiny_bert, checkpoint_seconds=1000.0), 0)
    jobs.start(cut)
    for event in jobs.follow(cut):
        if event["event"] == "step" and event["step"] == 20:
            jobs.stop(cut)
    assert cut.info()["state"] == "stopped"
    told = len(cut.read_table("steps"))
    jobs.resume(cut)
    events = list(jobs.follow(cut))
    assert events[-1]["state"] == "finished", (cut.path / "job.log").read_text()
    assert told >= 20
    cut.update(request=whole.info()["request"])
    assert_same_results(whole, cut)
    with pytest.raises(NerspaceError, match="is finished: nothing"):
        jobs.resume(cut)
    assert (cut.path / "events-1.jsonl").is_file()


@pytest.mark.kills
def test_a_job_killed_at_twenty_random_moments_ends_in_the_same_weights(workspace: Path, tiny_xlmr: Path) -> None:
    request = demo_request(tiny_xlmr, epochs=24)
    whole, torn = (runs.create(workspace, "demo", request, 0) for _ in range(2))
    script = Path(__file__).parent.parent / "support" / "killed_again.py"
    done = subprocess.run(
        [sys.executable, "-P", str(script), str(whole.path), str(torn.path), "--kills", "20"],
        capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(script.parent)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    reached = json.loads(done.stdout)
    assert len(reached) == 20
    assert reached == sorted(reached)
    # How often a checkpoint is written depends on the machine's speed; some tries began at one, whatever it is.
    assert len({*reached} - {0}) > 1
    assert_same_results(whole, torn)
