"""Every table nerspace can make: its name, the function behind it, its columns and what it means in one line.

A table is entered here once and so has three doors: the command line prints it, the explorer shows it, and both write
it as CSV. The functions are named, not imported, so that this page costs nothing to read.
"""

from collections.abc import Mapping

from nerspace.engine.errors import UsageError
from nerspace.engine.evaluation.catalogued import EVALUATION_TABLES
from nerspace.engine.geometry.catalogued import GEOMETRY_TABLES
from nerspace.engine.names.catalogued import NAME_TABLES
from nerspace.engine.paper.catalogued import PAPER_TABLES
from nerspace.engine.runs.tables import RUN_TABLES
from nerspace.engine.tables.spec import LANGUAGE, LAYER, SENTENCE, STAGE, TYPE, TableSpec
from nerspace.engine.transfer.catalogued import SWAP_TABLES, TRANSFER_TABLES

_SPECS = (
    TableSpec(
        "counts",
        "How many sentences a corpus can make, and how many of them keep gender and case.",
        "datasets.synthetic:counts",
        {
            "corpus": "name or path of the corpus",
            "type": TYPE,
            "case": "case that the slot asks for",
            "contexts": "contexts with that slot in some language",
            "names": "names that have that form",
            "possible": "all names times all contexts",
            "valid": "those where the name's gender fits the slot",
            "languages": "languages in which this type has contexts and names of this case",
            "refused": "contexts that make no sentence: their slots differ, or a language is missing",
            "twice": "contexts with several slots, all filled with the same name",
            "duplicates": "contexts that read like an earlier one in every language",
        },
    ),
    TableSpec(
        "sentences",
        "The sentences that a run trained and tested on.",
        "engine.sampling:sentence_table",
        {
            "sentence": SENTENCE,
            "split": "train or test",
            "language": LANGUAGE,
            "type": TYPE,
            "case": "case of the slot",
            "context": "context id",
            "entity": "entity id",
            "form": "the name as it stands in the sentence",
            "words": "words, joined by a space",
            "tags": "IOB2 tags, joined by a space",
            "text": "the sentence as it is written",
        },
    ),
    *NAME_TABLES,
    TableSpec(
        "steps",
        "The training loss, step by step; nerspace finetune adds donor and seed.",
        "engine.training.loop:steps_table",
        {
            "step": "optimiser step, from 1",
            "loss": "cross-entropy of the batch",
            "learning_rate": "learning rate of the step",
            "sentences": "sentences seen so far",
            "seconds": "training time so far, probes not counted",
            "probe_seconds": "time of the probes so far",
        },
        "curves",
    ),
    TableSpec(
        "probes",
        "Measures of the space during training, on a fixed sample per language; nerspace finetune adds donor and seed.",
        "engine.training.loop:probes_table",
        {
            "step": "optimiser step after which the probe was taken, 0 before training",
            "language": f"{LANGUAGE}, or all",
            "layer": LAYER,
            "measure": "mean_cosine, isoscore, log10_partition (random words of a language); wrong (sentences; last "
            "layer); knn_purity_type, knn_purity_language (share of 10 neighbours, entities of all languages)",
            "n": "word vectors; sentences for wrong; entity vectors for purity",
            "value": "the measure",
            "floor": "the same on Gaussian noise of that n and dimension; for purity, with shuffled labels; else empty",
        },
        "curves",
    ),
    TableSpec(
        "deltas",
        "Change of the mean cosine from one probe to the next; nerspace finetune adds donor and seed.",
        "engine.statistics.correlation:delta_table",
        {
            "step": "step at the end of the interval",
            "language": LANGUAGE,
            "layer": LAYER,
            "h": "length of the interval in steps",
            "delta": "mean cosine at its end minus at its beginning",
        },
        "curves",
    ),
    TableSpec(
        "delta_correlations",
        "Pearson correlation of two languages' series of deltas, short series, so mind n and the interval; nerspace "
        "finetune adds donor and seed.",
        "engine.statistics.correlation:delta_correlation_table",
        {
            "layer": LAYER,
            "a": LANGUAGE,
            "b": LANGUAGE,
            "n": "intervals in the series",
            "r": "Pearson correlation",
            "low": "2.5 % bound, circular block bootstrap",
            "high": "97.5 % bound",
        },
        "heatmap",
    ),
    *GEOMETRY_TABLES,
    *TRANSFER_TABLES,
    *SWAP_TABLES,
    TableSpec(
        "differences",
        "A value of two languages in one slice or run less the same value in another.",
        "engine.geometry.comparing:difference_table",
        {
            "a": LANGUAGE,
            "b": LANGUAGE,
            "n": "n of the first value, where its table has it",
            "n_other": "n of the other value",
            "value": "the first value",
            "other": "the other value",
            "difference": "value less other",
        },
        "heatmap",
    ),
    TableSpec(
        "above_floor",
        "A value of two languages less its chance floor.",
        "engine.geometry.comparing:above_floor_table",
        {
            "a": LANGUAGE,
            "b": LANGUAGE,
            "n": "n of the value, where its table has it",
            "value": "the value",
            "floor": "its chance floor",
            "above": "value less floor",
        },
        "heatmap",
    ),
    *EVALUATION_TABLES,
    TableSpec(
        "points",
        "The points of the maps: one entity in its sentence each.",
        "engine.sampling:point_table",
        {
            "point": "row of the vectors and of the map",
            "sentence": SENTENCE,
            "language": LANGUAGE,
            "type": TYPE,
            "entity": "entity id",
            "form": "the name as it stands in the sentence",
        },
    ),
    TableSpec(
        "vectors",
        "The files of vectors that nerspace extract wrote, each with a CSV of its rows beside it.",
        "engine.extraction.job:vectors_table",
        {
            "file": "array in the run's folder vectors, float32 [n, dimensions], to be mapped into memory",
            "of": "words or entities",
            "stage": STAGE,
            "layer": LAYER,
            "n": "rows",
            "dimensions": "columns",
            "donor": "language the model was trained on; empty before",
            "seed": "seed of that training",
            "step": "optimiser steps of that training, 0 before",
            "model": "the encoder, or the folder of the fine-tuned model",
        },
    ),
    TableSpec(
        "map",
        "Entity vectors on the plane.",
        "engine.projection:map_table",
        {"stage": STAGE, "layer": LAYER, "point": "point of the table points", "x": "map unit", "y": "map unit"},
        "scatter",
    ),
    TableSpec(
        "map_quality",
        "How far a map may be trusted.",
        "engine.projection:map_quality_table",
        {
            "stage": STAGE,
            "layer": LAYER,
            "method": "tsne (openTSNE), tsne-sklearn or pca",
            "perplexity": "perplexity of t-SNE, at most (n - 1) / 3; empty for pca",
            "seed": "seed of the projection",
            "n": "points",
            "preserved": "share of the 10 nearest neighbours that the map keeps",
            "chance": "the share that a random map would keep",
            "trustworthiness": "1 when no stranger is drawn near, of 10 neighbours (Venna and Kaski 2001)",
            "metric": "euclidean, or cosine: of vectors at length 1",
            "start": "pca, or the stage and layer whose map it started from",
            "iterations": "iterations done; fewer than planned where the drawing was stopped",
            "planned": "iterations of a whole map, 1 where the method does not tell them",
        },
    ),
    *PAPER_TABLES,
    *RUN_TABLES,
)

CATALOGUE: Mapping[str, TableSpec] = {spec.name: spec for spec in _SPECS}


def table_spec(name: str) -> TableSpec:
    """The entry of that name.

    Raises: UsageError for a name that is not in the catalogue.
    """
    try:
        return CATALOGUE[name]
    except KeyError:
        raise UsageError(f"Unknown table {name!r}.", f"Choose from {', '.join(CATALOGUE)}.") from None
