"""The tables of the swap lab: every swap, and by which of the two, name or context, the model went."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from nerspace.datasets.records import ENTITY_TYPES
from nerspace.engine.evaluation import entity_spans
from nerspace.engine.statistics.mantel import RESAMPLES
from nerspace.engine.tables.spec import LANGUAGE, LAYER, SENTENCE, TYPE, TableSpec, integer, real, text

if TYPE_CHECKING:
    import pandas as pd

    from nerspace.engine.swapping.sentences import Filled, SwapPlan

Array = npt.NDArray[np.floating[Any]]
NAN = float("nan")
_KIND = "context: the name is kept and moved into this context; entity: the context is kept and this name put into it"


@dataclass(frozen=True, slots=True)
class SwapOutputs:
    """What the models give for every sentence of a plan.

    Attributes:
        tags: predicted, per word.
        certainty: probability of each tag.
        vectors: [n, d], of the name, after fine-tuning.
        before: [n, d], the same before it.
        layer: of both.
    """

    tags: Sequence[Sequence[str]]
    certainty: Sequence[Sequence[float]]
    vectors: Array
    before: Array
    layer: int


SWAP = TableSpec(
    "swap",
    "Names in contexts made for other types: what the model said, and how far the name's vector moved.",
    {
        "kind": text(_KIND),
        "language": text(LANGUAGE),
        "entity": text("id of the name, new:NAME where the data does not know it"),
        "name_type": text(f"{TYPE}: gold type of the name"),
        "context": text("id of the context, always one that the run did not train on"),
        "context_type": text(f"{TYPE}: what the context was made for; where both are equal the row is a control"),
        "form": text("the name as it stands in the sentence, with preposition and ending"),
        "text": text("the sentence"),
        "agreement": text(
            "fits; gender: the context shows one and the name's is not known; case: the form is borrowed"
        ),
        "ambiguous": integer("1 if names of other types share the name, else 0"),
        "side": text("where the name lies in the run's split: train, test, or new to the data"),
        "predicted": text("predicted tags of the name's words, joined by a space"),
        "predicted_type": text("the type that most of these words are tagged with, O for none"),
        "exact": integer("1 if the predicted entity has the name's boundaries, else 0"),
        "confidence": real("lowest probability of a predicted tag within the name"),
        "reference": text(f"{SENTENCE} compared with: the same name at home, or the same context with its own name"),
        "reference_type": text("predicted type of the name there"),
        "layer": integer(LAYER),
        "moved": real("1 - cosine between the name's vector here and in the reference, after fine-tuning"),
        "moved_before": real("the same before fine-tuning"),
    },
)


@SWAP.made_by
def swap_table(plan: "SwapPlan", outputs: SwapOutputs) -> "pd.DataFrame":
    """The table `swap`, one row per swap; sentences whose name the model cannot reach are not in the plan.

    Args:
        plan: what was read and is compared.
        outputs: of the models, for every sentence of the plan.
    """
    names = [
        _name_prediction(item, tags, certainty)
        for item, tags, certainty in zip(plan.filled, outputs.tags, outputs.certainty, strict=True)
    ]
    pairs = np.array([(swap.filled, swap.reference) for swap in plan.swaps], dtype=np.intp).reshape(-1, 2)
    moved, moved_before = (_moved(X, pairs) for X in (outputs.vectors, outputs.before))
    rows = []
    for number, swap in enumerate(plan.swaps):
        item, own = plan.filled[swap.filled], plan.filled[swap.reference]
        kind, tags, exact, confidence = names[swap.filled]
        rows.append(
            (swap.kind, item.sentence.language, item.entity.id, item.entity.type, item.context.id, item.context.type,
             item.form, item.sentence.text, item.agreement, int(item.entity.id in plan.ambiguous),
             plan.sides[item.entity.id], tags, kind, exact, confidence, own.sentence.id,
             names[swap.reference][0], outputs.layer, moved[number], moved_before[number])
        )  # fmt: skip
    return SWAP.frame(rows)


def _name_prediction(item: "Filled", tags: Sequence[str], certainty: Sequence[float]) -> tuple[str, str, int, float]:
    """Of the name: predicted type, predicted tags, whether its boundaries are right, lowest probability of a tag."""
    gold = item.sentence.tags
    inside = [i for i, tag in enumerate(gold) if tag != "O"]
    own = [tags[i] for i in inside]
    kind = name_type(own)
    spans = {(start, stop) for _, start, stop in entity_spans(gold)}
    predicted = {(start, stop): entity_type for entity_type, start, stop in entity_spans(tags)}
    exact = int(all(predicted.get(span) == kind for span in spans))
    return kind, " ".join(own), exact, min(certainty[i] for i in inside)


def name_type(tags: Sequence[str]) -> str:
    """The type that most words of a name are tagged with, the earlier one of equals; O where most are in no entity."""
    kinds = [tag.rpartition("-")[2] for tag in tags]
    return Counter(kinds).most_common(1)[0][0]


def _moved(X: Array, pairs: npt.NDArray[np.intp]) -> Array:
    """1 − cosine between the two rows of every pair [m, 2]; NaN where one of them is zero."""
    norm = np.linalg.norm(X.astype(np.float64), axis=1)
    a, b = (X[pairs[:, side]].astype(np.float64) for side in (0, 1))
    size = norm[pairs[:, 0]] * norm[pairs[:, 1]]
    cosine = np.divide((a * b).sum(axis=1), size, out=np.full(len(pairs), NAN), where=size > 0)
    moved: Array = 1 - np.clip(cosine, -1, 1)
    return moved


SWAP_SUMMARY = TableSpec(
    "swap_summary",
    "By which of the two a model goes, the name (its form) or the context, with floors: the test of "
    '"relies on morphology, not on context".',
    {
        "kind": text(f"{_KIND}; the shares are nearly the same for both, what moved is not"),
        "language": text(f"{LANGUAGE}, or all"),
        "subset": text("all names, ambiguous ones (shared by names of other types), or unambiguous ones"),
        "name_type": text(f"{TYPE}, or all"),
        "context_type": text(f"{TYPE}, or other: not the name's type"),
        "n": integer("sentences"),
        "names": integer("different names among them"),
        "as_name": real("share predicted as the name's type"),
        "low": real("2.5 % bound, names and contexts drawn with replacement at once"),
        "high": real("97.5 % bound"),
        "floor": real(
            "what as_name would be if the name made no difference: that type's share among all names in such "
            "contexts, types in equal parts"
        ),
        "as_context": real("share predicted as the context's type"),
        "context_low": real("2.5 % bound"),
        "context_high": real("97.5 % bound"),
        "context_floor": real("what as_context would be if the context made no difference"),
        "lead": real("as_name less as_context: above 0 the form counts for more, below 0 the context"),
        "lead_low": real("2.5 % bound"),
        "lead_high": real("97.5 % bound"),
        "as_neither": real("share predicted as another type or as no entity"),
        "missed": real("share predicted as no entity"),
        "moved": real("mean distance (1 - cosine) from the reference, after fine-tuning"),
        "moved_floor": real("the same for swaps within one type"),
        "moved_before": real("mean distance before fine-tuning"),
        "agreeing": real("share of sentences whose gender and case fit for sure"),
    },
    "bars",
)


@SWAP_SUMMARY.made_by
def swap_summary_table(swap: "pd.DataFrame", seed: int = 0) -> "pd.DataFrame":
    """The table `swap_summary`: by which of the two, name or context, the model went.

    For every language and over all, for all names, ambiguous and other ones, and for every type of name in every type
    of context; the last row of each, all names in other contexts, holds only real swaps. Intervals draw names and
    contexts with replacement, both at once. The floor of as_name is the share of that type among all names, types in
    equal parts, in such contexts: what is to be expected if the name made no difference; the floor of as_context
    likewise. Where there is only one type of name or of context there is no floor.

    Args:
        swap: the table of that name.
        seed: of the bootstrap.

    Source: of the interval, the pigeonhole bootstrap, Owen 2007.
    """
    import pandas as pd

    subsets: tuple[tuple[str, Callable[[pd.DataFrame], pd.Series[bool]]], ...] = (
        ("all", lambda frame: frame["ambiguous"] >= 0),
        ("ambiguous", lambda frame: frame["ambiguous"] == 1),
        ("unambiguous", lambda frame: frame["ambiguous"] == 0),
    )
    rows = []
    several = swap["language"].nunique() > 1
    for kind, of_kind in swap.groupby("kind"):
        languages = [("all", of_kind)] if several else []
        for language, group in [*languages, *of_kind.groupby("language")]:
            for subset, chosen in subsets:
                part = group[chosen(group)]
                if subset == "all" or 0 < len(part) < len(group):
                    rows += [(kind, language, subset, *row) for row in _cells(part, str(kind), seed)]
    return SWAP_SUMMARY.frame(rows)


def _cells(part: "pd.DataFrame", kind: str, seed: int) -> list[tuple[Any, ...]]:
    types = [kind for kind in ENTITY_TYPES if kind in set(part["name_type"])]
    context_types = [kind for kind in ENTITY_TYPES if kind in set(part["context_type"])]
    cells = {(a, b): part[(part["name_type"] == a) & (part["context_type"] == b)] for a in types for b in context_types}
    shares = {
        (a, b, c): float((cell["predicted_type"] == c).mean())
        for (a, b), cell in cells.items() for c in ENTITY_TYPES if len(cell)
    }  # fmt: skip

    def floors(a: str, b: str) -> tuple[float, float]:
        as_name = [shares[other, b, a] for other in types if (other, b, a) in shares]
        as_context = [shares[a, other, b] for other in context_types if (a, other, b) in shares]
        return (float(np.mean(as_name)) if len(as_name) > 1 else NAN,
                float(np.mean(as_context)) if len(as_context) > 1 else NAN)  # fmt: skip

    def at_home(a: str, b: str) -> float:
        own = cells.get((a, a) if kind == "context" else (b, b))
        return float(own["moved"].mean()) if own is not None and len(own) else NAN

    rows = [(a, b, *_cell(cell, *floors(a, b), at_home(a, b), seed)) for (a, b), cell in cells.items() if len(cell)]
    others = part[part["name_type"] != part["context_type"]]
    if len(others):
        weights = {key: len(cell) for key, cell in cells.items() if key[0] != key[1] and len(cell)}
        floor, context_floor, moved_floor = (
            _weighted([(value(*key), n) for key, n in weights.items()])
            for value in (lambda a, b: floors(a, b)[0], lambda a, b: floors(a, b)[1], at_home)
        )
        rows.append(("all", "other", *_cell(others, floor, context_floor, moved_floor, seed)))
    return rows


def _weighted(values: Sequence[tuple[float, int]]) -> float:
    known = [(value, n) for value, n in values if np.isfinite(value)]
    total = sum(n for _, n in known)
    return sum(value * n for value, n in known) / total if total else NAN


def _cell(cell: "pd.DataFrame", floor: float, context_floor: float, moved_floor: float, seed: int) -> tuple[Any, ...]:
    as_name = (cell["predicted_type"] == cell["name_type"]).to_numpy(dtype=float)
    as_context = (cell["predicted_type"] == cell["context_type"]).to_numpy(dtype=float)
    lead: Array = as_name - as_context
    neither = 1 - np.maximum(as_name, as_context)
    missed = cell["predicted_type"] == "O"
    names, contexts = cell["entity"].tolist(), cell["context"].tolist()
    bounds = crossed_intervals(np.stack([as_name, as_context, lead], axis=1), names, contexts, seed)
    return (
        len(cell), cell["entity"].nunique(),
        float(as_name.mean()), *bounds[0], floor,
        float(as_context.mean()), *bounds[1], context_floor,
        float(lead.mean()), *bounds[2],
        float(neither.mean()), float(missed.mean()), float(cell["moved"].mean()), moved_floor,
        float(cell["moved_before"].mean()), float((cell["agreement"] == "fits").mean()),
    )  # fmt: skip


def crossed_intervals(
    values: Array, names: Sequence[str], contexts: Sequence[str], seed: int
) -> list[tuple[float, float]]:
    """95 % intervals of the means of columns whose rows share names and contexts.

    Names and contexts are drawn with replacement, both at once.

    Args:
        values: [n, m].
        names: [n], the name of each row.
        contexts: [n], the context of each row.
        seed: of the draws.

    Returns:
        [m], lower and upper bound of each column; NaN without rows, and where there is but one name in one context.
    """
    rows, columns = (np.unique(np.array(side), return_inverse=True)[1] for side in (names, contexts))
    shape = (int(rows.max(initial=-1)) + 1, int(columns.max(initial=-1)) + 1)
    if max(shape) < 2:
        return [(NAN, NAN)] * values.shape[1]
    w, v = _draws(*shape, seed, RESAMPLES)
    count = np.zeros(shape)
    np.add.at(count, (rows, columns), 1)
    size = ((w @ count) * v).sum(axis=1)
    intervals = []
    for column in values.T:
        total = np.zeros(shape)
        np.add.at(total, (rows, columns), column)
        means = ((w @ total) * v).sum(axis=1)[size > 0] / size[size > 0]
        low, high = np.quantile(means, [0.025, 0.975])
        intervals.append((float(low), float(high)))
    return intervals


@lru_cache(maxsize=64)
def _draws(names: int, contexts: int, seed: int, times: int) -> tuple[Array, Array]:
    """How often each name [times, names] and each context [times, contexts] is drawn."""
    generator = np.random.default_rng(seed)
    w, v = (generator.multinomial(size, np.full(size, 1 / size), times).astype(float) for size in (names, contexts))
    return w, v
