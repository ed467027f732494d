"""One forward pass over sentences that serves predictions, vectors and probes alike."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import torch

from nerspace.engine.encoders.batching import Encoded, batches, collate

T = TypeVar("T")
FloatArray = npt.NDArray[np.float32]
# Sentences that go through the model at once: it decides the last digits.
BATCH = 32


@dataclass(frozen=True, slots=True)
class Outputs:
    """What a model predicts for n sentences, and its vectors of them.

    Attributes:
        predicted: per sentence, one label number per word.
        certainty: per sentence, the probability of each of them, 1 for a word without a piece.
        confidence: per sentence, the lowest of these.
        vectors: layer → array [groups, d], the mean of each group's pieces, in the order of sentences and groups.
    """

    predicted: list[list[int]]
    certainty: list[list[float]]
    confidence: list[float]
    vectors: dict[int, FloatArray]


Groups = Sequence[Sequence[Sequence[int]]]


def forward(
    model: Any, encoded: Sequence[Encoded], *, groups: Groups = (), layers: Sequence[int] = (), outside: int = 0,
    batch_size: int = BATCH,
) -> Generator[int, None, Outputs]:  # fmt: skip
    """Pass all sentences through a token classifier; yields how many are done after each batch.

    Args:
        model: a token classifier of transformers, where it is.
        encoded: sentences; they go by length, results come in their own order.
        groups: per sentence, groups of positions of pieces whose mean vector is wanted.
        layers: where it is wanted; 0 is the embedding output.
        outside: number of the label of words that have no piece.
        batch_size: sentences at once.

    Returns:
        The outputs for all sentences.
    """
    device = next(model.parameters()).device
    pad = model.get_input_embeddings().padding_idx or 0
    starts = np.concatenate([[0], np.cumsum([len(group) for group in groups])]).astype(int)
    width = model.config.hidden_size
    outputs = Outputs(
        predicted=[[] for _ in encoded],
        certainty=[[] for _ in encoded],
        confidence=[1.0] * len(encoded),
        vectors={layer: np.full((starts[-1], width), np.nan, dtype=np.float32) for layer in layers},
    )
    was_training = model.training
    model.eval()
    done = 0
    try:
        for indices, batch in batches(encoded, batch_size):
            # Entered anew for every batch: a generator must not keep torch's mode while its caller works.
            with torch.inference_mode():
                result = model(**collate(batch, pad, device), output_hidden_states=bool(layers))
                best, label = result.logits.float().softmax(-1).max(-1)
                best, label = best.cpu().numpy(), label.cpu().numpy()
                for layer in layers:
                    pooled = _pool(result.hidden_states[layer], [groups[i] for i in indices])
                    rows = np.concatenate([np.arange(starts[i], starts[i + 1]) for i in indices])
                    outputs.vectors[layer][rows] = pooled
            for row, (index, item) in enumerate(zip(indices, batch, strict=True)):
                first = [word[0] if word else -1 for word in item.pieces]
                outputs.predicted[index] = [int(label[row, p]) if p >= 0 else outside for p in first]
                outputs.certainty[index] = [float(best[row, p]) if p >= 0 else 1.0 for p in first]
                outputs.confidence[index] = min(outputs.certainty[index], default=1.0)
            done += len(batch)
            yield done
    finally:
        model.train(was_training)
    return outputs


def _pool(hidden: torch.Tensor, groups: Groups) -> FloatArray:
    """Means of groups of pieces; hidden [batch, pieces, d] gives [groups, d]. A group without pieces gives NaN."""
    width = hidden.shape[1]
    flat = hidden.reshape(-1, hidden.shape[-1]).float()
    sizes: list[int] = []
    source: list[int] = []
    for row, sentence in enumerate(groups):
        for group in sentence:
            sizes.append(len(group))
            source.extend(row * width + position for position in group)
    size = torch.tensor(sizes, dtype=torch.long, device=hidden.device)
    target = torch.repeat_interleave(torch.arange(len(sizes), device=hidden.device), size)
    total = torch.zeros(len(sizes), flat.shape[1], device=hidden.device)
    total.index_add_(0, target, flat[torch.tensor(source, dtype=torch.long, device=hidden.device)])
    pooled: FloatArray = (total / size[:, None]).cpu().numpy()
    return pooled


def finish(work: Generator[int, None, T]) -> T:
    """Do a pass to its end where nobody watches, and return what it returns."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            result: T = end.value
            return result
