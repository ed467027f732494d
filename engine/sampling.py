"""Which sentences are trained on, tested and read, and the tables that name them."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from nerspace import datasets
from nerspace.datasets import Sentence, SyntheticNER
from nerspace.engine.encoders.batching import encode
from nerspace.engine.errors import DataError
from nerspace.engine.requests.training import Request


@dataclass(frozen=True, slots=True)
class Sample:
    """The sentences of a run: training in the donor language, test in all of them, language by language.

    corpus: the whole it was drawn from.
    """

    train: list[Sentence]
    test: list[Sentence]
    corpus: SyntheticNER


def draw_sample(request: Request) -> Sample:
    """Parallel sentences from both sides of the split, PER, LOC and ORG in equal parts where there are enough.

    Raises: DataError when the data has too little.
    """
    corpus = datasets.load_parallel(request.data)
    split = corpus.select(languages=request.languages).split(request.seed)
    train = [
        split.train.sentence_of(context, entity, request.donor)
        for context, entity in draw_cells(split.train, request.size, request.seed)
    ]
    test_cells = draw_cells(split.test, request.test_size, request.seed)
    test = [
        split.test.sentence_of(context, entity, language)
        for language in request.languages
        for context, entity in test_cells
    ]
    return Sample(train, test, corpus)


def readable(sample: Sample, tokenizer: Any, limit: int) -> Sample:
    """The sample without the test cells whose name, in some language, has no piece within `limit` ids.

    Raises: DataError when none is left.
    """
    encoded = encode(sample.test, tokenizer, limit)
    lost = {item.sentence.cell for item in encoded if not item.entity_pieces}
    test = [sentence for sentence in sample.test if sentence.cell not in lost]
    if not test:
        raise DataError(
            f"No test sentence can be read within {limit} pieces.", "Choose an encoder for longer sentences."
        )
    return Sample(sample.train, test, sample.corpus)


def draw_cells(corpus: SyntheticNER, size: int, seed: int) -> list[tuple[Any, Any]]:
    """Cells in equal parts by type, in random order; a type that has too few leaves its room to the others."""
    if not len(corpus):
        raise DataError(
            f"The {corpus.part} part of {corpus.name} is empty in {', '.join(corpus.languages)}.",
            "Choose fewer languages or larger data.",
        )
    present = {context.type for context in corpus.contexts}
    parts = sorted((corpus.select(types=[kind]) for kind in sorted(present)), key=len)
    cells: list[tuple[Any, Any]] = []
    for left, part in zip(range(len(parts), 0, -1), parts, strict=True):
        wanted = -(-(size - len(cells)) // left)
        cells += [part.cell(index) for index in part.sample_numbers(wanted, seed=seed)]
    random.Random(seed).shuffle(cells)  # noqa: S311
    return cells


def sentence_table(sentences: Sequence[Sentence]) -> pd.DataFrame:
    """The table `sentences`."""
    rows = [
        (s.id, s.split, s.language, s.type, s.case, s.context, s.entity,
         " ".join(word for word, tag in zip(s.words, s.tags, strict=True) if tag != "O"),
         " ".join(s.words), " ".join(s.tags), s.text)
        for s in sentences
    ]  # fmt: skip
    columns = ["sentence", "split", "language", "type", "case", "context", "entity", "form", "words", "tags", "text"]
    return pd.DataFrame(rows, columns=columns)


def point_table(test: Sequence[Sentence]) -> pd.DataFrame:
    """The table `points`: one point per test sentence, in the order of the vectors."""
    points = sentence_table(test)[["sentence", "language", "type", "entity", "form"]]
    points.insert(0, "point", np.arange(len(points)))
    return points


def word_table(sentences: Sequence[Sentence]) -> pd.DataFrame:
    """The table `words`: the sentence of every word vector, in the order of the vectors."""
    rows = [(row, s.id, s.language) for row, s in enumerate(sentences)]
    return pd.DataFrame(rows, columns=["row", "sentence", "language"])
