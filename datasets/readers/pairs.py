"""Reads our own layout: contexts.csv and entities.csv, one row per context or form, one column per language."""

import csv
from collections.abc import Iterator
from pathlib import Path

from nerspace.datasets.errors import DataError
from nerspace.datasets.filling import SLOT
from nerspace.datasets.languages import LANGUAGES
from nerspace.datasets.records import CASES, ENTITY_TYPES, Context, Entity
from nerspace.datasets.synthetic import SyntheticNER


def recognises(folder: Path) -> bool:
    """Whether the folder has this layout."""
    return (folder / "contexts.csv").is_file() and (folder / "entities.csv").is_file()


def read(folder: Path, name: str) -> SyntheticNER:
    """The corpus in a folder of this layout.

    Raises: DataError naming file, line and what was expected.
    """
    contexts = [
        Context(row["id"], row["type"], row["case"], row["gender"], _texts(row))
        for row in _rows(folder / "contexts.csv", ("id", "type", "case", "gender"))
    ]
    for line, context in enumerate(contexts, start=2):
        for language, text in context.texts.items():
            if len(SLOT.findall(text)) != 1:
                raise DataError(f"{folder / 'contexts.csv'}, line {line}: {language} must have exactly one [slot].")
    entities: dict[str, Entity] = {}
    for row in _rows(folder / "entities.csv", ("id", "type", "case", "gender", "ambiguity")):
        entity = entities.setdefault(row["id"], Entity(row["id"], row["type"], row["gender"], row["ambiguity"], {}))
        entities[row["id"]] = Entity(
            entity.id, entity.type, entity.gender, entity.ambiguity, {**entity.forms, row["case"]: _texts(row)}
        )
    return SyntheticNER(name, contexts, list(entities.values()))


def _texts(row: dict[str, str]) -> dict[str, str]:
    return {code: row[code].strip() for code in LANGUAGES if row.get(code, "").strip()}


def _rows(path: Path, needed: tuple[str, ...]) -> Iterator[dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            reader = csv.DictReader(handle, strict=True)
            missing = [column for column in needed if column not in (reader.fieldnames or ())]
            if missing:
                raise DataError(f"{path} lacks the column {', '.join(missing)}.")
            for row in reader:
                if None in row or None in row.values():
                    raise DataError(f"{path}, line {reader.line_num}: expected {len(reader.fieldnames or ())} cells.")
                if row["type"] not in ENTITY_TYPES or row["case"] not in CASES:
                    raise DataError(
                        f"{path}, line {reader.line_num}: unknown type {row['type']!r} or case {row['case']!r}.",
                        f"Types are {', '.join(ENTITY_TYPES)}; cases {', '.join(CASES)}.",
                    )
                yield row
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path} cannot be read as UTF-8 CSV: {error}.") from error
