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
# Exchanges and signs of languages are exact where one language is like another. Where one is hard or odd, p of at most
# .05 comes in up to .085 of made-up worlds without an effect, and p of at most this in up to .06 (docs/levels.md).
EXCHANGED_LEVEL = 0.03
NAN = float("nan")
ITEM = "table1, table2 or figure1 to figure5"

# Names and contexts below which an interval decides nothing.
LEAST_GROUPS = 8
_INTERVAL = "holds if its 95 % interval lies on the claimed side of {bound}, does not hold if on the other"
_CLUSTERED = f"by name and by context, at least {LEAST_GROUPS} of each"


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
_PAIRED = "be with ru, en with tr"
_NEAR = "10 nearest among points of other names and other contexts"
_SHARE = "as the share of the way from chance to 1"
_DECISIVE = "contexts that settle the type"
_STEEP = "undecided below 12 changes and where trends are more than 1.5 times what they leave"
_ONE = "to hold, it must do so with any one language left out, so that none decides alone"
_RANKED = (
    "trends taken out; holds if the 95 % block bootstrap interval lies above 0 and above the floor and no other way to "
    "choose two of the six languages gives more, does not hold if it lies below both and no other way gives less; "
    "either must be so with any one language left out, so that none decides alone; "
    f"{_STEEP}. Six languages allow no p below 1/15 = .067, so p alone cannot decide"
)
_PERMUTED = (
    "holds if it is above 0 with a two-sided p of at most .03, does not hold if below 0 with such a p; MRQAP by "
    "double semi-partialling, 9,999 exchanges of languages within a script or all there are; one donor is never "
    "judged; the floor is the size that 95 % of the exchanges stay below"
)
_SHIFTED = (
    "trends taken out; holds if above 0 with a two-sided p of at most .05, does not hold if below 0 with such a p, of "
    f"999 draws in which every series is shifted in a circle against the others; {_ONE}; {_STEEP}"
)
_BEFORE, _AFTER = "output layer, before", "output layer, after"


def _by(bound: str, where: str, claimed: str) -> str:
    """The rule of an interval that knows names and contexts."""
    return f"{where}; claimed {claimed} {bound}; {_INTERVAL.format(bound=bound)}; clustered {_CLUSTERED}"


