"""Figures 3 and 4: how the mean cosine of six languages changes during training, and which change alike."""

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations, permutations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from nerspace.engine.paper import published
from nerspace.engine.paper.cache import CachedModel
from nerspace.engine.paper.claims import EXCHANGED_LEVEL, FAILS, HOLDS, OPEN, Finding, by_interval, by_rank, by_test
from nerspace.engine.requests.paper import PaperRequest
from nerspace.engine.runs import Run
from nerspace.engine.statistics.correlation import (
    DELTAS,
    LEAST_CHANGES,
    STEEP,
    block_rows,
    bounds,
    delta_correlation_table,
    delta_table,
    steepness,
    without_trend,
)
from nerspace.engine.tables.spec import LAYER, PAIR, TableSpec, integer, real, text

if TYPE_CHECKING:
    import numpy.typing as npt

    Series = npt.NDArray[np.float64]
    Statistic = Callable[[Series, Sequence[int]], Series]

NAN = float("nan")
OWN = "own"
SHIFTS = 500
# Correlations below this are little.
NEAR_ZERO = 0.2


def write(run: Run, request: PaperRequest, models: Mapping[tuple[str, int], CachedModel]) -> list[Finding]:
    """Write `probes`, `deltas` and `paper_figure4`, and judge what the paper says of them."""
    probed = [models[code, request.seed] for code in published.SIX if (code, request.seed) in models]
    parts: dict[str, list[pd.DataFrame]] = {"probes": [], "deltas": []}
    for model in probed:
        parts["probes"].append(model.probes.assign(donor=model.donor, seed=model.seed))
        parts["deltas"].append(delta_table(model.probes).assign(donor=model.donor, seed=model.seed))
    if not probed:
        return []
    tables = {name: pd.concat(frames, ignore_index=True) for name, frames in parts.items()}
    for name, table in tables.items():
        run.write_table(name, table)
    deltas = tables["deltas"]
    findings = []
    if "figure3" in request.items:
        findings += [own_isotropy(deltas), alike_ru_uk(deltas)]
    if "figure4" in request.items:
        run.write_table("paper_figure4", figure4(deltas))
        findings += [apart(deltas, request.seed), apart_within(deltas, request.seed)]
        findings += shifted_findings(deltas, request.seed)
    return findings


def own_changes(deltas: pd.DataFrame) -> pd.DataFrame:
    """The changes of each language while it is trained on.

    Args:
        deltas: the table of that name, with donor.
    """
    return deltas[deltas["donor"] == deltas["language"]]


PAPER_FIGURE4 = TableSpec(
    "paper_figure4",
    "Figure 4: correlation of the changes of the mean cosine; short series, so mind n and the interval.",
    {
        "reading": text("own: each language while trained on; else the donor within whose model all are measured"),
        "layer": integer(LAYER),
        **PAIR,
        "n": integer("changes in the series"),
        "r": real("Pearson correlation, as the paper takes it; a common trend alone makes it large"),
        "low": real(
            "2.5 % bound of detrended; empty below 12 changes, or where both trends are over 1.5 times what they leave"
        ),
        "high": real("97.5 % bound of detrended"),
        "detrended": real("the correlation once each series has lost its trend"),
    },
    "heatmap",
)


@PAPER_FIGURE4.made_by
def figure4(deltas: pd.DataFrame) -> pd.DataFrame:
    """The table `paper_figure4`: correlations of the changes, of languages trained on and within each model."""
    parts = {OWN: own_changes(deltas), **dict(iter(deltas.groupby("donor", sort=False)))}
    tables = []
    for part, rows in parts.items():
        table = delta_correlation_table(rows[list(DELTAS.columns)])
        table.insert(0, "reading", part)
        tables.append(table)
    return PAPER_FIGURE4.checked(pd.concat(tables, ignore_index=True))


def series_of(changes: pd.DataFrame) -> "tuple[list[str], Series]":
    """The languages and their changes [languages, steps] at the last layer, over the steps that all have."""
    chosen = changes[changes["layer"] == changes["layer"].max()]
    wide = chosen.pivot(index="step", columns="language", values="delta").dropna()
    values: Series = wide.to_numpy(dtype=np.float64).T
    return list(wide.columns), values


