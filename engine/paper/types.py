"""Figure 2: whether entities gather by language or by type, and where clubs lie that are called like their city.

Purities look at neighbours of other names and other contexts only: two sentences with one name, or with one context,
are near for that reason, and of one type for the same, so that they would count as a cluster of types where there is
none. What is left can be of any label by chance; every purity is told as the share of the way from there to 1.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from nerspace.engine.encoders import load_tokenizer
from nerspace.engine.errors import DataError
from nerspace.engine.geometry.grouping import groups_table
from nerspace.engine.geometry.neighbours import nearest_neighbours
from nerspace.engine.geometry.similarity import parallel_rows
from nerspace.engine.geometry.views import unit_rows
from nerspace.engine.names.distances import tnld
from nerspace.engine.names.tokenization import count_pieces, cut_texts
from nerspace.engine.paper import ambiguous, published
from nerspace.engine.paper.ambiguous import contexts_of, finding
from nerspace.engine.paper.cache import Array, CachedModel
from nerspace.engine.paper.claims import FAILS, HOLDS, OPEN, Finding, by_interval
from nerspace.engine.paper.maps import draw_maps
from nerspace.engine.paper.models import AFTER, BEFORE, BORDER, NAMES, TYPES, PaperSentences, in_order
from nerspace.engine.paper.samples import PaperSample, ambiguous_names
from nerspace.engine.paper.tables import NEIGHBOURS, SETTLING, Surroundings, club_table
from nerspace.engine.requests.paper import PaperRequest
from nerspace.engine.runs import Run
from nerspace.engine.statistics.clusters import Clustered, clustered_mean, clustered_slope, fewer, numbered
from nerspace.engine.statistics.jackknife import PairMean, jackknifed

if TYPE_CHECKING:
    import numpy.typing as npt
    from tokenizers import Tokenizer

    Rows = npt.NDArray[np.float64]
    Index = npt.NDArray[np.intp]

SHUFFLES = 200
LEAST_CLUBS = 5
NAN = float("nan")
# The two ways to pair the four languages beside the paper's.
PAIRED = {"be": "ber", "ru": "ber", "en": "ent", "tr": "ent"}
OTHERWISE = ({"be": "a", "en": "a", "ru": "b", "tr": "b"}, {"be": "a", "tr": "a", "en": "b", "ru": "b"})
# Below this difference of ordinary places and organisations, nothing lies between them.
LEAST_WAY = 0.1


def write(
    run: Run,
    request: PaperRequest,
    sample: PaperSample,
    sentences: PaperSentences,
    models: Mapping[tuple[str, int], CachedModel],
) -> list[Finding]:
    """Write `groups`, `paper_figure2` and `paper_clubs`, and judge what the paper says of them."""
    read = models[published.DONOR, request.seed].vectors
    vectors = in_order(read, TYPES)
    points = sentences.points(TYPES)
    cells = points["sentence"].str.partition("/")[2].tolist()
    groups = groups_table(
        vectors, points["language"].tolist(), points["type"].tolist(), cells, shuffles=SHUFFLES, seed=request.seed
    )
    run.write_table("groups", groups)
    draw_maps(run, "figure2", vectors, points, request)
    last = max(layer for _, layer in vectors)
    named = sentences.points(NAMES)
    names = {kind: read[NAMES, kind, last] for kind in (BEFORE, AFTER)}
    reading_alike = {entity.id for entities in ambiguous_names(sample.corpus).values() for entity in entities}
    around = {
        stage: Surroundings.of(vectors[stage, last], points, reading_alike, request.seed) for stage in (BEFORE, AFTER)
    }
    tables = [club_table(names[stage], named, around[stage], stage) for stage in (BEFORE, AFTER)]
    run.write_table("paper_clubs", pd.concat(tables, ignore_index=True))
    settled = np.flatnonzero(named["settles"].to_numpy(dtype=bool))
    return [
        *clustering(vectors, points, last),
        club_finding(tables[-1], around[AFTER], names[AFTER], named),
        border_finding(around[AFTER], read[BORDER, AFTER, last], sentences.points(BORDER)),
        ambiguous.form_over_context(names[AFTER][settled], named.iloc[settled].reset_index(drop=True)),
        manifolds(vectors[AFTER, last], points),
        manifolds_cuts(vectors[AFTER, last], points, load_tokenizer(request.model)),
    ]


def purity_by_row(X: Array, labels: Sequence[str], k: int = NEIGHBOURS) -> "Rows":
    """Share of the k nearest by cosine that have the row's own label.

    Args:
        X: vectors [n, d].
        labels: [n].
        k: how many are nearest.

    Returns:
        [n].

    Raises:
        DataError: too few rows.
    """
    codes = np.unique(np.asarray(labels, dtype=str), return_inverse=True)[1]
    shares: Rows = (codes[nearest_neighbours(X, k)] == codes[:, None]).mean(axis=1)
    return shares


class Neighbours:
    """The nearest of every point by cosine, among points of other names and other contexts.

    Args:
        X: vectors [n, d].
        points: entity and sentence of each [n].
        k: how many are nearest.

    Raises:
        DataError: a point has fewer than k others, or no direction.
    """

    def __init__(self, X: Array, points: pd.DataFrame, k: int = NEIGHBOURS) -> None:
        self.names, self.contexts = points["entity"].tolist(), contexts_of(points)
        self._name, self._context = numbered(self.names), numbered(self.contexts)
        units = unit_rows(X).astype(np.float32)
        near = np.empty((len(units), k), dtype=np.intp)
        for start in range(0, len(units), 1024):
            rows = slice(start, start + 1024)
            cosines = units[rows] @ units.T
            cosines[~self._allowed(rows)] = -np.inf
            if (np.isfinite(cosines).sum(axis=1) < k).any():
                raise DataError(f"A point has fewer than {k} others of another name and context.")
            near[rows] = np.argpartition(-cosines, k - 1, axis=1)[:, :k]
        self._first, self._second = np.repeat(np.arange(len(units)), k), near.ravel()

    def _allowed(self, rows: slice) -> "npt.NDArray[np.bool_]":
        found: npt.NDArray[np.bool_] = (self._name[rows, None] != self._name) & (
            self._context[rows, None] != self._context
        )
        return found

    def chance(self, labels: Sequence[str]) -> "Rows":
        """The share of a point's own label among all points that could be its neighbours, [n]."""
        codes = numbered(labels)
        found = np.empty(len(codes))
        for start in range(0, len(codes), 1024):
            rows = slice(start, start + 1024)
            allowed = self._allowed(rows)
            found[rows] = (allowed & (codes[rows, None] == codes)).sum(axis=1) / np.maximum(allowed.sum(axis=1), 1)
        return found

    def same(self, labels: Sequence[str]) -> "Rows":
        """Whether each pair of a point and a neighbour has one label, [n · k]."""
        codes = numbered(labels)
        found: Rows = (codes[self._first] == codes[self._second]).astype(np.float64)
        return found

    def scaled(self, labels: Sequence[str]) -> "Rows":
        """The same as the share of the way from chance to 1, [n · k]; NaN where chance leaves no way."""
        chance = self.chance(labels)[self._first]
        found: Rows = (self.same(labels) - chance) / np.where(chance < 1, 1 - chance, np.nan)
        return found

    def mean(self, values: "Rows", of: "npt.NDArray[np.bool_] | None" = None) -> PairMean:
        """The mean of what pairs have, over all points or some of them [n]."""
        chosen = np.ones(len(values), dtype=bool) if of is None else of[self._first]
        return PairMean(self._first[chosen], self._second[chosen], values[chosen])

    def found(self, statistic: "Callable[..., float | Rows]", *means: PairMean) -> Clustered:
        """A statistic of such means."""
        return jackknifed(statistic, means, self.names, self.contexts)


