"""Level and power of every verdict in made-up worlds: `python tests/bench/bench_levels.py [--draws N] [--only PART]`.

Prints, per truth, how often each verdict is given. Truths whose name ends with a star are nulls, in which the claim is
neither so nor the other way round: there "holds" and "does not hold" together should come in no more than .05 of the
draws, and what exceeds .06 by more than chance is told at the end. In the others "holds" or "does not hold" is the
power. A seeded share of it runs in tests/engine/test_levels.py. Tables and vectors are made up, no model is trained.
`--keep FOLDER` keeps what was counted, and `--page FOLDER` prints docs/levels.md from it.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import worlds

from nerspace.datasets.languages import script_of
from nerspace.engine.geometry.similarity import parallel_rows, shuffled_cosine
from nerspace.engine.paper import ambiguous, causes, changes, published, types
from nerspace.engine.paper import names as paper_names
from nerspace.engine.paper.claims import CLAIMS, EXCHANGED_LEVEL, FAILS, HOLDS, OPEN, by_test
from nerspace.engine.paper.published import SIX
from nerspace.engine.paper.tables import Surroundings
from nerspace.engine.statistics import correlation
from nerspace.engine.statistics import mrqap as module
from nerspace.engine.statistics.clusters import clustered_share
from nerspace.engine.statistics.correlation import detrended_correlation
from nerspace.engine.statistics.factors import effects_together
from nerspace.engine.statistics.mantel import label_pairs
from nerspace.engine.swapping.contrasts import contrast_table

Counted = Iterator[tuple[str, str, str]]
# Exchanges drawn from the numbers that made the world would not be independent of it.
APART = 1_000_000
ODD = "sl"
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
                yield f"spelling {subset}, {design}", f"{truth}{null}", by_test(found.partial, found.p, EXCHANGED_LEVEL)


def groups(draw: int) -> Counted:
    """Figure 4: ru and uk apart from the others, with a common trend and without."""
    for steps in (20, 12, 40):
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
        if steps == 12:
            continue
        for truth, given in (*(TRENDS if steps == 20 else TRENDS[::2]), ("ru is odd", {"every": 1.5, "odd": "ru"}),
                             ("ru uk, the others", {"together": 1.5, "pair": 1.5})):  # fmt: skip
            deltas = worlds.changes(np.random.default_rng(draw), steps, **given)
            null = "" if truth == "ru uk, the others" else "*"
            for found in (changes.apart(deltas, APART + draw), changes.apart_within(deltas, APART + draw)):
                yield f"{found.claim}, {steps} changes", f"{truth}{null}", found.verdict


# Trends that are not the rule's own shape, and of some languages alone; 100 is a hundred times what is left.
TRENDS = (
    *((f"{course} {size:g}", {"trend": size, "course": course})
      for course in worlds.COURSES for size in (5.0, 100.0)),
    ("ru uk have a trend", {"trend": 10.0, "trending": ("ru", "uk")}),
    ("tr es have a trend", {"trend": 10.0, "trending": ("tr", "es")}),
)  # fmt: skip


def together(draw: int) -> Counted:
    """Figure 4: which pairs go together, trends taken out."""
    everywhere = ("greatest", "together", "near_zero", "akin_alike")
    # What is so in a world: correlations of 0 are below .2, and the four are not apart from pl, ru and uk alone.
    cases = (
        ("none", {}, ("near_zero",)), ("trend", {"trend": 4.0}, ("near_zero",)),
        ("noisy tr", {"noisy": "tr", "trend": 4.0}, ("near_zero",)),
        *((truth, given, ("near_zero",)) for truth, given in TRENDS),
        ("four together", {"together": 1.0}, ("together", "near_zero", "greatest", "akin_alike")),
        ("ru uk together", {"pair": 1.5}, ("greatest", "near_zero")),
        ("pl ru uk together", {"akin": 1.5}, everywhere),
        ("all alike, r = .5", {"every": 1.0}, ("together", "near_zero")),
        ("all alike, r = .2", {"every": 0.5}, ("together",)),
        ("all alike but tr", {"every": 1.5, "odd": "tr"}, ("together", "near_zero")),
        ("all alike but ru", {"every": 1.5, "odd": "ru"}, everywhere),
    )  # fmt: skip
    for steps in (12, 20, 40):
        for truth, given, sure in cases:
            deltas = worlds.changes(np.random.default_rng(draw), steps, **given)
            for found in changes.shifted_findings(deltas, APART + draw):
                so = truth if found.claim in sure else f"{truth}*"
                yield f"{found.claim}, {steps} changes", so, found.verdict


def spaces(draw: int) -> Counted:
    """Figure 3: whose space becomes more isotropic, and which models change all alike."""
    for truth, given in (
        ("none*", {}), ("noisy tr*", {"noisy": "tr"}), ("noisy en*", {"noisy": "en"}),
        ("noisy tr ×10*", {"noisy": "tr", "noise": 10.0}), ("noisy ru ×10*", {"noisy": "ru", "noise": 10.0}),
        ("unlike models*", {"models": 3.0}), ("uk's model alone", {"alike": 0.1, "alike_in": ("uk",)}),
        ("own, alike", {"own": -4.0, "alike": 0.1}),
    ):  # fmt: skip
        deltas = worlds.changes(np.random.default_rng(draw), **given)
        for found in (changes.own_isotropy(deltas), changes.alike_ru_uk(deltas)):
            yield found.claim, f"{truth}*" if truth == "uk's model alone" else truth, found.verdict


def _floors(X: np.ndarray, points: pd.DataFrame) -> pd.DataFrame:
    """What `resources` takes from `paper_table2`."""
    cells = points["sentence"].str.partition("/")[2]
    rows = []
    for name, of_name in points.groupby("name"):
        places = of_name.index.to_numpy()
        pairs = parallel_rows(of_name["language"].tolist(), cells[places].tolist())
        for (a, b), (in_a, in_b) in pairs.items():
            if len(in_a) > 1:
                rows.append((name, a, b, shuffled_cosine(X[places[in_a]], X[places[in_b]]), "all", "after", 2))
    return pd.DataFrame(rows, columns=["name", "a", "b", "floor", "type", "stage", "layer"])


FEW = {"names": 9, "contexts": 3, "name": 2.0, "frame": 2.0, "uneven": True}


def names(draw: int) -> Counted:
    """Figure 1, Table 2 and form against context: names that share their contexts."""
    for truth, given in (
        ("nothing", {"name": 0.0, "context": 0.0}), ("names", {"context": 0.0}), ("contexts", {"name": 0.0}),
        ("both", {}), ("frames", {"frame": 1.5}), ("few, uneven", FEW), ("tongues", {"tongue": 1.0}),
        ("by language", {"language": 1.0}), ("by type", {"type": 1.0}),
        ("by both alike", {"language": 1.0, "type": 1.0}), ("form as kind", {"kind": 1.0}),
        ("be with ru", {"slavic": 1.0}),
    ):  # fmt: skip
        X, points = worlds.ambiguous(np.random.default_rng(draw), **given)
        # Moves are drawn anew, on the same points.
        other, everywhere = worlds.ambiguous(np.random.default_rng(APART + draw), **{**given, "uneven": False})
        other = other[everywhere["sentence"].isin(set(points["sentence"])).to_numpy()]
        form = ("nothing", "contexts", "form as kind")
        found = {
            "names_by_language": (ambiguous.by_language_or_type(X, points, "names_by_language_after"),
                                  truth not in ("tongues", "by language", "by type", "form as kind")),
            "form_over_context": (ambiguous.form_over_context(X, points), truth in form),
            "nearest_pairs": (ambiguous.nearest_pairs(X, points), truth != "be with ru"),
            "transformed_alike": (ambiguous.transformed_alike(other, X, points), truth != "be with ru"),
        }  # fmt: skip
        findings = paper_names.resources(_floors(X, points), X, points, 2)
        found |= {one.claim: (one, truth != "be with ru") for one in findings}
        for claim, (verdict, null) in found.items():
            # A direction of each language for all names is a fact of these four, not chance.
            if truth != "tongues" or claim in ("names_by_language", "form_over_context"):
                yield claim, f"{truth}*" if null else truth, verdict.verdict
    for truth, given in (("12 contexts", {}), ("9 contexts, frames", {"contexts": 3, "frame": 2.0}),
                         ("be with ru", {"slavic": 1.0})):  # fmt: skip
        X, points = worlds.ambiguous(np.random.default_rng(draw), **{"names": 1, "contexts": 4, **given})
        points["name"] = published.NAME
        for found in paper_names.resources(_floors(X, points), X, points, 2):
            if found.claim == "resources_one_name":
                yield found.claim, truth if truth == "be with ru" else f"{truth}*", found.verdict


def maps(draw: int) -> Counted:
    """Figure 1: how languages mix on the map of one name."""
    for truth, given in (
        ("nothing", {"context": 0.0, "kind": 0.0}), ("contexts", {"context": 3.0}), ("types", {"kind": 5.0}),
        ("8 contexts", {"contexts": 8, "context": 2.0}), ("be and tr apart", {"apart": 3.0}),
    ):  # fmt: skip
        places = worlds.drawing(np.random.default_rng(draw), **given)
        yield "map_overlap", truth if truth == "be and tr apart" else f"{truth}*", ambiguous.map_overlap(places).verdict


def clusters(draw: int) -> Counted:
    """Figure 2: clusters of languages and of types; entities share names and contexts."""
    few = {"cells": 60, "names": 24, "contexts": 15, "name": 2.0, "frame": 1.5}
    for truth, given in (
        ("nothing", {"name": 0.0, "context": 0.0}), ("names", {"name": 2.0, "context": 0.0}),
        ("contexts", {"name": 0.0, "context": 2.0}), ("both", {}), ("few", few),
        ("types as in the paper", {"types": worlds.AS_PAPER, "name": 2.0}), ("equal tongues", {"even": 1.0}),
        ("kinds", {"kind": 1.0}), ("tongues", {"tongue": 1.0}), ("pairs", {"pair": 1.0}), ("persons", {"person": 1.5}),
    ):  # fmt: skip
        X, points = worlds.entities(np.random.default_rng(draw), design=draw, **given)
        other, _ = worlds.entities(np.random.default_rng(APART + draw), design=draw, **given)
        tongues = ("tongues", "pairs", "equal tongues")
        null = truth not in (*tongues, "kinds", "persons")
        for found in types.clustering({("before", 2): X, ("after", 2): other}, points, 2):
            same = found.claim == "language_weaker" and truth not in ("tongues", "pairs")
            kinds = found.claim == "pairs_before" and truth in ("kinds", "persons", "equal tongues")
            tongue = found.claim in ("types_before", "types_before_most") and truth in tongues
            yield found.claim, f"{truth}*" if null or same or kinds or tongue else truth, found.verdict
        found = types.manifolds(X, points)
        yield "manifolds", f"{truth}*" if truth not in tongues else truth, found.verdict


def cuts(draw: int) -> Counted:
    """Figure 2: what the cuts of be and ru do to their cosine; a name is cut one way in all its contexts."""
    types.cut_texts = lambda _, forms: [Shown([*form.split()]) for form in forms]
    for truth, given, effect, few in (
        ("names", {"name": 2.0}, 0.0, False), ("frames", {"frame": 1.5, "context": 2.0}, 0.0, False),
        ("cut names are hard", {"name": 2.0}, 0.0, True), ("few, cut names", {"cells": 60, "names": 24, "contexts": 15},
                                                          0.0, True),
        ("cuts", {}, 0.15, False),
    ):  # fmt: skip
        generator = np.random.default_rng(draw)
        X, points = worlds.entities(generator, design=draw, **given)
        names_there = sorted(set(points["entity"]))
        # One in eight is cut otherwise where few are, and such a name has a place of its own in be.
        extra = generator.integers(0, 5, len(names_there)) * (
            generator.random(len(names_there)) < (0.125 if few else 1)
        )
        own = dict(zip(names_there, extra.tolist(), strict=True))
        is_be = (points["language"] == "be").to_numpy()
        pieces = points["entity"].map(own).to_numpy() * is_be
        spelt = dict(zip(names_there, generator.integers(0, 3, len(names_there)).tolist(), strict=True))
        points["form"] = [
            " ".join(["abc"[spelt[name]] if there else "a", *["x"] * int(count)])
            for count, name, there in zip(pieces, points["entity"], is_be, strict=True)
        ]
        # A name lies oddly in be, cut or not.
        odd = dict(zip(names_there, generator.normal(0, 1.0, (len(names_there), X.shape[1])), strict=True))
        X = X + np.where(is_be[:, None], np.stack([odd[name] for name in points["entity"]]), 0.0)
        if effect:
            X = X + effect * pieces[:, None] * 4 * generator.normal(size=X.shape)
        found = types.manifolds_cuts(X, points, None)
        yield "manifolds_cuts", truth if effect else f"{truth}*", found.verdict


class Shown:
    """A name in pieces."""

    def __init__(self, shown: list[str]) -> None:
        self.shown = shown


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
        yield "border_clubs", f"{truth}*" if edge else truth, found.verdict
    for truth, organisations, place, few in (
        ("half of LOC", 0.1, 0.5, False), ("half of LOC, few", 0.1, 0.5, True), ("as organisations", 0.6, 0.6, False),
        ("as organisations, few", 0.7, 0.7, True), ("with LOC", 0.1, 0.8, False),
    ):  # fmt: skip
        yield "clubs", truth if truth == "with LOC" else f"{truth}*", _clubs(draw, organisations, place, few)


def _clubs(draw: int, organisations: float, place: float, few: bool) -> str:
    """The verdict on clubs whose share of LOC is `place`, among ordinary organisations whose share is told."""
    generator = np.random.default_rng(draw)
    count, contexts = (6, 6) if few else (12, 12)

    def shares(level: float, names: int, contexts: int) -> np.ndarray:
        leaning = generator.normal(0, 0.12, (names, 1)) + generator.normal(0, 0.12, (1, contexts))
        found: np.ndarray = generator.binomial(10, np.clip(level + leaning, 0, 1)) / 10
        return found

    own, others = shares(place, count, contexts), shares(organisations, 8, 6)
    told = pd.DataFrame(
        [(f"club{n}", "ORG", f"en/k{c}/club{n}", True) for n in range(count) for c in range(contexts)],
        columns=["name", "type", "sentence", "settles"],
    )
    rows = [("after", f"o{n}", f"club{n}", contexts, 40, own[n].mean(), 0.5, "settling") for n in range(count)]
    rows.append(("after", "", "other ORG", others.size, 40, others.mean(), 0.5, "any"))
    table = pd.DataFrame(rows, columns=["stage", "entity", "name", "n", "neighbours", "loc_share", "floor", "contexts"])
    return types.club_finding(table, Ordinary(own.ravel(), others), np.zeros((len(told), 1)), told).verdict


class Told(Surroundings):
    """Test points among which the shares are as told."""

    def __init__(self, around: Surroundings, shares: np.ndarray) -> None:
        self.__dict__.update(around.__dict__)
        self._shares = shares

    def shares(self, X: np.ndarray, contexts: object = ()) -> np.ndarray:
        """As told."""
        return self._shares


class Ordinary(Surroundings):
    """Test points among which all shares are as told, [clubs · contexts] and [organisations, contexts]."""

    def __init__(self, shares: np.ndarray, others: np.ndarray) -> None:
        self._shares, self._others = shares, others

    def __len__(self) -> int:
        return 2 * self._others.size

    def shares(self, X: np.ndarray, contexts: object = ()) -> np.ndarray:
        """As told."""
        return self._shares

    def ordinary(self, kind: str) -> np.ndarray:
        """As told."""
        found: np.ndarray = self._others.ravel()
        return found

    def names(self, kind: str) -> list[str]:
        """Of the organisations."""
        return [f"org{n}" for n in range(len(self._others)) for _ in range(self._others.shape[1])]

    def contexts(self, kind: str) -> list[str]:
        """Of the organisations."""
        return [f"o{c}" for _ in range(len(self._others)) for c in range(self._others.shape[1])]


def languages(draw: int) -> Counted:
    """The introduction: kinship, space, both ways, resources, over pairs of languages."""
    for truth, given in (
        ("none", {}), ("across", {"across": 0.3}), ("one odd", {"odd": ODD}), ("one hard", {"hard": "be"}),
        ("givers that take", {"both_ends": 0.08}), ("kin", {"kin": 0.1}), ("space", {"space": 1.0}),
        ("both ways", {"both": 0.05}), ("rich", {"rich": 0.05}),
    ):  # fmt: skip
        generator = np.random.default_rng(draw)
        near = worlds.spaces(
            generator, kin=0.1 if truth == "kin" else 0.0, across=0.2 if truth == "across" else 0.1,
            odd=str(given.get("odd", "")), hard=str(given.get("hard", "")),
        )  # fmt: skip
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
        ("none", {}), ("hard names", {"spread": 1.5}), ("no cuts", {"cuts": 0.0}),
        ("few", {"names": 10, "contexts": 9, "spread": 1.5}), ("identical", {"identical": 0.8, "spread": 1.5}),
        ("few, identical", {"names": 12, "contexts": 10, "identical": 0.7, "spread": 1.0}),
        ("1 donor, rare", {"donors": 1, "level": 0.08, "spread": 0.3}), ("cuts alone", {"errors": 0.06}),
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
        t = np.arange(1, steps + 1) / steps
        shapes = {f"{name} {size:g}*": size * course(t, steps) for name, course in worlds.COURSES.items()
                  for size in (4.0, 10.0, 100.0)}  # fmt: skip
        for truth, trend in {"none*": np.zeros(steps), **shapes}.items():
            x, y = np.random.default_rng(draw).normal(size=(2, steps)) + trend
            _, low, high = detrended_correlation(x, y)
            yield f"delta correlation, {steps} changes", truth, HOLDS if low > 0 else FAILS if high < 0 else OPEN


def shares(draw: int) -> Counted:
    """Shares of wrong sentences: how often the interval misses the truth, above it (holds) or below."""
    for size, design in {"": (60, 36, 120), "few: ": (12, 9, 60)}.items():
        for spread in (0.0, 0.5, 1.0):
            for level in (0.1, 0.3):
                wrong, of, contexts, truth = worlds.crossed(np.random.default_rng(draw), *design, level, spread)
                found = clustered_share(wrong, of.tolist(), contexts.tolist())
                verdict = HOLDS if found.low > truth else FAILS if found.high < truth else OPEN
                yield f"share {level}", f"{size}names and contexts ±{spread}*", verdict


def changed(draw: int) -> Counted:
    """Changed names: how often the interval of a difference leaves 0 out, and McNemar's p, which knows no clusters."""
    for truth, given in (
        ("noise", {}), ("rare", {"level": 0.06}), ("names and contexts move", {"level": 0.5, "moves": 0.25}),
        ("few move", {"level": 0.5, "moves": 0.25, "names": 12, "contexts": 9}),
        ("few make most", {"level": 0.5, "moves": 0.25, "uneven": True}), ("10 points", {"effect": 0.1}),
    ):  # fmt: skip
        row = contrast_table(worlds.changed(np.random.default_rng(draw), **given)).iloc[0]
        null = "" if given.get("effect") else "*"
        yield "changed names", f"{truth}{null}", HOLDS if row["low"] > 0 else FAILS if row["high"] < 0 else OPEN
        # No verdict rests on it, so that its nulls have no star.
        beside = by_test(row["difference"], row["p"])
        yield "McNemar beside them, no verdict", truth, beside


