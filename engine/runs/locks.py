"""Locks that die with the process that holds them, however it ends."""

import fcntl
import os
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
        """Take the lock if nobody holds it; whether it is now held by this object."""
        if self._descriptor >= 0:
            return True
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
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
