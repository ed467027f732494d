"""Contexts and names from CSV files with one column per language: what SyntheticNER and SlavNER have in common."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nerspace.datasets.dropped import Dropped, FileRead, dropped
from nerspace.datasets.errors import DataError
from nerspace.datasets.filling import SLOT
from nerspace.datasets.readers.csv_rows import Rows, read_rows
from nerspace.datasets.readers.joining import join
from nerspace.datasets.records import Context, Entity
from nerspace.datasets.synthetic import SyntheticNER

_GENDERS = {"m": "m", "f": "f", "male": "m", "female": "f"}
_SLOT_GENDERS = {"[male]": "m", "[female]": "f"}
# More unread files than this are not listed.
_MOST_UNREAD = 1_000


@dataclass(frozen=True, slots=True)
class Source:
    """A file of contexts or names.

    shown: its path inside the folder, for messages and tables. id: start of the ids of what is in it; the number behind
    it is the line. has_names: it holds names, else contexts. mark: from a text of a context and its language to the
    text with its slots as `filling.SLOT` knows them.
    """

    path: Path
    shown: str
    id: str
    type: str
    case: str
    has_names: bool
    mark: Callable[[str, str], str] | None = None


def read_sources(name: str, home: Path, sources: Iterable[Source], folders: Sequence[Path]) -> SyntheticNER:
    """The corpus of these files.

    Args:
        name: of the corpus.
        home: the folder that was given.
        sources: its files, names before the contexts of another case that they are joined with.
        folders: those whose other files are listed as dropped; none of them is opened.

    Raises:
        DataError: naming file, line and what was expected; when no context has a name in any language.
    """
    found = _Collector()
    for source in sources:
        if source.has_names:
            found.add_names(source)
        else:
            found.add_contexts(source)
    found.leave_unread(home, folders)
    return found.corpus(name, home)


@dataclass(slots=True)
class _Collector:
    """Gathers what the files of one folder hold, until it is a corpus."""

    contexts: list[Context] = field(default_factory=list)
    refused: list[Context] = field(default_factory=list)
    entities: list[Entity] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)
    files: list[FileRead] = field(default_factory=list)

    def add_names(self, source: Source) -> None:
        """Read a file of names.

        A name keeps the languages that it has. One of another case than the nominative becomes a further form of the
        entity that it surely belongs to, else an entity of its own.
        """
        gendered = source.type == "PER"
        table = read_rows(source.path, ("gender",) if gendered else ())
        names = []
        for line, cells in table.rows:
            gender = _GENDERS.get(cells["gender"].lower(), "") if gendered else ""
            forms = {code: cells[code] for code in table.languages if any(map(str.isalnum, cells[code]))}
            if gendered and not gender:
                self._drop(source, line, "", "no gender m or f, row left out", " ".join(forms.values()))
            else:
                for code in table.languages:
                    if code not in forms:
                        self._drop(source, line, code, "no name, language left out", cells[code])
                if forms:
                    names.append(Entity(f"{source.id}-{line:05d}", source.type, gender, "", {source.case: forms}))
        self._report(source, table, len(names))
        if source.case != "nominative":
            self.entities, names = join(self.entities, names, source.case)
        self.entities += names

    def add_contexts(self, source: Source) -> None:
        """Read a file of contexts.

        A language whose text has no slot, or another number of slots than most, is left out; in the nominative the row
        is: dropped where a slot is missing, refused where slots differ. An empty cell only ever leaves out its
        language.
        """
        table = read_rows(source.path)
        whole, mark = source.case == "nominative", source.mark
        sound_rows = 0
        for line, cells in table.rows:
            texts = {code: mark(cells[code], code) if mark else cells[code] for code in table.languages}
            faults = {code: fault for code, text in texts.items() if (fault := _fault(text, source.type))}
            sound = {code: text for code, text in texts.items() if code not in faults}
            odd = _odd(sound)
            fatal = whole and any(fault != "no text" for fault in faults.values())
            for code, fault in {**faults, **odd}.items():
                left_out = "row" if whole and fault != "no text" else "language"
                self._drop(source, line, code, f"{fault}, {left_out} left out", cells[code])
            if fatal or not sound:
                continue
            if odd and whole:
                self.refused.append(_context(source, line, sound))
            else:
                texts = {code: text for code, text in sound.items() if code not in odd}
                self.contexts.append(_context(source, line, texts))
                sound_rows += 1
        self._report(source, table, sound_rows)

    def leave_unread(self, home: Path, folders: Sequence[Path]) -> None:
        """Note the files of these folders that no reader took; none of them is opened."""
        read = {file.file for file in self.files}
        for shown in _unread(home, folders):
            if shown not in read:
                self.dropped.append(dropped(shown, 0, "", "no file of this layout, never opened", ""))

    def corpus(self, name: str, home: Path) -> SyntheticNER:
        """What was gathered."""
        open_slots = {(c.type, c.case, c.gender, code) for c in self.contexts for code in c.texts}
        if not any(
            (entity.type, case, entity.gender, code) in open_slots
            for entity in self.entities
            for case, forms in entity.forms.items()
            for code in forms
        ):
            files = ", ".join(file.file for file in self.files) or "none"
            raise DataError(
                f"{home} has no context with a name that fits it.",
                f"Read: {files}. Expected contexts and names of one type with a language in common.",
            )
        return SyntheticNER(
            name, self.contexts, self.entities, refused=self.refused, dropped=self.dropped, files=self.files
        )

    def _drop(self, source: Source, line: int, language: str, reason: str, text: str) -> None:
        self.dropped.append(dropped(source.shown, line, language, reason, text))

    def _report(self, source: Source, table: Rows, sound_rows: int) -> None:
        for name in table.others:
            self._drop(source, 1, "", "unknown column left out", name)
        for line in table.blank:
            self._drop(source, line, "", "empty line", "")
        self.files.append(
            FileRead(source.shown, source.type, source.case, table.languages, len(table.rows), sound_rows)
        )


def _fault(text: str, kind: str) -> str:
    """Why a text is no context of that type; empty when it is one."""
    if not text:
        return "no text"
    slots = set(SLOT.findall(text))
    if not slots:
        return "stray slot" if "???" in text else "no slot"
    if "???" in SLOT.sub("", text) or (kind == "PER") != (slots <= _SLOT_GENDERS.keys()):
        return "stray slot"
    return "slots of two genders" if kind == "PER" and len(slots) > 1 else ""


def _odd(texts: dict[str, str]) -> dict[str, str]:
    """The languages whose slots are others than those of most, with what is odd."""
    slots = {code: SLOT.findall(text) for code, text in texts.items()}
    usual = Counter(len(found) for found in slots.values()).most_common(1)
    genders = Counter(_SLOT_GENDERS.get(found[0], "") for found in slots.values()).most_common(1)
    odd = {code: "slot count differs" for code, found in slots.items() if len(found) != usual[0][0]}
    for code, found in slots.items():
        if _SLOT_GENDERS.get(found[0], "") != genders[0][0]:
            odd.setdefault(code, "gender differs")
    return odd


def _context(source: Source, line: int, texts: dict[str, str]) -> Context:
    gender = _SLOT_GENDERS.get(SLOT.findall(next(iter(texts.values())))[0], "")
    return Context(f"{source.id}-{line:05d}", source.type, source.case, gender, texts)


def _unread(home: Path, folders: Sequence[Path]) -> Iterator[str]:
    found = 0
    for folder in folders:
        try:
            paths = sorted(path for path in folder.iterdir() if path.is_file())
        except OSError:
            continue
        for path in paths:
            found += 1
            if found > _MOST_UNREAD:
                return
            yield path.relative_to(home).as_posix()
