"""GLiNER's training data: {"tokenized_text": [...], "ner": [[first word, last word, label], ...]}; both are inside."""

from collections.abc import Iterator
from typing import Any

from nerspace.datasets.readers.records.form import Place, Refused, sentence
from nerspace.datasets.readers.records.spans import MALFORMED, OUTSIDE, OVERLAPS
from nerspace.datasets.readers.sentences import EMPTY_WORD, RawSentence, is_tag

NAME = "GLiNER"


def recognises(record: Any) -> bool:
    """Whether there are GLiNER's two keys."""
    return isinstance(record, dict) and isinstance(record.get("tokenized_text"), list) and "ner" in record


def read(record: Any, place: Place) -> Iterator[RawSentence]:
    """The sentence of a record; of names that overlap the longest stays.

    Raises:
        Refused: it is none.
    """
    words, spans = record["tokenized_text"], record["ner"]
    if not words or not all(isinstance(word, str) and word.strip() for word in words):
        raise Refused(EMPTY_WORD)
    if not isinstance(spans, list):
        raise Refused(MALFORMED)
    tags = ["O"] * len(words)
    for first, last, label in sorted({_span(span, len(words)) for span in spans}, key=lambda s: (s[0] - s[1], s)):
        if any(tag != "O" for tag in tags[first : last + 1]):
            place.drop(OVERLAPS, " ".join(words))
            continue
        tags[first : last + 1] = [f"B-{label}"] + [f"I-{label}"] * (last - first)
    yield sentence(record, place, words, tags, "")


def _span(span: Any, size: int) -> tuple[int, int, str]:
    if not isinstance(span, list) or len(span) != 3:
        raise Refused(MALFORMED)
    first, last, label = span
    if any(isinstance(place, bool) or not isinstance(place, int) for place in (first, last)):
        raise Refused(MALFORMED)
    # GLiNER's labels are words of the language: "work of art".
    if not isinstance(label, str) or not is_tag(f"B-{(name := '_'.join(label.split()))}"):
        raise Refused(MALFORMED)
    if not 0 <= first <= last < size:
        raise Refused(OUTSIDE)
    return first, last, name
