"""Sentences that arrive already tagged: CoNLL files, spans, gold tables."""

import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from nerspace.datasets.dropped import Dropped, FileRead
from nerspace.datasets.errors import UsageError
from nerspace.datasets.naming import known_split
from nerspace.datasets.reading import Reading, chosen_types, matching, unknown_label
from nerspace.datasets.records import ENTITY_TYPES, Sentence
from nerspace.datasets.spelling import folded
from nerspace.datasets.splitting import cut
from nerspace.datasets.tagging import kind_of, spans_of, types_in
from nerspace.datasets.tagging import renamed as renamed_tags
from nerspace.datasets.visible import visible

if TYPE_CHECKING:
    import pandas as pd


# The context that `TaggedCorpus.identified` gives a sentence that says none.
_NUMBER = re.compile(r"s\d+")


@dataclass(frozen=True, slots=True)
class TaggedSplit:
    """Two corpora that share no sentence."""

    train: "TaggedCorpus"
    test: "TaggedCorpus"


@dataclass(frozen=True, slots=True)
class Sides:
    """What is trained on and what is tested.

    left_out: training sentences that read like a test sentence and are in neither. cut: the languages whose files did
    not come with both sides.
    """

    train: "TaggedCorpus"
    test: "TaggedCorpus"
    left_out: int
    cut: tuple[str, ...]


