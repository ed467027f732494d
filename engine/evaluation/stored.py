"""The tables of an evaluation, from what a run keeps: its predictions and sentences, and no model."""

from collections.abc import Callable, Collection, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from nerspace.engine.encoders import load_tokenizer
from nerspace.engine.errors import NerspaceError, UsageError
from nerspace.engine.evaluation.outcomes import buckets_table, confusion_table, failing_table, outcomes_table
from nerspace.engine.evaluation.scores import modes_table, scores_table, spread_table

if TYPE_CHECKING:
    import pandas as pd

    from nerspace.engine.runs import Run

TABLES = ("scores", "modes", "spread", "confusion", "buckets", "failing", "outcomes", "coverage")


def evaluation_tables(
    predictions: "pd.DataFrame", sentences: "pd.DataFrame", outcomes: "pd.DataFrame", known: Collection[str] | None
) -> Mapping[str, "Callable[[], pd.DataFrame]"]:
    """Every table that comes from predictions, each made when it is called for."""
    scores = cache(lambda: scores_table(predictions, known))
    return {
        "scores": scores,
        "modes": lambda: modes_table(predictions, known),
        "spread": lambda: spread_table(scores()),
        "confusion": lambda: confusion_table(outcomes),
        "buckets": lambda: buckets_table(outcomes, known),
        "failing": lambda: failing_table(predictions, sentences, outcomes),
    }


def read_evaluation_table(
    run: "Run", table: str, *, languages: Collection[str] = (), donors: Collection[str] = (),
    seeds: Collection[int] = (),
) -> "tuple[pd.DataFrame, list[str]]":  # fmt: skip
    """A table of the evaluation of a run, over its rows of these languages, donors and seeds; all where none is named.

    Returns: the table, and notes on what it had to do without.
    Raises: UsageError for another table, a run without predictions, or when no row is left.
    """
    if table not in TABLES:
        raise UsageError(f"Unknown table {table!r}.", f"Choose from {', '.join(TABLES)}.")
    wanted = {"language": languages, "donor": donors, "seed": seeds}
    if table == "coverage":
        return _narrow(run.read_table("coverage"), wanted), []
    predictions = _narrow(run.read_table("predictions"), wanted)
    sentences = run.read_table("sentences")
    known: Any = run.info().get("known_types")
    notes: list[str] = []
    if table in ("scores", "modes", "spread"):
        return evaluation_tables(predictions, sentences, predictions, known)[table](), notes
    outcomes = _outcomes(run, predictions, sentences, wanted, notes)
    if table == "outcomes":
        return outcomes, notes
    return evaluation_tables(predictions, sentences, outcomes, known)[table](), notes


def _outcomes(
    run: "Run", predictions: "pd.DataFrame", sentences: "pd.DataFrame", wanted: Mapping[str, Collection[Any]],
    notes: list[str],
) -> "pd.DataFrame":  # fmt: skip
    if "outcomes" in run.tables():
        # A run that evaluates keeps them: it knows what another run's model was trained on.
        return _narrow(run.read_table("outcomes"), wanted)
    tokenizer = None
    try:
        tokenizer = load_tokenizer(run.info()["request"].get("model", "builtin"))
    except NerspaceError as error:
        notes.append(f"Pieces are unknown: {error}")
    return outcomes_table(predictions, sentences, tokenizer)


def _narrow(frame: "pd.DataFrame", wanted: Mapping[str, Collection[Any]]) -> "pd.DataFrame":
    """The rows of the values that are wanted.

    Raises: UsageError for a value that does not occur.
    """
    for name, values in wanted.items():
        present = list(dict.fromkeys(frame[name].tolist()))
        for value in values:
            if value not in present:
                raise UsageError(f"There is no {name} {value!r} here.", f"Choose from {', '.join(map(str, present))}.")
        if values:
            frame = frame[frame[name].isin(list(values))]
    return frame.reset_index(drop=True)
