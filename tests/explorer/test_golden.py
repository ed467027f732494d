"""Whole screens, letter by letter. After a change that is meant: NERSPACE_GOLDEN=write pytest -k golden."""

import os
from pathlib import Path

import pytest
from tui_driving import explorer, press

GOLDEN = Path(__file__).parent / "golden"

SCREENS = {
    "entity": ("7", "slash", *"washington", "enter"),
    "heatmaps": ("5",),
    "space_errors": ("4", "c", "c", "H", "H", "K"),
}


@pytest.mark.parametrize("name", SCREENS)
async def test_the_screen_is_as_it_was(rich, corpus, name):
    app = explorer(rich, corpus)
    async with app.run_test(size=(80, 24)) as pilot:
        text = await press(pilot, *SCREENS[name])
    # The first line names the run, whose id holds the time.
    seen = "\n".join(line.rstrip() for line in text.splitlines()[1:]) + "\n"
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("NERSPACE_GOLDEN") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(seen, encoding="utf-8")
    assert seen == path.read_text(encoding="utf-8")
