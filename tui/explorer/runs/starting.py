"""The jobs that can be started from the list of runs, with what each of them takes."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from nerspace.engine.errors import UsageError
from nerspace.engine.runs import Run, create, jobs

if TYPE_CHECKING:
    import pandas as pd


class Startable(NamedTuple):
    """A job that the explorer starts.

    Attributes:
        meaning: what it finds out.
        needs_run: whether it works on the run under the cursor.
        request: makes its request, as run.json holds it; None where a form asks for it.
    """

    meaning: str
    needs_run: bool
    request: "Callable[[Run | None], dict[str, Any]] | None"


def _paper(run: Run | None) -> dict[str, Any]:
    from nerspace.engine.requests.paper import make_paper_request

    del run
    return make_paper_request()


def _swap(run: Run | None) -> dict[str, Any]:
    from nerspace.engine.requests.swapping import make_swap_request

    return make_swap_request(run)


def _extract(run: Run | None) -> dict[str, Any]:
    from nerspace.engine.requests.extraction import make_extract_request

    return make_extract_request(run)


STARTABLE = {
    "finetune": Startable("fine-tune donors, watched on Training; a form asks which", False, None),
    "transfer": Startable("train every language as donor, and count errors in all others; a form asks", False, None),
    "paper": Startable("train what the paper needs at small scale and judge its claims; 15 minutes", False, _paper),
    "swap": Startable("read names in contexts of other types with the model of this run; some minutes", True, _swap),
    "extract": Startable("store the vectors of this run's test sentences at its first and last layer", True, _extract),
}  # fmt: skip
COLUMNS = {"job": "kind of run", "what it does": "what it finds out, and how long that takes"}


def startable_table() -> "pd.DataFrame":
    """The jobs as a list."""
    import pandas as pd

    return pd.DataFrame([(name, one.meaning) for name, one in STARTABLE.items()], columns=list(COLUMNS))


def start(workspace: Path, kind: str, run: Run | None) -> Run:
    """Make a run of that kind with the request that its command would make, and start its job.

    Raises:
        NerspaceError: where what it needs is not there.
    """
    make = STARTABLE[kind].request
    if make is None:
        raise UsageError(f"{kind} is asked for by a form.", "n on Runs opens it.")
    request = make(run)
    started = create(workspace, kind, request, int(request.get("seed", 0)))
    jobs.start(started)
    return started
