"""Any name and any sentence is read on demand by the run's models, without leaving the screen."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from asked_sample import untested
from textual.widgets import Input
from tui_driving import press, settle, text_in

from nerspace.engine.errors import NerspaceError
from nerspace.engine.reading.client import Reader
from nerspace.engine.runs import Run
from nerspace.tui.explorer.app import NerspaceApp
from nerspace.tui.explorer.entity.card import CardWindow
from nerspace.tui.explorer.session import Session
from nerspace.tui.explorer.space.screen import SpaceScreen
from nerspace.tui.explorer.typed import TypedWindow

# A process of its own reads, which takes seconds to begin.
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def warm(askable: Run) -> Iterator[Reader]:
    """A process that reads takes longer to start than all that these tests ask of it."""
    made = Reader(askable)
    yield made
    made.close()


@pytest.fixture
def asked(askable: Run, tiny_xlmr: Path, warm: Reader, monkeypatch: pytest.MonkeyPatch) -> NerspaceApp:
    monkeypatch.setattr(warm, "close", lambda: None)
    session = Session(askable.path.parent.parent, askable, "builtin", str(tiny_xlmr))
    session._reader = warm
    return NerspaceApp(session)


NEWCOMER = ["7", "slash", *"was", "enter", "j", "c", "k", "a", "e", "enter"]


async def test_a_newcomer_learns_in_twelve_keys_why_a_name_is_far_and_leaves_with_the_csv(asked, tmp_path):
    assert len(NEWCOMER) == 12
    async with asked.run_test(size=(80, 24), notifications=True) as pilot:
        await settle(pilot)
        for key in NEWCOMER[:-2]:
            text = await press(pilot, key)
        assert "Why is be Вашынгтон far from ru Вашингтон?" in text
        for said in (" against ", "TNLD .10", "before fine-tuning, 8 contexts", "after fine-tuning, 8 contexts",
                     "of 8 contexts", "with the ru spelling in the same contexts"):  # fmt: skip
            assert said in " ".join(text.split()), said
        text = await press(pilot, *NEWCOMER[-2:])
        assert "Wrote" in text
        # What the models read of two languages takes nothing away from what was known of the third.
        forms = asked.in_view.view.forms.set_index("language")
        assert forms["after 2"].notna().sum() == 2
    [path] = tmp_path.glob("why_*_be_ru.csv")
    written = pd.read_csv(path).set_index("cause")
    assert {"pieces", "spelling", "cosine", "errors", "own spelling", "context"} <= set(written.index)
    assert (written["reference"] == "ru").all()
    assert written.loc["own spelling", "n"] == 8


async def test_a_name_that_no_test_sentence_has_is_read_without_leaving_the_screen(
    askable, tiny_xlmr, tmp_path, monkeypatch
):
    run = untested(askable, "loc-washington", tmp_path / "workspace")
    session = Session(tmp_path / "workspace", run, "builtin", str(tiny_xlmr))
    app = NerspaceApp(session)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        text = await press(pilot, "7", "slash", *"loc-washington", "enter", "k")
        assert app.in_view.about == "loc-washington"
        assert "W reads it now" in text
        assert "No prediction of this name" in text
        seen = []
        tell = app.in_view._tell_progress
        monkeypatch.setattr(app.in_view, "_tell_progress", lambda said: seen.append(said) or tell(said))
        text = await press(pilot, "W")
        assert "is read in 3 languages" in text
        assert "predictions  24" in text
        assert "cosine  before 2: " in await press(pilot, "j")
        assert any("sentences" in said and "of" in said for said in seen)
        assert seen[-1] == ""
        assert app.in_view.id == "entity"
        process = session._reader._process._process
        assert process.poll() is None
        await press(pilot, "q")
    assert process.poll() is not None


async def test_contexts_that_nobody_read_are_told_from_right_ones_and_fill_as_they_are_read(asked):
    async with asked.run_test(size=(120, 40), notifications=True) as pilot:
        await press(pilot, "7", "slash", *"loc-lincoln", "enter")
        about = asked.in_view.about
        text = await press(pilot, "w")
        assert "· not read" in text
        assert "✓ right" not in text
        assert "W: the run's models read it now" in text
        text = await press(pilot, "W")
        frame = asked.screen.frame
        read = frame[frame["verdict"] != "unread"]
        assert len(read) == 16
        assert set(read["run"]) == {"now"}
        assert "not read" in asked.screen.query_one("#list-table").parent.border_subtitle
        first = frame["verdict"].iloc[0]
        assert {"wrong": "✗ wrong", "context": "→ context", "right": "✓ right"}[first] in text
        table = asked.screen.query_one("#list-table")
        row = int((frame["verdict"] != "unread").to_numpy().nonzero()[0][1])
        drawn = table._row(row, 100)
        colors = {segment.text.strip(): segment.style.color for segment in drawn if segment.text.strip()}
        unread = table._row(len(frame) - 1, 100)
        others = {segment.text.strip(): segment.style.color for segment in unread if segment.text.strip()}
        said = {"wrong": "✗ wrong", "context": "→ context", "right": "✓ right"}[frame["verdict"].iloc[row]]
        assert colors[said] != others["· not read"]
        text = await press(pilot, "G", "enter")
        assert "sentence, not read" in text
        assert "B-LOC" not in text_in(pilot, ".window")
        assert about == "loc-lincoln"


async def test_what_is_typed_is_tagged_cut_and_put_on_the_map_beside_its_nearest_names(asked, askable, rich, tmp_path):
    # Without notices, which would lie over the lines under the map.
    async with asked.run_test(size=(80, 24)) as pilot:
        text = await press(pilot, "7", "I")
        assert "type a name or a sentence" in text
        text = await press(pilot, *"[Washington]", "space", *"is", "space", *"old.", "enter")
        window = asked.screen
        assert isinstance(window, TypedWindow)
        assert window.read.words == ("Washington", "is", "old", ".")
        assert "en-0" in text
        assert "pieces" in text
        assert "in brackets" in text
        assert "cosine" in text
        nearest = window.read.nearest
        # The second answer comes from the same process.
        await press(pilot, "backspace", "enter")
        # What is typed while the models read is read after that.
        while window.asked:
            await settle(pilot)
        assert window.read.words == ("Washington", "is", "old")
        await press(pilot, "tab", "e", "enter")
        read = window.read
        text = await press(pilot, "ctrl+o")
        space = asked.query_one(SpaceScreen)
        assert asked.in_view is space
        assert "Washington" in text
        assert "placed by openTSNE transform; no other point moved" in text
        point = len(space.maps.points) - 1
        assert space.active.nearest_point() == point
        place = read.places.query("stage == @space.key[0] and layer == @space.key[1]").iloc[0]
        assert space.maps.places[space.key][0][point] == pytest.approx(place["x"])
        assert space.neighbours.point == point
        drawn = askable.read_table("map")
        for (stage, layer), (x, _) in space.maps.places.items():
            kept = drawn[(drawn["stage"] == stage) & (drawn["layer"] == layer)].sort_values("point")["x"]
            assert (x[:-1] == kept.to_numpy()).all()
        # It belongs to the run whose models read it.
        asked.open_run(rich)
        await settle(pilot)
        assert space.typed is None
        assert len(space.maps.points) == len(rich.read_table("points"))
    written = pd.read_csv(tmp_path / "nearest_typed.csv")
    assert len(written) == len(nearest)
    assert "stage" in written.columns


async def test_what_cannot_be_read_is_said_in_place(asked):
    # What is told stays longer than the process that reads takes to begin on a busy machine.
    asked.NOTIFICATION_TIMEOUT = 120
    async with asked.run_test(size=(80, 24), notifications=True) as pilot:
        text = await press(pilot, "I", "space", "enter")
        assert "[brackets] mark the name" in text
        text = await press(pilot, "tab", "e", "i", "ctrl+o")
        assert "Type something first." in text
        await press(pilot, "tab", "e", "i")
        assert isinstance(asked.screen, TypedWindow)
        assert asked.screen.query_one(Input).value.strip() == "ei"
        await press(pilot, "escape")
        assert not isinstance(asked.screen, TypedWindow)


async def test_a_run_without_a_model_says_so_where_something_is_typed(rich, corpus):
    app = NerspaceApp(Session(rich.path.parent.parent, rich, str(corpus), "builtin"))
    async with app.run_test(size=(80, 24)) as pilot:
        text = await press(pilot, "4", "I", *"Minsk", "enter")
        assert "kept no model" in text


async def test_a_card_tells_why_nothing_was_read_though_another_window_lies_over_it(rich, corpus, monkeypatch):
    let_go = threading.Event()

    def fail(*_: object) -> None:
        let_go.wait(60)
        raise NerspaceError("The run kept no model.", "")

    monkeypatch.setattr(Session, "read_name", fail)
    app = NerspaceApp(Session(rich.path.parent.parent, rich, str(corpus), "builtin"))
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "7", "slash", *"minsk", "enter")
        await pilot.press("j", "a")
        while not isinstance(app.screen, CardWindow):
            await pilot.pause(0.02)
        await pilot.press("e")
        while isinstance(app.screen, CardWindow):
            await pilot.pause(0.02)
        let_go.set()
        await settle(pilot)
        text = await press(pilot, "escape")
        assert isinstance(app.screen, CardWindow)
        assert "The run kept no model." in text
        assert "start …" not in text


async def test_the_forms_have_their_height_although_they_are_loaded_before_the_first_layout(rich, corpus, monkeypatch):
    from nerspace.engine.errors import NerspaceError
    from nerspace.tui.explorer.entity.screen import EntityScreen

    def at_once(screen, work, then, failed=None, awaited=False):
        try:
            then(work())
        except NerspaceError as error:
            (failed or screen.failed)(error)

    app = NerspaceApp(Session(rich.path.parent.parent, rich, str(corpus), "builtin"))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        monkeypatch.setattr(EntityScreen, "load", at_once)
        await press(pilot, "7")
        assert app.in_view.query_one("#forms").size.height == 12
        await pilot.resize_terminal(80, 18)
        await settle(pilot)
        assert app.in_view.query_one("#forms").size.height < 12
        assert app.in_view.query_one("#predicted").size.height >= 2
