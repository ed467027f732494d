"""The tables of a training: its steps and its probes."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from nerspace.engine.runs.records import ProbeRecord, StepRecord
from nerspace.engine.tables.spec import LANGUAGE, LAYER, MODEL, TableSpec, integer, real, text

if TYPE_CHECKING:
    import pandas as pd

STEPS = TableSpec(
    "steps",
    "The training loss, step by step; nerspace finetune adds donor and seed.",
    {
        "step": integer("optimiser step, from 1"),
        "loss": real("cross-entropy of the batch"),
        "learning_rate": real("learning rate of the step"),
        "sentences": integer("sentences seen so far"),
        "seconds": real("training time so far, probes not counted"),
        "probe_seconds": real("time of the probes so far"),
    },
    "curves",
    added=MODEL,
)


@STEPS.made_by
def steps_table(records: Iterable[StepRecord]) -> "pd.DataFrame":
    """The table `steps`."""
    rows = [(r.step, r.loss, r.learning_rate, r.sentences, r.seconds, r.probe_seconds) for r in records]
    return STEPS.frame(rows)


PROBES = TableSpec(
    "probes",
    "Measures of the space during training, on a fixed sample per language; nerspace finetune adds donor and seed.",
    {
        "step": integer("optimiser step after which the probe was taken, 0 before training"),
        "language": text(f"{LANGUAGE}, or all"),
        "layer": integer(LAYER),
        "measure": text(
            "mean_cosine, isoscore, log10_partition (random words of a language); wrong (sentences; last "
            "layer); knn_purity_type, knn_purity_language (share of 10 neighbours, entities of all languages)"
        ),
        "n": integer("word vectors; sentences for wrong; entity vectors for purity"),
        "value": real("the measure"),
        "floor": real(
            "the same on Gaussian noise of that n, dimension and typical length; for purity, with freely shuffled "
            "labels; else empty"
        ),
        "floor_parallel": real(
            "for purity, with labels shuffled so that parallel rows stay together: types between cells, languages "
            "within a cell; the floor of parallel data; else empty"
        ),
    },
    "curves",
    added=MODEL,
)


@PROBES.made_by
def probes_table(records: Iterable[ProbeRecord]) -> "pd.DataFrame":
    """The table `probes`."""
    rows = [(r.step, r.language, r.layer, r.measure, r.n, r.value, r.floor, r.floor_parallel) for r in records]
    return PROBES.frame(rows)
