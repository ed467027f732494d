"""Reads CoNLL-U and CoNLL-U Plus whose names stand in a column of their own, or in MISC as `NER=B-PER`.

Lines of several words (`1-2`) and of words that are not there (`8.1`) have no tag and are passed over.
"""

import re

from nerspace.datasets.readers import conll
from nerspace.datasets.readers.columns import Columns
from nerspace.datasets.readers.layout import Source
from nerspace.datasets.readers.sentences import RawFile

NAME = "CoNLL-U"
COLUMNS = ("ID", "FORM", "LEMMA", "UPOS", "XPOS", "FEATS", "HEAD", "DEPREL", "DEPS", "MISC")

_ID = re.compile(r"\d+(?:[-.]\d+)?")
_IN_MISC = re.compile(r"(?:^|\|)(?:NER|NE|BIO|NamedEntity|NER_TAG)=([^|]+)", re.IGNORECASE)


def recognises(source: Source) -> bool:
    """Whether the first rows have CoNLL-U's ten columns, or more, or the file names its columns itself."""
    if not source.is_text:
        return False
    if "FORM" in conll.global_columns(source.lines):
        return True
    rows = [row for block in source.rows[:20] for row in block]
    return bool(rows) and all(len(row) >= len(COLUMNS) and _ID.fullmatch(row[0]) for row in rows)


def read(source: Source) -> RawFile:
    """The sentences of one file, as they stand there.

    Raises:
        DataError: naming file and line.
    """
    raw = RawFile(source.path, source.shown)
    names = conll.global_columns(source.lines)
    rows = [row for block in source.rows for row in block]
    if not names:
        names = [*COLUMNS, *[""] * (len(rows[0]) - len(COLUMNS))]
    misc = names.index("MISC") if "MISC" in names else -1
    in_misc = misc >= 0 and any(len(row) > misc and _IN_MISC.search(row[misc]) for row in rows)
    tabbed, layer = source.is_tabbed, source.reading.layer
    if not in_misc or "tag" in dict(source.reading.columns):
        return conll.parse(source, conll.Parser(raw, conll.columns_of(source, names), layer, tabbed))
    word = names.index("FORM")
    raw.columns = f"words: column {word + 1} (FORM), tags: NER= in column {misc + 1} (MISC) of {len(names)}"
    index = names.index("ID") if "ID" in names else -1
    columns = Columns(len(names), word, misc, (misc,), index=index, names=tuple(names))
    return conll.parse(source, conll.Parser(raw, columns, layer, tabbed, lambda row: _tag_in(row[misc])))


def _tag_in(cell: str) -> str:
    """The tag in a cell of MISC, O where it says other things, nothing where it is no such cell."""
    if found := _IN_MISC.search(cell):
        return found[1]
    return "O" if cell.strip() == "_" or all("=" in part for part in cell.split("|")) else ""
