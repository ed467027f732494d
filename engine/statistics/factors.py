"""What spelling, tokenisation and the space each have to do with a wrong sentence, sentence by sentence.

A correlation over pairs of languages has a few dozen points, of which languages and scripts explain most. Here every
test sentence of every donor is a row, and the terms differ from name to name within one pair of languages and one cell,
whose own levels are taken out. The rules were fixed before any result was looked at:

- Terms: TNLD of this name's two forms, difference in pieces (recipient's minus donor's), shared pieces (Jaccard;
  whether both are the same string says the same and is left out), and the cosine of the parallel entity before tuning
  minus its floor. The cosine lies downstream of the cuts: it is a mediator, so that terms stand with and without it.
- A linear probability model with dummies for the pair of languages, the cell, and donor × seed; errors clustered by
  name and by context (Cameron, Gelbach & Miller 2011), t with one degree of freedom less than the fewer of both.
- As checks, a binomial model with dummies for the pair, type and length, and MRQAP over pairs of languages.
- Shares: Shapley values of the explained deviance over spelling, tokenisation, space and languages, type and length
  held in all models; 500 bootstraps over names; chance from names exchanged within their type.
- Sentences that came tagged have no parallel: the terms that exist are their own pieces and words.

One donor leaves open whether what is found is of this donor alone, and MRQAP has no test then.
"""

import warnings
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from math import comb
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from nerspace.datasets.languages import script_of
from nerspace.engine.names.distances import tnld
from nerspace.engine.names.tokenization import count_pieces, counted_pieces, cut_texts
from nerspace.engine.statistics.cells import cell_of, forms_of, parallel_id
from nerspace.engine.statistics.clusters import clustered_share, numbered, sums_by, two_way_variance
from nerspace.engine.statistics.mantel import LanguagePairs
from nerspace.engine.statistics.mrqap import mrqap
from nerspace.engine.tables.spec import MODEL, RECIPIENT, SENTENCE, TYPE, TableSpec, integer, integer_or_gap, real, text

if TYPE_CHECKING:
    import pandas as pd
    from tokenizers import Tokenizer

Vector = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]

NAN = float("nan")
BOOTSTRAPS, EXCHANGES = 500, 100
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
ALONE_TERMS = (Term("own_pieces", "tokenisation", 1.0, "+1 piece"), Term("words", "spelling", 1.0, "+1 word"))
GROUPS = ("spelling", "tokenisation", "space", "languages")
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
             None if own is None else count_pieces(own), len(form.split(" ")))
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
class _Rows:
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

    @property
    def groups(self) -> int:
        """Names or contexts, whichever are fewer; the other where one is all there is."""
        counts = [int(side.max(initial=-1)) + 1 for side in (self.names, self.contexts)]
        return min(counts) if min(counts) > 1 else max(counts)


def _rows(factors: "pd.DataFrame") -> _Rows | None:
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
    types = _dummies(known["type"].fillna("").tolist())[:, 1:]
    words = known["words"].to_numpy(dtype=np.float64)
    return _Rows(
        known["wrong"].to_numpy(dtype=np.float64), np.column_stack(steps), tuple(used),
        np.column_stack([types, *([words] if ALONE_TERMS[1] not in used else [])]),
        numbered(list(zip(known["donor"], known["recipient"], strict=True))),
        numbered(known["entity"].tolist()), numbered(known["context"].tolist()), known,
    )  # fmt: skip


def _dummies(labels: Sequence[Hashable]) -> Vector:
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
    rows = _rows(factors)
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


def _within(rows: _Rows) -> Vector:
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


def _linear(rows: _Rows, within: Vector, places: Sequence[int]) -> list[tuple[list[float], float]]:
    """Effect, bounds and p of each of these terms, and its variance inflation factor."""
    from scipy import stats
    from statsmodels.regression.linear_model import OLS

    y, X = within[:, 0], within[:, [1 + place for place in places]]
    if np.linalg.matrix_rank(X, tol=1e-9 * max(1e-300, float(np.abs(X).max(initial=0.0))) * len(X)) < len(places):
        return [([NAN] * 4, NAN)] * len(places)
    fit = OLS(y, X).fit()
    bread = np.linalg.inv(X.T @ X)
    influences = (X * np.asarray(fit.resid)[:, None]) @ bread
    errors = np.sqrt(two_way_variance(influences, rows.names, rows.contexts))
    free = rows.groups - 1
    found = []
    for place, effect in enumerate(np.asarray(fit.params)):
        vif = float(bread[place, place] * (X[:, place] @ X[:, place]))
        found.append((_points(float(effect), float(errors[place]), free, stats), vif))
    return found


def _points(effect: float, error: float, free: int, stats: Any) -> list[float]:
    """Effect, bounds and p in percentage points; NaN where the error is not known."""
    if not error > 0 or free < 1:
        return [100 * effect, NAN, NAN, NAN]
    half = float(stats.t.ppf(0.975, free)) * error
    p = float(2 * stats.t.sf(abs(effect) / error, free))
    return [100 * effect, 100 * (effect - half), 100 * (effect + half), p]


