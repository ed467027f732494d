"""Rows and the views of them: as they are, centred, without their top components, standardised. X: float array [n, d].

A view is taken before anything is measured. After the mean is gone the mean cosine is about 0 by construction and
says nothing of isotropy.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Sized
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from importlib import import_module
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from nerspace.engine.errors import DataError, UsageError

Array = npt.NDArray[np.floating[Any]]
Rows = npt.NDArray[np.float64]
Vectors = Mapping[tuple[str, int], Array]
Labels = Sequence[Any] | npt.NDArray[Any]
Item = TypeVar("Item")
Made = TypeVar("Made")


def checked_rows(X: Array, least: int) -> Rows:
    """X in double precision.

    Args:
        X: [n, d].
        least: how many rows are needed.

    Returns:
        [n, d].

    Raises:
        DataError: for another shape than [n, d], fewer than `least` rows, or rows that are not finite.
    """
    try:
        rows = np.asarray(X, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"Expected numbers [n, d], one vector a row: {error}.") from error
    if rows.ndim != 2:
        raise DataError(f"Expected an array [n, d], got the shape {rows.shape}.")
    if len(rows) < least:
        raise DataError(f"{len(rows)} vectors are too few.", f"At least {least} are needed.")
    if not np.isfinite(rows).all():
        raise DataError(f"{int((~np.isfinite(rows)).any(axis=1).sum())} of {len(rows)} vectors are not finite.")
    return rows


def unit_rows(X: Array) -> Rows:
    """Rows scaled to length 1.

    Args:
        X: [n, d].

    Returns:
        [n, d].

    Raises:
        DataError: counting the zero vectors, if there are any.
    """
    rows = checked_rows(X, 1)
    lengths = np.linalg.norm(rows, axis=1)
    if not lengths.all():
        raise DataError(f"{int((lengths == 0).sum())} of {len(rows)} vectors are zero and have no direction.")
    scaled: Rows = rows / lengths[:, None]
    return scaled


def directions(X: Array) -> tuple[Rows, npt.NDArray[np.bool_]]:
    """Rows scaled to length 1 where they can be, for tables that leave out what has no direction.

    Args:
        X: [n, d].

    Returns:
        [n, d], and [n], whether each row is finite and not zero.
    """
    rows = np.asarray(X, dtype=np.float64)
    sound = np.asarray(np.isfinite(rows).all(axis=1))
    lengths = np.linalg.norm(np.where(sound[:, None], rows, 0.0), axis=1)
    sound = np.logical_and(sound, lengths > 0)
    return rows / np.where(sound, lengths, 1.0)[:, None], sound


def centre(X: Array) -> Rows:
    """Rows less their mean.

    Args:
        X: [n, d].

    Returns:
        [n, d].

    Raises:
        DataError: for no rows.
    """
    rows = checked_rows(X, 1)
    centred: Rows = rows - rows.mean(axis=0)
    return centred


def all_but_the_top(X: Array, components: int | None = None) -> Rows:
    """Rows less their mean and their projection on the top principal components.

    Args:
        X: [n, d].
        components: how many, round(d / 100) but at least 1 by default.

    Returns:
        [n, d].

    Raises:
        DataError: for no rows, or components outside 0 to d − 1.

    Source: Mu and Viswanath 2018.
    """
    return np.asarray(deflated(centre(X), components)[0], dtype=np.float64)


def deflated(rows: Array, components: int | None = None) -> tuple[Array, Array]:
    """What `all_but_the_top` leaves of rows whose mean is gone already, in their own precision, with its Gram matrix.

    Args:
        rows: [n, d].
        components: as for `all_but_the_top`.

    Returns:
        The rows, [n, d], and their products by columns, [d, d].

    Raises:
        DataError: for components outside 0 to d − 1.
    """
    n, d = rows.shape
    count = max(1, round(d / 100)) if components is None else components
    if not 0 <= count < d:
        raise DataError(f"{count} components cannot be removed from {d} dimensions.", f"Choose from 0 to {d - 1}.")
    if not count:
        return rows, rows.T @ rows
    # The smaller of the two Gram matrices will do.
    if n < d:
        _, top = eigen(rows @ rows.T, count)
        left = rows - top @ (top.T @ rows)
        return left, left.T @ left
    gram = rows.T @ rows
    values, top = eigen(gram, count)
    return rows - (rows @ top) @ top.T, gram - (top * values) @ top.T


def eigen(matrix: Array, largest: int | None = None) -> tuple[Array, Array]:
    """Eigenvalues of a symmetric matrix, upwards, and their vectors in columns, on one thread.

    Args:
        matrix: [n, n].
        largest: how many of the largest; all by default, and where it has no more.

    Returns:
        [count] and [n, count].
    """
    from scipy.linalg import eigh

    n = len(matrix)
    with one_thread():
        if largest is None or largest >= n:
            values, vectors = np.linalg.eigh(matrix)
        else:
            values, vectors = eigh(matrix, subset_by_index=[n - largest, n - 1], check_finite=False)
    return values, vectors


def one_thread(*modules: str) -> Any:
    """A block in which numpy and scipy compute on one thread.

    In a decomposition of some hundred dimensions several threads wait longer for one another than one computes, on a
    busy machine a hundred times as long.

    Args:
        modules: what has threads besides and is to have one too, by the names to import.
    """
    return _thread_pools("scipy.linalg", *modules).limit(limits=1)


def in_threads(work: Callable[[Item], Made], items: Iterable[Item], most: int = 8) -> list[Made]:
    """What `work` makes of every item, in order: as many at once as numpy may have threads, each on one.

    So that the same numbers come of any number of threads, and none waits for another within a product. An item is
    asked for as its turn comes.

    Args:
        work: what is done to each.
        items: what it is done to.
        most: so many at once, whatever threads there are: each holds its own products in memory.
    """
    pools = _thread_pools("scipy.linalg").info()
    threads = min(most, max((pool["num_threads"] for pool in pools if pool["user_api"] == "blas"), default=1))
    with one_thread():
        if threads == 1:
            return [work(item) for item in items]
        made, pending = [], deque[Future[Made]]()
        with ThreadPoolExecutor(threads) as pool:
            for item in items:
                pending.append(pool.submit(work, item))
                # Some are ready to go on with while one takes long.
                if len(pending) > 8 * threads:
                    made.append(pending.popleft().result())
            return made + [future.result() for future in pending]


@cache
def _thread_pools(*modules: str) -> Any:
    """Those of libraries, looked for once: that takes as long as a small decomposition."""
    from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

    for name in modules:
        import_module(name)
    return ThreadpoolController()


def standardise(X: Array) -> Rows:
    """Every dimension at mean 0 and variance 1; one that does not vary is 0 throughout.

    Args:
        X: [n, d].

    Returns:
        [n, d].

    Raises:
        DataError: for no rows.
    """
    rows = centre(X)
    spread = rows.std(axis=0)
    still = spread <= np.finfo(np.float64).eps * np.abs(np.asarray(X, dtype=np.float64)).max(axis=0)
    scaled: Rows = np.where(still, 0.0, rows / np.where(still, 1.0, spread))
    return scaled


VIEWS: Mapping[str, Callable[[Array], Array]] = {
    "raw": np.asarray,
    "centred": centre,
    "top-removed": all_but_the_top,
    "standardised": standardise,
}


def view(X: Array, name: str) -> Array:
    """X under the view of that name.

    Args:
        X: [n, d].
        name: a name of VIEWS.

    Returns:
        [n, d].

    Raises:
        UsageError: for an unknown view.
    """
    if name not in VIEWS:
        raise UsageError(f"Unknown view {name!r}.", f"Choose from {', '.join(VIEWS)}.")
    return VIEWS[name](X)


def checked_vectors(vectors: Vectors, **labels: Sized) -> None:
    """See that the arrays of a table come by stage and layer and have a label for each row.

    Args:
        vectors: (stage, layer) → [n, d].
        labels: what is known of the rows, each [n], by what an error calls it.

    Raises:
        DataError: for anything else.
    """
    hint = 'Give arrays [n, d] by stage and layer, such as {("before", 0): X}.'
    if not isinstance(vectors, Mapping):
        raise DataError(f"Expected arrays by stage and layer, got {_described(vectors)}.", hint)
    for key, X in vectors.items():
        if not (isinstance(key, tuple) and len(key) == 2):
            raise DataError(f"{key!r} is no stage and layer.", hint)
        if np.ndim(X) != 2:
            raise DataError(f"Expected an array [n, d] at {key[0]}, layer {key[1]}, got {_described(X)}.", hint)
        for name, values in labels.items():
            if isinstance(values, str) or not hasattr(values, "__len__"):
                raise DataError(f"Expected {name} for each row, got {_described(values)}.")
            if len(values) != len(X):
                raise DataError(f"{len(X)} vectors at {key[0]}, layer {key[1]}, but {len(values)} {name}.")


def _described(value: object) -> str:
    return f"one of shape {value.shape}" if isinstance(value, np.ndarray) else f"a {type(value).__name__}"


def by_language(vectors: Vectors, languages: Labels | None) -> Iterator[tuple[str, int, str, Array]]:
    """Stage, layer, language and its rows, "all" first.

    Args:
        vectors: (stage, layer) → [n, d].
        languages: [n], the language of each row; None where there are none to tell apart.

    Raises:
        DataError: for another shape.
    """
    checked_vectors(vectors, **({} if languages is None else {"languages": languages}))
    codes = np.asarray([] if languages is None else languages, dtype=str)
    for (stage, layer), X in vectors.items():
        yield stage, layer, "all", X
        for language in sorted(set(codes.tolist())):
            yield stage, layer, language, X[codes == language]
