"""Tasks in this process, one after the other."""

import sys
from collections.abc import Iterator, Sequence
from types import TracebackType

from nerspace.engine import devices
from nerspace.engine.executors.tasks import Executor, Records, T, Task, Work
from nerspace.engine.runs import Run
from nerspace.engine.runs.records import Record


class LocalExecutor(Executor):
    """Does a task when its records are read; see `executor_for` for the arguments."""

    slots = 1
    threads = 0
    # Assigning costs nothing here, and a small shard is a small loss.
    most_shards = sys.maxsize
    keeps_files = True

    def __init__(self, run: Run, threads: int = 0, device: str = "") -> None:
        self._run = run
        self.device = self.own_device = device
        if device:
            devices.use_threads(threads)
            run.update(device=devices.describe(devices.pick_device(device)))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing was started."""

    def start(self, work: Work, encoders: Sequence[str], most: int) -> Iterator[Record]:  # noqa: ARG002
        """This process is ready."""
        return iter(())

    def run(self, tasks: Sequence[Task]) -> Iterator[tuple[Task, Records]]:
        """See `Executor`."""
        for task in tasks:
            yield task, task.work(self._run, task.request, *task.arguments())

    def store(self, value: T) -> T:
        """The value: all tasks share this process's memory."""
        return value
