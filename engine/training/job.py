"""Fine-tuning on several donors with several seeds, as one job: a model each, and its errors in every language."""

import json
import math
import time
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from nerspace.datasets import Sentence
from nerspace.engine import devices, encoders
from nerspace.engine.encoders.batching import ActiveVocabulary, encode
from nerspace.engine.encoders.content import encoder_hash
from nerspace.engine.encoders.forward import Outputs, forward
from nerspace.engine.encoders.saving import save_model
from nerspace.engine.errors import ConfigurationError
from nerspace.engine.evaluation import prediction_table
from nerspace.engine.executors.ray import Piece, Pool, reach
from nerspace.engine.files import write_text
from nerspace.engine.geometry.similarity import cka_table
from nerspace.engine.names.distances import tnld_table
from nerspace.engine.requests.training import Request
from nerspace.engine.runs import Run, to_csv
from nerspace.engine.runs.origin import Origin, begin_training, changes
from nerspace.engine.runs.records import ModelId, Note, ProbeRecord, Progress, Record, Stage, StepRecord
from nerspace.engine.sampling import draw_sample, point_table, readable, sentence_table
from nerspace.engine.statistics.advice import piece_overlap_table
from nerspace.engine.statistics.correlation import delta_correlation_table, delta_table
from nerspace.engine.tables.index import parse_table
from nerspace.engine.training.checkpoints import Checkpoints, TrainingRecord, records_as_json, records_from
from nerspace.engine.training.demo import FORWARD_BATCH, longest_input
from nerspace.engine.training.loop import LABELS, Recipe, finetune
from nerspace.engine.training.probes import probe_space, probed, probed_layers
from nerspace.engine.training.tables import probes_table, steps_table
from nerspace.engine.transfer.findings import transfer_tables

# The first steps are slow to start and say little before so many.
_JUDGED_AFTER = 20
_WORTH_TELLING = 120.0
# Before the last model, findings take at most about this share of the time: workers wait for whoever writes them.
_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Finetuned:
    """What is left of one fine-tuning when it is done: its records, and its table `predictions` as CSV."""

    records: list[TrainingRecord]
    predictions: str


def finetune_donors(run: Run) -> Iterator[Record]:
    """Fine-tune one model per donor and seed on parallel sentences and write what each gets wrong.

    All donors train on the same cells and are tested on the same cells; seeds decide the training alone. With several
    donors it is said beforehand how alike the languages are, so that donors can be advised. The models are trained here
    one after the other, or on a cluster side by side; their tables are written in the same order either way.
    """
    request = Request.read(run.info()["request"])
    devices.use_threads(request.threads)
    donors = request.donors or (request.donor,)
    asked = [
        replace(request, donor=donor, seed=seed)
        for donor in donors
        for seed in range(request.seed, request.seed + request.seeds)
    ]
    with ExitStack() as stack:
        pool: Pool | None = None
        if request.on:
            pool = yield from reach(
                stack, run, request.on, request.threads, request.device, [request.model], len(asked)
            )
            # What is done here is little, and Ray has promised the GPUs to the workers.
            request = replace(request, device="cpu")
        else:
            run.update(device=devices.describe(devices.pick_device(request.device)))
        trains, test, limit = yield from _prepare(run, request, donors)
        run.update(recipe=asdict(Recipe.of(request)))
        if len(asked) > 1:
            steps = Recipe.of(request).steps(len(trains[donors[0]]))
            yield Note(
                f"{len(asked)} fine-tunings of {steps:,} steps; the first {_JUDGED_AFTER} tell how long it takes."
            )
        works = (
            finetune_on(pool, run, asked, trains, test, limit)
            if pool
            else (finetune_one(run, one, trains[one.donor], test, limit) for one in asked)
        )
        yield from _gather(run, asked, works, pool.slots if pool else 1)


