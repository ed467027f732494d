"""One fine-tuning over several processes, each with a GPU of its own: `torchrun -m nerspace.engine.training.loop RUN`.

Every process holds the whole model and the same data, takes its share of each batch, and adds its gradients to those of
the others; sums are weighted by words, so that they are the gradients of one process with the whole batch. The process
of rank 0 does the run as `jobs` does it: only it writes records, tables, checkpoints and models. The others follow in a
folder of their own, filled from the first one's, so that no file system need be shared.
"""

import json
import math
import os
import signal
import sys
import tempfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import distributed

from nerspace.engine.errors import NerspaceError, UsageError
from nerspace.engine.runs import Run, jobs

if TYPE_CHECKING:
    from nerspace.engine.encoders.batching import Encoded


@dataclass(frozen=True, slots=True)
class Share:
    """The part of one process, its rank, among `size`."""

    rank: int
    size: int

    def part(self, batch: Sequence["Encoded"], words: int) -> tuple[Sequence["Encoded"], float]:
        """This process's sentences of a batch with so many words, and what their words are to be divided by.

        One that is left without a sentence reads the first, which counts for nothing: all need the same gradients.
        """
        mine = batch[self.rank :: self.size]
        return (mine, words) if mine else (batch[:1], math.inf)

    def add(self, model: Any, loss: torch.Tensor) -> torch.Tensor:
        """Replace the gradients by their sums over all processes, and return the sum of their losses."""
        learned = [parameter for parameter in model.parameters() if parameter.grad is not None]
        gathered = torch.cat([*(parameter.grad.reshape(-1) for parameter in learned), loss.reshape(1)])
        distributed.all_reduce(gathered)
        sizes = [parameter.numel() for parameter in learned]
        for parameter, summed in zip(learned, torch.split(gathered[:-1], sizes), strict=True):
            parameter.grad.copy_(summed.view_as(parameter))
        return gathered[-1]


def share() -> Share | None:
    """The part of this process, None where it works alone."""
    if not (distributed.is_available() and distributed.is_initialized()):
        return None
    return Share(distributed.get_rank(), distributed.get_world_size())


def main() -> int:
    """Do the fine-tuning of the run folder named on the command line, as one of the processes of a launcher."""
    # Launchers put the current folder first; one that holds a folder `datasets` would hide a package.
    sys.path[:] = [place for place in sys.path if not (place in ("", str(Path.cwd())) and Path("datasets").is_dir())]
    if len(sys.argv) != 2:
        print("Name one run: torchrun --nproc-per-node N -m nerspace.engine.training.loop RUN", file=sys.stderr)
        return 2
    try:
        run = Run(Path(sys.argv[1]).resolve())
        return _take_part(run)
    except NerspaceError as error:
        print(error, file=sys.stderr)
        return 1


def _take_part(run: Run) -> int:
    # A launcher of one process may say nothing of ranks.
    first = os.environ.get("RANK", "0") == "0"
    gpus = torch.cuda.device_count()
    if first:
        _check(run)
    if gpus:
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")) % gpus)
    if "RANK" in os.environ:
        distributed.init_process_group("nccl" if gpus else "gloo")
    signal.signal(signal.SIGTERM, lambda *_: run.request_stop() if first else sys.exit(1))
    if first:
        jobs.begin_again(run)
        if world := share():
            _send(run)
            run.update(processes=world.size)
        state = jobs.execute(run, has_device="RANK" in os.environ)
        # The launcher ends the others where this one did not finish.
        return 0 if state == "finished" else 1
    with tempfile.TemporaryDirectory(prefix="nerspace-rank-") as folder:
        followed = Run(Path(folder))
        _receive(followed)
        with closing(jobs.job_of(followed)) as work:
            for _ in work:
                pass
    return 0


def _check(run: Run) -> None:
    """See that the run trains, and not on one device that all would share.

    Raises: UsageError.
    """
    info = run.info()
    if info["kind"] not in ("finetune", "transfer"):
        raise UsageError(f"The run {run.id} is no fine-tuning.", "Make one: nerspace finetune --on launch.")
    if info["state"] in ("finished", "running"):
        raise UsageError(f"The run {run.id} is {info['state']}.", "Make another: nerspace finetune --on launch.")
    if info["request"].get("on") or info["request"]["device"] not in ("auto", "cpu", "cuda"):
        raise UsageError(
            "The launcher gives each process its device.", "Make the run with --on launch and --device auto or cpu."
        )


def _send(run: Run) -> None:
    """Send the request and the checkpoints to the other processes, file by file."""
    # Seen from outside, a run that was begun before and is not held yet is "dead".
    info = run.read_info()
    # What the others save is thrown away.
    request = {**info["request"], "keep_model": False, "checkpoint_seconds": 1e9}
    files = sorted(path for path in run.path.glob("checkpoints/**/*") if path.is_file())
    names = [str(path.relative_to(run.path)) for path in files]
    _broadcast(json.dumps({"run": {**info, "request": request}, "files": names}).encode())
    for path in files:
        _broadcast(path.read_bytes())


def _receive(run: Run) -> None:
    content = json.loads(_broadcast(b""))
    (run.path / "run.json").write_text(json.dumps(content["run"]), encoding="utf-8")
    for name in content["files"]:
        path = run.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_broadcast(b""))


def _broadcast(data: bytes) -> bytes:
    """The bytes of the first process, in every process; as numbers, for nothing is unpickled here."""
    device = torch.device("cuda", torch.cuda.current_device()) if distributed.get_backend() == "nccl" else None
    length = torch.tensor([len(data)], device=device)
    distributed.broadcast(length, 0)
    if distributed.get_rank() == 0:
        content = torch.frombuffer(bytearray(data or b"\0"), dtype=torch.uint8).to(device)
    else:
        content = torch.zeros(max(1, int(length)), dtype=torch.uint8, device=device)
    distributed.broadcast(content, 0)
    return content.cpu().numpy().tobytes()[: int(length)]
