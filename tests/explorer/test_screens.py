"""Real keys through every screen, at three sizes."""

import pytest
from tui_driving import explorer, press, settle, text_in

from nerspace.tui.explorer.command_palette import Palette

SIZES = [(80, 24), (120, 40), (200, 50)]


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_every_screen_shows_its_data_at(app, size):
    async with app.run_test(size=size) as pilot:
        text = await settle(pilot)
        assert "Sentences  23  ×  11 languages" in text
        assert "Ганна Новак" in text
        assert "finished" in text or "●" in text
        text = await press(pilot, "t")
        assert "Names  24" in text
        assert "anna_novak" in text
        text = await press(pilot, "2")
        assert "▁Anna" in text
        assert "TNLD to en English" in text
        text = await press(pilot, "3")
        assert "120 steps · 960 sentences · 0:48" in text
        assert "mean cosine · layer 12" in text
        text = await press(pilot, "4")
        assert "after · layer 12" in text
        assert ("before · layer 12" in text) == (size[0] >= 110)
        assert "seed 0 · n 253" in text
        assert "(chance 4.1%)" in text
        text = await press(pilot, "f5")
        assert "cosine of parallel names · after · layer 12" in text
        assert "floor 0.250" in text
        for line in text.splitlines():
            assert len(line) <= size[0]


async def test_a_tiny_terminal_shows_what_fits(app):
    async with app.run_test(size=(24, 8)) as pilot:
        for keys in ("2", "3", "4", "f5", "1"):
            text = await press(pilot, keys)
        assert "Ганна" in text


@pytest.mark.parametrize("way", [("8", "enter"), ("8", "enter", "question_mark"), ("question_mark",), ("8", "F")])
async def test_digits_change_screens_from_whatever_lies_over_one(app, way):
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, *way)
        assert len(app.screen_stack) > 1
        text = await press(pilot, "6")
        assert len(app.screen_stack) == 1
        assert " 6 Transfer " in text
        assert "wrong sentences" in await press(pilot, "2", "6")


@pytest.mark.parametrize("way", [("m",), ("slash",), ("enter", "slash"), ("question_mark", "slash"), ("n",)])
async def test_digits_that_are_typed_or_asked_for_leave_nothing(app, way):
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "8", *way)
        over = app.screen
        await press(pilot, "6")
        assert app.screen is over
        assert app.in_view.id == "runs"


async def test_digits_change_screens_and_x_with_a_sign_shows_or_hides_a_class(app):
    async with app.run_test(size=(80, 24)) as pilot:
        text = await press(pilot, "4")
        assert "1 ● be" in text
        assert "2 ● " in text
        text = await press(pilot, "x")
        assert "which class?" in text
        text = await press(pilot, "1")
        assert "1 ○ be" in text
        assert "2 ● " in text
        assert "after · layer 12" in text
        # The class of the point in the box alone, then all.
        text = await press(pilot, "a", "X")
        assert text.count(" ● ") == 2  # the class and the state of the run
        text = await press(pilot, "X")
        assert "1 ● be" in text
        assert "2 ● " in text
        # A key that is no sign ends the waiting and does nothing else.
        text = await press(pilot, "x", "q")
        assert "which class?" not in text
        text = await press(pilot, "5")
        assert "cosine of parallel names" in text
        text = await press(pilot, "4", "1")
        assert "Sentences" in text
        assert " 1 Data" in text


async def test_filters_count_and_explain_themselves(app):
    async with app.run_test(size=(120, 30), notifications=True) as pilot:
        text = await press(pilot, "slash", *"orlov", "enter")
        assert "4 of 23" in text
        text = await press(pilot, "t")
        assert "4 of 24" in text
        text = await press(pilot, "escape")
        assert "Names  24" in text
        text = await press(pilot, "f")
        assert "type:" in text
        text = await press(pilot, *"type:loc lang:be,en", "enter")
        assert "5 of 24" in text
        assert "Washington" in text
        assert "Waszyngton" not in text
        text = await press(pilot, "slash", *" colour:red", "enter")
        assert "Unknown field colour. Choose from type, lang," in " ".join(text.replace("▌", " ").split())


async def test_a_row_opens_whole_and_its_name_goes_to_tokens(app):
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        text = await press(pilot, "G", "k", "enter")
        assert "That is what Reuters writes." in text
        assert "Пра гэта піша Рэйтэр." in text
        assert "entity reuters" in text
        await press(pilot, "escape")
        text = await press(pilot, "T")
        assert "Reuters  ORG · nominative" in text
        assert "▌ORG   Reuters" in text
        text = await press(pilot, "c")
        assert "TNLD to ca Catalan" in text
        text = await press(pilot, "slash", *"Vashyngton")
        assert "pieces  ▁Va" in text
        text = await press(pilot, "escape", "1")
        assert "Sentences" in text


async def test_space_lists_finds_and_changes_maps(app):
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "4")
        text = await press(pilot, "left_square_bracket")
        assert "before · layer 12" in text
        text = await press(pilot, "slash", *"vaşing", "enter")
        assert "tr Vaşington" in text
        assert "Vaşington şehri eski" in text
        text = await press(pilot, "z", "z", "enter")
        assert "Vaşington" in text
        assert "points inside the box" in text
        text = await press(pilot, "escape", "0", "c")
        assert "1 ● PER" in text


