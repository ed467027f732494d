"""Figure 1 and the form of a name: what vectors of names that are a person, a place or a club at once differ by.

Every claim is decided by contexts that settle the type alone. A pair of points that share a context is never compared
with one that does not, and intervals know that names share their contexts.
"""

from collections.abc import Callable, Mapping
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from nerspace.engine.geometry.similarity import parallel_rows
from nerspace.engine.geometry.views import unit_rows
from nerspace.engine.names.tokenization import counted_pieces, cut_texts
from nerspace.engine.paper import published
from nerspace.engine.paper.cache import Array
from nerspace.engine.paper.claims import FAILS, HOLDS, LEAST_GROUPS, OPEN, Finding, by_interval
from nerspace.engine.statistics.cells import cell_of
from nerspace.engine.statistics.clusters import Clustered, clustered_mean, numbered
from nerspace.engine.statistics.jackknife import PairMean, jackknifed

if TYPE_CHECKING:
    import numpy.typing as npt
    from tokenizers import Tokenizer

    Vector = npt.NDArray[np.float64]
    Index = npt.NDArray[np.intp]

NAN = float("nan")
MAP_NEIGHBOURS = 5
_PAIRS = (("be", "ru"), ("en", "tr"))


def finding(
    claim: str, found: Clustered, n: int, unit: str, bound: float = 0.0, above: bool = True, floor: float = NAN,
    stated: float = NAN,
) -> Finding:  # fmt: skip
    """The finding of a clustered interval; what decides whether it is enough is the fewer of names and contexts."""
    verdict = by_interval(found.low, found.high, bound, found.groups, LEAST_GROUPS, above)
    return Finding(claim, verdict, found.value, found.low, found.high, NAN, floor, n, unit, stated)


def contexts_of(points: pd.DataFrame) -> list[str]:
    """The context of every point."""
    return [cell_of(str(sentence)).context for sentence in points["sentence"]]


def by_language_or_type(X: Array, points: pd.DataFrame, claim: str) -> Finding:
    """Whether vectors of one name differ more by language than by type.

    Rule: of the pairs of points of one name that share no context, the mean cosine of those of one language and two
    types, minus the mean cosine of those of one type and two languages. It holds if the 95 % interval, of names and
    contexts left out, lies above 0: what shares the language is nearer than what shares the type.

    Args:
        X: vectors [n, d].
        points: name, type, language and sentence of each [n].
        claim: names_by_language_before or _after.
    """
    names, contexts = points["name"].tolist(), contexts_of(points)
    first, second = _pairs_of_one(numbered(names), numbered(contexts))
    types, languages = (numbered(points[column].tolist()) for column in ("type", "language"))
    cosines = _cosines(X, first, second)
    one_language = (languages[first] == languages[second]) & (types[first] != types[second])
    one_type = (languages[first] != languages[second]) & (types[first] == types[second])
    means = [PairMean(first[chosen], second[chosen], cosines[chosen]) for chosen in (one_language, one_type)]
    found = jackknifed(lambda language, kind: language - kind, means, names, contexts)
    return finding(claim, found, points["name"].nunique(), "names")


def form_over_context(X: Array, points: pd.DataFrame) -> Finding:
    """Whether the form of a name counts for more than what its context says of the type.

    Rule: within a language and of points that share no context, the mean cosine of the same name in contexts of two
    types, minus that of two names in contexts of one type. It holds if the 95 % interval, of names and contexts left
    out, lies above 0.

    Args:
        X: vectors [n, d].
        points: name, type, language and sentence of each [n].
    """
    names, contexts = points["name"].tolist(), contexts_of(points)
    first, second = _pairs_of_one(numbered(points["language"].tolist()), numbered(contexts))
    name, kind = numbered(names), numbered(points["type"].tolist())
    cosines = _cosines(X, first, second)
    same_form = (name[first] == name[second]) & (kind[first] != kind[second])
    same_type = (name[first] != name[second]) & (kind[first] == kind[second])
    means = [PairMean(first[chosen], second[chosen], cosines[chosen]) for chosen in (same_form, same_type)]
    found = jackknifed(lambda form, context: form - context, means, names, contexts)
    return finding("form_over_context", found, points["name"].nunique(), "names")


