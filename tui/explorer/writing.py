"""Write what a view shows, raw values, a piece at a time, whole or not at all."""

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from nerspace.engine.errors import NerspaceError, UsageError
from nerspace.engine.files import whole_file
from nerspace.tui.widgets.rows import Rows


def export_problem(path: Path) -> str:
    """Why a table cannot be written to `path`, in one line; empty if it can."""
    if path.is_dir():
        return f"{path} is a folder. Add a file name."
    if not path.parent.is_dir():
        return f"No such folder: {path.parent}. Make it first, or choose another."
    if not os.access(path.parent, os.W_OK):
        return f"The folder {path.parent} cannot be written."
    return ""


def write_whole(path: Path, pieces: Iterable[str]) -> None:
    """Write pieces of text as one file, whole or not at all.

    Raises: NerspaceError when the path cannot be written; what `pieces` raises leaves no file behind.
    """
    if problem := export_problem(path):
        raise UsageError(problem)
    with whole_file(path) as handle:
        handle.writelines(piece.encode() for piece in pieces)


def export(rows: Rows, path: Path, progress: Callable[[int], bool]) -> int:
    """Write all rows to `path` and return how many there were.

    progress: called with the rows written so far; False stops, and nothing is left behind.
    Raises: NerspaceError when the path cannot be written or when stopped.
    """
    from nerspace.engine.runs import to_csv

    written = 0

    def pieces() -> Iterator[str]:
        nonlocal written
        for place, chunk in enumerate(rows.chunks()):
            yield to_csv(chunk, header=place == 0)
            written += len(chunk)
            if not progress(written):
                raise NerspaceError("Export stopped; no file was written.")

    write_whole(path, pieces())
    return written
