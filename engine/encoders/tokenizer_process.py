"""A tokenizer in a process of its own, for whoever must stay quick and small.

Reading the tokenizer of XLM-R takes seconds in which no other thread of the process runs, and 300 MB that stay. The
child ends with its parent: its input is then at an end.
"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from typing import Any

from nerspace.engine.errors import ModelError, NerspaceError


class Cutter:
    """Cuts texts as the tokenizer of an encoder does; the process starts with the first text. Threads may share it."""

    def __init__(self, model: str) -> None:
        self.model = model
        self._process: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()

    def cut(self, texts: Sequence[str]) -> list[list[str]]:
        """The pieces of each text, as `tokenization.segment` gives them.

        Raises:
            ModelError: for a name that leads to no tokenizer.
        """
        with self._lock:
            reply = self._request(json.dumps(list(texts)))
        if "problem" in reply:
            raise ModelError(reply["problem"], reply["hint"])
        pieces: list[list[str]] = reply["pieces"]
        return pieces

    def _request(self, line: str) -> dict[str, Any]:
        process = self._process or self._start()
        assert process.stdin is not None  # noqa: S101
        assert process.stdout is not None  # noqa: S101
        try:
            process.stdin.write(line + "\n")
            process.stdin.flush()
            reply: dict[str, Any] = json.loads(process.stdout.readline())
        except (OSError, ValueError) as error:
            self._end()
            raise ModelError(f"The tokenizer of {self.model!r} stopped.", "Try again; r reads it anew.") from error
        if "problem" in reply:
            self._end()
        return reply

    def _start(self) -> "subprocess.Popen[str]":
        self._process = subprocess.Popen(  # noqa: S603 - the interpreter and a module of ours, no shell
            [sys.executable, "-P", "-m", "nerspace.engine.encoders.tokenizer_process", self.model],
            text=True, encoding="utf-8",
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True,
            env={**os.environ, "HF_HUB_DISABLE_PROGRESS_BARS": "1", "TOKENIZERS_PARALLELISM": "false"},
        )  # fmt: skip
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._end()


def main() -> None:
    """Reply to each line, a JSON list of texts, with a line of JSON, until the input ends."""
    from nerspace.engine.encoders import load_tokenizer
    from nerspace.engine.names.tokenization import segment

    # What a library prints must not be taken for a reply.
    replies, sys.stdout = sys.stdout, sys.stderr
    tokenizer: Any = None
    for line in sys.stdin:
        try:
            tokenizer = tokenizer or load_tokenizer(sys.argv[1])
            reply: dict[str, Any] = {"pieces": [segment(text, tokenizer) for text in json.loads(line)]}
        except NerspaceError as error:
            reply = {"problem": error.message, "hint": error.hint}
        except Exception as error:
            reply = {"problem": f"The tokenizer cannot be used: {type(error).__name__}: {error}", "hint": ""}
        print(json.dumps(reply), file=replies, flush=True)


if __name__ == "__main__":
    main()