class TaggedCorpus:
    """Sentences in the order of their files, numbered 0 to len − 1.

    dropped: what the readers left out, and why. files: what they read. schemes: the tag scheme of each file, as
    `tagging.find_scheme` names it. labels: how many entities of each language have each label that stands in the files.
    renamed: label in the files → type, where it was renamed without being asked for. numbers: the number of each
    sentence in the whole that it was selected from. languages, splits: in order of appearance.
    """

    def __init__(
        self, name: str, sentences: Sequence[Sentence], *, dropped: Sequence[Dropped] = (),
        files: Sequence[FileRead] = (), schemes: Mapping[str, str] | None = None,
        labels: Mapping[tuple[str, str], int] | None = None, renamed: Mapping[str, str] | None = None,
        numbers: Sequence[int] | None = None,
    ) -> None:  # fmt: skip
        self.name = name
        self.dropped = tuple(dropped)
        self.files = tuple(files)
        self.schemes = dict(schemes or {})
        self.labels = dict(labels or {})
        self.renamed = dict(renamed or {})
        self.numbers: Sequence[int] = range(len(sentences)) if numbers is None else tuple(numbers)
        aligned = any(sentence.context or sentence.entity for sentence in sentences)
        self._sentences = tuple(_distinct(sentences) if aligned else sentences)
        self.languages = tuple(dict.fromkeys(sentence.language for sentence in self._sentences))
        self.splits = tuple(dict.fromkeys(sentence.split for sentence in self._sentences))

    def __len__(self) -> int:
        return len(self._sentences)

    def __repr__(self) -> str:
        return visible(
            f"<TaggedCorpus {self.name!r}: {len(self):,} sentences in {' '.join(self.languages)}; "
            f"{' '.join(self.types) or 'no entities'}; splits {' '.join(self.splits)}>"
        )

    @cached_property
    def types(self) -> tuple[str, ...]:
        """The entity types there are: PER, LOC and ORG first, then others by the alphabet."""
        found = {kind for sentence in self._sentences for kind in types_in(sentence.tags)}
        return (*(kind for kind in ENTITY_TYPES if kind in found), *sorted(found.difference(ENTITY_TYPES)))

    @cached_property
    def is_aligned(self) -> bool:
        """Whether sentences say by an id of their own which of them are parallel."""
        return any(sentence.context or sentence.entity for sentence in self._sentences)

    def read_as(self, reading: Reading) -> "TaggedCorpus":
        """The same under a reading: with its types alone, and what its map renames.

        The readers map labels as they stand in the files; here follows what the map says of types that they were
        renamed to without being asked.

        Raises:
            UsageError: a type that nothing has.
        """
        given = {label for _, label in self.labels} or set(self.types)
        own = reading.renamer()
        mapped = dict(reading.map)
        later = {kind: mapped[kind] for kind in mapped if kind not in given}
        for kind in later:
            if kind not in self.types:
                raise unknown_label(self.name, kind, sorted(given))
        renamed = {label: kind for label in sorted(given) if label not in mapped and (kind := own(label)) != label}
        corpus = self._renamed(lambda kind: later.get(kind, kind)) if later else self
        if reading.types:
            kept = set(chosen_types(reading, self.name, corpus.types))
            corpus = corpus._renamed(lambda kind: kind if kind in kept else "O")
            renamed = {label: kind for label, kind in renamed.items() if kind in kept}
        corpus.renamed = {label: kind for label, kind in renamed.items() if kind not in later}
        return corpus

    def _renamed(self, name: Callable[[str], str]) -> "TaggedCorpus":
        changed = []
        for sentence in self._sentences:
            tags = renamed_tags(sentence.tags, name)
            changed.append(sentence if tags == sentence.tags else replace(sentence, tags=tags, type=kind_of(tags)))
        return self._with(changed, self.numbers)

    def identified(self, index: int) -> Sentence:
        """As `sentence`, with context and entity by which tables name it: its number where it says none itself."""
        sentence = self.sentence(index)
        if sentence.context or sentence.entity:
            return sentence
        return replace(sentence, context=f"s{self.numbers[index]}")

    def sentence(self, index: int) -> Sentence:
        """The sentence of that number.

        Raises:
            IndexError: outside 0 … len − 1.
        """
        if not 0 <= index < len(self):
            raise IndexError(f"sentence {index} of {len(self)}")
        return self._sentences[index]

    def sentences(self, language: str | None = None, split: str | None = None) -> Iterator[Sentence]:
        """The sentences of a language and split, or all of them, in order."""
        wanted = None if split is None else known_split(split)
        for sentence in self._sentences:
            if language in (None, sentence.language) and wanted in (None, sentence.split):
                yield sentence

    def counts(self) -> "pd.DataFrame":
        """The table of sizes: corpus, split, language, sentences, words, entities, PER, LOC, ORG, other."""
        return counts(self)

    def select(
        self, *, languages: Iterable[str] | None = None, splits: Iterable[str] | None = None,
        types: Iterable[str] | None = None,
    ) -> "TaggedCorpus":  # fmt: skip
        """The sentences of these languages and splits that have an entity of one of these types.

        Raises:
            UsageError: an unknown value, or when nothing is left.
        """
        spoken = _chosen("language", languages, self.languages)
        parts = _chosen("split", None if splits is None else map(known_split, splits), self.splits)
        kinds = None if types is None else set(self._known_types(types))
        chosen = [
            place
            for place, sentence in enumerate(self._sentences)
            if sentence.language in spoken
            and sentence.split in parts
            and (kinds is None or not kinds.isdisjoint(types_in(sentence.tags)))
        ]
        if not chosen:
            raise UsageError(
                f"No sentence of {self.name} is left after the selection.",
                f"It has the languages {', '.join(self.languages)}, the splits {', '.join(self.splits)} "
                f"and the types {', '.join(self.types)}.",
            )
        return self.at(chosen)

    def at(self, places: Sequence[int]) -> "TaggedCorpus":
        """The sentences of these numbers, in their order."""
        return self._with([self._sentences[place] for place in places], [self.numbers[place] for place in places])

    def sample(self, n: int, *, language: str | None = None, seed: int = 0) -> list[Sentence]:
        """Different sentences, drawn uniformly at random.

        Args:
            n: how many; fewer where there are fewer sentences.
            language: of every sentence; without, all languages are drawn from.
            seed: of the draw.

        Raises:
            UsageError: the corpus lacks the language.
        """
        corpus = self.select(languages=[language]) if language else self
        return [corpus.sentence(number) for number in corpus.sample_numbers(n, seed=seed)]

    def sample_numbers(self, n: int, *, seed: int = 0) -> list[int]:
        """Numbers of n different sentences, uniformly at random; of all, in random order, when there are fewer.

        Args:
            n: how many.
            seed: of the draw.
        """
        return random.Random(seed).sample(range(len(self)), min(n, len(self)))  # noqa: S311 - no secret

    def sides(self, seed: int = 0, test_share: float = 0.2) -> Sides:
        """What is trained on and what is tested, by language: the splits that files came in, else cut by the seed.

        A language with a test split is tested on it, else on its validation split where it has a training split beside
        it; one that has neither is cut as `split` does it. No training sentence reads like a test sentence: those that
        do are left out.
        """
        train, test, uncut = self._own_sides()
        if uncut:
            part = self.at(uncut)
            read = part._sentences
            halves = cut(range(len(read)), lambda i: _texts(read[i]), lambda i: read[i].language, seed, test_share)
            train, test = (
                sorted([*own, *(uncut[i] for i in half)]) for own, half in zip((train, test), halves, strict=True)
            )
        tested = {reads_as(self._sentences[i].words) for i in test}
        kept = [i for i in train if reads_as(self._sentences[i].words) not in tested]
        split = TaggedSplit(self.at(kept), self.at(test))
        return Sides(split.train, split.test, len(train) - len(kept), self.at(uncut).languages)

    def _own_sides(self) -> tuple[list[int], list[int], list[int]]:
        """Places of the sentences that files give to either side, and of those of languages without two sides."""
        places: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        for i, sentence in enumerate(self._sentences):
            places[sentence.language][sentence.split].append(i)
        train: list[int] = []
        test: list[int] = []
        uncut: list[int] = []
        for parts in places.values():
            tested = "test" if "test" in parts else "validation" if {"train", "validation"} <= parts.keys() else ""
            if not tested:
                uncut += [i for part in parts.values() for i in part]
                continue
            test += parts[tested]
            others = [name for name in parts if name not in ("test", "validation")]
            train += [i for name in (["train"] if "train" in parts else others) for i in parts[name]]
        return sorted(train), sorted(test), sorted(uncut)

    def split(self, seed: int = 0, test_share: float = 0.2) -> TaggedSplit:
        """All sentences, whatever split they came in, cut anew into train and test.

        Sentences that read the same, or do so when their names are taken out, fall on one side in all languages. Within
        every language the test part holds `test_share` of the sentences, rounded, or fewer where no group fits.
        """
        read = self._sentences
        sides = cut(range(len(read)), lambda i: _texts(read[i]), lambda i: read[i].language, seed, test_share)
        return TaggedSplit(
            *(
                self._with([replace(read[i], split=part) for i in side], [self.numbers[i] for i in side])
                for side, part in zip(sides, ("train", "test"), strict=True)
            )
        )

    def _known_types(self, types: Iterable[str]) -> Iterator[str]:
        for wanted in types:
            if (kind := matching(wanted, self.types)) is None:
                raise UsageError(f"Unknown type {wanted!r}.", f"Choose from {', '.join(self.types) or 'none'}.")
            yield kind

    def _with(self, sentences: Sequence[Sentence], numbers: Sequence[int]) -> "TaggedCorpus":
        return TaggedCorpus(
            self.name, sentences, dropped=self.dropped, files=self.files, schemes=self.schemes, labels=self.labels,
            renamed=self.renamed, numbers=numbers,
        )  # fmt: skip


