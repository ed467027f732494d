"""Which donors transfer worse than others, and how far that order can be relied on."""

from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nerspace.engine.statistics.cells import clusters_of
from nerspace.engine.statistics.clusters import clustered_mean, numbered
from nerspace.engine.statistics.correlation import spearman
from nerspace.engine.tables.spec import DONOR, TableSpec, integer, real, text

if TYPE_CHECKING:
    import pandas as pd

Vector = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]
NAN = float("nan")
HALVES = 200
LEAST_DONORS = 3

DONOR_ORDER = TableSpec(
    "donor_order",
    "Donors by how many sentences go wrong in the other languages, and how far this order can be relied on.",
    {
        "donor": text(DONOR),
        "rank": integer("1 for the donor with the fewest wrong sentences"),
        "excess": real(
            "points of the wrong share above the mean of all donors in the same recipients, its own language left out"
        ),
        "low": real("2.5 % bound, clustered by name and by context; the models are as they are"),
        "high": real("97.5 % bound"),
        "recipients": integer("other languages"),
        "seeds": integer("fine-tunings"),
        "seed_rank": real("mean Spearman correlation of the orders of single seeds; empty for one seed"),
        "half_rank": real(
            "mean Spearman correlation of the orders by two halves of the names, stepped up to all (Spearman-Brown)"
        ),
        "donors": integer("donors in the order"),
    },
)


@DONOR_ORDER.made_by
def donor_order_table(predictions: "pd.DataFrame", seed: int = 0) -> "pd.DataFrame":
    """The table `donor_order`; fewer than 3 donors have an order, and nothing to rely on it by.

    A recipient counts by how far a donor lies above the mean of the donors that it has, so that no donor is the better
    for not being asked about its own language. Halves tell whether other names would give the same order, seeds whether
    other trainings would; the latter is what a donor's difficulty must be able to withstand.

    Args:
        predictions: the table of that name.
        seed: of the halves.

    Source: Spearman 1910 and Brown 1910.
    """
    others = predictions[predictions["donor"] != predictions["language"]]
    columns = ["donor", "seed", "language", "sentence", "wrong"]
    frame = others[columns].astype({"wrong": "float64"})
    if frame.empty:
        return DONOR_ORDER.frame()
    donors = sorted(set(frame["donor"]))
    place = {code: number for number, code in enumerate(donors)}
    row = frame["donor"].map(place).to_numpy(dtype=np.intp)
    names, contexts = clusters_of(frame["sentence"])
    recipient = numbered(frame["language"].tolist())
    wrong = frame["wrong"].to_numpy(dtype=np.float64)
    of_seed = numbered(frame["seed"].tolist())
    everywhere = np.ones(len(wrong))
    excess = _excess(row, recipient, wrong, everywhere, len(donors))
    by_seed = [
        _excess(row, recipient, wrong, (of_seed == one).astype(np.float64), len(donors))
        for one in range(int(of_seed.max()) + 1)
    ]
    of_name = numbered(names)
    generator = np.random.default_rng(seed)
    count = int(of_name.max()) + 1
    halves = []
    for _ in range(HALVES if count > 1 else 0):
        chosen = generator.permutation(count)[: count // 2]
        first = np.isin(of_name, chosen)
        halves.append(
            _agree([_excess(row, recipient, wrong, side.astype(np.float64), len(donors)) for side in (first, ~first)])
        )
    half = _mean(halves)
    ranks = np.argsort(np.argsort(excess, kind="stable"), kind="stable") + 1
    level = _levels(row, recipient, wrong, len(donors))
    rows = []
    for code in donors:
        mine = row == place[code]
        found = clustered_mean(
            wrong[mine] - level[mine], [names[i] for i in np.flatnonzero(mine)],
            [contexts[i] for i in np.flatnonzero(mine)],
        )  # fmt: skip
        value = float(excess[place[code]])
        rows.append(
            (code, int(ranks[place[code]]), 100 * value, 100 * (value + found.low - found.value),
             100 * (value + found.high - found.value), len(set(recipient[mine])), len(set(of_seed[mine])),
             _agree(by_seed), 2 * half / (1 + half) if half > -1 else NAN, len(donors))
        )  # fmt: skip
    return DONOR_ORDER.frame(sorted(rows, key=lambda found: found[1]))


def _shares(row: Index, recipient: Index, wrong: Vector, weights: Vector, donors: int) -> Vector:
    """Share wrong by donor and recipient, NaN where there is no sentence."""
    size = donors * (int(recipient.max()) + 1)
    cell = row * (int(recipient.max()) + 1) + recipient
    total, of = np.bincount(cell, wrong * weights, size), np.bincount(cell, weights, size)
    found: Vector = np.divide(total, of, out=np.full(size, NAN), where=of > 0).reshape(donors, -1)
    return found


def _excess(row: Index, recipient: Index, wrong: Vector, weights: Vector, donors: int) -> Vector:
    """How far each donor lies above the donors of the same recipients, mean over recipients, [donors]."""
    shares = _shares(row, recipient, wrong, weights, donors)
    known = np.isfinite(shares)
    filled = np.where(known, shares, 0.0)
    above = np.where(known, filled - filled.sum(axis=0) / np.maximum(known.sum(axis=0), 1), 0.0)
    count = known.sum(axis=1)
    found: Vector = np.divide(above.sum(axis=1), count, out=np.full(donors, NAN), where=count > 0)
    return found


def _levels(row: Index, recipient: Index, wrong: Vector, donors: int) -> Vector:
    """The mean share of the donors of each sentence's recipient, [n]."""
    shares = _shares(row, recipient, wrong, np.ones(len(wrong)), donors)
    known = np.isfinite(shares)
    means = np.where(known, shares, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    found: Vector = means[recipient]
    return found


def _agree(orders: Sequence[Vector]) -> float:
    """Mean Spearman correlation of every two orders; NaN for fewer than 2, or of fewer than LEAST_DONORS donors."""
    values = []
    for a, b in combinations(orders, 2):
        known = np.isfinite(a) & np.isfinite(b)
        if known.sum() >= LEAST_DONORS:
            values.append(spearman(a[known], b[known]))
    return _mean(values)


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if value == value]
    return float(np.mean(known)) if known else NAN
