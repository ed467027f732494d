"""Which sentences are trained on, tested and read, and the tables that name them."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nerspace import datasets
from nerspace.datasets import Sentence, SyntheticNER
from nerspace.engine.errors import DataError
from nerspace.engine.requests.training import Request
from nerspace.engine.tables.spec import LANGUAGE, SENTENCE, TYPE, TableSpec, integer, text

if TYPE_CHECKING:
    import pandas as pd

    from nerspace.engine.encoders import Encoder


@dataclass(frozen=True, slots=True)
class Sample:
    """The sentences of a run: training in the donor language, test in all of them, language by language.

    Attributes:
        corpus: the whole it was drawn from.
    """

    train: list[Sentence]
    test: list[Sentence]
    corpus: SyntheticNER


def draw_sample(request: Request) -> Sample:
    """Parallel sentences from both sides of the split, PER, LOC and ORG in equal parts where there are enough.

    Raises:
        DataError: when the data has too little.
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


def readable(sample: Sample, encoder: "Encoder") -> Sample:
    """The sample without the test cells whose name, in some language, has no piece within the encoder's limit.

    Raises:
        DataError: when none is left.
    """
    lost = {item.sentence.cell for item in encoder.encode(sample.test) if not item.entity_pieces}
    test = [sentence for sentence in sample.test if sentence.cell not in lost]
    if not test:
        raise DataError(
            f"No test sentence can be read within {encoder.limit} pieces.", "Choose an encoder for longer sentences."
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


SENTENCES = TableSpec(
    "sentences",
    "The sentences that a run trained and tested on.",
    {
        "sentence": text(SENTENCE),
        "split": text("train or test"),
        "language": text(LANGUAGE),
        "type": text(TYPE),
        "case": text("case of the slot"),
        "context": text("context id"),
        "entity": text("entity id"),
        "form": text("the name as it stands in the sentence"),
        "words": text("words, joined by a space"),
        "tags": text("IOB2 tags, joined by a space"),
        "text": text("the sentence as it is written"),
    },
)


@SENTENCES.made_by
def sentence_table(read: Sequence[Sentence]) -> "pd.DataFrame":
    """The table `sentences`."""
    rows = [
        (s.id, s.split, s.language, s.type, s.case, s.context, s.entity,
         " ".join(word for word, tag in zip(s.words, s.tags, strict=True) if tag != "O"),
         " ".join(s.words), " ".join(s.tags), s.text)
        for s in read
    ]  # fmt: skip
    return SENTENCES.frame(rows)


POINTS = TableSpec(
    "points",
    "The points of the maps: one entity in its sentence each.",
    {
        "point": integer("row of the vectors and of the map"),
        "sentence": text(SENTENCE),
        "language": text(LANGUAGE),
        "type": text(TYPE),
        "entity": text("entity id"),
        "form": text("the name as it stands in the sentence"),
    },
)


@POINTS.made_by
def point_table(test: Sequence[Sentence]) -> "pd.DataFrame":
    """The table `points`: one point per test sentence, in the order of the vectors."""
    points = sentence_table(test)
    return POINTS.checked(points.assign(point=range(len(points)))[list(POINTS.columns)])


WORDS = TableSpec(
    "words",
    "The words behind the word vectors of a run; nerspace extract adds word, entity and type (O outside entities).",
    {
        "row": integer("row of the word vectors"),
        "sentence": text(SENTENCE),
        "language": text(LANGUAGE),
    },
    added={"word": text("the word"), "entity": text("entity id, empty outside"), "type": text(f"{TYPE}, O outside")},
)


@WORDS.made_by
def word_table(read: Sequence[Sentence]) -> "pd.DataFrame":
    """The table `words`: the sentence of every word vector, in the order of the vectors."""
    rows = [(row, s.id, s.language) for row, s in enumerate(read)]
    return WORDS.frame(rows)
