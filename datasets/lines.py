"""Lines of a text file that nobody vouches for: bounded, UTF-8, whole, and from one state of the file."""

import io
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

from nerspace.datasets.errors import DataError

# Bytes. The longest sentences of the corpora in use have a few thousand.
LONGEST_LINE = 1_000_000
# Digits of a number that counts something; Python raises an error of its own for some thousands.
LONGEST_NUMBER = 18
# Bytes by which a file is recognised.
HEAD = 65_536

_KINDS = (
    (b"PK\x03\x04", "a zip archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"PAR1", "a Parquet file"),
    (b"\xff\xfe", "UTF-16 text"),
    (b"\xfe\xff", "UTF-16 text"),
    (b"\xd0\xcf\x11\xe0", "an old Office file"),
    (b"%PDF", "a PDF"),
)


def kind_of_bytes(start: bytes) -> str:
    """What a file is by its first bytes, where that rules out text; else empty. Nothing is ever unpickled."""
    if start[:1] == b"\x80" and start[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        return "a Python pickle, which can run code and is never opened"
    return next((kind for magic, kind in _KINDS if start.startswith(magic)), "")


def first_bytes(path: Path, size: int = HEAD) -> bytes:
    """The start of an ordinary file.

    Raises:
        DataError: it is no ordinary file or cannot be read.
    """
    with open_plain(path) as handle:
        return read_some(handle, path, size)


def open_plain(path: Path) -> IO[bytes]:
    """An ordinary file, opened; a pipe or device could block or never end.

    Raises:
        DataError: if it cannot be read.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise DataError(f"{path} is no ordinary file.")
        return path.open("rb")
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read: {_why(error)}.") from error


def read_some(handle: IO[bytes], path: Path, size: int) -> bytes:
    """Up to `size` bytes.

    Raises:
        DataError: if it cannot be read.
    """
    try:
        return handle.read(size)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {_why(error)}.") from error


def read_whole(path: Path, largest: int) -> bytes:
    """All bytes of a file of at most `largest` bytes.

    Raises:
        DataError: also when the file changes meanwhile.
    """
    with open_plain(path) as handle:
        before = os.fstat(handle.fileno())
        # One byte more than there should be, so that a file that grows shows.
        content = read_some(handle, path, min(before.st_size, largest) + 1)
        if len(content) > largest:
            raise DataError(f"{path} is larger than {largest // 1_000_000} MB, the most that is read at once.")
        _check_unchanged(path, handle, before)
    return content


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Line numbers from 1 and lines without their end; a byte order mark at the start is taken off.

    Raises:
        DataError: naming file and line for a line over LONGEST_LINE, broken UTF-8, NUL bytes, a file of another
            kind, and a file that changes or vanishes while it is read.
    """
    with open_plain(path) as handle:
        before = os.fstat(handle.fileno())
        yield from lines_of(handle, path)
        _check_unchanged(path, handle, before)


def lines_of(handle: IO[bytes], path: Path) -> Iterator[tuple[int, str]]:
    """As `read_lines`, from an open file."""
    for first, lines in blocks_of(handle, path):
        yield from enumerate(lines, first)


def read_blocks(path: Path) -> Iterator[tuple[int, Iterable[str]]]:
    """As `read_lines`, many lines at once with the number of their first; a list where nothing is wrong with them.

    Raises:
        DataError: as `read_lines`; also while lines are taken that are no list.
    """
    with open_plain(path) as handle:
        before = os.fstat(handle.fileno())
        yield from blocks_of(handle, path)
        _check_unchanged(path, handle, before)


def blocks_of(handle: IO[bytes], path: Path) -> Iterator[tuple[int, Iterable[str]]]:
    """As `read_blocks`, from an open file; of a file with a CR and no LF in its first bytes, lines end with CR."""
    number = 0
    blocks: Iterator[bytes] | None = None
    while True:
        try:
            blocks = blocks or _blocks(handle)
            block = next(blocks, b"")
        except OSError as error:
            raise DataError(f"{path}, line {number + 1}: {_why(error)}.") from error
        if not block:
            return
        if not number:
            if kind := kind_of_bytes(block):
                raise DataError(f"{path} is {kind}.", "Expected UTF-8 text.")
            block = block.removeprefix(b"\xef\xbb\xbf")
        lines = _lines_in(block, path, number)
        yield number + 1, lines
        number += len(lines) if isinstance(lines, list) else block.count(b"\n") + (not block.endswith(b"\n"))


def _lines_in(block: bytes, path: Path, before: int) -> Iterable[str]:
    """The lines of a block without their ends; before: how many lines stand above it."""
    if len(block) <= LONGEST_LINE and b"\0" not in block:
        with suppress(UnicodeDecodeError):
            lines = block.decode().removesuffix("\n").split("\n")
            return [line.removesuffix("\r") for line in lines] if b"\r" in block else lines
    return (
        _decoded(line, path, number) for number, line in enumerate(block.removesuffix(b"\n").split(b"\n"), before + 1)
    )


def _decoded(line: bytes, path: Path, number: int) -> str:
    """A line as text, or the reason why it is none."""
    if len(line) > LONGEST_LINE:
        raise DataError(f"{path}, line {number}: longer than {LONGEST_LINE:,} bytes.", "Expected one row a line.")
    if b"\0" in line:
        column = line.index(b"\0") + 1
        raise DataError(f"{path}, line {number}: a NUL byte at byte {column}.", "Expected UTF-8 text.")
    try:
        return line.decode().removesuffix("\r")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path}, line {number}: no UTF-8 at byte {error.start + 1}.", "Save the file as UTF-8."
        ) from error


def _blocks(handle: IO[bytes]) -> Iterator[bytes]:
    """Parts of a file that end where a line does, with LF for every end; the last may be the start of a long line."""
    start = handle.read(HEAD)
    handle.seek(0)
    end = b"\r" if b"\r" in start and b"\n" not in start else b"\n"
    rest: list[bytes] = []
    size = 0
    while part := handle.read(HEAD):
        if cut := part.rfind(end) + 1:
            block = b"".join((*rest, part[:cut]))
            yield block.replace(b"\r", b"\n") if end == b"\r" else block
            rest, size = [], 0
        rest.append(part[cut:])
        size += len(part) - cut
        if size > LONGEST_LINE:
            break
    if last := b"".join(rest)[: LONGEST_LINE + 1]:
        yield last


def first_lines(path: Path) -> list[str]:
    """The first whole lines of a file, for recognising it; those before the first that is no UTF-8 text."""
    start = first_bytes(path)
    if len(start) == HEAD:
        start = start[: max(start.rfind(b"\n"), start.rfind(b"\r") if b"\n" not in start else 0) + 1]
    lines: list[str] = []
    try:
        for _, block in blocks_of(io.BytesIO(start), path):
            # What stands above damage in the block is kept.
            lines.extend(block)
    except DataError:
        pass
    return lines


def _check_unchanged(path: Path, handle: IO[bytes], before: os.stat_result) -> None:
    try:
        after, named = os.fstat(handle.fileno()), path.stat()
    except OSError as error:
        raise DataError(f"{path} vanished while it was read: {_why(error)}.", "Read it again.") from error
    if any((now.st_ino, now.st_size, now.st_mtime_ns) != (before.st_ino, before.st_size, before.st_mtime_ns)
           for now in (after, named)):  # fmt: skip
        raise DataError(f"{path} changed while it was read.", "Read it again when it is at rest.")


def _why(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
