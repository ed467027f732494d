"""Any column: its values with their counts, or its numbers by ranges; those that are chosen become a filter."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from nerspace.engine.tables.frequencies import MEANINGS, frequency_table, histogram_table, told_by_ranges
from nerspace.tui.explorer.list_window import ListWindow
from nerspace.tui.literal import is_missing
from nerspace.tui.query import Term
from nerspace.tui.widgets.rows import CHUNK, FrameRows, Rows

if TYPE_CHECKING:
    from rich.text import Text

# Cells of the longest bar, and values that a list may have.
_BAR = 24
_MOST = 10_000


def values_of(rows: Rows, name: str) -> "pd.DataFrame":
    """The table of a column of these rows: frequencies, or a histogram where it holds many different numbers."""
    parts = [rows.column(name, range(start, min(start + CHUNK, len(rows)))) for start in range(0, len(rows), CHUNK)]
    values: pd.Series[Any] = pd.concat(parts, ignore_index=True) if parts else pd.Series([], dtype=object)
    found = histogram_table(values) if told_by_ranges(values) else frequency_table(values).head(_MOST)
    most = max(1, int(found["n"].max())) if len(found) else 1
    return found.assign(bar=[_bar(int(n), most) for n in found["n"]])


def _bar(n: int, most: int) -> str:
    """A bar in eighths of a cell; whatever is there shows."""
    eighths = max(1 if n else 0, round(8 * _BAR * n / most))
    return "█" * (eighths // 8) + " ▏▎▍▌▋▊▉"[eighths % 8].strip()


class ValueRows(FrameRows):
    """Values as they stand, bars as text."""

    def cells(self, index: int) -> "list[str | Text]":
        """The cells of a row; ends of ranges in full."""
        cells: list[str | Text] = list(super().cells(index))
        for place, name in enumerate(self.frame.columns):
            if name in ("low", "high"):
                cells[place] = f"{float(str(self.frame.iat[index, place])):z.10g}"
        return cells


class ValuesWindow(ListWindow):
    """Space marks values, enter shows the rows with the marked ones alone, or with the one under the cursor."""

    def __init__(self, name: str, frame: "pd.DataFrame", rows: int) -> None:
        what = f"{len(frame):,} ranges" if "low" in frame else f"{len(frame):,} values"
        columns = {**{key: MEANINGS[key] for key in frame.columns if key in MEANINGS}, "bar": "n, drawn"}
        title = f"{name} · {what} in {rows:,} rows · ⏎ filters"
        super().__init__(title, f"values_{name}", frame, columns, "No row has a value.", rows=ValueRows(frame, fixed=1))
        self.field = name
        self.chosen: tuple[Term, ...] = ()

    def picked(self, row: int) -> None:
        """Filter by what is marked, else by the row."""
        marked = sorted(key for key in self.table.marks if isinstance(key, int)) or [row]
        if "low" in self.frame and marked != list(range(marked[0], marked[-1] + 1)):
            self.explorer.tell("Mark ranges that lie side by side: a filter is one stretch.", "warning")
            return
        self.chosen = terms_of(self.field, self.frame, marked)
        self.dismiss(row)


def terms_of(field: str, frame: "pd.DataFrame", rows: Sequence[int]) -> tuple[Term, ...]:
    """The query that holds of the rows with some of the values of a column."""
    if "low" not in frame:
        return (Term(tuple(_value(frame["value"].iloc[row]) for row in rows), field.lower(), "="),)
    low, high, last = frame["low"].iloc[rows[0]], frame["high"].iloc[rows[-1]], rows[-1] == len(frame) - 1
    return (
        Term((f"{low:z.10g}",), field.lower(), ">="), Term((f"{high:z.10g}",), field.lower(), "<=" if last else "<"),
    )  # fmt: skip


def _value(value: object) -> str:
    if is_missing(value) or value == "":
        return "none"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
