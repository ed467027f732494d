"""A disk as it could be after a power cut: what was synced is there, and of the rest what luck has kept.

A `Disk` watches a folder from the moment it is made: `os.fsync` of a file makes its content safe, that of a folder
the names in it. `picture` makes the folder anew elsewhere, as it could be found after a cut at this moment. Whatever is
written meanwhile by other means than Python's own, such as maps of memory, counts once it is synced.
"""

import os
import random
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class Disk:
    """What is safe of a folder.

    Attributes:
        operations: how many writes, syncs, new names and new folders there were.
        before: called with that number before each.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.operations = 0
        self.before: Any = lambda number: None
        self._files: dict[int, bytes] = {}
        self._folders: dict[int, dict[str, int]] = {}
        # A number that is in use is not given to another file.
        self._held: list[int] = []
        self._inside = False
        for folder, _, files in os.walk(root):
            self._see_folder(Path(folder))
            for name in files:
                path = Path(folder) / name
                if path.is_file() and not path.is_symlink():
                    self._see_file(path)

    @contextmanager
    def watched(self) -> Iterator["Disk"]:
        """Watch this process."""
        kept = {name: getattr(os, name) for name in ("fsync", "replace", "rename", "mkdir", "write", "unlink")}

        def counting(name: str) -> Any:
            call = kept[name]

            def counted(*arguments: Any, **more: Any) -> Any:
                if not self._inside:
                    self._inside = True
                    try:
                        self.operations += 1
                        self.before(self.operations)
                    finally:
                        self._inside = False
                result = call(*arguments, **more)
                if name == "fsync" and not self._inside:
                    self._synced(arguments[0])
                return result

            return counted

        try:
            for name in kept:
                setattr(os, name, counting(name))
            yield self
        finally:
            for name, call in kept.items():
                setattr(os, name, call)
            for descriptor in self._held:
                os.close(descriptor)
            self._held = []

    def picture(self, target: Path, luck: random.Random | None = None) -> None:
        """Make the folder anew as it could be after a cut at this moment.

        Args:
            target: where; it must not be there.
            luck: draws what the disk has taken without being asked; without it nothing.
        """
        now: dict[int, Path] = {}
        for folder, folders, files in os.walk(self.root):
            for name in (".", *folders, *files):
                path = Path(folder) / name
                now[path.lstat().st_ino] = path
        self._build(self.root.stat().st_ino, target, now, luck)

    # -- what is safe

    def _synced(self, descriptor: int) -> None:
        found = os.fstat(descriptor)
        self._held.append(os.dup(descriptor))
        path = Path(f"/proc/self/fd/{descriptor}")
        if stat.S_ISDIR(found.st_mode):
            self._folders[found.st_ino] = _names(path.resolve())
        else:
            self._files[found.st_ino] = path.read_bytes()

    def _see_folder(self, folder: Path) -> None:
        descriptor = os.open(folder, os.O_RDONLY)
        self._held.append(descriptor)
        self._folders[os.fstat(descriptor).st_ino] = _names(folder)

    def _see_file(self, path: Path) -> None:
        descriptor = os.open(path, os.O_RDONLY)
        self._held.append(descriptor)
        self._files[os.fstat(descriptor).st_ino] = path.read_bytes()

    # -- what is left

    def _build(self, number: int, target: Path, now: dict[int, Path], luck: random.Random | None) -> None:
        path = now.get(number)
        is_folder = number in self._folders or (path is not None and path.is_dir())
        if not is_folder:
            target.write_bytes(self._content(number, path, luck))
            return
        target.mkdir()
        safe = self._folders.get(number, {})
        names = safe
        if path is not None and luck is not None and luck.random() < 0.5:
            names = _names(path)
        for name, inner in names.items():
            self._build(inner, target / name, now, luck)

    def _content(self, number: int, path: Path | None, luck: random.Random | None) -> bytes:
        safe = self._files.get(number, b"")
        if path is None or luck is None:
            return safe
        content = path.read_bytes()
        if content == safe:
            return safe
        choice = luck.randrange(4)
        if choice == 0:
            return content
        if choice == 1 and len(content) > len(safe):
            return content[: luck.randrange(len(safe), len(content) + 1)]
        if choice == 2:
            # The size was kept, the blocks were not.
            return safe + bytes(max(0, len(content) - len(safe)))
        return safe


def _names(folder: Path) -> dict[str, int]:
    with os.scandir(folder) as entries:
        return {entry.name: entry.inode() for entry in entries if not entry.is_symlink()}


def forget(folder: Path) -> None:
    """Delete a picture."""
    shutil.rmtree(folder, ignore_errors=True)
