"""How fast the data screen answers its keys: `python tests/bench/bench_data_screen.py [CORPUS …] [--size 80x24]`.

Without a corpus: the built-in one, and made-up contexts and names of the size of the paper's PER data (20.6 million
sentences) in eleven languages. A key is timed from its press until the first change that it makes has been drawn, and
until the last, the work of threads included. Keys that change nothing are counted but not timed.
"""

import argparse
import asyncio
import gc
import resource
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from textual import events
from textual.app import App

from nerspace.datasets.languages import LANGUAGES
from nerspace.datasets.records import Context, Entity
from nerspace.datasets.synthetic import SyntheticNER
from nerspace.tui.explorer.app import NerspaceApp
from nerspace.tui.explorer.data.model import Opened, open_corpus
from nerspace.tui.explorer.data.parallel import ParallelIndex
from nerspace.tui.explorer.session import Session

LIMIT = 50.0
MADE_UP = "made up"
# Seconds without a change after which a key is taken as answered.
QUIET = 0.06
_NAMES = {"/": "slash", " ": "space", ":": "colon", ",": "comma"}


def made_up(contexts: int = 6_398, names: int = 3_227) -> SyntheticNER:
    """As many contexts and names as the paper has for PER, in eleven languages; a context has about 20 words."""
    letters = {"Latin": "word", "Cyrillic": "слова"}

    def text(number: int, code: str) -> str:
        word = letters[LANGUAGES[code].script]
        before = " ".join(f"{word}{(number * 7 + j) % 997}" for j in range(number % 12))
        return f"{before} [male], {' '.join(f'{word}{(number + j) % 900}' for j in range(9))} {code}{number}.".strip()

    return SyntheticNER(
        MADE_UP,
        [Context(f"c{i}", "PER", "nominative", "m", {c: text(i, c) for c in LANGUAGES}) for i in range(contexts)],
        [
            Entity(f"e{i}", "PER", "m", "", {"nominative": {c: f"Name{i} {c.title()}of{i}" for c in LANGUAGES}})
            for i in range(names)
        ],
    )


Times = dict[str, list[tuple[float, float]]]


class Drawn(App[None]):
    """An app without a terminal that draws what it would send to one, and remembers when."""

    drawn_first = 0.0
    drawn_last = 0.0

    def _display(self, screen: Any, renderable: Any) -> None:
        if hasattr(renderable, "render_segments"):
            renderable.render_segments(self.console)
            self.drawn_last = time.perf_counter()
            self.drawn_first = self.drawn_first or self.drawn_last
        super()._display(screen, renderable)


class DrawnApp(Drawn, NerspaceApp):
    """An explorer that remembers so."""


async def answered(app: Drawn, key: tuple[str, str | None]) -> tuple[float, float] | None:
    """Milliseconds from a key's press to the first and to the last change that it makes; None if it makes none."""
    app.drawn_first = app.drawn_last = 0.0
    start = quiet_since = time.perf_counter()
    app.post_message(events.Key(*key))
    while time.perf_counter() - max(quiet_since, app.drawn_last) < QUIET:
        await asyncio.sleep(0.002)
        if any(not worker.is_finished for worker in app.workers):
            quiet_since = time.perf_counter()
    return ((app.drawn_first - start) * 1000, (app.drawn_last - start) * 1000) if app.drawn_first else None


def keys(words: list[str], rounds: int) -> Iterator[tuple[str, str]]:
    """Kinds of keys and keys: walking and searching, as a person would."""
    for number in range(rounds):
        for kind in ["j"] * 12 + ["ctrl+d"] * 8 + ["G", "ctrl+u", "g"] + ["l"] * 3 + ["h"] * 3:
            yield kind, kind
        yield "/", "/"
        for letter in words[number % len(words)]:
            yield "letter", letter
        yield "enter (search)", "enter"
        for kind in ["j"] * 4 + ["ctrl+d"] * 4 + ["G", "g"]:
            yield kind, kind
        yield "enter (inspect)", "enter"
        yield "esc (close)", "escape"
        yield "esc (clear)", "escape"
        yield "t (names)", "t"
        yield "ctrl+d (names)", "ctrl+d"
        yield "t (sentences)", "t"


async def measure(opened: Opened, size: tuple[int, int], words: list[str], rounds: int) -> Times:
    """Times in milliseconds, by kind of key."""
    with tempfile.TemporaryDirectory() as workspace:
        session = Session(Path(workspace), None, opened.name, "builtin")
        session.adopt(opened)
        app, times = DrawnApp(session), defaultdict(list)
        async with app.run_test(size=size) as pilot:
            await app.workers.wait_for_complete()
            await pilot.pause(0.5)
            for kind, key in keys(words, rounds):
                character = key if len(key) == 1 else None
                if (pair := await answered(app, (_NAMES.get(key, key), character))) is not None:
                    times[kind].append(pair)
        return times


def _p95(times: list[float]) -> float:
    return times[min(len(times) - 1, int(0.95 * len(times)))]


def resident() -> float:
    """Megabytes of memory in use now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 1e6


def main() -> None:
    """Print a table for each corpus, then how the keys of the last compare to those of the first."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpora", nargs="*", default=["builtin", MADE_UP])
    parser.add_argument("--size", default="120x40")
    parser.add_argument("--rounds", type=int, default=8)
    asked = parser.parse_args()
    width, height = (int(part) for part in asked.size.split("x"))
    words = ["anna", "name12 7", "lang:be,en name3", "type:PER 55", "no such words", "e1 c2", "of31", "name3226 6397"]
    medians = []
    for name in asked.corpora:
        gc.collect()
        before, start = resident(), time.perf_counter()
        opened = Opened(MADE_UP, ParallelIndex(made_up())) if name == MADE_UP else open_corpus(name)
        ready = time.perf_counter() - start
        grown = resident() - before
        times = asyncio.run(measure(opened, (width, height), words, asked.rounds))
        print(
            f"\n{name}, {opened.index.total:,} sentences at {asked.size}: ready in {ready:.2f} s, "
            f"+{grown:.0f} MB for the data, resident {resident():.0f} MB"
        )
        times["all"] = [pair for pairs in times.values() for pair in pairs]
        heads = "".join(f"{head:>8}" for head in ("min", "median", "p95") * 2)
        print(f"{'key':<17}{'n':>5}{heads}   (ms to the first change, ms to the last)")
        for kind, pairs in times.items():
            sides = [sorted(side) for side in zip(*pairs, strict=True)]
            numbers = "".join(f"{n:>8.1f}" for side in sides for n in (side[0], statistics.median(side), _p95(side)))
            print(f"{kind:<17}{len(pairs):>5}{numbers}{'  over 50 ms' if _p95(sides[1]) > LIMIT else ''}")
        medians.append({kind: statistics.median(last for _, last in pairs) for kind, pairs in times.items()})
    if len(medians) > 1:
        first, last = medians[0], medians[-1]
        ratios = (f"{kind} {last[kind] / first[kind]:.2f}" for kind in first if kind in last)
        print(f"\nmedians, {asked.corpora[-1]} over {asked.corpora[0]}: {', '.join(ratios)}")


if __name__ == "__main__":
    main()
