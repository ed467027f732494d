"""A Ray cluster of several nodes on this machine, each the processes of one session, which can be killed at once."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_RAY = str(Path(sys.executable).parent / "ray")
# A lost node is noticed in a second or two.
_WATCHFUL = '{"health_check_initial_delay_ms":0,"health_check_period_ms":500,"health_check_failure_threshold":2}'


class Nodes:
    """Nodes by name; the head is called head and has no CPU, so that every piece is done elsewhere."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.token = folder, secrets.token_hex(32)
        self.port, self.client_port = _free_port(), _free_port()
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.begin()

    def begin(self) -> None:
        """Start the head, again after it was killed at the same address."""
        self._start(
            "head", 0, "--head", f"--port={self.port}", f"--ray-client-server-port={self.client_port}",
            "--include-dashboard=false", f"--system-config={_WATCHFUL}",
        )  # fmt: skip

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def add(self, name: str, cpus: int = 1, **environment: str) -> None:
        self._start(name, cpus, f"--address={self.address}", **environment)

    def _await(self, name: str) -> None:
        """Wait until a node has started: two that start at once on one machine take each other's ports."""
        log, deadline = self.folder / f"{name}.log", time.monotonic() + 180
        while "Ray runtime started" not in log.read_text():
            assert self.processes[name].poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)

    def _start(self, name: str, cpus: int, *options: str, **environment: str) -> None:
        with (self.folder / f"{name}.log").open("wb") as log:
            self.processes[name] = subprocess.Popen(
                [_RAY, "start", "--block", f"--node-name={name}", f"--num-cpus={cpus}", "--disable-usage-stats",
                 "--object-store-memory=100000000", *options],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd=self.folder,
                env={**os.environ, "RAY_TMPDIR": str(self.folder), "XDG_CACHE_HOME": str(self.folder / f"cache-{name}"),
                     "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": self.token,
                     # Else one client in some fifteen meets a server that died while it was forked: ray#63202.
                     "GRPC_ENABLE_FORK_SUPPORT": "0", **environment},
            )  # fmt: skip
        self._await(name)

    def kill(self, name: str) -> None:
        """End all processes of a node, as when its power fails."""
        process = self.processes.pop(name)
        for pid in _session(process.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()

    def workers(self, name: str) -> list[int]:
        """Processes on a node that do pieces."""
        return [pid for pid in _session(self.processes[name].pid) if _title(pid).startswith("ray::Worker")]


@contextmanager
def nodes(*names: str, **environment: str) -> Iterator[Nodes]:
    """A head and nodes with one CPU each; they end with the block."""
    # A socket's path must be short, shorter than pytest's own folders.
    with tempfile.TemporaryDirectory(prefix="nr-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        made = Nodes(Path(folder))
        try:
            for name in names:
                made.add(name, **environment)
            yield made
        finally:
            for name in list(made.processes):
                made.kill(name)


def _session(leader: int) -> list[int]:
    """Processes of a session; Ray's workers of a node are among them."""
    found = []
    for folder in Path("/proc").iterdir():
        with suppress(OSError, ValueError):
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            if folder.name.isdigit() and int(fields[3]) == leader and fields[0] != "Z":
                found.append(int(folder.name))
    return found


def _title(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text()
    return ""


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
