"""Everything that a card is to speed up, in one go: `python tests/bench/bench_gpu.py`.

Random weights of XLM-R-base's shape (or --shape large) with the built-in encoder's tokenizer, so that nothing is
downloaded. Every part prints its rows as soon as it has them; one that fails prints its error, and the rest goes on.
Where there is a plain peer (transformers' Trainer in bf16 with group_by_length, its pipeline with batches of 128,
scikit-learn), its figure stands beside ours. `--device cpu --small` goes through every part on a machine without a
card: its figures say nothing, its checks do.
"""

import argparse
import os
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")

import numpy as np
import torch
from bench_battery import made_up

from nerspace import datasets
from nerspace.datasets import Sentence
from nerspace.engine import devices, runs
from nerspace.engine.encoders import LABELS, Encoder
from nerspace.engine.encoders.batching import ActiveVocabulary, Encoded
from nerspace.engine.encoders.builtin import builtin_folder
from nerspace.engine.geometry.grouping import groups_table
from nerspace.engine.geometry.isotropy import isotropy_table
from nerspace.engine.geometry.neighbours import hubness_table, retrieval_table
from nerspace.engine.projection import project
from nerspace.engine.requests.training import Recipe, make_request
from nerspace.engine.runs import jobs
from nerspace.engine.runs.records import Note, StepRecord
from nerspace.engine.training.loop import finetune
from nerspace.engine.training.probes import probe_space

SHAPES = {"base": (768, 12, 12, 3072), "large": (1024, 24, 16, 4096), "small": (32, 2, 2, 64)}
# How far a card may be from the CPU: vectors of unit-variance layers, and the loss of a step in bf16.
VECTORS_APART, LOSS_APART = 2e-2, 5e-2


@dataclass(frozen=True)
class Row:
    """A figure, and the peer's.

    ratio: how many times faster than the peer; empty where there is none.
    """

    what: str
    value: str
    peer: str = ""
    ratio: str = ""


@dataclass
class Bench:
    """What all parts share."""

    folder: Path
    device: torch.device
    small: bool
    shape: str

    def size(self, whole: int, small: int) -> int:
        """An amount of work, or a token of it."""
        return small if self.small else whole

    def sentences(self, count: int, language: str = "en") -> list[Sentence]:
        """Sentences of the built-in data."""
        corpus = datasets.load_parallel()
        return [corpus.sentence(number, language) for number in corpus.sample_numbers(count, seed=0)]

    def encoder(self, device: str = "") -> Encoder:
        """The encoder with a new head."""
        return Encoder(str(self.folder), device or str(self.device), LABELS, 0)

    def wait(self) -> None:
        """Until the card has done what it was given."""
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)

    def seconds(self, work: Callable[[], Any]) -> float:
        """How long something takes."""
        self.wait()
        started = time.perf_counter()
        work()
        self.wait()
        return time.perf_counter() - started


def write_encoder(folder: Path, shape: str) -> None:
    """A random XLM-R with the built-in encoder's tokenizer, whose pieces are XLM-R's."""
    import shutil

    from transformers import XLMRobertaConfig, XLMRobertaModel

    width, layers, heads, inner = SHAPES[shape]
    config = XLMRobertaConfig(
        vocab_size=250_002, hidden_size=width, num_hidden_layers=layers, num_attention_heads=heads,
        intermediate_size=inner, max_position_embeddings=514, type_vocab_size=1, layer_norm_eps=1e-5,
        pad_token_id=1, bos_token_id=0, eos_token_id=2,
    )  # fmt: skip
    torch.manual_seed(0)
    XLMRobertaModel(config, add_pooling_layer=False).save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(builtin_folder() / name, folder / name)


def card(bench: Bench) -> Iterator[Row]:
    """What it is, and the best that its matrix units give."""
    yield Row("device", devices.describe(bench.device))
    for line in devices.cards():
        yield Row("card", line)
    yield Row("matrices, bf16", f"{_peak(bench) / 1e12:.1f} TFLOP/s")


def _peak(bench: Bench) -> float:
    """Operations a second of a product of large bf16 matrices."""
    n = bench.size(8192, 256)
    a, b = (torch.randn(n, n, device=bench.device, dtype=torch.bfloat16) for _ in range(2))
    bench.seconds(lambda: a @ b)
    return max(2 * n**3 / bench.seconds(lambda: a @ b) for _ in range(bench.size(10, 2)))


