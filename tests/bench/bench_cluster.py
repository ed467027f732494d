"""Ray beside a local run: `bench_cluster.py scaling`, or `bench_cluster.py extraction --sentences 1000000`.

Start it as `PYTHONPATH=tests/support python tests/bench/bench_cluster.py`.

scaling: one transfer matrix with a small random encoder, here and on a node with 1, 2 and 4 workers of one thread. Told
are the seconds of the whole run; those before the first piece was handed out (Ray's start, the workers' imports); those
from there to the end, which are compared; and what a piece costs more on one worker than here. More workers than cores
cannot be faster. extraction: vectors of one layer of many sentences, sentences a second, and the largest memory that
the job and any worker held, at a tenth of the sentences and at all of them: it should not grow.
"""

import argparse
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any

os.environ.setdefault("GOMP_SPINCOUNT", "2000")
os.environ["OMP_NUM_THREADS"] = "1"

from ray_nodes import Nodes, nodes

from nerspace import datasets
from nerspace.engine import encoders, runs
from nerspace.engine.requests.extraction import make_extract_request
from nerspace.engine.requests.training import make_request
from nerspace.engine.runs import Run, jobs


def small_encoder(folder: Path, layers: int, width: int) -> Path:
    """A random encoder with the vocabulary of the built-in one."""
    from transformers import AutoTokenizer, BertConfig, BertModel

    tokenizer = AutoTokenizer.from_pretrained(encoders.resolve())
    tokenizer.save_pretrained(folder)
    config = BertConfig(
        vocab_size=len(tokenizer), hidden_size=width, num_hidden_layers=layers, num_attention_heads=4,
        intermediate_size=4 * width, pad_token_id=tokenizer.pad_token_id,
    )  # fmt: skip
    BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    return folder


@contextmanager
def cluster(workers: int) -> Iterator[Nodes]:
    """A head without and a node with room for some workers."""
    with nodes() as made:
        os.environ["RAY_AUTH_TOKEN"] = made.token
        made.add("node", workers)
        yield made


def timed(run: Run) -> tuple[float, float]:
    """Do a run; its seconds, and those until its first piece was begun."""
    started = time.time()
    jobs.start(run)
    first = 0.0
    for event in jobs.follow(run):
        begins = event["event"] == "stage" and event["stage"] == "train"
        if not first and (begins or " goes to " in event.get("text", "")):
            first = event["time"] - started
    if run.info()["state"] != "finished":
        raise SystemExit((run.path / "job.log").read_text())
    return time.time() - started, first


def scaling(asked: argparse.Namespace, folder: Path) -> None:
    model = small_encoder(folder / "encoder", 4, 128)
    donors = tuple(asked.donors.split(","))
    fields: dict[str, Any] = {
        "donor": donors[0], "donors": donors, "seeds": asked.seeds, "languages": donors, "seed": 0, "size": asked.size,
        "test_size": 60, "model": str(model), "device": "cpu", "data": "builtin", "learning_rate": 1e-3,
        "batch_size": 8, "epochs": 1, "probe_every": 0, "probe_size": 12, "perplexity": 70, "keep_model": False,
        "threads": 1,
    }  # fmt: skip
    pieces = len(donors) * asked.seeds
    workspace = runs.workspace_folder(folder / "home")

    def told(who: str, on: str) -> float:
        whole, first = timed(runs.create(workspace, "transfer", make_request(**fields, on=on), 0))
        print(f"{who:<16}{whole:>9.1f}{first:>9.1f}{whole - first:>9.1f}", end="", flush=True)
        return whole - first

    print(f"{pieces} fine-tunings of {asked.size // 8} steps, {os.cpu_count()} cores")
    print(f"{'who':<16}{'seconds':>9}{'before':>9}{'work':>9}{'speed-up':>10}")
    alone = told("here", "")
    print(f"{1:>10.2f}   {alone / pieces:.1f} s a piece")
    for workers in asked.workers:
        with cluster(workers) as made:
            taken = told(f"Ray, {workers} workers", made.address)
        over = f"   {100 * (taken / alone - 1):+.1f} % a piece" if workers == 1 else ""
        print(f"{alone / taken:>10.2f}{over}")


class Memory(threading.Thread):
    """The most that the job and its workers hold while it goes on, in megabytes."""

    def __init__(self, run: Run, made: Nodes | None) -> None:
        super().__init__(daemon=True)
        self.run_folder, self.made, self.job, self.worker = run, made, 0, 0

    def run(self) -> None:
        while not (self.run_folder.path / "process.json").is_file():
            time.sleep(0.05)
        import json

        pid = json.loads((self.run_folder.path / "process.json").read_text())["pid"]
        while held := _megabytes(pid):
            self.job = max(self.job, held)
            workers = self.made.workers("node") if self.made else []
            self.worker = max([self.worker, *map(_megabytes, workers)])
            time.sleep(0.5)


def _megabytes(pid: int) -> int:
    """Memory of a process that no file and no object store backs."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    found = [line.split()[1] for line in status.splitlines() if line.startswith("RssAnon")]
    return int(found[0]) // 1024 if found else 0


def many_sentences(folder: Path, wanted: int) -> Path:
    """The built-in data with its contexts written down so often that there are as many sentences as wanted."""
    source = resources.files("nerspace.datasets.builtin")
    held = datasets.load_parallel("builtin")
    header, *rows = source.joinpath("contexts.csv").read_text(encoding="utf-8").splitlines()
    times = -(-wanted // (len(held) * len(held.languages)))
    folder.mkdir()
    lines = [header, *(f"{number}-{row}" for number in range(times) for row in rows)]
    (folder / "contexts.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "entities.csv").write_text(source.joinpath("entities.csv").read_text(encoding="utf-8"), encoding="utf-8")
    return folder


def extraction(asked: argparse.Namespace, folder: Path) -> None:
    model = small_encoder(folder / "encoder", 2, 64)
    data = many_sentences(folder / "data", asked.sentences)
    corpus = datasets.load_parallel(str(data))
    languages = corpus.languages
    workspace = runs.workspace_folder(folder / "home")
    print(f"{len(corpus) * len(languages):,} sentences in all; layer 2 of 64 numbers, {os.cpu_count()} cores")
    print(f"{'who':<16}{'sentences':>11}{'seconds':>9}{'a second':>10}{'job MB':>8}{'worker MB':>11}")
    for workers in (0, *asked.workers):
        for sentences in (asked.sentences // 10, asked.sentences):
            size = sentences // len(languages)
            fields = make_extract_request(None, model=str(model), data=str(data), layers=[2], size=size, threads=1)
            with cluster(workers or 1) as made:
                run = runs.create(workspace, "extract", {**fields, "on": made.address if workers else ""}, 0)
                memory = Memory(run, made if workers else None)
                memory.start()
                seconds, _ = timed(run)
                memory.join()
            n = int(run.read_table("vectors")["n"].iloc[0])
            who = f"Ray, {workers} workers" if workers else "here"
            print(
                f"{who:<16}{n:>11,}{seconds:>9.1f}{n / seconds:>10,.0f}{memory.job:>8,}{memory.worker:>11,}", flush=True
            )
            runs.remove(run)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["scaling", "extraction"])
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 2, 4])
    parser.add_argument("--donors", default="be,en,pl,ru")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--size", type=int, default=8000, help="training sentences: about 10 s a piece and more")
    parser.add_argument("--sentences", type=int, default=1_000_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        (scaling if asked.what == "scaling" else extraction)(asked, Path(folder))


if __name__ == "__main__":
    main()
