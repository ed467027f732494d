"""Level and power of every verdict in made-up worlds: `python tests/bench/bench_levels.py [--draws N] [--only PART]`.

Prints, per truth, how often each verdict is given. Where the claim is not true by construction, "holds" and "does not
hold" should each come in no more than about .05 of the draws; where it is, "holds" is the power. A seeded share of it
runs in tests/engine/test_levels.py. An hour for 1,000 draws on one core, at 999 exchanges a draw instead of 9,999.
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import worlds

from nerspace.datasets.languages import script_of
from nerspace.engine.paper import changes
from nerspace.engine.paper.claims import FAILS, HOLDS, by_test
from nerspace.engine.paper.published import SIX
from nerspace.engine.statistics import mrqap as module
from nerspace.engine.statistics.clusters import clustered_share
from nerspace.engine.statistics.correlation import detrended_correlation
from nerspace.engine.statistics.mantel import label_pairs

Counted = Iterator[tuple[str, str, str]]
COURSES = {"none": (0.0, 0.0), "trend": (0.0, 2.0), "unlike sizes": (0.0, 2.0), "apart": (2.0, 0.0)}
DESIGNS = {"11 donors": worlds.CODES, "4 donors": ("en", "be", "ru", "tr"), "1 donor": ("en",)}


def spelling(draw: int) -> Counted:
    """Figure 5 and Transfer: all pairs, pairs of one script, without identical strings."""
    for design, donors in DESIGNS.items():
        for truth in (*worlds.NULLS, *worlds.SLOPES):
            world = worlds.transfer(truth, np.random.default_rng(draw), donors)
            world = world[world["donor"] != world["recipient"]]
            parts = {
                "all": (world, "tnld", "wrong", "sentences"),
                "same_script": (world[world["script"] == "same"], "tnld", "wrong", "sentences"),
                "different": (world, "tnld_different", "wrong_different", "sentences_different"),
            }
            for subset, (rows, distance, wrong, of) in parts.items():
                known = rows[rows[of] > 0]
                found = module.mrqap(
                    label_pairs(
                        known["donor"].tolist(), known["recipient"].tolist(), known[distance].tolist(),
                        (known[wrong] / known[of]).tolist(), script_of,
                    ),
                    draw,
                )  # fmt: skip
                yield f"spelling {subset}, {design}", truth, by_test(found.partial, found.p)


def groups(draw: int) -> Counted:
    """Figure 4: ru and uk apart from the others, with a common trend and without."""
    for steps in (12, 20, 40):
        for truth, (apart, trend) in COURSES.items():
            generator = np.random.default_rng(draw)
            course = trend * np.exp(-np.arange(steps) / (steps / 5))
            rows = []
            for donor in SIX:
                one, other = generator.normal(size=(2, steps))
                for code in SIX:
                    size = generator.uniform(0.2, 2) if truth == "unlike sizes" else 1.0
                    own = one if code in ("ru", "uk") else other
                    values = size * course + apart * own + generator.normal(size=steps)
                    rows += [(step, code, 12, 1, value, donor, 0) for step, value in enumerate(values)]
            deltas = pd.DataFrame(rows, columns=["step", "language", "layer", "h", "delta", "donor", "seed"])
            yield f"apart, {steps} changes", truth, changes.apart(deltas, draw).verdict
            yield f"apart_within, {steps} changes", truth, changes.apart_within(deltas, draw).verdict


def trends(draw: int) -> Counted:
    """Correlations of changes: how often the interval leaves 0 out."""
    for steps in (12, 20, 40):
        for truth, trend in (("none", 0.0), ("trend", 4.0)):
            x, y = np.random.default_rng(draw).normal(size=(2, steps)) + trend * np.exp(-np.arange(steps) / (steps / 5))
            _, low, high = detrended_correlation(x, y)
            yield f"delta correlation, {steps} changes", truth, HOLDS if low > 0 else FAILS if high < 0 else "undecided"


def shares(draw: int) -> Counted:
    """Shares of wrong sentences: how often the interval misses the truth, above it (holds) or below."""
    for spread in (0.0, 0.5, 1.0):
        for level in (0.1, 0.3):
            wrong, names, contexts, truth = worlds.crossed(np.random.default_rng(draw), 60, 36, 120, level, spread)
            found = clustered_share(wrong, names.tolist(), contexts.tolist())
            verdict = HOLDS if found.low > truth else FAILS if found.high < truth else "undecided"
            yield f"share {level}", f"names and contexts ±{spread}", verdict


PARTS: dict[str, Callable[[int], Counted]] = {
    "spelling": spelling,
    "groups": groups,
    "trends": trends,
    "shares": shares,
}


def main() -> None:
    """Count verdicts and print their shares."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--exchanges", type=int, default=999)
    parser.add_argument("--only", choices=PARTS)
    asked = parser.parse_args()
    module.DRAWS = asked.exchanges
    for name, part in PARTS.items():
        if asked.only in (None, name):
            counted = pd.DataFrame(
                [row for draw in range(asked.draws) for row in part(draw)], columns=["verdict", "truth", "found"]
            )
            print(f"\n{name}, {asked.draws} draws")
            wide = pd.crosstab([counted["verdict"], counted["truth"]], counted["found"]).reindex(
                columns=[HOLDS, FAILS, "undecided"], fill_value=0
            )
            print((wide / asked.draws).round(3).to_string())


if __name__ == "__main__":
    main()
