"""What factors say of a run, in words."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nerspace.tui.cli.output import print_table, records, say

if TYPE_CHECKING:
    import pandas as pd

_MODELS = {
    "alone": "each alone", "together": "all together", "without cosine": "without the cosine",
    "binomial": "binomial model", "mrqap": "over pairs (MRQAP)",
}  # fmt: skip


def show_factors(tables: "Mapping[str, pd.DataFrame]", notes: Sequence[str]) -> None:
    """Print the effect of each term, the shares, and what both leave open."""
    import pandas as pd

    terms, shares = tables["factor_terms"], tables["factor_shares"]
    if terms.empty:
        say("Nothing can be said: there are too few sentences or names, or no term differs between them.")
    else:
        first = next(records(terms))
        # Sentences that came tagged have no cells.
        cells = "types" if "words" in set(terms["term"]) else "cells"
        say(
            f"\nPoints of the share of wrong sentences, {first.n:,} sentences of {first.names} names in "
            f"{first.contexts} contexts, {first.donors} donor{'s' if first.donors > 1 else ''};\n"
            f"languages, {cells} and models held; 95 % intervals cluster names and contexts\n"
        )
        rows = []
        for (term, unit), part in terms[terms["model"] != "extra pieces"].groupby(["term", "unit"], sort=False):
            found = {row.model: row for row in records(part)}
            rows.append(
                (
                    f"{unit} ({term})" if str(term) not in str(unit) else str(unit),
                    *(_effect(found.get(m)) for m in _SHOWN),
                )
            )
        print_table(pd.DataFrame(rows, columns=["change", *(_MODELS[model] for model in _SHOWN)]))
        extra = terms[terms["model"] == "extra pieces"]
        if len(extra):
            by = "  ".join(f"{row.term}: {row.effect:.0f} % (n {row.n})" for row in records(extra))
            say(f"\n  Wrong by extra pieces  {by}")
        if (terms["vif"] > 5).any():
            say("  Some terms can hardly be told apart here (variance inflation above 5).")
    if len(shares):
        n = next(records(shares))
        held = "type" if "length" in set(shares["group"]) else "type and length"
        say(
            f"\nOf what can be explained ({100 * n.explained:.0f} % of the deviance beyond {held}), by share; "
            f"chance exchanges names\n"
        )
        print_table(pd.DataFrame(
            [(row.group, f"{row.share:.2f}", f"[{row.low:.2f}, {row.high:.2f}]", f"{row.chance:.2f}",
              "" if row.binomial != row.binomial else f"{row.binomial:.2f}") for row in records(shares)],
            columns=["group", "share", "95 %", "chance", "binomial"],
        ))  # fmt: skip
    for line in notes:
        say(f"  {line}")
    if (terms["term"] == "cosine").any():
        say("\n  The cosine lies downstream of the cuts: with it, pieces keep only what does not go through the space.")
    say("\nMore: nerspace factors --plot, or --table NAME --csv FILE.")


_SHOWN = ("alone", "together", "without cosine")


def _effect(row: Any) -> str:
    if row is None or row.effect != row.effect:
        return "–"
    if row.low != row.low:
        return f"{row.effect:+z.1f}"
    return f"{row.effect:+z.1f} [{row.low:+z.1f}, {row.high:+z.1f}]"


def show_contrasts(contrasts: "pd.DataFrame") -> None:
    """Print what each change makes of the errors of each recipient, and what the changes isolate."""
    import pandas as pd

    for (donor, recipient), part in contrasts.groupby(["donor", "recipient"], sort=False):
        rows = [
            (
                row.change,
                row.n,
                f"{row.before:.3f}",
                f"{row.after:.3f}",
                _points(row),
                f"{row.worse}/{row.better}",
                _p(row.p_holm),
            )
            for row in records(part)
            if row.n
        ]
        say(f"\n{recipient}, trained on {donor}: share wrong before and after one change; p by Holm\n")
        print_table(pd.DataFrame(rows, columns=["change", "n", "before", "after", "points", "w/b", "p"]))
    say("\nWhat each isolates, compared with what, and what it leaves open\n")
    for row in records(contrasts.drop_duplicates("change")):
        say(f"  {row.change} (against {row.reference}): {row.isolates}; {row.limit}.")
    lost = contrasts[(contrasts["unvaried"] > 0) & (contrasts["recipient"] == contrasts["recipient"].iloc[-1])]
    for row in records(lost):
        say(f"  {row.unvaried} could not be changed by “{row.change}”: {row.why}.")


def _points(row: Any) -> str:
    interval = "" if row.low != row.low else f" [{row.low:+z.1f}, {row.high:+z.1f}]"
    return f"{row.difference:+z.1f}{interval}"


def _p(value: float) -> str:
    return "–" if value != value else "< .001" if value < 0.001 else f"{value:.3f}"
