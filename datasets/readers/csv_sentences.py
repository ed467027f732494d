"""Reads tables with a sentence a row: a column of words and one of tags, parted by spaces or written as a list.

This is what `nerspace data export` writes as CSV; ids of contexts and entities, language and split come back too.
"""

import ast
import json
from typing import Any

from nerspace.datasets.errors import DataError
from nerspace.datasets.readers.csv_rows import raw_rows
from nerspace.datasets.readers.csv_words import delimiter_of
from nerspace.datasets.readers.layout import Source
from nerspace.datasets.readers.records.form import Refused
from nerspace.datasets.readers.records.words import check_words
from nerspace.datasets.readers.sentences import ALIGNMENT, ENTITY_ID, RawFile, RawSentence
from nerspace.datasets.readers.tag_names import names_beside

NAME = "CSV, a sentence a row"
WORDS = ("words", "tokens", "sentence", "text")
TAGS = ("tags", "ner_tags", "labels", "tag", "word_labels", "ner")


def recognises(source: Source) -> bool:
    """Whether the header names words and tags, and the first row has several of both."""
    delimiter = delimiter_of(source) or ("\t" if "\t" in source.first else "")
    if not delimiter:
        return False
    try:
        rows = raw_rows(source.path, delimiter)
        columns = _columns(next(rows, (0, []))[1])
        row = next((cells for _, cells in rows if any(cells)), [])
    except DataError:
        return False
    if not columns or max(columns) >= len(row):
        return False
    words, tags = (_parts(row[place]) for place in columns)
    return len(words) == len(tags) > 1 or row[columns[1]].strip().startswith("[")


def read(source: Source) -> RawFile:
    """The sentences of one file, as they stand there.

    Raises:
        DataError: naming file and line.
    """
    raw = RawFile(source.path, source.shown, sure=True)
    rows = raw_rows(source.path, delimiter_of(source) or "\t")
    header = next(rows, (0, []))[1]
    places = {name.strip().lower(): place for place, name in enumerate(header)}
    columns = _columns(header)
    if columns is None:
        raise DataError(f"{source.path} has no columns of words and tags.", "Expected a header such as words,tags.")
    words, tags = columns
    raw.columns = (
        f"words: column {words + 1} ({header[words]}), tags: column {tags + 1} ({header[tags]}) of {len(header)}"
    )
    for number, cells in rows:
        if not any(map(str.strip, cells)):
            continue
        if len(cells) != len(header):
            raw.drop(number, "a row of another number of columns", " ".join(cells))
            continue
        try:
            found = check_words(
                _parts(cells[words]), _parts(cells[tags]), None,
                lambda: source.reading.tag_names or names_beside(source.path, source.root),
            )  # fmt: skip
        except Refused as reason:
            raw.drop(number, str(reason), cells[words])
            continue
        text, language, split = (
            cells[places[name]].strip() if name in places else "" for name in ("text", "language", "split")
        )
        ids = [
            next((cells[places[name]].strip() for name in names if name in places), "")
            for names in (ALIGNMENT, ENTITY_ID)
        ]
        text = (
            text if places.get("text") != words and "".join(text.split()) == "".join("".join(found[0]).split()) else ""
        )
        raw.sentences.append(RawSentence(number, *found, text, language, split, *ids))
    return raw


def _columns(header: list[str]) -> tuple[int, int] | None:
    names = [name.strip().lower() for name in header]
    words = next((names.index(name) for name in WORDS if name in names), -1)
    tags = next((names.index(name) for name in TAGS if name in names), -1)
    return None if min(words, tags) < 0 else (words, tags)


def _parts(cell: str) -> list[Any]:
    """The parts of a cell: a list of JSON or Python, or what spaces part."""
    text = cell.strip()
    if text.startswith("[") and text.endswith("]"):
        for parse in (json.loads, ast.literal_eval):
            try:
                value = parse(text)
            except (ValueError, SyntaxError, RecursionError, MemoryError):
                continue
            if isinstance(value, list):
                return value
    return [part for part in text.split(" ") if part]
