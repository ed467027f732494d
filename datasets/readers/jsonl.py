"""Reads JSON lines: one object a sentence, either words with tags, or a text with spans of characters.

Words and tags: {"words" or "tokens": [...], "tags", "ner_tags" or "labels": [...]}; tags that are numbers stand for the
names in "tag_names" of the same line. Text and spans: {"text": "...", "spans", "entities", "labels" or "label":
[[start, end, label], ...]} or objects with these keys; positions count characters from 0, the end is not inside. Where
both stand, words and tags are taken. "lang" or "language" and "split" are optional.
"""

import json
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from nerspace.datasets.errors import DataError
from nerspace.datasets.filling import split_words
from nerspace.datasets.lines import read_lines
from nerspace.datasets.readers.layout import Source
from nerspace.datasets.readers.sentences import EMPTY_WORD, NO_TAG, NOT_A_TAG, RawFile, RawSentence, is_tag

NAME = "JSON lines"
WORDS = ("words", "tokens")
TAGS = ("tags", "ner_tags", "labels")
SPANS = ("spans", "entities", "labels", "label")
LANGUAGE = ("language", "lang")

NOT_JSON = "not JSON"
NO_KEYS = "neither words with tags nor text with spans"
UNEQUAL = "not as many tags as words"
NUMBERS = "tags that are numbers, without tag_names"
OUTSIDE = "a span that lies outside its text"
MALFORMED = "a span that is not start, end, label"
CUTS = "a span that cuts a word"
OVERLAPS = "a span that overlaps a longer one"


class _Refused(ValueError):
    """A line that is no sentence; the message is a phrase that can be counted."""


def recognises(source: Source) -> bool:
    """Whether the first line that is not blank is a JSON object."""
    if source.suffix in (".jsonl", ".ndjson"):
        return source.is_text
    return source.first.startswith("{") and source.first.endswith("}")


def read(source: Source) -> RawFile:
    """The sentences of one file, as they stand there.

    Raises:
        DataError: naming file and line.
    """
    path, shown = source.path, source.shown
    raw = RawFile(path, shown, sure=True)
    for number, line in read_lines(path):
        if not line.strip():
            continue
        try:
            raw.sentences.append(_sentence(number, line, raw))
        except _Refused as reason:
            raw.drop(number, str(reason), line)
    if not raw.sentences and not raw.dropped:
        raise DataError(f"{path} holds no sentence.", "Expected a JSON object a line.")
    return raw


