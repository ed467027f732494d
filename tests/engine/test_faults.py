"""What goes wrong around a job: told in one line, and nothing that was written is lost."""

import contextlib
import dataclasses
import fcntl
import json
import os
import resource
import shutil
import signal
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from training_samples import demo_request, loaded, sentence, some_sentences

from nerspace.engine import runs
from nerspace.engine.encoders import LABELS, load_token_classifier, load_tokenizer
from nerspace.engine.encoders.batching import Encoded, encode
from nerspace.engine.encoders.forward import finish, forward
from nerspace.engine.encoders.saving import save_model
from nerspace.engine.errors import ConfigurationError, ModelError, NerspaceError
from nerspace.engine.requests.training import Recipe
from nerspace.engine.runs import Run, jobs
from nerspace.engine.runs.records import Note, StepRecord
from nerspace.engine.training.loop import finetune


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return runs.workspace_folder(tmp_path / "workspace")


@pytest.fixture(params=["tiny_xlmr", "tiny_bert"])
def encoder(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(request.param))


def test_too_little_memory_splits_the_batch_with_the_same_result_and_says_so(encoder: str) -> None:
    recipe = Recipe(learning_rate=1e-3, batch_size=8)
    model, items = loaded(encoder, some_sentences(24))
    told = [record for record in finetune(model, items, recipe) if isinstance(record, StepRecord)]
    short, items = loaded(encoder, some_sentences(24))
    whole_forward, calls = short.forward, []

    def forward_in_little_memory(**inputs: torch.Tensor) -> Any:
        calls.append(len(inputs["input_ids"]))
        if len(calls) == 2 or len(calls) == 3:
            raise torch.OutOfMemoryError("out of memory")
        return whole_forward(**inputs)

    short.forward = forward_in_little_memory
    records = list(finetune(short, items, recipe))
    steps = [record for record in records if isinstance(record, StepRecord)]
    assert calls == [8, 8, 4, 2, 2, 2, 2, 8]
    assert [step.parts for step in steps] == [1, 4, 1]
    assert [r.text for r in records if isinstance(r, Note)] == [
        "Too little memory at step 2: its 8 sentences were done in 4 parts."
    ]
    assert [step.loss for step in steps] == pytest.approx([step.loss for step in told], abs=1e-6)
    for name, value in model.state_dict().items():
        torch.testing.assert_close(short.state_dict()[name], value, atol=1e-5, rtol=0)


def test_too_little_memory_for_one_sentence_ends_the_training_with_a_way_out(encoder: str) -> None:
    model, items = loaded(encoder, some_sentences(8))

    def never(**_: torch.Tensor) -> Any:
        raise torch.OutOfMemoryError("out of memory")

    model.forward = never
    with pytest.raises(ModelError, match="too little memory on cpu for one sentence of .*smaller model"):
        list(finetune(model, items, Recipe()))


def cut_to_nothing(item: Encoded, word: int) -> Encoded:
    gone = set(item.pieces[word])
    kept = [position for position in range(len(item.ids)) if position not in gone]
    number = {position: index for index, position in enumerate(kept)}
    pieces = tuple(() if w == word else tuple(number[p] for p in group) for w, group in enumerate(item.pieces))
    return Encoded(item.sentence, tuple(item.ids[p] for p in kept), pieces)


def test_a_word_that_is_cut_to_nothing_is_left_out_of_training_and_called_outside(encoder: str) -> None:
    texts = [sentence("the Washington sat", "O B-PER O")] * 8
    model, items = loaded(encoder, texts)
    items = [cut_to_nothing(item, 1) for item in items]
    assert all(r.loss > 0 for r in finetune(model, items, Recipe(epochs=2)) if isinstance(r, StepRecord))
    outputs = finish(forward(model, items))
    assert all(len(tags) == 3 and tags[1] == 0 for tags in outputs.predicted)


def test_a_tokenizer_that_leaves_nothing_of_any_word_is_named(encoder: str) -> None:
    model, items = loaded(encoder, [sentence("the", "O")] * 8)
    empty = [dataclasses.replace(cut_to_nothing(item, 0), ids=item.ids[:1] + item.ids[-1:]) for item in items]
    with pytest.raises(ModelError, match="cuts every word"):
        list(finetune(model, empty, Recipe()))
    one_left = [*empty[1:], items[0]]
    assert [r.sentences for r in finetune(model, one_left, Recipe()) if isinstance(r, StepRecord)] == [1]


def test_invisible_characters_are_words_without_pieces(tiny_bert: Path) -> None:
    (item,) = encode([sentence("the \u200b sat", "O B-PER O")], load_tokenizer(str(tiny_bert)))
    assert item.pieces[1] == ()
    assert item.entity_pieces == ()


@pytest.mark.kills
def test_a_run_that_is_written_is_neither_resumed_removed_nor_done_twice(workspace: Path, tiny_xlmr: Path) -> None:
    run = runs.create(workspace, "demo", demo_request(tiny_xlmr, epochs=400), 0)
    jobs.start(run)
    for event in jobs.follow(run):
        if event["event"] == "step":
            break
    before = (run.path / "process.json").read_bytes()
    with pytest.raises(NerspaceError, match=f"{run.id} is still running. Follow it: nerspace runs follow"):
        jobs.resume(run)
    for act in (jobs.start, jobs.execute):
        with pytest.raises(NerspaceError, match="Another process works on the run"):
            act(run)
    with pytest.raises(NerspaceError, match="still running"):
        runs.remove(run)
    assert (run.path / "process.json").read_bytes() == before
    os.kill(json.loads(before)["pid"], signal.SIGKILL)
    deadline = time.monotonic() + 5
    while run.is_written() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not run.is_written()
    runs.remove(run)
    assert not run.path.exists()


