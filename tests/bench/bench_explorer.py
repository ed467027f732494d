"""What the explorer costs, started as
`PYTHONPATH=tests/support python tests/bench/bench_explorer.py [--workspace DIR] [--rows N] [--events N] [--only PART]`.

Cold start to the first paint, bytes of a page action at 80×24 in the colors of a terminal (as over SSH) and in exact
ones, bytes per second while a run trains, memory with every screen open, keys on a table of a million rows, alone and
beside a job that keeps a core busy, and keys in Training on a run of a million events. Without a workspace: one with a
run as the tests make it.
"""

import argparse
import asyncio
import fcntl
import os
import pty
import re
import select
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import tui_sample
from bench_data_screen import Drawn, answered
from textual.app import ComposeResult

from nerspace.engine.runs import Run, create
from nerspace.tui.widgets.frame_table import FrameTable
from nerspace.tui.widgets.rows import FrameRows

PROGRAM = "from nerspace.tui.main import main; main()"
PAGES = {
    "data: ctrl+d": "\x04", "data: j": "j", "data: l": "l", "names: t": "t", "names: ctrl+d": "\x04",
    "names: sort by the next column": "s", "tokens": "2", "tokens: j": "j", "training": "3",
    "training: next measure": "m", "space": "4", "space: j": "j", "space: zoom out": "-", "heatmaps": "\x1b[15~",
    "heatmaps: l": "l", "transfer": "6", "entity": "7", "runs": "8", "runs: inspect": "\r", "close": "\x1b",
    "help": "?", "close help": "\x1b", "training again": "3",
}  # fmt: skip


class Terminal:
    """An explorer behind a pty of 80×24 whose bytes are counted."""

    def __init__(self, workspace: Path, ssh: bool, state: Path) -> None:
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        environment = {
            **os.environ,
            "TERM": "xterm-256color",
            "XDG_STATE_HOME": str(state),
            "XDG_CONFIG_HOME": str(state),
        }
        for name in ("SSH_CONNECTION", "COLORTERM", "NO_COLOR"):
            environment.pop(name, None)
        environment |= {"SSH_CONNECTION": "10.0.0.1 1 10.0.0.2 22"} if ssh else {"COLORTERM": "truecolor"}
        self.started = time.perf_counter()
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-c", PROGRAM, "--workspace", str(workspace)],
            stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True,
        )  # fmt: skip
        os.close(slave)

    def read(self, quiet: float = 0.5, first: float = 3.0, until: bytes = b"") -> bytes:
        """What it sends, from the first byte until it is quiet, or until it has sent something."""
        found, wait = b"", first
        while select.select([self.master], [], [], wait)[0]:
            found, wait = found + os.read(self.master, 1 << 16), quiet
            if until and until in found:
                break
        return found

    def ready(self) -> None:
        """Wait until the first screen is drawn and everything behind it is loaded."""
        self.read(quiet=3, first=20)

    def press(self, keys: str) -> int:
        """Bytes that come back for some keys."""
        os.write(self.master, keys.encode())
        return len(self.read())

    def resident(self) -> float:
        """Megabytes of memory in use now."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        found = re.search(r"VmRSS:\s+(\d+)", status)
        return int(found.group(1)) / 1000 if found else float("nan")

    def close(self) -> None:
        """End it."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        os.close(self.master)


@contextmanager
def terminal(workspace: Path, ssh: bool) -> Iterator[Terminal]:
    """An explorer that has drawn its first screen and is quiet."""
    with tempfile.TemporaryDirectory() as state:
        one = Terminal(workspace, ssh, Path(state))
        try:
            yield one
        finally:
            one.close()


def cold_start(workspace: Path, times: int = 5) -> list[float]:
    """Seconds from the start of the process until the names of the screens are on the screen."""
    found = []
    for _ in range(times):
        with terminal(workspace, ssh=False) as one:
            one.read(quiet=10, first=20, until=b"Data")
            found.append(time.perf_counter() - one.started)
    return sorted(found)


def page_bytes(workspace: Path, ssh: bool) -> tuple[dict[str, int], float]:
    """Bytes of each action, and megabytes with every screen open."""
    with terminal(workspace, ssh) as one:
        one.ready()
        return {name: one.press(keys) for name, keys in PAGES.items()}, one.resident()


