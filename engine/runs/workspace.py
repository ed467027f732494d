"""The workspace: the folder that holds the runs. Runs are made, listed, found and removed here."""

import contextlib
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nerspace.engine.errors import ConfigurationError, DataError, NerspaceError, UsageError
from nerspace.engine.files import PREFIX, data_folder, make_folder, sweep, user_path
from nerspace.engine.runs.locks import Lock
from nerspace.engine.runs.run import Run, write_json
from nerspace.engine.runs.versions import source_hash, versions


def workspace_folder(explicit: str | Path | None = None) -> Path:
    """The folder that holds the runs, to make one in: a new one is this user's alone.

    Args:
        explicit: as in `workspace_to_read`.

    Raises:
        ConfigurationError: if it cannot be made or written.
    """
    folder = _named_workspace(explicit)
    try:
        make_folder(folder / "runs", private=True)
        probe = folder / "runs" / f".writable-{os.getpid()}-{secrets.token_hex(3)}"
        probe.touch(exist_ok=False)
        probe.unlink()
    except OSError as error:
        raise ConfigurationError(
            f"The workspace {folder} cannot be written ({error.strerror or error}).",
            "Give another with --workspace DIR or $NERSPACE_HOME.",
        ) from error
    return folder.resolve()


def workspace_to_read(explicit: str | Path | None = None) -> Path:
    """The folder that holds the runs, to look at them: nothing is made or written, and it need not be there yet.

    Args:
        explicit: the folder; else $NERSPACE_HOME, else $XDG_DATA_HOME/nerspace.

    Raises:
        ConfigurationError: if it is there and cannot be read.
    """
    folder = _named_workspace(explicit)
    try:
        with os.scandir(folder / "runs"):
            pass
    except FileNotFoundError:
        pass
    except OSError as error:
        raise ConfigurationError(
            f"The workspace {folder} cannot be read ({error.strerror or error}).",
            "Give another with --workspace DIR or $NERSPACE_HOME.",
        ) from error
    return folder.resolve()


def _named_workspace(explicit: str | Path | None) -> Path:
    return user_path(explicit) if explicit else data_folder()


def create(workspace: Path, kind: str, request: Mapping[str, Any], seed: int) -> Run:
    """A new run folder in state "queued"; its id is the kind, the moment and a few random letters."""
    moment = datetime.now(UTC)
    path = workspace / "runs" / f"{kind}-{moment:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
    try:
        make_folder(path)
    except OSError as error:
        raise ConfigurationError(f"The run folder {path} cannot be made ({error.strerror}).") from error
    info = {
        "id": path.name,
        "kind": kind,
        "state": "queued",
        "created": moment.isoformat(timespec="seconds"),
        "seed": seed,
        "request": dict(request),
        "versions": versions(),
        "code": source_hash(),
    }
    try:
        write_json(path / "run.json", info)
    except NerspaceError:
        with contextlib.suppress(OSError):
            path.rmdir()
        raise
    return Run(path)


def list_runs(workspace: Path) -> list[Run]:
    """Every run of a workspace, newest first; a damaged one too."""
    found = [Run(path) for path in _folders(workspace / "runs") if _holds_run(path)]
    return sorted(found, key=_age, reverse=True)


