"""What a reader took from its files and what it left out, row by row."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import pandas as pd

# Characters of a dropped text that the table shows; a broken file may hold one endless line.
SHOWN = 200


@dataclass(frozen=True, slots=True)
class Dropped:
    """A row, or one language of a row, that was left out.

    file: path inside the folder that was read. line: of the row's first character, from 1; 0 for a whole file.
    language: code, or empty when the whole row is left out. reason: one of few phrases, so that they can be counted.
    text: what was left out; `dropped` makes it.
    """

    file: str
    line: int
    language: str
    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class FileRead:
    """A file that was read.

    rows: those it holds without its header. kept: those that the corpus has, whole or in some languages. layout: how it
    was read. columns: which columns were taken for what, and other things that a reader decided.
    """

    file: str
    type: str
    case: str
    languages: tuple[str, ...]
    rows: int
    kept: int
    layout: str = ""
    columns: str = ""


class Read(Protocol):
    """Anything that remembers how it was read."""

    @property
    def dropped(self) -> Sequence[Dropped]:
        """What was left out."""

    @property
    def files(self) -> Sequence[FileRead]:
        """What was read."""


def dropped(file: str, line: int, language: str, reason: str, text: str) -> Dropped:
    """A row left out, its text cut to a length that can be stored and shown."""
    return Dropped(file, line, language, reason, text if len(text) <= SHOWN else text[: SHOWN - 1] + "…")


def dropped_table(corpus: Read) -> "pd.DataFrame":
    """The table `dropped`: file, line, language, reason, text; one row for everything that was left out."""
    import pandas as pd

    return pd.DataFrame([astuple(row) for row in corpus.dropped], columns=[field.name for field in fields(Dropped)])


def read_table(corpus: Read) -> "pd.DataFrame":
    """The table `read`: file, type, case, languages, rows, kept, layout, columns; one row for every file."""
    import pandas as pd

    rows = [(f.file, f.type, f.case, " ".join(f.languages), f.rows, f.kept, f.layout, f.columns) for f in corpus.files]
    return pd.DataFrame(rows, columns=[field.name for field in fields(FileRead)])
