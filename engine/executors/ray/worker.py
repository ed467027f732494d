"""The node's side: an actor that does one task after the other in a scratch folder, and reports what came of it.

One of its threads works; the other reports to the driver meanwhile.
"""

import shutil
import threading
import traceback
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from typing import Any

from nerspace.engine.errors import NerspaceError
from nerspace.engine.executors.ray import shipping
from nerspace.engine.executors.ray.installation import installation
from nerspace.engine.runs import Run
from nerspace.engine.runs.records import Record


@dataclass(frozen=True, slots=True)
class Report:
    """How far a worker is with its task: records since the last report, whether it has ended, and what went wrong.

    Attributes:
        problem: message, hint and traceback of the failure; empty where there is none.
    """

    records: list[Record] = field(default_factory=list)
    ended: bool = False
    problem: tuple[str, ...] = ()


class Worker:
    """Does tasks. Every method is called from afar."""

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._scratch, self._lock = shipping.scratch_folder()
        self._news = threading.Condition()
        self._turn, self._records, self._end = 0, list[Record](), Report()
        self._encoders: dict[str, str] = {}

    def prepare(self, module: str, encoders: Mapping[str, str]) -> tuple[str, dict[str, str], list[str]]:
        """The node's id, what is installed on it, and which of the encoders it lacks.

        Args:
            module: of the work, imported now, while the driver still draws its data.
            encoders: local folders of the driver, with their hashes.
        """
        import ray

        import_module(module)
        for folder, mark in encoders.items():
            for here in (Path(folder), shipping.shipped_folder(mark)):
                if here.is_dir() and shipping.digest(here) == mark:
                    self._encoders[folder] = str(here)
                    break
        lacking = [folder for folder in encoders if folder not in self._encoders]
        return ray.get_runtime_context().get_node_id(), installation(), lacking

    def receive_encoder(self, mark: str, files: Sequence[tuple[str, Sequence[Any]]]) -> None:
        """Store an encoder that this node lacks.

        Args:
            files: names, each with references to its contents in the store.
        """
        import ray

        def fill(folder: Path) -> None:
            shipping.unpack(folder, ((name, (ray.get(part) for part in parts)) for name, parts in files))

        shipping.unpack_once(shipping.shipped_folder(mark), fill)

    def begin(self, turn: int, work: str, request: Any, fields: Sequence[str], *arguments: Any) -> None:
        """Do a task to its end, which `report` follows.

        Args:
            turn: the number of the task among those of this worker.
            work: module and name of a generator of records that takes a run, the request and the arguments.
            fields: those of the request that name an encoder.
        """
        import torch

        for left in self._scratch.iterdir():
            if left.is_dir():
                shutil.rmtree(left)
        with self._news:
            self._turn, self._records, self._end = turn, [], Report()
        problem: tuple[str, ...] = ()
        try:
            # This setting belongs to a thread, and any of the two may be the one that works.
            torch.set_num_threads(self._threads)
            known = {name: self._encoders.get(getattr(request, name)) for name in fields}
            request = replace(request, **{name: folder for name, folder in known.items() if folder})
            module, _, name = work.partition(":")
            with closing(getattr(import_module(module), name)(Run(self._scratch), request, *arguments)) as records:
                for record in records:
                    with self._news:
                        self._records.append(record)
        except NerspaceError as error:
            problem = (error.message, error.hint, "")
        except Exception as error:
            problem = (f"{type(error).__name__}: {error}", "", traceback.format_exc())
        with self._news:
            self._end = Report(ended=True, problem=problem)
            self._news.notify_all()

    def report(self, turn: int, since: int, patience: float) -> Report:
        """Records of a task from the `since`th on; waits until it has ended, but no longer than `patience` seconds."""
        with self._news:
            self._news.wait_for(lambda: self._turn == turn and self._end.ended, patience)
            if self._turn != turn:
                return Report()
            return replace(self._end, records=self._records[since:])

    def files(self, outputs: Sequence[str]) -> list[list[str]]:
        """For each path that the task leaves, itself or the files below it, relative to the scratch folder."""
        found = []
        for name in outputs:
            path = self._scratch / name
            below = shipping.files_below(path) if path.is_dir() else [path] if path.is_file() else []
            found.append([str(file.relative_to(self._scratch)) for file in below])
        return found

    def read(self, name: str, offset: int) -> bytes:
        """At most one chunk of a file from an offset on."""
        with (self._scratch / name).open("rb") as handle:
            handle.seek(offset)
            return handle.read(shipping.CHUNK)
