"""What the tests of several readers need."""

import tracemalloc
from collections.abc import Callable, Iterator

import pytest


@pytest.fixture
def peak() -> Iterator[Callable[[], int]]:
    """The most bytes in use at once since the test began."""
    tracemalloc.start()
    yield lambda: tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