def _same(value: "float | Rows") -> "float | Rows":
    return value


def clustering(vectors: Mapping[tuple[str, int], Array], points: pd.DataFrame, layer: int) -> list[Finding]:
    """The findings on clusters by language and by type, before and after; none where there are too few points.

    Rule: every statistic is a mean of purities, each as the share of the way from chance to 1, among the 10 nearest
    points of other names and contexts; what decides is its 95 % interval when names and contexts are left out.

    - language_before(_initial): by type minus by the pairs be ru and en tr, claimed below 0.
    - pairs_before(_initial): by these pairs minus the mean by the two other ways to pair, claimed above 0.
    - types_before: mean of PER and of ORG, claimed above 0; types_before_most: the same minus LOC.
    - type_after: by type minus by language, claimed above 0.
    - language_weaker: by language before minus after; language_kept: after, above chance.

    Args:
        vectors: (stage, layer) → [n, d].
        points: language, type, entity and sentence of each vector [n].
        layer: the last.
    """
    labels = {name: points[name].tolist() for name in ("language", "type")}
    n = points["sentence"].str.partition("/")[2].nunique()
    try:
        near = {key: Neighbours(X, points) for key, X in vectors.items()}
    except DataError:
        return []
    findings = []
    for first, suffix in ((layer, ""), (0, "_initial")):
        if (BEFORE, first) in near:
            findings += _by_pairs(near[BEFORE, first], labels, suffix, n)
    kinds = points["type"].to_numpy(dtype=str)
    before, after = near[BEFORE, layer], near[AFTER, layer]
    by_type = before.scaled(labels["type"])
    parts = [before.mean(by_type, kinds == kind) for kind in ("PER", "ORG", "LOC")]
    found = before.found(lambda person, body: (person + body) / 2, *parts[:2])
    findings.append(finding("types_before", found, n, "cells", floor=0.0))
    found = before.found(lambda person, body, place: (person + body) / 2 - place, *parts)
    findings.append(finding("types_before_most", found, n, "cells", floor=0.0))
    found = after.found(_same, after.mean(after.scaled(labels["type"]) - after.scaled(labels["language"])))
    findings.append(finding("type_after", found, n, "cells", floor=0.0))
    purities = [side.mean(side.same(labels["language"])) for side in (before, after)]
    found = before.found(lambda old, new: old - new, *purities)
    findings.append(finding("language_weaker", found, n, "cells", floor=0.0))
    found, chance = after.found(_same, purities[1]), float(after.chance(labels["language"]).mean())
    findings.append(finding("language_kept", found, n, "cells", bound=chance, floor=chance))
    return findings


