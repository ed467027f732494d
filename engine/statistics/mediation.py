"""Whether spelling makes sentences wrong by way of the cuts: two links, of which both must be shown."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nerspace.engine.statistics.clusters import Clustered, clustered_slope, numbered, sums_by

if TYPE_CHECKING:
    import pandas as pd

Vector = npt.NDArray[np.float64]
NAN = float("nan")
LEAST_ROWS = 30


@dataclass(frozen=True, slots=True)
class Mediation:
    """The two links from spelling to errors.

    Attributes:
        cuts: pieces more per unit of TNLD more.
        errors: share wrong per piece more, TNLD held.
        through: their product.
        p: the greater of both, two-sided.
    """

    cuts: Clustered
    errors: Clustered
    through: float
    p: float


NOTHING = Mediation(Clustered(NAN, NAN, NAN, NAN, 0), Clustered(NAN, NAN, NAN, NAN, 0), NAN, NAN)


def mediate(factors: "pd.DataFrame") -> Mediation:
    """What spelling does to the cuts, and the cuts to errors, within pair of languages and cell.

    Both must be shown for the one to work by way of the other: the test of joint significance, which keeps its level
    where either is nothing.

    Args:
        factors: the table of that name.

    Source: MacKinnon et al. 2002.
    """
    known = factors[factors[["tnld", "pieces"]].notna().all(axis=1)]
    names, contexts = known["entity"].tolist(), known["context"].tolist()
    if len(known) < LEAST_ROWS:
        return NOTHING
    groups = [
        list(zip(known["donor"], known["recipient"], strict=True)),
        list(zip(known["context"], known["entity"], strict=True)),
        list(zip(known["donor"], known["seed"], strict=True)),
    ]
    tnld, pieces, wrong = within(known[["tnld", "pieces", "wrong"]].to_numpy(dtype=np.float64), groups).T
    cuts = clustered_slope(pieces, tnld[:, None], names, contexts)
    errors = clustered_slope(wrong, np.column_stack([pieces, tnld]), names, contexts)
    p = np.maximum(_p(cuts), _p(errors))
    return Mediation(cuts, errors, cuts.value * errors.value, float(p))


def within(columns: Vector, groups: Sequence[Sequence[Hashable]], rounds: int = 1000) -> Vector:
    """Columns without the means of every grouping: exact least squares on dummies.

    Args:
        columns: [n, k].
        groups: each [n].
        rounds: at most so many turns.

    Source: von Neumann's alternating projections.
    """
    found: Vector = columns - columns.mean(axis=0)
    scale = np.abs(columns).max(axis=0, initial=1e-300)
    numbers = [numbered(labels) for labels in groups]
    counts = [np.bincount(own)[:, None] for own in numbers]
    for _ in range(rounds):
        before = found.copy()
        for own, count in zip(numbers, counts, strict=True):
            found -= (sums_by(found, own) / count)[own]
        if (np.abs(found - before).max(axis=0) < 1e-10 * scale).all():
            break
    # What a column is nothing but, is rounding.
    found[:, np.abs(found).max(axis=0) < 1e-8 * scale] = 0.0
    return found


def _p(found: Clustered) -> float:
    from scipy import stats

    if not found.error > 0 or found.groups < 2:
        return NAN
    return float(2 * stats.t.sf(abs(found.value) / found.error, found.free))