def live_bytes(seconds: float = 8.0) -> float:
    """Bytes per second of the training screen over SSH while a run tells two steps a second and probes."""
    with tempfile.TemporaryDirectory() as folder:
        run = create(Path(folder), "demo", {"donor": "en", "languages": list(tui_sample.CODES)}, 0)
        run.append_event("stage", stage="train", label="Fine-tuning on en", total=2_000, unit="steps")
        run.claim(os.getpid())
        run.update(state="running", device="cpu (2 threads)")
        _tell(run, range(1, 200))
        going_on = threading.Event()

        def tell() -> None:
            for step in range(200, 2_000):
                if going_on.wait(0.5):
                    return
                _tell(run, [step])

        with terminal(Path(folder), ssh=True) as one:
            one.ready()
            one.press("3")
            thread = threading.Thread(target=tell)
            thread.start()
            start, sent = time.perf_counter(), 0
            while time.perf_counter() - start < seconds:
                sent += len(one.read(quiet=0.1, first=0.1))
            going_on.set()
            thread.join()
            return sent / seconds


def _tell(run: Run, steps: "range | list[int]") -> None:
    for step in steps:
        run.append_event("step", step=step, steps=2_000, loss=2 / step, learning_rate=1e-4, sentences=8 * step,
                         seconds=step / 2)  # fmt: skip
        if step % 4 == 0:
            for place, code in enumerate(tui_sample.CODES):
                value = 0.5 + 0.01 * place + 0.1 / step
                run.append_event("probe", step=step, language=code, layer=12, measure="mean_cosine", n=8, value=value)


# In Training: other measures, layers and views, its windows and back.
_TRAINING_KEYS = ["m", "]", "[", "m", "m", "tab", "tab", "tab", "?", "\x1b", "r", "1", "3"]


