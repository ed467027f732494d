"""What the explorer looks at: a workspace, one of its runs, a corpus and a tokenizer, each loaded once and on demand.

Everything here may take a moment and is called from worker threads only.
"""

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nerspace.engine.runs import Run

if TYPE_CHECKING:
    import pandas as pd

    from nerspace.datasets.synthetic import SyntheticNER


class Session:
    """The workspace, run, corpus and model of one explorer."""

    def __init__(self, workspace: Path, run: Run | None, corpus: str, model: str) -> None:
        self.workspace = workspace
        self.run = run
        self.corpus_name = corpus
        self.model_name = model
        self._lock = threading.Lock()
        self._corpus: SyntheticNER | None = None
        self._tokenizer: Any = None
        self._tables: dict[tuple[str, str], tuple[tuple[int, int], pd.DataFrame]] = {}

    def corpus(self) -> "SyntheticNER":
        """The corpus of that name.

        Raises: NerspaceError if it cannot be read.
        """
        from nerspace import datasets

        with self._lock:
            if self._corpus is None:
                self._corpus = datasets.load(self.corpus_name)
            return self._corpus

    def tokenizer(self) -> Any:
        """The tokenizer of the model, a `tokenizers.Tokenizer`.

        Raises: NerspaceError if there is none.
        """
        from nerspace.engine.encoders import load_tokenizer

        with self._lock:
            if self._tokenizer is None:
                self._tokenizer = load_tokenizer(self.model_name)
            return self._tokenizer

    def forget_corpus(self) -> None:
        """Read the corpus again the next time it is asked for."""
        with self._lock:
            self._corpus = None

    def table(self, name: str) -> "pd.DataFrame | None":
        """A table of the run, read again only when its file has changed; None if the run has no such table yet."""
        run = self.run
        if run is None:
            return None
        try:
            status = run.table_path(name).stat()
        except OSError:
            return None
        stamp = (status.st_mtime_ns, status.st_size)
        known = self._tables.get((run.id, name))
        if known is None or known[0] != stamp:
            known = self._tables[run.id, name] = (stamp, run.read_table(name))
        return known[1]
