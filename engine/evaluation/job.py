"""Saved models read sentences of a user's own, as one job: predictions, and every table that comes from them."""

from collections.abc import Collection, Generator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from nerspace.engine import devices, encoders
from nerspace.engine.batching import encode
from nerspace.engine.encoders import load_token_classifier
from nerspace.engine.evaluation.asking import Evaluation, SavedModel, read_evaluation
from nerspace.engine.evaluation.outcomes import outcomes_table
from nerspace.engine.evaluation.predictions import tagged_table
from nerspace.engine.evaluation.reading import (
    Given,
    Labels,
    coverage_table,
    given_sentences,
    labels_of,
    parts_of,
    unknown_types,
)
from nerspace.engine.evaluation.stored import evaluation_tables
from nerspace.engine.experiment import FORWARD_BATCH, longest_input, sentence_table
from nerspace.engine.forward import Outputs, forward
from nerspace.engine.progress import Note, Progress, Record, Stage
from nerspace.engine.runs import Run
from nerspace.engine.tokenization import encode_sentences

# A space inside a word, which would part it where words are joined by spaces.
_JOINED = {ord(" "): "\u00a0"}


def evaluate(run: Run) -> Iterator[Record]:
    """Have the models that the run asks for tag the sentences that it asks for, and write what came of it."""
    asked = read_evaluation(run.info()["request"])
    device = devices.pick_device(asked.device)
    run.update(device=devices.describe(device))
    yield Stage("prepare", "Data", 1, "data sets")
    given = given_sentences(asked)
    sentences = _table_of(given)
    run.write_table("sentences", sentences)
    if given.dropped:
        yield Note(f"{len(given.dropped)} sentences or files were left out by the reader; see the table coverage.")
    yield Progress("prepare", 1)

    learned = _training_sentences(asked)
    predictions, coverage, outcomes, known = [], [], [], set[str]()
    for model in asked.models:
        labels, said, covered = yield from _one(model, given, asked, device, _words_of(learned, model.donor))
        known |= set(labels.types)
        predictions.append(said)
        coverage.append(covered)
        tokenizer = encoders.load_tokenizer(model.model)
        outcomes.append(outcomes_table(said, pd.concat([sentences, learned]), tokenizer))
        run.update(known_types=sorted(known))
        for name, frames in (("predictions", predictions), ("coverage", coverage), ("outcomes", outcomes)):
            run.write_table(name, pd.concat(frames, ignore_index=True))

    yield Stage("measures", "Scores, confusion and buckets", 1, "set")
    made = evaluation_tables(pd.concat(predictions), sentences, pd.concat(outcomes), known)
    for name, make in made.items():
        run.write_table(name, make())
    yield Progress("measures", 1)


def _one(
    model: SavedModel, given: Given, asked: Evaluation, device: Any, learned: Collection[str]
) -> Generator[Record, None, tuple[Labels, pd.DataFrame, pd.DataFrame]]:
    """One model's labels, predictions and coverage."""
    from transformers import AutoConfig

    config = AutoConfig.from_pretrained(encoders.resolve(model.model), trust_remote_code=False)
    labels = labels_of(config.id2label, model.model)
    tokenizer = encoders.load_tokenizer(model.model)
    network: Any = load_token_classifier(model.model, labels.own, model.seed).to(device)
    limit = longest_input(config)
    pieces = _pieces(tokenizer, given)
    covered = coverage_table(model, given, asked, labels, pieces, limit, learned)
    if missing := unknown_types(given.sentences, labels.types):
        told = ", ".join(f"{kind} {n:,}" for kind, n in missing.most_common())
        yield Note(
            f"{missing.total():,} entities are of a type that the model does not know: {told}. They count as missed; "
            "the rows of type known leave them out, --map TYPE=TYPE reads them as another."
        )

    parts = [(i, *part) for i, counts in enumerate(pieces) for part in parts_of(counts, limit)]
    cut = [
        replace(
            given.sentences[i], words=given.sentences[i].words[start:stop], tags=given.sentences[i].tags[start:stop]
        )
        for i, start, stop, *_ in parts
    ]
    encoded = encode(cut, tokenizer, limit)
    yield Stage("read", f"Reading with {model.donor}, seed {model.seed}", len(encoded), "sentences")
    outputs = Outputs()
    for done in forward(network, encoded, outputs, outside=labels.outside, batch_size=FORWARD_BATCH):
        yield Progress("read", done)
    numbers: list[list[int]] = [[] for _ in given.sentences]
    confidence = [1.0] * len(given.sentences)
    for (i, start, _, first, last), found, sure in zip(parts, outputs.predicted, outputs.confidence, strict=True):
        numbers[i] += found[first - start : last - start]
        confidence[i] = min(confidence[i], sure)
    said = [labels.read(row) for row in numbers]
    table = tagged_table(model.donor, model.seed, given.names, given.sentences, said, confidence)
    return labels, table, covered


def _pieces(tokenizer: Any, given: Given) -> list[list[int]]:
    """Per sentence, the pieces of each word."""
    counted = []
    cut = encode_sentences(tokenizer, [sentence.words for sentence in given.sentences])
    for sentence, encoded in zip(given.sentences, cut, strict=True):
        counts = [0] * len(sentence.words)
        for word in encoded.word_index:
            if word is not None:
                counts[word] += 1
        counted.append(counts)
    return counted


def _table_of(given: Given) -> pd.DataFrame:
    frame = sentence_table(given.sentences)
    frame["sentence"] = given.names
    frame["words"] = [" ".join(word.translate(_JOINED) for word in s.words) for s in given.sentences]
    return frame


def _words_of(learned: pd.DataFrame | None, donor: str) -> set[str]:
    """The words of every training sentence of a donor."""
    return set() if learned is None else set(learned.loc[learned["language"] == donor, "words"])


def _training_sentences(asked: Evaluation) -> pd.DataFrame | None:
    """What the models were trained on, where their run tells it."""
    run = Run(Path(asked.run))
    if not asked.run or "sentences" not in run.tables():
        return None
    frame = run.read_table("sentences")
    return frame[frame["split"] == "train"]
