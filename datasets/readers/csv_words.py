"""Reads tables of comma or semicolon separated values with a word and its tag a row, such as Kaggle's and gold tables.

A sentence ends at a row of empty cells, or where the column that numbers sentences goes on; an empty cell of that
column goes on with the number above. A header tells the columns, or else what they hold.
"""

import csv
import re
from contextlib import suppress
from typing import Literal

from nerspace.datasets.errors import DataError
from nerspace.datasets.readers.columns import Doubt, find_columns
from nerspace.datasets.readers.conll import Parser
from nerspace.datasets.readers.csv_rows import raw_rows
from nerspace.datasets.readers.layout import Source
from nerspace.datasets.readers.sentences import RawFile

NAME = "CSV, a word a row"
# Conll text has no quotes about its cells.
_QUOTED_BY_TABS = re.compile(r'"[^"\t]*"(?:\t"[^"\t]*")+')
# Rows by which columns are found.
_LOOKED_AT = 1_000


def recognises(source: Source) -> bool:
    """Whether most lines have the same number of cells, and one of their columns holds tags."""
    if not (delimiter := delimiter_of(source)):
        return False
    try:
        find_columns(_sample(source, delimiter, is_quoted(source, delimiter)), dict(source.reading.columns))
    except Doubt as doubt:
        return doubt.tagged
    return True


def read(source: Source) -> RawFile:
    """The sentences of one file, as they stand there.

    Raises:
        DataError: naming file and line.
    """
    delimiter = delimiter_of(source)
    quoted = is_quoted(source, delimiter)
    reading = source.reading
    try:
        columns = find_columns(_sample(source, delimiter, quoted), dict(reading.columns), reading.layer)
    except Doubt as doubt:
        raise DataError(f"{source.path} cannot be read: {doubt}.", doubt.hint) from doubt
    parser = Parser(RawFile(source.path, source.shown), columns, reading.layer)
    for number, cells in raw_rows(source.path, delimiter, quoted):
        if any(map(str.strip, cells)):
            parser.row(number, cells)
        else:
            parser.end_sentence()
    return parser.end()


def delimiter_of(source: Source) -> str:
    """What parts the cells of a text that is a table of such values; empty for another text."""
    lines = [line for line in source.lines[:_LOOKED_AT] if line.strip()]
    if lines and all(_QUOTED_BY_TABS.fullmatch(line) for line in lines[:20]):
        return "\t"
    if not lines or 2 * sum("\t" in line for line in lines) > len(lines):
        return ""
    for delimiter in (";", ","):
        if 10 * sum(delimiter in line for line in lines) >= 9 * len(lines):
            sizes = {line.count(delimiter) for line in lines if '"' not in line}
            if len(sizes) == 1 or source.suffix == ".csv":
                return delimiter
    return ""


def is_quoted(source: Source, delimiter: str) -> bool:
    """Whether " is a quote in the first lines, and not a word or a part of one."""
    try:
        rows = list(csv.reader((line + "\n" for line in source.lines), delimiter=delimiter, strict=True))
    except csv.Error:
        return False
    return len(rows) == len(source.lines)


def _sample(source: Source, delimiter: str, quoted: bool) -> list[list[list[str]]]:
    blocks: list[list[list[str]]] = [[]]
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE
    # What cannot be a row is told by whoever reads the file.
    with suppress(csv.Error):
        for row in csv.reader(source.lines[:_LOOKED_AT], delimiter=delimiter, quoting=quoting):
            if any(map(str.strip, row)):
                blocks[-1].append(row)
            else:
                blocks.append([])
    return [block for block in blocks if block]
