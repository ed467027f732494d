"""The swap lab as a job: read every sentence with the fine-tuned model and with the encoder it came from.

Counterfactual names are read with the fine-tuned models alone.
"""

from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence

import numpy as np

from nerspace.datasets import Sentence
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
from nerspace.engine.runs.records import ModelId, Note, Progress, Record, Stage, counted
from nerspace.engine.sampling import require_same_data
from nerspace.engine.swapping.contrasts import Answer, contrast_table, counterfactual_table
from nerspace.engine.swapping.counterfactuals import Asked, Plan, pieces_of, read_sentences
from nerspace.engine.swapping.cutting import Cutter
from nerspace.engine.swapping.sentences import Swap, SwapPlan, plan_swaps
from nerspace.engine.swapping.tables import SwapOutputs, swap_summary_table, swap_table
from nerspace.engine.words import are, several


def swap(run: Run) -> Iterator[Record]:
    """Write the tables `swap` and `swap_summary` of what the run asks for, or those of counterfactual names."""
    request = SwapRequest.read(run.info()["request"])
    if request.counterfactual:
        yield from counterfactuals(run, request)
        return
    labels = labels_of(labels_in(resolve(request.trained)), request.trained)
    tuned = Encoder(request.trained, request.device, labels.own)
    encoder = Encoder(request.model, request.device) if request.model else None
    run.update(device=devices.describe(tuned.device))
    layer = tuned.layer(-1 if request.layer is None else request.layer)
    yield Stage("prepare", "Names and contexts", 1, "plan")
    source = Run(run.path.parent / request.source)
    # A model from elsewhere has none, and one that was removed can be asked no more.
    if request.source and source.path.is_dir():
        require_same_data(source)
    plan = plan_swaps(request)
    hashes = [encoder_hash(name) for name in (request.trained, request.model) if name]
    origin = Origin.of(request, [*plan.filled, *plan.swaps], hashes, __name__)
    yield from begin_pass(run, origin, lambda: _forget(run))
    plan, encoded, lost = _readable(plan, tuned.encode([item.sentence for item in plan.filled]))
    if lost:
        yield Note(f"{several(lost, 'sentence')} {are(lost)} left out: the model does not reach their name.")
    yield Progress("prepare", 1)

    yield Stage("after", "Reading after fine-tuning", len(encoded), "sentences")
    after = yield from counted("after", tuned.read_counting(encoded, layers=[layer]))
    vectors = after.vectors[layer]
    if encoder is None:
        yield Note("Nobody says which encoder the model came from, so nothing is said of before fine-tuning.")
        earlier = np.full_like(vectors, np.nan)
    else:
        yield Stage("before", "Reading before fine-tuning", len(encoded), "sentences")
        before = yield from counted("before", encoder.read_counting(encoded, layers=[layer]))
        earlier = before.vectors[layer]

    yield Stage("tables", "Counting", 2, "tables")
    outputs = SwapOutputs(
        [labels.read(row) for row in after.predicted],
        after.certainty,
        vectors,
        earlier,
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


def counterfactuals(run: Run, request: SwapRequest) -> Iterator[Record]:
    """Write `counterfactuals` and `counterfactual_contrasts`: one pass per model over all that is changed."""
    source = Run(run.path.parent / request.source)
    sentences = read_sentences(source.read_table("sentences"))
    recipients = request.languages
    hashes = [encoder_hash(folder) for folder in request.folders]
    origin = Origin.of(request, list(sentences.values()), hashes, __name__)
    yield from begin_pass(run, origin, lambda: _forget(run))
    plans: dict[str, list[Asked]] = {}
    answers: list[Answer] = []
    parts = len(request.models)
    cutter: Cutter | None = None
    for number, (name, folder) in enumerate(zip(request.models, request.folders, strict=True), 1):
        donor, _, seed = name.rpartition("-")
        model = ModelId(donor, int(seed))
        labels = labels_of(labels_in(resolve(folder)), folder)
        encoder = Encoder(folder, request.device, labels.own)
        run.update(device=devices.describe(encoder.device))
        yield Stage("prepare", f"Changing names for {donor}", 1, "plan", number, parts, model)
        # All models of a run have one tokenizer, whose pieces take a second to read.
        cutter = cutter or Cutter(encoder.tokenizer)
        if donor not in plans:
            plans[donor] = ask(sentences, ModelId(donor, request.seed), recipients, encoder, cutter)
        asked = plans[donor]
        if not asked:
            raise DataError(
                f"No test sentence of {source.id} has a parallel in {donor}.",
                "Counterfactuals need parallel names: contexts and names, or a table of names.",
            )
        yield Progress("prepare", 1)
        items = unlike(asked)
        yield Stage("after", f"Reading with {model}", len(items), "sentences", number, parts, model)
        answers += yield from counted("after", read_asked(encoder, labels.read, asked, items, cutter, model))
    yield Stage("tables", "Counting", 2, "tables")
    table = counterfactual_table(answers)
    run.write_table("counterfactuals", table)
    yield Progress("tables", 1)
    run.write_table("counterfactual_contrasts", contrast_table(table))
    yield Progress("tables", 2)


def ask(
    sentences: Mapping[str, Sentence], model: ModelId, recipients: Sequence[str], encoder: Encoder, cutter: Cutter,
    cells: Collection[str] | None = None, changes: Collection[str] | None = None,
) -> list[Asked]:  # fmt: skip
    """All changed sentences of a donor, encoded.

    Args:
        sentences: id → sentence, of the test part.
        model: the donor, and the seed of what is drawn.
        recipients: languages that are asked about.
        encoder: whose pieces are read.
        cutter: of its tokenizer.
        cells: those that are asked about; all by default.
        changes: those that are made; all by default.
    """
    plan = Plan(sentences, model.donor, recipients, model.seed, cutter, encoder.limit, cells, changes)
    texts = plan.texts()
    # Sentences that several changes or recipients share are encoded once, and read once.
    made = list(dict.fromkeys(text for text in texts.values() if isinstance(text, Sentence)))
    whole = dict(zip(made, encoder.encode(made), strict=True))
    return list(plan.asked({key: text if isinstance(text, str) else whole[text] for key, text in texts.items()}))


def unlike(asked: Iterable[Asked]) -> list[Encoded]:
    """What is read: the sentences of a plan, those that are the same piece by piece once."""
    return list({one.item.ids: one.item for one in asked if one.item is not None}.values())


def read_asked(
    encoder: Encoder, read: Callable[[Sequence[int]], Sequence[str]], asked: Sequence[Asked],
    items: Sequence[Encoded], cutter: Cutter, model: ModelId,
) -> Generator[int, None, list[Answer]]:  # fmt: skip
    """What a model says of the sentences of a plan, as a generator of how many are read.

    Args:
        encoder: the model.
        read: label numbers of words → their tags.
        asked: the plan.
        items: `unlike` of it.
        cutter: of the tokenizer.
        model: which it is.
    """
    outputs = yield from encoder.read_counting(items, layers=())
    tags = {item.ids: read(numbers) for item, numbers in zip(items, outputs.predicted, strict=True)}
    return [_answer(model, one, None if one.item is None else tags[one.item.ids], cutter) for one in asked]


def _answer(model: ModelId, asked: Asked, tags: Sequence[str] | None, cutter: Cutter) -> Answer:
    context, _, entity = asked.cell.partition("/")
    sentence = f"{asked.recipient}/{asked.cell}"
    if asked.item is None or tags is None:
        return Answer(model.donor, model.seed, asked.recipient, sentence, asked.type, context, entity, asked.change, "",
                      "", None, None, asked.why)  # fmt: skip
    read = asked.item.sentence
    form = " ".join(word for word, tag in zip(read.words, read.tags, strict=True) if tag != "O")
    return Answer(model.donor, model.seed, asked.recipient, sentence, asked.type, context, entity, asked.change,
                  read.text, form, pieces_of(asked.item, cutter), list(tags) != list(read.tags), "")  # fmt: skip
