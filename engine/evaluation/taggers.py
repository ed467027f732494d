"""Saved models that tag given sentences, shard by shard: here, or on a cluster side by side.

.read/MODEL-FIRST.json               what a model predicts of a shard, until the run is finished
"""

import shutil
from collections.abc import Collection, Generator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from nerspace.datasets import Sentence
from nerspace.datasets.tagging import types_in
from nerspace.engine.encoders import Encoder, resolve
from nerspace.engine.encoders.batching import encode
from nerspace.engine.encoders.configuration import labels_in
from nerspace.engine.errors import DataError
from nerspace.engine.evaluation.inputs import Given, Labels, coverage_table, labels_of, parts_of
from nerspace.engine.executors import Executor, Task, shards
from nerspace.engine.files import read_regular, write_text
from nerspace.engine.requests.evaluation import Evaluation, Reader
from nerspace.engine.runs import Run
from nerspace.engine.runs.records import Record, counted
from nerspace.engine.sums import sealed_text, unsealed

# Parts of sentences are read in blocks of so many, whoever reads them: the batches decide the last digits.
_BLOCK = 2048
_FOLDER = ".read"

Predicted = tuple[list[list[int]], list[float]]


@dataclass(frozen=True, slots=True)
class Tagger:
    """A model, and how it reads the given sentences.

    Attributes:
        number: its place among the models of the run.
        model: the saved model.
        labels: of the model.
        parts: what it reads at once: number of the sentence, then as `parts_of` has it.
        shards: numbers of the parts that are one task each.
        coverage: the table of that name.
    """

    number: int
    model: Reader
    labels: Labels
    parts: list[tuple[int, int, int, int, int]]
    shards: list[range]
    coverage: pd.DataFrame

    @property
    def name(self) -> str:
        """The model as a person would call it."""
        return f"{self.model.donor}, seed {self.model.seed}"

    def shard_file(self, shard: range) -> str:
        """The file of the run with what the model predicts of a shard."""
        return f"{_FOLDER}/{self.number}-{shard.start}.json"

    def sentences(self, shard: range, given: Given) -> list[Sentence]:
        """What the model reads of a shard, each part as a sentence of its own."""
        cut = ((given.sentences[i], start, stop) for i, start, stop, *_ in (self.parts[number] for number in shard))
        return [replace(s, words=s.words[start:stop], tags=s.tags[start:stop]) for s, start, stop in cut]


