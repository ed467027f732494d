"""Why one language is worse than another: the gap between both, and what each cause is worth of it.

Two kinds of evidence stand side by side. Counterfactuals: what one change of the same sentences does to the errors of
the one and of the other language, cell by cell; that the change is worth so much is measured, not modelled. Factors:
what a term is worth beside the others, times how far both languages differ in it; that it is a cause is an assumption.
Shares do not add up to the gap: causes work together, and the cosine lies downstream of the cuts.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from nerspace.engine.statistics.cells import OWN
from nerspace.engine.statistics.clusters import Clustered, clustered_mean
from nerspace.engine.statistics.pairs import scripts_of_pairs
from nerspace.engine.tables.spec import DONOR, LANGUAGE, RECIPIENT, TableSpec, integer, real, text

if TYPE_CHECKING:
    import pandas as pd

NAN = float("nan")
GAP = "gap"
# Change → the cause that it undoes, or does to the donor's sentence, how, and what it is compared with.
_CHANGED = {
    "donor's form": ("form of the name", "with the donor's form in the same sentence", OWN),
    "donor's context": ("language of the context", "with its own form in the donor's sentence", OWN),
    "donor's sentence, cut as own": (
        "cutting of the name", "the donor's sentence, its name cut into as many pieces as here", "donor's sentence"
    ),
    "name in Latin": ("script of the name", "with the name in Latin letters", OWN),
    "sentence in Latin": ("script of the sentence", "with the whole sentence in Latin letters", OWN),
}  # fmt: skip
_TERMS = {
    "tnld": ("spelling", "TNLD to the donor's form"), "pieces": ("tokenisation", "pieces more than the donor's form"),
    "shared": ("tokenisation", "share of pieces in common with the donor's form"),
    "cosine": ("space", "cosine to the donor's vector before fine-tuning, above its floor"),
    "words": ("length", "words of the name"),
}  # fmt: skip

Found = tuple[str, str, float, float, float, int, str]
CAUSES = TableSpec(
    "causes",
    "Why a language is worse than another: the gap, and what each cause is worth of it.",
    {
        "donor": text(DONOR),
        "recipient": text(RECIPIENT),
        "against": text(f"{LANGUAGE} it is compared with"),
        "cause": text("gap, or what is worth a part of it"),
        "source": text("predictions, counterfactuals (one change of the same sentences) or factors (a model)"),
        "points": real("percentage points of the gap; above 0 makes the recipient worse"),
        "low": real("2.5 % bound, clustered by name and by context"),
        "high": real("97.5 % bound"),
        "n": integer("cells, both languages in each"),
        "says": text("in words"),
    },
)


@CAUSES.made_by
def cause_table(
    factors: "pd.DataFrame", recipient: str, against: str, donor: str, factor_terms: "pd.DataFrame | None" = None,
    counterfactuals: "pd.DataFrame | None" = None,
) -> "pd.DataFrame":  # fmt: skip
    """The table `causes`; empty where both languages share no cell.

    Args:
        factors: the table of that name.
        recipient: the language that is asked about.
        against: the one that it is compared with.
        donor: what the models were trained on.
        factor_terms: the table of that name; without it no factor is told.
        counterfactuals: the table of that name; without it no change is told.
    """
    own = factors[factors["donor"] == donor]
    pairs = _paired(own[own["recipient"] == recipient], own[own["recipient"] == against], ["wrong"])
    if pairs.empty:
        return CAUSES.frame()
    rows: list[tuple[Any, ...]] = []

    def add(cause: str, source: str, points: float, low: float, high: float, n: int, says: str) -> None:
        rows.append((donor, recipient, against, cause, source, points, low, high, n, says))

    gap = _difference(pairs, "wrong")
    shares = pairs["wrong"].mean(), pairs["wrong other"].mean()
    add(GAP, "predictions", 100 * gap.value, 100 * gap.low, 100 * gap.high, len(pairs),
        f"{recipient} {100 * shares[0]:.1f} % wrong, {against} {100 * shares[1]:.1f} %")  # fmt: skip
    if counterfactuals is not None:
        for found in _by_change(counterfactuals[counterfactuals["donor"] == donor], recipient, against):
            add(*found)
    if factor_terms is not None:
        for found in _by_term(own, factor_terms, recipient, against):
            add(*found)
    return CAUSES.frame(rows)


def _paired(own: "pd.DataFrame", other: "pd.DataFrame", columns: list[str]) -> "pd.DataFrame":
    """One row per cell that both have, means over seeds; the other's columns end in " other"."""
    keys = ["context", "entity"]
    first, second = (
        side[[*keys, *columns]].astype(dict.fromkeys(columns, "float64")).groupby(keys, as_index=False)[columns].mean()
        for side in (own, other)
    )
    return first.merge(second, on=keys, suffixes=("", " other"))


