"""Reads our own layout: contexts.csv and entities.csv, one row per context or form, one column per language."""

from collections.abc import Iterator
from pathlib import Path

from nerspace.datasets.errors import DataError
from nerspace.datasets.filling import SLOT
from nerspace.datasets.languages import LANGUAGES
from nerspace.datasets.readers.csv_rows import raw_rows, tidy
from nerspace.datasets.records import CASES, ENTITY_TYPES, Context, Entity
from nerspace.datasets.synthetic import SyntheticNER

GENDERS = ("m", "f", "")


def recognises(folder: Path) -> bool:
    """Whether the folder has this layout."""
    return (folder / "contexts.csv").is_file() and (folder / "entities.csv").is_file()


def read(folder: Path, name: str) -> SyntheticNER:
    """The corpus in a folder of this layout.

    Raises:
        DataError: naming file, line and what was expected.
    """
    contexts = []
    for line, row in _rows(folder / "contexts.csv", ("id", "type", "case", "gender")):
        contexts.append(Context(row["id"], row["type"], row["case"], row["gender"], _texts(row)))
        for language, text in contexts[-1].texts.items():
            if len(SLOT.findall(text)) != 1:
                raise DataError(f"{folder / 'contexts.csv'}, line {line}: {language} must have exactly one [slot].")
    entities: dict[str, Entity] = {}
    for line, row in _rows(folder / "entities.csv", ("id", "type", "case", "gender", "ambiguity")):
        entity = entities.setdefault(row["id"], Entity(row["id"], row["type"], row["gender"], row["ambiguity"], {}))
        if (entity.type, entity.gender) != (row["type"], row["gender"]):
            raise DataError(f"{folder / 'entities.csv'}, line {line}: {entity.id!r} has another type or gender above.")
        entities[row["id"]] = Entity(
            entity.id, entity.type, entity.gender, entity.ambiguity, {**entity.forms, row["case"]: _texts(row)}
        )
    return SyntheticNER(name, contexts, list(entities.values()))


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
