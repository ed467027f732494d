"""Fine-tuning for NER: a generator of one record per step, with probes of the space in between."""

import hashlib
import math
import random
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from typing import Any

import torch

from nerspace.engine.encoders.batching import Encoded, collate, collate_labels, in_buckets
from nerspace.engine.errors import ModelError, UsageError
from nerspace.engine.requests.training import Recipe
from nerspace.engine.runs.records import Note, ProbeRecord, StepRecord
from nerspace.engine.training.checkpoints import Checkpoints, TrainingRecord, last_step, steps_done
from nerspace.engine.training.distributed import share

Probe = Callable[[int], Iterable[ProbeRecord]]


def finetune(
    model: Any, train: Sequence[Encoded], recipe: Recipe, probe: Probe | None = None,
    checkpoints: Checkpoints | None = None,
) -> Generator[TrainingRecord | Note, None, None]:  # fmt: skip
    """Train a token classifier in place on its own device; steps, probes and resuming are generators round each other.

    Sentences of which the tokenizer leaves no piece are passed over. Where several processes train together (see
    `distributed`), each does its share of every batch. Random state, precision and dropout are put back at the end.

    Args:
        model: the token classifier, which is in evaluation mode at the end.
        train: sentences as ids.
        recipe: how to train.
        probe: called with the number of steps done before the first step and after every `probe_every` steps; its
            records are passed on, and its time is counted apart from that of the training.
        checkpoints: where the state is saved now and then, and when the generator is closed; a training that finds one
            there repeats its records and goes on behind them, and ends in the same weights, on the CPU bit for bit.

    Raises:
        UsageError: for no sentences.
        ModelError: when the loss is no longer a number, or memory is short for one sentence alone.
    """
    train = _with_pieces(train)
    with _settings(model, recipe):
        optimizer = _optimizer(model, recipe)
        key, records = _key(train, recipe), list[TrainingRecord]()
        if checkpoints is not None:
            records = checkpoints.restore(model, optimizer, key)
            yield from map(Note, checkpoints.problems)
        steps = training_steps(model, optimizer, _batches(train, recipe), recipe, start=steps_done(records))
        groups = reported(steps, recipe, _LOSSES_AT_ONCE.get(model.device.type, 1), records)
        if probe is not None:
            groups = with_probes(groups, probe, recipe, records)
        if checkpoints is not None:
            yield from resumable(groups, records, checkpoints, partial(checkpoints.save, model, optimizer, key))
        else:
            yield from chain.from_iterable(groups)
    model.eval()


@dataclass(frozen=True, slots=True)
class Step:
    """One optimiser step, the `number`th of `steps`.

    Attributes:
        loss: mean over the words of the batch, on the device.
        rate: the encoder's learning rate.
        sentences: of the batch.
        parts: into how many it was cut because memory was short.
        seconds: until the device was given all of its work.
    """

    number: int
    steps: int
    loss: torch.Tensor
    rate: float
    sentences: int
    parts: int
    seconds: float


def training_steps(
    model: Any, optimizer: torch.optim.Optimizer, batches: Sequence[Sequence[Encoded]], recipe: Recipe, start: int = 0
) -> Iterator[Step]:
    """Train on one batch after the other, from the one behind the first `start` on; nothing is read from the device."""
    device, pad = model.device, model.get_input_embeddings().padding_idx or 0
    label_ids = dict(model.config.label2id)
    world = share()
    model.train()
    for done, batch in enumerate(batches[start:], start):
        started = time.perf_counter()
        factor = _rate(done, recipe.warmup_steps, len(batches))
        for group in optimizer.param_groups:
            group["lr"] = group["peak"] * factor
        words = _labelled(batch)
        mine, divisor = world.part(batch, words) if world else (batch, words)
        loss, parts = _backward(model, mine, divisor, pad, label_ids, device)
        if world:
            loss = world.add(model, loss)
        clipped_step(model.parameters(), optimizer, recipe.max_gradient_norm)
        optimizer.zero_grad(set_to_none=True)
        seconds = time.perf_counter() - started
        yield Step(done + 1, len(batches), loss, recipe.learning_rate * factor, len(batch), parts, seconds)


