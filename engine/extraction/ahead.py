"""What is needed next, made ready in a thread while what is there is worked on."""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")
_END = object()


def ahead(made: Iterable[T], most: int = 1) -> Iterator[T]:
    """The same things in the same order, of which at most so many lie ready.

    An error comes in the place of the thing that could not be made.

    Args:
        made: makes each thing when it is asked for; the thread alone asks.
        most: how many wait to be taken.
    """
    things = iter(made)
    with ThreadPoolExecutor(1, "ahead") as thread:
        ready: deque[Any] = deque(thread.submit(next, things, _END) for _ in range(most))
        while (thing := ready.popleft().result()) is not _END:
            ready.append(thread.submit(next, things, _END))
            yield thing
