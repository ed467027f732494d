"""Reads lists of names in several languages, without contexts: a wide table or a long one.

Wide: a row for each name and a column for each language (be, BY, Ukrainian, name_be), in any order; id, type and gender
where they are there. Long, as ParaNames is: a row for each name in one language, with columns for id, language, label
and type; a column that is called as a language, as ParaNames' `eng`, holds the name in it. Cells are parted by commas,
semicolons or tabs. A name without a type is of the type NAME.
"""

from pathlib import Path

from nerspace.datasets.dropped import Dropped, FileRead, dropped
from nerspace.datasets.errors import DataError
from nerspace.datasets.filling import SLOT
from nerspace.datasets.languages import code_of
from nerspace.datasets.lines import first_lines
from nerspace.datasets.readers.columns import names_tags, names_words
from nerspace.datasets.readers.csv_rows import delimiter_in, language_columns, raw_rows, tidy
from nerspace.datasets.records import Entity, languages_of
from nerspace.datasets.synthetic import SyntheticNER
from nerspace.datasets.tagging import is_like_marked, type_of

UNTYPED = "NAME"
# Rows of a list; all of ParaNames has a hundred times as many.
MOST_ROWS = 2_000_000
_IDS = ("wikidata_id", "id", "qid", "entity_id", "entity", "wikidata")
_LANGUAGES = ("language", "lang", "language_code", "lang_code")
_LABELS = ("label", "name", "form", "alias", "title")
_TYPES = ("type", "types", "entity_type", "kind", "class")
_OTHERS = frozenset((*_IDS, *_LANGUAGES, *_LABELS, *_TYPES, "gender"))


def recognises(path: Path) -> bool:
    """Whether the first line names two languages, or a language and a label, and the next is no context."""
    if not path.is_file():
        return False
    lines = [line for line in first_lines(path) if line.strip() and not line.startswith("#")][:20]
    if len(lines) < 2 or lines[0].lstrip().startswith(("{", "[")):
        return False
    try:
        header = _header(next(raw_rows(path, delimiter_in(path)), (0, []))[1])
    except DataError:
        return False
    if any(names_words(name) or names_tags(name) for name in header if name not in _OTHERS):
        return False
    if len(header) < 2 or any(map(is_like_marked, header)) or any(SLOT.search(line) for line in lines[1:]):
        return False
    spoken = language_columns(header, _OTHERS)
    return len(spoken) > 1 or (_find(header, _LANGUAGES) >= 0 and _find(header, _LABELS) >= 0)


def read(path: Path, name: str) -> SyntheticNER:
    """The names of a list, as a corpus without contexts.

    Raises:
        DataError: naming file, line and what was expected.
    """
    rows = raw_rows(path, delimiter_in(path))
    header = _header(next(rows, (0, []))[1])
    names = _Names(path.name)
    spoken = language_columns(header, _OTHERS)
    long = _find(header, _LANGUAGES), _find(header, _LABELS)
    used = {*spoken, *(place for place in (*long, _find(header, _IDS), _find(header, _TYPES)) if place >= 0)}
    for place, column in enumerate(header):
        if place not in used and column and column != "gender":
            names.drop(1, "unknown column left out", column)
    for count, (line, cells) in enumerate(rows):
        if count >= MOST_ROWS:
            raise DataError(f"{path} has more than {MOST_ROWS:,} rows.", "Keep those of your languages.")
        if not any(cells):
            continue
        if len(cells) != len(header):
            raise DataError(
                f"{path}, line {line}: {len(cells)} cells.", f"Expected {len(header)}: {', '.join(header)}."
            )
        names.add(line, header, [tidy(cell) for cell in cells], spoken, long)
    entities = names.entities()
    if not entities:
        raise DataError(f"{path} has no name below its first line.", "Expected a row for each name.")
    codes = languages_of(entities)
    if len(codes) < 2:
        raise DataError(f"{path} has names in {', '.join(codes)} alone.", "Expected names in two languages or more.")
    what = "a row for each language" if min(long) >= 0 else "a column for each language"
    told = [f"{header[place]} as {code}" for place, code in spoken.items() if header[place] != code]
    kinds = " ".join(sorted({entity.type for entity in entities}))
    file = FileRead(path.name, kinds, "nominative", codes, names.size, len(entities), "a list of names",
                    "; ".join([what, *([f"languages: {', '.join(told)}"] if told else [])]))  # fmt: skip
    return SyntheticNER(name, [], entities, codes, dropped=names.dropped, files=[file])


class _Names:
    """Gathers the forms of names, row by row."""

    def __init__(self, shown: str) -> None:
        self.shown = shown
        self.size = 0
        self.dropped: list[Dropped] = []
        self._forms: dict[str, dict[str, str]] = {}
        self._types: dict[str, str] = {}
        self._genders: dict[str, str] = {}

    def drop(self, line: int, reason: str, text: str, language: str = "") -> None:
        """Note what is left out."""
        self.dropped.append(dropped(self.shown, line, language, reason, text))

    def add(
        self, line: int, header: list[str], cells: list[str], spoken: dict[int, str], long: tuple[int, int]
    ) -> None:
        """One row of the list."""
        self.size += 1
        place = _find(header, _IDS)
        key = (cells[place] if place >= 0 else "") or f"line {line}"
        found = [(code, cells[column]) for column, code in spoken.items()]
        if min(long) >= 0:
            if not (code := code_of(cells[long[0]])):
                self.drop(line, "a code that is no language", cells[long[0]])
            else:
                # A name in its own language comes before the one that stands beside every row.
                found = [(code, cells[long[1]]), *((other, form) for other, form in found if other != code)]
        elif key in self._forms:
            self.drop(line, "an id that stands above", key)
            return
        forms = self._forms.setdefault(key, {})
        for code, form in found:
            if not any(map(str.isalnum, form)):
                self.drop(line, "no name, language left out", form, code)
            elif form != forms.setdefault(code, form):
                self.drop(line, "a second name in one language", form, code)
        kind = cells[_find(header, _TYPES)] if _find(header, _TYPES) >= 0 else ""
        self._types.setdefault(key, type_of(kind) or UNTYPED)
        gender = cells[header.index("gender")].lower() if "gender" in header else ""
        self._genders.setdefault(key, gender if gender in ("m", "f") else "")

    def entities(self) -> list[Entity]:
        """The names that have a form."""
        return [
            Entity(key, self._types[key], self._genders[key], "", {"nominative": forms})
            for key, forms in self._forms.items()
            if forms
        ]


def _header(cells: list[str]) -> list[str]:
    plain = [tidy(cell) for cell in cells]
    return [name.lower() if name.lower() in _OTHERS else name for name in plain]


def _find(header: list[str], names: tuple[str, ...]) -> int:
    return next((header.index(name) for name in names if name in header), -1)