def clipped_step(parameters: Iterable[torch.nn.Parameter], optimizer: Any, most: float) -> None:
    """Scale the gradients down to a norm of at most `most`, and do the optimiser's step.

    As `torch.nn.utils.clip_grad_norm_` before the step, to rounding. A fused optimiser divides by the scale on its way
    through the gradients, so that they are not written in a pass of their own.
    """
    parameters = [parameter for parameter in parameters if parameter.grad is not None]
    if not all(group["fused"] for group in optimizer.param_groups):
        torch.nn.utils.clip_grad_norm_(parameters, most)
        optimizer.step()
        return
    norm = torch.nn.utils.get_total_norm([parameter.grad for parameter in parameters if parameter.grad is not None])
    optimizer.grad_scale = ((norm + 1e-6) / most).clamp(min=1.0)
    try:
        optimizer.step()
    finally:
        optimizer.grad_scale = None


# Steps whose losses are read at once: reading one from a GPU waits until all that it was given before is done.
_LOSSES_AT_ONCE = {"cuda": 16}
Group = list[StepRecord | ProbeRecord | Note]


def reported(steps: Iterable[Step], recipe: Recipe, at_once: int, past: Sequence[TrainingRecord]) -> Iterator[Group]:
    """Steps as records, `at_once` or fewer at a time; the weights are those behind the last one of a group.

    Args:
        steps: as `training_steps` makes them.
        recipe: says when probes are due, before which no step is left pending.
        at_once: how many losses are read at once.
        past: records of the steps before.

    Raises:
        ModelError: for the first step whose loss is no number.
    """
    last = last_step(past)
    sentences, seconds = (last.sentences, last.seconds) if last else (0, 0.0)
    pending: list[tuple[Step, StepRecord]] = []
    for step in steps:
        sentences, seconds = sentences + step.sentences, seconds + step.seconds
        record = StepRecord(step.number, step.steps, math.nan, step.rate, sentences, seconds, step.parts)
        pending.append((step, record))
        if len(pending) < at_once and not recipe.probes_at(step.number) and step.number < step.steps:
            continue
        started = time.perf_counter()
        losses = torch.stack([step.loss for step, _ in pending]).tolist()
        # The time of waiting for the losses is the last step's.
        seconds += time.perf_counter() - started
        pending[-1] = (step, replace(record, seconds=seconds))
        group = Group()
        for (step, record), loss in zip(pending, losses, strict=True):
            group += [replace(record, loss=_finite(loss, step)), *_memory_notes(step)]
        yield group
        pending = []


def with_probes(
    groups: Iterable[Group], probe: Probe, recipe: Recipe, past: Sequence[TrainingRecord]
) -> Iterator[Group]:
    """Pass on the records of steps, and take a probe before the first and behind every one at which one is due.

    Args:
        past: records of the steps before, and of the probe behind them if it was taken.
    """
    last = last_step(past)
    step, spent = (last.step, last.probe_seconds) if last else (0, 0.0)
    is_probed = bool(past) and isinstance(past[-1], ProbeRecord)
    for group in chain([Group()], groups):
        for record in group:
            if isinstance(record, StepRecord):
                step, is_probed = record.step, False
        yield [replace(record, probe_seconds=spent) if isinstance(record, StepRecord) else record for record in group]
        if recipe.probes_at(step) and not is_probed:
            started = time.perf_counter()
            probes = list(probe(step))
            spent += time.perf_counter() - started
            yield [*probes]


