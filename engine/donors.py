"""Fine-tuning on several donors with several seeds, as one job: a model each, and its errors in every language."""

import json
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

import pandas as pd

from nerspace.datasets import Sentence
from nerspace.engine import devices, encoders
from nerspace.engine.advice import piece_overlap_table
from nerspace.engine.batching import ActiveVocabulary, encode
from nerspace.engine.checkpoints import Checkpoints, TrainingRecord, records_as_json, records_from
from nerspace.engine.distances import tnld_table
from nerspace.engine.encoders.saving import save_model
from nerspace.engine.evaluation import prediction_table
from nerspace.engine.experiment import (
    FORWARD_BATCH,
    draw_sample,
    longest_input,
    point_table,
    readable,
    recipe_of,
    sentence_table,
)
from nerspace.engine.findings import transfer_tables
from nerspace.engine.finetuning import LABELS, finetune, probes_table, steps_table
from nerspace.engine.forward import Outputs, forward
from nerspace.engine.geometry.similarity import cka_table
from nerspace.engine.probing import probe_space, probed, probed_layers
from nerspace.engine.progress import Note, ProbeRecord, Progress, Record, Stage, StepRecord
from nerspace.engine.requests import Request, read_request
from nerspace.engine.runs import TEXT_COLUMNS, Run, to_csv, write_atomically
from nerspace.engine.statistics import delta_correlation_table, delta_table

# The first steps are slow to start and say little before so many.
_JUDGED_AFTER = 20
_WORTH_TELLING = 120.0


@dataclass(frozen=True, slots=True)
class Finetuned:
    """What is left of one fine-tuning when it is done: its records, and its table `predictions` as CSV."""

    records: list[TrainingRecord]
    predictions: str


def finetune_donors(run: Run) -> Iterator[Record]:
    """Fine-tune one model per donor and seed on parallel sentences and write what each gets wrong.

    All donors train on the same cells and are tested on the same cells; seeds decide the training alone. With several
    donors it is said beforehand how alike the languages are, so that donors can be advised.
    """
    request = read_request(run.info()["request"])
    device = devices.pick_device(request.device)
    run.update(device=devices.describe(device))
    donors = request.donors or (request.donor,)
    yield Stage("prepare", "Data", 1, "sample")
    limit = _limit(request.model)
    tokenizer = encoders.load_tokenizer(request.model)
    drawn = {donor: draw_sample(replace(request, donor=donor)) for donor in donors}
    first = drawn[donors[0]]
    test = readable(first, tokenizer, limit).test
    if missing := len(first.test) - len(test):
        yield Note(f"{missing} test sentences are left out: the model does not reach their name in every language.")
    run.write_table("counts", first.corpus.counts())
    run.write_table("sentences", sentence_table([*(s for sample in drawn.values() for s in sample.train), *test]))
    named = {sentence.entity for sentence in test}
    run.write_table("tnld", tnld_table([e for e in first.corpus.entities if e.id in named], request.languages))
    yield Progress("prepare", 1)
    if len(donors) > 1:
        yield from _compare_languages(run, request, test, limit)

    for table in ("steps", "probes"):
        run.drop_table(table)
    predictions, deltas, related = "", [], []
    models = [(donor, seed) for donor in donors for seed in range(request.seed, request.seed + request.seeds)]
    if len(models) > 1:
        steps = recipe_of(request).steps(len(drawn[donors[0]].train))
        yield Note(f"{len(models)} fine-tunings of {steps:,} steps; the first {_JUDGED_AFTER} tell how long it takes.")
    for part, (donor, seed) in enumerate(models, 1):
        asked = replace(request, donor=donor, seed=seed)
        work = finetune_one(run, asked, drawn[donor].train, test, limit)
        done = yield from _recorded(run, asked, work, part, len(models))
        probes = [record for record in done.records if isinstance(record, ProbeRecord)]
        if probes:
            fresh = delta_table(probes_table(probes))
            deltas.append(fresh.assign(donor=donor, seed=seed))
            related.append(delta_correlation_table(fresh, request.seed).assign(donor=donor, seed=seed))
            run.write_table("deltas", pd.concat(deltas))
            run.write_table("delta_correlations", pd.concat(related))
        predictions += done.predictions if not predictions else done.predictions.partition("\n")[2]
        run.write_table("predictions", _read_csv(predictions))
        for name, table_of_findings in transfer_tables(run).items():
            run.write_table(name, table_of_findings)


def finetune_one(
    run: Run, request: Request, train: Sequence[Sentence], test: Sequence[Sentence], limit: int
) -> Generator[Record, None, Finetuned]:
    """One donor, one seed: train, predict, save; or, where that is done already, tell it again.

    Of the run only `checkpoints/DONOR-SEED` and, if models are kept, `model/DONOR-SEED` are written.
    limit: how many ids the model reads at once.
    """
    name = f"{request.donor}-{request.seed}"
    folder = run.path / "checkpoints" / name
    recipe = recipe_of(request)
    yield Stage("train", f"Fine-tuning {name}", recipe.steps(len(train)), "steps")
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
                if not isinstance(record, Note):
                    records.append(record)
                yield record
        yield Stage("read", f"Errors of {name}", len(read), "sentences")
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
    run: Run, request: Request, work: Generator[Record, None, Finetuned], part: int, parts: int
) -> Generator[Record, None, Finetuned]:
    """Pass on the records of one fine-tuning, which is one part of many, and append them to the tables that grow."""
    with closing(work):
        while True:
            try:
                record = next(work)
            except StopIteration as end:
                done: Finetuned = end.value
                return done
            if isinstance(record, StepRecord | ProbeRecord):
                _append(run, request, record)
            elif isinstance(record, Stage) and parts > 1:
                record = replace(record, label=f"{record.label}, model {part} of {parts}", part=part, parts=parts)
            yield record
            if part == 1 and isinstance(record, StepRecord) and (note := _foretold(record, parts)):
                yield Note(note)


def _foretold(record: StepRecord, parts: int) -> str:
    """How long all fine-tunings will take, judged from the first steps of the first; empty at other steps."""
    seconds = record.seconds / record.step * record.steps * parts
    if record.step != min(_JUDGED_AFTER, record.steps) or seconds < _WORTH_TELLING:
        return ""
    models = f"{parts} fine-tunings" if parts > 1 else "The fine-tuning"
    return f"{models} of {record.steps:,} steps: about {seconds / 60:,.0f} minutes in all, as fast as the first steps."


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
    cells = [f"{sentence.context}/{sentence.entity}" for sentence in test]
    vectors = {("before", layer): outputs.vectors[layer] for layer in layers}
    run.write_table("cka", cka_table(vectors, languages, cells))


def _read_csv(text: str) -> pd.DataFrame:
    return pd.read_csv(StringIO(text), keep_default_na=False, na_values=[""], dtype=TEXT_COLUMNS)


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
    write_atomically(_done_file(folder), lambda handle: handle.write(text.encode()))
    Checkpoints(folder).remove()
