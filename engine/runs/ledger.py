"""What the files of a run must be: their sizes and hashes, in sha256.json of the run.

A table or an array is entered before it gets its name, beside what was there until then, so that whenever the process
or the power ends, what lies there is one of the two. What is appended to is entered when the run ends, before anything
says that it has. A run of an earlier version has no such file, and is read as it is.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from nerspace.engine.errors import NerspaceError
from nerspace.engine.files import read_regular, sync, write_text
from nerspace.engine.sums import SUMS, Sum, problem_of, sum_of

# By folder or name: what the run is worked with rather than what it found.
_APART = ("checkpoints", "run.json", "process.json", "job.log", "lock", "stop", "labels.json", SUMS)
# These are entered as they are written.
_AT_ONCE = ("tables/", "vectors/")
Entries = dict[str, list[Sum]]


def read_entries(folder: Path) -> Entries:
    """What every file that is known of must be, by its path in the run; nothing for a run of an earlier version.

    Raises:
        ValueError: if the file is damaged.
    """
    try:
        found = json.loads(read_regular(folder / SUMS))
        return {
            str(name): [Sum(int(size), str(digest)) for size, digest in sums] for name, sums in found.items() if sums
        }
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise ValueError(f"{SUMS} is damaged") from error


def enter(folder: Path, name: str, new: Sum) -> None:
    """Enter what a file is about to be; what it was until now is as good.

    Raises:
        ConfigurationError: if it cannot be written.
    """
    entries = _readable(folder)
    entries[name] = [new, *(old for old in entries.get(name, ())[:1] if old != new)]
    _write(folder, entries)


def forget(folder: Path, name: str) -> None:
    """Take out a file that is to grow or to go, or all files of a folder whose name ends in a slash.

    Raises:
        ConfigurationError: if it cannot be written.
    """
    entries = _readable(folder)
    is_folder = name.endswith("/")
    kept = {one: sums for one, sums in entries.items() if one != name and not (is_folder and one.startswith(name))}
    if len(kept) < len(entries):
        _write(folder, kept)


def enter_all(folder: Path) -> None:
    """Have the disk take every result of a run, then enter what they are.

    Raises:
        ConfigurationError: if it does not.
        OSError: if one of them cannot be read.
    """
    known = _readable(folder)
    entries: Entries = {}
    for name, path in result_files(folder).items():
        sync(path)
        size = path.stat().st_size
        is_known = len(known.get(name, ())) == 1 and known[name][0].size == size
        entries[name] = known[name] if is_known else [sum_of(path)]
    _write(folder, entries)


def result_files(folder: Path) -> dict[str, Path]:
    """The results of a run, by their path in it: no links, and nothing hidden."""
    found = {}
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        is_apart = parts[0] in _APART or parts[0].startswith("events") or any(part.startswith(".") for part in parts)
        if not is_apart and path.is_file() and not path.is_symlink():
            found["/".join(parts)] = path
    return found


def damages(folder: Path, under: str = "", known: bool = False) -> dict[str, str]:
    """What is wrong with files that are known of, by their path in the run.

    Args:
        under: the files that begin so alone.
        known: whether a hash will do that was taken when the file looked the same.
    """
    try:
        entries = read_entries(folder)
    except ValueError as error:
        return {SUMS: str(error)}
    problems = {
        name: problem_of(folder / name, sums, known)
        for name, sums in entries.items()
        if name.startswith(under) and ".." not in Path(name).parts and not Path(name).is_absolute()
    }
    return {name: problem for name, problem in problems.items() if problem}


def drop_damaged(folder: Path) -> Mapping[str, str]:
    """Delete what is not as it was written, so that it is made anew; what that was.

    Files other than tables and arrays are not entered again before the run ends, so that they are taken out.

    Raises:
        ConfigurationError: if the entries cannot be written.
    """
    found = damages(folder)
    for name in found:
        with suppress(OSError):
            (folder / name).unlink(missing_ok=True)
    kept = {name: sums for name, sums in _readable(folder).items() if name.startswith(_AT_ONCE) and name not in found}
    if (folder / SUMS).exists() or found:
        _write(folder, kept)
    return found


def _readable(folder: Path) -> Entries:
    try:
        return read_entries(folder)
    except ValueError:
        return {}


def _write(folder: Path, entries: Mapping[str, list[Sum]]) -> None:
    if not folder.is_dir():
        raise NerspaceError(f"The run folder {folder} is gone.", "It was deleted while the run went on.")
    write_text(folder / SUMS, json.dumps(entries, indent=0) + "\n")
