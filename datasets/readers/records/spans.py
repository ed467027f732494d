"""A text with spans of characters: {"text": "...", "spans", "entities", "labels", "label" or "ents": [...]}.

A span is [start, end, label], or an object with these keys or with doccano's (start_offset, end_offset), whose text, if
it is given, must be the one that stands there. Positions count characters from 0, the end is not inside. "lang" or
"language" and "split" are optional; relations and comments are no part of it.
"""

import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from nerspace.datasets.filling import split_words
from nerspace.datasets.readers.records.form import LANGUAGE, Place, Refused, first_list, sentence, text_of
from nerspace.datasets.readers.sentences import RawSentence, is_tag

NAME = "text with spans"
TEXT = ("text", "sentence", "content")
SPANS = ("spans", "entities", "labels", "label", "ents")
START = ("start", "start_offset", "start_char", "begin")
END = ("end", "end_offset", "end_char")
LABEL = ("label", "type", "tag", "labels", "entity_group", "entity_type", "category")
SURFACE = ("text", "word", "surface", "mention")

OUTSIDE = "a span that lies outside its text"
MALFORMED = "a span that is not start, end, label"
SEVERAL = "a span with several labels"
CUTS = "a span that cuts a word"
DIFFERS = "a span whose text is not what stands there"
OVERLAPS = "a span that overlaps a longer one"


def recognises(record: Any) -> bool:
    """Whether there is a text and a list of spans, or null for none."""
    if not isinstance(record, dict) or not any(key in record for key in TEXT):
        return False
    return first_list(record, SPANS) is not None or any(record.get(key, "") is None for key in SPANS)


def read(record: Any, place: Place) -> Iterator[RawSentence]:
    """The sentence of a record; one without spans has no entities.

    Raises:
        Refused: it is none.
    """
    text = next((record[key] for key in TEXT if key in record), None)
    if not isinstance(text, str) or not text.strip():
        raise Refused("a text that is no text")
    language = text_of(record, LANGUAGE)
    spans = first_list(record, SPANS) or []
    words, tags = from_spans(text, spans, lambda reason: place.drop(reason, text, language))
    yield sentence(record, place, words, tags, text)


def from_spans(text: str, spans: Sequence[Any], drop: Callable[[str], None]) -> tuple[list[str], list[str]]:
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
            raise Refused(CUTS)
        size = last[end] - first[start] + 1
        tags[first[start] : last[end] + 1] = [f"B-{label}"] + [f"I-{label}"] * (size - 1)
    return [text[a:b] for a, b in words], tags


def _span(span: Any, text: str) -> tuple[int, int, str]:
    start, end, label = _parts_of(span)
    if any(isinstance(place, bool) or not isinstance(place, int) for place in (start, end)):
        raise Refused(MALFORMED)
    if not isinstance(label, str) or not label or not is_tag(f"B-{label}"):
        raise Refused(MALFORMED)
    if not 0 <= start < end <= len(text) or not text[start:end].strip():
        raise Refused(OUTSIDE)
    inside = text[start:end]
    said = _first(span, SURFACE) if isinstance(span, dict) else None
    if isinstance(said, str) and _plain(said) != _plain(inside):
        raise Refused(DIFFERS)
    return start + len(inside) - len(inside.lstrip()), end - len(inside) + len(inside.rstrip()), label


def _parts_of(span: Any) -> tuple[Any, Any, Any]:
    if isinstance(span, list | tuple) and len(span) == 3:
        return span[0], span[1], span[2]
    if not isinstance(span, dict):
        raise Refused(MALFORMED)
    label = _first(span, LABEL)
    if isinstance(label, list) and len(label) > 1:
        raise Refused(SEVERAL)
    return _first(span, START), _first(span, END), label[0] if isinstance(label, list) and label else label


def _first(span: Mapping[str, Any], keys: Sequence[str]) -> Any:
    return next((span[key] for key in keys if key in span), None)


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


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
            raise Refused(CUTS)
        edges = [start, *cuts, position]
        words += list(pairwise(edges))
    return words


def _is_letter(sign: str) -> bool:
    return sign.isalnum() or sign == "_" or unicodedata.category(sign)[0] == "M"
