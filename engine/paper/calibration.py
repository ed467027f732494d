"""How long the models of a request will take here, from a few measured steps before the first is made."""

import heapq
import random
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace

from nerspace.engine import devices
from nerspace.engine.encoders import LABELS, Encoder
from nerspace.engine.encoders.batching import ActiveVocabulary
from nerspace.engine.paper import published
from nerspace.engine.paper.models import PaperSentences, is_probed, is_read, training_request
from nerspace.engine.paper.samples import PaperSample
from nerspace.engine.requests.paper import PaperRequest
from nerspace.engine.requests.training import Recipe
from nerspace.engine.runs.records import Progress, Record, Stage, StepRecord
from nerspace.engine.training.loop import finetune

# Steps that are measured, behind a few that warm up, and sentences that are read.
STEPS, WARM, READ = 16, 4, 128


@dataclass(frozen=True, slots=True)
class Speed:
    """How long things take, in seconds.

    Attributes:
        load: to load and encode for a model.
        step: for one step.
        sentence: to read one sentence.
    """

    load: float
    step: float
    sentence: float


def measure(
    request: PaperRequest, sample: PaperSample, sentences: PaperSentences, threads: int = 0
) -> Generator[Record, None, Speed]:
    """Load a model as every training does, train a few steps and read some sentences; nothing of it is saved.

    threads: as the trainings will have; 0 for those of this process.
    """
    all_threads = devices.cores()
    devices.use_threads(threads)
    try:
        return (yield from _measure(request, sample, sentences))
    finally:
        devices.use_threads(all_threads)


def _measure(request: PaperRequest, sample: PaperSample, sentences: PaperSentences) -> Generator[Record, None, Speed]:
    yield Stage("calibrate", "Measuring this machine", 3, "parts")
    # The first time reads from a cold disk and imports; no training will do so again.
    _ = Encoder(request.model, "cpu", LABELS, request.seed).model
    started = time.monotonic()
    encoder = Encoder(request.model, request.device, LABELS, request.seed)
    learned = encoder.encode(sample.sentences(sample.train, [published.DONOR]))
    tested = encoder.encode(sentences.test)
    with ActiveVocabulary(encoder.model, [*learned, *tested]) as vocabulary:
        learned, tested = vocabulary.translate(learned), vocabulary.translate(tested)
        load = time.monotonic() - started
        yield Progress("calibrate", 1)
        generator = random.Random(request.seed)  # noqa: S311
        wanted = (WARM + STEPS) * request.sizes.batch_size
        drawn = [learned[generator.randrange(len(learned))] for _ in range(wanted)]
        recipe = replace(Recipe.of(training_request(request, sentences, published.DONOR, request.seed)), epochs=1)
        seconds = [r.seconds for r in finetune(encoder.model, drawn, recipe) if isinstance(r, StepRecord)]
        yield Progress("calibrate", 2)
        started = time.monotonic()
        chosen = generator.sample(tested, min(READ, len(tested)))
        encoder.read(chosen, layers=())
        sentence = (time.monotonic() - started) / len(chosen)
        yield Progress("calibrate", 3)
    return Speed(load, (seconds[-1] - seconds[WARM - 1]) / (len(seconds) - WARM), sentence)


def seconds_for(
    speed: Speed, request: PaperRequest, sample: PaperSample, sentences: PaperSentences, donor: str, seed: int
) -> float:
    """How long one model will take."""
    steps = Recipe.of(training_request(request, sentences, donor, seed)).steps(len(sample.train))
    read, loads = len(sentences.test), 1
    if is_probed(request, donor, seed):
        probed = len(set(published.SIX) & set(sentences.languages)) * request.sizes.probe_size
        read += probed * (steps // request.sizes.probe_every + 1)
    if is_read(request, donor, seed):
        four = sum(sentence.language in published.FOUR for sentence in sentences.test)
        read += 2 * (four + len(sentences.names) + len(sentences.border)) + len(sentences.test)
        loads = 3
    return loads * speed.load + steps * speed.step + read * speed.sentence


def side_by_side(seconds: Sequence[float], at_once: int) -> float:
    """How long pieces of work take together that are begun in their order, so many at once."""
    ends = [0.0] * max(1, at_once)
    for each in seconds:
        heapq.heapreplace(ends, ends[0] + each)
    return max(ends)
