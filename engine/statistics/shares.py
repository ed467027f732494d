"""Which part of what can be explained of wrong sentences falls to spelling, tokenisation, the space and languages.

The deviance is that of the linear probability model. Its fits need sums of products alone, which are taken name by
name, so that a bootstrap over names draws sums, not rows; and languages are taken out by their means, so that no dummy
is ever written down.
"""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from math import comb
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nerspace.engine.statistics.clusters import sums_by
from nerspace.engine.statistics.factors import GROUPS, MOST_BINOMIAL, Rows, dummies, independent_columns, model_rows
from nerspace.engine.tables.spec import TableSpec, integer, real, text

if TYPE_CHECKING:
    import pandas as pd

Vector = npt.NDArray[np.float64]

NAN = float("nan")
BOOTSTRAPS, EXCHANGES = 500, 100
LANGUAGES = GROUPS[-1]


FACTOR_SHARES = TableSpec(
    "factor_shares",
    "Which part of what can be explained of wrong sentences falls to spelling, tokenisation, space and languages.",
    {
        "group": text(
            "spelling, tokenisation, space or languages (dummies for the pair), type and length held; of tagged text "
            "length (words of the name), tokenisation or languages, type held"
        ),
        "share": real("Shapley share of the deviance that a linear probability model explains beyond what is held"),
        "low": real("2.5 % bound, 500 bootstraps over names"),
        "high": real("97.5 % bound"),
        "chance": real("mean share when names are exchanged within their type, languages left as they are"),
        "binomial": real("the share in binomial models; empty beyond 6,000 sentences"),
        "explained": real("deviance explained by all groups over that of what is held alone, 0 to 1"),
        "n": integer("sentences"),
        "names": integer("different names"),
    },
    "bars",
)


