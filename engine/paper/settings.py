"""How the experiment of a run differs from the paper's."""

from collections import Counter
from typing import TYPE_CHECKING

from nerspace.engine.paper import published
from nerspace.engine.paper.samples import PaperSample
from nerspace.engine.requests.base import usual_rate
from nerspace.engine.requests.paper import PaperRequest
from nerspace.engine.tables.spec import TableSpec, text

if TYPE_CHECKING:
    import pandas as pd


PAPER_SETTINGS = TableSpec(
    "paper_settings",
    "How the experiment of a run differs from the paper's.",
    {
        "setting": text("what is set"),
        "theirs": text("in the paper"),
        "ours": text("in this run"),
    },
)


@PAPER_SETTINGS.made_by
def setting_table(request: PaperRequest, sample: PaperSample) -> "pd.DataFrame":
    """The table `paper_settings`: what the paper did and what this run does, one row per setting."""
    sizes, corpus = request.sizes, sample.corpus
    steps = request.epochs * -(-len(sample.train) // sizes.batch_size)
    rows = [
        ("data", "SyntheticNER", corpus.name),
        ("languages", "be bg ca cs en es pl ru sl tr uk", " ".join(corpus.languages)),
        ("model", "FacebookAI/xlm-roberta-base", request.model),
        ("scale", "full", request.scale),
        ("training sentences", _by_type(published.TRAIN), _by_type(Counter(e.type for _, e in sample.train))),
        ("test sentences per language", _by_type(published.TEST), _by_type(Counter(e.type for _, e in sample.test))),
        ("test contexts per ambiguous name and type", str(published.CONTEXTS), f"up to {sizes.contexts}"),
        ("ambiguous names", "1 (Washington)", str(len({name for name, _ in sample.named}))),
        ("epochs", str(published.EPOCHS), str(request.epochs)),
        ("sentences per step", "not stated", str(sizes.batch_size)),
        ("steps per model", "not stated", str(steps)),
        ("peak learning rate", "not stated", f"{request.learning_rate or usual_rate(request.model):g}"),
        ("h of the changes, in steps", str(published.PROBE_EVERY), str(sizes.probe_every)),
        ("changes per series", "not stated", str(steps // sizes.probe_every)),
        ("probed sentences per language", "not stated", str(sizes.probe_size)),
        ("perplexity of the maps", f"{published.PERPLEXITY:g}", f"{request.perplexity:g}, less where points are few"),
        ("layers", "initial and output", "0 and the last"),
        ("seeds of Figure 5", "1", str(request.seeds)),
        ("first seed", "not stated", str(request.seed)),
    ]
    return PAPER_SETTINGS.frame(rows)


def _by_type(counts: "Counter[str] | dict[str, int]") -> str:
    parts = ", ".join(f"{kind} {counts[kind]:,}" for kind in published.TRAIN if counts[kind])
    return f"{sum(counts.values()):,} ({parts})"
