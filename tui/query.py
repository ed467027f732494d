"""The one language in which tables are asked: `type:LOC -lang:tr wrong:yes tnld>0.3 "new york" washington`.

    word             some cell of the row holds it, whatever its case
    "two words"      as they stand; in quotes nothing has a meaning of its own
    field:value      the cell is the value or holds it as a whole word; be,ru takes either, wash* a beginning
    field=value      the cell is exactly the value
    field>0.3        compared: > < >= <=; numbers as numbers, moments and all else as text
    wrong:yes        of a column of 0 and 1; field:none for a gap
    -                before any of them: rows of which it does not hold

A field is a column by its name, by the beginning of its name, or `lang` for whatever tells the language. All parts
must hold. Data reads the same text by `filters`, which knows what a corpus can answer.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from nerspace.datasets.errors import UsageError
from nerspace.datasets.spelling import folded
from nerspace.tui.literal import is_missing
from nerspace.tui.numbers import is_share

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    Held = np.ndarray[Any, np.dtype[np.bool_]]

_QUOTED = r'"(?:\\.|[^"\\])*"?'
_TERM = re.compile(rf'(-?)(?:([^\W\d]\w*)(>=|<=|[:=<>]))?((?:{_QUOTED}|\\.|[^\s"\\])*\\?)')
_VALUE = re.compile(rf'(?:{_QUOTED}|\\.|[^,"\\])+')
_PIECE = re.compile(rf"{_QUOTED}|\\.|.", re.DOTALL)
# What stands for 1 and 0, and for a gap.
_YES, _NO, _GAP = ("yes", "true"), ("no", "false"), "none"
# Fields by the names that people give them: the first of these groups of columns that a table has.
_ALIASES = {
    "lang": (("language",), ("recipient",), ("a", "b"), ("donor",)),
    "language": (("lang",), ("recipient",), ("a", "b"), ("donor",)),
    "name": (("form",), ("entity",), ("run",)),
}
_DIGITS = frozenset("0123456789.+-e")
# What is no number yet and can become one.
_BEGINNING_OF_NUMBER = re.compile(r"[-+−]?(?:\.|(?:\d+\.?\d*|\.\d+)[eE][-+−]?)?")
# Answers of a column that are remembered, so that a value is looked at once.
_REMEMBERED = 100_000


@dataclass(frozen=True, slots=True)
class Term:
    """One part of a query.

    Attributes:
        values: any of which may hold.
        field: as it was typed; empty for a word that may stand in any column.
        sign: between field and value.
        negated: whether the rows are wanted of which it does not hold.
    """

    values: tuple[str, ...]
    field: str = ""
    sign: str = ""
    negated: bool = False

    def __str__(self) -> str:
        values = ",".join(map(_written if self.field else _written_word, self.values))
        return f"{'-' * self.negated}{self.field}{self.sign}{values}"


@dataclass(frozen=True, slots=True)
class Query:
    """What every row must fulfil: all terms."""

    terms: tuple[Term, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.terms)

    def __str__(self) -> str:
        return " ".join(map(str, self.terms))

    def about(self, terms: tuple[Term, ...]) -> "Query":
        """The query with these terms in place of what it asks of their fields."""
        fields = {term.field for term in terms}
        return Query((*(term for term in self.terms if term.field not in fields), *terms))


NOTHING = Query()


def parse(text: str) -> Query:
    """A query from its text; a quote that is still open ends with the text, a field without a value asks nothing.

    Raises:
        UsageError: for a comparison with nothing.
    """
    return _asked(_terms(text))


def parse_typed(text: str) -> Query:
    """A query that is still being typed: the value at its end may be the beginning of one.

    Raises:
        UsageError: as `parse`, but for a comparison at the end whose value is still to come.
    """
    done, last = parts_typed(text)
    if last is None:
        return done
    if last.sign in _COMPARED:
        begun = () if _BEGINNING_OF_NUMBER.fullmatch(last.values[-1]) else (last,)
    else:
        begun = (replace(last, sign=":", values=(*last.values[:-1], f"{last.values[-1]}*")),)
    return Query((*done.terms, *begun))


def parts_typed(text: str) -> tuple[Query, Term | None]:
    """A query that is still being typed, in two: what is typed to its end, and the term whose last value may go on.

    A word goes on as a word, so that it is typed to its end wherever it ends. A field whose value is still to come
    asks nothing yet.

    Raises:
        UsageError: for a comparison with nothing, but for one at the end.
    """
    terms = list(_terms(text))
    last = terms[-1] if terms else None
    if last is None or not last.sign or text[-1:].isspace():
        return _asked(terms), None
    if not any(last.values):
        return _asked(terms[:-1]), None
    if text.endswith(('"', ",", "*")):
        return _asked(terms), None
    return _asked(terms[:-1]), last


def _terms(text: str) -> Iterator[Term]:
    """The terms of a text, also those that ask nothing."""
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        found = _TERM.match(text, at)
        assert found is not None  # noqa: S101
        at = max(found.end(), at + 1)
        minus, field, sign, written = found[1], found[2] or "", found[3] or "", found[4]
        if not field:
            values: tuple[str, ...] = (folded(_unquoted(written)),)
        else:
            values = tuple(value for part in _VALUE.findall(written) if (value := _unquoted(part)))
        yield Term(values, field.lower(), sign, bool(minus))


def _asked(terms: Iterable[Term]) -> Query:
    """A query of those terms that ask something."""
    left = []
    for term in terms:
        if term.sign in _COMPARED and not term.values:
            raise UsageError(f"{term} compares with nothing.", f"Write a value behind it, as in {term}1.")
        if any(term.values):
            left.append(term)
    return Query(tuple(left))


def _unquoted(text: str) -> str:
    """A text without its quotes and escapes."""
    pieces = []
    for piece in _PIECE.findall(text):
        if piece[0] == '"':
            inside = piece[1:-1] if len(piece) > 1 and piece.endswith('"') else piece[1:]
            pieces.append(re.sub(r"\\(.)", r"\1", inside))
        else:
            pieces.append(piece[1:] if len(piece) > 1 else piece)
    return "".join(pieces)


def quoted(text: str) -> str:
    """A text in quotes, as a value or a word whatever stands in it."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _written(value: str) -> str:
    return quoted(value) if re.search(r'[\s",\\]', value) else value


