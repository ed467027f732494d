"""Tasks in processes of this machine, as many at once as there are cores and memory for.

Threads that share the steps of one small training wait for each other more than they compute, and any other work on the
machine makes all of them wait. A process with one thread for each of several trainings waits for nobody. What a task
leaves depends on its number of threads, not on what goes on beside it.
"""

import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType

from nerspace.engine import devices
from nerspace.engine.encoders import resolve
from nerspace.engine.errors import NerspaceError, Stopped
from nerspace.engine.executors.local import LocalExecutor
from nerspace.engine.executors.pool_worker import Order, Told
from nerspace.engine.executors.tasks import MOST_SHARDS, Records, Task, Work
from nerspace.engine.runs import Run
from nerspace.engine.runs.records import Note, ProbeRecord, Record, StepRecord

# What a process needs beside its model: torch and what it imports, the data, and room to compute in.
_OWN_BYTES = 1_000_000_000
# Weights, their gradients and two moments each, of which the embeddings need the weights alone.
_TIMES_WEIGHTS = 3
# A task that is lost so often is what loses the processes.
MOST_LOSSES = 3
# Seconds between two looks for a stop, and for which a process may take to save its checkpoint.
_POLL, _PATIENCE = 0.5, 60.0


@dataclass(slots=True)
class _State:
    """How far a task is; the fields are those of the cluster's executor."""

    task: Task
    records: list[Record] = field(default_factory=list)
    read: int = 0
    emitted: int = 0
    repeated: int = 0
    losses: int = 0
    done: bool = False


@dataclass(slots=True)
class _Worker:
    """A process, and what it does."""

    process: "subprocess.Popen[bytes]"
    connection: Connection
    state: _State | None = None


