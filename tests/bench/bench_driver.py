"""How many workers the job itself keeps busy in an extraction: `python tests/bench/bench_driver.py [--sample 60000]`.

A part of the sentences is extracted in this process with a tiny random encoder that has the built-in vocabulary, as a
cluster would do it: what tasks compute is clocked apart from what the job does for them, with the sentences pickled as
they go to another node. Told are seconds of the processor, for all sentences, and how many workers of one core could be
at work before the job is what they wait for. With a real encoder the reading takes the workers some hundred times
longer, and the job no longer.
"""

import argparse
import os
import pickle
import tempfile
import time
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"

from bench_cluster import many_sentences, small_encoder

from nerspace import datasets
from nerspace.engine import runs
from nerspace.engine.executors.local import LocalExecutor
from nerspace.engine.executors.tasks import MOST_SHARDS, Records, T, Task
from nerspace.engine.extraction import job as extraction
from nerspace.engine.requests.extraction import make_extract_request
from nerspace.engine.runs.records import Stage


class Clocked(LocalExecutor):
    """Does tasks here, and keeps count of what they take: in a process of its own that would be a worker's."""

    most_shards = MOST_SHARDS
    work = 0.0

    def run(self, tasks: Sequence[Task]) -> Iterator[tuple[Task, Records]]:
        for task, records in super().run(tasks):
            yield task, self._clocked(records)

    def _clocked(self, records: Records) -> Records:
        while True:
            started = time.thread_time()
            record = next(records, None)
            Clocked.work += time.thread_time() - started
            if record is None:
                return
            yield record

    def store(self, value: T) -> T:
        packed = pickle.dumps(value, protocol=5)
        started = time.thread_time()
        # Bytes that were packed in the line above, never those of a file: what a worker does with what it is sent.
        here: T = pickle.loads(packed)
        Clocked.work += time.thread_time() - started
        return here


def extract(model: Path, data: Path, sample: int, fields: dict[str, Any]) -> dict[str, tuple[float, float]]:
    """Seconds of the processor of job and workers for each stage of an extraction."""
    clocks: list[tuple[str, float, float, float]] = []

    def note(stage: str) -> None:
        clocks.append((stage, time.process_time(), time.thread_time(), Clocked.work))

    languages = datasets.load_parallel(str(data)).languages
    request = make_extract_request(
        None, model=str(model), data=str(data), size=sample // len(languages), device="cpu", threads=1, **fields
    )
    with tempfile.TemporaryDirectory() as folder:
        run = runs.create(runs.workspace_folder(Path(folder)), "extract", request, 0)
        for record in extraction.extract(run):
            if isinstance(record, Stage):
                note(record.stage)
        note("")
    found = {}
    for (stage, whole, own, work), (_, *after) in pairwise(clocks):
        driver = after[1] - own - (after[2] - work)
        found[stage] = driver, after[0] - whole - driver
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sentences", type=int, default=1_000_000)
    parser.add_argument("--sample", type=int, default=60_000)
    parser.add_argument("--layers", default="2")
    parser.add_argument("--of", default="entities")
    asked = parser.parse_args()
    extraction.executor_for = lambda run, _on, threads, device: Clocked(run, threads, device)
    with tempfile.TemporaryDirectory() as folder:
        model = small_encoder(Path(folder) / "encoder", 2, 64)
        data = many_sentences(Path(folder) / "data", 2 * asked.sample)
        layers = [int(layer) for layer in asked.layers.split(",")]
        found = extract(model, data, asked.sample, {"layers": layers, "of": asked.of})
    times = asked.sentences / asked.sample
    print(f"{asked.sentences:,} sentences, from {asked.sample:,}; {asked.of} at {len(layers)} layers of 64 numbers")
    print(f"{'stage':<10}{'job':>8}{'workers':>10}{'workers kept busy':>20}")
    for stage, (driver, workers) in found.items():
        print(f"{stage:<10}{driver * times:>8.1f}{workers * times:>10.1f}{workers / driver:>20.1f}")


if __name__ == "__main__":
    main()
