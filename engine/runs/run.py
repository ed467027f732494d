"""The run: a folder of plain files that holds everything that was requested, done and found.

    run.json        the request, recipe, versions, hash of the code, origin of the results, seed, device and state
    process.json    the process that does the work
    events.jsonl    append-only progress, one JSON object a line; those of a try before a resume are in events-N.jsonl
    tables/*.csv    every table of the catalogue that the run made
    vectors/*.npy   word vectors, with a CSV of their rows beside them
    model/          the fine-tuned model, an ordinary Hugging Face folder
    sha256.json     sizes and hashes of these, by which what is damaged is refused, see `ledger`
    checkpoints/    the state of a fine-tuning that goes on, see `checkpoints`
    lock            held by the process that writes the run
    labels.json     what a person calls it, see `labels`

Files are written whole (temporary file, fsync, rename) or appended in whole lines, so a reader never meets half a file.
"""

import contextlib
import csv
import errno
import json
import math
import os
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nerspace.datasets.visible import visible
from nerspace.engine.errors import ConfigurationError, DataError, NerspaceError, UsageError
from nerspace.engine.files import (
    failures,
    make_folder,
    mapped_array,
    open_regular,
    read_regular,
    whole_file,
    write_text,
)
from nerspace.engine.runs import ledger, schema
from nerspace.engine.runs.locks import Lock
from nerspace.engine.runs.process import Process
from nerspace.engine.runs.secrecy import redacted
from nerspace.engine.runs.versions import source_hash
from nerspace.engine.sums import Summing, difference, sum_of_bytes

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from nerspace.engine.runs.models import SavedModel


def append_text(path: Path, text: str) -> None:
    """Append whole lines or nothing; a full disk takes part of a write before it refuses the rest."""
    data = text.encode()
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
        try:
            size = os.fstat(descriptor).st_size
            if (written := os.write(descriptor, data)) < len(data):
                os.ftruncate(descriptor, size)
                raise OSError(errno.ENOSPC, f"only {written} of {len(data)} bytes fit")
        finally:
            os.close(descriptor)
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be written ({error.strerror or error}).", "Free space on that disk, then resume the run."
        ) from error


def _plain(value: object) -> object:
    """JSON has no NaN and no numpy: both become what every reader understands."""
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


# Of an event as it is written, about; and how much of the end of a long file is read whole.
_EVENT_BYTES, _TAIL = 200, 1 << 16
_KIND = re.compile(rb'"event": ?"(\w+)"')
_STEP = re.compile(rb'"step": ?(\d+)')
# Tables that get their rows one by one, so that nothing says yet what they must be.
_APPENDED = ("steps", "probes")


