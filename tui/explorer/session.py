"""What the explorer looks at: a workspace, one of its runs, a corpus and a tokenizer, each loaded once and on demand.

What may take a moment here is called from worker threads only.
"""

import threading
from collections.abc import Collection, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from nerspace.datasets.reading import AS_IT_STANDS, Reading
from nerspace.engine.errors import NerspaceError, UsageError
from nerspace.engine.runs import Run

if TYPE_CHECKING:
    import pandas as pd

    from nerspace.datasets.records import Entity
    from nerspace.datasets.synthetic import SyntheticNER
    from nerspace.engine.encoders.tokenizer_process import Cutter
    from nerspace.engine.geometry.stored import StoredVectors
    from nerspace.engine.reading.client import NameRead, Reader, TextRead, Told
    from nerspace.tui.explorer.data.model import Opened


class Names(NamedTuple):
    """Names to be cut.

    Attributes:
        corpus: that has them.
        note: whose they are, where they are not simply those of the corpus that is open.
        apart: whether each stands in one language alone.
    """

    corpus: "SyntheticNER"
    note: str = ""
    apart: bool = False


class Session:
    """The workspace, run, corpus and model of one explorer."""

    def __init__(
        self, workspace: Path, run: Run | None, corpus: str, model: str, reading: Reading = AS_IT_STANDS, note: str = ""
    ) -> None:
        self.workspace = workspace
        self.run = run
        # A second run, which some views set beside the first.
        self.other: Run | None = None
        self.corpus_name = corpus
        # How the corpus is read, and whose it is, where nobody asked for it.
        self.reading = reading
        self.corpus_note = note
        self.model_name = model
        # Runs that were marked to be compared with the run in view.
        self.overlaid: list[Run] = []
        self._lock = threading.Lock()
        # Held while a corpus is being read, so that two screens do not read it twice; never in a key handler.
        self._corpus_lock = threading.Lock()
        self._opened: Opened | None = None
        self._builtin: SyntheticNER | None = None
        self._names: tuple[tuple[object, str], Names] | None = None
        self._cutter: Cutter | None = None
        self._reader: Reader | None = None
        # Run and entity → what was read on demand, of all languages that were asked for.
        self._read: dict[tuple[str, str], NameRead] = {}
        self._vectors: tuple[tuple[str | int, ...], StoredVectors] | None = None
        self._tables: dict[tuple[str, str], tuple[tuple[int, int], pd.DataFrame]] = {}

    def opened(self) -> "Opened":
        """The corpus of that name.

        Raises:
            NerspaceError: if it cannot be read.
        """
        from nerspace.tui.explorer.data.model import open_corpus

        with self._corpus_lock:
            if (known := self._opened) is not None:
                return known
            name = self.corpus_name
            try:
                opened = open_corpus(name, self.reading)
            except NerspaceError:
                if (newer := self._opened) is not None:
                    return newer
                raise
            if self._opened is None and self.corpus_name == name:
                self._opened = opened
            return self._opened or opened

    def adopt(self, opened: "Opened") -> None:
        """Look at another corpus from now on; at once."""
        self.corpus_name, self._opened = opened.name, opened
        self.reading, self.corpus_note = AS_IT_STANDS, ""

    def parallel(self) -> "tuple[SyntheticNER, str]":
        """The corpus if it has parallel names, else the built-in one, with a line that says so."""
        from nerspace import datasets

        try:
            corpus = self.opened().index.corpus
            if not isinstance(corpus, datasets.TaggedCorpus):
                return corpus, ""
            why = f"{corpus.name} holds tagged sentences"
        except NerspaceError:
            why = f"{self.corpus_name} cannot be read"
        with self._corpus_lock:
            if self._builtin is None:
                self._builtin = datasets.load_parallel("builtin")
            return self._builtin, f"names of the built-in corpus: {why}"

    def names(self) -> Names:
        """The names of the corpus: parallel ones, of tagged text those that its run was given, else those it tags."""
        from nerspace.datasets.synthetic import SyntheticNER
        from nerspace.tui.explorer.data.tagged import TaggedIndex
        from nerspace.tui.explorer.run_data import names_file

        corpus, note = self.parallel()
        if not note or self._opened is None or not isinstance(index := self._opened.index, TaggedIndex):
            return Names(corpus, note)
        key = index, self.run.id if self.run else ""
        if (known := self._names) is not None and known[0] == key:
            return known[1]
        found = Names(corpus, note)
        if index.entities:
            tagged = SyntheticNER(index.corpus.name, [], index.entities, index.corpus.languages)
            found = Names(tagged, f"names that {index.corpus.name} tags", apart=True)
        if file := names_file(self.run):
            with suppress(NerspaceError):
                found = Names(_as_corpus(file), f"names of {Path(file).name}, given to {key[1]}")
        # Whatever is typed is looked up among them.
        found.corpus.named("")
        self._names = key, found
        return found

    def entity(self, wanted: str) -> "Entity | None":
        """A name of the corpus by its id, or one that its text tags."""
        from nerspace.tui.explorer.data.tagged import TaggedIndex, entity_of

        known = self.parallel()[0].entity_by_id.get(wanted) or self.names().corpus.entity_by_id.get(wanted)
        if known is None and self._opened is not None and isinstance(index := self._opened.index, TaggedIndex):
            return entity_of(wanted, index.corpus)
        return known

    def is_without_contexts(self, wanted: str) -> bool:
        """Whether a name, by its id, is one that tagged text holds, or that was given beside it."""
        corpus, note = self.parallel()
        return bool(note) and wanted not in corpus.entity_by_id

    def cut(self, texts: Sequence[str]) -> list[list[str]]:
        """The pieces of each text by the tokenizer of the model, which is read in a process of its own.

        Raises:
            NerspaceError: if there is none.
        """
        from nerspace.engine.encoders.tokenizer_process import Cutter

        with self._lock:
            self._cutter = self._cutter or Cutter(self.model_name)
        return self._cutter.cut(texts)

    def reader(self) -> "Reader":
        """What reads with the models of the run in view, in a process of its own that stays until another run is read.

        Raises:
            UsageError: if there is no run.
        """
        from nerspace.engine.reading.client import Reader

        with self._lock:
            if self.run is None:
                raise UsageError("There is no run whose models could read.", "n on Training starts one.")
            if self._reader is not None and self._reader.run != self.run:
                self._reader.close()
                self._reader = None
            self._reader = self._reader or Reader(self.run)
            return self._reader

    def read_name(
        self, entity: str, languages: Sequence[str] = (), crossed: bool = False, told: "Told | None" = None
    ) -> "NameRead":
        """Have the run's models read a name in test contexts, see `Reader.name`; with what was read of it before.

        Raises:
            NerspaceError: where that cannot be.
        """
        from nerspace.engine.reading.client import joined

        if self.is_without_contexts(entity):
            raise UsageError(
                "Tagged text has no contexts to read this name in.", "I has the models read what you type."
            )
        reader = self.reader()
        read = reader.name(entity, languages, crossed, told)
        key = (reader.run.id, entity)
        self._read[key] = joined(self._read.get(key), read)
        return self._read[key]

    def name_read(self, entity: str) -> "NameRead | None":
        """What was read of a name on demand since the explorer was opened."""
        return None if self.run is None else self._read.get((self.run.id, entity))

    def read_text(self, text: str, told: "Told | None" = None) -> "TextRead":
        """Have the run's models read a name or a sentence, see `Reader.text`.

        Raises:
            NerspaceError: where that cannot be.
        """
        return self.reader().text(text, told)

    def close(self) -> None:
        """End what runs beside the explorer for its own sake; runs go on."""
        for helper in (self._cutter, self._reader):
            if helper is not None:
                helper.close()

    def forget_corpus(self) -> None:
        """Read the corpus again the next time it is requested."""
        self._opened = None

    def table(self, name: str, run: Run | None = None) -> "pd.DataFrame | None":
        """A table of the run (or of another), read again only when its file has changed; None if it has no such table.

        One that the catalogue makes of another is made of it where it is not held.
        """
        from nerspace.engine.tables.index import CATALOGUE, Held

        run = run or self.run
        if run is None:
            return None
        spec = CATALOGUE.get(name)
        source = spec.source if spec and spec.source and not run.table_path(name).exists() else ""
        try:
            status = run.table_path(source or name).stat()
        except OSError:
            return None
        stamp = (status.st_mtime_ns, status.st_size)
        known = self._tables.get((run.id, name))
        if known is None or known[0] != stamp:
            made = Held({source: run.read_table(source)})[name] if source else run.read_table(name)
            known = self._tables[run.id, name] = (stamp, made)
        return known[1]

    def vectors(self, layers: Collection[int] = (), run: Run | None = None) -> "StoredVectors":
        """The entity vectors that the run (or another) stores at these layers, by default its first and its last one.

        A run may store every layer of a large sample, so only what is requested is read, and only that stays in memory.

        Raises:
            NerspaceError: if it holds none of them.
        """
        from dataclasses import replace

        from nerspace.engine.geometry.stored import held_vectors, read_stored

        run = run or self.run
        if run is None:
            raise UsageError("There is no run.", "n on Training starts one (3, then n).")
        held = {layer for _, layer in held_vectors(run)}
        wanted = sorted(held & set(layers) if layers else {min(held), max(held)} if held else {0})
        with self._lock:
            if self._vectors is None or self._vectors[0] != (run.id, *wanted):
                # Asked for a layer that is not there, the engine says which are.
                parts = [read_stored(run, layer=layer) for layer in wanted or sorted(layers)[:1]]
                joined = {key: X for part in parts for key, X in part.vectors.items()}
                self._vectors = (run.id, *wanted), replace(parts[0], vectors=joined)
            return self._vectors[1]


def _as_corpus(file: str) -> "SyntheticNER":
    """The names of a file as a corpus without contexts."""
    from nerspace import datasets
    from nerspace.datasets.records import languages_of
    from nerspace.datasets.synthetic import SyntheticNER

    entities = datasets.load_names(file)
    return SyntheticNER(Path(file).name, [], entities, languages_of(entities))
