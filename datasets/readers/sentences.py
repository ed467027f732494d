"""What all readers of tagged text share: from rows as they stand in a file to sentences, or the reason why not."""

import sys
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

from nerspace.datasets.dropped import SHOWN, Dropped, FileRead, dropped
from nerspace.datasets.errors import DataError
from nerspace.datasets.languages import data_code
from nerspace.datasets.naming import known_split, language_and_split
from nerspace.datasets.reading import AS_IT_STANDS, Reading
from nerspace.datasets.records import Sentence
from nerspace.datasets.spelling import composed
from nerspace.datasets.tagged import TaggedCorpus
from nerspace.datasets.tagging import (
    MOST_TYPES,
    TagError,
    check_end,
    find_scheme,
    kind_of,
    one_iob2,
    renamed,
    respell,
    split_tag,
    types_in,
)

# No sentence is longer; a file without blank lines is one endless row.
MOST_WORDS = 10_000
EMPTY_WORD = "an empty word"
NO_TAG = "a word without a tag"
NOT_A_TAG = "not a tag"
# Rows of tags of one file that are remembered.
_MOST_KNOWN = 50_000
BEGUN_BY_I = "entities that begin with I- and count as conlleval counts them"
BROKEN = "control or broken characters"
TOO_LONG = f"more than {MOST_WORDS:,} words"


@dataclass(frozen=True, slots=True)
class RawSentence:
    """Words and tags as they stand in a file; `text`, `language`, `split` and ids only where the file states them."""

    line: int
    words: Sequence[str]
    tags: Sequence[str]
    text: str = ""
    language: str = ""
    split: str = ""
    context: str = ""
    entity: str = ""


# Columns and keys by which sentences say which of them are parallel: those with the same alignment id, or about the
# same entity.
ALIGNMENT = ("alignment_id", "alignment", "align_id", "parallel_id")
ENTITY_ID = ("entity_id", "qid", "wikidata_id")


@dataclass(slots=True)
class RawFile:
    """What a reader found in one file.

    language: of the whole file, where a mark inside states it. sure: the file itself names its tags as such. columns:
    what the reader took for what, told to the user. notes: what else it did that a user should know, each counted.
    beside: other files that were read with it. unit: what is counted by `line`, as row or record. aside: reasons for
    which sentences are left out on purpose, which say nothing against the file.
    """

    path: Path
    shown: str
    sentences: list[RawSentence] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)
    language: str = ""
    sure: bool = False
    unit: str = "line"
    columns: str = ""
    notes: Counter[str] = field(default_factory=Counter)
    beside: list[Path] = field(default_factory=list)
    aside: set[str] = field(default_factory=set)

    def drop(self, line: int, reason: str, text: str, language: str = "") -> None:
        """Remember a sentence that is left out."""
        shown = "".join("\ufffd" if unicodedata.category(sign) in ("Cc", "Cs") else sign for sign in text[: SHOWN + 1])
        self.dropped.append(dropped(self.shown, line, language, reason, shown))


@dataclass(frozen=True, slots=True)
class Finished:
    """The sentences of one file, with what was left out and a row that sums it up."""

    sentences: tuple[Sentence, ...]
    dropped: tuple[Dropped, ...]
    file: FileRead
    scheme: str
    labels: Mapping[tuple[str, str], int]
    beside: tuple[Path, ...] = ()


