"""The driver's side: pieces go to workers as these have room, and come home in the order in which they were asked for.

A piece whose worker is lost, with its node or alone, is done again elsewhere. What a piece leaves is written into the
run folder as soon as it has ended, and the file that says so comes last: a driver that dies does not repeat it.
"""

import itertools
import sys
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any

from nerspace.engine.encoders.sources import local_folder
from nerspace.engine.errors import ConfigurationError, NerspaceError, Stopped
from nerspace.engine.executors.ray import shipping
from nerspace.engine.executors.ray.address import UNNAMED, connected, refusal
from nerspace.engine.executors.ray.installation import compare, installation
from nerspace.engine.executors.ray.worker import Told, Worker
from nerspace.engine.files import whole_file
from nerspace.engine.runs import Run
from nerspace.engine.runs.records import Note, ProbeRecord, Record, Stage, StepRecord

# A piece that is lost so often is what loses the workers.
MOST_LOSSES = 5
# Seconds between two looks at the nodes, and between two questions to a worker; at most so many answers come a second.
_LOOK, _ASK, _ANSWERS = 5.0, 0.5, 100
# Seconds for which the head may be silent, as when it is restarted; Ray's own limit, a minute, ends the process.
_SILENCE = 20.0


@dataclass(frozen=True, slots=True)
class Piece:
    """An independent part of a job.

    work: module:name of a generator function (run, request, *arguments) that writes only below `keeps` in its run.
    fields: those of the request that name an encoder. arguments: called when the piece is handed out; what `store`
    returned comes to the work as the value itself. keeps: paths that the work leaves; the last is its proof.
    """

    name: str
    work: str
    request: Any
    fields: tuple[str, ...]
    arguments: Callable[[], tuple[Any, ...]]
    keeps: tuple[str, ...]


@dataclass(slots=True)
class _State:
    """How far a piece is.

    records: those of the present try, begun then. told: training records passed on, whichever the try.
    """

    piece: Piece
    records: list[Record] = field(default_factory=list)
    read: int = 0
    told: int = 0
    skip: int = 0
    losses: int = 0
    begun: float = 0.0
    done: bool = False


@dataclass(slots=True)
class _Hand:
    """A worker as the driver sees it. call: what it was asked last, None while it is idle."""

    actor: Any
    call: Any
    node: str = ""
    ready: bool = False
    lacking: list[str] = field(default_factory=list)
    state: _State | None = None
    turn: int = 0
    work: Any = None


