"""How much work something is, counted instead of timed: the same on a busy machine as on a quiet one."""

import sys
import tracemalloc
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any, TypeVar

import pytest

T = TypeVar("T")


def calls_of(work: Callable[[], T]) -> tuple[T, int]:
    """What a function returns, and how many calls were made in it: of functions of Python and of C."""
    count = 0

    def counted(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        result = work()
    finally:
        sys.setprofile(before)
    return result, count


@pytest.fixture
def peak() -> Iterator[Callable[[], int]]:
    """The most bytes in use at once since the test began."""
    tracemalloc.start()
    yield lambda: tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
