"""What a narrow screen keeps whole: headings, the value under the cursor, the name in a sentence, its keys."""

import re
from types import SimpleNamespace

import pandas as pd
import pytest
from rich.text import Text
from textual.app import App, ComposeResult
from textual.widgets import Input
from tui_driving import explorer, press, settle, text_in, text_of

from nerspace.tui.colours import luminance
from nerspace.tui.explorer.entity.names import matching_names
from nerspace.tui.explorer.session import Names
from nerspace.tui.literal import from_mark
from nerspace.tui.widgets.found_table import FoundTable
from nerspace.tui.widgets.heatmap import Heatmap, Matrix
from nerspace.tui.widgets.key_bar import KeyBar
from nerspace.tui.widgets.line_input import LineInput
from nerspace.tui.widgets.rows import FrameRows


class TableApp(App[None]):
    def compose(self) -> ComposeResult:
        yield FoundTable()


async def test_that_columns_follow_is_said_whole_and_clear_of_the_headings_beside_a_scroll_bar():
    frame = pd.DataFrame({name: ["x" * 8] * 60 for name in ("first", "second", "third", "gold", "fifth", "sixth")})
    async with TableApp().run_test(size=(60, 10)) as pilot:
        table = pilot.app.query_one(FoundTable)
        table.show(FrameRows(frame))
        for width in range(30, 62):
            await pilot.resize_terminal(width, 10)
            heading = (await settle(pilot)).splitlines()[0]
            hidden = len(frame.columns) - len(table._visible())
            if hidden:
                assert heading[: width - 1].rstrip().endswith("›"), width
                assert " more ›" not in heading or re.search(r"\S  +\d more ›", heading), (width, heading)


class LineApp(App[None]):
    def compose(self) -> ComposeResult:
        yield LineInput("old")


async def test_letters_that_come_late_to_a_line_stand_before_those_that_it_took_itself():
    async with LineApp().run_test() as pilot:
        line = pilot.app.query_one(LineInput)
        for early, own, typed in (("wa", "sh", "wash"), ("w", "as", "was"), ("", "was", "was"), ("was", "", "was")):
            line.begin()
            # The first of its own takes the place of the old text, whoever comes first.
            await pilot.press(*own[:1])
            for letter in early:
                line.take_early(letter)
            await pilot.press(*own[1:])
            assert line.value == typed
            line.value = ""
            line.begin()
            for letter in early:
                line.take_early(letter)
            await pilot.press(*own)
            assert line.value == typed


class MatrixApp(App[None]):
    def compose(self) -> ComposeResult:
        yield Heatmap("matrix")


@pytest.mark.parametrize(("width", "shown"), [(27, r"▌-\.14"), (45, r"▌ *-\.14 *▐")])
async def test_the_cursor_of_a_matrix_leaves_its_value_to_be_read(width, shown):
    codes = ("be", "ru", "uk", "bg")
    values = {(a, b): -0.14 for a in codes for b in codes if a != b}
    async with MatrixApp().run_test(size=(width, 12)) as pilot:
        heatmap = pilot.app.query_one(Heatmap)
        heatmap.show(Matrix("differences", codes, values, -1.0, 1.0, True))
        heatmap.focus()
        await pilot.pause()
        assert re.search(shown, text_of(pilot))


def test_a_sentence_that_is_too_long_begins_so_that_its_name_is_seen():
    sentence = Text("In no document of those years does anybody speak of Washington Post at all")
    sentence.stylize("bold", 52, 67)
    shown = from_mark(sentence, 40).plain
    assert shown.startswith("…")
    assert "Washington Post" in shown[:40]
    assert from_mark(sentence, 80).plain == sentence.plain


