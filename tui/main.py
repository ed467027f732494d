"""The program nerspace: the command line, and the explorer where it is requested; neither of them knows the other."""

import sys
from pathlib import Path

from nerspace.engine.errors import NerspaceError
from nerspace.tui.cli import entry


def open_explorer(
    workspace: Path | None, name: str | None, data: str = "", model: str = "builtin", screen: str = "",
    ascii: bool = False,
) -> None:  # fmt: skip
    """Open the explorer on a run, without a name on that of last time or the newest.

    Args:
        data: what is shown; without, the data of the run, where it is still there.
        screen: the one to begin with.
        ascii: draw with plain letters.

    Raises:
        NerspaceError: if there is no such run or no terminal.
    """
    from nerspace.engine import runs
    from nerspace.tui.explorer.app import run_app
    from nerspace.tui.state import has_errors_on_maps, read_state, run_in_view

    folder = runs.workspace_to_read(workspace)
    try:
        run = runs.find_run(folder, name) if name else run_in_view(folder, read_state())
    except NerspaceError:
        if name is not None:
            raise
        run = None
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise NerspaceError("The explorer needs a terminal.", "Commands that need none: nerspace --help.")
    # Textual draws on stderr, so that elsewhere it would go on unseen.
    if not sys.stderr.isatty():
        raise NerspaceError("The explorer draws on stderr, which is no terminal.", "Leave it where it is, without 2>.")
    newcomer = not read_state().screen
    if newcomer and not screen and not data and run is not None and has_errors_on_maps(run):
        screen = "space"
    run_app(folder, run, data, model, screen, ascii, newcomer)


def main() -> None:
    """Run the program."""
    entry.main(open_explorer)
