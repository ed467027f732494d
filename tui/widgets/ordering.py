"""Which rows of a table are shown and in which order: a query they must fulfil, marks, a column to sort by."""

import heapq
import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nerspace.tui.query import NOTHING, Query, matcher
from nerspace.tui.widgets.rows import CHUNK, Rows, SortValues

Order = np.ndarray[Any, np.dtype[np.int64]]
_SLICE = 20_000


@dataclass(frozen=True, slots=True)
class Arrangement:
    """How a table is narrowed and sorted.

    Attributes:
        column: its place, -1 for none.
        marked: keys of rows to show alone.
    """

    column: int = -1
    descending: bool = False
    query: Query = NOTHING
    marked: frozenset[Hashable] | None = None


def arrange(rows: Rows, arrangement: Arrangement, wanted: Callable[[], bool] = lambda: True) -> Order | None:
    """The numbers of the rows that are left, in their order; None for all rows as they stand.

    Args:
        wanted: called now and then: whether somebody still waits for it; if not, what is returned is of no use.

    Raises:
        UsageError: for a query that cannot be asked of these rows.
    """
    if arrangement == Arrangement():
        return None
    left: Order | None = None
    if arrangement.marked is not None:
        left = np.array(rows.places(arrangement.marked), dtype=np.int64)
    if arrangement.query:
        left = _holding(rows, arrangement.query, left, wanted)
    if arrangement.column < 0 or not wanted():
        return left
    order = sorted_order(rows.sort_values(arrangement.column), arrangement.descending)
    return order if left is None else order[np.isin(order, left)]


def _holding(rows: Rows, query: Query, among: Order | None, wanted: Callable[[], bool]) -> Order:
    hold = matcher(query, rows)
    numbers: Any = range(len(rows)) if among is None else among
    left: list[Order] = [np.array([], dtype=np.int64)]
    for start in range(0, len(numbers), CHUNK):
        if not wanted():
            break
        part = numbers[start : start + CHUNK]
        left.append(np.asarray(part, dtype=np.int64)[hold(part)])
        # Other threads have their turn: keys are answered while a million rows are looked at.
        time.sleep(0)
    return np.concatenate(left)


def sorted_order(values: SortValues, descending: bool) -> Order:
    """The row numbers sorted by their values, equal ones as they stood, missing ones last."""
    import pandas as pd
    from pandas.api.types import is_numeric_dtype

    series = values if isinstance(values, pd.Series) else pd.Series(values)
    if is_numeric_dtype(series):
        ranks = series.to_numpy(dtype=np.float64, na_value=np.nan)
    else:
        codes, found = pd.factorize(series)
        ranks = np.append(_places([str(value) for value in found]), np.nan)[codes]
    return np.argsort(-ranks if descending else ranks, kind="stable")


def _places(texts: Sequence[str]) -> "np.ndarray[Any, Any]":
    """The place of each text among all, without regard to case.

    Sorted in slices that are merged, since a sort holds every other thread until it is done.
    """
    keys = _sorted_slices([(text.casefold(), text, number) for number, text in enumerate(texts)])
    places = np.empty(len(texts), dtype=np.float64)
    for place, (_, _, number) in enumerate(heapq.merge(*keys)):
        places[number] = place
    return places


def _sorted_slices(keys: list[tuple[str, str, int]]) -> list[list[tuple[str, str, int]]]:
    """The keys in sorted slices, with a breath for other threads between them."""
    slices = []
    for start in range(0, len(keys), _SLICE):
        slices.append(sorted(keys[start : start + _SLICE]))
        time.sleep(0)
    return slices
