"""Silhouette and purity against scikit-learn and hand-made cases; what each of their two floors is for."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import silhouette_score

from nerspace.engine.errors import DataError
from nerspace.engine.geometry.grouping import groups_table, knn_purity, silhouette


@pytest.fixture
def noise() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(90, 6)) + 0.5


def test_silhouette_equals_that_of_scikit_learn(noise: np.ndarray) -> None:
    for groups in (2, 5, 60):
        labels = np.random.default_rng(groups).integers(0, groups, 90)
        assert silhouette(noise, labels) == pytest.approx(silhouette_score(noise, labels, metric="cosine"), abs=1e-9)


def test_silhouette_by_hand() -> None:
    # Directions 0°, 0° against 90°, 90°: nothing within, 1 across.
    X = np.array([[1.0, 0.0], [2.0, 0.0], [0.0, 1.0], [0.0, 3.0]])
    assert silhouette(X, ["a", "a", "b", "b"]) == pytest.approx(1)
    # Crosswise: own distance 1, other (0 + 1) / 2.
    assert silhouette(X, ["a", "b", "a", "b"]) == pytest.approx(-0.5)


def test_equal_rows_have_a_silhouette_of_zero_and_not_of_rounding() -> None:
    assert silhouette(np.full((9, 5), 0.1), list("aaabbbccc")) == 0


@pytest.mark.parametrize("labels", ["aaaa", "abcd"])
def test_one_group_or_only_single_rows_have_no_silhouette(labels: str) -> None:
    with pytest.raises(DataError, match="no silhouette"):
        silhouette(np.eye(4), list(labels))


@pytest.mark.parametrize("X", [np.zeros((0, 4)), np.full((30, 4), np.nan), np.zeros((30, 4)), np.ones((1, 4))])
def test_what_has_no_neighbours_is_an_error(X: np.ndarray) -> None:
    with pytest.raises(DataError):
        silhouette(X, ["a"] * len(X))
    with pytest.raises(DataError):
        knn_purity(X, ["a"] * len(X))


def test_labels_are_as_many_as_rows(noise: np.ndarray) -> None:
    for measure in (silhouette, knn_purity):
        with pytest.raises(DataError, match="90 vectors have 2 labels"):
            measure(noise, ["a", "b"])


def test_purity_by_hand() -> None:
    angles = np.radians([0, 1, 2, 90, 91, 92])
    X = np.column_stack([np.cos(angles), np.sin(angles)])
    assert knn_purity(X, list("aaabbb"), k=2) == 1
    # Of the two neighbours each: aab → (1, 0), (1, 0), (0, 0); the same on the other side.
    assert knn_purity(X, list("aabbba"), k=2) == pytest.approx((0.5 + 0.5 + 0) * 2 / 6)


def parallel_space(by_cell: float, by_type: float) -> tuple[np.ndarray, list[str], list[str], list[str]]:
    """60 cells of three types in five languages, drawn together by cell and by type as told."""
    generator = np.random.default_rng(1)
    cell, kind, dimensions = np.tile(np.arange(60), 5), np.tile(np.arange(60) % 3, 5), 40
    X = generator.normal(size=(300, dimensions))
    X += (
        by_cell * generator.normal(size=(60, dimensions))[cell] + by_type * generator.normal(size=(3, dimensions))[kind]
    )
    return X, list(np.repeat(list("abcde"), 60)), [str(k) for k in kind], [str(c) for c in cell]


def table(by_cell: float, by_type: float) -> pd.DataFrame:
    X, *labels = parallel_space(by_cell, by_type)
    return groups_table({("after", 3): X}, *labels).set_index(["measure", "grouping"])


def test_types_that_gather_rise_above_both_floors() -> None:
    row = table(1.0, 2.0).loc[("knn_purity", "type")]
    assert row["value"] > 0.9 > row["floor_parallel_high"]
    assert row["floor"] == pytest.approx(99 / 299, abs=0.03)
    assert row["n"] == 300


def test_parallel_rows_alone_raise_type_purity_above_the_free_floor_but_not_above_the_parallel_one() -> None:
    row = table(3.0, 0.0).loc[("knn_purity", "type")]
    assert row["value"] > row["floor_high"] + 0.2
    assert row["value"] == pytest.approx(row["floor_parallel"], abs=0.06)


def test_the_difference_is_type_minus_language_also_in_its_floor() -> None:
    rows = table(1.0, 1.0)
    for measure in ("silhouette", "knn_purity"):
        for column in ("value", "floor", "floor_parallel"):
            difference = rows.loc[(measure, "type"), column] - rows.loc[(measure, "language"), column]
            assert rows.loc[(measure, "type-language"), column] == pytest.approx(difference)


def test_the_same_seed_gives_the_same_floors() -> None:
    pd.testing.assert_frame_equal(table(1.0, 1.0), table(1.0, 1.0))


def test_too_few_rows_are_empty_with_their_n() -> None:
    rows = groups_table({("before", 0): np.eye(3)}, list("abc"), list("xyx"), list("pqr")).set_index(
        ["measure", "grouping"]
    )
    assert np.isnan(rows.loc[("knn_purity", "type"), "value"])
    assert np.isnan(rows.loc[("silhouette", "language"), "value"])
    assert np.isfinite(rows.loc[("silhouette", "type"), "value"])
    assert (rows["n"] == 3).all()
    assert groups_table({("before", 0): np.zeros((0, 3))}, [], [], [])["value"].isna().all()
