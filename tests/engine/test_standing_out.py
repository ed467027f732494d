"""Movers, outliers, and the cluster of a point on a map."""

import numpy as np
import pandas as pd
import pytest

from nerspace.engine.errors import DataError, UsageError
from nerspace.engine.geometry.standing_out import mover_table, outlier_table
from nerspace.engine.projection.clusters import cluster_around, usual_step


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
