"""Isotropy and similarity against closed cases, brute force and degenerate input."""

import itertools
import threading
import time

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from nerspace.engine.errors import DataError
from nerspace.engine.geometry import neighbours
from nerspace.engine.geometry.isotropy import (
    MEASURES,
    average_cosine,
    cluster_isotropy,
    coinciding_rows,
    isoscore,
    isotropy_table,
    local_intrinsic_dimension,
    noise_floor,
    partition_isotropy,
)
from nerspace.engine.geometry.similarity import (
    cka_table,
    cka_with_floor,
    drift_table,
    linear_cka,
    parallel_cosine,
    parallel_cosine_table,
    shuffled_cosine,
    typed_cosine,
)
from nerspace.engine.geometry.views import in_threads


@pytest.fixture
def noise() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(200, 12)) + 0.3


def test_average_cosine_equals_all_pairs(noise: np.ndarray) -> None:
    units = noise / np.linalg.norm(noise, axis=1, keepdims=True)
    pairs = (units @ units.T)[np.triu_indices(200, 1)]
    assert average_cosine(noise) == pytest.approx(pairs.mean(), abs=1e-12)
    assert average_cosine(np.array([[1.0, 0.0], [0.0, 2.0]])) == pytest.approx(0)
    assert average_cosine(np.array([[1.0, 1.0], [-2.0, -2.0]])) == pytest.approx(-1)


def test_isoscore_is_one_for_equal_axes_and_zero_for_a_line() -> None:
    axes = np.concatenate([np.eye(5), -np.eye(5)])
    assert isoscore(axes) == pytest.approx(1)
    line = np.outer(np.arange(10.0), np.ones(5))
    assert isoscore(line) == pytest.approx(0, abs=1e-9)


def test_isoscore_of_white_noise_is_about_n_over_n_plus_d() -> None:
    for n, d in ((50, 100), (400, 100)):
        assert noise_floor("isoscore", n, d) == pytest.approx(n / (n + d), rel=0.05)


def test_isoscore_equals_its_definition_by_the_covariance(noise: np.ndarray) -> None:
    covariance = np.cov(noise.T)
    ratio = np.trace(covariance) ** 2 / (covariance**2).sum()
    assert isoscore(noise) == pytest.approx((ratio - 1) / 11)
    assert isoscore(noise[:5]) == pytest.approx(isoscore(np.array(noise[:5], dtype=np.float32)), rel=1e-5)


def test_partition_isotropy_is_zero_for_symmetric_axes_and_uses_both_signs() -> None:
    assert partition_isotropy(np.concatenate([np.eye(4), -np.eye(4)])) == pytest.approx(0)
    # One point at (1, 0): F is e, 1/e, 1 and 1 along the four directions.
    assert partition_isotropy(np.array([[1.0, 0.0]])) == pytest.approx(-2 / np.log(10))


def test_partition_isotropy_survives_large_vectors() -> None:
    assert np.isfinite(partition_isotropy(np.random.default_rng(0).normal(size=(50, 4)) * 1e4))


def test_intrinsic_dimension_of_a_flat_sheet_in_space_is_two() -> None:
    sheet = np.random.default_rng(0).uniform(size=(2000, 2))
    inside = sheet @ np.random.default_rng(1).normal(size=(2, 30))
    assert local_intrinsic_dimension(inside) == pytest.approx(2, abs=0.25)


def test_asking_some_rows_gives_nearly_the_intrinsic_dimension_of_all() -> None:
    X = np.random.default_rng(0).normal(size=(3000, 8))
    assert local_intrinsic_dimension(X) == pytest.approx(local_intrinsic_dimension(X, at_most=3000), rel=0.02)
    assert local_intrinsic_dimension(X) == local_intrinsic_dimension(X)


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize(
    "X",
    [np.zeros((0, 4)), np.full((30, 4), np.nan), np.zeros(4)],
    ids=["none", "nan", "flat"],
)
def test_what_cannot_be_measured_is_an_error_and_never_nan(measure: str, X: np.ndarray) -> None:
    with pytest.raises(DataError):
        MEASURES[measure](X)


def test_zero_vectors_and_equal_vectors_are_refused_with_their_count() -> None:
    with pytest.raises(DataError, match="1 of 3 vectors are zero"):
        average_cosine(np.array([[1.0, 0.0], [0.0, 0.0], [1.0, 1.0]]))
    with pytest.raises(DataError, match="all|same"):
        isoscore(np.full((20, 3), 0.1))
    with pytest.raises(DataError, match="coincide"):
        local_intrinsic_dimension(np.ones((40, 3)))