def _difference(pairs: "pd.DataFrame", column: str) -> Clustered:
    values = np.asarray(pairs[column] - pairs[f"{column} other"], dtype=np.float64)
    return clustered_mean(values, pairs["entity"].tolist(), pairs["context"].tolist())


def _by_change(found: "pd.DataFrame", recipient: str, against: str) -> list[Found]:
    """What undoing a cause takes away of the one language's errors more than of the other's."""
    rows: list[Found] = []
    sides = {}
    for language in (recipient, against):
        part = found[(found["recipient"] == language) & found["wrong"].notna()]
        sides[language] = part
    for change, (cause, how, reference) in _CHANGED.items():
        effects = []
        # What undoes a cause shows by what it takes away, what does one by what it adds.
        sign = 1.0 if reference == OWN else -1.0
        for part in sides.values():
            before = part[part["change"] == reference].set_index(["sentence", "seed"])["wrong"].astype(float)
            changed = part[part["change"] == change].copy()
            known = before.reindex(list(zip(changed["sentence"], changed["seed"], strict=True))).to_numpy()
            changed["effect"] = sign * (known - changed["wrong"].to_numpy(dtype=np.float64))
            effects.append(changed)
        # A form that is the donor's already, or is in Latin letters, cannot gain by becoming so.
        first, second = (part[part["change"] == OWN] for part in sides.values())
        everywhere = _paired(first, second, ["wrong"])
        keys = ["context", "entity"]
        cells = everywhere[keys]
        for name, changed in zip(("wrong", "wrong other"), effects, strict=True):
            mean = changed.assign(**{name: changed["effect"]}).groupby(keys, as_index=False)[[name]].mean()
            cells = cells.merge(mean, on=keys, how="left")
        varied = int(cells[["wrong", "wrong other"]].notna().any(axis=1).sum())
        if varied < 2:
            continue
        cells = cells.fillna({"wrong": 0.0, "wrong other": 0.0})
        worth = _difference(cells, "wrong")
        each = 100 * cells["wrong"].mean(), 100 * cells["wrong other"].mean()
        says = f"{how}: {recipient} {-sign * each[0]:+z.1f} points, {against} {-sign * each[1]:+z.1f}"
        rows.append((cause, "counterfactuals", 100 * worth.value, 100 * worth.low, 100 * worth.high, varied, says))
    return rows


def _by_term(factors: "pd.DataFrame", terms: "pd.DataFrame", recipient: str, against: str) -> list[Found]:
    """What each term is worth beside the others, times how far both languages differ in it."""
    rows: list[Found] = []
    model = "together" if (terms["model"] == "together").any() else "alone"
    for term, effect, low, high in terms[terms["model"] == model][["term", "effect", "low", "high"]].itertuples(
        index=False
    ):
        column = "own_pieces" if term == "pieces" and factors["pieces"].isna().all() else str(term)
        step = {"tnld": 0.1, "shared": -0.1}.get(column, 1.0)
        if column == "cosine":
            step = -float(factors["cosine"].std(ddof=0))
        sides = [factors[factors["recipient"] == code] for code in (recipient, against)]
        pairs = _paired(sides[0], sides[1], [column]).dropna()
        if pairs.empty or not step:
            continue
        means = float(pairs[column].mean()), float(pairs[f"{column} other"].mean())
        steps = (means[0] - means[1]) / step
        # A term in which both languages are the same is no cause of what they differ in.
        if abs(steps) < 1e-9:
            continue
        bounds = sorted((float(low) * steps, float(high) * steps))
        cause, what = _TERMS.get(str(term), (str(term), str(term)))
        says = f"{what}: {recipient} {means[0]:z.2f}, {against} {means[1]:z.2f}"
        rows.append((f"{cause} ({term})", "factors", float(effect) * steps, bounds[0], bounds[1], len(pairs), says))
    return rows


def usual_donor(factors: "pd.DataFrame", *languages: str) -> str:
    """The first donor that is none of these languages, since none is a recipient of itself; the first, if all are."""
    donors = list(dict.fromkeys(factors["donor"].astype(str)))
    return next((donor for donor in donors if donor not in languages), donors[0] if donors else "")


def usual_rival(factors: "pd.DataFrame", recipient: str, donor: str) -> str:
    """The language that another is compared with: of its script, else of all, the one with the fewest errors."""
    script_of = scripts_of_pairs(factors)
    own = factors[(factors["donor"] == donor) & (factors["recipient"] != recipient)]
    shares = own.groupby("recipient")["wrong"].mean().sort_values(kind="stable")
    akin = [code for code in shares.index if script_of(str(code)) == script_of(recipient)]
    return str(akin[0] if akin else shares.index[0]) if len(shares) else ""
