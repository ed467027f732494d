"""Sentences of a product, one after the other, without the rest."""

import itertools
import tracemalloc

import pytest

from nerspace import datasets
from nerspace.datasets.errors import UsageError
from nerspace.datasets.records import Context, Entity
from nerspace.datasets.synthetic import SyntheticNER


def product(contexts: int, entities: int) -> SyntheticNER:
    return SyntheticNER(
        "product",
        [Context(f"c{i}", "LOC", "nominative", "", {"en": f"Here [???], number {i}."}) for i in range(contexts)],
        [Entity(f"e{i}", "LOC", "", "", {"nominative": {"en": f"New Town {i}"}}) for i in range(entities)],
    )


@pytest.mark.parametrize("language", ["en", "tr", "be"])
def test_the_stream_is_what_the_cells_say_one_by_one(language: str) -> None:
    corpus = datasets.load().select(types=["LOC", "ORG"])  # type: ignore[union-attr]
    assert list(corpus.sentences(language)) == [corpus.sentence(i, language) for i in range(len(corpus))]
    drawn = corpus.sample_numbers(100, seed=1)
    assert list(corpus.sentences(language, drawn)) == [corpus.sentence(i, language) for i in drawn]


def test_a_stream_starts_at_once_and_keeps_nothing() -> None:
    corpus = product(3_000, 3_000)
    stream = corpus.sentences("en")
    tracemalloc.start()
    try:
        first = next(stream)
        for _ in itertools.islice(stream, 20_000):
            pass
        early = tracemalloc.get_traced_memory()[0]
        for _ in itertools.islice(stream, 60_000):
            pass
        grown = tracemalloc.get_traced_memory()[0] - early
    finally:
        tracemalloc.stop()
    assert first.text == "Here New Town 0, number 0."
    assert grown < 1_000_000


def test_a_language_that_is_not_there_is_refused_before_the_first_sentence() -> None:
    with pytest.raises(UsageError, match="'de'.*en"):
        product(1, 1).sentences("de")
    with pytest.raises(IndexError):
        list(product(1, 1).sentences("en", [1]))
