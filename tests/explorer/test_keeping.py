"""What is kept between starts, how errors are told, pictures, plain letters and the palette."""

import json
import os

import pytest
from textual.widgets import Input
from tui_driving import explorer, press, settle, text_of

from nerspace.engine.runs import create, remove
from nerspace.tui.state import State, read_state, run_in_view, state_path, state_text, write_state


async def test_screen_filter_view_and_theme_come_back(finished, corpus):
    first = explorer(finished, corpus)
    async with first.run_test(size=(100, 30)) as pilot:
        await settle(pilot)
        await press(pilot, "t", "f", *" lang:be,ru identical:no", "enter")
        first.theme = "textual-light"
        await press(pilot, "2", "q")
    kept = json.loads(state_path().read_text(encoding="utf-8"))
    assert (kept["room"], kept["run"], kept["theme"]) == ("tokens", finished.id, "textual-light")
    again = explorer(finished, corpus)
    async with again.run_test(size=(100, 30)) as pilot:
        text = await settle(pilot)
        assert "TNLD to en English" in text
        assert again.theme == "textual-light"
        text = await press(pilot, "1")
        assert "Names" in text
        assert "lang:be,ru identical:no" in text


NONSENSE = (
    "{", "[1, 2]", '{"rooms": 3, "room": "nowhere", "theme": 7, "seen": {"a": 1}}',
    '{"rooms": {"data": {"filter": "colour:red", "view": 4, "front": "x"}}}',
)  # fmt: skip


@pytest.mark.parametrize("content", NONSENSE)
async def test_a_state_that_makes_no_sense_is_ignored(finished, corpus, content):
    state_path().parent.mkdir(parents=True)
    state_path().write_text(content, encoding="utf-8")
    app = explorer(finished, corpus)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        text = await settle(pilot)
        assert "Sentences  23" in text
        assert ("is ignored" in text) == (content in ("{", "[1, 2]"))