def _by_pairs(near: Neighbours, labels: Mapping[str, Sequence[str]], suffix: str, n: int) -> list[Finding]:
    paired, *others = (
        near.scaled([way.get(code, code) for code in labels["language"]]) for way in (PAIRED, *OTHERWISE)
    )
    found = near.found(_same, near.mean(near.scaled(labels["type"]) - paired))
    findings = [finding(f"language_before{suffix}", found, n, "cells", above=False, floor=0.0)]
    found = near.found(_same, near.mean(paired - (others[0] + others[1]) / 2))
    return [*findings, finding(f"pairs_before{suffix}", found, n, "cells", floor=0.0)]


def manifolds(X: Array, points: pd.DataFrame) -> Finding:
    """Whether Belarusian and Russian lie apart.

    Rule: purity by language among the points of be and ru alone, as the share of the way from chance to 1; it holds if
    the 95 % interval, of names and contexts left out, lies above 0.

    Args:
        X: vectors after fine-tuning [n, d].
        points: language, entity and sentence of each [n].
    """
    rows = np.flatnonzero(points["language"].isin(["be", "ru"]))
    kept = points.iloc[rows].reset_index(drop=True)
    n = kept["sentence"].str.partition("/")[2].nunique()
    try:
        near = Neighbours(X[rows], kept)
    except DataError:
        return Finding("manifolds", OPEN, NAN, unit="cells")
    found = near.found(_same, near.mean(near.scaled(kept["language"].tolist())))
    return finding("manifolds", found, n, "cells", floor=0.0)


def manifolds_cuts(X: Array, points: pd.DataFrame, tokenizer: "Tokenizer") -> Finding:
    """Whether the cuts of names put Belarusian and Russian apart.

    Rule: cell by cell, the cosine of be and ru by how many pieces their cuts differ, TNLD of both forms and type held,
    by least squares; what is lost per piece is claimed above 0. It holds if the 95 % interval, clustered by name and by
    context, lies above 0. Other things that go with cuts may do what cuts seem to.

    Args:
        X: vectors after fine-tuning [n, d].
        points: language, type, entity, form and sentence of each [n].
        tokenizer: of the encoder.
    """
    cells = points["sentence"].str.partition("/")[2].tolist()
    in_be, in_ru = parallel_rows(points["language"].tolist(), cells).get(("be", "ru"), (np.zeros(0, int),) * 2)
    if len(in_be) < LEAST_CLUBS:
        return Finding("manifolds_cuts", OPEN, NAN, unit="cells")
    units = unit_rows(X)
    cosines = (units[in_be] * units[in_ru]).sum(axis=1)
    forms = points["form"].astype(str).to_numpy()
    pieces = [
        np.array([count_pieces(list(cut.shown)) for cut in cut_texts(tokenizer, forms[rows].tolist())], dtype=float)
        for rows in (in_be, in_ru)
    ]
    apart = np.array([tnld(a, b) for a, b in zip(forms[in_be], forms[in_ru], strict=True)])
    kept = np.flatnonzero(np.isfinite(apart))
    own = points.iloc[in_be[kept]]
    types = (own["type"].to_numpy(dtype=str)[:, None] == np.unique(own["type"].astype(str))[None, :]).astype(float)
    spelled = [apart[kept]] if np.ptp(apart[kept]) > 0 else []
    columns = np.column_stack([np.abs(pieces[0] - pieces[1])[kept], *spelled, types])
    found = clustered_slope(-cosines[kept], columns, own["entity"].tolist(), contexts_of(own))
    return finding("manifolds_cuts", found, len(kept), "cells")


