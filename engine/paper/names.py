"""Figure 1 and Table 2: names that are a person, a place or a club at once, in four languages."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from nerspace.engine.encoders import load_tokenizer
from nerspace.engine.paper import ambiguous, published
from nerspace.engine.paper.ambiguous import by_cell, finding
from nerspace.engine.paper.cache import Array, CachedModel
from nerspace.engine.paper.claims import Finding
from nerspace.engine.paper.maps import draw_maps
from nerspace.engine.paper.models import AFTER, BEFORE, NAMES, PaperSentences, in_order
from nerspace.engine.paper.tables import table2
from nerspace.engine.requests.paper import PaperRequest
from nerspace.engine.runs import Run
from nerspace.engine.statistics.clusters import clustered_mean

if TYPE_CHECKING:
    import numpy.typing as npt

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
    findings = []
    if "figure1" in request.items:
        name = published.NAME if (points["name"] == published.NAME).any() else points["name"].mode()[0]
        rows = np.flatnonzero(points["name"] == name)
        maps = {(stage, last): vectors[stage, last][rows] for stage in (BEFORE, AFTER)}
        chosen = points.iloc[rows].reset_index(drop=True)
        drawn = draw_maps(run, "figure1", maps, chosen, request)
        findings += [
            ambiguous.by_language_or_type(vectors[stage, last], points, f"names_by_language_{stage}")
            for stage in (BEFORE, AFTER)
        ]
        if drawn is not None:
            findings.append(ambiguous.map_overlap(drawn[drawn["stage"] == AFTER].reset_index(drop=True)))
        findings.append(ambiguous.transformed_alike(vectors[BEFORE, last], vectors[AFTER, last], points))
    if "table2" in request.items:
        findings += resources(table, vectors[AFTER, last], points, last)
        findings.append(ambiguous.nearest_pairs(vectors[AFTER, last], points))
        findings.append(ambiguous.cut_as_stated(load_tokenizer(request.model)))
    return findings


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


def contrast_by_cell(
    X: Array, points: pd.DataFrame, floors: Mapping[tuple[str, str, str], float] | None = None
) -> tuple["npt.NDArray[np.float64]", pd.DataFrame]:
    """The contrast of every cell that is there in all the languages it needs.

    Args:
        X: vectors [n, d].
        points: their name, language and sentence [n].
        floors: (name, a, b) → the floor that each cosine is taken above, as the share of the way from there to 1.

    Returns:
        [cells], and name and context of each.
    """
    table, cosines = by_cell(X, points)
    needed = (published.RICH_PAIR, *published.MIXED_PAIRS)
    if not set(needed) <= cosines.keys():
        return np.zeros(0), table.head(0)
    found = {}
    for a, b in needed:
        values = cosines[a, b]
        if floors is not None:
            below = np.array([floors.get((str(name), a, b), NAN) for name in table["name"]])
            values = (values - below) / np.where(below < 1, 1 - below, NAN)
        found[a, b] = values
    contrasts: npt.NDArray[np.float64] = found[published.RICH_PAIR] - np.mean(
        [found[pair] for pair in published.MIXED_PAIRS], axis=0
    )
    known = np.isfinite(contrasts)
    return contrasts[known], table[known].reset_index(drop=True)


def resources(table: pd.DataFrame, X: Array, points: pd.DataFrame, layer: int) -> list[Finding]:
    """The three findings on resources and kinship.

    Rule: cell by cell, the cosine of the rich pair minus the mean of the pairs of a rich and a poor language. Each
    holds if the 95 % interval, clustered by name and by context, lies above 0, and does not hold if it lies below.

    Args:
        table: `paper_table2`.
        X: vectors [n, d] after fine-tuning, at that layer.
        points: name, language and sentence of each vector [n].
        layer: of the vectors.
    """
    floors = contrast_by_name(table, layer, "floor")
    known = np.isfinite(floors)
    floor = float(floors[known].mean()) if known.any() else NAN
    chosen = table[(table["type"] == "all") & (table["stage"] == AFTER) & (table["layer"] == layer)]
    below = {
        (str(name), str(a), str(b)): float(value)
        for name, a, b, value in chosen[["name", "a", "b", "floor"]].itertuples(index=False)
    }
    findings = [
        _judged("resources", *contrast_by_cell(X, points), "names", floor),
        _judged("resources_above_floor", *contrast_by_cell(X, points, below), "names"),
    ]
    rows = np.flatnonzero(points["name"] == published.NAME)
    if len(rows):
        (floor,) = contrast_by_name(table[table["name"] == published.NAME], layer, "floor")
        stated = contrast(published.COSINES)
        cells = contrast_by_cell(X[rows], points.iloc[rows].reset_index(drop=True))
        findings.append(_judged("resources_one_name", *cells, "contexts", floor, stated))
    return findings


def _judged(
    claim: str, values: "npt.NDArray[np.float64]", cells: pd.DataFrame, unit: str, floor: float = NAN,
    stated: float = NAN,
) -> Finding:  # fmt: skip
    found = clustered_mean(values, cells["name"].tolist(), cells["context"].tolist())
    n = int(cells["name" if unit == "names" else "context"].nunique())
    return finding(claim, found, n, unit, floor=floor, stated=stated)
