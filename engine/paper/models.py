"""One fine-tuned model of the paper, from its base to what every figure needs of it."""

import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from nerspace.datasets import Sentence
from nerspace.engine import devices, encoders
from nerspace.engine.batching import ActiveVocabulary, Encoded, encode
from nerspace.engine.checkpoints import Checkpoints
from nerspace.engine.evaluation import prediction_table
from nerspace.engine.experiment import FORWARD_BATCH, Sample, longest_input, point_table, readable
from nerspace.engine.finetuning import LABELS, Recipe, finetune, probes_table
from nerspace.engine.forward import Outputs, forward
from nerspace.engine.paper import published
from nerspace.engine.paper.pieces import Array, Piece
from nerspace.engine.paper.plan import PaperRequest
from nerspace.engine.paper.samples import PaperSample
from nerspace.engine.probing import probe_space
from nerspace.engine.progress import Note, ProbeRecord, Progress, Record, Stage
from nerspace.engine.runs import Run

BEFORE, AFTER = "before", "after"
TYPES, NAMES = "types", "names"


@dataclass(frozen=True, slots=True)
class Readings:
    """The sentences that every model of a run is asked, in the order of its predictions and vectors.

    test: language by language. names: the test contexts of names in several types, in the four languages; `name_of`
    says which name each is about.
    """

    languages: tuple[str, ...]
    test: list[Sentence]
    names: list[Sentence]
    name_of: list[str]

    def of(self, kind: str) -> list[Sentence]:
        """The sentences behind the vectors of a kind, types or names."""
        return self.names if kind == NAMES else [s for s in self.test if s.language in published.FOUR]

    def points(self, kind: str) -> pd.DataFrame:
        """The table `points` of a kind; names say in `name` which they are about."""
        points = point_table(self.of(kind))
        return points.assign(name=self.name_of) if kind == NAMES else points


def readings(sample: PaperSample, request: PaperRequest) -> Readings:
    """The test sentences whose names the model reaches in every language, and the sentences about ambiguous names."""
    languages = sample.corpus.languages
    tokenizer, limit = encoders.load_tokenizer(request.model), longest(request.model)
    test = readable(Sample([], sample.sentences(sample.test, languages), sample.corpus), tokenizer, limit).test
    four = [code for code in published.FOUR if code in languages]
    about = [name for _ in four for name, _ in sample.named]
    names = sample.sentences([cell for _, cell in sample.named], four)
    lost = {
        (item.sentence.context, item.sentence.entity)
        for item in encode(names, tokenizer, limit)
        if not item.entity_pieces
    }
    kept = [place for place, s in enumerate(names) if (s.context, s.entity) not in lost]
    return Readings(languages, test, [names[i] for i in kept], [about[i] for i in kept])


def longest(model: str) -> int:
    """How many ids the model reads at once."""
    from transformers import AutoConfig

    return longest_input(AutoConfig.from_pretrained(encoders.resolve(model), trust_remote_code=False))


def recipe_for(request: PaperRequest, seed: int) -> Recipe:
    """How every model is trained."""
    return Recipe(
        learning_rate=request.learning_rate, batch_size=request.sizes.batch_size, epochs=request.epochs,
        probe_every=request.sizes.probe_every, seed=seed,
    )  # fmt: skip


def is_probed(request: PaperRequest, donor: str, seed: int) -> bool:
    """Whether Figures 3 and 4 look into the training of that model."""
    return seed == request.seed and donor in published.SIX


def is_read(request: PaperRequest, donor: str, seed: int) -> bool:
    """Whether Figures 1 and 2 and Table 2 look at the vectors of that model."""
    return seed == request.seed and donor == published.DONOR


def make_piece(
    run: Run, request: PaperRequest, sample: PaperSample, asked: Readings, donor: str, seed: int, label: str
) -> Generator[Record, None, Piece]:
    """Fine-tune one model and keep what the figures need of it; goes on from a checkpoint where there is one."""
    started = time.monotonic()
    tokenizer, limit = encoders.load_tokenizer(request.model), longest(request.model)
    model: Any = encoders.load_token_classifier(request.model, LABELS, seed)
    model.to(devices.pick_device(request.device))
    learned = encode(sample.sentences(sample.train, [donor]), tokenizer, limit)
    tested = encode(asked.test, tokenizer, limit)
    read = is_read(request, donor, seed)
    named = encode(asked.names, tokenizer, limit) if read else []
    recipe = recipe_for(request, seed)
    layers = (0, int(model.config.num_hidden_layers))
    vectors: dict[tuple[str, str, int], Array] = {}
    probes: list[ProbeRecord] = []
    with ActiveVocabulary(model, [*learned, *tested, *named]) as vocabulary:
        learned, tested, named = (vocabulary.translate(part) for part in (learned, tested, named))
        if read:
            yield from _read(model, tested, named, layers, BEFORE, vectors, label)
        yield Stage("train", label, recipe.steps(len(learned)), "steps")
        probe = None
        if is_probed(request, donor, seed):
            probe = partial(probe_space, model, _probed(tested, request), layers, request.seed)
        checkpoints = Checkpoints(run.path / "checkpoints" / f"{donor}-{seed}", request.checkpoint_seconds)
        with closing(finetune(model, learned, recipe, probe, checkpoints)) as records:
            for record in records:
                if isinstance(record, ProbeRecord):
                    probes.append(record)
                yield record
        outputs = Outputs()
        yield Stage("read", f"{label}: errors", len(tested), "sentences")
        for done in forward(model, tested, outputs, batch_size=FORWARD_BATCH):
            yield Progress("read", done)
        if read:
            yield from _read(model, tested, named, layers, AFTER, vectors, label)
    labels = [model.config.id2label[number] for number in range(len(LABELS))]
    predictions = prediction_table(donor, seed, asked.test, outputs, labels)
    checkpoints.remove()
    return Piece(donor, seed, predictions, probes_table(probes), vectors, time.monotonic() - started)


def _probed(tested: Sequence[Encoded], request: PaperRequest) -> list[Encoded]:
    """The first `probe_size` test sentences of each of the six languages."""
    chosen: list[Encoded] = []
    for code in published.SIX:
        chosen += [item for item in tested if item.sentence.language == code][: request.sizes.probe_size]
    return chosen


def _read(
    model: Any, tested: Sequence[Encoded], named: Sequence[Encoded], layers: tuple[int, ...], stage: str,
    vectors: dict[tuple[str, str, int], Array], label: str,
) -> Iterator[Record]:  # fmt: skip
    """Entity vectors of the test sentences in the four languages and of the ambiguous names, at both layers."""
    parts = {TYPES: [item for item in tested if item.sentence.language in published.FOUR], NAMES: list(named)}
    yield Stage(stage, f"{label}: vectors {stage}", sum(map(len, parts.values())), "sentences")
    behind = 0
    for kind, part in parts.items():
        outputs = Outputs()
        groups = [[item.entity_pieces] for item in part]
        if part:
            for done in forward(model, part, outputs, groups=groups, layers=layers, batch_size=FORWARD_BATCH):
                yield Progress(stage, behind + done)
        for layer in layers:
            width = int(model.config.hidden_size)
            vectors[kind, stage, layer] = outputs.vectors.get(layer, np.zeros((0, width), dtype=np.float32))
        behind += len(part)


def note_of(piece: Piece) -> Note:
    """One line on a model that was not made anew."""
    return Note(f"{piece.donor}-{piece.seed} was made before by an earlier run and is used again.")
