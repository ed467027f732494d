"""Reads brat's standoff: an .ann file of spans beside the .txt that they point into.

Every line of the text is a sentence, or several where a span crosses their border. Relations, events, attributes and
notes are passed over; a span in several parts is left out and told.
"""

import re
from itertools import pairwise
from pathlib import Path

from nerspace.datasets.errors import DataError
from nerspace.datasets.lines import read_lines, read_whole
from nerspace.datasets.readers.layout import Source
from nerspace.datasets.readers.records import spans
from nerspace.datasets.readers.records.form import Refused
from nerspace.datasets.readers.sentences import RawFile, RawSentence

NAME = "brat"
LARGEST = 50_000_000
PARTS = "a span in several parts"
PASSED_OVER = "relations, events and notes, not read"

_SPAN = re.compile(r"T\d+\t(\S+) (\d{1,18}) (\d{1,18})(?:\t(.*))?")
_PARTS = re.compile(r"T\d+\t\S+ \d+ \d+(?:;\d+ \d+)+(?:\t.*)?")
_OTHER = re.compile(r"[REAMN*#]\d*\t")


def recognises(source: Source) -> bool:
    """Whether this is an .ann file."""
    return source.suffix == ".ann"


def read(source: Source) -> RawFile:
    """The sentences of the text beside the file; `line` is the text's.

    Raises:
        DataError: naming file and line; also where there is no text.
    """
    path = source.path.with_suffix(".txt")
    if not path.is_file():
        raise DataError(f"{source.path} has no text beside it.", f"Expected {path.name} in the same folder.")
    raw = RawFile(source.path, source.shown, sure=True)
    raw.beside.append(path)
    raw.columns = f"spans of {path.name}"
    text = _text(path)
    found = _spans(source.path, raw, text)
    borders = _sentences(text, found)
    for line, start, end in borders:
        inside = [[a - start, b - start, label] for a, b, label in found if start <= a and b <= end]
        part = text[start:end]
        try:
            words, tags = spans.from_spans(part, inside, lambda reason, at=line, said=part: raw.drop(at, reason, said))  # type: ignore[misc]
        except Refused as reason:
            raw.drop(line, str(reason), part)
            continue
        raw.sentences.append(RawSentence(line, words, tags, part))
    return raw


def _text(path: Path) -> str:
    try:
        return read_whole(path, LARGEST).decode()
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: no UTF-8 at byte {error.start + 1}.", "Save the file as UTF-8.") from error


def _spans(path: Path, raw: RawFile, text: str) -> list[tuple[int, int, str]]:
    """The spans that point at what they say.

    Raises:
        DataError: naming the first line that is none of brat's.
    """
    found = []
    for number, line in read_lines(path):
        if not line.strip():
            continue
        if _OTHER.match(line):
            raw.notes[PASSED_OVER] += 1
        elif _PARTS.fullmatch(line):
            raw.drop(0, PARTS, line)
        elif (match := _SPAN.fullmatch(line)) is None:
            raise DataError(
                f"{path}, line {number}: {line[:60]!r} is no line of brat's.", "Expected T1<tab>PER 0 4<tab>Rita."
            )
        else:
            start, end, said = int(match[2]), int(match[3]), match[4]
            if not 0 <= start < end <= len(text):
                raise DataError(
                    f"{path}, line {number}: the span {start} {end} lies outside the text.",
                    f"It has {len(text)} characters.",
                )
            if said is not None and "".join(said.split()) != "".join(text[start:end].split()):
                raise DataError(
                    f"{path}, line {number}: at {start} {end} stands {text[start:end][:40]!r}, not {said[:40]!r}.",
                    "Are the positions of another version of the text, or counted in bytes?",
                )
            found.append((start, end, match[1]))
    return found


def _sentences(text: str, found: list[tuple[int, int, str]]) -> list[tuple[int, int, int]]:
    """Number of the first line, start and end of every sentence: a line that holds something, or more for a span."""
    starts = [0, *(match.end() for match in re.finditer(r"\r\n|\r|\n", text)), len(text)]
    crossed = {place for place in starts for start, end, _ in found if start < place < end}
    kept = [
        (number, place) for number, place in enumerate(starts, start=1) if place not in crossed or place == len(text)
    ]
    lines = [(number, start, end) for (number, start), (_, end) in pairwise(kept)]
    return [(number, start, end) for number, start, end in lines if text[start:end].strip()]
