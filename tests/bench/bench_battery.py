"""The whole battery of the geometry, table by table: `python tests/bench/bench_battery.py [--cells 1613] [--run RUN]`.

Without a run on made-up vectors: eleven languages of parallel sentences, two layers before and after, d = 384, with
directions shared by cell, language and type and with outlier dimensions, as in a real encoder. Every table brings its
chance floors. Prints seconds by the clock and of the processor; nothing is read from or written to a disk.
"""

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import numpy as np
from threadpoolctl import threadpool_info

from nerspace.datasets.languages import LANGUAGES
from nerspace.engine.geometry.dimensions import dimensions_table
from nerspace.engine.geometry.grouping import groups_table
from nerspace.engine.geometry.isotropy import isotropy_table
from nerspace.engine.geometry.neighbours import hubness_table, retrieval_table
from nerspace.engine.geometry.similarity import cka_table, drift_table, parallel_cosine_table
from nerspace.engine.geometry.stored import read_stored
from nerspace.engine.runs import Run

Vectors = dict[tuple[str, int], Any]
Labels = tuple[list[str], list[str], list[str]]


def made_up(cells: int, width: int) -> tuple[Vectors, Labels]:
    """(stage, layer) → float32 [11 · cells, width], and languages, types and cells of the rows."""
    generator = np.random.default_rng(0)
    codes = list(LANGUAGES)
    cell = np.tile(np.arange(cells), len(codes))
    language = np.repeat(np.arange(len(codes)), cells)

    def directions(count: int, at: Any, scale: float) -> Any:
        return scale * generator.normal(size=(count, width))[at]

    vectors: Vectors = {}
    for stage, by_cell in (("before", 1.0), ("after", 0.5)):
        for layer, by_language in ((0, 1.0), (12, 0.3)):
            X = generator.normal(size=(len(cell), width)) + directions(cells, cell, by_cell)
            X += directions(len(codes), language, by_language) + directions(3, cell % 3, 0.5)
            X[:, :3] += 8
            vectors[stage, layer] = X.astype(np.float32)
    kinds = ("PER", "LOC", "ORG")
    return vectors, ([codes[i] for i in language], [kinds[i % 3] for i in cell], [str(i) for i in cell])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=int, default=1613)
    parser.add_argument("--width", type=int, default=384)
    parser.add_argument("--run", type=Path, help="The folder of a run, whose entity vectors are taken.")
    parser.add_argument("--only", help="One table.")
    asked = parser.parse_args()
    if asked.run:
        stored = read_stored(Run(asked.run))
        vectors: Any = stored.vectors
        labels: Labels = (stored.languages.tolist(), stored.rows["type"].tolist(), stored.cells)
    else:
        vectors, labels = made_up(asked.cells, asked.width)
    languages, _, cells = labels
    by_row = np.array(languages)
    tables: dict[str, Callable[[], Any]] = {
        "isotropy": lambda: isotropy_table(vectors, by_row),
        "dimensions": lambda: dimensions_table(vectors, by_row),
        "hubness": lambda: hubness_table(vectors, by_row),
        "retrieval": lambda: retrieval_table(vectors, languages, cells),
        "cka": lambda: cka_table(vectors, languages, cells),
        "parallel_cosine": lambda: parallel_cosine_table(vectors, languages, cells),
        "drift": lambda: drift_table(vectors, by_row),
        "groups": lambda: groups_table(vectors, *labels),
    }
    shapes = ", ".join(f"{stage} {layer}: {X.shape[0]:,} × {X.shape[1]}" for (stage, layer), X in vectors.items())
    threads = sorted({pool["num_threads"] for pool in threadpool_info()})
    print(f"{shapes}; {'/'.join(map(str, threads))} threads of {os.cpu_count()} cores")
    print(f"{'table':<18}{'rows':>7}{'seconds':>9}{'processor':>11}")
    clock = processor = 0.0
    for name, make in tables.items():
        if asked.only not in (None, name):
            continue
        started, used = time.perf_counter(), time.process_time()
        rows = len(make())
        seconds, work = time.perf_counter() - started, time.process_time() - used
        clock, processor = clock + seconds, processor + work
        print(f"{name:<18}{rows:>7,}{seconds:>9.1f}{work:>11.1f}", flush=True)
    print(f"{'all':<18}{'':>7}{clock:>9.1f}{processor:>11.1f}")


if __name__ == "__main__":
    main()
