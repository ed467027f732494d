"""Sentences that arrived tagged, and the names that they tag: an index that finds them, and their rows."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from nerspace.datasets.errors import UsageError
from nerspace.datasets.records import Entity, Sentence
from nerspace.datasets.spelling import folded
from nerspace.datasets.tagging import spans_of, types_in
from nerspace.tui.colours import type_style
from nerspace.tui.explorer.messages import Name
from nerspace.tui.filters import Filter
from nerspace.tui.literal import entity_text, literal
from nerspace.tui.widgets.rows import Cell, Column, Rows, SortValues

if TYPE_CHECKING:
    import pandas as pd

    from nerspace.datasets.tagged import TaggedCorpus


@dataclass(frozen=True, slots=True)
class TaggedName:
    """A name as it is written, with its type and language, and how often it is tagged so."""

    text: str
    type: str
    language: str
    count: int


def name_id(language: str, kind: str, text: str) -> str:
    """The id of a name that stands in one language alone."""
    return f"{language}:{kind}:{text}"


def entity_of(id: str, corpus: "TaggedCorpus") -> Entity | None:
    """What such an id stands for in a corpus; None where it is none of its languages and types."""
    language, _, rest = id.partition(":")
    kind, _, text = rest.partition(":")
    if language not in corpus.languages or kind not in corpus.types or not text:
        return None
    return Entity(id, kind, "", "", {"nominative": {language: text}})


def first_name(language: str, words: Sequence[str], tags: Sequence[str]) -> Name | None:
    """The first name that a sentence tags."""
    for start, end, kind in spans_of(tags):
        text = " ".join(words[start:end])
        return Name(name_id(language, kind, text), language, form=text)
    return None


class TaggedIndex:
    """The sentences and names of a corpus, ready to be searched."""

    kind = "tagged"

    def __init__(self, corpus: "TaggedCorpus") -> None:
        self.corpus = corpus
        self.total = len(corpus)
        self._sentences = list(corpus.sentences())
        self._texts = [folded(sentence.text) for sentence in self._sentences]
        self._types = _type_sets(self._sentences)
        self._names_of = lru_cache(maxsize=4)(self._count_names)

    @property
    def facts(self) -> str:
        """Its sizes in a few words."""
        sizes = Counter(sentence.split for sentence in self._sentences)
        splits = ", ".join(f"{split} {n:,}" for split, n in sizes.items())
        return f"{' '.join(self.corpus.types) or 'no types'} · split {splits or 'none'}"

    @property
    def known(self) -> dict[str, Sequence[str]]:
        """The values of every field of a filter whose values are listed."""
        from nerspace.datasets.naming import SPLITS

        other_names = [name for name, split in SPLITS.items() if split in self.corpus.splits]
        splits = [*self.corpus.splits, *other_names]
        return {"type": self.corpus.types, "lang": self.corpus.languages, "split": splits}

    def sentences(self, chosen: Filter) -> Sequence[int]:
        """Numbers of the sentences that a filter leaves: each word stands in the text.

        Raises:
            UsageError: for an unknown type, language or split, and for a case.
        """
        chosen = self._known(chosen)
        left: Sequence[int] = range(len(self.corpus))
        if chosen == Filter():
            return left
        sentences, types, texts = self._sentences, self._types, self._texts
        # Field by field, each on what the last one left: one test a sentence is what makes a search of many quick.
        if wanted := frozenset(chosen.types):
            left = [n for n in left if not wanted.isdisjoint(types[n])]
        if unwanted := frozenset(chosen.out.types):
            left = [n for n in left if unwanted.isdisjoint(types[n])]
        if (languages := self._taken("lang", chosen)) is not None:
            left = [n for n in left if sentences[n].language in languages]
        if (splits := self._taken("split", chosen)) is not None:
            left = [n for n in left if sentences[n].split in splits]
        for word in chosen.words:
            left = [n for n in left if word in texts[n]]
        for word in chosen.out.words:
            left = [n for n in left if word not in texts[n]]
        if chosen.asks_of_names:
            left = [n for n in left if any(chosen.fits([name]) for name in names_in(sentences[n]))]
        return left

    def names(self, chosen: Filter) -> list[TaggedName]:
        """The names that a filter leaves, the most frequent first: each word stands in the name or its type.

        Raises:
            UsageError: for an unknown type, language or split, and for a case.
        """
        chosen = self._known(chosen)
        left = self._names_of(self._taken("split", chosen))
        if (types := self._taken("type", chosen)) is not None:
            left = [name for name in left if name.type in types]
        if (languages := self._taken("lang", chosen)) is not None:
            left = [name for name in left if name.language in languages]
        if chosen.words or chosen.out.words:
            left = [name for name in left if _holds(folded(f"{name.text}\n{name.type}"), chosen)]
        if chosen.asks_of_names:
            left = [name for name in left if chosen.fits([name.text])]
        return left

    @property
    def total_names(self) -> int:
        """How many names there are."""
        return len(self._names_of(None))

    def _taken(self, field: str, chosen: Filter) -> frozenset[str] | None:
        """The corpus's values of a field that pass; None for all of them."""
        known = {"type": self.corpus.types, "lang": self.corpus.languages, "split": self.corpus.splits}[field]
        taken = frozenset(value for value in known if chosen.takes(field, value))
        return None if len(taken) == len(known) else taken

    def _count_names(self, splits: frozenset[str] | None) -> list[TaggedName]:
        """The names of some splits, or of all: the most frequent first, then as they come in the corpus."""
        counts = Counter(
            (" ".join(sentence.words[start:end]), kind, sentence.language)
            for sentence in self._sentences
            if splits is None or sentence.split in splits
            for start, end, kind in spans_of(sentence.tags)
        )
        return [TaggedName(*key, count) for key, count in counts.most_common()]

    @cached_property
    def entities(self) -> list[Entity]:
        """Every name as an entity of its own, in the one language that it stands in; the most frequent first."""
        return [
            Entity(name_id(name.language, name.type, name.text), name.type, "", "",
                   {"nominative": {name.language: name.text}})
            for name in self.names(Filter())
        ]  # fmt: skip

    def _known(self, chosen: Filter) -> Filter:
        """The filter in the corpus's own spelling of types and splits."""
        if chosen.cases or chosen.out.cases:
            raise UsageError(f"{self.corpus.name} holds tagged sentences, which have no case.", "Leave case: out.")
        for field, name in (("entity", "entities"), ("context", "contexts")):
            if getattr(chosen, name) or getattr(chosen.out, name):
                raise UsageError(
                    f"{self.corpus.name} holds tagged sentences, which have no {field}.", f"Leave {field}: out."
                )
        if chosen.identical is not None:
            raise UsageError(f"The sentences of {self.corpus.name} are not parallel.", "Leave identical: out.")
        without = self._spelt(chosen.without) if chosen.without else None
        return replace(self._spelt(chosen), without=without)

    def _spelt(self, chosen: Filter) -> Filter:
        from nerspace.datasets.naming import known_split

        spelling: dict[str, list[str]] = defaultdict(list)
        for kind in self.corpus.types:
            spelling[kind.upper()].append(kind)
        types = [known for kind in chosen.types for known in spelling.get(kind, [kind])]
        written = {split.lower(): split for split in self.corpus.splits}
        splits = [written.get(split, known_split(split)) for split in chosen.splits]
        _check("type", types, self.corpus.types)
        _check("language", chosen.languages, self.corpus.languages)
        _check("split", splits, self.corpus.splits)
        return replace(chosen, types=tuple(types), splits=tuple(splits))


