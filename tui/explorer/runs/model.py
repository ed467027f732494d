"""What the runs screen reads of runs: their list, what was requested of one, its tables, and how two differ."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from rich.text import Text

from nerspace.engine.files import open_regular
from nerspace.engine.runs import Run
from nerspace.engine.runs.labels import read_labels
from nerspace.engine.tables.index import CATALOGUE
from nerspace.tui.explorer.run_bar import state_sign
from nerspace.tui.literal import clock, is_missing, literal
from nerspace.tui.widgets.rows import Cell, FrameRows

if TYPE_CHECKING:
    import pandas as pd

REQUEST = "request"
TABLE_COLUMNS = {"table": "name of the table", "rows": "its rows", "meaning": "what it tells"}
FIELD_COLUMNS = {"field": "field of the request, or a version", "value": "what was asked or used"}
_BRIEF = ("size", "test_size", "model", "data", "epochs", "batch_size", "learning_rate", "seed", "seeds", "probe_every")


class RunRows(FrameRows):
    """The table `runs`, its moments in local time and its durations as a clock shows them."""

    def __init__(self, frame: "pd.DataFrame", here: str) -> None:
        super().__init__(frame, 2, ("run",))
        self.here = here

    def cells(self, index: int) -> Sequence[Cell]:
        """The cells of a run; the one in view is bold."""
        cells: list[Cell] = list(super().cells(index))
        row = self.frame.iloc[index]
        names = list(self.frame.columns)
        pinned = "★ " if row.get("pinned") == 1 else ""
        cells[0] = Text(pinned + literal(row["run"]), "bold" if row["run"] == self.here else "", end="")
        sign, style = state_sign(str(row["state"]))
        cells[1] = Text.assemble((sign, style), f" {literal(row['state'])}", end="")
        for name in ("name", "tags", "note"):
            if name in names and not row[name]:
                cells[names.index(name)] = ""
        for name, shown in (("created", _moment), ("seconds", _clock)):
            if name in names:
                cells[names.index(name)] = shown(row[name])
        return cells


def arranged(frame: "pd.DataFrame") -> "pd.DataFrame":
    """The table `runs` for reading: pinned runs first, and what people gave them beside the state, where they did."""
    given = [name for name in ("name", "tags") if (frame[name] != "").any()]
    names = [*dict.fromkeys(["run", "state", *given, *frame.columns])]
    ordered: pd.DataFrame = frame[names].sort_values("pinned", ascending=False, kind="stable", ignore_index=True)
    return ordered


def _moment(value: object) -> str:
    try:
        return f"{datetime.fromisoformat(str(value)).astimezone():%Y-%m-%d %H:%M}"
    except ValueError:
        return "–"


def _clock(value: Any) -> str:
    return "–" if is_missing(value) else clock(float(value))


def brief(run: Run) -> Text:
    """The request of a run in a few lines, how it went, and what it holds.

    Raises:
        UsageError: if it is gone.
    """
    info = run.info()
    labels = read_labels(run)
    request = info.get("request") or {}
    donors = request.get("donors") or [request.get("donor", "?")]
    languages = request.get("languages", ())
    sign, style = state_sign(info["state"])
    text = Text.assemble((f"{sign} {literal(info['state'])}", f"bold {style}"), f"  {literal(info.get('kind', ''))}")
    if labels.name:
        text.append(f"  {literal(labels.name)}", "bold")
    if labels.tags:
        text.append(f"  {literal(' '.join(labels.tags))}", "reverse")
    trained, tested = (literal(" ".join(map(str, codes))) for codes in (donors, languages))
    text.append(f" · trained on {trained} · tested in {tested}")
    facts = [f"{name.replace('_', ' ')} {request[name]}" for name in _BRIEF if name in request]
    text.append(f"\n{literal(' · '.join(facts))}", "dim")
    if info.get("device"):
        text.append(f" · {literal(info['device'])}", "dim")
    if problem := info.get("error"):
        text.append(f"\n{literal(problem.get('message', ''))} {literal(problem.get('hint', ''))}", "bold")
    if labels.note:
        text.append(f"\n{literal(labels.note)}", "italic")
    text.append(f"\n{literal(' '.join(run.tables()) or 'no table yet')}", "dim")
    return text


def contents(run: Run) -> "pd.DataFrame":
    """The request and the tables of a run, each with its rows and what it means."""
    import pandas as pd

    rows = [(REQUEST, len(request_fields(run)), "what was asked, and with which versions it was done")]
    for name in run.tables():
        spec = CATALOGUE.get(name)
        with open_regular(run.table_path(name)) as handle:
            lines = sum(block.count(b"\n") for block in iter(lambda: handle.read(1 << 20), b""))
        rows.append((name, max(0, lines - 1), spec.meaning if spec else ""))
    return pd.DataFrame(rows, columns=list(TABLE_COLUMNS))


def request_fields(run: Run) -> "pd.DataFrame":
    """Every field of run.json, those of the request first."""
    import pandas as pd

    info = run.info()
    fields: dict[str, Any] = dict(info.get("request") or {})
    fields |= {name: value for name, value in info.items() if name not in ("request", "versions")}
    fields |= {f"version of {name}": value for name, value in (info.get("versions") or {}).items()}
    rows = [(name, " ".join(map(str, v)) if isinstance(v, list) else str(v)) for name, v in fields.items()]
    return pd.DataFrame(rows, columns=list(FIELD_COLUMNS), dtype="string")


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs, the fields of their requests that differ, and their errors side by side."""

    a: Run
    b: Run
    requests: "pd.DataFrame"
    errors: "pd.DataFrame"


def read_comparison(a: Run, b: Run) -> Comparison:
    """Compare two runs; without errors in either, their table is empty."""
    import pandas as pd

    from nerspace.engine.runs.tables import errors_compared, request_differences

    both = all("transfer" in run.tables() for run in (a, b))
    errors = errors_compared(a, b) if both else pd.DataFrame(columns=list(CATALOGUE["errors_compared"].columns))
    return Comparison(a, b, request_differences(a, b), errors)
