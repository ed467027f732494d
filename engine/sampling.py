"""Which sentences are trained on, tested and read, and the tables that name them."""

import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import TYPE_CHECKING

from nerspace import datasets
from nerspace.datasets import Context, Corpus, Entity, Sentence, SyntheticNER, TaggedCorpus
from nerspace.datasets.reading import listed
from nerspace.datasets.records import ENTITY_TYPES
from nerspace.datasets.synthetic import Split
from nerspace.datasets.tagging import spans_of, types_in
from nerspace.datasets.telling import told
from nerspace.engine.errors import DataError, UsageError
from nerspace.engine.requests.training import AMBIGUOUS, Request, check_sides
from nerspace.engine.runs import Run, to_csv
from nerspace.engine.tables.index import parse_table
from nerspace.engine.tables.spec import LANGUAGE, SENTENCE, TYPE, TableSpec, integer, text

if TYPE_CHECKING:
    import pandas as pd

    from nerspace.engine.encoders import Encoder


Cell = tuple[Context, Entity]
# Test contexts of a name that a request names, of each of its types, and the share of a type's test cells that such
# names may take at most.
NAMED_CONTEXTS, _NAMED_SHARE = 4, 0.25


@dataclass(frozen=True, slots=True)
class Sample:
    """The sentences of a run: training in the donor language, test in all of them, language by language.

    Attributes:
        corpus: the whole it was drawn from.
        types: of the entities that a model is to find; empty for PER, LOC and ORG, whichever of them there are.
        notes: what is not as it was asked, one line each.
    """

    train: list[Sentence]
    test: list[Sentence]
    corpus: Corpus
    types: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def draw_sample(request: Request) -> Sample:
    """The sample of one donor, see `draw_samples`."""
    return draw_samples(request, [request.donor])[request.donor]


def draw_samples(request: Request, donors: Sequence[str]) -> dict[str, Sample]:
    """The sample of each donor, all with the same test sentences.

    Of contexts and names: parallel sentences from both sides of the split, PER, LOC and ORG in equal parts where there
    are enough. Of tagged sentences: uniformly drawn from the splits that they came in, else from both sides of ours;
    the same ones in every language where they are parallel.

    Raises:
        DataError: when the data has too little.
        UsageError: for a type that the data lacks.
    """
    corpus = datasets.load(request.data, reading=request.reading)
    if isinstance(corpus, TaggedCorpus):
        return _draw_tagged(corpus.select(languages=request.languages), replace(request, donors=tuple(donors)))
    chosen = corpus.select(languages=request.languages)
    split = split_of(chosen, request)
    test_cells = draw_test_cells(chosen, split.test, request, request.test_size)
    test = [
        split.test.sentence_of(context, entity, language)
        for language in request.languages
        for context, entity in test_cells
    ]
    samples = {}
    for donor in donors:
        train = [
            split.train.sentence_of(context, entity, donor)
            for context, entity in draw_cells(split.train, request.size, request.seed)
        ]
        notes = (*told(corpus), *_held_notes(chosen, request, test_cells), *_one_sided_notes(train, test))
        samples[donor] = Sample(train, test, corpus, notes=notes)
    if request.reading.types or request.reading.map:
        types = in_order(s.type for sample in samples.values() for s in sample.train)
        samples = {donor: replace(sample, types=types) for donor, sample in samples.items()}
    return samples


_UNCHANGED = "Put it back as it was, or train a new run on what it is now."


def require_same_data(run: Run) -> None:
    """See that the data of a run still gives the sentences that it trained and tested on.

    Otherwise what it did not train on is not known, and its test sentences are others. Of a run that kept no sentences
    nothing can be told.

    Raises:
        DataError: where it gives others, or cannot be read.
    """
    info = run.info()
    if "data_sha256" not in info or "sentences" not in run.tables():
        return
    request = Request.read(info["request"])
    stored = run.read_table("sentences")
    # Of those that were drawn the encoder could not reach every name.
    tested = set(stored.loc[stored["split"] == "test", "sentence"])
    try:
        samples = list(draw_samples(request, request.donors or (request.donor,)).values())
    except UsageError as error:
        raise DataError(f"The data of the run {run.id} has changed: {error.message}", _UNCHANGED) from error
    drawn = [*(s for sample in samples for s in sample.train), *(s for s in samples[0].test if s.id in tested)]
    found = parse_table("sentences", to_csv(sentence_table(drawn)))
    # A run of an earlier version may lack columns.
    shared = [name for name in found if name in stored]
    if not found[shared].equals(stored[shared]):
        raise DataError(
            f"The data of the run {run.id}, {request.data}, gives other sentences now than it was trained and tested "
            "on.",
            _UNCHANGED,
        )


