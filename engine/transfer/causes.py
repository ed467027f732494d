"""Why sentences go wrong, from what a run holds: its predictions, its sentences, its vectors before fine-tuning."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from nerspace.engine.errors import NerspaceError, UsageError
from nerspace.engine.geometry.similarity import parallel_rows, shuffled_cosine
from nerspace.engine.geometry.stored import read_stored
from nerspace.engine.geometry.views import Array, unit_rows
from nerspace.engine.runs import Run, list_runs
from nerspace.engine.statistics.factors import factor_table, factor_term_table
from nerspace.engine.statistics.shares import factor_share_table

if TYPE_CHECKING:
    import pandas as pd
    from tokenizers import Tokenizer

TABLES = ("factors", "factor_terms", "factor_shares")


def factor_tables(run: Run, seed: int = 0) -> "tuple[dict[str, pd.DataFrame], list[str]]":
    """The tables TABLES of a run, and what they lack, one line each.

    Args:
        run: that holds predictions and sentences; vectors of its entities before fine-tuning give the cosine.
        seed: of bootstraps and exchanges.

    Raises:
        UsageError: where the run counted no errors.
    """
    held = set(run.tables())
    if not {"predictions", "sentences"} <= held:
        raise UsageError(f"The run {run.id} counted no errors.", "nerspace demo, finetune, transfer and evaluate do.")
    notes = []
    tokenizer, why = _tokenizer(run)
    if tokenizer is None:
        notes.append(f"Without pieces: {why}")
    cosines = cosines_before(run)
    if not cosines:
        notes.append("Without the space: the run holds no vectors of its entities before fine-tuning.")
    factors = factor_table(run.read_table("predictions"), run.read_table("sentences"), tokenizer, cosines)
    if factors.empty:
        notes.append("No test sentence of another language than the donor's holds a name.")
    elif factors["donor"].nunique() == 1:
        notes.append("One donor: whether this holds for others is open.")
    if len(factors) and factors["tnld"].isna().all():
        notes.append("No sentence has a parallel in the donor's language: pieces and words of the names alone.")
    tables = {
        "factors": factors,
        "factor_terms": factor_term_table(factors, seed),
        "factor_shares": factor_share_table(factors, seed),
    }
    return tables, notes


def _tokenizer(run: Run) -> "tuple[Tokenizer | None, str]":
    from nerspace.engine.encoders import load_tokenizer

    name = str(run.info()["request"].get("model", ""))
    try:
        return load_tokenizer(name), ""
    except NerspaceError as error:
        return None, error.message


def cosines_before(run: Run) -> Mapping[tuple[str, str], float]:
    """(donor, sentence) → cosine of the entity's vectors in both languages before fine-tuning, minus its floor.

    The last layer that the run holds; the floor is the mean cosine of the pair's cells paired at random. Pairs of fewer
    than 2 parallel cells have none.
    """
    try:
        stored = read_stored(run, "entities", stage="before")
    except (NerspaceError, OSError, ValueError):
        return {}
    X = stored.vectors[max(stored.vectors, key=lambda key: key[1])]
    return cosines_of(X, stored.languages.tolist(), stored.cells, stored.rows["sentence"].astype(str).tolist())


def cosines_of(
    X: Array, languages: Sequence[str], cells: Sequence[str], sentences: Sequence[str]
) -> Mapping[tuple[str, str], float]:
    """(donor, sentence) → cosine of the parallel vectors in both languages, minus the floor of this pair of languages.

    The floor is the mean cosine of the pair's cells paired at random. Pairs of fewer than 2 parallel cells have none,
    nor have rows without a direction.

    Args:
        X: vectors [n, d].
        languages: [n].
        cells: [n], rows of equal cell are parallel.
        sentences: [n], ids.
    """
    usable = np.flatnonzero(np.isfinite(X).all(axis=1) & (np.linalg.norm(X, axis=1) > 0)).tolist()
    if not usable:
        return {}
    units = unit_rows(X[usable])
    names = [sentences[row] for row in usable]
    found = {}
    pairs = parallel_rows([languages[row] for row in usable], [cells[row] for row in usable])
    for (a, b), (in_a, in_b) in pairs.items():
        if len(in_a) < 2:
            continue
        cosines = (units[in_a] * units[in_b]).sum(axis=1) - shuffled_cosine(units[in_a], units[in_b])
        for row_a, row_b, value in zip(in_a, in_b, cosines, strict=True):
            found[a, names[row_b]] = found[b, names[row_a]] = float(value)
    return found


def counterfactuals_of(run: Run, donor: str) -> "pd.DataFrame | None":
    """The table `counterfactuals` of that donor's models.

    Of the newest run that read a run's sentences again, else the few that the run itself read.
    """
    for table in _of_changed_names(run, "counterfactuals"):
        if (table["donor"] == donor).any():
            return table
    return None


def contrasts_of(run: Run) -> "pd.DataFrame | None":
    """The table `counterfactual_contrasts` of the newest run that read a run's sentences again, else its own."""
    return next((table for table in _of_changed_names(run, "counterfactual_contrasts") if len(table)), None)


def _of_changed_names(run: Run, name: str) -> "Iterator[pd.DataFrame]":
    """A table of the runs that read a run's sentences again, the newest first, and of the run itself last."""
    for other in [*list_runs(run.path.parent.parent), run]:
        try:
            info = other.info()
            asked = info["kind"] == "swap" and info["request"].get("source") == run.id
            if (asked or other is run) and name in other.tables():
                yield other.read_table(name)
        except (NerspaceError, KeyError):
            continue
