"""Correlations with what is needed to believe or doubt them: n, an interval and a permutation p."""

from collections.abc import Callable, Iterator
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from nerspace.engine.statistics.mantel import (
    RESAMPLES,
    Mantel,
    label_pairs,
    language_interval,
    mantel,
    weighted_pearson,
    weighted_spearman,
)
from nerspace.engine.statistics.mrqap import mrqap
from nerspace.engine.statistics.pairs import distance_column, learned, pair_table, scripts_of_pairs
from nerspace.engine.tables.spec import LANGUAGE, LAYER, MODEL, PAIR, TableSpec, integer, real, text

if TYPE_CHECKING:
    import pandas as pd

Vector = npt.NDArray[np.float64]
NAN = float("nan")


def pearson(x: Vector, y: Vector) -> float:
    """Pearson correlation of two vectors.

    Args:
        x: [n].
        y: [n].

    Returns:
        In [-1, 1]; NaN where it is undefined: n < 2, or either is constant.
    """
    return float(weighted_pearson(x[None], y[None], np.ones((1, len(x))))[0])


def spearman(x: Vector, y: Vector) -> float:
    """Spearman correlation of two vectors.

    Args:
        x: [n].
        y: [n].

    Returns:
        In [-1, 1]; NaN as for `pearson`.
    """
    return float(weighted_spearman(x[None], y[None], np.ones((1, len(x))))[0])


def interval(draw: Callable[[np.random.Generator], float], seed: int) -> tuple[float, float]:
    """2.5 % and 97.5 % points of a resampled statistic.

    Args:
        draw: the statistic of one resample, which the generator decides.
        seed: of the generator.

    Returns:
        Both points; NaN when too few resamples define the statistic.
    """
    generator = np.random.default_rng(seed)
    return bounds(np.array([draw(generator) for _ in range(RESAMPLES)]))


def bounds(values: Vector) -> tuple[float, float]:
    """2.5 % and 97.5 % points of resampled values.

    Args:
        values: [RESAMPLES], NaN where undefined.

    Returns:
        Both points; NaN when too few of the values are defined, or all coincide.
    """
    values = values[np.isfinite(values)]
    if len(values) < RESAMPLES // 2 or np.ptp(values) <= 1e-12 * np.abs(values).max():
        return float("nan"), float("nan")
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)


