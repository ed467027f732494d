"""Seconds of what must be there at once at the sizes of the paper and above: `python tests/bench/bench_sizes.py`.

Each beside the bound above which a person would wait: a table of a million rows, the sentences of 20 million and a
search in them, a map of 100,000 points, reading and splitting the paper's PER data, the built-in tokenizer.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from bench_data_screen import made_up
from textual.app import App, ComposeResult

from nerspace import datasets
from nerspace.engine.encoders import load_tokenizer
from nerspace.tui.explorer.data.parallel import ParallelIndex, SentenceRows
from nerspace.tui.filters import Filter, parse_filter
from nerspace.tui.plots.raster import fit_window, raster, to_dots
from nerspace.tui.widgets.frame_table import FrameTable
from nerspace.tui.widgets.rows import FrameRows


class TableApp(App[None]):
    """A table and nothing else."""

    def compose(self) -> ComposeResult:
        yield FrameTable()


def told(what: str, bound: float, work: Callable[[], Any]) -> Any:
    """Print how long it takes, and give back what it makes."""
    started = time.perf_counter()
    made = work()
    seconds = time.perf_counter() - started
    print(f"{what:<42}{seconds:>9.3f}{bound:>9.1f}{'' if seconds <= bound else '  too long'}", flush=True)
    return made


async def tables(index: ParallelIndex) -> None:
    """A million rows and 20 million sentences in a table."""
    frame = pd.DataFrame({"a": range(1_000_000), "b": np.arange(1_000_000, dtype=float)})
    async with TableApp().run_test(size=(60, 20)) as pilot:
        table = pilot.app.query_one(FrameTable)
        told("a table of 1,000,000 rows", 1.0, lambda: table.show(FrameRows(frame)))
        await pilot.pause()
        rows = SentenceRows(index.corpus, index.sentences(Filter()), ["en"])
        told(f"a table of {len(rows):,} sentences", 1.0, lambda: table.show(rows))


def points() -> None:
    """A map of 100,000 points in a window of 200×50."""
    generator = np.random.default_rng(0)
    x, y = generator.normal(size=(2, 100_000))
    classes, window = generator.integers(0, 11, 100_000), fit_window(x, y)
    told("a map of 100,000 points", 0.1, lambda: raster(*to_dots(x, y, window, 200, 50), classes, 200, 50))


def written(folder: Path, corpus: Any) -> Path:
    """Contexts and names in our own layout."""
    contexts = [{"id": c.id, "type": c.type, "case": c.case, "gender": c.gender, **c.texts} for c in corpus.contexts]
    names = [
        {"id": e.id, "type": e.type, "case": case, "gender": e.gender, "ambiguity": e.ambiguity, **forms}
        for e in corpus.entities
        for case, forms in e.forms.items()
    ]
    for name, rows in (("contexts", contexts), ("entities", names)):
        pd.DataFrame(rows).to_csv(folder / f"{name}.csv", index=False)
    return folder


def main() -> None:
    """Print a line for each."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    print(f"{'what':<42}{'seconds':>9}{'bound':>9}")
    corpus = made_up()
    index = ParallelIndex(corpus)
    asyncio.run(tables(index))
    told("a search in them", 2.0, lambda: index.sentences(parse_filter("name3226 6397")))
    points()
    with tempfile.TemporaryDirectory() as folder:
        written(Path(folder), corpus)
        read = told(f"reading {len(corpus):,} sentences", 15.0, lambda: datasets.load(folder))
    told("splitting them", 5.0, lambda: read.split(0))
    told("the built-in tokenizer", 5.0, lambda: load_tokenizer("builtin"))


if __name__ == "__main__":
    main()