def _draw_tagged(corpus: TaggedCorpus, request: Request) -> dict[str, Sample]:
    sides = corpus.sides(request.seed)
    check_sides(sides, request)
    learned = {donor: _numbers(sides.train, donor) for donor in request.donors}
    types = in_order(
        kind for donor in request.donors for i in learned[donor] for kind in types_in(sides.train.sentence(i).tags)
    )
    if not types:
        raise DataError(
            f"No training sentence of {corpus.name} in {', '.join(request.donors)} holds an entity.",
            "Choose other donors, or see what there is: nerspace data check.",
        )
    drawn = draw_tagged(sides.test, request.languages, request.test_size, request.seed)
    test = [replace(sides.test.identified(i), split="test") for code in request.languages for i in drawn[code]]
    of_donors = _draw_numbers(sides.train, learned, request.size, request.seed)
    trains = {
        donor: [replace(sides.train.identified(i), split="train") for i in numbers]
        for donor, numbers in of_donors.items()
    }
    notes = tuple(_notes(corpus, sides.left_out, sides.cut, request, trains, drawn, test, types))
    return {donor: Sample(train, test, corpus, types, notes) for donor, train in trains.items()}


def _numbers(corpus: TaggedCorpus, language: str) -> list[int]:
    return [i for i in range(len(corpus)) if corpus.sentence(i).language == language]


def draw_tagged(corpus: TaggedCorpus, languages: Sequence[str], size: int, seed: int) -> dict[str, list[int]]:
    """Numbers of test sentences, by language: all that there are, in random order, where they are fewer."""
    return _draw_numbers(corpus, {code: _numbers(corpus, code) for code in languages}, size, seed)


def _draw_numbers(
    corpus: TaggedCorpus, numbers: Mapping[str, Sequence[int]], size: int, seed: int
) -> dict[str, list[int]]:
    """Sentences of each language, uniformly at random; the same ones in all, where enough of them are parallel."""
    if corpus.is_aligned and (cells := _common_cells(corpus, numbers)):
        enough = min(size, *map(len, numbers.values()))
        if len(cells) >= enough:
            chosen = random.Random(seed).sample(sorted(cells), min(size, len(cells)))  # noqa: S311
            return {code: [cells[cell][code] for cell in chosen] for code in numbers}
    return {
        code: random.Random(f"{seed}/{code}").sample(list(found), min(size, len(found)))  # noqa: S311
        for code, found in numbers.items()
    }


def _common_cells(corpus: TaggedCorpus, numbers: Mapping[str, Sequence[int]]) -> dict[str, dict[str, int]]:
    """The cells that every language has: cell → language → number of the sentence."""
    cells: dict[str, dict[str, int]] = defaultdict(dict)
    for code, found in numbers.items():
        for i in found:
            cells[corpus.identified(i).cell][code] = i
    return {cell: held for cell, held in cells.items() if len(held) == len(numbers)}


def _notes(
    corpus: TaggedCorpus, left_out: int, cut: Sequence[str], request: Request, trains: Mapping[str, Sequence[Sentence]],
    tested: Mapping[str, Sequence[int]], test: Sequence[Sentence], types: Sequence[str],
) -> Iterator[str]:  # fmt: skip
    yield from told(corpus)
    if cut:
        yield f"Cut into train and test by the seed, since the files do not say it: {listed(cut, 12)}."
    if left_out:
        yield f"{left_out:,} training sentences are left out: they read like a test sentence."
    for verb, asked, sizes in (
        ("trains", request.size, {code: len(found) for code, found in trains.items()}),
        ("is tested", request.test_size, {code: len(found) for code, found in tested.items()}),
    ):
        if few := [f"{code} {verb} on {n:,}" for code, n in sizes.items() if n < asked]:
            yield f"Fewer sentences than the {asked:,} asked for: {listed(few, 8)}."
    if unknown := in_order(kind for s in test for kind in types_in(s.tags) if kind not in set(types)):
        yield f"Types that are tested and that no donor's training sentences have: {listed(unknown)}."


def in_order(types: Iterable[str]) -> tuple[str, ...]:
    """Types, each once: PER, LOC and ORG first, then others by the alphabet."""
    found = set(types)
    return (*(kind for kind in ENTITY_TYPES if kind in found), *sorted(found.difference(ENTITY_TYPES)))


