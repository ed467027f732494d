"""Numbers are written by their column: shares as percentages, counts whole, no nan, no signed zero, none cut."""

import re

import numpy as np
import pandas as pd
from textual.app import App, ComposeResult
from tui_driving import explorer, press, settle

from nerspace.tui.explorer.transfer.text import verdict_text
from nerspace.tui.numbers import interval
from nerspace.tui.plots.effects import effects
from nerspace.tui.widgets.frame_table import FrameTable
from nerspace.tui.widgets.rows import FrameRows

FRAME = pd.DataFrame(
    {
        "pair": ["be-ru", "en-tr", "sl-cs"], "share": [7 / 12, 0.25, np.nan], "sentences": [120.0, 60.0, 120.0],
        "wrong": [70.0, 15.5, 3.0], "gap": [-0.0004, 0.25, -0.3], "size": [8.0, np.nan, 12.0],
        "p": [0.0004, 0.002, 0.001],
        "identical": [0.0, 1.0, 0.5], "x": [12345.678, -2.0, 1.5],
    }
)  # fmt: skip


def _cells(frame: pd.DataFrame) -> list[list[str]]:
    rows = FrameRows(frame)
    return [[str(cell) for cell in rows.cells(index)] for index in range(len(frame))]


def test_every_number_is_written_as_its_column():
    first, second, third = _cells(FRAME)
    assert first == ["be-ru", "58.3%", "120", "70.000", "0.000", "8", "4.00e-04", "0.0%", "12,345.7"]
    assert second[1:] == ["25.0%", "60", "15.500", "0.250", "–", "2.00e-03", "100.0%", "-2.0"]
    assert third[1] == "–"


def test_an_interval_without_width_is_no_precision():
    assert interval(0.7, 0.7, "+.2f") == interval(0.701, 0.699, "+.2f") == interval(np.nan, 1.0, "+.2f") == ""
    assert interval(-0.001, 0.5, "+z.2f") == "+0.00, +0.50"
    correlations = pd.DataFrame(
        [("all", "pearson", 4, 0.7, 0.7, 0.7, 0.1, 4, 0.2, 24, 1, 1, np.nan, "shuffle")],
        columns=["subset", "statistic", "n", "value", "low", "high", "p", "languages", "chance", "permutations",
                 "exact", "seeds", "seed_sd", "test"],
    )  # fmt: skip
    text = verdict_text(correlations, narrow=False).plain
    assert "[+0.70" not in text
    assert "no interval" in text
    assert _cells(correlations)[0][4:6] == ["–", "–"]
    one = pd.DataFrame([("m", "tnld", 3.0, 3.0, 3.0, 4)], columns=["model", "term", "effect", "low", "high", "n"])
    drawn = effects(one, "model", "term", "effect")
    assert "[" not in drawn
    assert "├" not in drawn


class TableApp(App[None]):
    def compose(self) -> ComposeResult:
        yield FrameTable()


async def test_no_heading_is_covered_and_no_number_cut_at_any_width():
    headings = list(FRAME.columns)
    for width in (24, 31, 40, 47, 58, 70):
        async with TableApp().run_test(size=(width, 8)) as pilot:
            table = pilot.app.query_one(FrameTable)
            table.show(FrameRows(FRAME))
            table.focus()
            for keys in ((), ("l", "l", "s"), ("l", "l", "space")):
                lines = (await press(pilot, *keys) if keys else await settle(pilot)).splitlines()
                seen = re.sub(r"\d+ more|\d* marked|[‹›▲▼…]|\d+(?=›)", " ", lines[0]).split()
                assert set(seen) <= set(headings), (width, lines[0])
                cells = " ".join(lines[1:4])
                whole = {cell for row in _cells(FRAME) for cell in row}
                assert set(re.sub("[▌●]", " ", cells).split()) <= whole, (width, lines)


async def test_no_screen_writes_nan_or_a_raw_share(rich, corpus):
    async with explorer(rich, corpus).run_test(size=(120, 40)) as pilot:
        for key in ("5", "6"):
            text = await press(pilot, key)
            for _ in range(3):
                text += await press(pilot, "m", "j")
            assert not re.search(r"\bnan\b|-0\.00?\b|0\.\d{5,}", text), text
        assert "%" in text
