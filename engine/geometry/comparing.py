"""One table of two languages and a value less another, or less its own chance floor."""

from typing import TYPE_CHECKING

from nerspace.engine.tables.spec import PAIR, TableSpec, integer_or_gap, real

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

SIDES = ("a", "b")


DIFFERENCES = TableSpec(
    "differences",
    "A value of two languages in one slice or run less the same value in another.",
    {
        **PAIR,
        "n": integer_or_gap("n of the first value, where its table has it"),
        "n_other": integer_or_gap("n of the other value"),
        "value": real("the first value"),
        "other": real("the other value"),
        "difference": real("value less other"),
    },
    "heatmap",
)


@DIFFERENCES.made_by
def difference_table(
    frame: "pd.DataFrame", other: "pd.DataFrame", value: str, pair: "Sequence[str]" = SIDES
) -> "pd.DataFrame":
    """The table `differences`: `value` in frame less `value` in other, for the pairs that both hold.

    A pair stored the other way round is not taken for the same one.

    Args:
        frame: rows of one slice (one stage and layer, say), with the two columns of `pair`, `value` and perhaps n.
        other: the same of another slice.
        value: the column to compare.
        pair: the two columns that hold the languages.
    """
    columns = [*pair, value, *(["n"] if "n" in frame and "n" in other else [])]
    both = frame[columns].merge(other[columns], on=list(pair), suffixes=("", "_other"))
    table = both[list(pair)].set_axis(list(SIDES), axis=1)
    table["n"] = both["n"] if "n" in both else float("nan")
    table["n_other"] = both["n_other"] if "n_other" in both else float("nan")
    table["value"], table["other"] = both[value], both[f"{value}_other"]
    return DIFFERENCES.checked(table.assign(difference=table["value"] - table["other"]))


ABOVE_FLOOR = TableSpec(
    "above_floor",
    "A value of two languages less its chance floor.",
    {
        **PAIR,
        "n": integer_or_gap("n of the value, where its table has it"),
        "value": real("the value"),
        "floor": real("its chance floor"),
        "above": real("value less floor"),
    },
    "heatmap",
)


@ABOVE_FLOOR.made_by
def above_floor_table(frame: "pd.DataFrame", value: str, floor: str, pair: "Sequence[str]" = SIDES) -> "pd.DataFrame":
    """The table `above_floor`: `value` less the column `floor` of the same row.

    Args:
        frame: rows with the two columns of `pair`, `value`, `floor` and perhaps n.
        value: the column of the value.
        floor: the column of its chance floor.
        pair: the two columns that hold the languages.
    """
    table = frame[list(pair)].set_axis(list(SIDES), axis=1).reset_index(drop=True)
    table["n"] = frame["n"].to_numpy() if "n" in frame else float("nan")
    table["value"], table["floor"] = frame[value].to_numpy(), frame[floor].to_numpy()
    return ABOVE_FLOOR.checked(table.assign(above=table["value"] - table["floor"]))
