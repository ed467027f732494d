"""Prodigy's answers: a text with spans, and whether they were accepted.

What was rejected or ignored is no gold and is left out; an accepted text without the key "spans" has no entities.
"""

from collections.abc import Iterator
from typing import Any

from nerspace.datasets.readers.records import spans
from nerspace.datasets.readers.records.form import Place, Refused
from nerspace.datasets.readers.sentences import RawSentence

NAME = "Prodigy"
ANSWERS = ("accept", "reject", "ignore")


def recognises(record: Any) -> bool:
    """Whether a text carries an answer of Prodigy's, or its marks of a task."""
    return (
        isinstance(record, dict) and "text" in record
        and (record.get("answer") in ANSWERS or {"_task_hash", "_input_hash"} <= record.keys())
    )  # fmt: skip


def read(record: Any, place: Place) -> Iterator[RawSentence]:
    """The sentence of a record.

    Raises:
        Refused: it was not accepted, or is none.
    """
    if (answer := record.get("answer", "accept")) != "accept":
        reason = f"an answer of {answer if answer in ANSWERS else 'another kind'}"
        place.raw.aside.add(reason)
        raise Refused(reason)
    yield from spans.read(record, place)
