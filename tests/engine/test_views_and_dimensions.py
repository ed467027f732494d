"""Views, contributions of dimensions and isotropy by cluster, against brute force, closed cases and bad input."""

import numpy as np
import pytest

from nerspace.engine.errors import DataError, UsageError
from nerspace.engine.geometry.dimensions import contributions, dimensions_table, top_dimensions, without_dimensions
from nerspace.engine.geometry.isotropy import average_cosine, cluster_isotropy, partition_isotropy, without_clusters
from nerspace.engine.geometry.views import VIEWS, all_but_the_top, centre, standardise, view

DEGENERATE = [np.zeros((0, 4)), np.full((30, 4), np.nan), np.zeros(4)]


@pytest.fixture
def skewed() -> np.ndarray:
    """Sixty rows of eight dimensions, of which the sixth is far from zero."""
    rows = np.random.default_rng(0).normal(size=(60, 8))
    rows[:, 5] += 6
    return rows


def test_contributions_equal_the_definition_over_all_pairs_and_add_up(skewed: np.ndarray) -> None:
    units = skewed / np.linalg.norm(skewed, axis=1, keepdims=True)
    pairs = [units[i] * units[j] for i in range(60) for j in range(60) if i != j]
    assert contributions(skewed) == pytest.approx(np.mean(pairs, axis=0), abs=1e-12)
    assert contributions(skewed).sum() == pytest.approx(average_cosine(skewed))


def test_contributions_by_hand() -> None:
    # u = (1, 0), v = (0.6, 0.8): the only pair has the products 0.6 and 0.
    assert contributions(np.array([[2.0, 0.0], [3.0, 4.0]])) == pytest.approx([0.6, 0.0])


def test_the_planted_dimension_comes_first_and_the_cosine_falls_without_it(skewed: np.ndarray) -> None:
    assert top_dimensions(skewed, 1).tolist() == [5]
    left, removed = without_dimensions(skewed, 1)
    assert removed.tolist() == [5]
    assert left == pytest.approx(np.delete(skewed, 5, axis=1))
    table = dimensions_table({("after", 1): skewed}, np.array(["be"] * 40 + ["en"] * 20), count=3)
    first = table[(table["language"] == "all") & (table["rank"] == 1)].iloc[0]
    assert (first["dimension"], first["n"], first["floor"]) == (5, 60, 1 / 8)
    assert first["share"] == pytest.approx(contributions(skewed)[5] / average_cosine(skewed))
    assert first["cosine_without"] == pytest.approx(average_cosine(left))
    assert average_cosine(skewed) > 0.7 > 0.1 > first["cosine_without"]
    assert len(table) == 9


def test_a_language_of_one_row_has_its_n_and_nothing_else(skewed: np.ndarray) -> None:
    table = dimensions_table({("before", 0): skewed}, np.array(["be"] * 59 + ["en"]))
    [row] = table[table["language"] == "en"].to_dict("records")
    assert (row["n"], row["dimension"]) == (1, -1)
    assert np.isnan(row["contribution"])
    assert np.isnan(row["cosine_without"])


@pytest.mark.parametrize("X", [*DEGENERATE, np.ones((1, 4)), np.zeros((3, 4))])
def test_contributions_refuse_what_has_no_cosine(X: np.ndarray) -> None:
    with pytest.raises(DataError):
        contributions(X)


@pytest.mark.parametrize("count", [-1, 8])
def test_as_many_dimensions_as_there_are_cannot_be_left_out(skewed: np.ndarray, count: int) -> None:
    with pytest.raises(DataError, match="0 to 7"):
        without_dimensions(skewed, count)


def test_centred_rows_have_no_mean_and_standardised_ones_unit_variance(skewed: np.ndarray) -> None:
    assert centre(skewed).mean(axis=0) == pytest.approx(np.zeros(8), abs=1e-12)
    assert standardise(skewed).std(axis=0) == pytest.approx(np.ones(8))
    assert average_cosine(centre(skewed)) == pytest.approx(0, abs=0.03)


def test_a_dimension_that_does_not_vary_is_zero_and_not_nan() -> None:
    rows = np.array([[1.0, 0.1], [3.0, 0.1], [5.0, 0.1]])
    assert standardise(rows)[:, 1].tolist() == [0, 0, 0]
    assert standardise(np.full((7, 3), 0.1)).any() == False  # noqa: E712 - numpy's own False


@pytest.mark.parametrize("shape", [(60, 8), (6, 20)], ids=["long", "wide"])
def test_all_but_the_top_removes_what_the_svd_names_first(shape: tuple[int, int]) -> None:
    X = np.random.default_rng(1).normal(size=shape) * np.arange(1, shape[1] + 1) + 2
    u, s, vt = np.linalg.svd(X - X.mean(axis=0), full_matrices=False)
    s[:2] = 0
    assert all_but_the_top(X, 2) == pytest.approx(u * s @ vt, abs=1e-9)
    assert all_but_the_top(X, 0) == pytest.approx(centre(X))


def test_all_but_the_top_removes_a_hundredth_of_the_dimensions_by_default() -> None:
    for d, count in ((50, 1), (384, 4), (768, 8)):
        X = np.random.default_rng(2).normal(size=(d + 20, d))
        assert np.linalg.matrix_rank(all_but_the_top(X), tol=1e-6) == d - count


def test_too_many_components_are_refused(skewed: np.ndarray) -> None:
    with pytest.raises(DataError, match="0 to 7"):
        all_but_the_top(skewed, 8)


@pytest.mark.parametrize("name", ["centred", "top-removed", "standardised"])
@pytest.mark.parametrize("X", DEGENERATE)
def test_a_view_of_nothing_is_refused(name: str, X: np.ndarray) -> None:
    with pytest.raises(DataError):
        view(X, name)


def test_views_are_known_by_name(skewed: np.ndarray) -> None:
    assert view(skewed, "raw") is skewed
    for name in VIEWS:
        assert view(skewed, name).shape == skewed.shape
    with pytest.raises(UsageError, match="raw, centred, top-removed, standardised"):
        view(skewed, "whitened")


def test_clusters_far_apart_lose_their_means_and_become_isotropic() -> None:
    generator = np.random.default_rng(3)
    places = np.repeat(generator.normal(size=(4, 6)) * 30, 50, axis=0)
    X = places + generator.normal(scale=0.1, size=(200, 6))
    left = without_clusters(X, clusters=4, components=0)
    by_hand = X - np.repeat(X.reshape(4, 50, 6).mean(axis=1), 50, axis=0)
    assert left == pytest.approx(by_hand, abs=1e-9)
    assert cluster_isotropy(X, 4, 0) == pytest.approx(partition_isotropy(by_hand))
    assert partition_isotropy(X) < -10 < -0.1 < cluster_isotropy(X, 4, 0) <= 0


def test_the_same_seed_gives_the_same_clusters(skewed: np.ndarray) -> None:
    assert cluster_isotropy(skewed, seed=4) == cluster_isotropy(skewed, seed=4)
    with pytest.raises(DataError, match="At least 10"):
        cluster_isotropy(skewed[:9])
