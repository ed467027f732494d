"""One fine-tuned model of the paper, from its base to what every figure needs of it."""

import shutil
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from nerspace.datasets import Sentence
from nerspace.engine.encoders import LABELS, Encoder
from nerspace.engine.executors import Executor, Records, Task
from nerspace.engine.paper import published
from nerspace.engine.paper.cache import Array, CachedModel
from nerspace.engine.paper.samples import PaperSample
from nerspace.engine.requests.paper import PaperRequest
from nerspace.engine.requests.training import Request
from nerspace.engine.runs import Run
from nerspace.engine.runs.records import Note, Record, Stage, counted
from nerspace.engine.sampling import Sample, point_table, readable
from nerspace.engine.training.job import finetuned, finetuning_tasks, of_several, part_of, read_predictions
from nerspace.engine.training.tables import probes_table

BEFORE, AFTER = "before", "after"
TYPES, NAMES, BORDER, EVERY = "types", "names", "border", "every"


@dataclass(frozen=True, slots=True)
class PaperSentences:
    """The sentences that every model of a run reads, in the order of its predictions and vectors.

    Attributes:
        test: language by language.
        names: the test contexts of names in several types, in the four languages; `name_of` says which name each is
            about, `settles` whether its context alone settles the type.
        border: those of organisations with a place in their name, likewise; `border_of` says which each is about.
    """

    languages: tuple[str, ...]
    test: list[Sentence]
    names: list[Sentence]
    name_of: list[str]
    settles: list[bool]
    border: list[Sentence]
    border_of: list[str]

    def of(self, kind: str) -> list[Sentence]:
        """The sentences behind the vectors of a kind: types are the test sentences in four languages, every in all."""
        if kind in (NAMES, BORDER):
            return self.names if kind == NAMES else self.border
        return [s for s in self.test if kind == EVERY or s.language in published.FOUR]

    def points(self, kind: str) -> pd.DataFrame:
        """The table `points` of a kind; names have in `name` which they are about, in `settles` what `settles` says."""
        points = point_table(self.of(kind))
        if kind == BORDER:
            return points.assign(name=self.border_of)
        return points.assign(name=self.name_of, settles=self.settles) if kind == NAMES else points


def paper_sentences(sample: PaperSample, request: PaperRequest) -> PaperSentences:
    """The test sentences whose names the model reaches in every language, and the sentences about ambiguous names."""
    languages = sample.corpus.languages
    encoder = Encoder(request.model)
    drawn = Sample([], sample.sentences(sample.test, languages), sample.corpus)
    test = readable(drawn, encoder).test
    four = [code for code in published.FOUR if code in languages]
    about = [(name, context.decisive != "no") for _ in four for name, (context, _) in sample.named]
    names = sample.sentences([cell for _, cell in sample.named], four)
    reached = _reached(encoder, names)
    border = sample.sentences([cell for _, cell in sample.border], four)
    border_of = [name for _ in four for name, _ in sample.border]
    kept = _reached(encoder, border)
    return PaperSentences(
        languages, test, [names[i] for i in reached], [about[i][0] for i in reached], [about[i][1] for i in reached],
        [border[i] for i in kept], [border_of[i] for i in kept],
    )  # fmt: skip


def _reached(encoder: Encoder, sentences: Sequence[Sentence]) -> list[int]:
    """The numbers of those whose name the model reaches in every language."""
    lost = {
        (item.sentence.context, item.sentence.entity) for item in encoder.encode(sentences) if not item.entity_pieces
    }
    return [place for place, s in enumerate(sentences) if (s.context, s.entity) not in lost]


def is_probed(request: PaperRequest, donor: str, seed: int) -> bool:
    """Whether Figures 3 and 4 look into the training of that model."""
    return seed == request.seed and donor in published.SIX


def is_read(request: PaperRequest, donor: str, seed: int) -> bool:
    """Whether Figures 1 and 2 and Table 2 look at the vectors of that model."""
    return seed == request.seed and donor == published.DONOR


