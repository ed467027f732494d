"""Reads text with one word a line, its tag in a column, and a blank line between sentences.

Columns are parted by tabs or by spaces, the same number in every line; `columns` finds out what they hold. `#` comments
and `-DOCSTART` lines stand for no word; the comments `# text = …` and `# lang = …` state the sentence's text and
language. A sentence also ends where a column that numbers sentences goes on, or one that counts words begins anew. A
file in which every word begins with one language's code, as WikiANN has it (`en:London`), is of that language and loses
the code.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from nerspace.datasets.errors import DataError
from nerspace.datasets.languages import data_code
from nerspace.datasets.lines import LONGEST_NUMBER, read_blocks, read_lines
from nerspace.datasets.readers.columns import Columns, Doubt, find_columns, fit, size_of, tags_of_cell
from nerspace.datasets.readers.layout import Source
from nerspace.datasets.readers.rows import META, cells_of
from nerspace.datasets.readers.sentences import (
    ALIGNMENT,
    EMPTY_WORD,
    ENTITY_ID,
    MOST_WORDS,
    NO_TAG,
    NOT_A_TAG,
    RawFile,
    RawSentence,
    is_tag,
)
from nerspace.datasets.tagging import is_like_marked

NAME = "CoNLL text"
SUFFIXES = frozenset({".conll", ".conll2003", ".bio", ".iob", ".iob2", ".iob1", ".iobes", ".bioes", ".bilou", ".ner"})
RAGGED = "a row of another number of columns"
SEVERAL = "several tags in one cell"
NO_NUMBER = "a word without its number"
OTHER_LAYERS = "entities of other layers, not read (--layer)"
_PREFIX = re.compile(r"([a-z]{2,3}(?:-[a-z0-9]{1,8})*):")
_SPAN_OF_WORDS = re.compile(r"\d+[-.]\d+")
_INSIDE = re.compile(r"[IiEeLlMm][-_]|.*[-_][IELM]$")


def recognises(source: Source) -> bool:
    """Whether the file looks like this: rows of equally many columns, one of them tags, many of these O or B-…."""
    if not source.is_text:
        return False
    if source.suffix in SUFFIXES:
        return True
    blocks = source.rows
    data = [row for block in blocks for row in block]
    sizes = Counter(map(size_of, data)).most_common(1)
    if not data or sizes[0][0] < 2 or 10 * sizes[0][1] < 9 * len(data):
        return False
    try:
        columns = find_columns(blocks, dict(source.reading.columns), names=global_columns(source.lines))
    except Doubt as doubt:
        return doubt.tagged
    rows = [row for cells in data if (row := fit(cells, columns.count)) is not None]
    tags = [row[columns.tag].strip() for row in rows]
    marked = sum(map(is_like_marked, tags))
    return 3 * (marked + columns.header) >= len(data) and 10 * (sum(map(is_tag, tags)) + columns.header) >= 9 * len(
        data
    )


def read(source: Source) -> RawFile:
    """The sentences of one file, as they stand there.

    Raises:
        DataError: naming file and line.
    """
    columns = columns_of(source, global_columns(source.lines))
    return parse(source, Parser(RawFile(source.path, source.shown), columns, source.reading.layer, source.is_tabbed))


def columns_of(source: Source, names: Sequence[str] = ()) -> Columns:
    """What the columns of a file hold.

    Raises:
        DataError: that cannot be told.
    """
    if not (blocks := source.rows):
        # Text that cannot be read at all says so.
        for _ in read_lines(source.path):
            pass
        raise DataError(f"{source.path} holds no sentence.", "Expected a word and its tag a line.")
    try:
        return find_columns(blocks, dict(source.reading.columns), source.reading.layer, names)
    except Doubt as doubt:
        raise DataError(f"{source.path} cannot be read: {doubt}.", doubt.hint) from doubt


def parse(source: Source, parser: "Parser") -> RawFile:
    """Feed all lines of a file to a parser.

    Raises:
        DataError: naming file and line.
    """
    for first, lines in read_blocks(source.path):
        parser.feed_block(first, lines)
    return parser.end()


def global_columns(lines: Sequence[str]) -> list[str]:
    """The names that CoNLL-U Plus gives its columns in a comment of the first lines; none without."""
    for line in lines[:50]:
        if (found := META.match(line)) and found[1].lower() == "global.columns":
            return found[2].split()
    return []


class Parser:
    """Lines to sentences.

    tabbed: columns are parted by tabs, else by spaces. tag_of: from the cells of a row to its tag, where that is not
    simply a cell.
    """

    def __init__(
        self, raw: RawFile, columns: Columns, layer: int = 1, tabbed: bool = True,
        tag_of: Callable[[Sequence[str]], str] | None = None,
    ) -> None:  # fmt: skip
        self.raw = raw
        self.columns = columns
        self.layer = layer
        self.tag_of = tag_of
        self.tabbed = tabbed
        self.headless = False
        self.has_language = False
        self.deepest = 1
        self._seen: dict[str, tuple[str, str, int]] = {}
        self._others = [place for place in columns.layers if place != columns.tag]
        raw.columns = raw.columns or columns.told()
        self._numbered = ""
        self._clear()

    def _clear(self) -> None:
        self.start = 0
        self.last = -1
        self.problem = ""
        self.words: list[str] = []
        self.tags: list[str] = []
        self.comments: dict[str, str] = {}

    def feed_block(self, first: int, lines: Iterable[str]) -> None:
        """Lines that follow one another, the first of that number; nearly all sentences are taken whole."""
        if not isinstance(lines, list) or not self._is_plain():
            for number, line in enumerate(lines, first):
                self.feed(number, line)
            return
        words, tags = self._plain(lines)
        place, size = 0, len(lines)
        while place < size:
            try:
                end = lines.index("", place)
            except ValueError:
                end = size
            # The last sentence may go on in the next block, and the first have begun in the one before.
            is_whole = end < size and end - place <= MOST_WORDS and not (self.start or self.comments)
            if is_whole and "" not in words[place:end] and "" not in tags[place:end]:
                self.start, self.words, self.tags = first + place, words[place:end], tags[place:end]
            else:
                for number in range(place, end):
                    self.feed(first + number, lines[number])
            if end < size:
                self.end_sentence()
            place = end + 1

    def _is_plain(self) -> bool:
        """Whether rows are words and tags, and nothing counts them or has to be looked at besides."""
        columns = self.columns
        is_plain = columns.index < 0 and columns.sentence < 0 and not columns.header and self.tag_of is None
        return is_plain and len(columns.layers) == 1

    def _plain(self, lines: list[str]) -> tuple[list[str], list[str]]:
        """The word and tag of every line; an empty one where the line needs a second look, and where it is blank."""
        count, word, tag = self.columns.count, self.columns.word, self.columns.tag
        rows: list[list[str]] = [line.split("\t" if self.tabbed else " ") for line in lines]
        for place, line in enumerate(lines):
            if (line[:1] in "#-" and line.startswith(("#", "-DOCSTART"))) or (not self.tabbed and "" in rows[place]):
                rows[place] = []
        words = [row[word].strip() if len(row) == count else "" for row in rows]
        cells = [row[tag] if len(row) == count else "" for row in rows]
        tag_in = {cell: self._tag_in(cell.strip()) for cell in set(cells)}
        tags = {cell: "" if wrong or others else tag for cell, (tag, wrong, others) in tag_in.items()}
        return words, list(map(tags.__getitem__, cells))

    def feed(self, number: int, line: str) -> None:
        """One line of the file."""
        if not line.strip() or line.startswith("-DOCSTART"):
            self.end_sentence()
            return
        if line.startswith("#") and not self._is_word(line):
            if found := META.match(line):
                self.comments[found[1].lower()] = found[2].strip()
            return
        self.row(number, cells_of(line, self.tabbed))

    def _is_word(self, line: str) -> bool:
        cells = cells_of(line, self.tabbed)
        if len(cells) != self.columns.count or ("\t" not in line and META.match(line)):
            return False
        return is_tag(cells[self.columns.tag].strip())

    def row(self, number: int, cells: Sequence[str]) -> None:
        """The cells of one word."""
        columns = self.columns
        if columns.header and (not self.headless or tuple(map(str.strip, cells)) == columns.names):
            # Files that were put together have their header again in the middle.
            self.headless = True
            return
        row = cells if len(cells) == columns.count else fit(cells, columns.count)
        if row is None:
            self._add(number, cells[columns.word] if columns.word < len(cells) else "", "", RAGGED)
            return
        if columns.sentence >= 0 and (value := row[columns.sentence].strip()) and value != self._numbered:
            self.end_sentence()
            self._numbered = value
        problem = ""
        if columns.index >= 0:
            place = row[columns.index].strip()
            # Python refuses to read a number of thousands of digits.
            if place.isdecimal() and len(place) <= LONGEST_NUMBER:
                if int(place) <= self.last:
                    self.end_sentence()
                self.last = int(place)
            elif _SPAN_OF_WORDS.fullmatch(place):
                # CoNLL-U's line of several words, or of one that is not there.
                return
            else:
                problem = NO_NUMBER
        cell = (row[columns.tag] if self.tag_of is None else self.tag_of(row)).strip()
        tag, wrong, others = self._tag_in(cell)
        if others:
            self.raw.notes[OTHER_LAYERS] += others
        for other in self._others:
            if _begins(row[other].strip()):
                self.raw.notes[OTHER_LAYERS] += 1
        self._add(number, row[columns.word], tag, problem or wrong)

    def _add(self, number: int, word: str, tag: str, problem: str) -> None:
        self.start = self.start or number
        if len(self.words) > MOST_WORDS:
            return
        word = word.strip()
        if not word and not problem:
            problem = EMPTY_WORD
        self.problem = self.problem or problem
        self.words.append(word)
        self.tags.append(tag)

    def _tag_in(self, cell: str) -> tuple[str, str, int]:
        """As `_read_tag`, of each cell once."""
        if (found := self._seen.get(cell)) is None:
            found = self._seen[cell] = self._read_tag(cell)
        return found

    def _read_tag(self, cell: str) -> tuple[str, str, int]:
        """The tag of a cell in the wanted layer, what is wrong with it, and how many entities begin in other layers."""
        parts = tags_of_cell(cell)
        self.deepest = max(self.deepest, len(parts))
        wanted = 0 if len(self.columns.layers) > 1 else self.layer - 1
        tag = parts[wanted] if wanted < len(parts) else "O"
        others = sum(map(_begins, parts)) - _begins(tag)
        if not cell:
            return tag, NO_TAG, 0
        if len(parts) == 1 and "|" in cell:
            return tag, SEVERAL, 0
        return tag, "" if is_tag(tag) else NOT_A_TAG, others

    def end_sentence(self) -> None:
        """A blank line, a new document or the end of the file."""
        if self.problem:
            self.raw.drop(self.start, self.problem, " ".join(self.words), self.comments.get("lang", ""))
        elif self.words:
            language = self.comments.get("lang", "")
            self.has_language |= bool(language)
            text = self.comments.get("text", "")
            # A text that does not hold these words belongs to another tokenisation, or was edited.
            if text and "".join(text.split()) != "".join("".join(self.words).split()):
                text = ""
            self.raw.sentences.append(
                RawSentence(
                    self.start, self.words, self.tags, text, language, "", self._said(ALIGNMENT), self._said(ENTITY_ID)
                )
            )
        elif self.comments and not self.start:
            # A blank line between the comments and their words does not part them.
            return
        self._clear()

    def _said(self, names: Sequence[str]) -> str:
        if not self.comments:
            return ""
        return next((self.comments[name] for name in names if name in self.comments), "")

    def end(self) -> RawFile:
        """What was read.

        Raises:
            DataError: nothing was, or nothing in the layer that was wanted.
        """
        self.end_sentence()
        raw, depth = self.raw, max(self.deepest, len(self.columns.layers))
        if not raw.sentences and not raw.dropped:
            raise DataError(f"{raw.path} holds no sentence.", "Expected a word and its tag a line.")
        if self.layer > depth:
            raise DataError(f"{raw.path} has {depth} layer{'s' * (depth > 1)} of tags.", "Choose another --layer.")
        if self.deepest > 1:
            raw.columns += f", layer {self.layer} of {self.deepest} in a cell"
        if not self.has_language:
            _take_prefix(raw)
        return raw


def _begins(tag: str) -> bool:
    """Whether an entity begins at a tag."""
    return tag not in ("O", "o") and is_like_marked(tag) and not _INSIDE.match(tag)


def _take_prefix(raw: RawFile) -> None:
    """Take WikiANN's language code off every word, if every word has the same."""
    words = [word for row in raw.sentences for word in row.words]
    found = _PREFIX.match(words[0]) if len(words) > 3 else None
    if not found or not all(word.startswith(found.group()) for word in words):
        return
    raw.language = data_code(found[1])
    raw.sentences = [replace(row, words=[word[found.end() :] for word in row.words]) for row in raw.sentences]
