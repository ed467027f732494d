"""Hubs, retrieval and nearest neighbours against scikit-learn, loops, hand-made cases and bad input."""

import numpy as np
import pandas as pd
import pytest
from sklearn.neighbors import NearestNeighbors

from nerspace.engine.errors import DataError, UsageError
from nerspace.engine.geometry import neighbours
from nerspace.engine.geometry.neighbours import (
    hubness,
    hubness_table,
    nearest_neighbours,
    nearest_table,
    occurrences,
    retrieval,
    retrieval_table,
)
from nerspace.engine.geometry.views import unit_rows

DEGENERATE = [np.zeros((0, 4)), np.full((30, 4), np.nan), np.zeros(4), np.zeros((30, 4)), np.ones((10, 4))]


@pytest.fixture
def noise() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(1500, 12)) + 0.3


def test_neighbours_equal_those_of_scikit_learn_across_blocks(noise: np.ndarray) -> None:
    found = NearestNeighbors(n_neighbors=10, metric="cosine", algorithm="brute").fit(noise)
    for k in (1, 10, 40):
        near = found.kneighbors(n_neighbors=k, return_distance=False)
        assert (nearest_neighbours(noise, k) == near).mean() > 0.999


def test_every_row_names_k_others_and_never_itself(noise: np.ndarray) -> None:
    near = nearest_neighbours(noise, 3)
    assert near.shape == (1500, 3)
    assert not (near == np.arange(1500)[:, None]).any()
    assert occurrences(noise, 3).sum() == 1500 * 3


def test_hubness_is_zero_on_a_circle_and_high_beside_a_hub() -> None:
    angles = np.arange(12) * 2 * np.pi / 12
    assert hubness(np.column_stack([np.cos(angles), np.sin(angles)]), k=2) == 0
    # Eleven axes are as far from each other as can be, and all near to their sum.
    star = np.concatenate([np.eye(11), np.ones((1, 11))])
    counts = occurrences(star, 1)
    assert counts[-1] == 11
    off = counts - counts.mean()
    assert hubness(star, 1) == pytest.approx((off**3).mean() / (off**2).mean() ** 1.5)
    assert hubness(star, 1) > 2


@pytest.mark.parametrize("X", DEGENERATE)
def test_what_has_no_nearest_is_an_error(X: np.ndarray) -> None:
    with pytest.raises(DataError):
        hubness(X)


def test_equal_rows_are_told_and_k_is_bounded(noise: np.ndarray) -> None:
    with pytest.raises(DataError, match="All 40 vectors point the same way"):
        hubness(np.outer(np.arange(1.0, 41), [1.0, 2.0]))
    for k in (0, 5):
        with pytest.raises(DataError, match="1 to 4"):
            nearest_neighbours(noise[:5], k)


def test_the_hubness_table_has_its_floor_and_is_empty_where_n_is_too_small(noise: np.ndarray) -> None:
    languages = np.array(["be"] * 1494 + ["en"] * 6)
    table = hubness_table({("before", 0): noise}, languages).set_index("language")
    assert table.loc["all", "skewness"] == pytest.approx(hubness(noise))
    assert table.loc["all", "largest"] >= 10
    assert np.isfinite(table.loc["be", "floor"])
    assert table.loc["en", "n"] == 6
    assert np.isnan(table.loc["en", "skewness"])


def slow_retrieval(A: np.ndarray, B: np.ndarray, csls: bool, k: int) -> tuple[float, float]:
    cosine = [[a @ b / np.linalg.norm(a) / np.linalg.norm(b) for b in B] for a in A]
    columns = list(zip(*cosine, strict=True))
    firsts, reciprocals = [], []
    for i, row in enumerate(cosine):
        scores = list(row)
        if csls:
            r_a = np.mean(sorted(row)[-k:])
            scores = [2 * s - r_a - np.mean(sorted(columns[j])[-k:]) for j, s in enumerate(row)]
        rank = 1 + sum(score > scores[i] for score in scores)
        firsts.append(rank == 1)
        reciprocals.append(1 / rank)
    return float(np.mean(firsts)), float(np.mean(reciprocals))


@pytest.mark.parametrize("method", ["cosine", "csls"])
def test_retrieval_equals_a_plain_loop(noise: np.ndarray, method: str) -> None:
    A, B = noise[:40], noise[:40] + np.random.default_rng(1).normal(size=(40, 12))
    found = retrieval(A, B, method, k=5)
    assert (found.p_at_1, found.mrr) == pytest.approx(slow_retrieval(A, B, method == "csls", 5))
    assert found.n == 40
    assert found.chance == 1 / 40
    assert found.chance_mrr == pytest.approx(sum(1 / r for r in range(1, 41)) / 40)


def test_csls_brings_down_a_hub() -> None:
    # Both rows of A are nearest to the second row of B, which is the parallel of one of them only.
    A = np.array([[1.0, 0.5], [0.5, 1.0]])
    B = np.array([[1.0, -0.2], [1.0, 1.0]])
    assert retrieval(A, B).p_at_1 == 0.5
    assert retrieval(A, B, "csls", k=2).p_at_1 == 1