def _folders(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            return [Path(entry.path) for entry in entries if not entry.name.startswith(".") and entry.is_dir()]
    except OSError:
        return []


# Of which a run has some, whatever became of the others.
_PARTS = ("run.json", "process.json", "events.jsonl", "job.log", "lock", "sha256.json", "tables", "vectors", "model")


def _holds_run(folder: Path) -> bool:
    """Whether a folder is a run, or what is left of one."""
    return any(os.path.lexists(folder / name) for name in _PARTS)


def _age(run: Run) -> tuple[float, int, str]:
    """When a run was created, as it says itself; files of a copy are younger. Then when it last said something."""
    try:
        created = datetime.fromisoformat(run.read_info().get("created") or "").timestamp()
    except (NerspaceError, ValueError, OverflowError, OSError):
        created = 0.0
    try:
        said = (run.path / "events.jsonl").stat().st_mtime_ns
    except OSError:
        said = 0
    return created, said, run.id


def find_run(
    workspace: Path, name: str | None = None, has: "Callable[[Run], bool] | None" = None, what: str = "any table",
) -> Run:  # fmt: skip
    """The run of that id, unique beginning of an id, given name, or folder; without one the newest that serves.

    Args:
        has: whether a run serves, which by default every run with tables does.
        what: what such a run holds, in words.

    Raises:
        UsageError: if there is none, or more than one.
    """
    if name == "":
        raise UsageError("The name of the run is empty.", "Leave it out for the newest; see nerspace runs list.")
    if name and _is_run(name):
        return Run(Path(name).resolve())
    runs = list_runs(workspace)
    if name is None:
        for run in runs:
            with contextlib.suppress(NerspaceError):
                run.read_info()
                if has(run) if has else run.tables():
                    return run
        held = f"No run in {workspace} holds {what}." if runs else f"There is no run in {workspace} yet."
        raise UsageError(held, "Make one with nerspace demo.")
    from nerspace.engine.runs.labels import named

    matching = [run for run in runs if run.id == name] or [run for run in runs if run.id.startswith(name)]
    matching = matching or named(runs, name)
    if len(matching) != 1:
        known = ", ".join(run.id for run in (matching or runs)[:5]) or "none"
        problem = "matches several runs" if matching else "is no run"
        raise UsageError(f"{name!r} {problem} of {workspace}.", f"There are: {known}.")
    return matching[0]


def _is_run(name: str) -> bool:
    try:
        return (Path(name) / "run.json").is_file()
    except (OSError, ValueError):  # longer than a name can be, or no possible one
        return False


def find_run_to_remove(workspace: Path, name: str) -> Run:
    """The run of the workspace with exactly that id, or whose id alone begins so; never a folder elsewhere.

    Raises:
        UsageError: for a path, for fewer than four letters of an id, and if no run or several begin so.
    """
    runs = list_runs(workspace)
    known = ", ".join(run.id for run in runs[:5]) or "none"
    hint = f"Give an id of {workspace}, or at least four letters of its beginning. There are: {known}."
    if Path(name).name != name or name in ("", ".", ".."):
        raise UsageError(f"{name!r} is no id of a run; folders are not removed.", hint)
    exact = [run for run in runs if run.id == name]
    if not exact and len(name) < 4:
        raise UsageError(f"{name!r} is too short to remove a run by.", hint)
    matching = exact or [run for run in runs if run.id.startswith(name)]
    if len(matching) != 1:
        problem = f"matches {len(matching)} runs" if matching else "is no run"
        raise UsageError(f"{name!r} {problem} of {workspace}.", hint)
    return matching[0]


def remove(run: Run, lost: bool = False) -> None:
    """Delete a run that is not running. A link to a run elsewhere is taken away, and what it leads to stays.

    Args:
        lost: whether the host that it runs on is gone for good.

    Raises:
        NerspaceError: if it is running, or cannot be deleted.
    """
    if run.path.is_symlink():
        run.path.unlink()
        return
    running = NerspaceError(f"The run {run.id} is still running.", f"Stop it first: nerspace runs stop {run.id}.")
    with _lock_of(run) as lock:
        if lock is None:
            raise running
        with contextlib.suppress(DataError):
            info = run.info_while(lambda: False)
            if info["state"] == "running":
                if not (host := info.get("host")):
                    raise running
                if not lost:
                    raise NerspaceError(
                        f"The run {run.id} is on {host}, which cannot be seen from here.",
                        "If it is gone for good: nerspace runs remove --lost.",
                    )
        # Whoever would go on with it finds it gone as a whole.
        aside = run.path.with_name(f"{PREFIX}{secrets.token_hex(8)}")
        try:
            run.path.rename(aside)
        except OSError as error:
            raise ConfigurationError(f"The run {run.id} cannot be deleted ({error.strerror}).") from error
        shutil.rmtree(aside, ignore_errors=True)
    sweep(run.path.parent)


@contextlib.contextmanager
def _lock_of(run: Run, patience: float = 2.0) -> Iterator[Lock | None]:
    """The lock of a run that is to be deleted, None if another has it; what is left of a run may not have any."""
    lock = run.lock()
    deadline = time.monotonic() + patience
    try:
        while not lock.take():
            if time.monotonic() > deadline:
                yield None
                return
            time.sleep(0.05)
    except OSError:
        pass
    with lock:
        yield lock
