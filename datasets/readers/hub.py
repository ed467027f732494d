"""Reads a data set of the Hugging Face Hub by its id, from its Parquet files.

The address is `hub:OWNER/NAME`, `hub:OWNER/NAME/CONFIG` (for many sets the language) or either with `@REVISION`. Only
Parquet files are fetched, or those that the Hub itself made of the set; scripts of a data set are never run. The
library `datasets` is not used: from this repository's root its name is that of our own folder.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nerspace.datasets.errors import DataError
from nerspace.datasets.lines import first_bytes
from nerspace.datasets.readers.records.form import LANGUAGE, id_of
from nerspace.datasets.readers.records.words import TAGS, WORDS, check_words
from nerspace.datasets.readers.sentences import ALIGNMENT, ENTITY_ID, RawFile, RawSentence, corpus_of, finish
from nerspace.datasets.reading import AS_IT_STANDS, Reading
from nerspace.datasets.tagged import TaggedCorpus

PREFIX = "hub:"
PARQUET_EXTRA = "Install it with: pip install 'nerspace[parquet]'."
EXTRA = "Install it with: pip install 'nerspace[hub]'."
# Bytes and files of one set; the largest NER sets have some hundred million.
LARGEST = 2_000_000_000
MOST_FILES = 2_000
# Where the Hub keeps the Parquet files that it makes itself.
CONVERTED = "refs/convert/parquet"

_ADDRESS = re.compile(
    r"hub:(?P<id>[\w.-]+(?:/[\w.-]+)?)(?:/(?P<config>[\w.-]+))?(?:@(?P<revision>[\w./-]+))?", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Address:
    """A data set on the Hub; `config` and `revision` may be empty."""

    id: str
    config: str
    revision: str


def parse(address: str) -> Address:
    """The parts of an address.

    Raises:
        DataError: it is none.
    """
    found = _ADDRESS.fullmatch(address)
    if not found or ".." in address:
        raise DataError(
            f"{address!r} is no address of a data set.", "Expected hub:OWNER/NAME or hub:OWNER/NAME/CONFIG."
        )
    return Address(found["id"], found["config"] or "", found["revision"] or "")


def read(address: str, reading: Reading = AS_IT_STANDS) -> TaggedCorpus:
    """The sentences of a data set with one list of words and one of tags a row.

    Raises:
        DataError: the extra is missing, the set unknown, the network away, or the columns are others.
    """
    parsed = parse(address)
    folder = fetch(parsed)
    files = sorted(path for path in folder.rglob("*.parquet") if _belongs(path.relative_to(folder).as_posix(), parsed))
    if not files:
        raise DataError(f"{address} has no Parquet file{f' of {parsed.config}' if parsed.config else ''}.")
    name = address.removeprefix(PREFIX)
    raws = (read_file(path, path.relative_to(folder).as_posix()) for path in files)
    return corpus_of(name, (finish(raw, name, folder, reading) for raw in raws))


def read_file(path: Path, shown: str) -> RawFile:
    """The sentences of one Parquet file, as they stand there. `line` is the number of the row, from 1.

    Raises:
        DataError: if it cannot be read.
    """
    if first_bytes(path, 4) != b"PAR1":
        raise DataError(f"{path} is no Parquet file.")
    raw = RawFile(path, shown, sure=True, unit="row")
    names, rows = open_parquet(path)
    for number, row in enumerate(rows, start=1):
        words, tags = (next((row[key] for key in keys if key in row), None) for keys in (WORDS, TAGS))
        try:
            found = check_words(words or [], tags or [], names)
        except ValueError as reason:
            raw.drop(number, str(reason), " ".join(map(str, words or [])))
            continue
        spoken = next((row[key] for key in LANGUAGE if isinstance(row.get(key), str)), "")
        raw.sentences.append(RawSentence(number, *found, "", spoken, "", id_of(row, ALIGNMENT), id_of(row, ENTITY_ID)))
    return raw


def open_parquet(path: Path) -> tuple[list[str] | None, Iterator[Mapping[str, Any]]]:
    """The names that tags which are numbers stand for, if the file states them, and the rows.

    Raises:
        DataError: without the extra, for a damaged file, and without a column of words and one of tags.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise DataError(f"{path} needs the extra parquet.", PARQUET_EXTRA) from error
    try:
        file = parquet.ParquetFile(path)
        columns = file.schema_arrow.names
        chosen = [next((key for key in keys if key in columns), "") for keys in (WORDS, TAGS)]
        if not all(chosen):
            raise DataError(
                f"{path} has the columns {', '.join(columns)}.", f"Expected one of {', '.join(WORDS)} and one of "
                f"{', '.join(TAGS)}.",
            )  # fmt: skip
        names = tag_names(file.schema_arrow.metadata or {}, chosen[1])
        chosen += [key for key in (*LANGUAGE, *ALIGNMENT, *ENTITY_ID) if key in columns]
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        raise DataError(f"{path} is a damaged Parquet file: {_first_line(error)}.") from error

    def rows() -> Iterator[Mapping[str, Any]]:
        try:
            for batch in file.iter_batches(batch_size=1_000, columns=chosen):
                yield from batch.to_pylist()
        except (pyarrow.ArrowException, OSError, ValueError) as error:
            raise DataError(f"{path} is a damaged Parquet file: {_first_line(error)}.") from error

    return names, rows()