async def test_training_changes_measure_layer_and_line(app):
    async with app.run_test(size=(120, 40)) as pilot:
        await press(pilot, "3")
        text = await press(pilot, "m", "left_square_bracket")
        assert "IsoScore · layer 0" in text
        text = await press(pilot, "j")
        assert "IsoScore · layer 0  be 0.1" in text
        assert "recipient" in text


async def test_wrong_sentences_open_from_the_errors_word_by_word(app):
    async with app.run_test(size=(120, 40)) as pilot:
        text = await press(pilot, "3", "tab", "enter")
        assert "1 wrong in Belarusian, trained on English" in text
        text = await press(pilot, "enter")
        assert "✗ Новак" in text
        assert "lowest probability of a predicted tag 0.610" in text


async def test_heatmaps_change_table_layer_order_and_floor(app):
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "5")
        text = await press(pilot, "v")
        assert "chance floor" in text
        assert "0.25" in text
        text = await press(pilot, "m")
        assert "correlation of training deltas · layer 12" in text
        text = await press(pilot, "m")
        assert "spelling distance TNLD · all · all" in text
        first = text.splitlines()[2]
        assert first.index("ru") < first.index("bg")
        text = await press(pilot, "s")
        first = text.splitlines()[2]
        assert first.index("bg") < first.index("ru")


async def test_help_lists_what_works_here_and_the_columns(app):
    async with app.run_test(size=(120, 50)) as pilot:
        await press(pilot, "5")
        text = await press(pilot, "question_mark")
        assert "previous stage and layer" in text
        text = await press(pilot, *["j"] * 30)
        assert "mean cosine" in text
        text = await press(pilot, "escape")
        assert "cosine of parallel names" in text


async def test_keys_are_remapped_by_action_id_and_help_shows_them(finished, corpus, tmp_path):
    (tmp_path / "config" / "nerspace").mkdir(parents=True)
    (tmp_path / "config" / "nerspace" / "config.toml").write_text('[keys]\n"heatmaps.order" = "W"\n"no.such" = "x"\n')
    app = explorer(finished, corpus)
    async with app.run_test(size=(100, 24), notifications=True) as pilot:
        await settle(pilot)
        assert "unknown action no.such" in text_in(pilot, "Toast")
        text = await press(pilot, "5")
        before = text.splitlines()[2]
        assert " W order" in text
        text = await press(pilot, "s")
        assert text.splitlines()[2] == before
        text = await press(pilot, "W")
        assert text.splitlines()[2] != before
        assert "  W  " in await press(pilot, "question_mark")


async def test_the_palette_runs_an_action_of_the_focused_screen(app):
    async with app.run_test(size=(80, 24)) as pilot:
        text = await press(pilot, "5")
        before = text.splitlines()[2]
        await press(pilot, "colon", *"order languages")
        await pilot.pause(0.5)
        text = await press(pilot, "enter")
        await pilot.pause(0.3)
        text = await settle(pilot)
        assert text.splitlines()[2] != before


async def test_a_failing_table_is_told_and_the_explorer_goes_on(run, corpus):
    (run.path / "tables" / "map.csv").write_text('stage,layer\n"broken', encoding="utf-8")
    app = explorer(run, corpus)
    async with app.run_test(size=(80, 24)) as pilot:
        text = await press(pilot, "4")
        assert "is damaged" in text
        text = await press(pilot, "escape", "f1")
        assert "Sentences" in text


async def test_over_ssh_the_native_theme_shows_every_screen(finished, corpus, monkeypatch):
    monkeypatch.setenv("SSH_CONNECTION", "10.0.0.1 5000 10.0.0.2 22")
    app = explorer(finished, corpus)
    async with app.run_test(size=(120, 30)) as pilot:
        await settle(pilot)
        assert app.theme.startswith("ansi")
        await press(pilot, "2", "3", "j", "4", "l", "enter", "escape", "f5", "o", "escape", "question_mark", "escape")
        text = await settle(pilot)
        assert "cosine of parallel names" in text


async def test_without_a_run_every_screen_says_what_to_do(tmp_path, corpus):
    from nerspace.tui.explorer.app import NerspaceApp
    from nerspace.tui.explorer.session import Session

    app = NerspaceApp(Session(tmp_path, None, str(corpus), "builtin"))
    async with app.run_test(size=(80, 24)) as pilot:
        for key in ("3", "4", "f5"):
            text = await press(pilot, key)
            assert "No run here yet: n on Training starts one" in text
        text = await press(pilot, "o")
        assert "No run here yet: n on Training starts one" in text


async def test_themes_are_searched_in_our_own_palette_whose_page_keys_never_fail(app):
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "colon", *"change the theme")
        await pilot.pause(0.5)
        await press(pilot, "enter")
        await pilot.pause(0.3)
        assert isinstance(app.screen, Palette)
        assert "Search for themes" in await press(pilot, "pagedown", "pageup")
