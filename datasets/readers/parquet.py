"""Reads Parquet files with a list of words and a list of tags a row, by pyarrow: the small extra `parquet`."""

from nerspace.datasets.readers import hub
from nerspace.datasets.readers.layout import Source
from nerspace.datasets.readers.sentences import RawFile

NAME = "Parquet"


def recognises(source: Source) -> bool:
    """Whether the file begins as Parquet does, or is called so."""
    return source.head.startswith(b"PAR1") or source.suffix == ".parquet"


def read(source: Source) -> RawFile:
    """The sentences of one file; `line` is the number of the row.

    Raises:
        DataError: without the extra, or naming what is wrong.
    """
    return hub.read_file(source.path, source.shown)
