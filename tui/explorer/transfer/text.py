"""What may be believed of the errors of a run, in words."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from nerspace.tui.colours import language_name
from nerspace.tui.explorer.transfer.model import Advice
from nerspace.tui.literal import literal
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
    text.append(" ".join(lines[:2] if narrow else lines), "bold").append("  v: all", "dim")
    for row in correlations.to_dict("records"):
        plain, partial = row["statistic"] == "pearson", row["statistic"] == "partial"
        shown = (plain and (row["subset"] in ("all", "same_script") or not narrow)) or (
            partial and (row["subset"] == "all" or not narrow)
        )
        if shown and row["value"] == row["value"]:
            faint = "dim" if row["low"] <= 0 <= row["high"] else ""
            text.append("\n")
            text.append(f"{'partial' if partial else 'Pearson'} {row['value']:+z.2f}", faint)
            ends = interval(row["low"], row["high"], "+z.2f")
            bounds = f"[{ends}]" if ends else "no interval"
            bounds = "decides" if partial else bounds
            p = f"p {row['p']:z.3f}" if row["p"] == row["p"] else "no p"
            text.append(f" {bounds} {p}", faint)
            of = f", {row['languages']} languages" if row["languages"] == row["languages"] else ""
            text.append(f"  n {row['n']} {SUBSETS.get(str(row['subset']), str(row['subset']))}{of}", "dim")
    return text


_RANKINGS = {"tnld": "spelling", "piece_overlap": "pieces", "cka": "CKA", "script": "script"}


def advice_text(advice: Advice, recipient: str, narrow: bool) -> Text:
    """Which donors a language gets its fewest errors from, and which one each ranking advises before any training.

    Args:
        advice: of the run.
        narrow: in two lines.
    """
    own = advice.ranks[advice.ranks["recipient"] == recipient]
    costs = advice.quality[advice.quality["recipient"] == recipient]
    text = Text()
    if own.empty:
        return text.append(f"No other donor was tested in {literal(recipient)}.", "dim")
    measured = own.drop_duplicates("donor").sort_values(["wrong_rank", "donor"])
    best = [f"{literal(row['donor'])} {row['wrong']:g}" for row in measured.head(3).to_dict("records")]
    n = measured["sentences"].iloc[0]
    text.append(f"Donor for {literal(recipient)} {literal(language_name(recipient))}: ", "bold")
    text.append(f"fewest wrong of {n:g}: {', '.join(best)}", "bold")
    text.append(f" of {len(measured)} donors", "dim")
    regrets = {str(row["ranking"]): row for row in costs.to_dict("records")}
    for place, (name, rows) in enumerate(own.groupby("ranking", sort=False)):
        first = ",".join(map(literal, rows["donor"][rows["rank"] == rows["rank"].min()]))
        cost = regrets.get(str(name))
        text.append("\nadvised by " if place == 0 and narrow else " · " if narrow else "\n")
        called = _RANKINGS.get(str(name), literal(name))
        text.append(f"{called} {first}" if narrow else f"{called:<9}{first:<12}", "" if cost is not None else "dim")
        if cost is not None:
            text.append(f" {cost['regret']:+z.1f}" if narrow else f" costs {cost['regret']:.1f}", "dim")
    if regrets:
        chance = next(iter(regrets.values()))["chance"]
        text.append(
            f" (random {chance:+z.1f})  a: all" if narrow else f"\na random donor costs {chance:.1f}  a: all", "dim"
        )
    return text
