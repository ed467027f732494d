"""How numbers are written on the screen: by the column that they stand in, the whole column alike.

Shares are percentages, what is counted is whole, and no zero has a sign.
"""

from typing import TYPE_CHECKING, Any

from nerspace.tui.literal import is_missing, literal, shown_number

if TYPE_CHECKING:
    import pandas as pd

# Columns of the catalogue that hold shares between 0 and 1, whatever their table.
_SHARES = frozenset({
    "accuracy", "agreeing", "as_context", "as_name", "as_neither", "balanced", "balanced_floor", "context_floor",
    "context_high", "context_low", "explained", "identical", "kept", "loc_share", "missed", "orphans", "own_type",
    "own_type_against", "p_at_1", "preserved",
    "share", "share_different", "share_sd",
})  # fmt: skip
# Those that are counted, and hold floats where a value may be missing or is a mean.
_COUNTS = frozenset({
    "count", "frequency", "n", "n_other", "own_pieces", "pieces", "pieces_against", "sentences_different", "seeds_a",
    "seeds_b", "size", "wrong_different",
})  # fmt: skip


def is_share(name: str) -> bool:
    """Whether a column holds shares, which are shown as percentages."""
    return name in _SHARES


def column_format(name: str, values: "pd.Series[Any]") -> str:
    """The format of all numbers of a column, so that their points stand under each other; empty for what is no float.

    A share beyond 1 is a percentage already, and one float that is not whole makes a column of counts one of means.
    """
    if values.dtype.kind != "f":
        return ""
    largest = values.abs().max()
    if is_missing(largest):
        return ""
    if is_share(name) and largest <= 1:
        return ".1%" if largest >= 0.01 or largest == 0 else ".2%"
    if (name in _COUNTS or largest >= 2) and bool((values.dropna() % 1 == 0).all()):
        return "z,.0f"
    return ".2e" if 0 < largest < 0.01 else "z.3f" if largest < 100 else "z,.1f"


def interval(low: object, high: object, form: str, between: str = ", ") -> str:
    """Both ends of an interval, each by a format; empty where one is missing, or where they are the same.

    Where every sample that can be drawn gives one value there is no telling how precise it is.
    """
    if is_missing(low) or is_missing(high):
        return ""
    ends = format(low, form), format(high, form)
    return "" if ends[0] == ends[1] else between.join(ends)


def written(value: object, form: str) -> str:
    """A value of a column as the screen shows it; a gap as a dash.

    Args:
        form: of the column, from `column_format`.
    """
    if is_missing(value):
        return "–"
    if form and isinstance(value, float):
        return literal(format(value, form))
    return shown_number(value)
