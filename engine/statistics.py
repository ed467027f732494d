"""Correlations with what is needed to believe or doubt them: n, an interval and a permutation p."""

from collections.abc import Callable
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from nerspace.datasets.languages import LANGUAGES

if TYPE_CHECKING:
    import pandas as pd

Vector = npt.NDArray[np.float64]
RESAMPLES = 2000


def pearson(x: Vector, y: Vector) -> float:
    """Pearson correlation of two vectors [n]; NaN where it is undefined: n < 2, or either is constant."""
    if len(x) < 2:
        return float("nan")
    a, b = x - x.mean(), y - y.mean()
    norm = float(np.sqrt((a @ a) * (b @ b)))
    return float(np.clip(a @ b / norm, -1, 1)) if norm > 1e-12 * max(1.0, float(x @ x), float(y @ y)) else float("nan")


def ranks(x: Vector) -> Vector:
    """Ranks from 1, ties at their mean."""
    _, inverse, counts = np.unique(x, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    mean: Vector = (last - (counts - 1) / 2)[inverse]
    return mean


def spearman(x: Vector, y: Vector) -> float:
    """Spearman correlation: Pearson over ranks."""
    return pearson(ranks(x), ranks(y))


def interval(draw: Callable[[np.random.Generator], float], seed: int) -> tuple[float, float]:
    """2.5 % and 97.5 % points of a resampled statistic; NaN when too few resamples define it."""
    generator = np.random.default_rng(seed)
    values = np.array([draw(generator) for _ in range(RESAMPLES)])
    values = values[np.isfinite(values)]
    if len(values) < RESAMPLES // 2:
        return float("nan"), float("nan")
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)


def bootstrap(statistic: Callable[[Vector, Vector], float], x: Vector, y: Vector, seed: int) -> tuple[float, float]:
    """Bootstrap interval over pairs drawn with replacement."""

    def draw(generator: np.random.Generator) -> float:
        rows = generator.integers(0, len(x), len(x))
        return statistic(x[rows], y[rows])

    return interval(draw, seed)


def permutation_p(statistic: Callable[[Vector, Vector], float], x: Vector, y: Vector, seed: int) -> float:
    """Two-sided p of a correlation under shuffled pairing, counting the order that was found."""
    found = abs(statistic(x, y))
    if not np.isfinite(found):
        return float("nan")
    generator = np.random.default_rng(seed)
    # A shuffle that ties with what was found may differ by rounding.
    hits = sum(abs(statistic(x, generator.permutation(y))) >= found - 1e-12 for _ in range(RESAMPLES))
    return (hits + 1) / (RESAMPLES + 1)


def correlation_table(transfer: "pd.DataFrame", seed: int = 0) -> "pd.DataFrame":
    """The table `correlations`: the share of wrong sentences against TNLD, over pairs of donor and other recipient.

    Pairs of one donor only are treated as exchangeable; a permutation that respects several donors is Mantel's.
    """
    import pandas as pd

    pairs = transfer[transfer["donor"] != transfer["recipient"]]
    pairs = (
        pairs.assign(share=pairs["wrong"] / pairs["sentences"])
        .groupby(["donor", "recipient"], as_index=False)[["share", "tnld"]]
        .mean()
    )
    scripts = {code: language.script for code, language in LANGUAGES.items()}
    same = pairs["donor"].map(scripts) == pairs["recipient"].map(scripts)
    rows = []
    for subset, chosen in (("all", pairs), ("same_script", pairs[same])):
        x, y = (chosen[name].to_numpy(dtype=np.float64) for name in ("tnld", "share"))
        for name, statistic in (("pearson", pearson), ("spearman", spearman)):
            value, enough = statistic(x, y), len(x) >= 4
            low, high = bootstrap(statistic, x, y, seed) if enough else (float("nan"), float("nan"))
            p = permutation_p(statistic, x, y, seed) if enough else float("nan")
            rows.append((subset, name, len(x), value, low, high, p))
    return pd.DataFrame(rows, columns=["subset", "statistic", "n", "value", "low", "high", "p"])


def delta_table(probes: "pd.DataFrame") -> "pd.DataFrame":
    """The table `deltas`: sim(t + h) − sim(t) of the mean cosine, per language and layer.

    probes: the table of that name, at equal distances of h steps; a last shorter interval is left out.
    """
    import pandas as pd

    cosine = probes[probes["measure"] == "mean_cosine"]
    h = int(min((step for step in cosine["step"] if step > 0), default=0))
    rows: list[tuple[Any, ...]] = []
    for (layer, language), group in cosine.groupby(["layer", "language"]):
        series = group.sort_values("step")
        steps, values = series["step"].to_numpy(), series["value"].to_numpy()
        for before, after, start, end in zip(values, values[1:], steps, steps[1:], strict=False):
            if end - start == h:
                rows.append((end, language, layer, h, after - before))
    return pd.DataFrame(rows, columns=["step", "language", "layer", "h", "delta"])


def delta_correlation_table(deltas: "pd.DataFrame", seed: int = 0) -> "pd.DataFrame":
    """The table `delta_correlations`, one row per unordered pair a < b.

    The interval resamples blocks of about n^(1/3) neighbouring deltas, since they trend.
    """
    import pandas as pd

    rows = []
    for layer, group in deltas.groupby("layer"):
        series = group.pivot(index="step", columns="language", values="delta").dropna()
        n = len(series)
        block = max(1, round(n ** (1 / 3)))
        for a, b in combinations(sorted(series.columns), 2):
            x, y = (series[name].to_numpy(dtype=np.float64) for name in (a, b))

            def draw(generator: np.random.Generator, x: Vector = x, y: Vector = y) -> float:
                starts = generator.integers(0, n, -(-n // block))  # noqa: B023 - used within this turn only
                rows = (starts[:, None] + np.arange(block)).ravel()[:n] % n  # noqa: B023
                return pearson(x[rows], y[rows])

            low, high = interval(draw, seed) if n >= 4 else (float("nan"), float("nan"))
            rows.append((layer, a, b, n, pearson(x, y), low, high))
    return pd.DataFrame(rows, columns=["layer", "a", "b", "n", "r", "low", "high"])