def _written_word(word: str) -> str:
    found = _TERM.fullmatch(word)
    plain = found is not None and not found[1] and not found[2] and not re.search(r'[\s"\\]', word)
    return word if plain else quoted(word)


# -- asking a table


class Asked(Protocol):
    """A table that can be asked."""

    @property
    def fields(self) -> Sequence[str]:
        """Names of its columns."""

    def column(self, name: str, numbers: Sequence[int]) -> "pd.Series[Any]":
        """The values of a column in some of its rows."""


def matcher(query: Query, table: Asked) -> "Callable[[Sequence[int]], Held]":
    """What tells of some rows of a table, by their numbers, which of them fulfil a query.

    Raises:
        UsageError: for a field that the table has not, naming those that it has, or a value that a field cannot have.
    """
    import numpy as np

    fields = list(table.fields)
    terms = []
    for term in query.terms:
        columns = _columns(term.field, fields) if term.field else fields
        tests = {name: _test(term, name) for name in columns}
        # A number that cannot be read as one is told before anything is looked at.
        for name, test in tests.items():
            test(table.column(name, range(0)))
        terms.append((term.negated, tests))

    def hold(numbers: Sequence[int]) -> "Held":
        left = np.ones(len(numbers), dtype=bool)
        for negated, tests in terms:
            found = np.zeros(len(numbers), dtype=bool)
            for name, test in tests.items():
                found |= test(table.column(name, numbers))
                if found.all():
                    break
            left &= ~found if negated else found
            if not left.any():
                break
        return left

    return hold


class _Frame:
    """A DataFrame, to be asked."""

    def __init__(self, frame: "pd.DataFrame") -> None:
        self.frame = frame
        self.fields = [str(name) for name in frame.columns]

    def column(self, name: str, numbers: Sequence[int]) -> "pd.Series[Any]":
        return self.frame.iloc[list(numbers), self.fields.index(name)]


def rows_of(query: Query, frame: "pd.DataFrame") -> "pd.DataFrame":
    """The rows of a DataFrame that a query holds of.

    Raises:
        UsageError: for a query that it cannot be asked.
    """
    return frame[matcher(query, _Frame(frame))(range(len(frame)))].reset_index(drop=True)


def asks_possible(query: Query, table: Asked) -> bool:
    """Whether a table can be asked a query."""
    try:
        matcher(query, table)
    except UsageError:
        return False
    return True


def _columns(field: str, fields: Sequence[str]) -> list[str]:
    """The columns that a field stands for."""
    known = {name.casefold(): name for name in fields}
    if field in known:
        return [known[field]]
    for group in _ALIASES.get(field, ()):
        if set(group) <= set(known):
            return [known[name] for name in group]
    begun = [name for name in fields if name.casefold().startswith(field)]
    if len(begun) == 1:
        return begun
    if begun:
        raise UsageError(f"{field} may be {' or '.join(begun)}.", "Type more letters of the one you mean.")
    raise unknown_field(field, fields)


def unknown_field(field: str, fields: Sequence[str]) -> UsageError:
    """The error of a field that is none of those that can be asked."""
    return UsageError(f"Unknown field {field}.", f"Choose from {', '.join(fields) or 'none: plain words alone'}.")


