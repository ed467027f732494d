"""The answer to "why is this language worse than that one here?", in words."""

from typing import TYPE_CHECKING, Any

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
        return ["Both languages share no test sentence of this donor, so nothing can be said."]
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
    interval = "" if row["low"] != row["low"] else f" [{row['low']:+.1f}, {row['high']:+.1f}]"
    return f"{row['points']:+.1f}{interval}"


def answer_lines(
    terms: "pd.DataFrame | None", shares: "pd.DataFrame | None", correlations: "pd.DataFrame | None",
    contrasts: "pd.DataFrame | None" = None,
) -> list[str]:  # fmt: skip
    """Three sentences on the paper's question: what changed names, factors and correlations say, where they disagree.

    Args:
        terms: the table `factor_terms`.
        shares: the table `factor_shares`.
        correlations: the table of that name.
        contrasts: the table `counterfactual_contrasts`.
    """
    if terms is None and correlations is None:
        return []
    lines = [_changed_names(contrasts)]
    found, shown = _factors(terms, shares)
    lines.append(found)
    lines.append(_correlated(correlations, shown))
    return lines


def _changed_names(contrasts: "pd.DataFrame | None") -> str:
    if contrasts is None or contrasts.empty:
        return "Names changed one thing at a time: not asked yet; nerspace swap --counterfactual does."
    last = contrasts["recipient"].iloc[-1]
    rows = contrasts[(contrasts["recipient"] == last) & (contrasts["n"] > 0)]
    told = [row for row in rows.to_dict("records") if row["low"] > 0 or row["high"] < 0]
    if not told:
        return "Names changed one thing at a time: no change makes a difference that is shown."
    told.sort(key=lambda row: -abs(float(row["difference"])))
    parts = ", ".join(f"{row['change']} {float(row['difference']):+.1f}" for row in told[:4])
    return f"Names changed one thing at a time, points of the wrong share: {parts}."


def _factors(terms: "pd.DataFrame | None", shares: "pd.DataFrame | None") -> tuple[str, bool]:
    """The sentence on factors, and whether spelling is shown to count beside the others."""
    if terms is None or terms.empty:
        return "Factors: too few sentences or names to tell spelling, cuts and space apart.", False
    model = "together" if (terms["model"] == "together").any() else "alone"
    rows = [{str(k): v for k, v in row.items()} for row in terms[terms["model"] == model].to_dict("records")]
    told = [row for row in rows if row["low"] > 0 or row["high"] < 0]
    parts = ", ".join(f"{row['unit']} {row['effect']:+.1f} points" for row in told)
    said = f"Factors beside one another: {parts or 'none is shown to count'}"
    if shares is not None and len(shares):
        first = shares.sort_values("share", ascending=False).iloc[0]
        said += f"; most of what is explained falls to {first['group']} ({100 * float(first['share']):.0f} %)"
    return f"{said}.", any(row["term"] == "tnld" for row in told)


def _correlated(correlations: "pd.DataFrame | None", spelling: bool) -> str:
    if correlations is None:
        return "Correlations over languages: none were counted."
    plain = correlations[(correlations["subset"] == "all") & (correlations["statistic"] == "pearson")]["value"].dropna()
    if plain.empty:
        return "Correlations over languages: nothing can be said."
    partial = correlations[(correlations["subset"] == "all") & (correlations["statistic"] == "partial")]
    holds = bool(((partial["p"] <= 0.05) & (partial["value"] > 0)).any())
    said = f"Correlations over languages: errors go with spelling distance at r = {plain.iloc[0]:+.2f}"
    if partial["p"].isna().all():
        said += ", which one donor or few languages do not let one judge"
    else:
        said += ", also" if holds else ", not"
        said += " once donors, recipients and script are taken out"
    if plain.iloc[0] > 0.2 and not spelling:
        return f"{said}; they disagree with the factors, where spelling is not shown to count within languages."
    return f"{said}; they agree with the factors." if holds == spelling else f"{said}."
