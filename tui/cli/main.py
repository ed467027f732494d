"""The command line: every command parses, calls the engine and shows; nothing heavy is imported before it is needed."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from nerspace.datasets.errors import NerspaceError
from nerspace.tui.cli import data as data_commands
from nerspace.tui.cli import evaluation as evaluation_commands
from nerspace.tui.cli import geometry as geometry_commands
from nerspace.tui.cli import paper as paper_commands
from nerspace.tui.cli import runs as runs_commands
from nerspace.tui.cli import swap as swap_commands
from nerspace.tui.cli import tokens as token_commands
from nerspace.tui.cli import training as training_commands
from nerspace.tui.cli import transfer as transfer_commands
from nerspace.tui.cli import vectors as vector_commands
from nerspace.tui.cli.options import (
    Csv,
    Data,
    Device,
    Dropout,
    Epochs,
    Json,
    Languages,
    LearningRate,
    Model,
    Plot,
    ProbeEvery,
    ProbeLanguages,
    ProbeLayers,
    ProbeSize,
    Rows,
    RunName,
    Workspace,
    layer_numbers,
)

app = typer.Typer(
    name="nerspace",
    help=(
        "See how a multilingual language model places the same named entity in different languages.\n\n"
        "Without a command, opens the explorer on the newest run. Begin with: nerspace demo"
    ),
    no_args_is_help=False,
    add_completion=False,
    pretty_exceptions_enable=False,
    # Paragraphs of help are filled to the width of the terminal.
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
runs_app = typer.Typer(help="Runs: list, show, follow, stop, resume, remove.", no_args_is_help=True)
app.add_typer(data_commands.app, name="data")
app.add_typer(runs_app, name="runs")
app.command()(training_commands.finetune)
app.command()(transfer_commands.transfer)
app.command()(swap_commands.swap)
app.command()(evaluation_commands.evaluate)
app.command()(token_commands.tokens)
app.command()(token_commands.tnld)
app.command()(paper_commands.paper)
runs_app.command("resume")(training_commands.resume)
runs_app.command("compare")(runs_commands.compare)
for command in (
    geometry_commands.isotropy, geometry_commands.similarity, geometry_commands.neighbours, geometry_commands.groups,
    vector_commands.extract, vector_commands.project,
):  # fmt: skip
    app.command()(command)


@app.callback(invoke_without_command=True)
def explore(
    context: typer.Context,
    run: Annotated[str | None, typer.Option("--run", help="Open the explorer on this run.")] = None,
    data: Data = "builtin",
    model: Model = "builtin",
    workspace: Workspace = None,
    ascii: Annotated[bool, typer.Option("--ascii", help="Draw with plain letters, without colors and lines.")] = False,
    version: Annotated[bool, typer.Option("--version", help="Print the version and leave.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks (may stand behind any command).")] = False,
) -> None:
    """Open the explorer when no command is given."""
    del debug  # taken out of the arguments by main()
    if version:
        from importlib.metadata import version as version_of

        print(f"nerspace {version_of('nerspace')}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        _open_explorer(workspace, run, data, model, ascii=ascii)


def _open_explorer(
    workspace: Path | None, name: str | None, data: str = "builtin", model: str = "builtin", room: str = "",
    ascii: bool = False,
) -> None:  # fmt: skip
    from nerspace.engine import runs
    from nerspace.tui.explorer.app import run_app
    from nerspace.tui.state import read_state, run_in_view

    folder = runs.workspace_folder(workspace)
    try:
        run = runs.find_run(folder, name) if name else run_in_view(folder, read_state())
    except NerspaceError:
        if name is not None:
            raise
        run = None
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise NerspaceError("The explorer needs a terminal.", "Commands that need none: nerspace --help.")
    run_app(folder, run, data, model, room, ascii)


@app.command()
def demo(
    lang: Languages = None,
    donor: Annotated[str, typer.Option(help="Language to train on.")] = "en",
    seed: Annotated[int, typer.Option(help="Decides the split, the sample and the training.")] = 0,
    size: Annotated[int, typer.Option(help="Training sentences.")] = 2880,
    test_size: Annotated[int, typer.Option(help="Test sentences per language.")] = 120,
    model: Model = "builtin",
    device: Device = "auto",
    data: Data = "builtin",
    epochs: Epochs = 1,
    learning_rate: LearningRate = None,
    dropout: Dropout = 0.0,
    probe_every: ProbeEvery = 30,
    probe_size: ProbeSize = 12,
    probe_lang: ProbeLanguages = None,
    probe_layers: ProbeLayers = None,
    perplexity: Annotated[float, typer.Option(help="Perplexity of the t-SNE maps.")] = 70,
    keep_model: Annotated[bool, typer.Option(help="Save the fine-tuned model in the run (0.5 GB).")] = True,
    tui: Annotated[bool, typer.Option("--tui/--no-tui", help="Open the explorer on the run at the end.")] = True,
    workspace: Workspace = None,
) -> None:
    """Do the paper's experiment end to end on real weights, in a few minutes.

    Samples parallel sentences, fine-tunes on the donor language alone while probing the space, counts errors in every
    language, relates them to spelling distance (TNLD), and maps word vectors before and after. Everything becomes a
    table of the run. Ctrl+C stops it and keeps what is finished.
    """
    from nerspace.datasets.languages import parse_languages
    from nerspace.engine import encoders
    from nerspace.engine.requests.training import make_request
    from nerspace.tui.cli.output import console, outcome
    from nerspace.tui.cli.reports.summary import show_summary, time_taken

    request = make_request(
        donor=parse_languages(donor)[0], languages=parse_languages(lang), seed=seed, size=size,
        test_size=test_size, model=model, device=device, data=data,
        learning_rate=learning_rate or (2e-4 if model == encoders.BUILTIN else 5e-5), batch_size=8, epochs=epochs,
        dropout=dropout, probe_every=probe_every, probe_size=probe_size, perplexity=perplexity, keep_model=keep_model,
        probe_languages=parse_languages(probe_lang) if probe_lang else (), probe_layers=layer_numbers(probe_layers),
    )  # fmt: skip
    run = training_commands.begin("demo", request, workspace)
    state = outcome(run)
    show_summary(run)
    print(f"\nThe run {state} after {time_taken(run)}: {run.path}")
    if state != "finished":
        console().print(f"Everything finished so far is there: {', '.join(run.tables()) or 'nothing yet'}.")
        print(f"Go on with it: nerspace runs resume {run.id}")
        raise typer.Exit(130)
    console().print(f"Tables: {', '.join(run.tables())}.")
    print(f"Explore it: nerspace --run {run.id}")
    if tui and sys.stdin.isatty() and sys.stdout.isatty():
        _open_explorer(workspace, run.id, data, model, room="space")


@runs_app.command("list")
def runs_list(workspace: Workspace = None, csv: Csv = None, as_json: Json = False) -> None:
    """List the runs of the workspace, newest first."""
    from nerspace.engine import runs
    from nerspace.engine.runs.tables import runs_table
    from nerspace.tui.cli.output import show_table

    frame = runs_table(runs.workspace_folder(workspace))
    if frame.empty and csv is None and not as_json:
        print("There is no run yet. Make one with: nerspace demo")
        return
    told = frame if csv is not None or as_json else frame[["run", "state", "kind", "created", "donor", "model"]]
    show_table("runs", told, csv=csv, as_json=as_json)


@runs_app.command("show")
def runs_show(name: RunName = None, workspace: Workspace = None) -> None:
    """Print what a run found so far, its request, state and tables."""
    import json

    from nerspace.tui.cli.reports.summary import show_summary

    run = _find(workspace, name)
    show_summary(run)
    print()
    print(json.dumps({**run.info(), "tables": run.tables()}, ensure_ascii=False, indent=2))


@runs_app.command("follow")
def runs_follow(name: RunName = None, workspace: Workspace = None) -> None:
    """Watch a run until it ends; Ctrl+C asks it to stop."""
    from nerspace.tui.cli.output import follow

    run = _find(workspace, name)
    print(f"{run.id}: {follow(run)}")


@runs_app.command("stop")
def runs_stop(name: RunName = None, workspace: Workspace = None) -> None:
    """Ask a run to stop at its next step."""
    from nerspace.engine.runs import jobs

    run = _find(workspace, name)
    if (state := run.info()["state"]) in jobs.ENDED:
        print(f"{run.id} is {state} already.")
        return
    jobs.stop(run)
    print(f"{run.id} was asked to stop.")


@runs_app.command("remove")
def runs_remove(
    name: Annotated[str, typer.Argument(metavar="RUN")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    workspace: Workspace = None,
) -> None:
    """Delete a run of the workspace and everything in it; of a linked run only the link."""
    from nerspace.engine import runs

    run = runs.find_run_to_remove(runs.workspace_folder(workspace), name)
    if not yes:
        typer.confirm(f"Delete {run.path}?", abort=True)
    runs.remove(run)
    print(f"{run.id} is gone.")


@app.command()
def tables(
    name: Annotated[str | None, typer.Argument(help="A table, to see its columns.")] = None,
    csv: Csv = None,
    as_json: Json = False,
) -> None:
    """List every table nerspace can make, or the columns of one."""
    import pandas as pd

    from nerspace.engine.tables.index import CATALOGUE, table_spec
    from nerspace.tui.cli.output import show_table

    if name is not None:
        spec = table_spec(name)
        print(spec.meaning)
        frame = pd.DataFrame(spec.meanings.items(), columns=["column", "meaning"])
    else:
        frame = pd.DataFrame(
            [(spec.name, spec.plot, spec.meaning) for spec in CATALOGUE.values()], columns=["table", "plot", "meaning"]
        )
    show_table("", frame, csv=csv, as_json=as_json)


@app.command()
def export(
    table: Annotated[str, typer.Argument(help="A table of the catalogue; see nerspace tables.")],
    run: Annotated[str | None, typer.Option("--run", help="A run; the newest by default.")] = None,
    csv: Csv = None,
    as_json: Json = False,
    plot: Plot = False,
    rows: Rows = 40,
    workspace: Workspace = None,
) -> None:
    """Print a table of a run, or write it as CSV.

    nerspace export transfer --csv transfer.csv
    """
    from nerspace.engine.tables.index import table_spec
    from nerspace.tui.cli.output import show_table

    spec = table_spec(table)
    found = _find(workspace, run, *filter(None, (table, spec.source)))
    made = spec.source and table not in found.tables()
    frame = spec.function(found.read_table(spec.source)) if made else found.read_table(table)
    show_table(table, frame, csv=csv, as_json=as_json, plot=plot, rows=rows)


@app.command()
def locate(name: RunName = None, workspace: Workspace = None) -> None:
    """Print the folder of a run, to be used by other programs."""
    print(_find(workspace, name).path)


@app.command()
def doctor(workspace: Workspace = None, model: Model = "builtin") -> None:
    """Check that everything nerspace needs is here, and say what is missing."""
    from nerspace.tui.cli.doctor import examine

    if not examine(workspace, model):
        raise typer.Exit(1)


def _find(workspace: Path | None, name: str | None, *tables: str) -> Any:
    """The run of that name; without one the newest, of those that hold one of the tables if any are named."""
    from nerspace.engine import runs

    has = (lambda run: not set(tables).isdisjoint(run.tables())) if tables else None
    return runs.find_run(runs.workspace_folder(workspace), name, has, f"the table {tables[0]}" if tables else "")


def main() -> None:
    """Run the command line; a failure is one clear line, with a traceback only under --debug."""
    debug = "--debug" in sys.argv
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    try:
        app(arguments)
    except NerspaceError as error:
        if debug:
            raise
        print(f"nerspace: {error}", file=sys.stderr)
        raise SystemExit(error.exit_code) from None
    except BrokenPipeError:
        # The reader (head, less) has gone; Python must not try to flush to it again.
        sys.stdout = None  # type: ignore[assignment]
        raise SystemExit(0) from None
    except Exception as error:
        if debug:
            raise
        print(f"nerspace: {type(error).__name__}: {error} (--debug shows where)", file=sys.stderr)
        raise SystemExit(1) from None
