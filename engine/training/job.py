"""Fine-tuning on several donors with several seeds, as one job: a model each, and its errors in every language."""

import hashlib
import math
import time
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from nerspace.datasets import Sentence
from nerspace.datasets.scripts import scripts_in
from nerspace.engine.encoders import Encoder
from nerspace.engine.encoders.batching import ActiveVocabulary, Encoded
from nerspace.engine.encoders.content import encoder_hash
from nerspace.engine.errors import ConfigurationError
from nerspace.engine.evaluation import prediction_table
from nerspace.engine.executors import Executor, Task, executor_for
from nerspace.engine.files import write_text
from nerspace.engine.geometry.similarity import cka_table
from nerspace.engine.names.distances import tnld_table
from nerspace.engine.requests.training import Recipe, Request
from nerspace.engine.runs import Run, to_csv
from nerspace.engine.runs.origin import Origin, begin_training, changes
from nerspace.engine.runs.records import ModelId, Note, ProbeRecord, Progress, Record, Stage, StepRecord, counted
from nerspace.engine.sampling import (
    Sample,
    are_parallel,
    draw_samples,
    labels_of,
    mentions,
    parallel_names,
    point_table,
    readable,
    sentence_table,
)
from nerspace.engine.statistics.advice import piece_overlap_table
from nerspace.engine.statistics.correlation import delta_correlation_table, delta_table
from nerspace.engine.sums import Sum, problem_of, sealed_text, sums_below, unsealed
from nerspace.engine.tables.index import parse_table
from nerspace.engine.training.checkpoints import Checkpoints, TrainingRecord, records_as_json, records_from
from nerspace.engine.training.loop import finetune
from nerspace.engine.training.probes import probe_space, probed, probed_layers
from nerspace.engine.training.tables import probes_table, steps_table
from nerspace.engine.transfer.causes import factor_tables
from nerspace.engine.transfer.findings import transfer_tables
from nerspace.engine.words import are, several

# The first steps are slow to start and predict little before so many.
_JUDGED_AFTER = 20
_WORTH_NOTING = 120.0
# Before the last model, findings take at most about this share of the time: workers wait for whoever writes them.
_SHARE = 0.1
NOT_PARALLEL = "No two sentences are parallel, so there is no parallel cosine, CKA or retrieval."


def finetune_donors(run: Run) -> Iterator[Record]:
    """Fine-tune one model per donor and seed on parallel sentences and write what each gets wrong.

    All donors train on the same cells and are tested on the same cells; seeds decide the training alone. With several
    donors it is measured beforehand how alike the languages are, so that donors can be advised.
    """
    request = Request.read(run.info()["request"])
    donors = request.donors or (request.donor,)
    requests = [
        replace(request, donor=donor, seed=seed)
        for donor in donors
        for seed in range(request.seed, request.seed + request.seeds)
    ]
    with executor_for(run, request.on, request.threads, request.device, len(requests) > 1) as executor:
        yield from executor.start(finetune_one, [request.model], len(requests))
        trains, test, types = yield from _prepare(run, request, donors, executor.own_device)
        requests = [replace(one, reading=replace(one.reading, types=types)) for one in requests]
        recipe = Recipe.of(request)
        run.update(recipe=asdict(recipe))
        if len(requests) > 1:
            steps = recipe.steps(len(trains[donors[0]]))
            yield Note(
                f"{len(requests)} fine-tunings of {steps:,} steps; the first {_JUDGED_AFTER} tell how long it takes."
            )
        works = executor.run(finetuning_tasks(run, executor, requests, trains, test))
        yield from _gather(run, requests, (records for _, records in works), executor.slots)
    for name, table in factor_tables(run, request.seed)[0].items():
        run.write_table(name, table)


# -- before any training


