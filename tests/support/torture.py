"""Kills, faults of the disk and power cuts over every kind of job, each resumed and compared with an undisturbed run.

    python torture.py FOLDER --seed 0 --kills 8 --faults 8 --cuts 8 [--kinds demo,extract]

The figures are printed as JSON. Every try of a job is a process of its own on one thread: a fork of this one, which
has imported everything and computed nothing, so that it costs what the job costs. What was tried is noted in FOLDER,
line by line; the same command goes on from there, and whoever ends it by SIGTERM gets the figures so far.
"""

import argparse
import contextlib
import errno
import json
import os
import random
import resource
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS", "RAYON_NUM_THREADS"):
    os.environ[name] = "1"
os.environ |= {"TOKENIZERS_PARALLELISM": "false", "HF_HUB_OFFLINE": "1", "TQDM_DISABLE": "1"}

import lost_power  # noqa: E402
import pandas as pd  # noqa: E402
import torch  # noqa: E402
from forking import End, imported, in_a_fork  # noqa: E402
from tiny_encoders import write_tiny_xlmr  # noqa: E402

from nerspace import datasets  # noqa: E402
from nerspace.engine import runs  # noqa: E402
from nerspace.engine.encoders import LABELS, load_token_classifier  # noqa: E402
from nerspace.engine.errors import NerspaceError  # noqa: E402
from nerspace.engine.projection.job import make_project_request  # noqa: E402
from nerspace.engine.requests.evaluation import Reader, make_evaluation  # noqa: E402
from nerspace.engine.requests.extraction import make_extract_request  # noqa: E402
from nerspace.engine.requests.paper import make_paper_request  # noqa: E402
from nerspace.engine.requests.swapping import make_swap_request  # noqa: E402
from nerspace.engine.requests.training import make_request  # noqa: E402
from nerspace.engine.runs import Run, jobs, ledger, versions  # noqa: E402

# What is tortured → the kind of its runs.
KINDS = {
    "finetune": "finetune", "transfer": "transfer", "demo": "demo", "swap": "swap", "counterfactual": "swap",
    "extract": "extract", "words": "extract", "project": "project", "evaluate": "evaluate", "paper": "paper",
}  # fmt: skip
# What reads a run of another kind.
_SOURCES = {
    "swap": "finetune", "counterfactual": "finetune", "words": "finetune", "evaluate": "finetune",
    "project": "extract",
}  # fmt: skip
WAYS = ("kills", "faults", "cuts")
PROBLEMS = ("differences", "finished but damaged", "finished but lost", "lost runs", "not resumed", "raw errors",
            "hangs", "left behind")  # fmt: skip
# Seconds: longer than any of these jobs takes on a machine that has other things to do.
PATIENCE = 600
_LANGUAGES = ("be", "en")
# Columns that hold times, files that do, and fields of run.json that two runs share.
_TIMES = {"steps": ["seconds", "probe_seconds"]}
_OF_ITS_OWN = ("report.md", "report.html", "piece.json", "sha256.json")
_SHARED = ("recipe", "origin", "data_sha256", "content", "known_types")


