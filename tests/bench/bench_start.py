"""How long a start takes, paired with another checkout: `python tests/bench/bench_start.py [--other CHECKOUT]`.

The other checkout has its own virtual environment in .venv. Both take turns. Seconds of the processor (user and system)
and by the clock, each the least of some rounds behind one that writes the bytecode: on a shared machine only the first
are worth comparing. The explorer is timed from its start to the names of its screens behind a terminal of 80×24; the
built-in encoder is converted before.
Below what the libraries alone take nobody starts.
"""

import argparse
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path

# The least that any program of Textual takes to its first paint.
_EMPTY = """
from textual.app import App
from textual.widgets import Static

class Empty(App):
    def compose(self):
        yield Static("Data")

Empty().run()
"""
# What is asked of a start, in seconds; none of the interpreter itself and of the libraries alone.
PARTS: dict[str, tuple[list[str], float | None]] = {
    "python": (["python", "-P", "-c", "pass"], None),
    "import typer": (["python", "-P", "-c", "import typer"], None),
    "import tokenizers": (["python", "-P", "-c", "import tokenizers"], None),
    "import textual.app": (["python", "-P", "-c", "import textual.app"], None),
    "empty Textual app, paint": (["python", "-P", "-c", _EMPTY], None),
    "import nerspace": (["python", "-P", "-c", "import nerspace"], 0.05),
    "nerspace --help": (["nerspace", "--help"], 0.3),
    "nerspace tokens --help": (["nerspace", "tokens", "--help"], None),
    "nerspace tokens Washington": (["nerspace", "tokens", "Washington"], 0.6),
    "explorer, first paint": (["nerspace"], 0.4),
}


def cost(command: list[str], environment: dict[str, str], painted: bool) -> tuple[float, float]:
    """Seconds of the processor and by the clock of a command, to its end or, in a terminal, to the first paint."""
    master, slave = pty.openpty() if painted else (-1, subprocess.DEVNULL)
    if painted:
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    started = time.perf_counter()
    process = subprocess.Popen(
        command, stdin=slave, stdout=slave, stderr=slave if painted else None, env=environment, start_new_session=True
    )
    if painted:
        os.close(slave)
        seen = b""
        while b"Data" not in seen and select.select([master], [], [], 60.0)[0]:
            seen += os.read(master, 1 << 16)
        seconds = time.perf_counter() - started
        os.killpg(process.pid, signal.SIGKILL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if painted:
        os.close(master)
    else:
        seconds = time.perf_counter() - started
        if process.returncode:
            sys.exit(f"{' '.join(command)} ended with {process.returncode}.")
    return used.ru_utime + used.ru_stime, seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--other", type=Path, help="The folder of another checkout.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", choices=PARTS)
    asked = parser.parse_args()
    places = {"here": Path(sys.executable).parent}
    if asked.other:
        places["other"] = asked.other.resolve() / ".venv" / "bin"
    print(f"{'':<28}" + "".join(f"{who + ', processor':>18}{'clock':>8}" for who in places) + f"{'bound':>8}")
    with tempfile.TemporaryDirectory() as home:
        # Where bytecode is not written, a checkout is compiled at every start and what is installed never is.
        environment = {
            **{name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
            "PYTHONPYCACHEPREFIX": f"{home}/bytecode", "TERM": "xterm-256color",
            "NERSPACE_HOME": home, "XDG_STATE_HOME": home, "XDG_CONFIG_HOME": home,
        }  # fmt: skip
        for name, ((program, *arguments), bound) in PARTS.items():
            if asked.only not in (None, name):
                continue
            found: dict[str, list[tuple[float, float]]] = {who: [] for who in places}
            for _ in range(asked.rounds):
                for who, place in places.items():
                    found[who].append(cost([str(place / program), *arguments], environment, name.endswith("paint")))
            line = "".join(
                f"{min(used for used, _ in pairs):>18.3f}{min(clock for _, clock in pairs):>8.3f}"
                for pairs in found.values()
            )
            print(f"{name:<28}{line}{'' if bound is None else format(bound, '>8.2f')}", flush=True)


if __name__ == "__main__":
    main()
