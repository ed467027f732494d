"""Which process does the work of a run, and whether it still does: on this machine, in a container, on another host.

The run's lock is the truth: who works holds it, and whoever ends, however, holds it no more. Where it is free, the work
is over, unless the file system is one whose locks do not reach the other host.
"""

import socket
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from nerspace.engine.runs import schema


@dataclass(frozen=True, slots=True)
class Process:
    """A process, as process.json names it.

    Attributes:
        pid: its number, in its own space.
        started: a mark that no later process with the same number shares, see `process_started`.
        host: the name of its machine; empty in runs of earlier versions.
        boot: which boot of that machine.
        space: in which space of process numbers it is, which a container has of its own.
    """

    pid: int
    started: str
    host: str = ""
    boot: str = ""
    space: str = ""

    @classmethod
    def of(cls, pid: int) -> "Process":
        """A process of this machine."""
        return cls(pid, process_started(pid), socket.gethostname(), _boot(), _space())

    @classmethod
    def read(cls, path: Path) -> "Process | None":
        """The process that a file names; None where there is no such file, or one that cannot be understood."""
        try:
            found = schema.read_object(path)
        except (OSError, ValueError):
            return None
        if schema.problem(found, schema.PROCESS):
            return None
        return cls(found["pid"], found["started"], *(found.get(name) or "" for name in ("host", "boot", "space")))

    def plain(self) -> dict[str, Any]:
        """The process as process.json holds it."""
        return asdict(self)

    @property
    def is_elsewhere(self) -> bool:
        """Whether it is on another host, so that it cannot be seen from here."""
        return bool(self.host) and self.host != socket.gethostname() and self.boot != _boot()

    @property
    def lives(self) -> bool:
        """Whether it is a process of this machine that can be seen and has not ended."""
        return self.space in ("", _space()) and bool(self.started) and process_started(self.pid) == self.started


def process_started(pid: int) -> str:
    """A mark of the process behind a pid that no later process with the same pid shares; empty when it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if not _boot() or fields[0] == "Z" else f"{_boot()}:{fields[19]}"


@cache
def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


@cache
def _space() -> str:
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""