class Torture:
    """Undisturbed runs of every kind in one folder, beside which others are disturbed."""

    def __init__(self, folder: Path, seed: int, kinds: tuple[str, ...]) -> None:
        self.folder, self.seed, self.kinds = folder.resolve(), seed, kinds
        self.folder.mkdir(parents=True, exist_ok=True)
        self.log, self.notes = self.folder / "log.txt", self.folder / "tries.jsonl"
        self.disk = self.folder / "disk"
        self.figures: Counter[str] = Counter()
        self.of_kinds: Counter[str] = Counter()
        self.problems: list[str] = []
        self.done: Counter[str] = Counter()
        self.whole: dict[str, Run] = {}
        self.requests: dict[str, dict[str, Any]] = {}
        self.seconds: dict[str, float] = {}
        self.operations: dict[str, int] = {}
        self.model, self.data = self.folder / "tiny", self.folder / "data"
        self._read_notes()
        if not self.model.exists():
            self._made("whole", self._make_sources)
        warm_up(self.model)
        needed = {*kinds, *(_SOURCES[kind] for kind in kinds if kind in _SOURCES)}
        for kind in (kind for kind in KINDS if kind in needed):
            self._prepare(kind)

    # -- what there is to compare with

    def _prepare(self, kind: str) -> None:
        note = self.folder / f"{kind}.json"
        if not note.exists():
            note.write_text(json.dumps(self._do_twice(kind)))
        found = json.loads(note.read_text())
        imported(found["modules"])
        self.whole[kind] = Run(self.folder / "whole" / "home" / "runs" / found["id"])
        self.requests[kind] = self.whole[kind].read_info()["request"]
        self.seconds[kind], self.operations[kind] = found["seconds"], found["operations"]

    def _do_twice(self, kind: str) -> dict[str, Any]:
        """A run to compare with, and another: unless the two are the same, differences would tell nothing."""
        first = self._made("whole", lambda: self._do_whole(self._request(kind), kind, "whole"))
        imported(first["modules"])
        whole = Run(self.folder / "whole" / "home" / "runs" / first["id"])
        request = whole.read_info()["request"]
        again = self._made("twin", lambda: self._do_whole(request, kind, "twin"))
        if found := list(differences(whole, Run(self.folder / "twin" / "home" / "runs" / again["id"]))):
            raise SystemExit(f"{kind} is not the same twice: {found}")
        shutil.rmtree(self.folder / "twin")
        # The second has imported nothing, as those that are to come.
        told = f"{kind}: {again['seconds']:.1f} s ({again['own']:.1f} of its own), {again['operations']} operations"
        print(told, file=sys.stderr, flush=True)
        return {**first, "seconds": again["seconds"], "operations": again["operations"]}

    def _made(self, place: str, call: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        end = self._in_a_fork(call, self.folder / place)
        if end.error or end.killed:
            raise SystemExit(f"{place}: {end}")
        made: dict[str, Any] = end.value
        return made

    def _make_sources(self) -> dict[str, Any]:
        """A tiny encoder, and a small part of the built-in data with the languages that the paper looks into."""
        self.data.mkdir()
        for name, most in (("contexts", 9), ("entities", 12)):
            frame = pd.read_csv(datasets.BUILTIN / f"{name}.csv", dtype=str, keep_default_na=False)
            kept = frame.drop(columns=[code for code in datasets.languages.LANGUAGES if code not in _LANGUAGES])
            wanted = kept["en"].str.contains("Washington") if name == "entities" else kept["id"] == ""
            of_kinds = [part.head(most) for _, part in kept.groupby(["type", "case"])]
            pd.concat([*of_kinds, kept[wanted]]).drop_duplicates().to_csv(self.data / f"{name}.csv", index=False)
        write_tiny_xlmr(self.model)
        return {}

    def _do_whole(self, request: dict[str, Any], kind: str, place: str) -> dict[str, Any]:
        workspace = runs.workspace_folder(self.folder / place / "home")
        run = runs.create(workspace, KINDS[kind], request, 0)
        link_source(self.whole.get(_SOURCES.get(kind, "")), workspace)
        started = time.monotonic()
        disk = lost_power.Disk(self.folder / "nothing")
        with disk.watched():
            state = jobs.execute(run)
        if state != "finished":
            raise RuntimeError(run.info().get("error"))
        return {
            "id": run.id, "operations": disk.operations, "seconds": time.monotonic() - started,
            "own": time.process_time(), "modules": list(sys.modules),
        }  # fmt: skip

    def _request(self, kind: str) -> dict[str, Any]:
        small: dict[str, Any] = {
            "languages": ("en", "be"), "size": 12, "test_size": 6, "model": str(self.model), "device": "cpu",
            "batch_size": 8, "epochs": 2, "probe_every": 0, "checkpoint_seconds": 0.0, "seed": 0,
            "learning_rate": 1e-3, "dropout": 0.1, "data": str(self.data),
        }  # fmt: skip
        if kind == "finetune":
            return make_request("finetune", donors=("en", "be"), keep_model=True, **small)
        if kind == "transfer":
            return make_request("transfer", donors=("en",), seeds=2, **small)
        if kind == "demo":
            probed = {**small, "probe_every": 3, "probe_size": 4, "probe_languages": ("en",)}
            return make_request("demo", donor="en", keep_model=True, perplexity=5.0, **probed)
        if kind == "paper":
            return make_paper_request(
                ("table1", "table2", "figure4", "figure5"), scale="0.003", seeds=1, seed=0, model=str(self.model),
                data=str(self.data), device="cpu", learning_rate=1e-3, checkpoint_seconds=0.0, fresh=True,
            )  # fmt: skip
        if kind == "extract":
            return make_extract_request(
                None, model=str(self.model), data=str(self.data), size=6, languages=("en", "be"), device="cpu"
            )
        if kind == "project":
            return make_project_request(self.whole["extract"], perplexity=3.0)
        trained = self.whole["finetune"]
        if kind == "words":
            return make_extract_request(trained, of="words", layers=(), device="cpu")
        if kind in ("swap", "counterfactual"):
            return make_swap_request(
                trained, "en-0", ("be",), contexts=3, sample=3, device="cpu",
                counterfactual=kind == "counterfactual",
            )  # fmt: skip
        reader = Reader("en", 0, str(trained.path / "model" / "en-0"))
        return make_evaluation([reader], str(self.data), run=trained, size=8, device="cpu")

    def _in_a_fork(self, call: Callable[[], Any], disk: Path | None = None, killed_after: float | None = None) -> End:
        def with_its_cache() -> Any:
            torch.set_num_threads(1)
            os.environ["XDG_CACHE_HOME"] = str((disk or self.disk) / "cache")
            return call()

        return in_a_fork(with_its_cache, self.log, PATIENCE, killed_after)

    # -- what was tried before

    def _read_notes(self) -> None:
        code = versions.source_hash()
        lines = self.notes.read_text().splitlines() if self.notes.exists() else []
        for note in map(json.loads, lines):
            if (note["code"], note["seed"]) != (code, self.seed):
                raise SystemExit(f"{self.folder} is of another seed or another code: choose another folder.")
            self._count(note)

    def _count(self, note: dict[str, Any]) -> None:
        self.done[note["way"]] += 1
        self.figures.update(note["figures"])
        self.of_kinds[f"{note['kind']} {note['way']}"] += note["figures"].get(note["way"], 0)
        self.problems += note["problems"]

    def one(self, way: str) -> None:
        """Disturb a run in one way, the next kind in turn."""
        number = self.done[way]
        kind = self.kinds[number % len(self.kinds)]
        started = time.monotonic()
        trial = Trial(self, kind, random.Random(f"{self.seed} {way} {number} {kind}"))
        with trial:
            getattr(trial, way)()
        note = {
            "way": way, "number": number, "kind": kind, "figures": trial.figures, "problems": trial.problems,
            "seconds": round(time.monotonic() - started, 2), "code": versions.source_hash(), "seed": self.seed,
        }  # fmt: skip
        with self.notes.open("a") as notes:
            notes.write(json.dumps(note) + "\n")
        self._count(note)

    def result(self) -> dict[str, Any]:
        """All figures so far."""
        names = (*WAYS, *PROBLEMS)
        kinds = {kind: [self.of_kinds[f"{kind} {way}"] for way in WAYS] for kind in self.kinds}
        return {**{name: self.figures[name] for name in names}, "kinds": kinds, "problems": self.problems}


class Trial:
    """A run that is disturbed, on a disk of its own that is gone with the block."""

    def __init__(self, torture: Torture, kind: str, draw: random.Random) -> None:
        self.torture, self.kind, self.random = torture, kind, draw
        self.disk, self.operations = torture.disk, torture.operations[kind]
        self.source = torture.whole.get(_SOURCES.get(kind, ""))
        self.figures: Counter[str] = Counter()
        self.problems: list[str] = []

    def __enter__(self) -> "Trial":
        shutil.rmtree(self.disk, ignore_errors=True)
        (self.disk / "cache").mkdir(parents=True)
        workspace = runs.workspace_folder(self.disk / "home")
        self.run = runs.create(workspace, KINDS[self.kind], self.torture.requests[self.kind], 0)
        link_source(self.source, workspace)
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.disk, ignore_errors=True)
        for picture in self.torture.folder.glob("cut-*"):
            shutil.rmtree(picture, ignore_errors=True)

    # -- the three ways to fail

    def kills(self) -> None:
        """Kill the job before an operation on the disk or at any moment, up to three times, each time it is resumed."""
        what = f"{self.kind} never killed"
        for _ in range(3):
            # Killed behind its end, it has nothing to go on with.
            if self.run.info()["state"] == "finished":
                break
            moment = None
            place = 1 << 60
            if self.random.random() < 0.5:
                place = self.random.randrange(1, int(self.operations * 1.02) + 1)
                what = f"before operation {place}"
            else:
                moment = self.random.uniform(0, self.torture.seconds[self.kind])
                what = f"after {moment:.3f} s"
            end = self.torture._in_a_fork(lambda place=place: self._die_at(place), killed_after=moment)  # type: ignore[misc]
            what = f"{self.kind} killed {what}"
            if not end.killed:
                self._end_of(end, what)
                if end.value:
                    self.problem("not resumed", f"{what}: {end.value}")
                break
            if end.hung:
                self.problem("hangs", what)
            self.figures["kills"] += 1
        self._finish(self.run, self.disk, what)

    def _die_at(self, place: int) -> str:
        disk = lost_power.Disk(self.disk / "nothing")
        disk.before = lambda number: os.kill(os.getpid(), signal.SIGKILL) if number >= place else None
        with disk.watched():
            return _resumed(self.run)

    def faults(self) -> None:
        """Have the disk refuse an operation, once, some times or from then on, or every file from some size on."""
        if self.random.random() < 0.3:
            sizes = [path.stat().st_size for path in ledger.result_files(self.torture.whole[self.kind].path).values()]
            most = self.random.randrange(1, max(sizes) + 1)
            what = f"{self.kind} with files of at most {most} bytes"
            end = self.torture._in_a_fork(lambda: self._limited(most))
            self.figures["faults"] += 1
        else:
            place, lasts = self.random.randrange(1, self.operations), self.random.choice((1, 1, 3, 10**9))
            code = self.random.choice((errno.ENOSPC, errno.EIO, errno.EDQUOT))
            what = f"{self.kind} with errno {code} at operation {place} for {lasts}"
            end = self.torture._in_a_fork(lambda: self._refused(code, range(place, place + lasts)))
            self.figures["faults"] += int(bool(end.value)) or int(bool(end.error))
        self._end_of(end, what)
        message = (self.run.read_info().get("error") or {}).get("message", "")
        if message.partition(":")[0].endswith(("Error", "Exception")):
            self.problem("raw errors", f"{what}: {message}")
        self._finish(self.run, self.disk, what)

    def _limited(self, most: int) -> int:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))
        _resumed(self.run)
        return 1

    def _refused(self, code: int, places: range) -> int:
        refused = 0

        def refuse(number: int) -> None:
            nonlocal refused
            if number in places:
                refused += 1
                raise OSError(code, os.strerror(code))

        disk = lost_power.Disk(self.disk / "nothing")
        disk.before = refuse
        with disk.watched():
            _resumed(self.run)
        return refused

    def cuts(self) -> None:
        """Cut the power five times in one run and twice behind its end, and resume what is found then."""
        places = {self.random.randrange(1, self.operations) for _ in range(5)}
        end = self.torture._in_a_fork(lambda: self._pictured(places))
        if end.error or end.killed:
            self.problem("hangs" if end.hung else "raw errors", f"{self.kind} with cuts: {end}")
            return
        for place, what in end.value:
            self.figures["cuts"] += 1
            disk = Path(place)
            self._look_after_cut(Run(disk / "home" / "runs" / self.run.id), disk, what)
            shutil.rmtree(disk, ignore_errors=True)

    def _pictured(self, places: set[int]) -> list[tuple[str, str]]:
        taken: list[tuple[str, str]] = []

        def picture(what: str) -> None:
            luck = self.random if self.random.random() < 0.6 else None
            place = self.torture.folder / f"cut-{len(taken)}"
            disk.picture(place, luck)
            taken.append((str(place), f"{self.kind} cut {what}, {'with' if luck else 'without'} luck"))

        # The run itself is on the disk before anything is made of it.
        disk = lost_power.Disk(self.disk)
        disk.before = lambda number: picture(f"at operation {number}") if number in places else None
        with disk.watched():
            if jobs.execute(self.run) != "finished":
                raise RuntimeError(self.run.info().get("error"))
            disk.before = lambda number: None
            for _ in range(2):
                picture("behind its end")
        return taken

    def _look_after_cut(self, run: Run, disk: Path, what: str) -> None:
        _another_boot(run.path)
        link_source(self.source, disk / "home")
        try:
            info = run.info()
        except NerspaceError as error:
            self.problem("lost runs", f"{what}: {error}")
            return
        if info["state"] == "finished":
            self._compare(run, f"{what}, finished")
            return
        if "its end" in what:
            self.problem("finished but lost", what)
        self._finish(run, disk, what)

    # -- what comes after

    def _end_of(self, end: End, what: str) -> None:
        if end.hung:
            self.problem("hangs", what)
        elif end.error:
            self.problem("raw errors", f"{what}: {end.error}")

    def _finish(self, run: Run, disk: Path, what: str) -> None:
        """Resume a run, undisturbed, where it has not finished, and see what came of it."""
        try:
            state = run.info()["state"]
        except NerspaceError as error:
            self.problem("lost runs", f"{what}: {error}")
            return
        if state != "finished":
            end = self.torture._in_a_fork(lambda: _resumed(run), disk)
            self._end_of(end, what)
            if end.value:
                self.problem("not resumed", f"{what}: {end.value}")
            if end.value or end.error or end.killed:
                return
        self._compare(run, what)

    def _compare(self, run: Run, what: str) -> None:
        info = run.info()
        whole = self.torture.whole[self.kind]
        if info["state"] != "finished":
            self.problem("differences", f"{what}: {info['state']}, {info.get('error')}")
        elif damaged := run.damages():
            self.problem("finished but damaged", f"{what}: {damaged}")
        elif found := next(differences(whole, run), ""):
            self.problem("differences", f"{what}: {found}")
        elif left := [str(path) for path in run.path.rglob(".*")]:
            self.problem("left behind", f"{what}: {left}")

    def problem(self, kind: str, what: str) -> None:
        """Count a fault, and say what it was."""
        self.figures[kind] += 1
        self.problems.append(f"{kind}: {what}")
        print(f"{kind}: {what}", file=sys.stderr, flush=True)


