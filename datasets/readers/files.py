"""Reads a file of tagged sentences, or a folder of them, whatever layouts they have."""

import gc
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from nerspace.datasets.dropped import Dropped, dropped
from nerspace.datasets.errors import DataError
from nerspace.datasets.lines import first_bytes, first_lines, kind_of_bytes
from nerspace.datasets.readers import (
    brat,
    bsnlp,
    conll,
    conllu,
    csv_sentences,
    csv_words,
    gold_xlsx,
    json_files,
    own,
    parquet,
    spacy_docbin,
)
from nerspace.datasets.readers.layout import Layout, Source
from nerspace.datasets.readers.sentences import Finished, corpus_of, finish
from nerspace.datasets.reading import AS_IT_STANDS, Reading
from nerspace.datasets.tagged import TaggedCorpus
from nerspace.datasets.visible import is_utf8, visible

MOST_FILES = 5_000
UNKNOWN_LAYOUT = "of no layout known here"
EXPECTED = (
    "Known are text, CSV or .xlsx with a word and its tag a row, CoNLL-U, JSON (words with tags, text with spans,"
    " Prodigy, doccano, Label Studio, spaCy, GLiNER), Parquet, .spacy, brat, BSNLP: see Your own corpus in README.md."
)


LAYOUTS: tuple[Layout, ...] = (
    gold_xlsx,
    parquet,
    spacy_docbin,
    brat,
    bsnlp,
    json_files,
    conllu,
    csv_sentences,
    csv_words,
    conll,
)


def check_name(path: Path) -> None:
    """See that tables can hold the name of a file or folder.

    Raises:
        DataError: it is in another encoding than UTF-8.
    """
    if not is_utf8(str(path)):
        raise DataError(f"The name {visible(str(path))} is not UTF-8.", "Rename the file or folder.")


def read(path: Path, name: str, reading: Reading = AS_IT_STANDS) -> TaggedCorpus:
    """The tagged sentences of a file, or of all files of a known layout below a folder.

    Args:
        path: the file or folder.
        name: of the corpus.
        reading: what the user wants of it.

    Raises:
        DataError: naming file and line; also where no file has a known layout.
    """
    in_folder = path.is_dir()
    files = list(_files_in(path)) if in_folder else [path]
    root = path if in_folder else path.parent
    for file in files:
        check_name(file)
    sources = [Source(file, file.relative_to(root).as_posix(), root, reading) for file in files]
    with _collector_paused():
        parts = [(_own(source) if in_folder else None) or _read_one(source, name) for source in sources]
    taken = [place for part in parts if isinstance(part, Finished) for place in part.beside]
    beside = {place.relative_to(root).as_posix() for place in taken if place.is_relative_to(root)}
    corpus = corpus_of(name, (part for part in parts if not (isinstance(part, Dropped) and part.file in beside)))
    if not corpus.files:
        raise DataError(_why_not(path, files, corpus.dropped), EXPECTED)
    return corpus


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Rows make no cycles, and a third of the time would go into looking for some among millions of them."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def layout_of(source: Source) -> Layout | None:
    """The first layout that recognises a file."""
    return next((layout for layout in LAYOUTS if layout.recognises(source)), None)


def _read_one(source: Source, name: str) -> Finished | Dropped:
    if layout := layout_of(source):
        return finish(layout.read(source), name, source.root, source.reading, layout.NAME)
    return dropped(source.shown, 0, "", _what(source.path), "")


def _own(source: Source) -> Dropped | None:
    """What was exported into a folder, or runs that are kept in it, would else be read as data or stand in its way."""
    found = own.what(source.path)
    return dropped(source.shown, 0, "", found, "") if found else None


def _why_not(path: Path, files: Sequence[Path], left_out: Sequence[Dropped]) -> str:
    if files == [path]:
        return f"{path} is {own.what(path) or _what(path)}."
    reasons = [f"{row.file} is {row.reason}" for row in left_out if row.reason != UNKNOWN_LAYOUT]
    return f"{path} is of no layout known here" + "".join(f"; {line}" for line in reasons[:3]) + "."


def _what(path: Path) -> str:
    start = first_bytes(path)
    if not start or (kind := kind_of_bytes(start)):
        return kind if start else "empty"
    return UNKNOWN_LAYOUT if first_lines(path) or b"\0" in start else "no UTF-8 text from its first line on"


def _files_in(folder: Path) -> Iterator[Path]:
    """Ordinary files below a folder, by name, hidden ones left out; a run of nerspace is the folder that it is.

    Raises:
        DataError: there are too many to be a data set.
    """

    def refuse(error: OSError) -> None:
        raise DataError(f"{error.filename or folder} cannot be read: {error.strerror}.") from error

    found = 0
    for here, folders, names in os.walk(folder, onerror=refuse):
        if own.is_run(names):
            folders.clear()
            yield Path(here)
            continue
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if name.startswith(".") or not (path := Path(here) / name).is_file():
                continue
            found += 1
            if found > MOST_FILES:
                raise DataError(f"{folder} holds more than {MOST_FILES:,} files.", "Give the folder of one data set.")
            yield path
