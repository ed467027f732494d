"""What a task of a job is, and what an executor does."""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from nerspace.engine.runs.records import Record

T = TypeVar("T")
Records = Generator[Record, None, None]
Work = Callable[..., Records]
# More shards would cost more to assign than they gain; fewer would leave workers idle at the end.
MOST_SHARDS = 64


@dataclass(frozen=True, slots=True)
class Task:
    """An independent part of a job.

    Attributes:
        name: what people call it.
        work: generator function (run, request, *arguments) of a module, which writes only `outputs` into the run. Where
            they are there already it makes nothing anew, and repeats the records that tables are made of.
        request: what the work is to do.
        arguments: gives the others when the task is begun; what `Executor.store` returned comes as the value itself.
        outputs: paths in the run that the work leaves; the last is the proof of the others.
        is_done: whether the run holds them.
        encoders: fields of the request that name an encoder.
    """

    name: str
    work: Work
    request: Any
    arguments: Callable[[], tuple[Any, ...]]
    outputs: tuple[str, ...]
    is_done: Callable[[], bool]
    encoders: tuple[str, ...] = ()


class Executor(AbstractContextManager["Executor"], Protocol):
    """Does tasks. What it started is gone with its block.

    Attributes:
        device: the device that tasks compute on, for their requests; known when it has started.
        own_device: the device for what the job computes beside its tasks.
        slots: how many tasks go on at a time.
        threads: CPU threads of each of several tasks that go on side by side on this machine, else 0.
        most_shards: into how many shards blocks are best cut.
        keeps_files: whether what a task left in the run when it was cut off is there when it is begun again.
    """

    device: str
    own_device: str
    slots: int
    threads: int
    most_shards: int
    keeps_files: bool

    def start(self, work: Work, encoders: Sequence[str], most: int) -> Iterator[Record]:
        """Make ready for tasks.

        Args:
            work: what the tasks will do.
            encoders: names of the encoders that they use.
            most: how many tasks there will be.

        Raises:
            ConfigurationError: where the place for work cannot be used.
        """

    def run(self, tasks: Sequence[Task]) -> Iterator[tuple[Task, Records]]:
        """Do tasks, and give each with its records, in their order; to be read in that order.

        Raises:
            NerspaceError: for what a task failed of.
            Stopped: when a stop of the run is requested.
        """

    def store(self, value: T) -> T:
        """A value that is an argument of several tasks, so that it is brought to each place once."""


def shards(blocks: int, most: int = MOST_SHARDS) -> list[range]:
    """Numbers of the blocks of each of at most so many shards, of which each is read as one task."""
    size = -(-blocks // most)
    return [range(start, min(start + size, blocks)) for start in range(0, blocks, size)] if blocks else []
