"""The one-line filter of Data: `type:PER lang:be,en case:locative split:test len>2 identical:no word word`."""

import operator
import re
from collections.abc import Sequence
from dataclasses import dataclass

from nerspace.datasets.errors import UsageError
from nerspace.datasets.spelling import folded

KEYS = {"type": "types", "lang": "languages", "case": "cases", "split": "splits"}
_COMPARED = {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt, "=": operator.eq}
_LENGTH = re.compile(r"len(>=|<=|>|<|=|:)(.*)", re.IGNORECASE)
_USE = "Use type: lang: case: split: len> identical: and plain words, as in type:PER lang:be,ru len>1 anna."


@dataclass(frozen=True, slots=True)
class Filter:
    """What to keep: types, languages, cases and splits; every word must occur.

    Attributes:
        lengths: comparisons with the words of the name, such as (">", 2).
        identical: whether its forms are one string.
    """

    types: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    cases: tuple[str, ...] = ()
    splits: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    lengths: tuple[tuple[str, int], ...] = ()
    identical: bool | None = None

    def __str__(self) -> str:
        parts = [f"{key}:{','.join(getattr(self, name))}" for key, name in KEYS.items() if getattr(self, name)]
        parts += [f"len{sign}{number}" for sign, number in self.lengths]
        parts += [] if self.identical is None else [f"identical:{'yes' if self.identical else 'no'}"]
        return " ".join([*parts, *(word.replace(":", "\\:") for word in self.words)])

    @property
    def asks_of_names(self) -> bool:
        """Whether it looks at the forms of a name as a whole."""
        return bool(self.lengths) or self.identical is not None

    def fits(self, forms: Sequence[str]) -> bool:
        """Whether a name passes, by its forms in the languages in view.

        A length holds if any form has it. Forms are identical where all are the same string; one alone is neither.
        """
        counts = [len(form.split()) for form in forms] if self.lengths else []
        if not all(any(_COMPARED[sign](count, number) for count in counts) for sign, number in self.lengths):
            return False
        return self.identical is None or (len(forms) > 1 and (len(set(forms)) == 1) == self.identical)


def parse_filter(text: str) -> Filter:
    """A filter from its text.

    Raises:
        UsageError: for a `key:` that is not known, or a value that it cannot have; `\\:` keeps a colon in a word.
    """
    found: dict[str, tuple[str, ...]] = {}
    words, lengths, identical = [], [], None
    for part in text.split():
        key, colon, value = part.partition(":")
        if length := _LENGTH.fullmatch(part):
            lengths.append(_length(*length.groups()))
        elif not colon or key.endswith("\\") or not key:
            words.append(folded(part.replace("\\:", ":")))
        elif key.lower() == "identical":
            if value.lower() not in ("yes", "no"):
                raise UsageError(f"identical:{value} says neither yes nor no.", "Use identical:yes or identical:no.")
            identical = value.lower() == "yes"
        elif key.lower() in KEYS:
            values = tuple(v for v in value.split(",") if v)
            upper = key.lower() == "type"
            found[KEYS[key.lower()]] = tuple(v.upper() if upper else v.lower() for v in values)
        else:
            raise UsageError(f"Unknown filter {key}:.", _USE)
    return Filter(words=tuple(words), lengths=tuple(lengths), identical=identical, **found)


def _length(sign: str, number: str) -> tuple[str, int]:
    if not number.isdecimal():
        raise UsageError(
            f"len{sign}{number} compares with no number.", "Count words of the name, as in len>2 or len:1."
        )
    return "=" if sign == ":" else sign, int(number)


def held(text: str, words: Sequence[str]) -> int:
    """Which of the words stand in a text, as a number with one bit for each."""
    return sum(1 << place for place, word in enumerate(words) if word in text)
