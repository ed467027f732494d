"""Movers, outliers, and the cluster of a point on a map."""

import numpy as np
import pandas as pd
import pytest

from nerspace.engine.errors import DataError, UsageError
from nerspace.engine.geometry.standing_out import mover_table, outlier_table
from nerspace.engine.projection.clusters import cluster_around, gap_around, usual_step


def _points(types):
    numbers = range(len(types))
    return pd.DataFrame({
        "point": numbers, "sentence": [f"en/c{n}/e{n}" for n in numbers], "language": "en", "type": types,
        "entity": [f"e{n}" for n in numbers], "form": [f"E{n}" for n in numbers],
    })  # fmt: skip


def _two_groups(generator, n=24):
    """Two types around two directions."""
    types = ["PER"] * (n // 2) + ["LOC"] * (n // 2)
    middle = np.repeat(np.eye(2), n // 2, axis=0)
    return types, np.concatenate([5 * middle, generator.normal(0, 0.3, (n, 6))], axis=1)


def test_the_point_that_changes_its_group_is_the_largest_mover_and_the_outlier_of_its_type():
    types, before = _two_groups(np.random.default_rng(0))
    after = before.copy()
    after[3, :2] = before[20, :2]
    vectors = {("before", 6): before, ("after", 6): after}
    movers = mover_table(vectors, _points(types), k=5)
    assert len(movers) == len(types)
    top = movers.iloc[0]
    assert (top["point"], top["kept"], top["own_type"], top["own_type_against"]) == (3, 0.0, 0.0, 1.0)
    assert (top["stage"], top["against"]) == ("after", "before")
    assert movers["rank"].tolist() == list(range(1, len(types) + 1))
    assert movers["chance"].iloc[0] == 5 / 23
    outliers = outlier_table(vectors, _points(types), k=5)
    top = outliers[(outliers["stage"] == "after") & (outliers["rank"] == 1)].iloc[0]
    assert (top["point"], top["own_type"], top["among"]) == (3, 0.0, "LOC")
    assert top["floor"] == 11 / 23
    assert (outliers[outliers["stage"] == "before"]["own_type"] == 1.0).all()


def test_what_did_not_change_kept_everybody_and_did_not_turn():
    types, before = _two_groups(np.random.default_rng(1))
    movers = mover_table({("before", 0): before, ("after", 0): 3 * before}, _points(types))
    assert (movers["kept"] == 1.0).all()
    assert movers["cosine"].tolist() == pytest.approx([1.0] * len(types))


def test_few_points_are_all_neighbours_and_one_is_refused():
    types, before = _two_groups(np.random.default_rng(1), 4)
    assert (outlier_table({("before", 0): before}, _points(types))["k"] == 3).all()
    assert mover_table({("before", 0): before}, _points(types)).empty
    with pytest.raises(DataError, match="single point"):
        outlier_table({("before", 0): before[:1]}, _points(types[:1]))


def test_the_cluster_of_a_point_ends_where_the_gap_is():
    generator = np.random.default_rng(2)
    places = np.concatenate([generator.normal(0, 1, (60, 2)), generator.normal(0, 1, (40, 2)) + 30])
    places[5] = np.nan
    step = usual_step(places)
    found = cluster_around(places, 70, 6 * step)
    assert found.tolist() == list(range(60, 100))
    assert len(cluster_around(places, 0, 40)) == 99
    assert cluster_around(places, 0, 0.0).tolist() == [0]
    with pytest.raises(UsageError, match="no point 5"):
        cluster_around(places, 5, step)
    assert usual_step(places[:3]) == 0.0


def _plain(places, start, step):
    """Step by step, from whoever was reached to whoever is near."""
    reached = {start}
    front = [start]
    while front:
        near = np.linalg.norm(places - places[front.pop()], axis=1) <= step
        found = set(np.flatnonzero(near).tolist()) - reached
        reached |= found
        front += found
    return sorted(reached)


@pytest.mark.parametrize("kind", ["scattered", "twice", "grid", "line", "upright", "one place", "two", "nearly one"])
def test_a_cluster_is_whoever_is_reached_step_by_step(kind):
    generator = np.random.default_rng(4)
    scattered = generator.normal(0, 1, (150, 2))
    places = {
        "scattered": scattered,
        "twice": np.concatenate([scattered, scattered[::2]]),
        "grid": np.stack(np.meshgrid(np.arange(9.0), np.arange(7.0)), axis=-1).reshape(-1, 2),
        "line": np.outer(generator.normal(0, 1, 40), [1.0, 2.0]),
        "upright": np.stack([np.zeros(40), generator.normal(0, 1, 40)], axis=1),
        "one place": np.zeros((12, 2)),
        "two": scattered[:2],
        "nearly one": np.concatenate([scattered, scattered + 1e-13]),
    }[kind]
    whole = len(places)
    lengths = np.linalg.norm(places[:, None] - places[None], axis=2)
    for step in (0.0, *np.quantile(lengths, [0.01, 0.02, 0.05, 0.2]), lengths.max()):
        for start in (0, whole // 2, whole - 1):
            found = cluster_around(places, start, step)
            assert found.tolist() == _plain(places, start, step)
            outside = np.delete(np.arange(whole), found)
            gap = lengths[np.ix_(found, outside)].min() if len(outside) else 0.0
            assert gap_around(places, found) == pytest.approx(gap, rel=1e-12)
    places = np.concatenate([places, [[np.nan, np.nan]]])
    assert gap_around(places, np.arange(whole)) == 0.0
