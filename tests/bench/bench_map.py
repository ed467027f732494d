"""How fast a map of 100,000 points answers its keys, and in how many bytes: `python tests/bench/bench_map.py`.

A run folder with made-up points and four maps is written. A key is timed from its press until the first change that it
makes has been drawn, in the map that is walked, and until the last, linked maps and threads included. Bytes are counted
at the other end of a pseudo-terminal, as a line would carry them, with exact colors and with those of a session over
SSH.
"""

import argparse
import asyncio
import fcntl
import itertools
import os
import pty
import select
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from bench_data_screen import DrawnApp, _p95, answered

from nerspace.datasets.languages import LANGUAGES
from nerspace.engine.runs import Run, create
from nerspace.tui.explorer.session import Session

LIMIT, BYTES = 50.0, 20_000
_KEYS = {"+": "plus", "-": "minus", "{": "left_curly_bracket", "}": "right_curly_bracket", ".": "full_stop"}


def write_run(workspace: Path, n: int) -> Run:
    """A run with n points in eleven languages, before and after, initial and output layer."""
    generator = np.random.default_rng(0)
    run = create(workspace, "demo", {"donor": "en", "languages": list(LANGUAGES)}, 0)
    codes, cells = list(LANGUAGES), -(-n // len(LANGUAGES))
    rows = [(c, cell) for c in codes for cell in range(cells)][:n]
    language, cell = [c for c, _ in rows], np.array([number for _, number in rows])
    entity = [f"e{number % 997}" for number in cell]
    sentence = [f"{c}/c{number}/{e}" for (c, number), e in zip(rows, entity, strict=True)]
    kind = np.array(["PER", "LOC", "ORG"])[cell % 3]
    form = [f"Name{number}" for number in cell]
    points = pd.DataFrame({"point": np.arange(n), "sentence": sentence, "language": language, "type": kind,
                           "entity": entity, "form": form})  # fmt: skip
    run.write_table("points", points)
    run.write_table("sentences", points.drop(columns="point").assign(
        split="test", case="nominative", context="c", words=[f"Here is {f} ." for f in form], tags="O O B-PER O",
        text=[f"Here is {f}." for f in form],
    ))  # fmt: skip
    wrong = generator.integers(0, 2, n)
    run.write_table("predictions", pd.DataFrame({
        "donor": "en", "seed": 0, "sentence": sentence, "language": language, "type": kind, "gold": "O O B-PER O",
        "predicted": "O O B-PER O", "wrong": wrong, "confidence": 0.9,
    }))  # fmt: skip
    maps = []
    for stage, layer in itertools.product(("before", "after"), (0, 12)):
        middle = generator.normal(0, 40, (2, 300))[:, cell % 300]
        x, y = middle + generator.normal(0, 5, (2, n))
        maps.append(pd.DataFrame({"stage": stage, "layer": layer, "point": np.arange(n), "x": x, "y": y}))
    run.write_table("map", pd.concat(maps))
    run.update(state="finished")
    return run


def keys(rounds: int) -> Iterator[str]:
    """Walking, panning at an edge, zooming, colors, classes, films, as a person would."""
    for _ in range(rounds):
        yield from "llllljjjjjhk"
        yield from "+++lllkkk"
        yield from ["l"] * 12
        yield from "---0"
        yield from "ppc123a"
        yield from "cccc"
        yield from ["}", "}", "{"]
        yield from ["]", "[", "tab", "l", "j"]
        yield from [".", ".", "escape"]


async def measure(run: Run, size: tuple[int, int], rounds: int) -> dict[str, list[tuple[float, float]]]:
    """Milliseconds to the first and to the last change, by key."""
    session, times = Session(run.path.parent.parent, run, "builtin", "builtin"), defaultdict(list)
    app = DrawnApp(session, "space")
    async with app.run_test(size=size) as pilot:
        await app.workers.wait_for_complete()
        await pilot.pause(1.0)
        for key in keys(rounds):
            pair = await answered(app, (_KEYS.get(key, key), key if len(key) == 1 else None))
            if pair is not None:
                times[key].append(pair)
    return times


def carried(run: Run, over_ssh: bool, pans: int = 12, moves: int = 12) -> tuple[list[int], list[int]]:
    """Bytes for each pan of the whole map and for each move of the box, at 80 × 24."""
    here, there = pty.openpty()
    fcntl.ioctl(there, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    environment.pop("NO_COLOR", None)
    environment.pop("SSH_CONNECTION", None)
    if over_ssh:
        environment["SSH_CONNECTION"] = "10.0.0.1 5000 10.0.0.2 22"
    command = [sys.executable, "-c", "from nerspace.tui.main import main; main()", "--workspace",
               str(run.path.parent.parent)]  # fmt: skip
    process = subprocess.Popen(command, stdin=there, stdout=there, stderr=there, env=environment)

    def read(quiet: float) -> int:
        total = 0
        while select.select([here], [], [], quiet)[0]:
            total += len(os.read(here, 65_536))
        return total

    def press(key: bytes, quiet: float = 0.4) -> int:
        os.write(here, key)
        return read(quiet)

    try:
        read(3.0)
        press(b"4", 4.0)
        press(b"+")
        moved = [press(b"l") for _ in range(moves)]
        # To the right edge, where a move moves the map.
        press(b"l" * 60, 1.0)
        panned = [press(b"l") for _ in range(pans)]
    finally:
        process.terminate()
        process.wait(10)
        os.close(here)
        os.close(there)
    return panned, moved


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=100_000)
    parser.add_argument("--sizes", default="80x24,120x40,200x50")
    parser.add_argument("--rounds", type=int, default=4)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as workspace:
        start = time.perf_counter()
        run = write_run(Path(workspace), asked.points)
        print(f"{asked.points:,} points, written in {time.perf_counter() - start:.1f} s")
        for size in asked.sizes.split(","):
            width, height = (int(part) for part in size.split("x"))
            times = asyncio.run(measure(run, (width, height), asked.rounds))
            times["all"] = [pair for pairs in times.values() for pair in pairs]
            heads = "".join(f"{head:>8}" for head in ("median", "p95") * 2)
            print(f"\n{size}\n{'key':<9}{'n':>5}{heads}   (ms to the first change, ms to the last)")
            for key, pairs in times.items():
                sides = [sorted(side) for side in zip(*pairs, strict=True)]
                numbers = "".join(f"{n:>8.1f}" for side in sides for n in (statistics.median(side), _p95(side)))
                print(f"{key:<9}{len(pairs):>5}{numbers}{'  over 50 ms' if _p95(sides[0]) > LIMIT else ''}")
        print("\nbytes at 80x24, through a pseudo-terminal")
        for name, over_ssh in (("exact colors", False), ("over SSH", True)):
            panned, moved = carried(run, over_ssh)
            over = "  over 20 KB" if max(panned) > BYTES else ""
            print(f"{name:<13} pan {statistics.median(panned):>7,.0f} at most {max(panned):>7,}{over}   "
                  f"move {statistics.median(moved):>6,.0f} at most {max(moved):>6,}")  # fmt: skip


if __name__ == "__main__":
    main()
