"""Kills, faults of the disk and power cuts over every kind of job, each resumed and compared with an undisturbed run.

    python torture.py FOLDER --seed 0 --kills 8 --faults 8 --cuts 8 [--kinds demo,extract]

The figures are printed as JSON, one line for each way to fail and one for all. All is done in this process and in forks
of it, on one thread, so that a try takes a second.
"""

import argparse
import contextlib
import errno
import json
import os
import random
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS"):
    os.environ[name] = "1"
os.environ |= {"TOKENIZERS_PARALLELISM": "false", "HF_HUB_OFFLINE": "1", "TQDM_DISABLE": "1"}

import lost_power  # noqa: E402
import torch  # noqa: E402
from tiny_encoders import write_tiny_xlmr  # noqa: E402

from nerspace.engine import runs  # noqa: E402
from nerspace.engine.errors import NerspaceError  # noqa: E402
from nerspace.engine.projection.job import make_project_request  # noqa: E402
from nerspace.engine.requests.evaluation import Reader, make_evaluation  # noqa: E402
from nerspace.engine.requests.extraction import make_extract_request  # noqa: E402
from nerspace.engine.requests.paper import make_paper_request  # noqa: E402
from nerspace.engine.requests.swapping import make_swap_request  # noqa: E402
from nerspace.engine.requests.training import make_request  # noqa: E402
from nerspace.engine.runs import Run, jobs  # noqa: E402

KINDS = ("finetune", "transfer", "demo", "swap", "extract", "project", "evaluate", "paper")
# Kinds whose request names a run of another kind.
_SOURCES = {"swap": "finetune", "evaluate": "finetune", "project": "extract"}
# Longer than any of these jobs takes on a machine that has other things to do.
PATIENCE = 240
# Columns that hold times, and tables that count what a try made.
_TIMES = {"steps": ["seconds", "probe_seconds"], "paper_settings": []}