PARTS: dict[str, Callable[[int], Counted]] = {
    "spelling": spelling,
    "groups": groups,
    "together": together,
    "spaces": spaces,
    "names": names,
    "maps": maps,
    "clusters": clusters,
    "cuts": cuts,
    "clubs": clubs,
    "languages": languages,
    "sentences": sentences,
    "changed": changed,
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
    return null[null[HOLDS] + null[FAILS] > level + slack]


# Claims whose rule is that of another at another layer or stage, or that stands under another name above.
SAME = {
    "names_by_language_before": "names_by_language", "names_by_language_after": "names_by_language",
    "language_before_initial": "language_before", "pairs_before_initial": "pairs_before",
    "spelling": "spelling all", "spelling_script": "spelling same_script", "spelling_different": "spelling different",
    "impact_spelling": "impact of tnld", "impact_cuts": "impact of pieces", "impact_space": "impact of cosine",
}  # fmt: skip
# What counts pieces of four forms has no chance in it.
WITHOUT_CHANCE = ("cuts",)
BESIDE = ("changed names", "share", "delta correlation")
# Fewer tell nothing of a level.
LEAST_DRAWS = 20


INTRODUCTION = """# How often each verdict is wrong

`python tests/bench/bench_levels.py --keep FOLDER` counts and `--page FOLDER` prints this page{commit}; `--only` and
`--draws` make it shorter. Worlds are made up so that their truth is known: names and contexts that are hard by
themselves, few and uneven ones, names that are one string everywhere, single hard, odd or wild languages, scripts,
trends of several shapes. The level is the share of draws in which a verdict is given where the claim is neither so
nor the other way round, holds and does not hold together, in the world that is worst for it. Level .05 is known
within .06 by 60 draws, .03 by 200 and .014 by 1,000, and the worst of many worlds lies higher by chance. Power is the
share in which a claim holds in the world where it does most often. Figures of claims about changes are of 12, 20 and
40 changes. What no row says: kinship is not taken out of the claims on spelling, and pairs of languages that are akin
are spelt alike.
"""


def rows_of(claim: str, table: pd.DataFrame) -> pd.DataFrame:
    """The rows of a verdict, whatever number of changes or donors they are of.

    Args:
        claim: a key of CLAIMS, or one of BESIDE.
        table: verdict, truth, found and draws.
    """
    name = SAME.get(claim, claim)
    bare = table["verdict"].str.partition(",")[0]
    return table[(bare == name) | ((name == "share") & bare.str.fullmatch(r"share [\d.]+"))]


def page(table: pd.DataFrame) -> list[str]:
    """The lines of docs/levels.md.

    Args:
        table: of all parts.
    """
    lines = [
        INTRODUCTION.format(commit=_commit()),
        "| verdict | worst null | level | holds | does not hold | draws | power, where it is so |",
        "|---|---|---|---|---|---|---|",
    ]  # fmt: skip
    for claim in (*CLAIMS, *BESIDE):
        rows = rows_of(claim, table)
        null = rows[rows["truth"].str.endswith("*") & (rows["draws"] >= LEAST_DRAWS)]
        if claim in WITHOUT_CHANCE or null.empty:
            lines.append(
                f"| {claim} | {'counts, without chance' if claim in WITHOUT_CHANCE else 'not asked'} | | | | | |"
            )
            continue
        worst = null.loc[(null[HOLDS] + null[FAILS]).idxmax()]
        so = rows[~rows["truth"].str.endswith("*")]
        best = so.loc[so[HOLDS].idxmax()] if len(so) else None
        power = "" if best is None else f"{best[HOLDS]:.2f} ({_where(best)})"
        sides = " | ".join(f"{value:.3f}" for value in (worst[HOLDS] + worst[FAILS], worst[HOLDS], worst[FAILS]))
        levels = f"{sides} | {int(worst['draws']):,}"
        lines.append(f"| {claim} | {_where(worst)} | {levels} | {power} |")
    return lines


def _commit() -> str:
    """What the figures belong to."""
    done = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, cwd=Path(__file__).parent, check=False
    )  # fmt: skip
    return f" (printed at {done.stdout.strip()})" if done.stdout.strip() else ""


