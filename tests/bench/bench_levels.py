"""Level and power of every verdict in made-up worlds: `python tests/bench/bench_levels.py [--draws N] [--only PART]`.

Prints, per truth, how often each verdict is given. Truths whose name ends with a star are nulls, in which the claim is
neither so nor the other way round: there "holds" and "does not hold" should each come in no more than .05 of the draws,
and what exceeds .06 by more than chance is told at the end. In the others "holds" or "does not hold" is the power. A
seeded share of it runs in tests/engine/test_levels.py. Tables and vectors are made up, no model is trained; the part
spelling, at 999 exchanges a draw instead of 9,999, takes most of the time.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import worlds

from nerspace.datasets.languages import script_of
from nerspace.engine.paper import ambiguous, causes, changes, types
from nerspace.engine.paper import names as paper_names
from nerspace.engine.paper.claims import FAILS, HOLDS, OPEN, by_interval, by_test
from nerspace.engine.paper.published import SIX
from nerspace.engine.paper.tables import Surroundings
from nerspace.engine.statistics import mrqap as module
from nerspace.engine.statistics.clusters import clustered_mean, clustered_share
from nerspace.engine.statistics.correlation import detrended_correlation
from nerspace.engine.statistics.factors import effects_together
from nerspace.engine.statistics.mantel import label_pairs

Counted = Iterator[tuple[str, str, str]]
# Exchanges drawn from the numbers that made the world would not be independent of it.
APART = 1_000_000
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
                    APART + draw,
                )  # fmt: skip
                null = "*" if truth in worlds.NULLS else ""
                yield f"spelling {subset}, {design}", f"{truth}{null}", by_test(found.partial, found.p)


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
            # Each language in a model of its own shares no course with another.
            yield f"apart, {steps} changes", f"{truth}*", changes.apart(deltas, APART + draw).verdict
            found = changes.apart_within(deltas, APART + draw).verdict
            yield f"apart_within, {steps} changes", truth if apart else f"{truth}*", found


def together(draw: int) -> Counted:
    """Figure 4: which pairs go together, trends taken out."""
    for steps in (12, 20, 40):
        for truth, given in (
            ("none*", {}), ("trend*", {"trend": 4.0}), ("noisy tr*", {"noisy": "tr", "trend": 4.0}),
            ("four together", {"together": 1.0}),
        ):  # fmt: skip
            deltas = worlds.changes(np.random.default_rng(draw), steps, **given)
            for found in changes.shifted_findings(deltas, APART + draw):
                # Correlations of 0 are below .2, and the four are not apart from pl, ru and uk alone.
                sure = found.claim == "near_zero" or (given.get("together") and found.claim != "together")
                yield f"{found.claim}, {steps} changes", truth.rstrip("*") if sure else truth, found.verdict


def spaces(draw: int) -> Counted:
    """Figure 3: whose space becomes more isotropic, and which models change all alike."""
    for truth, given in (
        ("none*", {}), ("noisy tr*", {"noisy": "tr"}), ("noisy en*", {"noisy": "en"}),
        ("unlike models*", {"models": 3.0}), ("own, alike", {"own": -4.0, "alike": 0.1}),
    ):  # fmt: skip
        deltas = worlds.changes(np.random.default_rng(draw), **given)
        for found in (changes.own_isotropy(deltas), changes.alike_ru_uk(deltas)):
            yield found.claim, truth, found.verdict


def names(draw: int) -> Counted:
    """Figure 1, Table 2 and form against context: names that share their contexts."""
    for truth, given in (
        ("nothing", {"name": 0.0, "context": 0.0}), ("names", {"context": 0.0}), ("contexts", {"name": 0.0}),
        ("both", {}), ("tongues", {"tongue": 1.0}), ("by language", {"language": 1.0}), ("by type", {"type": 1.0}),
        ("be with ru", {"slavic": 1.0}),
    ):  # fmt: skip
        X, points = worlds.ambiguous(np.random.default_rng(draw), **given)
        other, _ = worlds.ambiguous(np.random.default_rng(APART + draw))
        table = pd.DataFrame({"name": [], "a": [], "b": [], "floor": [], "type": [], "stage": [], "layer": []})
        found = {
            "names_by_language": (ambiguous.by_language_or_type(X, points, "names_by_language_after"),
                                  truth not in ("tongues", "by language", "by type")),
            "form_over_context": (ambiguous.form_over_context(X, points), truth in ("nothing", "contexts")),
            "nearest_pairs": (ambiguous.nearest_pairs(X, points), truth != "be with ru"),
            "transformed_alike": (ambiguous.transformed_alike(other, X, points), truth != "be with ru"),
            "resources": (paper_names.resources(table, X, points, 2)[0], truth != "be with ru"),
        }  # fmt: skip
        for claim, (verdict, null) in found.items():
            # A direction of each language for all names is a fact of these four, not chance.
            if truth != "tongues" or claim in ("names_by_language", "form_over_context"):
                yield claim, f"{truth}*" if null else truth, verdict.verdict


def clusters(draw: int) -> Counted:
    """Figure 2: clusters of languages and of types; entities share names and contexts."""
    for truth, given in (
        ("nothing", {"name": 0.0, "context": 0.0}), ("names", {"name": 2.0, "context": 0.0}),
        ("contexts", {"name": 0.0, "context": 2.0}), ("both", {}), ("kinds", {"kind": 1.0}),
        ("tongues", {"tongue": 1.0}), ("pairs", {"pair": 1.0}), ("persons", {"person": 1.5}),
    ):  # fmt: skip
        X, points = worlds.entities(np.random.default_rng(draw), design=draw, **given)
        other, _ = worlds.entities(np.random.default_rng(APART + draw), design=draw, **given)
        null = truth in ("nothing", "names", "contexts", "both")
        for found in types.clustering({("before", 2): X, ("after", 2): other}, points, 2):
            same = found.claim == "language_weaker" and truth not in ("tongues", "pairs")
            kinds = found.claim == "pairs_before" and truth in ("kinds", "persons")
            tongue = found.claim in ("types_before", "types_before_most") and truth in ("tongues", "pairs")
            yield found.claim, f"{truth}*" if null or same or kinds or tongue else truth, found.verdict
        found = types.manifolds(X, points)
        yield "manifolds", f"{truth}*" if truth not in ("tongues", "pairs") else truth, found.verdict


def clubs(draw: int) -> Counted:
    """Figure 2: clubs among places and organisations: halfway to places, a quarter of the way, and as these lie."""
    for truth, place in (("as organisations", 0.0), ("a quarter", 0.25), ("half", 0.5), ("three quarters", 0.75)):
        generator = np.random.default_rng(draw)
        X, points = worlds.entities(generator, kind=1.2, name=0.5, context=0.5)
        around = Surroundings.of(X, points, set(), APART + draw)
        ordinary = [around.ordinary(kind).mean() for kind in ("ORG", "LOC")]
        # Every club and every context leans to a side; shares as if the neighbours had been counted.
        club, context = (generator.normal(0, 0.12, (count, 1)) for count in (12, 12))
        level = ordinary[0] + place * (ordinary[1] - ordinary[0]) + club + context.T
        shares = generator.binomial(10, np.clip(level, 0.01, 0.99)) / 10
        rows = [(f"club{n}", f"en/k{c}/club{n}") for n in range(12) for c in range(12)]
        told = pd.DataFrame(rows, columns=["name", "sentence"])
        found = types.border_finding(Told(around, shares.ravel()), np.zeros((144, 1)), told)
        edge = truth in ("a quarter", "three quarters")
        yield (
            "border_clubs",
            f"{truth}, holds*" if edge else truth,
            found.verdict if not edge or found.verdict != FAILS else OPEN,
        )
        level = 0.5 + club + context.T
        shares = generator.binomial(10, np.clip(level, 0.01, 0.99)) / 10
        mean = clustered_mean(shares.ravel(), told["name"].tolist(), [f"k{n % 12}" for n in range(144)])
        if truth == "half":
            yield "clubs", "half of LOC*", by_interval(mean.low, mean.high, 0.5, mean.groups, types.LEAST_CLUBS)


class Told(Surroundings):
    """Test points among which the shares are as told."""

    def __init__(self, around: Surroundings, shares: np.ndarray) -> None:
        self.__dict__.update(around.__dict__)
        self._shares = shares

    def shares(self, X: np.ndarray, contexts: object = ()) -> np.ndarray:
        """As told."""
        return self._shares


def languages(draw: int) -> Counted:
    """The introduction: kinship, space, both ways, resources, over pairs of languages."""
    for truth, given in (
        ("none", {}), ("across", {"across": 0.3}), ("kin", {"kin": 0.1}), ("space", {"space": 1.0}),
        ("both ways", {"both": 0.05}), ("rich", {"rich": 0.05}),
    ):  # fmt: skip
        generator = np.random.default_rng(draw)
        near = worlds.spaces(generator, kin=0.1 if truth == "kin" else 0.0, across=0.2 if truth == "across" else 0.1)
        found = causes.over_pairs(worlds.pairs(generator, near, **given), near, APART + draw)
        found.append(causes.rich_donors(worlds.pairs(generator, near, **given), APART + draw))
        # A space that counts is alike both ways; with kinship in spaces alone nothing else is so.
        true = {
            "kin": ("kin_space", "kin_transfer", "kin_both_ways", "space_transfer"), "rich": ("rich_donors",),
            "space": ("space_transfer", "kin_both_ways"), "both ways": ("kin_both_ways",),
        }  # fmt: skip
        for one in found:
            yield one.claim, truth if one.claim in true.get(truth, ()) else f"{truth}*", one.verdict


def sentences(draw: int) -> Counted:
    """The headline and mediation, sentence by sentence: names and contexts hard by themselves."""
    for truth, given in (
        ("none", {}), ("hard names", {"spread": 1.5}), ("no cuts", {"cuts": 0.0}), ("cuts alone", {"errors": 0.06}),
        ("errors alone", {"errors": 0.06, "cuts": 0.0}), ("spelling alone", {"spelling": 0.8, "cuts": 0.0}),
        ("space", {"space": 0.8}), ("downstream", {"errors": 0.06, "downstream": 0.03, "space": 0.8}),
    ):  # fmt: skip
        table = worlds.factors(np.random.default_rng(draw), **given)
        found = causes.mediation(table).verdict
        yield "mediation", truth if truth in ("cuts alone", "downstream") else f"{truth}*", found
        true = {
            "cuts alone": ("pieces",), "errors alone": ("pieces",), "spelling alone": ("tnld",), "space": ("cosine",),
            "downstream": ("pieces", "cosine"),
        }  # fmt: skip
        for term, (_, low, high, _) in effects_together(table).items():
            verdict = HOLDS if low > 0 else FAILS if high < 0 else OPEN
            yield f"impact of {term}", truth if term in true.get(truth, ()) else f"{truth}*", verdict


def trends(draw: int) -> Counted:
    """Correlations of changes: how often the interval leaves 0 out."""
    for steps in (12, 20, 40):
        for truth, trend in (("none*", 0.0), ("trend*", 4.0)):
            x, y = np.random.default_rng(draw).normal(size=(2, steps)) + trend * np.exp(-np.arange(steps) / (steps / 5))
            _, low, high = detrended_correlation(x, y)
            yield f"delta correlation, {steps} changes", truth, HOLDS if low > 0 else FAILS if high < 0 else OPEN


def shares(draw: int) -> Counted:
    """Shares of wrong sentences: how often the interval misses the truth, above it (holds) or below."""
    for spread in (0.0, 0.5, 1.0):
        for level in (0.1, 0.3):
            wrong, of, contexts, truth = worlds.crossed(np.random.default_rng(draw), 60, 36, 120, level, spread)
            found = clustered_share(wrong, of.tolist(), contexts.tolist())
            verdict = HOLDS if found.low > truth else FAILS if found.high < truth else OPEN
            yield f"share {level}", f"names and contexts ±{spread}*", verdict


PARTS: dict[str, Callable[[int], Counted]] = {
    "spelling": spelling,
    "groups": groups,
    "together": together,
    "spaces": spaces,
    "names": names,
    "clusters": clusters,
    "clubs": clubs,
    "languages": languages,
    "sentences": sentences,
    "trends": trends,
    "shares": shares,
}


def table_of(part: Callable[[int], Counted], draws: range) -> pd.DataFrame:
    """Shares of the verdicts by claim and truth.

    Args:
        part: of PARTS.
        draws: numbers that decide the worlds.
    """
    rows = [row for draw in draws for row in part(draw)]
    counted = pd.DataFrame(rows, columns=["verdict", "truth", "found"])
    wide = pd.crosstab([counted["verdict"], counted["truth"]], counted["found"])
    return wide.reindex(columns=[HOLDS, FAILS, OPEN], fill_value=0) / len(draws)


def beyond(table: pd.DataFrame, draws: int, level: float = 0.06) -> pd.DataFrame:
    """The nulls in which a verdict is given more often than the level allows, by two standard errors of the draws.

    Args:
        table: as `table_of` makes it.
        draws: behind it.
        level: that is allowed.
    """
    null = table[[str(truth).endswith("*") for _, truth in table.index]]
    slack = 2 * (level * (1 - level) / draws) ** 0.5
    return null[(null[[HOLDS, FAILS]] > level + slack).any(axis=1)]


def main() -> None:
    """Count verdicts and print their shares, and in which nulls they exceed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--exchanges", type=int, default=999)
    parser.add_argument("--only", choices=PARTS, action="append")
    asked = parser.parse_args()
    module.DRAWS = causes.EXCHANGES = asked.exchanges
    exceeding = []
    for name, part in PARTS.items():
        if not asked.only or name in asked.only:
            started = time.process_time()
            table = table_of(part, range(asked.draws))
            print(f"\n{name}, {asked.draws} draws, {time.process_time() - started:.0f} s of CPU")
            print(table.round(3).to_string(), flush=True)
            exceeding.append(beyond(table, asked.draws))
    found = pd.concat(exceeding)
    print("\nNo null is exceeded." if found.empty else f"\nExceeded:\n{found.round(3).to_string()}")


if __name__ == "__main__":
    main()
