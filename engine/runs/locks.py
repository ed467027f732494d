"""Locks that die with the process that holds them, however it ends."""

import contextlib
import fcntl
import os
import stat
from pathlib import Path
from types import TracebackType


class Lock:
    """A lock on a file, held from a successful `take` until it is released or every process that shares it has ended.

    A child that inherits the descriptor shares the lock, so it can be passed on: take it, start the child with the
    descriptor, close one's own copy.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor = -1

    @classmethod
    def inherited(cls, path: Path, descriptor: int) -> "Lock":
        """The lock that a parent took and passed on; it does not go to further children."""
        os.set_inheritable(descriptor, False)
        lock = cls(path)
        lock._descriptor = descriptor
        return lock

    @property
    def descriptor(self) -> int:
        """The open file behind the lock, -1 while it is not held."""
        return self._descriptor

    def take(self) -> bool:
        """Take the lock if nobody holds it; whether it is now held by this object.

        Raises:
            OSError: where the file cannot be opened or locked.
        """
        if self._descriptor >= 0:
            return True
        descriptor = _open(self.path)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        except OSError:
            os.close(descriptor)
            raise
        self._descriptor = descriptor
        return True

    def is_in_place(self) -> bool:
        """Whether the file that is held still has its name; whoever waited for a lock may hold one that was deleted."""
        try:
            return os.path.samestat(os.fstat(self._descriptor), self.path.stat())
        except OSError:
            return False

    def is_held(self) -> bool:
        """Whether anybody holds the lock, this object too; looking does not stand in the way of others who look."""
        try:
            descriptor = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False
        finally:
            os.close(descriptor)
        return False

    def release(self) -> None:
        """Close this process's hold on the lock."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> "Lock":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def _open(path: Path) -> int:
    """The file of a lock, made where it is missing; who may write its folder may take the lock too."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except PermissionError:
        # Another user's; reading is enough to lock.
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    mode = stat.S_IMODE(path.parent.stat().st_mode) & 0o666
    with contextlib.suppress(OSError):
        if stat.S_IMODE(os.fstat(descriptor).st_mode) != mode | 0o600:
            os.fchmod(descriptor, mode | 0o600)
    return descriptor
