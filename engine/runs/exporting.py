"""Tables as files that others read: CSV, a workbook or Parquet by the file's name, and beside it what they are of.

    transfer.csv            the raw values, as a run holds them; a text that Excel would compute stays as it is
    transfer.csv.json       which run, donors, layers and filter they are of, and what each column means
    transfer.xlsx           texts as texts, whatever they begin with, so that nothing is computed
    transfer.parquet        values and types; needs pyarrow

The command line and the explorer write every table here.
"""

import errno
import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from nerspace.datasets.visible import is_utf8, visible
from nerspace.engine.errors import ConfigurationError, NerspaceError, UsageError
from nerspace.engine.files import make_folder, read_regular, whole_file, write_text
from nerspace.engine.runs.run import Run, to_csv
from nerspace.engine.runs.secrecy import redacted
from nerspace.engine.runs.versions import versions

if TYPE_CHECKING:
    import pandas as pd

ENDINGS = (".csv", ".xlsx", ".parquet")
# What must be known of a table where it has one value or few in it.
_TELLING = ("model", "donor", "seed", "stage", "layer", "type", "subset", "measure", "language", "recipient", "method")
_FEW = 12
_FORMULAS = {
    ".csv": "texts that begin with = + - @ are written as they are; --excel puts an apostrophe before them",
    ".xlsx": "every text is a text cell, whatever it begins with",
    ".parquet": "texts are texts",
}
_EXCEL_FORMULAS = "an apostrophe stands before texts that begin with = + - @, a tab or a carriage return"
_MOST_BYTES = 1 << 20
# Nothing has such a name; whatever writes it says why it cannot.
_NO_FILE = (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG)


def run_facts(run: Run | None) -> dict[str, Any]:
    """What must be known of the run that a table is of; nothing for none, or one that cannot be read."""
    if run is None:
        return {}
    facts: dict[str, Any] = {"run": run.id}
    with suppress(NerspaceError):
        info = run.info()
        request = info.get("request") or {}
        donors = request.get("donors") or [request.get("donor")]
        facts |= {"kind": info["kind"], "donors": [donor for donor in donors if donor], "state": info["state"]}
        facts |= {name: request[name] for name in ("model", "data", "seed", "size") if name in request}
        facts |= {"created": info.get("created"), "code": info.get("code")}
    return {name: value for name, value in facts.items() if value not in (None, [], "")}


def beside(path: Path) -> Path:
    """The file that says what the table in a file is of."""
    return path.with_name(f"{path.name}.json")


def check_beside(path: Path) -> None:
    """See that what would stand beside a table overwrites nothing but its like, and can name it.

    Raises:
        UsageError: where another file has that name, or the table's is not UTF-8.
    """
    if not is_utf8(str(path)):
        raise UsageError(f"The name {visible(str(path))} is not UTF-8.", "Name another file.")
    there = beside(path)
    try:
        text = read_regular(there, _MOST_BYTES)
    except (OSError, ValueError) as error:
        if isinstance(error, ValueError) or error.errno in _NO_FILE:
            return
        text = b""
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict) or "nerspace" not in found:
        raise UsageError(f"{there} is already there, and not of nerspace.", "Name another file.")


def export_table(
    path: Path, chunks: "Iterable[pd.DataFrame]", about: Mapping[str, Any], *, new: bool = False, excel: bool = False,
    going_on: Callable[[int], bool] = lambda _: True, make_folders: bool = False,
) -> int:  # fmt: skip
    """Write a table whole, and beside it what it is of; how many rows it has.

    Args:
        path: where to; a name that ends in .xlsx becomes a workbook, .parquet Parquet, all else CSV.
        chunks: its rows, at least one frame, all with the same columns.
        about: what it is of, for the file beside it; `columns` are their meanings.
        new: refuse a file that is there.
        excel: write CSV as Excel reads it: with a mark of UTF-8, and no text that acts.
        going_on: called with the rows so far; False stops, and nothing is left behind.
        make_folders: make the folder where it is missing.

    Raises:
        UsageError: if the file is there and must not be.
        ConfigurationError: if it cannot be written, or Parquet is not installed.
        NerspaceError: if it was stopped.
    """
    check_beside(path)
    if make_folders:
        try:
            make_folder(path.parent)
        except OSError as error:
            raise ConfigurationError(f"{path.parent} cannot be made ({error.strerror or error}).") from error
    ending = path.suffix.lower() if path.suffix.lower() in ENDINGS else ".csv"
    told = _Told(going_on)
    with whole_file(path, new=new) as handle:
        if ending == ".csv" and not excel:
            for place, chunk in enumerate(told.all(chunks)):
                handle.write(to_csv(chunk, header=place == 0).encode())
        else:
            _write_at_once(told.all(chunks), handle, ending)
    facts = {
        "table": path.stem, **about, "rows": told.rows, "holds": told.values(),
        "formulas": _EXCEL_FORMULAS if excel and ending == ".csv" else _FORMULAS[ending],
        "written": datetime.now(UTC).isoformat(timespec="seconds"), "nerspace": versions().get("nerspace", ""),
    }  # fmt: skip
    write_text(beside(path), f"{json.dumps(redacted(facts), ensure_ascii=False, indent=1, default=str)}\n")
    return told.rows


def _write_at_once(chunks: "Iterable[pd.DataFrame]", handle: BinaryIO, ending: str) -> None:
    import pandas as pd

    from nerspace.engine.tables.excel import excel_csv, write_workbook

    parts = list(chunks)
    frame = parts[0] if len(parts) == 1 else pd.concat(parts, ignore_index=True)
    if ending == ".xlsx":
        write_workbook(frame, handle)
    elif ending == ".csv":
        handle.write(excel_csv(frame).encode())
    else:
        try:
            frame.to_parquet(handle, index=False)
        except ImportError as error:
            raise ConfigurationError(
                "Parquet needs pyarrow, not installed here.", "Install it: pip install 'nerspace[parquet]'."
            ) from error


class _Told:
    """What is said of the rows that go by: how many, and the values of telling columns that have few."""

    def __init__(self, going_on: Callable[[int], bool]) -> None:
        self.rows = 0
        self._going_on = going_on
        self._values: dict[str, dict[Any, None]] = {}

    def all(self, chunks: "Iterable[pd.DataFrame]") -> "Iterable[pd.DataFrame]":
        for chunk in chunks:
            self.rows += len(chunk)
            for name in _TELLING:
                if name in chunk and len(known := self._values.setdefault(name, {})) <= _FEW:
                    known.update(dict.fromkeys(chunk[name].dropna().unique().tolist()[: _FEW + 1]))
            yield chunk
            if not self._going_on(self.rows):
                raise NerspaceError("Export stopped; no file was written.")

    def values(self) -> dict[str, list[Any]]:
        return {name: list(known) for name, known in self._values.items() if 0 < len(known) <= _FEW}
