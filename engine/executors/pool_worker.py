"""A process beside the job's that does one task after the other, in the run's own folder; see `pool`.

Messages of the job, as `Order`: a task, or None for the end. Messages of this process, as `Told`: what came of it.
"""

import os
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Generator
from contextlib import closing, suppress
from dataclasses import dataclass
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from nerspace.engine.errors import NerspaceError, Stopped
from nerspace.engine.processes import collect_garbage_seldom
from nerspace.engine.runs import Run
from nerspace.engine.runs.records import Record


@dataclass(frozen=True, slots=True)
class Order:
    """A task to be done: module and name of the work, its request, and its other arguments."""

    work: str
    request: Any
    arguments: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """What a process tells of its task.

    Attributes:
        record: one more.
        ended: whether that was the last.
        problem: message and hint of what the task failed of.
        refusal: number, text and file of what the disk refused.
        trace: of a failure that has no message for people.
    """

    record: Record | None = None
    ended: bool = False
    problem: tuple[str, str] | None = None
    refusal: tuple[int | None, str | None, str | None] | None = None
    trace: str = ""


def serve(run: Run, connection: Connection) -> None:
    """Do what is ordered until the end is, or the job is gone; a task that is under way then saves its checkpoint."""
    orders: queue.Queue[Order | None] = queue.Queue()
    ending = threading.Event()

    def listen() -> None:
        with suppress(EOFError, OSError):
            while (order := connection.recv()) is not None:
                orders.put(order)
            ending.set()
            orders.put(None)
            return
        # The job is gone: whoever resumes the run writes where this process would.
        os._exit(1)

    threading.Thread(target=listen, daemon=True).start()
    while (order := orders.get()) is not None:
        _do(run, order, connection, ending)


def _do(run: Run, order: Order, connection: Connection, ending: threading.Event) -> None:
    problem, refusal, trace = None, None, ""
    try:
        module, _, name = order.work.partition(":")
        work = getattr(import_module(module), name)
        records: Generator[Record, None, None]
        with closing(work(run, order.request, *order.arguments)) as records:
            for record in records:
                connection.send(Told(record))
                if ending.is_set():
                    raise Stopped("The run was stopped.")
    except NerspaceError as error:
        problem = error.message, error.hint
    except OSError as error:
        refusal = error.errno, error.strerror or str(error), error.filename and str(error.filename)
        trace = traceback.format_exc()
    except Exception as error:
        problem, trace = (f"{type(error).__name__}: {error}", ""), traceback.format_exc()
    connection.send(Told(ended=True, problem=problem, refusal=refusal, trace=trace))


def main() -> None:
    """Serve the run folder and the connection that the command line names; the environment says how many threads."""
    collect_garbage_seldom()
    # Whoever ends the job tells it, and it tells its processes.
    for name in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(name, signal.SIG_IGN)
    folder, descriptor = sys.argv[1:]
    with Connection(int(descriptor)) as connection:
        serve(Run(Path(folder)), connection)


if __name__ == "__main__":
    # As a module with its own name, which the messages bear.
    from nerspace.engine.executors import pool_worker

    pool_worker.main()
