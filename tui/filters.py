"""The one-line filter of the data room: `type:PER lang:be,en case:locative split:test word word`."""

from collections.abc import Sequence
from dataclasses import dataclass

from nerspace.datasets.errors import UsageError

KEYS = {"type": "types", "lang": "languages", "case": "cases", "split": "splits"}


@dataclass(frozen=True, slots=True)
class Filter:
    """What to keep: types, languages, cases and splits; every word must occur."""

    types: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    cases: tuple[str, ...] = ()
    splits: tuple[str, ...] = ()
    words: tuple[str, ...] = ()

    def __str__(self) -> str:
        parts = [f"{key}:{','.join(getattr(self, name))}" for key, name in KEYS.items() if getattr(self, name)]
        return " ".join([*parts, *(word.replace(":", "\\:") for word in self.words)])


def parse_filter(text: str) -> Filter:
    """A filter from its text.

    Raises: UsageError for a `key:` that is not known; `\\:` keeps a colon in a word.
    """
    found: dict[str, tuple[str, ...]] = {}
    words = []
    for part in text.split():
        key, colon, value = part.partition(":")
        if not colon or key.endswith("\\") or not key:
            words.append(part.replace("\\:", ":").casefold())
        elif key.lower() in KEYS:
            values = tuple(v for v in value.split(",") if v)
            upper = key.lower() == "type"
            found[KEYS[key.lower()]] = tuple(v.upper() if upper else v.lower() for v in values)
        else:
            raise UsageError(
                f"Unknown filter {key}:.",
                "Use type: lang: case: split: and plain words, as in type:PER lang:be anna.",
            )
    return Filter(words=tuple(words), **found)


def held(text: str, words: Sequence[str]) -> int:
    """Which of the words stand in a text, as a number with one bit for each."""
    return sum(1 << place for place, word in enumerate(words) if word in text)
