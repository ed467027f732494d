"""Rows sorted, marked, narrowed and found: what the screen shows is what is exported and copied."""

import numpy as np
import pandas as pd
import pytest
from rich.cells import cell_len
from textual.app import App, ComposeResult
from tui_driving import press, settle

from nerspace.datasets.records import Context, Entity
from nerspace.datasets.synthetic import SyntheticNER
from nerspace.engine.errors import UsageError
from nerspace.tui.explorer.data.parallel import EntityRows, ParallelIndex, SentenceRows
from nerspace.tui.explorer.writing import LIMIT, clip
from nerspace.tui.filters import Filter, parse_filter
from nerspace.tui.query import parse
from nerspace.tui.widgets.found_table import FoundTable
from nerspace.tui.widgets.ordering import Arrangement, arrange, sorted_order
from nerspace.tui.widgets.rows import Arranged, FrameRows

FRAME = pd.DataFrame(
    {
        "name": ["delta", "Alpha", "beta", None, "alpha"],
        "n": [3, 1, None, 2, 1],
        "long": [f"x{i}" * 30 for i in range(5)],
    }
)


class TableApp(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.picked: list[int] = []

    def compose(self) -> ComposeResult:
        yield FoundTable()

    def on_ordered_rows_picked(self, event: FoundTable.Picked) -> None:
        self.picked.append(event.row)

    def show(self, rows: FrameRows) -> FoundTable:
        table = self.query_one(FoundTable)
        table.show(rows)
        table.focus()
        return table


def _names(table: FoundTable) -> list[str]:
    return [str(table.rows.cells(table.source(i))[0]) for i in range(table.count)]


def test_sorting_is_stable_ignores_case_and_puts_missing_values_last():
    assert sorted_order(FRAME["n"], False).tolist() == [1, 4, 3, 0, 2]
    assert sorted_order(FRAME["n"], True).tolist() == [0, 3, 1, 4, 2]
    assert sorted_order(FRAME["name"], False).tolist() == [1, 4, 2, 0, 3]
    assert sorted_order(FRAME["name"], True).tolist() == [0, 2, 4, 1, 3]
    assert sorted_order(pd.Series([], dtype="string"), False).tolist() == []


def test_many_texts_are_sorted_as_python_sorts_them():
    generator = np.random.default_rng(0)
    texts = ["".join(chr(c) for c in generator.integers(0x410, 0x450, 5)) for _ in range(45_000)]
    order = sorted_order(pd.Series(texts), False)
    assert [texts[i] for i in order] == sorted(texts, key=lambda text: (text.casefold(), text))


def test_words_marks_and_order_are_combined():
    rows = FrameRows(FRAME)
    assert arrange(rows, Arrangement()) is None
    assert arrange(rows, Arrangement(query=parse("alpha"))).tolist() == [1, 4]
    asked = Arrangement(column=1, descending=True, query=parse("x"), marked=frozenset({0, 2, 4}))
    assert arrange(rows, asked).tolist() == [0, 4, 2]
    assert Arranged(rows, [4, 0]).raw([0, 1])["name"].tolist() == ["alpha", "delta"]


async def test_a_cell_is_sorted_by_up_down_and_not_at_all():
    async with TableApp().run_test(size=(60, 12)) as pilot:
        table = pilot.app.show(FrameRows(FRAME))
        text = await press(pilot, "l", "s")
        assert "n▲" in text
        assert _names(table) == ["Alpha", "alpha", "–", "delta", "beta"]
        text = await press(pilot, "s")
        assert "n▼" in text
        assert _names(table)[0] == "delta"
        await press(pilot, "enter")
        assert pilot.app.picked == [0]
        await press(pilot, "s")
        assert _names(table) == ["delta", "Alpha", "beta", "–", "alpha"]
        await press(pilot, "h", "h", "s", "S")
        assert _names(table)[:2] == ["delta", "beta"]


async def test_marks_stay_with_their_rows_and_can_be_shown_alone():
    async with TableApp().run_test(size=(60, 12)) as pilot:
        table = pilot.app.show(FrameRows(FRAME, known_by=("long",)))
        text = await press(pilot, "space", "j", "space")
        assert "2 marked" in text
        assert "\n●delta" in text
        await press(pilot, "u")
        assert _names(table) == ["delta", "beta"]
        table.show(FrameRows(FRAME.iloc[::-1], known_by=("long",)))
        await settle(pilot)
        assert _names(table) == ["beta", "delta"]
        text = await press(pilot, "U")
        assert table.count == 5
        assert "●" not in text


async def test_marks_by_number_do_not_slip_to_other_rows():
    async with TableApp().run_test(size=(60, 12)) as pilot:
        table = pilot.app.show(FrameRows(FRAME))
        await press(pilot, "space")
        table.show(FrameRows(FRAME.iloc[::-1]))
        await settle(pilot)
        assert not table.marks


async def test_a_table_is_searched_round_its_end_and_narrowed():
    async with TableApp().run_test(size=(60, 12), notifications=True) as pilot:
        table = pilot.app.show(FrameRows(FRAME))
        await press(pilot, "slash", *"alpha", "enter")
        assert table.row == 1
        await press(pilot, "n")
        assert table.row == 4
        await press(pilot, "n")
        assert table.row == 1
        await press(pilot, "N")
        assert table.row == 4
        await press(pilot, "f", *"ALPHA", "enter")
        assert _names(table) == ["Alpha", "alpha"]
        assert "No row holds that; esc shows all." in await press(pilot, "f", *"gamma", "enter")
        await press(pilot, "escape")
        assert table.count == 5
        assert "No row holds omega." in await press(pilot, "slash", *"omega", "enter")


async def test_a_cell_is_copied_raw_and_a_row_with_tabs():
    frame = pd.DataFrame({"name": ["a\tb"], "value": [0.123456789], "empty": [None]})
    async with TableApp().run_test(size=(60, 12)) as pilot:
        table = pilot.app.show(FrameRows(frame))
        await settle(pilot)
        assert table.copied() == "a\tb\t0.123456789\t"
        await press(pilot, "l")
        assert table.copied() == "0.123456789"


async def test_a_big_table_is_sorted_in_a_thread_while_keys_work():
    frame = pd.DataFrame({"i": range(50_000), "text": [f"t{i % 977}" for i in range(50_000)]})
    async with TableApp().run_test(size=(60, 12)) as pilot:
        table = pilot.app.show(FrameRows(frame))
        await pilot.press("l", "s", "j")
        await settle(pilot)
        await press(pilot, "g")
        assert table.row == 0
        assert table.source(1) == 977
        table.show(FrameRows(frame.head(10)))
        await settle(pilot)
        assert sorted(table.source(i) for i in range(table.count)) == list(range(10))


def _large() -> SyntheticNER:
    contexts = [Context(f"c{i}", "LOC", "nominative", "", {"en": f"Number {i} is [loc]."}) for i in range(4_500)]
    names = [Entity(f"e{i}", "LOC", "", "", {"nominative": {"en": f"Town{i}"}}) for i in range(4_500)]
    return SyntheticNER("large", contexts, names)


async def test_twenty_million_sentences_are_not_sorted_but_marked_and_told_how_to_be_narrowed():
    index = ParallelIndex(_large())
    async with TableApp().run_test(size=(80, 12), notifications=True) as pilot:
        table = pilot.app.show(SentenceRows(index.corpus, index.sentences(Filter()), ["en"]))
        text = await press(pilot, "s")
        assert "20,250,000 rows are" in text
        assert "with f first" in " ".join(text.split())
        await press(pilot, "G", "space", "g", "space", "u")
        assert table.count == 2
        assert [table.source(i) for i in range(2)] == [0, 20_249_999]
        narrow = SentenceRows(index.corpus, index.sentences(parse_filter("town4499")), ["en"])
        table.show(narrow)
        await settle(pilot)
        assert [table.source(i) for i in range(table.count)] == [4_499]


def test_the_clipboard_has_a_bound_and_never_makes_more_than_it():
    assert clip(FrameRows(FRAME[["name", "n"]].head(2))) == "name\tn\ndelta\t3\nAlpha\t1\n"
    index = ParallelIndex(_large())
    with pytest.raises(UsageError, match=r"20,250,000 rows .* e\."):
        clip(SentenceRows(index.corpus, index.sentences(Filter()), ["en"]))
    assert LIMIT * 4 / 3 < 100_000


def _name(id: str, be: str, ru: str, **more: str) -> Entity:
    return Entity(id, "LOC", "", "", {"nominative": {"be": be, "ru": ru, **more}})


def test_lengths_and_identical_forms_are_asked_in_the_languages_in_view():
    names = [_name("same", "Прага", "Прага", en="Prague"), _name("two", "Нью Ёрк", "Нью Йорк", en="New York City"),
             _name("lonely", "Мінск", "Минск")]  # fmt: skip
    contexts = [Context("c", "LOC", "nominative", "", dict.fromkeys(("be", "ru", "en"), "[loc]"))]
    index = ParallelIndex(SyntheticNER("small", contexts, names))

    def kept(text: str) -> list[str]:
        return [entity.id for entity, _ in index.names(parse_filter(text))]

    assert kept("len>1") == ["two"]
    assert kept("len>=3") == ["two"]
    assert kept("lang:be,ru len>2") == []
    assert kept("len:1 len<2") == ["same", "lonely"]
    assert kept("lang:be,ru identical:yes") == ["same"]
    assert kept("lang:be,ru identical:no") == ["two", "lonely"]
    assert kept("identical:yes") == []
    rows = EntityRows(index.names(parse_filter("lang:be,ru identical:no минск")), ["be", "ru"])
    assert rows.raw([0])["ru"].tolist() == ["Минск"]
    sentences = index.sentences(parse_filter("lang:be,ru identical:no"))
    assert [block.cell(i)[1].id for block in sentences for i in range(len(block))] == ["two", "lonely"]
    assert index.sentences(parse_filter("lang:be,ru len>4")) == []
    for text, problem in (("len>x", "len>x"), ("identical:maybe", "yes or"), ("identical:no lang:be", "One language")):
        with pytest.raises(UsageError, match=problem):
            kept(text)
    again = parse_filter("identical:no lang:be,ru len>2 len:3 anna")
    assert parse_filter(str(again)) == again


STRANGE = [
    "plain", "שלום עולם", "e\u0301e\u0301e\u0301", "東京都庁舎の前", "नमस्ते", "a\u200bb\u202ec", "ﷺ", "\x1b[31mred",
    "x" * 300, "[bold]not[/]",
]  # fmt: skip


async def test_columns_stay_straight_under_strange_letters():
    frame = pd.DataFrame({"text": STRANGE, "n": range(10), "again": STRANGE})
    async with TableApp().run_test(size=(70, 14)) as pilot:
        table = pilot.app.show(FrameRows(frame))
        await settle(pilot)
        for y in range(1, 11):
            strip = table.render_line(y)
            assert strip.cell_length == table.size.width
            text = strip.text
            number = f"{y - 1}"
            before = [cell_len(text[:at]) for at in range(len(text)) if text[at] == number]
            assert 51 in before, (y, text)


def test_a_filter_finds_whatever_way_a_name_is_typed():
    from unicodedata import normalize

    from nerspace.datasets.spelling import folded
    from nerspace.tui.filters import held, parse_filter

    for typed in ("ispanya", "İSPANYA", "ISPANYA", normalize("NFD", "İspanya")):
        assert held(folded("İspanya"), parse_filter(typed).words), typed
