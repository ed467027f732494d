"""The paper's experiment on one donor, from parallel names to a map of the space, as one job."""

import hashlib
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, replace
from functools import partial
from typing import Any

import numpy as np

from nerspace.engine import devices, encoders
from nerspace.engine.encoders.batching import ActiveVocabulary, Encoded, encode
from nerspace.engine.encoders.content import encoder_hash
from nerspace.engine.encoders.forward import BATCH, Outputs, forward
from nerspace.engine.encoders.saving import save_model
from nerspace.engine.evaluation import prediction_table
from nerspace.engine.geometry.isotropy import isotropy_table
from nerspace.engine.geometry.similarity import parallel_cosine_table
from nerspace.engine.names.distances import tnld_table
from nerspace.engine.names.tokenization import pieces_table, tokenization_table
from nerspace.engine.projection.job import How, draw_maps
from nerspace.engine.requests.training import DemoRequest, Request
from nerspace.engine.runs import Run, to_csv
from nerspace.engine.runs.origin import Origin, begin_training
from nerspace.engine.runs.records import ModelId, Note, ProbeRecord, Progress, Record, Stage, StepRecord
from nerspace.engine.sampling import Sample, draw_sample, point_table, readable, sentence_table, word_table
from nerspace.engine.statistics.correlation import correlation_table, delta_correlation_table, delta_table
from nerspace.engine.training.checkpoints import Checkpoints
from nerspace.engine.training.loop import LABELS, Recipe, finetune
from nerspace.engine.training.probes import WORDS_PER_SENTENCE, probe_space, probed, probed_layers, random_words
from nerspace.engine.training.tables import probes_table, steps_table
from nerspace.engine.transfer import transfer_table

FORWARD_BATCH = BATCH


def demo(run: Run) -> Iterator[Record]:
    """Do the whole experiment that the run asks for and write its tables as they are ready."""
    request = DemoRequest.read(run.info()["request"])
    device = devices.pick_device(request.device)
    run.update(device=devices.describe(device))

    yield Stage("prepare", "Data and model", 3, "steps")
    tokenizer = encoders.load_tokenizer(request.model)
    model: Any = encoders.load_token_classifier(request.model, LABELS, request.seed).to(device)
    limit = longest_input(model.config)
    layers = (0, model.config.num_hidden_layers)
    yield Progress("prepare", 1)
    drawn = draw_sample(request)
    sample = readable(drawn, tokenizer, limit)
    if missing := len(drawn.test) - len(sample.test):
        yield Note(f"{missing} test sentences are left out: the model does not reach their name in every language.")
    origin = Origin.of(request, [*sample.train, *sample.test], [encoder_hash(request.model)], __name__)
    begin_training(run, origin, lambda: any((run.path / "checkpoints").glob("*")))
    run.update(recipe=asdict(Recipe.of(request)))
    train, test = encode(sample.train, tokenizer, limit), encode(sample.test, tokenizer, limit)
    yield Progress("prepare", 2)
    _write_data_tables(run, request, sample)
    _write_token_tables(run, request, sample, tokenizer)
    yield Progress("prepare", 3)

    with ActiveVocabulary(model, [*train, *test]) as vocabulary:
        yield Note(f"{len(vocabulary.rows):,} of {model.config.vocab_size:,} vocabulary rows are in reach of the data.")
        train, test = vocabulary.translate(train), vocabulary.translate(test)
        reading = _Reading(run, model, test, layers, request.seed)
        run.write_table("words", reading.word_table)
        yield from reading.stage("before", "Word vectors before fine-tuning")
        yield from _train(run, request, model, train, test)
        vocabulary.put_back()
        outputs = yield from reading.stage("after", "Errors and word vectors after")

    yield Stage("measures", "Errors, distances and geometry", 3, "tables")
    labels = [model.config.id2label[number] for number in range(len(LABELS))]
    predictions = prediction_table(request.donor, request.seed, sample.test, outputs, labels)
    run.write_table("predictions", predictions)
    transfer = transfer_table(predictions, run.read_table("tnld"))
    run.write_table("transfer", transfer)
    run.write_table("correlations", correlation_table(transfer, request.seed))
    yield Progress("measures", 1)
    languages = [sentence.language for sentence in sample.test]
    cells = [sentence.cell for sentence in sample.test]
    run.write_table("parallel_cosine", parallel_cosine_table(reading.entities, languages, cells))
    yield Progress("measures", 2)
    run.write_table("isotropy", isotropy_table(reading.words, np.array(reading.word_table["language"])))
    yield Progress("measures", 3)

    yield from _draw_maps(run, request, reading)
    if request.keep_model:
        yield Stage("model", "Saving the model", 1, "folder")
        run.require()
        save_model(model, request.model, run.path / "model")
        yield Progress("model", 1)


