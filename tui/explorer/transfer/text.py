"""What may be believed of the errors of a run, in words."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from nerspace.tui.numbers import interval
from nerspace.tui.verdict import SUBSETS, verdict

if TYPE_CHECKING:
    import pandas as pd


def verdict_text(correlations: "pd.DataFrame | None", narrow: bool, weak: Sequence[str] = ()) -> Text:
    """The correlations in words: what is shown and what not, on how many pairs.

    Args:
        narrow: the most important alone.
        weak: a line for every model that is not judged.
    """
    text = Text()
    if correlations is None or correlations.empty:
        return text.append("The run has no table correlations.", "dim")
    lines = verdict(correlations)
    if weak:
        more = f" {len(weak) - 1} more likewise." if len(weak) > 1 else ""
        lines.insert(1, f"{weak[0]}{more}" if narrow else " ".join(weak))
    text.append(" ".join(lines[:2] if narrow else lines) + "\n", "bold")
    for row in correlations.to_dict("records"):
        plain, partial = row["statistic"] == "pearson", row["statistic"] == "partial"
        shown = (plain and (row["subset"] in ("all", "same_script") or not narrow)) or (
            partial and (row["subset"] == "all" or not narrow)
        )
        if shown and row["value"] == row["value"]:
            text.append(f"{'partial' if partial else 'Pearson'} {row['value']:+z.2f}")
            ends = interval(row["low"], row["high"], "+z.2f")
            bounds = f"[{ends}]" if ends else "no interval"
            bounds = "decides" if partial else bounds
            p = f"p {row['p']:.3f}" if row["p"] == row["p"] else "no p"
            text.append(f" {bounds} {p}")
            of = f", {row['languages']} languages" if row["languages"] == row["languages"] else ""
            text.append(f"  n {row['n']} {SUBSETS.get(str(row['subset']), str(row['subset']))}{of}\n", "dim")
    return text.append("v: all statistics", "dim")
