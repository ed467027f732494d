"""How fast the table `tnld` is beside a plain loop: `python tests/bench/bench_tnld.py [--data FOLDER] [--type PER]`.

The plain loop transliterates both forms of every pair with Unidecode and takes rapidfuzz's Levenshtein distance in C,
pair by pair. Both sides must find the same means. Without --data the names are the built-in ones, copied with numbers
until there are as many as the paper has persons.
"""

import argparse
import gc
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

from rapidfuzz.distance import Levenshtein
from unidecode import unidecode

from nerspace import datasets
from nerspace.datasets.records import Entity
from nerspace.engine.names import distances

PERSONS = 3_227


def copied(entities: Sequence[Entity], size: int) -> list[Entity]:
    """So many names, each with forms of its own."""
    return [
        replace(
            entity,
            id=f"{entity.id}-{number}",
            forms={"nominative": {code: f"{form} {number}" for code, form in entity.forms["nominative"].items()}},
        )
        for number, entity in ((i // len(entities), entities[i % len(entities)]) for i in range(size))
    ]


def plain(entities: Sequence[Entity], languages: Sequence[str]) -> dict[tuple[str, str], float]:
    """The mean of every pair of languages, the obvious way."""
    means = {}
    for a, b in combinations(languages, 2):
        total = n = 0.0
        for entity in entities:
            forms = entity.forms.get("nominative", {})
            if forms.get(a) and forms.get(b):
                first, second = unidecode(forms[a]).strip(), unidecode(forms[b]).strip()
                longest = max(len(first), len(second))
                total += Levenshtein.distance(first, second) / longest if longest else 0.0
                n += 1
        means[a, b] = total / n
    return means


def table(entities: Sequence[Entity], languages: Sequence[str]) -> dict[tuple[str, str], float]:
    """The same out of the whole table, which also has types, subsets and chance floors."""
    distances._LETTERS.clear()
    frame = distances.tnld_table(entities, languages)
    whole = frame[(frame["type"] == "all") & (frame["subset"] == "all")]
    return {(a, b): value for a, b, value in whole[["a", "b", "tnld"]].itertuples(index=False)}


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds and result."""
    gc.collect()
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def main() -> None:
    """Print both sides, run by run in turn, and the ratio of their medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default="builtin")
    parser.add_argument("--type", default="PER")
    parser.add_argument("--runs", type=int, default=5)
    asked = parser.parse_args()
    corpus = datasets.load_parallel(asked.data)
    entities = [entity for entity in corpus.entities if entity.type == asked.type]
    if asked.data == "builtin":
        entities = copied(entities, PERSONS)
    languages = sorted(corpus.languages)
    # Imports are no part of either side.
    table(entities[:2], languages)
    ours, theirs = [], []
    for run in range(asked.runs):
        seconds, found = timed(lambda: table(entities, languages))
        ours.append(seconds)
        seconds, expected = timed(lambda: plain(entities, languages))
        theirs.append(seconds)
        worst = max(abs(found[pair] - expected[pair]) for pair in expected)
        print(
            f"run {run + 1}: table {ours[-1]:.3f} s, plain loop {theirs[-1]:.3f} s, means differ by {worst:.1e} at most"
        )
        if worst > 1e-9:
            raise SystemExit("The two sides disagree.")
    middle = asked.runs // 2
    fast, slow = sorted(ours)[middle], sorted(theirs)[middle]
    print(
        f"{corpus.name}: {len(entities):,} {asked.type} names, {len(languages)} languages, {asked.runs} runs, medians:"
    )
    print(f"table {fast:.3f} s, plain loop {slow:.3f} s, ratio {slow / fast:.1f}")


if __name__ == "__main__":
    main()