def epoch(bench: Bench) -> Iterator[Row]:
    """One epoch of 8,534 sentences at batch 32, without probes and with one every 50 steps."""
    drawn = bench.sentences(bench.size(8534, 64))
    tested = [s for code in ("en", "be", "ru") for s in bench.sentences(12, code)]
    peer = ""
    theirs = float("nan")
    try:
        theirs = _trainer(bench, drawn)
        peer = f"{len(drawn) / theirs:.0f} sentences/s"
    except ImportError as error:
        peer = f"no Trainer here ({' '.join(str(error).split())[:40]})"
    for label, every in (("probes off", 0), ("a probe every 50 steps", 50)):
        yield from _epoch(bench, drawn, tested, every, Row(f"epoch of {len(drawn):,}, {label}", "", peer), theirs)


def _epoch(
    bench: Bench, drawn: list[Sentence], tested: list[Sentence], every: int, row: Row, theirs: float
) -> Iterator[Row]:
    encoder = bench.encoder()
    learned, probed = encoder.encode(drawn), encoder.encode(tested)
    if bench.device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(bench.device)
    with ActiveVocabulary(encoder.model, [*learned, *probed]) as vocabulary:
        small, items = vocabulary.translate(learned), vocabulary.translate(probed)
        probe = partial(probe_space, encoder.model, items, (0, encoder.layers), 0) if every else None
        recipe = Recipe(batch_size=32, probe_every=every)
        seconds = bench.seconds(lambda: list(finetune(encoder.model, small, recipe, probe)))
        weights = sum(parameter.numel() for parameter in encoder.model.base_model.encoder.parameters())
    pieces = sum(len(item.ids) for item in learned)
    ratio = f"{theirs / seconds:.2f}" if theirs == theirs else ""
    yield replace(row, value=f"{seconds:.1f} s, {len(drawn) / seconds:.0f} sentences/s", ratio=ratio)
    yield Row("  share of the peak", f"{6 * weights * pieces / seconds / _peak(bench):.0%}")
    if bench.device.type == "cuda":
        yield Row("  memory", f"{torch.cuda.max_memory_allocated(bench.device) / 1e9:.1f} GB")


