"""Made-up worlds whose truth is known: errors of donors in recipients, to see how often a verdict is wrong."""

from collections.abc import Sequence
from functools import cache

import numpy as np
import pandas as pd

from nerspace import datasets
from nerspace.datasets.languages import LANGUAGES, script_of
from nerspace.engine.names.distances import tnld_table
from nerspace.engine.swapping.contrasts import COUNTERFACTUALS

CODES = tuple(LANGUAGES)
SENTENCES = 120
# Truths in which spelling has no effect, and those in which it has: more wrong sentences per unit of TNLD.
NULLS = ("languages", "cyrillic", "across", "one_hard", "donors", "one_odd")
SLOPES = {"slope .25": 0.25, "slope .80": 0.80}


@cache
def spelling() -> pd.DataFrame:
    """TNLD of the built-in names, codes by codes, rounded so that it does not hang on single names."""
    table = tnld_table(datasets.load_parallel("builtin").entities)
    whole = table[(table["type"] == "all") & (table["subset"] == "all")]
    square = pd.DataFrame(0.0, index=list(CODES), columns=list(CODES))
    for a, b, value in whole[["a", "b", "tnld"]].itertuples(index=False):
        square.loc[a, b] = square.loc[b, a] = round(value, 2)
    return square


def transfer(truth: str, generator: np.random.Generator, donors: Sequence[str] = CODES) -> pd.DataFrame:
    """The table `transfer` of a world; errors of the sentences with different strings are among its columns.

    languages: donors and recipients differ. cyrillic: recipients in Cyrillic are harder by .15 besides. across: pairs
    across scripts are. one_hard: one recipient is, by .35. donors: one donor is worse everywhere, by .35. one_odd:
    pairs with one language scatter by .15.
    """
    square = spelling()
    give = dict(zip(CODES, generator.normal(0, 0.05, len(CODES)), strict=True))
    take = dict(zip(CODES, generator.normal(0, 0.06, len(CODES)), strict=True))
    hard = CODES[generator.integers(len(CODES))]
    rows = []
    for donor in donors:
        for recipient in CODES:
            apart, other = square.loc[donor, recipient], script_of(donor) != script_of(recipient)
            odd = truth == "one_odd" and hard in (donor, recipient)
            share = 0.2 + give[donor] + take[recipient] + generator.normal(0, 0.15 if odd else 0.03)
            share += 0.15 * (truth == "cyrillic" and script_of(recipient) == "Cyrillic")
            share += 0.15 * (truth == "across" and other) + 0.35 * (truth == "one_hard" and recipient == hard)
            share += 0.35 * (truth == "donors" and donor == hard) + SLOPES.get(truth, 0.0) * (apart - 0.2)
            share = float(np.clip(share, 0.01, 0.99))
            same = 0 if other or donor == recipient else round(SENTENCES * max(0.0, 0.8 - 4 * apart))
            wrong = [int(generator.binomial(n, share)) for n in (same, SENTENCES - same)]
            rows.append(
                (donor, recipient, 0, SENTENCES, sum(wrong), 0.5, apart, "across" if other else "same",
                 apart * SENTENCES / max(1, SENTENCES - same), same / SENTENCES, np.nan, np.nan, apart,
                 SENTENCES - same, wrong[1])
            )  # fmt: skip
    columns = ["donor", "recipient", "seed", "sentences", "wrong", "f1", "tnld", "script", "tnld_different",
               "identical", "low", "high", "tnld_read", "sentences_different", "wrong_different"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def crossed(
    generator: np.random.Generator, names: int, contexts: int, cells: int, level: float, spread: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Wrong or not, of sentences whose names and contexts are each hard or easy by themselves.

    Returns:
        wrong [cells], the name and the context of each, and the true share over all names and contexts.
    """

    def share(of_name: np.ndarray, of_context: np.ndarray) -> np.ndarray:
        return 1 / (1 + np.exp(-(np.log(level / (1 - level)) + of_name + of_context)))

    many = generator.normal(0, spread, (2, 20_000))
    truth = float(share(*many).mean())
    hard_names, hard_contexts = generator.normal(0, spread, names), generator.normal(0, spread, contexts)
    name, context = generator.integers(0, names, cells), generator.integers(0, contexts, cells)
    wrong = generator.random(cells) < share(hard_names[name], hard_contexts[context])
    return wrong.astype(float), name, context, truth


# -- vectors of names and entities

FOUR = ("be", "en", "ru", "tr")
KINDS = ("PER", "LOC", "ORG")


def even(generator: np.random.Generator, count: int, d: int) -> np.ndarray:
    """Directions that are all equally far from one another, as long as random ones, [count, d]."""
    turned = np.linalg.qr(generator.normal(size=(d, count)))[0].T
    found: np.ndarray = turned * np.sqrt(d)
    return found


def ambiguous(
    generator: np.random.Generator, names: int = 12, contexts: int = 3, d: int = 16, uneven: bool = False,
    **strength: float,
) -> tuple[np.ndarray, pd.DataFrame]:  # fmt: skip
    """Vectors of names that are of three types, in four languages; every name stands in the same contexts.

    Each part of a vector is a random direction: `name`, `context` (of its type alone), `cell`, what a name has in a
    `language` or a `type`, `tongue` and `kind` likewise for all names, `frame`, what a context has in a language, and
    `slavic`, which be and ru share in a cell. `kind` are equally far from one another. uneven: names lack cells, the
    first none, the last most.
    """
    part = {"name": 1.0, "context": 1.0, "cell": 0.5, **strength}
    shape = (names, len(KINDS), contexts, len(FOUR), d)
    X = 0.5 * generator.normal(size=shape)

    def add(key: str, *axes: int) -> None:
        if part.get(key):
            size = tuple(shape[axis] if axis in axes else 1 for axis in range(4))
            X[...] += part[key] * generator.normal(size=(*size, d))

    add("name", 0)
    add("context", 1, 2)
    add("cell", 0, 1, 2)
    add("language", 0, 3)
    add("type", 0, 1)
    add("tongue", 3)
    add("frame", 1, 2, 3)
    if part.get("kind"):
        X += part["kind"] * even(generator, len(KINDS), d)[None, :, None, None]
    if part.get("slavic"):
        X[..., [0, 2], :] += part["slavic"] * generator.normal(size=(*shape[:3], 1, d))
    rows = [
        (f"name{n}", KINDS[k], code, f"{code}/{KINDS[k]}{c}/{KINDS[k]}-name{n}")
        for n in range(names) for k in range(len(KINDS)) for c in range(contexts) for code in FOUR
    ]  # fmt: skip
    points = pd.DataFrame(rows, columns=["name", "type", "language", "sentence"])
    if not uneven:
        return X.reshape(-1, d), points
    likely = np.linspace(1, 0.15, names)[:, None, None]
    there = np.repeat((generator.random(shape[:3]) < likely).ravel(), len(FOUR))
    return X.reshape(-1, d)[there], points[there].reset_index(drop=True)


def drawing(
    generator: np.random.Generator, contexts: int = 12, context: float = 1.0, apart: float = 0.0, kind: float = 1.0
) -> pd.DataFrame:
    """A map of one name: be and tr lie `apart` from en and ru, contexts and types scatter, languages do in each."""
    rows = []
    for name in ("PER", "LOC"):
        of_kind = kind * generator.normal(size=2)
        for c in range(contexts // 2):
            middle = of_kind + context * generator.normal(size=2)
            for code in FOUR:
                away = apart * np.array({"be": (1.0, 0.0), "tr": (0.0, 1.0)}.get(code, (0.0, 0.0)))
                x, y = middle + away + generator.normal(size=2)
                rows.append((x, y, code, f"{code}/{name}{c}/{name}-washington"))
    return pd.DataFrame(rows, columns=["x", "y", "language", "sentence"])


# Types as often as the paper has them.
AS_PAPER = ("PER", "LOC", "PER", "ORG", "PER", "PER", "LOC", "PER")


def entities(
    generator: np.random.Generator,
    cells: int = 90,
    names: int = 45,
    contexts: int = 30,
    d: int = 20,
    design: int = 0,
    types: Sequence[str] = KINDS,
    **strength: float,
) -> tuple[np.ndarray, pd.DataFrame]:
    """Vectors of test entities in four languages, of one type each; names and contexts come again.

    Parts as in `ambiguous`; `tongue` and `kind` make clusters of languages and of types, `even` of languages that are
    all equally far from one another, `pair` of be ru and en tr, `person` of PER and ORG alone. `design` decides which
    names stand in which contexts, `types` come by turns.
    """
    part = {"name": 1.0, "context": 1.0, "cell": 0.5, **strength}
    kind = np.array([KINDS.index(types[cell % len(types)]) for cell in range(cells)])
    drawn = np.random.default_rng(design)
    name = 3 * drawn.integers(0, names // 3, cells) + kind
    context = 3 * drawn.integers(0, contexts // 3, cells) + kind
    X = 0.5 * generator.normal(size=(cells, len(FOUR), d))
    X += part["name"] * generator.normal(size=(names, 1, d))[name]
    X += part["context"] * generator.normal(size=(contexts, 1, d))[context]
    X += part["cell"] * generator.normal(size=(cells, 1, d))
    X += part.get("tongue", 0.0) * generator.normal(size=(1, len(FOUR), d))
    X += part.get("kind", 0.0) * generator.normal(size=(3, 1, d))[kind]
    X += part.get("pair", 0.0) * generator.normal(size=(1, 2, d))[:, [0, 1, 0, 1]]
    ours = generator.normal(size=(3, 1, d)) * np.array([1.0, 0.0, 1.0])[:, None, None]
    X += part.get("person", 0.0) * ours[kind]
    if part.get("even"):
        X += part["even"] * even(generator, len(FOUR), d)[None]
    if part.get("frame"):
        X += part["frame"] * generator.normal(size=(contexts, len(FOUR), d))[context]
    rows = [
        (code, KINDS[kind[c]], f"e{name[c]}", f"{code}/c{context[c]}/e{name[c]}-{c}")
        for c in range(cells) for code in FOUR
    ]  # fmt: skip
    points = pd.DataFrame(rows, columns=["language", "type", "entity", "sentence"])
    return X.reshape(-1, d), points


# -- changes during training

SIX = ("pl", "tr", "ru", "uk", "es", "en")


# Courses that all trainings have, by the share of the steps that is gone, t in (0, 1] of n.
COURSES = {
    "slow": lambda t, n: np.exp(-5 * (t - 1 / n)),
    "quick": lambda t, n: np.exp(-20 * (t - 1 / n)),
    "harmonic": lambda t, n: 1 / (t * n),
    "warm-up": lambda t, n: np.minimum(t * n / 3, 1) * (1 - t),
}


def changes(
    generator: np.random.Generator, steps: int = 20, own: float = 0.0, alike: float = 1.0, apart: float = 0.0,
    trend: float = 0.0, noisy: str = "", together: float = 0.0, models: float = 1.0, every: float = 0.0,
    odd: str = "", course: str = "slow", trending: Sequence[str] = (), noise: float = 3.0,
    alike_in: Sequence[str] = ("ru", "uk"), pair: float = 0.0, akin: float = 0.0,
) -> pd.DataFrame:  # fmt: skip
    """The table `deltas` of six models.

    Args:
        generator: decides.
        steps: changes in a series.
        own: added to every change of tr and pl in their own models.
        alike: how far languages differ in the models of ru and uk, of how far they do elsewhere.
        apart: what ru and uk share of their courses, and the others of theirs.
        trend: of the course that all share.
        noisy: a language whose changes are `noise` times as large.
        together: what all but ru and uk share of their own courses.
        models: how far models and languages differ in how much they change.
        every: what all languages but the odd one share of their own courses.
        odd: that language.
        course: a key of COURSES.
        trending: languages that have the course; all by default.
        noise: see noisy.
        alike_in: the models that `alike` is of.
        pair: what ru and uk share of their own courses besides.
        akin: what pl, ru and uk do.
    """
    along = trend * COURSES[course](np.arange(1, steps + 1) / steps, steps)
    shared = generator.normal(size=(4, steps))
    of_language = models * generator.normal(size=6) / 3
    values = np.empty((6, 6, steps))
    for d, donor in enumerate(SIX):
        spread = alike if donor in alike_in else 1.0
        of_model = 1.5 + models * generator.normal() / 4
        one = generator.normal(size=(2, steps))
        for c, code in enumerate(SIX):
            group = 0 if code in ("ru", "uk") else 1
            level = of_model + of_language[c] + spread * generator.normal() / 2
            level += own if code == donor and code in ("tr", "pl") else 0.0
            size = noise if code == noisy else 1.0
            wander = generator.normal(size=steps) + apart * one[group] + together * (group == 1) * shared[1]
            wander += every * (code != odd) * shared[0] + pair * (group == 0) * shared[2]
            wander += akin * (code in ("pl", "ru", "uk")) * shared[3]
            has_trend = not trending or code in trending
            values[d, c] = size * (level / steps + wander / steps) + has_trend * along / steps
    donor, code, step = (
        axis.ravel() for axis in np.meshgrid(np.arange(6), np.arange(6), np.arange(steps), indexing="ij")
    )
    codes = np.array(SIX)
    return pd.DataFrame({
        "step": step + 1, "language": codes[code], "layer": 12, "h": 1, "delta": values.ravel(), "donor": codes[donor],
        "seed": 0,
    })  # fmt: skip


# -- pairs of languages and sentences


def family(code: str) -> str:
    """The branch of a language."""
    return LANGUAGES[code].family


def spaces(
    generator: np.random.Generator, kin: float = 0.0, across: float = 0.1, odd: str = "", hard: str = ""
) -> dict[tuple[str, str], float]:
    """(a, b) → cosine above its floor, both ways alike: languages differ, pairs of two scripts lie farther apart.

    Pairs with the odd language scatter, the hard one lies far from all.
    """
    own = dict(zip(CODES, generator.normal(0, 0.05, len(CODES)), strict=True))
    found = {}
    for place, a in enumerate(CODES):
        for b in CODES[place + 1 :]:
            value = 0.6 + own[a] + own[b] - across * (script_of(a) != script_of(b)) - 0.3 * (hard in (a, b))
            value += generator.normal(0, 0.15 if odd in (a, b) else 0.04)
            value += kin * (family(a) == family(b) or (family(a)[-6:] == family(b)[-6:] == "Slavic") / 2)
            found[a, b] = found[b, a] = float(value)
    return found


def pairs(
    generator: np.random.Generator, near: dict[tuple[str, str], float], space: float = 0.0, kin: float = 0.0,
    both: float = 0.0, rich: float = 0.0, across: float = 0.15, odd: str = "", hard: str = "", both_ends: float = 0.0,
) -> pd.DataFrame:  # fmt: skip
    """The table `transfer` of all languages: fewer errors by `space` per unit of cosine, by `kin` within a branch, and
    by `rich` per unit of log text of the donor; `both` is what a pair has both ways, `both_ends` what a language has as
    donor and as recipient. Pairs with the odd language scatter, the hard one is worse as both.
    """
    from nerspace.engine.paper.published import RESOURCES

    give, take = (dict(zip(CODES, generator.normal(0, 0.05, len(CODES)), strict=True)) for _ in range(2))
    ends = dict(zip(CODES, generator.normal(0, both_ends, len(CODES)), strict=True))
    mutual = {frozenset(pair): generator.normal(0, both) for pair in near}
    rows = []
    for (a, b), cosine in near.items():
        share = 0.35 + give[a] + take[b] + mutual[frozenset((a, b))] + across * (script_of(a) != script_of(b))
        share += generator.normal(0, 0.15 if odd in (a, b) else 0.02) + ends[a] + ends[b] + 0.3 * (hard in (a, b))
        share -= space * (cosine - 0.5) + rich * (np.log(RESOURCES[a]) - 3.5)
        share -= kin * (family(a) == family(b) or (family(a)[-6:] == family(b)[-6:] == "Slavic") / 2)
        wrong = int(generator.binomial(SENTENCES, float(np.clip(share, 0.01, 0.99))))
        rows.append((a, b, 0, SENTENCES, wrong, 0.5, 0.2))
    return pd.DataFrame(rows, columns=["donor", "recipient", "seed", "sentences", "wrong", "f1", "tnld"])


def factors(
    generator: np.random.Generator, donors: int = 3, recipients: int = 5, cells: int = 90, spread: float = 0.5,
    cuts: float = 4.0, errors: float = 0.0, spelling: float = 0.0, space: float = 0.0, downstream: float = 0.0,
    names: int = 45, contexts: int = 30, identical: float = 0.0, level: float = 0.35,
) -> pd.DataFrame:  # fmt: skip
    """The table `factors`: pieces by `cuts` per unit of TNLD, wrong by `errors` a piece, `spelling` per unit of TNLD
    and `space` per unit of cosine less; the cosine falls by `downstream` a piece. Names are hard and cut by themselves
    in every language, contexts are hard. A share of the names is `identical` in all languages but the last two.
    """
    name, context = generator.integers(0, names, cells), generator.integers(0, contexts, cells)
    hard = [spread * 0.15 * generator.normal(size=(count, recipients)) for count in (names, contexts)]
    apart = np.clip(0.25 + 0.15 * generator.normal(size=(names, recipients)), 0, 1)
    pieces = np.round(1 + cuts * (apart - 0.25) + generator.normal(size=(names, recipients)))
    if identical:
        same = (generator.random(names) < identical)[:, None] & (np.arange(recipients) < recipients - 2)
        apart, pieces = np.where(same, 0.0, apart), np.where(same, 0.0, pieces)
    cosine = 0.5 + 0.1 * generator.normal(size=(cells, recipients)) - downstream * (pieces[name] - 1)
    parts = []
    for donor in range(donors):
        share = level + 0.05 * generator.normal(size=(1, recipients)) + hard[0][name] + hard[1][context]
        share = share + errors * (pieces[name] - 1) + spelling * (apart[name] - 0.25) - space * (cosine - 0.5)
        wrong = generator.random((cells, recipients)) < share
        for r in range(recipients):
            parts.append(pd.DataFrame({
                "donor": f"d{donor}", "seed": 0, "recipient": f"r{r}", "sentence": [f"r{r}/{c}" for c in range(cells)],
                "type": "PER", "context": [f"c{c}" for c in context], "entity": [f"e{n}" for n in name],
                "wrong": wrong[:, r].astype(int), "tnld": apart[name, r], "pieces": pieces[name, r],
                "shared": np.nan, "cosine": cosine[:, r], "own_pieces": 2 + pieces[name, r].astype(int), "words": 1,
            }))  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def changed(
    generator: np.random.Generator, names: int = 60, contexts: int = 36, cells: int = 120, level: float = 0.3,
    moves: float = 0.0, effect: float = 0.0, uneven: bool = False,
) -> pd.DataFrame:  # fmt: skip
    """The table `counterfactuals` of one change in one language: wrong by `effect` more often.

    Names and contexts are hard by themselves, and the change moves them by up to `moves`, some up and some down.
    uneven: few names make most of the cells.
    """
    weights = 1 / np.arange(1, names + 1) if uneven else np.ones(names)
    name = generator.choice(names, cells, p=weights / weights.sum())
    context = generator.integers(0, contexts, cells)
    hard, moved = (
        scale * (generator.uniform(-1, 1, names)[name] + generator.uniform(-1, 1, contexts)[context]) / 2
        for scale in (level / 2, moves)
    )
    rows = []
    for change, share in (("own", level + hard), ("donor's form", level + hard + moved + effect)):
        for cell, wrong in enumerate(generator.random(cells) < share):
            sentence = f"be/c{context[cell]}/e{name[cell]}-{cell}"
            rows.append(("en", 0, "be", sentence, "LOC", f"c{context[cell]}", f"e{name[cell]}", change, "a", "a", 1,
                         int(wrong), ""))  # fmt: skip
    return COUNTERFACTUALS.frame(rows)
