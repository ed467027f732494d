"""Short messages in the corner: said once, and gone in time whenever their screen comes up."""

import asyncio

import pytest
from textual.widgets._toast import Toast
from tui_driving import explorer, press, settle


async def test_what_is_said_again_stands_there_once(finished, corpus):
    app = explorer(finished, corpus)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await settle(pilot)
        for said in ("Nothing to undo.", "Nothing to undo.", "Another word.", "Nothing to undo."):
            app.tell(said, "warning")
        await settle(pilot)
        assert [str(toast._notification.message) for toast in app.screen.query(Toast)] == [
            "Another word.", "Nothing to undo.",
        ]  # fmt: skip
        # A screen that comes up shows them too, each once.
        assert (await press(pilot, "8")).count("Nothing to undo.") == 1


async def test_a_message_whose_time_runs_out_while_its_screen_comes_up_goes_away(finished, corpus):
    app = explorer(finished, corpus)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await settle(pilot)
        app.notify("Too late.", timeout=0.2)
        await pilot.pause()
        (notice,) = app._notifications
        await asyncio.sleep(0.3)
        toast = Toast(notice)
        # With less than nothing its timer would never give anything else its turn again.
        assert notice.has_expired
        assert toast._timeout > 0
        await app.screen.mount(toast)
        await asyncio.sleep(0.1)
        await settle(pilot)
        assert not app.screen.query(Toast)


@pytest.mark.parametrize("timeout", [0.0, -1.0])
async def test_a_message_without_time_is_not_shown(finished, corpus, timeout):
    app = explorer(finished, corpus)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await settle(pilot)
        app.notify("Never.", timeout=timeout)
        assert "Never." not in await settle(pilot)