def names_in(sentence: Sentence) -> list[str]:
    """The names that a sentence tags, in its order."""
    return [" ".join(sentence.words[start:end]) for start, end, _ in spans_of(sentence.tags)]


def _type_sets(sentences: Iterable[Sentence]) -> list[frozenset[str]]:
    """The types in each sentence; equal sets are one object."""
    known: dict[frozenset[str], frozenset[str]] = {}
    return [known.setdefault(found, found) for found in (frozenset(types_in(s.tags)) for s in sentences)]


def _holds(text: str, chosen: Filter) -> bool:
    """Whether every word stands in a folded text, and none that must not."""
    return all(word in text for word in chosen.words) and not any(word in text for word in chosen.out.words)


def _check(what: str, values: Iterable[str], known: Sequence[str]) -> None:
    for value in values:
        if value not in known:
            raise UsageError(f"Unknown {what} {value!r}.", f"Choose from {', '.join(known) or 'none'}.")


class TaggedRows(Rows):
    """Sentences that arrived tagged, by their numbers in the corpus; each type of name in its own style."""

    columns: Sequence[Column] = (
        Column("#", right=True, fixed=True), Column("split", fixed=True, at_most=10), Column("lang", fixed=True),
        Column("type", fixed=True, at_most=12), Column("text", at_most=1_000),
    )  # fmt: skip

    def __init__(self, corpus: "TaggedCorpus", numbers: Sequence[int]) -> None:
        self.corpus = corpus
        self.numbers = numbers

    def __len__(self) -> int:
        return len(self.numbers)

    def sentence(self, index: int) -> Sentence:
        """The sentence behind a row."""
        return self.corpus.sentence(self.numbers[index])

    def cells(self, index: int) -> Sequence[Cell]:
        """Number in the corpus, split, language, type and the text with its names highlighted."""
        s = self.sentence(index)
        return [
            str(self.numbers[index] + 1), literal(s.split), literal(s.language), literal(s.type or "–"),
            entity_text(s.words, s.tags, type_style, s.text),
        ]  # fmt: skip

    def raw(self, numbers: Sequence[int]) -> "pd.DataFrame":
        """The same, raw, and the tags of the words."""
        import pandas as pd

        chosen = (self.numbers[number] for number in numbers)
        sentences = ((number + 1, self.corpus.sentence(number)) for number in chosen)
        return pd.DataFrame(
            [(number, s.split, s.language, s.type, s.text, " ".join(s.tags)) for number, s in sentences],
            columns=["number", "split", "language", "type", "text", "tags"],
        )

    def key(self, index: int) -> Hashable:
        """Its number in the corpus."""
        return self.numbers[index]

    def sort_values(self, place: int) -> SortValues:
        """Numbers in the order of the corpus, the rest as text."""
        return list(self.numbers) if place == 0 else super().sort_values(place)


class TaggedNameRows(Rows):
    """The names that tagged sentences hold, each with its type, language and how often it is tagged so."""

    columns: Sequence[Column] = (
        Column("name", fixed=True, at_most=48), Column("type", at_most=12), Column("language"),
        Column("count", right=True),
    )  # fmt: skip

    def __init__(self, names: Sequence[TaggedName]) -> None:
        self.names = names

    def __len__(self) -> int:
        return len(self.names)

    def cells(self, index: int) -> Sequence[Cell]:
        """Name, type, language, count."""
        name = self.names[index]
        return [literal(name.text), literal(name.type), literal(name.language), f"{name.count:,}"]

    def raw(self, numbers: Sequence[int]) -> "pd.DataFrame":
        """The same, raw."""
        import pandas as pd

        records = [(n.text, n.type, n.language, n.count) for n in (self.names[number] for number in numbers)]
        return pd.DataFrame(records, columns=["name", "type", "language", "count"])

    def key(self, index: int) -> Hashable:
        """The name itself."""
        return self.names[index]

    def sort_values(self, place: int) -> SortValues:
        """The counts as numbers, the rest as text."""
        return [name.count for name in self.names] if place == 3 else super().sort_values(place)
