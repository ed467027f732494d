"""What a run with several donors says, in words: errors of every pair, correlations with a verdict, donor advice."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from nerspace.engine.statistics.advice import first_choices
from nerspace.engine.statistics.pairs import not_judged
from nerspace.engine.transfer import OTHERS, zero_shot_table
from nerspace.tui.cli.output import print_table, records, say
from nerspace.tui.numbers import interval
from nerspace.tui.plots.pairs import directed_matrix, number_matrix
from nerspace.tui.verdict import SUBSETS, verdict

if TYPE_CHECKING:
    import pandas as pd


def show_report(tables: "Mapping[str, pd.DataFrame]") -> None:
    """Print the parts of the report whose tables are there."""
    pairs = tables["transfer_pairs"]
    first, last = int(pairs["seeds"].min()), int(pairs["seeds"].max())
    seeds = f"mean of {last if first == last else f'{first} to {last}'} seeds" if last > 1 else "one seed"
    n = int(pairs["sentences"].max())
    say(f"\nWrong sentences in %, of {n} per language, {seeds}; rows are donors, columns recipients\n")
    say(directed_matrix(pairs, "donor", "recipient", "share", scale=100))
    if "low" in pairs and pairs["low"].notna().any():
        half = 50 * float((pairs["high"] - pairs["low"]).median())
        say(f"\n  Each is known within about {half:.0f} points (95 %, clustered by name and context; table transfer).")
    _zero_shot(zero_shot_table(tables["transfer"]))
    show_correlations(tables["correlations"])
    for line in not_judged(tables["transfer"]):
        say(f"  {line}")
    if "donor_order" in tables:
        say(f"\n{order_text(tables['donor_order'])}")
    if "advice_quality" in tables:
        _advice(tables["advice"], tables["advice_quality"])


def order_text(order: "pd.DataFrame") -> str:
    """Donors from the fewest errors to the most, and how far this order can be relied on; table `donor_order`."""
    if order.empty:
        return "No sentence of another language was read, so donors have no order."
    first = order.iloc[0]
    rho = {"seeds": first["seed_rank"], "halves of the names": first["half_rank"]}
    told = [f"{name} agree on it at a rank correlation of {value:.2f}" for name, value in rho.items() if value == value]
    if first["seed_rank"] != first["seed_rank"]:
        told.append("whether another training would give it is not known")
    return f"Donors by errors elsewhere, fewest first: {' '.join(order['donor'].astype(str))}; {', '.join(told)}."


def _zero_shot(frame: "pd.DataFrame") -> None:
    """Print F1 as XTREME has it: donors down, recipients across, what the donor itself is not in beside it."""
    say("\nEntity F1 in %; mean: without the donor; gap: points below the recipients' own training\n")
    known = {(str(row.donor), str(row.recipient)): row.f1 for row in records(frame)}
    whole = frame[frame["recipient"] == OTHERS]
    for name, column in (("mean", "f1"), ("gap", "gap")):
        known |= {(str(donor), name): value for donor, value in zip(whole["donor"], whole[column], strict=True)}
    recipients = sorted({recipient for _, recipient in known} - {OTHERS, "mean", "gap"})
    donors = sorted({donor for donor, _ in known})
    say(number_matrix(donors, [*recipients, "mean", "gap"], known, scale=100))


def show_correlations(frame: "pd.DataFrame") -> None:
    """Print what the table `correlations` says, with a verdict."""
    import pandas as pd

    say("\nDo errors grow with spelling distance (TNLD)?\n")
    if (frame["n"] == 0).all():
        say("  No distance is known: the data has no parallel names. --names FILE measures it on your own.")
        return
    rows = []
    for subset, group in frame.groupby("subset", sort=False):
        found = {row.statistic: row for row in records(group) if row.value == row.value}
        if "pearson" not in found:
            continue
        r, rho, left = found["pearson"], found.get("spearman", found["pearson"]), found.get("partial")
        spread = getattr(r, "seed_sd", float("nan"))
        rows.append(
            (SUBSETS.get(str(subset), str(subset)), r.n, f"{r.value:+z.2f}",
             interval(r.low, r.high, "+z.2f", " to ") or "–", _p(r.p),
             f"±{spread:.2f}" if spread == spread else "–", f"{rho.value:+z.2f}",
             f"{left.value:+z.2f}" if left is not None else "–", _p(left.p) if left is not None else "–")
        )  # fmt: skip
    if not rows:
        say("  Nothing can be said: there are too few pairs, or their errors are all the same.")
        return
    columns = ["pairs", "n", "Pearson", "95 %", "p", "seeds", "Spearman", "partial", "p "]
    shown = pd.DataFrame(rows, columns=columns)
    empty = [name for name in ("seeds", "partial", "p ") if (shown[name] == "–").all()]
    # A terminal of 80 columns has room for one of both; --table correlations has all.
    print_table(shown.drop(columns=[*empty, *(["Spearman"] if "partial" not in empty else [])]))
    if "test" in frame:
        several = bool((frame["test"] == "mantel").any())
        which = "exchanging languages (Mantel)" if several else "shuffling the recipients"
        say(f"\n  p by {which}; intervals by drawing languages, not pairs, with replacement: these describe.")
        if several_languages := int(frame["languages"].max()):
            say(f"  n counts pairs, but pairs share languages: of those there are {several_languages}.")
        if "partial" not in empty:
            say("  partial: donors, recipients and script taken out of both; its p (MRQAP) decides.")
    for line in verdict(frame):
        say(f"  {line}")


def _p(value: float) -> str:
    if value != value:
        return "–"
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def _advice(advice: "pd.DataFrame", quality: "pd.DataFrame") -> None:
    whole = quality[quality["recipient"] == "all"]
    n = int(whole["n"].max())
    say(
        f"\nWhich donor should a language get? Donors ranked before any training, against the errors measured\n"
        f"(means over recipients, {n} pairs; p one-sided; regret: wrong sentences more than with the best donor)\n"
    )
    columns = ["ranking", "kendall", "spearman", "p", "regret", "chance"]
    print_table(whole[columns].round({"kendall": 2, "spearman": 2, "p": 4, "regret": 1, "chance": 1}))
    say("\nThe donors advised first, and those with the fewest errors\n")
    print_table(first_choices(advice).drop(columns="script"))
