"""Checkpoints of a fine-tuning: everything that its next step depends on, in files that hold only numbers and text.

    step-00000120/state.safetensors   trained weights, AdamW's moments, torch's random state
    step-00000120/state.json          the step and every record so far
    step-00000120/sha256.json         what the two hash to, by which half or damaged files are noticed

A folder is filled under another name and renamed when it is whole; the last two are saved.
"""

import hashlib
import json
import re
import shutil
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from nerspace.engine.errors import ConfigurationError
from nerspace.engine.files import make_folder, whole_folder
from nerspace.engine.runs.records import ModelId, ProbeRecord, StepRecord

TrainingRecord = StepRecord | ProbeRecord

# Writing takes at most about this share of the time, however slow the disk is.
_SHARE = 1 / 40
_SAVED = 2
_WEIGHTS, _TEXT, _HASHES = "state.safetensors", "state.json", "sha256.json"


class Checkpoints:
    """The checkpoints of one fine-tuning in one folder.

    Args:
        folder: where they lie; it is made where it is missing.
        seconds: least time between two.

    Attributes:
        problems: what was wrong with checkpoints that `restore` passed over.
    """

    def __init__(self, folder: Path, seconds: float = 60.0) -> None:
        self.folder = folder
        # Not later: a run folder that is deleted under the job must not come back.
        make_folder(folder)
        self.problems: list[str] = []
        self._seconds = seconds
        self._last, self._cost = time.monotonic(), 0.0
        # How many records the newest checkpoint has.
        self._saved = -1

    def due(self) -> bool:
        """Whether it is time for the next one."""
        return time.monotonic() - self._last >= max(self._seconds, self._cost / _SHARE)

    def save(self, model: Any, optimizer: torch.optim.Optimizer, key: str, records: Sequence[TrainingRecord]) -> str:
        """Save the state behind the last record; what is wrong with the disk is returned, and harms no older one.

        A state that is there is not saved again.

        Args:
            model: its weights are saved.
            optimizer: its state is saved.
            key: distinguishes trainings with other data or another recipe.
            records: of the training so far.
        """
        step = steps_done(records)
        if len(records) == self._saved:
            return ""
        started = time.monotonic()
        problem = f"The checkpoint of step {step} could not be written"
        try:
            with whole_folder(self.folder / f"step-{step:08d}", problem=problem) as folder:
                _write(folder, _tensors(model, optimizer), _text(step, records, key))
        except ConfigurationError as error:
            return error.message
        except SafetensorError as error:
            return f"{problem} ({error})."
        finally:
            self._last = time.monotonic()
            self._cost = self._last - started
        self._saved = len(records)
        for old in self._found()[_SAVED:]:
            shutil.rmtree(old, ignore_errors=True)
        return ""

    def restore(self, model: Any, optimizer: torch.optim.Optimizer, key: str) -> list[TrainingRecord]:
        """Put model, optimiser and random states back to the newest whole checkpoint and return its records.

        Without any, nothing is changed and there are no records.

        Raises:
            ConfigurationError: when it belongs to other data or another recipe.
        """
        for path in self._found():
            try:
                tensors, text = _read(path)
            except (OSError, ValueError, KeyError, SafetensorError) as error:
                self.problems.append(f"The checkpoint {path.name} is damaged and passed over ({error}).")
                continue
            if text["key"] != key:
                raise ConfigurationError(
                    f"The checkpoint {path} belongs to other data or another recipe.", "Start a new run."
                )
            _put_back(model, optimizer, tensors)
            self._saved = len(text["records"])
            return records_from(text["records"])
        return []

    def remove(self) -> None:
        """Delete all of them: the training is done."""
        for path in self._found():
            shutil.rmtree(path, ignore_errors=True)

    def _found(self) -> list[Path]:
        """Checkpoint folders, newest first."""
        return sorted((p for p in self.folder.iterdir() if re.fullmatch(r"step-\d+", p.name)), reverse=True)


def steps_done(records: Sequence[TrainingRecord]) -> int:
    """The number of the last step among the records, 0 before the first."""
    last = last_step(records)
    return last.step if last else 0


def last_step(records: Sequence[TrainingRecord]) -> StepRecord | None:
    """The last step among the records, None before the first."""
    return next((record for record in reversed(records) if isinstance(record, StepRecord)), None)


def records_as_json(records: Sequence[TrainingRecord]) -> list[dict[str, Any]]:
    """Records as JSON takes them; `records_from` is the way back, exact to the bit."""
    return [asdict(record) for record in records]


def records_from(values: Sequence[dict[str, Any]]) -> list[TrainingRecord]:
    """The records that `records_as_json` made plain."""
    return [_record_from(value) for value in values]


def _record_from(value: dict[str, Any]) -> TrainingRecord:
    model = {"model": ModelId(**value["model"])} if value.get("model") else {}
    return (StepRecord if "loss" in value else ProbeRecord)(**{**value, **model})


def _tensors(model: Any, optimizer: torch.optim.Optimizer) -> dict[str, torch.Tensor]:
    tensors = {f"model.{name}": value.detach() for name, value in model.named_parameters()}
    for number, moments in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{number}.{name}": value for name, value in moments.items()}
    tensors["random.cpu"] = torch.get_rng_state()
    if (device := next(model.parameters()).device).type == "cuda":
        tensors["random.cuda"] = torch.cuda.get_rng_state(device)
    return {name: value.contiguous() for name, value in tensors.items()}


def _text(step: int, records: Sequence[TrainingRecord], key: str) -> str:
    return json.dumps({"step": step, "key": key, "records": records_as_json(records)})


def _write(folder: Path, tensors: dict[str, torch.Tensor], text: str) -> None:
    save_file(tensors, folder / _WEIGHTS)
    (folder / _TEXT).write_text(text, encoding="utf-8")
    hashes = {name: _hash(folder / name) for name in (_WEIGHTS, _TEXT)}
    (folder / _HASHES).write_text(json.dumps(hashes), encoding="utf-8")


def _read(folder: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    for name, wanted in json.loads((folder / _HASHES).read_text(encoding="utf-8")).items():
        if _hash(folder / name) != wanted:
            raise ValueError(f"{name} is not what was written")
    return load_file(folder / _WEIGHTS), json.loads((folder / _TEXT).read_text(encoding="utf-8"))


def _put_back(model: Any, optimizer: torch.optim.Optimizer, tensors: dict[str, torch.Tensor]) -> None:
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(tensors[f"model.{name}"])
    moments: dict[int, dict[str, torch.Tensor]] = {}
    for name, value in tensors.items():
        owner, _, rest = name.partition(".")
        if owner == "optimizer":
            number, _, kind = rest.partition(".")
            # A copy: what was loaded lies in the file, at any alignment.
            moments.setdefault(int(number), {})[kind] = value.clone()
    optimizer.load_state_dict({"state": moments, "param_groups": optimizer.state_dict()["param_groups"]})
    torch.set_rng_state(tensors["random.cpu"].clone())
    if "random.cuda" in tensors:
        torch.cuda.set_rng_state(tensors["random.cuda"].clone(), next(model.parameters()).device)


def _hash(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