def counts(corpus: TaggedCorpus) -> "pd.DataFrame":
    """Per split and language: sentences, words, entities, and the entities of each type.

    Columns: corpus, split, language, sentences, words, entities, PER, LOC, ORG, other. One row for every split and
    language that has a sentence.
    """
    import pandas as pd

    sizes: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for sentence in corpus.sentences():
        row = sizes[sentence.split, sentence.language]
        row["sentences"] += 1
        row["words"] += len(sentence.words)
        for kind in types_in(sentence.tags):
            row["entities"] += 1
            row[kind if kind in ENTITY_TYPES else "other"] += 1
    measures = ["sentences", "words", "entities", *ENTITY_TYPES, "other"]
    return pd.DataFrame(
        [(corpus.name, *key, *(row[measure] for measure in measures)) for key, row in sizes.items()],
        columns=["corpus", "split", "language", *measures],
    )


def overlaps(corpus: TaggedCorpus) -> "pd.DataFrame":
    """What two splits of one language share: language, a, b, texts, names.

    texts: different sentences that read the same in both. names: different names, with their type, in both.
    """
    import pandas as pd

    texts: dict[tuple[str, str], set[str]] = defaultdict(set)
    names: dict[tuple[str, str], set[tuple[str, str]]] = defaultdict(set)
    for sentence in corpus.sentences():
        key = sentence.language, sentence.split
        texts[key].add(reads_as(sentence.words))
        names[key].update((reads_as(sentence.words[a:b]), kind) for a, b, kind in spans_of(sentence.tags))
    rows = [
        (language, a, b, len(texts[language, a] & texts[language, b]), len(names[language, a] & names[language, b]))
        for language in corpus.languages
        for i, a in enumerate(corpus.splits)
        for b in corpus.splits[i + 1 :]
        if (language, a) in texts and (language, b) in texts
    ]
    return pd.DataFrame(rows, columns=["language", "a", "b", "texts", "names"])


def _chosen(what: str, values: Iterable[str] | None, known: Sequence[str]) -> set[str]:
    chosen = set(known) if values is None else set(values)
    for value in sorted(chosen.difference(known)):
        raise UsageError(f"Unknown {what} {value!r}.", f"Choose from {', '.join(known) or 'none'}.")
    return chosen


def reads_as(words: Iterable[str]) -> str:
    """What a text reads like, whatever its spacing, letter case and Unicode form."""
    return folded("".join(words))


def _distinct(sentences: Iterable[Sentence]) -> Iterator[Sentence]:
    """The sentences, no two of one language with the same ids: those that say the same are numbered."""
    said: Counter[tuple[str, str, str]] = Counter()
    for sentence in sentences:
        context, entity = (text.replace("/", "\u2215") for text in (sentence.context, sentence.entity))
        if not (context or entity):
            yield sentence
            continue
        if _NUMBER.fullmatch(context):
            context = f"id-{context}"
        said[sentence.language, context, entity] += 1
        times = said[sentence.language, context, entity]
        number = str(times) if times > 1 or not context else ""
        yield replace(sentence, context=".".join(filter(None, (context, number))), entity=entity)


def _without_names(sentence: Sentence) -> str:
    """The context: the sentence with its names taken out; empty when too little is left to be one."""
    words = list(sentence.words)
    for start, end, kind in reversed(spans_of(sentence.tags)):
        words[start:end] = [f"\0{kind}\0"]
    pairs = zip(sentence.words, sentence.tags, strict=True)
    outside = sum(tag == "O" and any(map(str.isalnum, word)) for word, tag in pairs)
    return reads_as(words) if outside >= 3 else ""


def _texts(sentence: Sentence) -> Iterator[str]:
    """What may not be on both sides of a split: the sentence, and its context."""
    # Translations of one sentence belong together, too.
    parallel = f"\0{sentence.cell}" if sentence.context or sentence.entity else ""
    return filter(None, (reads_as(sentence.words), _without_names(sentence), parallel))