def finish(raw: RawFile, corpus: str, root: Path, reading: Reading = AS_IT_STANDS, layout: str = "") -> Finished:
    """Sentences in IOB2 from what stands in a file, under the one scheme that the file is written in.

    Args:
        raw: what stands in the file.
        corpus: name of the corpus.
        root: the folder that was given; names of folders above it say nothing.
        reading: what the user wants of it.
        layout: name of how it was read.

    Raises:
        DataError: the file holds no sentence, its tags are spelt in two ways, or more are left out than read: it is
            then something else.
    """
    named_language, named_split = language_and_split(raw.path, root)
    # A sentence may stay though a span of it does not.
    read = {row.line for row in raw.sentences}
    rows = len(raw.sentences) + len({row.line for row in raw.dropped if row.line and row.line not in read})
    if not rows:
        raise DataError(f"{raw.path} holds no sentence.", "Expected words with tags.")
    _respell(raw)
    scheme = find_scheme(row.tags for row in raw.sentences)
    _check_bare(raw, scheme)
    sentences = []
    labels: Counter[tuple[str, str]] = Counter()
    clean, tagger = _Words(), _Tagger(scheme, reading)
    for row in raw.sentences:
        spoken = reading.language or (data_code(row.language) if row.language else "") or raw.language or named_language
        words, text = clean.read(row.words)
        try:
            if problem := _problem(words, row.text, clean):
                raise TagError(problem)
            found = tagger.read(row.tags)
        except TagError as error:
            raw.drop(row.line, str(error), " ".join(row.words), spoken)
            continue
        if found.begun:
            raw.notes[BEGUN_BY_I] += found.begun
        for label in found.labels:
            labels[spoken, label] += 1
        if row.text:
            text = composed(_one_line(row.text)) or text
        split = known_split(row.split) if row.split else named_split
        sentences.append(
            Sentence(words, found.tags, text, corpus, split, spoken, found.kind, "", row.context, row.entity)
        )
    faulty = [row for row in raw.dropped if row.line and row.reason not in raw.aside]
    if not sentences and not faulty:
        reasons = ", ".join(sorted({row.reason for row in raw.dropped}))
        raise DataError(f"{raw.path}: all {rows} sentences are left out: {reasons}.", "There is nothing else to read.")
    set_aside = len({row.line for row in raw.dropped if row.reason in raw.aside})
    if len(sentences) < rows - set_aside - len(sentences):
        first = min(faulty, key=lambda row: row.line)
        common = Counter(row.reason for row in faulty).most_common(1)[0][0]
        raise DataError(
            f"{raw.path}: {rows - set_aside - len(sentences)} of {rows} sentences cannot be read, the first in "
            f"{raw.unit} {first.line}: {first.reason}.",
            "Expected words with tags such as O, B-PER, I-PER."
            + (f" Most often: {common}." if common != first.reason else ""),
        )
    kinds = sorted({kind for sentence in sentences for kind in types_in(sentence.tags)})
    spoken_here = tuple(dict.fromkeys(sentence.language for sentence in sentences))
    told = "; ".join(filter(None, (raw.columns, *(f"{what}: {n:,}" for what, n in raw.notes.items()))))
    file = FileRead(raw.shown, " ".join(kinds), "", spoken_here, rows, len(sentences), layout, told)
    return Finished(tuple(sentences), tuple(raw.dropped), file, scheme, labels, tuple(raw.beside))


def corpus_of(name: str, parts: Iterable[Finished | Dropped]) -> TaggedCorpus:
    """The corpus of files that were read, and of those that were left out, in their order."""
    sentences: list[Sentence] = []
    left_out: list[Dropped] = []
    files: list[FileRead] = []
    schemes: dict[str, str] = {}
    labels: Counter[tuple[str, str]] = Counter()
    for part in parts:
        if isinstance(part, Dropped):
            left_out.append(part)
            continue
        sentences += part.sentences
        left_out += part.dropped
        files.append(part.file)
        schemes[part.file.file] = part.scheme
        labels.update(part.labels)
    return TaggedCorpus(name, sentences, dropped=left_out, files=files, schemes=schemes, labels=labels)


def _respell(raw: RawFile) -> None:
    """Give all tags of a file the spelling that schemes are told apart by."""
    found: set[str] = set().union(*(row.tags for row in raw.sentences))
    try:
        spelt = respell(found)
    except TagError as error:
        raise DataError(f"{raw.path}: {error}.", "Spell them all one way, such as O, B-PER, I-PER.") from error
    if changed := {tag for tag in found if spelt[tag] != tag}:
        raw.notes[f"tags spelt as {min(changed)} read as {spelt[min(changed)]}"] += sum(
            tag in changed for row in raw.sentences for tag in row.tags
        )
        raw.sentences = [replace(row, tags=[spelt[tag] for tag in row.tags]) for row in raw.sentences]


def _check_bare(raw: RawFile, scheme: str) -> None:
    """Bare labels could be any words, so a file of them must look like one that holds tags."""
    if raw.sure or not scheme.startswith("bare"):
        return
    tags = Counter(tag for row in raw.sentences for tag in row.tags)
    if not (tags["O"] or tags["o"]) or len(tags) > MOST_TYPES:
        raise DataError(
            f"{raw.path} is no tagged text: its last column has {len(tags)} different values"
            + ("." if tags["O"] or tags["o"] else ", none of them O."),
            "Expected words with tags such as O, B-PER, I-PER.",
        )


