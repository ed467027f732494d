"""Sentences as padded batches of ids, sorted so that little is padded, over only the vocabulary they reach."""

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from nerspace.datasets.tagging import spans_of
from nerspace.engine.names.tokenization import encode_sentences

if TYPE_CHECKING:
    import numpy.typing as npt
    from tokenizers import Tokenizer

    from nerspace.datasets import Sentence

# The label of a piece that carries no tag; torch's cross-entropy leaves it out.
IGNORED = -100


@dataclass(frozen=True, slots=True)
class Encoded:
    """A sentence as ids.

    Attributes:
        pieces: per word, the positions of its pieces in `ids`; empty for a word that the tokenizer cuts to nothing or
            that lies behind the model's maximum length.
    """

    sentence: "Sentence"
    ids: tuple[int, ...]
    pieces: tuple[tuple[int, ...], ...]

    @property
    def entity_pieces(self) -> tuple[int, ...]:
        """Positions of all pieces of all tagged words."""
        tags = self.sentence.tags
        return tuple(p for tag, word in zip(tags, self.pieces, strict=True) if tag != "O" for p in word)

    @property
    def entity_groups(self) -> list[tuple[str, tuple[int, ...]]]:
        """Type and positions of the pieces of each entity whose vector is wanted.

        A sentence of a context and a name has one, however often the name stands in it.
        """
        if self.sentence.case:
            return [(self.sentence.type, self.entity_pieces)]
        spans = spans_of(self.sentence.tags)
        return [(kind, tuple(p for word in self.pieces[start:stop] for p in word)) for start, stop, kind in spans]


def encode(sentences: Sequence["Sentence"], tokenizer: "Tokenizer", max_length: int | None = 512) -> list[Encoded]:
    """Tokenise sentences once; what is longer than `max_length` ids is cut behind it, the closing id kept.

    Args:
        sentences: their words are encoded, their tags stay with them.
        tokenizer: the model's.
        max_length: in ids, those that close the sentence among them; None for no limit.
    """
    encoded = []
    cut = encode_sentences(tokenizer, [sentence.words for sentence in sentences])
    for sentence, (ids, words) in zip(sentences, cut, strict=True):
        if max_length is not None and len(ids) > max_length:
            ids, words = [*ids[: max_length - 1], ids[-1]], [*words[: max_length - 1], None]
        pieces: list[list[int]] = [[] for _ in sentence.words]
        for position, word in enumerate(words):
            if word is not None:
                pieces[word].append(position)
        encoded.append(Encoded(sentence, tuple(ids), tuple(map(tuple, pieces))))
    return encoded


def in_buckets(lengths: Sequence[int], size: int, generator: random.Random | None = None) -> list[list[int]]:
    """Indices in batches of about equal length.

    With a generator the order is random: sentences are shuffled, sorted within windows of 32 batches, and the batches
    shuffled again. Without, they run from the longest to the shortest, so that too little memory shows at once.
    """
    order = list(range(len(lengths)))
    if generator is None:
        order.sort(key=lambda i: -lengths[i])
        return [order[i : i + size] for i in range(0, len(order), size)]
    generator.shuffle(order)
    window = 32 * size
    for start in range(0, len(order), window):
        order[start : start + window] = sorted(order[start : start + window], key=lambda i: lengths[i])
    batches = [order[i : i + size] for i in range(0, len(order), size)]
    generator.shuffle(batches)
    return batches


def collate(encoded: Sequence[Encoded], pad: int, device: torch.device) -> dict[str, torch.Tensor]:
    """Ids and mask as tensors [batch, longest]."""
    width = max(len(item.ids) for item in encoded)
    ids = np.full((len(encoded), width), pad, dtype=np.int64)
    mask = np.zeros((len(encoded), width), dtype=np.int64)
    for row, item in enumerate(encoded):
        ids[row, : len(item.ids)] = item.ids
        mask[row, : len(item.ids)] = 1
    return {"input_ids": _sent(ids, device), "attention_mask": _sent(mask, device)}


def collate_labels(
    encoded: Sequence[Encoded], label_ids: dict[str, int], width: int, device: torch.device
) -> torch.Tensor:
    """Labels [batch, width]: a word's tag on its first piece, IGNORED everywhere else."""
    labels = np.full((len(encoded), width), IGNORED, dtype=np.int64)
    for row, item in enumerate(encoded):
        for tag, positions in zip(item.sentence.tags, item.pieces, strict=True):
            if positions:
                labels[row, positions[0]] = label_ids[tag]
    return _sent(labels, device)


def _sent(array: "npt.NDArray[np.int64]", device: torch.device) -> torch.Tensor:
    """The array on the device; on its way to a GPU it is pinned, so that nobody waits for it."""
    tensor = torch.from_numpy(array)
    return tensor.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else tensor.to(device)


class ActiveVocabulary:
    """Shrinks a model's embedding table to the rows that the data can reach, and puts them back afterwards.

    Most of a multilingual encoder is its embedding table, and an optimiser touches all of it at every step. A row that
    no sentence reaches gets no gradient, so without weight decay on the table the result is the same.
    Ids up to the padding id keep their number, since RoBERTa derives positions from it.
    """

    def __init__(self, model: Any, encoded: Iterable[Encoded]) -> None:
        self._model = model
        self._table = model.get_input_embeddings()
        pad = self._table.padding_idx or 0
        self.rows = sorted({i for item in encoded for i in item.ids} | set(range(pad + 1)))
        self._number = {row: number for number, row in enumerate(self.rows)}

    def __enter__(self) -> "ActiveVocabulary":
        full = self._table.weight
        index = torch.tensor(self.rows, device=full.device)
        small = torch.nn.Embedding(
            len(self.rows), full.shape[1], padding_idx=self._table.padding_idx, device=full.device, dtype=full.dtype
        )
        small.weight.data.copy_(full.data[index])
        self._model.set_input_embeddings(small)
        return self

    def __exit__(self, *_: object) -> None:
        self.put_back()
        self._model.set_input_embeddings(self._table)

    def put_back(self) -> None:
        """Write the trained rows into the full table."""
        small = self._model.get_input_embeddings().weight
        index = torch.tensor(self.rows, device=small.device)
        with torch.no_grad():
            self._table.weight[index] = small

    def translate(self, encoded: Sequence[Encoded]) -> list[Encoded]:
        """The same sentences in the numbers of the small table."""
        return [Encoded(item.sentence, tuple(self._number[i] for i in item.ids), item.pieces) for item in encoded]


def batches(encoded: Sequence[Encoded], size: int) -> Iterator[tuple[list[int], list[Encoded]]]:
    """Batches for reading, longest first, each with the indices of its sentences."""
    for indices in in_buckets([len(item.ids) for item in encoded], size):
        yield indices, [encoded[i] for i in indices]
