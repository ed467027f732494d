"""Bars of shares as text: by which of the two, name or context, a model went."""

from typing import TYPE_CHECKING

from nerspace.tui.literal import literal

if TYPE_CHECKING:
    import pandas as pd

WIDTH = 40
SIGNS = {"as_name": "█", "as_context": "░", "as_neither": "·"}


def swap_bars(frame: "pd.DataFrame") -> str:
    """One bar per type of name in another type of context, for every language and subset; kind "context" alone."""
    chosen = frame[(frame["kind"] == "context") & (frame["name_type"] != frame["context_type"])]
    if chosen.empty:
        return "There is no name in a context of another type."
    parts = ["█ as the name's type   ░ as the context's   · as neither"]
    for (language, subset), rows in chosen.groupby(["language", "subset"], sort=False):
        parts.append(f"{literal(language)}, {literal(subset)} names")
        parts += [f"  {row.name_type:>3} in {row.context_type:<5} {_bar(row)}" for row in rows.itertuples()]
    return "\n".join(parts)


def _bar(row: object) -> str:
    ends, total = [0], 0.0
    for name in SIGNS:
        total += getattr(row, name)
        ends.append(round(WIDTH * min(total, 1.0)))
    drawn = "".join(sign * (end - start) for sign, start, end in zip(SIGNS.values(), ends, ends[1:], strict=False))
    shares = " ".join(f"{100 * getattr(row, name):3.0f}" for name in SIGNS)
    return f"{drawn:<{WIDTH}} {shares} %  n = {getattr(row, 'n')}"  # noqa: B009 - a named tuple of pandas
