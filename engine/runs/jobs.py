"""Long work in a process of its own session, reported only through the run's events.

The process outlives the terminal that started it; whoever wants to know follows the events. A job is a generator of
records (see `progress`), named in JOBS by the kind of its run.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager, nullcontext, suppress
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from nerspace.engine import devices
from nerspace.engine.errors import ConfigurationError, NerspaceError, Stopped
from nerspace.engine.files import failures, sweep, sync
from nerspace.engine.processes import collect_garbage_seldom
from nerspace.engine.runs import Run, ledger
from nerspace.engine.runs.locks import Lock
from nerspace.engine.runs.records import Record, event_of
from nerspace.engine.runs.versions import source_hash, versions

JOBS = {
    "demo": "nerspace.engine.training.demo:demo",
    "finetune": "nerspace.engine.training.job:finetune_donors",
    "transfer": "nerspace.engine.training.job:finetune_donors",
    "swap": "nerspace.engine.swapping.job:swap",
    "extract": "nerspace.engine.extraction.job:extract",
    "project": "nerspace.engine.projection.job:project_vectors",
    "evaluate": "nerspace.engine.evaluation.job:evaluate",
    "paper": "nerspace.engine.paper.job:paper",
}

ENDED = ("finished", "stopped", "failed", "dead")


def start(run: Run) -> None:
    """Start the run's job in a session of its own and return at once.

    Raises:
        NerspaceError: when another process works on the run, or it is damaged or gone.
    """
    run.require()
    run.read_info()
    with _hold(run) as lock:
        _launch(run, lock)


def resume(run: Run, lost: bool = False) -> None:
    """Go on with a run that was stopped, failed or died, in a process of its own, and return at once.

    The job emits its records again from the beginning: what was trained is read back from its checkpoint, the rest is
    done anew with the same result. Tables are rewritten; the events of the first try are saved beside the new ones.
    A finished run is done again where it is damaged.

    Args:
        run: the run.
        lost: whether the host that it runs on is gone for good.

    Raises:
        NerspaceError: when the run is finished and whole, or still under way.
    """
    _check_ended(run, run.is_written, lost)
    with _hold(run) as lock:
        # Another may have been faster.
        _check_ended(run, lambda: False, lost)
        _find_job(run)
        begin_again(run)
        _launch(run, lock)


def _check_ended(run: Run, is_written: Callable[[], bool], lost: bool) -> None:
    info = run.info_while(is_written)
    if info["state"] == "finished" and not run.damages():
        raise NerspaceError(f"The run {run.id} is finished: nothing is left to do.", "See nerspace runs show.")
    if info["state"] != "running":
        return
    if is_written() or not (host := info.get("host")):
        raise NerspaceError(f"The run {run.id} is still running.", f"Follow it: nerspace runs follow {run.id}.")
    if not lost:
        raise NerspaceError(
            f"The run {run.id} is on {host}, which cannot be seen from here.",
            "If it is gone for good: nerspace runs resume --lost.",
        )


def begin_again(run: Run) -> None:
    """Make a run that has ended ready to be done again, without what is damaged; one that never began is ready."""
    if run.read_info()["state"] != "queued" or (run.path / "process.json").exists():
        with failures(run.path):
            _begin_again(run)


def _begin_again(run: Run) -> None:
    damaged = ledger.drop_damaged(run.path)
    run.forget_stop()
    run.set_events_aside()
    if damaged:
        names = ", ".join(list(damaged)[:3]) + (", …" if len(damaged) > 3 else "")
        run.append_event("note", text=f"Damaged, and made anew: {names}.")
    run.update(state="queued", error=None, ended=None, resumed=_now(), versions=versions(), code=source_hash())


def _hold(run: Run, patience: float = 2.0) -> Lock:
    """The run's lock; the threads of a process that was just killed may hold it for a moment longer."""
    run.require()
    lock = run.lock()
    deadline = time.monotonic() + patience
    while not _take(lock):
        if time.monotonic() > deadline:
            raise NerspaceError(
                f"Another process works on the run {run.id}.", f"Follow it: nerspace runs follow {run.id}."
            )
        time.sleep(0.05)
    if not lock.is_in_place():
        lock.release()
        raise NerspaceError(f"The run {run.id} is gone.", "It was removed just now.")
    return lock