def _test(term: Term, name: str) -> "Callable[[pd.Series[Any]], Held]":
    """What tells which values of a column a term holds of."""
    of_text = _remembering(_of_text(term))
    of_numbers = _of_numbers(term, name)

    def test(values: "pd.Series[Any]") -> "Held":
        import numpy as np

        if values.dtype.kind in "iufb":
            return of_numbers(values)
        return np.fromiter(map(of_text, values.tolist()), dtype=bool, count=len(values))

    return test


def _remembering(holds: Callable[[object], bool]) -> Callable[[object], bool]:
    known: dict[object, bool] = {}

    def remembered(cell: object) -> bool:
        found = known.get(cell)
        if found is None:
            found = holds(cell)
            if len(known) < _REMEMBERED:
                known[cell] = found
        return found

    return remembered


def _of_text(term: Term) -> Callable[[object], bool]:
    """Whether a term holds of a cell that is a text, or whatever else a column of texts may hold."""
    if not term.field:
        word = term.values[0]
        return lambda cell: not is_missing(cell) and word in folded(str(cell))
    tests = [_of_value(term.sign, value) for value in term.values]
    gap = term.sign in (":", "=") and _GAP in map(str.casefold, term.values)

    def holds(cell: object) -> bool:
        if is_missing(cell) or cell == "":
            return gap
        text = folded(str(cell))
        return any(test(text) for test in tests)

    return holds


def _of_value(sign: str, value: str) -> Callable[[str], bool]:
    wanted = folded(value)
    if sign == "=":
        return lambda text: text == wanted
    if sign == ":":
        pattern = ".*".join(map(re.escape, wanted.split("*")))
        before = r"(?<!\w)" if wanted[:1].isalnum() else ""
        behind = r"(?!\w)" if wanted[-1:].isalnum() else ""
        found = re.compile(f"{before}{pattern}{behind}", re.DOTALL)
        return lambda text: found.search(text) is not None
    number = _number(value)

    def compared(text: str) -> bool:
        other = None if number is None else _number(text)
        return bool(_COMPARED[sign](text, wanted) if other is None else _COMPARED[sign](other, number))

    return compared


_COMPARED: dict[str, Callable[[Any, Any], Any]] = {
    ">": lambda a, b: a > b, "<": lambda a, b: a < b, ">=": lambda a, b: a >= b, "<=": lambda a, b: a <= b,
}  # fmt: skip


def _number(text: str) -> float | None:
    try:
        return float(text.replace("−", "-").removesuffix("%"))
    except ValueError:
        return None


def _of_numbers(term: Term, name: str) -> "Callable[[pd.Series[Any]], Held]":
    """Whether a term holds of the values of a column of numbers."""

    def test(values: "pd.Series[Any]") -> "Held":
        import numpy as np

        found = np.zeros(len(values), dtype=bool)
        if not term.field:
            word = term.values[0]
            if not set(word) <= _DIGITS:
                return found
            texts = ("" if is_missing(value) else str(value).casefold() for value in values.tolist())
            return np.fromiter((word in text for text in texts), dtype=bool, count=len(values))
        numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
        for value in term.values:
            found |= _compared(numbers, term, value, name)
        return found

    return test


def _compared(numbers: "np.ndarray[Any, Any]", term: Term, value: str, name: str) -> "Held":
    import numpy as np

    word = value.casefold()
    if term.sign == ":" and word.endswith("*"):
        value = word = word.removesuffix("*")
        begun = any(whole.startswith(word) for whole in (*_YES, *_NO, _GAP)) or _BEGINNING_OF_NUMBER.fullmatch(word)
        if _number(value) is None and begun:
            # Not typed to its end yet.
            return np.ones(len(numbers), dtype=bool)
    if term.sign in (":", "="):
        if word == _GAP:
            return np.asarray(np.isnan(numbers), dtype=bool)
        if word in _YES or word in _NO:
            return np.asarray(numbers == (word in _YES), dtype=bool)
    number = _number(value)
    if number is None:
        asked = f"{term.field}{term.sign}{value}"
        raise UsageError(f"{asked}: {name} holds numbers.", f"Write one, as in {term.field}>0.3 or {term.field}:1.")
    if value.endswith("%") and is_share(name):
        number /= 100
    if term.sign in (":", "="):
        # As many decimals as were typed are compared, since no screen shows them all.
        typed = len(value.rstrip("%").partition(".")[2]) + (2 if value.endswith("%") and is_share(name) else 0)
        return np.asarray(np.abs(numbers - number) <= 0.5 * 10.0**-typed * (typed > 0) + 1e-9, dtype=bool)
    return np.asarray(_COMPARED[term.sign](numbers, number), dtype=bool)