def test_the_ends_of_a_share_are_written_as_the_share():
    shares = pd.DataFrame({"share": [0.058], "low": [0.019], "high": [0.169]})
    assert FrameRows(shares).cells(0) == ["5.8%", "1.9%", "16.9%"]
    errors = pd.DataFrame({"wrong": [7], "sentences": [120], "tnld": [0.1], "low": [0.019], "high": [0.169]})
    assert FrameRows(errors).cells(0)[-2:] == ["1.9%", "16.9%"]
    scores = pd.DataFrame({"wrong": [7], "sentences": [120], "f1": [0.5], "low": [0.4], "high": [0.6]})
    assert FrameRows(scores).cells(0)[-2:] == ["0.400", "0.600"]


def test_the_beginning_of_a_name_means_the_one_that_it_lacks_least():
    names = [
        ("org-post", "Washington Post"),
        ("org-wasa", "Wasabröd"),
        ("loc-w", "Washington"),
        ("per-w", "Washington"),
    ]

    def session_of(*entities):
        corpus = SimpleNamespace(entities=entities, named=lambda _: entities)
        return SimpleNamespace(parallel=lambda: (corpus, ""), names=lambda: Names(corpus))

    session = session_of()
    assert matching_names(session, names, "wash") == ["loc-w", "per-w", "org-post"]
    # Of names that are written so, those of the run come first, as they do in the list of all.
    both = [SimpleNamespace(id=id, forms={}) for id in ("per-w", "loc-w")]
    assert matching_names(session_of(*both), names, "washington")[:2] == ["loc-w", "per-w"]


async def test_a_name_is_found_by_who_types_before_the_names_are_there(rich, corpus):
    app = explorer(rich, corpus)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await press(pilot, "7")
        app.in_view.names = []
        text = await press(pilot, "slash", *"wash", "enter")
        assert "No name of corpus or run" not in text
        assert "Вашынгтон" in text_in(pilot, "#entity-why")


async def test_why_is_asked_of_the_language_chosen_last_though_the_screen_does_not_show_it_yet(rich, corpus):
    app = explorer(rich, corpus)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "7", "slash", *"wash", "enter")
        screen = app.in_view
        asked: list[tuple[str, str]] = []
        screen.show_card = lambda card: asked.append((card.language, card.view.reference))
        screen._read = lambda: None
        await press(pilot, "j", "c", "k", "a")
        assert asked == [("be", "ru")]


async def test_what_the_predictions_say_stands_before_the_model_where_it_is_one(finished, corpus):
    app = explorer(finished, corpus)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "7")
        assert app.in_view.view is not None
        assert list(app.in_view.view.predicted.columns[:3]) == ["language", "verdict", "words"]


async def test_a_run_without_claims_offers_no_figure_of_one(finished, corpus):
    app = explorer(finished, corpus)
    async with app.run_test(size=(80, 24)) as pilot:
        text = await press(pilot, "9")
        assert "This run judges no claim of the paper: o opens another, 8 then a starts one." in text
        bar = app.screen.query_one(KeyBar)
        assert not {"figure", "settings", "other figure"} & {label for _, label in bar._entries()[0]}


async def test_keys_that_are_letters_while_a_filter_is_typed_are_not_offered(finished, corpus):
    app = explorer(finished, corpus)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "1", "slash")
        assert isinstance(app.focused, Input)
        assert text_of(pilot).splitlines()[-1].split() == ["esc", "back"]
        await press(pilot, "escape")
        assert "/ find  f filter" in text_of(pilot).splitlines()[-1]


async def test_points_that_are_not_lit_are_dimmer_than_those_that_are(rich, corpus):
    app = explorer(rich, corpus)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "4", "space")
        drawn = app.in_view.active
        background = luminance(drawn.rich_style.bgcolor)
        faint = luminance(drawn._styles[-2].color) - background
        assert 0 < faint < 0.4 * (luminance(drawn.rich_style.color) - background)


async def test_help_says_how_to_begin_to_whoever_is_new(rich, corpus):
    app = explorer(rich, corpus)
    async with app.run_test(size=(80, 24)) as pilot:
        assert "far from itself" not in await press(pilot, "4", "question_mark")
        await press(pilot, "escape", "ctrl+t")
        text = await press(pilot, "question_mark")
        assert "Why is a name far from itself in another language?" in text
        assert "why its form is far from that one" in text
