"""Which sentences are read, in an order that anyone can find again, each made only when it is needed."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

from nerspace import datasets
from nerspace.datasets import Sentence, SyntheticNER, TaggedCorpus
from nerspace.datasets.tagging import spans_of
from nerspace.engine.requests.extraction import ExtractRequest
from nerspace.engine.requests.training import Request
from nerspace.engine.runs import Run
from nerspace.engine.sampling import draw_tagged, draw_test_cells, mentions, split_of


class Plan(Protocol):
    """Sentences numbered from 0, language by language; `corpus` is where they come from."""

    @property
    def corpus(self) -> SyntheticNER | TaggedCorpus:
        """The corpus."""

    def __len__(self) -> int:
        """How many."""

    def sentence(self, number: int) -> Sentence:
        """The sentence of that number."""


class ParallelPlan:
    """The same cells in every language.

    Args:
        cells: their numbers in the corpus, or contexts with entities.
    """

    def __init__(self, corpus: SyntheticNER, cells: Sequence[Any], languages: Sequence[str]) -> None:
        self.corpus, self._cells, self._languages = corpus, cells, tuple(languages)

    def __len__(self) -> int:
        return len(self._cells) * len(self._languages)

    def sentence(self, number: int) -> Sentence:
        """The sentence of that number."""
        language, place = divmod(number, len(self._cells))
        cell = self._cells[place]
        context, entity = self.corpus.cell(cell) if isinstance(cell, int) else cell
        return self.corpus.sentence_of(context, entity, self._languages[language])


class TaggedPlan:
    """Sentences that arrived tagged; for entities, each once for every entity in it, with that one alone tagged.

    Such sentences have no context and entity of their own, so their number in the corpus and that of the entity in the
    sentence take their place: s12/0 is nobody's parallel.
    """

    def __init__(self, corpus: TaggedCorpus, size: int, seed: int, of: str) -> None:
        self.corpus, self._places = corpus, list(_places(corpus, size, seed, of))

    def __len__(self) -> int:
        return len(self._places)

    def sentence(self, number: int) -> Sentence:
        """The sentence of that number."""
        index, place = self._places[number]
        sentence = self.corpus.identified(index)
        return sentence if place < 0 else mentions([sentence])[place]


def _places(corpus: TaggedCorpus, size: int, seed: int, of: str) -> Iterator[tuple[int, int]]:
    for language in corpus.languages:
        numbers = [i for i in range(len(corpus)) if corpus.sentence(i).language == language]
        if size:
            part = corpus.select(languages=[language])
            numbers = [numbers[i] for i in sorted(part.sample_numbers(size, seed=seed))]
        for index in numbers:
            if of == "words":
                yield index, -1
            else:
                yield from ((index, place) for place in range(len(spans_of(corpus.sentence(index).tags))))


def _run_plan(corpus: TaggedCorpus, training: Request, request: ExtractRequest) -> "TaggedPlan":
    """The test sentences of a run, more or fewer of the same draw."""
    tested = corpus.sides(training.seed).test
    size = request.size or len(tested)
    numbers = draw_tagged(tested, training.languages, size, training.seed)
    chosen = tested.at([i for code in request.languages for i in numbers[code]])
    return TaggedPlan(chosen, 0, request.seed, request.of)


def make_plan(request: ExtractRequest) -> Plan:
    """The sentences of a request: the run's own test cells (more or fewer of the same draw), or any corpus.

    Raises:
        DataError: for data that cannot be read or has too little.
        UsageError: for a language that the data lacks, or when nothing is left.
    """
    if request.source:
        training = Request.read(Run(Path(request.source)).info()["request"])
        loaded = datasets.load(training.data, reading=training.reading)
        if isinstance(loaded, TaggedCorpus):
            return _run_plan(loaded.select(languages=training.languages), training, request)
        corpus = loaded.select(languages=training.languages)
        test = split_of(corpus, training).test
        drawn = draw_test_cells(corpus, test, training, request.size) if request.size else range(len(test))
        return ParallelPlan(test, drawn, request.languages)
    loaded = datasets.load(request.data, reading=request.reading)
    if isinstance(loaded, TaggedCorpus):
        chosen = loaded.select(languages=request.languages) if request.languages else loaded
        return TaggedPlan(chosen, request.size, request.seed, request.of)
    parallel = loaded.select(languages=request.languages or loaded.languages)
    cells = parallel.sample_numbers(request.size, seed=request.seed) if request.size else range(len(parallel))
    return ParallelPlan(parallel, cells, request.languages or loaded.languages)