def group_contrast(series: "Series", apart: Sequence[int]) -> "Series":
    """Mean correlation within the two groups minus that between them; NaN where a series is constant.

    Args:
        series: [..., languages, steps].
        apart: places of the languages of one group.

    Returns:
        [...].
    """
    one, other = np.triu_indices(series.shape[-2], 1)
    chosen = np.isin(np.arange(series.shape[-2]), apart)
    within = chosen[one] == chosen[other]
    r = correlations_of(series)[..., one, other]
    found: Series = r[..., within].mean(axis=-1) - r[..., ~within].mean(axis=-1)
    return found


def judged(claim: str, several: "Sequence[tuple[list[str], Series]]", statistic: "Statistic", seed: int) -> Finding:
    """The finding on a contrast, mean over several sets of series of the same languages.

    Trends are taken out first, and where they are steep nothing is decided. Its p is the share of all ways to choose as
    many languages that give at least as much; every way stands for as many of the permutations of the languages as any
    other. One odd language sets itself and whichever is chosen with it apart from the rest, so that to hold, the
    interval must lie above 0 with any one language left out.

    Args:
        claim: a key of `CLAIMS`.
        several: sets of series, their languages and [languages, steps].
        statistic: the contrast.
        seed: of intervals and floor; the floor is the mean contrast when every series is shifted against the others,
            which leaves each as it is and takes their agreement away.
    """
    codes = several[0][0] if several else []
    apart = [place for place, code in enumerate(codes) if code in published.APART]
    steps = min((series.shape[1] for _, series in several), default=0)
    whole = len(apart) == len(published.APART) and len(codes) - len(apart) >= 2
    if not whole or steps < LEAST_CHANGES or any(names != codes for names, _ in several):
        return Finding(claim, by_rank(NAN, NAN, NAN, 0), NAN, n=steps, unit="changes")
    raw = [series[:, :steps] for _, series in several]
    if any(is_steep(part) for part in raw):
        return Finding(claim, OPEN, NAN, n=steps, unit="changes", remark=_TOO_STEEP)
    parts = [without_trend(part) for part in raw]

    def mean(stacks: "Sequence[Series]", chosen: Sequence[int]) -> "Series":
        found: Series = np.mean([statistic(stack, chosen) for stack in stacks], axis=0)
        return found

    value = float(mean(parts, apart))
    ways = np.array([float(mean(parts, chosen)) for chosen in combinations(range(len(codes)), len(apart))])
    p, below = (
        (float((side * ways >= side * value - 1e-12).mean()) if np.isfinite(value) else NAN) for side in (1, -1)
    )
    rows = block_rows(steps, seed)
    drawn = [np.moveaxis(part[:, rows], 0, 1) for part in parts]
    low, high = bounds(mean(drawn, apart))
    floor = float(mean([_shifted(part, seed + place) for place, part in enumerate(parts)], apart).mean())
    verdict = by_rank(low, high, p, len(ways), floor, below)
    if verdict != OPEN:
        without = (
            bounds(mean([np.delete(part, out, axis=1) for part in drawn], _places(apart, out)))
            for out in range(len(codes))
        )
        if not all(least > 0 if verdict == HOLDS else most < 0 for least, most in without):
            verdict = OPEN
    return Finding(claim, verdict, value, low, high, p, floor, steps, "changes")


_TOO_STEEP = f"The trends are more than {STEEP:g} times what they leave."


def _places(chosen: Sequence[int], out: int) -> list[int]:
    """Places of the chosen when one language is left out."""
    return [place - (place > out) for place in chosen if place != out]


def is_steep(series: "Series") -> bool:
    """Whether two languages or more change by little but a trend.

    Args:
        series: [languages, steps].
    """
    return bool((steepness(series) > STEEP).sum() > 1)


def _shifted(series: "Series", seed: int, draws: int = SHIFTS) -> "Series":
    """Each language's series moved in a circle by a random number of steps, [draws, languages, steps]."""
    languages, steps = series.shape
    moves = np.random.default_rng(seed).integers(0, steps, (draws, languages, 1))
    moved: Series = np.take_along_axis(series[None], (np.arange(steps) + moves) % steps, axis=2)
    return moved


def apart(deltas: pd.DataFrame, seed: int) -> Finding:
    """Whether ru and uk go apart from the others, each while trained on."""
    return judged("apart", _several([own_changes(deltas)]), group_contrast, seed)


def apart_within(deltas: pd.DataFrame, seed: int) -> Finding:
    """Whether ru and uk go apart from the others within each model."""
    parts = [rows for _, rows in deltas.groupby("donor", sort=False)]
    return judged("apart_within", _several(parts), group_contrast, seed)


