"""What spelling, tokenisation and the space each have to do with a wrong sentence, sentence by sentence.

A correlation over pairs of languages has a few dozen points, of which languages and scripts explain most. Here every
test sentence of every donor is a row, and the terms differ from name to name within one pair of languages and one cell,
whose own levels are taken out. The rules were fixed before any result was looked at:

- Terms: TNLD of this name's two forms, difference in pieces (recipient's minus donor's), shared pieces (Jaccard;
  whether both are the same string says the same and is left out), and the cosine of the parallel entity before tuning
  minus its floor. The cosine lies downstream of the cuts: it is a mediator, so that terms stand with and without it.
- A linear probability model with dummies for the pair of languages, the cell, and donor × seed; errors clustered by
  name and by context (Cameron, Gelbach & Miller 2011, groups left out), t with one degree of freedom less than the
  names or contexts that a term rests on, whichever are fewer.
- As checks, a binomial model with dummies for the pair, type and length, and MRQAP over pairs of languages.
- Shares: Shapley values of the explained deviance over spelling, tokenisation, space and languages, type and length
  held in all models; 500 bootstraps over names; chance from names exchanged within their type.
- Sentences that came tagged have no parallel: the terms that exist are their own pieces and words, and the length in
  words is a group of its own in place of spelling.

One donor leaves open whether what is found is of this donor alone, and MRQAP has no test then.
"""

import warnings
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from nerspace.datasets.scripts import script_among
from nerspace.engine.names.distances import tnld
from nerspace.engine.names.tokenization import count_pieces, counted_pieces, cut_texts
from nerspace.engine.statistics.cells import cell_of, forms_of, parallel_id
from nerspace.engine.statistics.clusters import (
    clustered_share,
    degrees,
    numbered,
    sums_by,
    two_way_variance,
    without_groups,
    without_shares,
)
from nerspace.engine.statistics.mantel import LanguagePairs
from nerspace.engine.statistics.mrqap import mrqap
from nerspace.engine.statistics.pairs import SCRIPT_COLUMNS, scripts_of_pairs, scripts_of_sentences
from nerspace.engine.tables.spec import MODEL, RECIPIENT, SENTENCE, TYPE, TableSpec, integer, integer_or_gap, real, text

if TYPE_CHECKING:
    import pandas as pd
    from tokenizers import Tokenizer

Vector = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]

NAN = float("nan")
# Fewer rows or names give no model.
LEAST_ROWS, LEAST_NAMES = 30, 8
# Beyond so many rows the binomial models take longer than all else together.
MOST_BINOMIAL = 6000


@dataclass(frozen=True, slots=True)
class Term:
    """A term of the models.

    Attributes:
        column: of the table `factors`.
        group: what it belongs to in the shares.
        step: the change that its effect is given for; 0 for one standard deviation less.
        unit: that change in words.
    """

    column: str
    group: str
    step: float
    unit: str


TERMS = (
    Term("tnld", "spelling", 0.1, "+.1 TNLD"),
    Term("pieces", "tokenisation", 1.0, "+1 piece"),
    Term("shared", "tokenisation", -0.1, "-.1 shared pieces"),
    Term("cosine", "space", 0.0, "-1 SD cosine before"),
)
ALONE_TERMS = (Term("own_pieces", "tokenisation", 1.0, "+1 piece"), Term("words", "length", 1.0, "+1 word"))
GROUPS = ("spelling", "length", "tokenisation", "space", "languages")
_MEDIATOR = "cosine"

