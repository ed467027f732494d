"""Processes of nerspace's own: how they begin, and a module that answers lines of JSON in one.

It is for whoever must stay quick and small. The child ends with its parent: its input is then at an end.
"""

import gc
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

from nerspace.engine.errors import ModelError, NerspaceError


def collect_garbage_seldom() -> None:
    """For a process of our own, before it imports much.

    A start makes many objects and hardly any garbage; to look for it every 700 objects takes a tenth of the start.
    """
    gc.set_threshold(20_000, 20, 20)


class LineProcess:
    """Starts with the first line and stays warm for the next; threads may share it, one line at a time.

    Args:
        module: that runs `answer_lines`.
        arguments: of its command line.
        lost: what is raised where the process ends without an answer.
    """

    def __init__(self, module: str, arguments: tuple[str, ...], lost: NerspaceError) -> None:
        self._command = [sys.executable, "-P", "-m", module, *arguments]
        self._lost = lost
        self._process: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()

    @property
    def is_warm(self) -> bool:
        """Whether the process is there already."""
        return self._process is not None

    def ask(self, line: Any, progress: Callable[[dict[str, Any]], None] | None = None) -> dict[str, Any]:
        """The answer to one value.

        Args:
            line: what JSON can hold.
            progress: gets what the process says before its answer.

        Raises:
            ModelError: what the process says is wrong, or where it ended.
        """
        with self._lock:
            answer = self._answer(json.dumps(line), progress)
        if "problem" in answer:
            raise ModelError(answer["problem"], answer["hint"])
        return answer

    def _answer(self, line: str, progress: Callable[[dict[str, Any]], None] | None) -> dict[str, Any]:
        process = self._process or self._start()
        assert process.stdin is not None  # noqa: S101
        assert process.stdout is not None  # noqa: S101
        try:
            process.stdin.write(line + "\n")
            process.stdin.flush()
            while True:
                answer: dict[str, Any] = json.loads(process.stdout.readline())
                if "done" not in answer:
                    return answer
                if progress is not None:
                    progress(answer)
        except (OSError, ValueError) as error:
            self.close()
            raise self._lost from error

    def _start(self) -> "subprocess.Popen[str]":
        self._process = subprocess.Popen(  # noqa: S603 - the interpreter and a module of ours, no shell
            self._command, text=True, encoding="utf-8",
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True,
            # Threads that wait by spinning take the core that the keys need.
            env={"OMP_WAIT_POLICY": "passive", **os.environ, "HF_HUB_DISABLE_PROGRESS_BARS": "1",
                 "TOKENIZERS_PARALLELISM": "false"},
        )  # fmt: skip
        return self._process

    def close(self) -> None:
        """End the process at once, also under a question, which then fails."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()


def answer_lines(answer: Callable[[Any, Callable[..., None]], dict[str, Any]], what: str) -> None:
    """Reply to each line of the input, a value of JSON, with a line of JSON, until the input ends.

    Args:
        answer: gets the value, and a function that tells how far it is: keyword arguments, `done` among them.
        what: cannot be used, where an error is not ours.
    """
    collect_garbage_seldom()
    # What a library prints must not be taken for a reply.
    replies, sys.stdout = sys.stdout, sys.stderr

    def tell(**facts: Any) -> None:
        print(json.dumps(facts), file=replies, flush=True)

    for line in sys.stdin:
        try:
            reply = answer(json.loads(line), tell)
        except NerspaceError as error:
            reply = {"problem": error.message, "hint": error.hint}
        except Exception as error:
            reply = {"problem": f"{what} cannot be used: {type(error).__name__}: {error}", "hint": ""}
        print(json.dumps(reply), file=replies, flush=True)