class Pool:
    """Workers of one run on one Ray cluster; gone with the block, and with the process.

    on: as `--on` has it. threads: CPU threads of a worker, which asks Ray for so many CPUs. gpus: GPUs of a worker.
    encoders: names of the encoders that the pieces use; folders are shipped to nodes that lack them. most: how many
    workers can be of use. slots: how many the cluster has room for, others' work aside.
    Raises: ConfigurationError when the head cannot be reached.
    """

    def __init__(self, run: Run, on: str, threads: int, device: str, encoders: Sequence[str], most: int) -> None:
        self._run, self._threads = run, threads
        self._stack = ExitStack()
        self._ray, self.address = self._stack.enter_context(connected(on))
        self._waiting: list[_State] = []
        self._hands: list[_Hand] = []
        self._failures = 0
        self._looked, self._silent = 0.0, 0.0
        self._told_of_waiting = False
        self._stored: dict[str, list[tuple[str, list[Any]]]] = {}
        try:
            offered = self._ray.cluster_resources()
            wanted = device.startswith("cuda") or (device == "auto" and offered.get("GPU", 0) >= 1)
            self.device = "cuda" if wanted else "cpu"
            self._room = {"CPU": threads, **({"GPU": 1} if wanted else {})}
            folders = {name: folder for name in encoders if (folder := local_folder(name)) is not None}
            self._folders = folders
            self._marks = {name: shipping.digest(folder) for name, folder in folders.items()}
            self.slots = self._look()
            self._recruit(most)
        except BaseException:
            self._stack.close()
            raise

    def __enter__(self) -> "Pool":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def describe(self) -> str:
        """The cluster as a person would call it."""
        nodes = [node for node in self._ray.nodes() if node["Alive"]]
        offered = self._ray.cluster_resources()
        amounts = [(len(nodes), "node"), (int(offered.get("CPU", 0)), "CPU"), (int(offered.get("GPU", 0)), "GPU")]
        told = ", ".join(f"{amount:,} {unit}{'' if amount == 1 else 's'}" for amount, unit in amounts if amount)
        return f"Ray at {self.address} ({told})"

    def store(self, value: Any) -> Any:
        """A reference to a value in the object store, which each node fetches once."""
        return self._ray.put(value)

    def work(self, pieces: Iterable[Piece]) -> list[Generator[Record, None, None]]:
        """Begin with all pieces and return, in their order, the records of each; to be read in that order.

        While one is read all are minded. A piece that was lost tells its training records once.
        Raises: NerspaceError for what a piece failed of, Stopped when the run is asked to stop.
        """
        states = [_State(piece) for piece in pieces]
        self._waiting += states
        return [self._follow(state) for state in states]

    def _follow(self, state: _State) -> Generator[Record, None, None]:
        while True:
            while state.read < len(state.records):
                record = state.records[state.read]
                state.read += 1
                if isinstance(record, StepRecord | ProbeRecord):
                    if state.skip:
                        state.skip -= 1
                        continue
                    state.told += 1
                yield record
            if state.done:
                return
            try:
                yield from self._mind()
            except ConnectionError as error:
                raise self._gone(str(error)) from error

    def _gone(self, reason: str) -> ConfigurationError:
        return ConfigurationError(
            f"The Ray cluster at {self.address} is gone ({reason}).", "Resume the run once it is back."
        )

    # -- minding the workers

    def _mind(self) -> Iterator[Note]:
        """Hand out what waits, then take what the workers answer, for about a second at most."""
        if self._run.stop_asked():
            raise Stopped("The run was stopped.")
        if time.monotonic() - self._looked > _LOOK and self._hear():
            self.slots = self._look()
            if not self.slots and not self._told_of_waiting:
                self._told_of_waiting = True
                room = " and ".join(f"{amount} {name}" for name, amount in self._room.items())
                yield Note(f"No node of {self.address} has {room} for a worker: the run waits for one that has.")
        busy = sum(hand.state is not None for hand in self._hands)
        self._recruit(busy + len(self._waiting))
        for hand in self._hands:
            if hand.ready and hand.state is None and self._waiting:
                yield self._begin(hand, self._waiting.pop(0))
        calls = {hand.call: hand for hand in self._hands if hand.call is not None}
        found, rest = self._ray.wait(list(calls), num_returns=1, timeout=_ASK)
        if found and rest:
            found += self._ray.wait(rest, num_returns=len(rest), timeout=0)[0]
        for call in found:
            yield from self._answer(calls[call])

    def _hear(self) -> bool:
        """Whether the head answers: where it does not, Ray would keep whoever asks it waiting, then end the process.

        Raises: ConfigurationError when it has been silent for long.
        """
        silence = "" if self.address == UNNAMED else refusal(self.address, 1.0)
        now = time.monotonic()
        self._silent = (self._silent or now) if silence else 0.0
        if silence and now - self._silent > _SILENCE:
            raise self._gone(silence)
        return not silence

    def _recruit(self, useful: int) -> None:
        """Have as many workers as there are rooms and pieces, and one that waits for room, which may be yet to come."""
        options = {
            "num_cpus": self._room["CPU"],
            "num_gpus": self._room.get("GPU", 0),
            "max_restarts": 0,
            "max_concurrency": 2,
            "scheduling_strategy": "SPREAD",
            "runtime_env": {"env_vars": _environment(self._threads)},
        }
        while len(self._hands) < min(useful, self.slots + 1):
            actor = self._ray.remote(**options)(Worker).remote(self._threads)
            self._hands.append(_Hand(actor, actor.prepare.remote(self._marks)))

    def _look(self) -> int:
        """How many workers the nodes have room for."""
        self._looked = time.monotonic()
        needs = self._room
        nodes = [node["Resources"] for node in self._ray.nodes() if node["Alive"]]
        return sum(min(int(node.get(name, 0) // need) for name, need in needs.items()) for node in nodes)

    def _begin(self, hand: _Hand, state: _State) -> Note:
        piece = state.piece
        hand.state, hand.turn = state, hand.turn + 1
        state.records, state.read, state.skip, state.begun = [], 0, state.told, time.monotonic()
        hand.work = hand.actor.begin.remote(hand.turn, piece.work, piece.request, piece.fields, *piece.arguments())
        self._ask(hand, 0)
        return Note(f"{piece.name} goes to {hand.node}.")

    def _ask(self, hand: _Hand, since: int) -> None:
        patience = max(_ASK, len(self._hands) / _ANSWERS)
        hand.call = hand.actor.told.remote(hand.turn, since, patience)

    def _answer(self, hand: _Hand) -> Iterator[Note]:
        """Take what a worker answered to its last question, and ask the next."""
        from ray.exceptions import ActorUnavailableError, RayError

        call, hand.call = hand.call, None
        try:
            answer = self._ray.get(call)
            if isinstance(answer, Told):
                yield from self._take(hand, answer)
            else:
                yield from self._prepared(hand, answer)
        except ActorUnavailableError:
            # For the moment; a worker that is gone is said to have died.
            if hand.state is not None:
                self._ask(hand, len(hand.state.records))
            else:
                hand.call = hand.actor.prepare.remote(self._marks)
        except RayError as error:
            yield from self._lost(hand, error)

    def _prepared(self, hand: _Hand, answer: tuple[str, dict[str, str], list[str]] | None) -> Iterator[Note]:
        """A worker is there: see what is installed with it, and send it what it lacks."""
        if answer is None:
            hand.lacking.pop(0)
        else:
            node, found, hand.lacking = answer
            hand.node = self._name(node)
            yield from compare(hand.node, found)
        if hand.lacking:
            name = hand.lacking[0]
            hand.call = hand.actor.take.remote(self._marks[name], self._files(name))
            yield Note(f"{hand.node} lacks the encoder {name}: it is sent there.")
        elif answer is None:
            hand.call = hand.actor.prepare.remote(self._marks)
        else:
            hand.ready = True

    def _files(self, name: str) -> list[tuple[str, list[Any]]]:
        """An encoder's files in the object store, put there once."""
        if name not in self._stored:
            folder = self._folders[name]
            self._stored[name] = [
                (str(path.relative_to(folder)), [self._ray.put(part) for part in shipping.chunks(path)])
                for path in shipping.files_below(folder)
            ]
        return self._stored[name]

    def _take(self, hand: _Hand, answer: Told) -> Iterator[Note]:
        """Take the records of a piece and, when it has ended, what it leaves."""
        state = hand.state
        if state is None:
            return
        state.records += [
            replace(record, node=hand.node) if isinstance(record, Stage | StepRecord | ProbeRecord) else record
            for record in answer.records
        ]
        if not answer.ended:
            if not answer.records and self._ray.wait([hand.work], timeout=0)[0]:
                # It never began, as when its data was lost; its error is raised here.
                self._ray.get(hand.work)
            self._ask(hand, len(state.records))
            return
        if answer.problem:
            message, hint, trace = answer.problem
            print(trace, file=sys.stderr)
            raise NerspaceError(f"{state.piece.name} failed on {hand.node}: {message}", hint)
        # The work's own end is the end of its thread, which the next piece needs.
        self._ray.get(hand.work)
        self._bring(hand, state.piece)
        state.done, hand.state, hand.work = True, None, None
        self._failures = 0
        yield Note(f"{state.piece.name} is done on {hand.node}, after {time.monotonic() - state.begun:,.0f} s.")

    def _bring(self, hand: _Hand, piece: Piece) -> None:
        """Write what a piece left into the run folder, each path whole or not at all."""
        for name, files in zip(piece.keeps, self._ray.get(hand.actor.files.remote(piece.keeps)), strict=True):
            self._run.require()
            target = self._run.path / name
            try:
                if files == [name]:
                    target.parent.mkdir(parents=True, exist_ok=True)
                    with whole_file(target) as handle:
                        handle.writelines(self._read(hand, name))
                elif files:
                    inside = ((str(Path(file).relative_to(name)), self._read(hand, file)) for file in files)
                    shipping.unpack(target, inside)
            except OSError as error:
                raise ConfigurationError(
                    f"{target} cannot be written ({error.strerror or error}).",
                    "Free space on that disk, then resume the run.",
                ) from error

    def _read(self, hand: _Hand, file: str) -> Iterator[bytes]:
        for offset in itertools.count(0, shipping.CHUNK):
            part: bytes = self._ray.get(hand.actor.read.remote(file, offset))
            yield part
            if len(part) < shipping.CHUNK:
                return

    def _lost(self, hand: _Hand, error: Exception) -> Iterator[Note]:
        """A worker is gone: its piece is the next to be handed out.

        Raises: ConfigurationError when no worker can be started, NerspaceError when a piece was lost too often.
        """
        self._hands.remove(hand)
        self._ray.kill(hand.actor)
        reason = " ".join(str(error).split())
        if "No module named 'nerspace" in reason:
            raise ConfigurationError(
                "A node of the cluster has no nerspace.",
                f"Install nerspace {installation()['nerspace']} on every node.",
            ) from error
        if (state := hand.state) is None:
            self._failures += 1
            if self._failures > MOST_LOSSES + 2 * self.slots:
                raise ConfigurationError(
                    f"No worker can be started ({reason[:300]}).", "See Ray's logs on the nodes, in /tmp/ray."
                ) from error
            return
        state.losses += 1
        if state.losses == MOST_LOSSES:
            raise NerspaceError(
                f"{state.piece.name} was lost {MOST_LOSSES} times, the last time on {hand.node} ({reason[:300]}).",
                "It may need more memory than a node has: a smaller batch or model, or larger nodes.",
            ) from error
        self._waiting.insert(0, state)
        yield Note(f"{state.piece.name} was lost on {hand.node} and is done again.")

    def _name(self, node: str) -> str:
        """A node by its name, with the beginning of its id where several share one."""
        names = {entry["NodeID"]: entry["NodeName"] for entry in self._ray.nodes() if entry["Alive"]}
        name = names.get(node, node[:8])
        return name if list(names.values()).count(name) < 2 else f"{name} ({node[:6]})"


def reach(
    stack: ExitStack, run: Run, on: str, threads: int, device: str, encoders: Sequence[str], most: int
) -> Generator[Stage, None, Pool]:
    """Enter a pool, tell of it, and note in the run where its work is done; see Pool for the arguments.

    threads: 0 for one.
    """
    yield Stage("cluster", f"Reaching the cluster ({on})", 1, "cluster")
    pool = stack.enter_context(Pool(run, on, threads or 1, device, encoders, most))
    run.update(device=pool.describe())
    return pool


def _environment(threads: int) -> dict[str, str]:
    """Variables of the workers: as `jobs` sets them for its own processes."""
    return {
        "OMP_NUM_THREADS": str(threads),
        "GOMP_SPINCOUNT": "2000",
        "TOKENIZERS_PARALLELISM": "false",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "TRANSFORMERS_NO_ADVISORY_WARNINGS": "1",
    }
