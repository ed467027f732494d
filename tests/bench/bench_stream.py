"""How fast a product streams, in what memory: `python tests/bench/bench_stream.py [FOLDER] [--language en]`.

Without a folder, contexts and names of the size of the paper's PER data are made up. The naive way fills the same
sentences, cutting context and name anew each time.
"""

import argparse
import gc
import itertools
import resource
import time
from collections.abc import Iterator
from pathlib import Path

from nerspace import datasets
from nerspace.datasets import filling
from nerspace.datasets.records import Context, Entity, Sentence
from nerspace.datasets.synthetic import SyntheticNER

LANGUAGE = "en"


def made_up(contexts: int = 6_398, entities: int = 3_227) -> SyntheticNER:
    """As many contexts and names as the paper has for PER, in one language; a context has about 20 words."""
    words = [f"word{i}" for i in range(997)]
    texts = [
        f"{' '.join(words[(i * 7 + j) % 997] for j in range(i % 12))} [male]'s, {' '.join(words[i % 900 :][:9])}."
        for i in range(contexts)
    ]
    return SyntheticNER(
        "made up",
        [Context(f"c{i}", "PER", "nominative", "m", {LANGUAGE: text.strip()}) for i, text in enumerate(texts)],
        [Entity(f"e{i}", "PER", "m", "", {"nominative": {LANGUAGE: f"Name{i} Of{i}"}}) for i in range(entities)],
    )


def resident() -> int:
    """Bytes of memory in use now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()


def timed(sentences: Iterator[Sentence]) -> tuple[float, int, int]:
    """Seconds, how many sentences, and by how many bytes memory grew at most."""
    gc.collect()
    before = most = resident()
    start = time.perf_counter()
    n = 0
    for n, _ in enumerate(sentences, start=1):
        if not n % 20_000:
            most = max(most, resident())
    return time.perf_counter() - start, n, max(most, resident()) - before


def naive(corpus: SyntheticNER, language: str) -> Iterator[Sentence]:
    """Every sentence from its text, nothing remembered."""
    for index in range(len(corpus)):
        filling._cut.cache_clear()
        filling.split_form.cache_clear()
        yield corpus.sentence(index, language)


def main() -> None:
    """Print the table: one row a way of reading, all from this run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?")
    parser.add_argument("--language", default=LANGUAGE)
    parser.add_argument("--n", type=int, default=1_000_000)
    asked = parser.parse_args()
    start = time.perf_counter()
    corpus = datasets.load(asked.folder) if asked.folder else made_up()
    loaded = time.perf_counter() - start
    if not isinstance(corpus, SyntheticNER):
        raise SystemExit("That folder holds tagged sentences, no product.")
    corpus = corpus.select(languages=[asked.language])
    drawn = corpus.sample_numbers(min(asked.n, len(corpus)), seed=0)
    ways = {
        "in order": itertools.islice(corpus.sentences(asked.language), asked.n),
        "at random": itertools.islice(corpus.sentences(asked.language, drawn), asked.n),
        "naive": itertools.islice(naive(corpus, asked.language), min(asked.n, 100_000)),
    }
    print(f"{corpus.name}, {asked.language}: {len(corpus):,} sentences, ready in {loaded:.2f} s")
    print(f"{'way':<10}{'sentences':>12}{'seconds':>9}{'per second':>12}{'memory +MB':>12}{'x naive':>9}")
    rows = {way: timed(sentences) for way, sentences in ways.items()}
    slowest = rows["naive"][1] / rows["naive"][0]
    for way, (seconds, n, grown) in rows.items():
        rate = n / seconds
        print(f"{way:<10}{n:>12,}{seconds:>9.2f}{rate:>12,.0f}{grown / 1e6:>12.1f}{rate / slowest:>9.1f}")


if __name__ == "__main__":
    main()
