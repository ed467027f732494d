"""The vectors that a run keeps, with what is known of their rows, ready for any table of the geometry."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from nerspace.engine.errors import DataError, UsageError
from nerspace.engine.geometry.dimensions import without_dimensions
from nerspace.engine.geometry.views import VIEWS, Array, view
from nerspace.engine.runs import Run, find_run
from nerspace.engine.tables.index import Held, Later

if TYPE_CHECKING:
    import pandas as pd

# Kind of vector → the table of its rows.
KINDS = {"words": "words", "entities": "points"}
STAGES = ("before", "after")


@dataclass(frozen=True, slots=True)
class StoredVectors:
    """The vectors that a run keeps, and what is known of their rows.

    Attributes:
        vectors: (stage, layer) → [n, d], before first.
        rows: [n], with `sentence` and `language`.
    """

    vectors: Mapping[tuple[str, int], Array]
    rows: "pd.DataFrame"

    @property
    def languages(self) -> "npt.NDArray[np.str_]":
        """The language of each row, [n]."""
        return np.asarray(self.rows["language"], dtype=str)

    @property
    def cells(self) -> list[str]:
        """The cell (context/entity) of each row, [n]; rows of equal cell are parallel."""
        cells: list[str] = self.rows["sentence"].str.partition("/")[2].tolist()
        return cells

    def require_parallel(self, what: str) -> None:
        """See that some row is parallel to one of another language.

        Raises:
            UsageError: if none is.
        """
        seen: dict[str, str] = {}
        for cell, language in zip(self.cells, self.languages.tolist(), strict=True):
            if seen.setdefault(cell, language) != language:
                return
        raise UsageError(
            f"No sentence of this run is parallel to another, so there is no {what}.",
            "Isotropy, groups, hubness, drift and maps need no parallel names.",
        )

    def held(self, **options: Any) -> Held:
        """What any table of the geometry is made of: `stored.held(k=5)["hubness"]`; an option that is None is none."""
        given = {name: value for name, value in options.items() if value is not None}
        types = Later(lambda: self.rows["type"].tolist())
        return Held(
            vectors=self.vectors, languages=self.languages, cells=self.cells, types=types, points=self.rows, **given
        )

    def select(
        self, stages: Sequence[str] = (), layers: Sequence[int] = (), languages: Sequence[str] = (),
        types: Sequence[str] = (),
    ) -> "StoredVectors":  # fmt: skip
        """The vectors of some stages and layers, and the rows of some languages and types; all of what is left open.

        Raises:
            UsageError: for what the run does not hold.
        """
        keys, rows = self.chosen(stages, layers, languages, types)
        vectors = {key: self.vectors[key] if rows.all() else self.vectors[key][rows] for key in keys}
        return StoredVectors(vectors, self.rows[rows].reset_index(drop=True))

    def chosen(
        self, stages: Sequence[str], layers: Sequence[int], languages: Sequence[str], types: Sequence[str]
    ) -> "tuple[list[tuple[str, int]], npt.NDArray[np.bool_]]":
        """Stages and layers, and rows, that `select` takes; nothing is read from the vectors.

        Returns:
            The keys (stage, layer), and [n], whether each row is taken.

        Raises:
            UsageError: for what the run does not hold.
        """
        keys = [key for key in self.vectors if (not stages or key[0] in stages) and (not layers or key[1] in layers)]
        rows = np.ones(len(self.rows), dtype=bool)
        for column, wanted in (("language", languages), ("type", types)):
            if not wanted:
                continue
            if column not in self.rows:
                raise UsageError(
                    f"These vectors are of no {column}.", "Project entities, or words that were extracted."
                )
            known = set(self.rows[column].dropna())
            for value in wanted:
                if value not in known:
                    raise UsageError(f"No vector has the {column} {value!r}.", f"There are {', '.join(sorted(known))}.")
            rows &= self.rows[column].isin(wanted).to_numpy(dtype=bool)
        if not keys or not rows.any():
            held = ", ".join(f"{stage}, layer {layer}" for stage, layer in self.vectors)
            raise UsageError("No vector is left after the selection.", f"The run holds {held}.")
        return keys, rows

    def without_dimensions(self, count: int) -> "StoredVectors":
        """Without the `count` dimensions that add most to the mean cosine, chosen for each stage and layer."""
        return replace(self, vectors={key: without_dimensions(X, count)[0] for key, X in self.vectors.items()})


def read_stored(
    run: Run, kind: str = "entities", stage: str | None = None, layer: int | None = None, look: str = "raw"
) -> StoredVectors:
    """The vectors of a run at one stage or both, one layer or all, under a view.

    Args:
        run: that keeps the vectors.
        kind: words or entities.
        stage: before or after, None for both.
        layer: None for all.
        look: a name of VIEWS, taken over all languages of a stage and layer together.

    Raises:
        UsageError: for an unknown kind or view, or what the run does not hold.
        DataError: where rows and vectors differ in number.
    """
    _check_kind(kind)
    if look not in VIEWS:
        raise UsageError(f"Unknown view {look!r}.", f"Choose from {', '.join(VIEWS)}.")
    held = held_vectors(run, kind)
    chosen = [key for key in held if stage in (None, key[0]) and layer in (None, key[1])]
    if not chosen:
        known = ", ".join(f"{stage}, layer {layer}" for stage, layer in held) or "none"
        raise UsageError(f"The run {run.id} holds no such vectors of {kind}.", f"It holds: {known}.")
    rows = run.read_table(KINDS[kind])
    vectors = {}
    for name, number in chosen:
        stored = run.read_vectors(f"{name}-{number}-{kind}")
        if len(stored) != len(rows):
            raise DataError(f"{len(stored)} vectors of {kind} at {name}, layer {number}, but {len(rows)} rows.")
        vectors[name, number] = view(stored, look)
    return StoredVectors(vectors, rows)


def _check_kind(kind: str) -> None:
    if kind not in KINDS:
        raise UsageError(f"Unknown vectors {kind!r}.", f"Choose from {', '.join(KINDS)}.")


def find_stored(workspace: Path, name: str | None = None, kind: str = "entities") -> Run:
    """As `find_run`, but without a name the newest run that holds vectors of that kind.

    Args:
        workspace: that holds the runs.
        name: of the run; None for the newest.
        kind: words or entities.

    Raises:
        UsageError: if there is none, or for an unknown kind.
    """
    _check_kind(kind)
    return find_run(workspace, name, lambda run: bool(held_vectors(run, kind)), f"vectors of {kind}")


def held_vectors(run: Run, kind: str = "entities") -> list[tuple[str, int]]:
    """Stage and layer of all vectors of that kind that the run holds, before first."""
    names = [re.fullmatch(rf"(\w+)-(\d+)-{kind}", path.stem) for path in (run.path / "vectors").glob("*.npy")]
    held = [(name[1], int(name[2])) for name in names if name and name[1] in STAGES]
    return sorted(held, key=lambda key: (STAGES.index(key[0]), key[1]))