class Torture:
    """Runs of every kind in one folder, the undisturbed ones first."""

    def __init__(self, folder: Path, seed: int, kinds: tuple[str, ...]) -> None:
        self.folder, self.random = folder, random.Random(seed)
        os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
        (folder / "cache").mkdir(parents=True)
        self.model = write_tiny_xlmr(folder / "tiny")
        self.workspace = runs.workspace_folder(folder / "home")
        self.figures: Counter[str] = Counter()
        self.problems: list[str] = []
        self.whole: dict[str, Run] = {}
        self.requests: dict[str, dict[str, Any]] = {}
        self.seconds: dict[str, float] = {}
        self.operations: dict[str, int] = {}
        needed = {*kinds, *(source for kind, source in _SOURCES.items() if kind in kinds)}
        for kind in (kind for kind in KINDS if kind in needed):
            self.requests[kind] = self._request(kind)
            started = time.monotonic()
            disk = lost_power.Disk(self.workspace)
            with disk.watched():
                self.whole[kind] = self._run(kind)
                state = jobs.execute(self.whole[kind])
            self.seconds[kind] = time.monotonic() - started
            self.operations[kind] = disk.operations
            if state != "finished":
                raise SystemExit(f"{kind}: {self.whole[kind].info().get('error')}")
            print(f"{kind}: {self.seconds[kind]:.1f} s, {disk.operations} operations", file=sys.stderr, flush=True)
        self.kinds = kinds

    def _run(self, kind: str) -> Run:
        return runs.create(self.workspace, kind, self.requests[kind], 0)

    def _request(self, kind: str) -> dict[str, Any]:
        small: dict[str, Any] = {
            "languages": ("en", "be"), "size": 16, "test_size": 6, "model": str(self.model), "device": "cpu",
            "batch_size": 8, "epochs": 2, "probe_every": 2, "probe_size": 4, "checkpoint_seconds": 0.0, "seed": 0,
            "learning_rate": 1e-3, "dropout": 0.1,
        }  # fmt: skip
        if kind == "finetune":
            return make_request("finetune", donors=("en", "be"), keep_model=True, **small)
        if kind == "transfer":
            return make_request("transfer", donors=("en", "be"), seeds=2, **small)
        if kind == "demo":
            return make_request("demo", donor="en", keep_model=True, perplexity=5.0, **small)
        if kind == "paper":
            return make_paper_request(
                ("figure2", "figure5"), scale="0.003", seeds=1, seed=0, model=str(self.model), data="builtin",
                device="cpu", learning_rate=1e-3, checkpoint_seconds=0.0,
            )  # fmt: skip
        if kind == "extract":
            return make_extract_request(None, model=str(self.model), size=6, languages=("en", "be"), device="cpu")
        if kind == "project":
            return make_project_request(self.whole["extract"], perplexity=3.0)
        trained = self.whole["finetune"]
        if kind == "swap":
            return make_swap_request(trained, "en-0", ("en", "be"), contexts=3, sample=3, device="cpu")
        reader = Reader("en", 0, str(trained.path / "model" / "en-0"))
        return make_evaluation([reader], "builtin", run=trained, size=8, device="cpu")

    # -- the three ways to fail

    def kill(self, kind: str, times: int) -> None:
        """Kill the job of a run before some of its writes, syncs and renames, each time it is resumed."""
        run = self._run(kind)
        for _ in range(times):
            place = self.random.randrange(1, int(self.operations[kind] * 1.05))
            child = os.fork()
            if child == 0:
                self._die_at(run, place)
            self._wait(child)
            self.figures["kills"] += 1
            self._after_a_reboot(run.path)
            if self._state(run) == "finished":
                break
        self._finish(run, kind, f"{kind} killed")

    def _die_at(self, run: Run, place: int) -> None:
        disk = lost_power.Disk(self.folder / "none")
        disk.before = lambda number: os.kill(os.getpid(), signal.SIGKILL) if number >= place else None
        with disk.watched():
            self._go_on(run)
        os._exit(0)

    def _wait(self, child: int) -> None:
        deadline = time.monotonic() + PATIENCE
        while os.waitpid(child, os.WNOHANG) == (0, 0):
            if time.monotonic() > deadline:
                self.figures["hangs"] += 1
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
                return
            time.sleep(0.01)

    def fault(self, kind: str) -> None:
        """Have the disk refuse a write, sync, rename or new folder, once or from then on."""
        run = self._run(kind)
        place, lasts = self.random.randrange(1, self.operations[kind]), self.random.choice((1, 1, 3, 10**9))
        code = self.random.choice((errno.ENOSPC, errno.EIO))

        def refuse(number: int) -> None:
            if place <= number < place + lasts:
                raise OSError(code, os.strerror(code))

        disk = lost_power.Disk(self.folder / "none")
        disk.before = refuse
        self.figures["faults"] += 1
        what = f"{kind} with errno {code} at operation {place} for {lasts}"
        try:
            with disk.watched():
                self._go_on(run)
        except NerspaceError:
            pass
        except Exception as error:
            self._problem("raw errors", f"{what}: {error!r}")
        message = (run.read_info().get("error") or {}).get("message", "")
        if message.partition(":")[0].endswith(("Error", "Exception")):
            self._problem("raw errors", f"{what}: {message}")
        self._after_a_reboot(run.path)
        self._finish(run, kind, what)

    def cut(self, kind: str, pictures: int) -> None:
        """Cut the power some times in one run and once behind its end, and resume what is found then."""
        run = self._run(kind)
        places = {self.random.randrange(1, self.operations[kind]) for _ in range(pictures)}
        taken: list[tuple[str, Path]] = []

        def take(number: int) -> None:
            if number in places:
                self._picture(disk, taken, f"{kind} cut at operation {number}")

        # The run itself must be on the disk before anything is made of it.
        disk = lost_power.Disk(self.workspace)
        disk.before = take
        with disk.watched():
            if jobs.execute(run) != "finished":
                self._problem("differences", f"{kind}: {run.info().get('error')}")
            disk.before = lambda number: None
            for _ in range(2):
                self._picture(disk, taken, f"{kind} cut behind its end")
        for what, folder in taken:
            self.figures["cuts"] += 1
            self._look_after_cut(Run(folder / "home" / "runs" / run.id), kind, what)
            lost_power.forget(folder)
        shutil.rmtree(run.path, ignore_errors=True)

    def _picture(self, disk: lost_power.Disk, taken: list[tuple[str, Path]], what: str) -> None:
        place = self.folder / f"cut-{len(taken)}"
        place.mkdir()
        luck = self.random if self.random.random() < 0.6 else None
        disk.picture(place / "home", luck)
        # What was found before is the same on both.
        for other in self.whole.values():
            shutil.rmtree(place / "home" / "runs" / other.path.name, ignore_errors=True)
        taken.append((f"{what}, {'with luck' if luck else 'without luck'}", place))

    def _look_after_cut(self, run: Run, kind: str, what: str) -> None:
        self._after_a_reboot(run.path)
        try:
            info = run.info()
        except NerspaceError as error:
            self._problem("lost runs", f"{what}: {error}")
            return
        if info["state"] == "finished":
            if damaged := run.damages():
                self._problem("finished but damaged", f"{what}: {damaged}")
            elif difference := self._difference(run, kind):
                self._problem("differences", f"{what}, finished: {difference}")
            return
        if "its end" in what:
            self._problem("finished but lost", what)
        self._finish(run, kind, what)

    # -- what comes after

    def _after_a_reboot(self, path: Path) -> None:
        """The process that worked on the run is this one, or a fork of it: another boot tells them apart."""
        process = path / "process.json"
        if process.is_file():
            try:
                found = json.loads(process.read_text())
            except ValueError:
                return
            process.write_text(json.dumps({**found, "boot": "before", "started": "before:1"}))

    def _state(self, run: Run) -> str:
        try:
            state: str = run.info()["state"]
        except NerspaceError as error:
            return str(error)
        return state

    def _go_on(self, run: Run) -> None:
        launch: Callable[..., None] = jobs._launch
        jobs._launch = lambda resumed, lock: lock.release()  # type: ignore[assignment]
        try:
            jobs.resume(run)
        finally:
            jobs._launch = launch  # type: ignore[assignment]
        jobs.execute(run)

    def _finish(self, run: Run, kind: str, what: str) -> None:
        try:
            if self._state(run) != "finished":
                self._go_on(run)
            if (state := self._state(run)) != "finished":
                self._problem("differences", f"{what}: {state}, {run.info().get('error')}")
            elif damaged := run.damages():
                self._problem("finished but damaged", f"{what}: {damaged}")
            elif difference := self._difference(run, kind):
                self._problem("differences", f"{what}: {difference}")
            elif left := [str(path) for path in run.path.rglob(".nerspace-part-*")]:
                self._problem("left behind", f"{what}: {left}")
        except NerspaceError as error:
            self._problem("not resumed", f"{what}: {error}")
        except Exception as error:
            self._problem("raw errors", f"{what}: {error!r}")
        if run.path.parent == self.workspace / "runs":
            shutil.rmtree(run.path, ignore_errors=True)

    def _difference(self, run: Run, kind: str) -> str:
        """What two runs do not have in common; empty where their results are the same."""
        whole = self.whole[kind]
        if whole.tables() != run.tables():
            return f"tables {sorted(set(whole.tables()) ^ set(run.tables()))}"
        for name in whole.tables():
            frames = [one.read_table(name) for one in (whole, run)]
            frames = [frame.drop(columns=_TIMES.get(name, []), errors="ignore") for frame in frames]
            if not frames[0].equals(frames[1]):
                return f"table {name}"
        patterns = ("vectors/*", "model/**/*.safetensors", "pieces/*/*.npy", "pieces/*/p*.csv")
        for pattern in patterns:
            held = [{str(path.relative_to(one.path)): path for path in one.path.glob(pattern)} for one in (whole, run)]
            if held[0].keys() != held[1].keys():
                return f"files {sorted(held[0].keys() ^ held[1].keys())[:4]}"
            for name, path in held[0].items():
                if path.read_bytes() != held[1][name].read_bytes():
                    return f"file {name}"
        return ""

    def _problem(self, kind: str, what: str) -> None:
        self.figures[kind] += 1
        self.problems.append(f"{kind}: {what}")
        print(f"{kind}: {what}", file=sys.stderr, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--faults", type=int, default=0)
    parser.add_argument("--cuts", type=int, default=0)
    parser.add_argument("--kinds", default=",".join(KINDS))
    asked = parser.parse_args()
    torch.set_num_threads(1)
    kinds = tuple(asked.kinds.split(","))
    torture = Torture(asked.folder, asked.seed, kinds)
    # Whoever has no more time gets the figures so far.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt):
        number = 0
        while torture.figures["kills"] < asked.kills:
            torture.kill(kinds[number % len(kinds)], min(5, asked.kills - torture.figures["kills"]))
            number += 1
        for number in range(asked.faults):
            torture.fault(kinds[number % len(kinds)])
        number = 0
        while torture.figures["cuts"] < asked.cuts:
            torture.cut(kinds[number % len(kinds)], max(0, min(8, asked.cuts - torture.figures["cuts"]) - 2))
            number += 1
    names = ("kills", "faults", "cuts", "differences", "finished but damaged", "finished but lost", "lost runs",
             "not resumed", "raw errors", "hangs", "left behind")  # fmt: skip
    print(json.dumps({**{name: torture.figures[name] for name in names}, "problems": torture.problems}))
    return int(bool(torture.problems))


if __name__ == "__main__":
    raise SystemExit(main())