def _prepare(
    run: Run, request: Request, donors: Sequence[str]
) -> Generator[Record, None, tuple[dict[str, list[Sentence]], list[Sentence], int]]:
    """Draw the data and write what can be told before any training; training sentences per donor, test, limit."""
    yield Stage("prepare", "Data", 1, "sample")
    limit = _limit(request.model)
    tokenizer = encoders.load_tokenizer(request.model)
    drawn = {donor: draw_sample(replace(request, donor=donor)) for donor in donors}
    first = drawn[donors[0]]
    test = readable(first, tokenizer, limit).test
    _begin(run, request, [*(s for sample in drawn.values() for s in sample.train), *test])
    if missing := len(first.test) - len(test):
        yield Note(f"{missing} test sentences are left out: the model does not reach their name in every language.")
    run.write_table("counts", first.corpus.counts())
    run.write_table("sentences", sentence_table([*(s for sample in drawn.values() for s in sample.train), *test]))
    named = {sentence.entity for sentence in test}
    run.write_table("tnld", tnld_table([e for e in first.corpus.entities if e.id in named], request.languages))
    yield Progress("prepare", 1)
    if len(donors) > 1:
        yield from _compare_languages(run, request, test, limit)
    return {donor: sample.train for donor, sample in drawn.items()}, test, limit


def _begin(run: Run, request: Request, sentences: Sequence[Sentence]) -> None:
    """Note what the run trains on; tables that were read from something else are made anew.

    Raises: ConfigurationError where models of an earlier try were.
    """
    origin = Origin.of(request, sentences, [encoder_hash(request.model)], __name__)
    if changes(run, origin):
        for table in ("piece_overlap", "cka"):
            run.drop_table(table)
    begin_training(run, origin, lambda: any((run.path / "checkpoints").glob("*/*")))


def _gather(
    run: Run, asked: Sequence[Request], works: Iterable[Generator[Record, None, Finetuned]], at_once: int
) -> Iterator[Record]:
    """Pass on the records of all fine-tunings in their order, and write the tables that they fill together.

    at_once: how many go on side by side, for the time that is left.
    """
    for table in ("steps", "probes"):
        run.drop_table(table)
    predictions, deltas, related = "", [], []
    told_at = cost = 0.0
    rounds = math.ceil(len(asked) / max(1, min(at_once, len(asked))))
    for number, (one, work) in enumerate(zip(asked, works, strict=True)):
        part = number * rounds // len(asked) + 1
        done = yield from _recorded(run, one, work, number, len(asked), part, rounds)
        probes = [record for record in done.records if isinstance(record, ProbeRecord)]
        if probes:
            fresh = delta_table(probes_table(probes))
            deltas.append(fresh.assign(donor=one.donor, seed=one.seed))
            related.append(delta_correlation_table(fresh, asked[0].seed).assign(donor=one.donor, seed=one.seed))
            run.write_table("deltas", pd.concat(deltas))
            run.write_table("delta_correlations", pd.concat(related))
        predictions += done.predictions if not predictions else done.predictions.partition("\n")[2]
        run.write_table("predictions", parse_table("predictions", predictions))
        if one is asked[-1] or time.monotonic() - told_at > cost / _SHARE:
            started = time.monotonic()
            for name, table_of_findings in transfer_tables(run).items():
                run.write_table(name, table_of_findings)
            told_at = time.monotonic()
            cost = told_at - started


