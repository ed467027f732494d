"""What the events of a run say of its progress, gathered as they come."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nerspace.engine.jobs import ENDED
from nerspace.engine.progress import RemainingTime
from nerspace.engine.runs import Run

if TYPE_CHECKING:
    import pandas as pd

_STEP = ("step", "loss", "learning_rate", "sentences", "seconds")
_PROBE = ("step", "language", "layer", "measure", "n", "value")


@dataclass(slots=True)
class Following:
    """The events of one run up to a byte offset: its stage, time left, steps and probes."""

    run: Run
    offset: int = 0
    state: str = ""
    label: str = ""
    unit: str = ""
    problem: str = ""
    tables: int = 0
    remaining: RemainingTime = field(default_factory=RemainingTime)
    steps: list[dict[str, Any]] = field(default_factory=list)
    probes: list[dict[str, Any]] = field(default_factory=list)

    @property
    def live(self) -> bool:
        """Whether more events may come."""
        return self.state not in ENDED

    def see(self, events: list[tuple[int, dict[str, Any]]]) -> bool:
        """Take in new events; whether there was any."""
        for offset, event in events:
            self.offset = offset
            self.remaining.see(event)
            kind = event["event"]
            if kind == "step":
                self.steps.append({name: event[name] for name in _STEP})
            elif kind == "probe":
                self.probes.append({name: event[name] for name in _PROBE})
            elif kind == "stage":
                self.label, self.unit = str(event["label"]), str(event["unit"])
            elif kind == "table":
                self.tables += 1
            elif kind == "state" and event.get("message"):
                self.problem = f"{event['message']} {event.get('hint', '')}".strip()
        return bool(events)

    def step_frame(self) -> "pd.DataFrame":
        """The table `steps` so far."""
        import pandas as pd

        return pd.DataFrame(self.steps, columns=list(_STEP))

    def probe_frame(self) -> "pd.DataFrame":
        """The table `probes` so far."""
        import pandas as pd

        return pd.DataFrame(self.probes, columns=list(_PROBE))


def clock(seconds: float) -> str:
    """A stretch of time as minutes and seconds, or hours and minutes."""
    whole = int(seconds)
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min" if whole >= 3600 else f"{whole // 60}:{whole % 60:02d}"
