"""A tokenizer in a process of its own, for whoever must stay quick and small.

Reading the tokenizer of XLM-R takes seconds in which no other thread of the process runs, and 300 MB that stay.
"""

import sys
from collections.abc import Callable, Sequence
from typing import Any

from nerspace.engine.errors import ModelError
from nerspace.engine.processes import LineProcess, answer_lines


class Cutter:
    """Cuts texts as the tokenizer of an encoder does; the process starts with the first text. Threads may share it."""

    def __init__(self, model: str) -> None:
        self.model = model
        lost = ModelError(f"The tokenizer of {model!r} stopped.", "Try again; r reads it anew.")
        self._process = LineProcess(__name__, (model,), lost)

    def cut(self, texts: Sequence[str]) -> list[list[str]]:
        """The pieces of each text, as `tokenization.segment` gives them.

        Raises:
            ModelError: for a name that leads to no tokenizer.
        """
        try:
            pieces: list[list[str]] = self._process.ask(list(texts))["pieces"]
        except ModelError:
            # What was wrong may be put right before the next text.
            self._process.close()
            raise
        return pieces

    def close(self) -> None:
        """End the process."""
        self._process.close()


def main() -> None:
    """Reply to each line, a JSON list of texts, with their pieces."""
    from nerspace.engine.encoders import load_tokenizer
    from nerspace.engine.names.tokenization import segment

    tokenizer: Any = None

    def answer(texts: Sequence[str], _: Callable[..., None]) -> dict[str, Any]:
        nonlocal tokenizer
        tokenizer = tokenizer or load_tokenizer(sys.argv[1])
        return {"pieces": [segment(text, tokenizer) for text in texts]}

    answer_lines(answer, "The tokenizer")


if __name__ == "__main__":
    main()
