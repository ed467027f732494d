"""What a table widget shows: a number of rows and, for each, its cells; nothing more is ever requested."""

from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from rich.cells import cell_len
from rich.text import Text

from nerspace.tui.literal import is_missing, literal
from nerspace.tui.numbers import column_format, written

if TYPE_CHECKING:
    import pandas as pd

Cell = str | Text
# A value for every row, all numbers or all text.
SortValues: TypeAlias = "Sequence[Any] | pd.Series[Any]"
CHUNK = 5_000
_SAMPLE = 30


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Attributes:
        name: its heading.
        right: whether its cells stand to the right.
        fixed: whether it stays while others scroll.
        at_most: its greatest width in cells.
        greedy: takes all the width there is, as a column that is read takes it from those that are looked up.
    """

    name: str
    right: bool = False
    fixed: bool = False
    at_most: int = 40
    greedy: bool = False


class Rows(ABC):
    """Rows by number. What is made on demand says how many rows of it are still sorted."""

    columns: Sequence[Column] = ()
    sortable: int = 10_000_000
    # Whether a key names the same row when other rows come in their place.
    known_again: bool = True

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def cells(self, index: int) -> Sequence[Cell]:
        """The cells of a row, as many as columns."""

    @abstractmethod
    def raw(self, numbers: Sequence[int]) -> "pd.DataFrame":
        """Some rows as raw values, for files."""

    def chunks(self) -> Iterator["pd.DataFrame"]:
        """All rows as raw values, in order, a chunk at a time; one empty chunk where there is none."""
        for start in range(0, max(1, len(self)), CHUNK):
            yield self.raw(range(start, min(start + CHUNK, len(self))))

    def value(self, index: int, place: int) -> str:
        """A cell as it is copied."""
        return _plain(self.cells(index)[place])

    def key(self, index: int) -> Hashable:
        """By what a row is known again when other rows stand around it."""
        return index

    def same(self, other: "Rows") -> bool:
        """Whether these are the rows of another object."""
        return other is self

    def places(self, keys: Iterable[Hashable]) -> list[int]:
        """The rows of these keys that are there, in order."""
        wanted = set(keys)
        return [index for index in range(len(self)) if self.key(index) in wanted] if wanted else []

    def sort_values(self, place: int) -> SortValues:
        """What the rows are put in order by."""
        return [_plain(self.cells(index)[place]) for index in range(len(self))]

    # -- what a query asks, see `nerspace.tui.query`

    @property
    def fields(self) -> Sequence[str]:
        """Names of what can be asked of a row."""
        return [column.name for column in self.columns]

    def column(self, name: str, numbers: Sequence[int]) -> "pd.Series[Any]":
        """What some rows have there."""
        import pandas as pd

        place = list(self.fields).index(name)
        return pd.Series([_plain(self.cells(index)[place]) for index in numbers], dtype=object)


def _plain(cell: Cell) -> str:
    return cell.plain if isinstance(cell, Text) else cell


@dataclass(frozen=True, slots=True)
class Shown:
    """The table behind a view: what `e` exports and `?` explains.

    Attributes:
        columns: name → meaning.
        note: its filter.
        about: what else it is of, such as stage and layer; `run` where that is another than the one in view, or None.
    """

    name: str
    rows: Rows
    columns: Mapping[str, str] = field(default_factory=dict)
    note: str = ""
    about: Mapping[str, Any] = field(default_factory=dict)


def measured(rows: Rows) -> list[int]:
    """Widths in cells that hold the headings and a sample of the rows, each within its column's bound.

    It makes every cell of the sample, so what is slow to make is measured in a worker thread.
    """
    count = len(rows)
    step = max(1, count // _SAMPLE)
    widths = [cell_len(column.name) for column in rows.columns]
    for index in {*range(0, min(count, step * _SAMPLE), step), *range(max(0, count - 1), count)}:
        for place, cell in enumerate(rows.cells(index)):
            widths[place] = max(widths[place], cell.cell_len if isinstance(cell, Text) else cell_len(cell))
    return [min(width, column.at_most) for width, column in zip(widths, rows.columns, strict=True)]


class NoRows(Rows):
    """An empty table, before anything is loaded."""

    def __len__(self) -> int:
        return 0

    def cells(self, index: int) -> Sequence[Cell]:
        """There is no row."""
        raise IndexError(index)

    def raw(self, _numbers: Sequence[int]) -> "pd.DataFrame":
        """There is no row."""
        import pandas as pd

        return pd.DataFrame()


class Arranged(Rows):
    """Some rows of a table in another order."""

    def __init__(self, rows: Rows, order: Sequence[int]) -> None:
        self.rows = rows
        self.order = order
        self.columns = rows.columns

    def __len__(self) -> int:
        return len(self.order)

    def cells(self, index: int) -> Sequence[Cell]:
        """The cells of the row that stands there."""
        return self.rows.cells(int(self.order[index]))

    def raw(self, numbers: Sequence[int]) -> "pd.DataFrame":
        """The raw values of the rows that stand there."""
        return self.rows.raw([int(self.order[number]) for number in numbers])

    @property
    def fields(self) -> Sequence[str]:
        """Those of the table."""
        return self.rows.fields

    def column(self, name: str, numbers: Sequence[int]) -> "pd.Series[Any]":
        """What the rows that stand there have."""
        return self.rows.column(name, [int(self.order[number]) for number in numbers])


def _at(frame: "pd.DataFrame", row: int, column: int) -> Any:
    return frame.iat[row, column]


class FrameRows(Rows):
    """The rows of a DataFrame; numbers to the right.

    Args:
        known_by: columns by whose values a row is known again in a newer DataFrame; without them, by its number.
    """

    def __init__(self, frame: "pd.DataFrame", fixed: int = 1, known_by: Sequence[str] = ()) -> None:
        from pandas.api.types import is_numeric_dtype

        self.frame, last = frame, len(frame.columns) - 1
        self.columns: Sequence[Column] = tuple(
            # The last one may take what is left of a wide screen.
            Column(literal(name), bool(is_numeric_dtype(frame[name])), place < fixed, 48 if place < last else 96)
            for place, name in enumerate(frame.columns)
        )
        self._formats = [column_format(str(name), frame[name]) for name in frame.columns]
        names = [str(name) for name in frame.columns]
        bounds = {"low", "high"} & set(names) if "value" not in names else set()
        if "share" in names or {"wrong", "sentences", "tnld"} <= set(names):
            # The ends of a share are written as it is itself.
            for name in bounds:
                self._formats[names.index(name)] = ".1%"
        self._intervals = [
            (names.index(low), names.index(high))
            for low, high in (("low", "high"), ("context_low", "context_high"), ("lead_low", "lead_high"))
            if low in names and high in names and {"value", "n", "share", "r", "f1", "effect"} & set(names)
        ]
        self.known_again = bool(known_by)
        self._known_by = [list(frame.columns).index(name) for name in known_by]

    def __len__(self) -> int:
        return len(self.frame)

    def cells(self, index: int) -> Sequence[Cell]:
        """The values of a row, shortened for reading."""
        cells: list[Cell] = [written(_at(self.frame, index, place), form) for place, form in enumerate(self._formats)]
        # An interval without width is no precision: every sample that could be drawn gave the same.
        for low, high in self._intervals:
            if cells[low] == cells[high]:
                cells[low] = cells[high] = "–"
        return cells

    def raw(self, numbers: Sequence[int]) -> "pd.DataFrame":
        """Rows of the DataFrame itself."""
        if isinstance(numbers, range):
            return self.frame.iloc[numbers.start : numbers.stop]
        return self.frame.iloc[list(numbers)]

    def value(self, index: int, place: int) -> str:
        """The value at full length."""
        value = _at(self.frame, index, place)
        return "" if is_missing(value) else str(value)

    def key(self, index: int) -> Hashable:
        """The values of the columns that it is known by, else its number."""
        return tuple(_at(self.frame, index, place) for place in self._known_by) if self._known_by else index

    def same(self, other: Rows) -> bool:
        """Whether they are of the same DataFrame."""
        return isinstance(other, FrameRows) and other.frame is self.frame

    def places(self, keys: Iterable[Hashable]) -> list[int]:
        """Without columns to know rows by, the numbers themselves."""
        if self._known_by:
            return super().places(keys)
        return sorted(key for key in keys if isinstance(key, int) and key < len(self))

    def sort_values(self, place: int) -> SortValues:
        """The column."""
        return self.frame.iloc[:, place]

    @property
    def fields(self) -> Sequence[str]:
        """The columns of the DataFrame."""
        return [str(name) for name in self.frame.columns]

    def column(self, name: str, numbers: Sequence[int]) -> "pd.Series[Any]":
        """The values of some rows."""
        values = self.frame.iloc[:, self.fields.index(name)]
        if isinstance(numbers, range) and numbers.step == 1:
            return values.iloc[numbers.start : numbers.stop]
        return values.iloc[list(numbers)]
