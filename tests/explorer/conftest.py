"""What the tests of the explorer share."""

from collections.abc import Iterator, Sequence

import pytest

from nerspace.engine.encoders.tokenizer_process import Cutter
from nerspace.tui.explorer.session import Session


@pytest.fixture(autouse=True)
def _curves_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nerspace.tui.explorer.training.screen.DRAW_SECONDS", 0.0)


@pytest.fixture(scope="session")
def cutters() -> Iterator[dict[str, Cutter]]:
    """Processes of tokenizers by model: a tokenizer of 250,002 pieces takes longer to read than most tests."""
    made: dict[str, Cutter] = {}
    yield made
    for cutter in made.values():
        cutter.close()


@pytest.fixture(autouse=True)
def _one_process_of_a_tokenizer(cutters: dict[str, Cutter], monkeypatch: pytest.MonkeyPatch) -> None:
    def cut(session: Session, texts: Sequence[str]) -> list[list[str]]:
        return cutters.setdefault(session.model_name, Cutter(session.model_name)).cut(texts)

    monkeypatch.setattr(Session, "cut", cut)