def _pairs_of_one(groups: "Index", contexts: "Index") -> "tuple[Index, Index]":
    """All ordered pairs of points of one group and two contexts."""
    firsts, seconds = [np.zeros(0, dtype=np.intp)], [np.zeros(0, dtype=np.intp)]
    for number in range(int(groups.max(initial=-1)) + 1):
        members = np.flatnonzero(groups == number)
        one, other = np.nonzero(contexts[members][:, None] != contexts[members][None, :])
        firsts.append(members[one])
        seconds.append(members[other])
    return np.concatenate(firsts), np.concatenate(seconds)


def _cosines(X: Array, first: "Index", second: "Index", at_once: int = 100_000) -> "Vector":
    """Cosines of pairs of rows, some at a time: all of them at once would not fit."""
    if not len(first):
        return np.zeros(0)
    units = unit_rows(X).astype(np.float32)
    starts = range(0, len(first), at_once)
    parts = [np.einsum("ij,ij->i", units[first[s : s + at_once]], units[second[s : s + at_once]]) for s in starts]
    found: Vector = np.concatenate(parts).astype(np.float64)
    return found


def by_cell(X: Array, points: pd.DataFrame) -> tuple[pd.DataFrame, dict[tuple[str, str], "Vector"]]:
    """The cells that are there in some language, and the cosine of each pair of languages in each; NaN where one lacks.

    Args:
        X: vectors [n, d].
        points: name, language and sentence of each [n].

    Returns:
        name and context of each cell, and (a, b) → [cells].
    """
    units = unit_rows(X)
    cells = points["sentence"].str.partition("/")[2]
    table = pd.DataFrame({"cell": cells, "name": points["name"], "context": contexts_of(points)})
    table = table.drop_duplicates("cell").reset_index(drop=True)
    number = {cell: place for place, cell in enumerate(table["cell"])}
    found = {}
    for pair, (in_a, in_b) in parallel_rows(points["language"].tolist(), cells.tolist()).items():
        values = np.full(len(number), NAN)
        values[[number[cells[row]] for row in in_a]] = (units[in_a] * units[in_b]).sum(axis=1)
        found[pair] = values
    return table, found


def _mean_of_cells(
    X: Array, points: pd.DataFrame, contrast: Callable[[Mapping[tuple[str, str], "Vector"]], "Vector"]
) -> tuple[Clustered, int]:
    """The mean of a contrast of cosines over the cells that have it, and of how many names."""
    if points.empty:
        return clustered_mean([], [], []), 0
    table, cosines = by_cell(X, points)
    missing = np.full(len(table), NAN)
    pairs = {pair: cosines.get(pair, missing) for pair in combinations(published.FOUR, 2)}
    values = contrast(pairs)
    known = np.isfinite(values)
    chosen = table[known]
    return clustered_mean(values[known], chosen["name"].tolist(), chosen["context"].tolist()), chosen["name"].nunique()


def _script_pairs(pairs: Mapping[tuple[str, str], "Vector"]) -> "Vector":
    others = [values for pair, values in pairs.items() if pair not in _PAIRS]
    found: Vector = np.mean([pairs[pair] for pair in _PAIRS], axis=0) - np.mean(others, axis=0)
    return found


def nearest_pairs(X: Array, points: pd.DataFrame) -> Finding:
    """Whether be–ru and en–tr are the nearest pairs of languages.

    Rule: cell by cell, the mean cosine of these two pairs minus that of the four others. It holds if the 95 % interval,
    clustered by name and by context, lies above 0.

    Args:
        X: vectors after fine-tuning [n, d].
        points: name, language and sentence of each [n].
    """
    found, n = _mean_of_cells(X, points, _script_pairs)
    stated = _script_pairs({pair: np.array([value]) for pair, value in published.COSINES.items()})
    return finding("nearest_pairs", found, n, "names", stated=float(stated[0]))


