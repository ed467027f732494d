"""The folder of the runs: a user's own, read without being written, and shared where its modes say so."""

import errno
import fcntl
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from nerspace.engine import runs
from nerspace.engine.errors import ConfigurationError, NerspaceError
from nerspace.engine.files import cache_folder, make_folder
from nerspace.engine.runs import Run, jobs
from nerspace.engine.runs.locks import Lock
from nerspace.engine.sums import known_sum_of


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_workspace_and_a_new_cache_are_their_users_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = runs.workspace_folder(tmp_path / "home" / "nerspace")
    assert [mode(path) for path in (workspace.parent, workspace, workspace / "runs")] == [0o700] * 3
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "file").write_text("x")
    known_sum_of(tmp_path / "file")
    assert mode(cache_folder("hashes")) == mode(cache_folder("hashes").parent) == 0o700
    shared = tmp_path / "shared"
    shared.mkdir(mode=0o775)
    shared.chmod(0o775)
    runs.workspace_folder(shared)
    assert mode(shared) == 0o775


@pytest.mark.parametrize(("folder", "lock"), [(0o775, 0o664), (0o700, 0o600), (0o777, 0o666), (0o755, 0o644)])
def test_who_may_write_a_folder_may_take_its_locks(tmp_path: Path, folder: int, lock: int) -> None:
    tmp_path.chmod(folder)
    with Lock(tmp_path / "lock") as held:
        assert held.take()
    assert mode(tmp_path / "lock") == lock


def test_the_lock_of_another_user_is_taken_to_read_it_and_told_where_it_cannot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = runs.create(runs.workspace_folder(tmp_path), "demo", {"donor": "en"}, 0)
    opened = os.open
    forbidden = os.O_RDWR | os.O_WRONLY

    def guarded(path: Any, flags: int, *rest: Any, **more: Any) -> int:
        if str(path).endswith("lock") and flags & forbidden:
            raise PermissionError(errno.EACCES, "Permission denied")
        return opened(path, flags, *rest, **more)

    monkeypatch.setattr(os, "open", guarded)
    (run.path / "lock").write_text("")
    with run.lock() as lock:
        assert lock.take()
        assert run.is_written()
    forbidden = ~0
    with pytest.raises(ConfigurationError, match=r"lock cannot be taken \(Permission denied\).*workspace of your own"):
        jobs.start(run)


def test_a_link_in_place_of_a_lock_or_the_events_is_not_followed(tmp_path: Path) -> None:
    run = runs.create(runs.workspace_folder(tmp_path), "demo", {"donor": "en"}, 0)
    target = tmp_path / "precious"
    target.write_text("kept")
    for name in ("lock", "events.jsonl"):
        (run.path / name).symlink_to(target)
    with pytest.raises(NerspaceError):
        jobs.start(run)
    with pytest.raises(ConfigurationError):
        run.append_event("note", text="x")
    assert target.read_text() == "kept"


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """A disk without a free inode, that is mounted read-only too."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    def fill() -> None:
        opened = os.open

        def guarded(path: Any, flags: int, *rest: Any, **more: Any) -> int:
            if str(path) != os.devnull and flags & (os.O_CREAT | os.O_WRONLY | os.O_RDWR):
                raise OSError(errno.ENOSPC, "No space left on device")
            return opened(path, flags, *rest, **more)

        monkeypatch.setattr(os, "open", guarded)
        monkeypatch.setattr(os, "mkdir", refuse)
        for name in ("mkdir", "touch", "write_text", "write_bytes"):
            monkeypatch.setattr(Path, name, refuse)

    return fill


def test_what_reads_needs_no_writable_workspace_and_no_free_inode(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Any, full: Callable[[], None]
) -> None:
    monkeypatch.setenv("NERSPACE_HOME", str(tmp_path / "home"))
    run = runs.create(runs.workspace_folder(), "demo", {"donor": "en", "model": "m", "languages": ["en"]}, 0)
    run.write_table("tnld", pd.DataFrame({"a": ["en"], "b": ["be"], "type": [""], "subset": ["all"], "n": [1],
                                          "tnld": [0.5]}))  # fmt: skip
    run.append_event("state", state="finished")
    run.update(state="finished")
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    full()
    for arguments in (
        ["runs", "list"], ["runs", "show"], ["runs", "follow", run.id], ["runs", "verify"], ["locate"],
        ["export", "tnld", "--csv", "-"], ["runs", "list", "--json"], ["runs", "compare", run.id, run.id, "--request"],
        ["runs", "stop", run.id],
    ):  # fmt: skip
        done = command(*arguments)
        assert done.returncode == 0, f"{arguments} {done.stderr}"
    with pytest.raises(ConfigurationError, match="cannot be written.*--workspace"):
        runs.workspace_folder()
    monkeypatch.undo()
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_looking_at_a_workspace_that_is_not_there_makes_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Any
) -> None:
    monkeypatch.setenv("NERSPACE_HOME", str(tmp_path / "home"))
    assert "There is no run yet" in command("runs", "list").stdout
    assert command("runs", "show").returncode == 2
    assert not (tmp_path / "home").exists()
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "runs").write_text("")
    done = command("runs", "list")
    assert done.returncode == 1
    assert "home cannot be read (Not a directory). Give another with --workspace" in done.stderr


def test_a_folder_that_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    make_folder(tmp_path, private=True)
    assert mode(tmp_path) == 0o755
    make_folder(tmp_path / "a" / "b", private=True)
    assert mode(tmp_path / "a") == 0o700


def test_a_lock_is_looked_at_where_no_file_can_be_made(tmp_path: Path) -> None:
    run = Run(tmp_path / "none")
    assert not run.is_written()
    assert not run.path.exists()
    (tmp_path / "lock").write_text("")
    with (tmp_path / "lock").open() as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        assert Lock(tmp_path / "lock").is_held()
