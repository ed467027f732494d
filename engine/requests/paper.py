"""What `nerspace paper` is asked to do, and the sizes that a scale stands for. Nothing heavy is imported."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from nerspace.engine import devices
from nerspace.engine.errors import UsageError
from nerspace.engine.paper import published
from nerspace.engine.paper.published import ITEMS
from nerspace.engine.requests.training import check_place

# What a model is needed for; Table 1 counts, and the rest is read from English seed 0 alone.
MANY_DONORS = "figure5"
SIX_DONORS = ("figure3", "figure4")


@dataclass(frozen=True, slots=True)
class Sizes:
    """How large everything is.

    train, test: sentences per donor and per recipient. contexts: per ambiguous name and type, at most. probe_every:
    steps between two probes, the h of Δ_h. probe_size: sentences per probed language. batch_size: sentences per step.
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
# What 33 models of the built-in encoder learn and are asked within a quarter of an hour on two CPU cores. For so short
# a training its number of steps counts: after 320 sentences, 2 a step, 11 of 48 English test sentences are wrong, after
# as many at 4 a step 32.
SMALL = Sizes(train=280, test=40, contexts=6, probe_every=7, probe_size=8, batch_size=2)
SCALES = {"small": SMALL, "full": FULL}
_LEAST = Sizes(train=48, test=24, contexts=4, probe_every=2, probe_size=12, batch_size=2)


def sizes_of(scale: str) -> Sizes:
    """The sizes of a scale: small, full, or a share of the paper's sizes above 0 and up to 1.

    With a share, h shrinks as the number of steps does, so that a series of Δ_h keeps its length.
    Raises: UsageError for anything else.
    """
    if scale in SCALES:
        return SCALES[scale]
    try:
        share = float(scale)
    except ValueError:
        share = 0.0
    if not 0 < share <= 1:
        raise UsageError(f"Unknown scale {scale!r}.", f"Choose {', '.join(SCALES)} or a share such as 0.1.")
    full, least = asdict(FULL), asdict(_LEAST)
    scaled = {name: max(least[name], round(value * share)) for name, value in full.items()}
    batch = 2 if share < 0.1 else 4 if share < 0.3 else FULL.batch_size
    # As many changes as the paper has, 21, or few steps each.
    every = max(least["probe_every"], round(scaled["train"] / batch / FULL.train * FULL.batch_size * FULL.probe_every))
    return Sizes(**{**scaled, "probe_every": every, "probe_size": FULL.probe_size, "batch_size": batch})


@dataclass(frozen=True, slots=True)
class PaperRequest:
    """What a paper run is asked to do; kept whole in run.json.

    items: which tables and figures. seeds: models per donor for Figure 5, from `seed` on; the rest uses the first.
    fill: whether types that the data has names but no contexts for get the built-in contexts. fresh: whether models of
    earlier runs are made anew. on, threads: where the models are made, as in Request.
    """

    items: tuple[str, ...]
    scale: str
    sizes: Sizes
    seeds: int
    seed: int
    model: str
    data: str
    device: str
    learning_rate: float
    epochs: int = published.EPOCHS
    perplexity: float = published.PERPLEXITY
    fill: bool = True
    fresh: bool = False
    checkpoint_seconds: float = 60.0
    on: str = ""
    threads: int = 0

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


def make_paper_request(items: tuple[str, ...], scale: str, seeds: int, **fields: Any) -> dict[str, Any]:
    """A checked request as the plain dict that run.json holds; items: none for all.

    Raises: UsageError naming the first field that cannot be.
    """
    for item in items:
        if item not in ITEMS:
            raise UsageError(f"The paper has no {item!r}.", f"Choose from {', '.join(ITEMS)}.")
    if seeds < 1:
        raise UsageError(f"Seeds is {seeds}.", "It must be at least 1.")
    chosen = tuple(item for item in ITEMS if item in items or not items)
    request = PaperRequest(chosen, scale, sizes_of(scale), seeds, **fields)
    devices.check_device_name(request.device)
    check_place(request.on, request.device)
    if request.threads < 0:
        raise UsageError(f"Threads is {request.threads}.", "It must be 0, for all, or more.")
    if not 0 < request.learning_rate < 1:
        raise UsageError(f"The learning rate is {request.learning_rate}.", "It must lie between 0 and 1; try 5e-5.")
    return asdict(request)


def read_paper_request(fields: Mapping[str, Any]) -> PaperRequest:
    """The request that run.json holds."""
    return PaperRequest(**{**fields, "items": tuple(fields["items"]), "sizes": Sizes(**fields["sizes"])})