def warm_up(model: Path) -> None:
    """Do once what costs every process seconds and depends on code alone: hashes of it, and tables of libraries."""
    versions.source_hash()
    for path in versions._sources().values():
        versions._imports(path)
    load_token_classifier(str(model), LABELS, 0)


def go_on(run: Run) -> None:
    """Start or resume a run, and do its job in this process."""
    launch: Callable[..., None] = jobs._launch
    jobs._launch = lambda resumed, lock: lock.release()  # type: ignore[assignment]
    try:
        jobs.resume(run)
    finally:
        jobs._launch = launch  # type: ignore[assignment]
    jobs.execute(run)


def _resumed(run: Run) -> str:
    """As `go_on`; why it is refused, or nothing."""
    try:
        go_on(run)
    except NerspaceError as error:
        return str(error) or "without a reason"
    return ""


def link_source(source: Run | None, workspace: Path) -> None:
    """Have a run in a workspace that is another's source: where it is named by its id it is looked for there."""
    if source is not None and not (link := workspace / "runs" / source.id).exists():
        link.symlink_to(source.path)


def _another_boot(path: Path) -> None:
    """Have the process that worked on a run be of the time before the cut."""
    process = path / "process.json"
    if process.is_file():
        with contextlib.suppress(ValueError):
            found = json.loads(process.read_text())
            process.write_text(json.dumps({**found, "boot": "before", "started": "before:1"}))