async def test_a_state_that_cannot_be_written_stops_nothing(finished, corpus, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    async with explorer(finished, corpus).run_test(size=(80, 24)) as pilot:
        assert "Sentences" in await press(pilot, "2", "1", "q")


def test_the_run_in_view_comes_back_unless_a_newer_one_has_begun(tmp_path):
    old, new = (create(tmp_path, "demo", {"donor": "en"}, 0) for _ in range(2))
    for run in (old, new):
        run.append_event("state", state="running")
        (run.path / "tables").mkdir()
        (run.path / "tables" / "steps.csv").write_text("step\n")
    state = State(str(tmp_path), old.id, [old.id, new.id])
    assert run_in_view(tmp_path, state) == old
    assert run_in_view(tmp_path, State(str(tmp_path), old.id, [old.id])) == new
    assert run_in_view(tmp_path, State("elsewhere", old.id, [old.id, new.id])) == new
    assert run_in_view(tmp_path, State(str(tmp_path), "vanished", [old.id, new.id])) == new
    write_state(state_text(state))
    assert read_state() == state


@pytest.mark.parametrize("going_on", [True, False])
def test_a_swap_stands_for_the_run_whose_models_read_it(tmp_path, going_on):
    whole = create(tmp_path, "demo", {"donor": "en"}, 0)
    swap = create(tmp_path, "swap", {"source": whole.id}, 0)
    elsewhere = create(tmp_path, "swap", {"source": "demo-of-another-workspace"}, 0)
    for run in (whole, swap, elsewhere):
        run.append_event("state", state="running")
        run.update(state="finished")
        (run.path / "tables").mkdir()
        (run.path / "tables" / "steps.csv").write_text("step\n")
    if going_on:
        swap.update(state="running")
        swap.claim(os.getpid())
        assert run_in_view(tmp_path, State()) == whole
        return
    assert run_in_view(tmp_path, State()) == elsewhere
    remove(elsewhere)
    assert run_in_view(tmp_path, State()) == whole
    assert run_in_view(tmp_path, State(str(tmp_path), "", [])) == whole


async def test_an_error_is_one_window_with_the_whole_text_that_c_copies(app):
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await settle(pilot)
        long = "The file [red]x.csv[/red] cannot be read. " + "Its end is torn off. " * 20 + "Make it anew."
        app.tell(long, "error")
        app.tell("Another one.", "error")
        text = await settle(pilot)
        assert "─ error ─" in text
        assert "[red]x.csv[/red]" in text
        await press(pilot, *["j"] * 12)
        assert "Make it anew." in text_of(pilot)
        await press(pilot, "c")
        assert app.clipboard == long
        assert "Sentences" in await press(pilot, "x")
        assert len(app.screen_stack) == 1


async def test_a_picture_is_written_and_never_over_another_unasked(app, tmp_path):
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await press(pilot, "E")
        await press(pilot, "enter")
        picture = tmp_path / "nerspace-data.svg"
        assert picture.read_text(encoding="utf-8").startswith("<svg")
        assert "Sentences" in picture.read_text(encoding="utf-8")
        picture.write_text("precious")
        text = await press(pilot, "E", "enter")
        assert "exists." in text
        assert picture.read_text() == "precious"
        await press(pilot, "enter")
        assert picture.read_text(encoding="utf-8").startswith("<svg")


async def test_a_table_is_copied_as_it_is_shown(app):
    async with app.run_test(size=(100, 24), notifications=True) as pilot:
        await press(pilot, "t", "f", *" lang:en type:ORG", "enter", "l", "l", "l", "l")
        await press(pilot, "Y")
        assert app.clipboard.splitlines()[:2] == ["entity\ttype\tgender\tcase\ten", "unesco\tORG\t\tnominative\tUNESCO"]
        text = await press(pilot, "h", "h", "h", "s", "Y")
        assert app.clipboard.splitlines()[1].startswith("hostile")
        assert "3 rows, 136 bytes" in text or "3 rows," in text


async def test_what_is_sorted_and_marked_is_exported_so(app, tmp_path):
    async with app.run_test(size=(100, 24)) as pilot:
        await press(pilot, "t", "f", *" lang:en type:ORG", "enter", "s", "space", "space", "u")
        text = await press(pilot, "e")
        assert "filter type:ORG lang:en; marked only, by entity" in text
        await press(pilot, "enter")
    written = (tmp_path / "names.csv").read_text(encoding="utf-8")
    assert written == (
        "entity,type,gender,case,en\nhostile,ORG,,nominative,[red]x[/red]\x1b[31m\nreuters,ORG,,nominative,Reuters\n"
    )


SCREENS = ("1", "2", "3", "4", "f5", "f8", "question_mark", "escape", "o", "escape", "e", "escape")


async def test_plain_letters_draw_every_screen_without_lines_and_dots(finished, corpus, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "")
    from nerspace.tui.explorer.app import NerspaceApp
    from nerspace.tui.explorer.session import Session

    app = NerspaceApp(Session(finished.path.parent.parent, finished, str(corpus), "builtin"), ascii=True)
    async with app.run_test(size=(120, 40)) as pilot:
        for key in SCREENS:
            text = await press(pilot, key)
            signs = {letter for letter in text if not letter.isascii() and not letter.isalpha()}
            assert not {s for s in signs if 0x2190 <= ord(s) <= 0x2BFF}, (key, signs)
        # Letter for letter an arrow would be another key.
        lines = await press(pilot, "1", "question_mark", "slash", *"next row", "enter")
        assert "down j" in lines
        assert "v j" not in lines


async def test_without_colors_there_are_no_boxes_and_braille(finished, corpus, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    async with explorer(finished, corpus).run_test(size=(120, 40)) as pilot:
        for key in SCREENS:
            text = await press(pilot, key)
            drawn = {s for s in text if 0x2500 <= ord(s) <= 0x259F or 0x2800 <= ord(s) <= 0x28FF} - {"▁"}
            assert not drawn, (key, drawn)
        text = await press(pilot, "3")
        assert " b ru " in text
        assert "*" in text


async def test_the_palette_finds_runs_and_names(app, finished):
    async with app.run_test(size=(100, 30)) as pilot:
        await settle(pilot)
        await press(pilot, "colon")
        await press(pilot, *finished.id[:12])
        await pilot.pause(0.5)
        assert f"open run {finished.id}" in text_of(pilot)
        await press(pilot, "escape", "colon")
        app.screen.query_one(Input).value = "вашын"
        await pilot.pause(0.7)
        assert "name Вашынгтон" in text_of(pilot)
        await press(pilot, "enter")
        await pilot.pause(0.3)
        text = await settle(pilot)
        assert "LOC · nominative · washington" in text
        assert "Вашынгтон" in text
        assert "▁Ваш" in text


async def test_a_run_that_vanishes_is_told_and_everything_goes_on(run, corpus):
    import shutil

    app = explorer(run, corpus)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await press(pilot, "3", "8")
        shutil.rmtree(run.path)
        app.tick()
        for key in ("4", "f5", "3", "r", "8", "r", "enter", "1"):
            text = await press(pilot, key)
            while len(app.screen_stack) > 1:
                await press(pilot, "escape")
        assert "Sentences  23" in text
