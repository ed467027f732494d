"""A workspace with one run, made once, and an app on it."""

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import rooms_sample
import tui_sample
from tui_driving import explorer

from nerspace.engine.runs import Run
from nerspace.tui.cli import main as cli
from nerspace.tui.explorer.app import NerspaceApp


@pytest.fixture(autouse=True)
def _curves_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nerspace.tui.explorer.training.screen.DRAW_SECONDS", 0.0)


@pytest.fixture(autouse=True)
def _plain_terminal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("NO_COLOR", "SSH_CONNECTION", "NERSPACE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)


@dataclass
class Done:
    """A command that has ended."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """The command in this process; jobs that it starts are processes of their own as ever."""

    def call(*arguments: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["nerspace", *arguments])
        with pytest.raises(SystemExit) as left:
            cli.main()
        printed = capsys.readouterr()
        return Done(int(left.value.code or 0), printed.out, printed.err)

    return call


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tui_sample.write_corpus(tmp_path_factory.mktemp("data") / "names")


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory, corpus: Path) -> Run:
    return tui_sample.write_run(tmp_path_factory.mktemp("workspace"), corpus)


@pytest.fixture
def run(finished: Run, tmp_path: Path) -> Run:
    """A copy that a test may change."""
    path = tmp_path / "workspace" / "runs" / finished.id
    shutil.copytree(finished.path, path)
    return Run(path)


@pytest.fixture
def app(finished: Run, corpus: Path) -> NerspaceApp:
    return explorer(finished, corpus)


@pytest.fixture(scope="session")
def rich(tmp_path_factory: pytest.TempPathFactory, corpus: Path) -> Run:
    """A run with vectors and the errors of two donors, two seeds each."""
    return rooms_sample.enrich(tui_sample.write_run(tmp_path_factory.mktemp("rich"), corpus))
