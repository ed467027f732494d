"""What the folder of a run says of its training: its events, gathered as they come, else its tables."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nerspace.engine.errors import NerspaceError
from nerspace.engine.runs import Run
from nerspace.engine.runs.jobs import ENDED
from nerspace.engine.runs.records import ModelId, RemainingTime, model_of, stage_text

if TYPE_CHECKING:
    import pandas as pd

    from nerspace.engine.runs.live import Throughput
    from nerspace.tui.explorer.session import Session

# Steps of a curve, at most; a terminal shows fewer.
MOST = 8000
_STEP = ("step", "loss", "learning_rate", "sentences", "seconds")
_PROBE = ("step", "language", "layer", "measure", "n", "value")


@dataclass(frozen=True, slots=True)
class Trace:
    """The tables `steps` and `probes` of one model of a run.

    Attributes:
        model: its name, donor and seed as be-1.
    """

    run: str
    model: str
    steps: "pd.DataFrame"
    probes: "pd.DataFrame"


def _throughput() -> "Throughput":
    from nerspace.engine.runs.live import Throughput

    return Throughput()


@dataclass(slots=True)
class Following:
    """The events of one run up to a byte offset: its stage, time left, and the steps and probes of each model.

    Steps and probes say whose they are. Those of earlier versions do not: they follow the stage named train of their
    model, whose label stands for its name.
    """

    run: Run
    offset: int = 0
    state: str = ""
    label: str = ""
    unit: str = ""
    problem: str = ""
    note: str = ""
    tables: int = 0
    model: str = ""
    remaining: RemainingTime = field(default_factory=RemainingTime)
    throughput: "Throughput" = field(default_factory=_throughput)
    steps: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    probes: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    @property
    def live(self) -> bool:
        """Whether more events may come."""
        return self.state not in ENDED

    @property
    def models(self) -> list[str]:
        """The models that began to train, in their order."""
        return list(dict.fromkeys([*self.steps, *self.probes]))

    def see(self, events: Iterable[tuple[int, dict[str, Any]]]) -> bool:
        """Take in new events; whether there was any."""
        any_event = False
        for offset, event in events:
            any_event = True
            self.offset = offset
            self.remaining.see(event)
            self.throughput.see(event)
            kind = event["event"]
            model = str(model_of(event) or self.model)
            if kind == "step":
                steps = self.steps.setdefault(model, [])
                steps.append({name: event.get(name) for name in _STEP})
                if len(steps) > MOST:
                    self.steps[model] = _thinned(steps)
            elif kind == "probe":
                probes = self.probes.setdefault(model, [])
                probes.append({name: event.get(name) for name in _PROBE})
                if len(probes) > 4 * MOST:
                    self.probes[model] = _thinned(probes)
            elif kind == "stage":
                self.label, self.unit, self.note = stage_text(event), str(event["unit"]), ""
                if event.get("stage") == "train":
                    self.model = str(model_of(event) or event["label"])
            elif kind == "note":
                self.note = str(event["text"])
            elif kind == "table":
                self.tables += 1
            elif kind == "state" and event.get("message"):
                self.problem = f"{event['message']} {event.get('hint', '')}".strip()
        return any_event

    def traces(self) -> list[Trace]:
        """The models so far."""
        import pandas as pd

        return [
            Trace(
                self.run.id, model, pd.DataFrame(self.steps.get(model, []), columns=list(_STEP)),
                pd.DataFrame(self.probes.get(model, []), columns=list(_PROBE)),
            )
            for model in self.models
        ]  # fmt: skip


def _thinned(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The records of every other step, and those of the last."""
    steps = list(dict.fromkeys(record["step"] for record in records))
    kept = {*steps[::2], steps[-1]}
    return [record for record in records if record["step"] in kept]


def traces_in_tables(run: Run) -> list[Trace]:
    """The models of a run that was copied without its events, from its tables."""
    import pandas as pd

    known = run.tables()
    empty = pd.DataFrame(columns=list(_PROBE))
    steps = run.read_table("steps") if "steps" in known else pd.DataFrame(columns=list(_STEP))
    probes = run.read_table("probes") if "probes" in known else empty
    if "donor" not in steps or "seed" not in steps:
        request = run.info().get("request", {})
        model = str(ModelId(request.get("donor", ""), request.get("seed", 0)))
        return [Trace(run.id, model, steps, probes)] if len(steps) or len(probes) else []
    return [
        Trace(run.id, str(ModelId(str(donor), int(str(seed)))), part.drop(columns=["donor", "seed"]),
               probes[(probes["donor"] == donor) & (probes["seed"] == seed)].drop(columns=["donor", "seed"])
               if "seed" in probes else empty)
        for (donor, seed), part in steps.groupby(["donor", "seed"], sort=False)
    ]  # fmt: skip


def read_traces(run: Run) -> list[Trace]:
    """The models of a run as it stands, from its events, else from its tables."""
    following = Following(run)
    following.see(run.sampled_events())
    return following.traces() if following.steps else traces_in_tables(run)


@dataclass(frozen=True, slots=True)
class RunUpdate:
    """What a look into the folder of a run brought.

    Attributes:
        in_tables: models read from tables, where there are no events.
        overlaid: models of other runs.
        memory: bytes that the job holds, if it goes on.
        shrunk: the events began anew.
    """

    run: Run
    kind: str
    state: str
    device: str
    events: list[tuple[int, dict[str, Any]]]
    transfer: "pd.DataFrame | None"
    in_tables: list[Trace]
    overlaid: list[Trace]
    memory: int | None
    shrunk: bool = False


def read_update(session: "Session", run: Run, offset: int, any_step: bool, others: Sequence[Run]) -> RunUpdate:
    """Read what is new of a run.

    Args:
        offset: byte of its events up to which they are known.
        any_step: whether a step is among these.
        others: runs that lie over it.

    Raises:
        UsageError: if the run is gone.
    """
    from nerspace.engine.runs.live import resident_memory

    info = run.info()
    # A run that was resumed begins its events again.
    shrunk = run.events_size() < offset
    events = [] if shrunk else list(run.sampled_events(offset))
    # A run that was copied without its events still has its tables.
    copied = not any_step and not any(event["event"] in ("step", "probe") for _, event in events)
    return RunUpdate(
        run, info["kind"], info["state"], str(info.get("device", "")), events, session.table("transfer"),
        traces_in_tables(run) if copied else [], [one for other in others for one in _traces(other)],
        resident_memory(run), shrunk,
    )  # fmt: skip


def _traces(run: Run) -> list[Trace]:
    """The models of a run that may vanish meanwhile."""
    try:
        return read_traces(run)
    except NerspaceError:
        return []
