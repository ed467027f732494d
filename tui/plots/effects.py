"""Effects as text: one line each, its interval drawn around 0."""

from typing import TYPE_CHECKING, Any

from nerspace.tui.literal import fit, literal
from nerspace.tui.numbers import interval

if TYPE_CHECKING:
    import pandas as pd

WIDTH = 41
# Table → the columns that stand above a part, name a line and give its effect.
EFFECTS = {
    "factor_terms": ("model", "term", "effect"),
    "counterfactual_contrasts": ("recipient", "change", "difference"),
}


def effects(frame: "pd.DataFrame", group: str, label: str, value: str) -> str:
    """Effects in percentage points of the share of wrong sentences, part by part; ├─●─┤ is the 95 % interval.

    Args:
        frame: with the columns below, low, high and n.
        group: column whose values stand above a part.
        label: column that names a line.
        value: column of the effect.
    """
    parts = []
    for name, part in frame.groupby(group, sort=False):
        rows: list[dict[str, Any]] = [{str(key): cell for key, cell in row.items()} for row in part.to_dict("records")]
        known = [float(row[key]) for row in rows for key in (value, "low", "high") if row[key] == row[key]]
        top = max([1.0, *map(abs, known)])
        width = max(4, *(len(str(row[label])) for row in rows))
        lines = [_line(row, label, value, width, top) for row in rows]
        parts.append("\n".join([f"{literal(name)}, points of the wrong share", *lines]))
    return "\n\n".join(parts)


def _line(row: dict[str, Any], label: str, value: str, width: int, top: float) -> str:
    name = fit(literal(row[label]), width)
    if row[value] != row[value]:
        return f"{name}  –"
    cells = [" "] * WIDTH
    cells[_place(0.0, top)] = "│"
    text = f"{float(row[value]):+6.1f}"
    if ends := interval(row["low"], row["high"], "+z.1f"):
        first, last = _place(float(row["low"]), top), _place(float(row["high"]), top)
        for place in range(first, last + 1):
            cells[place] = "┼" if place == _place(0.0, top) else "─"
        cells[first], cells[last] = "├", "┤"
        text += f" [{ends}]"
    cells[_place(float(row[value]), top)] = "●"
    return f"{name}  {''.join(cells)} {text}  n {int(row['n']):,}"


def _place(value: float, top: float) -> int:
    return min(WIDTH - 1, max(0, round((WIDTH - 1) * (value + top) / (2 * top))))
