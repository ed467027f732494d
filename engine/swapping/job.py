"""The swap lab as a job: read every sentence with the fine-tuned model and with the encoder it came from."""

from collections.abc import Iterator
from typing import Any

from nerspace.engine import devices, encoders
from nerspace.engine.encoders.batching import Encoded, encode
from nerspace.engine.encoders.forward import Outputs, forward
from nerspace.engine.errors import DataError, UsageError
from nerspace.engine.requests.swapping import read_swap_request
from nerspace.engine.runs import Run
from nerspace.engine.runs.records import Note, Progress, Record, Stage
from nerspace.engine.swapping.sentences import Swap, SwapPlan, plan_swaps
from nerspace.engine.swapping.tables import Reading, swap_summary_table, swap_table
from nerspace.engine.training.demo import FORWARD_BATCH, longest_input
from nerspace.engine.training.loop import LABELS


def swap(run: Run) -> Iterator[Record]:
    """Write the tables `swap` and `swap_summary` of what the run asks for."""
    request = read_swap_request(run.info()["request"])
    device = devices.pick_device(request.device)
    run.update(device=devices.describe(device))
    yield Stage("prepare", "Names and contexts", 1, "plan")
    plan = plan_swaps(request)
    model: Any = encoders.load_token_classifier(request.trained, LABELS, 0).to(device)
    layer = _layer(request.layer, model.config.num_hidden_layers)
    encoded = encode(
        [item.sentence for item in plan.filled],
        encoders.load_tokenizer(request.trained),
        longest_input(model.config),
    )
    plan, encoded, lost = _readable(plan, encoded)
    if lost:
        yield Note(f"{lost} sentences are left out: the model does not reach their name.")
    yield Progress("prepare", 1)

    after = Outputs()
    yield Stage("after", "Reading after fine-tuning", len(encoded), "sentences")
    yield from _read("after", model, encoded, after, layer)
    labels = [model.config.id2label[number] for number in range(len(LABELS))]
    model = encoders.load_token_classifier(request.model, LABELS, 0)
    before = Outputs()
    yield Stage("before", "Reading before fine-tuning", len(encoded), "sentences")
    yield from _read("before", model.to(device), encoded, before, layer)

    yield Stage("tables", "Counting", 2, "tables")
    tags = [[labels[number] for number in numbers] for numbers in after.predicted]
    table = swap_table(plan, Reading(tags, after.certainty, after.vectors[layer], before.vectors[layer], layer))
    run.write_table("swap", table)
    yield Progress("tables", 1)
    run.write_table("swap_summary", swap_summary_table(table, request.seed))
    yield Progress("tables", 2)


def _layer(asked: int | None, last: int) -> int:
    if asked is not None and not 0 <= asked <= last:
        raise UsageError(f"The model has no layer {asked}.", f"Choose from 0 (the initial one) to {last}.")
    return last if asked is None else asked


def _readable(plan: SwapPlan, encoded: list[Encoded]) -> tuple[SwapPlan, list[Encoded], int]:
    """The plan without sentences whose name has no piece within the model's reach, and how many these were."""
    kept = [number for number, item in enumerate(encoded) if item.entity_pieces]
    place = {number: row for row, number in enumerate(kept)}
    swaps = [
        Swap(swap.kind, place[swap.filled], place[swap.reference])
        for swap in plan.swaps
        if swap.filled in place and swap.reference in place
    ]
    if not swaps:
        raise DataError("No swap can be read by this model.", "Choose other names, or an encoder for their script.")
    filled = [plan.filled[number] for number in kept]
    return (
        SwapPlan(filled, swaps, plan.ambiguous, plan.sides),
        [encoded[number] for number in kept],
        len(encoded) - len(kept),
    )


def _read(stage: str, model: Any, encoded: list[Encoded], outputs: Outputs, layer: int) -> Iterator[Record]:
    groups = [[item.entity_pieces] for item in encoded]
    for done in forward(model, encoded, outputs, groups=groups, layers=[layer], batch_size=FORWARD_BATCH):
        yield Progress(stage, done)
