"""Reads tables of gold tags: an .xlsx sheet with the columns token and label, and an empty row between sentences."""

from collections.abc import Iterator

from nerspace.datasets.errors import DataError
from nerspace.datasets.readers.layout import Source
from nerspace.datasets.readers.sentences import EMPTY_WORD, MOST_WORDS, NO_TAG, NOT_A_TAG, RawFile, RawSentence, is_tag
from nerspace.datasets.readers.xlsx import UNREADABLE, Row, Workbook

NAME = "gold table"
TOKEN = frozenset({"token", "tokens", "word", "words", "form"})
LABEL = frozenset({"label", "labels", "tag", "tags", "ner", "ner_tag", "ner_tags"})


def recognises(source: Source) -> bool:
    """Whether the file is an .xlsx workbook."""
    return source.suffix == ".xlsx" and source.head != b""


def read(source: Source) -> RawFile:
    """The sentences of the first sheet that has both columns, as they stand there. `line` is the sheet's row.

    Raises:
        DataError: naming file and row.
    """
    path = source.path
    raw = RawFile(path, source.shown, sure=True)
    workbook = Workbook(path)
    for sheet in workbook.sheets:
        rows = workbook.rows(sheet)
        if (head := next(rows, None)) and (columns := _columns(head)):
            _read_sheet(raw, rows, head.number, *columns)
            break
    else:
        raise DataError(f"{path} has no sheet with the columns token and label in its first row.")
    for other in workbook.sheets:
        if other != sheet:
            raw.drop(0, "a sheet that was not read", other)
    if not raw.sentences and not raw.dropped:
        raise DataError(f"{path}, sheet {sheet!r}: no row below the first.", "Expected a token and its label a row.")
    return raw


def _columns(head: Row) -> tuple[int, int] | None:
    names = {column: text.strip().lower() for column, text in head.cells.items()}
    token = [column for column, name in names.items() if name in TOKEN]
    label = [column for column, name in names.items() if name in LABEL]
    return (token[0], label[0]) if len(token) == len(label) == 1 else None


def _read_sheet(raw: RawFile, rows: Iterator[Row], last: int, token: int, label: int) -> None:
    sentence: list[Row] = []
    for row in rows:
        if not {token, label} & {*row.cells, *row.unreadable}:
            # A note beside the table; to the sentences it is an empty row.
            continue
        if row.number != last + 1:
            _end_sentence(raw, sentence, token, label)
            sentence = []
        last = row.number
        if len(sentence) <= MOST_WORDS:
            sentence.append(row)
    _end_sentence(raw, sentence, token, label)


def _end_sentence(raw: RawFile, rows: list[Row], token: int, label: int) -> None:
    if not rows:
        return
    words = [row.cells.get(token, "").strip() for row in rows]
    tags = [row.cells.get(label, "").strip() for row in rows]
    if any({token, label} & {*row.unreadable} for row in rows):
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
