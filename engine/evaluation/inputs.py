"""Sentences of a user's own for a model that may know other types: loaded, mapped, cut in parts, and counted."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nerspace import datasets
from nerspace.datasets import Sentence, SyntheticNER
from nerspace.datasets.dropped import Dropped
from nerspace.datasets.languages import UNKNOWN as NO_LANGUAGE
from nerspace.datasets.reading import Reading
from nerspace.datasets.tagging import TagError, renamed, split_tag, type_of, types_in
from nerspace.datasets.telling import told
from nerspace.engine.errors import ModelError, UsageError
from nerspace.engine.requests.evaluation import Evaluation, Reader
from nerspace.engine.requests.training import NONE, Request
from nerspace.engine.runs import Run
from nerspace.engine.sampling import require_same_data, split_of
from nerspace.engine.tables.spec import LANGUAGE, MODEL, TableSpec, integer, real, text

if TYPE_CHECKING:
    import pandas as pd

_BEGINNING = frozenset("BSU")


@dataclass(frozen=True, slots=True)
class Given:
    """Sentences to be read.

    Attributes:
        sentences: with their types mapped.
        names: an id for each.
        dropped: what the data's reader left out.
        mapped: (language, type) → how often it was mapped.
        told: how the data was read, one line each.
    """

    sentences: list[Sentence]
    names: list[str]
    dropped: tuple[Dropped, ...]
    mapped: Mapping[tuple[str, str], int]
    told: tuple[str, ...] = ()


def given_sentences(request: Evaluation) -> Given:
    """The sentences that an evaluation asks for, types mapped.

    A tagged sentence is named language/split/number, by its number in the data.

    Raises:
        DataError: for data that cannot be read.
        UsageError: when nothing is left.
    """
    reading = request.reading
    corpus = datasets.load(request.data, reading=reading)
    if isinstance(corpus, SyntheticNER):
        # Sentences of another type stay, as O: they may hold what a model finds besides.
        corpus = datasets.load_parallel(request.data)
        part, languages = _test_part(corpus, request)
        cells = part.sample_numbers(request.size, seed=request.seed)
        sentences = [part.sentence(cell, language) for language in languages for cell in cells]
        return _mapped(sentences, [s.id for s in sentences], reading)
    if corpus.languages == (NO_LANGUAGE,) and len(request.languages) == 1:
        # Nothing in the data tells its language, so the request does.
        corpus = datasets.load(request.data, reading=replace(reading, language=request.languages[0]))
        assert isinstance(corpus, datasets.TaggedCorpus)  # noqa: S101 - it was before
    number = {id(sentence): i for i, sentence in enumerate(corpus.sentences())}
    chosen = list(corpus.select(languages=request.languages or None, splits=request.splits or None).sentences())
    # One language after the other, as everywhere.
    chosen.sort(key=lambda s: corpus.languages.index(s.language))
    names = [f"{s.language}/{s.split}/{number[id(s)]}" for s in chosen]
    mapped = {key: n for key, n in corpus.labels.items() if key[1] in request.types}
    return Given(chosen, names, corpus.dropped, mapped, tuple(told(corpus)))


def _test_part(corpus: SyntheticNER, request: Evaluation) -> tuple[SyntheticNER, Sequence[str]]:
    """The part to read, and the languages to read it in.

    A run cut its data in the languages that it knows, by its first seed; the same cut is made here, so that no sentence
    is read that it was trained on.
    Raises: UsageError for a language that the run's data was not cut in; DataError where that data has changed.
    """
    source = Run(Path(request.run)) if request.run else None
    recorded = source.info()["request"] if source is not None else {}
    if source is not None and recorded.get("data") == request.data:
        require_same_data(source)
    spoken = tuple(recorded.get("languages", ())) or request.languages
    training = Request(
        seed=int(recorded.get("seed", request.seed)), hold_out=str(recorded.get("hold_out", NONE)),
        test_names=tuple(recorded.get("test_names") or ()),
    )  # fmt: skip
    part = split_of(corpus.select(languages=spoken or None), training).test
    for language in request.languages:
        if language not in part.languages:
            raise UsageError(f"The run knows no {language!r}.", f"Choose from {', '.join(part.languages)}.")
    return part, request.languages or part.languages


def _mapped(sentences: Sequence[Sentence], names: list[str], reading: Reading) -> Given:
    """Sentences of contexts and names, whose types are those of the model but for what the user wants otherwise."""
    types = dict(reading.map)
    kept = set(reading.types)
    counted: Counter[tuple[str, str]] = Counter()
    result = []
    for sentence in sentences:
        counted.update((sentence.language, kind) for kind in types_in(sentence.tags) if kind in types)
        tags = renamed(sentence.tags, lambda kind: types.get(kind, kind))
        if kept:
            tags = renamed(tags, lambda kind: kind if kind in kept else "O")
        result.append(sentence if tags == sentence.tags else replace(sentence, tags=tags))
    return Given(result, names, (), counted)


@dataclass(frozen=True, slots=True)
class Labels:
    """The labels of a model.

    Attributes:
        own: in the model's own words and order.
        tags: the same as tags with our types.
        begins: whether some label says that an entity begins; where none does, one begins wherever the type changes.
    """

    own: tuple[str, ...]
    tags: tuple[str, ...]
    begins: bool

    @property
    def types(self) -> tuple[str, ...]:
        """The types that the model knows."""
        return tuple(dict.fromkeys(tag[2:] for tag in self.tags if tag != "O"))

    @property
    def outside(self) -> int:
        """The number of the label of words outside every entity."""
        return self.tags.index("O")

    def read(self, numbers: Sequence[int]) -> list[str]:
        """The tags in IOB2 that a sequence of label numbers means."""
        tags = [self.tags[number] for number in numbers]
        if self.begins:
            return tags
        before = ["O", *tags]
        return [tag if tag == "O" or tag == last else f"B-{tag[2:]}" for last, tag in zip(before, tags, strict=False)]


def labels_of(names: Mapping[int, str], model: str, known: Collection[str] = ()) -> Labels:
    """The labels of a model's configuration, whatever scheme they are written in.

    Args:
        names: number → label.
        model: the name of the model, for the error.
        known: types that are called what they are called here, such as those of the data; others are PER, LOC and ORG
            where they plainly mean it.

    Raises:
        ModelError: for labels that are no tags, as those of a model without a trained head.
    """
    own = tuple(names[number] for number in sorted(names))
    try:
        parts = [split_tag(label) for label in own]
    except TagError:
        parts = []
    if ("O", "") not in parts or len(parts) < 2 or any(label.startswith("LABEL_") for label in own):
        shown = ", ".join(own[:4]) + (", …" if len(own) > 4 else "")
        raise ModelError(
            f"The model {model} was not trained to tag names: its labels are {shown}.",
            "Give a model with labels such as O, B-PER, I-PER: a run's, or any NER model.",
        )
    begins = any(prefix in _BEGINNING for prefix, _ in parts)
    tags = (
        "O" if p == "O" else f"{'B' if p in _BEGINNING else 'I'}-{kind if kind in known else type_of(kind)}"
        for p, kind in parts
    )
    return Labels(own, tuple(tags), begins)


def parts_of(pieces: Sequence[int], limit: int) -> list[tuple[int, int, int, int]]:
    """How a sentence of words is read by a model that takes no more than a limit at once.

    Parts overlap by a quarter of the limit, and the overlap is shared out in the middle, so that no word is read
    without what stands around it. A word of more pieces than the limit is a part of its own.

    Args:
        pieces: how many pieces each word has.
        limit: the most ids that the model reads at once, special ones included.

    Returns:
        (start, stop, first, last) per part: the words it holds, and those whose tags are taken from it.
    """
    capacity = limit - 2
    spans: list[tuple[int, int]] = []
    start = 0
    while True:
        stop, used = start, 0
        while stop < len(pieces) and (stop == start or used + pieces[stop] <= capacity):
            used += pieces[stop]
            stop += 1
        spans.append((start, stop))
        if stop >= len(pieces):
            break
        back, overlap = stop, 0
        while back - 1 > start and overlap + pieces[back - 1] <= capacity // 4:
            back -= 1
            overlap += pieces[back]
        start = back
    cuts = [0, *((one[1] + other[0] + 1) // 2 for one, other in pairwise(spans)), len(pieces)]
    return [(*span, cuts[i], cuts[i + 1]) for i, span in enumerate(spans)]


COVERAGE = TableSpec(
    "coverage",
    "What a saved model was given to read, and what of it lies outside its reach.",
    {
        **MODEL,
        "language": text(LANGUAGE),
        "what": text("what is counted"),
        "name": text("the type or reason, where there are several"),
        "n": integer("how many"),
        "share": real("of all of its kind; empty for totals"),
    },
)


@COVERAGE.made_by
def coverage_table(
    model: Reader, given: Given, request: Evaluation, labels: Labels, pieces: Sequence[Sequence[int]], limit: int,
    learned: Collection[str] = (),
) -> "pd.DataFrame":  # fmt: skip
    """What a model was given, and what of it lies outside its reach.

    Args:
        model: that reads.
        given: the sentences.
        request: that says how types were mapped.
        labels: of the model.
        pieces: per sentence, the number of pieces of each word.
        limit: the most ids that the model reads at once.
        learned: the words of every sentence that it was trained on, joined by a space.
    """
    rows: list[tuple[Any, ...]] = []
    for language in dict.fromkeys(sentence.language for sentence in given.sentences):
        chosen = [i for i, sentence in enumerate(given.sentences) if sentence.language == language]
        rows += [
            (model.donor, model.seed, language, *row)
            for row in _coverage([given.sentences[i] for i in chosen], [pieces[i] for i in chosen], labels, limit)
        ]
        if learned:
            known = sum(" ".join(given.sentences[i].words) in learned for i in chosen)
            what = "sentences that the model was trained on"
            rows.append((model.donor, model.seed, language, what, "", known, known / len(chosen)))
        rows += [
            (model.donor, model.seed, language, "entities mapped", f"{kind} as {request.types[kind]}", n, None)
            for (spoken, kind), n in given.mapped.items()
            if spoken == language
        ]
    left_out = Counter((row.language or NO_LANGUAGE, row.reason) for row in given.dropped)
    rows += [
        (model.donor, model.seed, spoken, "left out by the reader", reason, n, None)
        for (spoken, reason), n in left_out.items()
    ]
    return COVERAGE.frame(rows)


def _coverage(
    sentences: Sequence[Sentence], pieces: Sequence[Sequence[int]], labels: Labels, limit: int
) -> Iterator[tuple[str, str, int, float | None]]:
    words = sum(map(len, pieces))
    kinds = Counter(kind for sentence in sentences for kind in types_in(sentence.tags))
    entities = kinds.total()
    yield "sentences", "", len(sentences), None
    yield "words", "", words, None
    yield "entities", "", entities, None
    for kind, n in kinds.most_common():
        if kind not in labels.types:
            yield "entities of a type the model does not know", kind, n, n / entities
    for kind in labels.types:
        if kind not in kinds:
            yield "a type of the model that the data lacks", kind, 0, None
    for what, n, whole in (
        ("words without a piece, read as O", sum(count == 0 for row in pieces for count in row), words),
        ("words longer than the model", sum(count > limit - 2 for row in pieces for count in row), words),
        ("sentences read in parts", sum(sum(row) > limit - 2 for row in pieces), len(sentences)),
    ):
        yield what, "", n, n / whole if whole else None


def unknown_types(sentences: Sequence[Sentence], known: Collection[str]) -> Counter[str]:
    """The types of the data that a model does not know, and how many entities each has."""
    return Counter(kind for sentence in sentences for kind in types_in(sentence.tags) if kind not in known)
