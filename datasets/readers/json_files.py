"""Reads JSON: an object a line, or one array or object of records, each of a form that is known (see `records`)."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from nerspace.datasets.errors import DataError
from nerspace.datasets.lines import read_lines, read_whole
from nerspace.datasets.readers.layout import Source
from nerspace.datasets.readers.records import gliner, label_studio, prodigy, spacy_docs, spans, words
from nerspace.datasets.readers.records.form import Form, Place, Refused
from nerspace.datasets.readers.sentences import RawFile
from nerspace.datasets.readers.tag_names import FILES, class_names, listed, names_beside

NAME = "JSON"
# The first form that recognises a record reads it.
FORMS: tuple[Form, ...] = (label_studio, prodigy, spacy_docs, gliner, words, spans)
# Bytes of a file that is one array or object.
LARGEST = 500_000_000
# Keys under which an object holds its records.
_HOLDERS = ("rows", "data", "annotations", "examples", "documents", "sentences", "items", "train")
# Of a file that is no JSON lines by name, one stands in its first bytes.
_MARKS = (
    b"tokens", b"words", b"tokenized_text", b"text", b"data", b"entities", b"spans", b"paragraphs", b"sentence",
    b"content",
)  # fmt: skip

NOT_JSON = "not JSON"
NO_KEYS = "neither words with tags nor text with spans"
EXPECTED = "Expected a JSON object a line, or an array of them."


def recognises(source: Source) -> bool:
    """Whether the first line that is not blank begins an object or array with something that a form knows."""
    if source.suffix in (".jsonl", ".ndjson"):
        return source.is_text
    # What lies beside data, as its features or a configuration, is no data.
    if source.path.name in FILES or not any(mark in source.head for mark in _MARKS):
        return False
    if source.suffix == ".json":
        return source.is_text
    first = source.first
    return (first.startswith("{") and first.endswith("}")) or _is_array(source)


def read(source: Source) -> RawFile:
    """The sentences of one file, as they stand there.

    Raises:
        DataError: naming file and line.
    """
    raw = RawFile(source.path, source.shown, sure=True)
    found: Counter[str] = Counter()
    stated: list[str] = list(source.reading.tag_names)

    @cache
    def tag_names() -> tuple[str, ...]:
        names = tuple(stated) or names_beside(source.path, source.root)
        if names:
            raw.notes[f"tags that are numbers, read as {listed(names)}"] += 0
        return names

    for number, record in _records(source, raw, stated):
        place = Place(raw, number, tag_names)
        if isinstance(record, str):
            place.drop(NOT_JSON, record)
            continue
        try:
            form = _form_of(record)
            raw.sentences += form.read(record, place)
            found[form.NAME] += 1
        except Refused as reason:
            place.drop(str(reason), json.dumps(record, ensure_ascii=False))
        except RecursionError:
            place.drop(NOT_JSON, "")
    if not raw.sentences and not raw.dropped:
        raise DataError(f"{source.path} holds no sentence.", EXPECTED)
    raw.columns = ", ".join(found) + raw.columns
    return raw


def _form_of(record: Any) -> Form:
    form = next((form for form in FORMS if form.recognises(record)), None)
    if form is None:
        raise Refused(NO_KEYS if isinstance(record, dict) else "not a JSON object")
    return form


def _is_array(source: Source) -> bool:
    """Whether the file is one array or object over several lines."""
    first = source.first
    if first[:1] not in ("[", "{"):
        return False
    if first in ("[", "{", "[{", "[["):
        return True
    if not first.startswith("["):
        return False
    # An array of one line; or lines of arrays, or text in brackets.
    start = first[1:].lstrip()[:1]
    return start in ("{", "[", '"', "]")


def _records(source: Source, raw: RawFile, tag_names: list[str]) -> Iterator[tuple[int, Any]]:
    """Numbers and records; a line that is no JSON is given as the text that it is."""
    if not _by_line(source):
        raw.unit = "record"
        yield from enumerate(_whole(source, tag_names), start=1)
        return
    for number, line in read_lines(source.path):
        if line.strip():
            try:
                record = json.loads(line, parse_constant=_refuse_constant)
            except (ValueError, RecursionError):
                record = line
            yield number, line if isinstance(record, str) else record


def _by_line(source: Source) -> bool:
    """Whether every line is a record of its own."""
    lines = [line for line in source.lines if line.strip()]
    start = source.head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if source.suffix in (".jsonl", ".ndjson"):
        if start != b"[" or b"{" not in source.head:
            return True
        return bool(lines) and _parses(lines[0]) and (len(lines) > 1 or _is_record(json.loads(lines[0])))
    if len(lines) > 1:
        return _parses(lines[1]) and lines[1].lstrip()[:1] in ("{", "[")
    return bool(lines) and start == b"{" and _parses(lines[0]) and _is_record(json.loads(lines[0]))


def _parses(line: str) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _whole(source: Source, tag_names: list[str]) -> Iterator[Any]:
    """The records of a file that is one value.

    Raises:
        DataError: naming the line of what is wrong.
    """
    path = source.path
    try:
        text = read_whole(path, LARGEST).decode("utf-8-sig")
        value = json.loads(text, parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise DataError(f"{path}, line {line}: no UTF-8.", "Save the file as UTF-8.") from error
    except json.JSONDecodeError as error:
        raise DataError(f"{path}, line {error.lineno}: no JSON: {error.msg}.", EXPECTED) from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path} is no JSON that is read here: {str(error).splitlines()[0]}.", EXPECTED) from error
    yield from _unwrapped(value, tag_names)


def _unwrapped(value: Any, tag_names: list[str]) -> Iterator[Any]:
    """The records in an array, in an object that holds them, or in columns."""
    if isinstance(value, dict) and _in_columns(value):
        value = [dict(zip(value, row, strict=True)) for row in zip(*value.values(), strict=True)]
    elif isinstance(value, dict) and not _is_record(value):
        held = next((value[key] for key in _HOLDERS if isinstance(value.get(key), list)), [value])
        tag_names += [] if tag_names else class_names(value.get("features"))
        value = held
    for record in [value] if not isinstance(value, list) or _is_record(value) else value:
        inner = record.get("row") if isinstance(record, dict) else None
        # A text stands for a line that is none.
        yield inner if isinstance(inner, dict) else [record] if isinstance(record, str) else record


def _is_record(value: Any) -> bool:
    return any(form.recognises(value) for form in FORMS)


def _in_columns(value: Mapping[str, Any]) -> bool:
    """Whether an object has a list for all sentences under each key, of words and tags among them."""
    columns = list(value.values())
    lists = bool(columns) and all(isinstance(cells, list) for cells in columns)
    return lists and len(set(map(len, columns))) == 1 and any(isinstance(cell, list) for cell in columns[0])


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
