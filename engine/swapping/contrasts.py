"""The tables of counterfactual names: every changed sentence, and what each change makes of the errors."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from nerspace.engine.statistics.cells import OWN
from nerspace.engine.statistics.clusters import clustered_mean
from nerspace.engine.swapping.counterfactuals import CHANGES
from nerspace.engine.tables.spec import MODEL, RECIPIENT, SENTENCE, TYPE, TableSpec, integer, integer_or_gap, real, text

if TYPE_CHECKING:
    import pandas as pd

NAN = float("nan")
_CHANGE = f"{OWN}, or what is changed: {', '.join(CHANGES)}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model said of one sentence of a plan.

    Attributes:
        donor: what the model was trained on.
        seed: of its training.
        recipient: the language asked about.
        sentence: id of the own sentence.
        type: of the entity.
        context: id.
        entity: id.
        change: own, or a key of CHANGES.
        text: the sentence as it was read; empty where it could not be made.
        form: its name.
        pieces: of the name; None where there is no sentence.
        wrong: whether any tag is wrong; None likewise.
        why: why there is no sentence.
    """

    donor: str
    seed: int
    recipient: str
    sentence: str
    type: str
    context: str
    entity: str
    change: str
    text: str
    form: str
    pieces: int | None
    wrong: bool | None
    why: str


COUNTERFACTUALS = TableSpec(
    "counterfactuals",
    "The test sentences again with one thing changed, and whether the model is wrong now.",
    {
        **MODEL,
        "recipient": text(RECIPIENT),
        "sentence": text(f"{SENTENCE} of the sentence as it is"),
        "type": text(TYPE),
        "context": text("context id"),
        "entity": text("entity id"),
        "change": text(_CHANGE),
        "text": text("the sentence that was read; empty where it cannot be made"),
        "form": text("its name"),
        "pieces": integer_or_gap("pieces of the name"),
        "wrong": integer_or_gap("1 if any tag is wrong, else 0"),
        "why": text("why it cannot be made"),
    },
)


@COUNTERFACTUALS.made_by
def counterfactual_table(answers: "Iterable[Answer]") -> "pd.DataFrame":
    """The table `counterfactuals`.

    Args:
        answers: in order.
    """
    return COUNTERFACTUALS.frame(
        (a.donor, a.seed, a.recipient, a.sentence, a.type, a.context, a.entity, a.change, a.text, a.form, a.pieces,
         None if a.wrong is None else int(a.wrong), a.why) for a in answers
    )  # fmt: skip


COUNTERFACTUAL_CONTRASTS = TableSpec(
    "counterfactual_contrasts",
    "What each change makes of the share of wrong sentences, paired by sentence.",
    {
        "donor": text("language trained on"),
        "recipient": text(f"{RECIPIENT}, or all"),
        "change": text("what is changed"),
        "reference": text("what it is compared with"),
        "n": integer("sentences that could be changed"),
        "before": real("share wrong in the reference"),
        "after": real("share wrong once changed"),
        "difference": real("after minus before, in percentage points"),
        "low": real("2.5 % bound, clustered by name and by context"),
        "high": real("97.5 % bound"),
        "worse": integer("sentences that become wrong (by the mean over seeds, more wrong)"),
        "better": integer("sentences that become right"),
        "p": real("exact McNemar test of worse against better"),
        "p_holm": real("the same corrected by Holm for all changes of this donor and recipient"),
        "seeds": integer("models of the donor"),
        "names": integer("different names"),
        "contexts": integer("different contexts"),
        "unvaried": integer("sentences that could not be changed"),
        "why": text("why most of these could not"),
        "isolates": text("what the difference is due to"),
        "limit": text("what it leaves open"),
    },
    "bars",
)


@COUNTERFACTUAL_CONTRASTS.made_by
def contrast_table(counterfactuals: "pd.DataFrame") -> "pd.DataFrame":
    """The table `counterfactual_contrasts`; a change that could not be made anywhere has n 0, one not asked for no row.

    Args:
        counterfactuals: the table of that name.
    """
    rows: list[tuple[Any, ...]] = []
    several = counterfactuals["recipient"].nunique() > 1
    for donor, of_donor in counterfactuals.groupby("donor", sort=False):
        parts = list(of_donor.groupby("recipient", sort=False))
        for recipient, part in [*parts, *([("all", of_donor)] if several else [])]:
            asked = set(part["change"])
            found = [_contrast(part, change) for change in CHANGES if change in asked]
            holm = holm_corrected([row[10] for row in found])
            rows += [
                (donor, recipient, *row[:11], corrected, *row[11:]) for row, corrected in zip(found, holm, strict=True)
            ]
    return COUNTERFACTUAL_CONTRASTS.frame(rows)


def _contrast(part: "pd.DataFrame", change: str) -> tuple[Any, ...]:
    about = CHANGES[change]
    keys = ["sentence", "seed"]
    changed = part[part["change"] == change]
    wrong = changed[changed["wrong"].notna()].set_index(keys)["wrong"].astype(float)
    before = part[(part["change"] == about.reference) & part["wrong"].notna()].set_index(keys)["wrong"].astype(float)
    both = wrong.index.intersection(before.index)
    seeds = int(part["seed"].nunique())
    # Of several seeds the mean of each sentence: the sentence is the unit, not the reading.
    old, new = (side.loc[both].groupby(level=0).mean() for side in (before, wrong))
    lost = changed[~changed["sentence"].isin(set(new.index))].drop_duplicates("sentence")
    why = Counter(lost["why"].dropna())
    reason = why.most_common(1)[0][0] if why else ""
    cells = changed.drop_duplicates("sentence").set_index("sentence").loc[list(new.index)]
    difference = np.asarray(new - old, dtype=np.float64)
    mean = clustered_mean(difference, cells["entity"].tolist(), cells["context"].tolist())
    worse, better = int((difference > 0).sum()), int((difference < 0).sum())
    shares = (float(side.mean()) if len(side) else NAN for side in (old, new))
    return (
        change, about.reference, len(new), *shares,
        100 * mean.value, 100 * mean.low, 100 * mean.high, worse, better, _mcnemar(worse, better) if len(new) else NAN,
        seeds, cells["entity"].nunique(), cells["context"].nunique(), len(lost), reason, about.isolates, about.limit,
    )  # fmt: skip


def _mcnemar(worse: int, better: int) -> float:
    """Two-sided exact p of so many changes for the worse and for the better.

    Source: McNemar 1947, by the binomial distribution.
    """
    from scipy import stats

    return min(1.0, 2 * float(stats.binom.cdf(min(worse, better), worse + better, 0.5))) if worse + better else 1.0


def holm_corrected(p: Sequence[float]) -> list[float]:
    """The p of a family, each corrected for the others; NaN stays and is no member.

    Source: Holm 1979.
    """
    values: npt.NDArray[np.float64] = np.asarray(p, dtype=np.float64)
    found = np.full(len(values), NAN)
    known = np.flatnonzero(np.isfinite(values))
    highest = 0.0
    for place, number in enumerate(known[np.argsort(values[known], kind="stable")]):
        highest = max(highest, min(1.0, float(values[number]) * (len(known) - place)))
        found[number] = highest
    return [float(value) for value in found]
