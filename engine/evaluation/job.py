"""Saved models read sentences of a user's own, as one job: predictions, and every table that comes from them."""

from collections.abc import Generator, Iterator
from pathlib import Path

import pandas as pd

from nerspace.engine import encoders
from nerspace.engine.encoders.content import encoder_hash
from nerspace.engine.evaluation.inputs import Given, given_sentences, unknown_types
from nerspace.engine.evaluation.outcomes import outcomes_table
from nerspace.engine.evaluation.predictions import tagged_table
from nerspace.engine.evaluation.stored import MEASURES
from nerspace.engine.evaluation.taggers import Tagger, forget_shards, make_tagger, read_back, read_shard, tagging_tasks
from nerspace.engine.executors import MOST_SHARDS, Executor, Records, Task, executor_for
from nerspace.engine.requests.evaluation import Evaluation
from nerspace.engine.runs import Run
from nerspace.engine.runs.origin import Origin, begin_pass
from nerspace.engine.runs.records import Note, Progress, Record, Stage
from nerspace.engine.sampling import sentence_table
from nerspace.engine.tables.index import Held
from nerspace.engine.words import several

# A space inside a word, which would part it where words are joined by spaces.
_JOINED = {ord(" "): "\u00a0"}


def evaluate(run: Run) -> Iterator[Record]:
    """Have the models of the request tag its sentences, and write what came of it.

    The sentences are read in shards, wherever it is done with the same result; what was read before the run was cut off
    is not read again.
    """
    request = Evaluation.read(run.info()["request"])
    names = list(dict.fromkeys(model.model for model in request.models))
    with executor_for(run, request.on, request.threads, request.device, len(names) > 1) as executor:
        yield from executor.start(read_shard, names, len(request.models) * MOST_SHARDS)
        yield from _evaluate(run, request, executor)


def _evaluate(run: Run, request: Evaluation, executor: Executor) -> Iterator[Record]:
    yield Stage("prepare", "Data", 1 + len(request.models), "parts")
    given = given_sentences(request)
    sentences = _table_of(given)
    run.write_table("sentences", sentences)
    yield from map(Note, given.told)
    if given.dropped:
        left = several(len(given.dropped), "sentence or file was", "sentences or files were")
        yield Note(f"{left} left out by the reader; see the table coverage.")
    encoder_hashes = [encoder_hash(model.model) for model in request.models]
    origin = Origin.of(request, given.sentences, encoder_hashes, __name__)
    yield from begin_pass(run, origin, lambda: forget_shards(run))
    learned = _training_sentences(request)
    taggers = []
    for number, model in enumerate(request.models, 1):
        yield Progress("prepare", number)
        taggers.append(make_tagger(number, model, given, request, _words_of(learned, model.donor)))
    yield Progress("prepare", 1 + len(taggers))

    predictions, coverage, outcomes, known = [], [], [], set[str]()
    results = executor.run([task for tagger in taggers for task in tagging_tasks(executor, run, tagger, given)])
    for tagger in taggers:
        predicted = yield from _predict(run, tagger, given, results)
        known |= set(tagger.labels.types)
        predictions.append(predicted)
        coverage.append(tagger.coverage)
        tokenizer = encoders.load_tokenizer(tagger.model.model)
        outcomes.append(outcomes_table(predicted, pd.concat([sentences, learned]), tokenizer))
        run.update(known_types=sorted(known))
        for name, frames in (("predictions", predictions), ("coverage", coverage), ("outcomes", outcomes)):
            run.write_table(name, pd.concat(frames, ignore_index=True))

    yield Stage("measures", "Scores, confusion and buckets", 1, "set")
    held = Held(predictions=pd.concat(predictions), sentences=sentences, outcomes=pd.concat(outcomes), known=known)
    for name in MEASURES:
        run.write_table(name, held[name])
    forget_shards(run)
    yield Progress("measures", 1)


def _predict(
    run: Run, tagger: Tagger, given: Given, results: Iterator[tuple[Task, Records]]
) -> Generator[Record, None, pd.DataFrame]:
    """What one model predicts. results: of the tasks of its shards, in their order, and of those behind."""
    if missing := unknown_types(given.sentences, tagger.labels.types):
        listed = ", ".join(f"{kind} {n:,}" for kind, n in missing.most_common())
        yield Note(
            f"{missing.total():,} entities are of a type that the model does not know: {listed}. They count as missed; "
            "the rows of type known leave them out, --map TYPE=TYPE reads them as another."
        )
    yield Stage("read", f"Reading with {tagger.name}", len(tagger.parts), "sentences")
    for shard in tagger.shards:
        _, records = next(results)
        yield from records
        yield Progress("read", shard.stop)
    numbers, confidence = read_back(run, tagger, len(given.sentences))
    predicted = [tagger.labels.read(row) for row in numbers]
    return tagged_table(tagger.model.donor, tagger.model.seed, given.names, given.sentences, predicted, confidence)


def _table_of(given: Given) -> pd.DataFrame:
    frame = sentence_table(given.sentences)
    frame["sentence"] = given.names
    frame["words"] = [" ".join(word.translate(_JOINED) for word in s.words) for s in given.sentences]
    return frame


def _words_of(learned: pd.DataFrame | None, donor: str) -> set[str]:
    """The words of every training sentence of a donor."""
    return set() if learned is None else set(learned.loc[learned["language"] == donor, "words"])


def _training_sentences(request: Evaluation) -> pd.DataFrame | None:
    """What the models were trained on, where their run holds it."""
    run = Run(Path(request.run))
    if not request.run or "sentences" not in run.tables():
        return None
    frame = run.read_table("sentences")
    return frame[frame["split"] == "train"]
