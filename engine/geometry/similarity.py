"""How alike parallel vectors are."""

from contextlib import suppress
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nerspace.engine.errors import DataError
from nerspace.engine.geometry.views import Array, Labels, Rows, Vectors, centre, checked_vectors, directions, unit_rows
from nerspace.engine.tables.spec import AT, LANGUAGE, LAYER, PAIR, TableSpec, integer, real, text

if TYPE_CHECKING:
    import pandas as pd

NAN = float("nan")
Index = npt.NDArray[np.intp]


def parallel_cosine(A: Array, B: Array) -> float:
    """Mean cosine of parallel rows, (1/n) Σ u_a·u_b.

    Args:
        A: [n, d].
        B: [n, d], row by row parallel to A.

    Returns:
        In [-1, 1].

    Raises:
        DataError: for different shapes, no rows, or zero vectors.

    Source: the paper's Table 2.
    """
    if np.shape(A) != np.shape(B):
        raise DataError(f"Parallel rows need equal shapes, got {np.shape(A)} and {np.shape(B)}.")
    return _mean_product(unit_rows(A), unit_rows(B))


def _mean_product(u: Rows, v: Rows) -> float:
    return float(np.einsum("nd,nd->", u, v)) / len(u)


def shuffled_cosine(A: Array, B: Array) -> float:
    """What `parallel_cosine` gives when every row is paired with every other row but its own: its chance floor.

    Exact: (ΣuᵀΣv − Σ uᵢ·vᵢ) / (n(n − 1)).

    Args:
        A: [n, d].
        B: [n, d], row by row parallel to A.

    Raises:
        DataError: for fewer than 2 rows.
    """
    if len(A) < 2:
        raise DataError(f"{len(A)} rows cannot be shuffled.", "At least 2 are needed.")
    return _shuffled_product(unit_rows(A), unit_rows(B))


def _shuffled_product(u: Rows, v: Rows) -> float:
    n = len(u)
    return float((u.sum(axis=0) @ v.sum(axis=0) - np.einsum("nd,nd->", u, v)) / (n * (n - 1)))


def typed_cosine(A: Array, B: Array, types: Labels, names: Labels) -> float:
    """What `parallel_cosine` gives when every row is paired with all rows of its type that hold another name.

    The floor of "it is the same name": rows of one type are near each other whatever their names. Exact, from the sums
    of every type and of every name within it.

    Args:
        A: [n, d].
        B: [n, d], row by row parallel to A.
        types: [n], of each row of both.
        names: [n], likewise.

    Raises:
        DataError: where no type has two names.
    """
    return _typed_product(unit_rows(A), unit_rows(B), types, names)


def _typed_product(u: Rows, v: Rows, types: Labels, names: Labels) -> float:
    total, pairs = 0.0, 0
    groupings: list[tuple[int, list[object]]] = [(1, [*types]), (-1, [*zip(types, names, strict=True)])]
    for sign, groups in groupings:
        known: dict[object, int] = {}
        numbers = np.array([known.setdefault(group, len(known)) for group in groups], dtype=np.intp)
        sums = [np.zeros((len(known), side.shape[1])) for side in (u, v)]
        for side, found in zip((u, v), sums, strict=True):
            np.add.at(found, numbers, side)
        total += sign * float((sums[0] * sums[1]).sum())
        pairs += sign * int((np.bincount(numbers) ** 2).sum())
    if not pairs:
        raise DataError("No type has two names, so none can stand for another.")
    return total / pairs


def linear_cka(X: Array, Y: Array) -> float:
    """Linear centred kernel alignment ‖YᵀX‖²_F / (‖XᵀX‖_F ‖YᵀY‖_F) of parallel rows, columns centred.

    Args:
        X: [n, d].
        Y: [n, d'], row by row parallel to X.

    Returns:
        In [0, 1].

    Raises:
        DataError: for different n, fewer than 2 rows, or constant rows.

    Source: Kornblith et al. 2019.
    """
    return cka_with_floor(X, Y)[0]


