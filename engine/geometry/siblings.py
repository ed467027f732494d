"""How near the forms of one name lie to each other, language by language, beside all other names."""

from collections.abc import Mapping
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nerspace.engine.errors import UsageError
from nerspace.engine.geometry.views import Vectors, checked_vectors, unit_rows
from nerspace.engine.tables.spec import AT, PAIR, TableSpec, integer, real, text

if TYPE_CHECKING:
    import pandas as pd

    Mean = np.ndarray[tuple[int], np.dtype[np.float64]]

NAN = float("nan")

SIBLINGS = TableSpec(
    "siblings",
    "How near the forms of one name are to each other, in the same contexts.",
    {
        **AT,
        "entity": text("entity id"),
        **PAIR,
        "n": integer(
            "contexts that hold the name in both languages; of text that is not parallel, its mentions in the language "
            "with fewer"
        ),
        "cosine": real("mean cosine of its two vectors in the same context, else over all pairs of mentions"),
        "floor": real("mean cosine of these vectors to those of all other names in the other language"),
        "floor_type": real("the same of other names of its type: what the type alone gives"),
    },
)


@SIBLINGS.made_by
def siblings_table(vectors: Vectors, points: "pd.DataFrame", entity: str) -> "pd.DataFrame":
    """The table `siblings`: mean cosine of one name's vectors in two languages, in the same contexts.

    A pair that shares no context has n 0 and empty values.

    Args:
        vectors: (stage, layer) → [n, d].
        points: the table of that name, [n], in the order of the rows.
        entity: the id of the name.

    Raises:
        UsageError: for a name that has no point.
    """
    checked_vectors(vectors, points=points)
    own = np.flatnonzero(points["entity"].to_numpy() == entity)
    if not len(own):
        raise UsageError(f"The name {entity!r} has no point in this run.", "Its names: nerspace export points.")
    languages = points["language"].to_numpy(dtype=str)
    contexts = points["sentence"].str.split("/").str[1].to_numpy(dtype=str)
    row_of = {(languages[row], contexts[row]): row for row in own.tolist()}
    strangers = np.ones(len(points), dtype=bool)
    strangers[own] = False
    alike = strangers & _of_its_type(points, own)
    spoken = sorted(set(languages.tolist()))
    rows = []
    for (stage, layer), X in vectors.items():
        units = unit_rows(X)
        means, typed = ({code: _mean(units[rows & (languages == code)]) for code in spoken}
                        for rows in (strangers, alike))  # fmt: skip
        for a, b in combinations(spoken, 2):
            shared = [(row_of[a, c], row_of[b, c]) for code, c in row_of if code == a and (b, c) in row_of]
            in_a, in_b = [pair[0] for pair in shared], [pair[1] for pair in shared]
            cosine = float((units[in_a] * units[in_b]).sum(axis=1).mean()) if shared else NAN
            own_means = {a: _mean(units[in_a]), b: _mean(units[in_b])}
            floors = [_floor(own_means, others, a, b) for others in (means, typed)]
            rows.append((stage, layer, entity, a, b, len(shared), cosine, *floors))
    return SIBLINGS.frame(rows)


def mention_siblings_table(
    vectors: Vectors, points: "pd.DataFrame", entity: str, own: "npt.NDArray[np.bool_]"
) -> "pd.DataFrame":
    """The table `siblings` of a name that text tags here and there: over all pairs of its mentions in two languages.

    They stand in different sentences, as those do that give the floors. Languages without a mention have no row.

    Args:
        vectors: (stage, layer) → [n, d].
        points: the table of that name, [n], in the order of the rows.
        entity: what the name is called.
        own: [n], which points are its mentions.
    """
    checked_vectors(vectors, points=points)
    languages = points["language"].to_numpy(dtype=str)
    alike = ~own & _of_its_type(points, np.flatnonzero(own))
    spoken = sorted(set(languages[own].tolist()))
    rows = []
    for (stage, layer), X in vectors.items():
        units = unit_rows(X)
        names, means, typed = ({code: _mean(units[rows & (languages == code)]) for code in spoken}
                               for rows in (own, ~own, alike))  # fmt: skip
        for a, b in combinations(spoken, 2):
            floors = [_floor(names, others, a, b) for others in (means, typed)]
            n = min(int((own & (languages == code)).sum()) for code in (a, b))
            rows.append((stage, layer, entity, a, b, n, float(names[a] @ names[b]), *floors))
    return SIBLINGS.frame(rows)


def _floor(own: "Mapping[str, Mean]", others: "Mapping[str, Mean]", a: str, b: str) -> float:
    """Mean cosine of a name in each of two languages to others in the other one; NaN where either lacks vectors."""
    if any(of[code] is None for of in (own, others) for code in (a, b)):
        return NAN
    return float(own[a] @ others[b] + own[b] @ others[a]) / 2


def _of_its_type(points: "pd.DataFrame", own: "npt.NDArray[np.intp]") -> "npt.NDArray[np.bool_]":
    """Which points are of the type of these; none where types are not known."""
    if "type" not in points:
        return np.zeros(len(points), dtype=bool)
    found: npt.NDArray[np.bool_] = points["type"].isin(set(points["type"].iloc[own].dropna())).to_numpy(dtype=bool)
    return found


def _mean(units: "np.ndarray[tuple[int, int], np.dtype[np.float64]]") -> "Mean":
    return units.mean(axis=0) if len(units) else None  # type: ignore[return-value]
