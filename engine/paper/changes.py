"""Figures 3 and 4: how the mean cosine of six languages changes during training, and which change alike."""

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from nerspace.engine.paper import published
from nerspace.engine.paper.cache import CachedModel
from nerspace.engine.paper.claims import Finding, by_rank
from nerspace.engine.requests.paper import PaperRequest
from nerspace.engine.runs import Run
from nerspace.engine.statistics.correlation import (
    DELTAS,
    LEAST_CHANGES,
    block_rows,
    bounds,
    delta_correlation_table,
    delta_table,
    pearson_of_rows,
)
from nerspace.engine.tables.spec import LAYER, PAIR, TableSpec, integer, real, text

if TYPE_CHECKING:
    import numpy.typing as npt

    Series = npt.NDArray[np.float64]
    Statistic = Callable[[Series, Sequence[int]], Series]

NAN = float("nan")
OWN = "own"
SHIFTS = 500


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
    if "figure4" in request.items:
        run.write_table("paper_figure4", figure4(deltas))
        findings += [apart(deltas, request.seed), apart_within(deltas, request.seed)]
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
        "low": real("2.5 % bound of detrended; empty below 12 changes"),
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
    within: list[Series] = []
    between: list[Series] = []
    for a, b in combinations(range(series.shape[-2]), 2):
        side = within if (a in apart) == (b in apart) else between
        side.append(pearson_of_rows(series[..., a, :], series[..., b, :]))
    found: Series = np.mean(within, axis=0) - np.mean(between, axis=0)
    return found


def judged(claim: str, several: "Sequence[tuple[list[str], Series]]", statistic: "Statistic", seed: int) -> Finding:
    """The finding on a contrast, mean over several sets of series of the same languages.

    Its p is the share of all ways to choose as many languages that give at least as much; every way stands for as many
    of the permutations of the languages as any other.

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
    parts = [series[:, :steps] for _, series in several]

    def mean(stacks: "Sequence[Series]", chosen: Sequence[int]) -> "Series":
        found: Series = np.mean([statistic(stack, chosen) for stack in stacks], axis=0)
        return found

    value = float(mean(parts, apart))
    ways = np.array([float(mean(parts, chosen)) for chosen in combinations(range(len(codes)), len(apart))])
    p, below = (
        (float((side * ways >= side * value - 1e-12).mean()) if np.isfinite(value) else NAN) for side in (1, -1)
    )
    rows = block_rows(steps, seed)
    low, high = bounds(mean([np.moveaxis(part[:, rows], 0, 1) for part in parts], apart))
    floor = float(mean([_shifted(part, seed + place) for place, part in enumerate(parts)], apart).mean())
    return Finding(claim, by_rank(low, high, p, len(ways), floor, below), value, low, high, p, floor, steps, "changes")


def _shifted(series: "Series", seed: int) -> "Series":
    """Each language's series moved in a circle by a random number of steps, [SHIFTS, languages, steps]."""
    languages, steps = series.shape
    moves = np.random.default_rng(seed).integers(0, steps, (SHIFTS, languages, 1))
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
