"""What the command line shows: tables through their three doors, and the progress of a run."""

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nerspace.engine.errors import NerspaceError
from nerspace.engine.files import whole_file
from nerspace.tui.literal import literal, shown_number

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from nerspace.engine.runs import Run

# Where the output is no terminal nothing is squeezed into its width.
PIPE_WIDTH = 240
# How many finished stages stay in sight.
LINES = 8


def console(stderr: bool = False) -> "Console":
    """A console on stdout (or stderr) that draws text from data literally."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    return Console(file=stream, markup=False, highlight=False, emoji=False,
                   width=None if stream.isatty() else PIPE_WIDTH)  # fmt: skip


def show_table(
    name: str, frame: "pd.DataFrame", *, csv: str | None = None, as_json: bool = False, plot: bool = False,
    rows: int = 0,
) -> None:  # fmt: skip
    """Send a table through the doors that were asked for; without any, print it.

    csv: a file, or - for stdout. rows: how many to print at most, 0 for all; files always get all.
    """
    if csv is not None:
        write_csv(frame, csv)
    if as_json:
        print(json.dumps(json.loads(frame.to_json(orient="records", double_precision=9)), ensure_ascii=False, indent=1))
    if plot:
        from nerspace.engine.tables.index import CATALOGUE
        from nerspace.tui.plots.tables import plot as plot_text

        spec = CATALOGUE.get(name)
        print(plot_text(name, spec.plot if spec else "", frame))
    if csv is None and not as_json and not plot:
        print_table(frame, rows)


def write_csv(frame: "pd.DataFrame", target: str) -> None:
    """Write a table as CSV to a file, never over one that is there, or to stdout for "-".

    Raises: UsageError when the file exists, NerspaceError when it cannot be written.
    """
    from nerspace.engine.runs import to_csv

    text = to_csv(frame)
    if target == "-":
        sys.stdout.write(text)
        return
    path = Path(target).expanduser()
    with whole_file(path, new=True) as handle:
        handle.write(text.encode())
    console(stderr=True).print(f"{len(frame):,} rows written to {path}")


def write_text(path: Path, pieces: Iterable[str], total: int) -> None:
    """Write pieces of text to a new file, with progress; a write that is cut off leaves no file.

    Raises: UsageError when the file exists, NerspaceError when it cannot be written.
    """
    from rich.progress import track

    path = path.expanduser()
    shown = track(pieces, "Writing", total=total, console=console(stderr=True), transient=True)
    with whole_file(path, new=True) as handle:
        handle.writelines(piece.encode() for piece in shown)
    console(stderr=True).print(f"{total:,} sentences written to {path}")


def print_table(frame: "pd.DataFrame", rows: int = 0) -> None:
    """Print a table, at most `rows` of it if that is not 0."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in frame.columns:
        number = frame[column].dtype.kind in "if"
        table.add_column(literal(column), justify="right" if number else "left", no_wrap=number, overflow="fold")
    shown = frame.head(rows) if rows else frame
    for row in shown.itertuples(index=False):
        table.add_row(*(Text(shown_number(value)) for value in row))
    out = console()
    out.print(table)
    if len(shown) < len(frame):
        console(stderr=True).print(
            f"{len(shown):,} of {len(frame):,} rows; --rows 0 prints all, --csv FILE writes all."
        )


def follow(run: "Run") -> str:
    """Show a run's progress until it has ended and return its state; the first Ctrl+C asks it to stop."""
    from nerspace.engine.runs import jobs

    progress = _Progress(run)
    asked = False
    events = jobs.follow(run)
    with progress.shown():
        while True:
            try:
                event = next(events, None)
            except KeyboardInterrupt:
                if asked:
                    raise
                asked = True
                jobs.stop(run)
                progress.say("Stopping at the next step; Ctrl+C again leaves it to stop by itself.")
                events = jobs.follow(run, skip=progress.seen)
                continue
            if event is None:
                break
            progress.see(event)
    state: str = run.info()["state"]
    return state


def watch(run: "Run", to_the_end: bool = True) -> bool:
    """Watch a started run until it has finished, or tell how to watch it; whether it has finished.

    Raises: NerspaceError when the run failed, typer.Exit when it was stopped.
    """
    import typer

    if not to_the_end:
        print(f"{run.id} goes on by itself. Watch it: nerspace runs follow {run.id}")
        return False
    state = outcome(run)
    if state != "finished":
        held = ", ".join(run.tables()) or "nothing yet"
        print(f"The run is {state}; it holds {held}. Go on with it: nerspace runs resume {run.id}")
        raise typer.Exit(130)
    return True


def outcome(run: "Run") -> str:
    """Follow a run to its end; how it ended.

    Raises: NerspaceError when it failed.
    """
    state = follow(run)
    if state == "failed":
        problem = run.info().get("error", {})
        raise NerspaceError(problem.get("message", "The run failed."), problem.get("hint", ""))
    return state


class _Progress:
    """One line per stage: a bar with time left on a terminal, a plain line elsewhere."""

    def __init__(self, run: "Run") -> None:
        from nerspace.engine.runs.records import RemainingTime

        self.run = run
        self.seen = 0
        self._left = RemainingTime()
        self._out = console(stderr=True)
        self._bars: Any = None
        self._task: Any = None

    @contextmanager
    def shown(self) -> Iterator[None]:
        if not self._out.is_terminal:
            yield
            return
        from rich.progress import BarColumn, Progress, TextColumn

        self._bars = Progress(
            TextColumn("{task.description:<34}", markup=False),
            BarColumn(bar_width=20),
            TextColumn("{task.fields[amount]:>18}", markup=False),
            TextColumn("{task.fields[left]}", markup=False),
            console=self._out,
            refresh_per_second=4,
        )
        with self._bars:
            yield

    def say(self, text: str) -> None:
        (self._bars.console if self._bars else self._out).print(text)

    def see(self, event: dict[str, Any]) -> None:
        """Take in one event of the run."""
        self.seen += 1
        self._left.see(event)
        kind = event["event"]
        if kind == "stage":
            self._begin(event)
        elif kind in ("progress", "step"):
            self._advance(event["done"] if kind == "progress" else event["step"])
        elif kind == "note":
            self.say(literal(event["text"]))

    def _begin(self, event: dict[str, Any]) -> None:
        from nerspace.engine.runs.records import stage_text

        if self._bars is None:
            self.say(f"{stage_text(event)} ({event['total']:,} {event['unit']})")
            return
        self._unit = event["unit"]
        # More lines than the screen has would hide the one that moves.
        for old in self._bars.task_ids[:-LINES]:
            self._bars.update(old, visible=False)
        self._task = self._bars.add_task(stage_text(event), total=event["total"], amount="", left="")

    def _advance(self, done: int) -> None:
        if self._bars is None:
            return
        left = self._left.seconds()
        finished = done >= self._left.total
        self._bars.update(
            self._task,
            completed=done,
            amount=f"{done:,}/{self._left.total:,} {self._unit}",
            left="" if finished or left is None else f"{duration(left)} left",
        )


def duration(seconds: float) -> str:
    """Seconds as a person says them: 8 s, 2 min 05 s, 1 h 10 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"