class _Words(dict[str, str]):
    """Word as it stands in a file → in NFC and without spaces about it, each looked at once.

    broken: those that are no words, empty ones among them.
    """

    def __init__(self) -> None:
        super().__init__()
        self.broken: set[str] = set()

    def __missing__(self, word: str) -> str:
        found = self[word] = sys.intern(composed(word.strip()))
        if not found or _is_broken(found):
            self.broken.add(found)
        return found

    def read(self, words: Sequence[str]) -> tuple[tuple[str, ...], str]:
        """The words of a sentence, and these in one line."""
        text = " ".join(words)
        # Nearly all are as they should be, which one look at them all tells.
        if text.isprintable() and unicodedata.is_normalized("NFC", text) and text.split() == list(words):
            return tuple(map(self.setdefault, words, words)), text
        found = tuple(map(self.__getitem__, words))
        return found, " ".join(found)


@dataclass(frozen=True, slots=True)
class _Tags:
    """The tags of a sentence. labels: as they stand in the file, one for each entity. begun: entities begun by I-."""

    tags: tuple[str, ...]
    labels: tuple[str, ...]
    kind: str
    begun: int


class _Steps(dict[tuple[str, str], str]):
    """A tag of a file and the one before it → the tag in IOB2, each pair looked at once.

    begun: pairs of which the second begins an entity though it says that it goes on.
    """

    def __init__(self, scheme: str) -> None:
        super().__init__()
        self._scheme = scheme
        self.begun: set[tuple[str, str]] = set()

    def __missing__(self, pair: tuple[str, str]) -> str:
        before, tag = pair
        found = self[pair] = one_iob2(composed(before), composed(tag), self._scheme)
        if self._scheme == "IOB2" and pair[1][0] == "I" and found[0] == "B":
            self.begun.add(pair)
        return found


class _Named(dict[str, str]):
    """A tag in IOB2 → the same with the type that is read, each looked at once."""

    def __init__(self, name: Callable[[str], str]) -> None:
        super().__init__()
        self._name = name

    def __missing__(self, tag: str) -> str:
        found = self[tag] = sys.intern(renamed([tag], self._name)[0])
        return found


class _Tagger:
    """From tags as they stand in a file to those that are read; the same row of tags is understood once."""

    def __init__(self, scheme: str, reading: Reading) -> None:
        self._scheme = scheme
        self._steps = _Steps(scheme)
        self._named = _Named(reading.renamer())
        self._known: dict[tuple[str, ...], _Tags] = {}

    def read(self, row: Sequence[str]) -> _Tags:
        """The tags of a sentence.

        Raises:
            TagError: they do not follow one another.
        """
        key = tuple(row)
        if (known := self._known.get(key)) is not None:
            return known
        steps = self._steps
        given = list(map(steps.__getitem__, pairwise(("O", *key))))
        check_end(key, self._scheme)
        begun = sum(map(steps.begun.__contains__, pairwise(("O", *key)))) if steps.begun else 0
        tags = tuple(map(self._named.__getitem__, given))
        found = _Tags(tags, tuple(types_in(given)), kind_of(tags), begun)
        if len(self._known) < _MOST_KNOWN:
            self._known[key] = found
        return found


def _one_line(text: str) -> str:
    return " ".join(" ".join(text.splitlines()).split("\t")).strip()


def _problem(words: Sequence[str], text: str, clean: _Words) -> str:
    if not words:
        return EMPTY_WORD
    if clean.broken and not clean.broken.isdisjoint(words):
        return BROKEN if all(words) else EMPTY_WORD
    if len(words) > MOST_WORDS:
        return TOO_LONG
    # A text of several lines is no damage, a word of several is.
    return BROKEN if text and any(_is_broken(line) for line in text.split()) else ""


def _is_broken(word: str) -> bool:
    # Printable covers all but spaces, controls, and format signs, which some scripts need inside words.
    return not word.isprintable() and any(unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp") for sign in word)


def is_tag(tag: str) -> bool:
    """Whether this can be a tag of any scheme."""
    try:
        split_tag(tag)
    except TagError:
        return False
    return True