def long_run(workspace: Path, events: int) -> Run:
    """A run that trained so long that it has so many events: steps, and every tenth event a probe."""
    run = create(workspace, "demo", {"donor": "en", "languages": list(tui_sample.CODES)}, 0)
    run.append_event("state", state="running")
    run.append_event("stage", stage="train", label="Fine-tuning on en", total=events, unit="steps", donor="en", seed=0)
    with (run.path / "events.jsonl").open("a") as handle:
        for number in range(1, events - 2):
            value = 0.5 + 0.4 / (1 + number / 10_000)
            if number % 10:
                handle.write(f'{{"time": {1.7e9 + number}, "event": "step", "step": {number}, "steps": {events}, '
                             f'"loss": {value:.6f}, "learning_rate": 1e-4, "sentences": {8 * number}, '
                             f'"seconds": {number}, "donor": "en", "seed": 0}}\n')  # fmt: skip
            else:
                code = tui_sample.CODES[number // 10 % len(tui_sample.CODES)]
                layer, measure = 12 * (number // 110 % 2), ("mean_cosine", "isoscore")[number // 220 % 2]
                handle.write(f'{{"time": {1.7e9 + number}, "event": "probe", "step": {number // 110 * 110}, '
                             f'"language": "{code}", "layer": {layer}, "measure": "{measure}", "n": 80, '
                             f'"value": {value:.6f}, "donor": "en", "seed": 0}}\n')  # fmt: skip
    run.update(state="finished")
    run.append_event("state", state="finished")
    return run


def long_run_keys(events: int) -> tuple[float, float, dict[str, list[float]]]:
    """Seconds until Training shows a run of so many events, the most megabytes, and milliseconds from a key to the
    first byte that comes back for it."""
    with tempfile.TemporaryDirectory() as folder:
        long_run(Path(folder), events)
        with terminal(Path(folder), ssh=False) as one:
            one.ready()
            started = time.perf_counter()
            os.write(one.master, b"3")
            one.read(quiet=10, first=60, until=b"loss")
            opened = time.perf_counter() - started
            one.ready()
            times: dict[str, list[float]] = {}
            most = one.resident()
            for key in _TRAINING_KEYS * 4:
                started = time.perf_counter()
                os.write(one.master, b"\t" if key == "tab" else key.encode())
                if select.select([one.master], [], [], 1.0)[0]:
                    name = key.replace("\x1b", "esc")
                    times.setdefault(name, []).append((time.perf_counter() - started) * 1000)
                one.read(quiet=0.3, first=0.3)
                most = max(most, one.resident())
        return opened, most, times


class TableApp(Drawn):
    """One table."""

    def compose(self) -> ComposeResult:
        """The table."""
        yield FrameTable()


async def table_keys(rows: int) -> dict[str, list[float]]:
    """Milliseconds from a key to the first change that it draws, on a table of so many rows."""
    generator = np.random.default_rng(0)
    forms = pd.Series(generator.integers(0, 5_000, rows)).map("name{}".format)
    frame = pd.DataFrame({
        "id": np.arange(rows), "language": generator.choice(tui_sample.CODES, rows), "form": forms,
        "value": generator.normal(size=rows),
    })  # fmt: skip
    times: dict[str, list[float]] = {}
    async with TableApp().run_test(size=(120, 40)) as pilot:
        table = pilot.app.query_one(FrameTable)
        start = time.perf_counter()
        table.show(FrameRows(frame))
        await pilot.pause()
        times["open"] = [(time.perf_counter() - start) * 1000]
        table.focus()
        for key in (["j"] * 10 + ["ctrl+d"] * 10 + ["G", "ctrl+u", "g", "space", "l"]) * 4 + [
            "s",
            "j",
            "s",
            "ctrl+d",
        ] * 4:
            if (pair := await answered(pilot.app, (key, None))) is not None:  # type: ignore[arg-type]
                times.setdefault(key, []).append(pair[0])
    return times


def _print_keys(title: str, times: dict[str, list[float]]) -> None:
    print(f"\n{title}: opened in {times.pop('open')[0]:.0f} ms")
    _print_times(times)


def _print_times(times: dict[str, list[float]]) -> None:
    times["all"] = [value for values in times.values() for value in values]
    for key, values in times.items():
        p95 = sorted(values)[min(len(values) - 1, int(0.95 * len(values)))]
        print(f"  {key:<8}{len(values):>5}  median {statistics.median(values):>6.1f}  p95 {p95:>6.1f} ms")


def _on_screen(asked: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as folder:
        workspace = asked.workspace
        if workspace is None:
            workspace = Path(folder) / "home"
            tui_sample.write_run(workspace, tui_sample.write_corpus(Path(folder) / "names"))
        starts = cold_start(workspace)
        print(
            f"cold start to first paint: {statistics.median(starts):.2f} s, at most {starts[-1]:.2f} s  (bound 0.7 s)"
        )
        for ssh in (True, False):
            sizes, memory = page_bytes(workspace, ssh)
            print(f"\n80×24, {'colors of the terminal (SSH)' if ssh else 'exact colors'}, bytes (bound 20,000):")
            print("\n".join(f"  {name:<32}{size:>8,}{'  over' * (size > 20_000)}" for name, size in sizes.items()))
            print(f"  memory with every screen open: {memory:.0f} MB  (bound 200 MB)")
        print(f"\nlive training screen over SSH: {live_bytes() / 1000:.2f} KB/s  (bound 3 KB/s)")


def _on_table(asked: argparse.Namespace) -> None:
    _print_keys(f"{asked.rows:,} rows", asyncio.run(table_keys(asked.rows)))
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as job:
        _print_keys(f"{asked.rows:,} rows beside a busy job", asyncio.run(table_keys(asked.rows)))
        job.kill()


def _on_long_run(asked: argparse.Namespace) -> None:
    opened, memory, times = long_run_keys(asked.events)
    print(f"\nTraining on a run of {asked.events:,} events, exact colors at 80×24: shown in {opened:.2f} s")
    print(f"  at most {memory:.0f} MB  (bound 300 MB); a key to its first byte (bound 50 ms):")
    _print_times(times)


PARTS = {"screen": _on_screen, "table": _on_table, "events": _on_long_run}


def main() -> None:
    """Print every figure beside its bound."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workspace", type=Path)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--only", choices=tuple(PARTS))
    asked = parser.parse_args()
    for name, part in PARTS.items():
        if asked.only in (None, name):
            part(asked)


if __name__ == "__main__":
    main()
