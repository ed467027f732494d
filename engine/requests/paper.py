"""What `nerspace paper` is to do, and the sizes that a scale stands for. Nothing heavy is imported."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar, Self

from nerspace.engine.errors import UsageError
from nerspace.engine.paper import published
from nerspace.engine.paper.published import ITEMS
from nerspace.engine.requests.base import BUILTIN, BaseRequest, check_rate, given, usual_rate, whole_path

# What a model is needed for; Table 1 counts, and the rest is read from English seed 0 alone.
MANY_DONORS = "figure5"
SIX_DONORS = ("figure3", "figure4")


@dataclass(frozen=True, slots=True)
class Sizes:
    """How large everything is.

    Attributes:
        train: sentences per donor.
        test: sentences per recipient.
        contexts: per ambiguous name and type, at most.
        probe_every: steps between two probes, the h of Δ_h.
        probe_size: sentences per probed language.
        batch_size: sentences per step.
    """

    train: int
    test: int
    contexts: int
    probe_every: int
    probe_size: int
    batch_size: int


FULL = Sizes(
    sum(published.TRAIN.values()), sum(published.TEST.values()), published.CONTEXTS, published.PROBE_EVERY, 12, 8
)
# What 22 models of the built-in encoder learn and predict within about a quarter of an hour on two CPU cores, so that
# they know their own language: the order of donors' difficulty then agrees between seeds at a rank correlation of .91,
# where half as many sentences at 8 a step gave .53.
SMALL = Sizes(train=1120, test=120, contexts=6, probe_every=14, probe_size=8, batch_size=4)
SCALES = {"small": SMALL, "full": FULL}
_LEAST = Sizes(train=48, test=24, contexts=4, probe_every=2, probe_size=12, batch_size=2)


def sizes_of(scale: str) -> Sizes:
    """The sizes of a scale: small, full, or a share of the paper's sizes above 0 and up to 1.

    With a share, h shrinks as the number of steps does, so that a series of Δ_h has the same length.

    Raises:
        UsageError: for anything else.
    """
    if scale in SCALES:
        return SCALES[scale]
    try:
        share = float(scale)
    except ValueError:
        share = 0.0
    if not 0 < share <= 1:
        raise UsageError(
            f"Unknown scale {scale!r}.", f"Choose {', '.join(SCALES)} or a share such as 0.1.", field="scale"
        )
    full, least = asdict(FULL), asdict(_LEAST)
    scaled = {name: max(least[name], round(value * share)) for name, value in full.items()}
    batch = 2 if share < 0.1 else 4 if share < 0.3 else FULL.batch_size
    # As many changes as the paper has, 21, or few steps each.
    every = max(least["probe_every"], round(scaled["train"] / batch / FULL.train * FULL.batch_size * FULL.probe_every))
    return Sizes(**{**scaled, "probe_every": every, "probe_size": FULL.probe_size, "batch_size": batch})


@dataclass(frozen=True)
class PaperRequest(BaseRequest):
    """What a paper run is to do.

    Attributes:
        items: which tables and figures.
        seeds: models per donor for Figure 5, from `seed` on; the rest uses the first.
        learning_rate: None for that of the encoder.
        fill: whether types that the data has names but no contexts for get the built-in contexts.
        fresh: whether models of earlier runs are made anew.
        on: where the models are made, as in Request.
        threads: likewise.
    """

    items: tuple[str, ...] = tuple(ITEMS)
    scale: str = "small"
    sizes: Sizes = SMALL
    seeds: int = 2
    seed: int = 0
    model: str = BUILTIN
    data: str = BUILTIN
    device: str = "auto"
    learning_rate: float | None = None
    epochs: int = published.EPOCHS
    perplexity: float = published.PERPLEXITY
    fill: bool = True
    fresh: bool = False
    checkpoint_seconds: float = 60.0
    on: str = ""
    threads: int = 0

    LEAST: ClassVar = {"seeds": 1, "threads": 0}
    PARTS: ClassVar = {"sizes": Sizes}

    def check(self) -> Self:
        """See BaseRequest."""
        BaseRequest.check(self)
        check_rate(self.learning_rate)
        _check_items(self.items)
        return self

    def donors(self, languages: tuple[str, ...]) -> list[tuple[str, int]]:
        """The donor and seed of every model that the items need; English and the first seed come first."""
        wanted: list[tuple[str, int]] = []
        if set(self.items) - {"table1"}:
            wanted.append((published.DONOR, self.seed))
        if set(self.items) & set(SIX_DONORS):
            wanted += [(code, self.seed) for code in published.SIX]
        if MANY_DONORS in self.items:
            wanted += [(code, seed) for seed in range(self.seed, self.seed + self.seeds) for code in languages]
        return [pair for pair in dict.fromkeys(wanted) if pair[0] in languages]


def make_paper_request(items: Sequence[str] = (), **fields: Any) -> dict[str, Any]:
    """A checked request as the plain dict that run.json holds.

    Args:
        items: none for all.
        fields: those of PaperRequest; None stands for the default.

    Raises:
        UsageError: naming the first field that cannot be.
    """
    _check_items(items)
    request = PaperRequest(tuple(item for item in ITEMS if item in items or not items), **given(**fields)).check()
    rate = request.learning_rate or usual_rate(request.model)
    return replace(
        request, sizes=sizes_of(request.scale), learning_rate=rate, data=whole_path(request.data),
        model=whole_path(request.model),
    ).plain()  # fmt: skip


def _check_items(items: Sequence[str]) -> None:
    """Refuse what this version does not know, which a run of a younger one may name."""
    for item in items:
        if item not in ITEMS:
            raise UsageError(f"The paper has no {item!r}.", f"Choose from {', '.join(ITEMS)}.", field="items")