def _prepare(
    run: Run, request: Request, donors: Sequence[str], device: str
) -> Generator[Record, None, tuple[dict[str, list[Sentence]], list[Sentence], tuple[str, ...]]]:
    """Draw the data and write what is known before any training; training sentences per donor, test, and types."""
    yield Stage("prepare", "Data", 1, "sample")
    drawn = draw_samples(request, donors)
    first = drawn[donors[0]]
    encoder = Encoder(request.model, device, labels_of(first.types), request.seed)
    yield from map(Note, first.notes)
    test = readable(first, encoder).test
    train = [sentence for sample in drawn.values() for sentence in sample.train]
    _begin(run, request, [*train, *test])
    if missing := len(first.test) - len(test):
        yield left_out(missing)
    write_sample(run, request, replace(first, train=train, test=test))
    yield Progress("prepare", 1)
    if len(donors) > 1:
        yield from _compare_languages(run, request, encoder, test)
    return {donor: sample.train for donor, sample in drawn.items()}, test, first.types


def _begin(run: Run, request: Request, sentences: Sequence[Sentence]) -> None:
    """Note what the run trains on; tables that were read from something else are made anew.

    Raises: ConfigurationError where models of an earlier try were.
    """
    origin = Origin.of(request, sentences, [encoder_hash(request.model)], __name__)
    if changes(run, origin):
        for table in ("piece_overlap", "cka"):
            run.drop_table(table)
    begin_training(run, origin, lambda: any((run.path / "checkpoints").glob("*/*")))


def left_out(sentences: int) -> Note:
    """How many drawn test sentences are not read."""
    what = f"{several(sentences, 'test sentence')} {are(sentences)}"
    return Note(f"{what} left out: the model does not reach their name in every language.")


def write_sample(run: Run, request: Request, sample: Sample) -> None:
    """Write the tables `counts`, `sentences` and `tnld`, and what the sentences hash to."""
    run.write_table("counts", sample.corpus.counts())
    table = sentence_table([*sample.train, *sample.test])
    run.write_table("sentences", table)
    run.update(data_sha256=hashlib.sha256(to_csv(table).encode()).hexdigest())
    names = parallel_names(request, sample.corpus, sample.test)
    texts = ((sentence.language, sentence.text) for sentence in (*sample.train, *sample.test))
    run.write_table("tnld", tnld_table(names, request.languages, scripts=scripts_in(texts)))


def _compare_languages(run: Run, request: Request, encoder: Encoder, test: Sequence[Sentence]) -> Iterator[Record]:
    """Write `piece_overlap` and, from one pass of the encoder as it came, `cka` of the entities at every layer."""
    ends = {f"before-{layer}-entities": layer for layer in (0, encoder.layers)}
    is_stored = all((run.path / "vectors" / f"{name}.npy").is_file() for name in ends)
    if is_stored and {"piece_overlap", "cka", "points"} <= set(run.tables()):
        return
    words = {code: [s.words for s in test if s.language == code] for code in request.languages}
    run.write_table("piece_overlap", piece_overlap_table(words, encoder.tokenizer))
    named = mentions(test)
    if not are_parallel(named):
        yield Note(NOT_PARALLEL)
        return
    yield Stage("before", "Entity vectors before fine-tuning", len(named), "sentences")
    layers = range(encoder.layers + 1)
    outputs = yield from counted("before", encoder.read_counting(named, layers=layers))
    run.write_table("points", point_table(test))
    for name, layer in ends.items():
        run.write_vectors(name, outputs.vectors[layer])
    vectors = {("before", layer): outputs.vectors[layer] for layer in layers}
    run.write_table("cka", cka_table(vectors, [s.language for s in named], [s.cell for s in named]))


# -- one model


@dataclass(frozen=True, slots=True)
class Finetuned:
    """What is left of one fine-tuning when it is done: its records, and its table `predictions` as CSV."""

    records: list[TrainingRecord]
    predictions: str

    @property
    def seconds(self) -> float:
        """Time spent training and probing."""
        steps = [record for record in self.records if isinstance(record, StepRecord)]
        return steps[-1].seconds + steps[-1].probe_seconds if steps else 0.0

    @property
    def probes(self) -> list[ProbeRecord]:
        """The records of its probes."""
        return [record for record in self.records if isinstance(record, ProbeRecord)]