def _write_data_tables(run: Run, request: Request, sample: Sample) -> None:
    run.write_table("counts", sample.corpus.counts())
    table = sentence_table([*sample.train, *sample.test])
    run.write_table("sentences", table)
    run.update(data_sha256=hashlib.sha256(to_csv(table).encode()).hexdigest())
    run.write_table("points", point_table(sample.test))
    named = {sentence.entity for sentence in sample.test}
    run.write_table("tnld", tnld_table([e for e in sample.corpus.entities if e.id in named], request.languages))


def _write_token_tables(run: Run, request: Request, sample: Sample, tokenizer: Any) -> None:
    run.write_table("pieces", pieces_table(sample.corpus.entities, tokenizer, request.languages))
    words = {
        language: [sentence.words for sentence in sample.test if sentence.language == language]
        for language in request.languages
    }
    run.write_table("tokenization", tokenization_table(words, tokenizer))


class _Reading:
    """Reads the test sentences with the model as it is now: predictions, entity vectors and random word vectors."""

    def __init__(self, run: Run, model: Any, encoded: Sequence[Encoded], layers: tuple[int, ...], seed: int) -> None:
        self._run, self._model, self._encoded, self._layers = run, model, encoded, layers
        words = random_words(encoded, WORDS_PER_SENTENCE, seed)
        self._groups = [[item.entity_pieces, *chosen] for item, chosen in zip(encoded, words, strict=True)]
        self._is_entity = np.array([number == 0 for group in self._groups for number in range(len(group))])
        self.word_table = word_table(
            [item.sentence for item, chosen in zip(encoded, words, strict=True) for _ in chosen]
        )
        self.entities: dict[tuple[str, int], Any] = {}
        self.words: dict[tuple[str, int], Any] = {}

    def stage(self, stage: str, label: str) -> Generator[Record, None, Outputs]:
        """One pass; keeps and writes the vectors and returns the outputs."""
        yield Stage(stage, label, len(self._encoded), "sentences")
        outputs = Outputs()
        for done in forward(
            self._model, self._encoded, outputs, groups=self._groups, layers=self._layers, batch_size=FORWARD_BATCH
        ):
            yield Progress(stage, done)
        for layer, vectors in outputs.vectors.items():
            self.entities[stage, layer] = vectors[self._is_entity]
            self.words[stage, layer] = vectors[~self._is_entity]
            self._run.write_vectors(f"{stage}-{layer}-entities", self.entities[stage, layer])
            self._run.write_vectors(f"{stage}-{layer}-words", self.words[stage, layer])
        return outputs


def _train(
    run: Run, request: Request, model: Any, train: Sequence[Encoded], test: Sequence[Encoded]
) -> Iterator[Record]:
    recipe = Recipe.of(request)
    probe = partial(probe_space, model, probed(test, request), probed_layers(request, model), request.seed)
    model_id = ModelId(request.donor, request.seed)
    yield Stage("train", f"Fine-tuning on {request.donor}", recipe.steps(len(train)), "steps", model=model_id)
    probes: list[ProbeRecord] = []
    for table in ("steps", "probes"):
        run.drop_table(table)
    checkpoints = Checkpoints(run.path / "checkpoints", request.checkpoint_seconds)
    with closing(finetune(model, train, recipe, probe, checkpoints)) as records:
        for record in records:
            if isinstance(record, StepRecord | ProbeRecord):
                record = replace(record, model=model_id)
            if isinstance(record, StepRecord):
                run.append_rows("steps", steps_table([record]))
            elif isinstance(record, ProbeRecord):
                run.append_rows("probes", probes_table([record]))
                probes.append(record)
            yield record
    deltas = delta_table(probes_table(probes))
    run.write_table("deltas", deltas)
    run.write_table("delta_correlations", delta_correlation_table(deltas, request.seed))


def longest_input(config: Any) -> int:
    """How many ids a model of that configuration reads at once; RoBERTa keeps two positions to itself."""
    return min(512, int(config.max_position_embeddings) - 2)


def _draw_maps(run: Run, request: DemoRequest, reading: _Reading) -> Iterator[Record]:
    yield from draw_maps(run, reading.entities, How(perplexity=request.perplexity, seed=request.seed))