FACTORS = TableSpec(
    "factors",
    "Every test sentence of every donor, wrong or not, with what may make it wrong.",
    {
        **MODEL,
        "recipient": text(RECIPIENT),
        "sentence": text(SENTENCE),
        "type": text(TYPE),
        "context": text("context id"),
        "entity": text("entity id; the form itself where sentences came tagged"),
        "wrong": integer("1 if any tag is wrong, else 0"),
        "tnld": real("TNLD of this name's form here and in the donor's sentence; empty where nothing is parallel"),
        "pieces": real("pieces of the form here minus those of the donor's form"),
        "shared": real("pieces of both forms over pieces of either (Jaccard)"),
        "cosine": real(
            "cosine of the vectors of both before fine-tuning, last layer, minus the mean of the pair's shuffled cells"
        ),
        "own_pieces": integer_or_gap("pieces of the form here"),
        "words": integer("words of the form here"),
        **SCRIPT_COLUMNS,
    },
)


@FACTORS.made_by
def factor_table(
    predictions: "pd.DataFrame", sentences: "pd.DataFrame", tokenizer: "Tokenizer | None" = None,
    cosines: Mapping[tuple[str, str], float] | None = None,
) -> "pd.DataFrame":  # fmt: skip
    """The table `factors`; the donor's own language is left out, and so are sentences without a name.

    Args:
        predictions: the table of that name.
        sentences: the table of that name.
        tokenizer: of the encoder; without it the terms of pieces are empty.
        cosines: (donor, sentence) → cosine minus its floor; without it that term is empty.
    """
    forms = forms_of(sentences)
    scripts = scripts_of_sentences(sentences)
    cut = _cuts(sorted(set(forms.values())), tokenizer)
    rows = []
    columns = ("donor", "seed", "sentence", "language", "type", "wrong")
    for donor, seed, sentence, language, kind, wrong in predictions[list(columns)].itertuples(index=False):
        form = forms.get(str(sentence))
        if form is None or donor == language:
            continue
        cell = cell_of(str(sentence))
        other = forms.get(parallel_id(str(donor), cell))
        own = cut.get(form)
        parallel = other is not None
        distance, extra, shared = NAN, NAN, NAN
        if other is not None:
            distance = tnld(form, other)
            if own is not None:
                theirs = cut[other]
                extra = float(count_pieces(own) - count_pieces(theirs))
                shared = _jaccard(counted_pieces(own), counted_pieces(theirs))
        near = (cosines or {}).get((str(donor), str(sentence)), NAN)
        rows.append(
            (donor, seed, language, sentence, kind, cell.context if parallel else str(sentence),
             cell.entity if parallel else form, wrong, distance, extra, shared, near,
             None if own is None else count_pieces(own), len(form.split(" ")),
             *(script_among(str(code), scripts) for code in (donor, language)))
        )  # fmt: skip
    return FACTORS.frame(rows)


def _cuts(forms: Sequence[str], tokenizer: "Tokenizer | None") -> dict[str, list[str]]:
    if tokenizer is None:
        return {}
    return {form: list(found.shown) for form, found in zip(forms, cut_texts(tokenizer, forms), strict=True)}


def _jaccard(a: Sequence[str], b: Sequence[str]) -> float:
    either = set(a) | set(b)
    return len(set(a) & set(b)) / len(either) if either else NAN


# -- models


@dataclass(frozen=True, slots=True)
class Rows:
    """What every model is made of: rows that know all its terms.

    Attributes:
        wrong: [n].
        values: [n, k], the terms in steps of their units.
        terms: [k].
        controls: [n, c], dummies of type, and the number of words.
        pairs: [n], number of the pair of languages.
        names: [n].
        contexts: [n].
        frame: the rows themselves.
    """

    wrong: Vector
    values: Vector
    terms: tuple[Term, ...]
    controls: Vector
    pairs: Index
    names: Index
    contexts: Index
    frame: "pd.DataFrame"


