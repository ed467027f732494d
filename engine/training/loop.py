"""Fine-tuning for NER: a generator of one record per step, with probes of the space in between."""

import hashlib
import math
import random
import time
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import torch

from nerspace.engine.encoders import LABELS as LABELS
from nerspace.engine.encoders.batching import Encoded, collate, collate_labels, in_buckets
from nerspace.engine.errors import ModelError, UsageError
from nerspace.engine.requests.training import Request
from nerspace.engine.runs.records import Note, ProbeRecord, StepRecord
from nerspace.engine.training.checkpoints import Checkpoints, TrainingRecord
from nerspace.engine.training.distributed import share

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to train: AdamW without weight decay, linear warm-up, linear decay to zero.

    head_factor: how much faster the new head learns than the encoder. In a short run the head is what lags: after 240
    steps from the built-in encoder, a factor of 30 leaves a third of the wrong sentences that a factor of 1 does.
    dropout: share of values that every dropout layer drops.
    """

    learning_rate: float = 2e-4
    head_factor: float = 30.0
    batch_size: int = 8
    epochs: int = 1
    warmup_steps: int = 10
    max_gradient_norm: float = 1.0
    probe_every: int = 50
    seed: int = 0
    dropout: float = 0.0

    @classmethod
    def of(cls, request: Request) -> "Recipe":
        """The part of a request that says how to train."""
        return cls(
            learning_rate=request.learning_rate, batch_size=request.batch_size, epochs=request.epochs,
            probe_every=request.probe_every, seed=request.seed, dropout=request.dropout,
        )  # fmt: skip

    def steps(self, sentences: int) -> int:
        """Optimiser steps over that many sentences."""
        return self.epochs * math.ceil(sentences / self.batch_size)

    def probes_at(self, step: int) -> bool:
        """Whether a probe is due after that many steps; never where `probe_every` is 0."""
        return self.probe_every > 0 and step % self.probe_every == 0


def finetune(
    model: Any, train: Sequence[Encoded], recipe: Recipe, probe: Callable[[int], Iterable[ProbeRecord]] | None = None,
    checkpoints: Checkpoints | None = None,
) -> Generator[StepRecord | ProbeRecord | Note, None, None]:  # fmt: skip
    """Train a token classifier in place on its own device.

    Sentences of which the tokenizer leaves no piece are passed over. On a GPU the losses are read, and the steps told,
    several at a time, so that it never waits to be asked. Where several processes train together (see `distributed`),
    each does its share of every batch.

    probe: called with the number of steps done before the first step and after every `probe_every` steps; its records
    are passed on, and its time is told apart from that of the training. checkpoints: where the state is kept now and
    then, and when the generator is closed; a training that finds one there tells its records again and goes on behind
    them, and ends in the same weights, on the CPU bit for bit.
    Raises: UsageError for no sentences, ModelError when the loss is no longer a number or memory is short for one
    sentence alone.
    """
    train = _readable(train)
    device = next(model.parameters()).device
    torch.manual_seed(recipe.seed)
    if device.type == "cuda":
        torch.set_float32_matmul_precision("high")
    generator = random.Random(recipe.seed)  # noqa: S311
    pad = model.get_input_embeddings().padding_idx or 0
    label_ids = dict(model.config.label2id)
    lengths = [len(item.ids) for item in train]
    order = [batch for _ in range(recipe.epochs) for batch in in_buckets(lengths, recipe.batch_size, generator)]
    optimizer = torch.optim.AdamW(
        _parameter_groups(model, recipe), weight_decay=0.0, fused=device.type in ("cpu", "cuda")
    )
    records: list[TrainingRecord] = []
    key = _key(train, recipe)
    if checkpoints is not None:
        records = checkpoints.restore(model, optimizer, key)
        yield from map(Note, checkpoints.problems)
    _set_dropout(model, recipe.dropout)
    model.train()
    step, last = 0, _last_step(records)
    together = share()
    untold = _Untold(last, _TOLD_TOGETHER.get(device.type, 1))
    try:
        yield from list(records)
        step = last.step if last else 0
        while True:
            probing = probe is not None and recipe.probes_at(step) and not _is_probed(records, step)
            saving = checkpoints is not None and checkpoints.due()
            if probing or saving or untold.full or step == len(order):
                for told in untold.read():
                    records.append(told)
                    yield told
                    if told.parts > 1:
                        size = len(order[told.step - 1])
                        yield Note(
                            f"Too little memory at step {told.step}: its {size} sentences were done in "
                            f"{told.parts} parts."
                        )
            if probe is not None and probing:
                started = time.perf_counter()
                fresh = list(probe(step))
                untold.probe_seconds += time.perf_counter() - started
                records += fresh
                yield from fresh
                model.train()
            if step == len(order):
                break
            if checkpoints is not None and saving and (problem := checkpoints.save(model, optimizer, records, key)):
                yield Note(problem)
            started = time.perf_counter()
            batch = [train[i] for i in order[step]]
            rate = _rate(step, recipe.warmup_steps, len(order))
            for group in optimizer.param_groups:
                group["lr"] = group["peak"] * rate
            words = _labelled(batch)
            mine, divisor = together.part(batch, words) if together else (batch, words)
            loss, parts = _backward(model, mine, divisor, pad, label_ids, device)
            if together:
                loss = together.add(model, loss)
            torch.nn.utils.clip_grad_norm_(model.parameters(), recipe.max_gradient_norm)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            step += 1
            untold.seconds += time.perf_counter() - started
            untold.add(loss, step, len(order), recipe.learning_rate * rate, len(batch), parts)
    except GeneratorExit:
        if checkpoints is not None:
            records += untold.read()
            checkpoints.save(model, optimizer, records, key)
        raise
    model.eval()


# Steps told at once: reading a loss from a GPU waits until all that it was asked before is done.
_TOLD_TOGETHER = {"cuda": 16}


class _Untold:
    """Steps that were made and not yet told, with their losses still on the device, and the time spent so far."""

    def __init__(self, last: StepRecord | None, together: int) -> None:
        self.seconds = last.seconds if last else 0.0
        self.probe_seconds = last.probe_seconds if last else 0.0
        self._sentences = last.sentences if last else 0
        self._together = together
        self._steps: list[tuple[torch.Tensor, Callable[[float], StepRecord]]] = []

    @property
    def full(self) -> bool:
        """Whether it is time to tell them."""
        return len(self._steps) >= self._together

    def add(self, loss: torch.Tensor, step: int, steps: int, rate: float, sentences: int, parts: int) -> None:
        """Keep a step that was just made."""
        self._sentences += sentences
        seen, seconds, probes = self._sentences, self.seconds, self.probe_seconds
        self._steps.append(
            (loss, lambda value: StepRecord(step, steps, value, rate, seen, seconds, parts, probe_seconds=probes))
        )

    def read(self) -> list[StepRecord]:
        """The records of the steps kept, which are kept no longer; the last one's time holds that of the waiting.

        Raises: ModelError for the first whose loss is no number.
        """
        if not self._steps:
            return []
        started = time.perf_counter()
        values = torch.stack([loss for loss, _ in self._steps]).tolist()
        self.seconds += time.perf_counter() - started
        records = [record(value) for value, (_, record) in zip(values, self._steps, strict=True)]
        records[-1] = replace(records[-1], seconds=self.seconds)
        self._steps.clear()
        for told in records:
            if not math.isfinite(told.loss):
                raise ModelError(f"The loss is {told.loss} at step {told.step}.", "Lower the learning rate.")
        return records


def _set_dropout(model: Any, share: float) -> None:
    """Every dropout layer drops that share; the configuration, which is saved with the model, is left alone."""
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = share


def _readable(train: Sequence[Encoded]) -> list[Encoded]:
    """The sentences that have a piece to learn from."""
    if not train:
        raise UsageError("There is no sentence to train on.", "Choose more types, languages or a larger size.")
    kept = [item for item in train if any(item.pieces)]
    if not kept:
        raise ModelError("The tokenizer cuts every word of the training sentences to nothing.", "Choose another model.")
    return kept


def _key(train: Sequence[Encoded], recipe: Recipe) -> str:
    """What a training depends on besides its model, as a hash."""
    told = repr((recipe, [(item.ids, item.pieces, item.sentence.tags) for item in train]))
    return hashlib.sha256(told.encode()).hexdigest()


def _last_step(records: Sequence[TrainingRecord]) -> StepRecord | None:
    """The last step among the records."""
    return next((record for record in reversed(records) if isinstance(record, StepRecord)), None)


def _is_probed(records: Sequence[TrainingRecord], step: int) -> bool:
    return bool(records) and isinstance(records[-1], ProbeRecord) and records[-1].step == step


def _backward(
    model: Any, batch: Sequence[Encoded], words: float, pad: int, label_ids: dict[str, int], device: torch.device
) -> tuple[torch.Tensor, int]:
    """Gradients of the batch's loss; the batch is halved, and halved again, for as long as memory is short.

    words: by how many the sum of the words' losses is divided; those of the batch give its mean.

    Returns: the loss, on the device, and the number of parts, which changes neither loss nor gradient.
    """
    size = len(batch)
    while True:
        parts = [batch[i : i + size] for i in range(0, len(batch), size)]
        weights = [_labelled(part) for part in parts]
        value = torch.zeros((), device=device)
        try:
            for part, weight in zip(parts, weights, strict=True):
                inputs = collate(part, pad, device)
                labels = collate_labels(part, label_ids, inputs["input_ids"].shape[1], device)
                with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
                    loss = model(**inputs, labels=labels).loss * (weight / words)
                loss.backward()
                value += loss.detach()
            return value, len(parts)
        except torch.OutOfMemoryError as error:
            model.zero_grad(set_to_none=True)
            if size == 1:
                longest = max(len(item.ids) for item in batch)
                raise ModelError(
                    f"There is too little memory on {device} for one sentence of {longest} pieces.",
                    "Choose a smaller model or --device cpu.",
                ) from error
        # Outside the handler: until the exception is gone it holds on to what the failed pass had allocated.
        if device.type == "cuda":
            torch.cuda.empty_cache()
        size = -(-size // 2)


def _labelled(batch: Sequence[Encoded]) -> int:
    """Words that carry a label: those that have a piece."""
    return sum(bool(word) for item in batch for word in item.pieces)


def _parameter_groups(model: Any, recipe: Recipe) -> list[dict[str, Any]]:
    """The encoder's parameters at the learning rate, those of the head at `head_factor` times it."""
    encoder = list(model.base_model.parameters())
    inside = {id(parameter) for parameter in encoder}
    head = [parameter for parameter in model.parameters() if id(parameter) not in inside]
    rate = recipe.learning_rate
    return [
        {"params": encoder, "lr": rate, "peak": rate},
        {"params": head, "lr": rate * recipe.head_factor, "peak": rate * recipe.head_factor},
    ]


def _rate(step: int, warmup: int, steps: int) -> float:
    """Share of the learning rate at a step counted from 0: up over the warm-up, then down to zero behind the last."""
    if step < warmup:
        return (step + 1) / warmup
    return max(0.0, (steps - step) / max(1, steps - warmup))


def steps_table(records: Iterable[StepRecord]) -> "pd.DataFrame":
    """The table `steps`."""
    import pandas as pd

    rows = [(r.step, r.loss, r.learning_rate, r.sentences, r.seconds, r.probe_seconds) for r in records]
    return pd.DataFrame(rows, columns=["step", "loss", "learning_rate", "sentences", "seconds", "probe_seconds"])


def probes_table(records: Iterable[ProbeRecord]) -> "pd.DataFrame":
    """The table `probes`."""
    import pandas as pd

    rows = [(r.step, r.language, r.layer, r.measure, r.n, r.value, r.floor) for r in records]
    return pd.DataFrame(rows, columns=["step", "language", "layer", "measure", "n", "value", "floor"])


if __name__ == "__main__":
    from nerspace.engine.training.distributed import main

    raise SystemExit(main())
