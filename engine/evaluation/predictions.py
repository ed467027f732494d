"""The table `predictions`: the tags that a model gives every sentence."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nerspace.engine.tables.spec import LANGUAGE, MODEL, SENTENCE, TYPE, TableSpec, integer, real, text

if TYPE_CHECKING:
    import pandas as pd

    from nerspace.datasets import Sentence
    from nerspace.engine.encoders.forward import Outputs


PREDICTIONS = TableSpec(
    "predictions",
    "What the fine-tuned model said of every test sentence.",
    {
        **MODEL,
        "sentence": text(f"{SENTENCE}; language/split/number where it came tagged"),
        "language": text(LANGUAGE),
        "type": text(f"{TYPE}; mixed for several, empty for none"),
        "gold": text("gold tags, joined by a space"),
        "predicted": text("predicted tags, joined by a space"),
        "wrong": integer("1 if any tag is wrong, else 0"),
        "confidence": real("lowest probability of a predicted tag in the sentence"),
    },
)


@PREDICTIONS.made_by
def prediction_table(
    donor: str, seed: int, read: Sequence["Sentence"], outputs: "Outputs", labels: Sequence[str]
) -> "pd.DataFrame":
    """The table `predictions` of one fine-tuned model.

    Args:
        donor: the language that it was trained on.
        seed: of its fine-tuning.
        read: the sentences that it read.
        outputs: what it gave for them.
        labels: IOB2 tags in the order of their numbers.
    """
    predicted = [[labels[number] for number in numbers] for numbers in outputs.predicted]
    names = [sentence.id for sentence in read]
    return tagged_table(donor, seed, names, read, predicted, outputs.confidence)


def tagged_table(
    donor: str, seed: int, names: Sequence[str], sentences: Sequence["Sentence"], predicted: Sequence[Sequence[str]],
    confidence: Sequence[float],
) -> "pd.DataFrame":  # fmt: skip
    """The table `predictions` from tags.

    Args:
        donor: the language that the model was trained on.
        seed: of its fine-tuning.
        names: an id for each sentence.
        sentences: with their gold tags.
        predicted: per sentence, tags of its words.
        confidence: of each sentence.
    """
    rows = [
        (donor, seed, name, sentence.language, sentence.type, " ".join(sentence.tags), " ".join(tags),
         int(list(tags) != list(sentence.tags)), sure)
        for name, sentence, tags, sure in zip(names, sentences, predicted, confidence, strict=True)
    ]  # fmt: skip
    return PREDICTIONS.frame(rows)
