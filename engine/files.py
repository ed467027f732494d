"""Files and folders that are there whole or not at all, and the folders of this user in which nerspace keeps things.

What is written goes to a temporary of its own in the same folder, whose name nobody can guess and which is made only
if nothing is there; it is synced, renamed into place, and the folder synced. So a reader never meets half a file, two
writers never mix, and a power cut leaves the old or the new. Whatever goes wrong, the temporary is removed; what a
killed process leaves begins with `PREFIX`. A link at the target is replaced; what it points to stays as it is.
"""

import contextlib
import errno
import os
import secrets
import shutil
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from tokenize import TokenError
from typing import TYPE_CHECKING, Any, BinaryIO

from nerspace.datasets.visible import visible
from nerspace.engine.errors import ConfigurationError, UsageError

if TYPE_CHECKING:
    import numpy as np

# Begins the name of everything that is not whole yet.
PREFIX = ".nerspace-part-"
_HINT = "Free space on that disk or choose another folder."


@contextmanager
def whole_file(path: Path, *, new: bool = False, hint: str = _HINT) -> Iterator[BinaryIO]:
    """A handle to fill; when the block ends without an error, `path` is the file that was filled.

    The folder must be there: a run that was deleted is not made anew by what is written next.

    Args:
        path: the file; one that is there is replaced.
        new: refuse a file that is there already, also one that appears while this one is written.
        hint: the next step for whoever meets a full disk or a folder that cannot be written.

    Raises:
        ConfigurationError: if it cannot be written, or something other than a file is there.
        UsageError: if the file must be new and is not.
    """
    temporary = _temporary(path)
    with failures(path, hint):
        try:
            _check_target(path, new)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            with os.fdopen(os.open(temporary, flags, 0o666), "wb") as handle:
                yield handle
                handle.flush()
                os.fsync(handle.fileno())
            if new:
                _name_new(temporary, path)
            else:
                temporary.replace(path)
            _sync(path.parent)
        finally:
            temporary.unlink(missing_ok=True)


def read_regular(path: Path, most: int = 1 << 62) -> bytes:
    """The content of an ordinary file; a pipe or a device in its place would keep a reader waiting for ever.

    Raises:
        OSError: if it is none, or larger than `most` bytes.
    """
    with open_regular(path) as handle:
        if os.fstat(handle.fileno()).st_size > most:
            raise OSError(errno.EFBIG, "it is too large")
        return handle.read()


def open_regular(path: Path) -> BufferedReader:
    """An ordinary file, to be read.

    Raises:
        OSError: if it is none.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is no ordinary file")
    return os.fdopen(descriptor, "rb")


def mapped_array(path: Path) -> "np.ndarray[Any, Any]":
    """The array of a .npy file, read-only and mapped into memory.

    Raises:
        OSError: if it is no ordinary file, or cannot be read.
        ValueError: if it holds no array.
    """
    import numpy as np

    open_regular(path).close()
    try:
        array: np.ndarray[Any, Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (EOFError, SyntaxError, TokenError) as error:
        # numpy takes a damaged header for Python.
        raise ValueError("it holds no array") from error
    return array


def write_text(path: Path, text: str) -> None:
    """Write a text as UTF-8, whole; see `whole_file`.

    Raises:
        ConfigurationError: if it cannot be written, or the text holds the name of a file that is not UTF-8.
    """
    try:
        content = text.encode()
    except UnicodeEncodeError as error:
        name = visible(text[max(0, error.start - 40) : error.end + 20])
        raise ConfigurationError(
            f"{path.name} cannot hold a name that is not UTF-8: {name}", "Rename the file or folder."
        ) from error
    with whole_file(path) as handle:
        handle.write(content)


@contextmanager
def whole_folder(
    folder: Path,
    *,
    parents: bool = False,
    unless: Callable[[Path], bool] | None = None,
    problem: str = "",
    hint: str = _HINT,
) -> Iterator[Path]:
    """An empty folder to fill; when the block ends without an error, it is `folder`.

    Args:
        folder: where it goes; a folder that is there is replaced.
        parents: make the folders above it too; otherwise the one above must be there.
        unless: whether a folder that is there by then is as good; it stays, and what was filled is dropped.
        problem: what to say when it cannot be written.
        hint: the next step then.

    Raises:
        ConfigurationError: if it cannot be written.
    """
    temporary = _temporary(folder)
    with failures(folder, hint, problem):
        try:
            if parents:
                make_folder(folder.parent)
            temporary.mkdir()
            yield temporary
            for path in (*temporary.rglob("*"), temporary):
                _sync(path)
            if unless is None or not unless(folder):
                _swap(temporary, folder, unless)
            _sync(folder.parent)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


def make_folder(folder: Path, private: bool = False) -> None:
    """Make a folder and those above it where they are missing, so that a power cut does not take it away again.

    Args:
        private: whether those that are made are this user's alone.

    Raises:
        OSError: where that cannot be.
    """
    if folder.is_dir():
        return
    make_folder(folder.parent, private)
    folder.mkdir(mode=0o700 if private else 0o777, exist_ok=True)
    _sync(folder.parent)


def sync(path: Path) -> None:
    """Have the disk take a file that was appended to, and its name.

    Raises:
        ConfigurationError: if it does not.
    """
    with failures(path, _HINT):
        _sync(path)
        _sync(path.parent)


def settle(filled: Path, path: Path) -> None:
    """Sync a file that was filled under another name of the same folder, and rename it to `path`."""
    _sync(filled)
    filled.replace(path)
    _sync(path.parent)


def sweep(folder: Path, seconds: float = 3600.0, deep: bool = False) -> None:
    """Remove what writers of that long ago left in a folder when they were killed.

    Args:
        deep: also in the folders below it.
    """
    for left in list(folder.rglob(f"{PREFIX}*") if deep else folder.glob(f"{PREFIX}*")):
        with contextlib.suppress(OSError):
            if time.time() - left.lstat().st_mtime > seconds:
                _delete(left)


def user_path(name: str | Path) -> Path:
    """A path as a user types it, with ~ for a home.

    Raises:
        UsageError: for the home of somebody who is not known here.
    """
    try:
        return Path(name).expanduser()
    except RuntimeError as error:
        raise UsageError(f"{str(name)!r} is in no home that is known here.", "Write the whole path.") from error


def cache_folder(name: str) -> Path:
    """Where a part of the cache lies: $XDG_CACHE_HOME/nerspace/NAME, else ~/.cache/nerspace/NAME."""
    import platformdirs

    return platformdirs.user_cache_path("nerspace") / name


def config_folder() -> Path:
    """Where the user's choices lie: $XDG_CONFIG_HOME/nerspace, else ~/.config/nerspace."""
    import platformdirs

    return platformdirs.user_config_path("nerspace")


