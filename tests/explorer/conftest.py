"""What the tests of the explorer share."""

import pytest


@pytest.fixture(autouse=True)
def _curves_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nerspace.tui.explorer.training.screen.DRAW_SECONDS", 0.0)