def _where(row: pd.Series) -> str:
    about = str(row["verdict"]).partition(", ")[2]
    return ", ".join(part for part in (str(row["truth"]).rstrip("*"), about) if part).replace("|", "/")


def main() -> None:
    """Count verdicts and print their shares, and in which nulls they exceed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0, help="number of the first draw, to add to those that are kept")
    parser.add_argument("--exchanges", type=int, default=999)
    parser.add_argument("--only", choices=PARTS, action="append")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep the shares of each part as CSV")
    parser.add_argument("--page", type=Path, metavar="FOLDER", help="print the page of what such a folder holds")
    asked = parser.parse_args()
    if asked.page:
        kept = pd.concat([pd.read_csv(path) for path in sorted(asked.page.glob("*.csv"))], ignore_index=True)
        kept[[HOLDS, FAILS, OPEN]] = kept[[HOLDS, FAILS, OPEN]].mul(kept["draws"], axis=0)
        kept = kept.groupby(["verdict", "truth"], sort=False, as_index=False).sum()
        kept[[HOLDS, FAILS, OPEN]] = kept[[HOLDS, FAILS, OPEN]].div(kept["draws"], axis=0)
        print("\n".join(page(kept)))
        return
    module.DRAWS = causes.EXCHANGES = asked.exchanges
    # The bounds of 500 resamples lie where those of 2,000 do, but for a hair.
    correlation.RESAMPLES = 500
    exceeding = []
    for name, part in PARTS.items():
        if not asked.only or name in asked.only:
            started = time.process_time()
            table = table_of(part, range(asked.first, asked.first + asked.draws))
            print(f"\n{name}, {asked.draws} draws, {time.process_time() - started:.0f} s of CPU")
            print(table.round(3).to_string(), flush=True)
            exceeding.append(beyond(table, asked.draws))
            if asked.keep:
                asked.keep.mkdir(parents=True, exist_ok=True)
                kept = table.reset_index().assign(draws=asked.draws)
                kept.to_csv(asked.keep / f"{name}-{asked.first}.csv", index=False)
    found = pd.concat(exceeding)
    print("\nNo null is exceeded." if found.empty else f"\nExceeded:\n{found.round(3).to_string()}")


if __name__ == "__main__":
    main()
