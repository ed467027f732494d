"""The cluster of a point on a map, as the eye sees it: whoever is reached from it by short steps."""

from typing import Any

import numpy as np
import numpy.typing as npt

from nerspace.engine.errors import UsageError

Array = npt.NDArray[np.floating[Any]]
Index = npt.NDArray[np.intp]
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


def cluster_around(places: Array, start: int, step: float) -> Index:
    """The points that are reached from one by steps of at most a length, itself among them, in order.

    Single linkage, cut at one height: what lies apart by more than a step is another cluster.

    Args:
        places: [n, 2]; points without a place (NaN) are reached by nobody.
        start: the point to begin with.
        step: the longest step, in units of the map.

    Raises:
        UsageError: for a point that has no place.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    known = np.flatnonzero(np.isfinite(places).all(axis=1))
    at = int(np.searchsorted(known, start))
    if at == len(known) or known[at] != start:
        raise UsageError(f"The map has no point {start}.", "Choose one that is drawn.")
    drawn = places[known]
    links = _links(drawn)
    lengths = np.linalg.norm(drawn[links[:, 0]] - drawn[links[:, 1]], axis=1)
    one, other = links[lengths <= step].T
    ones = np.ones(len(one), dtype=bool)
    of = connected_components(coo_array((ones, (one, other)), shape=(len(known), len(known))), directed=False)[1]
    found: Index = known[of == of[at]]
    return found


def gap_around(places: Array, inside: Index) -> float:
    """The distance from a cluster to the nearest point outside; 0.0 where there is none.

    Args:
        places: [n, 2]; points without a place (NaN) are nowhere.
        inside: the points of the cluster.
    """
    from scipy.spatial import cKDTree

    known = np.isfinite(places).all(axis=1)
    within = np.zeros(len(places), dtype=bool)
    within[inside] = True
    cluster, others = places[known & within], places[known & ~within]
    if not len(cluster) or not len(others):
        return 0.0
    return float(np.asarray(cKDTree(cluster).query(others)[0]).min())


def _links(places: Array) -> Index:
    """Pairs of points [pairs, 2] by which whoever is linked by steps of any length is linked.

    A shortest tree of points in the plane consists of sides of their Delaunay triangles, so that there are some pairs
    for each point, however long the steps.

    Args:
        places: [n, 2], finite.
    """
    from scipy.spatial import Delaunay, QhullError

    order = np.lexsort(places.T[::-1])
    # Points at one place follow one another in this order, as do all points where they lie on one line.
    chain = np.stack([order[:-1], order[1:]], axis=1)
    try:
        triangles = Delaunay(places)
    except (QhullError, ValueError):
        return chain
    corners = triangles.simplices
    sides = np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [2, 0]]])
    # Whoever lies too near to another to be a corner is linked to that.
    pairs: Index = np.concatenate([sides, triangles.coplanar[:, [0, 2]], chain]).astype(np.intp)
    return pairs
