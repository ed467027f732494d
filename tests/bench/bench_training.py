"""Our training loop beside transformers.Trainer, plain and at its best: `python tests/bench/bench_training.py`.

Needs accelerate. All fine-tune the same encoder with batches of 8 at the same peak learning rate and clipping. The
plain Trainer keeps the whole vocabulary, its own order and its own schedule, as a user would get them; the best one
groups sentences by their length, fuses AdamW and is given our smaller vocabulary. Times leave out loading. Padding is
the share of what is computed that stands for no piece: all that packing sentences into one sequence could save.
"""

import argparse
import os
import random
import sys
import tempfile
import time
from functools import partial
from typing import Any

# As the jobs of nerspace do, for both sides.
os.environ.setdefault("GOMP_SPINCOUNT", "2000")

import torch

from nerspace import datasets
from nerspace.datasets import Sentence
from nerspace.engine import encoders
from nerspace.engine.encoders import LABELS
from nerspace.engine.encoders.batching import ActiveVocabulary, Encoded, encode, in_buckets
from nerspace.engine.encoders.forward import finish, forward
from nerspace.engine.requests.training import Recipe
from nerspace.engine.training.loop import finetune


def sentences(size: int, part: str, languages: list[str], data: str = "builtin") -> list[Sentence]:
    """As many sentences of a part per language, the same cells in each."""
    split = datasets.load_parallel(data).select(languages=languages).split(0)
    corpus = getattr(split, part)
    cells = [corpus.cell(index) for index in corpus.sample_numbers(size, seed=0)]
    return [corpus.sentence_of(context, entity, language) for language in languages for context, entity in cells]


def wrong(model: Any, test: list[Encoded]) -> int:
    """Sentences with any wrong tag."""
    outputs = finish(forward(model, test))
    names = model.config.id2label
    said = ([names[number] for number in numbers] for numbers in outputs.predicted)
    return sum(tags != list(item.sentence.tags) for tags, item in zip(said, test, strict=True))


def ours(name: str, train: list[Encoded], test: list[Encoded], rate: float, seed: int) -> tuple[float, int]:
    """Seconds of training and wrong sentences."""
    model: Any = encoders.load_token_classifier(name, LABELS, seed)
    with ActiveVocabulary(model, [*train, *test]) as vocabulary:
        small = vocabulary.translate(train)
        started = time.perf_counter()
        for _ in finetune(model, small, Recipe(learning_rate=rate, seed=seed)):
            pass
        seconds = time.perf_counter() - started
    return seconds, wrong(model, test)


BEST = {"train_sampling_strategy": "group_by_length", "optim": "adamw_torch_fused"}


def theirs(
    name: str, train: list[Encoded], test: list[Encoded], rate: float, seed: int, best: bool = False
) -> tuple[float, int]:
    """The same by transformers.Trainer."""
    model: Any = encoders.load_token_classifier(name, LABELS, seed)
    if not best:
        return trainer(model, name, train, rate, seed, {}), wrong(model, test)
    with ActiveVocabulary(model, [*train, *test]) as vocabulary:
        seconds = trainer(model, name, vocabulary.translate(train), rate, seed, BEST)
    return seconds, wrong(model, test)


def trainer(model: Any, name: str, train: list[Encoded], rate: float, seed: int, settings: dict[str, str]) -> float:
    """Seconds that transformers.Trainer takes for one epoch."""
    from transformers import (
        AutoTokenizer,
        DataCollatorForTokenClassification,
        PrinterCallback,
        Trainer,
        TrainingArguments,
    )

    rows = []
    for item in train:
        labels = [-100] * len(item.ids)
        for tag, word in zip(item.sentence.tags, item.pieces, strict=True):
            if word:
                labels[word[0]] = model.config.label2id[tag]
        rows.append({"input_ids": list(item.ids), "attention_mask": [1] * len(item.ids), "labels": labels})
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            output_dir=folder, num_train_epochs=1, learning_rate=rate, seed=seed, report_to=[], disable_tqdm=True,
            save_strategy="no", use_cpu=True, **settings,  # type: ignore[arg-type]
        )  # fmt: skip
        tokenizer = AutoTokenizer.from_pretrained(encoders.resolve(name))
        made = Trainer(
            model=model, args=arguments, train_dataset=rows, data_collator=DataCollatorForTokenClassification(tokenizer)
        )
        made.remove_callback(PrinterCallback)
        started = time.perf_counter()
        made.train()
        return time.perf_counter() - started


def padding(lengths: list[int], batches: list[list[int]]) -> float:
    """Share of the pieces of all batches that are padding."""
    return 1 - sum(lengths) / sum(len(batch) * max(lengths[place] for place in batch) for batch in batches)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="builtin")
    parser.add_argument("--data", default="builtin")
    parser.add_argument("--size", type=int, default=400)
    parser.add_argument("--test-size", type=int, default=100)
    parser.add_argument("--learning-rate", type=float, default=2e-4)
    parser.add_argument("--seeds", type=int, default=1)
    asked = parser.parse_args()
    tokenizer = encoders.load_tokenizer(asked.model)
    train = encode(sentences(asked.size, "train", ["en"], asked.data), tokenizer)
    test = encode(sentences(asked.test_size, "test", ["en", "pl", "be"], asked.data), tokenizer)
    print(
        f"{asked.model}, {len(train)} sentences of {asked.data}, batch 8, {torch.get_num_threads()} threads, "
        f"torch {torch.__version__}"
    )
    print(f"{'who':<12}{'seed':>5}{'seconds':>9}{'sentences/s':>13}{'wrong of ' + str(len(test)):>15}")
    taken: dict[str, float] = {}
    for seed in range(asked.seeds):
        for who, run in (("nerspace", ours), ("Trainer", theirs), ("its best", partial(theirs, best=True))):
            try:
                seconds, errors = run(asked.model, train, test, asked.learning_rate, seed)
            except ImportError as error:
                sys.exit(f"Trainer cannot be run here: {error}")
            print(f"{who:<12}{seed:>5}{seconds:>9.1f}{len(train) / seconds:>13.1f}{errors:>15}", flush=True)
            taken[who] = taken.get(who, 0.0) + seconds
    for who in ("Trainer", "its best"):
        print(f"{who}: {taken[who] / taken['nerspace']:.2f} times our seconds")
    lengths = [len(item.ids) for item in train]
    shuffled = random.Random(0).sample(range(len(lengths)), len(lengths))
    in_order = [shuffled[start : start + 8] for start in range(0, len(shuffled), 8)]
    print(
        f"padding: {padding(lengths, in_buckets(lengths, 8, random.Random(0))):.1%} of what we compute, "
        f"{padding(lengths, in_order):.1%} without buckets"
    )


if __name__ == "__main__":
    main()
