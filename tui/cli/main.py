"""The command line: every command parses, calls the engine and shows; nothing heavy is imported before it is needed."""

import contextlib
import sys
import traceback
from typing import Annotated

import typer

from nerspace.engine.errors import ConfigurationError, NerspaceError
from nerspace.tui.cli import (
    causes,
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
from nerspace.tui.literal import literal
from nerspace.tui.terminal import ReaderGone, doors, drop_output

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
    training.finetune, transfer.transfer, causes.factors, swap.swap, evaluation.evaluate, tokens.tokens, tokens.tnld,
    paper.paper,
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
    """Run the command line; a failure is one clear line, with a traceback only under --debug.

    A reader that has had enough (head) is no failure, and neither is a closed stdout.
    """
    debug = "--debug" in sys.argv
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    code = 0
    try:
        with doors():
            code = _run(arguments, open_explorer, debug)
    except ReaderGone:
        drop_output()
    except NerspaceError as error:
        drop_output()
        _tell(f"nerspace: {error}")
        code = error.exit_code
    raise SystemExit(code)


def _run(arguments: list[str], open_explorer: OpenExplorer, debug: bool) -> int:
    """Do what the arguments say; the exit code, once whatever went wrong was told."""
    try:
        code = app(arguments, obj=open_explorer, standalone_mode=False)
    except (ReaderGone, KeyboardInterrupt):
        raise
    except Exception as error:
        if debug:
            traceback.print_exc()
            return 1
        code = getattr(error, "exit_code", 1)
        if isinstance(error, NerspaceError):
            _tell(f"nerspace: {error}")
        elif isinstance(error, typer.Abort):
            _tell("nerspace: Nothing was done.")
        elif (mistake := getattr(error, "format_message", None)) is not None:
            # What Typer found in the arguments; a group without a command has shown its help already.
            if said := " ".join(mistake().split()):
                _tell(f"nerspace: {said.removesuffix('.')}. See {_command(error)} --help.")
        else:
            said = " ".join(str(error).split())
            _tell(f"nerspace: {type(error).__name__}: {said} (--debug shows where)")
    return code if isinstance(code, int) else 0


def _command(error: Exception) -> str:
    """The command whose arguments were wrong."""
    return str(getattr(getattr(error, "ctx", None), "command_path", "nerspace"))


def _tell(line: str) -> None:
    """Print one line to stderr; the exit code says the same where nobody listens."""
    with contextlib.suppress(ReaderGone, ConfigurationError, OSError, AttributeError):
        print(literal(line), file=sys.stderr)
