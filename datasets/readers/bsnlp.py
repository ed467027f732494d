"""Reads the shared tasks of BSNLP (their corpus is also called SlavNER): raw documents, and lists of names beside them.

A list (.out) begins with the document's id and goes on with name, base form, type and entity, parted by tabs. It has no
positions: every place where the name stands in the document as a whole word counts, the longest name first. The
document's lines, without the four of its head, are the sentences; its second line is the language.
"""

import re
from pathlib import Path

from nerspace.datasets.errors import DataError
from nerspace.datasets.languages import data_code
from nerspace.datasets.lines import read_lines
from nerspace.datasets.readers.layout import Source
from nerspace.datasets.readers.records import spans
from nerspace.datasets.readers.records.form import Refused
from nerspace.datasets.readers.sentences import RawFile, RawSentence, is_tag

NAME = "BSNLP"
NOT_THERE = "a name that its document does not hold"
# Id, language, date and address of a document.
_HEAD = 4


def recognises(source: Source) -> bool:
    """Whether this is a list of names: an id, then rows of three or four cells with a type in the third."""
    if source.suffix != ".out" or not source.is_text:
        return False
    rows = [line.split("\t") for line in source.lines[:50] if line.strip()]
    return bool(rows) and len(rows[0]) == 1 and all(len(row) in (3, 4) and row[2].strip().isalpha() for row in rows[1:])


def read(source: Source) -> RawFile:
    """The sentences of the document that a list belongs to; `line` is the document's.

    Raises:
        DataError: naming file and line; also where there is no document.
    """
    document = _document(source.path)
    raw = RawFile(source.path, source.shown, sure=True)
    raw.beside.append(document)
    names = _names(source.path)
    lines = list(read_lines(document))
    if len(lines) <= _HEAD:
        raise DataError(f"{document} has no text.", "Expected id, language, date, address and the text, a line each.")
    raw.language = data_code(lines[1][1])
    raw.columns = "one document, its lines as sentences"
    unseen = set(names)
    for number, line in lines[_HEAD:]:
        if not line.strip():
            continue
        found = _found(line, names)
        unseen -= {line[start:end] for start, end, _ in found} | {
            name for name in unseen if " ".join(name.split()) in " ".join(line.split())
        }
        try:
            words, tags = spans.from_spans(line, [list(span) for span in found], lambda _: None)
        except Refused as reason:
            raw.drop(number, str(reason), line)
            continue
        raw.sentences.append(RawSentence(number, words, tags, line))
    for name in sorted(unseen):
        raw.drop(0, NOT_THERE, name)
    return raw


def _document(path: Path) -> Path:
    """The document of a list: of the same name, in its folder or where "raw" stands for "annotated"."""
    parts = path.parts
    places = [
        Path(*parts[:i], "raw", *parts[i + 1 :])
        for i in reversed(range(len(parts)))
        if parts[i].startswith("annotated")
    ]
    for place in (*places, path):
        for file in (place.with_suffix(".txt"), place.with_suffix("")):
            if file != path and file.is_file():
                return file
    raise DataError(
        f"{path} is a list of names without its document.",
        f"Expected {path.with_suffix('.txt').name} beside it, or in raw/ where it is in annotated/.",
    )


def _names(path: Path) -> dict[str, str]:
    """Name → type.

    Raises:
        DataError: a row is none, or a name is of two types.
    """
    names: dict[str, str] = {}
    for number, line in read_lines(path):
        if number == 1 or not line.strip():
            continue
        cells = [cell.strip() for cell in line.split("\t")]
        if len(cells) not in (3, 4) or not cells[0] or not is_tag(f"B-{cells[2]}"):
            raise DataError(
                f"{path}, line {number}: {line[:60]!r} is no name.", "Expected name, base form, type, entity."
            )
        if names.setdefault(cells[0], cells[2]) != cells[2]:
            raise DataError(f"{path}, line {number}: {cells[0]!r} is of two types.", "Take one of them out.")
    return names


def _found(line: str, names: dict[str, str]) -> list[tuple[int, int, str]]:
    """Where names stand in a line as whole words; of those that overlap the longest."""
    found: list[tuple[int, int, str]] = []
    for name in sorted(names, key=lambda name: (-len(name), name)):
        pattern = r"(?<!\w)" + r"\s+".join(map(re.escape, name.split())) + r"(?!\w)"
        for match in re.finditer(pattern, line):
            if all(match.end() <= start or end <= match.start() for start, end, _ in found):
                found.append((match.start(), match.end(), names[name]))
    return found
