"""Runs from Python: the same requests, jobs and folders that the command line makes."""

import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nerspace.engine.errors import NerspaceError
from nerspace.engine.requests.training import make_request, make_run
from nerspace.engine.runs import Run, jobs, list_runs, workspace_folder, workspace_to_read
from nerspace.engine.runs.records import stage_text
from nerspace.engine.tables.index import CATALOGUE, table_spec

if TYPE_CHECKING:
    import pandas as pd

_log = logging.getLogger(__name__)


def runs(workspace: str | Path | None = None) -> list[Run]:
    """Every run of a workspace, the newest first.

    Args:
        workspace: a folder; else $NERSPACE_HOME, else $XDG_DATA_HOME/nerspace.
    """
    return list_runs(workspace_to_read(workspace))


def finetune(
    donor: str | Sequence[str] = "en", *, workspace: str | Path | None = None,
    progress: Callable[[str], object] = _log.info, **options: Any,
) -> Run:  # fmt: skip
    """Fine-tune on donor languages and count the errors in every language, as `nerspace finetune` does.

    The work is done by a process of its own, which goes on if this one dies; Ctrl+C stops it, and
    `nerspace runs resume` goes on with it.

    Args:
        donor: the language to train on, or several, each with models of its own.
        workspace: where the run is made, see `runs`.
        progress: takes each stage as a line, for example print; by default they are logged.
        options: fields of nerspace.engine.requests.training.Request, such as languages, size, test_size, seeds, seed,
            model, data, device, epochs.

    Returns:
        The finished run; its tables are in `run.tables()`, its models in the folder model.

    Raises:
        UsageError: for a field that cannot be.
        NerspaceError: where the run failed.
    """
    donors = (donor,) if isinstance(donor, str) else tuple(donor)
    run = make_run(workspace_folder(workspace), "finetune", make_request("finetune", donors=donors, **options))
    jobs.start(run)
    _follow(run, progress)
    return run


def _follow(run: Run, progress: Callable[[str], object]) -> None:
    progress(f"Run {run.id}")
    try:
        for line in filter(None, map(_line, jobs.follow(run))):
            progress(line)
    except KeyboardInterrupt:
        jobs.stop(run)
        raise
    info = run.info()
    if info["state"] != "finished":
        problem = info.get("error", {})
        raise NerspaceError(
            problem.get("message", f"The run {run.id} is {info['state']}."),
            problem.get("hint", f"Go on with it: nerspace runs resume {run.id}."),
        )


def _line(event: Mapping[str, Any]) -> str:
    """What a person wants to know of an event, if anything."""
    return stage_text(event) if event["event"] == "stage" else event["text"] if event["event"] == "note" else ""


def tables(name: str | None = None) -> "pd.DataFrame":
    """The tables that nerspace makes, or the columns of one.

    Args:
        name: of a table; a run's own are read with `run.read_table(name)`.

    Returns:
        table and meaning of every table; or column, meaning and type of every column.

    Raises:
        UsageError: for a name that no table has.
    """
    import pandas as pd

    if name is None:
        rows = [(spec.name, spec.meaning) for spec in CATALOGUE.values()]
        return pd.DataFrame(rows, columns=["table", "meaning"])
    columns = [(column, found.meaning, found.dtype) for column, found in table_spec(name).columns.items()]
    return pd.DataFrame(columns, columns=["column", "meaning", "type"])
