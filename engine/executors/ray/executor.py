"""The driver's side: tasks go to workers as these have capacity, and their records come in the order of the tasks.

A worker, and what the driver last called on it:

    _start_workers ──> prepare ──> ready <── _finish <──────────┐
                       │    ^        │                          │ ended
                lacks  v    │        v                          │
          receive_encoder ──┘     _assign ──> report ──> _take_report ──┐
                                                ^                       │ goes on
                                                └───────────────────────┘

A task is waiting, then with a worker, then done. One whose worker is lost, with its node or alone, waits again, as the
next (`_handle_loss`). What a task leaves is written into the run folder as soon as it has ended (`_finish`), and the
file that proves it comes last: a driver that dies does not repeat it. All of this goes on while records of any task are
read (`_poll`).
"""

import itertools
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any

from nerspace.engine import devices
from nerspace.engine.encoders.sources import local_folder
from nerspace.engine.errors import ConfigurationError, NerspaceError, Stopped
from nerspace.engine.executors.ray import shipping
from nerspace.engine.executors.ray.address import UNNAMED, connected, refusal
from nerspace.engine.executors.ray.installation import compare, installation
from nerspace.engine.executors.ray.worker import Report, Worker
from nerspace.engine.executors.tasks import MOST_SHARDS, Executor, Records, T, Task, Work
from nerspace.engine.files import make_folder, whole_file
from nerspace.engine.runs import Run
from nerspace.engine.runs.records import Note, ProbeRecord, Record, Stage, StepRecord

# A task that is lost so often is what loses the workers.
MOST_LOSSES = 5
# Seconds between two looks at the nodes, and between two calls to a worker; at most so many reports come a second.
_NODES_EVERY, _REPORT_EVERY, _REPORTS = 5.0, 0.5, 100
# Seconds for which the head may be silent, as when it is restarted; Ray's own limit, a minute, ends the process.
_SILENCE = 20.0


@dataclass(slots=True)
class _State:
    """How far a task is.

    records: those of the present try, begun at `started`. read: how many of them were passed on or left out.
    emitted: training records passed on, whichever the try. repeated: how many of this try are yet to be left out.
    """

    task: Task
    records: list[Record] = field(default_factory=list)
    read: int = 0
    emitted: int = 0
    repeated: int = 0
    losses: int = 0
    started: float = 0.0
    done: bool = False


@dataclass(slots=True)
class _Handle:
    """A worker as the driver sees it.

    call: what was called on it last, None while it is idle. lacking: encoders that its node is yet to get. turn: number
    of its task. work: the call that does the task.
    """

    actor: Any
    call: Any
    node: str = ""
    ready: bool = False
    lacking: list[str] = field(default_factory=list)
    state: _State | None = None
    turn: int = 0
    work: Any = None


