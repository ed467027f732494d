"""The run that a command makes, and its progress on the terminal."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from nerspace.engine.errors import NerspaceError
from nerspace.tui.cli.options import Workspace
from nerspace.tui.literal import literal
from nerspace.tui.terminal import console

if TYPE_CHECKING:
    from nerspace.engine.runs import Run

# How many finished stages stay in sight.
LINES = 8


class Job(NamedTuple):
    """The run that a command makes."""

    follow: Annotated[
        bool,
        typer.Option("--follow/--detach", help="Watch the run until it ends, or return at once and leave it running."),
    ] = True
    workspace: Workspace = None

    @property
    def folder(self) -> Path:
        """The workspace, to find runs in."""
        from nerspace.engine import runs

        return runs.workspace_to_read(self.workspace)

    def start(self, kind: str, request: Mapping[str, Any]) -> "Run":
        """Make a run of a request that was checked, print its name and start its job."""
        from nerspace.engine import runs
        from nerspace.engine.runs import jobs

        run = runs.create(runs.workspace_folder(self.workspace), kind, request, request["seed"])
        console(stderr=True).print(f"Run {run.id}")
        jobs.start(run)
        return run

    def ended(self, run: "Run") -> bool:
        """Whether a started run has finished, after watching it; else how to watch it is printed.

        Raises:
            NerspaceError: when the run failed.
            typer.Exit: when it was stopped.
        """
        if not self.follow:
            print(f"{run.id} goes on by itself. Watch it: nerspace runs follow {run.id}")
            return False
        state = outcome(run)
        if state != "finished":
            held = ", ".join(run.tables()) or "nothing yet"
            print(f"The run is {state}; it holds {held}. Go on with it: nerspace runs resume {run.id}")
            raise typer.Exit(130)
        return True


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


def outcome(run: "Run") -> str:
    """Follow a run to its end; how it ended.

    Raises:
        NerspaceError: when it failed.
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
        self._unit = ""

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

        # Events that are damaged may lack the stage that this is of.
        if self._task is None:
            return
        left = self._left.seconds()
        finished = done >= self._left.total
        self._bars.update(
            self._task,
            completed=done,
            amount=f"{done:,}/{self._left.total:,} {self._unit}",
            left="" if finished or left is None else f"{duration(left)} left",
        )
