"""What a form of records is: a module that recognises a record and reads it.

To add a form, write a module with a NAME, `recognises(record)` and `read(record, place)`, which gives sentences or
raises `Refused` with a phrase that can be counted, and put it into `json_files.FORMS`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from nerspace.datasets.readers.sentences import ALIGNMENT, ENTITY_ID, RawFile, RawSentence

LANGUAGE = ("language", "lang", "lang_code")


class Refused(ValueError):
    """A record that is no sentence; the message is a phrase that can be counted."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record stands.

    number: of its line, or of the record. tag_names: finds what tags that are numbers stand for, empty if nobody says.
    """

    raw: RawFile
    number: int
    tag_names: Callable[[], Sequence[str]] = field(default=tuple)

    def drop(self, reason: str, text: str, language: str = "") -> None:
        """Note a part of the record that is left out."""
        self.raw.drop(self.number, reason, text, language)


class Form(Protocol):
    """A module that reads one form of records."""

    NAME: str

    def recognises(self, record: Any) -> bool:
        """Whether a record has this form."""

    def read(self, record: Any, place: Place) -> Iterator[RawSentence]:
        """The sentences of a record.

        Raises:
            Refused: it cannot be read.
        """


def sentence(
    record: Mapping[str, Any], place: Place, words: Sequence[str], tags: Sequence[str], text: str
) -> RawSentence:
    """A sentence with the language and the split that its record states."""
    return RawSentence(
        place.number, words, tags, text, text_of(record, LANGUAGE), text_of(record, ("split",)),
        id_of(record, ALIGNMENT), id_of(record, ENTITY_ID),
    )  # fmt: skip


def id_of(record: Mapping[str, Any], keys: Sequence[str]) -> str:
    """The first value of these keys that is a text or a number, as a text; empty without one."""
    return next((str(value).strip() for key in keys if isinstance(value := record.get(key), str | int)), "")


def first_list(record: Mapping[str, Any], keys: Sequence[str]) -> list[Any] | None:
    """The first value of these keys that is a list."""
    return next((value for key in keys if isinstance(value := record.get(key), list)), None)


def text_of(record: Mapping[str, Any], keys: Sequence[str]) -> str:
    """The first value of these keys that is a printable text; empty without."""
    for key in keys:
        value = record.get(key)
        if isinstance(value, str) and value.strip().isprintable():
            return value.strip()
    return ""
