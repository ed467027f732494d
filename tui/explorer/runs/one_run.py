"""One run whole: what was asked, and every table that it holds; and two runs side by side."""

from typing import TYPE_CHECKING, Any

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from nerspace.engine.errors import NerspaceError
from nerspace.engine.runs import Run
from nerspace.engine.tables.index import CATALOGUE
from nerspace.tui.actions import bindings
from nerspace.tui.explorer.listing import ListScreen
from nerspace.tui.explorer.run_bar import state_sign
from nerspace.tui.literal import literal
from nerspace.tui.widgets.found_table import FoundTable
from nerspace.tui.widgets.frame_table import FrameTable
from nerspace.tui.widgets.key_bar import KeyBar
from nerspace.tui.widgets.rows import FrameRows, Shown
from nerspace.tui.widgets.window import Window

if TYPE_CHECKING:
    import pandas as pd

REQUEST = "request"
_TABLE_COLUMNS = {"table": "name of the table", "rows": "its rows", "meaning": "what it tells"}
_FIELD_COLUMNS = {"field": "field of the request, or a version", "value": "what was asked or used"}


def brief(run: Run) -> Text:
    """What was asked of a run in a few lines, how it went, and what it holds.

    Raises: UsageError if it is gone.
    """
    info = run.info()
    asked = info.get("request") or {}
    donors = asked.get("donors") or [asked.get("donor", "?")]
    languages = asked.get("languages", ())
    sign, style = state_sign(info["state"])
    text = Text.assemble((f"{sign} {literal(info['state'])}", f"bold {style}"), f"  {literal(info.get('kind', ''))}")
    trained, tested = (literal(" ".join(map(str, codes))) for codes in (donors, languages))
    text.append(f" · trained on {trained} · tested in {tested}")
    facts = [f"{name.replace('_', ' ')} {asked[name]}" for name in _BRIEF if name in asked]
    text.append(f"\n{literal(' · '.join(facts))}", "dim")
    if info.get("device"):
        text.append(f" · {literal(info['device'])}", "dim")
    if problem := info.get("error"):
        text.append(f"\n{literal(problem.get('message', ''))} {literal(problem.get('hint', ''))}", "bold")
    text.append(f"\n{literal(' '.join(run.tables()) or 'no table yet')}", "dim")
    return text


_BRIEF = ("size", "test_size", "model", "data", "epochs", "batch_size", "learning_rate", "seed", "seeds", "probe_every")


def contents(run: Run) -> "pd.DataFrame":
    """The request and the tables of a run, each with its rows and what it means."""
    import pandas as pd

    rows = [(REQUEST, len(request_fields(run)), "what was asked, and with which versions it was done")]
    for name in run.tables():
        spec = CATALOGUE.get(name)
        with run.table_path(name).open("rb") as handle:
            lines = sum(block.count(b"\n") for block in iter(lambda: handle.read(1 << 20), b""))
        rows.append((name, max(0, lines - 1), spec.meaning if spec else ""))
    return pd.DataFrame(rows, columns=list(_TABLE_COLUMNS))


def request_fields(run: Run) -> "pd.DataFrame":
    """Every field of run.json, those of the request first."""
    import pandas as pd

    info = run.info()
    fields: dict[str, Any] = dict(info.get("request") or {})
    fields |= {name: value for name, value in info.items() if name not in ("request", "versions")}
    fields |= {f"version of {name}": value for name, value in (info.get("versions") or {}).items()}
    rows = [(name, " ".join(map(str, v)) if isinstance(v, list) else str(v)) for name, v in fields.items()]
    return pd.DataFrame(rows, columns=list(_FIELD_COLUMNS), dtype="string")


class RunScreen(ListScreen):
    """The request and the tables of a run; enter opens one."""

    def __init__(self, run: Run, frame: "pd.DataFrame") -> None:
        super().__init__(run.id, f"tables_of_{run.id}", frame, _TABLE_COLUMNS, "This run holds nothing.")
        self.inspected = run

    @work(thread=True, exit_on_error=False, group="table")
    def read(self, row: int) -> None:
        """Read the table of a row and show it."""
        run = self.inspected
        try:
            name = str(self.frame["table"].iloc[row])
            frame = request_fields(run) if name == REQUEST else run.read_table(name)
        except (NerspaceError, OSError) as error:
            self.app.call_from_thread(self.app.tell, str(error), "error")  # type: ignore[attr-defined]
        else:
            self.app.call_from_thread(self._open, name, frame)

    def _open(self, name: str, frame: "pd.DataFrame") -> None:
        columns = _FIELD_COLUMNS if name == REQUEST else CATALOGUE[name].meanings if name in CATALOGUE else {}
        title = f"{name} of {self.inspected.id}"
        self.app.push_screen(ListScreen(title, name, frame, columns, "This table has no row."))

    @on(FrameTable.Picked)
    def _picked(self, event: FrameTable.Picked) -> None:
        # Else the list, which this is, would close with the row.
        event.prevent_default()
        self.read(event.row)


def read_comparison(a: Run, b: Run) -> "tuple[Run, Run, pd.DataFrame, pd.DataFrame]":
    """Two runs with their differences; without errors in either, an empty table of them."""
    import pandas as pd

    from nerspace.engine.runs.tables import errors_compared, request_differences

    both = all("transfer" in run.tables() for run in (a, b))
    errors = errors_compared(a, b) if both else pd.DataFrame(columns=list(CATALOGUE["errors_compared"].columns))
    return a, b, request_differences(a, b), errors


class CompareScreen(Window[None]):
    """How two runs differ: in what was asked, above, and in their errors, below."""

    BINDINGS = bindings("compare")

    def __init__(self, a: Run, b: Run, asked: "pd.DataFrame", errors: "pd.DataFrame") -> None:
        super().__init__()
        self.runs = (a, b)
        self.frames = {"request_differences": asked, "errors_compared": errors}

    def compose(self) -> ComposeResult:
        """Two tables under each other."""
        a, b = self.runs
        with Vertical(classes="window tall wide", id="compare") as window:
            window.border_title = Text("two runs")
            yield Static(Text(f"a  {literal(a.id)}\nb  {literal(b.id)}"), markup=False)
            for name in self.frames:
                yield FoundTable(id=name)
            yield KeyBar()

    def on_mount(self) -> None:
        """Fill both."""
        asked, errors = self.frames.values()
        self.query_one("#request_differences", FoundTable).show(FrameRows(asked), empty="Both were asked the same.")
        table = self.query_one("#errors_compared", FoundTable)
        table.show(FrameRows(errors, 2), empty="One of them counted no errors.")
        table.focus()

    def _focused(self) -> FoundTable:
        return self.focused if isinstance(self.focused, FoundTable) else self.query(FoundTable).last()

    def _shown(self) -> Shown:
        name = str(self._focused().id)
        return Shown(name, self._focused().rows, CATALOGUE[name].meanings)

    def action_next_table(self) -> None:
        """To the other table."""
        self.focus_next(FoundTable)

    def action_close(self) -> None:
        """Back to the room."""
        self.dismiss(None)

    def action_export(self) -> None:
        """Write the table with the cursor as CSV."""
        self.app.export(self._shown())  # type: ignore[attr-defined]

    def action_copy(self) -> None:
        """Copy the row or cell."""
        self.app.copy(self._focused().copied())  # type: ignore[attr-defined]

    def action_copy_table(self) -> None:
        """Copy the table with the cursor."""
        self.app.copy_rows(self._shown())  # type: ignore[attr-defined]
