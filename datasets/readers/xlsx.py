"""Cells of .xlsx workbooks that nobody vouches for: openpyxl reads what has passed a guard of our own.

The guard refuses what would cost memory or time before anything is parsed: parts that unpack to gigabytes, document
types and entities. openpyxl reads by defusedxml, which is installed with us: no entity is ever resolved.
"""

import io
import re
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nerspace.datasets.errors import DataError
from nerspace.datasets.lines import kind_of_bytes, read_whole

# Bytes: of the file, and of all its parts unpacked. The gold tables have 0.2 and 1.5 million.
LARGEST_FILE = 50_000_000
LARGEST_CONTENT = 100_000_000
# Of one part over its packed size; XML of a real sheet packs to a tenth, DEFLATE to a thousandth at most.
HIGHEST_RATIO = 200
# Excel's own limits for a cell and a sheet.
LONGEST_CELL = 32_767
MOST_ROWS = 1_048_576
# Columns that are looked at: token and label stand among the first.
MOST_COLUMNS = 100
# XML elements of all parts, a row of two cells has six. Parsed, one takes up to 400 bytes.
MOST_ELEMENTS = 4_000_000
_CHUNK = 65_536
_DOCTYPE = b"<!DOCTYPE"

# Number formats that show a whole number as it is stored.
_PLAIN = frozenset({"General", "0", "@"})
UNREADABLE = "a cell that shows something else than it stores"


class _TooLarge(ValueError):
    """More than is read of one workbook."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row that holds something. number: as the spreadsheet shows it. cells: column, from 1, to text.

    unreadable: columns whose text is not known: dates, formatted numbers, true and false, errors.
    """

    number: int
    cells: dict[int, str]
    unreadable: tuple[int, ...] = ()


class Workbook:
    """The sheets of a workbook, hidden ones among them.

    Raises:
        DataError: the file is none, is too large, or changes while it is read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        content = read_whole(path, LARGEST_FILE)
        if not content.startswith(b"PK\x03\x04"):
            kind = kind_of_bytes(content[:16]) or ("empty" if not content else "no .xlsx workbook")
            raise DataError(f"{path} is {kind}.", "Expected a table saved as .xlsx, without a password.")
        with self._damage_reported():
            _check_parts(content)
            self._sheets: dict[str, Any] = {sheet.title: sheet for sheet in _open(content).worksheets}
            if not self._sheets:
                raise ValueError("it has no sheet")
        self.sheets = tuple(self._sheets)

    def rows(self, sheet: str) -> Iterator[Row]:
        """The rows of a sheet, top to bottom; empty ones are left out, and their numbers with them.

        Raises:
            DataError: if it cannot be read.
        """
        with self._damage_reported():
            lines = self._sheets[sheet].iter_rows(max_row=MOST_ROWS, max_col=MOST_COLUMNS)
            for number, line in enumerate(lines, start=1):
                filled = [cell for cell in line if cell.value is not None]
                if wrong := next((cell for cell in filled if cell.row != number), None):
                    raise ValueError(f"a cell {wrong.coordinate} in row {number}")
                shown = {cell.column: _shown(cell) for cell in filled}
                cells = {column: text for column, text in shown.items() if text and text.strip()}
                unreadable = tuple(column for column, text in shown.items() if text is None)
                if cells or unreadable:
                    yield Row(number, cells, unreadable)

    @contextmanager
    def _damage_reported(self) -> Iterator[None]:
        try:
            yield
        # A parser that is given any bytes may raise anything; openpyxl puts paragraphs around what it met.
        except Exception as error:
            first = next(iter(str(error.__cause__ or error).splitlines()), type(error).__name__)
            if isinstance(error, _TooLarge):
                raise DataError(f"{self.path} is too large: {first}.", "Save it as several files.") from error
            raise DataError(
                f"{self.path} is a damaged .xlsx workbook: {first}.", "Open it and save it as .xlsx again."
            ) from error


def _open(content: bytes) -> Any:
    # A third of a second, and few commands read a spreadsheet.
    import openpyxl

    # It warns of styles and extensions that it does not keep; no cell depends on them.
    warnings.filterwarnings("ignore", category=UserWarning, module=r"openpyxl\.")
    return openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)


def _check_parts(content: bytes) -> None:
    """Refuse an archive whose parts are too large or not in order, before anything in it is parsed.

    Raises:
        ValueError: one is; zipfile raises errors of its own.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = archive.infolist()
        if len(parts) > 10_000 or len({part.filename for part in parts}) < len(parts):
            raise ValueError("its list of parts is not in order")
        for part in parts:
            if part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or part.flag_bits & 1:
                raise ValueError(f"{part.filename} is encrypted or packed in an unusual way")
            if part.file_size > 1_000_000 and part.file_size > HIGHEST_RATIO * part.compress_size:
                raise ValueError(f"{part.filename} unpacks to {part.file_size:,} bytes, over {HIGHEST_RATIO}-fold")
        if (total := sum(part.file_size for part in parts)) > LARGEST_CONTENT:
            raise _TooLarge(f"it unpacks to {total:,} bytes, more than {LARGEST_CONTENT:,}")
        if sum(_elements(archive, part) for part in parts) > MOST_ELEMENTS:
            raise _TooLarge(f"more than {MOST_ELEMENTS:,} XML elements")


def _elements(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> int:
    """How many elements a part has at most; it is unpacked to its end, which checks its size and sum.

    Raises:
        ValueError: a document type.
    """
    count = 0
    before = b""
    with archive.open(part) as handle:
        while block := handle.read(_CHUNK):
            if part.filename.endswith((".xml", ".rels")) and _DOCTYPE in before + block:
                raise ValueError(f"{part.filename} declares a document type or entities")
            count += block.count(b"<") - block.count(b"</")
            before = block[1 - len(_DOCTYPE) :]
    return count


def _shown(cell: Any) -> str | None:
    """The text that a person saw in a cell, None where it is another than the stored one.

    Whole numbers in a plain format look as they are stored; dates, percentages and fractions may not.
    """
    if cell.data_type == "s":
        if len(cell.value) > LONGEST_CELL:
            raise ValueError(f"a cell of {len(cell.value):,} characters, more than {LONGEST_CELL:,}")
        return str(cell.value)
    plain = cell.data_type == "n" and cell.number_format in _PLAIN
    return str(cell.value) if plain and re.fullmatch(r"-?\d{1,11}", str(cell.value)) else None
