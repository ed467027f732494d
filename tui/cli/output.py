"""What the command line shows: tables through their three doors, and the progress of a run."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from nerspace.engine.errors import NerspaceError
from nerspace.tui.cli.options import But
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


class Output(NamedTuple):
    """Where a table goes: to a file, as JSON, as a text plot, or without any of them to the screen."""

    csv: Annotated[str | None, typer.Option(metavar="FILE", help="Write the table as CSV; - is stdout.")] = None
    as_json: Annotated[bool, typer.Option("--json", help="Print the table as JSON.")] = False
    plot: Annotated[bool, typer.Option("--plot", help="Draw the table as text.")] = False
    rows: Annotated[int, typer.Option(min=0, help="Rows to print; 0 prints all.")] = 0

    @property
    def is_data(self) -> bool:
        """Whether the table itself is wanted, for another program."""
        return self.csv is not None or self.as_json

    @property
    def is_screen(self) -> bool:
        """Whether nothing but the screen was asked for."""
        return not (self.is_data or self.plot)

    def show(self, name: str, frame: "pd.DataFrame") -> None:
        """Send a table where it was asked for; files always get all of it. name: of the catalogue, or empty."""
        if self.csv is not None:
            write_csv(frame, self.csv)
        if self.as_json:
            import json

            records = json.loads(frame.to_json(orient="records", double_precision=9))
            print(json.dumps(records, ensure_ascii=False, indent=1))
        if self.plot:
            from nerspace.engine.tables.index import CATALOGUE
            from nerspace.tui.plots.tables import plot

            spec = CATALOGUE.get(name)
            print(plot(name, spec.plot if spec else "", frame))
        if self.is_screen:
            print_table(frame, self.rows)


def say(line: str = "") -> None:
    """Print a line of a report, which the terminal may wrap."""
    console().print(line, soft_wrap=True)


def records(frame: "pd.DataFrame") -> Iterator[Any]:
    """The rows of a table with columns as attributes; of what kind each is, only who reads them knows."""
    yield from frame.itertuples(index=False)


def announce_unpacking(model: str) -> None:
    """Say that the built-in encoder is about to be converted, which happens once."""
    from nerspace.engine import encoders
    from nerspace.engine.encoders.builtin import is_converted

    if model == encoders.BUILTIN and not is_converted():
        console(stderr=True).print("Unpacking the built-in encoder, once (some seconds, 480 MB in the cache)")


# What commands take of it.
Files = Annotated[Output, But("plot", "rows")]
Rows = Annotated[Output, But("plot", rows=60)]
Plotted = Annotated[Output, But(rows=60)]


def write_csv(frame: "pd.DataFrame", target: str) -> None:
    """Write a table as CSV to a file, never over one that is there, or to stdout for "-".

    Raises: UsageError when the file exists, NerspaceError when it cannot be written.
    """
    from nerspace.engine.files import whole_file
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

    from nerspace.engine.files import whole_file

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
    for row in records(shown):
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
    stopping = False
    events = jobs.follow(run)
    with progress.shown():
        while True:
            try:
                event = next(events, None)
            except KeyboardInterrupt:
                if stopping:
                    raise
                stopping = True
                jobs.stop(run)
                progress.note("Stopping at the next step; Ctrl+C again leaves it to stop by itself.")
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

    def note(self, text: str) -> None:
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
            self.note(literal(event["text"]))

    def _begin(self, event: dict[str, Any]) -> None:
        from nerspace.engine.runs.records import stage_text

        if self._bars is None:
            self.note(f"{stage_text(event)} ({event['total']:,} {event['unit']})")
            return
        self._unit = event["unit"]
        # More lines than the screen has would hide the one that moves.
        for old in self._bars.task_ids[:-LINES]:
            self._bars.update(old, visible=False)
        self._task = self._bars.add_task(stage_text(event), total=event["total"], amount="", left="")

    def _advance(self, done: int) -> None:
        from nerspace.engine.runs.records import duration

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
