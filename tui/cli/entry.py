"""Where the program begins: the command line between its doors, or the explorer at once where nothing is asked."""

import contextlib
import sys
import traceback
from typing import TYPE_CHECKING

from nerspace.engine.errors import ConfigurationError, NerspaceError
from nerspace.tui.literal import literal
from nerspace.tui.terminal import ReaderGone, doors, drop_output

if TYPE_CHECKING:
    from nerspace.tui.cli.options import OpenExplorer


def main(open_explorer: "OpenExplorer") -> None:
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


def _run(arguments: list[str], open_explorer: "OpenExplorer", debug: bool) -> int:
    """Do what the arguments say; the exit code, once whatever went wrong was told."""
    try:
        if not arguments:
            # The explorer's first paint does not wait for Typer.
            open_explorer(None, None)
            return 0
        from nerspace.tui.cli.main import app

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
        elif type(error).__name__ == "Abort":
            _tell("nerspace: Nothing was done.")
        elif (mistake := getattr(error, "format_message", None)) is not None:
            # What Typer found in the arguments; a group without a command has shown its help already.
            if said := " ".join(mistake().split()):
                end = "" if said.endswith(("?", ".")) else "."
                _tell(f"nerspace: {said}{end} See {_command(error)} --help.")
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
