"""What a run is asked to do, checked before anything is started; nothing heavy is imported."""

import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from nerspace.engine import devices
from nerspace.engine.errors import UsageError


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
    def of(cls, request: "Request") -> "Recipe":
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


@dataclass(frozen=True, slots=True)
class Request:
    """What a run is asked to do; kept whole in run.json.

    size: training sentences in the donor language. test_size: test sentences per language, the same cells in each.
    checkpoint_seconds: least time between two checkpoints of the training. donors, seeds: where several models are
    trained, their languages and how many seeds each, from `seed` on; a demo trains one, on the donor.
    probe_every: steps between two probes, 0 for none. probe_languages, probe_layers: what is probed; all languages,
    and the initial and the last layer, where they are empty. on: where the work is done: here where it is empty, else
    as `cluster.check_address` has it. threads: CPU threads of each training, 0 for all of this machine or, on a
    cluster, for one; equal threads give equal numbers.
    """

    donor: str
    languages: tuple[str, ...]
    seed: int
    size: int
    test_size: int
    model: str
    device: str
    data: str
    learning_rate: float
    batch_size: int
    epochs: int
    probe_every: int
    probe_size: int
    perplexity: float
    keep_model: bool
    checkpoint_seconds: float = 60.0
    donors: tuple[str, ...] = ()
    seeds: int = 1
    dropout: float = 0.0
    probe_languages: tuple[str, ...] = ()
    probe_layers: tuple[int, ...] = ()
    on: str = ""
    threads: int = 0

    def layers_of(self, last: int) -> tuple[int, ...]:
        """The layers to probe, in order.

        Raises: UsageError for one that a model with `last` hidden layers lacks.
        """
        for layer in self.probe_layers:
            if not 0 <= layer <= last:
                raise UsageError(
                    f"The model has no layer {layer}.",
                    f"Choose from 0 (the initial one) to {last}.",
                    field="probe_layers",
                )
        return tuple(sorted(set(self.probe_layers)))


# Below these a request makes no sense: no batch, no split into types, no pair of neighbours.
_LEAST = {
    "size": 8,
    "test_size": 6,
    "batch_size": 1,
    "epochs": 1,
    "probe_every": 0,
    "probe_size": 2,
    "perplexity": 1,
    "seeds": 1,
    "threads": 0,
}


def make_request(**fields: Any) -> dict[str, Any]:
    """A checked request as the plain dict that run.json holds; see Request for the fields.

    Donors are put before the languages if they are not among them.

    Raises: UsageError naming the first field that cannot be.
    """
    donors = tuple(fields.get("donors", ()))
    asked = tuple(fields["languages"])
    languages = (*(code for code in dict.fromkeys((fields["donor"], *donors)) if code not in asked), *asked)
    places = {name: whole_path(fields[name]) for name in ("data", "model")}
    request = read_request({**fields, **places, "languages": languages})
    devices.check_device_name(request.device)
    for name, least in _LEAST.items():
        if getattr(request, name) < least:
            raise UsageError(
                f"{name.replace('_', ' ').capitalize()} is {getattr(request, name)}.",
                f"It must be at least {least}.",
                field=name,
            )
    check_place(request.on, request.device)
    for code in request.probe_languages:
        if code not in languages:
            raise UsageError(
                f"{code} is not among the languages of the run.", f"Probe some of {', '.join(languages)}.",
                field="probe_languages",
            )  # fmt: skip
    if not 0 <= request.dropout < 1:
        raise UsageError(f"Dropout is {request.dropout}.", "It must be at least 0 and below 1.", field="dropout")
    if not 0 < request.learning_rate < 1:
        raise UsageError(
            f"The learning rate is {request.learning_rate}.", "It must lie between 0 and 1; try 5e-5.",
            field="learning_rate",
        )  # fmt: skip
    return asdict(request)


def whole_path(name: str) -> str:
    """A name as it is, or the whole path of a file or folder: the job works in a folder of its own."""
    if name == "builtin":
        return name
    with suppress(OSError, RuntimeError, ValueError):  # "~nobody", or text that cannot be a path
        if (path := Path(name).expanduser()).exists():
            return str(path.resolve())
    return name


def check_place(on: str, device: str) -> None:
    """See that work can be sent to `on`, and that the device is one that can be asked for there.

    Raises: UsageError, ConfigurationError.
    """
    if not on:
        return
    from nerspace.engine.executors.ray.address import check_address

    check_address(on)
    if device not in ("auto", "cpu", "cuda"):
        raise UsageError(
            f"Ray hands out its GPUs itself: {device} cannot be chosen.", "Use --device auto, cpu or cuda.",
            field="device",
        )  # fmt: skip


def read_request(fields: Mapping[str, Any]) -> Request:
    """The request that run.json holds."""
    listed = ("languages", "donors", "probe_languages", "probe_layers")
    return Request(**{**fields, **{name: tuple(fields[name]) for name in listed if name in fields}})