def cka_with_floor(X: Array, Y: Array) -> tuple[float, float]:
    """`linear_cka` and its mean over all n! pairings of the rows: the floor, which is high where n is below d.

    The floor is exact. With K and L the centred n×n kernels, E Σ K_ij L_p(i)p(j) = tr K · tr L / (n − 1), since the
    entries of a centred kernel sum to 0.

    Args:
        X: [n, d].
        Y: [n, d'], row by row parallel to X.

    Returns:
        The value and its floor.

    Raises:
        DataError: as `linear_cka`.
    """
    if len(X) != len(Y) or len(X) < 2:
        raise DataError(f"CKA needs at least 2 parallel rows, got {len(X)} and {len(Y)}.")
    return _aligned(_Kernel(X), _Kernel(Y))


class _Kernel:
    """Centred rows with what CKA asks of them, so that a table computes it once per language and not per pair."""

    def __init__(self, X: Array) -> None:
        self.rows = centre(X)
        n, d = self.rows.shape
        self.small = self.rows @ self.rows.T if n <= d else None
        gram = self.rows.T @ self.rows if self.small is None else self.small
        self.norm = float(np.linalg.norm(gram))
        self.trace = float(np.trace(gram))
        # Rounding leaves some spread in rows that are all the same.
        if self.trace <= (np.finfo(np.float64).eps * n) ** 2 * float((np.square(X, dtype=np.float64)).sum()):
            raise DataError("CKA is undefined for vectors that are all the same.")


def _aligned(x: _Kernel, y: _Kernel) -> tuple[float, float]:
    if x.small is not None and y.small is not None:
        shared = float((x.small * y.small).sum())
    else:
        shared = float(np.linalg.norm(y.rows.T @ x.rows) ** 2)
    norm = x.norm * y.norm
    return min(shared / norm, 1.0), x.trace * y.trace / ((len(x.rows) - 1) * norm)


def parallel_rows(languages: Labels, cells: Labels) -> dict[tuple[str, str], tuple[Index, Index]]:
    """The rows of a and of b that are parallel, for every unordered pair of languages a < b.

    Args:
        languages: [n], the language of each row.
        cells: [n], the cell (context and entity) of each row; rows of equal cell are parallel.

    Returns:
        (a, b) → the numbers of the rows of a and those of b, each [m], the i-th of both parallel.
    """
    index: dict[str, dict[str, int]] = {}
    codes = np.asarray(languages, dtype=str).tolist()
    for row, (language, cell) in enumerate(zip(codes, cells, strict=True)):
        index.setdefault(language, {})[cell] = row
    pairs = {}
    for a, b in combinations(sorted(index), 2):
        shared = [cell for cell in index[a] if cell in index[b]]
        found = [np.array([index[code][cell] for cell in shared], dtype=np.intp) for code in (a, b)]
        pairs[a, b] = (found[0], found[1])
    return pairs


PARALLEL_COSINE = TableSpec(
    "parallel_cosine",
    "Mean cosine between the vectors of the same entity in the same context in two languages (Table 2).",
    {
        **AT,
        **PAIR,
        "n": integer("parallel entities"),
        "cosine": real("mean cosine"),
        "floor": real("the same with the pairing shuffled"),
        "floor_type": real("the same with every other name of the same type: what the type alone gives"),
    },
    "heatmap",
)


@PARALLEL_COSINE.made_by
def parallel_cosine_table(
    vectors: Vectors, languages: Labels, cells: Labels, types: Labels | None = None
) -> "pd.DataFrame":
    """The table `parallel_cosine`, one row per unordered pair of languages a < b.

    No parallel rows, or rows that have no direction, give empty values.

    Args:
        vectors: (stage, layer) → [n, d].
        languages: [n], the language of each row.
        cells: [n], the cell (context and entity) of each row; rows of equal cell are parallel.
        types: [n], the type of each row; without them `floor_type` is empty.
    """
    checked_vectors(vectors, languages=languages, cells=cells)
    rows = []
    pairs = parallel_rows(languages, cells)
    names = [str(cell).partition("/")[2] or cell for cell in cells]
    for (stage, layer), X in vectors.items():
        units, sound = directions(X)
        for (a, b), (in_a, in_b) in pairs.items():
            n = len(in_a)
            cosine = floor = typed = NAN
            if n and sound[in_a].all() and sound[in_b].all():
                u, v = units[in_a], units[in_b]
                cosine = _mean_product(u, v)
                floor = _shuffled_product(u, v) if n > 1 else NAN
                if n > 1 and types is not None:
                    with suppress(DataError):
                        typed = _typed_product(u, v, [types[row] for row in in_a], [names[row] for row in in_a])
            rows.append((stage, layer, a, b, n, cosine, floor, typed))
    return PARALLEL_COSINE.frame(rows)