@FACTOR_SHARES.made_by
def factor_share_table(factors: "pd.DataFrame", seed: int = 0) -> "pd.DataFrame":
    """The table `factor_shares`; empty where there are too few sentences or nothing is explained.

    The deviance is that of the linear probability model; the binomial one stands beside it.

    Args:
        factors: the table of that name.
        seed: of bootstraps and exchanges.

    Source: Shapley values of explained variance, Lindeman, Merenda & Gold 1980; Grömping 2007.
    """
    rows = model_rows(factors)
    if rows is None:
        return FACTOR_SHARES.frame()
    members = _members(rows)
    by_name = _products_by_name(rows)
    every, of_every = _shapley(by_name.sum(), members)
    shares, explained = every[0], float(of_every[0])
    if not np.isfinite(shares).all():
        return FACTOR_SHARES.frame()
    generator = np.random.default_rng(seed)
    names = by_name.count
    drawn = generator.multinomial(names, np.full(names, 1 / names), BOOTSTRAPS).astype(np.float64)
    resampled = np.concatenate([
        _shapley(by_name.drawn(weights), members)[0] for weights in np.array_split(drawn, max(1, BOOTSTRAPS // 50))
    ])  # fmt: skip
    exchanged = np.concatenate([
        _shapley(_products(_exchanged(rows, generator)), members)[0] for _ in range(EXCHANGES)
    ])  # fmt: skip
    binomial = _binomial_shares(rows, members)
    found = []
    for place, group in enumerate(list(members)[1:]):
        values = resampled[:, place][np.isfinite(resampled[:, place])]
        low, high = np.quantile(values, [0.025, 0.975]) if len(values) >= BOOTSTRAPS // 2 else (NAN, NAN)
        chance = exchanged[:, place][np.isfinite(exchanged[:, place])]
        found.append(
            (group, shares[place], low, high, float(chance.mean()) if len(chance) else NAN, binomial[place], explained,
             len(rows.wrong), names)
        )  # fmt: skip
    return FACTOR_SHARES.frame(found)


def _columns(rows: Rows) -> Vector:
    """Level, controls, terms and at the end the wrong ones, [n, c]; languages are in `rows.pairs`."""
    return np.column_stack([np.ones(len(rows.wrong)), rows.controls, rows.values, rows.wrong])


def _members(rows: Rows) -> dict[str, list[int]]:
    """Group → its columns, controls first; languages, where there are several pairs, have none of their own."""
    start = 1 + rows.controls.shape[1]
    members = {"controls": list(range(start))}
    for group in GROUPS[:-1]:
        if places := [start + place for place, term in enumerate(rows.terms) if term.group == group]:
            members[group] = places
    if int(rows.pairs.max(initial=0)) > 0:
        members[LANGUAGES] = []
    return members


@dataclass(frozen=True, slots=True)
class _Products:
    """Sums of products of rows, of each resample.

    Attributes:
        whole: [B, c, c].
        within: [B, c, c], the same of columns less their means in the row's pair of languages.
    """

    whole: Vector
    within: Vector


def _within(whole: Vector, sums: Vector, counts: Vector) -> Vector:
    """Products within pairs of languages: those of all less those of the means.

    Args:
        whole: [B, c, c].
        sums: [B, pairs, c].
        counts: [B, pairs], rows; a pair that a resample left out has none.
    """
    means = sums / np.maximum(counts, 1e-12)[:, :, None]
    found: Vector = whole - np.swapaxes(sums, 1, 2) @ means
    return found


def _products(rows: Rows) -> _Products:
    """The products of all rows, B = 1."""
    columns = _columns(rows)
    whole = (columns.T @ columns)[None]
    counts = np.bincount(rows.pairs).astype(np.float64)
    return _Products(whole, _within(whole, sums_by(columns, rows.pairs)[None], counts[None]))


@dataclass(frozen=True, slots=True)
class _ByName:
    """Sums of products name by name.

    Attributes:
        whole: [names, c, c].
        sums: [names, pairs, c].
        counts: [names, pairs].
    """

    whole: Vector
    sums: Vector
    counts: Vector

    @property
    def count(self) -> int:
        return len(self.whole)

    def sum(self) -> _Products:
        """Every name once."""
        return self.drawn(np.ones((1, self.count)))

    def drawn(self, weights: Vector) -> _Products:
        """Every name as often as a resample has it, [B, names]."""
        whole, sums, counts = (np.tensordot(weights, part, 1) for part in (self.whole, self.sums, self.counts))
        return _Products(whole, _within(whole, sums, counts))


def _products_by_name(rows: Rows) -> _ByName:
    columns = _columns(rows)
    names, pairs = (int(side.max()) + 1 for side in (rows.names, rows.pairs))
    order = np.argsort(rows.names, kind="stable")
    parts = np.split(columns[order], np.cumsum(np.bincount(rows.names))[:-1])
    cell = rows.names * pairs + rows.pairs
    sums = np.stack([np.bincount(cell, column, names * pairs) for column in columns.T], axis=1).astype(np.float64)
    counts = np.bincount(cell, minlength=names * pairs).astype(np.float64)
    return _ByName(
        np.array([part.T @ part for part in parts]), sums.reshape(names, pairs, -1), counts.reshape(names, pairs)
    )


def _shapley(products: _Products, members: Mapping[str, Sequence[int]]) -> tuple[Vector, Vector]:
    """Each group's share of what all explain beyond the controls, and how much that is; NaN where it is nothing.

    Args:
        products: one of each resample.
        members: group → its columns.

    Returns:
        [B, groups] and [B].
    """
    groups = [group for group in members if group != "controls"]
    left: dict[frozenset[str], Vector] = {}
    for size in range(len(groups) + 1):
        for chosen in combinations(groups, size):
            inside = [*members["controls"], *(column for group in chosen for column in members[group])]
            left[frozenset(chosen)] = _unexplained(products.within if LANGUAGES in chosen else products.whole, inside)
    # Where all are wrong, or none is, only rounding is left.
    return _shares_of(left, groups, 1e-7 * products.whole[:, -1, -1])


def _shares_of(
    left: Mapping[frozenset[str], Vector], groups: Sequence[str], least: Vector | float = 0.0
) -> tuple[Vector, Vector]:
    """Shapley's shares [B, groups] and the explained part [B] of deviances [B] that subsets of groups leave.

    least: deviances up to this are nothing.
    """
    base, full = left[frozenset()], left[frozenset(groups)]
    total = base - full
    known = (total > 1e-6 * np.maximum(base, 1e-300)) & (base > least)
    n = len(groups)
    shares = np.zeros((len(base), n))
    for place, group in enumerate(groups):
        others = [other for other in groups if other != group]
        for size in range(n):
            for chosen in combinations(others, size):
                before = frozenset(chosen)
                shares[:, place] += (left[before] - left[before | {group}]) / (n * comb(n - 1, size))
    divisor = np.where(known, total, np.nan)
    return shares / divisor[:, None], np.where(known, total / np.maximum(base, 1e-300), np.nan)


def _unexplained(products: Vector, inside: Sequence[int]) -> Vector:
    """Sums of squares [B] of what these columns leave of the last one, from products alone."""
    X, xy, yy = products[:, inside][:, :, inside], products[:, inside, -1], products[:, -1, -1]
    scale = np.sqrt(np.maximum(np.einsum("bii->bi", X), 1e-12))
    # The ridge gives a column that a resample left empty, or that languages explain, no weight; it changes no digit
    # that is shown.
    matrix = X / (scale[:, :, None] * scale[:, None, :]) + 1e-9 * np.eye(len(inside))
    aim = xy / scale
    fitted = np.linalg.solve(matrix, aim[:, :, None])[:, :, 0]
    found: Vector = np.maximum(0.0, yy - (fitted * aim).sum(axis=1))
    return found


def _exchanged(rows: Rows, generator: np.random.Generator) -> Rows:
    """The rows with the terms of another name of the type, drawn anew; what differs from context to context is kept."""
    kinds = rows.frame["type"].fillna("").to_numpy(dtype=object)
    kind_of = {int(name): kinds[row] for row, name in enumerate(rows.names)}
    other = np.arange(len(kind_of))
    for kind in set(kind_of.values()):
        members = np.array([name for name, own in kind_of.items() if own == kind], dtype=np.intp)
        other[members] = generator.permutation(members)
    count = len(kind_of)
    cell = rows.pairs * count + rows.names
    size = (int(rows.pairs.max()) + 1) * count
    sums = np.zeros((size, rows.values.shape[1]))
    np.add.at(sums, cell, rows.values)
    times = np.bincount(cell, minlength=size)
    means = np.divide(sums, times[:, None], out=np.full_like(sums, NAN), where=times[:, None] > 0)
    moved = means[rows.pairs * count + other[rows.names]]
    values = np.where(np.isfinite(moved), rows.values - means[cell] + moved, rows.values)
    return replace(rows, values=values)


def _binomial_shares(rows: Rows, members: Mapping[str, Sequence[int]]) -> Vector:
    """The shares in binomial models; NaN where these are too many rows or a model has no finite fit."""
    from statsmodels.genmod.families import Binomial
    from statsmodels.genmod.generalized_linear_model import GLM

    groups = [group for group in members if group != "controls"]
    if len(rows.wrong) > MOST_BINOMIAL:
        return np.full(len(groups), NAN)
    columns, languages = _columns(rows), dummies(rows.pairs.tolist())[:, 1:]
    left: dict[frozenset[str], Vector] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for size in range(len(groups) + 1):
            for chosen in combinations(groups, size):
                inside = [*members["controls"], *(column for group in chosen for column in members[group])]
                parts = [columns[:, inside], *([languages] if LANGUAGES in chosen else [])]
                X = independent_columns(np.column_stack(parts))
                try:
                    left[frozenset(chosen)] = np.array([GLM(rows.wrong, X, family=Binomial()).fit().deviance])
                except (ValueError, FloatingPointError, np.linalg.LinAlgError):
                    return np.full(len(groups), NAN)
    shares: Vector = _shares_of(left, groups)[0][0]
    return shares
