"""Reads tables of gold tags: an .xlsx sheet with the columns token and label, and an empty row between sentences.

Where a column numbers the sentences, as `Sentence #`, they end where it goes on; its empty cells go on with the number
above.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from nerspace.datasets.errors import DataError
from nerspace.datasets.readers.columns import names_sentences, names_tags, names_words
from nerspace.datasets.readers.layout import Source
from nerspace.datasets.readers.sentences import EMPTY_WORD, MOST_WORDS, NO_TAG, NOT_A_TAG, RawFile, RawSentence, is_tag
from nerspace.datasets.readers.xlsx import UNREADABLE, Row, Workbook

NAME = "gold table"


def recognises(source: Source) -> bool:
    """Whether the file is an .xlsx workbook."""
    return source.suffix == ".xlsx" and source.head != b""


def read(source: Source) -> RawFile:
    """The sentences of the first sheet that has both columns, as they stand there. `line` is the sheet's row.

    Raises:
        DataError: naming file and row.
    """
    path = source.path
    raw = RawFile(path, source.shown, sure=True, unit="row")
    workbook = Workbook(path)
    for sheet in workbook.sheets:
        rows = workbook.rows(sheet)
        if (head := next(rows, None)) and (columns := _columns(head, dict(source.reading.columns))):
            raw.columns = columns.told(head)
            _read_sheet(raw, rows, head.number, columns)
            break
    else:
        raise DataError(f"{path} has no sheet with the columns token and label in its first row.")
    for other in workbook.sheets:
        if other != sheet:
            raw.drop(0, "a sheet that was not read", other)
    if not raw.sentences and not raw.dropped:
        raise DataError(f"{path}, sheet {sheet!r}: no row below the first.", "Expected a token and its label a row.")
    return raw


@dataclass(frozen=True, slots=True)
class _Columns:
    """Columns of a sheet, from 1. sentence: 0 for none."""

    token: int
    label: int
    sentence: int

    def told(self, head: Row) -> str:
        """As the user reads it."""
        roles = {"words": self.token, "tags": self.label, "sentences": self.sentence}
        return ", ".join(
            f"{role}: column {place} ({head.cells[place].strip()})" for role, place in roles.items() if place
        )


def _columns(head: Row, wanted: Mapping[str, str]) -> _Columns | None:
    """The columns that a header names, if each can be only one."""
    names = {place: text.strip() for place, text in head.cells.items()}
    found = {}
    for role, fits in (("word", names_words), ("tag", names_tags), ("sentence", names_sentences)):
        if role in wanted:
            places = [p for p, name in names.items() if wanted[role] in (str(p), name)]
        else:
            places = [place for place, name in names.items() if fits(name)]
        if len(places) != 1 and (role != "sentence" or len(places) > 1):
            return None
        found[role] = places[0] if places else 0
    return _Columns(found["word"], found["tag"], found["sentence"])


def _read_sheet(raw: RawFile, rows: Iterator[Row], last: int, columns: _Columns) -> None:
    sentence: list[Row] = []
    numbered = ""
    for row in rows:
        if not {columns.token, columns.label} & {*row.cells, *row.unreadable}:
            # A note beside the table; to the sentences it is an empty row.
            continue
        number = row.cells.get(columns.sentence, "").strip()
        if row.number != last + 1 or (number and number != numbered):
            _end_sentence(raw, sentence, columns)
            sentence = []
        last, numbered = row.number, number or numbered
        if len(sentence) <= MOST_WORDS:
            sentence.append(row)
    _end_sentence(raw, sentence, columns)


def _end_sentence(raw: RawFile, rows: list[Row], columns: _Columns) -> None:
    if not rows:
        return
    words = [row.cells.get(columns.token, "").strip() for row in rows]
    tags = [row.cells.get(columns.label, "").strip() for row in rows]
    if any({columns.token, columns.label} & {*row.unreadable} for row in rows):
        problem = UNREADABLE
    elif not all(words):
        problem = EMPTY_WORD
    elif not all(tags):
        problem = NO_TAG
    elif not all(map(is_tag, tags)):
        problem = NOT_A_TAG
    else:
        raw.sentences.append(RawSentence(rows[0].number, words, tags))
        return
    raw.drop(rows[0].number, problem, " ".join(words))
