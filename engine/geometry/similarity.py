"""How alike parallel vectors are."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from nerspace.engine.errors import DataError
from nerspace.engine.geometry.isotropy import unit_rows

if TYPE_CHECKING:
    import pandas as pd

Array = npt.NDArray[np.floating[Any]]


def parallel_cosine(A: Array, B: Array) -> float:
    """Mean cosine of parallel rows, (1/n) Σ u_a·u_b. A, B: [n, d].

    Returns: in [-1, 1]. Raises: DataError for different shapes, no rows, or zero vectors.
    Source: the paper's Table 2.
    """
    if np.shape(A) != np.shape(B):
        raise DataError(f"Parallel rows need equal shapes, got {np.shape(A)} and {np.shape(B)}.")
    return float((unit_rows(A) * unit_rows(B)).sum(axis=1).mean())


def shuffled_cosine(A: Array, B: Array) -> float:
    """What `parallel_cosine` gives when every row is paired with every other row but its own: its chance floor.

    Exact: (ΣuᵀΣv − Σ uᵢ·vᵢ) / (n(n − 1)). Raises: DataError for fewer than 2 rows.
    """
    if len(A) < 2:
        raise DataError(f"{len(A)} rows cannot be shuffled.", "At least 2 are needed.")
    u, v = unit_rows(A), unit_rows(B)
    n = len(u)
    return float((u.sum(axis=0) @ v.sum(axis=0) - (u * v).sum()) / (n * (n - 1)))


def linear_cka(X: Array, Y: Array) -> float:
    """Linear centred kernel alignment ‖YᵀX‖²_F / (‖XᵀX‖_F ‖YᵀY‖_F) of parallel rows, columns centred.

    Returns: in [0, 1]. Raises: DataError for different n, fewer than 2 rows, or constant rows.
    Source: Kornblith et al. 2019.
    """
    if len(X) != len(Y) or len(X) < 2:
        raise DataError(f"CKA needs at least 2 parallel rows, got {len(X)} and {len(Y)}.")
    x, y = (np.asarray(Z, dtype=np.float64) - np.mean(Z, axis=0, dtype=np.float64) for Z in (X, Y))
    norm = np.linalg.norm(x.T @ x) * np.linalg.norm(y.T @ y)
    if not norm > 0:
        raise DataError("CKA is undefined for vectors that are all the same.")
    return float(np.linalg.norm(y.T @ x) ** 2 / norm)


def parallel_cosine_table(
    vectors: Mapping[tuple[str, int], Array], languages: Sequence[str], cells: Sequence[str]
) -> "pd.DataFrame":
    """The table `parallel_cosine`, one row per unordered pair of languages a < b.

    vectors: (stage, layer) → [n, d]. languages, cells: [n], the language and the cell (context and entity) of each row;
    rows of equal cell are parallel.
    """
    import pandas as pd

    index: dict[str, dict[str, int]] = {}
    for row, (language, cell) in enumerate(zip(languages, cells, strict=True)):
        index.setdefault(language, {})[cell] = row
    rows = []
    for (stage, layer), X in vectors.items():
        for a, b in combinations(sorted(index), 2):
            shared = [cell for cell in index[a] if cell in index[b]]
            A, B = X[[index[a][cell] for cell in shared]], X[[index[b][cell] for cell in shared]]
            cosine = parallel_cosine(A, B) if shared else float("nan")
            floor = shuffled_cosine(A, B) if len(shared) > 1 else float("nan")
            rows.append((stage, layer, a, b, len(shared), cosine, floor))
    return pd.DataFrame(rows, columns=["stage", "layer", "a", "b", "n", "cosine", "floor"])
