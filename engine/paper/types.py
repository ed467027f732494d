"""Figure 2: whether entities gather by language or by type, and where clubs lie that are called like their city."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from nerspace.engine.errors import DataError
from nerspace.engine.geometry.grouping import groups_table
from nerspace.engine.geometry.neighbours import nearest_neighbours
from nerspace.engine.paper import published
from nerspace.engine.paper.cache import Array, CachedModel
from nerspace.engine.paper.claims import HOLDS, OPEN, Finding, by_interval
from nerspace.engine.paper.maps import draw_maps
from nerspace.engine.paper.models import AFTER, BEFORE, NAMES, TYPES, PaperSentences, in_order
from nerspace.engine.paper.samples import PaperSample, ambiguous_names
from nerspace.engine.paper.tables import NEIGHBOURS, SETTLING, club_table
from nerspace.engine.requests.paper import PaperRequest
from nerspace.engine.runs import Run
from nerspace.engine.statistics.correlation import interval

if TYPE_CHECKING:
    import numpy.typing as npt

    Rows = npt.NDArray[np.float64]

SHUFFLES = 200
LEAST_CELLS, LEAST_CLUBS = 8, 5
NAN = float("nan")


def write(
    run: Run,
    request: PaperRequest,
    sample: PaperSample,
    sentences: PaperSentences,
    models: Mapping[tuple[str, int], CachedModel],
) -> list[Finding]:
    """Write `groups`, `paper_figure2` and `paper_clubs`, and judge what the paper says of them."""
    read = models[published.DONOR, request.seed].vectors
    vectors = in_order(read, TYPES)
    points = sentences.points(TYPES)
    cells = points["sentence"].str.partition("/")[2].tolist()
    groups = groups_table(
        vectors, points["language"].tolist(), points["type"].tolist(), cells, shuffles=SHUFFLES, seed=request.seed
    )
    run.write_table("groups", groups)
    draw_maps(run, "figure2", vectors, points, request)
    last = max(layer for _, layer in vectors)
    findings = clustering(groups, vectors, points, last, request.seed)
    names = {kind: read[NAMES, kind, last] for kind in (BEFORE, AFTER)}
    ambiguous = {entity.id for entities in ambiguous_names(sample.corpus).values() for entity in entities}
    tables = [
        club_table(names[stage], sentences.points(NAMES), vectors[stage, last], points, ambiguous, request.seed, stage)
        for stage in (BEFORE, AFTER)
    ]
    run.write_table("paper_clubs", pd.concat(tables, ignore_index=True))
    return [*findings, club_finding(tables[-1], request.seed)]


def purity_by_row(X: Array, labels: Sequence[str], k: int = NEIGHBOURS) -> "Rows":
    """Share of the k nearest by cosine that have the row's own label.

    Args:
        X: vectors [n, d].
        labels: [n].
        k: how many are nearest.

    Returns:
        [n].

    Raises:
        DataError: too few rows.
    """
    codes = np.unique(np.asarray(labels, dtype=str), return_inverse=True)[1]
    shares: Rows = (codes[nearest_neighbours(X, k)] == codes[:, None]).mean(axis=1)
    return shares


def clustering(
    groups: pd.DataFrame, vectors: Mapping[tuple[str, int], Array], points: pd.DataFrame, layer: int, seed: int
) -> list[Finding]:
    """The findings on language before, type after and language after.

    Args:
        groups: the table of that name.
        vectors: (stage, layer) → [n, d].
        points: language, type and sentence of each vector [n].
        layer: that decides.
        seed: of the bootstrap over cells.
    """
    findings = []
    cells = points["sentence"].str.partition("/")[2].to_numpy()
    number = np.unique(cells, return_inverse=True)[1]
    n = int(number.max()) + 1 if len(number) else 0
    for stage, claim, above in ((BEFORE, "language_before", False), (AFTER, "type_after", True)):
        try:
            purities = {
                name: purity_by_row(vectors[stage, layer], points[name].tolist()) for name in ("type", "language")
            }
        except DataError:
            return []
        floors = {name: _floor(groups, stage, layer, name, "floor_parallel") for name in purities}
        rows = _above(purities["type"], floors["type"]) - _above(purities["language"], floors["language"])
        value, low, high = _mean_over_cells(rows, number, n, seed)
        verdict = by_interval(low, high, 0.0, n, LEAST_CELLS, above)
        findings.append(Finding(claim, verdict, value, low, high, NAN, 0.0, n, "cells"))
    value, low, high = _mean_over_cells(purities["language"], number, n, seed)
    bound = _floor(groups, AFTER, layer, "language", "floor_parallel_high")
    verdict = by_interval(low, high, bound, n, LEAST_CELLS)
    floor = _floor(groups, AFTER, layer, "language", "floor_parallel")
    return [*findings, Finding("language_kept", verdict, value, low, high, NAN, floor, n, "cells")]


def _floor(groups: pd.DataFrame, stage: str, layer: int, grouping: str, column: str) -> float:
    chosen = groups[(groups["stage"] == stage) & (groups["layer"] == layer)]
    chosen = chosen[(chosen["grouping"] == grouping) & (chosen["measure"] == "knn_purity")]
    return float(chosen[column].iloc[0])


def _above(purity: "Rows", floor: float) -> "Rows":
    """How far of the way from the floor to 1; NaN where the floor leaves no way."""
    return (purity - floor) / (1 - floor) if floor < 1 else np.full(len(purity), NAN)


def _mean_over_cells(rows: "Rows", number: "npt.NDArray[np.intp]", n: int, seed: int) -> tuple[float, float, float]:
    """Mean over rows and its interval when cells, whose rows are parallel, are drawn with replacement."""
    totals, sizes = np.bincount(number, rows, n), np.bincount(number, minlength=n)

    def draw(generator: np.random.Generator) -> float:
        chosen = generator.integers(0, n, n)
        return float(totals[chosen].sum() / sizes[chosen].sum())

    low, high = interval(draw, seed)
    return float(rows.mean()), low, high


def club_finding(table: pd.DataFrame, seed: int) -> Finding:
    """The finding on clubs from `paper_clubs` after fine-tuning, of contexts that settle the type."""
    shares = table[(table["entity"] != "") & (table["contexts"] == SETTLING)]["loc_share"].to_numpy(dtype=np.float64)
    if not len(shares):
        return Finding("clubs", OPEN, NAN, floor=0.5, unit="clubs")
    low, high = interval(lambda draw: float(draw.choice(shares, len(shares)).mean()), seed)
    verdict = by_interval(low, high, 0.5, len(shares), LEAST_CLUBS)
    # Where ordinary organisations lie with LOC just as much, it is not the name that takes clubs there.
    ordinary = table[table["entity"] == ""]["loc_share"].to_numpy(dtype=np.float64)
    if verdict == HOLDS and not (len(ordinary) and low > ordinary.max()):
        verdict = OPEN
    return Finding("clubs", verdict, float(shares.mean()), low, high, NAN, 0.5, len(shares), "clubs")
