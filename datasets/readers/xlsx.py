"""Cells of .xlsx workbooks that nobody vouches for.

The standard library is enough: two columns of one sheet are wanted, no formulas or styles, and a reader of our own can
refuse what a spreadsheet library would accept: document types, entities, parts that unpack to gigabytes, and cells
whose words a person saw otherwise than they are stored.
"""

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from xml.parsers import expat

from nerspace.datasets.errors import DataError
from nerspace.datasets.lines import kind_of_bytes, read_whole

# Bytes: of the file, and of all its parts unpacked. The gold tables have 0.2 and 1.5 million.
LARGEST_FILE = 50_000_000
LARGEST_CONTENT = 200_000_000
# Of one part over its packed size; XML of a real sheet packs to a tenth, DEFLATE to a thousandth at most.
HIGHEST_RATIO = 200
# Excel's own limit for a cell.
LONGEST_CELL = 32_767
MOST_CELLS = 10_000_000
_CHUNK = 65_536

# Number formats that show a whole number as it is stored: General, 0, and text.
_PLAIN = frozenset({0, 1, 49})
UNREADABLE = "a cell that shows something else than it stores"

_DAMAGE = (
    zipfile.BadZipFile, zlib.error, EOFError, KeyError, ValueError, RuntimeError, NotImplementedError, OverflowError,
    OSError, expat.ExpatError,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """A row that holds something. number: as the spreadsheet shows it. cells: column letters to text.

    unreadable: columns whose text cannot be told: dates, formatted numbers, true and false, errors.
    """

    number: int
    cells: dict[str, str]
    unreadable: tuple[str, ...] = ()


class Workbook:
    """The sheets of a workbook.

    Raises: DataError when the file is none, is too large, or changes while it is read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        content = read_whole(path, LARGEST_FILE)
        if not content.startswith(b"PK\x03\x04"):
            kind = kind_of_bytes(content[:16]) or ("empty" if not content else "no .xlsx workbook")
            raise DataError(f"{path} is {kind}.", "Expected a table saved as .xlsx.")
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(content))
            self._parts = {info.filename: info for info in self._archive.infolist()}
            self._check_sizes(len(self._archive.infolist()))
            self.sheets = self._find_sheets()
            self._strings: list[str] | None = None
            self._formats = self._find_formats()
        except _DAMAGE as error:
            raise self._damaged(error) from error

    def rows(self, sheet: str) -> Iterator[Row]:
        """The rows of a sheet, top to bottom; empty ones are left out, and their numbers with them.

        Raises: DataError.
        """
        try:
            if self._strings is None:
                self._strings = self._find_strings()
            reader = _Sheet(self._strings, self._formats)
            for _ in self._parse(self.sheets[sheet], reader.start, reader.end, reader.text):
                yield from reader.take()
        except _DAMAGE as error:
            raise self._damaged(error) from error

    def _damaged(self, error: Exception) -> DataError:
        return DataError(f"{self.path} is a damaged .xlsx workbook: {error}.", "Open it and save it as .xlsx again.")

    def _check_sizes(self, entries: int) -> None:
        if entries != len(self._parts) or entries > 10_000:
            raise ValueError("its list of parts is not in order")
        total = 0
        for info in self._parts.values():
            total += info.file_size
            if info.file_size > 1_000_000 and info.file_size > HIGHEST_RATIO * info.compress_size:
                raise ValueError(f"{info.filename} unpacks to {info.file_size:,} bytes, over {HIGHEST_RATIO}-fold")
        if total > LARGEST_CONTENT:
            raise ValueError(f"it unpacks to {total:,} bytes, more than {LARGEST_CONTENT:,}")

    def _open(self, part: str) -> IO[bytes]:
        info = self._parts[part]
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or info.flag_bits & 1:
            raise ValueError(f"{part} is encrypted or packed in an unusual way")
        return self._archive.open(info)

    def _parse(
        self, part: str, start: Callable[[str, dict[str, str]], None], end: Callable[[str], None],
        text: Callable[[str], None] | None = None,
    ) -> Iterator[None]:  # fmt: skip
        """Feed a part to handlers, and yield after every piece; no more is unpacked than the archive declares."""
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = lambda name, attributes: start(_local(name), attributes)
        parser.EndElementHandler = lambda name: end(_local(name))
        parser.CharacterDataHandler = text
        parser.StartDoctypeDeclHandler = _refuse_doctype
        parser.EntityDeclHandler = _refuse_doctype
        left = self._parts[part].file_size
        with self._open(part) as handle:
            while piece := handle.read(_CHUNK):
                left -= len(piece)
                if left < 0:
                    raise ValueError(f"{part} unpacks to more than it says")
                parser.Parse(piece, False)
                yield
        parser.Parse(b"", True)
        yield

    def _find_sheets(self) -> dict[str, str]:
        """Names of the sheets, in order, and the parts that hold them."""
        targets: dict[str, str] = {}
        sheets: dict[str, str] = {}

        def relation(name: str, attributes: dict[str, str]) -> None:
            if name == "Relationship":
                target = attributes.get("Target", "")
                targets[attributes.get("Id", "")] = posixpath.normpath(posixpath.join("/xl", target)).lstrip("/")

        def sheet(name: str, attributes: dict[str, str]) -> None:
            if name == "sheet":
                key = next((value for key, value in attributes.items() if _local(key) == "id" and " " in key), "")
                sheets[attributes.get("name", "")] = targets[key]

        for part, handler in (("xl/_rels/workbook.xml.rels", relation), ("xl/workbook.xml", sheet)):
            for _ in self._parse(part, handler, _ignore):
                pass
        return {name: part for name, part in sheets.items() if "worksheets/" in part}

    def _find_strings(self) -> list[str]:
        strings = _Strings()
        if "xl/sharedStrings.xml" in self._parts:
            for _ in self._parse("xl/sharedStrings.xml", strings.start, strings.end, strings.text):
                pass
        return strings.found

    def _find_formats(self) -> list[int]:
        """The number format of each cell style."""
        formats: list[int] = []
        inside: list[str] = []

        def start(name: str, attributes: dict[str, str]) -> None:
            if name == "xf" and inside and inside[-1] == "cellXfs":
                formats.append(int(attributes.get("numFmtId", "0")))
            inside.append(name)

        if "xl/styles.xml" in self._parts:
            for _ in self._parse("xl/styles.xml", start, lambda _: _ignore(inside.pop())):
                pass
        return formats


@dataclass(slots=True)
class _Strings:
    """Shared strings; the parts of rich text are joined, the reading aids of East Asian text left out."""

    found: list[str] = field(default_factory=list)
    _pieces: list[str] = field(default_factory=list)
    _depth: int = 0
    _wanted: bool = False

    def start(self, name: str, _: dict[str, str]) -> None:
        if name == "si":
            self._pieces = []
        elif name == "rPh":
            self._depth += 1
        self._wanted = name == "t" and not self._depth

    def text(self, text: str) -> None:
        if self._wanted:
            self._pieces.append(text)

    def end(self, name: str) -> None:
        self._wanted = False
        if name == "rPh":
            self._depth -= 1
        elif name == "si":
            if len(self.found) >= MOST_CELLS:
                raise ValueError(f"more than {MOST_CELLS:,} texts")
            self.found.append(_short("".join(self._pieces)))


class _Sheet:
    """Handlers that turn a sheet's XML into rows."""

    def __init__(self, strings: list[str], formats: list[int]) -> None:
        self.strings, self.formats = strings, formats
        self.done: list[Row] = []
        self.number = self.seen = 0
        self.column = 0
        self.kind, self.style = "n", 0
        self.cells: dict[str, str] = {}
        self.unreadable: list[str] = []
        self.pieces: list[str] = []
        self.wanted = self.in_cell = False
        self.phonetic = 0

    def take(self) -> list[Row]:
        """The rows completed since the last call."""
        done, self.done = self.done, []
        return done

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "row":
            number = int(attributes.get("r", self.number + 1))
            if number <= self.number:
                raise ValueError(f"row {number} follows row {self.number}")
            self.number, self.column, self.cells, self.unreadable = number, 0, {}, []
        elif name == "c":
            reference = attributes.get("r")
            self.column = _column(reference, self.number) if reference else self.column + 1
            self.kind, self.style = attributes.get("t", "n"), int(attributes.get("s", "0"))
            self.pieces, self.in_cell = [], True
        elif name == "rPh":
            self.phonetic += 1
        self.wanted = self.in_cell and name in ("v", "t") and not self.phonetic

    def text(self, text: str) -> None:
        if self.wanted:
            self.pieces.append(text)

    def end(self, name: str) -> None:
        self.wanted = False
        if name == "rPh":
            self.phonetic -= 1
        elif name == "c":
            self.in_cell = False
            self._end_cell("".join(self.pieces))
        elif name == "row" and (self.cells or self.unreadable):
            self.done.append(Row(self.number, self.cells, tuple(self.unreadable)))

    def _end_cell(self, stored: str) -> None:
        self.seen += 1
        if self.seen > MOST_CELLS:
            raise ValueError(f"more than {MOST_CELLS:,} cells")
        letters = _letters(self.column)
        if letters in self.cells or letters in self.unreadable:
            raise ValueError(f"two cells {letters}{self.number}")
        if not stored:
            return
        if self.kind == "s":
            index = int(stored)
            if not 0 <= index < len(self.strings):
                raise ValueError(f"cell {letters}{self.number} names a text that is not there")
            stored = self.strings[index]
        elif self.kind in ("str", "inlineStr"):
            stored = _short(stored)
        elif self.kind != "n" or not self._shown_as_stored(stored):
            self.unreadable.append(letters)
            return
        if stored.strip():
            self.cells[letters] = stored

    def _shown_as_stored(self, stored: str) -> bool:
        """Whole numbers in a plain format look as they are stored; dates, percentages and fractions may not."""
        plain = not self.formats or (0 <= self.style < len(self.formats) and self.formats[self.style] in _PLAIN)
        return plain and re.fullmatch(r"-?\d{1,11}", stored, re.ASCII) is not None


def _local(name: str) -> str:
    return name.rpartition(" ")[2]


def _ignore(_: object) -> None:
    return None


def _refuse_doctype(*_: object) -> None:
    raise ValueError("it declares a document type or entities")


def _short(text: str) -> str:
    if len(text) > LONGEST_CELL:
        raise ValueError(f"a cell of {len(text):,} characters, more than {LONGEST_CELL:,}")
    return text


def _column(reference: str, row: int) -> int:
    found = re.fullmatch(r"([A-Z]{1,3})(\d{1,7})", reference, re.ASCII)
    if not found or int(found[2]) != row:
        raise ValueError(f"a cell {reference[:20]!r} in row {row}")
    number = 0
    for letter in found[1]:
        number = 26 * number + ord(letter) - 64
    return number


def _letters(column: int) -> str:
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