def _sentence(number: int, line: str, raw: RawFile) -> RawSentence:
    try:
        record = json.loads(line, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise _Refused(NOT_JSON) from error
    if not isinstance(record, dict):
        raise _Refused("not a JSON object")
    text = record.get("text", "")
    language, split = _text_of(record, LANGUAGE), _text_of(record, ("split",))
    if not isinstance(text, str):
        raise _Refused("a text that is no text")
    pair = _words_and_tags(record)
    if pair is None:
        spans = _first(record, SPANS)
        if not text.strip() or spans is None:
            raise _Refused(NO_KEYS)
        words, tags = _from_spans(text, spans, lambda reason: raw.drop(number, reason, text, language))
    else:
        words, tags = pair
        # A text that does not hold these words belongs to another tokenisation.
        text = text if "".join(text.split()) == "".join("".join(words).split()) else ""
    return RawSentence(number, words, tags, text, language, split)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _first(record: Mapping[str, Any], keys: Sequence[str]) -> list[Any] | None:
    return next((value for key in keys if isinstance(value := record.get(key), list)), None)


def _text_of(record: Mapping[str, Any], keys: Sequence[str]) -> str:
    for key in keys:
        value = record.get(key)
        if isinstance(value, str) and value.strip().isprintable():
            return value.strip()
    return ""


def _words_and_tags(record: Mapping[str, Any]) -> tuple[list[str], list[str]] | None:
    words = _first(record, WORDS)
    # Spans may be called labels too, and tokens may be objects with positions of their own.
    tags = next(
        (value for key in TAGS if isinstance(value := record.get(key), list) and value
         and not any(isinstance(tag, list | dict) for tag in value)),
        None,
    )  # fmt: skip
    if words is None or tags is None or any(isinstance(word, dict) for word in words):
        return None
    return check_words(words, tags, record.get("tag_names"))


def check_words(words: Sequence[Any], tags: Sequence[Any], names: Any = None) -> tuple[list[str], list[str]]:
    """Words and tags as texts.

    Args:
        words: of one sentence, as they stand in the file.
        tags: one for each word, texts or numbers.
        names: what tags that are numbers stand for.

    Raises:
        ValueError: with a phrase that says why not.
    """
    if len(words) != len(tags):
        raise _Refused(UNEQUAL)
    if not words or not all(isinstance(word, str) and word.strip() for word in words):
        raise _Refused(EMPTY_WORD)
    if any(isinstance(tag, int) for tag in tags):
        tags = [_name_of(tag, names) for tag in tags]
    if not all(isinstance(tag, str) for tag in tags):
        raise _Refused(NO_TAG)
    if not all(map(is_tag, tags)):
        raise _Refused(NOT_A_TAG)
    return list(words), list(tags)


def _name_of(tag: Any, names: Any) -> str:
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise _Refused(NUMBERS)
    if isinstance(tag, bool) or not isinstance(tag, int) or not 0 <= tag < len(names):
        raise _Refused(NOT_A_TAG)
    return str(names[tag])


def _from_spans(text: str, spans: Sequence[Any], drop: Callable[[str], None]) -> tuple[list[str], list[str]]:
    """Words and tags of a text with spans. Of spans that overlap the longest stays, for a word has one tag."""
    found = {_span(span, text) for span in spans}
    chosen: list[tuple[int, int, str]] = []
    for span in sorted(found, key=lambda span: (span[0] - span[1], span)):
        place = bisect_left(chosen, span)
        if (place and chosen[place - 1][1] > span[0]) or (place < len(chosen) and chosen[place][0] < span[1]):
            drop(OVERLAPS)
        else:
            chosen.insert(place, span)
    words = _words_between(text, [position for start, end, _ in chosen for position in (start, end)])
    tags = ["O"] * len(words)
    first = {start: i for i, (start, _) in enumerate(words)}
    last = {end: i for i, (_, end) in enumerate(words)}
    for start, end, label in chosen:
        if start not in first or end not in last:
            raise _Refused(CUTS)
        size = last[end] - first[start] + 1
        tags[first[start] : last[end] + 1] = [f"B-{label}"] + [f"I-{label}"] * (size - 1)
    return [text[a:b] for a, b in words], tags


def _span(span: Any, text: str) -> tuple[int, int, str]:
    parts = [span.get(key) for key in ("start", "end", "label")] if isinstance(span, dict) else span
    if not isinstance(parts, list) or len(parts) != 3:
        raise _Refused(MALFORMED)
    start, end, label = parts
    if any(isinstance(place, bool) or not isinstance(place, int) for place in (start, end)):
        raise _Refused(MALFORMED)
    if not isinstance(label, str) or not label or not is_tag(f"B-{label}"):
        raise _Refused(MALFORMED)
    if not 0 <= start < end <= len(text) or not text[start:end].strip():
        raise _Refused(OUTSIDE)
    inside = text[start:end]
    return start + len(inside) - len(inside.lstrip()), end - len(inside) + len(inside.rstrip()), label


def _words_between(text: str, borders: Sequence[int]) -> list[tuple[int, int]]:
    """Start and end of every word; a word is cut where a span begins or ends beside a sign: "Londra|'da".

    borders: where spans begin and end, in order.

    Raises:
        ValueError: where that would part two letters.
    """
    words = []
    position = 0
    for word in split_words(text):
        start = text.index(word, position)
        position = start + len(word)
        cuts = sorted(set(borders[bisect_right(borders, start) : bisect_left(borders, position)]))
        if any(_is_letter(text[cut - 1]) and _is_letter(text[cut]) for cut in cuts):
            raise _Refused(CUTS)
        edges = [start, *cuts, position]
        words += list(pairwise(edges))
    return words


def _is_letter(sign: str) -> bool:
    return sign.isalnum() or sign == "_"
