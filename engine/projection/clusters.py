"""The cluster of a point on a map, as the eye sees it: whoever is reached from it by short steps."""

from typing import Any

import numpy as np
import numpy.typing as npt

from nerspace.engine.errors import UsageError

Array = npt.NDArray[np.floating[Any]]
# How far a step may go at first, in the usual distance to the third nearest point.
FIRST_REACH = 2.0
_USUAL = 3


def usual_step(places: Array) -> float:
    """The median distance of a point to its third nearest; 0.0 for fewer than four points.

    Args:
        places: [n, 2]; points without a place (NaN) are left out.
    """
    from scipy.spatial import cKDTree

    known = places[np.isfinite(places).all(axis=1)]
    if len(known) <= _USUAL:
        return 0.0
    distances = np.asarray(cKDTree(known).query(known, k=_USUAL + 1)[0])
    return float(np.median(distances[:, -1]))


def cluster_around(places: Array, start: int, step: float) -> npt.NDArray[np.intp]:
    """The points that are reached from one by steps of at most a length, itself among them, in order.

    Single linkage, cut at one height: what lies apart by more than a step is another cluster.

    Args:
        places: [n, 2]; points without a place (NaN) are reached by nobody.
        start: the point to begin with.
        step: the longest step, in units of the map.

    Raises:
        UsageError: for a point that has no place.
    """
    from scipy.spatial import cKDTree

    known = np.flatnonzero(np.isfinite(places).all(axis=1))
    at = int(np.searchsorted(known, start))
    if at == len(known) or known[at] != start:
        raise UsageError(f"The map has no point {start}.", "Choose one that is drawn.")
    tree = cKDTree(places[known])
    reached = np.zeros(len(known), dtype=bool)
    reached[at] = True
    front = np.array([at], dtype=np.intp)
    while len(front):
        near = tree.query_ball_point(places[known[front]], step)
        found = np.unique(np.concatenate([np.asarray(part, dtype=np.intp) for part in near]))
        front = found[~reached[found]]
        reached[front] = True
    return known[reached]