def _several(parts: Sequence[pd.DataFrame]) -> "list[tuple[list[str], Series]]":
    return [series_of(part) for part in parts if len(part)]


# -- Figure 3: how much each space changes in all


def totals(deltas: pd.DataFrame) -> "Series | None":
    """How much the mean cosine of each language changes in all in each model, [six donors, six languages].

    Args:
        deltas: the table of that name, with donor; the last layer is taken.

    Returns:
        None where a model or a language lacks.
    """
    chosen = deltas[deltas["layer"] == deltas["layer"].max()] if len(deltas) else deltas
    wide = chosen.groupby(["donor", "language"])["delta"].sum().unstack()
    wide = wide.reindex(index=list(published.SIX), columns=list(published.SIX))
    found: Series = wide.to_numpy(dtype=np.float64)
    return found if np.isfinite(found).all() else None


def own_isotropy(deltas: pd.DataFrame) -> Finding:
    """Whether training on tr or pl makes their own space more isotropic, and not the others.

    Rule: of the changes of the mean cosine of six languages in six models, the effects of models and of languages are
    taken out; the mean of what is left of tr in its model and of pl in its own is compared with all 30 ways to choose
    two languages for these two models. It holds if at most one way gives as little, each of both is the least of its
    model and of its language, and both changes are below 0; it does not hold if at most one way gives as much and each
    is the greatest. A language that merely changes wildly is the least or the greatest of its model half of the time,
    but of its own changes no oftener than others.

    Args:
        deltas: the table of that name, with donor.
    """
    changes = totals(deltas)
    if changes is None:
        return Finding("own_isotropy", OPEN, NAN, unit="models")
    left = changes - changes.mean(axis=1, keepdims=True) - changes.mean(axis=0) + changes.mean()
    own = [published.SIX.index(code) for code in ("tr", "pl")]
    value = float(left[own, own].mean())
    size = float(np.abs(changes).max())
    ways = np.array([(left[own[0], a] + left[own[1], b]) / 2 for a, b in permutations(range(len(left)), 2)])
    slack = 1e-12 * max(size, 1e-300)
    below, above = (int((side * ways <= side * value + slack).sum()) for side in (1, -1))

    def is_first(sign: int) -> bool:
        turned = sign * left
        return all((turned[c, c] <= np.r_[turned[c], turned[:, c]] + slack).all() for c in own)

    verdict = OPEN
    if below <= 1 and is_first(1) and (changes[own, own] < 0).all():
        verdict = HOLDS
    elif above <= 1 and is_first(-1):
        verdict = FAILS
    p = min(below, above) / len(ways)
    return Finding("own_isotropy", verdict, value, p=p, floor=0.0, n=len(left), unit="models")


def alike_ru_uk(deltas: pd.DataFrame) -> Finding:
    """Whether training on ru or uk changes all languages alike.

    Rule: for every model, the log of the standard deviation over languages of the change of the mean cosine, over the
    root of its mean square; the mean of the four other models minus that of ru and uk, by the t of two samples with 4
    degrees of freedom, two-sided at .03. It holds if above 0 and the languages differ less in both than in any other
    model, so that one odd model alone decides nothing.

    Args:
        deltas: the table of that name, with donor.
    """
    from scipy import stats

    changes = totals(deltas)
    if changes is None:
        return Finding("alike_ru_uk", OPEN, NAN, unit="models")
    size = np.sqrt((changes**2).mean(axis=1))
    spread = changes.std(axis=1)
    if not (spread > 1e-12 * np.maximum(size, 1e-300)).all():
        return Finding("alike_ru_uk", OPEN, NAN, n=len(changes), unit="models")
    values = np.log(spread / size)
    chosen = np.isin(published.SIX, published.APART)
    value = float(values[~chosen].mean() - values[chosen].mean())
    found = stats.ttest_ind(values[~chosen], values[chosen])
    p = float(found.pvalue)
    low, high = map(float, found.confidence_interval(0.95))
    verdict = by_test(value, p, EXCHANGED_LEVEL)
    if verdict == HOLDS and values[chosen].max() > values[~chosen].min():
        verdict = OPEN
    return Finding("alike_ru_uk", verdict, value, low, high, p, NAN, len(values), "models")


# -- Figure 4: which languages change alike, trends taken out