def labels_of(types: Sequence[str]) -> tuple[str, ...]:
    """The labels of a model that is to find these types; of PER, LOC and ORG where none are named."""
    return ("O", *(f"{prefix}-{kind}" for kind in types or ENTITY_TYPES for prefix in "BI"))


def readable(sample: Sample, encoder: "Encoder") -> Sample:
    """The sample without the test cells of which a name, in some language, has no piece within the encoder's limit.

    Raises:
        DataError: when none is left.
    """
    lost = {
        item.sentence.cell
        for item in encoder.encode(sample.test)
        if not all(pieces for _, pieces in item.entity_groups)
    }
    test = [sentence for sentence in sample.test if sentence.cell not in lost]
    if not test:
        raise DataError(
            f"No test sentence can be read within {encoder.limit} pieces.", "Choose an encoder for longer sentences."
        )
    return replace(sample, test=test)


# What `TaggedCorpus.identified` writes where a sentence says nothing of itself.
_NUMBERED = re.compile(r"s\d+")


def mentions(sentences: Iterable[Sentence]) -> list[Sentence]:
    """A sentence for every entity whose vector is wanted, with that one alone tagged.

    A sentence of a context and a name has one, however often the name stands in it, and stays as it is. Tagged
    sentences that are parallel share their entities where no other in the sentence has the type.
    """
    found = []
    for sentence in sentences:
        if sentence.case:
            found.append(sentence)
            continue
        spans = spans_of(sentence.tags)
        kinds = [kind for _, _, kind in spans]
        for place, (start, stop, kind) in enumerate(spans):
            if _NUMBERED.fullmatch(sentence.context) and not sentence.entity:
                entity = str(place)
            elif kinds.count(kind) == 1:
                entity = sentence.entity or kind
            else:
                entity = f"{sentence.language}{place}"
            tags = tuple(tag if start <= word < stop else "O" for word, tag in enumerate(sentence.tags))
            found.append(replace(sentence, entity=entity, tags=tags, type=kind))
    return found


def entity_id(mention: Sentence) -> str:
    """What tells the name of a mention from all others; one that nobody gave an id is only itself."""
    if mention.entity.isdecimal() and _NUMBERED.fullmatch(mention.context):
        return f"{mention.context}.{mention.entity}"
    return mention.entity


def are_parallel(sentences: Iterable[Sentence]) -> bool:
    """Whether some cell is there in two languages."""
    seen: dict[str, str] = {}
    return any(seen.setdefault(sentence.cell, sentence.language) != sentence.language for sentence in sentences)


def parallel_names(request: Request, corpus: Corpus, test: Sequence[Sentence]) -> list[Entity]:
    """The names that spelling distances are measured on: the user's own, else those of the test sentences.

    Tagged sentences that are parallel give the names that they share.
    """
    if request.names:
        return list(datasets.load_names(request.names))
    if isinstance(corpus, SyntheticNER):
        named = {sentence.entity for sentence in test}
        return [entity for entity in corpus.entities if entity.id in named]
    forms: dict[str, dict[str, str]] = defaultdict(dict)
    types: dict[str, str] = {}
    for sentence in mentions(test):
        forms[sentence.cell].setdefault(sentence.language, _form(sentence))
        types[sentence.cell] = sentence.type
    return [Entity(cell, types[cell], "", "", {"nominative": held}) for cell, held in forms.items() if len(held) > 1]


def _form(sentence: Sentence) -> str:
    return " ".join(word for word, tag in zip(sentence.words, sentence.tags, strict=True) if tag != "O")


def held_names(corpus: SyntheticNER, request: Request) -> frozenset[str]:
    """Ids of the names that a run never trains on: those it asks about and, where it says so, ambiguous ones."""
    asked = _asked(corpus, request)
    return asked | corpus.ambiguous if request.hold_out == AMBIGUOUS else asked


def _asked(corpus: SyntheticNER, request: Request) -> frozenset[str]:
    return frozenset(entity.id for name in request.test_names or () for entity in corpus.named(name))


def split_of(corpus: SyntheticNER, request: Request) -> Split:
    """Contexts and names as a run cuts them into train and test.

    Args:
        corpus: in the languages of the run.
        request: of the run.
    """
    return corpus.split(request.seed, held=held_names(corpus, request))


