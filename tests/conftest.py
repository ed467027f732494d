"""What all tests share: a machine without history, and the fixtures of tests/support."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

# Threads that wait by spinning make every test slower as soon as another program wants a core.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
# With more, several trainings of a run would go on side by side, in processes that begin anew for every test.
os.environ.setdefault("OMP_NUM_THREADS", "1")

pytest_plugins = [
    "asked_sample",
    "builtin_encoder",
    "counting",
    "e5s1_sample",
    "sample_runs",
    "tagged_sample",
    "terminals",
    "tiny_encoders",
]

FOLDERS = ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")
UNSET = ("NERSPACE_HOME", "NO_COLOR", "SSH_CONNECTION", "COLUMNS", "LINES")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the clusters, minutes in which their processes wait more than they work."""
    items.sort(key=lambda item: item.get_closest_marker("cluster") is None)


@pytest.fixture(scope="session", autouse=True)
def _fresh_machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test reads what an earlier session or the user has left, or leaves anything behind."""
    machine = tmp_path_factory.mktemp("machine")
    with pytest.MonkeyPatch.context() as patch:
        for name in FOLDERS:
            patch.setenv(name, str(machine / name.lower()))
        for name in UNSET:
            patch.delenv(name, raising=False)
        yield
    # The built-in encoder in it takes 480 MB.
    shutil.rmtree(machine, ignore_errors=True)


@pytest.fixture(autouse=True)
def _own_folder(_fresh_machine: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A test begins in an empty folder, with no key of its own and nothing remembered."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
