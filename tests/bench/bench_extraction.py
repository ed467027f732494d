"""Word vectors of one layer beside transformers' pipeline: `python tests/bench/bench_extraction.py [--size 600]`.

Both read the same sentences in batches of 32 and give every word its vector, the mean of its pieces at the last layer.
Times leave out loading; the largest difference between the two is printed, so that both have done the same work.
"""

import argparse
import os
import time
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import numpy as np
import torch

from nerspace import datasets
from nerspace.datasets import Sentence
from nerspace.engine import encoders
from nerspace.engine.batching import encode
from nerspace.engine.finetuning import LABELS
from nerspace.engine.forward import FloatArray, Outputs, finish, forward


def ours(model: Any, sentences: list[Sentence], name: str) -> FloatArray:
    """Vectors of all words, sentence by sentence, from text on."""
    items = encode(sentences, encoders.load_tokenizer(name))
    groups = [[word for word in item.pieces if word] for item in items]
    layer, outputs = model.config.num_hidden_layers, Outputs()
    finish(forward(model, items, outputs, groups=groups, layers=[layer]))
    return outputs.vectors[layer]


def theirs(pipeline: Any, sentences: list[Sentence], name: str) -> FloatArray:
    """The same by the pipeline, whose rows of piece vectors are averaged word by word."""
    items = encode(sentences, encoders.load_tokenizer(name))
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
    asked = parser.parse_args()
    from transformers import pipeline
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()

    corpus = datasets.load()
    drawn = [corpus.sentence(index, "en") for index in corpus.sample(asked.size, seed=0)]
    model: Any = encoders.load_token_classifier(asked.model, LABELS, 0)
    folder = encoders.resolve(asked.model)
    pipe = pipeline("feature-extraction", model=folder, tokenizer=folder, device="cpu")
    print(f"{asked.model}, {len(drawn)} sentences, batch 32, {torch.get_num_threads()} threads")
    print(f"{'who':<12}{'seconds':>9}{'sentences/s':>13}")
    found = []
    for who, extract, reader in (("nerspace", ours, model), ("pipeline", theirs, pipe)):
        extract(reader, drawn[:32], asked.model)
        started = time.perf_counter()
        found.append(extract(reader, drawn, asked.model))
        seconds = time.perf_counter() - started
        print(f"{who:<12}{seconds:>9.1f}{len(drawn) / seconds:>13.1f}", flush=True)
    print(f"largest difference {np.abs(found[0] - found[1]).max():.1e} over {len(found[0]):,} words")


if __name__ == "__main__":
    main()