def transformed_alike(before: Array, after: Array, points: pd.DataFrame) -> Finding:
    """Whether fine-tuning moves Russian names as it moves Belarusian ones.

    Rule: a move is the vector after minus that before; cell by cell, the cosine of the moves of ru and be, minus the
    mean of those of ru and en and of ru and tr. It holds if the 95 % interval, clustered by name and by context, lies
    above 0. The floor is the same contrast of the mean moves of all other cells: what a common move of a language
    gives.

    Args:
        before: vectors [n, d].
        after: [n, d].
        points: name, language and sentence of each [n].
    """

    def contrast(pairs: Mapping[tuple[str, str], "Vector"]) -> "Vector":
        found: Vector = pairs["be", "ru"] - (pairs["en", "ru"] + pairs["ru", "tr"]) / 2
        return found

    moves = np.asarray(after, dtype=np.float64) - np.asarray(before, dtype=np.float64)
    moved = np.linalg.norm(moves, axis=1) > 0
    kept = points[moved].reset_index(drop=True)
    found, n = _mean_of_cells(moves[moved], kept, contrast)
    sums, counts = {}, {}
    units = unit_rows(moves[moved]) if n else np.zeros((0, 1))
    for code, rows in kept.groupby("language").groups.items():
        sums[str(code)], counts[str(code)] = units[rows].sum(axis=0), len(rows)
    floor = NAN
    if set(published.FOUR) <= set(sums):
        means = {code: sums[code] / counts[code] for code in published.FOUR}
        floor = float(contrast({
            (a, b): np.array([means[a] @ means[b]]) for a, b in combinations(published.FOUR, 2)
        })[0])  # fmt: skip
    return finding("transformed_alike", found, n, "names", floor=floor)


def map_overlap(places: pd.DataFrame) -> Finding:
    """Whether en and ru overlap on the map of one name, while be and tr lie apart.

    Rule: two languages mix by the share of the other one among the 5 nearest points of both that stand in other
    contexts, over the share of the other one among all such points. It holds if the mixing of en and ru minus the mean
    of that of the five other pairs lies above 0, by the 95 % interval of contexts left out, of at least 8. It is of one
    drawing of the map; another seed may draw another.

    Args:
        places: x, y, language and sentence of the points.
    """
    xy = places[["x", "y"]].to_numpy(dtype=np.float64)
    languages, contexts = places["language"].to_numpy(dtype=str), contexts_of(places)
    of_context = numbered(contexts)
    away = ((xy[:, None, :] - xy[None, :, :]) ** 2).sum(axis=2)
    away[of_context[:, None] == of_context[None, :]] = np.inf
    means, names = [], []
    for a, b in combinations(published.FOUR, 2):
        members = np.flatnonzero((languages == a) | (languages == b))
        apart = away[np.ix_(members, members)]
        allowed = np.isfinite(apart)
        if not len(members) or (allowed.sum(axis=1) < MAP_NEIGHBOURS).any():
            return Finding("map_overlap", OPEN, NAN, unit="contexts")
        near = np.argsort(apart, axis=1, kind="stable")[:, :MAP_NEIGHBOURS]
        other = languages[members][:, None] != languages[members][None, :]
        chance = (other & allowed).sum(axis=1) / allowed.sum(axis=1)
        first = np.repeat(np.arange(len(members)), MAP_NEIGHBOURS)
        mixed = other[first, near.ravel()] / np.repeat(np.where(chance > 0, chance, np.nan), MAP_NEIGHBOURS)
        means.append(PairMean(members[first], members[near.ravel()], mixed))
        names.append((a, b))
    rich = names.index(published.RICH_PAIR)

    def contrast(*values: "float | Vector") -> "float | Vector":
        others = [value for place, value in enumerate(values) if place != rich]
        return values[rich] - sum(others[1:], others[0]) / len(others)

    found = jackknifed(contrast, means, [""] * len(places), contexts)
    return finding("map_overlap", found, len(set(contexts)), "contexts")


def cut_as_stated(tokenizer: "Tokenizer") -> Finding:
    """Whether the vocabulary cuts the name as the paper shows it.

    Rule: the share of the four forms whose pieces are the paper's; it holds if all are, does not hold if one is not. A
    vocabulary of another size than XLM-R's decides nothing. The remark names every form that is cut otherwise.

    Args:
        tokenizer: of the encoder.
    """
    forms = list(published.CUTS)
    cuts = [" ".join(counted_pieces(list(cut.shown))) for cut in cut_texts(tokenizer, forms)]
    other = [(form, cut) for form, cut in zip(forms, cuts, strict=True) if cut != published.CUTS[form]]
    remark = "; ".join(f"{form} is {cut}, not {published.CUTS[form]}" for form, cut in other)
    share = 1 - len(other) / len(forms)
    if tokenizer.get_vocab_size() not in (published.XLMR_PIECES - 1, published.XLMR_PIECES):
        return Finding("cuts", OPEN, share, n=len(forms), unit="forms", remark="The vocabulary is not XLM-R's.")
    if remark:
        remark = f"The paper errs: in the vocabulary {remark}."
    return Finding("cuts", HOLDS if not other else FAILS, share, n=len(forms), unit="forms", remark=remark)