def finetuning_tasks(
    run: Run, executor: Executor, requests: Sequence[Request], trains: Mapping[str, Sequence[Sentence]],
    test: Sequence[Sentence],
) -> list[Task]:  # fmt: skip
    """A fine-tuning for every request.

    Args:
        trains: training sentences by donor.
    """
    stored = {donor: executor.store(train) for donor, train in trains.items()}
    stored_test = executor.store(test)
    return [
        Task(
            str(_model(one)), finetune_one,
            replace(
                one, device=executor.device,
                checkpoint_seconds=one.checkpoint_seconds if executor.keeps_files else math.inf,
            ),
            partial(tuple, (stored[one.donor], stored_test)), _outputs(one), partial(_is_done, run, one), ("model",),
        )
        for one in requests
    ]  # fmt: skip


def finetune_one(
    run: Run, request: Request, train: Sequence[Sentence], test: Sequence[Sentence]
) -> Generator[Record, None, None]:
    """One donor, one seed: train, predict, save; or, where that is done already, repeat its records.

    Of the run only `checkpoints/DONOR-SEED` and, if models are saved, `model/DONOR-SEED` are written.
    """
    model, folder = _model(request), _folder(run, request)
    yield Stage("train", f"Fine-tuning {model}", Recipe.of(request).steps(len(train)), "steps", model=model)
    if (done := _read_finetuned(run, request)) is not None:
        yield from done.records
        return

    encoder = Encoder(request.model, request.device, labels_of(request.reading.types), request.seed)
    learned, tested = encoder.encode(train), encoder.encode(test)
    records: list[TrainingRecord] = []
    checkpoints = Checkpoints(folder, request.checkpoint_seconds)
    with closing(finetune_encoder(encoder, request, learned, tested, checkpoints)) as steps:
        for record in steps:
            if isinstance(record, StepRecord | ProbeRecord):
                records.append(record)
            yield record
    yield Stage("read", f"Errors of {model}", len(tested), "sentences", model=model)
    outputs = yield from counted("read", encoder.read_counting(tested, layers=()))
    predictions = prediction_table(request.donor, request.seed, test, outputs, encoder.labels)
    run.require()
    content: dict[str, Any] = {"records": records_as_json(records), "predictions": to_csv(predictions)}
    if request.keep_model:
        encoder.save(_model_folder(run, request))
        content["model"] = sums_below(_model_folder(run, request))
    # What a resumed run needs of it; its checkpoints are needed no more.
    write_text(_done_file(folder), sealed_text(content))
    checkpoints.remove()


def finetune_encoder(
    encoder: Encoder, request: Request, learned: Sequence[Encoded], tested: Sequence[Encoded], checkpoints: Checkpoints
) -> Generator[TrainingRecord | Note, None, None]:
    """Train an encoder in place on `learned`, with probes of `tested`; the records say which model it is."""
    with ActiveVocabulary(encoder.model, [*learned, *tested]) as vocabulary:
        learned, tested = vocabulary.translate(learned), vocabulary.translate(tested)
        probe = partial(
            probe_space, encoder.model, probed(tested, request), probed_layers(request, encoder.model), request.seed
        )
        with closing(finetune(encoder.model, learned, Recipe.of(request), probe, checkpoints)) as records:
            for record in records:
                yield record if isinstance(record, Note) else replace(record, model=_model(request))


def finetuned(run: Run, request: Request) -> Finetuned:
    """What `finetune_one` left in the run.

    Raises:
        ConfigurationError: where it is missing or damaged.
    """
    if (done := _read_finetuned(run, request)) is None:
        raise ConfigurationError(f"What came back of {_model(request)} is damaged.", "Resume the run to do it again.")
    return done


def _read_finetuned(run: Run, request: Request) -> Finetuned | None:
    """What is left of a fine-tuning; None where it, or the model that it saved, is missing or damaged."""
    try:
        value = unsealed(_done_file(_folder(run, request)).read_text(encoding="utf-8"))
        done = Finetuned(records_from(value["records"]), value["predictions"])
        sums = value.get("model", {})
        if request.keep_model and not sums:
            return None
        model = _model_folder(run, request)
        return None if any(problem_of(model / name, [Sum(*one)]) for name, one in sums.items()) else done
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _is_done(run: Run, request: Request) -> bool:
    return _read_finetuned(run, request) is not None


def _model(request: Request) -> ModelId:
    return ModelId(request.donor, request.seed)


def _folder(run: Run, request: Request) -> Path:
    return run.path / "checkpoints" / str(_model(request))