def tag_names(metadata: Mapping[bytes, bytes], column: str) -> list[str] | None:
    """The names of a column's classes from the note that the Hub's own library leaves in a Parquet file."""
    try:
        found = json.loads(metadata[b"huggingface"])["info"]["features"][column]
        names = (found.get("feature") or found)["names"]
    except (KeyError, TypeError, AttributeError, ValueError):
        return None
    return names if isinstance(names, list) and all(isinstance(name, str) for name in names) else None


def fetch(wanted: Address) -> Path:
    """The folder of a set's Parquet files, from the local cache when the network is away.

    Raises:
        DataError: if it cannot be read.
    """
    try:
        from huggingface_hub import errors
    except ImportError as error:
        raise DataError(f"{PREFIX}{wanted.id} needs the extra hub.", EXTRA) from error
    try:
        for revision in (wanted.revision,) if wanted.revision else ("", CONVERTED):
            if folder := _fetch_revision(wanted, revision or None):
                return folder
    except (errors.RepositoryNotFoundError, errors.HFValidationError) as error:
        raise DataError(
            f"The Hub has no open data set {wanted.id!r}.", "Look it up at https://huggingface.co/datasets."
        ) from error
    except errors.RevisionNotFoundError as error:
        raise DataError(f"{wanted.id} has no Parquet files, or no revision {wanted.revision!r}.") from error
    except DataError:
        raise
    # The library raises what its HTTP client raises, which differs between its versions.
    except Exception as error:
        raise DataError(
            f"{wanted.id} cannot be fetched from the Hub: {_first_line(error)}.",
            "Check the network, or read it once where there is one: it stays in the cache.",
        ) from error
    raise DataError(f"{wanted.id} has no Parquet file{f' of {wanted.config}' if wanted.config else ''}.")


def _fetch_revision(wanted: Address, revision: str | None) -> Path | None:
    from huggingface_hub import HfApi, errors, snapshot_download

    try:
        info = HfApi().dataset_info(wanted.id, revision=revision, files_metadata=True, timeout=20)
    except (errors.RepositoryNotFoundError, errors.RevisionNotFoundError, errors.HFValidationError):
        raise
    except Exception as away:
        try:
            folder = Path(snapshot_download(wanted.id, repo_type="dataset", revision=revision, local_files_only=True))
        except errors.LocalEntryNotFoundError:
            raise away from None
        return folder if any(folder.rglob("*.parquet")) else None
    files = [file for file in info.siblings or () if _belongs(file.rfilename, wanted)]
    size = sum(file.size or 0 for file in files)
    if size > LARGEST or len(files) > MOST_FILES:
        raise DataError(
            f"{wanted.id} has {len(files):,} files with {size / 1e9:.1f} GB.",
            f"Name a part of it: {PREFIX}{wanted.id}/CONFIG.",
        )
    if not files:
        return None
    names = [file.rfilename for file in files]
    return Path(snapshot_download(wanted.id, repo_type="dataset", revision=info.sha, allow_patterns=names))


def _belongs(name: str, wanted: Address) -> bool:
    """Whether a file is a Parquet file of the wanted part: one whose folder or name begins so."""
    parts = name.split("/")
    mine = not wanted.config or wanted.config in parts[:-1] or re.match(rf"{re.escape(wanted.config)}\b", parts[-1])
    return name.endswith(".parquet") and bool(mine)


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), "").rstrip(".") or type(error).__name__
