"""Size and SHA-256 of what was written, kept beside it, by which half, lost and changed files are noticed on use."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from nerspace.engine.errors import NerspaceError
from nerspace.engine.files import cache_folder, make_folder, open_regular, read_regular, write_text

# The file that holds the sums of the others in its folder.
SUMS = "sha256.json"


class Sum(NamedTuple):
    """What a file must be.

    Attributes:
        size: in bytes.
        sha256: of its content, in hexadecimal digits.
    """

    size: int
    sha256: str


class Summing:
    """Passes on what is written to a file, and sums it."""

    def __init__(self, handle: BinaryIO) -> None:
        self._handle = handle
        self._size = 0
        self._hash = hashlib.sha256()

    def write(self, data: Any) -> int:
        """Write bytes, or whatever holds some."""
        self._hash.update(data)
        self._size += memoryview(data).nbytes
        return self._handle.write(data)

    @property
    def sum(self) -> Sum:
        """Of all that was written."""
        return Sum(self._size, self._hash.hexdigest())


def sum_of_bytes(data: bytes) -> Sum:
    """The sum of a content."""
    return Sum(len(data), hashlib.sha256(data).hexdigest())


def sum_of(path: Path) -> Sum:
    """The sum of a file as it is now."""
    with open_regular(path) as handle:
        digest = hashlib.file_digest(handle, "sha256").hexdigest()
        return Sum(handle.tell(), digest)


def known_sum_of(path: Path) -> Sum:
    """The sum of a file, which is read once: it is kept in the cache, beside the file's size and times."""
    state = path.stat()
    return Sum(state.st_size, _hash_once(path.resolve(), state.st_size, state.st_mtime_ns, state.st_ctime_ns))


@cache
def _hash_once(path: Path, *state: int) -> str:
    kept = (
        cache_folder("hashes") / f"{hashlib.sha256(str(path).encode('utf-8', 'surrogatepass')).hexdigest()[:32]}.json"
    )
    with suppress(OSError, ValueError, KeyError, TypeError):
        found = json.loads(read_regular(kept))
        if found["state"] == list(state):
            return str(found["sha256"])
    found = sum_of(path).sha256
    with suppress(OSError, NerspaceError):
        make_folder(kept.parent, private=True)
        write_text(kept, json.dumps({"state": state, "sha256": found}))
    return found


def sums_below(folder: Path) -> dict[str, Sum]:
    """The sums of all files below a folder, by their path in it."""
    return {
        path.relative_to(folder).as_posix(): sum_of(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != SUMS
    }


def problem_of(path: Path, sums: Iterable[Sum], known: bool = False) -> str:
    """What is wrong with a file that must be one of these, in words; empty where nothing is.

    Args:
        known: whether a hash will do that was taken when the file looked the same.
    """
    wanted = list(sums)
    try:
        size = path.stat().st_size
        if size not in [one.size for one in wanted]:
            return difference(size, wanted)
        found = known_sum_of(path) if known else sum_of(path)
    except FileNotFoundError:
        return "missing"
    except OSError as error:
        return f"cannot be read: {error.strerror or error}"
    return "" if found in wanted else difference(size, wanted)


def difference(size: int, sums: Sequence[Sum]) -> str:
    """In which way a file of so many bytes is none of these, in words."""
    is_whole = size in [one.size for one in sums]
    return "another content than was written" if is_whole else f"{size:,} of {sums[0].size:,} bytes"


# -- folders and texts that carry their own sums


def seal(folder: Path) -> None:
    """Write beside the files of a folder what they are; it is to be synced and named by whoever filled it."""
    (folder / SUMS).write_text(json.dumps(sums_below(folder)), encoding="utf-8")


def is_sealed(folder: Path) -> bool:
    """Whether every file of a sealed folder is as it was written."""
    try:
        sums = json.loads(read_regular(folder / SUMS))
        return not any(problem_of(folder / name, [Sum(*one)]) for name, one in sums.items())
    except (OSError, ValueError, TypeError, AttributeError, LookupError, OverflowError, RecursionError):
        return False


def sealed_text(value: dict[str, Any]) -> str:
    """A value as JSON that says in its field sha256 what the rest hashes to."""
    return json.dumps({**value, "sha256": _text_hash(value)})


def unsealed(text: str) -> dict[str, Any]:
    """The value of `sealed_text`.

    Raises:
        ValueError: where the text is another one.
    """
    value = json.loads(text)
    if not isinstance(value, dict) or value.pop("sha256", None) != _text_hash(value):
        raise ValueError("The text is not what was written.")
    return value


def _text_hash(value: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()
