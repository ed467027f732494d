"""Functions in processes of their own that cost no start: forks of this one, which has imported all that they need.

This process must have one thread and must not do their work itself, so that a fork remembers nothing of an earlier one.
"""

import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class End:
    """How a fork ended.

    Attributes:
        value: what the function returned; None where it did not come to that.
        error: the last lines of what it raised.
        killed: whether it was killed, by itself or from here.
        hung: whether that was since it took too long.
    """

    value: Any = None
    error: str = ""
    killed: bool = False
    hung: bool = False


def in_a_fork(call: Callable[[], Any], log: Path, patience: float, killed_after: float | None = None) -> End:
    """Call a function in a fork with a process group of its own.

    Args:
        call: returns what JSON takes.
        log: the file that its stdout and stderr are appended to.
        patience: seconds after which it hangs.
        killed_after: seconds after which the group is killed, by SIGKILL.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        _answer(call, log, writer)
    os.close(writer)
    os.set_blocking(reader, False)
    started = time.monotonic()
    hung, said = False, b""
    try:
        while (ended := os.waitpid(child, os.WNOHANG)) == (0, 0):
            said += _waiting(reader)
            spent = time.monotonic() - started
            if killed_after is not None and spent > killed_after:
                _kill(child)
            elif spent > patience:
                hung = True
                _kill(child)
            time.sleep(0.002)
        said += _waiting(reader)
    except BaseException:
        _kill(child)
        os.waitpid(child, 0)
        raise
    finally:
        os.close(reader)
    killed = os.WIFSIGNALED(ended[1])
    return End(killed=killed, hung=hung, **(json.loads(said) if said and not killed else {}))


def _waiting(reader: int) -> bytes:
    """What waits in a pipe."""
    found = b""
    with suppress(BlockingIOError):
        while part := os.read(reader, 1 << 16):
            found += part
    return found


def _kill(child: int) -> None:
    # The group is there only once the child has made it.
    for send in (os.killpg, os.kill):
        with suppress(ProcessLookupError, PermissionError):
            send(child, signal.SIGKILL)


def _answer(call: Callable[[], Any], log: Path, writer: int) -> None:
    """In the fork: call the function, write what came of it, and end without any of the parent's own endings."""
    try:
        os.setpgid(0, 0)
        descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        for stream in (1, 2):
            os.dup2(descriptor, stream)
        said: dict[str, Any] = {"value": call()}
    except BaseException:
        said = {"error": traceback.format_exc(limit=-3)[-2000:]}
    with suppress(BaseException), os.fdopen(writer, "wb") as answer:
        answer.write(json.dumps(said).encode())
    os._exit(0)


def imported(names: list[str]) -> None:
    """Import what a fork had imported, so that later ones need not."""
    for name in names:
        if name not in sys.modules:
            with suppress(BaseException):
                import_module(name)