class _Sample:
    """Which lines of many events are read: of steps an even share, of probes those of an even share of their steps.

    Of other kinds the first ones, then the same share.
    """

    def __init__(self, share: int, most: int) -> None:
        self._share, self._most = share, most
        self._seen: dict[bytes, int] = {}
        self._step: bytes = b""

    def keeps(self, line: bytes) -> bool:
        found = _KIND.search(line, 0, 200)
        kind = found[1] if found else b""
        if kind == b"probe":
            step = _STEP.search(line)
            if step is not None and step[1] != self._step:
                self._step = step[1]
                self._seen[kind] = self._seen.get(kind, -1) + 1
            return self._seen.get(kind, 0) % self._share == 0
        seen = self._seen[kind] = self._seen.get(kind, -1) + 1
        return seen % self._share == 0 or (kind != b"step" and seen < self._most // 4)


@dataclass(frozen=True, slots=True)
class Run:
    """A run folder. Cheap to make: nothing is read before it is needed."""

    path: Path

    def __repr__(self) -> str:
        try:
            info = self.info()
        except NerspaceError:
            return visible(f"<Run {self.id}: no run at {self.path}>")
        held = ", ".join(self.tables()) or "none yet"
        return visible(f"<Run {self.id}: {info['kind']}, {info['state']}; tables: {held}>")

    @property
    def id(self) -> str:
        """The folder's name, by which every command knows the run."""
        return self.path.name

    # -- run.json

    def info(self) -> dict[str, Any]:
        """What run.json says, with `state` "dead" where the run's process is gone before it ended.

        A run that goes on where it cannot be seen from here says in `host` where that is.

        Raises:
            UsageError: if there is no run here.
            DataError: if the run is damaged, saying why.
        """
        return self.info_while(self.is_written)

    def info_while(self, is_written: "Callable[[], bool]") -> dict[str, Any]:
        """As `info`; whoever holds the lock itself says that nobody else does.

        Args:
            is_written: whether the lock is held.
        """
        info = self.read_info()
        if info["state"] not in ("queued", "running"):
            return info
        process = Process.read(self.path / "process.json")
        if process is not None and process.is_elsewhere:
            info["host"] = process.host
        if is_written() or (process is not None and (process.lives or process.is_elsewhere)):
            return info
        # It may have ended between the two looks.
        info = self.read_info()
        # A process was started for it, be it that its file cannot be understood any more.
        if info["state"] == "running" or (info["state"] == "queued" and (self.path / "process.json").exists()):
            info["state"] = "dead"
        return info

    def read_info(self) -> dict[str, Any]:
        """What run.json says, whatever became of the run's process.

        Raises:
            UsageError: if there is no run here.
            DataError: if the run is damaged, saying why.
        """
        try:
            info: dict[str, Any] = schema.read_object(self.path / "run.json")
            problem = schema.run_problem(info)
        except FileNotFoundError as error:
            if not self.path.is_dir():
                raise UsageError(f"No run at {self.path}.", "See nerspace runs list.") from error
            problem = "it is missing"
        except OSError as error:
            problem = f"it cannot be read ({error.strerror or error})"
        except ValueError as error:
            problem = str(error)
        if problem:
            raise DataError(
                f"The run {self.id} is damaged: run.json, {problem}.",
                f"Take it away with: nerspace runs remove {self.id}.",
            )
        return info

    def claim(self, pid: int) -> None:
        """Say in process.json which process does the run's work."""
        write_json(self.path / "process.json", Process.of(pid).plain())

    def update(self, **changes: Any) -> None:
        """Change fields of run.json; None takes a field out."""
        fields = {**self.read_info(), **changes}
        write_json(self.path / "run.json", {name: value for name, value in fields.items() if value is not None})

    # -- events.jsonl

    def append_event(self, event: str, **fields: Any) -> None:
        """Append one event: a dict with `time` (seconds since the epoch), `event` (its kind) and the given fields."""
        record = {"time": round(time.time(), 3), "event": event, **{k: _plain(v) for k, v in fields.items()}}
        text = json.dumps(redacted(record), ensure_ascii=False, allow_nan=False)
        self.require()
        append_text(self.path / "events.jsonl", text + "\n")

    def set_events_aside(self) -> None:
        """Begin the events anew; the old ones are saved as events-N.jsonl."""
        taken = (path.stem.removeprefix("events-") for path in self.path.glob("events-*.jsonl"))
        number = 1 + max((int(one) for one in taken if one.isascii() and one.isdigit() and len(one) < 9), default=0)
        with contextlib.suppress(FileNotFoundError):
            (self.path / "events.jsonl").rename(self.path / f"events-{number}.jsonl")

    def events_size(self) -> int:
        """Bytes of events so far."""
        try:
            return (self.path / "events.jsonl").stat().st_size
        except OSError:
            return 0

    def events(self, offset: int = 0) -> Iterator[tuple[int, dict[str, Any]]]:
        """Events from a byte offset on, each with the offset behind it; an unfinished last line is left for later.

        What is no event is passed over.
        """
        for behind, line in self._event_lines(offset):
            if (event := schema.event_of_line(line)) is not None:
                yield behind, event

    def _event_lines(self, offset: int) -> Iterator[tuple[int, bytes]]:
        """Whole lines of the events from a byte offset on, each with the offset behind it."""
        try:
            handle = open_regular(self.path / "events.jsonl")
        except OSError:
            return
        with handle:
            handle.seek(offset)
            for line in handle:
                if not line.endswith(b"\n"):
                    return
                offset += len(line)
                yield offset, line

    def sampled_events(self, offset: int = 0, most: int = 4000) -> Iterator[tuple[int, dict[str, Any]]]:
        """As `events`, but about so many of a long run: an even share of its steps and probes, and its end whole.

        Probes of one step are kept or left out together.
        """
        size = self.events_size()
        share = (size - offset) // (most * _EVENT_BYTES)
        if share < 2:
            yield from self.events(offset)
            return
        sample = _Sample(share, most)
        for number, (behind, line) in enumerate(self._event_lines(offset)):
            if (sample.keeps(line) or behind > size - _TAIL) and (event := schema.event_of_line(line)) is not None:
                yield behind, event
            if not number % 1000:
                # Whoever reads in a thread lets the others have their turn.
                time.sleep(0)

    # -- tables/

    def tables(self) -> list[str]:
        """Names of the tables that the run holds so far."""
        return sorted(path.stem for path in (self.path / "tables").glob("*.csv"))

    def table_path(self, name: str) -> Path:
        """Where the table of that name lies, or would lie."""
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
            raise UsageError(f"{name!r} is no table name.", "See nerspace tables.")
        return self.path / "tables" / f"{name}.csv"

    def write_table(self, name: str, frame: "pd.DataFrame") -> None:
        """Write a table whole and record it as an event."""
        data = to_csv(frame).encode()
        self.make_folder("tables")
        with whole_file(self.table_path(name)) as handle:
            handle.write(data)
            ledger.enter(self.path, f"tables/{name}.csv", sum_of_bytes(data))
        self.append_event("table", table=name, rows=len(frame))

    def require(self) -> None:
        """See that the run is still there: one that was deleted must not be made anew by what is written next.

        Raises:
            ConfigurationError: if the run folder is gone.
        """
        if not self.path.is_dir():
            raise ConfigurationError(f"The run folder {self.path} is gone.", "It was deleted while the run went on.")

    def make_folder(self, folder: str) -> None:
        """Make a folder of the run, unless the run is gone.

        Raises:
            ConfigurationError: if it is, or the folder cannot be made.
        """
        self.require()
        try:
            make_folder(self.path / folder)
        except OSError as error:
            self.require()
            raise ConfigurationError(
                f"{self.path / folder} cannot be made ({error.strerror or error}).", "Free space on that disk."
            ) from error

    def append_rows(self, name: str, frame: "pd.DataFrame") -> None:
        """Add rows to a table that grows while the run goes on."""
        path = self.table_path(name)
        self.make_folder("tables")
        is_new = not path.exists()
        if is_new:
            ledger.forget(self.path, f"tables/{name}.csv")
        append_text(path, to_csv(frame, header=is_new))

    def drop_table(self, name: str) -> None:
        """Take a table away that is about to grow again from its first row."""
        ledger.forget(self.path, f"tables/{name}.csv")
        self.table_path(name).unlink(missing_ok=True)

    def read_table(self, name: str) -> "pd.DataFrame":
        """A table of the run; text columns stay text ("NA" is a word, not a missing value).

        Raises:
            UsageError: if the run has no such table.
            DataError: if it is damaged.
        """
        from nerspace.engine.tables.index import misfit, parse_table, with_gaps

        data, is_known = self._read_whole(self.table_path(name), name)
        try:
            # Of a row that is just being written nothing is read.
            frame = parse_table(name, data[: data.rfind(b"\n") + 1].decode())
        except (ValueError, OverflowError) as error:
            raise self._damaged(f"table {name}", str(error).splitlines()[0]) from error
        whole = with_gaps(name, frame) if len(frame.columns) else frame
        # The hash of the code is made only where it matters.
        is_older = whole is not frame and self._is_of_other_code()
        grows = is_older or (name in _APPENDED and self._goes_on())
        if not is_known and (problem := misfit(name, frame, grows)):
            raise self._damaged(f"table {name}", problem)
        return whole if is_older else frame

    def _read_whole(self, path: Path, name: str) -> tuple[bytes, bool]:
        """The content of a table once it is what the run says that it is, and whether the run says so.

        A live run may replace it meanwhile.
        """
        for patience in (0.02, 0.1, 0.0):
            try:
                sums = ledger.read_entries(self.path).get(f"tables/{name}.csv", [])
                data = read_regular(path)
            except ValueError as error:
                raise self._damaged(f"table {name}", str(error)) from error
            except OSError as error:
                known = ", ".join(self.tables()) or "none yet"
                raise UsageError(f"The run {self.id} has no table {name!r}.", f"It has: {known}.") from error
            if not sums or sum_of_bytes(data) in sums:
                return data, bool(sums)
            time.sleep(patience)
        raise self._damaged(f"table {name}", difference(len(data), sums))

    def _goes_on(self) -> bool:
        try:
            return self.read_info()["state"] in ("queued", "running")
        except NerspaceError:
            return False

    def _is_of_other_code(self) -> bool:
        """Whether another version of nerspace made the run, whose tables may have had fewer columns."""
        try:
            return self.read_info().get("code") != source_hash()
        except NerspaceError:
            return False

    def _damaged(self, what: str, problem: str) -> DataError:
        return DataError(
            f"The {what} of the run {self.id} is damaged: {problem}.",
            f"Have what is damaged made anew: nerspace runs resume {self.id}.",
        )

    def damages(self) -> dict[str, str]:
        """What is wrong with files of the run, by their path in it; every file is read."""
        return ledger.damages(self.path)

    def check_files(self, under: str) -> None:
        """See that files of the run are as they were written, those that begin so.

        Raises:
            DataError: for the first that is not.
        """
        for name, problem in ledger.damages(self.path, under, known=True).items():
            raise self._damaged(f"file {name}", problem)

    # -- vectors/

    def write_vectors(self, name: str, vectors: "np.ndarray[Any, Any]") -> None:
        """Write an array [n, d] as vectors/NAME.npy."""
        import numpy as np

        self.make_folder("vectors")
        with whole_file(self.path / "vectors" / f"{name}.npy") as handle:
            summing = Summing(handle)
            np.save(summing, vectors, allow_pickle=False)
            ledger.enter(self.path, f"vectors/{name}.npy", summing.sum)

    def read_vectors(self, name: str) -> "np.ndarray[Any, Any]":
        """The array vectors/NAME.npy, float32 [n, d], read-only: mapped into memory, or read where it lies as float16.

        Raises:
            DataError: if it is damaged.
        """
        import numpy as np

        self.check_files(f"vectors/{name}.npy")
        try:
            array = mapped_array(self.path / "vectors" / f"{name}.npy")
        except (OSError, ValueError) as error:
            raise self._damaged(f"file vectors/{name}.npy", str(error).splitlines()[0]) from error
        if array.dtype == np.float16:
            # Sums of half precision overflow, and products of it are right to three digits.
            array = array.astype(np.float32)
            array.flags.writeable = False
        return array

    # -- model/

    def models(self) -> "list[SavedModel]":
        """The models that the run saved, in the order in which it trained them; see `models`."""
        from nerspace.engine.runs.models import models_of

        return models_of(self)

    # -- stopping

    def request_stop(self) -> None:
        """Request that the run's process stops at its next step."""
        with failures(self.path / "stop"):
            (self.path / "stop").touch()

    def stop_requested(self) -> bool:
        """Whether a stop of the run was requested."""
        return (self.path / "stop").exists()

    def forget_stop(self) -> None:
        """Take back the request to stop."""
        (self.path / "stop").unlink(missing_ok=True)

    # -- one writer

    def lock(self) -> Lock:
        """The lock that whoever writes the run must hold."""
        return Lock(self.path / "lock")

    def is_written(self) -> bool:
        """Whether a process holds the run's lock just now."""
        return self.lock().is_held()


def to_csv(frame: "pd.DataFrame", header: bool = True, separator: str = ",") -> str:
    """A table as CSV text: floats at nine significant digits, line feeds, no index."""
    form: dict[str, Any] = {"index": False, "header": header, "float_format": "%.9g", "lineterminator": "\n"}
    written: str = frame.to_csv(sep=separator, **form)
    if "\r" in written:
        # Beside line feeds it is not quoted by itself, and every reader takes it for the end of a row.
        written = frame.to_csv(sep=separator, quoting=csv.QUOTE_ALL, **form)
    return written


def write_json(path: Path, value: object) -> None:
    """Write a file of JSON whole, without secrets."""
    text = json.dumps(redacted(value), ensure_ascii=False, indent=2, allow_nan=False, default=str) + "\n"
    write_text(path, text)


def has_saved_model(run: Run) -> bool:
    """Whether the run holds a fine-tuned model."""
    return bool(run.models())
