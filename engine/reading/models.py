"""The models of a run that read on demand: each fine-tuned one, and the encoder they came from."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

from nerspace.engine.encoders import Encoder, resolve
from nerspace.engine.encoders.batching import Encoded
from nerspace.engine.encoders.configuration import labels_in
from nerspace.engine.encoders.forward import Groups, Outputs
from nerspace.engine.evaluation.inputs import Labels, labels_of
from nerspace.engine.runs import Run
from nerspace.engine.runs.models import SavedModel, chosen_models, foreign_model
from nerspace.engine.runs.records import ModelId

# Fine-tuned models that stay loaded, of half a gigabyte each.
_KEPT = 2
Told = Callable[[int], None]


class RunModels:
    """Models that are loaded once and stay.

    Raises:
        UsageError: where the run kept none.
    """

    def __init__(self, run: Run) -> None:
        self.saved: Sequence[SavedModel] = _saved(run)
        self._before: Encoder | None = None

    @property
    def first(self) -> Encoder:
        """The first fine-tuned model, whose vectors are those after fine-tuning."""
        return _tuned(self.saved[0].folder)[0]

    @property
    def before(self) -> Encoder | None:
        """The encoder that they came from; None where nobody says it."""
        if self.saved[0].base and self._before is None:
            self._before = Encoder(self.saved[0].base)
        return self._before

    def tags(self, model: SavedModel, read: Outputs) -> list[list[str]]:
        """The predicted tags of each sentence, as our types and IOB2."""
        labels = _tuned(model.folder)[1]
        return [labels.read(numbers) for numbers in read.predicted]

    def tuned(self, model: SavedModel) -> Encoder:
        """A fine-tuned model."""
        return _tuned(model.folder)[0]


def _saved(run: Run) -> list[SavedModel]:
    """The run's own models, else the one from elsewhere that it read with."""
    if name := foreign_model(run):
        return [SavedModel(ModelId(Path(name).name, 0), Path(resolve(name)), "")]
    return chosen_models(run)


@lru_cache(maxsize=_KEPT)
def _tuned(folder: Path) -> tuple[Encoder, Labels]:
    labels = labels_of(labels_in(folder), str(folder))
    return Encoder(str(folder), labels=labels.own), labels


def read_telling(
    encoder: Encoder, encoded: Sequence[Encoded], groups: Groups, layers: Sequence[int], told: Told
) -> Outputs:
    """As `Encoder.read`, telling after each batch how many sentences are done.

    Args:
        encoder: that reads.
        encoded: sentences.
        groups: of positions of pieces per sentence, of which vectors are wanted.
        layers: of these vectors; none for predictions alone.
        told: gets the number.
    """
    work = encoder.read_counting(encoded, groups, layers)
    while True:
        try:
            told(next(work))
        except StopIteration as ended:
            outputs: Outputs = ended.value
            return outputs
