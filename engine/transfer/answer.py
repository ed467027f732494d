"""The answer to the paper's question in three sentences: what changed names, factors and correlations say of a run.

The question is what spelling, tokenisation and the space each have to do with errors in another language. Each kind of
evidence answers it on its own, and the last sentence tells where they disagree. What is not shown is not shown to be
absent: an interval that holds 0 says how little is known.
"""

from collections.abc import Mapping, Sequence
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
_LEVEL = 0.05
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


def _changed_names(contrasts: "pd.DataFrame | None", without: str) -> tuple[str, int | None]:
    """The sentence on changed names, and the sign of what more pieces are shown to do; None where nothing was asked."""
    if contrasts is None or contrasts.empty or not (contrasts["n"] > 0).any():
        return f"Names changed one thing at a time: {without or f'not read yet; {HOW} does'}.", None
    # Over all recipients where there are several; of several donors the first that any name could be changed for, the
    # others are in the table.
    donor = contrasts.loc[contrasts["n"] > 0, "donor"].iloc[0]
    own = contrasts[contrasts["donor"] == donor]
    every = own["recipient"] == "all"
    told = own[every if every.any() else own["recipient"].notna()]
    rows = {str(row["change"]): row for row in told.to_dict("records") if row["n"] > 0}
    parts, cuts = [], None
    for names, words in _TOLD:
        row = next((rows[name] for name in names if name in rows), None)
        if row is None:
            continue
        what = words.format(str(row["change"]).lstrip("+"))
        parts.append(f"{what} {_change(row)}")
        if names == _CUTS:
            cuts = _sign(row)
    most = max(rows.values(), key=lambda row: row["n"], default={"n": 0, "names": 0, "contexts": 0})
    counts = (several(int(most[key]), noun) for key, noun in _COUNTED)
    # Not every name can be changed in every way.
    most_of = "up to " if any(row["n"] < most["n"] for row in rows.values()) else ""
    about = f"{most_of}{', '.join(counts)}, donor {donor}"
    others = contrasts["donor"].nunique() - 1
    beside = f"; {several(others, 'other donor')} in counterfactual_contrasts" if others else ""
    said = ", ".join(parts) or "neither the form nor the cuts nor the script could be changed"
    return f"Names changed one thing at a time, points of the wrong share [95 %]: {said} ({about}{beside}).", cuts


def _change(row: dict[Any, Any]) -> str:
    """The size of a change; an interval of no width, where no sentence changed, would look like knowledge."""
    if not row["worse"] and not row["better"]:
        return "changes no sentence"
    return _effect(row, "difference")


def _sign(row: Mapping[Any, Any]) -> int:
    """1 where the interval lies above 0, -1 where it lies below, 0 where neither is shown."""
    return int(row["low"] > 0) - int(row["high"] < 0)


def _signed(value: float, digits: int = 1) -> str:
    """With its sign; what rounds to nothing has none."""
    rounded = round(value, digits)
    return f"{rounded:+.{digits}f}" if rounded else f"{0:.{digits}f}"


def _effect(row: dict[Any, Any], name: str) -> str:
    text = _signed(row[name])
    if row["low"] != row["low"]:
        return f"{text} [no interval]"
    hidden = "" if _sign(row) else ", not shown"
    return f"{text} [{_signed(row['low'])}, {_signed(row['high'])}]{hidden}"


def _factors(terms: "pd.DataFrame | None", shares: "pd.DataFrame | None") -> tuple[str, dict[str, int] | None]:
    """The sentence on factors, and the sign of what each term is shown to do; None where there is no model."""
    if terms is None or terms.empty or not terms["model"].isin(["together", "alone"]).any():
        return "Factors, sentence by sentence: too few sentences or names to tell spelling, cuts and space apart.", None
    model = "together" if (terms["model"] == "together").any() else "alone"
    rows = terms[(terms["model"] == model) & terms["effect"].notna()]
    known: list[dict[Any, Any]] = rows.to_dict("records")
    if not known:
        return "Factors, sentence by sentence: no term differs enough to be told from the others.", None
    if not any(row["effect"] for row in known):
        return "Factors, sentence by sentence: errors that are all the same, so that nothing can be told.", None
    parts = ", ".join(f"{row['unit']} {_effect(row, 'effect')}" for row in known)
    n, donors = int(known[0]["n"]), int(known[0]["donors"])
    # Sentences that came tagged have no cells; their terms are pieces and words of their own.
    held = "languages and types" if "words" in set(rows["term"]) else "languages and cells"
    beside = "Factors beside one another" if len(known) > 1 else "The one factor that differs"
    said = f"{beside}, within {held}: {parts}"
    if shares is not None and len(shares) and shares["share"].notna().any():
        first = shares.sort_values("share", ascending=False).iloc[0]
        share, chance = float(first["share"]), float(first["chance"])
        explained = float(first["explained"])
        whole = f" ({100 * explained:.0f} % of the deviance)" if explained == explained else ""
        said += f"; of what is explained{whole} most falls to {first['group']} ({100 * share:.0f} %"
        if chance == chance:
            said += f", {'by' if share > chance else 'no more than by'} chance {100 * chance:.0f} %"
        said += ")"
    said += f" ({several(n, 'sentence')} of {several(int(known[0]['names']), 'name')}, {several(donors, 'donor')})."
    return said, {str(row["term"]): _sign(row) for row in known}


