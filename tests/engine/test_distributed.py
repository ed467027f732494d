"""One training over several processes: the gradients and the run of one process with the same batches."""

import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from training_samples import demo_request, loaded, some_sentences

from nerspace.engine import runs
from nerspace.engine.encoders import LABELS
from nerspace.engine.runs import Run, jobs
from nerspace.engine.training import loop as finetuning
from nerspace.engine.training.distributed import Share

NUMBERS = {label: number for number, label in enumerate(LABELS)}


def gradients(encoder: Path, batch: int, shares: list[Share | None]) -> tuple[float, dict[str, torch.Tensor]]:
    """Loss and gradients of a batch, summed over shares of it; the shares are computed one after the other."""
    model: Any
    model, items = loaded(str(encoder), some_sentences(batch))
    model.eval()
    words = finetuning._labelled(items)
    loss = 0.0
    for share in shares:
        mine, divisor = share.part(items, words) if share else (items, words)
        value, _ = finetuning._backward(model, mine, divisor, 1, NUMBERS, torch.device("cpu"))
        loss += float(value)
    return loss, {name: p.grad for name, p in model.named_parameters() if p.grad is not None}


@pytest.mark.parametrize(("batch", "size"), [(8, 2), (7, 3), (2, 4)])
def test_gradients_of_the_shares_sum_to_those_of_the_whole_batch(tiny_xlmr: Path, batch: int, size: int) -> None:
    whole_loss, whole = gradients(tiny_xlmr, batch, [None])
    loss, summed = gradients(tiny_xlmr, batch, [Share(rank, size) for rank in range(size)])
    assert loss == pytest.approx(whole_loss, rel=1e-6)
    assert summed.keys() == whole.keys()
    for name, gradient in whole.items():
        torch.testing.assert_close(summed[name], gradient, rtol=1e-4, atol=1e-7)


def test_words_decide_how_much_a_share_counts_not_sentences(tiny_xlmr: Path) -> None:
    """With sentences of unlike lengths the mean of the shares' means would be another loss."""
    _, items = loaded(str(tiny_xlmr), some_sentences(8))
    words = [finetuning._labelled([item]) for item in items]
    assert len({sum(words[0::2]), sum(words[1::2])}) == 2
    parts = [Share(rank, 2).part(items, sum(words)) for rank in (0, 1)]
    assert [divisor for _, divisor in parts] == [sum(words)] * 2
    assert Share(1, 2).part(items[:1], words[0]) == (items[:1], math.inf)


def launched(run: Run, processes: int = 2) -> subprocess.CompletedProcess[str]:
    """Do a run by torch's own launcher, from a folder that is none of ours."""
    command = [
        *(sys.executable, "-P", "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"),
        *("-m", "nerspace.engine.training.loop", str(run.path)),
    ]
    return subprocess.run(
        command, capture_output=True, text=True, cwd=run.path, timeout=200, env={**os.environ, "OMP_NUM_THREADS": "1"}
    )


@pytest.fixture(scope="module")
def request_of(tiny_xlmr: Path) -> dict[str, Any]:
    return demo_request(tiny_xlmr, donors=("en",), size=36, epochs=2, dropout=0.0, probe_every=5, keep_model=True)


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return runs.workspace_folder(tmp_path / "workspace")


def close(first: Run, second: Run) -> None:
    """Numbers of the two are equal but for the order of sums, and each was told once."""
    assert first.tables() == second.tables()
    for name in ("steps", "probes", "predictions", "transfer"):
        one, other = (run.read_table(name).drop(columns=["seconds", "probe_seconds"], errors="ignore")
                      for run in (first, second))  # fmt: skip
        assert one.select_dtypes("string").equals(other.select_dtypes("string")), name
        for column in one.select_dtypes("number"):
            assert one[column].tolist() == pytest.approx(other[column].tolist(), rel=1e-3, abs=1e-4, nan_ok=True), name
    told = [[e["step"] for _, e in run.events() if e["event"] == "step"] for run in (first, second)]
    assert told[0] == told[1] == list(range(1, 11))
    weights = [load_file(run.path / "model" / "en-0" / "model.safetensors") for run in (first, second)]
    for name, value in weights[0].items():
        torch.testing.assert_close(weights[1][name], value, rtol=1e-2, atol=1e-4)


@pytest.mark.slow
def test_two_processes_make_the_run_of_one_and_go_on_after_a_stop(
    workspace: Path, request_of: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    alone, together = (runs.create(workspace, "finetune", request_of, 0) for _ in range(2))
    assert jobs.execute(alone) == "finished"
    together.request_stop()
    done = launched(together)
    assert done.returncode != 0
    assert together.info()["state"] == "stopped", done.stderr
    done = launched(together)
    assert together.info()["state"] == "finished", done.stderr
    assert done.returncode == 0
    assert together.info()["processes"] == 2
    assert (together.path / "events-1.jsonl").is_file()
    close(alone, together)
    again = launched(together)
    assert f"The run {together.id} is finished." in again.stderr


@pytest.mark.slow
def test_a_checkpoint_of_one_process_is_gone_on_with_by_two(
    workspace: Path, request_of: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    alone, together = (runs.create(workspace, "finetune", request_of, 0) for _ in range(2))
    assert jobs.execute(alone) == "finished"
    with monkeypatch.context() as patch:
        patch.setattr(Run, "stop_requested", lambda self: sum(e["event"] == "step" for _, e in self.events()) >= 4)
        assert jobs.execute(together) == "stopped"
    assert (together.path / "checkpoints" / "en-0" / "step-00000004").is_dir()
    done = launched(together)
    assert together.info()["state"] == "finished", done.stderr
    close(alone, together)