def resumable(
    groups: Iterable[Group], records: list[TrainingRecord], checkpoints: Checkpoints,
    save: Callable[[Sequence[TrainingRecord]], str],
) -> Iterator[TrainingRecord | Note]:  # fmt: skip
    """Repeat the records of an earlier try, go on with those that come, and save now and then and when closed.

    A group counts as a whole: its weights are those behind its last record.

    Args:
        records: all so far; grows.
    """
    try:
        yield from list(records)
        for group in groups:
            records += [record for record in group if not isinstance(record, Note)]
            yield from group
            last = last_step(records)
            is_over = last is not None and last.step == last.steps
            if checkpoints.due() and not is_over and (problem := save(records)):
                yield Note(problem)
    except GeneratorExit:
        save(records)
        raise


@contextmanager
def _settings(model: Any, recipe: Recipe) -> Iterator[None]:
    """The recipe's seed, precision and dropout, for as long as it lasts; the saved configuration is left alone."""
    on_gpu = model.device.type == "cuda"
    precision = torch.get_float32_matmul_precision()
    layers = [(module, module.p) for module in model.modules() if isinstance(module, torch.nn.Dropout)]
    with torch.random.fork_rng([model.device] if on_gpu else []):
        torch.manual_seed(recipe.seed)
        try:
            if on_gpu:
                torch.set_float32_matmul_precision("high")
            for layer, _ in layers:
                layer.p = recipe.dropout
            yield
        finally:
            torch.set_float32_matmul_precision(precision)
            for layer, dropped in layers:
                layer.p = dropped


def _with_pieces(train: Sequence[Encoded]) -> list[Encoded]:
    """The sentences that have a piece to learn from."""
    if not train:
        raise UsageError("There is no sentence to train on.", "Choose more types, languages or a larger size.")
    usable = [item for item in train if any(item.pieces)]
    if not usable:
        raise ModelError("The tokenizer cuts every word of the training sentences to nothing.", "Choose another model.")
    return usable


def _batches(train: Sequence[Encoded], recipe: Recipe) -> list[list[Encoded]]:
    """The sentences of every step."""
    generator = random.Random(recipe.seed)  # noqa: S311
    lengths = [len(item.ids) for item in train]
    epochs = (in_buckets(lengths, recipe.batch_size, generator) for _ in range(recipe.epochs))
    return [[train[i] for i in batch] for batches in epochs for batch in batches]


def _finite(loss: float, step: Step) -> float:
    if not math.isfinite(loss):
        raise ModelError(f"The loss is {loss} at step {step.number}.", "Lower the learning rate.")
    return loss


def _memory_notes(step: Step) -> Iterator[Note]:
    if step.parts > 1:
        yield Note(
            f"Too little memory at step {step.number}: its {step.sentences} sentences were done in {step.parts} parts."
        )


def _key(train: Sequence[Encoded], recipe: Recipe) -> str:
    """What a training depends on besides its model, as a hash."""
    content = repr((recipe, [(item.ids, item.pieces, item.sentence.tags) for item in train]))
    return hashlib.sha256(content.encode()).hexdigest()


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


def _optimizer(model: Any, recipe: Recipe) -> torch.optim.Optimizer:
    """AdamW, with the encoder's parameters at the learning rate and those of the head at `head_factor` times it."""
    encoder = list(model.base_model.parameters())
    inside = {id(parameter) for parameter in encoder}
    head = [parameter for parameter in model.parameters() if id(parameter) not in inside]
    groups = [
        {"params": parameters, "lr": rate, "peak": rate}
        for parameters, rate in ((encoder, recipe.learning_rate), (head, recipe.learning_rate * recipe.head_factor))
    ]
    return torch.optim.AdamW(groups, weight_decay=0.0, fused=model.device.type in ("cpu", "cuda"))


def _rate(step: int, warmup: int, steps: int) -> float:
    """Share of the learning rate at a step counted from 0: up over the warm-up, then down to zero behind the last."""
    if step < warmup:
        return (step + 1) / warmup
    return max(0.0, (steps - step) / max(1, steps - warmup))


if __name__ == "__main__":
    from nerspace.engine.training.distributed import main

    raise SystemExit(main())
