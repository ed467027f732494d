"""What a model got wrong: sentences, entities, tags."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from nerspace.engine.errors import DataError, UsageError

if TYPE_CHECKING:
    import pandas as pd

    from nerspace.datasets import Sentence
    from nerspace.engine.forward import Outputs

Span = tuple[str, int, int]


def entity_spans(tags: Sequence[str]) -> set[Span]:
    """Entities as (type, start, stop) under strict IOB2: one begins with B-, an I- that continues nothing is none."""
    spans: set[Span] = set()
    kind, start = "", 0
    for position, tag in enumerate([*tags, "O"]):
        if kind and tag != f"I-{kind}":
            spans.add((kind, start, position))
            kind = ""
        if tag.startswith("B-"):
            kind, start = tag[2:], position
    return spans


def entity_scores(
    gold: Iterable[Sequence[str]], predicted: Iterable[Sequence[str]], mode: str = "strict"
) -> Mapping[str, float]:
    """Micro-averaged precision, recall and f1 over entities, with their counts.

    gold, predicted: per sentence, IOB2 tags of its words. mode: "strict", boundaries and type must both be right.
    Returns: precision, recall, f1 in [0, 1] (0 where nothing is predicted or there), correct, predicted, gold.
    Raises: DataError when a sentence has different lengths, UsageError for another mode.
    """
    if mode != "strict":
        raise UsageError(f"Unknown mode {mode!r}.", "Choose strict.")
    correct = found = there = 0
    for number, (right, said) in enumerate(zip(gold, predicted, strict=True)):
        if len(right) != len(said):
            raise DataError(f"Sentence {number} has {len(right)} gold and {len(said)} predicted tags.")
        right_spans, said_spans = entity_spans(right), entity_spans(said)
        correct += len(right_spans & said_spans)
        found += len(said_spans)
        there += len(right_spans)
    precision, recall = (correct / total if total else 0.0 for total in (found, there))
    f1 = 2 * correct / (found + there) if found + there else 0.0
    return {
        "precision": precision, "recall": recall, "f1": f1,
        "correct": correct, "predicted": found, "gold": there,
    }  # fmt: skip


def prediction_table(
    donor: str, seed: int, sentences: Sequence["Sentence"], outputs: "Outputs", labels: Sequence[str]
) -> "pd.DataFrame":
    """The table `predictions` of one fine-tuned model."""
    import pandas as pd

    rows = []
    for sentence, numbers, confidence in zip(sentences, outputs.predicted, outputs.confidence, strict=True):
        predicted = [labels[number] for number in numbers]
        rows.append(
            (donor, seed, sentence_id(sentence), sentence.language, sentence.type, " ".join(sentence.tags),
             " ".join(predicted), int(predicted != list(sentence.tags)), confidence)
        )  # fmt: skip
    columns = ["donor", "seed", "sentence", "language", "type", "gold", "predicted", "wrong", "confidence"]
    return pd.DataFrame(rows, columns=columns)


def sentence_id(sentence: "Sentence") -> str:
    """The id by which tables name a sentence: language/context/entity."""
    return f"{sentence.language}/{sentence.context}/{sentence.entity}"
