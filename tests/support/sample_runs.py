"""Runs and a corpus on disk, made once, an explorer on them, and the command line in this process."""

import io
import shutil
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import rooms_sample
import tui_sample
from tui_driving import explorer

from nerspace.engine.runs import Run, jobs
from nerspace.tui import main as program
from nerspace.tui.explorer.app import NerspaceApp


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
        monkeypatch.setattr(sys, "stdin", io.StringIO())
        capsys.readouterr()
        code: object = 0
        try:
            program.main()
        except SystemExit as left:
            code = left.code
        except Exception:
            # Under --debug; the interpreter would print it and end with 1.
            traceback.print_exc()
            code = 1
        printed = capsys.readouterr()
        return Done(code if isinstance(code, int) else int(code is not None), printed.out, printed.err)

    return call


@pytest.fixture
def jobs_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs are done in this process before they are followed: where neither their process nor their pace is tested."""
    monkeypatch.setattr(jobs, "start", jobs.execute)


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


@pytest.fixture
def rich_copy(rich: Run, tmp_path: Path) -> Run:
    """A copy of it that a test may change."""
    path = tmp_path / "rich" / "runs" / rich.id
    shutil.copytree(rich.path, path)
    return Run(path)
