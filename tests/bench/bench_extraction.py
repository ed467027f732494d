"""Word vectors of one layer beside transformers' pipeline: `python tests/bench/bench_extraction.py [--data FOLDER]`.

Both read the same sentences in batches of 32 and give every word its vector, the mean of its pieces at the last layer.
Times leave out loading; the largest difference between the two is printed, so that both have done the same work. What
is gained is mostly padding that is not computed, so the ratio depends on how unlike the sentences are in length: both
are printed.
"""

import argparse
import os
import time
from functools import partial
from typing import Any

# As the jobs of nerspace do, for both sides.
os.environ.setdefault("GOMP_SPINCOUNT", "2000")

import numpy as np
import torch

from nerspace import datasets
from nerspace.datasets import Sentence
from nerspace.engine import encoders
from nerspace.engine.encoders import Encoder
from nerspace.engine.encoders.forward import FloatArray


def ours(encoder: Encoder, sentences: list[Sentence]) -> FloatArray:
    """Vectors of all words, sentence by sentence, from text on."""
    items = encoder.encode(sentences)
    groups = [[word for word in item.pieces if word] for item in items]
    return encoder.read(items, groups, [-1]).vectors[encoder.layers]


def theirs(encoder: Encoder, pipeline: Any, sentences: list[Sentence]) -> FloatArray:
    """The same by the pipeline, whose rows of piece vectors are averaged word by word."""
    items = encoder.encode(sentences)
    texts = [" ".join(sentence.words) for sentence in sentences]
    vectors = []
    for rows, item in zip(pipeline(texts, batch_size=32, return_tensors=True), items, strict=True):
        hidden = rows[0].numpy()
        vectors += [hidden[list(word)].mean(0) for word in item.pieces if word]
    return np.array(vectors, dtype=np.float32)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="builtin")
    parser.add_argument("--size", type=int, default=600)
    parser.add_argument("--data", default="builtin")
    asked = parser.parse_args()
    from transformers import pipeline
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()

    corpus = datasets.load_parallel(asked.data)
    drawn = [corpus.sentence(index, "en") for index in corpus.sample_numbers(asked.size, seed=0)]
    encoder = Encoder(asked.model, "cpu")
    folder = encoders.resolve(asked.model)
    pipe = pipeline("feature-extraction", model=folder, tokenizer=folder, device="cpu")
    lengths = [len(item.ids) for item in encoder.encode(drawn)]
    batches = [lengths[start : start + 32] for start in range(0, len(lengths), 32)]
    padded = sum(max(batch) * len(batch) for batch in batches) / sum(lengths)
    print(f"{asked.model}, {len(drawn)} sentences of {corpus.name}, batch 32, {torch.get_num_threads()} threads")
    print(
        f"{sum(lengths) / len(lengths):.1f} pieces a sentence; in their own order {padded:.2f} times that with padding"
    )
    print(f"{'who':<12}{'seconds':>9}{'sentences/s':>13}")
    found, taken = [], []
    for who, extract in (("nerspace", partial(ours, encoder)), ("pipeline", partial(theirs, encoder, pipe))):
        extract(drawn[:32])
        started = time.perf_counter()
        found.append(extract(drawn))
        taken.append(time.perf_counter() - started)
        print(f"{who:<12}{taken[-1]:>9.1f}{len(drawn) / taken[-1]:>13.1f}", flush=True)
    print(f"ratio {taken[1] / taken[0]:.2f}")
    print(f"largest difference {np.abs(found[0] - found[1]).max():.1e} over {len(found[0]):,} words")


if __name__ == "__main__":
    main()
