"""What Data asks of a corpus, read from a query: `type:PER lang:be,en -case:locative len>2 identical:no anna`.

The language is that of `query`; here are the fields that sentences and names have, whatever corpus they stand in.
"""

import operator
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from nerspace.datasets.errors import UsageError
from nerspace.datasets.spelling import folded
from nerspace.tui.query import Query, Term, parse, parts_typed, unknown_field

# Fields whose values are listed → where a Filter has them.
KEYS = {
    "type": "types", "lang": "languages", "case": "cases", "split": "splits", "entity": "entities",
    "context": "contexts",
}  # fmt: skip
FIELDS = (*KEYS, "len", "identical")
_COMPARED = {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt, "=": operator.eq}
_OTHER_NAMES = {"language": "lang", "types": "type", "length": "len"}


@dataclass(frozen=True, slots=True)
class Filter:
    """What to keep: types, languages, cases, splits, names and contexts by id; every word must occur.

    Attributes:
        lengths: comparisons with the words of the name, such as (">", 2).
        identical: whether its forms are one string.
        without: what nothing that is kept may have, part by part.
    """

    types: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    cases: tuple[str, ...] = ()
    splits: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    lengths: tuple[tuple[str, int], ...] = ()
    identical: bool | None = None
    entities: tuple[str, ...] = ()
    contexts: tuple[str, ...] = ()
    without: "Filter | None" = None

    def __str__(self) -> str:
        return str(Query(tuple(self._terms())))

    def _terms(self) -> list[Term]:
        terms = [Term(values, key, ":") for key, name in KEYS.items() if (values := getattr(self, name))]
        terms += [Term((str(number),), "len", sign) for sign, number in self.lengths]
        terms += [] if self.identical is None else [Term(("yes" if self.identical else "no",), "identical", ":")]
        terms += [Term((word,)) for word in self.words]
        return terms + [replace(term, negated=True) for term in (self.without._terms() if self.without else [])]

    @property
    def out(self) -> "Filter":
        """What nothing that is kept may have; empty for nothing."""
        return self.without or Filter()

    @property
    def asks_of_names(self) -> bool:
        """Whether it looks at the forms of a name as a whole."""
        return bool(self.lengths or self.out.lengths) or self.identical is not None

    def takes(self, key: str, value: str) -> bool:
        """Whether a value passes, of one of the fields whose values are listed."""
        name = KEYS[key]
        wanted, unwanted = getattr(self, name), getattr(self.out, name)
        return (not wanted or value in wanted) and value not in unwanted

    def spoken(self, languages: Sequence[str]) -> tuple[str, ...]:
        """The languages that it leaves of those of a corpus; empty for all, as they stand."""
        if not self.out.languages:
            return self.languages
        return tuple(code for code in self.languages or languages if code not in self.out.languages)

    def fits(self, forms: Sequence[str]) -> bool:
        """Whether a name passes, by its forms in the languages in view.

        A length holds if any form has it. Forms are identical where all are the same string; one alone is neither.
        """
        counts = [len(form.split()) for form in forms] if self.lengths or self.out.lengths else []
        if not all(_any_length(counts, one) for one in self.lengths):
            return False
        if any(_any_length(counts, one) for one in self.out.lengths):
            return False
        return self.identical is None or (len(forms) > 1 and (len(set(forms)) == 1) == self.identical)


def _any_length(counts: Sequence[int], asked: tuple[str, int]) -> bool:
    sign, number = asked
    return any(_COMPARED[sign](count, number) for count in counts)


def parse_filter(text: str) -> Filter:
    """A filter from its text.

    Raises:
        UsageError: for a field that is not known, or a value that it cannot have; quotes keep a colon in a word.
    """
    return _filter(parse(text).terms)


def parse_typed_filter(text: str, known: Mapping[str, Iterable[str]]) -> Filter:
    """A filter that is still being typed: the value at its end stands for every known value that begins with it.

    Args:
        text: as far as it is typed.
        known: the values of every field whose values are listed.

    Raises:
        UsageError: for what can no longer become a filter, whatever is typed next.
    """
    done, last = parts_typed(text)
    terms = list(done.terms)
    if last is not None:
        *values, begun = last.values
        listed = known.get(_name(last.field), ("yes", "no") if _name(last.field) == "identical" else ())
        possible = [value for value in listed if folded(value).startswith(folded(begun))]
        terms.append(replace(last, values=(*values, *(possible or [begun]))))
    found = _filter(terms)
    if terms and _name(terms[-1].field) == "lang" and len(found.languages) == 1 and not text[-1:].isspace():
        # Another language may follow, with which this one is compared.
        return replace(found, identical=None)
    return found


def _name(field: str) -> str:
    return _OTHER_NAMES.get(field, field)


def _filter(terms: Iterable[Term]) -> Filter:
    parts: dict[bool, dict[str, Any]] = {False: {}, True: {}}
    for term in terms:
        found = parts[term.negated]
        field = _name(term.field)
        if not field:
            found["words"] = (*found.get("words", ()), *term.values)
        elif field == "len":
            lengths = tuple(_length(term.sign, value) for value in term.values)
            found["lengths"] = (*found.get("lengths", ()), *lengths)
        elif field not in FIELDS:
            raise unknown_field(term.field, FIELDS)
        elif term.sign not in (":", "="):
            raise UsageError(f"{term}: {field} is not compared.", f"Write {field}:VALUE; len alone is compared.")
        elif field == "identical":
            parts[False]["identical"] = _yes(term.values[0]) != term.negated
        else:
            values = (v.upper() if field == "type" else folded(v) for v in term.values)
            found[KEYS[field]] = tuple(
                dict.fromkeys((*found.get(KEYS[field], ()), *values) if term.negated else values)
            )
    return Filter(**parts[False], without=Filter(**parts[True]) if parts[True] else None)


def _yes(value: str) -> bool:
    if value.lower() not in ("yes", "no"):
        raise UsageError(f"identical:{value} says neither yes nor no.", "Use identical:yes or identical:no.")
    return value.lower() == "yes"


def _length(sign: str, number: str) -> tuple[str, int]:
    if not number.isdecimal():
        raise UsageError(
            f"len{sign}{number} compares with no number.", "Count words of the name, as in len>2 or len:1."
        )
    return "=" if sign == ":" else sign, int(number)


def held(text: str, words: Sequence[str]) -> int:
    """Which of the words stand in a text, as a number with one bit for each."""
    return sum(1 << place for place, word in enumerate(words) if word in text)
