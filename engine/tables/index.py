"""Every table nerspace can make, found by its name beside the function that makes it.

A table is entered here by its name and so has three doors: the command line prints it, the explorer shows it, and both
write it as CSV. A module is imported when one of its tables is asked for, so that this page costs nothing to read.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib import import_module
from io import StringIO
from typing import TYPE_CHECKING, Any, NamedTuple

from nerspace.engine.errors import UsageError
from nerspace.engine.tables.spec import TEXT, TableSpec

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

# In the order of the catalogue: the module, below nerspace.engine, and its tables.
_HOMES = (
    ("tables.corpus", "counts"),
    ("statistics.giveaways", "giveaways"),
    ("sampling", "sentences"),
    ("names.tokenization", "pieces"),
    ("names.cuts", "aligned contrast shared"),
    ("names.tokenization", "tokenization"),
    ("names.cuts", "compatibility parity"),
    ("names.distances", "tnld tnld_scripts spellings"),
    ("training.tables", "steps probes"),
    ("statistics.correlation", "deltas delta_correlations"),
    ("geometry.isotropy", "isotropy"),
    ("geometry.similarity", "parallel_cosine"),
    ("geometry.dimensions", "dimensions"),
    ("geometry.neighbours", "hubness retrieval nearest"),
    ("geometry.standing_out", "movers outliers"),
    ("geometry.siblings", "siblings"),
    ("geometry.similarity", "cka drift"),
    ("geometry.grouping", "groups"),
    ("sampling", "words"),
    ("transfer", "transfer zero_shot"),
    ("statistics.pairs", "transfer_pairs"),
    ("statistics.correlation", "regression correlations"),
    ("statistics.order", "donor_order"),
    ("statistics.factors", "factors factor_terms"),
    ("statistics.shares", "factor_shares"),
    ("statistics.advice", "piece_overlap advice advice_quality"),
    ("swapping.tables", "swap swap_summary"),
    ("transfer.card", "causes"),
    ("swapping.contrasts", "counterfactuals counterfactual_contrasts"),
    ("geometry.comparing", "differences above_floor"),
    ("evaluation.predictions", "predictions"),
    ("evaluation.scores", "scores modes spread"),
    ("evaluation.outcomes", "confusion buckets failing outcomes"),
    ("evaluation.inputs", "coverage"),
    ("sampling", "points"),
    ("extraction.tables", "vectors"),
    ("projection", "map map_quality"),
    ("reading.tables", "readings name_causes"),
    ("reading.placing", "places"),
    ("paper.claims", "paper_claims paper_items"),
    ("paper.settings", "paper_settings"),
    ("paper.tables", "paper_table1 paper_table2 paper_figure1 paper_figure2 paper_maps paper_clubs"),
    ("paper.changes", "paper_figure4"),
    ("runs.tables", "runs damages request_differences errors_compared"),
)
# Beyond this nothing that nerspace measures or counts lies.
_MOST = 1e15
_HOME = {name: module for module, names in _HOMES for name in names.split()}


class _Catalogue(Mapping[str, TableSpec]):
    def __getitem__(self, name: str) -> TableSpec:
        return _find(name)

    def __iter__(self) -> Iterator[str]:
        return iter(_HOME)

    def __len__(self) -> int:
        return len(_HOME)

    def __contains__(self, name: object) -> bool:
        return name in _HOME


@cache
def _find(name: str) -> TableSpec:
    module = import_module(f"nerspace.engine.{_HOME[name]}")
    return next(spec for spec in vars(module).values() if isinstance(spec, TableSpec) and spec.name == name)


CATALOGUE: Mapping[str, TableSpec] = _Catalogue()


def known_table(name: str, among: Iterable[str] = CATALOGUE) -> str:
    """The name, where it is one of those that may be chosen; by default any of the catalogue.

    Raises: UsageError for another name.
    """
    names = list(among)
    if name not in names:
        raise UsageError(f"Unknown table {name!r}.", f"Choose from {', '.join(names)}.")
    return name


def table_spec(name: str) -> TableSpec:
    """The entry of that name.

    Raises: UsageError for a name that is not in the catalogue.
    """
    return CATALOGUE[known_table(name)]


class Later(NamedTuple):
    """A value that is made when it is first asked for."""

    make: "Callable[[], Any]"


class Held(dict[str, Any]):
    """What tables can be made of, by name, and every table that can be made of it.

    `Held(predictions=frame)["spread"]` makes the scores first, then the spread. A value may be `Later`.
    """

    def __getitem__(self, name: str) -> Any:
        value = super().__getitem__(name)
        if isinstance(value, Later):
            value = self[name] = value.make()
        return value

    def __missing__(self, name: str) -> Any:
        spec = table_spec(name)
        if lacking := [need for need in spec.needs if need not in self and need not in CATALOGUE]:
            raise UsageError(f"The table {name} needs {' and '.join(lacking)}.", "See nerspace tables.")
        given = {taken: self[taken] for taken in spec.takes if taken in self or taken in spec.needs}
        value = self[name] = spec.function(**given)
        return value


def parse_table(name: str, csv: str) -> "pd.DataFrame":
    """A table from its CSV; text columns stay text ("NA" is a word, not a missing value)."""
    import pandas as pd

    spec = CATALOGUE.get(name)
    try:
        return pd.read_csv(
            StringIO(csv), keep_default_na=False, na_values=[""], dtype=spec.texts if spec else _every_text()
        )
    except pd.errors.EmptyDataError:
        return pd.DataFrame()


def misfit(name: str, frame: "pd.DataFrame", grows: bool = False) -> str:
    """What of a table, of which nothing says that it is as it was written, does not fit, in words; empty if nothing.

    Columns that the catalogue does not know pass, and so does a table that it does not know.

    Args:
        name: of the catalogue.
        frame: the table.
        grows: whether it may still lack columns.
    """
    spec = CATALOGUE.get(name)
    for column, declared in spec.columns.items() if spec else ():
        if column not in frame:
            if grows:
                continue
            return f"the column {column} is missing"
        values = frame[column]
        if declared.dtype == TEXT or not len(values):
            continue
        if values.dtype.kind not in "iufb":
            return f"the column {column} holds more than numbers"
        whole = declared.dtype in ("int64", "Int64")
        known = values.dropna()
        if not known.between(-_MOST, _MOST).all() or (whole and bool((known % 1 != 0).any())):
            return f"the column {column} holds a number that cannot be"
        if declared.dtype == "int64" and len(known) < len(values):
            return f"the column {column} has a gap"
    return ""


def with_gaps(name: str, frame: "pd.DataFrame") -> "pd.DataFrame":
    """A table that another version of nerspace made, with the columns of today that it lacks, empty."""
    spec = CATALOGUE.get(name)
    lacking = [column for column in spec.columns if column not in frame] if spec else []
    return frame.assign(**dict.fromkeys(lacking, float("nan"))) if lacking else frame


@cache
def _every_text() -> dict[str, str]:
    """Columns that are text in some table, for a table that the catalogue does not know."""
    return {column: dtype for spec in CATALOGUE.values() for column, dtype in spec.texts.items()}