def finetune_on(
    pool: Pool, run: Run, asked: Sequence[Request], trains: Mapping[str, Sequence[Sentence]], test: Sequence[Sentence],
    limit: int,
) -> list[Generator[Record, None, Finetuned]]:  # fmt: skip
    """As `finetune_one` for every request, all at once on a cluster; those that are done are told again from here.

    trains: training sentences by donor.
    """
    stored = {donor: pool.store(train) for donor, train in trains.items()}
    stored_test = pool.store(test)
    waiting = [one for one in asked if _read_done(_folder(run, one)) is None]
    works = pool.work(
        Piece(
            _name(one), "nerspace.engine.training.job:finetune_one",
            # Nothing outlives a worker that is lost, so nothing is kept for it.
            replace(one, device=pool.device, checkpoint_seconds=math.inf), ("model",),
            partial(_arguments, stored[one.donor], stored_test, limit), _kept(one),
        )
        for one in waiting
    )  # fmt: skip
    begun = dict(zip(map(_name, waiting), works, strict=True))
    return [
        _brought(run, one, begun[_name(one)]) if _name(one) in begun
        else finetune_one(run, one, trains[one.donor], test, limit)
        for one in asked
    ]  # fmt: skip


def _arguments(*values: Any) -> tuple[Any, ...]:
    return values


def _brought(run: Run, request: Request, work: Generator[Record, None, None]) -> Generator[Record, None, Finetuned]:
    """The records of a fine-tuning on a cluster, then what it left in the run."""
    with closing(work):
        yield from work
    if (done := _read_done(_folder(run, request))) is None:
        raise ConfigurationError(f"What came back of {_name(request)} is damaged.", "Resume the run to do it again.")
    return done


def _name(request: Request) -> str:
    return str(ModelId(request.donor, request.seed))


def _folder(run: Run, request: Request) -> Path:
    return run.path / "checkpoints" / _name(request)


def _kept(request: Request) -> tuple[str, ...]:
    """What one fine-tuning leaves of worth, its proof last."""
    model = [f"model/{_name(request)}"] if request.keep_model else []
    return (*model, str(_done_file(Path("checkpoints") / _name(request))))


def finetune_one(
    run: Run, request: Request, train: Sequence[Sentence], test: Sequence[Sentence], limit: int
) -> Generator[Record, None, Finetuned]:
    """One donor, one seed: train, predict, save; or, where that is done already, tell it again.

    Of the run only `checkpoints/DONOR-SEED` and, if models are kept, `model/DONOR-SEED` are written.
    limit: how many ids the model reads at once.
    """
    name, folder = _name(request), _folder(run, request)
    recipe = Recipe.of(request)
    model_id = ModelId(request.donor, request.seed)
    yield Stage("train", f"Fine-tuning {name}", recipe.steps(len(train)), "steps", model=model_id)
    if (done := _read_done(folder)) is not None:
        yield from done.records
        return done

    tokenizer = encoders.load_tokenizer(request.model)
    model: Any = encoders.load_token_classifier(request.model, LABELS, request.seed)
    model.to(devices.pick_device(request.device))
    learned, read = encode(train, tokenizer, limit), encode(test, tokenizer, limit)
    records: list[TrainingRecord] = []
    with ActiveVocabulary(model, [*learned, *read]) as vocabulary:
        learned, read = vocabulary.translate(learned), vocabulary.translate(read)
        probe = partial(probe_space, model, probed(read, request), probed_layers(request, model), request.seed)
        checkpoints = Checkpoints(folder, request.checkpoint_seconds)
        with closing(finetune(model, learned, recipe, probe, checkpoints)) as steps:
            for record in steps:
                if isinstance(record, StepRecord | ProbeRecord):
                    record = replace(record, model=model_id)
                    records.append(record)
                yield record
        yield Stage("read", f"Errors of {name}", len(read), "sentences", model=model_id)
        outputs = Outputs()
        for count in forward(model, read, outputs, batch_size=FORWARD_BATCH):
            yield Progress("read", count)
    labels = [model.config.id2label[number] for number in range(len(LABELS))]
    table = prediction_table(request.donor, request.seed, test, outputs, labels)
    if request.keep_model:
        run.require()
        save_model(model, request.model, run.path / "model" / name)
    done = Finetuned(records, to_csv(table))
    run.require()
    _write_done(folder, done)
    return done