def training_request(request: PaperRequest, sentences: PaperSentences, donor: str, seed: int) -> Request:
    """How one model is trained, probed and tested; one whose vectors are to be read is saved."""
    sizes, probed = request.sizes, is_probed(request, donor, seed)
    return Request(
        donor=donor, languages=sentences.languages, seed=seed, size=sizes.train, test_size=sizes.test,
        model=request.model, device=request.device, data=request.data,
        learning_rate=request.learning_rate, batch_size=sizes.batch_size,
        epochs=request.epochs, probe_every=sizes.probe_every if probed else 0, probe_size=sizes.probe_size,
        probe_languages=tuple(code for code in published.SIX if code in sentences.languages),
        keep_model=is_read(request, donor, seed),
        checkpoint_seconds=request.checkpoint_seconds,
    )  # fmt: skip


def training_tasks(
    run: Run, executor: Executor, request: PaperRequest, sample: PaperSample, sentences: PaperSentences,
    models: Sequence[tuple[str, int]],
) -> list[Task]:  # fmt: skip
    """The fine-tunings of some models, donors and seeds."""
    requests = [training_request(request, sentences, donor, seed) for donor, seed in models]
    trains = {donor: sample.sentences(sample.train, [donor]) for donor in dict.fromkeys(donor for donor, _ in models)}
    return finetuning_tasks(run, executor, requests, trains, sentences.test)


def make_model(
    run: Run, request: PaperRequest, sentences: PaperSentences, task: Task, work: Records, number: int, models: int,
    at_once: int = 1,
) -> Generator[Record, None, CachedModel]:  # fmt: skip
    """Fine-tune one model and store what the figures need of it; goes on from a checkpoint where there is one.

    Args:
        run: where it is stored.
        request: of the run.
        sentences: what the model reads.
        task: one of `training_tasks`.
        work: the records of the task.
        number: of the model among `models`.
        models: how many there are.
        at_once: how many go on side by side, for the time that is left.
    """
    started, donor, seed = time.monotonic(), task.request.donor, task.request.seed
    part, parts = part_of(number, models, at_once)
    yield from of_several(work, number, models, part, parts)
    done = finetuned(run, task.request)
    vectors: dict[tuple[str, str, int], Array] = {}
    if is_read(request, donor, seed):
        folder = run.path / "model" / f"{donor}-{seed}"
        for stage, name in ((BEFORE, request.model), (AFTER, str(folder))):
            yield from _read(request, sentences, stage, name, vectors, part, parts)
        shutil.rmtree(folder.parent, ignore_errors=True)
    probes = probes_table(done.probes)
    # One that went on beside another had less of the time for itself than it took.
    seconds = max(time.monotonic() - started, done.seconds)
    return CachedModel(donor, seed, read_predictions(done), probes, vectors, seconds)


def _read(
    request: PaperRequest, sentences: PaperSentences, stage: str, name: str, vectors: dict[tuple[str, str, int], Array],
    part: int, parts: int,
) -> Iterator[Record]:  # fmt: skip
    """Entity vectors of the test sentences in the four languages and of the names, at both layers; before fine-tuning
    also of the test sentences in every language, at the last layer.

    name: the encoder, as it came or the folder of a fine-tuned one.
    """
    encoder = Encoder(name, request.device, LABELS, request.seed)
    layers: dict[str, tuple[int, ...]] = dict.fromkeys((TYPES, NAMES, BORDER), (0, encoder.layers))
    if stage == BEFORE:
        layers[EVERY] = (encoder.layers,)
    kinds = {kind: encoder.encode(sentences.of(kind)) for kind in layers}
    total = sum(map(len, kinds.values()))
    yield Stage(stage, f"Word vectors {stage} fine-tuning", total, "sentences", part, parts)
    behind = 0
    for kind, encoded in kinds.items():
        outputs = yield from counted(stage, encoder.read_counting(encoded, layers=layers[kind]), behind)
        vectors |= {(kind, stage, layer): outputs.vectors[layer] for layer in layers[kind]}
        behind += len(encoded)


def in_order(vectors: Mapping[tuple[str, str, int], Array], kind: str) -> dict[tuple[str, int], Array]:
    """The vectors of a kind, before first and the initial layer first.

    Returns:
        (stage, layer) → [n, d].
    """
    keys = sorted((key for key in vectors if key[0] == kind), key=lambda key: (key[1] != BEFORE, key[2]))
    return {(stage, layer): vectors[kind, stage, layer] for _, stage, layer in keys}


def note_of(model: CachedModel) -> Note:
    """One line on a model that was not made anew."""
    return Note(f"{model.donor}-{model.seed} was made by an earlier run and is used again.")
