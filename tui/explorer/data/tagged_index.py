"""Finding in sentences that arrived tagged, and the names that they tag."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from nerspace.datasets.errors import UsageError
from nerspace.tui.filters import Filter

if TYPE_CHECKING:
    from nerspace.datasets.records import Sentence
    from nerspace.datasets.tagged import TaggedCorpus


@dataclass(frozen=True, slots=True)
class TaggedName:
    """A name as it is written, with its type and language, and how often it is tagged so."""

    text: str
    type: str
    language: str
    count: int


class TaggedIndex:
    """The sentences and names of a corpus, ready to be searched."""

    kind = "tagged"

    def __init__(self, corpus: "TaggedCorpus") -> None:
        self.corpus = corpus
        self.total = len(corpus)
        self._texts = [sentence.text.casefold() for sentence in corpus.sentences()]
        self._types = _type_sets(corpus.sentences())

    @property
    def facts(self) -> str:
        """Its sizes in a few words."""
        sizes = Counter(sentence.split for sentence in self.corpus.sentences())
        splits = ", ".join(f"{split} {n:,}" for split, n in sizes.items())
        return f"{' '.join(self.corpus.types) or 'no types'} · split {splits or 'none'}"

    def sentences(self, chosen: Filter) -> Sequence[int]:
        """Numbers of the sentences that a filter keeps: each word stands in the text.

        Raises: UsageError for an unknown type, language or split, and for a case.
        """
        chosen = self._known(chosen)
        if chosen == Filter():
            return range(len(self.corpus))
        types = set(chosen.types)
        kept = []
        for number, sentence in enumerate(self.corpus.sentences()):
            if (
                (not types or not types.isdisjoint(self._types[number]))
                and (not chosen.languages or sentence.language in chosen.languages)
                and (not chosen.splits or sentence.split in chosen.splits)
                and all(word in self._texts[number] for word in chosen.words)
                and (not chosen.lengths or any(chosen.fits([name]) for name in _names_in(sentence)))
            ):
                kept.append(number)
        return kept

    def names(self, chosen: Filter) -> list[TaggedName]:
        """The names that a filter keeps, the most frequent first: each word stands in the name or its type.

        Raises: UsageError for an unknown type, language or split, and for a case.
        """
        chosen = self._known(chosen)
        sums: Counter[tuple[str, str, str]] = Counter()
        for (name, kind, language, split), count in self._names.items():
            if (
                (not chosen.types or kind in chosen.types)
                and (not chosen.languages or language in chosen.languages)
                and (not chosen.splits or split in chosen.splits)
                and all(word in text for text in [f"{name}\n{kind}".casefold()] for word in chosen.words)
                and chosen.fits([name])
            ):
                sums[name, kind, language] += count
        return [TaggedName(*key, count) for key, count in sums.most_common()]

    @cached_property
    def total_names(self) -> int:
        """How many names there are."""
        return len(self.names(Filter()))

    @cached_property
    def _names(self) -> "Counter[tuple[str, str, str, str]]":
        return Counter(
            (" ".join(sentence.words[start:end]), kind, sentence.language, sentence.split)
            for sentence in self.corpus.sentences()
            for start, end, kind in spans_of(sentence.tags)
        )

    def _known(self, chosen: Filter) -> Filter:
        """The filter in the corpus's own spelling of types and splits."""
        from nerspace.datasets.naming import known_split

        if chosen.cases:
            raise UsageError(f"{self.corpus.name} holds tagged sentences, which have no case.", "Leave case: out.")
        if chosen.identical is not None:
            raise UsageError(f"The sentences of {self.corpus.name} are not parallel.", "Leave identical: out.")
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


def spans_of(tags: Sequence[str]) -> list[tuple[int, int, str]]:
    """First word, word after the last and type of every entity."""
    from nerspace.datasets import tagging

    return tagging.spans_of(tags)


def _names_in(sentence: "Sentence") -> list[str]:
    return [" ".join(sentence.words[start:end]) for start, end, _ in spans_of(sentence.tags)]


def _type_sets(sentences: "Iterable[Sentence]") -> list[frozenset[str]]:
    """The types in each sentence; equal sets are one object."""
    from nerspace.datasets.tagging import types_in

    known: dict[frozenset[str], frozenset[str]] = {}
    return [known.setdefault(found, found) for found in (frozenset(types_in(s.tags)) for s in sentences)]


def _check(what: str, values: Iterable[str], known: Sequence[str]) -> None:
    for value in values:
        if value not in known:
            raise UsageError(f"Unknown {what} {value!r}.", f"Choose from {', '.join(known) or 'none'}.")