def state_folder() -> Path:
    """Where the explorer's state lies: $XDG_STATE_HOME/nerspace, else ~/.local/state/nerspace."""
    import platformdirs

    return platformdirs.user_state_path("nerspace")


def data_folder() -> Path:
    """Where runs lie: $NERSPACE_HOME, else $XDG_DATA_HOME/nerspace, else ~/.local/share/nerspace."""
    if named := os.environ.get("NERSPACE_HOME"):
        return user_path(named)
    import platformdirs

    return platformdirs.user_data_path("nerspace")


def _temporary(path: Path) -> Path:
    return path.parent / f"{PREFIX}{secrets.token_hex(8)}"


@contextmanager
def failures(path: Path, hint: str = _HINT, problem: str = "") -> Iterator[None]:
    """Say of what the disk refuses which file it was, and what to do next.

    Args:
        path: the file or folder that is written.
        hint: what to do.
        problem: what to say, by default that the path cannot be written.

    Raises:
        ConfigurationError: for an OSError of the block.
    """
    try:
        yield
    except OSError as error:
        reason = error.strerror or error
        raise ConfigurationError(f"{problem or f'{path} cannot be written'} ({reason}).", hint) from error


def _check_target(path: Path, new: bool) -> None:
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if new:
        raise _taken(path)
    if not (stat.S_ISREG(mode) or stat.S_ISLNK(mode)):
        raise ConfigurationError(f"{path} cannot be written: it is no ordinary file.", "Name a file.")


def _name_new(temporary: Path, path: Path) -> None:
    """Give the file its name unless something has it: a second name is refused where a rename would replace."""
    try:
        os.link(temporary, path, follow_symlinks=False)
    except FileExistsError:
        raise _taken(path) from None
    except OSError:
        # A file system without second names.
        if os.path.lexists(path):
            raise _taken(path) from None
        temporary.rename(path)


def _taken(path: Path) -> UsageError:
    return UsageError(f"{path} is already there.", "Name another file.")


def _swap(temporary: Path, folder: Path, unless: Callable[[Path], bool] | None) -> None:
    old = _temporary(folder)
    there = os.path.lexists(folder)
    if there:
        folder.rename(old)
    try:
        temporary.rename(folder)
    except OSError:
        # Somebody else was faster.
        if unless is None or not unless(folder):
            if there:
                old.rename(folder)
            raise
    if there:
        _delete(old)


def _delete(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    """Have the disk take what is known of a file or folder; some file systems refuse that for folders."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError:
        if not path.is_dir():
            raise
    finally:
        os.close(descriptor)
