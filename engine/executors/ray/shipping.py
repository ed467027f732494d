"""Files between nodes that share no file system: an encoder to a node that lacks it, results home."""

import contextlib
import hashlib
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from nerspace.engine.files import cache_folder, make_folder, whole_folder
from nerspace.engine.runs.locks import Lock

# One object of the store; what is larger goes in several.
CHUNK = 32 << 20
_SCRATCH = "nerspace-worker-"


def digest(folder: Path) -> str:
    """A hash of the names and contents of all files below a folder."""
    hashed = hashlib.sha256()
    for path in files_below(folder):
        with path.open("rb") as handle:
            hashed.update(f"{path.relative_to(folder)}\0{hashlib.file_digest(handle, 'sha256').hexdigest()}\n".encode())
    return hashed.hexdigest()


def files_below(folder: Path) -> list[Path]:
    """All files below a folder, in order."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


def chunks(path: Path) -> Iterator[bytes]:
    """The contents of a file, in chunks; one empty chunk for an empty file."""
    with path.open("rb") as handle:
        yield handle.read(CHUNK)
        while part := handle.read(CHUNK):
            yield part


def shipped_folder(mark: str) -> Path:
    """Where this machine stores an encoder that was shipped to it."""
    return cache_folder("shipped") / mark[:32]


def unpack(folder: Path, files: Iterable[tuple[str, Iterable[bytes]]]) -> None:
    """Fill a folder with files, whole or not at all; one that is there already is replaced."""
    with whole_folder(folder, parents=True, hint="Free space on that disk, then resume the run.") as temporary:
        for name, parts in files:
            path = temporary / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as handle:
                handle.writelines(parts)


def unpack_once(folder: Path, fill: Callable[[Path], None]) -> None:
    """Have the first process of this machine that comes here fill the folder; the others wait for it."""
    make_folder(folder.parent, private=True)
    with Lock(folder.with_name(f".{folder.name}.lock")) as lock:
        while not lock.take():
            time.sleep(0.1)
        if not folder.is_dir():
            fill(folder)


def scratch_folder() -> tuple[Path, Lock]:
    """A new folder for one worker, and the lock by which it is known from those that killed workers left behind.

    Those are deleted.
    """
    for left in Path(tempfile.gettempdir()).glob(f"{_SCRATCH}*/lock"):
        with contextlib.suppress(OSError), Lock(left) as lock:
            if lock.take():
                shutil.rmtree(left.parent, ignore_errors=True)
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_SCRATCH))
        lock = Lock(folder / "lock")
        # Another worker may be faster and take it for one that was left.
        with contextlib.suppress(OSError):
            if lock.take():
                return folder, lock
