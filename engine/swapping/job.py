"""The swap lab as a job: read every sentence with the fine-tuned model and with the encoder it came from."""

from collections.abc import Iterator

from nerspace.engine import devices
from nerspace.engine.encoders import Encoder, resolve
from nerspace.engine.encoders.batching import Encoded
from nerspace.engine.encoders.configuration import labels_in
from nerspace.engine.encoders.content import encoder_hash
from nerspace.engine.errors import DataError
from nerspace.engine.evaluation.inputs import labels_of
from nerspace.engine.requests.swapping import SwapRequest
from nerspace.engine.runs import Run
from nerspace.engine.runs.origin import Origin, begin_pass
from nerspace.engine.runs.records import Note, Progress, Record, Stage, counted
from nerspace.engine.swapping.sentences import Swap, SwapPlan, plan_swaps
from nerspace.engine.swapping.tables import SwapOutputs, swap_summary_table, swap_table


def swap(run: Run) -> Iterator[Record]:
    """Write the tables `swap` and `swap_summary` of what the run asks for."""
    request = SwapRequest.read(run.info()["request"])
    labels = labels_of(labels_in(resolve(request.trained)), request.trained)
    tuned = Encoder(request.trained, request.device, labels.own)
    encoder = Encoder(request.model, request.device)
    run.update(device=devices.describe(tuned.device))
    layer = tuned.layer(-1 if request.layer is None else request.layer)
    yield Stage("prepare", "Names and contexts", 1, "plan")
    plan = plan_swaps(request)
    hashes = [encoder_hash(request.trained), encoder_hash(request.model)]
    origin = Origin.of(request, [*plan.filled, *plan.swaps], hashes, __name__)
    yield from begin_pass(run, origin, lambda: _forget(run))
    plan, encoded, lost = _readable(plan, tuned.encode([item.sentence for item in plan.filled]))
    if lost:
        yield Note(f"{lost} sentences are left out: the model does not reach their name.")
    yield Progress("prepare", 1)

    yield Stage("after", "Reading after fine-tuning", len(encoded), "sentences")
    after = yield from counted("after", tuned.read_counting(encoded, layers=[layer]))
    yield Stage("before", "Reading before fine-tuning", len(encoded), "sentences")
    before = yield from counted("before", encoder.read_counting(encoded, layers=[layer]))

    yield Stage("tables", "Counting", 2, "tables")
    outputs = SwapOutputs(
        [labels.read(row) for row in after.predicted],
        after.certainty,
        after.vectors[layer],
        before.vectors[layer],
        layer,
    )
    table = swap_table(plan, outputs)
    run.write_table("swap", table)
    yield Progress("tables", 1)
    run.write_table("swap_summary", swap_summary_table(table, request.seed))
    yield Progress("tables", 2)


def _forget(run: Run) -> bool:
    left = run.tables()
    for table in left:
        run.drop_table(table)
    return bool(left)


def _readable(plan: SwapPlan, encoded: list[Encoded]) -> tuple[SwapPlan, list[Encoded], int]:
    """The plan without sentences whose name has no piece within the model's reach, and how many these were."""
    read = [number for number, item in enumerate(encoded) if item.entity_pieces]
    row_of = {number: row for row, number in enumerate(read)}
    swaps = [
        Swap(swap.kind, row_of[swap.filled], row_of[swap.reference])
        for swap in plan.swaps
        if swap.filled in row_of and swap.reference in row_of
    ]
    if not swaps:
        raise DataError("No swap can be read by this model.", "Choose other names, or an encoder for their script.")
    filled = [plan.filled[number] for number in read]
    return (
        SwapPlan(filled, swaps, plan.ambiguous, plan.sides),
        [encoded[number] for number in read],
        len(encoded) - len(read),
    )