def correlations_of(series: "Series") -> "Series":
    """Correlations of all pairs of rows, [..., languages, languages]; NaN where either is constant.

    Args:
        series: [..., languages, steps].
    """
    left = series - series.mean(axis=-1, keepdims=True)
    sizes = np.linalg.norm(left, axis=-1, keepdims=True)
    rounding = 1e-12 * np.linalg.norm(series, axis=-1, keepdims=True)
    units = np.divide(left, sizes, out=np.full_like(left, NAN), where=sizes > rounding)
    found: Series = np.clip(units @ np.swapaxes(units, -1, -2), -1, 1)
    return found


def shifted_findings(deltas: pd.DataFrame, seed: int) -> list[Finding]:
    """The findings on which languages change alike, each while trained on.

    Rule: the trend is taken out of every series; the statistic is a mean of correlations, or a difference of two, and p
    is two-sided, from 999 draws in which every series is shifted in a circle by a random number of steps. To hold, it
    must do so with any one language left out. Below 12 changes, where trends are steep, or without all six languages,
    nothing is decided.

    - greatest: ru and uk minus the mean of the 14 other pairs; to hold, no other pair may correlate more.
    - together: the 6 pairs of pl, tr, es and en.
    - near_zero: the 8 pairs between both groups; claimed below .2, by the 97 % interval that the draws give.
    - akin_alike: the 3 pairs of pl, ru and uk minus the 12 others.

    Args:
        deltas: the table of that name, with donor.
        seed: of the draws.
    """
    codes, series = series_of(own_changes(deltas)) if len(deltas) else ([], np.zeros((0, 0)))
    steps = series.shape[1]
    claims = ("greatest", "together", "near_zero", "akin_alike")
    if set(codes) != set(published.SIX) or steps < LEAST_CHANGES:
        return [Finding(claim, OPEN, NAN, n=steps, unit="changes") for claim in claims]
    left = without_trend(series)
    if (np.linalg.norm(left, axis=1) <= 1e-9 * np.linalg.norm(series, axis=1)).any() or is_steep(series):
        return [Finding(claim, OPEN, NAN, n=steps, unit="changes", remark=_TOO_STEEP) for claim in claims]
    one, other = np.triu_indices(len(codes), 1)
    pairs = [{codes[a], codes[b]} for a, b in zip(one, other, strict=True)]
    of_two = np.array([pair == set(published.APART) for pair in pairs])
    within = np.array([pair <= set(published.TOGETHER) for pair in pairs])
    akin = np.array([pair <= {"pl", "ru", "uk"} for pair in pairs])
    nothing = np.zeros(len(pairs), dtype=bool)
    statistics = {
        "greatest": (of_two, ~of_two),
        "together": (within, nothing),
        "near_zero": (~of_two & ~within, nothing),
        "akin_alike": (akin, ~akin),
    }
    found = correlations_of(left)[one, other]
    drawn = correlations_of(without_trend(_shifted(left, seed, 999)))[:, one, other]
    # Pairs that stay when one language is left out.
    staying = [np.array([code not in pair for pair in pairs]) for code in codes]

    def judged_by(claim: str, among: "npt.NDArray[np.bool_]") -> tuple[float, float, float, str] | None:
        more, less = (side & among for side in statistics[claim])
        if not more.any():
            return None
        weights = _weights(more) - _weights(less)
        value, chance = float(found @ weights), drawn @ weights
        p = float(((np.abs(chance) >= abs(value) - 1e-12).sum() + 1) / (len(chance) + 1))
        half = float(np.quantile(np.abs(chance), 0.95))
        if claim == "near_zero":
            # Where all correlate a little, their mean varies more than that of shifted series.
            wide = float(np.quantile(np.abs(chance), 1 - EXCHANGED_LEVEL))
            bounds_of = value - wide, value + wide
            return value, p, half, by_interval(*bounds_of, NEAR_ZERO, steps, LEAST_CHANGES, above=False)
        return value, p, half, by_test(value, p)

    findings = []
    for claim in statistics:
        whole = judged_by(claim, ~nothing)
        if whole is None:
            continue
        value, p, half, verdict = whole
        if claim == "greatest" and verdict == HOLDS and found[of_two] < found.max():
            verdict = OPEN
        if verdict == HOLDS:
            without = [judged_by(claim, among) for among in staying]
            verdict = HOLDS if all(part is None or part[-1] == HOLDS for part in without) else OPEN
        low, high = max(-2.0, value - half), min(2.0, value + half)
        findings.append(Finding(claim, verdict, value, low, high, p, half, steps, "changes"))
    return findings


def _weights(chosen: "npt.NDArray[np.bool_]") -> "Series":
    found: Series = chosen / max(1, chosen.sum())
    return found