def _take(lock: Lock) -> bool:
    """Take a lock. Raises: ConfigurationError where it cannot be opened, as that of another user."""
    try:
        return lock.take()
    except OSError as error:
        raise ConfigurationError(
            f"The lock {lock.path} cannot be taken ({error.strerror or error}).",
            "Where it is another user's: a workspace of your own is --workspace DIR or $NERSPACE_HOME.",
        ) from error


def _launch(run: Run, lock: Lock) -> None:
    """Start the process and pass the lock on to it, so that no moment is without a holder."""
    # -P: the current folder may hold a folder named datasets, which must not be taken for a package.
    command = [sys.executable, "-P", "-m", "nerspace.engine.runs.jobs", str(run.path), str(lock.descriptor)]
    environment = {
        # How long a thread spins for the others before it sleeps. By default so long that training is several times
        # slower as soon as another program wants a core; not at all would cost a third of the speed on a quiet machine.
        "GOMP_SPINCOUNT": "2000",
        **os.environ,
        "TOKENIZERS_PARALLELISM": "true",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "TRANSFORMERS_NO_ADVISORY_WARNINGS": "1",
    }
    with failures(run.path / "job.log"), (run.path / "job.log").open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 - the interpreter and a path of ours, no shell
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            cwd=run.path, env=environment, pass_fds=(lock.descriptor,),
        )  # fmt: skip
    run.claim(process.pid)


def follow(run: Run, poll: float = 0.1, skip: int = 0, patience: float = 5.0) -> Iterator[dict[str, Any]]:
    """The events of a run from its beginning, then as they come, until the run has ended.

    Args:
        run: the run.
        poll: seconds between two looks.
        skip: how many events to leave out, for a follower that has seen them already.
        patience: seconds to wait for a run that nobody has started yet.

    Raises:
        NerspaceError: where nobody starts it.
    """
    offset = seen = 0
    deadline = time.monotonic() + patience
    while True:
        ended = run.info()["state"] in ENDED
        for behind, event in run.events(offset):
            offset, seen = behind, seen + 1
            if seen > skip:
                yield event
        if ended:
            return
        if is_unstarted(run):
            if time.monotonic() > deadline:
                raise NerspaceError(
                    f"The run {run.id} was never started.",
                    f"Start it: nerspace runs resume {run.id}; take it away: nerspace runs remove {run.id}.",
                )
        else:
            deadline = time.monotonic() + patience
        time.sleep(poll)


def is_unstarted(run: Run) -> bool:
    """Whether a run is queued and no process has been started for it."""
    return not (run.path / "process.json").exists() and not run.is_written() and run.read_info()["state"] == "queued"


def stop(run: Run) -> str:
    """Request that the run stops at its next step; everything finished so far stays.

    Returns:
        The state of the run: one that nobody works on is stopped at once.
    """
    state: str = run.info()["state"]
    if state in ENDED:
        return state
    run.request_stop()
    if is_unstarted(run):
        with run.lock() as lock:
            if _take(lock):
                run.forget_stop()
                run.append_event("state", state="stopped")
                run.update(state="stopped", ended=_now())
                return "stopped"
    return state


def job_of(run: Run) -> Generator[Record, None, None]:
    """The job that a run requests, not yet begun."""
    module, _, name = _find_job(run).partition(":")
    job: Callable[[Run], Generator[Record, None, None]] = getattr(import_module(module), name)
    return job(run)


def _find_job(run: Run) -> str:
    kind = run.read_info()["kind"]
    if kind not in JOBS:
        raise NerspaceError(
            f"The run {run.id} is of the kind {kind!r}, which this version of nerspace cannot do.",
            f"It can do {', '.join(JOBS)}.",
        )
    return JOBS[kind]