def model_rows(factors: "pd.DataFrame") -> Rows | None:
    """The rows with the terms that exist; None where there are too few."""
    parallel = bool(factors["tnld"].notna().any())
    wanted = TERMS if parallel else ALONE_TERMS
    terms = tuple(t for t in wanted if factors[t.column].notna().any())
    known = factors[factors[[t.column for t in terms]].notna().all(axis=1)] if terms else factors.head(0)
    steps, used = [], []
    for term in terms:
        values = known[term.column].to_numpy(dtype=np.float64)
        step = term.step or -float(np.std(values))
        # A term that never differs says nothing.
        if len(values) and np.ptp(values) > 1e-12 and step:
            steps.append(values / step)
            used.append(term)
    if len(known) < LEAST_ROWS or known["entity"].nunique() < LEAST_NAMES or not used:
        return None
    types = dummies(known["type"].fillna("").tolist())[:, 1:]
    words = known["words"].to_numpy(dtype=np.float64)
    return Rows(
        known["wrong"].to_numpy(dtype=np.float64), np.column_stack(steps), tuple(used),
        np.column_stack([types, *([words] if ALONE_TERMS[1] not in used else [])]),
        numbered(list(zip(known["donor"], known["recipient"], strict=True))),
        numbered(known["entity"].tolist()), numbered(known["context"].tolist()), known,
    )  # fmt: skip


def dummies(labels: Sequence[Hashable]) -> Vector:
    """A column for every label, [n, labels]."""
    numbers = numbered(labels)
    found: Vector = (numbers[:, None] == np.arange(int(numbers.max(initial=-1)) + 1)[None, :]).astype(np.float64)
    return found


FACTOR_TERMS = TableSpec(
    "factor_terms",
    "How many points of the wrong share each term is worth, alone and beside the others.",
    {
        "model": text(
            "alone; together; without cosine (which lies downstream of the cuts); binomial and mrqap, which check; or "
            "extra pieces: the plain share of wrong sentences by difference in pieces"
        ),
        "term": text(
            "tnld, pieces, shared, cosine; pieces or words where nothing is parallel; a number of extra pieces"
        ),
        "unit": text("the change that the effect is of"),
        "n": integer("sentences; pairs of languages for mrqap"),
        "effect": real("percentage points of the share of wrong sentences"),
        "low": real("2.5 % bound, clustered by name and by context"),
        "high": real("97.5 % bound"),
        "p": real("two-sided"),
        "vif": real("how many times the others inflate its variance; above 5 they can hardly be told apart"),
        "names": integer("different names"),
        "contexts": integer("different contexts"),
        "donors": integer("donors; one leaves open whether this holds for others"),
    },
    "bars",
)


@FACTOR_TERMS.made_by
def factor_term_table(factors: "pd.DataFrame", seed: int = 0) -> "pd.DataFrame":
    """The table `factor_terms`; empty where there are too few sentences or no term differs.

    Args:
        factors: the table of that name.
        seed: of the exchanges of MRQAP.
    """
    rows = model_rows(factors)
    if rows is None:
        return FACTOR_TERMS.frame()
    frame = rows.frame
    about = (frame["entity"].nunique(), frame["context"].nunique(), frame["donor"].nunique())
    found: list[tuple[Any, ...]] = []

    def add(model: str, term: Term, n: int, values: Sequence[float], vif: float) -> None:
        found.append((model, term.column.removeprefix("own_"), term.unit, n, *values, vif, *about))

    within = _within(rows)
    for place, term in enumerate(rows.terms):
        [(values, vif)] = _linear(rows, within, [place])
        add("alone", term, len(frame), values, vif)
    every = list(range(len(rows.terms)))
    if len(every) > 1:
        for place, (values, vif) in zip(every, _linear(rows, within, every), strict=True):
            add("together", rows.terms[place], len(frame), values, vif)
    early = [place for place in every if rows.terms[place].column != _MEDIATOR]
    if len(early) not in (0, len(every)):
        for place, (values, vif) in zip(early, _linear(rows, within, early), strict=True):
            add("without cosine", rows.terms[place], len(frame), values, vif)
    for place, values in zip(every, _binomial(rows), strict=True):
        add("binomial", rows.terms[place], len(frame), values, NAN)
    for place, (n, values) in zip(every, _over_pairs(rows, seed) if about[2] > 1 else (), strict=about[2] > 1):
        add("mrqap", rows.terms[place], n, values, NAN)
    found += [("extra pieces", *row, *about) for row in _by_extra_pieces(frame)]
    return FACTOR_TERMS.frame(found)


