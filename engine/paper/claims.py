"""The paper's claims, the rule that decides each, and the verdict. The rules were fixed before anything was looked at.

A verdict is "holds", "does not hold" or "undecided"; nothing is called false because it was not found.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nerspace.engine.tables.spec import TableSpec, integer, real, text

if TYPE_CHECKING:
    import pandas as pd

HOLDS, FAILS, OPEN = "holds", "does not hold", "undecided"
LEVEL = 0.05
NAN = float("nan")
ITEM = "table1, table2 or figure1 to figure5"

_INTERVAL = "holds if its 95 % interval lies on the claimed side of {bound}, does not hold if on the other"


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim of the paper.

    Attributes:
        item: where it is made.
        text: in which words.
        statistic: what decides it here.
        rule: how that decides.
    """

    item: str
    text: str
    statistic: str
    rule: str


_RESOURCES = "resources count for more than kinship."
_GROUPS = "ru and uk stand apart in how they change; pl, tr, es and en go together."
_SPELLING = "the closer the spelling, the better the transfer."
_RANKED = (
    "holds if the 95 % block bootstrap interval lies above 0 and above the floor and no other way to choose two of the "
    "six languages gives more; does not hold if it lies below both and no other way gives less; below 12 changes "
    "undecided. Six languages allow no p below 1/15 = .067, so p alone cannot decide"
)
_TESTED = (
    "holds if it is above 0 with a two-sided p of at most .05, does not hold if below 0 with such a p; MRQAP by double "
    "semi-partialling, 9,999 exchanges of languages within a script or all there are; one donor is never judged; the "
    "floor is the size that 95 % of the exchanges stay below"
)