def differences(whole: Run, run: Run) -> Iterator[str]:
    """What two runs do not have in common: tables but for times, every other file of results, what run.json says."""
    for name in _SHARED:
        held = [one.read_info().get(name) for one in (whole, run)]
        if held[0] != held[1]:
            yield f"{name} in run.json"
    files = [ledger.result_files(one.path) for one in (whole, run)]
    if files[0].keys() != files[1].keys():
        yield f"files {sorted(files[0].keys() ^ files[1].keys())[:4]}"
    for name, path in files[0].items():
        if name not in files[1] or path.name in _OF_ITS_OWN:
            continue
        table = path.stem if name.startswith("tables/") else ""
        if table in _TIMES:
            frames = [one.read_table(table).drop(columns=_TIMES[table], errors="ignore") for one in (whole, run)]
            if not frames[0].equals(frames[1]):
                yield f"table {table}"
        elif path.read_bytes() != files[1][name].read_bytes():
            yield f"file {name}"
    if whole.read_info()["kind"] == "paper":
        # A model that is made already is read back, without a word of its steps.
        return
    steps = [len([1 for _, event in one.events() if event["event"] == "step"]) for one in (whole, run)]
    if steps[0] != steps[1]:
        yield f"{steps} steps among the events"


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    for way in WAYS:
        parser.add_argument(f"--{way}", type=int, default=0)
    parser.add_argument("--kinds", default=",".join(KINDS))
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    torture = Torture(asked.folder, asked.seed, tuple(asked.kinds.split(",")))
    started = told = time.monotonic()
    wanted = {way: number for way in WAYS if (number := getattr(asked, way))}
    with contextlib.suppress(KeyboardInterrupt):
        # A try that finds nothing to disturb counts for none.
        while open_ways := [w for w, n in wanted.items() if torture.figures[w] < n and torture.done[w] < 3 * n]:
            torture.one(min(open_ways, key=lambda way: torture.figures[way] / wanted[way]))
            if time.monotonic() - told > 30:
                told = time.monotonic()
                so_far = ", ".join(f"{torture.figures[name]} {name}" for name in (*WAYS, *PROBLEMS))
                print(f"{told - started:.0f} s: {so_far}", file=sys.stderr, flush=True)
    print(json.dumps(torture.result()))
    return int(bool(torture.problems))


if __name__ == "__main__":
    raise SystemExit(main())
