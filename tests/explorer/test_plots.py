"""The pictures: braille dots, lines, ticks, labels."""

import numpy as np
import pandas as pd
import pytest
from counting import calls_of

from nerspace.engine.errors import UsageError
from nerspace.tui.plots import tables
from nerspace.tui.plots.axes import nice_ticks, tick_label
from nerspace.tui.plots.raster import Window, fit_window, nearest, polyline, raster, to_dots
from nerspace.tui.widgets.curves import spread


def test_each_dot_sets_its_own_bit_of_the_cell():
    wanted = {
        (0, 0): 0x01,
        (0, 1): 0x02,
        (0, 2): 0x04,
        (0, 3): 0x40,
        (1, 0): 0x08,
        (1, 1): 0x10,
        (1, 2): 0x20,
        (1, 3): 0x80,
    }
    for (across, down), bit in wanted.items():
        drawn = raster(np.array([across + 0.5]), np.array([down + 0.5]), np.zeros(1, dtype=int), 1, 1)
        assert drawn.bits[0, 0] == bit


def test_a_cell_belongs_to_the_class_of_most_points_and_empty_cells_to_none():
    across, down = np.array([0.0, 1.0, 0.5, 5.0]), np.array([0.0, 1.0, 3.0, 3.0])
    drawn = raster(across, down, np.array([2, 1, 2, 0]), 3, 1)
    assert drawn.owner.tolist() == [[2, -1, 0]]


def test_points_outside_are_left_out():
    drawn = raster(np.array([-0.1, 2.0, 1.0]), np.array([0.0, 0.0, np.nan]), np.zeros(3, dtype=int), 1, 1)
    assert drawn.bits.tolist() == [[0]]


def test_up_is_up():
    across, down = to_dots(np.array([0.0, 1.0]), np.array([0.0, 1.0]), Window(0, 0, 1, 1), 10, 5)
    assert across.tolist() == [0, 20]
    assert down.tolist() == [20, 0]


def test_a_hundred_thousand_points_are_drawn_without_a_loop_over_them():
    generator = np.random.default_rng(0)
    x, y = generator.normal(size=(2, 100_000))
    classes = generator.integers(0, 11, 100_000)
    window = fit_window(x, y)
    drawn, calls = calls_of(lambda: raster(*to_dots(x, y, window, 200, 50), classes, 200, 50))
    # As many for ten points as for a hundred thousand.
    assert calls < 200
    assert (drawn.bits > 0).sum() > 1_000


def test_zooming_keeps_the_point_under_the_box():
    window = Window(0, 0, 10, 10).around(2.0, 5.0, 0.5)
    assert (2.0 - window.left) / (window.right - window.left) == pytest.approx(0.2)
    assert window.right - window.left == 5


def test_the_nearest_point_is_never_one_of_a_hidden_class():
    across, down = np.array([0.0, 10.0]), np.array([0.0, 10.0])
    assert nearest(across, down, np.array([True, True]), 1, 1) == 0
    assert nearest(across, down, np.array([False, True]), 1, 1) == 1
    assert nearest(across, down, np.array([False, False]), 1, 1) == -1


def test_a_line_has_no_holes_but_its_gaps():
    x, y = polyline(np.array([0.0, 10.0]), np.array([0.0, 40.0]))
    assert set(y.astype(int)) == set(range(41))
    x, _ = polyline(np.array([0.0, 1.0, 5.0, 6.0]), np.array([0.0, np.nan, 0.0, 0.0]))
    assert not ((x > 1) & (x < 5)).any()


def test_ticks_are_round_and_few():
    assert nice_ticks(0.13, 0.97, 5) == pytest.approx([0.2, 0.4, 0.6, 0.8])
    assert len(nice_ticks(0, 1e6, 3)) <= 3
    assert nice_ticks(1.0, 1.0, 4) == [1.0]
    assert tick_label(0.30000000000000004, 0.1) == "0.3"
    assert tick_label(20_000, 5_000) == "20k"


def test_labels_at_line_ends_share_no_row_and_keep_their_order():
    assert spread([0.2, 0.3, 0.4], 10) == [0, 1, 2]
    assert spread([9.0, 9.1, 9.2], 10) == [7, 8, 9]
    assert spread([2.0, 8.0], 10) == [2, 8]


def test_the_curves_of_several_models_are_told_apart():
    models = [("be", 0), ("be", 1), ("pl", 0)]
    steps = pd.concat([
        pd.DataFrame({"step": range(1, 6), "loss": [1.0 + place] * 5, "donor": donor, "seed": seed})
        for place, (donor, seed) in enumerate(models)
    ])  # fmt: skip
    drawn = tables.plot("steps", "curves", steps)
    assert all(f"{donor}-{seed}" in drawn for donor, seed in models)
    alone = tables.plot("steps", "curves", steps[steps["seed"] == 1].drop(columns=["donor", "seed"]))
    assert " loss" in alone
    deltas = steps.rename(columns={"loss": "delta"}).assign(layer=2, language="en")
    assert [line for line in tables.plot("deltas", "curves", deltas).splitlines() if line.startswith("donor")] == [
        f"donor {donor}, seed {seed}, layer 2" for donor, seed in models
    ]


@pytest.mark.parametrize("name", ["steps", "probes", "deltas"])
def test_a_table_without_rows_is_not_drawn(name: str) -> None:
    with pytest.raises(UsageError, match="no rows to draw"):
        tables.plot(name, "curves", pd.DataFrame(columns=["donor", "seed", "step", "loss", "layer", "value", "delta"]))


def test_a_table_without_a_column_is_not_drawn() -> None:
    with pytest.raises(UsageError, match="lacks step"):
        tables.plot("steps", "curves", pd.DataFrame({"donor": ["en"], "seed": [0], "loss": [0.5]}))
