"""How fast the built-in data opens, beside the reader that trusts no file: `python tests/bench/bench_builtin.py`.

Processor time, the best of many, since a machine that does other work says nothing else. Before its text grew sixfold,
the data was opened by the strict reader in what the last column shows for a sixth of it.
"""

import argparse
import csv
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from nerspace import datasets
from nerspace.datasets.readers import pairs

SHARE = 6


def seconds(make: Callable[[], object], times: int) -> float:
    """The least processor time of so many calls."""
    found = []
    for _ in range(times):
        start = time.process_time()
        make()
        found.append(time.process_time() - start)
    return min(found)


def write_share(target: Path) -> None:
    """Every sixth context, and the names that make the old proportion."""
    for name, step in (("contexts.csv", SHARE), ("entities.csv", 2)):
        with (datasets.BUILTIN / name).open(encoding="utf-8", newline="") as source:
            header, *rows = csv.reader(source)
        ids = list(dict.fromkeys(row[0] for row in rows))
        chosen = set(ids[::step])
        with (target / name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header, *(row for row in rows if row[0] in chosen)])


def main() -> None:
    """Print a line for every way of opening."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=25)
    times = parser.parse_args().times
    corpus = datasets.load_parallel()
    print(f"{len(corpus.contexts):,} contexts, {len(corpus.entities):,} names")
    with tempfile.TemporaryDirectory() as folder:
        write_share(Path(folder))
        ways: dict[str, Callable[[], object]] = {
            "built in, cut when asked for": lambda: datasets.load("builtin"),
            "built in, by the strict reader": lambda: pairs.read(datasets.BUILTIN, "strict"),
            "a sixth of it, by the strict reader": lambda: pairs.read(Path(folder), "share"),
            "built in, and one language read": lambda: sum(
                len(c.texts["en"]) for c in datasets.load_parallel().contexts
            ),
        }
        for name, make in ways.items():
            print(f"{name:<38}{1000 * seconds(make, times):8.1f} ms")


if __name__ == "__main__":
    main()
