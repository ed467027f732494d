"""What is trained, and how: the requests of finetune, transfer and demo. Nothing heavy is imported."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from nerspace.datasets.reading import AS_IT_STANDS, Reading
from nerspace.engine.errors import DataError, UsageError
from nerspace.engine.requests.base import BUILTIN, BaseRequest, check_rate, given, usual_rate, whole_path

if TYPE_CHECKING:
    from nerspace.datasets.tagged import Sides
    from nerspace.engine.runs import Run

# As donors: all languages of the data.
ALL = ("all",)
# What may be held out for testing: names that read like one of another type, or none.
AMBIGUOUS, NONE = "ambiguous", "none"
# What a demo is asked about, where its data has the name.
FLAGSHIP = ("Washington",)


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to train: AdamW without weight decay, linear warm-up, linear decay to zero.

    In a short run the head is what lags: after 240 steps from the built-in encoder, a `head_factor` of 30 leaves a
    third of the wrong sentences that a factor of 1 does.

    Attributes:
        head_factor: how much faster the new head learns than the encoder.
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
            learning_rate=request.learning_rate or usual_rate(request.model), batch_size=request.batch_size,
            epochs=request.epochs, probe_every=request.probe_every, seed=request.seed, dropout=request.dropout,
        )  # fmt: skip

    def steps(self, sentences: int) -> int:
        """Optimiser steps over that many sentences."""
        return self.epochs * math.ceil(sentences / self.batch_size)

    def probes_at(self, step: int) -> bool:
        """Whether a probe is due after that many steps; never where `probe_every` is 0."""
        return self.probe_every > 0 and step % self.probe_every == 0


@dataclass(frozen=True)
class Request(BaseRequest):
    """What a fine-tuning is to do.

    Attributes:
        donors: languages of which each is trained on, ALL for those of the data.
        donor: the first of the donors.
        seeds: models per donor, each with its own seed, from `seed` on, which also decides the split and the sample.
        languages: those tested in, where empty those of the data; donors are among them.
        size: training sentences in the donor language.
        test_size: test sentences per language, the same cells in each.
        learning_rate: at its peak, None for that of the encoder.
        checkpoint_seconds: least time between two checkpoints.
        probe_every: steps between two probes, 0 for none.
        probe_languages: those that are probed, all where empty.
        probe_layers: those that are probed, the initial and the last where empty.
        on: where the work is done: here where it is empty, else as `check_address` has it.
        threads: CPU threads of each training; 0 for one on a cluster, else for those of this machine, which trainings
            that go on side by side share. Equal threads give equal numbers.
        reading: how tagged data is read, and which types there are.
        names: a file of parallel names for TNLD, where the data has none of its own.
        hold_out: of contexts and names, which names are never trained on: ambiguous, those that read like a name of
            another type, or none.
        test_names: names that are held out besides and stand in some test sentences whatever is drawn; None for
            FLAGSHIP in a demo on data that has it, else none.
    """

    donor: str = ""
    languages: tuple[str, ...] = ()
    seed: int = 0
    size: int = 2880
    test_size: int = 120
    model: str = BUILTIN
    device: str = "auto"
    data: str = BUILTIN
    learning_rate: float | None = None
    batch_size: int = 8
    epochs: int = 1
    probe_every: int = 50
    probe_size: int = 12
    keep_model: bool = True
    checkpoint_seconds: float = 60.0
    donors: tuple[str, ...] = ()
    seeds: int = 1
    dropout: float = 0.0
    probe_languages: tuple[str, ...] = ()
    probe_layers: tuple[int, ...] = ()
    on: str = ""
    threads: int = 0
    reading: Reading = AS_IT_STANDS
    names: str = ""
    hold_out: str = AMBIGUOUS
    test_names: tuple[str, ...] | None = None

    PARTS: ClassVar = {"reading": Reading}
    CHOICES: ClassVar = {"hold_out": ("names to hold out", (AMBIGUOUS, NONE))}
    # Below these a request makes no sense: no batch, no split into types, no pair of neighbours.
    LEAST: ClassVar = {
        "size": 8, "test_size": 6, "batch_size": 1, "epochs": 1, "probe_every": 0, "probe_size": 2, "seeds": 1,
        "threads": 0,
    }  # fmt: skip

    # Whether there may be several donors.
    SEVERAL: ClassVar[bool] = True

    @classmethod
    def read(cls, found: Mapping[str, Any]) -> Self:
        """See BaseRequest; runs of versions that held no name out are cut as they were."""
        return super().read({"hold_out": NONE, "test_names": (), **found})

    def check(self) -> Self:
        """See BaseRequest."""
        BaseRequest.check(self)
        for code in self.probe_languages:
            if self.languages and self.donor and code not in self.languages:
                raise UsageError(
                    f"{code} is not among the languages of the run.", f"Probe some of {', '.join(self.languages)}.",
                    field="probe_languages",
                )  # fmt: skip
        if not 0 <= self.dropout < 1:
            raise UsageError(
                f"Dropout is {self.dropout}.", "It must be at least 0 and below 1.", field="dropout"
            )  # fmt: skip
        check_rate(self.learning_rate)
        return self

    def completed(self, known: Sequence[str]) -> Self:
        """The same with the languages that were left open, from those of the data, in its order.

        The donor is English where nobody says and the data has it, else its first language.
        """
        donors = tuple(known) if self.donors == ALL else self.donors
        donor = self.donor or (donors[0] if donors else "en" if "en" in known else known[0])
        donors = donors or ((donor,) if self.SEVERAL else ())
        return replace(self, donor=donor, donors=donors, languages=self.languages or tuple(known)).with_donors().check()

    def with_donors(self) -> Self:
        """The same with the donors before the languages, where they are not among them."""
        donors = [code for code in dict.fromkeys((self.donor, *self.donors)) if code not in self.languages]
        return replace(self, languages=(*donors, *self.languages))

    def layers_of(self, last: int) -> tuple[int, ...]:
        """The layers to probe, in order.

        Raises:
            UsageError: for one that a model with `last` hidden layers lacks.
        """
        for layer in self.probe_layers:
            if not 0 <= layer <= last:
                raise UsageError(
                    f"The model has no layer {layer}.", f"Choose from 0 (the initial one) to {last}.",
                    field="probe_layers",
                )  # fmt: skip
        return tuple(sorted(set(self.probe_layers)))


@dataclass(frozen=True)
class TransferRequest(Request):
    """As Request, of many models that are distinguished by their errors alone."""

    donors: tuple[str, ...] = ALL
    seeds: int = 3
    probe_every: int = 0
    keep_model: bool = False


@dataclass(frozen=True)
class DemoRequest(Request):
    """As Request, of one model on one donor, whose space is mapped.

    Attributes:
        perplexity: of the maps.
    """

    probe_every: int = 30
    perplexity: float = 70

    LEAST: ClassVar = {**Request.LEAST, "perplexity": 1}
    SEVERAL: ClassVar = False


KINDS: dict[str, type[Request]] = {"finetune": Request, "transfer": TransferRequest, "demo": DemoRequest}


def make_request(kind: str = "finetune", **fields: Any) -> dict[str, Any]:
    """A checked request as the plain dict that run.json holds; languages may be open, see `Request.completed`.

    Args:
        kind: finetune, transfer or demo.
        fields: those of its class in KINDS; None stands for the default.

    Raises:
        UsageError: naming the first field that cannot be.
    """
    requested = KINDS[kind](**given(**fields))
    check_rate(requested.learning_rate)
    first = next(iter(requested.donors), "") if requested.donors != ALL else ""
    request = replace(
        requested, data=whole_path(requested.data), names=requested.names and whole_path(requested.names),
        model=whole_path(requested.model), donor=requested.donor or first,
        learning_rate=requested.learning_rate or usual_rate(requested.model),
    )  # fmt: skip
    named = request.languages and request.donor and request.donors != ALL
    return (request.with_donors() if named else request).check().plain()


def check_sides(sides: "Sides", request: Request) -> None:
    """See that there is something to train on in every donor language, and to test in every language.

    Raises:
        DataError: naming the first language without.
    """
    for codes, part, what in (
        (request.donors or (request.donor,), sides.train, "train on"),
        (request.languages, sides.test, "test in"),
    ):
        for code in codes:
            if code not in part.languages:
                held = ", ".join(part.languages) or "no language"
                raise DataError(
                    f"{part.name} has nothing to {what} in {code}.", f"There is something to {what} in {held}."
                )


def make_run(workspace: Path, kind: str, request: Mapping[str, Any]) -> "Run":
    """A training of that kind, once its data and its model are known to be there; open languages are the data's.

    Raises:
        NerspaceError: if they are not, or the run cannot be made.
    """
    from nerspace import datasets
    from nerspace.engine import encoders, runs

    open_request = KINDS[kind].read(request)
    corpus = datasets.load(open_request.data, reading=open_request.reading)
    completed = open_request.completed(corpus.languages)
    parallel = None if isinstance(corpus, datasets.TaggedCorpus) else corpus
    for name in completed.test_names or ():
        if parallel is None or not parallel.named(name):
            raise UsageError(
                f"{corpus.name} has no name {name!r} to test.", "t on Data lists its names.", field="test_names"
            )
    if completed.test_names is None:
        asked = kind == "demo" and parallel is not None and all(map(parallel.named, FLAGSHIP))
        completed = replace(completed, test_names=FLAGSHIP if asked else ())
    chosen = corpus.select(languages=completed.languages)
    if isinstance(chosen, datasets.TaggedCorpus):
        check_sides(chosen.sides(completed.seed), completed)
    if completed.names:
        datasets.load_names(completed.names)
    encoders.check(completed.model)
    return runs.create(workspace, kind, completed.plain(), completed.seed)