@pytest.mark.slow
def test_runs_wait_for_their_device_and_can_be_stopped_while_they_wait(workspace: Path, tiny_bert: Path) -> None:
    with (workspace / "runs" / ".cpu.lock").open("w") as busy:
        fcntl.flock(busy, fcntl.LOCK_EX)
        waiting, given_up = (
            runs.create(workspace, "demo", demo_request(tiny_bert, epochs=1, keep_model=False), 0) for _ in range(2)
        )
        for run in (waiting, given_up):
            jobs.start(run)
        for run in (waiting, given_up):
            event = next(jobs.follow(run))
            assert event["text"] == "Waiting for cpu: another run of this workspace uses it."
            assert run.info()["state"] == "queued"
        jobs.stop(given_up)
        assert list(jobs.follow(given_up))[-1]["state"] == "stopped"
    assert list(jobs.follow(waiting))[-1]["state"] == "finished"


@pytest.mark.kills
def test_a_run_folder_that_is_deleted_under_the_job_stays_deleted(workspace: Path, tiny_xlmr: Path) -> None:
    run = runs.create(workspace, "demo", demo_request(tiny_xlmr, epochs=400), 0)
    jobs.start(run)
    log = (run.path / "job.log").open()
    for event in jobs.follow(run):
        if event["event"] == "step":
            break
    pid = json.loads((run.path / "process.json").read_text())["pid"]
    for _ in range(20):  # the job makes files while they are deleted
        shutil.rmtree(run.path, ignore_errors=True)
    deadline = time.monotonic() + 20
    while runs.process_started(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not runs.process_started(pid)
    assert not run.path.exists()
    assert f"The run folder {run.path} is gone." in log.read()


@pytest.mark.slow
def test_a_full_disk_ends_the_run_with_whole_lines_and_it_can_be_resumed(
    workspace: Path, tiny_bert: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = runs.create(workspace, "demo", demo_request(tiny_bert, keep_model=False, epochs=1), 0)
    write, steps = os.write, []

    def write_until_full(descriptor: int, data: bytes) -> int:
        if b'"event": "step"' in data:
            steps.append(data)
        if len(steps) == 5:
            steps.append(b"")
            return write(descriptor, data[: len(data) // 2])
        return write(descriptor, data)

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", write_until_full)
        assert jobs.execute(run) == "failed"
    assert "events.jsonl cannot be written" in run.info()["error"]["message"]
    assert "resume the run" in run.info()["error"]["hint"]
    lines = (run.path / "events.jsonl").read_text().splitlines()
    assert sum(json.loads(line)["event"] == "step" for line in lines) == 4
    jobs.resume(run)
    assert list(jobs.follow(run))[-1]["state"] == "finished"
    assert "error" not in run.info()


def test_a_model_that_a_full_disk_does_not_take_is_told_in_one_line(tiny_xlmr: Path, tmp_path: Path) -> None:
    model = load_token_classifier(str(tiny_xlmr), LABELS, 0)
    most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8_192, most[1]))
    try:
        with pytest.raises(ConfigurationError, match="The model cannot be written to .*File too large"):
            save_model(model, str(tiny_xlmr), tmp_path / "model")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, most)
    assert list(tmp_path.iterdir()) == []


def test_a_log_that_a_full_disk_does_not_take_hides_no_end(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = runs.create(workspace, "extract", {"model": "builtin", "device": "cpu"}, 0)

    def failing(_: Run) -> Any:
        raise RuntimeError("no reason")

    monkeypatch.setattr(jobs, "job_of", failing)
    with Path("/dev/full").open("w") as full:
        monkeypatch.setattr(jobs.sys, "stderr", full)
        assert jobs.execute(run) == "failed"
        with contextlib.suppress(OSError):
            full.close()
    assert run.info()["error"]["message"] == "RuntimeError: no reason"


def test_secrets_of_the_environment_reach_no_file_of_the_run(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "hf_abcdefghijklmnop"
    monkeypatch.setenv("HF_TOKEN", secret)
    run = runs.create(workspace, "demo", demo_request(Path(f"https://user:{secret}@example.org/model")), 0)
    assert jobs.execute(run) == "failed"
    written = "".join(path.read_text() for path in run.path.rglob("*") if path.is_file())
    assert "failed" in written
    assert secret not in written
    assert "$HF_TOKEN" in written


def test_a_run_on_a_device_that_is_not_there_fails_with_the_ones_that_are(workspace: Path, tiny_bert: Path) -> None:
    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    run = runs.create(workspace, "demo", demo_request(tiny_bert, device="cuda"), 0)
    assert jobs.execute(run) == "failed"
    assert run.info()["error"]["message"] == "This machine has no device 'cuda'."


def test_a_workspace_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="gone"):
        Run(tmp_path / "no-run").append_event("note", text="x")
    assert not (tmp_path / "no-run").exists()