class PoolExecutor(LocalExecutor):
    """Does several tasks at once in processes of this machine, or one after the other where it has room for one.

    Attributes:
        threads: CPU threads of each process; 0 where there are none.
    """

    def __init__(self, run: Run, threads: int, device: str, cores: int) -> None:
        super().__init__(run, threads, device)
        self._cores, self._wanted, self.threads = cores, threads, 0
        self._waiting: list[_State] = []
        self._workers: list[_Worker] = []
        self._told: queue.Queue[tuple[_Worker, Told | None]] = queue.Queue()

    def start(self, work: Work, encoders: Sequence[str], most: int) -> Iterator[Record]:  # noqa: ARG002
        """See for how many tasks at once there is room, and say so; their processes begin with the first task."""
        slots = min(most, self._cores // max(1, self._wanted), devices.free_memory() // _bytes_for(encoders))
        if slots > 1:
            self.slots, self.threads = slots, self._wanted or max(1, self._cores // slots)
            self.most_shards = MOST_SHARDS
            counted = f"{self.threads} CPU thread{'s' if self.threads > 1 else ''}"
            self._run.update(device=f"cpu ({slots} models at once, {counted} each)")
            yield Note(f"{slots} models go on at once, each on {counted}; --threads N gives each more.")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Have every process save its checkpoint and end."""
        for worker in self._workers:
            with suppress(OSError):
                worker.connection.send(None)
        for worker in self._workers:
            with suppress(subprocess.TimeoutExpired):
                worker.process.wait(_PATIENCE)
            _end(worker)
        self._workers = []

    def run(self, tasks: Sequence[Task]) -> Iterator[tuple[Task, Records]]:
        """Begin with all tasks; see `Executor`. Those that are done are repeated here."""
        if self.slots == 1:
            yield from super().run(tasks)
            return
        states = [None if task.is_done() else _State(task) for task in tasks]
        self._waiting += [state for state in states if state]
        for task, state in zip(tasks, states, strict=True):
            yield task, self._follow(state) if state else task.work(self._run, task.request, *task.arguments())

    def _follow(self, state: _State) -> Records:
        """The records of a task; the steps of one that was lost are passed on once."""
        while True:
            while state.read < len(state.records):
                record = state.records[state.read]
                state.read += 1
                if isinstance(record, StepRecord | ProbeRecord):
                    if state.repeated:
                        state.repeated -= 1
                        continue
                    state.emitted += 1
                yield record
            if state.done:
                return
            yield from self._poll()

    def _poll(self) -> Iterator[Note]:
        """Hand out what waits, then take what the processes tell."""
        if self._run.stop_requested():
            raise Stopped("The run was stopped.")
        busy = sum(worker.state is not None for worker in self._workers)
        while len(self._workers) < min(self.slots, busy + len(self._waiting)):
            self._workers.append(self._start_worker())
        for worker in self._workers:
            if worker.state is None and self._waiting:
                self._assign(worker, self._waiting.pop(0))
        with suppress(queue.Empty):
            worker, told = self._told.get(timeout=_POLL)
            while True:
                if worker in self._workers:
                    yield from self._take(worker, told)
                worker, told = self._told.get_nowait()

    def _start_worker(self) -> _Worker:
        here, there = Pipe()
        # -P as for the job itself; a process of one thread must not start more before it is told.
        command = [sys.executable, "-P", "-m", "nerspace.engine.executors.pool_worker"]
        threads = str(self.threads)
        environment = {
            "GOMP_SPINCOUNT": "2000",
            "HF_HUB_DISABLE_PROGRESS_BARS": "1",
            "TRANSFORMERS_NO_ADVISORY_WARNINGS": "1",
            **os.environ,
            "OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads,
            "TOKENIZERS_PARALLELISM": "false",
        }  # fmt: skip
        process = subprocess.Popen(  # noqa: S603 - the interpreter and a module of ours, no shell
            [*command, str(self._run.path.resolve()), str(there.fileno())],
            stdin=subprocess.DEVNULL, env=environment, pass_fds=(there.fileno(),),
        )  # fmt: skip
        there.close()
        worker = _Worker(process, here)
        threading.Thread(target=self._listen, args=(worker,), daemon=True).start()
        return worker

    def _listen(self, worker: _Worker) -> None:
        """Take what a process tells at once, so that it never waits for the job; None for its end."""
        try:
            with suppress(EOFError, OSError):
                while True:
                    self._told.put((worker, worker.connection.recv()))
        finally:
            self._told.put((worker, None))

    def _assign(self, worker: _Worker, state: _State) -> None:
        task = state.task
        worker.state = state
        state.records, state.read, state.repeated = [], 0, state.emitted
        order = Order(f"{task.work.__module__}:{task.work.__name__}", task.request, task.arguments())
        # The end of a process that takes nothing any more is told too.
        with suppress(OSError):
            worker.connection.send(order)

    def _take(self, worker: _Worker, told: Told | None) -> Iterator[Note]:
        state = worker.state
        if told is None:
            yield from self._handle_loss(worker)
        elif state is None:
            return
        elif told.record is not None:
            state.records.append(told.record)
        else:
            worker.state = None
            if told.trace:
                print(told.trace, file=sys.stderr)
            if told.refusal:
                raise OSError(*told.refusal)
            if told.problem:
                raise NerspaceError(*told.problem)
            state.done = True

    def _handle_loss(self, worker: _Worker) -> Iterator[Note]:
        """A process is gone, as when memory was short: its task is the next, with one less beside it.

        Raises: NerspaceError when a task was lost too often.
        """
        self._workers.remove(worker)
        _end(worker)
        self.slots = max(1, self.slots - 1)
        if (state := worker.state) is None:
            return
        code = worker.process.returncode
        reason = f"signal {-code}" if code < 0 else f"code {code}"
        state.losses += 1
        if state.losses == MOST_LOSSES:
            raise NerspaceError(
                f"The process of {state.task.name} ended {MOST_LOSSES} times by itself ({reason}).",
                "It may need more memory than is free: a smaller batch or model, or --threads for fewer at once.",
            )
        self._waiting.insert(0, state)
        yield Note(f"The process of {state.task.name} ended by itself ({reason}): it goes on, with fewer beside it.")


def _end(worker: _Worker) -> None:
    worker.process.kill()
    worker.process.wait()
    worker.connection.close()


def _bytes_for(encoders: Sequence[str]) -> int:
    """Memory that a process needs for the largest of some encoders."""
    sizes = [sum(path.stat().st_size for path in Path(resolve(name)).glob("*.safetensors")) for name in encoders]
    return _OWN_BYTES + _TIMES_WEIGHTS * max(sizes, default=0)