def block_rows(n: int, seed: int) -> npt.NDArray[np.intp]:
    """Rows of a circular block bootstrap of a series: blocks of about n^(1/3), since it trends.

    Args:
        n: length of the series.
        seed: of the draw.

    Returns:
        [RESAMPLES, n].
    """
    if n < 1:
        return np.zeros((RESAMPLES, 0), dtype=np.intp)
    block = max(1, round(n ** (1 / 3)))
    starts = np.random.default_rng(seed).integers(0, n, (RESAMPLES, -(-n // block)))
    rows: npt.NDArray[np.intp] = (starts[:, :, None] + np.arange(block)).reshape(RESAMPLES, -1)[:, :n] % n
    return rows


def pearson_of_rows(x: Vector, y: Vector) -> Vector:
    """Pearson correlation along the last axis.

    Args:
        x: [..., n].
        y: [..., n].

    Returns:
        [...]; NaN where either side is constant.
    """
    a, b = (side - side.mean(axis=-1, keepdims=True) for side in (x, y))
    norm = np.sqrt((a * a).sum(axis=-1) * (b * b).sum(axis=-1))
    size = np.maximum(1e-300, np.sqrt((x * x).sum(axis=-1) * (y * y).sum(axis=-1)))
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Vector = np.where(norm > 1e-12 * size, np.clip((a * b).sum(axis=-1) / norm, -1, 1), np.nan)
    return found


CORRELATIONS = TableSpec(
    "correlations",
    "How errors go with spelling distance; pairs share languages, so languages are exchanged and drawn, not pairs.",
    {
        "subset": text(
            "all; same_script, and latin and cyrillic where both have donors; across scripts; different: all "
            "pairs by TNLD without identical strings"
        ),
        "statistic": text(
            "pearson or spearman, which describe; partial: donor, recipient and script effects taken out of both, "
            "which decides, of models that know their own language"
        ),
        "n": integer("donor and recipient pairs, which share languages; errors are means over seeds"),
        "value": real(
            "the correlation of the share of wrong sentences with the mean TNLD of the names in them; of the names, "
            "each once, where a run does not know which sentence holds which"
        ),
        "low": real(
            "2.5 % bound, bootstrap over languages (donors among donors, others among others; in the subsets by "
            "script also within a script); empty for partial and where fewer than 5 languages can be drawn"
        ),
        "high": real("97.5 % bound"),
        "p": real("two-sided permutation p; languages are exchanged within the same strata"),
        "chance": real("the size of correlation that 95 % of these permutations stay below"),
        "test": text(
            "mantel (several donors) or shuffle (one donor: of its recipients), empty below 4 pairs; mrqap: of "
            "partial, by double semi-partialling, languages exchanged within a script; one donor has none"
        ),
        "permutations": integer("how many were looked at, the unchanged one among them"),
        "exact": integer("1 if these are all there are, else 0"),
        "languages": integer("languages in the subset: what really was sampled"),
        "seeds": integer("seeds with all of these pairs"),
        "seed_sd": real("standard deviation of the correlation over single seeds; empty for one seed"),
    },
)


@CORRELATIONS.made_by
def correlation_table(transfer: "pd.DataFrame", seed: int = 0) -> "pd.DataFrame":
    """The table `correlations`: the share of wrong sentences against TNLD, over pairs of donor and other recipient.

    Errors are averaged over the seeds of a pair first: the pair is the unit, and `seed_sd` tells how far the
    correlation of a single seed strays. The interval draws languages and p exchanges them, see `mantel`; with one donor
    p shuffles its recipients. Fewer than 4 pairs have neither. These describe; what a verdict may rest on are the rows
    `partial`, see `mrqap`, of all pairs, pairs of one script and pairs without identical strings. Those of the last
    take both TNLD and errors from the sentences whose name is another string, and are not there where these are not
    known. They leave out models that do not know their own language, see `learned`.

    Args:
        transfer: the table of that name.
        seed: of the draws and permutations.
    """
    rows: list[tuple[Any, ...]] = []
    kept = learned(transfer)
    judged = {subset: (chosen, distance) for subset, chosen, distance, _ in _subsets(kept)}
    for subset, chosen, distance, stratum in _subsets(transfer):
        errors = "share_different" if subset == "different" and chosen["share_different"].notna().any() else "share"
        known = chosen[chosen[distance].notna() & chosen[errors].notna()]
        languages = len({*known["donor"], *known["recipient"]})
        labelled = label_pairs(
            known["donor"].tolist(), known["recipient"].tolist(), known[distance].tolist(), known[errors].tolist(),
            stratum,
        )  # fmt: skip
        test = "mantel" if known["donor"].nunique() > 1 else "shuffle"
        for name, function, weighted in (
            ("pearson", pearson, weighted_pearson),
            ("spearman", spearman, weighted_spearman),
        ):
            value = function(labelled.pair_distances, labelled.errors)
            low, high, tested = NAN, NAN, Mantel(NAN, NAN, 0, False)
            if len(known) >= 4 and np.isfinite(value):
                low, high = language_interval(labelled, weighted, seed)
                tested = mantel(labelled, weighted, seed)
            of_seeds = _of_seeds(transfer, known, distance, errors, function)
            rows.append(
                (subset, name, len(known), value, low, high, tested.p, tested.chance,
                 test if tested.permutations else "", tested.permutations, int(tested.exact), languages,
                 len(of_seeds), float(np.std(of_seeds, ddof=1)) if len(of_seeds) > 1 else NAN)
            )  # fmt: skip
        if subset in PARTIAL and subset in judged and (subset != "different" or errors == "share_different"):
            chosen, distance = judged[subset]
            known = chosen[chosen[distance].notna() & chosen[errors].notna()]
            rows += _partial(subset, known, distance, errors, len(_seeds_with_all(kept, known)), seed)
    return CORRELATIONS.frame(rows)


# Subsets that a verdict may rest on.
PARTIAL = ("all", "same_script", "different")


def _partial(
    subset: str, known: "pd.DataFrame", distance: str, errors: str, seeds: int, seed: int
) -> list[tuple[Any, ...]]:
    """The row `partial` of a subset; none without pairs."""
    if known.empty:
        return []
    pairs = label_pairs(
        known["donor"].tolist(),
        known["recipient"].tolist(),
        known[distance].tolist(),
        known[errors].tolist(),
        scripts_of_pairs(known),
    )
    found = mrqap(pairs, seed)
    return [
        (subset, "partial", len(known), found.partial, NAN, NAN, found.p, found.chance,
         "mrqap" if found.permutations else "", found.permutations, int(found.exact), len(pairs.strata), seeds, NAN)
    ]  # fmt: skip


def _seeds_with_all(transfer: "pd.DataFrame", known: "pd.DataFrame") -> list[int]:
    """The seeds that have all of these pairs."""
    wanted = {*zip(known["donor"], known["recipient"], strict=True)}
    return [
        int(str(seed))
        for seed, rows in transfer.groupby("seed")
        if wanted <= {*zip(rows["donor"], rows["recipient"], strict=True)}
    ]


def _subsets(
    transfer: "pd.DataFrame",
) -> "Iterator[tuple[str, pd.DataFrame, str, Callable[[str], str]]]":
    """Name, pairs, column of the distance, and what keeps languages apart, of every subset that has its own pairs."""
    whole = pair_table(transfer)
    pairs = whole[whole["donor"] != whole["recipient"]]
    script_of = scripts_of_pairs(pairs)
    donor, recipient = (pairs[side].map(script_of) for side in ("donor", "recipient"))
    same = donor == recipient
    distance = distance_column(pairs)
    yield "all", pairs, distance, lambda _: ""
    yield "same_script", pairs[same], distance, script_of
    scripts = sorted(set(donor[same]))
    if len(scripts) > 1:
        for script in scripts:
            yield script.lower(), pairs[same & (donor == script)], distance, script_of
    yield "across", pairs[~same], distance, script_of
    if "tnld_different" in transfer:
        yield "different", pairs, distance_column(pairs, "different"), lambda _: ""


def _of_seeds(
    transfer: "pd.DataFrame", known: "pd.DataFrame", distance: str, errors: str,
    function: Callable[[Vector, Vector], float],
) -> list[float]:  # fmt: skip
    """The correlation of each seed alone, over the same pairs; seeds that lack a pair are left out."""
    distances = known.set_index(["donor", "recipient"])[distance]
    counted = ("wrong", "sentences") if errors == "share" else ("wrong_different", "sentences_different")
    wrong, of = (transfer[name].astype("float64") for name in counted)
    with_share = transfer.assign(share=wrong / of.where(of > 0))
    values = []
    for _, rows in with_share.groupby("seed"):
        shares = rows.set_index(["donor", "recipient"])["share"].reindex(distances.index)
        if len(shares) and shares.notna().all():
            values.append(function(distances.to_numpy(dtype=np.float64), shares.to_numpy(dtype=np.float64)))
    return [value for value in values if np.isfinite(value)]


def regression_line(x: Vector, y: Vector) -> tuple[float, float]:
    """Slope and intercept of the least-squares line.

    Args:
        x: [n].
        y: [n].

    Returns:
        Slope and intercept; a level line where x is constant, NaN without points.
    """
    if not len(x):
        return NAN, NAN
    spread = x - x.mean()
    size = float(spread @ spread)
    slope = float(spread @ y) / size if size > 1e-12 * max(1.0, float(x @ x)) else 0.0
    return slope, float(y.mean() - slope * x.mean())


REGRESSION = TableSpec(
    "regression",
    "The straight line of the share of wrong sentences on TNLD, by least squares over pairs of two languages.",
    {
        "subset": text("as in correlations"),
        "n": integer("donor and recipient pairs; errors are means over seeds"),
        "slope": real("share of wrong sentences per unit of TNLD"),
        "intercept": real("share of wrong sentences at TNLD 0"),
        "languages": integer("languages in the subset: what really was sampled"),
    },
    source="transfer",
)


@REGRESSION.made_by
def regression_table(transfer: "pd.DataFrame") -> "pd.DataFrame":
    """The table `regression`: `regression_line` of the share of wrong sentences on TNLD, per subset of `correlations`.

    Args:
        transfer: the table of that name; errors are averaged over the seeds of a pair first.
    """
    rows = []
    for subset, chosen, distance, _ in _subsets(transfer):
        known = chosen[chosen[distance].notna() & chosen["share"].notna()]
        x, y = (known[name].to_numpy(dtype=np.float64) for name in (distance, "share"))
        rows.append((subset, len(known), *regression_line(x, y), len({*known["donor"], *known["recipient"]})))
    return REGRESSION.frame(rows)


DELTAS = TableSpec(
    "deltas",
    "Change of the mean cosine from one probe to the next; nerspace finetune adds donor and seed.",
    {
        "step": integer("step at the end of the interval"),
        "language": text(LANGUAGE),
        "layer": integer(LAYER),
        "h": integer("length of the interval in steps"),
        "delta": real("mean cosine at its end minus at its beginning"),
    },
    "curves",
    added=MODEL,
)


@DELTAS.made_by
def delta_table(probes: "pd.DataFrame") -> "pd.DataFrame":
    """The table `deltas`: sim(t + h) − sim(t) of the mean cosine, per language and layer.

    Args:
        probes: the table of that name, at equal distances of h steps; a last shorter interval is left out.
    """
    cosine = probes[probes["measure"] == "mean_cosine"]
    h = int(min((step for step in cosine["step"] if step > 0), default=0))
    rows: list[tuple[Any, ...]] = []
    for (layer, language), group in cosine.groupby(["layer", "language"]):
        series = group.sort_values("step")
        steps, values = series["step"].to_numpy(), series["value"].to_numpy()
        for before, after, start, end in zip(values, values[1:], steps, steps[1:], strict=False):
            if end - start == h:
                rows.append((end, language, layer, h, after - before))
    return DELTAS.frame(rows)


# Shorter series allow no interval.
LEAST_CHANGES = 12
_CORRELATED = {
    "n": integer("intervals in the series"),
    "r": real("Pearson correlation, as the paper takes it; a common trend alone makes it large"),
    "low": real(
        "2.5 % bound of detrended; empty below 12 intervals, or where both trends are over 1.5 times what they leave"
    ),
    "high": real("97.5 % bound of detrended"),
    "detrended": real("the correlation once each series has lost its trend: the sum of 1, t, t squared and log t"),
}
DELTA_CORRELATIONS = TableSpec(
    "delta_correlations",
    "Pearson correlation of two languages' series of deltas, short series, so mind n and the interval; nerspace "
    "finetune adds donor and seed.",
    {"layer": integer(LAYER), **PAIR, **_CORRELATED},
    "heatmap",
    added=MODEL,
)


@DELTA_CORRELATIONS.made_by
def delta_correlation_table(deltas: "pd.DataFrame") -> "pd.DataFrame":
    """The table `delta_correlations`, one row per unordered pair a < b.

    While a model learns, all languages change much at first and less later; this trend is common to all, and makes
    r = 0 look real in 26 to 67 % of draws. So the interval is that of the correlation without the trend.

    Args:
        deltas: the table of that name, of one model.
    """
    rows = []
    for layer, group in deltas.groupby("layer"):
        series = group.pivot(index="step", columns="language", values="delta").dropna()
        n = len(series)
        for a, b in combinations(sorted(series.columns), 2):
            x, y = (series[name].to_numpy(dtype=np.float64) for name in (a, b))
            value, low, high = detrended_correlation(x, y)
            rows.append((layer, a, b, n, pearson(x, y), low, high, value))
    return DELTA_CORRELATIONS.frame(rows)


def without_trend(series: Vector) -> Vector:
    """What is left of series once a smooth trend is taken out of each, by least squares on 1, t, t² and log t.

    Args:
        series: [..., n].

    Returns:
        [..., n].
    """
    n = series.shape[-1]
    t = np.arange(1, n + 1) / max(n, 1)
    basis = np.linalg.qr(np.column_stack([np.ones(n), t, t * t, np.log(t)]))[0]
    left: Vector = series - (series @ basis) @ basis.T
    return left


# The share of a trend that is of another shape stays and looks like a correlation where both trends are so many times
# as large as what they leave.
STEEP = 1.5


def steepness(series: Vector) -> Vector:
    """How many times as large the trends of series are as what they leave.

    Args:
        series: [..., n], none of which is nothing but trend.

    Returns:
        [...].
    """
    left = without_trend(series)
    trends = series - series.mean(axis=-1, keepdims=True) - left
    found: Vector = np.linalg.norm(trends, axis=-1) / np.maximum(np.linalg.norm(left, axis=-1), 1e-300)
    return found


def detrended_correlation(x: Vector, y: Vector) -> tuple[float, float, float]:
    """Correlation of two short series without their trends, and its 95 % interval.

    Fisher's, of as many independent changes as these are worth: n less the 4 of the trend, over Bartlett's factor of
    the first two autocorrelations, which is estimated: hence the quantile of t with so many degrees of freedom less
    the 2 of r. In simulation it covers .94 and more with and without a common trend, where a block bootstrap covers
    .17 to .89.

    Args:
        x: [n].
        y: [n].

    Returns:
        Correlation and bounds; NaN below LEAST_CHANGES or where a series is nothing but trend. Bounds are NaN where
        both trends are STEEP.
    """
    from scipy.special import stdtrit

    n = len(x)
    if n < LEAST_CHANGES:
        return NAN, NAN, NAN
    a, b = without_trend(x), without_trend(y)
    sizes = [float(np.sqrt(side @ side)) for side in (a, b)]
    if any(size <= 1e-9 * max(1e-300, float(np.linalg.norm(side))) for size, side in zip(sizes, (x, y), strict=True)):
        return NAN, NAN, NAN
    a, b = a / sizes[0], b / sizes[1]
    r = float(np.clip(a @ b, -1, 1))
    if min(float(steepness(side)) for side in (x, y)) > STEEP:
        return r, NAN, NAN
    echo = sum(2 * (1 - lag / n) * float(a[lag:] @ a[:-lag]) * float(b[lag:] @ b[:-lag]) for lag in (1, 2))
    worth = (n - 4) / max(1.0, 1 + echo)
    free = max(1.0, worth - 2)
    middle, half = np.arctanh(np.clip(r, -1 + 1e-12, 1 - 1e-12)), stdtrit(free, 0.975) / np.sqrt(free)
    return r, float(np.tanh(middle - half)), float(np.tanh(middle + half))


def delta_correlations_so_far(deltas: "pd.DataFrame") -> "pd.DataFrame":
    """The table `delta_correlations` without its intervals, quick enough to be drawn anew while a run goes on.

    r is NaN for a pair with fewer than two common intervals.

    Args:
        deltas: the table of that name, of one model.
    """
    import pandas as pd

    rows = []
    for layer, group in deltas.groupby("layer"):
        series = group.pivot(index="step", columns="language", values="delta").dropna()
        for a, b in combinations(sorted(series.columns), 2):
            x, y = (series[name].to_numpy(dtype=np.float64) for name in (a, b))
            rows.append((layer, a, b, len(series), pearson(x, y)))
    return pd.DataFrame(rows, columns=["layer", "a", "b", "n", "r"])