class RayExecutor(Executor):
    """Workers of one run on one Ray cluster; gone with the block, and with the process.

    A worker requests of Ray so many CPUs as it has threads and, where it is to compute on one, a GPU. Folders of
    encoders are sent to nodes that lack them. See `executor_for` for the arguments.

    Attributes:
        slots: how many workers the cluster has capacity for, others' work aside.
    """

    # Ray has promised the GPUs to the workers, and nothing outlives a worker that is lost.
    own_device = "cpu"
    keeps_files = False
    threads = 0
    most_shards = MOST_SHARDS

    def __init__(self, run: Run, on: str, threads: int = 0, device: str = "") -> None:
        devices.use_threads(threads)
        self._run, self._on, self._threads = run, on, threads or 1
        self.device, self.slots = device or "cpu", 0
        self._stack = ExitStack()
        self._waiting: list[_State] = []
        self._workers: list[_Handle] = []
        self._failures = 0
        self._nodes_seen = self._silent_since = 0.0
        self._said_waiting = False
        self._stored: dict[str, list[tuple[str, list[Any]]]] = {}

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def start(self, work: Work, encoders: Sequence[str], most: int) -> Iterator[Record]:
        """Connect to the cluster and start workers, which import what the work needs meanwhile.

        Raises:
            ConfigurationError: when the head cannot be reached.
        """
        yield Stage("cluster", f"Reaching the cluster ({self._on})", 1, "cluster")
        self._ray, self.address = self._stack.enter_context(connected(self._on))
        offered = self._ray.cluster_resources()
        on_gpu = self.device.startswith("cuda") or (self.device == "auto" and offered.get("GPU", 0) >= 1)
        self.device = "cuda" if on_gpu else "cpu"
        self._needs = {"CPU": self._threads, **({"GPU": 1} if on_gpu else {})}
        self._folders = {name: folder for name in encoders if (folder := local_folder(name)) is not None}
        self._marks = {name: shipping.digest(folder) for name, folder in self._folders.items()}
        self._module = work.__module__
        self.slots = self._count_slots()
        self._start_workers(most)
        self._run.update(device=self.describe())

    def describe(self) -> str:
        """The cluster as a person would call it."""
        nodes = [node for node in self._ray.nodes() if node["Alive"]]
        offered = self._ray.cluster_resources()
        amounts = [(len(nodes), "node"), (int(offered.get("CPU", 0)), "CPU"), (int(offered.get("GPU", 0)), "GPU")]
        held = ", ".join(f"{amount:,} {unit}{'' if amount == 1 else 's'}" for amount, unit in amounts if amount)
        return f"Ray at {self.address} ({held})"

    def store(self, value: T) -> T:
        """A reference to a value in the object store, which each node fetches once."""
        reference: T = self._ray.put(value)
        return reference

    def run(self, tasks: Sequence[Task]) -> Iterator[tuple[Task, Records]]:
        """Begin with all tasks; those that are done are repeated here. A task that was lost emits its steps once."""
        states = [None if task.is_done() else _State(task) for task in tasks]
        self._waiting += [state for state in states if state]
        for task, state in zip(tasks, states, strict=True):
            yield task, self._follow(state) if state else self._repeat(task)

    def _repeat(self, task: Task) -> Records:
        references = self._ray.ObjectRef
        values = (self._ray.get(one) if isinstance(one, references) else one for one in task.arguments())
        yield from task.work(self._run, task.request, *values)

    def _follow(self, state: _State) -> Records:
        while True:
            while state.read < len(state.records):
                record = state.records[state.read]
                state.read += 1
                if isinstance(record, StepRecord | ProbeRecord):
                    if state.repeated:
                        state.repeated -= 1
                        continue
                    state.emitted += 1
                yield record
            if state.done:
                return
            try:
                yield from self._poll()
            except ConnectionError as error:
                raise self._head_lost(str(error)) from error

    def _head_lost(self, reason: str) -> ConfigurationError:
        return ConfigurationError(
            f"The Ray cluster at {self.address} is gone ({reason}).", "Resume the run once it is back."
        )

    def _poll(self) -> Iterator[Note]:
        """Hand out what waits, then take what the workers report, for about a second at most."""
        if self._run.stop_requested():
            raise Stopped("The run was stopped.")
        if time.monotonic() - self._nodes_seen > _NODES_EVERY and self._check_head():
            self.slots = self._count_slots()
            if not self.slots and not self._said_waiting:
                self._said_waiting = True
                needs = " and ".join(f"{amount} {name}" for name, amount in self._needs.items())
                yield Note(f"No node of {self.address} has {needs} for a worker: the run waits for one that has.")
        busy = sum(worker.state is not None for worker in self._workers)
        self._start_workers(busy + len(self._waiting))
        for worker in self._workers:
            if worker.ready and worker.state is None and self._waiting:
                yield self._assign(worker, self._waiting.pop(0))
        calls = {worker.call: worker for worker in self._workers if worker.call is not None}
        answered, rest = self._ray.wait(list(calls), num_returns=1, timeout=_REPORT_EVERY)
        if answered and rest:
            answered += self._ray.wait(rest, num_returns=len(rest), timeout=0)[0]
        for call in answered:
            yield from self._receive(calls[call])

    # -- the nodes

    def _check_head(self) -> bool:
        """Whether the head answers: where it does not, Ray would keep its caller waiting, then end the process.

        Raises: ConfigurationError when it has been silent for long.
        """
        silence = "" if self.address == UNNAMED else refusal(self.address, 1.0)
        now = time.monotonic()
        self._silent_since = (self._silent_since or now) if silence else 0.0
        if silence and now - self._silent_since > _SILENCE:
            raise self._head_lost(silence)
        return not silence

    def _count_slots(self) -> int:
        """How many workers the nodes have capacity for."""
        self._nodes_seen = time.monotonic()
        nodes = [node["Resources"] for node in self._ray.nodes() if node["Alive"]]
        return sum(min(int(node.get(name, 0) // need) for name, need in self._needs.items()) for node in nodes)

    def _name_of(self, node: str) -> str:
        """A node by its name, with the beginning of its id where several share one."""
        names = {entry["NodeID"]: entry["NodeName"] for entry in self._ray.nodes() if entry["Alive"]}
        name = names.get(node, node[:8])
        return name if list(names.values()).count(name) < 2 else f"{name} ({node[:6]})"

    # -- the workers

    def _start_workers(self, useful: int) -> None:
        """Have a worker for each slot and task, and one that waits for capacity, which may be yet to come."""
        options = {
            "num_cpus": self._needs["CPU"],
            "num_gpus": self._needs.get("GPU", 0),
            "max_restarts": 0,
            "max_concurrency": 2,
            "scheduling_strategy": "SPREAD",
            "runtime_env": {"env_vars": _environment(self._threads)},
        }
        while len(self._workers) < min(useful, self.slots + 1):
            actor = self._ray.remote(**options)(Worker).remote(self._threads)
            self._workers.append(_Handle(actor, self._prepare(actor)))

    def _prepare(self, actor: Any) -> Any:
        return actor.prepare.remote(self._module, self._marks)

    def _receive(self, worker: _Handle) -> Iterator[Note]:
        """Take what came of the last call, and make the next."""
        from ray.exceptions import ActorUnavailableError, RayError

        call, worker.call = worker.call, None
        try:
            result = self._ray.get(call)
            if isinstance(result, Report):
                yield from self._take_report(worker, result)
            else:
                yield from self._equip(worker, result)
        except ActorUnavailableError:
            # For the moment; a worker that is gone is said to have died.
            if worker.state is not None:
                self._request_report(worker, len(worker.state.records))
            else:
                worker.call = self._prepare(worker.actor)
        except RayError as error:
            yield from self._handle_loss(worker, error)

    def _equip(self, worker: _Handle, prepared: tuple[str, dict[str, str], list[str]] | None) -> Iterator[Note]:
        """See what is installed with a new worker, and send it the encoders that it lacks.

        prepared: result of `Worker.prepare`; None for that of `Worker.receive_encoder`.
        """
        if prepared is None:
            worker.lacking.pop(0)
        else:
            node, found, worker.lacking = prepared
            worker.node = self._name_of(node)
            yield from compare(worker.node, found)
        if worker.lacking:
            name = worker.lacking[0]
            worker.call = worker.actor.receive_encoder.remote(self._marks[name], self._files(name))
            yield Note(f"{worker.node} lacks the encoder {name}: it is sent there.")
        elif prepared is None:
            worker.call = self._prepare(worker.actor)
        else:
            worker.ready = True

    def _files(self, name: str) -> list[tuple[str, list[Any]]]:
        """An encoder's files in the object store, put there once."""
        if name not in self._stored:
            folder = self._folders[name]
            self._stored[name] = [
                (str(path.relative_to(folder)), [self._ray.put(part) for part in shipping.chunks(path)])
                for path in shipping.files_below(folder)
            ]
        return self._stored[name]

    # -- their tasks

    def _assign(self, worker: _Handle, state: _State) -> Note:
        task = state.task
        worker.state, worker.turn = state, worker.turn + 1
        state.records, state.read, state.repeated, state.started = [], 0, state.emitted, time.monotonic()
        work = f"{task.work.__module__}:{task.work.__name__}"
        worker.work = worker.actor.begin.remote(worker.turn, work, task.request, task.encoders, *task.arguments())
        self._request_report(worker, 0)
        return Note(f"{task.name} goes to {worker.node}.")

    def _request_report(self, worker: _Handle, since: int) -> None:
        patience = max(_REPORT_EVERY, len(self._workers) / _REPORTS)
        worker.call = worker.actor.report.remote(worker.turn, since, patience)

    def _take_report(self, worker: _Handle, report: Report) -> Iterator[Note]:
        """Take the records of a task and, when it has ended, what it leaves."""
        state = worker.state
        if state is None:
            return
        state.records += [
            replace(record, node=worker.node) if isinstance(record, Stage | StepRecord | ProbeRecord) else record
            for record in report.records
        ]
        if not report.ended:
            if not report.records and self._ray.wait([worker.work], timeout=0)[0]:
                # It never began, as when its data was lost; its error is raised here.
                self._ray.get(worker.work)
            self._request_report(worker, len(state.records))
            return
        if report.problem:
            message, hint, trace = report.problem
            print(trace, file=sys.stderr)
            raise NerspaceError(f"{state.task.name} failed on {worker.node}: {message}", hint)
        yield self._finish(worker, state)

    def _finish(self, worker: _Handle, state: _State) -> Note:
        # The work's own end is the end of its thread, which the next task needs.
        self._ray.get(worker.work)
        self._fetch_outputs(worker, state.task)
        state.done, worker.state, worker.work = True, None, None
        self._failures = 0
        return Note(f"{state.task.name} is done on {worker.node}, after {time.monotonic() - state.started:,.0f} s.")

    def _fetch_outputs(self, worker: _Handle, task: Task) -> None:
        """Write what a task left into the run folder, each path whole or not at all."""
        for name, files in zip(task.outputs, self._ray.get(worker.actor.files.remote(task.outputs)), strict=True):
            self._run.require()
            target = self._run.path / name
            try:
                if files == [name]:
                    make_folder(target.parent)
                    with whole_file(target) as handle:
                        handle.writelines(self._chunks(worker, name))
                elif files:
                    inside = ((str(Path(file).relative_to(name)), self._chunks(worker, file)) for file in files)
                    shipping.unpack(target, inside)
            except OSError as error:
                raise ConfigurationError(
                    f"{target} cannot be written ({error.strerror or error}).",
                    "Free space on that disk, then resume the run.",
                ) from error

    def _chunks(self, worker: _Handle, file: str) -> Iterator[bytes]:
        for offset in itertools.count(0, shipping.CHUNK):
            part: bytes = self._ray.get(worker.actor.read.remote(file, offset))
            yield part
            if len(part) < shipping.CHUNK:
                return

    def _handle_loss(self, worker: _Handle, error: Exception) -> Iterator[Note]:
        """A worker is gone: its task is the next to be assigned.

        Raises: ConfigurationError when no worker can be started, NerspaceError when a task was lost too often.
        """
        self._workers.remove(worker)
        self._ray.kill(worker.actor)
        reason = " ".join(str(error).split())
        if "No module named 'nerspace" in reason:
            raise ConfigurationError(
                "A node of the cluster has no nerspace.",
                f"Install nerspace {installation()['nerspace']} on every node.",
            ) from error
        if (state := worker.state) is None:
            self._failures += 1
            if self._failures > MOST_LOSSES + 2 * self.slots:
                raise ConfigurationError(
                    f"No worker can be started ({reason[:300]}).", "See Ray's logs on the nodes, in /tmp/ray."
                ) from error
            return
        state.losses += 1
        if state.losses == MOST_LOSSES:
            raise NerspaceError(
                f"{state.task.name} was lost {MOST_LOSSES} times, the last time on {worker.node} ({reason[:300]}).",
                "It may need more memory than a node has: a smaller batch or model, or larger nodes.",
            ) from error
        self._waiting.insert(0, state)
        yield Note(f"{state.task.name} was lost on {worker.node} and is done again.")


def _environment(threads: int) -> dict[str, str]:
    """Variables of the workers: as `jobs` sets them for its own processes."""
    return {
        "OMP_NUM_THREADS": str(threads),
        "GOMP_SPINCOUNT": "2000",
        "TOKENIZERS_PARALLELISM": "false",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "TRANSFORMERS_NO_ADVISORY_WARNINGS": "1",
    }