CLAIMS: Mapping[str, Claim] = {
    "resources": Claim(
        "table2", f"Over all names: {_RESOURCES}",
        "cosine of en–ru (both rich, not akin) minus the mean of be–en, be–ru, en–tr, ru–tr (one poor: be and tr), all "
        "ambiguous names",
        f"our reading; output layer, after; {_INTERVAL.format(bound='0')}; bootstrap over names, at least 8; the "
        "floor is the same for shuffled contexts: how near the languages lie whatever is said",
    ),
    "resources_above_floor": Claim(
        "table2", f"Above the floors: {_RESOURCES}",
        "the same difference of (cosine - floor) / (1 - floor); the floor is the cosine of shuffled pairs of that name",
        f"output layer, after; {_INTERVAL.format(bound='0')}; bootstrap over names, at least 8",
    ),
    "resources_one_name": Claim(
        "table2", f"Washington alone: {_RESOURCES}",
        "the same difference for Washington",
        f"output layer, after; {_INTERVAL.format(bound='0')}; bootstrap over its contexts, at "
        "least 8; the floor as above",
    ),
    "language_before": Claim(
        "figure2", "Before fine-tuning the entities cluster by language.",
        "kNN purity by type minus by language, each as the share of the way from its floor to 1",
        f"output layer, before; claimed below 0; {_INTERVAL.format(bound='0')}; bootstrap over cells, at least 8",
    ),
    "type_after": Claim(
        "figure2", "After fine-tuning they cluster by type.",
        "kNN purity by type minus by language, each as the share of the way from its floor to 1",
        f"output layer, after; claimed above 0; {_INTERVAL.format(bound='0')}; bootstrap over cells, at least 8",
    ),
    "language_kept": Claim(
        "figure2", "Language is not entirely lost.",
        "kNN purity by language",
        "output layer, after; holds if its 95 % interval lies above the 95 % point of languages shuffled within cells, "
        "does not hold if it lies below; bootstrap over cells, at least 8",
    ),
    "clubs": Claim(
        "figure2", "Clubs that are named by their city lie with LOC.",
        "share of LOC among the 10 nearest of as many LOC as ORG test points of other names",
        f"output layer, after; claimed above .5; {_INTERVAL.format(bound='.5')}, and to hold it must lie above the "
        "share of ordinary organisations too; bootstrap over clubs, at least 5",
    ),
    "apart": Claim(
        "figure4", f"Each trained on: {_GROUPS}",
        "mean correlation within the two groups minus between them",
        f"output layer, each trained on; {_RANKED}",
    ),
    "apart_within": Claim(
        "figure4", f"Within each model: {_GROUPS}",
        "the same difference, mean over the models",
        f"output layer; {_RANKED}",
    ),
    "spelling": Claim(
        "figure5", f"Over all pairs: {_SPELLING}",
        "partial correlation of the share of wrong sentences with TNLD, donor, recipient and script effects taken out",
        _TESTED,
    ),
    "spelling_script": Claim(
        "figure5", f"Within a script: {_SPELLING}",
        "the same over pairs of one script", _TESTED,
    ),
    "spelling_different": Claim(
        "figure5", f"Without identical strings: {_SPELLING}",
        "the same with TNLD and errors of the sentences whose name is not the same string in both languages", _TESTED,
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found for a claim; interval, p and floor where they exist.

    Attributes:
        claim: a key of `CLAIMS`.
        verdict: what is concluded.
        value: the statistic.
        low: lower end of its interval.
        high: upper end.
        p: of the statistic.
        floor: what chance gives.
        n: how many units.
        unit: what n counts.
        stated: the same statistic from the numbers that the paper states, where it does.
    """

    claim: str
    verdict: str
    value: float
    low: float = NAN
    high: float = NAN
    p: float = NAN
    floor: float = NAN
    n: int = 0
    unit: str = ""
    stated: float = NAN


def by_interval(low: float, high: float, bound: float, n: int, least: int, above: bool = True) -> str:
    """The verdict of an interval against a bound.

    Args:
        low: 2.5 % bound.
        high: 97.5 % bound.
        bound: what the claim says the statistic lies above, or below.
        n: how many units.
        least: below so many it is undecided.
        above: the side that the claim is on.
    """
    if n < least or not all(map(math.isfinite, (low, high, bound))):
        return OPEN
    if low > bound:
        return HOLDS if above else FAILS
    if high < bound:
        return FAILS if above else HOLDS
    return OPEN


def by_rank(low: float, high: float, p: float, ways: int, floor: float = NAN, below: float = NAN) -> str:
    """The verdict where so few ways exist that p cannot be small.

    Args:
        low: 2.5 % bound.
        high: 97.5 % bound.
        p: share of the ways that give at least as much.
        ways: how many there are.
        floor: what chance gives, where it is known.
        below: share of the ways that give at most as much.
    """
    if ways < 2 or not all(map(math.isfinite, (low, high, p))):
        return OPEN
    chance, first = floor if math.isfinite(floor) else 0.0, 1 / ways + 1e-12
    if low > max(0.0, chance) and p <= first:
        return HOLDS
    return FAILS if high < min(0.0, chance) and below <= first else OPEN


def by_test(value: float, p: float) -> str:
    """The verdict of a correlation that is claimed to be above 0, by a two-sided permutation test."""
    if not (math.isfinite(value) and math.isfinite(p)) or p > LEVEL:
        return OPEN
    return HOLDS if value > 0 else FAILS


PAPER_CLAIMS = TableSpec(
    "paper_claims",
    "What the paper claims, what decides each claim here, and the verdict.",
    {
        "item": text(ITEM),
        "claim": text("the claim"),
        "verdict": text("holds, does not hold or undecided"),
        "statistic": text("what is measured"),
        "value": real("the statistic"),
        "low": real("2.5 % bound"),
        "high": real("97.5 % bound"),
        "p": real("permutation p, where there is one"),
        "floor": real("what chance gives"),
        "n": integer("how many units"),
        "unit": text("what n counts"),
        "theirs": real("the same statistic from the numbers that the paper states"),
        "rule": text("what was to decide, fixed before"),
    },
)


@PAPER_CLAIMS.made_by
def claim_table(findings: Iterable[Finding], items: Sequence[str]) -> "pd.DataFrame":
    """The table `paper_claims`, in the order of the paper; a claim without finding is undecided with n 0."""
    found = {finding.claim: finding for finding in findings}
    rows = []
    for name, claim in CLAIMS.items():
        if claim.item not in items:
            continue
        f = found.get(name, Finding(name, OPEN, NAN))
        rows.append((claim.item, claim.text, f.verdict, claim.statistic, f.value, f.low, f.high, f.p, f.floor, f.n,
                     f.unit, f.stated, claim.rule))  # fmt: skip
    return PAPER_CLAIMS.frame(rows)


PAPER_ITEMS = TableSpec(
    "paper_items",
    "What the paper has and claims, what decides each claim here, and the tables that answer.",
    {
        "item": text(ITEM),
        "shows": text("what it shows"),
        "claim": text("what the paper says of it"),
        "statistic": text("what is measured"),
        "rule": text("what decides, fixed before"),
        "tables": text("tables of a paper run"),
    },
)


@PAPER_ITEMS.made_by
def item_table() -> "pd.DataFrame":
    """The table `paper_items`: what the paper has, what it says of it, what decides that here, and the tables."""
    from nerspace.engine.paper.published import ITEMS

    rows = []
    for name, item in ITEMS.items():
        made = [claim for claim in CLAIMS.values() if claim.item == name]
        tables = " ".join(item.tables)
        rows += [(name, item.shows, claim.text, claim.statistic, claim.rule, tables) for claim in made]
        if not made:
            rows.append((name, item.shows, "", "", "", tables))
    return PAPER_ITEMS.frame(rows)
