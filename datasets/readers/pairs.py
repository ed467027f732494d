"""Reads our own layout: contexts.csv and entities.csv, one row per context or form, one column per language.

contexts.csv may have the columns decisive, tense and fits; entities.csv kind and alike. A nominative is written as it
stands in a sentence, with its article in lower case or in quotation marks: "the World Bank", «Барселона».
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import cast

from nerspace.datasets.errors import DataError
from nerspace.datasets.filling import SLOT, bare_name
from nerspace.datasets.languages import LANGUAGES
from nerspace.datasets.readers.csv_rows import raw_rows, tidy
from nerspace.datasets.readers.line_texts import LineSigns, LineTexts
from nerspace.datasets.records import CASES, ENTITY_TYPES, Context, Entity
from nerspace.datasets.synthetic import SyntheticNER

GENDERS = ("m", "f", "")


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
    contexts = []
    for line, row in _rows(folder / "contexts.csv", ("id", "type", "case", "gender")):
        contexts.append(_context(row, _texts(row)))
        for language, text in contexts[-1].texts.items():
            if len(SLOT.findall(text)) != 1:
                raise DataError(f"{folder / 'contexts.csv'}, line {line}: {language} must have exactly one [slot].")
    entities: dict[str, Entity] = {}
    for line, row in _rows(folder / "entities.csv", ("id", "type", "case", "gender", "ambiguity")):
        known = entities.get(row["id"])
        if known and (known.type, known.gender) != (row["type"], row["gender"]):
            raise DataError(f"{folder / 'entities.csv'}, line {line}: {known.id!r} has another type or gender above.")
        entities[row["id"]] = _with_form(known, row, _texts(row), quotes)
    return SyntheticNER(name, contexts, list(entities.values()))


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
    fits = frozenset(row.get("fits", "").split())
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
    alike = frozenset(row.get("alike", "").split())
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


def _texts(row: dict[str, str]) -> dict[str, str]:
    return {code: text for code in LANGUAGES if (text := tidy(row.get(code, "")))}


def _rows(path: Path, needed: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    lines = raw_rows(path)
    header = next(lines, (0, []))[1]
    if missing := [column for column in needed if column not in header]:
        raise DataError(
            f"{path}, line 1: it lacks the column {', '.join(missing)}.", f"Expected {', '.join(needed)} and languages."
        )
    if len(set(header)) < len(header):
        raise DataError(f"{path}, line 1: a column is named twice.", f"It has {', '.join(header)}.")
    seen: set[tuple[str, str]] = set()
    for line, cells in lines:
        if not cells:
            continue
        if len(cells) != len(header):
            raise DataError(f"{path}, line {line}: expected {len(header)} cells, not {len(cells)}.")
        row = dict(zip(header, cells, strict=True))
        if row["type"] not in ENTITY_TYPES or row["case"] not in CASES:
            raise DataError(
                f"{path}, line {line}: unknown type {row['type']!r} or case {row['case']!r}.",
                f"Types are {', '.join(ENTITY_TYPES)}; cases {', '.join(CASES)}.",
            )
        if row["gender"] not in GENDERS:
            raise DataError(f"{path}, line {line}: unknown gender {row['gender']!r}.", "Expected m, f or nothing.")
        # A context has one row, an entity one for each of its cases.
        key = row["id"], row["case"] if "ambiguity" in needed else ""
        if key in seen:
            raise DataError(f"{path}, line {line}: {row['id']!r} has such a row above.", "Ids must differ.")
        seen.add(key)
        yield line, row
