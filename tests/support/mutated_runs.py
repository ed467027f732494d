"""Run folders in which something is not as it should be, and every command on them: none fails raw, none hangs.

    python mutated_runs.py FOLDER --seed 0 --runs 100 --commands 4 --explorers 0.1

Every command is at a terminal, to which no sign may come that acts there; on a share of the runs the explorer is
opened. The figures are printed as JSON. What was tried is noted in FOLDER; the same command goes on from there.
"""

import argparse
import asyncio
import contextlib
import io
import json
import os
import random
import re
import shutil
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ |= {"OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false", "HF_HUB_OFFLINE": "1"}
# A terminal that knows no colors: whatever acts there came from data.
os.environ |= {"TERM": "dumb", "COLUMNS": "100"}

import rooms_sample
import tui_sample
from terminals import Terminal, acting
from tiny_encoders import write_tiny_xlmr
from tui_driving import settle

from nerspace.engine.encoders import load_tokenizer
from nerspace.engine.runs import Run, jobs, versions
from nerspace.engine.runs.locks import Lock
from nerspace.tui import main as program
from nerspace.tui.explorer import app as explorer
from nerspace.tui.explorer.session import Session as ExplorerSession

# Seconds of its own work that a command may take, and those after which it waits for ever: others have work on the
# machine too.
PATIENCE, WAITING = 5, 120
FIGURES = ("runs", "commands", "explorers", "raw errors", "hangs", "not removed", "acting")
# What is pressed in the explorer: every screen, and what one does there.
_KEYS = ("1", "2", "3", "4", "5", "6", "7", "8", "j", "l", "G", "s", "m", "r", "e", "enter", "escape", "question_mark")
_WEIRD: tuple[Any, ...] = (
    None, {}, [], "", 0, -1, 1.5, 1e308, True, "x" * 300, [None], [[]], {"a": {}}, 10**25, float("nan"), "\x1b[31m",
    ["en", 3], "../..", "finished", "2026-99-99", 2**62, [{}], "=1+1", "\ud800", -(10**18),
)  # fmt: skip
_RAW = re.compile(r"\(--debug shows where\)|Traceback")


class Hang(BaseException):
    """A command took too long; nothing of nerspace catches it."""


def mutate(run: Path, draw: random.Random) -> str:
    """Damage a run folder in one to three ways, and say how."""
    said = []
    for _ in range(draw.choice((1, 1, 2, 3))):
        name, change = draw.choice(_CHANGES)
        # What was damaged already may not take this change.
        with contextlib.suppress(OSError, IndexError, UnicodeDecodeError):
            said.append(f"{name}: {change(run, draw)}")
    if draw.random() < 0.5:
        # As a run of an earlier version, so that what is damaged is read.
        _delete(run / "sha256.json")
        said.append("without sums")
    return "; ".join(said)


def _delete(path: Path) -> None:
    # Looked at first: to take a pipe for a folder is to wait for somebody at its other end.
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _ordinary(path: Path) -> Path:
    """A file that can be read and written without waiting for somebody at the other end."""
    if os.path.lexists(path) and not path.is_file():
        raise OSError(f"{path} is no file any more")
    return path


def _of_json(file: str) -> Callable[[Path, random.Random], str]:
    def change(run: Path, draw: random.Random) -> str:
        path = _ordinary(run / file)
        try:
            value = json.loads(path.read_text())
        except (OSError, ValueError):
            value = {}
        place, inside = "", value
        while isinstance(inside, dict) and inside:
            key = draw.choice(sorted(inside))
            place += f".{key}"
            if isinstance(inside[key], dict) and inside[key] and draw.random() < 0.7:
                inside = inside[key]
                continue
            if draw.random() < 0.25:
                del inside[key]
                place += " deleted"
            else:
                inside[key] = draw.choice(_WEIRD)
                place += f" = {inside[key]!r:.30}"
            break
        else:
            value = draw.choice(_WEIRD)
        path.write_text(json.dumps(value), encoding="utf-8", errors="surrogatepass")
        return place

    return change


def _event(run: Path, draw: random.Random) -> str:
    path = _ordinary(run / "events.jsonl")
    lines = path.read_text().splitlines() or [""]
    for _ in range(draw.choice((1, 5, 40))):
        number = draw.randrange(len(lines))
        try:
            event = json.loads(lines[number])
            event[draw.choice(sorted(event))] = draw.choice(_WEIRD)
            lines[number] = json.dumps(event)
        except (ValueError, AttributeError, TypeError, IndexError):
            lines[number] = draw.choice(("null", "[]", "{", "3", '"x"', "", "{}"))
    path.write_text("\n".join(lines) + draw.choice(("", "\n")), errors="surrogatepass")
    return f"{number}"


