"""nerspace runs: the runs of the workspace, and how two of them differ; nerspace locate."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nerspace.engine.words import several
from nerspace.tui.cli.job import Job
from nerspace.tui.cli.options import Commands, RunName, Workspace
from nerspace.tui.cli.output import Files
from nerspace.tui.literal import literal

if TYPE_CHECKING:
    from nerspace.engine.runs import Run


Lost = Annotated[bool, typer.Option("--lost", help="The host that it runs on is gone for good.")]

app = Commands(help="Runs: list, name, show, follow, stop, resume, verify, remove.", no_args_is_help=True)


@app.command("list")
def list_runs(*, workspace: Workspace = None, output: Files) -> None:
    """List the runs of the workspace, newest first."""
    from nerspace.engine import runs
    from nerspace.engine.runs.tables import runs_table
    from nerspace.tui.cli.output import records, say

    frame = runs_table(runs.workspace_to_read(workspace))
    if frame.empty and output.is_screen:
        print("There is no run yet. Make one with: nerspace demo")
        return
    brief = ["run", "state", "kind", "created", "donor", "model"]
    # What people gave them, where they gave any.
    brief += [name for name in ("name", "tags") if (frame[name] != "").any()]
    output.show("runs", frame if output.is_data else frame[brief])
    if output.is_screen:
        for row in records(frame[frame["problem"].fillna("") != ""]):
            say(literal(f"{row.run}: {row.problem}"))


@app.command()
def show(name: RunName = None, workspace: Workspace = None) -> None:
    """Print what a run found so far, its request, state and tables."""
    import json

    from nerspace.tui.cli.reports.summary import show_summary

    run = find(workspace, name)
    show_summary(run)
    print()
    print(json.dumps({**run.info(), "tables": run.tables()}, ensure_ascii=False, indent=2))


Named = Annotated[str, typer.Argument(metavar="RUN", help="A run's id, the beginning of it, or its name.")]


@app.command()
def name(
    run: Named,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What to call it; '' takes the name away.")],
    workspace: Workspace = None,
) -> None:
    """Give a run a name, by which every command knows it from then on."""
    from nerspace.engine.runs.labels import label

    found = find(workspace, run)
    print(f"{found.id} is called {literal(label(found, name=name).name) or 'nothing'}.")


@app.command()
def note(
    run: Named,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What to write; '' takes the note away.")],
    workspace: Workspace = None,
) -> None:
    """Write a note to a run."""
    from nerspace.engine.runs.labels import label

    found = find(workspace, run)
    label(found, note=text)
    print(f"{found.id} has {'a note' if text else 'no note'}.")


@app.command()
def tag(
    run: Named,
    tags: Annotated[list[str], typer.Argument(metavar="TAG ...", help="Words; -WORD takes one away.")],
    workspace: Workspace = None,
) -> None:
    """Give a run tags, or take them away: nerspace runs tag demo-2026 baseline; nerspace runs tag demo-2026 -- -old."""
    from nerspace.engine.runs.labels import label, parse_tags, read_labels

    found = find(workspace, run)
    asked = parse_tags(" ".join(tags))
    gone = {one[1:] for one in asked if one.startswith("-")}
    kept = [one for one in (*read_labels(found).tags, *(t for t in asked if not t.startswith("-"))) if one not in gone]
    labels = label(found, tags=tuple(dict.fromkeys(kept)))
    print(f"{found.id} has the tags {literal(' '.join(labels.tags)) or 'none'}.")


@app.command()
def pin(
    run: Named,
    pinned: Annotated[bool, typer.Option("--pin/--unpin", help="Put it first in the explorer, or no longer.")] = True,
    workspace: Workspace = None,
) -> None:
    """Pin a run, so that it stands first in the explorer's list."""
    from nerspace.engine.runs.labels import label

    found = find(workspace, run)
    label(found, pinned=pinned)
    print(f"{found.id} is {'pinned' if pinned else 'no longer pinned'}.")


@app.command()
def follow(name: RunName = None, workspace: Workspace = None) -> None:
    """Watch a run until it ends; Ctrl+C asks it to stop."""
    from nerspace.tui.cli import job

    run = find(workspace, name)
    print(f"{run.id}: {job.follow(run)}")