def _binomial(rows: _Rows) -> list[list[float]]:
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
    X = _independent(np.column_stack([rows.values[kept], _dummies(rows.pairs[kept].tolist()), rows.controls[kept]]))
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
    errors = np.sqrt(two_way_variance((X * (wrong - mean)[:, None]) @ bread, names, contexts))
    slope, parameters = float(weights.mean()), np.asarray(fit.params)
    return [_points(parameters[i] * slope, float(errors[i]) * slope, rows.groups - 1, stats) for i in range(k)]


def _independent(columns: Vector) -> Vector:
    """The columns that those before them do not explain."""
    scale = np.linalg.norm(columns, axis=0)
    _, triangle = np.linalg.qr(columns / np.where(scale > 0, scale, 1.0))
    found: Vector = columns[:, np.abs(np.diag(triangle)) > 1e-8]
    return found


def _over_pairs(rows: _Rows, seed: int) -> list[tuple[int, list[float]]]:
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


# -- shares


FACTOR_SHARES = TableSpec(
    "factor_shares",
    "Which part of what can be explained of wrong sentences falls to spelling, tokenisation, space and languages.",
    {
        "group": text("spelling, tokenisation, space or languages (dummies for the pair); type and length are held"),
        "share": real("Shapley share of the deviance that a linear probability model explains beyond type and length"),
        "low": real("2.5 % bound, 500 bootstraps over names"),
        "high": real("97.5 % bound"),
        "chance": real("mean share when names are exchanged within their type, languages left as they are"),
        "binomial": real("the share in binomial models; empty beyond 6,000 sentences"),
        "explained": real("deviance explained by all groups over that of type and length alone, 0 to 1"),
        "n": integer("sentences"),
        "names": integer("different names"),
    },
    "bars",
)