def test_the_isotropy_table_has_every_language_and_an_empty_value_where_n_is_too_small(noise: np.ndarray) -> None:
    languages = np.array(["be"] * 195 + ["en"] * 5)
    table = isotropy_table({("before", 0): noise}, languages).set_index(["language", "measure"])
    assert set(table.index.get_level_values("language")) == {"all", "be", "en"}
    assert table.loc[("all", "mean_cosine"), "value"] == pytest.approx(average_cosine(noise))
    assert np.isnan(table.loc[("en", "lid"), "value"])
    assert table.loc[("en", "lid"), "n"] == 5


def test_tables_are_the_same_whatever_threads_numpy_may_have() -> None:
    generator = np.random.default_rng(3)
    vectors = {("before", 0): generator.normal(size=(2400, 48)), ("after", 0): generator.normal(size=(2400, 48)) + 0.2}
    languages = np.repeat(["be", "en", "ru"], 800)
    cells = np.tile(np.arange(800), 3)
    seen: set[str] = set()

    def note(item: int) -> int:
        seen.add(threading.current_thread().name)
        time.sleep(0.02)
        return item * item

    made = []
    for threads in (1, 2):
        with threadpool_limits(threads, "blas"):
            neighbours._KEPT.clear()
            made.append([
                isotropy_table(vectors, languages), neighbours.hubness_table(vectors, languages),
                neighbours.retrieval_table(vectors, languages, cells),
            ])  # fmt: skip
            assert in_threads(note, range(8)) == [number * number for number in range(8)]
            assert len(seen) == (1 if threads == 1 else 3)
            assert max(pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas") == threads
    for one, other in zip(*made, strict=True):
        pd.testing.assert_frame_equal(one, other, check_exact=True)


def test_parallel_cosine_and_its_shuffled_floor_equal_brute_force(noise: np.ndarray) -> None:
    A, B = noise[:40], noise[:40] + np.random.default_rng(2).normal(size=(40, 12))
    cosines = (A @ B.T) / np.outer(np.linalg.norm(A, axis=1), np.linalg.norm(B, axis=1))
    assert parallel_cosine(A, B) == pytest.approx(np.diag(cosines).mean())
    assert shuffled_cosine(A, B) == pytest.approx(cosines[~np.eye(40, dtype=bool)].mean())


def test_parallel_rows_are_matched_by_cell_not_by_place() -> None:
    X = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    table = parallel_cosine_table({("after", 1): X}, ["be", "be", "en", "en", "en"], ["p", "q", "q", "p", "r"])
    row = table.iloc[0]
    assert (row["a"], row["b"], row["n"]) == ("be", "en", 2)
    assert (row["cosine"], row["floor"]) == (pytest.approx(1), pytest.approx(0))


def test_the_floor_of_a_type_pairs_a_name_with_all_others_of_its_type(noise: np.ndarray) -> None:
    A, B = noise[:12], noise[:12] + np.random.default_rng(2).normal(size=(12, 12))
    types, names = list("ppppppllllll"), list("aabbccddeeff")
    cosines = (A @ B.T) / np.outer(np.linalg.norm(A, axis=1), np.linalg.norm(B, axis=1))
    pairs = [cosines[i, j] for i in range(12) for j in range(12) if types[i] == types[j] and names[i] != names[j]]
    assert typed_cosine(A, B, types, names) == pytest.approx(np.mean(pairs))
    cells = [f"c{i}/{name}" for i, name in enumerate(names)]
    vectors = {("after", 1): np.concatenate([A, B])}
    table = parallel_cosine_table(vectors, ["be"] * 12 + ["en"] * 12, cells * 2, types * 2)
    assert table.loc[0, "floor_type"] == pytest.approx(np.mean(pairs))
    assert np.isnan(parallel_cosine_table(vectors, ["be"] * 12 + ["en"] * 12, cells * 2).loc[0, "floor_type"])
    with pytest.raises(DataError, match="two names"):
        typed_cosine(A, B, types, types)


def test_partition_isotropy_of_unit_rows_is_free_of_scale_and_the_other_has_noise_of_its_length(
    noise: np.ndarray,
) -> None:
    assert MEASURES["log10_partition_unit"](noise) == pytest.approx(MEASURES["log10_partition_unit"](7 * noise))
    assert partition_isotropy(7 * noise) < partition_isotropy(noise) - 1
    table = isotropy_table({("before", 0): noise, ("after", 0): 3 * noise}, None).set_index(["stage", "measure"])
    drawn = np.random.default_rng(0).normal(scale=12**-0.5, size=(200, 12))
    for stage, times in (("before", 1), ("after", 3)):
        length = np.sqrt((noise**2).sum(axis=1).mean()) * times
        for measure in ("log10_partition", "log10_partition_clusters"):
            expected = MEASURES[measure](length * drawn)
            assert table.loc[(stage, measure), "floor"] == pytest.approx(expected, rel=0.02), (stage, measure)
    same = [table.loc[(stage, "log10_partition_unit"), ["value", "floor"]].tolist() for stage in ("before", "after")]
    assert same[0] == pytest.approx(same[1])


def test_the_isotropy_table_tells_what_k_means_and_equal_rows_do() -> None:
    X = np.random.default_rng(0).normal(size=(120, 6))
    X[60:90] = X[:30]
    table = isotropy_table({("before", 0): X}, None).set_index("measure")
    values = [cluster_isotropy(X, seed=seed) for seed in range(5)]
    # The table is computed in single precision, of which a difference of values has fewer digits left.
    value, spread = table.loc["log10_partition_clusters", ["value", "spread"]]
    assert value == pytest.approx(values[0])
    assert spread == pytest.approx(np.std(values, ddof=1), rel=1e-4)
    assert table.loc["lid", "left_out"] == coinciding_rows(X) == pytest.approx(60 / 120)
    assert table["spread"].notna().sum() == table["left_out"].notna().sum() == 1
    alike = isotropy_table({("before", 0): np.ones((40, 3))}, None).set_index("measure").loc["lid"]
    assert (np.isnan(alike["value"]), alike["left_out"]) == (True, 1)


def test_cka_ignores_rotation_and_scale_and_is_low_for_unrelated_rows(noise: np.ndarray) -> None:
    rotation = np.linalg.qr(np.random.default_rng(3).normal(size=(12, 12)))[0]
    assert linear_cka(noise, 3 * noise @ rotation + 1) == pytest.approx(1)
    assert linear_cka(noise, np.random.default_rng(4).normal(size=(200, 12))) < 0.2
    with pytest.raises(DataError, match="all the same"):
        linear_cka(noise, np.ones((200, 3)))


@pytest.mark.parametrize("n", [5, 30], ids=["fewer rows than dimensions", "more"])
def test_cka_equals_its_definition_and_its_floor_all_pairings(noise: np.ndarray, n: int) -> None:
    X, Y = noise[:n], noise[100 : 100 + n] + noise[:n]
    x, y = X - X.mean(axis=0), Y - Y.mean(axis=0)
    norm = np.linalg.norm(x.T @ x) * np.linalg.norm(y.T @ y)
    value, floor = cka_with_floor(X, Y)
    assert value == linear_cka(X, Y) == pytest.approx(np.linalg.norm(y.T @ x) ** 2 / norm)
    if n == 5:
        orders = list(itertools.permutations(range(n)))
    else:
        orders = [np.random.default_rng(i).permutation(n) for i in range(3000)]
    shuffled = [np.linalg.norm(y[list(order)].T @ x) ** 2 / norm for order in orders]
    assert floor == pytest.approx(np.mean(shuffled), rel=1e-9 if n == 5 else 0.02)


@pytest.mark.parametrize(
    ("X", "Y"),
    [
        (np.zeros((0, 3)), np.zeros((0, 3))),
        (np.ones((1, 3)), np.ones((1, 3))),
        (np.eye(3), np.eye(4)),
        (np.full((9, 3), 0.1), np.random.default_rng(0).normal(size=(9, 3))),
        (np.full((3, 3), np.nan), np.eye(3)),
    ],
)
def test_cka_refuses_what_has_no_arrangement(X: np.ndarray, Y: np.ndarray) -> None:
    with pytest.raises(DataError):
        linear_cka(X, Y)


def test_the_cka_table_compares_parallel_rows_and_is_empty_where_there_are_too_few(noise: np.ndarray) -> None:
    X = np.concatenate([noise[:20], 2 * noise[19::-1], noise[:1]])
    languages = ["be"] * 20 + ["en"] * 20 + ["tr"]
    cells = [*map(str, range(20)), *map(str, range(19, -1, -1)), "0"]
    table = cka_table({("after", 1): X}, languages, cells).set_index(["a", "b"])
    assert table.loc[("be", "en"), "value"] == pytest.approx(1)
    assert 0 < table.loc[("be", "en"), "floor"] < 0.7
    assert table.loc[("be", "tr"), "n"] == 1
    assert np.isnan(table.loc[("be", "tr"), "value"])


def test_drift_is_one_where_nothing_but_the_scale_moved(noise: np.ndarray) -> None:
    moved = noise + 3 * np.random.default_rng(5).normal(size=noise.shape)
    vectors = {("before", 0): noise, ("before", 2): noise, ("after", 0): 2 * noise, ("after", 2): moved}
    table = drift_table(vectors, np.array(["be"] * 199 + ["en"])).set_index(["layer", "language"])
    assert set(table["stage"]) == {"after"}
    assert set(table["against"]) == {"before"}
    assert table.loc[(0, "all"), "value"] == pytest.approx(1)
    assert table.loc[(2, "be"), "floor"] < table.loc[(2, "be"), "value"] < 0.9
    assert table.loc[(0, "en"), "n"] == 1
    assert np.isnan(table.loc[(0, "en"), "value"])
    assert drift_table({("before", 0): noise}, np.array(["be"] * 200)).empty
