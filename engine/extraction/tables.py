"""The table of the files of vectors that an extraction writes."""

from typing import TYPE_CHECKING

from nerspace.engine.requests.extraction import ExtractRequest
from nerspace.engine.tables.spec import AT, TableSpec, integer, text

if TYPE_CHECKING:
    import pandas as pd

VECTORS = TableSpec(
    "vectors",
    "The files of vectors that nerspace extract wrote, each with a CSV of its rows beside it.",
    {
        "file": text("array in the run's folder vectors, float32 or float16 [n, dimensions], to be mapped into memory"),
        "of": text("words or entities"),
        **AT,
        "n": integer("rows"),
        "dimensions": integer("columns"),
        "donor": text("language the model was trained on; empty before"),
        "seed": integer("seed of that training"),
        "step": integer("optimiser steps of that training, 0 before"),
        "model": text("the encoder, or the folder of the fine-tuned model"),
    },
)


@VECTORS.made_by
def vectors_table(request: ExtractRequest, n: int, width: int) -> "pd.DataFrame":
    """The table `vectors`: one row per file."""
    rows = [
        (f"{file_name(stage, layer, request.of)}.npy", request.of, stage, layer, n, width, *origin(request, stage),
         request.model if stage == "before" else request.tuned)
        for stage in request.stages for layer in request.layers
    ]  # fmt: skip
    return VECTORS.frame(rows)


def file_name(stage: str, layer: int, of: str) -> str:
    """The name, without ending, of the file of a stage and layer."""
    return f"{stage}-{layer}-{of}"


def origin(request: ExtractRequest, stage: str) -> tuple[str, int, int]:
    """Donor, seed and step of the model of a stage."""
    return (request.donor, request.tuned_seed, request.step) if stage == "after" else ("", request.tuned_seed, 0)
