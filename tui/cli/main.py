"""The command line: every command parses, calls the engine and shows; nothing heavy is imported before it is needed."""

import sys
from typing import Annotated

import typer

from nerspace.engine.errors import NerspaceError
from nerspace.tui.cli import (
    data,
    doctor,
    evaluation,
    geometry,
    paper,
    runs,
    swap,
    tables,
    tokens,
    training,
    transfer,
    vectors,
)
from nerspace.tui.cli.options import Commands, Data, Model, OpenExplorer, Workspace

app = Commands(
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
app.add_typer(data.app, name="data")
app.add_typer(runs.app, name="runs")
for command in (
    training.finetune, transfer.transfer, swap.swap, evaluation.evaluate, tokens.tokens, tokens.tnld, paper.paper,
    geometry.isotropy, geometry.similarity, geometry.neighbours, geometry.groups, vectors.extract, vectors.project,
    training.demo, tables.tables, tables.export, runs.locate, doctor.doctor,
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
        open_explorer: OpenExplorer = context.obj
        open_explorer(workspace, run, data, model, ascii=ascii)


def main(open_explorer: OpenExplorer) -> None:
    """Run the command line; a failure is one clear line, with a traceback only under --debug."""
    debug = "--debug" in sys.argv
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    try:
        app(arguments, obj=open_explorer)
    except NerspaceError as error:
        if debug:
            raise
        print(f"nerspace: {error}", file=sys.stderr)
        raise SystemExit(error.exit_code) from None
    except BrokenPipeError:
        # The reader (head, less) has gone; Python must not try to flush to it again.
        sys.stdout = None
        raise SystemExit(0) from None
    except Exception as error:
        if debug:
            raise
        print(f"nerspace: {type(error).__name__}: {error} (--debug shows where)", file=sys.stderr)
        raise SystemExit(1) from None
