"""The paper's experiment on one donor as one job: a fine-tuning, passes before and after it, and maps of the space."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict
from typing import Any

import numpy as np

from nerspace.datasets import SyntheticNER
from nerspace.engine import devices
from nerspace.engine.encoders import Encoder
from nerspace.engine.encoders.batching import ActiveVocabulary, Encoded
from nerspace.engine.encoders.content import encoder_hash
from nerspace.engine.encoders.forward import Outputs
from nerspace.engine.evaluation import prediction_table
from nerspace.engine.geometry.isotropy import isotropy_table
from nerspace.engine.geometry.similarity import parallel_cosine_table
from nerspace.engine.names.tokenization import pieces_table, tokenization_table
from nerspace.engine.projection.job import ProjectionConfig, draw_maps
from nerspace.engine.requests.training import DemoRequest, Recipe, Request
from nerspace.engine.runs import Run
from nerspace.engine.runs.origin import Origin, begin_training
from nerspace.engine.runs.records import ModelId, Note, ProbeRecord, Progress, Record, Stage, counted
from nerspace.engine.sampling import (
    Sample,
    are_parallel,
    draw_sample,
    labels_of,
    mentions,
    point_table,
    readable,
    word_table,
)
from nerspace.engine.statistics.correlation import correlation_table
from nerspace.engine.swapping.few import read_few
from nerspace.engine.training.checkpoints import Checkpoints
from nerspace.engine.training.job import (
    NOT_PARALLEL,
    append_record,
    delta_tables,
    finetune_encoder,
    left_out,
    write_sample,
)
from nerspace.engine.training.probes import WORDS_PER_SENTENCE, random_words
from nerspace.engine.transfer import transfer_table
from nerspace.engine.transfer.causes import factor_tables


def demo(run: Run) -> Iterator[Record]:
    """Do the whole experiment that the run asks for and write its tables as they are ready."""
    request = DemoRequest.read(run.info()["request"])
    run.update(device=devices.describe(devices.pick_device(request.device)))
    yield Stage("prepare", "Data and model", 3, "steps")
    drawn = draw_sample(request)
    encoder = Encoder(request.model, request.device, labels_of(drawn.types), request.seed)
    model = encoder.model
    yield Progress("prepare", 1)
    yield from map(Note, drawn.notes)
    sample = readable(drawn, encoder)
    if missing := len(drawn.test) - len(sample.test):
        yield left_out(missing)
    origin = Origin.of(request, [*sample.train, *sample.test], [encoder_hash(request.model)], __name__)
    begin_training(run, origin, lambda: any((run.path / "checkpoints").glob("*")))
    run.update(recipe=asdict(Recipe.of(request)))
    train, test = encoder.encode(sample.train), encoder.encode(sample.test)
    yield Progress("prepare", 2)
    write_sample(run, request, sample)
    run.write_table("points", point_table(sample.test))
    _write_token_tables(run, request, sample, encoder.tokenizer)
    yield Progress("prepare", 3)
    reached = len(ActiveVocabulary(model, [*train, *test]).rows)
    yield Note(f"{reached:,} of {model.config.vocab_size:,} vocabulary rows are in reach of the data.")

    passes = _Passes(run, encoder, test, request.seed)
    yield from passes.read("before", "Word vectors before fine-tuning")
    yield from _train(run, request, encoder, train, test)
    outputs = yield from passes.read("after", "Errors and word vectors after")

    yield Stage("measures", "Errors, distances and geometry", 3, "tables")
    predictions = prediction_table(request.donor, request.seed, sample.test, outputs, encoder.labels)
    run.write_table("predictions", predictions)
    transfer = transfer_table(predictions, run.read_table("tnld"), run.read_table("sentences"))
    run.write_table("transfer", transfer)
    run.write_table("correlations", correlation_table(transfer, request.seed))
    yield Progress("measures", 1)
    named = mentions(sample.test)
    if are_parallel(named):
        languages, cells, types = ([getattr(s, name) for s in named] for name in ("language", "cell", "type"))
        run.write_table("parallel_cosine", parallel_cosine_table(passes.entities, languages, cells, types))
    else:
        yield Note(NOT_PARALLEL)
    yield Progress("measures", 2)
    run.write_table("isotropy", isotropy_table(passes.words, np.array(passes.word_table["language"])))
    yield Progress("measures", 3)

    yield Stage("causes", "Spelling, tokenisation and the space", 1, "models")
    for name, table in factor_tables(run, request.seed)[0].items():
        run.write_table(name, table)
    yield Progress("causes", 1)
    yield from read_few(run, encoder, sample.test, ModelId(request.donor, request.seed))
    yield from draw_maps(run, passes.entities, ProjectionConfig(perplexity=request.perplexity, seed=request.seed))
    if request.keep_model:
        yield Stage("model", "Saving the model", 1, "folder")
        run.require()
        encoder.save(run.path / "model")
        yield Progress("model", 1)


def _train(
    run: Run, request: Request, encoder: Encoder, train: Sequence[Encoded], test: Sequence[Encoded]
) -> Iterator[Record]:
    model = ModelId(request.donor, request.seed)
    yield Stage("train", f"Fine-tuning on {request.donor}", Recipe.of(request).steps(len(train)), "steps", model=model)
    for name in ("steps", "probes"):
        run.drop_table(name)
    probes: list[ProbeRecord] = []
    checkpoints = Checkpoints(run.path / "checkpoints", request.checkpoint_seconds)
    with closing(finetune_encoder(encoder, request, train, test, checkpoints)) as records:
        for record in records:
            append_record(run, record)
            if isinstance(record, ProbeRecord):
                probes.append(record)
            yield record
    for name, table in delta_tables(probes).items():
        run.write_table(name, table)


def _write_token_tables(run: Run, request: Request, sample: Sample, tokenizer: Any) -> None:
    if isinstance(sample.corpus, SyntheticNER):
        run.write_table("pieces", pieces_table(sample.corpus.entities, tokenizer, request.languages))
    words = {
        language: [sentence.words for sentence in sample.test if sentence.language == language]
        for language in request.languages
    }
    run.write_table("tokenization", tokenization_table(words, tokenizer))


class _Passes:
    """Passes over the test sentences at both stages: predictions, entity vectors and random word vectors."""

    def __init__(self, run: Run, encoder: Encoder, encoded: Sequence[Encoded], seed: int) -> None:
        self._run, self._encoder, self._encoded = run, encoder, encoded
        words = random_words(encoded, WORDS_PER_SENTENCE, seed)
        entities = [[pieces for _, pieces in item.entity_groups] for item in encoded]
        self._groups = [[*found, *chosen] for found, chosen in zip(entities, words, strict=True)]
        self._is_entity = np.array(
            [
                number < len(found)
                for group, found in zip(self._groups, entities, strict=True)
                for number in range(len(group))
            ]
        )
        self.word_table = word_table(
            [item.sentence for item, chosen in zip(encoded, words, strict=True) for _ in chosen]
        )
        run.write_table("words", self.word_table)
        self.entities: dict[tuple[str, int], Any] = {}
        self.words: dict[tuple[str, int], Any] = {}

    def read(self, stage: str, label: str) -> Generator[Record, None, Outputs]:
        """One pass, whose vectors at the initial and the last layer are written; returns the outputs."""
        yield Stage(stage, label, len(self._encoded), "sentences")
        outputs = yield from counted(stage, self._encoder.read_counting(self._encoded, self._groups))
        for layer, vectors in outputs.vectors.items():
            self.entities[stage, layer] = vectors[self._is_entity]
            self.words[stage, layer] = vectors[~self._is_entity]
            self._run.write_vectors(f"{stage}-{layer}-entities", self.entities[stage, layer])
            self._run.write_vectors(f"{stage}-{layer}-words", self.words[stage, layer])
        return outputs