CLAIMS: Mapping[str, Claim] = {
    "names_by_language_before": Claim(
        "figure1", "Before fine-tuning, vectors of one ambiguous name differ more by language than by type.",
        "mean cosine of pairs of one language and two types minus that of one type and two languages, same name, two "
        f"contexts; {_DECISIVE}",
        _by("0", _BEFORE, "above"),
    ),
    "names_by_language_after": Claim(
        "figure1", "After fine-tuning they still differ more by language than by type.",
        "the same difference", _by("0", _AFTER, "above"),
    ),
    "map_overlap": Claim(
        "figure1", "On the map of Washington, en and ru overlap, be and tr lie apart.",
        "how far the points of en and ru mix (share of the other language among their 5 nearest of other contexts, of "
        "chance) minus the mean of the five other pairs",
        f"map after fine-tuning, of one drawing; {_INTERVAL.format(bound='0')}; contexts left out in turn, at least "
        f"{LEAST_GROUPS}",
    ),
    "transformed_alike": Claim(
        "figure1", "Fine-tuning transforms Russian names like Belarusian ones.",
        "cosine of the moves (after minus before) of ru and be minus the mean of ru and en, ru and tr; same name and "
        f"context, {_DECISIVE}",
        _by("0", "output layer", "above") + "; the floor is the same with names and contexts paired at random",
    ),
    "resources": Claim(
        "table2", f"Over all names: {_RESOURCES}",
        "cosine of en–ru (both rich, not akin) minus the mean of be–en, be–ru, en–tr, ru–tr (one poor: be and tr), all "
        f"ambiguous names, {_DECISIVE}",
        f"our reading; {_by('0', _AFTER, 'above')}; the floor is the same for shuffled contexts: how near the "
        "languages lie whatever is said",
    ),
    "resources_above_floor": Claim(
        "table2", f"Above the floors: {_RESOURCES}",
        "the same difference of (cosine - floor) / (1 - floor); the floor is the cosine of shuffled pairs of that name",
        _by("0", _AFTER, "above"),
    ),
    "resources_one_name": Claim(
        "table2", f"Washington alone: {_RESOURCES}",
        "the same difference for Washington",
        f"output layer, after; {_INTERVAL.format(bound='0')}; clustered by context, at least {LEAST_GROUPS}; the floor "
        "as above",
    ),
    "nearest_pairs": Claim(
        "table2", f"The nearest pairs are those of one script: {_PAIRED}.",
        f"mean cosine of be–ru and en–tr minus that of the four other pairs, all ambiguous names, {_DECISIVE}",
        _by("0", _AFTER, "above"),
    ),
    "cuts": Claim(
        "table2", "Washington is cut as the paper says: one piece in en and ru, eight in be, three in tr.",
        "share of the four forms whose pieces are the paper's",
        "holds if all four are, does not hold if one is not; a vocabulary that is not XLM-R's decides nothing",
    ),
    "language_before": Claim(
        "figure2", f"Before fine-tuning the entities cluster by language, {_PAIRED}.",
        f"kNN purity by type minus by these two pairs of languages, each {_SHARE}; {_NEAR}",
        _by("0", _BEFORE, "below"),
    ),
    "language_before_initial": Claim(
        "figure2", f"So they do at the initial layer: by language, {_PAIRED}.",
        "the same difference", _by("0", "initial layer, before", "below"),
    ),
    "pairs_before": Claim(
        "figure2", f"It is these pairs that lie together: {_PAIRED}.",
        f"kNN purity by these two pairs minus the mean by the two other ways to pair, each {_SHARE}",
        _by("0", _BEFORE, "above"),
    ),
    "pairs_before_initial": Claim(
        "figure2", f"So they do at the initial layer: {_PAIRED}.",
        "the same difference", _by("0", "initial layer, before", "above"),
    ),
    "types_before": Claim(
        "figure2", "Before fine-tuning, PER and ORG already form clusters.",
        f"kNN purity of PER and of ORG, mean of both, each {_SHARE}; {_NEAR}", _by("0", _BEFORE, "above"),
    ),
    "types_before_most": Claim(
        "figure2", "Before fine-tuning, PER and ORG form clusters more than LOC.",
        "the same mean minus that of LOC", _by("0", _BEFORE, "above"),
    ),
    "type_after": Claim(
        "figure2", "After fine-tuning they cluster by type.",
        f"kNN purity by type minus by language, each {_SHARE}; {_NEAR}", _by("0", _AFTER, "above"),
    ),
    "language_weaker": Claim(
        "figure2", "After fine-tuning the clusters of languages are less noticeable.",
        "kNN purity by language before minus after", _by("0", "output layer", "above"),
    ),
    "language_kept": Claim(
        "figure2", "Language is not entirely lost.",
        f"kNN purity by language; {_NEAR}", _by("chance", _AFTER, "above"),
    ),
    "clubs": Claim(
        "figure2", "Clubs that are named by their city lie with LOC.",
        "share of LOC among the 10 nearest of as many LOC as ORG test points of other names",
        f"output layer, after; claimed above .5; {_INTERVAL.format(bound='.5')}, and to hold that of what they have "
        f"above ordinary organisations must lie above 0; clustered {_CLUSTERED.replace(str(LEAST_GROUPS), '5')}",
    ),
    "border_clubs": Claim(
        "figure2", "Clubs with a city in their name, such as Swansea City, lie on the border of LOC and ORG.",
        "share of LOC among the 10 nearest as above, as the share of the way from ordinary organisations to ordinary "
        "places; organisations of two words of which one is a place of the data, kept out of training",
        "output layer, after; holds if its 95 % interval lies within .25 and .75, does not hold if it lies outside; "
        f"clustered {_CLUSTERED.replace(str(LEAST_GROUPS), '5')}",
    ),
    "form_over_context": Claim(
        "figure2", "The form of a name counts for more than its context.",
        "mean cosine of the same name in contexts of two types minus that of two names in contexts of one type, "
        f"within a language; ambiguous names, {_DECISIVE}",
        _by("0", _AFTER, "above"),
    ),
    "manifolds": Claim(
        "figure2", "Belarusian and Russian lie on different manifolds.",
        f"kNN purity by language among be and ru alone, {_SHARE}; {_NEAR}", _by("0", _AFTER, "above"),
    ),
    "manifolds_cuts": Claim(
        "figure2", "Their cuts put them there.",
        "cosine of be and ru that is lost per piece by which the cuts of both forms differ, TNLD and type held",
        _by("0", _AFTER, "above"),
    ),
    "own_isotropy": Claim(
        "figure3", "Training on tr or pl makes their own space more isotropic, not the others.",
        "change of the mean cosine of tr and pl in their own models, mean of both, donors and languages taken out",
        "output layer, all of six; claimed below 0; holds if both changes are below 0, at most 1 of the 30 ways to "
        "choose two languages for both models gives as little, and each is the least of its model and of its language; "
        "does not hold if at most 1 gives as much and each is the greatest",
    ),
    "alike_ru_uk": Claim(
        "figure3", "Training on ru or uk changes all languages alike.",
        "log of the spread of the changes over languages relative to their size, mean of four donors minus that of ru "
        "and uk",
        "output layer, all of six; holds if above 0 with a two-sided p of at most .03 (t of two samples, 4 degrees "
        "of freedom) and both differ less than any other model, does not hold if below 0 with such a p",
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
    "greatest": Claim(
        "figure4", "ru and uk correlate most of all pairs.",
        "correlation of the changes of ru and uk minus the mean of the 14 other pairs",
        f"output layer, each trained on; {_SHIFTED}; nor may another pair correlate more",
    ),
    "together": Claim(
        "figure4", "pl, tr, es and en correlate positively.",
        "mean correlation of their 6 pairs", f"output layer, each trained on; {_SHIFTED}",
    ),
    "near_zero": Claim(
        "figure4", "ru and uk correlate with the others little or negatively.",
        "mean correlation of the 8 pairs of ru or uk and another",
        "output layer, each trained on; trends taken out; claimed below .2; holds if its 97 % interval lies below .2, "
        f"does not hold if above, of 999 draws in which every series is shifted in a circle; {_ONE}; {_STEEP}",
    ),
    "akin_alike": Claim(
        "figure4", "Akin languages are affected alike: pl, ru and uk.",
        "mean correlation of these 3 pairs minus that of the 12 others", f"output layer, each trained on; {_SHIFTED}",
    ),
    "spelling": Claim(
        "figure5", f"Over all pairs: {_SPELLING}",
        "partial correlation of the share of wrong sentences with TNLD, donor, recipient and script effects taken out",
        _PERMUTED,
    ),
    "spelling_script": Claim(
        "figure5", f"Within a script: {_SPELLING}",
        "the same over pairs of one script", _PERMUTED,
    ),
    "spelling_different": Claim(
        "figure5", f"Without identical strings: {_SPELLING}",
        "the same with TNLD and errors of the sentences whose name is not the same string in both languages", _PERMUTED,
    ),
    "kin_space": Claim(
        "figure5", "Akin languages (ca and es) have more similar spaces.",
        "partial correlation of the cosine of parallel names before fine-tuning, above its floor, with kinship (1 "
        "within a branch, 1/2 across Slavic branches), language and script effects taken out",
        _PERMUTED,
    ),
    "space_transfer": Claim(
        "figure5", "More similar spaces transfer better.",
        "minus the partial correlation of wrong sentences with that cosine", _PERMUTED,
    ),
    "kin_transfer": Claim(
        "figure5", "Akin languages transfer better.",
        "minus the partial correlation of wrong sentences with kinship", _PERMUTED,
    ),
    "kin_both_ways": Claim(
        "figure5", "Transfer is alike both ways.",
        "partial correlation of wrong sentences from a to b with those from b to a, donor, recipient and script effects"
        " out, and what taking them out ties",
        "holds if it is above 0 with a two-sided p of at most .03, does not hold if below 0 with such a p; 9,999 draws "
        "in which one direction of every pair gets a sign by chance; at least 6 pairs that are there both ways",
    ),
    "rich_donors": Claim(
        "figure5", "Languages rich in resources transfer better.",
        "minus Spearman's correlation of a donor's effect on wrong sentences (recipients and script taken out) with "
        "its text in CC-100",
        "holds if above 0 with a two-sided p of at most .03, does not hold if below 0 with such a p; 9,999 exchanges "
        "of donors within a script or all there are; at least 6 donors",
    ),
    "mediation": Claim(
        "figure5", "Nearer spelling, more alike cuts, hence better transfer.",
        "points of wrong sentences that .1 TNLD more brings by more pieces: pieces per TNLD times wrong per piece, "
        "TNLD held; within pair of languages and cell",
        "holds if both factors lie above 0, does not hold if one does and the other lies below; 95 % intervals "
        f"clustered {_CLUSTERED}; p is the greater of both",
    ),
    "impact_spelling": Claim(
        "figure5", "Lexical similarity has an impact on transfer.",
        "points of wrong sentences per .1 TNLD more, pieces and cosine held; within pair of languages and cell",
        f"claimed above 0; {_INTERVAL.format(bound='0')}; clustered {_CLUSTERED}",
    ),
    "impact_cuts": Claim(
        "figure5", "Tokenisation has an impact on transfer.",
        "points of wrong sentences per piece more than the donor's form has, TNLD and cosine held",
        f"claimed above 0; {_INTERVAL.format(bound='0')}; clustered {_CLUSTERED}",
    ),
    "impact_space": Claim(
        "figure5", "Similarity of embedding spaces has an impact on transfer.",
        "points of wrong sentences per standard deviation of cosine less, TNLD and pieces held; the cosine lies "
        "downstream of the cuts",
        f"claimed above 0; {_INTERVAL.format(bound='0')}; clustered {_CLUSTERED}",
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
        remark: what else must be known: where the paper errs, or why nothing can be concluded.
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
    remark: str = ""


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


def by_test(value: float, p: float, level: float = LEVEL) -> str:
    """The verdict of a correlation that is claimed to be above 0, by a two-sided permutation test."""
    if not (math.isfinite(value) and math.isfinite(p)) or p > level:
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
        "remark": text("where the paper errs, or why nothing can be concluded"),
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
                     f.unit, f.stated, claim.rule, f.remark))  # fmt: skip
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