def execute(run: Run, lock: Lock | None = None, has_device: bool = False) -> str:
    """Do the run's job in this process, write its events, and return the state it ended in.

    Args:
        run: the run.
        lock: the run's lock, where it is held already.
        has_device: whether this process was given its device, so that it waits for none.

    Raises:
        NerspaceError: when another process works on the run.
    """
    with lock or _hold(run):
        run.claim(os.getpid())
        # Nobody else writes here, so that it is of those that were killed.
        sweep(run.path, 0.0, deep=True)
        state, problem = "finished", {}
        try:
            with nullcontext() if has_device else _device(run):
                run.update(state="running", started=_now())
                run.append_event("state", state="running")
                state = _work(run)
        except Stopped:
            state = "stopped"
        except NerspaceError as error:
            state, problem = "failed", {"message": error.message, "hint": error.hint}
        except OSError as error:
            _tell(traceback.format_exc())
            state = "failed"
            what = error.filename or "The disk"
            problem = {
                "message": f"{what} refuses to be read or written ({error.strerror or error}).",
                "hint": f"See to the disk, then resume the run; the whole story is in {run.path / 'job.log'}.",
            }
        except Exception as error:
            _tell(traceback.format_exc())
            state = "failed"
            problem = {
                "message": f"{type(error).__name__}: {error}",
                "hint": f"The whole story is in {run.path / 'job.log'}.",
            }
        return _record_end(run, state, problem)


def _tell(text: str) -> None:
    """Write to job.log, which a full disk does not take either: how the run ended matters more."""
    with suppress(OSError):
        print(text, file=sys.stderr, flush=True)


def _work(run: Run) -> str:
    with closing(job_of(run)) as work:
        for record in work:
            kind, fields = event_of(record)
            run.append_event(kind, **fields)
            if run.stop_requested():
                return "stopped"
    return "finished"


def _record_end(run: Run, state: str, problem: dict[str, str]) -> str:
    """Write how the run ended; where not even that can be written the run is seen as dead, and can be resumed.

    Results come first, then what they are, then the word that the run has ended: each is on the disk before the next.

    Returns: the state that it ended in, which is failed where its results could not be kept.
    """
    try:
        ledger.enter_all(run.path)
    except (NerspaceError, OSError) as error:
        if state == "finished":
            state, problem = "failed", {"message": f"The results cannot be kept: {error}", "hint": "Resume the run."}
    if problem:
        _tell(f"{problem['message']} {problem['hint']}")
    try:
        try:
            # The event first: whoever follows reads no further once run.json says that the run has ended.
            run.append_event("state", state=state, **problem)
            sync(run.path / "events.jsonl")
        finally:
            run.update(state=state, ended=_now(), error=problem or None)
    except NerspaceError as error:
        gone = f"The run folder {run.path} is gone. It was deleted while the run went on."
        _tell(str(error) if run.path.is_dir() else gone)
        return state
    if state == "finished":
        shutil.rmtree(run.path / "checkpoints", ignore_errors=True)
    return state


@contextmanager
def _device(run: Run, poll: float = 0.2) -> Iterator[None]:
    """Wait for a device that the run may use and no other run of the workspace does, and hold it meanwhile.

    Where any GPU will do it is the first that is free. Work that goes elsewhere holds no device here.

    Raises:
        Stopped: when a stop of the run is requested while it waits.
    """
    request = run.read_info()["request"]
    name = request.get("device")
    if name is None or request.get("on"):
        yield
        return
    offered = devices.candidates(name)
    locks = [Lock(run.path.parent / f".{device.replace(':', '-')}.lock") for device in offered]
    noted = False
    while (held := next((number for number, lock in enumerate(locks) if _take(lock)), None)) is None:
        if not noted:
            whose = "another run of this workspace uses it" if len(offered) == 1 else "other runs use them all"
            run.append_event("note", text=f"Waiting for {' or '.join(offered)}: {whose}.")
            noted = True
        if run.stop_requested():
            raise Stopped("The run was stopped before its turn came.")
        time.sleep(poll)
    with locks[held]:
        devices.use_gpu(offered[held])
        yield


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def main() -> int:
    """Do the job of the run folder named on the command line; a lost terminal or a polite kill loses nothing."""
    collect_garbage_seldom()
    run = Run(Path(sys.argv[1]))
    lock = Lock.inherited(run.lock().path, int(sys.argv[2]))
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: run.request_stop())
    return 0 if execute(run, lock) == "finished" else 1


if __name__ == "__main__":
    raise SystemExit(main())
