"""Keys in one breath, as a fast typist or a slow line sends them: each acts on what the ones before have opened."""

import threading

from textual import events
from tui_driving import explorer, settle

from nerspace.tui.actions import key_name
from nerspace.tui.explorer.entity import screen as entity


async def burst(pilot, *keys: str) -> str:
    """Keys that are all there before the first is taken; what stands on the screen once all have done."""
    for key in keys:
        event = events.Key(key_name(key), key if len(key) == 1 else None)
        event.set_sender(pilot.app)
        pilot.app._driver.send_message(event)
    await settle(pilot)
    for _ in range(200):
        if not pilot.app._early:
            break
        await pilot.pause(0.02)
    return await settle(pilot)


async def test_a_name_is_found_and_compared_in_one_breath(finished, corpus):
    app = explorer(finished, corpus)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await burst(pilot, "7", "/", *"wash", "enter", "j", "j", "c", "k")
        assert (app.in_view.about, app.in_view.reference, app.in_view.language) == ("washington", "uk", "ru")


async def test_keys_for_a_window_that_opens_wait_for_it(finished, corpus, monkeypatch):
    app = explorer(finished, corpus)
    copied = []
    monkeypatch.setattr(app, "copy", copied.append)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        text = await burst(pilot, "8", "enter", "j", "j", "y", "?")
        assert "copy the row or cell" in text
        assert len(app.screen_stack) == 3
        assert copied == [app.screen_stack[1].table.copied()]
        assert app.screen_stack[1].table.row == 2


async def test_whoever_goes_elsewhere_waits_for_nothing(finished, corpus, monkeypatch):
    held = threading.Event()
    names_of = entity.names_of
    monkeypatch.setattr(entity, "names_of", lambda session: held.wait(20) and names_of(session))
    app = explorer(finished, corpus)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await pilot.press("7")
        assert app.in_view.id == "entity"
        await pilot.press("8")
        assert app.in_view.id == "runs"
        await pilot.press("7", "j", "8")
        # What came behind another key may belong to a word.
        assert app.in_view.id == "entity"
        held.set()
        await burst(pilot)
        assert app.in_view.id == "runs"
