"""Rows, filters and tables: big ones open at once, and a filter keeps exactly what it says."""

import pandas as pd
import pytest
from counting import calls_of
from textual.app import App, ComposeResult
from tui_driving import press, settle

from nerspace import datasets
from nerspace.datasets.records import Context, Entity
from nerspace.datasets.synthetic import SyntheticNER
from nerspace.engine.errors import UsageError
from nerspace.tui.actions import ACTIONS
from nerspace.tui.explorer.data.parallel import ParallelIndex, SentenceRows
from nerspace.tui.explorer.heatmaps.model import read_slices
from nerspace.tui.explorer.session import Session
from nerspace.tui.filters import Filter, parse_filter
from nerspace.tui.widgets.frame_table import FrameTable
from nerspace.tui.widgets.rows import FrameRows


class TableApp(App[None]):
    def compose(self) -> ComposeResult:
        yield FrameTable()


async def test_a_million_rows_open_at_once_and_both_ends_are_reached(monkeypatch):
    cells = FrameRows.cells
    frame = pd.DataFrame({"a": range(1_000_000), "b": [float(i) for i in range(1_000_000)]})
    async with TableApp().run_test(size=(60, 20)) as pilot:
        table = pilot.app.query_one(FrameTable)
        made = []
        monkeypatch.setattr(FrameRows, "cells", lambda self, index: made.append(index) or cells(self, index))
        _, calls = calls_of(lambda: table.show(FrameRows(frame)))
        await pilot.pause()
        # Those in view, and some to measure the columns by.
        assert len(made) < 100
        assert calls < 10_000
        table.focus()
        assert "999999" in await press(pilot, "G")
        assert "\n▌     0" in await press(pilot, "g")
        assert "\n▌     9" in await press(pilot, "ctrl+d")


async def test_twenty_million_sentences_are_never_materialised():
    contexts = [Context(f"c{i}", "LOC", "nominative", "", {"en": f"Number {i} is [loc]."}) for i in range(4_500)]
    names = [Entity(f"e{i}", "LOC", "", "", {"nominative": {"en": f"Town{i}"}}) for i in range(4_500)]
    index = ParallelIndex(SyntheticNER("large", contexts, names))
    async with TableApp().run_test(size=(60, 10)) as pilot:
        table = pilot.app.query_one(FrameTable)
        shown = SentenceRows(index.corpus, index.sentences(Filter()), ["en"])
        _, calls = calls_of(lambda: table.show(shown))
        assert calls < 20_000
        table.focus()
        text = await press(pilot, "G")
        assert "20250000" in text
        assert "Number 4499 is Town4499." in text
    found, calls = calls_of(lambda: index.sentences(parse_filter("town4499 4498")))
    # A few for each of the 9,000 contexts and names, none for a sentence.
    assert calls < 200_000
    assert [(len(block), *(item.id for item in block.cell(0))) for block in found] == [(1, "c4498", "e4499")]


async def test_columns_scroll_and_fixed_ones_stay():
    frame = pd.DataFrame([["x" * 5] * 12], columns=[f"column{i}" for i in range(12)])
    async with TableApp().run_test(size=(40, 6)) as pilot:
        table = pilot.app.query_one(FrameTable)
        table.show(FrameRows(frame))
        table.focus()
        text = await settle(pilot)
        # There are more, and what says so hides no heading.
        assert text.splitlines()[0].split() == ["column0", "column1", "column2", "column3", "8›"]
        text = await press(pilot, "l", "l")
        assert "column0  column1" in text
        text = await press(pilot, *["l"] * 4)
        assert "column0  column4  column5" in text
        assert "‹" in text


def test_a_word_may_stand_in_the_context_or_in_the_name(corpus):
    data = datasets.load(str(corpus))
    index = ParallelIndex(data)
    queries = ("anna", "or", "came", "anna came", "novak домой", "london", "c1", "type:LOC", "type:PER lang:en anna")
    for query in queries:
        chosen = parse_filter(query)
        rows = SentenceRows(data, index.sentences(chosen), ["en"])
        kept = {(rows.cell(i)[1].id, rows.cell(i)[2].id) for i in range(len(rows))}
        codes = chosen.languages or data.languages
        expected = [
            data.cell(i)
            for i in range(len(data))
            if (not chosen.types or data.cell(i)[1].type in chosen.types)
            and all(
                word in "\n".join([*(s.text for c, s in data.parallel(i).items() if c in codes),
                                   data.cell(i)[0].id, data.cell(i)[1].id, data.cell(i)[1].type]).casefold()
                for word in chosen.words
            )
        ]  # fmt: skip
        assert len(rows) == len(expected) > 0, query
        assert kept == {(context.id, entity.id) for context, entity in expected}, query


def test_a_pair_stored_once_stands_for_both_orders_and_two_stored_stay_two(finished, corpus):
    parts = read_slices(Session(finished.path.parent.parent, finished, str(corpus), "builtin"))
    once, twice = parts["tnld"][0].values("tnld"), parts["delta_correlations"][0].values("r")
    assert once["en", "be"] == once["be", "en"]
    assert len(once) == len(twice) == 110
    assert twice["en", "be"] != twice["be", "en"]


def test_names_are_found_in_the_languages_asked_for_alone(corpus):
    index = ParallelIndex(datasets.load(str(corpus)))
    assert [e.id for e, _ in index.names(parse_filter("vaşington"))] == ["washington"]
    assert not index.names(parse_filter("lang:en vaşington"))
    assert [case for _, case in index.names(parse_filter("case:locative"))] == ["locative"]


def test_a_filter_reads_back_and_unknown_keys_are_named():
    assert str(parse_filter("lang:be,en type:per Anna")) == "type:PER lang:be,en anna"
    assert parse_filter("") == Filter()
    with pytest.raises(UsageError, match="colour"):
        parse_filter("colour:red")


def test_no_two_actions_of_one_place_share_a_key_and_ids_are_unique():
    assert len({action.id for action in ACTIONS}) == len(ACTIONS)
    seen = set()
    for action in ACTIONS:
        for key in action.keys.split(","):
            assert (action.where, key) not in seen, (action.id, key)
            seen.add((action.where, key))
    forbidden = {"ctrl+s", "ctrl+j", "ctrl+h", "ctrl+q", "ctrl+a", "ctrl+b"}
    assert not any(set(action.keys.split(",")) <= forbidden for action in ACTIONS)