def make_tagger(number: int, model: Reader, given: Given, request: Evaluation, learned: Collection[str]) -> Tagger:
    """How a model reads the given sentences; its weights are not loaded.

    Args:
        number: its place among the models of the run.
        model: the saved model.
        given: the sentences.
        request: that says how types were mapped.
        learned: the words of every sentence that it was trained on, joined by a space.

    Raises:
        ModelError: for a model that does not tag names.
    """
    known = {kind for sentence in given.sentences for kind in types_in(sentence.tags)}
    labels = labels_of(labels_in(resolve(model.model)), model.model, known)
    encoder = Encoder(model.model)
    encoded = encode(given.sentences, encoder.tokenizer, None)
    pieces = [[len(word) for word in item.pieces] for item in encoded]
    parts = [(i, *part) for i, counts in enumerate(pieces) for part in parts_of(counts, encoder.limit)]
    blocks = shards(-(-len(parts) // _BLOCK))
    cut = [range(part.start * _BLOCK, min(part.stop * _BLOCK, len(parts))) for part in blocks]
    coverage = coverage_table(model, given, request, labels, pieces, encoder.limit, learned)
    return Tagger(number, model, labels, parts, cut, coverage)


def tagging_tasks(executor: Executor, run: Run, tagger: Tagger, given: Given) -> list[Task]:
    """A task for each of the model's shards; nothing is left to do for one that was read already."""
    return [
        _task(executor, run, tagger, given, shard, f"Part {number} of {len(tagger.shards)} ({tagger.name})")
        for number, shard in enumerate(tagger.shards, 1)
    ]


def _task(executor: Executor, run: Run, tagger: Tagger, given: Given, shard: range, name: str) -> Task:
    def arguments() -> tuple[Any, ...]:
        sentences = executor.store(tagger.sentences(shard, given))
        return tagger.labels, executor.device, sentences, shard, tagger.shard_file(shard)

    def is_done() -> bool:
        return _read_shard_file(run, tagger, shard) is not None

    return Task(name, read_shard, tagger.model, arguments, (tagger.shard_file(shard),), is_done, ("model",))


def read_shard(
    run: Run, model: Reader, labels: Labels, device: str, sentences: Sequence[Sentence], shard: range, home: str
) -> Generator[Record, None, None]:
    """Have a model tag the sentences of a shard, and leave what it predicts in a file of the run.

    Args:
        run: that keeps the file.
        model: the saved model.
        labels: of the model.
        device: that it reads on.
        sentences: of the shard.
        shard: numbers of its parts.
        home: the file, within the run's folder.
    """
    if _read_file(run.path / home, [len(sentence.words) for sentence in sentences]) is not None:
        return
    encoder = _encoder(model, labels.own, device)
    predicted: list[list[int]] = []
    confidence: list[float] = []
    for start in range(0, len(sentences), _BLOCK):
        block = sentences[start : start + _BLOCK]
        passing = encoder.read_counting(block, layers=(), outside=labels.outside)
        outputs = yield from counted("read", passing, shard.start + start)
        predicted += outputs.predicted
        confidence += outputs.confidence
    path = run.path / home
    run.make_folder(path.parent.name)
    write_text(path, sealed_text({"predicted": predicted, "confidence": confidence}))


@lru_cache(maxsize=1)
def _encoder(model: Reader, own: tuple[str, ...], device: str) -> Encoder:
    """A model with its own labels, cached for its next shard."""
    return Encoder(model.model, device, own, model.seed)


def read_back(run: Run, tagger: Tagger, sentences: int) -> Predicted:
    """A label for each word, and the confidence, of each sentence, put together from their parts.

    Args:
        run: that keeps the shards.
        tagger: whose shards they are.
        sentences: how many there are.

    Returns:
        The labels as numbers, per sentence and word, and the confidence of each sentence.

    Raises:
        DataError: where a shard is missing or damaged.
    """
    numbers: list[list[int]] = [[] for _ in range(sentences)]
    confidence = [1.0] * sentences
    for shard in tagger.shards:
        if (read := _read_shard_file(run, tagger, shard)) is None:
            raise DataError(f"What {tagger.name} predicted is damaged.", "Resume the run to have it read again.")
        for number, labels, sure in zip(shard, *read, strict=True):
            i, start, _, first, last = tagger.parts[number]
            numbers[i] += labels[first - start : last - start]
            confidence[i] = min(confidence[i], sure)
    return numbers, confidence


def _read_shard_file(run: Run, tagger: Tagger, shard: range) -> Predicted | None:
    """What was left of a shard; None where it is missing, damaged or of other sentences."""
    lengths = [stop - start for _, start, stop, *_ in (tagger.parts[number] for number in shard)]
    return _read_file(run.path / tagger.shard_file(shard), lengths)


def _read_file(path: Path, words: Sequence[int]) -> Predicted | None:
    """words: how many words each sentence has."""
    try:
        value = unsealed(read_regular(path).decode())
        predicted, confidence = value["predicted"], value["confidence"]
        lengths = [len(numbers) for numbers in predicted]
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return (predicted, confidence) if lengths == list(words) and len(confidence) == len(words) else None


def forget_shards(run: Run) -> bool:
    """Delete what was saved of single shards; whether there was anything."""
    left = (run.path / _FOLDER).exists()
    shutil.rmtree(run.path / _FOLDER, ignore_errors=True)
    return left
