"""Who opens the explorer for the first time: errors on the maps, three next keys, and a help that can be searched."""

import io
import json
import sys

import pytest
from tui_driving import explorer, press, settle, text_in, text_of

from nerspace.engine.errors import NerspaceError
from nerspace.tui import main as program
from nerspace.tui.actions import BY_ID
from nerspace.tui.explorer.app import NerspaceApp
from nerspace.tui.explorer.next_keys import NEXT
from nerspace.tui.explorer.session import Session
from nerspace.tui.state import state_path


def _newcomer(run, corpus) -> NerspaceApp:
    return NerspaceApp(Session(run.path.parent.parent, run, str(corpus), "builtin"), "space", newcomer=True)


def _next_line(text: str) -> str:
    return text.splitlines()[-2]


def test_the_first_start_opens_a_run_on_its_maps_and_the_second_where_it_was_left(
    rich, finished, tmp_path, monkeypatch
):
    opened = []
    monkeypatch.setattr("nerspace.tui.explorer.app.run_app", lambda *given: opened.append(given[4:]))
    terminal = type("Terminal", (io.StringIO,), {"isatty": lambda _: True})
    monkeypatch.setattr(sys, "stdin", terminal())
    monkeypatch.setattr(sys, "stdout", terminal())
    workspace = rich.path.parent.parent
    # What draws on a file goes on unseen.
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    with pytest.raises(NerspaceError, match="draws on stderr"):
        program.open_explorer(workspace, None)
    monkeypatch.setattr(sys, "stderr", terminal())
    program.open_explorer(workspace, None)
    # What is to be browsed comes first where it is named.
    program.open_explorer(workspace, None, "some/folder")
    (tmp_path / "state" / "nerspace").mkdir(parents=True)
    state_path().write_text('{"room": "data"}')
    program.open_explorer(workspace, None)
    assert opened == [("space", False, True), ("", False, True), ("", False, False)]
    with pytest.raises(NerspaceError):
        program.open_explorer(workspace, "no-such-run")


async def test_errors_are_on_the_maps_first_and_the_next_keys_follow_what_was_done(rich, corpus, tmp_path):
    app = _newcomer(rich, corpus)
    async with app.run_test(size=(80, 24)) as pilot:
        text = await settle(pilot)
        assert app.in_view.color == "errors, en seed 0"
        assert "2 ● wrong" in text
        assert _next_line(text).startswith(" next   / find a name   X this class alone   i all about it")
        text = await press(pilot, "slash", *"minsk", "enter")
        assert _next_line(text).startswith(" next   t its nearest names   i why is it here?   g its cluster")
        text = await press(pilot, "t")
        assert "{ } go along the lines" in _next_line(text)
        # Going on changes nothing.
        assert "{ } go along the lines" in _next_line(await press(pilot, "right_curly_bracket"))
        text = await press(pilot, "i")
        assert "as CSV" in _next_line(text)
        text = await press(pilot, "6")
        assert "w why is it worse?" in _next_line(text)
        text = await press(pilot, "ctrl+t")
        assert "next" not in _next_line(text)
        assert "next" in _next_line(await press(pilot, "ctrl+t"))
        await press(pilot, "4", "c")
        await press(pilot, "q")
    saved = json.loads(state_path().read_text())
    assert saved["next_keys"] is True
    # The next start is like the last one was left.
    app = explorer(rich, corpus)
    async with app.run_test(size=(80, 24)) as pilot:
        text = await settle(pilot)
        assert "next   / find a name" in text
        assert app.in_view.color == saved["rooms"]["space"]["color"] != "language"


async def test_who_was_here_before_sees_no_line_of_next_keys(rich, corpus):
    async with explorer(rich, corpus).run_test(size=(80, 24)) as pilot:
        assert "ctrl+t hides" not in await settle(pilot)


def test_next_keys_are_of_actions_that_exist_and_have_room():
    for place, entries in NEXT.items():
        screen, _, done = place.partition(" ")
        assert f"app.{screen}" in BY_ID
        assert not done or done in BY_ID
        assert len(entries) == 3
        for id, _ in entries:
            assert id in BY_ID, id
        assert sum(len(what) + 6 for _, what in entries) < 72, place


@pytest.mark.parametrize(("keys", "own"), [("4", "Space"), ("5", "Heatmaps"), ("6", "Transfer")])
async def test_help_begins_with_the_keys_of_the_screen(rich, corpus, keys, own):
    async with explorer(rich, corpus).run_test(size=(80, 24)) as pilot:
        await press(pilot, keys, "question_mark")
        assert text_in(pilot, "#body").startswith(f"{own} ")


async def test_help_is_searched_while_typing(rich, corpus):
    async with explorer(rich, corpus).run_test(size=(80, 24)) as pilot:
        await press(pilot, "4", "question_mark", "slash", *"Cluster")
        text = text_in(pilot, "#body")
        assert "light the cluster of the point" in text
        assert "zoom to the box" not in text
        text = await press(pilot, *["backspace"] * 7, *"zzz")
        assert "No key here does 'zzz'" in text
        text = await press(pilot, "escape")
        assert "zoom to the box" in text or "color by language" in text
        assert "help" in text_of(pilot)
        text = await press(pilot, "escape")
        assert "after · layer 12" in text
        # The line takes letters that scroll and close elsewhere.
        text = await press(pilot, "question_mark", "slash", *"quit", "enter")
        assert "leave; a run that is going on goes on" in text