@FACTOR_SHARES.made_by
def factor_share_table(factors: "pd.DataFrame", seed: int = 0) -> "pd.DataFrame":
    """The table `factor_shares`; empty where there are too few sentences or nothing is explained.

    The deviance is that of the linear probability model, whose 16 fits are sums over names, so that 500 bootstraps take
    seconds; the binomial one stands beside it.

    Args:
        factors: the table of that name.
        seed: of bootstraps and exchanges.

    Source: Shapley values of explained variance, Lindeman, Merenda & Gold 1980; Grömping 2007.
    """
    rows = _rows(factors)
    if rows is None:
        return FACTOR_SHARES.frame()
    columns, members = _blocks(rows)
    products = _products(columns, rows.names)
    every, of_every = _shapley(products.sum(axis=0)[None], members)
    shares, explained = every[0], float(of_every[0])
    if not np.isfinite(shares).all():
        return FACTOR_SHARES.frame()
    generator = np.random.default_rng(seed)
    names = len(products)
    drawn = generator.multinomial(names, np.full(names, 1 / names), BOOTSTRAPS).astype(np.float64)
    resampled = np.concatenate([
        _shapley(np.tensordot(weights, products, 1), members)[0]
        for weights in np.array_split(drawn, max(1, BOOTSTRAPS // 50))
    ])  # fmt: skip
    changed = [_blocks(_exchanged(rows, generator))[0] for _ in range(EXCHANGES)]
    exchanged = _shapley(np.array([columns.T @ columns for columns in changed]), members)[0]
    binomial = _binomial_shares(rows, members, columns)
    found = []
    for place, group in enumerate(list(members)[1:]):
        values = resampled[:, place][np.isfinite(resampled[:, place])]
        low, high = np.quantile(values, [0.025, 0.975]) if len(values) >= BOOTSTRAPS // 2 else (NAN, NAN)
        chance = exchanged[:, place][np.isfinite(exchanged[:, place])]
        found.append(
            (group, shares[place], low, high, float(chance.mean()) if len(chance) else NAN, binomial[place], explained,
             len(rows.wrong), names)
        )  # fmt: skip
    return FACTOR_SHARES.frame(found)


def _blocks(rows: _Rows) -> tuple[Vector, dict[str, list[int]]]:
    """Columns of all groups and at the end the wrong ones, [n, c + 1], and which belong to which; controls first."""
    parts = {"controls": np.column_stack([np.ones(len(rows.wrong)), rows.controls])}
    for group in GROUPS[:-1]:
        places = [place for place, term in enumerate(rows.terms) if term.group == group]
        if places:
            parts[group] = rows.values[:, places]
    if int(rows.pairs.max(initial=0)) > 0:
        parts["languages"] = _dummies(rows.pairs.tolist())[:, 1:]
    members, start = {}, 0
    for group, block in parts.items():
        members[group] = list(range(start, start + block.shape[1]))
        start += block.shape[1]
    return np.column_stack([*parts.values(), rows.wrong]), members


def _products(columns: Vector, names: Index) -> Vector:
    """The products of all columns, summed over the rows of each name, [names, c, c]."""
    order = np.argsort(names, kind="stable")
    edges = np.cumsum(np.bincount(names))[:-1]
    return np.array([part.T @ part for part in np.split(columns[order], edges)])


def _shapley(products: Vector, members: Mapping[str, Sequence[int]]) -> tuple[Vector, Vector]:
    """Each group's share of what all explain beyond the controls, and how much that is; NaN where it is nothing.

    Args:
        products: [B, c, c], one of each resample.
        members: group → its columns.

    Returns:
        [B, groups] and [B].
    """
    groups = [group for group in members if group != "controls"]
    left: dict[frozenset[str], Vector] = {}
    for size in range(len(groups) + 1):
        for chosen in combinations(groups, size):
            inside = [*members["controls"], *(column for group in chosen for column in members[group])]
            left[frozenset(chosen)] = _unexplained(products, inside)
    return _shares_of(left, groups)


def _shares_of(left: Mapping[frozenset[str], Vector], groups: Sequence[str]) -> tuple[Vector, Vector]:
    """Shapley's shares [B, groups] and the explained part [B] of deviances [B] that subsets of groups leave."""
    base, full = left[frozenset()], left[frozenset(groups)]
    total = base - full
    known = total > 1e-6 * np.maximum(base, 1e-300)
    n = len(groups)
    shares = np.zeros((len(base), n))
    for place, group in enumerate(groups):
        others = [other for other in groups if other != group]
        for size in range(n):
            for chosen in combinations(others, size):
                before = frozenset(chosen)
                shares[:, place] += (left[before] - left[before | {group}]) / (n * comb(n - 1, size))
    divisor = np.where(known, total, np.nan)
    return shares / divisor[:, None], np.where(known, total / np.maximum(base, 1e-300), np.nan)


def _unexplained(products: Vector, inside: Sequence[int]) -> Vector:
    """Sums of squares [B] of what these columns leave of the last one, from products alone."""
    X, xy, yy = products[:, inside][:, :, inside], products[:, inside, -1], products[:, -1, -1]
    scale = np.sqrt(np.maximum(np.einsum("bii->bi", X), 1e-12))
    # The ridge gives dummies that a resample left empty no weight; it changes no digit that is shown.
    matrix = X / (scale[:, :, None] * scale[:, None, :]) + 1e-9 * np.eye(len(inside))
    aim = xy / scale
    fitted = np.linalg.solve(matrix, aim[:, :, None])[:, :, 0]
    found: Vector = np.maximum(0.0, yy - (fitted * aim).sum(axis=1))
    return found


def _exchanged(rows: _Rows, generator: np.random.Generator) -> _Rows:
    """The rows with the terms of another name of the type, drawn anew; what differs from context to context is kept."""
    kinds = rows.frame["type"].fillna("").to_numpy(dtype=object)
    kind_of = {int(name): kinds[row] for row, name in enumerate(rows.names)}
    other = np.arange(len(kind_of))
    for kind in set(kind_of.values()):
        members = np.array([name for name, own in kind_of.items() if own == kind], dtype=np.intp)
        other[members] = generator.permutation(members)
    count = len(kind_of)
    cell = rows.pairs * count + rows.names
    size = (int(rows.pairs.max()) + 1) * count
    sums = np.zeros((size, rows.values.shape[1]))
    np.add.at(sums, cell, rows.values)
    times = np.bincount(cell, minlength=size)
    means = np.divide(sums, times[:, None], out=np.full_like(sums, NAN), where=times[:, None] > 0)
    moved = means[rows.pairs * count + other[rows.names]]
    values = np.where(np.isfinite(moved), rows.values - means[cell] + moved, rows.values)
    return replace(rows, values=values)


def _binomial_shares(rows: _Rows, members: Mapping[str, Sequence[int]], columns: Vector) -> Vector:
    """The shares in binomial models; NaN where these are too many rows or a model has no finite fit."""
    from statsmodels.genmod.families import Binomial
    from statsmodels.genmod.generalized_linear_model import GLM

    groups = [group for group in members if group != "controls"]
    if len(rows.wrong) > MOST_BINOMIAL:
        return np.full(len(groups), NAN)
    left: dict[frozenset[str], Vector] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for size in range(len(groups) + 1):
            for chosen in combinations(groups, size):
                inside = [*members["controls"], *(column for group in chosen for column in members[group])]
                X = _independent(columns[:, inside])
                try:
                    left[frozenset(chosen)] = np.array([GLM(rows.wrong, X, family=Binomial()).fit().deviance])
                except (ValueError, FloatingPointError, np.linalg.LinAlgError):
                    return np.full(len(groups), NAN)
    shares: Vector = _shares_of(left, groups)[0][0]
    return shares
