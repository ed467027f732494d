"""A real terminal gets back what it lent, whoever ends or stops the explorer."""

import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

SECONDS = 60.0
ALTERNATE_SCREEN, MAIN_SCREEN, MOUSE_OFF, PASTE_OFF = b"\x1b[?1049h", b"\x1b[?1049l", b"\x1b[?1000l", b"\x1b[?2004l"


class Terminal:
    """The explorer in a terminal of 80×24."""

    def __init__(self, workspace: Path) -> None:
        self.side, inside = pty.openpty()
        termios.tcsetwinsize(inside, (24, 80))
        self.before = termios.tcgetattr(inside)
        self.process = subprocess.Popen(
            [str(Path(sys.executable).with_name("nerspace")), "--workspace", str(workspace)],
            stdin=inside, stdout=inside, stderr=inside, start_new_session=True,
            env={**os.environ, "TERM": "xterm-256color"},
        )  # fmt: skip
        self.inside = inside
        self.output = b""

    def read_until(self, sign: bytes) -> None:
        """Read what is written until a sign has come."""
        end = time.monotonic() + SECONDS
        while sign not in self.output:
            assert time.monotonic() < end, self.output[-2000:]
            if select.select([self.side], [], [], 0.2)[0]:
                self.output += os.read(self.side, 65536)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.side)
        os.close(self.inside)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    opened = Terminal(tmp_path / "workspace")
    yield opened
    opened.close()


@pytest.mark.parametrize("ended", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_gives_the_terminal_back(terminal, ended):
    terminal.read_until(b"Sentences")
    assert ALTERNATE_SCREEN in terminal.output
    terminal.process.send_signal(ended)
    for sign in (MAIN_SCREEN, MOUSE_OFF, PASTE_OFF):
        terminal.read_until(sign)
    assert terminal.process.wait(SECONDS) == 128 + ended
    assert termios.tcgetattr(terminal.inside) == terminal.before


def test_ctrl_z_stops_and_comes_back(terminal):
    terminal.read_until(b"Sentences")
    os.write(terminal.side, b"\x1a")
    terminal.read_until(MAIN_SCREEN)
    pid, status = os.waitpid(terminal.process.pid, os.WUNTRACED)
    assert pid == terminal.process.pid
    assert os.WIFSTOPPED(status)
    terminal.output = b""
    terminal.process.send_signal(signal.SIGCONT)
    terminal.read_until(ALTERNATE_SCREEN)
    terminal.read_until(b"Paper")
