"""Fine-tuning for NER: a generator of one record per step, with probes of the space in between."""

import math
import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from nerspace.engine.batching import Encoded, collate, collate_labels, in_buckets
from nerspace.engine.errors import ModelError, UsageError
from nerspace.engine.progress import ProbeRecord, StepRecord

if TYPE_CHECKING:
    import pandas as pd

LABELS = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-ORG", "I-ORG")


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to train: AdamW without weight decay, linear warm-up, linear decay to zero.

    head_factor: how much faster the new head learns than the encoder. In a short run the head is what lags: after 240
    steps from the built-in encoder, a factor of 30 leaves a third of the wrong sentences that a factor of 1 does.
    """

    learning_rate: float = 2e-4
    head_factor: float = 30.0
    batch_size: int = 8
    epochs: int = 1
    warmup_steps: int = 10
    max_gradient_norm: float = 1.0
    probe_every: int = 50
    seed: int = 0

    def steps(self, sentences: int) -> int:
        """Optimiser steps over that many sentences."""
        return self.epochs * math.ceil(sentences / self.batch_size)


def finetune(
    model: Any, train: Sequence[Encoded], recipe: Recipe, probe: Callable[[int], Iterable[ProbeRecord]] | None = None
) -> Iterator[StepRecord | ProbeRecord]:
    """Train a token classifier in place on its own device.

    probe: called with the number of steps done before the first step and after every `probe_every` steps; its records
    are passed on, and its time is not counted as training.
    Raises: UsageError for no sentences, ModelError when the loss is no longer a number.
    """
    if not train:
        raise UsageError("There is no sentence to train on.", "Choose more types, languages or a larger size.")
    device = next(model.parameters()).device
    generator = random.Random(recipe.seed)  # noqa: S311
    torch.manual_seed(recipe.seed)
    pad = model.get_input_embeddings().padding_idx or 0
    label_ids = dict(model.config.label2id)
    steps = recipe.steps(len(train))
    optimizer = torch.optim.AdamW(
        _parameter_groups(model, recipe), weight_decay=0.0, fused=device.type in ("cpu", "cuda")
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate(step, recipe.warmup_steps, steps))
    lengths = [len(item.ids) for item in train]

    if probe is not None:
        yield from probe(0)
    model.train()
    step, seen, seconds = 0, 0, 0.0
    for _ in range(recipe.epochs):
        for indices in in_buckets(lengths, recipe.batch_size, generator):
            started = time.perf_counter()
            batch = [train[i] for i in indices]
            inputs = collate(batch, pad, device)
            labels = collate_labels(batch, label_ids, inputs["input_ids"].shape[1], device)
            with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
                loss = model(**inputs, labels=labels).loss
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), recipe.max_gradient_norm)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            rate = float(schedule.get_last_lr()[0])
            schedule.step()
            step, seen = step + 1, seen + len(batch)
            value = float(loss.detach())
            seconds += time.perf_counter() - started
            if not math.isfinite(value):
                raise ModelError(f"The loss is {value} at step {step}.", "Lower the learning rate.")
            yield StepRecord(step, steps, value, rate, seen, seconds)
            if probe is not None and step % recipe.probe_every == 0:
                yield from probe(step)
                model.train()
    model.eval()


def _parameter_groups(model: Any, recipe: Recipe) -> list[dict[str, Any]]:
    """The encoder's parameters at the learning rate, those of the head at `head_factor` times it."""
    encoder = list(model.base_model.parameters())
    inside = {id(parameter) for parameter in encoder}
    head = [parameter for parameter in model.parameters() if id(parameter) not in inside]
    rate = recipe.learning_rate
    return [{"params": encoder, "lr": rate}, {"params": head, "lr": rate * recipe.head_factor}]


def _rate(step: int, warmup: int, steps: int) -> float:
    """Share of the learning rate at a step counted from 0: up over the warm-up, then down to zero behind the last."""
    if step < warmup:
        return (step + 1) / warmup
    return max(0.0, (steps - step) / max(1, steps - warmup))


def steps_table(records: Iterable[StepRecord]) -> "pd.DataFrame":
    """The table `steps`."""
    import pandas as pd

    rows = [(r.step, r.loss, r.learning_rate, r.sentences, r.seconds) for r in records]
    return pd.DataFrame(rows, columns=["step", "loss", "learning_rate", "sentences", "seconds"])


def probes_table(records: Iterable[ProbeRecord]) -> "pd.DataFrame":
    """The table `probes`."""
    import pandas as pd

    rows = [(r.step, r.language, r.layer, r.measure, r.n, r.value) for r in records]
    return pd.DataFrame(rows, columns=["step", "language", "layer", "measure", "n", "value"])
