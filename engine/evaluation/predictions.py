"""The table `predictions`: what a model said of every sentence."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from nerspace.datasets import Sentence
    from nerspace.engine.encoders.forward import Outputs

COLUMNS = ["donor", "seed", "sentence", "language", "type", "gold", "predicted", "wrong", "confidence"]


def prediction_table(
    donor: str, seed: int, sentences: Sequence["Sentence"], outputs: "Outputs", labels: Sequence[str]
) -> "pd.DataFrame":
    """The table `predictions` of one fine-tuned model.

    labels: IOB2 tags in the order of their numbers.
    """
    predicted = [[labels[number] for number in numbers] for numbers in outputs.predicted]
    names = [sentence.id for sentence in sentences]
    return tagged_table(donor, seed, names, sentences, predicted, outputs.confidence)


def tagged_table(
    donor: str, seed: int, names: Sequence[str], sentences: Sequence["Sentence"], predicted: Sequence[Sequence[str]],
    confidence: Sequence[float],
) -> "pd.DataFrame":  # fmt: skip
    """The table `predictions` from tags. names: an id for each sentence."""
    import pandas as pd

    rows = [
        (donor, seed, name, sentence.language, sentence.type, " ".join(sentence.tags), " ".join(said),
         int(list(said) != list(sentence.tags)), sure)
        for name, sentence, said, sure in zip(names, sentences, predicted, confidence, strict=True)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=COLUMNS)
