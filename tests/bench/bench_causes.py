"""Seconds of the causes of errors at the sizes of a study: `python tests/bench/bench_causes.py [factors|changed|few]`.

factors: the three tables of 11 donors, 10 recipients each and 120 sentences, beside 60 s. changed: the demo's ten
recipients and 120 cells with one thing changed, as `nerspace swap --counterfactual` reads them, beside 8 minutes on two
cores; few: the small set that a demo reads itself, beside 20 s. The model is the built-in encoder as it came, which
reads as fast as a trained one.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from nerspace import datasets
from nerspace.datasets.languages import LANGUAGES
from nerspace.engine import runs
from nerspace.engine.encoders import LABELS, Encoder, load_tokenizer
from nerspace.engine.requests.swapping import make_swap_request
from nerspace.engine.requests.training import make_request
from nerspace.engine.runs import Run
from nerspace.engine.runs.records import ModelId, Stage
from nerspace.engine.sampling import draw_sample, sentence_table
from nerspace.engine.statistics.factors import factor_table, factor_term_table
from nerspace.engine.statistics.shares import factor_share_table
from nerspace.engine.swapping.few import read_few
from nerspace.engine.swapping.job import swap

CELLS = 120


def told(what: str, work: Callable[[], Any]) -> Any:
    """Print how long it takes on the clock and on the processor, and give back what it makes."""
    started, spent = time.perf_counter(), time.process_time()
    made = work()
    print(f"  {what:<40} {time.perf_counter() - started:7.1f} s, processor {time.process_time() - spent:7.1f} s")
    return made


def test_part() -> list[datasets.Sentence]:
    """The demo's test sentences."""
    from nerspace.engine.requests.training import DemoRequest

    request = DemoRequest.read(make_request("demo", languages=tuple(LANGUAGES), donor="en", test_size=CELLS))
    return list(draw_sample(request).test)


def factors() -> None:
    """The tables `factors`, `factor_terms` and `factor_shares`, bound 60 s."""
    generator = np.random.default_rng(0)
    test = test_part()
    hard = {sentence.cell: generator.normal(0, 0.15) for sentence in test}
    predictions = pd.DataFrame(
        [(donor, 0, s.id, s.language, s.type, int(generator.random() < 0.25 + hard[s.cell]))
         for donor in LANGUAGES for s in test],
        columns=["donor", "seed", "sentence", "language", "type", "wrong"],
    )  # fmt: skip
    cosines = {(donor, s.id): generator.normal(0.2, 0.1) for donor in LANGUAGES for s in test}
    tokenizer = load_tokenizer("builtin")
    table = told("factors", lambda: factor_table(predictions, sentence_table(test), tokenizer, cosines))
    print(f"  {len(table):,} rows of {table['entity'].nunique()} names")
    told("factor_terms", lambda: factor_term_table(table))
    told("factor_shares", lambda: factor_share_table(table))


def model_run(workspace: Path, test: list[datasets.Sentence]) -> Run:
    """A run that looks as if it had trained the built-in encoder."""
    run = runs.create(workspace, "demo", make_request("demo", languages=tuple(LANGUAGES), donor="en", device="cpu"), 0)
    run.write_table("sentences", sentence_table(test))
    Encoder("builtin", "cpu", LABELS, 0).save(run.path / "model")
    run.update(state="finished")
    return run


def drained(records: Any) -> None:
    """Do a job, and print how much each stage reads."""
    for record in records:
        if isinstance(record, Stage) and record.total > 2:
            print(f"  {record.label}: {record.total:,} {record.unit}")


def changed(workspace: Path) -> None:
    """All changes of all test sentences, bound 480 s on two cores."""
    run = model_run(workspace, test_part())
    done = runs.create(workspace, "swap", make_swap_request(run, counterfactual=True, device="cpu"), 0)
    told("swap --counterfactual", lambda: drained(swap(done)))
    print(f"  {done.read_table('counterfactuals')['wrong'].notna().sum():,} answers")


def few(workspace: Path) -> None:
    """What a demo reads besides, bound 20 s."""
    test = test_part()
    run = model_run(workspace, test)
    encoder = Encoder(str(run.path / "model"), "cpu", LABELS, 0)
    print(f"  {encoder.model.config.num_hidden_layers} layers")
    told("few", lambda: drained(read_few(run, encoder, test, ModelId("en", 0))))


def main() -> None:
    """Print the times."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=["factors", "changed", "few", []], default=[])
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    with tempfile.TemporaryDirectory() as folder:
        workspace = runs.workspace_folder(Path(folder))
        for part in given.parts or ("factors", "few", "changed"):
            print(part)
            {"factors": factors, "few": lambda: few(workspace), "changed": lambda: changed(workspace)}[part]()


if __name__ == "__main__":
    main()
