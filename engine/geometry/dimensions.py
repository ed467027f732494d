"""Which single dimensions make vectors look alike, and what is left without them. X: float array [n, d]."""

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nerspace.engine.errors import DataError
from nerspace.engine.geometry.views import Array, Labels, Rows, Vectors, by_language, checked_rows, unit_rows
from nerspace.engine.tables.spec import AT, LANGUAGE, TableSpec, integer, real, text

if TYPE_CHECKING:
    import pandas as pd

NAN = float("nan")


def contributions(X: Array) -> Rows:
    """What every dimension adds to the mean cosine over all pairs of different rows, exact in O(n·d).

    Args:
        X: [n, d].

    Returns:
        [d], its sum is `average_cosine(X)`.

    Raises:
        DataError: for fewer than 2 rows or a zero vector.

    Source: Timkey and van Schijndel 2021, CC_i.
    """
    units = unit_rows(checked_rows(X, 2))
    n = len(units)
    parts: Rows = (units.sum(axis=0) ** 2 - (units * units).sum(axis=0)) / (n * (n - 1))
    return parts


def top_dimensions(X: Array, count: int) -> npt.NDArray[np.intp]:
    """The `count` dimensions that add most to the mean cosine, the largest first; equal ones in their order.

    Args:
        X: [n, d].
        count: how many, at most d.

    Returns:
        [count], numbers of dimensions, from 0.
    """
    return np.argsort(-contributions(X), kind="stable")[:count]


def without_dimensions(X: Array, count: int) -> tuple[Array, npt.NDArray[np.intp]]:
    """X without its `count` top dimensions, and which these were.

    Args:
        X: [n, d].
        count: how many to leave out.

    Returns:
        The rest, [n, d − count], and the numbers of the dimensions left out, [count].

    Raises:
        DataError: for a count outside 0 to d − 1.
    """
    d = np.shape(X)[1]
    if not 0 <= count < d:
        raise DataError(f"{count} of {d} dimensions cannot be left out.", f"Choose from 0 to {d - 1}.")
    top = top_dimensions(X, count)
    return np.delete(X, top, axis=1), top


DIMENSIONS = TableSpec(
    "dimensions",
    "The dimensions that add most to the mean cosine, and the mean cosine without them.",
    {
        **AT,
        "language": text(f"{LANGUAGE}, or all"),
        "rank": integer("1 for the dimension that adds most"),
        "dimension": integer("number of the dimension, from 0; -1 where the rows allow no cosine"),
        "contribution": real("its part of the mean cosine over all pairs; all d parts add up to it"),
        "share": real("that part over the mean cosine; empty where the mean cosine is not above 0"),
        "floor": real("the share if every dimension added the same, 1/d"),
        "n": integer("vectors"),
        "cosine_without": real("mean cosine without the dimensions of this rank and above"),
    },
)


@DIMENSIONS.made_by
def dimensions_table(vectors: Vectors, languages: Labels, count: int = 10) -> "pd.DataFrame":
    """The table `dimensions`: per stage, layer and language the `count` dimensions that add most to the mean cosine.

    Where the rows allow no cosine there is one row with its n, empty. The share is empty where the mean cosine is not
    above 0.

    Args:
        vectors: (stage, layer) → [n, d].
        languages: [n], the language of each row.
        count: how many dimensions.
    """
    rows = []
    for stage, layer, language, chosen in by_language(vectors, languages):
        n = len(chosen)
        try:
            parts = contributions(chosen)
        except DataError:
            rows.append((stage, layer, language, 1, -1, NAN, NAN, NAN, n, NAN))
            continue
        total, order = parts.sum(), np.argsort(-parts, kind="stable")[: min(count, len(parts) - 1)]
        for rank, left in enumerate(_cosines_without(chosen, order), start=1):
            dimension = order[rank - 1]
            share = parts[dimension] / total if total > 0 else NAN
            rows.append((stage, layer, language, rank, dimension, parts[dimension], share, 1 / len(parts), n, left))
    return DIMENSIONS.frame(rows)


def _cosines_without(X: Array, order: npt.NDArray[np.intp]) -> list[float]:
    """`average_cosine` without the first dimension of `order`, without the first two, and so on; no array is copied."""
    rows = np.asarray(X, dtype=np.float64)
    squares, kept = rows * rows, np.ones(rows.shape[1])
    n, found = len(rows), []
    for dimension in order:
        kept[dimension] = 0
        lengths = np.sqrt(squares @ kept)
        # A row that had nothing else is zero now.
        if not lengths.all():
            found.append(NAN)
            continue
        total = ((1 / lengths) @ rows) * kept
        found.append(float((total @ total - n) / (n * (n - 1))))
    return found
