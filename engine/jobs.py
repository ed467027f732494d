"""Long work in a process of its own session, told only through the run's events.

The process outlives the terminal that started it; whoever wants to know follows the events. A job is a generator of
records (see `progress`), named in JOBS by the kind of its run.
"""

import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Generator, Iterator
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from nerspace.engine.errors import NerspaceError
from nerspace.engine.progress import Record, event_of
from nerspace.engine.runs import Run

JOBS = {"demo": "nerspace.engine.experiment:demo"}

ENDED = ("finished", "stopped", "failed", "dead")


def start(run: Run) -> None:
    """Start the run's job in a session of its own and return at once."""
    # -P: the current folder may hold a folder named datasets, which must not be taken for a package.
    command = [sys.executable, "-P", "-m", "nerspace.engine.jobs", str(run.path)]
    environment = {
        # Threads that wait by spinning make training nine times slower as soon as another program wants a core.
        "OMP_WAIT_POLICY": "passive",
        **os.environ,
        "TOKENIZERS_PARALLELISM": "true",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "TRANSFORMERS_NO_ADVISORY_WARNINGS": "1",
    }
    with (run.path / "job.log").open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 - the interpreter and a path of ours, no shell
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            cwd=run.path, env=environment,
        )  # fmt: skip
    run.claim(process.pid)


def follow(run: Run, poll: float = 0.1, skip: int = 0) -> Iterator[dict[str, Any]]:
    """The events of a run from its beginning, then as they come, until the run has ended.

    skip: how many events to leave out, for a follower that has seen them already.
    """
    offset = seen = 0
    while True:
        ended = run.info()["state"] in ENDED
        for behind, event in run.events(offset):
            offset, seen = behind, seen + 1
            if seen > skip:
                yield event
        if ended:
            return
        time.sleep(poll)


def stop(run: Run) -> None:
    """Ask the run to stop at its next step; it keeps everything finished so far."""
    run.ask_to_stop()


def _job(kind: str) -> Callable[[Run], Generator[Record, None, None]]:
    module, _, name = JOBS[kind].partition(":")
    job: Callable[[Run], Generator[Record, None, None]] = getattr(import_module(module), name)
    return job


def execute(run: Run) -> str:
    """Do the run's job in this process, write its events, and return the state it ended in."""
    run.claim(os.getpid())
    run.update(state="running", started=_now())
    run.append_event("state", state="running")
    state, problem = "finished", {}
    try:
        work = _job(run.info()["kind"])(run)
        for record in work:
            kind, fields = event_of(record)
            run.append_event(kind, **fields)
            if run.stop_asked():
                work.close()
                state = "stopped"
                break
    except NerspaceError as error:
        state, problem = "failed", {"message": error.message, "hint": error.hint}
    except Exception as error:
        traceback.print_exc()
        state = "failed"
        problem = {
            "message": f"{type(error).__name__}: {error}",
            "hint": f"The whole story is in {run.path / 'job.log'}.",
        }
    run.update(state=state, ended=_now(), **({"error": problem} if problem else {}))
    run.append_event("state", state=state, **problem)
    return state


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def main() -> int:
    """Do the job of the run folder named on the command line; a lost terminal or a polite kill loses nothing."""
    run = Run(Path(sys.argv[1]))
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: run.ask_to_stop())
    return 0 if execute(run) == "finished" else 1


if __name__ == "__main__":
    raise SystemExit(main())
