"""The answer to "why is this language worse than that one here?", in words."""

from typing import TYPE_CHECKING, Any

from nerspace.tui.numbers import interval

if TYPE_CHECKING:
    import pandas as pd

_SOURCES = {
    "counterfactuals": "One thing changed in the same sentences (measured)",
    "factors": "What the languages differ in, times what that is worth (a model)",
}


def why_lines(causes: "pd.DataFrame", recipient: str, against: str) -> list[str]:
    """The card, line by line.

    Args:
        causes: the table of that name.
        recipient: name of the language asked about.
        against: name of the other.
    """
    if causes.empty:
        return [
            f"{recipient} and {against} share no test sentence of this donor, so nothing can be said of the gap. "
            "What pieces and words are worth within languages: nerspace factors."
        ]
    rows = [{str(key): value for key, value in row.items()} for row in causes.to_dict("records")]
    gap, parts = rows[0], rows[1:]
    lines = [f"{gap['says']}: {_points(gap)} points, {gap['n']} cells, trained on {gap['donor']}."]
    if gap["low"] <= 0 <= gap["high"]:
        lines.append(f"That {recipient} and {against} differ is not shown: the interval holds 0.")
    for source, title in _SOURCES.items():
        chosen = sorted((row for row in parts if row["source"] == source), key=lambda row: -abs(row["points"]))
        if chosen:
            lines += ["", f"{title}; points of the gap:"]
            for row in chosen:
                lines += [f"  {row['cause']:<25}{_points(row)}", f"      {row['says']}"]
    shown = [row for row in parts if row["low"] > 0 or row["high"] < 0]
    lines.append("")
    if shown:
        strongest = max(shown, key=lambda row: abs(row["points"]))
        way = "worse" if strongest["points"] > 0 else "better"
        lines.append(f"Clearest: {strongest['cause']} makes {recipient} {way}, {_points(strongest)} points.")
    elif parts:
        lines.append("No single cause is shown: every interval holds 0. More test sentences or donors may tell.")
    if not any(row["source"] == "counterfactuals" for row in parts):
        lines.append("nerspace swap --counterfactual adds what changing one thing does.")
    lines.append("Parts do not add up to the gap: causes work together.")
    return lines


def _points(row: dict[str, Any]) -> str:
    ends = interval(row["low"], row["high"], "+z.1f")
    return f"{row['points']:+z.1f}{f' [{ends}]' if ends else ''}"
