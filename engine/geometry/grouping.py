"""How far vectors gather by language and by type, beside what shuffled labels give. X: float array [n, d]."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from nerspace.engine.errors import DataError
from nerspace.engine.geometry.neighbours import nearest_neighbours
from nerspace.engine.geometry.views import Array, Labels, Rows, Vectors, checked_vectors, unit_rows
from nerspace.engine.tables.spec import AT, TableSpec, integer, real, text

if TYPE_CHECKING:
    import pandas as pd

NAN = float("nan")
Codes = npt.NDArray[np.intp]
DIFFERENCE = "type-language"


def _codes(labels: "Sequence[Any] | npt.NDArray[Any]", n: int) -> Codes:
    if len(labels) != n:
        raise DataError(f"{n} vectors have {len(labels)} labels.")
    codes: Codes = np.unique(np.asarray(labels, dtype=str), return_inverse=True)[1]
    return codes


def silhouette(X: Array, labels: "Sequence[Any] | npt.NDArray[Any]") -> float:
    """Mean of (b − a) / max(a, b) by cosine distance: a to the own group, b to the nearest other.

    Exact in O(n·d·groups), since the mean cosine to a group is the product with its sum. The only one of its group
    counts 0.

    Args:
        X: [n, d].
        labels: [n], the group of each row.

    Returns:
        In [-1, 1].

    Raises:
        DataError: for fewer than 2 groups, as many groups as rows, or a zero vector.

    Source: Rousseeuw 1987.
    """
    units = unit_rows(X)
    n, codes = len(units), _codes(labels, len(units))
    if not 2 <= (groups := int(codes.max()) + 1) < n:
        raise DataError(f"{n} vectors in {groups} groups have no silhouette.", "At least 2 groups and fewer than n.")
    return _silhouettes(units, [codes])[0]


def _silhouettes(units: Rows, labelings: Sequence[Codes]) -> list[float]:
    """The silhouette by each of several labelings, NaN where it is undefined; some at a time in one product."""
    found: list[float] = []
    counts = [int(codes.max()) + 1 for codes in labelings]
    begin = 0
    while begin < len(labelings):
        end = begin + 1
        while end < len(labelings) and sum(counts[begin : end + 1]) <= _GROUPS_AT_ONCE:
            end += 1
        starts = np.concatenate([[0], np.cumsum(counts[begin:end])]).tolist()
        members = np.zeros((starts[-1], len(units)))
        for codes, start in zip(labelings[begin:end], starts, strict=False):
            members[codes + start, np.arange(len(units))] = 1
        cosines = units @ (members @ units).T
        found += [
            _silhouette(cosines[:, start:stop], codes)
            for codes, start, stop in zip(labelings[begin:end], starts, starts[1:], strict=False)
        ]
        begin = end
    return found


# Of all labelings that are scored together: their array stays below a kilobyte for each row.
_GROUPS_AT_ONCE = 120


def _silhouette(cosines: Rows, codes: Codes) -> float:
    """The silhouette from the sum of the cosines of each row to each group, [n, groups]."""
    n, groups = cosines.shape
    if not 2 <= groups < n:
        return NAN
    sizes = np.bincount(codes, minlength=groups)
    distances = sizes - cosines
    line = np.arange(n)
    # A row's distance to itself is 0, rounding aside, so only the count of the others changes.
    own = distances[line, codes] / np.maximum(sizes[codes] - 1, 1)
    distances /= sizes
    distances[line, codes] = np.inf
    other = distances.min(axis=1)
    widest = np.maximum(own, other)
    defined = (widest > 1e-12) & (sizes[codes] > 1)
    return float(np.where(defined, (other - own) / np.where(defined, widest, 1.0), 0.0).mean())


def knn_purity(X: Array, labels: "Sequence[Any] | npt.NDArray[Any]", k: int = 10) -> float:
    """Share of the k nearest neighbours by cosine that have the row's own label, mean over the rows.

    Args:
        X: [n, d].
        labels: [n], the group of each row.
        k: how many neighbours.

    Returns:
        In [0, 1].

    Raises:
        DataError: for fewer than k + 1 rows or a zero vector.
    """
    return purity_of(nearest_neighbours(X, k), labels)


def purity_of(near: Codes, labels: "Sequence[Any] | npt.NDArray[Any]") -> float:
    """`knn_purity` where the neighbours are known.

    Args:
        near: [n, k], the neighbours of each row.
        labels: [n], the group of each row.

    Returns:
        In [0, 1].
    """
    return _purity(near, _codes(labels, len(near)))


def shuffled_purity(labels: "Sequence[Any] | npt.NDArray[Any]") -> float:
    """What `knn_purity` gives on average when the labels are shuffled, exact: Σ n_g (n_g − 1) / (n (n − 1)).

    Args:
        labels: [n], the group of each row.

    Raises:
        DataError: for fewer than 2 labels.
    """
    n = len(labels)
    if n < 2:
        raise DataError(f"{n} labels cannot be shuffled.", "At least 2 are needed.")
    sizes = np.bincount(_codes(labels, n))
    return float((sizes * (sizes - 1)).sum() / (n * (n - 1)))


def parallel_purity(near: Codes, labels: "Sequence[Any] | npt.NDArray[Any]", cells: Labels, *, within: bool) -> float:
    """What `knn_purity` gives on average when labels are shuffled but parallel rows are kept together, exact.

    The floor of parallel data, where the nearest rows of a name are its own forms, which have its type.

    Args:
        near: [n, k], the neighbours of each row, see `nearest_neighbours`.
        labels: [n], the group of each row.
        cells: [n], the cell of each row; rows of equal cell are parallel.
        within: whether labels change places within a cell, as languages do, or between cells, as types do.

    Returns:
        In [0, 1].
    """
    n = len(near)
    codes, of_cell = _codes(labels, n), _codes(cells, n)
    same = of_cell[near] == of_cell[:, None]
    if within:
        counts = np.zeros((int(of_cell.max(initial=-1)) + 1, int(codes.max(initial=-1)) + 1))
        np.add.at(counts, (of_cell, codes), 1)
        sizes = counts.sum(axis=1)
        inside = (counts * (counts - 1)).sum(axis=1) / np.maximum(1, sizes * (sizes - 1))
        shares = counts / sizes[:, None]
        across = np.einsum("il,ikl->ik", shares[of_cell], shares[of_cell[near]])
        return float(np.where(same, inside[of_cell][:, None], across).mean())
    kind_of_cell = np.zeros(int(of_cell.max(initial=-1)) + 1, dtype=np.intp)
    kind_of_cell[of_cell] = codes
    sizes, count = np.bincount(kind_of_cell), len(kind_of_cell)
    other = float((sizes * (sizes - 1)).sum()) / max(1, count * (count - 1))
    return float(same.mean() + (1 - same.mean()) * other)


def _purity(near: Codes, codes: Codes) -> float:
    return float((codes[near] == codes[:, None]).mean())


GROUPS = TableSpec(
    "groups",
    "How far the vectors gather by language and by type.",
    {
        **AT,
        "grouping": text("language, type, or type-language: the difference of the two"),
        "measure": text("silhouette (cosine distance, -1 to 1) or knn_purity (share of 10 neighbours, 0 to 1)"),
        "n": integer("vectors"),
        "value": real("the measure"),
        "floor": real("its mean over 20 shuffles of the labels"),
        "floor_high": real("95 % point of those shuffles"),
        "floor_parallel": real(
            "mean over shuffles that keep parallel rows together: types between cells, languages within a cell"
        ),
        "floor_parallel_high": real("95 % point of those shuffles"),
    },
)


@GROUPS.made_by
def groups_table(
    vectors: Vectors, languages: Labels, types: Labels, cells: Labels,
    k: int = 10, shuffles: int = 20, seed: int = 0,
) -> "pd.DataFrame":  # fmt: skip
    """The table `groups`: silhouette and kNN purity by language, by type, and the difference type − language.

    Two floors. `floor` shuffles the labels freely. `floor_parallel` keeps the design of parallel data: types change
    places between cells (parallel rows have one type, and are near for another reason than type), languages within
    each cell. Measures that the rows do not allow are empty.

    Args:
        vectors: (stage, layer) → [n, d].
        languages: [n], the language of each row.
        types: [n], the type of each row.
        cells: [n], the cell (context and entity) of each row; rows of equal cell are parallel.
        k: neighbours of the purity.
        shuffles: how many, for each floor.
        seed: of the shuffles.
    """
    checked_vectors(vectors, languages=languages, types=types, cells=cells)
    n = len(cells)
    labels = {"language": _codes(languages, n), "type": _codes(types, n)}
    draws = _shuffled(labels, _codes(cells, n), shuffles, seed)
    labelings = [draw[name] for draw in (labels, *draws["free"], *draws["parallel"]) for name in ("language", "type")]
    rows = []
    for (stage, layer), X in vectors.items():
        for measure, scores in _scores(X, labelings, k).items():
            by_language, by_type = scores.reshape(-1, 2).T
            for grouping, found in (("language", by_language), ("type", by_type), (DIFFERENCE, by_type - by_language)):
                free, parallel = found[1 : 1 + shuffles], found[1 + shuffles :]
                rows.append((stage, layer, grouping, measure, n, found[0], free.mean(), np.quantile(free, 0.95),
                             parallel.mean(), np.quantile(parallel, 0.95)))  # fmt: skip
    return GROUPS.frame(rows)


def _scores(X: Array, labelings: Sequence[Codes], k: int) -> "dict[str, npt.NDArray[np.float64]]":
    """Both measures by each labeling, NaN where the rows do not allow them."""
    scores = {measure: np.full(len(labelings), NAN) for measure in ("silhouette", "knn_purity")}
    with suppress(DataError):
        scores["silhouette"] = np.array(_silhouettes(unit_rows(X), labelings))
        near = nearest_neighbours(X, k)
        scores["knn_purity"] = np.array([_purity(near, codes) for codes in labelings])
    return scores


def _shuffled(labels: Mapping[str, Codes], cells: Codes, shuffles: int, seed: int) -> dict[str, list[dict[str, Codes]]]:
    generator = np.random.default_rng(seed)
    number = int(cells.max()) + 1 if len(cells) else 0
    type_of_cell = np.zeros(number, dtype=np.intp)
    type_of_cell[cells] = labels["type"]
    by_cell = np.argsort(cells, kind="stable")
    draws: dict[str, list[dict[str, Codes]]] = {"free": [], "parallel": []}
    for _ in range(shuffles):
        draws["free"].append({name: generator.permutation(codes) for name, codes in labels.items()})
        within = np.empty_like(labels["language"])
        within[by_cell] = labels["language"][np.lexsort((generator.random(len(cells)), cells))]
        draws["parallel"].append({"language": within, "type": generator.permutation(type_of_cell)[cells]})
    return draws