def _model_folder(run: Run, request: Request) -> Path:
    return run.path / "model" / str(_model(request))


def _done_file(folder: Path) -> Path:
    return folder / "finished.json"


def _outputs(request: Request) -> tuple[str, ...]:
    """What one fine-tuning leaves of worth, its proof last."""
    model = [f"model/{_model(request)}"] if request.keep_model else []
    return (*model, str(_done_file(Path("checkpoints") / str(_model(request)))))


# -- all models


def _gather(
    run: Run, requests: Sequence[Request], works: Iterable[Generator[Record, None, None]], at_once: int
) -> Iterator[Record]:
    """Pass on the records of all fine-tunings in their order, and write the tables that they fill together.

    at_once: how many go on side by side, for the time that is left.
    """
    for name in ("steps", "probes"):
        run.drop_table(name)
    models, last = len(requests), requests[-1]
    tables: dict[str, list[pd.DataFrame]] = {"predictions": []}
    written_at = cost = 0.0
    for number, (request, work) in enumerate(zip(requests, works, strict=True)):
        part, rounds = part_of(number + 1, models, at_once)
        with closing(of_several(work, number + 1, models, part, rounds)) as records:
            for record in records:
                append_record(run, record, donor=request.donor, seed=request.seed)
                yield record
                if number == 0 and isinstance(record, StepRecord) and (note := _duration_note(record, models, rounds)):
                    yield Note(note)
        done = finetuned(run, request)
        for name, table in delta_tables(done.probes).items():
            tables.setdefault(name, []).append(table.assign(donor=request.donor, seed=request.seed))
        tables["predictions"].append(read_predictions(done))
        for name, frames in tables.items():
            run.write_table(name, pd.concat(frames))
        if request is last or time.monotonic() - written_at > cost / _SHARE:
            started = time.monotonic()
            for name, table in transfer_tables(run).items():
                run.write_table(name, table)
            written_at = time.monotonic()
            cost = written_at - started


def part_of(number: int, models: int, at_once: int) -> tuple[int, int]:
    """Which of how many parts the `number`th of several models is, where so many go on side by side; for Stage."""
    rounds = math.ceil(models / max(1, min(at_once, models)))
    return (number - 1) * rounds // models + 1, rounds


def of_several(
    work: Generator[Record, None, None], number: int, models: int, part: int, parts: int
) -> Generator[Record, None, None]:
    """Pass on the records of the `number`th of several models, whose stages say so.

    Args:
        parts: as in Stage.
    """
    with closing(work):
        for record in work:
            if isinstance(record, Stage) and models > 1:
                record = replace(record, part=part, parts=parts, number=number, models=models)
            yield record


def _duration_note(record: StepRecord, models: int, parts: int = 0) -> str:
    """How long all fine-tunings will take, judged from the first steps of the first; empty at other steps.

    parts: how many of them come one after the other, all where it is 0.
    """
    seconds = record.seconds / record.step * record.steps * (parts or models)
    if record.step != min(_JUDGED_AFTER, record.steps) or seconds < _WORTH_NOTING:
        return ""
    total = f"{models} fine-tunings" if models > 1 else "The fine-tuning"
    return f"{total} of {record.steps:,} steps: about {seconds / 60:,.0f} minutes in all, as fast as the first steps."


def append_record(run: Run, record: Record, **columns: str | int) -> None:
    """Add a step to the table `steps`, a probe to `probes`.

    Args:
        columns: what all rows of a model share.
    """
    if isinstance(record, StepRecord):
        run.append_rows("steps", steps_table([record]).assign(**columns))
    elif isinstance(record, ProbeRecord):
        run.append_rows("probes", probes_table([record]).assign(**columns))


def delta_tables(probes: Sequence[ProbeRecord]) -> dict[str, pd.DataFrame]:
    """What changes between the probes of a training, and what changes together; nothing without probes."""
    if not probes:
        return {}
    deltas = delta_table(probes_table(probes))
    return {"deltas": deltas, "delta_correlations": delta_correlation_table(deltas)}


def read_predictions(done: Finetuned) -> pd.DataFrame:
    """The table `predictions` of one model."""
    return parse_table("predictions", done.predictions)