def test_ties_share_their_ranks_so_that_equal_vectors_score_chance() -> None:
    for method in ("cosine", "csls"):
        found = retrieval(np.ones((5, 3)), np.ones((5, 3)), method)
        assert (found.p_at_1, found.mrr) == pytest.approx((found.chance, found.chance_mrr))
    # The first two rows of B are equal: each of their parallels is first half of the time, second the other half.
    found = retrieval(np.eye(3)[[0, 0, 1]], np.eye(3)[[0, 0, 1]])
    assert (found.p_at_1, found.mrr) == pytest.approx(((0.5 + 0.5 + 1) / 3, (0.75 + 0.75 + 1) / 3))


def test_one_parallel_row_is_found_by_necessity_and_so_is_chance() -> None:
    found = retrieval(np.ones((1, 3)), -np.ones((1, 3)), "csls")
    assert (found.p_at_1, found.mrr, found.chance, found.chance_mrr) == (1, 1, 1, 1)


@pytest.mark.parametrize("X", [np.zeros((0, 4)), np.full((3, 4), np.nan), np.zeros((3, 4))])
def test_retrieval_refuses_what_has_no_direction(X: np.ndarray) -> None:
    with pytest.raises(DataError):
        retrieval(X, X)


def test_retrieval_refuses_unequal_sides_and_unknown_methods() -> None:
    with pytest.raises(DataError, match="equal shapes"):
        retrieval(np.eye(3), np.eye(4))
    with pytest.raises(UsageError, match="cosine, csls"):
        retrieval(np.eye(3), np.eye(3), "euclid")


def test_the_retrieval_table_holds_every_ordered_pair_matched_by_cell(noise: np.ndarray) -> None:
    X = np.concatenate([noise[:3], noise[[2, 1, 0]], noise[:1]])
    table = retrieval_table({("after", 2): X}, ["be"] * 3 + ["en"] * 3 + ["tr"], ["p", "q", "r", "r", "q", "p", "z"])
    assert len(table) == 3 * 2 * 2
    found = table.set_index(["a", "b", "method"])
    assert found.loc[("be", "en", "cosine"), "p_at_1"] == found.loc[("en", "be", "csls"), "p_at_1"] == 1
    assert found.loc[("tr", "be", "cosine"), "n"] == 0
    assert np.isnan(found.loc[("tr", "be", "cosine"), "p_at_1"])


def test_the_neighbours_of_a_point_are_in_order_and_without_itself() -> None:
    X = np.array([[1.0, 0.0], [1.0, 0.1], [0.0, 1.0], [1.0, 1.0]])
    points = pd.DataFrame({name: list("abcd") for name in ("sentence", "language", "type", "entity", "form")})
    table = nearest_table({("before", 0): X}, points, 0, k=2)
    assert list(table["neighbour"]) == [1, 3]
    assert list(table["form"]) == ["b", "d"]
    assert table["cosine"][1] == pytest.approx(0.5**0.5)
    assert table["floor"][0] == pytest.approx((1 / 1.01**0.5 + 0 + 0.5**0.5) / 3)
    for point in (-1, 4):
        with pytest.raises(UsageError, match="0 to 3"):
            nearest_table({("before", 0): X}, points, point)
    with pytest.raises(DataError, match="single point"):
        nearest_table({("before", 0): X[:1]}, points[:1], 0)


def test_the_retrieval_table_in_single_precision_ranks_as_double_precision_does() -> None:
    generator = np.random.default_rng(0)
    first = generator.normal(size=(220, 24))
    second = first + generator.normal(size=(220, 24))
    # Rows that are equal, that nearly are, and a space in which single precision tells nothing apart.
    second[20:24] = second[20]
    second[30] = second[31] * (1 + 1e-12)
    second[40] = second[41] + 1e-7
    first[50:53] = first[50]
    spread = np.concatenate([first, second])
    languages, cells = ["be"] * 220 + ["en"] * 220, [str(i) for i in range(220)] * 2
    for X in (spread, spread.astype(np.float32), spread * 1e-4 + 5, np.ones((440, 24))):
        table = retrieval_table({("before", 0): X}, languages, cells)
        for row in table.itertuples():
            A, B = (X[:220], X[220:]) if row.a == "be" else (X[220:], X[:220])
            found = retrieval(A, B, row.method)
            assert (row.p_at_1, row.mrr) == pytest.approx((found.p_at_1, found.mrr), abs=1e-12), row
        assert len(table) == 4


def test_neighbours_of_a_large_space_are_searched_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    X = np.random.default_rng(0).normal(size=(2100, 6))
    search, asked = neighbours._search, []
    monkeypatch.setattr(neighbours, "_search", lambda units, k: asked.append(k) or search(units, k))
    monkeypatch.setattr(neighbours, "_KEPT", {})
    three, ten, twelve = (nearest_neighbours(X, k) for k in (3, 10, 12))
    assert asked == [10, 12]
    assert (three == ten[:, :3]).all()
    assert (ten == twelve[:, :10]).all()
    assert (nearest_neighbours(X + 1, 10) != ten).any()
    assert (search(unit_rows(X).astype(np.float32), 3) == three).all()
