"""A small set of changed names with a model that is at hand: what a demo can afford, in seconds.

As many cells as FEW_CELLS, each of another name where there are so many, in all recipients, and a few changes. Which
ones is drawn by the seed before anything is read.
"""

import random
from collections.abc import Generator, Sequence

from nerspace.datasets import Sentence
from nerspace.engine.encoders import Encoder
from nerspace.engine.runs import Run
from nerspace.engine.runs.records import ModelId, Record, Stage, counted
from nerspace.engine.swapping.contrasts import contrast_table, counterfactual_table
from nerspace.engine.swapping.cutting import Cutter
from nerspace.engine.swapping.job import ask, read_asked, unlike

FEW_CELLS = 40
FEW_CHANGES = ("donor's form", "+2 pieces", "name in Latin", "another name")


def few_cells(sentences: Sequence[Sentence], donor: str, seed: int) -> list[str]:
    """Cells that the donor and another language have, each name once before any comes again.

    Args:
        sentences: of the test part.
        donor: what the model was trained on.
        seed: of the draw.
    """
    languages: dict[str, set[str]] = {}
    for sentence in sentences:
        if sentence.entity:
            languages.setdefault(sentence.cell, set()).add(sentence.language)
    cells = sorted(cell for cell, known in languages.items() if donor in known and len(known) > 1)
    random.Random(seed).shuffle(cells)  # noqa: S311 - a reproducible draw, no secret
    times: dict[str, int] = {}
    turn = {}
    for cell in cells:
        name = cell.partition("/")[2]
        turn[cell] = times[name] = times.get(name, 0) + 1
    return sorted(cells, key=lambda cell: turn[cell])[:FEW_CELLS]


def read_few(run: Run, encoder: Encoder, test: Sequence[Sentence], model: ModelId) -> Generator[Record, None, bool]:
    """Write `counterfactuals` and `counterfactual_contrasts` of a few cells; whether there was one.

    Args:
        run: what it is written into.
        encoder: the model.
        test: the test sentences of all languages.
        model: which it is.
    """
    cells = few_cells(test, model.donor, model.seed)
    if not cells:
        return False
    recipients = tuple(dict.fromkeys(sentence.language for sentence in test))
    cutter = Cutter(encoder.tokenizer)
    sentences = {sentence.id: sentence for sentence in test}
    asked = ask(sentences, model, recipients, encoder, cutter, cells, FEW_CHANGES)
    items = unlike(asked)
    yield Stage("changed", "Names changed one thing at a time", len(items), "sentences", model=model)

    def tags(numbers: Sequence[int]) -> list[str]:
        return [encoder.labels[number] for number in numbers]

    answers = yield from counted("changed", read_asked(encoder, tags, asked, items, cutter, model))
    table = counterfactual_table(answers)
    run.write_table("counterfactuals", table)
    run.write_table("counterfactual_contrasts", contrast_table(table))
    return True