def _any_file(run: Path, draw: random.Random) -> Path:
    return draw.choice(sorted(path for path in run.rglob("*") if path.is_file() and not path.is_symlink()))


def _cut(run: Path, draw: random.Random) -> str:
    path = _any_file(run, draw)
    data = path.read_bytes()
    path.write_bytes(data[: draw.randrange(len(data) + 1)])
    return path.name


def _bytes(run: Path, draw: random.Random) -> str:
    path = _any_file(run, draw)
    data = bytearray(path.read_bytes())
    for _ in range(draw.choice((1, 8, 200))):
        if data:
            data[draw.randrange(len(data))] = draw.randrange(256)
    path.write_bytes(data)
    return path.name


def _other_kind(run: Path, draw: random.Random) -> str:
    path = _any_file(run, draw)
    if draw.random() < 0.5:
        path = run / draw.choice(("run.json", "process.json", "events.jsonl", "lock", "tables", "vectors", "stop"))
    _delete(path)
    kind = draw.choice(("gone", "folder", "pipe", "loop", "empty", "dangling"))
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "loop":
        path.symlink_to(path)
    elif kind == "dangling":
        path.symlink_to(run / "nothing")
    elif kind == "empty":
        path.write_bytes(b"")
    return f"{path.name} {kind}"


def _table(run: Path, draw: random.Random) -> str:
    path = _ordinary(draw.choice(sorted((run / "tables").glob("*.csv"))))
    rows = [line.split(",") for line in path.read_text().splitlines()]
    change = draw.choice(("column", "cell", "header", "short row", "swapped", "name", "numbers"))
    column = draw.randrange(len(rows[0]))
    if change == "column":
        rows = [row[:column] + row[column + 1 :] for row in rows]
    elif change == "cell":
        for _ in range(draw.choice((1, 20))):
            row = rows[draw.randrange(len(rows))]
            row[draw.randrange(len(row))] = draw.choice(("", "x", "-1", "nan", "inf", "1e400", "9" * 30, "\x00", "NA"))
    elif change == "header":
        rows = rows[:1]
    elif change == "short row":
        rows[draw.randrange(len(rows))] = ["1"]
    elif change == "swapped":
        other = _ordinary(draw.choice(sorted((run / "tables").glob("*.csv"))))
        rows = [line.split(",") for line in other.read_text().splitlines()]
    elif change == "name":
        rows[0][column] = "другое"
    else:
        rows = rows[:1] + [["7"] * len(rows[0])] * 3
    path.write_text("\n".join(",".join(row) for row in rows) + "\n")
    return f"{path.name} {change}"


_CHANGES: tuple[tuple[str, Callable[[Path, random.Random], str]], ...] = (
    ("run.json", _of_json("run.json")), ("run.json", _of_json("run.json")), ("run.json", _of_json("run.json")),
    ("process.json", _of_json("process.json")), ("sha256.json", _of_json("sha256.json")), ("event", _event),
    ("event", _event), ("cut", _cut), ("bytes", _bytes), ("kind of file", _other_kind), ("table", _table),
    ("table", _table),
)  # fmt: skip


def commands(run: Run) -> list[list[str]]:
    """What is done to a run."""
    one = ["--run", run.id]
    return [
        ["runs", "list"], ["runs", "list", "--json"], ["runs", "show", run.id], ["runs", "show"],
        ["runs", "follow", run.id], ["runs", "stop", run.id], ["runs", "verify"], ["runs", "verify", run.id],
        ["runs", "compare", run.id, "whole"], ["runs", "compare", "whole", run.id, "--request"],
        ["runs", "resume", run.id, "--detach"], ["locate", run.id], ["runs", "remove", "-y", run.id],
        ["export", "transfer", *one], ["export", "steps", *one, "--plot"], ["export", "map", *one, "--json"],
        ["export", "predictions", *one, "--csv", "-"], ["export", "tnld", *one, "--plot"],
        ["export", "probes", *one, "--plot"], ["export", "parallel_cosine", *one, "--plot"],
        ["transfer", *one], ["transfer", *one, "--plot"], ["transfer", *one, "--table", "advice"],
        ["evaluate", *one], ["evaluate", *one, "--table", "failing"], ["evaluate", *one, "--table", "buckets"],
        ["isotropy", *one], ["similarity", *one], ["similarity", *one, "--table", "drift"], ["neighbours", *one],
        ["groups", *one], ["project", *one, "--detach"], ["swap", *one, "--detach"], ["extract", *one, "--detach"],
    ]  # fmt: skip


