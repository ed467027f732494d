"""Figure 1 and Table 2: names that are a person, a place or a club at once, in four languages."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from nerspace.engine.geometry.similarity import parallel_rows
from nerspace.engine.geometry.views import unit_rows
from nerspace.engine.paper import published
from nerspace.engine.paper.cache import Array, CachedModel
from nerspace.engine.paper.claims import OPEN, Finding, by_interval
from nerspace.engine.paper.maps import draw_maps
from nerspace.engine.paper.models import AFTER, BEFORE, NAMES, PaperSentences, in_order
from nerspace.engine.paper.tables import table2
from nerspace.engine.requests.paper import PaperRequest
from nerspace.engine.runs import Run
from nerspace.engine.statistics.correlation import interval

if TYPE_CHECKING:
    import numpy.typing as npt

LEAST_NAMES = LEAST_CONTEXTS = 8
NAN = float("nan")


def write(
    run: Run, request: PaperRequest, sentences: PaperSentences, models: Mapping[tuple[str, int], CachedModel]
) -> list[Finding]:
    """Write `paper_table2` and `paper_figure1`, and judge what the paper says of them."""
    points = sentences.points(NAMES)
    read = models[published.DONOR, request.seed].vectors
    settled = np.flatnonzero(points["settles"].to_numpy(dtype=bool))
    if not len(settled):
        return []
    # What an arbitrary label says of a vector is nothing: names in contexts that leave the type open are left out.
    points = points.iloc[settled].drop(columns="settles").reset_index(drop=True)
    vectors = {key: X[settled] for key, X in in_order(read, NAMES).items()}
    table = table2(vectors, points)
    run.write_table("paper_table2", table)
    last = max(layer for _, layer in vectors)
    if "figure1" in request.items:
        name = published.NAME if (points["name"] == published.NAME).any() else points["name"].mode()[0]
        rows = np.flatnonzero(points["name"] == name)
        maps = {(stage, last): vectors[stage, last][rows] for stage in (BEFORE, AFTER)}
        chosen = points.iloc[rows].reset_index(drop=True)
        draw_maps(run, "figure1", maps, chosen, request)
    if "table2" not in request.items:
        return []
    return resources(table, vectors[AFTER, last], points, last, request.seed)


def contrast(cosines: Mapping[tuple[str, str], float]) -> float:
    """Cosine of the rich pair minus the mean of the pairs of a rich and a poor language; NaN where one is missing."""
    mixed = [cosines.get(pair, NAN) for pair in published.MIXED_PAIRS]
    return cosines.get(published.RICH_PAIR, NAN) - sum(mixed) / len(mixed)


def contrast_by_name(table: pd.DataFrame, layer: int, column: str) -> "npt.NDArray[np.float64]":
    """The contrast of every name over all its types, after fine-tuning.

    Args:
        table: `paper_table2`.
        layer: of the cosines.
        column: cosine or floor.

    Returns:
        [names], NaN where a pair has no value.
    """
    chosen = table[(table["type"] == "all") & (table["stage"] == AFTER) & (table["layer"] == layer)]
    found = [
        contrast({(a, b): value for a, b, value in zip(rows["a"], rows["b"], rows[column], strict=True)})
        for _, rows in chosen.groupby("name", sort=True)
    ]
    return np.array(found, dtype=np.float64)


def scaled(table: pd.DataFrame) -> pd.DataFrame:
    """The table with each cosine as the share of the way from its floor to 1.

    Args:
        table: `paper_table2`.
    """
    way = 1 - table["floor"]
    return table.assign(cosine=(table["cosine"] - table["floor"]) / way.where(way > 0))


def contrast_by_cell(X: Array, points: pd.DataFrame) -> "npt.NDArray[np.float64]":
    """The contrast of every cell that is there in all the languages it needs.

    Args:
        X: vectors [n, d].
        points: their language and sentence [n].

    Returns:
        [cells].
    """
    units = unit_rows(X)
    cells = points["sentence"].str.partition("/")[2].tolist()
    number = {cell: place for place, cell in enumerate(dict.fromkeys(cells))}
    by_pair = {}
    for pair, (in_a, in_b) in parallel_rows(points["language"].tolist(), cells).items():
        values = np.full(len(number), NAN)
        values[[number[cells[row]] for row in in_a]] = (units[in_a] * units[in_b]).sum(axis=1)
        by_pair[pair] = values
    if not {published.RICH_PAIR, *published.MIXED_PAIRS} <= by_pair.keys():
        return np.zeros(0)
    contrasts = by_pair[published.RICH_PAIR] - np.mean([by_pair[pair] for pair in published.MIXED_PAIRS], axis=0)
    found: npt.NDArray[np.float64] = contrasts[np.isfinite(contrasts)]
    return found


def resources(table: pd.DataFrame, X: Array, points: pd.DataFrame, layer: int, seed: int) -> list[Finding]:
    """The three findings on resources and kinship.

    Args:
        table: `paper_table2`.
        X: vectors [n, d] after fine-tuning, at that layer.
        points: name, language and sentence of each vector [n].
        layer: of the vectors.
        seed: of the bootstrap.
    """
    stated = contrast(published.COSINES)
    cosines, floors = (contrast_by_name(table, layer, column) for column in ("cosine", "floor"))
    known = np.isfinite(floors)
    floor = float(floors[known].mean()) if known.any() else NAN
    findings = [
        _judged("resources", cosines, LEAST_NAMES, "names", seed, floor),
        _judged("resources_above_floor", contrast_by_name(scaled(table), layer, "cosine"), LEAST_NAMES, "names", seed),
    ]
    rows = np.flatnonzero(points["name"] == published.NAME)
    if len(rows):
        values = contrast_by_cell(X[rows], points.iloc[rows].reset_index(drop=True))
        (floor,) = contrast_by_name(table[table["name"] == published.NAME], layer, "floor")
        findings.append(_judged("resources_one_name", values, LEAST_CONTEXTS, "contexts", seed, floor, stated))
    return findings


def _judged(
    claim: str, values: "npt.NDArray[np.float64]", least: int, unit: str, seed: int, floor: float = NAN,
    stated: float = NAN,
) -> Finding:  # fmt: skip
    values = values[np.isfinite(values)]
    if not len(values):
        return Finding(claim, OPEN, NAN, unit=unit, stated=stated)
    low, high = interval(lambda draw: float(draw.choice(values, len(values)).mean()), seed)
    verdict = by_interval(low, high, 0.0, len(values), least)
    return Finding(claim, verdict, float(values.mean()), low, high, NAN, floor, len(values), unit, stated)