def _trainer(bench: Bench, drawn: list[Sentence]) -> float:
    """Seconds of transformers' Trainer at its best."""
    from transformers import AutoTokenizer, DataCollatorForTokenClassification, Trainer, TrainingArguments

    encoder = bench.encoder()
    rows = []
    for item in encoder.encode(drawn):
        labels = [-100] * len(item.ids)
        for tag, word in zip(item.sentence.tags, item.pieces, strict=True):
            if word:
                labels[word[0]] = encoder.model.config.label2id[tag]
        rows.append({"input_ids": list(item.ids), "attention_mask": [1] * len(item.ids), "labels": labels})
    on_card = bench.device.type == "cuda"
    settings = {
        "num_train_epochs": 1, "per_device_train_batch_size": 32, "bf16": on_card, "use_cpu": not on_card,
        "report_to": [], "disable_tqdm": True, "save_strategy": "no", "logging_strategy": "no",
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        try:
            arguments = TrainingArguments(output_dir=folder, group_by_length=True, **settings)
        except TypeError:
            # Newer versions name the same by its way of sampling.
            arguments = TrainingArguments(output_dir=folder, train_sampling_strategy="group_by_length", **settings)
        collator = DataCollatorForTokenClassification(AutoTokenizer.from_pretrained(bench.folder))
        trainer = Trainer(model=encoder.model, args=arguments, train_dataset=rows, data_collator=collator)
        return bench.seconds(trainer.train)


def extraction(bench: Bench) -> Iterator[Row]:
    """Vectors of all words at all layers."""
    drawn = bench.sentences(bench.size(8534, 64))
    encoder = bench.encoder()
    items = encoder.encode(drawn)
    groups = [[word for word in item.pieces if word] for item in items]
    layers = range(encoder.layers + 1)
    encoder.read(items[:64], groups[:64], layers)
    ours = bench.seconds(lambda: encoder.read(items, groups, layers, batch_size=128))
    from transformers import pipeline

    texts = [" ".join(sentence.words) for sentence in drawn]
    reader = pipeline("feature-extraction", model=str(bench.folder), device=bench.device)
    theirs = bench.seconds(lambda: [None for _ in reader(texts, batch_size=128, return_tensors=True)])
    yield Row(
        f"extraction, {len(layers)} layers (peer: the last)", f"{len(drawn) / ours:.0f} sentences/s",
        f"{len(drawn) / theirs:.0f} sentences/s", f"{theirs / ours:.2f}",
    )  # fmt: skip


def _request(bench: Bench, donors: tuple[str, ...], size: int) -> dict[str, Any]:
    return make_request(
        "finetune", donor=donors[0], donors=donors, languages=donors if len(donors) > 2 else ("en", "be", "ru"),
        size=size, test_size=bench.size(100, 6), model=str(bench.folder), device=str(bench.device), batch_size=32,
        probe_every=0, keep_model=False, learning_rate=5e-5,
    )  # fmt: skip


@contextmanager
def _workspace() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield runs.workspace_folder(folder)


def donors(bench: Bench) -> Iterator[Row]:
    """Eleven donors of Figure 5, from the data to the table of errors."""
    codes = datasets.load_parallel().languages
    chosen = codes if not bench.small else codes[:2]
    size = bench.size(1120, 16)
    with _workspace() as workspace:
        run = runs.create(workspace, "finetune", _request(bench, tuple(chosen), size), 0)
        seconds = bench.seconds(lambda: jobs.execute(run))
        info = run.info()
        if info["state"] != "finished":
            raise RuntimeError(f"the run {info['state']}: {info.get('error')}")
        yield Row(
            f"{len(chosen)} donors of {size:,} sentences", f"{seconds:.0f} s, {len(run.read_table('transfer'))} pairs"
        )


def maps(bench: Bench) -> Iterator[Row]:
    """t-SNE of the paper's points, and of 100,000."""
    from sklearn.manifold import TSNE

    generator = np.random.default_rng(0)
    for n in (bench.size(6452, 200), bench.size(100_000, 300)):
        centres = 6 * generator.normal(size=(40, 50))
        X = (generator.normal(size=(n, 50)) + centres[generator.integers(40, size=n)]).astype(np.float32)
        ours = bench.seconds(lambda X=X: project(X, perplexity=min(70, len(X) // 4)))
        theirs = float("nan")
        if n <= 10_000:
            theirs = bench.seconds(lambda X=X: TSNE(perplexity=min(70, len(X) // 4), random_state=0).fit_transform(X))
        known = theirs == theirs
        yield Row(
            f"t-SNE of {n:,} points (on the CPU)", f"{ours:.1f} s", f"{theirs:.1f} s" if known else "",
            f"{theirs / ours:.2f}" if known else "",
        )  # fmt: skip


def battery(bench: Bench) -> Iterator[Row]:
    """The measures of the space."""
    vectors, (languages, types, cells) = made_up(bench.size(1613, 12), bench.size(384, 8))
    by_row = np.array(languages)
    for name, work in {
        "isotropy": lambda: isotropy_table(vectors, by_row),
        "hubness": lambda: hubness_table(vectors, by_row),
        "retrieval": lambda: retrieval_table(vectors, languages, cells),
        "groups": lambda: groups_table(vectors, languages, types, cells),
    }.items():
        yield Row(f"battery: {name} (on the CPU)", f"{bench.seconds(work):.1f} s")


def equality(bench: Bench) -> Iterator[Row]:
    """The card's results beside the CPU's."""
    drawn = bench.sentences(bench.size(256, 24))
    read = {}
    for device in ("cpu", str(bench.device)):
        encoder = bench.encoder(device)
        read[device] = encoder.read(drawn, layers=(0, encoder.layers)), _losses(encoder, drawn, bench.size(10, 3))
    (here, plain), (there, carded) = read["cpu"], read[str(bench.device)]
    apart = max(float(np.abs(here.vectors[layer] - there.vectors[layer]).max()) for layer in here.vectors)
    same = np.mean([a == b for a, b in zip(here.predicted, there.predicted, strict=True)])
    lost = max(abs(a - b) / a for a, b in zip(plain, carded, strict=True))
    yield _held("vectors apart from the CPU's", apart, VECTORS_APART)
    yield _held("losses of first steps apart, in parts", lost, LOSS_APART)
    yield Row("sentences tagged the same", f"{same:.1%}")


def _held(what: str, value: float, bound: float) -> Row:
    if not value <= bound:
        raise AssertionError(f"{what}: {value:.2e}, more than {bound:.0e}")
    return Row(what, f"{value:.1e}", f"at most {bound:.0e}")


def _losses(encoder: Encoder, drawn: list[Sentence], steps: int) -> list[float]:
    items = encoder.encode(drawn)
    with ActiveVocabulary(encoder.model, items) as vocabulary:
        recipe = Recipe(batch_size=8, learning_rate=1e-5, probe_every=0)
        found = []
        with closing(finetune(encoder.model, vocabulary.translate(items), recipe)) as records:
            for record in records:
                if isinstance(record, StepRecord):
                    found.append(record.loss)
                if len(found) == steps:
                    break
    return found


def halving(bench: Bench) -> Iterator[Row]:
    """A batch that memory is too short for is cut, and the run goes on."""
    encoder = bench.encoder()
    items = encoder.encode(bench.sentences(bench.size(512, 32)))
    wide = [_widened(item, bench.size(256, 40)) for item in items]
    with ActiveVocabulary(encoder.model, wide) as vocabulary, _short_of_memory(bench, encoder, len(wide) // 4):
        recipe = Recipe(batch_size=len(wide), probe_every=0)
        records = list(finetune(encoder.model, vocabulary.translate(wide), recipe))
    parts = max(record.parts for record in records if isinstance(record, StepRecord))
    notes = [record.text for record in records if isinstance(record, Note)]
    if parts < 2 or not notes:
        raise AssertionError("memory was never short: the bench asks for too little")
    yield Row(f"a batch of {len(wide)}, memory for less", f"done in {parts} parts")


def _widened(item: Encoded, width: int) -> Encoded:
    """The sentence with its pieces repeated to a length."""
    inside = item.ids[1:-1] or item.ids
    width = max(width, len(inside))
    times = -(-width // len(inside))
    return replace(item, ids=[item.ids[0], *(list(inside) * times)[:width], item.ids[-1]])


@contextmanager
def _short_of_memory(bench: Bench, encoder: Encoder, most: int) -> Iterator[None]:
    """Memory for some part of the batch: that of the card is bounded; that of the CPU is said to be."""
    if bench.device.type == "cuda":
        torch.cuda.empty_cache()
        used = torch.cuda.memory_allocated(bench.device) / torch.cuda.get_device_properties(bench.device).total_memory
        # Beside the weights: their gradients and moments, and little to compute in.
        torch.cuda.set_per_process_memory_fraction(min(1.0, 5 * used + 0.02), bench.device)
        try:
            yield
        finally:
            torch.cuda.set_per_process_memory_fraction(1.0, bench.device)
            torch.cuda.empty_cache()
        return
    plain = encoder.model.forward

    def short(*given: Any, **inputs: Any) -> Any:
        if len(inputs["input_ids"]) > most:
            raise torch.OutOfMemoryError("as if")
        return plain(*given, **inputs)

    encoder.model.forward = short
    try:
        yield
    finally:
        encoder.model.forward = plain


def several_jobs(bench: Bench) -> Iterator[Row]:
    """Two jobs on one device, one after the other; and on two, at once."""
    places = [[str(bench.device)] * 2]
    if torch.cuda.device_count() > 1:
        places.append(["cuda:0", "cuda:1"])
    for devices_of in places:
        with _workspace() as workspace:
            made = []
            for device in devices_of:
                request = {**_request(bench, ("en",), bench.size(560, 16)), "device": device}
                made.append(runs.create(workspace, "finetune", request, 0))
            seconds = bench.seconds(partial(_together, made))
            waited = sum("Waiting for" in str(event) for run in made for _, event in run.events())
            yield Row(f"two jobs on {' and '.join(dict.fromkeys(devices_of))}", f"{seconds:.0f} s, {waited} waited")


def _together(made: list[runs.Run]) -> None:
    for run in made:
        jobs.start(run)
    for run in made:
        for _ in jobs.follow(run):
            pass
        if (state := run.info()["state"]) != "finished":
            raise RuntimeError(f"a job {state}: {run.info().get('error')}")


PARTS: dict[str, Callable[[Bench], Iterator[Row]]] = {
    "card": card, "epoch": epoch, "extraction": extraction, "equality": equality, "halving": halving,
    "donors": donors, "jobs": several_jobs, "battery": battery, "maps": maps,
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--shape", choices=("base", "large"), default="base")
    parser.add_argument("--small", action="store_true", help="a token of the work, to see that every part runs")
    parser.add_argument("--only", nargs="+", choices=PARTS)
    parser.add_argument("--trace", action="store_true", help="print tracebacks of parts that fail")
    asked = parser.parse_args()
    shape = "small" if asked.small else asked.shape
    failed = []
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / f"random-xlmr-{shape}"
        write_encoder(home, shape)
        bench = Bench(home, devices.pick_device(asked.device), asked.small, shape)
        print(f"random weights of XLM-R-{shape}'s shape, torch {torch.__version__}")
        print(f"{'what':<44}{'nerspace':<34}{'peer':<24}{'ratio':>6}")
        for name, part in PARTS.items():
            if asked.only and name not in asked.only:
                continue
            started = time.perf_counter()
            try:
                for row in part(bench):
                    print(f"{row.what:<44}{row.value:<34}{row.peer:<24}{row.ratio:>6}", flush=True)
            except Exception as error:
                failed.append(name)
                print(f"{name:<44}FAILED: {type(error).__name__}: {' '.join(str(error).split())[:200]}", flush=True)
                if asked.trace:
                    traceback.print_exc()
            print(f"({name}: {time.perf_counter() - started:.0f} s)", flush=True)
    if failed:
        sys.exit(f"Failed: {', '.join(failed)}.")


if __name__ == "__main__":
    main()
