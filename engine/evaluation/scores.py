"""How many entities a model finds: precision, recall and F1 under five ideas of what is right, and their floor."""

import re
import warnings
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from nerspace.datasets.records import ENTITY_TYPES
from nerspace.engine.errors import DataError, UsageError
from nerspace.engine.evaluation.spans import Span, entity_spans, lenient_spans, match_spans
from nerspace.engine.statistics.cells import clusters_of
from nerspace.engine.statistics.clusters import clustered_share, crossed_weights
from nerspace.engine.tables.spec import LANGUAGE, MODEL, TableSpec, integer, real, text

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]
SPAN_RULES: dict[str, Callable[[Sequence[str]], set[Span]]] = {"strict": entity_spans, "default": lenient_spans}
F1_MODES = ("strict", "default", "boundary", "partial", "type_only")
RESAMPLES = 1000
_KIND = "all, a type (its entities alone), or known: all types but those that the model does not know"
NAN = float("nan")
# A tag without a type (B, I) is one of the type "_", as seqeval reads it.
_TAG = re.compile(r"O|\.|[BIESLUMW](?:-.+)?")
# Numbers that a resampling holds at once.
_CHUNK = 4_000_000


def entity_scores(
    gold: Iterable[Sequence[str]], predicted: Iterable[Sequence[str]], mode: str = "strict"
) -> Mapping[str, float]:
    """Micro-averaged precision, recall and f1 over entities, with their counts.

    Args:
        gold: per sentence, tags of its words.
        predicted: per sentence, tags of its words.
        mode: "strict", IOB2, where an I- that continues nothing is no entity; or "default", where it begins one, as
            conlleval and seqeval's default have it. Both ask for equal boundaries and types.

    Returns:
        precision, recall, f1 in [0, 1] (0 where nothing is predicted or there, NaN where it is neither: nothing was
        asked, so nothing was wrong or right), correct, predicted, gold.

    Raises:
        DataError: when a sentence has different lengths, or a tag is a label without B- or I-, of which no boundary
            can be known.
        UsageError: for another mode.
    """
    if mode not in SPAN_RULES:
        raise UsageError(f"Unknown mode {mode!r}.", f"Choose {' or '.join(SPAN_RULES)}.")
    spans = SPAN_RULES[mode]
    n_correct = n_predicted = n_gold = 0
    for number, (gold_tags, predicted_tags) in enumerate(zip(gold, predicted, strict=True)):
        _same_length(number, gold_tags, predicted_tags)
        if bare := [tag for tag in (*gold_tags, *predicted_tags) if not _TAG.fullmatch(tag)]:
            raise DataError(f"Sentence {number} has the tag {bare[0]!r}.", "Expected O, or a type behind B- or I-.")
        gold_spans, predicted_spans = spans(gold_tags), spans(predicted_tags)
        n_correct += len(gold_spans & predicted_spans)
        n_predicted += len(predicted_spans)
        n_gold += len(gold_spans)
    precision, recall, f1 = _ratios(n_correct, n_predicted, n_gold)
    return {
        "precision": precision, "recall": recall, "f1": f1,
        "correct": n_correct, "predicted": n_predicted, "gold": n_gold,
    }  # fmt: skip


def _same_length(number: int, gold: Sequence[str], predicted: Sequence[str]) -> None:
    if len(gold) != len(predicted):
        raise DataError(f"Sentence {number} has {len(gold)} gold and {len(predicted)} predicted tags.")


def _ratios(correct: float, predicted: float, gold: float) -> tuple[float, float, float]:
    """Precision, recall and F1: 0 where one side is empty, nothing known where both are."""
    if not predicted + gold:
        return NAN, NAN, NAN
    return (
        correct / predicted if predicted else 0.0,
        correct / gold if gold else 0.0,
        2 * correct / (predicted + gold),
    )


class _Tally(NamedTuple):
    """Counts per sentence [n]: gold and predicted entities per span rule, correct ones per mode."""

    gold: Mapping[str, Floats]
    predicted: Mapping[str, Floats]
    correct: Mapping[str, Floats]
    wrong: npt.NDArray[np.bool_]

    def f1(self, mode: str) -> float:
        rule = _span_rule(mode)
        return _ratios(self.correct[mode].sum(), self.predicted[rule].sum(), self.gold[rule].sum())[2]


def _span_rule(mode: str) -> str:
    return "strict" if mode == "strict" else "default"


