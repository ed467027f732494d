"""How far a map may be trusted: who is still among the nearest, and who is drawn near without being so."""

from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from nerspace.engine.errors import DataError

Array = npt.NDArray[np.floating[Any]]
NEIGHBOURS = 10
SIDES: tuple[Literal["left", "right"], ...] = ("left", "right")


def neighbours_preserved(X: Array, plane: Array, k: int = NEIGHBOURS) -> float:
    """Mean share of each row's k nearest neighbours that are among its k nearest on the plane too.

    Args:
        X: [n, d].
        plane: [n, 2].
        k: how many neighbours, at most n − 1.

    Returns:
        In [0, 1].

    Raises:
        DataError: for fewer than 2 rows.
    """
    return map_quality(X, plane, k)[0]


def trustworthiness(X: Array, plane: Array, k: int = NEIGHBOURS) -> float:
    """1 − 2/(nk(2n − 3k − 1)) Σᵢ Σⱼ max(0, r(i, j) − k) over the k nearest j of i on the plane, r their rank in X.

    Args:
        X: [n, d].
        plane: [n, 2].
        k: how many neighbours, at most n/2 − 1.

    Returns:
        In [0, 1]; NaN where n leaves no neighbours.

    Raises:
        DataError: for fewer than 2 rows.

    Source: Venna and Kaski 2001.
    """
    return map_quality(X, plane, k)[1]


def map_quality(X: Array, plane: Array, k: int = NEIGHBOURS) -> tuple[float, float]:
    """`neighbours_preserved` and `trustworthiness` in one go through the distances, in blocks of rows.

    Args:
        X: [n, d].
        plane: [n, 2].
        k: how many neighbours.

    Returns:
        Both values.

    Raises:
        DataError: for fewer than 2 rows, or another number of points.
    """
    n = len(X)
    if n < 2 or len(plane) != n:
        raise DataError(f"A map of {len(plane)} points of {n} vectors has no quality.", "At least 2 are needed.")
    near_k, trusted_k = min(k, n - 1), min(k, n // 2 - 1)
    preserved = off = 0.0
    for far, near in zip(_squared(X), _squared(plane), strict=True):
        drawn = np.argpartition(near, near_k - 1, axis=1)[:, :near_k]
        drawn = np.take_along_axis(drawn, np.argsort(np.take_along_axis(near, drawn, 1), axis=1, kind="stable"), 1)
        values = np.take_along_axis(far, drawn, 1)
        far.sort(axis=1)
        nearer, upto = (
            np.array([np.searchsorted(row, of, side) for row, of in zip(far, values, strict=True)]) for side in SIDES
        )
        # Points that tie share their ranks, so that equal vectors preserve what chance does.
        preserved += float(np.clip((near_k - nearer) / (upto - nearer), 0, 1).sum())
        ranks = (nearer + upto + 1) / 2
        off += float(np.maximum(ranks[:, : max(trusted_k, 0)] - trusted_k, 0).sum())
    if trusted_k < 1:
        return preserved / (n * near_k), float("nan")
    return preserved / (n * near_k), 1 - 2 * off / (n * trusted_k * (2 * n - 3 * trusted_k - 1))


def _squared(X: Array, block: int = 256) -> Iterator[npt.NDArray[np.float64]]:
    """Squared distances of every row to all, block by block; its own is infinite."""
    rows = np.asarray(X, dtype=np.float64)
    rows = rows - rows.mean(axis=0)
    squares = (rows * rows).sum(axis=1)
    for start in range(0, len(rows), block):
        part = rows[start : start + block]
        distances = squares[start : start + block, None] - 2 * part @ rows.T + squares
        distances[np.arange(len(part)), np.arange(start, start + len(part))] = np.inf
        yield distances
