"""Our t-SNE beside scikit-learn's, and how many neighbours each keeps: `python tests/bench/bench_projection.py`.

Both get the same vectors, perplexity, seed and cores, each with its own defaults otherwise: entity vectors of the
built-in encoder over sentences in eleven languages, read before the clock starts, or those of a run (--run FOLDER).
Runs alternate; of several the fastest counts.
"""

import argparse
import os
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import numpy as np

from nerspace import datasets
from nerspace.engine.encoders import Encoder
from nerspace.engine.geometry.stored import read_stored
from nerspace.engine.projection import project
from nerspace.engine.projection.quality import map_quality
from nerspace.engine.runs import Run


def read(model: str, n: int, layer: int | None) -> Any:
    """n entity vectors, as many per language as possible, at a layer, the last by default."""
    corpus = datasets.load_parallel()
    cells = corpus.sample_numbers(-(-n // len(corpus.languages)), seed=0)
    sentences = [corpus.sentence(cell, language) for language in corpus.languages for cell in cells][:n]
    encoder = Encoder(model, "cpu")
    layer = encoder.layers if layer is None else layer
    return encoder.read(sentences, layers=[layer]).vectors[layer]


def sklearn_map(X: Any, perplexity: float, seed: int) -> Any:
    """As a user of scikit-learn would draw it."""
    from sklearn.manifold import TSNE

    return TSNE(perplexity=perplexity, random_state=seed).fit_transform(X)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=6452)
    parser.add_argument("--perplexity", type=float, default=70)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--model", default="builtin")
    parser.add_argument("--layer", type=int, help="The last by default.")
    parser.add_argument("--run", type=Path, help="The folder of a run, whose entity vectors are taken.")
    parser.add_argument("--vectors", type=Path, help="An .npy file of vectors.")
    asked = parser.parse_args()
    if asked.vectors:
        X = np.load(asked.vectors, allow_pickle=False)[: asked.n]
    elif asked.run:
        X = list(read_stored(Run(asked.run), layer=asked.layer).vectors.values())[-1][: asked.n]
    else:
        X = read(asked.model, asked.n, asked.layer)
    print(f"{len(X):,} × {X.shape[1]}, perplexity {asked.perplexity:g}, seed {asked.seed}, {os.cpu_count()} cores")
    print(f"{'who':<14}{'seconds':>9}{'processor':>11}{'kept':>8}{'trust':>8}")
    drawers = {
        "nerspace": lambda: project(X, "tsne", asked.perplexity, asked.seed),
        "scikit-learn": lambda: sklearn_map(X, asked.perplexity, asked.seed),
    }
    best: dict[str, float] = {}
    planes: dict[str, Any] = {}
    for _ in range(asked.repeats):
        for who, drawer in drawers.items():
            started, used = time.perf_counter(), time.process_time()
            planes[who] = drawer()
            seconds, work = time.perf_counter() - started, time.process_time() - used
            best[who] = min(seconds, best.get(who, seconds))
            kept, trust = map_quality(X, planes[who])
            print(f"{who:<14}{seconds:>9.1f}{work:>11.1f}{kept:>8.4f}{trust:>8.4f}", flush=True)
    again = np.array_equal(planes["nerspace"], project(X, "tsne", asked.perplexity, asked.seed))
    faster = best["scikit-learn"] / best["nerspace"]
    print(f"{faster:.2f} times as fast; the same seed {'gives' if again else 'does not give'} the same map again")


if __name__ == "__main__":
    main()
