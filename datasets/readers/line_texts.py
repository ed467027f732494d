"""The texts of one line of a CSV file, cut into cells when one is first asked for, so that a large file opens fast."""

import csv
from abc import abstractmethod
from collections.abc import ItemsView, Iterator, KeysView, Mapping
from typing import TypeVar

from nerspace.datasets.filling import bare_name
from nerspace.datasets.spelling import folded

Value = TypeVar("Value")


class _Lazy(Mapping[str, Value]):
    """A mapping by language that is made when it is first read."""

    __slots__ = ("_made",)

    def __init__(self) -> None:
        self._made: dict[str, Value] | None = None

    @abstractmethod
    def _make(self) -> dict[str, Value]:
        """The mapping itself."""

    def whole(self) -> dict[str, Value]:
        """The mapping, made once."""
        if self._made is None:
            self._made = self._make()
        return self._made

    def __getitem__(self, language: str) -> Value:
        return self.whole()[language]

    def __iter__(self) -> Iterator[str]:
        return iter(self.whole())

    def __len__(self) -> int:
        return len(self.whole())

    def items(self) -> ItemsView[str, Value]:
        """Languages and what they have."""
        return self.whole().items()

    def __repr__(self) -> str:
        return repr(self.whole())


class LineTexts(_Lazy[str]):
    """The texts of the end of a line, which has one for every language."""

    __slots__ = ("_languages", "_line")

    def __init__(self, line: str, languages: dict[str, None]) -> None:
        """Keep the line from its first text on, and the languages in the order of its cells."""
        super().__init__()
        self._line, self._languages = line, languages

    def _make(self) -> dict[str, str]:
        return dict(zip(self._languages, next(csv.reader((self._line,), strict=True)), strict=True))

    def __iter__(self) -> Iterator[str]:
        return iter(self._languages)

    def __len__(self) -> int:
        return len(self._languages)

    def keys(self) -> KeysView[str]:
        """The languages, known without cutting the line."""
        return self._languages.keys()

    def __contains__(self, language: object) -> bool:
        return language in self._languages

    def may_hold(self, text: str) -> bool:
        """Whether any of them may be this text, `folded`; known without cutting the line."""
        return '"' in text or text in folded(self._line)

    def names(self) -> "LineNames":
        """The same line as nominatives."""
        return LineNames(self._line, self._languages)


class LineNames(LineTexts):
    """Nominatives without what stands around them."""

    __slots__ = ("signs",)

    def _make(self) -> dict[str, str]:
        names = {code: bare_name(form, code) for code, form in super()._make().items()}
        self.signs = {code: signs for code, (_, signs) in names.items() if any(signs)}
        return {code: name for code, (name, _) in names.items()}


class LineSigns(_Lazy[tuple[str, str]]):
    """What stands around the nominatives of a line."""

    __slots__ = ("_names", "_quotes")

    def __init__(self, names: LineNames, quotes: bool) -> None:
        """Keep the names, and whether quotation marks count."""
        super().__init__()
        self._names, self._quotes = names, quotes

    def _make(self) -> dict[str, tuple[str, str]]:
        self._names.whole()
        return {code: signs for code, signs in self._names.signs.items() if self._quotes or not signs[1]}