def effects_together(factors: "pd.DataFrame") -> dict[str, list[float]]:
    """What `factor_terms` says of every term beside the others: effect, bounds and p, by the column of the term.

    Args:
        factors: the table of that name.
    """
    rows = model_rows(factors)
    if rows is None:
        return {}
    found = _linear(rows, _within(rows), list(range(len(rows.terms))))
    return {term.column: values for term, (values, _) in zip(rows.terms, found, strict=True)}


def _within(rows: Rows) -> Vector:
    """Wrong and terms once the levels of pairs, cells and models are taken out, [n, 1 + k].

    Where nothing is parallel there are no cells, and type and length are taken out in their place.
    """
    frame = rows.frame
    groups = [rows.pairs, numbered(list(zip(frame["donor"], frame["seed"], strict=True)))]
    controls: Vector = np.zeros((len(frame), 0))
    if frame["tnld"].notna().any():
        groups.append(numbered(list(zip(frame["context"], frame["entity"], strict=True))))
    else:
        controls = rows.controls
    return _demeaned(np.column_stack([rows.wrong, rows.values]), groups, controls)


def _demeaned(columns: Vector, groups: Sequence[Index], controls: Vector) -> Vector:
    """Columns without the means of every grouping and without controls: exact least squares on dummies.

    Means are taken out by turns until nothing changes.

    Source: the Frisch-Waugh-Lovell theorem; the turns are von Neumann's alternating projections.
    """
    found = columns.copy()
    scale = np.abs(columns).max(initial=1.0)
    for _ in range(1000):
        before = found.copy()
        for numbers in groups:
            found -= (sums_by(found, numbers) / np.bincount(numbers)[:, None])[numbers]
        if controls.shape[1]:
            found -= controls @ np.linalg.lstsq(controls, found, rcond=None)[0]
        if np.abs(found - before).max(initial=0.0) < 1e-12 * scale:
            break
    return found


def _linear(rows: Rows, within: Vector, places: Sequence[int]) -> list[tuple[list[float], float]]:
    """Effect, bounds and p of each of these terms, and its variance inflation factor."""
    from scipy import stats
    from statsmodels.regression.linear_model import OLS

    y, X = within[:, 0], within[:, [1 + place for place in places]]
    if np.linalg.matrix_rank(X, tol=1e-9 * max(1e-300, float(np.abs(X).max(initial=0.0))) * len(X)) < len(places):
        return [([NAN] * 4, NAN)] * len(places)
    fit = OLS(y, X).fit()
    bread = np.linalg.inv(X.T @ X)
    errors = np.sqrt(two_way_variance(without_groups(X, np.asarray(fit.resid)), rows.names, rows.contexts))
    shares = (X @ bread) ** 2 / np.diag(bread)
    found = []
    for place, effect in enumerate(np.asarray(fit.params)):
        vif = float(bread[place, place] * (X[:, place] @ X[:, place]))
        free = degrees(shares[:, place], rows.names, rows.contexts)
        found.append((_points(float(effect), float(errors[place]), free, stats), vif))
    return found


def _points(effect: float, error: float, free: float, stats: Any) -> list[float]:
    """Effect, bounds and p in percentage points; NaN where the error is not known."""
    if not error > 0 or free < 1:
        return [100 * effect, NAN, NAN, NAN]
    half = float(stats.t.ppf(0.975, free)) * error
    p = float(2 * stats.t.sf(abs(effect) / error, free))
    return [100 * effect, 100 * (effect - half), 100 * (effect + half), p]


