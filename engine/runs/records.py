"""What long work emits while it goes on: a job is a generator of these records, and they become the run's events."""

import time
from collections.abc import Generator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ModelId:
    """Which model of a run: what it is fine-tuned on, and its seed."""

    donor: str
    seed: int

    def __str__(self) -> str:
        """The short name by which people and folders know it: donor-seed."""
        return f"{self.donor}-{self.seed}"


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage begins: `total` units of work, each called `unit`.

    Attributes:
        part: where the same stages come many times over (a model each), which time it is, for the time that is left;
            models made side by side are one part.
        parts: how many times they come.
        model: of which model it is.
        node: on which node of a cluster it is done.
        number: which of `models` models that is.
        models: how many models there are.
    """

    stage: str
    label: str
    total: int
    unit: str
    part: int = 1
    parts: int = 1
    model: ModelId | None = None
    node: str = ""
    number: int = 1
    models: int = 1


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` units of the stage are done."""

    stage: str
    done: int


@dataclass(frozen=True, slots=True)
class Note:
    """One line worth telling."""

    text: str


@dataclass(frozen=True, slots=True)
class StepRecord:
    """One optimiser step.

    Attributes:
        step: its number, from 1.
        steps: how many there are.
        loss: mean over the batch.
        learning_rate: the encoder's.
        sentences: how many were seen so far.
        seconds: time spent training so far.
        parts: into how many the batch was cut because memory was short.
        probe_seconds: time spent probing so far.
        model: whose step it is.
        node: where it was made.
    """

    step: int
    steps: int
    loss: float
    learning_rate: float
    sentences: int
    seconds: float
    parts: int = 1
    probe_seconds: float = 0.0
    model: ModelId | None = None
    node: str = ""


@dataclass(frozen=True, slots=True)
class ProbeRecord:
    """One measure of the space of one language at one layer, taken after `step` steps over `n` vectors or sentences.

    Attributes:
        floor: what chance gives, where there is such a thing.
        floor_parallel: what chance gives when parallel rows are kept together, likewise.
        model: as in StepRecord.
        node: likewise.
    """

    step: int
    language: str
    layer: int
    measure: str
    n: int
    value: float
    floor: float | None = None
    model: ModelId | None = None
    node: str = ""
    floor_parallel: float | None = None


Record = Stage | Progress | Note | StepRecord | ProbeRecord

_KINDS = {Stage: "stage", Progress: "progress", Note: "note", StepRecord: "step", ProbeRecord: "probe"}


def event_of(record: Record) -> tuple[str, dict[str, Any]]:
    """The event kind (stage, progress, note, step, probe) and fields of a record.

    A model is named by the fields `donor` and `seed`, which are left out, as `node` is, where there is none.
    """
    fields = asdict(record)
    fields |= fields.pop("model", None) or {}
    if not fields.get("node"):
        fields.pop("node", None)
    return _KINDS[type(record)], fields


def model_of(event: Mapping[str, Any]) -> ModelId | None:
    """The model that an event is about; None where it does not say, as in runs of earlier versions."""
    return ModelId(event["donor"], event["seed"]) if {"donor", "seed"} <= event.keys() else None


def stage_text(event: Mapping[str, Any]) -> str:
    """An event of the kind stage as a person reads it: its label, the node, and which of several models it is."""
    node = f" on {event['node']}" if event.get("node") else ""
    number, models = event.get("number", 0), event.get("models", 1)
    return f"{event['label']}{node}" + (f", model {number} of {models}" if number and models > 1 else "")


def counted(stage: str, work: Generator[int, None, T], behind: int = 0) -> Generator[Progress, None, T]:
    """Pass on counts of units done as the progress of a stage, and return what the work returns.

    Args:
        stage: the stage under way.
        work: yields how many of its units are done.
        behind: units of the stage that were done before it.
    """
    with closing(work):
        while True:
            try:
                done = next(work)
            except StopIteration as end:
                result: T = end.value
                return result
            yield Progress(stage, behind + done)


_STEPS_TO_TELL = 3


@dataclass(slots=True)
class RemainingTime:
    """Estimates the time left from the events: of the stage under way, and of all parts where there are several."""

    total: int = 0
    done: int = 0
    started: float = field(default_factory=time.time)
    part: int = 1
    parts: int = 1
    _part_started: float = 0.0
    _past: list[float] = field(default_factory=list)

    def see(self, event: dict[str, Any]) -> None:
        """Take in one event of the run."""
        if event["event"] == "stage":
            self._begin(event["time"], event.get("part", 1), event.get("parts", 1))
            self.total, self.done, self.started = event["total"], 0, event["time"]
        elif event["event"] == "progress":
            self.done = event["done"]
        elif event["event"] == "step":
            self.done = event["step"]
            # A resumed run emits its past steps at once, but they took their time.
            self.started = min(self.started, event["time"] - event["seconds"])
            self._part_started = min(self._part_started, self.started)

    def _begin(self, moment: float, part: int, parts: int) -> None:
        if (part, parts) == (self.part, self.parts):
            return
        if parts == self.parts:
            self._past.append(moment - self._part_started)
        self.part, self.parts, self._part_started = part, parts, moment

    def seconds(self, now: float | None = None) -> float | None:
        """Seconds left, or None while nothing is known."""
        now = time.time() if now is None else now
        here = None
        # One step tells little: the first is the slowest.
        if self.total and self.done >= min(_STEPS_TO_TELL, self.total):
            here = max(0.0, (now - self.started) / self.done * (self.total - self.done))
        if self.parts == 1:
            return here
        spent = now - self._part_started
        if self._past:
            each = sum(self._past) / len(self._past)
        elif here is not None:
            each = spent + here
        else:
            return None
        return max(here or 0.0, each - spent) + (self.parts - self.part) * each


def duration(seconds: float) -> str:
    """Seconds as a person says them: 8 s, 2 min 05 s, 1 h 10 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"
