"""What a look into the folder of a run brings to the training room; called in a worker thread."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nerspace.engine.errors import NerspaceError
from nerspace.engine.runs import Run
from nerspace.tui.explorer.training.progress import Traced, read_traced, traced_in_tables

if TYPE_CHECKING:
    import pandas as pd

    from nerspace.tui.explorer.session import Session


@dataclass(frozen=True, slots=True)
class News:
    """What a look into the run's folder brought. told: models read from tables, where there are no events.

    overlaid: models of other runs. memory: bytes that the job holds, if it goes on. shrunk: the events began anew.
    """

    run: Run
    state: str
    device: str
    events: list[tuple[int, dict[str, Any]]]
    transfer: "pd.DataFrame | None"
    told: list[Traced]
    overlaid: list[Traced]
    memory: int | None
    shrunk: bool = False


def read_news(session: "Session", run: Run, offset: int, any_step: bool, others: Sequence[Run]) -> News:
    """Read what is new of a run.

    offset: byte of its events up to which they are known. any_step: whether a step is among these. others: runs that
    lie over it.
    Raises: UsageError if the run is gone.
    """
    from nerspace.engine.runs.live import resident_memory

    info = run.info()
    # A run that was resumed tells its story again.
    shrunk = run.events_size() < offset
    events = [] if shrunk else list(run.events(offset))
    # A run that was copied without its events still has its tables.
    copied = not any_step and not any(event["event"] in ("step", "probe") for _, event in events)
    return News(
        run, info["state"], str(info.get("device", "")), events, session.table("transfer"),
        traced_in_tables(run) if copied else [], [one for other in others for one in _traced(other)],
        resident_memory(run), shrunk,
    )  # fmt: skip


def _traced(run: Run) -> list[Traced]:
    """The models of a run that may vanish meanwhile."""
    try:
        return read_traced(run)
    except NerspaceError:
        return []


def sizes(traced: list[Traced]) -> list[tuple[str, str, int, int]]:
    """Whether anything is new of some models can be told from these."""
    return [(one.run, one.model, len(one.steps), len(one.probes)) for one in traced]
