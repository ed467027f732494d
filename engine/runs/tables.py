"""Tables over runs: what a workspace holds, and how two runs differ in what was requested and what was found."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nerspace.engine.errors import DataError, NerspaceError
from nerspace.engine.runs import Run, list_runs
from nerspace.engine.runs.labels import read_labels
from nerspace.engine.tables.spec import DONOR, LANGUAGE, TableSpec, integer, integer_or_gap, real, text

if TYPE_CHECKING:
    import pandas as pd


def seconds_taken(info: Mapping[str, Any], now: datetime | None = None) -> float | None:
    """Seconds from a run's start (or its last resumption) to its end, until `now` where it goes on; None before.

    Args:
        info: what run.json says.
    """
    try:
        started = datetime.fromisoformat(str(info["started"]))
        ended = datetime.fromisoformat(str(info["ended"])) if info.get("ended") else now or datetime.now(started.tzinfo)
    except (KeyError, ValueError):
        return None
    if info["state"] == "dead":
        return None
    return max(0.0, (ended - started).total_seconds())


RUNS = TableSpec(
    "runs",
    "The runs of a workspace, newest first.",
    {
        "run": text("folder name of the run"),
        "state": text("queued, running, finished, stopped, failed, dead: its process is gone, or damaged"),
        "kind": text("what it was asked to do"),
        "created": text("when it was asked for, ISO 8601"),
        "donor": text("languages trained on"),
        "model": text("encoder"),
        "languages": integer("how many languages"),
        "size": integer_or_gap("training sentences per model"),
        "seeds": integer("seeds per donor"),
        "seconds": real("from its start to its end, or until now; empty before the start"),
        "tables": integer("how many tables it holds"),
        "problem": text("why it is damaged or failed, or where it runs if that cannot be seen from here"),
        "name": text("what a person calls it"),
        "tags": text("words that a person gave it, with blanks between"),
        "pinned": integer("1 if it is pinned, else 0"),
        "note": text("what a person wrote to it"),
    },
)


@RUNS.made_by
def runs_table(workspace: Path) -> "pd.DataFrame":
    """The table `runs`; a run that vanishes meanwhile is left out, and one that cannot be read is damaged."""
    rows: list[tuple[Any, ...]] = []
    for run in list_runs(workspace):
        try:
            info = run.info()
        except DataError as error:
            tables = len(run.tables())
            rows.append((run.id, "damaged", "", "", "", "", 0, None, 0, None, tables, error.message, *_labels(run)[0]))
            continue
        except NerspaceError:
            continue
        request = info.get("request") or {}
        donors = " ".join(map(str, request.get("donors") or [request.get("donor") or ""]))
        labels, damaged = _labels(run)
        rows.append(
            (
                run.id, info.get("state", ""), info.get("kind", ""), info.get("created") or "", donors,
                request.get("model") or "", len(request.get("languages") or ()), request.get("size"),
                request.get("seeds") or 1, seconds_taken(info), len(run.tables()), _problem(info) or damaged,
                *labels,
            )
        )  # fmt: skip
    return RUNS.frame(rows)


def _labels(run: Run) -> tuple[tuple[str, str, int, str], str]:
    """Name, tags, pin and note of a run, and what is wrong with them."""
    try:
        found = read_labels(run)
    except DataError as error:
        return ("", "", 0, ""), error.message
    return (found.name, " ".join(found.tags), int(found.pinned), found.note), ""


def _problem(info: Mapping[str, Any]) -> str:
    if host := info.get("host"):
        return f"on {host}"
    return (info.get("error") or {}).get("message", "") if info["state"] == "failed" else ""


DAMAGES = TableSpec(
    "damages",
    "Files of runs that are not as they were written.",
    {
        "run": text("folder name of the run"),
        "file": text("path in the run"),
        "problem": text("what is wrong with it"),
    },
)


@DAMAGES.made_by
def damages_table(among: Sequence[Run]) -> "pd.DataFrame":
    """The table `damages`; every file of these runs is read."""
    return DAMAGES.frame((run.id, name, problem) for run in among for name, problem in run.damages().items())


REQUEST_DIFFERENCES = TableSpec(
    "request_differences",
    "What was asked of two runs, field by field, where it differs.",
    {
        "field": text("field of the request, or a version"),
        "a": text("in the first run"),
        "b": text("in the second run"),
    },
)


@REQUEST_DIFFERENCES.made_by
def request_differences(a: Run, b: Run) -> "pd.DataFrame":
    """The table `request_differences`; a field that one of them lacks is empty there.

    Raises:
        UsageError: if one of the runs is gone.
    """
    first, second = (_deciding_fields(run.info()) for run in (a, b))
    names = dict.fromkeys([*first, *second])
    rows = [(name, first.get(name, ""), second.get(name, "")) for name in names if first.get(name) != second.get(name)]
    return REQUEST_DIFFERENCES.frame(rows)


def _deciding_fields(info: Mapping[str, Any]) -> dict[str, str]:
    """What decides a run, as text: its kind, every field of the request, the device and the versions."""
    fields: dict[str, Any] = {"kind": info.get("kind"), **(info.get("request") or {})}
    fields |= {"computed on": info.get("device")}
    fields |= {f"version of {name}": value for name, value in (info.get("versions") or {}).items()}
    return {name: _text(value) for name, value in fields.items() if value is not None}


def _text(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        # 70.0 requests what 70 does.
        return str(int(value))
    return " ".join(map(str, value)) if isinstance(value, Sequence) and not isinstance(value, str) else str(value)


ERRORS_COMPARED = TableSpec(
    "errors_compared",
    "Wrong sentences of two runs side by side, mean over the seeds.",
    {
        "donor": text(DONOR),
        "recipient": text(LANGUAGE),
        "seeds_a": integer_or_gap("models of the donor in the first run"),
        "seeds_b": integer_or_gap("models of the donor in the second run"),
        "wrong_a": real("wrong sentences of the first run in percent"),
        "wrong_b": real("wrong sentences of the second run in percent"),
        "difference": real("second minus first, in percentage points"),
        "f1_a": real("strict entity F1 of the first run"),
        "f1_b": real("strict entity F1 of the second run"),
    },
)


@ERRORS_COMPARED.made_by
def errors_compared(a: Run, b: Run) -> "pd.DataFrame":
    """The table `errors_compared`, a row for every donor and recipient that either run tested.

    Raises:
        UsageError: if one of the runs has no table `transfer`.
    """
    first, second = (_mean_errors(run) for run in (a, b))
    keys = ["donor", "recipient"]
    both = first.merge(second, on=keys, how="outer", suffixes=("_a", "_b"), sort=False)
    both["difference"] = both["wrong_b"] - both["wrong_a"]
    return ERRORS_COMPARED.checked(both[list(ERRORS_COMPARED.columns)])


def _mean_errors(run: Run) -> "pd.DataFrame":
    transfer = run.read_table("transfer")
    transfer["share"] = 100 * transfer["wrong"] / transfer["sentences"]
    groups = transfer.groupby(["donor", "recipient"], as_index=False, sort=False)
    return groups.agg(seeds=("seed", "nunique"), wrong=("share", "mean"), f1=("f1", "mean"))