def club_finding(
    table: pd.DataFrame, around: Surroundings | None = None, X: Array | None = None, points: pd.DataFrame | None = None
) -> Finding:
    """The finding on clubs after fine-tuning, of contexts that settle the type.

    Rule: the mean share of LOC among their neighbours against one half, by its 95 % interval, clustered by club and by
    context, of at least 5; to hold, what it has above the share of ordinary organisations must lie above 0 by such an
    interval too, since where these lie with LOC just as much it is not the name that takes clubs there.

    Args:
        table: `paper_clubs` after fine-tuning.
        around: the test points that neighbours are chosen from; without it clubs are taken as they stand in the table.
        X: vectors of the ambiguous names [n, d].
        points: name, type, sentence and settles of each [n].
    """
    clubs = table[(table["entity"] != "") & (table["contexts"] == SETTLING)]
    shares, names = clubs["loc_share"].to_numpy(dtype=np.float64), clubs["name"].tolist()
    contexts = names
    if not len(shares):
        return Finding("clubs", OPEN, NAN, floor=0.5, unit="clubs")
    if around is not None and X is not None and points is not None:
        rows = np.flatnonzero(
            (points["type"] == "ORG") & points["name"].isin(set(names)) & points["settles"].to_numpy(dtype=bool)
        )
        contexts, names = contexts_of(points.iloc[rows]), points["name"].iloc[rows].tolist()
        shares = around.shares(X[rows], contexts)
    found = clustered_mean(shares, names, contexts)
    verdict = by_interval(found.low, found.high, 0.5, found.groups, LEAST_CLUBS)
    if verdict == HOLDS:
        ordinary = table[table["entity"] == ""]["loc_share"].to_numpy(dtype=np.float64)
        low = found.low - float(ordinary.max()) if len(ordinary) else NAN
        if around is not None and len(others := around.ordinary("ORG")):
            # How far ordinary ones lie with LOC is known no better than how far clubs do.
            beside = _beside(
                lambda own, other: own - other, [shares, others], [names, around.names("ORG")],
                [contexts, around.contexts("ORG")],
            )  # fmt: skip
            low = beside.low
        verdict = HOLDS if low > 0 else OPEN
    return Finding("clubs", verdict, found.value, found.low, found.high, NAN, 0.5, len(clubs), "clubs")


def border_finding(around: Surroundings, X: Array, points: pd.DataFrame) -> Finding:
    """Whether organisations with a city in their name lie on the border of LOC and ORG.

    Rule: their share of LOC among neighbours, as the share of the way from that of ordinary organisations to that of
    ordinary places; it holds if the 95 % interval, clustered by name and by context, of at least 5, lies within .25 and
    .75, and does not hold if it lies outside. Where ordinary places and organisations differ by less than .1 there is
    no border.

    Args:
        around: the test points that neighbours are chosen from.
        X: vectors of these organisations [n, d].
        points: name and sentence of each [n].
    """
    claim = "border_clubs"
    if not around or not len(points):
        return Finding(claim, OPEN, NAN, unit="organisations", remark="The data has no such organisation.")
    shares = [around.shares(X, contexts_of(points)), *(around.ordinary(kind) for kind in ("ORG", "LOC"))]
    names = [points["name"].tolist(), *(around.names(kind) for kind in ("ORG", "LOC"))]
    contexts = [contexts_of(points), *(around.contexts(kind) for kind in ("ORG", "LOC"))]
    bodies, places = (float(side.mean()) if len(side) else NAN for side in shares[1:])
    n = len(set(names[0]))
    if not places - bodies >= LEAST_WAY:
        said = "Ordinary places and organisations lie among one another."
        return Finding(claim, OPEN, NAN, n=n, unit="organisations", remark=said)

    def way(own: "float | Rows", body: "float | Rows", place: "float | Rows") -> "float | Rows":
        return (own - body) / (place - body)

    found = _beside(way, shares, names, contexts)
    verdict, low, high = OPEN, found.low, found.high
    if found.groups >= LEAST_CLUBS:
        verdict = HOLDS if low > 0.25 and high < 0.75 else FAILS if high < 0.25 or low > 0.75 else OPEN
    return Finding(claim, verdict, found.value, low, high, NAN, NAN, n, "organisations")


def _beside(
    statistic: "Callable[..., float | Rows]", shares: "Sequence[Rows]", names: Sequence[Sequence[str]],
    contexts: Sequence[Sequence[str]],
) -> Clustered:  # fmt: skip
    """A statistic of the means of several kinds of names, with the degrees of freedom of the first."""
    from scipy import stats

    rows = np.split(np.arange(sum(map(len, shares))), np.cumsum([len(side) for side in shares])[:-1])
    found = jackknifed(
        statistic, [PairMean(own, own, side) for own, side in zip(rows, shares, strict=True)],
        [label for side in names for label in side], [label for side in contexts for label in side],
    )  # fmt: skip
    groups = fewer(numbered(names[0]), numbered(contexts[0]))
    if groups < 2 or not np.isfinite(found.error):
        return Clustered(found.value, NAN, NAN, NAN, groups)
    half = float(stats.t.ppf(0.975, groups - 1)) * found.error
    return Clustered(found.value, found.value - half, found.value + half, found.error, groups)
