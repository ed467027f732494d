"""Tables as spreadsheets open them: as a workbook, and as CSV that Excel reads as UTF-8. No text becomes a formula."""

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO

from nerspace.datasets.visible import visible
from nerspace.engine.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

# What a worksheet and a cell of Excel hold.
MOST_ROWS, LONGEST_TEXT = 1_048_575, 32_767
_ACTING = ("=", "+", "-", "@", "\t", "\r")
_NUMBERS = "iuf"
_NO_XML = re.compile("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\ud800-\\udfff\\uFFFE\\uFFFF]")


def excel_csv(frame: "pd.DataFrame") -> str:
    """A table as CSV with a byte order mark and CRLF; before a text that would be computed stands an apostrophe."""
    texts = {str(name): frame[name].map(_inert) for name in frame if frame[name].dtype.kind not in _NUMBERS}
    shown = frame.assign(**texts)
    shown.columns = shown.columns.map(_inert)
    return "\ufeff" + shown.to_csv(index=False, float_format="%.9g", lineterminator="\r\n")


def _inert(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_ACTING) else value


def write_workbook(frame: "pd.DataFrame", handle: BinaryIO) -> None:
    """Write a table as the only sheet of a workbook: numbers as numbers, everything else as text, a gap as nothing.

    Characters that XML cannot hold become visible signs.

    Raises:
        DataError: for more rows or longer texts than Excel holds.
    """
    import pandas as pd
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    if len(frame) > MOST_ROWS:
        raise DataError(f"A worksheet holds {MOST_ROWS:,} rows, the table has {len(frame):,}.", "Write a .csv instead.")
    for name in frame:
        longest = max((len(value) for value in frame[name] if isinstance(value, str)), default=0)
        if longest > LONGEST_TEXT:
            raise DataError(f"A cell holds {LONGEST_TEXT:,} letters, a text has {longest:,}.", "Write a .csv instead.")
    book = Workbook(write_only=True)
    sheet = book.create_sheet("table")
    numbers = [frame.dtypes.iloc[place].kind in _NUMBERS for place in range(frame.shape[1])]
    rows: Iterable[Sequence[Any]] = (list(frame.columns), *frame.itertuples(index=False, name=None))
    for row in rows:
        cells: list[Any] = []
        for value, number in zip(row, numbers, strict=True):
            if pd.isna(value):
                cells.append(None)
            elif number and not isinstance(value, str):
                cells.append(WriteOnlyCell(sheet, float(value) if isinstance(value, float) else int(value)))
            else:
                cells.append(_text_cell(WriteOnlyCell(sheet), str(value)))
        sheet.append(cells)
    book.save(handle)


def _text_cell(cell: Any, text: str) -> Any:
    cell.value = _NO_XML.sub(lambda found: visible(found[0]), text)
    # Whatever it begins with.
    cell.data_type = "s"
    return cell
