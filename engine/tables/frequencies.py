"""How often each value of a column stands in it, and how its numbers are spread."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

MEANINGS = {
    "value": "of the column; – for a gap", "n": "rows with it", "share": "of all these rows",
    "low": "numbers from here on", "high": "up to here, without this number but in the last row",
}  # fmt: skip
# Numbers with more different values than these are told by ranges.
_VALUES = 20
_RANGES = 20


def frequency_table(values: "pd.Series[Any]") -> "pd.DataFrame":
    """Every value with its count and share, the most frequent first; gaps count as one value.

    Args:
        values: [n].

    Returns:
        Columns value, n and share.
    """
    import pandas as pd

    counts = values.value_counts(dropna=False, sort=False)
    frame = pd.DataFrame({"value": counts.index, "n": counts.to_numpy()})
    frame["share"] = frame["n"] / max(1, len(values))
    by_text = frame["value"].map(str)
    return frame.iloc[pd.DataFrame({"n": -frame["n"], "text": by_text}).sort_values(["n", "text"]).index].reset_index(
        drop=True
    )


def histogram_table(values: "pd.Series[Any]") -> "pd.DataFrame":
    """The numbers of a column by ranges of equal width, with round ends; gaps count nowhere.

    Args:
        values: numbers [n].

    Returns:
        Columns low, high, n and share.
    """
    import numpy as np
    import pandas as pd

    numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
    numbers = numbers[np.isfinite(numbers)]
    if not len(numbers):
        return pd.DataFrame({"low": [], "high": [], "n": [], "share": []})
    low, high = float(numbers.min()), float(numbers.max())
    step = _round_step((high - low) / _RANGES)
    first = np.floor(low / step) * step
    edges = first + step * np.arange(int(np.ceil((high - first) / step)) + 1)
    if len(edges) < 2 or edges[-1] < high:
        edges = np.append(edges, edges[-1] + step)
    # Without what sums of steps leave behind the last decimal.
    edges = np.round(edges, 12)
    counts, _ = np.histogram(numbers, bins=edges)
    return pd.DataFrame({"low": edges[:-1], "high": edges[1:], "n": counts, "share": counts / max(1, len(values))})


def told_by_ranges(values: "pd.Series[Any]") -> bool:
    """Whether a column is better told by a histogram: numbers of many different values."""
    return values.dtype.kind in "iuf" and values.nunique() > _VALUES


def _round_step(step: float) -> float:
    """The next of 1, 2 or 5 times a power of ten."""
    import math

    if step <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(step))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= step * (1 - 1e-9))
