"""Measures of plain arrays: array in, table out."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from nerspace.engine.errors import DataError
from nerspace.engine.geometry.isotropy import isotropy_table
from nerspace.engine.geometry.similarity import cka_with_floor
from nerspace.engine.geometry.views import Array, checked_rows

if TYPE_CHECKING:
    import pandas as pd


def isotropy(X: Array, languages: Sequence[str] | None = None) -> "pd.DataFrame":
    """How evenly vectors fill the space, by every measure of the table `isotropy`, beside noise of the same size.

    Args:
        X: float array [n, d], one vector a row.
        languages: [n], a group for each row; without it all rows are one.

    Returns:
        A row per measure, with `languages` first for all rows and then for each group: language (only then), measure,
        n, value, floor; value and floor are NaN where n does not allow the measure.

    Raises:
        DataError: for another shape, too few rows, or values that are not finite.
    """
    rows = checked_rows(X, 2)
    groups = None if languages is None else np.asarray(languages, dtype=str)
    if groups is not None and groups.shape != (len(rows),):
        raise DataError(f"languages has the shape {groups.shape}.", f"Give one for each of the {len(rows)} rows of X.")
    table = isotropy_table({("", 0): rows}, groups).drop(columns=["stage", "layer"])
    return table if languages is not None else table.drop(columns="language")


def cka(X: Array, Y: Array) -> "pd.DataFrame":
    """Linear centred kernel alignment of two spaces of the same things, beside its mean over all pairings of the rows.

    Args:
        X: float array [n, d].
        Y: float array [n, e]; row i of both stands for the same thing.

    Returns:
        One row: n, cka and floor, both in [0, 1].

    Raises:
        DataError: for other shapes, or values that are not finite.

    Source: Kornblith et al. 2019.
    """
    import pandas as pd

    x, y = checked_rows(X, 2), checked_rows(Y, 2)
    value, floor = cka_with_floor(x, y)
    return pd.DataFrame({"n": [len(x)], "cka": [value], "floor": [floor]})
