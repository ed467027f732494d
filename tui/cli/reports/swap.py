"""What the swap lab found, in words: shares by type of name and context, and a verdict on form against context."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from nerspace.tui.cli.output import print_table, records, say
from nerspace.tui.literal import literal

if TYPE_CHECKING:
    import pandas as pd

SUBSETS = {"all": "all names", "ambiguous": "ambiguous names", "unambiguous": "unambiguous names"}


def show_swaps(request: Mapping[str, Any], summary: "pd.DataFrame", rows: "pd.DataFrame | None" = None) -> None:
    """Print the summary over all languages, or of the only one, by cells and by language.

    Args:
        rows: swaps to print first, of names that were requested.
    """
    if rows is not None:
        columns = ["language", "form", "name_type", "context_type", "text", "predicted", "confidence", "moved"]
        print_table(rows[columns].round({"confidence": 3, "moved": 3}))
    say(f"\n{_reader(request)}, seed {request['seed']}")
    of_kind = summary[summary["kind"] == "context"]
    languages = of_kind["language"].unique().tolist()
    whole = "all" if "all" in languages else languages[0]
    chosen = of_kind[(of_kind["language"] == whole) & (of_kind["subset"] == "all")]
    say("\nPredicted type of the name, in %; in brackets what is to be expected if it made no difference\n")
    print_table(_shares(chosen, "name_type", "context_type"))
    total = of_kind[(of_kind["name_type"] == "all") & (of_kind["language"] == whole)]
    if len(total) > 1:
        say("\nBy how clear the name is, in contexts of other types\n")
        print_table(_shares(total.assign(names_=total["subset"].map(SUBSETS)), "names_"))
    by_language = of_kind[(of_kind["name_type"] == "all") & (of_kind["subset"] == "all")]
    if len(by_language) > 1:
        say("\nBy language, in contexts of other types\n")
        print_table(_shares(by_language, "language"))
    _moved(summary, whole)
    say()
    total = total[total["subset"] == "all"]
    if len(total) and (doubtful := 1 - total["agreeing"].iloc[0]) > 0:
        say(f"In {100 * doubtful:.0f} % of these the context shows a gender or case that the name may lack.")
    for line in verdict(total):
        say(line)


def _shares(frame: "pd.DataFrame", *keys: str) -> "pd.DataFrame":
    import pandas as pd

    def share(value: float, floor: float) -> str:
        return f"{100 * value:.0f} [{100 * floor:.0f}]" if floor == floor else f"{100 * value:.0f}"

    rows = []
    for row in records(frame):
        home = row.name_type == row.context_type
        rows.append(
            (*(getattr(row, key) for key in keys), row.n, share(row.as_name, row.floor),
             "–" if home else share(row.as_context, row.context_floor), f"{100 * row.as_neither:.0f}",
             f"{100 * row.low:.0f} to {100 * row.high:.0f}" if row.low == row.low else "–")
        )  # fmt: skip
    named = {"name_type": "name", "context_type": "context", "names_": "names"}
    columns = [*(named.get(key, key) for key in keys), "n", "as name", "as context", "neither", "as name, 95 %"]
    return pd.DataFrame(rows, columns=columns)


def _moved(summary: "pd.DataFrame", language: str) -> None:
    import pandas as pd

    rows = summary[(summary["language"] == language) & (summary["name_type"] == "all") & (summary["subset"] == "all")]
    if rows.empty:
        return
    what = {"context": "the context is another type's", "entity": "the name is another type's"}
    say("\nHow far the name's vector moved (1 − cosine)\n")
    print_table(pd.DataFrame({
        "when": rows["kind"].map(what),
        "moved": rows["moved"].round(3),
        "within a type": rows["moved_floor"].round(3),
        **({"before fine-tuning": rows["moved_before"].round(3)} if rows["moved_before"].notna().any() else {}),
    }))  # fmt: skip


def _reader(request: Mapping[str, Any]) -> str:
    if request["source"]:
        return (f"A model trained on {literal(request['donor'])} (run {literal(request['source'])}); "
                "contexts and names of its test part")  # fmt: skip
    return f"The model {literal(request['trained'])}; contexts and names of a fifth of {literal(request['data'])}"


def verdict(total: "pd.DataFrame") -> list[str]:
    """What follows for "relies on morphology, not on context", from the row of all names in other contexts."""
    if total.empty:
        return ["There is no name in a context of another type, so nothing is said of form against context."]
    row = total.iloc[0]
    lead, low, high = (100 * row[name] for name in ("lead", "lead_low", "lead_high"))
    shares = (
        f"In contexts of another type, {100 * row['as_name']:.0f} % of the names keep their own type and "
        f"{100 * row['as_context']:.0f} % take the context's (difference {lead:+z.0f}, "
        f"95 % {low:+z.0f} to {high:+z.0f}; n = {row['n']:,})."
    )
    if row["lead_low"] > 0:
        return [shares, "The model goes by the form of the name more than by its context, as the paper says."]
    if row["lead_high"] < 0:
        return [shares, 'The model goes by the context more than by the form: here it does not "rely on morphology".']
    return [shares, "Which of the two counts for more cannot be said: the interval of their difference holds 0."]