def draw_test_cells(corpus: SyntheticNER, test: SyntheticNER, request: Request, size: int) -> list[Cell]:
    """The test cells of a run, see `draw_cells`; names that are held out are no more among them than in the data.

    Names that the request asks about come in up to NAMED_CONTEXTS nominative contexts of each of their types.

    Args:
        corpus: the whole, in the languages of the run.
        test: its test part.
        request: of the run.
        size: how many.
    """
    held = held_names(corpus, request)
    if not held:
        return draw_cells(test, size, request.seed)
    asked = _asked(corpus, request)
    plain = test.with_names({entity.id for entity in test.entities} - held)

    def drawn(part: SyntheticNER, wanted: int) -> list[Cell]:
        [kind] = part.types
        names = [entity for entity in corpus.entities if entity.type == kind]
        share = sum(entity.id in held for entity in names) / len(names)
        first = _asked_cells(part.with_names(asked), request.seed)[: max(1, int(_NAMED_SHARE * wanted))]
        of_held = max(0, round(share * wanted) - len(first))
        cells = {_key(cell): cell for cell in first}
        own = {entity.id for entity in part.entities}
        for side, count in ((part.with_names(held), of_held), (plain.with_names(own), wanted), (part, wanted)):
            more = [side.cell(number) for number in side.sample_numbers(count + len(cells), seed=request.seed)]
            fresh = [cell for cell in more if _key(cell) not in cells]
            cells |= {_key(cell): cell for cell in fresh[: min(count, wanted - len(cells))]}
        return list(cells.values())

    return _in_equal_parts(test, size, request.seed, drawn)


def _key(cell: Cell) -> tuple[str, str]:
    return cell[0].id, cell[1].id


def _asked_cells(test: SyntheticNER, seed: int) -> list[Cell]:
    spoken, every = set(test.languages), []
    for entity in test.entities:
        fitting = [c for c in test.contexts if c.case == "nominative" and c.takes(entity) and spoken <= c.texts.keys()]
        if spoken <= entity.forms.get("nominative", {}).keys():
            drawn = random.Random(f"{seed}/{entity.id}").sample(fitting, min(NAMED_CONTEXTS, len(fitting)))  # noqa: S311
            every.append([(context, entity) for context in drawn])
    # Names take turns, so that each is there where there is room for few.
    return [cell for turn in zip_longest(*every) for cell in turn if cell is not None]


def _held_notes(corpus: SyntheticNER, request: Request, tested: Sequence[Cell]) -> Iterator[str]:
    if request.hold_out == AMBIGUOUS and corpus.ambiguous:
        yield (
            f"{len(corpus.ambiguous)} names that read like one of another type are held out for testing, so that no "
            "model has learned their type."
        )
    for name in request.test_names or ():
        ids = {entity.id for entity in corpus.named(name)}
        count = sum(entity.id in ids for _, entity in tested)
        yield f"{name} is held out too and stands in {count} test sentences of each language."


def _one_sided_notes(train: Sequence[Sentence], test: Sequence[Sentence]) -> Iterator[str]:
    trained, tested = ({sentence.type for sentence in side} for side in (train, test))
    for kinds, lacking in ((trained - tested, "for testing"), (tested - trained, "for training")):
        if kinds:
            yield f"No sentence of {' '.join(sorted(kinds))} is left {lacking}: give it more contexts and names."


def draw_cells(corpus: SyntheticNER, size: int, seed: int) -> list[Cell]:
    """Cells in equal parts by type, in random order; a type that has too few leaves its room to the others."""

    def drawn(part: SyntheticNER, wanted: int) -> list[Cell]:
        return [part.cell(index) for index in part.sample_numbers(wanted, seed=seed)]

    return _in_equal_parts(corpus, size, seed, drawn)


def _in_equal_parts(
    corpus: SyntheticNER, size: int, seed: int, drawn: Callable[[SyntheticNER, int], list[Cell]]
) -> list[Cell]:
    if not len(corpus):
        raise DataError(
            f"The {corpus.part} part of {corpus.name} is empty in {', '.join(corpus.languages)}.",
            "Choose fewer languages or larger data.",
        )
    parts = sorted(_of_each_type(corpus), key=len)
    cells: list[Cell] = []
    for left, part in zip(range(len(parts), 0, -1), parts, strict=True):
        cells += drawn(part, -(-(size - len(cells)) // left))
    random.Random(seed).shuffle(cells)  # noqa: S311
    return cells


def _of_each_type(corpus: SyntheticNER) -> Iterator[SyntheticNER]:
    for kind in sorted({context.type for context in corpus.contexts}):
        # Contexts without a name that fits them make no sentence.
        with suppress(UsageError):
            yield corpus.select(types=[kind])


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
         _form(s),
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
    """The table `points`: one point per entity of the test sentences, see `mentions`, in the order of the vectors."""
    named = mentions(test)
    points = sentence_table(named).assign(entity=[entity_id(sentence) for sentence in named])
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
