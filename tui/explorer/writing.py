"""What a view shows as raw values: to a file, whole or not at all, or to the clipboard of the user's terminal."""

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from nerspace.engine.errors import UsageError
from nerspace.engine.files import whole_file
from nerspace.tui.widgets.rows import Rows

# The clipboard is set by a sequence (OSC 52). Many terminals drop one of more than 100,000 bytes, and base64 makes four
# of three.
LIMIT = 74_000


def export_problem(path: Path) -> str:
    """Why a table cannot be written to `path`, in one line; empty if it can."""
    if path.is_dir():
        return f"{path} is a folder. Add a file name."
    if not path.parent.is_dir():
        return f"No such folder: {path.parent}. Make it first, or choose another."
    if not os.access(path.parent, os.W_OK):
        return f"The folder {path.parent} cannot be written."
    return ""


def write_whole(path: Path, parts: Iterable[str]) -> None:
    """Write parts of a text as one file, whole or not at all.

    Raises:
        NerspaceError: when the path cannot be written; what `parts` raises leaves no file behind.
    """
    if problem := export_problem(path):
        raise UsageError(problem)
    with whole_file(path) as handle:
        handle.writelines(part.encode() for part in parts)


def missing_folder(path: Path) -> Path | None:
    """The folder that would have to be made for a file; None where it is there, or cannot be made."""
    folder = path.parent
    first = next((above for above in (folder, *folder.parents) if above.exists()), None)
    return None if first in (None, folder) or not first.is_dir() or not os.access(first, os.W_OK) else folder


def export(rows: Rows, path: Path, progress: Callable[[int], bool], about: Mapping[str, Any] | None = None) -> int:
    """Write all rows to `path`, its folder made where it is missing, and return how many there were.

    Args:
        progress: called with the rows written so far; False stops, and nothing is left behind.
        about: what is said of them in the file beside.

    Raises:
        NerspaceError: when the path cannot be written or when stopped.
    """
    from nerspace.engine.runs.exporting import export_table

    if (problem := export_problem(path)) and missing_folder(path) is None:
        raise UsageError(problem)
    return export_table(path, rows.chunks(), about or {}, going_on=progress, make_folders=True)


def size_note(text: str) -> str:
    """How long a text is, as people say it."""
    size = len(text.encode())
    return f"{size:,} bytes" if size < 1_000 else f"{size / 1_000:.1f} KB"


def clip(rows: Rows) -> str:
    """All rows as text, raw values with tabs between them under a heading; it stops making rows at the bound.

    Raises:
        UsageError: where they do not fit into LIMIT bytes.
    """
    from nerspace.engine.runs import to_csv

    parts, size = [], 0
    for number, chunk in enumerate(rows.chunks()):
        parts.append(to_csv(chunk, number == 0, "\t"))
        size += len(parts[-1].encode())
        if size > LIMIT:
            raise UsageError(
                f"{len(rows):,} rows are too much for the clipboard, which takes {LIMIT // 1_000} KB over a terminal.",
                "Narrow them with f, or write them to a file with e.",
            )
    return "".join(parts)
