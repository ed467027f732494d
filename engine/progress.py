"""What long work tells while it goes on: a job is a generator of these records, and they become the run's events."""

import time
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage begins: `total` units of work, each called `unit`."""

    stage: str
    label: str
    total: int
    unit: str


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
    """One optimiser step: its number from 1, of how many, mean loss of the batch, and what was seen so far.

    seconds, probe_seconds: time spent training and probing so far. parts: into how many the batch was cut because
    memory was short.
    """

    step: int
    steps: int
    loss: float
    learning_rate: float
    sentences: int
    seconds: float
    parts: int = 1
    probe_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class ProbeRecord:
    """One measure of the space of one language at one layer, taken after `step` steps over `n` vectors or sentences.

    floor: what chance gives, where there is such a thing.
    """

    step: int
    language: str
    layer: int
    measure: str
    n: int
    value: float
    floor: float | None = None


Record = Stage | Progress | Note | StepRecord | ProbeRecord

_KINDS = {Stage: "stage", Progress: "progress", Note: "note", StepRecord: "step", ProbeRecord: "probe"}


def event_of(record: Record) -> tuple[str, dict[str, Any]]:
    """The event kind (stage, progress, note, step, probe) and fields that tell of a record."""
    return _KINDS[type(record)], asdict(record)


@dataclass(slots=True)
class RemainingTime:
    """Estimates the time left of the stage that is under way, from its events."""

    total: int = 0
    done: int = 0
    started: float = field(default_factory=time.time)

    def see(self, event: dict[str, Any]) -> None:
        """Take in one event of the run."""
        if event["event"] == "stage":
            self.total, self.done, self.started = event["total"], 0, event["time"]
        elif event["event"] == "progress":
            self.done = event["done"]
        elif event["event"] == "step":
            self.done = event["step"]
            # A resumed run tells its past steps at once, but they took their time.
            self.started = min(self.started, event["time"] - event["seconds"])

    def seconds(self, now: float | None = None) -> float | None:
        """Seconds left, or None while nothing is known."""
        if not self.done or not self.total:
            return None
        elapsed = (time.time() if now is None else now) - self.started
        return max(0.0, elapsed / self.done * (self.total - self.done))