def _recorded(
    run: Run, request: Request, work: Generator[Record, None, Finetuned], number: int, models: int, part: int,
    parts: int,
) -> Generator[Record, None, Finetuned]:  # fmt: skip
    """Pass on the records of one fine-tuning, one of many, and append them to the tables that grow."""
    with closing(work):
        while True:
            try:
                record = next(work)
            except StopIteration as end:
                done: Finetuned = end.value
                return done
            if isinstance(record, StepRecord | ProbeRecord):
                _append(run, request, record)
            elif isinstance(record, Stage) and models > 1:
                record = replace(record, part=part, parts=parts, number=number + 1, models=models)
            yield record
            if number == 0 and isinstance(record, StepRecord) and (note := _foretold(record, models, parts)):
                yield Note(note)


def _foretold(record: StepRecord, models: int, parts: int = 0) -> str:
    """How long all fine-tunings will take, judged from the first steps of the first; empty at other steps.

    parts: how many of them come one after the other, all where it is 0.
    """
    seconds = record.seconds / record.step * record.steps * (parts or models)
    if record.step != min(_JUDGED_AFTER, record.steps) or seconds < _WORTH_TELLING:
        return ""
    told = f"{models} fine-tunings" if models > 1 else "The fine-tuning"
    return f"{told} of {record.steps:,} steps: about {seconds / 60:,.0f} minutes in all, as fast as the first steps."


def _append(run: Run, request: Request, record: TrainingRecord) -> None:
    name, table = (
        ("steps", steps_table([record])) if isinstance(record, StepRecord) else ("probes", probes_table([record]))
    )
    run.append_rows(name, table.assign(donor=request.donor, seed=request.seed))


def _compare_languages(run: Run, request: Request, test: Sequence[Sentence], limit: int) -> Iterator[Record]:
    """Write `piece_overlap` and, from one pass of the encoder as it came, `cka` of the entities at every layer."""
    if {"piece_overlap", "cka"} <= set(run.tables()):
        return
    tokenizer = encoders.load_tokenizer(request.model)
    model: Any = encoders.load_token_classifier(request.model, LABELS, request.seed)
    model.to(devices.pick_device(request.device))
    read = encode(test, tokenizer, limit)
    languages = [sentence.language for sentence in test]
    words = {code: [s.words for s in test if s.language == code] for code in request.languages}
    run.write_table("piece_overlap", piece_overlap_table(words, tokenizer))
    yield Stage("before", "Entity vectors before fine-tuning", len(read), "sentences")
    layers = range(model.config.num_hidden_layers + 1)
    outputs = Outputs()
    groups = [[item.entity_pieces] for item in read]
    for count in forward(model, read, outputs, groups=groups, layers=layers, batch_size=FORWARD_BATCH):
        yield Progress("before", count)
    run.write_table("points", point_table(test))
    for layer in (layers[0], layers[-1]):
        run.write_vectors(f"before-{layer}-entities", outputs.vectors[layer])
    cells = [sentence.cell for sentence in test]
    vectors = {("before", layer): outputs.vectors[layer] for layer in layers}
    run.write_table("cka", cka_table(vectors, languages, cells))


def _limit(model: str) -> int:
    """How many ids the model reads at once."""
    from transformers import AutoConfig

    return longest_input(AutoConfig.from_pretrained(encoders.resolve(model), trust_remote_code=False))


def _done_file(folder: Path) -> Path:
    return folder / "finished.json"


def _read_done(folder: Path) -> Finetuned | None:
    """What was written by `_write_done`; None where it is missing or damaged."""
    try:
        value = json.loads(_done_file(folder).read_text(encoding="utf-8"))
        return Finetuned(records_from(value["records"]), value["predictions"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write_done(folder: Path, done: Finetuned) -> None:
    """Keep what a resumed run needs of a finished fine-tuning; its checkpoints are needed no more."""
    text = json.dumps({"records": records_as_json(done.records), "predictions": done.predictions})
    write_text(_done_file(folder), text)
    Checkpoints(folder).remove()
