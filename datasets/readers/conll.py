"""Reads text with one word a line, its tag in the last column, and a blank line between sentences.

Columns are parted by tabs or by spaces, the same number in every line. `#` comments and `-DOCSTART-` lines stand for no
word; the comments `# text = …` and `# lang = …` state the sentence's text and language. A file in which every word
begins with one language's code, as WikiANN has it (`en:London`), is of that language and loses the code.
"""

import re
from dataclasses import replace
from pathlib import Path

from nerspace.datasets.errors import DataError
from nerspace.datasets.lines import first_bytes, first_lines, kind_of_bytes, read_lines
from nerspace.datasets.readers.sentences import EMPTY_WORD, MOST_WORDS, NO_TAG, NOT_A_TAG, RawFile, RawSentence, is_tag
from nerspace.datasets.tagging import is_marked

SUFFIXES = frozenset({".conll", ".conll2003", ".bio", ".iob", ".iob2", ".iob1", ".iobes", ".bioes", ".bilou", ".ner"})
RAGGED = "a row of another number of columns"

_META = re.compile(r"#\s*(\w+)\s*=\s*(.*)")
_PREFIX = re.compile(r"([a-z]{2,3}(?:-[a-z]{2,8})?):")


def recognises(path: Path) -> bool:
    """Whether the file looks like this: rows of equally many columns, the last a tag, many of them O or B-…."""
    if path.suffix.lower() in SUFFIXES:
        start = first_bytes(path, 16)
        return bool(start) and not kind_of_bytes(start)
    lines = first_lines(path)
    rows = [cells for line in lines[:400] if not _is_mark(line) and len(cells := _cells(line)) > 1]
    data = [line for line in lines[:400] if line.strip() and not _is_mark(line)]
    marked = sum(is_marked(cells[-1].strip()) for cells in rows)
    tagged = sum(len(cells) == len(rows[0]) and is_tag(cells[-1].strip()) for cells in rows)
    return bool(rows) and 3 * marked >= len(data) and 10 * tagged >= 9 * len(data)


def read(path: Path, shown: str) -> RawFile:
    """The sentences of one file, as they stand there.

    Raises:
        DataError: naming file and line.
    """
    raw = RawFile(path, shown)
    parser = _Parser(raw)
    for number, line in read_lines(path):
        parser.feed(number, line)
    parser.end_sentence()
    if not raw.sentences and not raw.dropped:
        raise DataError(f"{path} holds no sentence.", "Expected a word and its tag a line.")
    if not parser.has_language:
        _take_prefix(raw)
    return raw


class _Parser:
    """Lines to sentences. What is known of the file so far: its separator and number of columns."""

    def __init__(self, raw: RawFile) -> None:
        self.raw = raw
        self.tabbed = False
        self.columns = 0
        self.has_language = False
        self._clear()

    def _clear(self) -> None:
        self.start = 0
        self.problem = ""
        self.words: list[str] = []
        self.tags: list[str] = []
        self.comments: dict[str, str] = {}

    def feed(self, number: int, line: str) -> None:
        """One line of the file."""
        if not line.strip():
            self.end_sentence()
            return
        if line.startswith("-DOCSTART-"):
            self.end_sentence()
            return
        cells = line.split("\t") if self.tabbed else _cells(line)
        if line.startswith("#") and not self._is_word(line, cells):
            self._comment(line)
            return
        if not self.columns and len(cells) > 1:
            self.tabbed, self.columns = "\t" in line, len(cells)
        self._row(number, cells)

    def _is_word(self, line: str, cells: list[str]) -> bool:
        """Whether a line that begins with # is a word after all, such as a tweet's hashtag."""
        if len(cells) < 2 or (self.columns and len(cells) != self.columns):
            return False
        if "\t" not in line and _META.match(line):
            return False
        return is_marked(cells[-1].strip()) or (bool(self.columns) and is_tag(cells[-1].strip()))

    def _comment(self, line: str) -> None:
        if found := _META.match(line):
            self.comments[found[1].lower()] = found[2].strip()

    def _row(self, number: int, cells: list[str]) -> None:
        self.start = self.start or number
        if len(self.words) > MOST_WORDS:
            return
        word, tag = cells[0].strip(), cells[-1].strip() if len(cells) > 1 else ""
        if len(cells) != self.columns:
            self.problem = self.problem or RAGGED
        elif not word:
            self.problem = self.problem or EMPTY_WORD
        elif not tag:
            self.problem = self.problem or NO_TAG
        elif not is_tag(tag):
            self.problem = self.problem or NOT_A_TAG
        self.words.append(word)
        self.tags.append(tag)

    def end_sentence(self) -> None:
        """A blank line, a new document or the end of the file."""
        if self.problem:
            self.raw.drop(self.start, self.problem, " ".join(self.words), self.comments.get("lang", ""))
        elif self.words:
            language = self.comments.get("lang", "")
            self.has_language |= bool(language)
            text = self.comments.get("text", "")
            # A text that does not hold these words belongs to another tokenisation, or was edited.
            text = text if "".join(text.split()) == "".join("".join(self.words).split()) else ""
            self.raw.sentences.append(RawSentence(self.start, self.words, self.tags, text, language))
        elif self.comments and not self.start:
            # A blank line between the comments and their words does not part them.
            return
        self._clear()


def _cells(line: str) -> list[str]:
    if "\t" in line:
        return line.split("\t")
    # Other spaces, such as the no-break space, are part of a word.
    return [cell for cell in line.split(" ") if cell]


def _is_mark(line: str) -> bool:
    cells = _cells(line)
    return line.startswith("-DOCSTART-") or (
        line.startswith("#") and not (len(cells) > 1 and is_marked(cells[-1].strip()))
    )


def _take_prefix(raw: RawFile) -> None:
    """Take WikiANN's language code off every word, if every word has the same."""
    words = [word for row in raw.sentences for word in row.words]
    found = _PREFIX.match(words[0]) if len(words) > 3 else None
    if not found or not all(word.startswith(found.group()) for word in words):
        return
    raw.language = found[1]
    raw.sentences = [replace(row, words=[word[found.end() :] for word in row.words]) for row in raw.sentences]
