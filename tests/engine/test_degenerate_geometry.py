"""What every measure of the geometry says to vectors that have no geometry: a number, or one line that says why not."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from nerspace.engine.errors import DataError
from nerspace.engine.geometry.dimensions import contributions, dimensions_table
from nerspace.engine.geometry.grouping import groups_table, knn_purity, silhouette
from nerspace.engine.geometry.isotropy import MEASURES, isotropy_table
from nerspace.engine.geometry.neighbours import METHODS, hubness, hubness_table, retrieval, retrieval_table
from nerspace.engine.geometry.similarity import (
    cka_table,
    cka_with_floor,
    drift_table,
    parallel_cosine,
    parallel_cosine_table,
    shuffled_cosine,
)

NOISE = np.random.default_rng(0).normal(size=(40, 5))
VECTORS = {
    "none": NOISE[:0],
    "one": NOISE[:1],
    "two": NOISE[:2],
    "constant": np.full((40, 5), 0.1),
    "one zero": np.concatenate([np.zeros((1, 5)), NOISE[1:]]),
    "zero": np.zeros((40, 5)),
    "one nan": np.concatenate([np.full((1, 5), np.nan), NOISE[1:]]),
    "infinite": np.concatenate([np.full((1, 5), np.inf), NOISE[1:]]),
    "one dimension": NOISE[:, :1],
}
ONE: dict[str, Callable[[np.ndarray], Any]] = {
    **MEASURES,
    "contributions": contributions,
    "hubness": hubness,
    "silhouette": lambda X: silhouette(X, (np.arange(len(X)) % 2).astype(str)),
    "knn_purity": lambda X: knn_purity(X, (np.arange(len(X)) % 2).astype(str)),
    "parallel_cosine": lambda X: parallel_cosine(X, X[::-1]),
    "shuffled_cosine": lambda X: shuffled_cosine(X, X[::-1]),
    "cka": lambda X: cka_with_floor(X, X[::-1]),
    **{method: lambda X, method=method: [getattr(retrieval(X, X[::-1], method), name) for name in ("p_at_1", "mrr")]
       for method in METHODS},
}  # fmt: skip


@pytest.mark.parametrize("measure", ONE)
@pytest.mark.parametrize("kind", VECTORS)
def test_a_measure_gives_numbers_or_says_why_not(measure: str, kind: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            value = ONE[measure](VECTORS[kind])
        except DataError as error:
            assert str(error)  # noqa: PT017
            return
    assert np.isfinite(value).all()


TABLES: dict[str, Callable[[dict[tuple[str, int], np.ndarray], list[str], list[str]], pd.DataFrame]] = {
    "isotropy": lambda vectors, languages, _: isotropy_table(vectors, np.array(languages, dtype=str)),
    "dimensions": lambda vectors, languages, _: dimensions_table(vectors, np.array(languages, dtype=str)),
    "hubness": lambda vectors, languages, _: hubness_table(vectors, np.array(languages, dtype=str)),
    "drift": lambda vectors, languages, _: drift_table(vectors, np.array(languages, dtype=str)),
    "retrieval": retrieval_table,
    "cka": cka_table,
    "parallel_cosine": parallel_cosine_table,
    "groups": lambda vectors, languages, cells: groups_table(vectors, languages, ["PER"] * len(cells), cells),
}


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("kind", VECTORS)
def test_a_table_keeps_its_columns_and_n_whatever_the_vectors(table: str, kind: str) -> None:
    from nerspace.engine.tables.index import CATALOGUE

    X = VECTORS[kind]
    languages, cells = ["be" if i % 2 else "en" for i in range(len(X))], [str(i // 2) for i in range(len(X))]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        frame = TABLES[table]({("before", 0): X, ("after", 0): X}, languages, cells)
    assert list(frame.columns) == list(CATALOGUE[table].columns)
    assert frame["n"].notna().all()
