"""Tests and intervals over languages, against direct loops, closed cases and scipy."""

from itertools import permutations

import numpy as np
import pytest
from scipy import stats

from nerspace.engine.statistics import mantel as module
from nerspace.engine.statistics.mantel import (
    label_pairs,
    label_permutations,
    language_interval,
    mantel,
    weighted_pearson,
    weighted_spearman,
)

CODES = ["aa", "bb", "cc", "dd", "ee"]


def square(size: int, seed: int) -> np.ndarray:
    found = np.random.default_rng(seed).random((size, size))
    return (found + found.T) / 2


def all_pairs(distances: np.ndarray, errors: np.ndarray, donors: int | None = None) -> module.LanguagePairs:
    """Every donor in every other language; donors are the first ones."""
    size = len(distances)
    chosen = [(i, j) for i in range(donors or size) for j in range(size) if i != j]
    return label_pairs(
        [CODES[i] for i, _ in chosen], [CODES[j] for _, j in chosen], [distances[i, j] for i, j in chosen],
        [errors[i, j] for i, j in chosen], lambda _: "",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("weighted", "reference"), [(weighted_pearson, stats.pearsonr), (weighted_spearman, stats.spearmanr)]
)
def test_a_weight_counts_as_repeating_the_pair(weighted: object, reference: object) -> None:
    generator = np.random.default_rng(3)
    x, y = generator.integers(0, 5, (4, 12)).astype(float), generator.normal(size=(1, 12))
    weights = generator.integers(0, 4, (4, 12)).astype(float)
    found = weighted(x, y, weights)
    for row in range(4):
        times = weights[row].astype(int)
        expected = reference(np.repeat(x[row], times), np.repeat(y[0], times)).statistic
        assert found[row] == pytest.approx(expected)
    assert np.isnan(weighted(np.ones((1, 12)), y, np.ones((1, 12)))[0])
    assert np.isnan(weighted(x[:1], y, np.zeros((1, 12)))[0])


@pytest.mark.parametrize(
    ("statistic", "reference"),
    [(weighted_pearson, stats.pearsonr), (weighted_spearman, stats.spearmanr)],
)
def test_mantel_equals_a_direct_loop_over_all_relabellings(statistic: object, reference: object) -> None:
    distances, errors = square(5, 0), np.random.default_rng(1).random((5, 5)) + square(5, 0)
    off = [(i, j) for i in range(5) for j in range(5) if i != j]
    y = [errors[i, j] for i, j in off]
    values = [
        abs(reference([distances[order[i], order[j]] for i, j in off], y).statistic) for order in permutations(range(5))
    ]
    found = mantel(all_pairs(distances, errors), statistic)
    assert (found.permutations, found.exact) == (120, True)
    assert found.p == pytest.approx(np.mean(np.array(values) >= values[0] - 1e-12))
    assert found.chance == pytest.approx(np.quantile(values, 0.95))


def test_mantel_of_a_matrix_with_itself_counts_its_symmetries() -> None:
    generic = square(4, 2)
    assert mantel(all_pairs(generic, generic), weighted_pearson).p == pytest.approx(1 / 24)
    line = np.abs(np.subtract.outer(np.arange(4.0), np.arange(4.0)))
    assert mantel(all_pairs(line, line), weighted_pearson).p == pytest.approx(2 / 24)


def test_one_donor_is_the_plain_shuffle_of_its_recipients() -> None:
    distances, errors = square(5, 4), square(5, 5)
    x, y = distances[0, 1:], errors[0, 1:]
    values = [abs(np.corrcoef(x[list(order)], y)[0, 1]) for order in permutations(range(4))]
    found = mantel(all_pairs(distances, errors, donors=1), weighted_pearson)
    assert found.permutations == 24
    assert found.p == pytest.approx(np.mean(np.array(values) >= values[0] - 1e-12))


def test_with_some_donors_every_relabelled_distance_is_a_known_one() -> None:
    pairs = all_pairs(square(5, 6), square(5, 7), donors=2)
    labels, exact = label_permutations(pairs.strata, 0)
    assert exact
    assert len(labels) == 2 * 6
    assert np.isfinite(pairs.distances[labels[:, pairs.donors], labels[:, pairs.recipients]]).all()
    assert (labels[0] == np.arange(5)).all()


def test_drawn_relabellings_stay_in_their_strata_and_come_near_the_full_count(monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = all_pairs(square(5, 0), np.random.default_rng(8).random((5, 5)))
    whole = mantel(pairs, weighted_pearson)
    monkeypatch.setattr(module, "EXACT", 0)
    drawn = mantel(pairs, weighted_pearson, seed=3)
    assert not drawn.exact
    assert drawn.permutations == 2001
    assert drawn.p == pytest.approx(whole.p, abs=0.05)
    assert mantel(pairs, weighted_pearson, seed=3) == drawn
    labels, _ = label_permutations(["x", "y", "x", "y", "y"], 1)
    assert set(map(tuple, np.sort(labels[:, [0, 2]], axis=1))) == {(0, 2)}
    assert len({tuple(row) for row in labels}) == 2 * 6


def test_mantel_does_not_take_language_effects_for_a_correlation() -> None:
    """Where a language is hard or easy by itself, shuffled pairs cry wolf; exchanged languages do not."""
    generator = np.random.default_rng(5)
    wolf, calm = 0, 0
    for _ in range(60):
        place, hard = generator.normal(size=5), generator.normal(size=5)
        distances = np.abs(np.subtract.outer(place, place))
        errors = np.abs(np.subtract.outer(hard, hard))
        pairs = all_pairs(distances, errors)
        x, y = pairs.pair_distances, pairs.errors
        shuffled = [abs(np.corrcoef(generator.permutation(x), y)[0, 1]) for _ in range(100)]
        wolf += np.mean(np.array(shuffled) >= abs(np.corrcoef(x, y)[0, 1])) < 0.05
        calm += mantel(pairs, weighted_pearson).p < 0.05
    assert calm <= 8
    assert wolf > 1.5 * calm


def test_the_interval_draws_languages_as_a_direct_loop_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RESAMPLES", 40)
    distances, errors = square(5, 9), square(5, 10)
    pairs = all_pairs(distances, errors)
    drawn = np.random.default_rng(2).integers(0, 5, (40, 5))
    values = []
    for languages in drawn:
        both = [(distances[a, b], errors[a, b]) for a in languages for b in languages if a != b]
        x, y = np.array(both).T if both else (np.array([]), np.array([]))
        if len(set(x)) > 1:
            values.append(np.corrcoef(x, y)[0, 1])
    assert language_interval(pairs, weighted_pearson, seed=2) == pytest.approx(np.quantile(values, [0.025, 0.975]))


def test_what_is_not_defined_is_nan_and_a_perfect_line_has_no_interval() -> None:
    distances = square(5, 11)
    flat = all_pairs(distances, np.ones((5, 5)))
    assert np.isnan(mantel(flat, weighted_pearson).p)
    assert np.isnan(language_interval(flat, weighted_pearson)).all()
    line = all_pairs(distances, 2 * distances + 1)
    assert np.isnan(language_interval(line, weighted_pearson)).all()
    nothing = label_pairs([], [], [], [], lambda _: "")
    assert np.isnan(mantel(nothing, weighted_pearson).p)
    assert np.isnan(language_interval(nothing, weighted_pearson)).all()
