"""Rows of a CSV file with one column per language, each with the line that it begins on."""

import csv
import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from nerspace.datasets.errors import DataError
from nerspace.datasets.languages import LANGUAGES, find_language
from nerspace.datasets.lines import first_lines, read_lines

# Characters of one row, its quoted line ends included: a quote that nobody closes must not swallow the file. A single
# cell is bounded by csv.field_size_limit, which belongs to the whole process and is left as it is (131,072 by default).
LONGEST_ROW = 1_000_000

# Columns that others use for something else than a language of that code or name.
_NO_LANGUAGES = frozenset(
    ("id", "no", "nr", "is", "as", "type", "case", "gender", "kind", "name", "names", "form", "label", "text", "word",
     "tag", "index", "pos", "ner", "idx", "num", "ref", "sum", "set", "sid", "doc", "cat", "url", "lem", "source",
     "note", "notes", "fits", "tense", "alike", "count", "freq")
)  # fmt: skip
_WHAT = "(?:names?|labels?|forms?|text|title)"
_AFFIX = re.compile(rf"^{_WHAT}[_ :.-]+|[_ :.-]+{_WHAT}$", re.IGNORECASE)

# What pandas and others write for nothing. "Nan" is a province of Thailand, "None" would be a name nowhere.
_NOTHING = frozenset(("", "nan", "NaN", "NAN", "None", "null", "NULL", "<NA>", "#N/A"))
# Zero-width space, word joiner and byte order mark: left behind by machine translation, and no part of any word.
_INVISIBLE = ("\u200b", "\u2060", "\ufeff")


@dataclass(frozen=True, slots=True)
class Rows:
    """A file's rows.

    languages: the columns that are languages, in the file's order. others: names of columns that nothing here knows.
    rows: (line, column → tidy cell); an empty cell is "". blank: lines without any cell.
    """

    languages: tuple[str, ...]
    others: tuple[str, ...]
    rows: tuple[tuple[int, dict[str, str]], ...]
    blank: tuple[int, ...]


def read_rows(path: Path, needed: tuple[str, ...] = ()) -> Rows:
    """The rows of a file whose first line names the languages; a column without a name is an index and is left out.

    Cells come in Unicode's NFC form, with single spaces and without invisible signs.

    Args:
        path: the file.
        needed: other columns that must be there.

    Raises:
        DataError: naming file, line and what was expected.
    """
    lines = raw_rows(path, delimiter_in(path))
    header = [tidy(cell) for cell in next(lines, (0, []))[1]]
    if not header:
        raise DataError(f"{path} is empty.", "Expected a first line that names the languages, as be,bg,en.")
    spoken = language_columns(header, needed)
    if not spoken:
        raise no_language(path, header)
    if missing := [name for name in needed if name not in header]:
        raise DataError(f"{path}, line 1: the column {', '.join(missing)} is missing.", f"It has {', '.join(header)}.")
    names = [spoken.get(place, name) for place, name in enumerate(header)]
    wanted = [(place, name) for place, name in enumerate(names) if place in spoken or name in needed]
    if len({name for _, name in wanted}) < len(wanted):
        raise DataError(f"{path}, line 1: a column is named twice.", f"It has {', '.join(header)}.")
    found, blank = [], []
    for line, cells in lines:
        if not cells:
            blank.append(line)
        elif len(cells) != len(header):
            raise DataError(f"{path}, line {line}: {len(cells)} cells.", f"Expected {len(header)}: {','.join(header)}.")
        else:
            found.append((line, {name: tidy(cells[place]) for place, name in wanted}))
    if not found:
        raise DataError(f"{path} has no row below its first line.", "Expected one row for each context or name.")
    kept = {place for place, _ in wanted}
    others = (
        name for place, name in enumerate(header) if place not in kept and name and not name.startswith("Unnamed:")
    )
    return Rows(tuple(spoken.values()), tuple(others), tuple(found), tuple(blank))


def language_columns(header: Sequence[str], others: Collection[str] = ()) -> dict[int, str]:
    """Place of a column → code of the language that its name states: be, BY, Ukrainian, eng, name_en.

    Args:
        header: names of columns.
        others: names that are no language here, such as id, which is Indonesian elsewhere.
    """
    found = {}
    for place, name in enumerate(header):
        plain = name.strip()
        if not plain or plain.lower() in others or plain.lower() in _NO_LANGUAGES:
            continue
        if code := find_language(plain) or find_language(_AFFIX.sub("", plain) if _AFFIX.search(plain) else ""):
            found[place] = code
    return found


def no_language(path: Path, header: Sequence[str]) -> DataError:
    """The error for a table of which no column is a language."""
    return DataError(
        f"{path}, line 1: no column is a language; it has {', '.join(header)}.",
        f"Expected codes or English names, as {', '.join([*LANGUAGES][:5])}, de, Hindi.",
    )


def delimiter_in(path: Path) -> str:
    """What parts the cells of a table's first line: a comma, semicolon or tab."""
    first = next((line for line in first_lines(path) if line.strip() and not line.startswith("#")), "")
    unquoted = re.sub(r'"[^"]*"', "", first)
    return max(",;\t", key=unquoted.count)


def tidy(cell: str) -> str:
    """A cell in NFC, with single spaces, without invisible signs; empty for what stands for nothing."""
    for sign in _INVISIBLE:
        cell = cell.replace(sign, "")
    text = " ".join(unicodedata.normalize("NFC", cell).split())
    return "" if text in _NOTHING else text


def raw_rows(path: Path, delimiter: str = ",", quoted: bool = True) -> Iterator[tuple[int, list[str]]]:
    """Every row with the line that it begins on; a line without cells is an empty row.

    Args:
        path: the file.
        delimiter: what parts the cells.
        quoted: whether cells may stand in ", with the delimiter and ends of lines inside.

    Raises:
        DataError: naming file, line and what was expected.
    """
    start = last = size = 0

    def lines() -> Iterator[str]:
        nonlocal last, size
        for number, line in read_lines(path):
            last = number
            size += len(line)
            if size > LONGEST_ROW:
                raise DataError(
                    f"{path}, line {start}: a row of more than {LONGEST_ROW:,} characters.", 'Is a " not closed?'
                )
            yield line + "\n"

    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE
    reader = csv.reader(lines(), strict=True, delimiter=delimiter, quoting=quoting)
    while True:
        start, size = last + 1, 0
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise DataError(
                f"{path}, line {start}: {error}.", 'Expected cells parted by commas, in " where they hold one.'
            ) from error
        yield start, row
