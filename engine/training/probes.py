"""Probes: measures of the space and of the errors on a fixed sample, taken while a model is fine-tuned."""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from nerspace.engine.encoders.batching import Encoded
from nerspace.engine.encoders.forward import Outputs, finish, forward
from nerspace.engine.errors import DataError
from nerspace.engine.geometry.grouping import parallel_purity, purity_of, shuffled_purity
from nerspace.engine.geometry.isotropy import MEASURES, noise_floor, typical_length
from nerspace.engine.geometry.neighbours import nearest_neighbours
from nerspace.engine.requests.training import Request
from nerspace.engine.runs.records import ProbeRecord

WORDS_PER_SENTENCE = 4
# Measures of the word vectors of one language; without the slow ones, which are taken before and after only.
PROBED = ("mean_cosine", "isoscore", "log10_partition")


def random_words(encoded: Sequence[Encoded], count: int, seed: int) -> list[list[tuple[int, ...]]]:
    """Per sentence, the pieces of up to `count` random words that hold a letter or digit."""
    generator = random.Random(seed)  # noqa: S311
    chosen = []
    for item in encoded:
        words = [
            pieces
            for word, pieces in zip(item.sentence.words, item.pieces, strict=True)
            if pieces and any(letter.isalnum() for letter in word)
        ]
        chosen.append(generator.sample(words, min(count, len(words))))
    return chosen


def probed(test: Sequence[Encoded], request: Request) -> list[Encoded]:
    """The first `probe_size` test sentences of every probed language; languages lie one after the other."""
    wanted = set(request.probe_languages or request.languages)
    seen: Counter[str] = Counter()
    chosen = []
    for item in test:
        seen[item.sentence.language] += 1
        if item.sentence.language in wanted and seen[item.sentence.language] <= request.probe_size:
            chosen.append(item)
    return chosen


def probed_layers(request: Request, model: Any) -> tuple[int, ...]:
    """The layers to probe: those requested, else the initial and the last.

    Raises:
        UsageError: for one that the model lacks.
    """
    last = int(model.config.num_hidden_layers)
    return request.layers_of(last) or (0, last)


def probe_space(
    model: Any, encoded: Sequence[Encoded], layers: tuple[int, ...], seed: int, step: int
) -> Iterator[ProbeRecord]:
    """One forward pass over the same sentences every time, and what is measured in it.

    Per language: wrong sentences (at the last layer), and of random word vectors at each layer the mean cosine,
    IsoScore and log10 partition isotropy. Over all languages: kNN purity of the entity vectors by type and by language.
    A measure that n does not allow is left out; names that the model does not reach are not among the entities.
    """
    words = random_words(encoded, WORDS_PER_SENTENCE, seed)
    entities = [item.entity_groups for item in encoded]
    groups = [[*(pieces for _, pieces in found), *chosen] for found, chosen in zip(entities, words, strict=True)]
    owner = np.repeat(np.arange(len(encoded)), [len(group) for group in groups])
    is_entity = np.array(
        [place < len(found) for group, found in zip(groups, entities, strict=True) for place in range(len(group))],
        dtype=bool,
    )
    reached = np.array([bool(pieces) for found in entities for _, pieces in found], dtype=bool)
    languages = np.array([item.sentence.language for item in encoded])
    types = np.array([kind for found in entities for kind, _ in found])
    of_entities = languages[owner[is_entity]]
    cells = np.array([item.sentence.cell for item in encoded])[owner[is_entity]]
    outputs = finish(forward(model, encoded, groups=groups, layers=layers))
    yield from _wrong(model, encoded, outputs, languages, step)
    for layer, vectors in outputs.vectors.items():
        for language in dict.fromkeys(languages.tolist()):
            rows = vectors[~is_entity & (languages[owner] == language)]
            for measure in PROBED:
                with suppress(DataError):
                    value = MEASURES[measure](rows)
                    floor = None
                    if measure != "mean_cosine":
                        n, d = rows.shape
                        floor = noise_floor(measure, n, d, length=typical_length(rows))
                    yield ProbeRecord(step, language, layer, measure, len(rows), value, floor)
        with suppress(DataError):
            near = nearest_neighbours(vectors[is_entity][reached])
            for grouping, labels in (("type", types[reached]), ("language", of_entities[reached])):
                yield ProbeRecord(
                    step, "all", layer, f"knn_purity_{grouping}", len(labels), purity_of(near, labels),
                    shuffled_purity(labels),
                    floor_parallel=parallel_purity(near, labels, cells[reached], within=grouping == "language"),
                )  # fmt: skip


def _wrong(
    model: Any, encoded: Sequence[Encoded], outputs: Outputs, languages: Any, step: int
) -> Iterator[ProbeRecord]:
    names = model.config.id2label
    wrong = np.array(
        [
            [names[number] for number in numbers] != list(item.sentence.tags)
            for numbers, item in zip(outputs.predicted, encoded, strict=True)
        ]
    )
    for language in dict.fromkeys(languages.tolist()):
        chosen = wrong[languages == language]
        last = int(model.config.num_hidden_layers)
        yield ProbeRecord(step, language, last, "wrong", len(chosen), float(chosen.sum()))