class Session:
    """Mutated copies of one run in a workspace, beside a whole one."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.seed, self.done = seed, 0
        self.ended = False
        self.home, self.notes = folder / "home", folder / "tries.jsonl"
        os.environ |= {"NERSPACE_HOME": str(self.home)}
        for name in ("XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME"):
            os.environ[name] = str(folder / name.lower())
        self.corpus, self.model = folder / "names", folder / "tiny"
        if not self.home.exists():
            self._make(folder)
        [self.origin] = (folder / "first" / "runs").glob("demo-*")
        # What is exported goes to the current folder.
        (folder / "here").mkdir(exist_ok=True)
        os.chdir(folder / "here")
        self.figures: Counter[str] = Counter()
        self.problems: list[str] = []
        for note in map(json.loads, self.notes.read_text().splitlines() if self.notes.exists() else []):
            if (note["code"], note["seed"]) != (versions.source_hash(), seed):
                raise SystemExit(f"{folder} is of another seed or another code: choose another folder.")
            self.done += 1
            self.figures.update(note["figures"])
            self.problems += note["problems"]

    def _make(self, folder: Path) -> None:
        corpus = tui_sample.write_corpus(self.corpus)
        # Converting the built-in encoder is no command's own time.
        load_tokenizer("builtin")
        made = rooms_sample.enrich(tui_sample.write_run(folder / "first", corpus))
        made.claim(os.getpid())
        model = write_tiny_xlmr(self.model)
        made.update(request={**made.info()["request"], "data": str(corpus), "model": str(model), "seeds": 1, "seed": 0})
        (made.path / "lock").write_text("")
        (self.home / "runs").mkdir(parents=True)
        shutil.copytree(made.path, self.home / "runs" / "whole-20260101-000000-0000")

    def one(self, number: int, times: int, explorers: float) -> None:
        """Mutate a copy, try some commands on it, and note what came of it."""
        before, known = self.figures.copy(), len(self.problems)
        self.draw = random.Random(f"{self.seed} {number}")
        self._try_all(number, times, explorers)
        note = {
            "number": number, "figures": {name: self.figures[name] - before[name] for name in FIGURES},
            "problems": self.problems[known:], "code": versions.source_hash(), "seed": self.seed,
        }  # fmt: skip
        with self.notes.open("a") as notes:
            notes.write(json.dumps(note) + "\n")

    def _try_all(self, number: int, times: int, explorers: float) -> None:
        path = self.home / "runs" / f"demo-20260202-000000-{number:04x}"
        for left in self.home.glob("runs/demo-*"):
            # Of a session that was ended meanwhile.
            shutil.rmtree(left, ignore_errors=True)
        shutil.copytree(self.origin, path)
        if self.draw.random() < 0.4:
            run = Run(path)
            run.update(state=self.draw.choice(("running", "queued", "failed", "stopped")))
            (path / "process.json").write_text(json.dumps({"pid": 2**22 + 1, "started": "x"}))
        said = mutate(path, self.draw)
        self.figures["runs"] += 1
        if self.draw.random() < explorers:
            self._explore(path, said)
        chosen = self.draw.sample(commands(Run(path)), times)
        for command in sorted(chosen, key=lambda words: words[:2] == ["runs", "remove"]):
            self._try(command, said)
        # What nothing could be made of can still be taken away.
        if os.path.lexists(path):
            self._try(["runs", "remove", "-y", path.name], said, code=0)
        if os.path.lexists(path):
            shutil.rmtree(path)
        for left in self.home.glob("runs/*"):
            if not left.name.startswith("whole"):
                shutil.rmtree(left, ignore_errors=True)

    def end(self) -> None:
        """Begin no other run."""
        self.ended = True

    def _try(self, command: list[str], said: str, code: int | None = None) -> None:
        self.figures["commands"] += 1
        out, err = Terminal(), Terminal()
        sys.argv, sys.stdin = ["nerspace", *command], io.StringIO()
        what = f"{command} after {said}"
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            left = self._bounded(program.main, what)
        if _RAW.search(err.getvalue()):
            self._problem("raw errors", f"{what}: {err.getvalue()[-400:]}")
        elif code is not None and left != code:
            self._problem("not removed", f"{what}: {err.getvalue()[-400:]}")
        if signs := acting(out.getvalue() + err.getvalue()):
            self._problem("acting", f"{what}: {signs}")

    def _bounded(self, call: Callable[[], Any], what: str) -> object:
        """Call something that may take so long and not longer; the code it exits with."""
        signal.setitimer(signal.ITIMER_VIRTUAL, PATIENCE)
        signal.alarm(WAITING)
        try:
            call()
        except SystemExit as end:
            return end.code
        except Hang:
            where = "".join(traceback.format_exc().splitlines(keepends=True)[-5:])
            self._problem("hangs", f"{what}: {where}")
        except BaseException:
            self._problem("raw errors", f"{what}: {traceback.format_exc(limit=-4)}")
        finally:
            signal.alarm(0)
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        return 0

    def _explore(self, path: Path, said: str) -> None:
        """Open the explorer as the program does, on the run or on the newest, and go through some of its screens."""
        self.figures["explorers"] += 1
        keys = self.draw.choices(_KEYS, k=8)
        name = self.draw.choice((path.name, None))
        opened: list[explorer.NerspaceApp] = []

        def take(workspace: Path, run: Run | None, *_: object) -> None:
            opened.append(explorer.NerspaceApp(ExplorerSession(workspace, run, str(self.corpus), str(self.model))))

        out, err = Terminal(), Terminal()
        explorer.run_app, run_app = take, explorer.run_app  # type: ignore[assignment]
        sys.argv = ["nerspace", *(["--run", name] if name else [])]
        stdin, sys.stdin = sys.stdin, Terminal()
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                self._bounded(program.main, f"the explorer on {name} after {said}")
        finally:
            explorer.run_app, sys.stdin = run_app, stdin
        if _RAW.search(err.getvalue()):
            self._problem("raw errors", f"the explorer on {name} after {said}: {err.getvalue()[-400:]}")
        if opened:
            self._press(opened[0], keys, f"{keys} in the explorer on {name} after {said}")

    def _press(self, app: explorer.NerspaceApp, keys: list[str], what: str) -> None:
        signs: set[str] = set()

        async def press() -> None:
            async with app.run_test(size=self.draw.choice(((80, 24), (120, 40)))) as pilot:
                signs.update(acting(await settle(pilot)))
                for key in keys:
                    # Each has the whole of the time.
                    signal.setitimer(signal.ITIMER_VIRTUAL, PATIENCE)
                    signal.alarm(WAITING)
                    await pilot.press(key)
                    signs.update(acting(await settle(pilot)))

        # The explorer ends in its own way at a signal, and leaves none behind.
        ended = signal.getsignal(signal.SIGTERM)
        self._bounded(lambda: asyncio.run(press()), what)
        signal.signal(signal.SIGTERM, ended)
        if signs:
            self._problem("acting", f"{what}: {signs}")

    def _problem(self, kind: str, what: str) -> None:
        self.figures[kind] += 1
        self.problems.append(f"{kind}: {what}")
        print(f"{kind}: {what}", file=sys.__stderr__, flush=True)


def _launched_in_vain(run: Run, lock: Lock) -> None:
    """As a process that is gone before it has said anything."""
    with contextlib.suppress(OSError):
        (run.path / "process.json").unlink()
    lock.release()


def _hung(*_: object) -> None:
    raise Hang


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--commands", type=int, default=4)
    parser.add_argument(
        "--explorers", type=float, default=0.0, help="on which share of the runs the explorer is opened"
    )
    asked = parser.parse_args()
    for late in (signal.SIGALRM, signal.SIGVTALRM):
        signal.signal(late, _hung)
    # No process is started here: what is resumed, or asked anew of the run, is only made.
    jobs._launch = _launched_in_vain  # type: ignore[assignment]
    session = Session(asked.folder.resolve(), asked.seed)
    # Whoever has no more time gets the figures so far.
    signal.signal(signal.SIGTERM, lambda *_: session.end())
    told = time.monotonic()
    for number in range(session.done, asked.runs):
        if not session.ended:
            session.one(number, asked.commands, asked.explorers)
        if time.monotonic() - told > 30:
            told = time.monotonic()
            print(", ".join(f"{session.figures[name]} {name}" for name in FIGURES), file=sys.stderr, flush=True)
    print(json.dumps({**{name: session.figures[name] for name in FIGURES}, "problems": session.problems}))
    return int(bool(session.problems))


if __name__ == "__main__":
    raise SystemExit(main())
