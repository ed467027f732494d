"""The answer to the paper's question in three sentences: what changed names, factors and correlations say of a run.

The question is what spelling, tokenisation and the space each have to do with errors in another language. Each kind of
evidence answers it on its own, and the last sentence tells where they disagree. What is not shown is not shown to be
absent: an interval that holds 0 says how little is known.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from nerspace.engine.errors import NerspaceError
from nerspace.engine.runs import Run
from nerspace.engine.transfer.causes import contrasts_of
from nerspace.engine.words import several

if TYPE_CHECKING:
    import pandas as pd

HOW = "nerspace swap --counterfactual"
# Why a paper run has no changed names.
PAPER_KEEPS_NONE = f"a paper run keeps no models; nerspace transfer trains some that {HOW} reads"
# What is told of changed names, in this order: change → in words. Of several cuts the first that could be made.
_TOLD: Sequence[tuple[tuple[str, ...], str]] = (
    (("donor's form",), "the donor's form in the same sentence"),
    (("+2 pieces", "+1 piece", "+4 pieces"), "the same letters in {} more"),
    (("name in Latin",), "the name in Latin letters"),
    (("another name",), "another name of its type, the noise of any change,"),
)
_CUTS = _TOLD[1][0]
# A plain correlation that a reader would take for an answer.
_CLEAR = 0.3
_COUNTED = (("n", "sentence"), ("names", "name"), ("contexts", "context"))


def answer_of(run: Run, without: str = "") -> list[str]:
    """The three sentences of a run; nothing where it counted no errors.

    Args:
        run: that holds `correlations` or the tables of factors.
        without: why it has no changed names, and what makes them; by default the command that does.
    """
    held = set(run.tables())

    def table(name: str) -> "pd.DataFrame | None":
        try:
            return run.read_table(name) if name in held else None
        except (NerspaceError, OSError, ValueError):
            return None

    return answer_lines(
        table("factor_terms"), table("factor_shares"), table("correlations"), contrasts_of(run), without
    )


def answer_lines(
    terms: "pd.DataFrame | None", shares: "pd.DataFrame | None", correlations: "pd.DataFrame | None",
    contrasts: "pd.DataFrame | None" = None, without: str = "",
) -> list[str]:  # fmt: skip
    """Three sentences on the paper's question: what changed names, factors and correlations say, where they disagree.

    Args:
        terms: the table `factor_terms`.
        shares: the table `factor_shares`.
        correlations: the table of that name.
        contrasts: the table `counterfactual_contrasts`.
        without: as in `answer_of`.

    Returns:
        The sentences; none where all tables are missing.
    """
    if terms is None and correlations is None and contrasts is None:
        return []
    changed, cuts = _changed_names(contrasts, without)
    found, shown = _factors(terms, shares)
    correlated, spelling, plain = _correlated(correlations)
    return [changed, found, f"{correlated} {_disagreement(cuts, shown, spelling, plain)}"]


def _changed_names(contrasts: "pd.DataFrame | None", without: str) -> tuple[str, bool | None]:
    """The sentence on changed names, and whether they show that cuts count; None where nothing was asked."""
    if contrasts is None or contrasts.empty or not (contrasts["n"] > 0).any():
        return f"Names changed one thing at a time: {without or f'not read yet; {HOW} does'}.", None
    # Over all recipients where there are several; of several donors the first, the others are in the table.
    own = contrasts[contrasts["donor"] == contrasts["donor"].iloc[0]]
    every = own["recipient"] == "all"
    told = own[every if every.any() else own["recipient"].notna()]
    rows = {str(row["change"]): row for row in told.to_dict("records") if row["n"] > 0}
    parts, cuts = [], None
    for names, words in _TOLD:
        row = next((rows[name] for name in names if name in rows), None)
        if row is None:
            continue
        what = words.format(str(row["change"]).lstrip("+"))
        parts.append(f"{what} {_effect(row, 'difference')}")
        if names == _CUTS:
            cuts = bool(row["low"] > 0)
    most = max(rows.values(), key=lambda row: row["n"], default={"n": 0, "names": 0, "contexts": 0})
    counts = (several(int(most[key]), noun) for key, noun in _COUNTED)
    about = f"{', '.join(counts)}, donor {own['donor'].iloc[0]}"
    others = contrasts["donor"].nunique() - 1
    beside = f"; {several(others, 'other donor')} in counterfactual_contrasts" if others else ""
    return (
        f"Names changed one thing at a time, points of the wrong share [95 %]: {', '.join(parts)} ({about}{beside}).",
        cuts,
    )


def _effect(row: dict[Any, Any], name: str) -> str:
    text = f"{row[name]:+.1f}"
    if row["low"] != row["low"]:
        return f"{text} [no interval]"
    hidden = "" if row["low"] > 0 or row["high"] < 0 else ", not shown"
    return f"{text} [{row['low']:+.1f}, {row['high']:+.1f}]{hidden}"


def _factors(terms: "pd.DataFrame | None", shares: "pd.DataFrame | None") -> tuple[str, set[str] | None]:
    """The sentence on factors, and which terms make errors more for sure; None where there is no model."""
    if terms is None or terms.empty or not terms["model"].isin(["together", "alone"]).any():
        return "Factors, sentence by sentence: too few sentences or names to tell spelling, cuts and space apart.", None
    model = "together" if (terms["model"] == "together").any() else "alone"
    rows = terms[(terms["model"] == model) & terms["effect"].notna()]
    known: list[dict[Any, Any]] = rows.to_dict("records")
    if not known:
        return "Factors, sentence by sentence: no term differs enough to be told from the others.", None
    beside = "beside one another" if len(known) > 1 else "alone"
    parts = ", ".join(f"{row['unit']} {_effect(row, 'effect')}" for row in known)
    n, donors = int(known[0]["n"]), int(known[0]["donors"])
    said = f"Factors {beside}, within languages and cells: {parts}"
    if shares is not None and len(shares) and shares["share"].notna().any():
        first = shares.sort_values("share", ascending=False).iloc[0]
        said += f"; of what is explained most falls to {first['group']} ({100 * float(first['share']):.0f} %"
        said += f", by chance {100 * float(first['chance']):.0f} %)" if first["chance"] == first["chance"] else ")"
    said += f" ({several(n, 'sentence')} of {several(int(known[0]['names']), 'name')}, {several(donors, 'donor')})."
    return said, {str(row["term"]) for row in known if row["low"] > 0}


def _correlated(correlations: "pd.DataFrame | None") -> tuple[str, bool | None, float]:
    """The sentence on correlations, whether they show that spelling counts, None where that is not judged, and r."""
    if correlations is None or correlations.empty:
        return "Correlations over languages: none were counted.", None, 0.0
    rows = correlations[correlations["subset"] == "all"]
    plain = rows[(rows["statistic"] == "pearson") & rows["value"].notna()]
    if plain.empty:
        return "Correlations over languages: too few pairs, or errors that are all the same.", None, 0.0
    row = plain.iloc[0]
    languages = row["languages"] if "languages" in row and row["languages"] == row["languages"] else 0
    of = f"{several(int(row['n']), 'pair')} of {int(languages)} languages" if languages else f"{int(row['n'])} pairs"
    said = f"Correlations over {of}: errors go with spelling distance at r = {row['value']:+.2f}"
    partial = rows[(rows["statistic"] == "partial") & rows["p"].notna()]
    if partial.empty:
        one = str(row.get("test", "")) == "shuffle"
        why = "one donor" if one else "so few pairs"
        return f"{said}, which {why} cannot tell from script and single hard languages.", None, float(row["value"])
    value, p = float(partial["value"].iloc[0]), float(partial["p"].iloc[0])
    shown = p <= 0.05 and value > 0
    said += ", also" if shown else ", not shown"
    said += f" once donors, recipients and script are taken out (partial {value:+.2f}, p {p:.3f})."
    return said, shown, float(row["value"])


def _disagreement(cuts: bool | None, shown: set[str] | None, spelling: bool | None, plain: float) -> str:
    """Where the three disagree: each is asked only where it answers.

    plain: the correlation over languages, which describes also where it is not judged.
    """
    apart = []
    if shown is not None:
        of_factors = "tnld" in shown
        if spelling is not None and spelling != of_factors:
            one, other = ("correlations", "factors") if spelling else ("factors", "correlations")
            apart.append(f"{one} show that spelling counts, {other} do not")
        if spelling is None and plain >= _CLEAR and not of_factors:
            apart.append("over languages errors go with spelling, within them factors do not show that it counts")
        pieces = bool(shown & {"pieces", "shared"})
        if cuts is not None and cuts != pieces:
            one, other = ("changed names", "factors") if cuts else ("factors", "changed names")
            apart.append(f"{one} show that cuts count, {other} do not")
    if apart:
        return f"They disagree: {'; '.join(apart)}."
    if shown is None or (cuts is None and spelling is None):
        return "Nothing stands beside it that could disagree."
    return "They do not contradict one another."
