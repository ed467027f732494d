"""Any column: its values with their counts or its numbers by ranges, and what is chosen of them as a filter."""

import numpy as np
import pandas as pd
import pytest
from tui_driving import explorer, press

from nerspace.engine.tables.frequencies import frequency_table, histogram_table, told_by_ranges
from nerspace.tui.explorer.values import terms_of, values_of
from nerspace.tui.query import NOTHING, matcher
from nerspace.tui.widgets.rows import Arranged, FrameRows


def test_values_are_counted_with_gaps_and_the_most_frequent_first():
    counted = frequency_table(pd.Series(["b", "a", None, "b", "a", "c"]))
    assert counted["value"].tolist()[:3] == ["a", "b", "c"]
    assert counted["n"].tolist() == [2, 2, 1, 1]
    assert counted["share"].sum() == pytest.approx(1)
    assert frequency_table(pd.Series([], dtype=object)).empty


@pytest.mark.parametrize(
    "numbers",
    [np.linspace(-1, 1, 300), np.arange(77), [0.1] * 5, [1e-9, 2e-9], [-3.0, float("nan"), 1e6], [float("nan")], []],
)
def test_a_histogram_holds_every_number_once_between_round_ends(numbers):
    values = pd.Series(list(numbers), dtype=float)
    found = histogram_table(values)
    assert found["n"].sum() == values.notna().sum()
    assert len(found) <= 25
    if len(found):
        assert found["low"].iloc[0] <= values.min()
        assert found["high"].iloc[-1] >= values.max()
        assert (found["low"].iloc[1:].to_numpy() == found["high"].iloc[:-1].to_numpy()).all()


def test_what_is_chosen_holds_of_as_many_rows_as_were_counted():
    generator = np.random.default_rng(0)
    frame = pd.DataFrame({
        "x": generator.normal(size=500), "kind": generator.choice(["LOC", "PER a", 'q"', "a,b", None], 500),
        "n": generator.choice([1.0, 2.5, np.nan], 500),
    })  # fmt: skip
    rows = Arranged(FrameRows(frame), list(range(500)))
    for name in frame:
        table = values_of(rows, name)
        assert ("low" in table) == told_by_ranges(frame[name])
        for chosen in ([0], [len(table) - 1], [0, 1], list(range(len(table)))):
            held = matcher(NOTHING.about(terms_of(name, table, chosen)), FrameRows(frame))(range(500))
            assert held.sum() == table["n"].iloc[chosen].sum(), (name, chosen)


@pytest.mark.slow
async def test_f_shows_the_values_of_a_column_and_enter_filters_by_them(rich, corpus):
    async with explorer(rich, corpus).run_test(size=(100, 30), notifications=True) as pilot:
        app = pilot.app
        # In Data the choice becomes its filter.
        await press(pilot, "t")
        await press(pilot, "l", "h")
        text = await press(pilot, "F")
        assert "type · 3 values in 24 rows" in text
        assert "PER" in text
        text = await press(pilot, "enter")
        assert "type:PER" in text.splitlines()[1]
        assert "16 of 24" in text
        # In a table it stands beside what was asked before.
        await press(pilot, "8")
        await press(pilot, "enter")
        await press(pilot, "slash", *"table=predictions", "enter")
        await press(pilot, "enter")
        await press(pilot, "f", *"type:LOC", "enter")
        await press(pilot, *["l"] * 8)
        table = app.screen.table
        table.column = list(table.rows.fields).index("confidence")
        text = await press(pilot, "F")
        assert "confidence · " in text
        assert "ranges in" in text
        await press(pilot, "space", "space", "enter")
        assert str(table.query_asked).startswith("type:LOC confidence>=")
        frame = table.arranged().raw(range(table.count))
        assert len(frame)
        assert set(frame["type"]) == {"LOC"}
        assert frame["confidence"].max() < 0.56
