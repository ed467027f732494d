"""Small trainings and runs, and what two of them must have in common."""

import dataclasses
import random
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
import torch

from nerspace import datasets
from nerspace.datasets.records import Sentence
from nerspace.engine.encoders import LABELS, load_token_classifier, load_tokenizer
from nerspace.engine.encoders.batching import ActiveVocabulary, Encoded, encode
from nerspace.engine.requests.training import Recipe, make_request
from nerspace.engine.runs import Run
from nerspace.engine.runs.records import Note, ProbeRecord, StepRecord
from nerspace.engine.training.checkpoints import Checkpoints
from nerspace.engine.training.loop import finetune


def sentence(words: str, tags: str) -> Sentence:
    return Sentence(tuple(words.split()), tuple(tags.split()), words, "", "", "en", "PER", "nominative", "c", "e")


def some_sentences(count: int, language: str = "en") -> list[Sentence]:
    corpus = datasets.load()
    return [corpus.sentence(index, language) for index in corpus.sample_numbers(count, seed=5)]


def loaded(name: str, sentences: list[Sentence]) -> tuple[Any, list[Encoded]]:
    return load_token_classifier(name, LABELS, 0), encode(sentences, load_tokenizer(name), 38)


# With dropout, so that the random states matter.
RECIPE = Recipe(learning_rate=1e-3, batch_size=4, epochs=2, probe_every=3, dropout=0.1)
Weights = dict[str, torch.Tensor]
Told = list[StepRecord | ProbeRecord]


def probe(step: int) -> Iterable[ProbeRecord]:
    return [ProbeRecord(step, language, 2, "isoscore", 7, step / 3) for language in ("en", "be")]


def train(
    name: str, checkpoints: Checkpoints | None = None, until: Callable[[StepRecord | ProbeRecord], bool] | None = None,
    cut: type[BaseException] = GeneratorExit, sentences: int = 30, recipe: Recipe = RECIPE,
) -> tuple[Weights, Told, list[str]]:  # fmt: skip
    """Train a fresh model, cut off behind the first record that `until` says yes to; weights, records and notes."""
    corpus = datasets.load()
    drawn = [corpus.sentence(index, "en") for index in corpus.sample_numbers(sentences, seed=5)]
    model = load_token_classifier(name, LABELS, 0)
    torch.manual_seed(random.randrange(1 << 30))
    told: Told = []
    notes: list[str] = []
    encoded = encode(drawn, load_tokenizer(name), 38)
    with ActiveVocabulary(model, encoded) as vocabulary:
        work = finetune(model, vocabulary.translate(encoded), recipe, probe, checkpoints)
        for record in work:
            if isinstance(record, Note):
                notes.append(record.text)
                continue
            told.append(record)
            if until is not None and until(record):
                if cut is GeneratorExit:
                    work.close()
                else:
                    with pytest.raises(cut):
                        work.throw(cut())
                break
    return {name: value.clone() for name, value in model.state_dict().items()}, told, notes


def at_step(step: int) -> Callable[[object], bool]:
    return lambda record: isinstance(record, StepRecord) and record.step == step


def timeless(told: Told) -> Told:
    return [dataclasses.replace(r, seconds=0.0, probe_seconds=0.0) if isinstance(r, StepRecord) else r for r in told]


def same(first: Weights, second: Weights) -> bool:
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


def demo_request(model: Path, **changes: object) -> dict[str, Any]:
    fields: dict[str, object] = {
        "donor": "en", "languages": ("en", "be"), "seed": 0, "size": 96, "test_size": 6, "model": str(model),
        "device": "cpu", "data": "builtin", "learning_rate": 1e-3, "batch_size": 8, "epochs": 6, "probe_every": 10,
        "probe_size": 4, "perplexity": 5.0, "keep_model": True, "checkpoint_seconds": 0.0, "dropout": 0.1,
    }  # fmt: skip
    return make_request("demo", **{**fields, **changes})


def assert_same_results(first: Run, second: Run) -> None:
    assert first.tables() == second.tables()
    for name in set(first.tables()) - {"steps"}:
        assert first.table_path(name).read_bytes() == second.table_path(name).read_bytes(), name
    steps = [run.read_table("steps").drop(columns=["seconds", "probe_seconds"]) for run in (first, second)]
    assert steps[0].equals(steps[1])
    models = [sorted(run.path.glob("model/**/*.safetensors")) for run in (first, second)]
    assert [path.relative_to(first.path) for path in models[0]] == [path.relative_to(second.path) for path in models[1]]
    assert models[0]
    for one, other in zip(*models, strict=True):
        assert one.read_bytes() == other.read_bytes()
    for run in (first, second):
        kinds = [(e["step"],) for _, e in run.events() if e["event"] == "step"]
        assert len(kinds) == len(steps[0])