def _binomial(rows: Rows) -> list[list[float]]:
    """Mean marginal effects of the terms in a binomial model with dummies for the pair, type and length."""
    from scipy import stats
    from statsmodels.genmod.families import Binomial
    from statsmodels.genmod.generalized_linear_model import GLM

    nothing = [[NAN] * 4] * len(rows.terms)
    # A pair that is all wrong or all right has no finite level; its rows say nothing of the terms.
    share = np.bincount(rows.pairs, rows.wrong) / np.bincount(rows.pairs)
    kept = ((share > 0) & (share < 1))[rows.pairs]
    if kept.sum() < LEAST_ROWS or kept.sum() > MOST_BINOMIAL:
        return nothing
    wrong, names, contexts = rows.wrong[kept], *(numbered(side[kept].tolist()) for side in (rows.names, rows.contexts))
    k = len(rows.terms)
    parts = [rows.values[kept], dummies(rows.pairs[kept].tolist()), rows.controls[kept]]
    X = independent_columns(np.column_stack(parts))
    if X.shape[1] < k + 1:
        return nothing
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            fit = GLM(wrong, X, family=Binomial()).fit()
        except (ValueError, FloatingPointError, np.linalg.LinAlgError):
            return nothing
    mean = np.asarray(fit.fittedvalues)
    weights = mean * (1 - mean)
    bread = np.linalg.pinv(X.T @ (X * weights[:, None]))
    own = X @ bread
    rests = weights[:, None] * own**2 / np.maximum(np.diag(bread), 1e-300)
    errors = np.sqrt(two_way_variance(without_shares(own * (wrong - mean)[:, None], rests), names, contexts))
    slope, parameters = float(weights.mean()), np.asarray(fit.params)
    free = [degrees(rests[:, i], names, contexts) for i in range(k)]
    return [_points(parameters[i] * slope, float(errors[i]) * slope, free[i], stats) for i in range(k)]


def independent_columns(columns: Vector) -> Vector:
    """The columns that those before them do not explain."""
    scale = np.linalg.norm(columns, axis=0)
    _, triangle = np.linalg.qr(columns / np.where(scale > 0, scale, 1.0))
    found: Vector = columns[:, np.abs(np.diag(triangle)) > 1e-8]
    return found


def _over_pairs(rows: Rows, seed: int) -> list[tuple[int, list[float]]]:
    """Of each term, how many pairs of languages there are, and what MRQAP says of their means."""
    frame = rows.frame.assign(share=rows.wrong)
    for place, term in enumerate(rows.terms):
        frame[f"step {term.column}"] = rows.values[:, place]
    columns = [f"step {term.column}" for term in rows.terms]
    means = frame.groupby(["donor", "recipient"], sort=True)[["share", *columns]].mean().reset_index()
    codes = sorted({*means["donor"], *means["recipient"]})
    number = {code: place for place, code in enumerate(codes)}
    givers = set(means["donor"])
    donors, recipients = (np.array([number[code] for code in means[side]], dtype=np.intp) for side in
                          ("donor", "recipient"))  # fmt: skip
    script_of = scripts_of_pairs(rows.frame)
    strata = [(code in givers, script_of(str(code))) for code in codes]
    found = []
    for column in columns:
        square = np.full((len(codes),) * 2, NAN)
        square[donors, recipients] = means[column]
        pairs = LanguagePairs(donors, recipients, square, means["share"].to_numpy(dtype=np.float64), strata)
        one = mrqap(pairs, seed)
        found.append((len(means), [100 * one.slope, NAN, NAN, one.p]))
    return found


def _by_extra_pieces(frame: "pd.DataFrame") -> list[tuple[Any, ...]]:
    """Share of wrong sentences by extra pieces, in percentage points; less than none and none are one."""
    known = frame[frame["pieces"].notna()]
    extra = known["pieces"].clip(0, 4).astype(int)
    found = []
    for count in sorted(set(extra)):
        part = known[extra == count]
        wrong = part["wrong"].to_numpy(dtype=np.float64)
        share = clustered_share(wrong, part["entity"].tolist(), part["context"].tolist())
        label = f"{count}+" if count == 4 else str(count)
        found.append((label, "share wrong", len(part), 100 * share.value, 100 * share.low, 100 * share.high, NAN, NAN))
    return found