def _tally(gold: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]], kinds: Collection[str] | None) -> _Tally:
    """Counts of the entities of these types alone, of all for None."""
    n = len(gold)
    n_gold, n_predicted = ({rule: np.zeros(n) for rule in SPAN_RULES} for _ in range(2))
    correct = {mode: np.zeros(n) for mode in F1_MODES}
    wrong = np.zeros(n, dtype=bool)
    for i, tags in enumerate(zip(gold, predicted, strict=True)):
        _same_length(i, *tags)
        gold_tags, predicted_tags = (
            [tag if kinds is None or tag[2:] in kinds else "O" for tag in side] for side in tags
        )
        wrong[i] = gold_tags != predicted_tags
        for rule, spans in SPAN_RULES.items():
            a, b = spans(gold_tags), spans(predicted_tags)
            n_gold[rule][i], n_predicted[rule][i], correct[rule][i] = len(a), len(b), len(a & b)
        for gold_span, predicted_span in match_spans(lenient_spans(gold_tags), lenient_spans(predicted_tags)):
            if gold_span and predicted_span:
                same = gold_span[1:] == predicted_span[1:]
                correct["boundary"][i] += same
                correct["partial"][i] += 1.0 if same else 0.5
                correct["type_only"][i] += gold_span[0] == predicted_span[0]
    return _Tally(n_gold, n_predicted, correct, wrong)


def _groups(
    predictions: "pd.DataFrame", known: Collection[str] | None
) -> "Iterable[tuple[tuple[str, int, str], dict[str, _Tally], pd.DataFrame]]":
    """Per donor, seed and language: the tallies of all types, of those the model knows, and of each type."""
    key: Any
    for key, rows in predictions.groupby(["donor", "seed", "language"], sort=False):
        donor, seed, language = key
        gold, predicted = ([tags.split(" ") for tags in rows[name]] for name in ("gold", "predicted"))
        present = {tag[2:] for side in (gold, predicted) for tags in side for tag in tags if tag != "O"}
        kinds = [*(kind for kind in ENTITY_TYPES if kind in present), *sorted(present.difference(ENTITY_TYPES))]
        selections: dict[str, Collection[str] | None] = {"all": None}
        if known is not None and not present <= set(known):
            selections["known"] = set(known)
        selections |= {kind: {kind} for kind in kinds}
        tallies = {name: _tally(gold, predicted, chosen) for name, chosen in selections.items()}
        yield (str(donor), int(seed), str(language)), tallies, rows


SCORES = TableSpec(
    "scores",
    "Wrong sentences and entity F1 under five ideas of what is right, beside its floor.",
    {
        **MODEL,
        "language": text(LANGUAGE),
        "type": text(_KIND),
        "sentences": integer("sentences"),
        "wrong": integer("sentences with any wrong tag"),
        "entities": integer("gold entities"),
        "f1": real("strict entity F1: IOB2, boundaries and type; empty where nothing is there and nothing was said"),
        "low": real("2.5 % bound of f1, names and contexts drawn at once; sentences where they came tagged"),
        "high": real("97.5 % bound of f1"),
        "default": real("F1 of seqeval's default: an I- may begin an entity"),
        "boundary": real("F1 of boundaries, whatever the type"),
        "partial": real("F1 of entities that share a word, whatever the type; other boundaries count half"),
        "type_only": real("F1 of entities that share a word and have the same type"),
        "floor": real("strict F1 to be expected if the predicted types were dealt out anew at random"),
        "wrong_low": real("2.5 % bound of the share of wrong sentences, clustered by name and by context"),
        "wrong_high": real("97.5 % bound"),
    },
    "bars",
)


@SCORES.made_by
def scores_table(predictions: "pd.DataFrame", known: Collection[str] | None = None, seed: int = 0) -> "pd.DataFrame":
    """Wrong sentences and entity F1 per donor, seed, language and type.

    Args:
        predictions: the table of that name.
        known: the types that the model knows, None where it knows all.
        seed: of the bootstrap.

    Source: the paper (wrong sentences); seqeval (strict, default); Segura-Bedmar et al. 2013, SemEval task 9
        (boundary, partial, type).
    """
    rows: list[tuple[Any, ...]] = []
    for key, tallies, group in _groups(predictions, known):
        chances = _floors(group, tallies)
        own = range(len(group))
        sides: tuple[Sequence[Hashable], Sequence[Hashable]] = (own, own)
        if "sentence" in group:
            sides = clusters_of(group["sentence"])
        intervals = _intervals(list(tallies.values()), *sides, seed)
        for (kind, tally), (low, high) in zip(tallies.items(), intervals, strict=True):
            share = clustered_share(tally.wrong.astype(np.float64), *sides)
            rows.append((
                *key, kind, len(tally.wrong), int(tally.wrong.sum()), int(tally.gold["strict"].sum()),
                tally.f1("strict"), low, high, *(tally.f1(mode) for mode in F1_MODES[1:]), chances[kind],
                share.low, share.high,
            ))  # fmt: skip
    return SCORES.frame(rows)


MODES = TableSpec(
    "modes",
    "Precision, recall and F1 in every mode, with their counts.",
    {
        **MODEL,
        "language": text(LANGUAGE),
        "type": text(_KIND),
        "mode": text("strict, default, boundary, partial or type_only; see scores"),
        "entities": integer("gold entities"),
        "found": integer("predicted entities"),
        "correct": real("predicted entities that are right in this mode"),
        "precision": real("correct over found"),
        "recall": real("correct over entities"),
        "f1": real("their harmonic mean; empty where nothing is there and nothing was said"),
    },
)