CKA = TableSpec(
    "cka",
    "How alike the arrangement of the same entities is in two languages (linear CKA).",
    {
        **AT,
        **PAIR,
        "n": integer("parallel rows"),
        "value": real("linear CKA, 0 to 1; high by itself where n is below the dimension, so mind the floor"),
        "floor": real("its exact mean over all pairings of the rows"),
    },
    "heatmap",
)


@CKA.made_by
def cka_table(vectors: Vectors, languages: Labels, cells: Labels) -> "pd.DataFrame":
    """The table `cka`, one row per unordered pair of languages a < b.

    Fewer than 2 parallel rows, or rows that are all the same, give empty values.

    Args:
        vectors: (stage, layer) → [n, d].
        languages: [n], the language of each row.
        cells: [n], the cell (context and entity) of each row; rows of equal cell are parallel.
    """
    checked_vectors(vectors, languages=languages, cells=cells)
    rows = []
    pairs = parallel_rows(languages, cells)
    for (stage, layer), X in vectors.items():
        # Where the languages have the same cells, which is usual, each kernel serves ten pairs.
        kernels: dict[bytes, _Kernel | None] = {}
        for (a, b), chosen in pairs.items():
            for index in chosen:
                if index.tobytes() not in kernels:
                    kernels[index.tobytes()] = _kernel(X[index])
            x, y = (kernels[index.tobytes()] for index in chosen)
            value, floor = _aligned(x, y) if x and y else (NAN, NAN)
            rows.append((stage, layer, a, b, len(chosen[0]), value, floor))
    return CKA.frame(rows)


DRIFT = TableSpec(
    "drift",
    "How far fine-tuning rearranged the same vectors (linear CKA of before and after).",
    {
        "stage": text("the later stage"),
        "against": text("the first stage"),
        "layer": integer(LAYER),
        "language": text(f"{LANGUAGE}, or all"),
        "n": integer("vectors"),
        "value": real("linear CKA, 1 when only rotated or scaled"),
        "floor": real("its exact mean over all pairings of the rows"),
    },
)


@DRIFT.made_by
def drift_table(vectors: Vectors, languages: Labels) -> "pd.DataFrame":
    """The table `drift`: linear CKA of the same rows at each later stage and at the first one, per layer and language.

    Fewer than 2 rows, or rows that are all the same, give empty values.

    Args:
        vectors: (stage, layer) → [n, d], stages in the order of time; a layer of one stage only has no drift.
        languages: [n], the language of each row.
    """
    checked_vectors(vectors, languages=languages)
    codes = np.asarray(languages, dtype=str)
    rows = []
    first: dict[int, str] = {}
    for (stage, layer), X in vectors.items():
        against = first.setdefault(layer, stage)
        if against == stage:
            continue
        for language in ["all", *sorted(set(codes.tolist()))]:
            chosen = np.ones(len(X), dtype=bool) if language == "all" else codes == language
            x, y = _kernel(vectors[against, layer][chosen]), _kernel(X[chosen])
            value, floor = _aligned(x, y) if x and y else (NAN, NAN)
            rows.append((stage, against, layer, language, int(chosen.sum()), value, floor))
    return DRIFT.frame(rows)


def _kernel(X: Array) -> _Kernel | None:
    try:
        return _Kernel(X) if len(X) > 1 else None
    except DataError:
        return None
