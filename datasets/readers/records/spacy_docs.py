"""spaCy's JSON: documents of paragraphs with tagged words, and pairs of a text and {"entities": [[start, end, label]]}.

`Doc.to_json` is a text with spans, called "ents".
"""

from collections.abc import Iterator
from typing import Any

from nerspace.datasets.readers.records import spans
from nerspace.datasets.readers.records.form import Place, Refused
from nerspace.datasets.readers.records.words import check_words
from nerspace.datasets.readers.sentences import RawSentence

NAME = "spaCy"


def recognises(record: Any) -> bool:
    """Whether this is a document, or a pair of a text and its entities."""
    if isinstance(record, dict):
        return isinstance(record.get("paragraphs"), list)
    pair = isinstance(record, list) and len(record) == 2 and isinstance(record[0], str)
    return pair and isinstance(record[1], dict) and isinstance(record[1].get("entities"), list)


def read(record: Any, place: Place) -> Iterator[RawSentence]:
    """The sentences of a record.

    Raises:
        Refused: it cannot be read.
    """
    if isinstance(record, list):
        yield from spans.read({"text": record[0], "spans": record[1]["entities"]}, place)
        return
    for paragraph in record["paragraphs"]:
        found = paragraph.get("sentences") if isinstance(paragraph, dict) else None
        if not isinstance(found, list):
            raise Refused("a paragraph without sentences")
        for one in found:
            yield _sentence(one, place)


def _sentence(one: Any, place: Place) -> RawSentence:
    tokens = one.get("tokens") if isinstance(one, dict) else None
    if not isinstance(tokens, list) or not all(isinstance(token, dict) for token in tokens):
        raise Refused("a sentence without tokens")
    # spaCy keeps double spaces and line ends as tokens.
    kept = [t for t in tokens if not (isinstance(t.get("orth"), str) and t["orth"].isspace() and t.get("ner") == "O")]
    words, tags = check_words([token.get("orth") for token in kept], [token.get("ner") for token in kept])
    return RawSentence(place.number, words, tags)