@MODES.made_by
def modes_table(predictions: "pd.DataFrame", known: Collection[str] | None = None) -> "pd.DataFrame":
    """Precision, recall and F1 in every mode, with their counts.

    Args:
        predictions: the table of that name.
        known: the types that the model knows, None where it knows all.
    """
    rows: list[tuple[Any, ...]] = []
    for key, tallies, _ in _groups(predictions, known):
        for kind, tally in tallies.items():
            for mode in F1_MODES:
                correct = float(tally.correct[mode].sum())
                predicted, gold = (float(side[_span_rule(mode)].sum()) for side in (tally.predicted, tally.gold))
                rows.append((*key, kind, mode, int(gold), int(predicted), correct, *_ratios(correct, predicted, gold)))
    return MODES.frame(rows)


SPREAD = TableSpec(
    "spread",
    "Scores of a donor over its seeds: mean, standard deviation, worst and best.",
    {
        "donor": text("language trained on"),
        "language": text(LANGUAGE),
        "type": text(_KIND),
        "seeds": integer("how many seeds"),
        "sentences": integer("sentences per seed"),
        "wrong": real("mean of the wrong sentences"),
        "wrong_sd": real("sample standard deviation over seeds, empty for one"),
        "f1": real("mean of the strict F1"),
        "f1_sd": real("sample standard deviation over seeds, empty for one"),
        "f1_low": real("F1 of the worst seed"),
        "f1_high": real("F1 of the best seed"),
    },
)


@SPREAD.made_by
def spread_table(scores: "pd.DataFrame") -> "pd.DataFrame":
    """Scores over the seeds of a donor.

    Args:
        scores: the table of that name.
    """
    rows = []
    for key, group in scores.groupby(["donor", "language", "type"], sort=False):
        n = len(group)
        spread = [float(group[name].std(ddof=1)) if n > 1 else float("nan") for name in ("wrong", "f1")]
        rows.append((*key, n, int(group["sentences"].iloc[0]), group["wrong"].mean(), spread[0], group["f1"].mean(),
                     spread[1], group["f1"].min(), group["f1"].max()))  # fmt: skip
    return SPREAD.frame(rows)


def _floors(rows: "pd.DataFrame", tallies: Mapping[str, _Tally]) -> dict[str, float]:
    """Per type, the expected strict F1 when the predicted types are permuted at random."""
    share: dict[str, float] = {}
    met: dict[str, int] = {}
    n_predicted = 0
    for gold, predicted in zip(rows["gold"], rows["predicted"], strict=True):
        gold_types = {(start, stop): kind for kind, start, stop in entity_spans(gold.split(" "))}
        for kind, start, stop in entity_spans(predicted.split(" ")):
            n_predicted += 1
            share[kind] = share.get(kind, 0) + 1
            if (gold_type := gold_types.get((start, stop))) is not None:
                met[gold_type] = met.get(gold_type, 0) + 1
    types = [name for name in tallies if name not in ("all", "known")]
    floors = {}
    for name, tally in tallies.items():
        # Entities of the types that a row looks at, met and named so by chance.
        kinds = types if name in ("all", "known") else [name]
        hits = sum(met.get(kind, 0) * share.get(kind, 0) for kind in kinds) / n_predicted if n_predicted else 0.0
        total = tally.predicted["strict"].sum() + tally.gold["strict"].sum()
        floors[name] = float(2 * hits / total) if total else NAN
    return floors


def _intervals(
    tallies: Sequence[_Tally], names: Sequence[Hashable], contexts: Sequence[Hashable], seed: int
) -> list[tuple[float | None, float | None]]:
    """2.5 % and 97.5 % points of the strict F1 when names and contexts are drawn with replacement, for every tally."""
    n = len(tallies[0].wrong)
    if n < 2:
        return [(None, None)] * len(tallies)
    correct = np.stack([tally.correct["strict"] for tally in tallies], axis=1)
    total = np.stack([tally.gold["strict"] + tally.predicted["strict"] for tally in tallies], axis=1)
    generator = np.random.default_rng(seed)
    values = []
    size = max(1, _CHUNK // n)
    for start in range(0, RESAMPLES, size):
        count = min(size, RESAMPLES - start)
        weights = crossed_weights(names, contexts, count, generator)
        with np.errstate(invalid="ignore"):
            values.append(2 * (weights @ correct) / (weights @ total))
    # A drawing without any entity says nothing; where there is none at all, none does.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        low, high = np.nanquantile(np.concatenate(values), [0.025, 0.975], axis=0)
    return list(zip(low.tolist(), high.tolist(), strict=True))
