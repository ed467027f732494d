"""Reads our own layout: contexts.csv and entities.csv, one row per context or form, one column per language.

contexts.csv may have the columns decisive, tense and fits; entities.csv ambiguity, kind and alike. Languages are named
by a code or in English, cells parted by commas, semicolons or tabs; lines that begin with # are comments. A nominative
is written as it stands in a sentence, with its article in lower case or in quotation marks: "the World Bank",
«Барселона».
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import cast

from nerspace.datasets.dropped import Dropped, FileRead, dropped
from nerspace.datasets.errors import DataError
from nerspace.datasets.filling import SLOT, bare_name
from nerspace.datasets.languages import LANGUAGES, in_order
from nerspace.datasets.readers.csv_rows import delimiter_in, language_columns, no_language, raw_rows, tidy
from nerspace.datasets.readers.line_texts import LineSigns, LineTexts
from nerspace.datasets.records import CASES, ENTITY_TYPES, Context, Entity
from nerspace.datasets.synthetic import SyntheticNER

GENDERS = ("m", "f", "")
SLOTS = "[loc] [org] [male] [female] [???]"
_NEEDED = ("id", "type", "case", "gender")
_KNOWN = (*_NEEDED, "ambiguity", "decisive", "tense", "fits", "kind", "alike")


def recognises(folder: Path) -> bool:
    """Whether the folder has this layout."""
    return (folder / "contexts.csv").is_file() and (folder / "entities.csv").is_file()


def read(folder: Path, name: str, *, quotes: bool = False) -> SyntheticNER:
    """The corpus in a folder of this layout.

    Args:
        folder: with both files.
        name: of the corpus.
        quotes: keep the quotation marks about a name, outside it; without, they are left out.

    Raises:
        DataError: naming file, line and what was expected.
    """
    contexts: list[Context] = []
    entities: dict[str, Entity] = {}
    notes: list[Dropped] = []
    files: list[FileRead] = []
    table = _Table(folder / "contexts.csv")
    for line, row in table.rows(notes):
        contexts.append(_context(row, table.texts(row)))
        for language, text in contexts[-1].texts.items():
            if len(SLOT.findall(text)) != 1:
                found = ", ".join(dict.fromkeys(re.findall(r"\[[^\[\]]*\]", text))) or "none"
                raise DataError(
                    f"{table.path}, line {line}: {language} must have exactly one of {SLOTS}.", f"It has {found}."
                )
    files.append(table.read(len(contexts)))
    table = _Table(folder / "entities.csv")
    for line, row in table.rows(notes):
        known = entities.get(row["id"])
        if known and (known.type, known.gender) != (row["type"], row["gender"]):
            raise DataError(f"{table.path}, line {line}: {known.id!r} has another type or gender above.")
        entities[row["id"]] = _with_form(known, row, table.texts(row), quotes)
    files.append(table.read(len(entities)))
    corpus = SyntheticNER(name, contexts, list(entities.values()), dropped=notes, files=files)
    if not corpus.languages:
        raise DataError(f"{folder} has no text in any language.", "Expected columns of languages, such as be and en.")
    return corpus


def read_own(folder: Path, name: str, *, quotes: bool = False) -> SyntheticNER:
    """As `read`, of files that tests have found whole and tidy; a line is cut into texts when one is asked for."""
    contexts = [_context(row, texts) for row, texts in _own_rows(folder / "contexts.csv")]
    entities: dict[str, Entity] = {}
    for row, texts in _own_rows(folder / "entities.csv"):
        if row["case"] == "nominative":
            names = texts.names()
            entities[row["id"]] = _entity(row, names, LineSigns(names, quotes))
        else:
            cast("dict[str, Mapping[str, str]]", entities[row["id"]].forms)[row["case"]] = texts
    return SyntheticNER(name, contexts, list(entities.values()))


def _own_rows(path: Path) -> Iterator[tuple[dict[str, str], LineTexts]]:
    """The columns before the languages, which hold no comma, and the texts of every line."""
    header, *lines = path.read_bytes().decode("utf-8").splitlines()
    names = header.split(",")
    first = next(place for place, column in enumerate(names) if column in LANGUAGES)
    languages = dict.fromkeys(names[first:])
    for line in lines:
        *cells, texts = line.split(",", first)
        yield dict(zip(names, cells, strict=False)), LineTexts(texts, languages)


def _context(row: dict[str, str], texts: Mapping[str, str]) -> Context:
    fits = tuple(sorted(set(row.get("fits", "").split())))
    return Context(
        row["id"], row["type"], row["case"], row["gender"], texts, row.get("decisive", ""), row.get("tense", ""), fits
    )


def _with_form(known: Entity | None, row: dict[str, str], texts: dict[str, str], quotes: bool) -> Entity:
    """The entity that a row describes, with the forms that earlier rows of the same id gave it."""
    around: dict[str, tuple[str, str]] = {}
    if row["case"] == "nominative":
        for language, form in texts.items():
            # A name begins with a capital, what stands before it does not; most cells are such names.
            if not form[:1].isupper():
                name, signs = bare_name(form, language)
                texts[language] = name
                if any(signs) and (quotes or not signs[1]):
                    around[language] = signs
    if known is None:
        return _entity(row, texts, around)
    return replace(known, forms={**known.forms, row["case"]: texts}, around={**known.around, **around})


def _entity(row: dict[str, str], texts: Mapping[str, str], around: Mapping[str, tuple[str, str]]) -> Entity:
    alike = tuple(sorted(set(row.get("alike", "").split())))
    return Entity(
        row["id"],
        row["type"],
        row["gender"],
        row["ambiguity"],
        {row["case"]: texts},
        around,
        alike,
        row.get("kind", ""),
    )


class _Table:
    """A file of contexts or names, by the names of its columns."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.is_names = path.name == "entities.csv"
        self._lines = ((line, row) for line, row in raw_rows(path, delimiter_in(path)) if not _is_comment(row))
        self.header_line, header = next(((line, row) for line, row in self._lines if row), (1, []))
        if not header:
            raise DataError(
                f"{path} is empty.", f"Expected a first line such as {','.join((*_KNOWN[:4], 'be', 'en'))}."
            )
        plain = [tidy(cell) for cell in header]
        self.header = [name.lower() if name.lower() in _KNOWN else name for name in plain]
        if missing := [column for column in _NEEDED if column not in self.header]:
            raise DataError(
                f"{path}, line {self.header_line}: it lacks the column {', '.join(missing)}.",
                f"Expected {', '.join(_NEEDED)} and languages; it has {', '.join(plain)}.",
            )
        self.languages = language_columns(self.header, _KNOWN)
        if not self.languages:
            raise no_language(path, plain)
        self.names = [self.languages.get(place, name) for place, name in enumerate(self.header)]
        if len(set(self.names)) < len(self.names):
            raise DataError(f"{path}, line {self.header_line}: a column is named twice.", f"It has {', '.join(plain)}.")
        self._size = 0

    def texts(self, row: dict[str, str]) -> dict[str, str]:
        """Language → text of a row."""
        return {code: text for code in in_order(self.languages.values()) if (text := tidy(row[code]))}

    def read(self, kept: int) -> FileRead:
        """What is told of the file."""
        renamed = [
            f"{self.header[place]} as {code}" for place, code in self.languages.items() if self.header[place] != code
        ]
        told = f"languages: {', '.join(renamed)}" if renamed else ""
        codes = in_order(self.languages.values())
        return FileRead(self.path.name, "", "", codes, self._size, kept, "names" if self.is_names else "contexts", told)

    def rows(self, notes: list[Dropped]) -> Iterator[tuple[int, dict[str, str]]]:
        """Lines and rows; columns that nobody knows are noted.

        Raises:
            DataError: naming file, line and what was expected.
        """
        path = self.path
        for place, name in enumerate(self.header):
            if place not in self.languages and name not in _KNOWN and name:
                notes.append(dropped(path.name, self.header_line, "", "unknown column left out", name))
        seen: set[tuple[str, str]] = set()
        for line, cells in self._lines:
            if not cells:
                continue
            if len(cells) != len(self.header):
                raise DataError(f"{path}, line {line}: expected {len(self.header)} cells, not {len(cells)}.")
            row = {"ambiguity": "", **dict(zip(self.names, cells, strict=True))}
            if row["type"] not in ENTITY_TYPES or row["case"] not in CASES:
                raise DataError(
                    f"{path}, line {line}: unknown type {row['type']!r} or case {row['case']!r}.",
                    f"Types are {', '.join(ENTITY_TYPES)}; cases {', '.join(CASES)}.",
                )
            if row["gender"] not in GENDERS:
                raise DataError(f"{path}, line {line}: unknown gender {row['gender']!r}.", "Expected m, f or nothing.")
            # A context has one row, an entity one for each of its cases.
            key = row["id"], row["case"] if self.is_names else ""
            if key in seen:
                raise DataError(f"{path}, line {line}: {row['id']!r} has such a row above.", "Ids must differ.")
            seen.add(key)
            self._size += 1
            yield line, row


def _is_comment(row: list[str]) -> bool:
    return bool(row) and row[0].startswith("#")
