"""A tagged corpus: how long 60 languages take to load, and a transfer over four with the built-in encoder.

    PYTHONPATH=tests/support python tests/bench/bench_own_corpus.py

The second part trains two donors on 320 sentences each and compares the F1 of every pair with seqeval's on the written
predictions.
"""

import argparse
import random
import tempfile
import time
from pathlib import Path

from seqeval.metrics import f1_score
from seqeval.scheme import IOB2
from tagged_sample import write_folder

from nerspace import datasets
from nerspace.engine import runs
from nerspace.engine.requests.training import make_request, make_run
from nerspace.engine.runs import jobs

CODES = (
    "af ar az bg bn ca cs cy da de el en es et eu fa fi fr ga gl gu he hi hr hu hy id is it ja ka kk kn ko ky lt lv mk"
    " ml mn mr ms my nb ne nl pa pl pt ro ru sk sl sq sr sv sw ta te th"
)


def write_many(folder: Path, sentences: int = 1_000, types: int = 66) -> None:
    """A file of each language, as long as WikiANN's for small languages."""
    draw = random.Random(0)
    for code in CODES.split():
        texts = []
        for _ in range(sentences):
            tags = ["O"] * 12
            tags[3], tags[8] = (f"B-T{draw.randrange(types)}" for _ in range(2))
            texts.append("\n".join(f"{code}{draw.randrange(5_000)}\t{tag}" for tag in tags))
        (folder / f"{code}.conll").write_text("\n\n".join(texts) + "\n", encoding="utf-8")


def main() -> None:
    """Print both parts."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    with tempfile.TemporaryDirectory() as name:
        many = Path(name) / "many"
        many.mkdir()
        write_many(many)
        started, spent = time.perf_counter(), time.process_time()
        corpus = datasets.load(many)
        print(
            f"{len(corpus):,} sentences in {len(corpus.languages)} languages with {len(corpus.types)} types: "
            f"{time.perf_counter() - started:.1f} s, {time.process_time() - spent:.1f} s of CPU"
        )
        folder = write_folder(Path(name) / "four", {"train": 320, "test": 80})
        request = make_request(
            "transfer", data=str(folder), donors=("de", "hi"), seeds=1, size=320, test_size=80, epochs=2
        )
        run = make_run(runs.workspace_folder(Path(name) / "workspace"), "transfer", request)
        started = time.perf_counter()
        state = jobs.execute(run)
        print(f"transfer {state} in {time.perf_counter() - started:.0f} s")
        scores = run.read_table("transfer").set_index(["donor", "recipient"])["f1"]
        for key, group in run.read_table("predictions").groupby(["donor", "language"]):
            gold, predicted = ([tags.split() for tags in group[side]] for side in ("gold", "predicted"))
            theirs = f1_score(gold, predicted, mode="strict", scheme=IOB2, zero_division=0)
            print(*key, f"F1 {scores[key]:.4f}, seqeval {theirs:.4f}")


if __name__ == "__main__":
    main()