@app.command()
def stop(name: RunName = None, workspace: Workspace = None) -> None:
    """Ask a run to stop at its next step."""
    from nerspace.engine.runs import jobs

    run = find(workspace, name)
    before = run.info()
    state = jobs.stop(run)
    if before["state"] in jobs.ENDED:
        print(f"{run.id} is {state} already.")
    elif state in jobs.ENDED:
        print(f"{run.id} was never started, and is {state}.")
    else:
        host = f" It is on {before['host']}, which cannot be seen from here." if before.get("host") else ""
        print(f"{run.id} was asked to stop.{host}")


@app.command()
def remove(
    name: Annotated[str, typer.Argument(metavar="RUN")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    lost: Lost = False,
    workspace: Workspace = None,
) -> None:
    """Delete a run of the workspace and everything in it; of a linked run only the link."""
    from nerspace.engine import runs

    run = runs.find_run_to_remove(runs.workspace_to_read(workspace), name)
    if not yes:
        typer.confirm(f"Delete {run.path}?", abort=True)
    runs.remove(run, lost)
    print(f"{run.id} is gone.")


@app.command()
def verify(name: RunName = None, *, output: Files, workspace: Workspace = None) -> None:
    """Tell what is damaged in a run, or in every run: files that are not as they were written."""
    from nerspace.engine import runs
    from nerspace.engine.runs.tables import damages_table

    found = [find(workspace, name)] if name is not None else runs.list_runs(runs.workspace_to_read(workspace))
    frame = damages_table(found)
    if output.is_data or len(frame):
        output.show("damages", frame)
    if output.is_screen:
        whole = [run for run in found if run.id not in set(frame["run"])]
        if whole:
            held = sum(len(run.tables()) for run in whole)
            as_they = "is as it was written" if len(whole) == 1 else "are as they were written"
            print(f"{len(whole)} of {several(len(found), 'run')} {as_they}, with {several(held, 'table')}.")
        for run in found:
            if run.id in set(frame["run"]):
                print(f"Have it made anew: nerspace runs resume {run.id}")
    if len(frame):
        raise typer.Exit(1)


@app.command()
def resume(name: RunName = None, lost: Lost = False, *, job: Job) -> None:
    """Go on with a run that was stopped, failed or died, from its last checkpoint; make anew what is damaged."""
    from nerspace.engine.runs import jobs

    run = find(job.workspace, name)
    jobs.resume(run, lost)
    show_end(run, job)


def show_end(run: "Run", job: Job) -> None:
    """Watch a started run to its end and show what it found, or print how to watch it."""
    from nerspace.tui.cli.reports.summary import show_summary
    from nerspace.tui.terminal import console

    if not job.ended(run):
        return
    show_summary(run)
    console().print(f"Tables: {', '.join(run.tables())}.")
    print(f"Explore it: nerspace --run {run.id}")


@app.command()
def compare(
    first: Annotated[str, typer.Argument(metavar="RUN", help="A run's id or the beginning of it.")],
    second: Annotated[str, typer.Argument(metavar="OTHER", help="Another.")],
    request: Annotated[
        bool, typer.Option("--request/--errors", help="What was asked of them, or the sentences that they get wrong.")
    ] = False,
    *,
    output: Files,
    workspace: Workspace = None,
) -> None:
    """Lay two runs side by side: wrong sentences per language, or the fields of their requests that differ."""
    from nerspace.engine.runs import tables

    a, b = (find(workspace, name) for name in (first, second))
    table = "request_differences" if request else "errors_compared"
    frame = tables.request_differences(a, b) if request else tables.errors_compared(a, b)
    output.show(table, frame)
    if frame.empty and output.is_screen:
        print("Both were asked the same.")


def locate(name: RunName = None, workspace: Workspace = None) -> None:
    """Print the folder of a run, to be used by other programs."""
    print(find(workspace, name).path)


def find(workspace: Path | None, name: str | None, *tables: str) -> "Run":
    """The run of that name; without one the newest, of those that hold one of the tables if any are named."""
    from nerspace.engine import runs

    has = (lambda run: not set(tables).isdisjoint(run.tables())) if tables else None
    return runs.find_run(runs.workspace_to_read(workspace), name, has, f"the table {tables[0]}" if tables else "")
