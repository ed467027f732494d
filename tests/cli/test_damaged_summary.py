"""What is told of a run of which parts are gone."""

import io
from pathlib import Path

from rich.console import Console

from nerspace.engine import runs
from nerspace.engine.tables.index import CATALOGUE
from nerspace.tui.cli.job import _Progress
from nerspace.tui.cli.reports.summary import show_summary


def test_progress_of_a_stage_that_is_not_there_is_passed_over(tmp_path: Path) -> None:
    progress = _Progress(runs.create(tmp_path, "demo", {}, 0))
    progress._out = Console(file=io.StringIO(), force_terminal=True)
    with progress.shown():
        progress.see({"event": "progress", "done": 3, "time": 0.0})
        progress.see({"event": "stage", "stage": "read", "label": "Reading", "total": 9, "unit": "rows", "time": 1.0})
        progress.see({"event": "progress", "done": 3, "time": 2.0})
        progress._bars.refresh()
    assert "3/9 rows" in progress._out.file.getvalue()  # type: ignore[attr-defined]


def test_a_table_without_rows_is_left_out(tmp_path: Path) -> None:
    run = runs.create(tmp_path, "demo", {}, 0)
    run.table_path("transfer").parent.mkdir(exist_ok=True)
    run.table_path("transfer").write_text(f"{','.join(CATALOGUE['transfer'].columns)}\n")
    show_summary(run)
