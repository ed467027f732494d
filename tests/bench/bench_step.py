"""What follows the gradients in a step, clipping and AdamW, by several ways: `python tests/bench/bench_step.py`.

Parameters of the built-in encoder's shape without most of its vocabulary, on one thread; milliseconds of the processor
a step, the least of some rounds in which the ways take turns. The first is torch's plain way.
"""

import argparse
import copy
import os
import time
from collections.abc import Callable
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch

from nerspace.engine.training.loop import clipped_step


def parameters(width: int, layers: int, rows: int) -> list[torch.nn.Parameter]:
    """Random parameters of an encoder."""
    shapes = [(rows, width), (512, width)]
    for _ in range(layers):
        shapes += [(width, width), (width,)] * 4 + [(4 * width, width), (4 * width,), (width, 4 * width), (width,)]
        shapes += [(width,)] * 4
    return [torch.nn.Parameter(torch.randn(shape) * 0.02) for shape in shapes]


def clipped(optimizer: Any, held: list[torch.nn.Parameter], foreach: bool | None = None) -> None:
    """Torch's own clipping, then the step."""
    torch.nn.utils.clip_grad_norm_(held, 1.0, foreach=foreach)
    optimizer.step()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--layers", type=int, default=12)
    parser.add_argument("--rows", type=int, default=4000, help="Rows of the vocabulary that are trained.")
    asked = parser.parse_args()
    first = parameters(384, asked.layers, asked.rows)
    gradients = [torch.randn_like(parameter) for parameter in first]
    ways: dict[str, tuple[dict[str, Any], Callable[[Any, list[torch.nn.Parameter]], None]]] = {
        "clip, AdamW": ({}, lambda optimizer, held: clipped(optimizer, held)),
        "clip foreach, AdamW foreach": ({"foreach": True}, lambda optimizer, held: clipped(optimizer, held, True)),
        "clip, AdamW fused": ({"fused": True}, lambda optimizer, held: clipped(optimizer, held)),
        "scale inside AdamW fused": ({"fused": True}, lambda optimizer, held: clipped_step(held, optimizer, 1.0)),
    }
    made = {}
    for name, (settings, step) in ways.items():
        held = copy.deepcopy(first)
        made[name] = held, torch.optim.AdamW(held, lr=1e-4, weight_decay=0.0, **settings), step
    least = dict.fromkeys(made, float("inf"))
    for _ in range(asked.rounds):
        for name, (held, optimizer, step) in made.items():
            for parameter, gradient in zip(held, gradients, strict=True):
                parameter.grad = gradient.clone()
            started = time.process_time()
            step(optimizer, held)
            least[name] = min(least[name], time.process_time() - started)
    count = sum(parameter.numel() for parameter in first)
    print(f"{count:,} parameters in {len(first)}, {torch.get_num_threads()} threads, torch {torch.__version__}")
    print(f"{'way':<30}{'ms':>8}{'furthest':>12}")
    plain = made["clip, AdamW"][0]
    for name, (held, _, _) in made.items():
        apart = max(float((one - other).abs().max()) for one, other in zip(held, plain, strict=True))
        print(f"{name:<30}{1000 * least[name]:>8.1f}{apart:>12.1e}")


if __name__ == "__main__":
    main()