def _correlated(correlations: "pd.DataFrame | None") -> tuple[str, int | None, float]:
    """The sentence on correlations, the sign that they show of spelling, None where that is not judged, and r."""
    if correlations is None or correlations.empty:
        return "Correlations over languages: none were counted.", None, 0.0
    rows = correlations[correlations["subset"] == "all"]
    plain = rows[(rows["statistic"] == "pearson") & rows["value"].notna()]
    if plain.empty:
        return "Correlations over languages: too few pairs, or errors that are all the same.", None, 0.0
    row = plain.iloc[0]
    languages = row["languages"] if "languages" in row and row["languages"] == row["languages"] else 0
    pairs = several(int(row["n"]), "pair")
    of = f"{pairs} of {several(int(languages), 'language')}" if languages else pairs
    r = float(row["value"])
    said = f"Correlations over {of}: errors and spelling distance at r = {_signed(r, 2)}"
    partial = rows[(rows["statistic"] == "partial") & rows["p"].notna()]
    if partial.empty:
        one = str(row.get("test", "")) == "shuffle"
        why = "one donor" if one else "so few pairs"
        return f"{said}, which {why} cannot tell from script and single hard languages.", None, r
    value, p = float(partial["value"].iloc[0]), float(partial["p"].iloc[0])
    shown = (int(value > 0) - int(value < 0)) if p <= _LEVEL else 0
    # What is left is told by its own sign: it may be the opposite of what was there.
    how = ", not shown" if not shown else ", also" if shown * r > 0 else ", but the other way round"
    said += f"{how} once donors, recipients and script are taken out (partial {_signed(value, 2)}, p {p:.3f})."
    return said, shown, r


def _disagreement(cuts: int | None, shown: dict[str, int] | None, spelling: int | None, plain: float) -> str:
    """Where the three disagree: each is asked only where it answers.

    Args:
        cuts: sign of what more pieces do by changed names.
        shown: sign of every term of the factors.
        spelling: sign of spelling distance over languages.
        plain: the correlation over languages, which describes also where it is not judged.
    """
    if shown is None or (cuts is None and spelling is None and plain < _CLEAR):
        return "Nothing stands beside it that could disagree."
    apart = []
    of_factors = shown.get("tnld", 0)
    if spelling is not None:
        apart += _apart("correlations", spelling, "factors", of_factors, "spelling counts", "nearer spelling is worse")
    elif plain >= _CLEAR and of_factors <= 0:
        how = "show that nearer spelling is worse" if of_factors else "do not show that it counts"
        apart.append(f"over languages errors go with spelling, within them factors {how}")
    if cuts is not None:
        pieces = shown.get("pieces", 0) or shown.get("shared", 0)
        apart += _apart("changed names", cuts, "factors", pieces, "cuts count", "more pieces are better")
    if apart:
        return f"They disagree: {'; '.join(apart)}."
    if not any([cuts, spelling, *shown.values()]):
        return "They do not contradict one another: nothing is shown, which is not to say that nothing is there."
    return "They do not contradict one another."


def _apart(one: str, here: int, other: str, there: int, so: str, turned: str) -> list[str]:
    """In which words two kinds of evidence disagree, by their signs; nothing where they do not."""
    if here == there:
        return []
    if not here:
        one, here, other, there = other, there, one, here
    words = {1: so, -1: turned}
    return [f"{one} show that {words[here]}, {other} {f'that {words[there]}' if there else 'do not'}"]
