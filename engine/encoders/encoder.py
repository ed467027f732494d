"""A model with its tokenizer: from sentences to ids, and from ids to predictions and vectors."""

from collections.abc import Generator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from nerspace.datasets import Sentence
from nerspace.datasets.spelling import composed
from nerspace.engine import devices
from nerspace.engine.encoders import loading
from nerspace.engine.encoders.batching import Encoded, encode
from nerspace.engine.encoders.configuration import own_labels, shape_in
from nerspace.engine.encoders.forward import BATCH, Groups, Outputs, finish, forward
from nerspace.engine.encoders.saving import save_model
from nerspace.engine.encoders.suitability import check_kind, check_vocabulary
from nerspace.engine.errors import DataError, UsageError

if TYPE_CHECKING:
    import torch
    from tokenizers import Tokenizer

Text = Sentence | str | Sequence[str]
Of = Literal["entities", "words"] | Groups


class Encoder:
    """An encoder with a token classification head, and its tokenizer; each is loaded when it is first needed.

    Args:
        name: "builtin", a folder, or an id of the hub such as FacebookAI/xlm-roberta-base.
        device: auto, cpu, cuda, cuda:N or mps.
        labels: names of the head's classes in the order of their ids. None for those of the model itself where it was
            trained to tag names, else LABELS. The head stays where the model has one for exactly these, else it is
            drawn anew.
        seed: of a head that is drawn.

    Attributes:
        limit: how many ids the model reads at once.
        layers: how many the model has; hidden states are numbered 0 (the embedding output) to `layers`.
        width: values of a vector.

    Raises:
        ModelError: for a name that leads to no encoder with safetensors weights.
        UsageError: for a device that cannot be.
    """

    def __init__(
        self, name: str = loading.BUILTIN, device: str = "auto", labels: Sequence[str] | None = None, seed: int = 0
    ) -> None:
        folder = loading.resolve(name)
        check_kind(name, folder)
        shape = shape_in(folder)
        self.name, self.seed = name, seed
        self.labels = tuple(labels if labels is not None else own_labels(folder) or loading.LABELS)
        self._device = devices.check_device_name(device)
        self._vocabulary = shape.vocabulary
        self.limit, self.layers, self.width = shape.limit, shape.layers, shape.width

    def __repr__(self) -> str:
        return (
            f"Encoder({self.name!r}, device={self._device!r}): layers 0 to {self.layers}, "
            f"vectors of {self.width} values, at most {self.limit} pieces"
        )

    @cached_property
    def device(self) -> "torch.device":
        """Where the model computes.

        Raises:
            ConfigurationError: where this machine lacks it.
        """
        return devices.pick_device(self._device)

    @cached_property
    def tokenizer(self) -> "Tokenizer":
        """The fast tokenizer.

        Raises:
            ModelError: where it has more pieces than the model has vectors for.
        """
        tokenizer = loading.load_tokenizer(self.name)
        if self._vocabulary is not None:
            check_vocabulary(self.name, tokenizer.get_vocab_size(), self._vocabulary)
        return tokenizer

    @cached_property
    def model(self) -> Any:
        """The transformers model on its device, in training mode as fine-tuning wants it; reading turns that off."""
        return loading.load_token_classifier(self.name, self.labels, self.seed).to(self.device)

    def layer(self, number: int) -> int:
        """The number of a layer from 0; −1 is the last.

        Raises:
            UsageError: for one that the model lacks.
        """
        if not -self.layers - 1 <= number <= self.layers:
            raise UsageError(f"The model has no layer {number}.", f"Choose from 0 (the initial one) to {self.layers}.")
        return number % (self.layers + 1)

    def encode(self, sentences: Sequence[Text]) -> list[Encoded]:
        """Sentences as ids; what is longer than `limit` ids is cut behind it.

        Args:
            sentences: tagged sentences; or words; or plain text, whose words are parted by spaces.
        """
        return encode([_sentence(text) for text in sentences], self.tokenizer, self.limit)

    def read(
        self, sentences: Sequence[Text | Encoded], of: Of = "entities", layers: Sequence[int] = (0, -1), *,
        outside: int | None = None, batch_size: int = BATCH,
    ) -> Outputs:  # fmt: skip
        """Predictions for all sentences, and vectors at some layers, each the mean of some pieces.

        Args:
            sentences: as `encode` takes them, or what it made of them.
            of: "entities" for one vector a sentence, of all pieces of its tagged words; "words" for one of each word;
                or per sentence groups of positions of its pieces, for one of each group.
            layers: numbers of layers, −1 is the last; none for predictions alone.
            outside: number of the label of words without a piece, None for that of O.
            batch_size: how many sentences go through the model at once.

        Returns:
            Label numbers and their probabilities per sentence and word; float32 vectors [n, width] by layer number, a
            row of NaN where no piece is within reach.

        Raises:
            DataError: where entities are wanted and no sentence holds one.
            UsageError: for a layer that the model lacks.
        """
        return finish(self.read_counting(sentences, of, layers, outside=outside, batch_size=batch_size))

    def read_counting(
        self, sentences: Sequence[Text | Encoded], of: Of = "entities", layers: Sequence[int] = (0, -1), *,
        outside: int | None = None, batch_size: int = BATCH,
    ) -> Generator[int, None, Outputs]:  # fmt: skip
        """As `read`, as a generator of how many sentences are done, which returns the outputs."""
        encoded = self._encoded(sentences)
        chosen = [self.layer(number) for number in layers]
        groups = _groups(encoded, of) if chosen else ()
        if outside is None:
            outside = next((number for number, label in enumerate(self.labels) if label in ("O", "o")), 0)
        return (
            yield from forward(
                self.model, encoded, groups=groups, layers=chosen, outside=outside, batch_size=batch_size
            )
        )

    def _encoded(self, sentences: Sequence[Text | Encoded]) -> list[Encoded]:
        texts = [item for item in sentences if not isinstance(item, Encoded)]
        made = iter(self.encode(texts) if texts else ())
        return [item if isinstance(item, Encoded) else next(made) for item in sentences]

    def tags(self, outputs: Outputs) -> list[list[str]]:
        """The predicted tags of each sentence, one a word."""
        return [[self.labels[number] for number in numbers] for numbers in outputs.predicted]

    def save(self, folder: str | Path) -> None:
        """Write model and tokenizer as an ordinary Hugging Face folder, whole or not at all.

        Raises:
            ConfigurationError: when the disk does not take it.
        """
        save_model(self.model, self.name, Path(folder))


def _sentence(text: Text) -> Sentence:
    if isinstance(text, Sentence):
        return text
    words = tuple(composed(text).split()) if isinstance(text, str) else tuple(map(composed, text))
    return Sentence(words, ("O",) * len(words), " ".join(words), "", "", "", "", "", "", "")


def _groups(encoded: Sequence[Encoded], of: Of) -> Groups:
    if of == "words":
        return [item.pieces for item in encoded]
    if of != "entities":
        return of
    groups = [[item.entity_pieces] for item in encoded]
    if encoded and not any(pieces for (pieces,) in groups):
        raise DataError("No sentence holds an entity that the model reaches.", 'Tag its words, or read of="words".')
    return groups
