"""The tables of an evaluation, from what a run stores: its predictions and sentences, and no model."""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from nerspace.engine.encoders import load_tokenizer
from nerspace.engine.errors import NerspaceError, UsageError
from nerspace.engine.tables.index import Held, Later, known_table

if TYPE_CHECKING:
    import pandas as pd

    from nerspace.engine.runs import Run

# What predictions alone are enough for.
MEASURES = ("scores", "modes", "spread", "confusion", "buckets", "failing")
TABLES = (*MEASURES, "outcomes", "coverage")


def read_evaluation_table(
    run: "Run", table: str, *, languages: Collection[str] = (), donors: Collection[str] = (),
    seeds: Collection[int] = (),
) -> "tuple[pd.DataFrame, list[str]]":  # fmt: skip
    """A table of the evaluation of a run, over its rows of these languages, donors and seeds; all where none is named.

    Args:
        run: that stores predictions and sentences.
        table: a name of TABLES.
        languages: codes.
        donors: codes.
        seeds: of the fine-tunings.

    Returns:
        The table, and notes on what it had to do without.

    Raises:
        UsageError: for another table, a run without predictions, or when no row is left.
    """
    known_table(table, TABLES)
    selection = {"language": languages, "donor": donors, "seed": seeds}
    notes: list[str] = []

    def stored(name: str) -> Later:
        return Later(lambda: _narrow(run.read_table(name), selection))

    held = Held(
        coverage=stored("coverage"),
        predictions=stored("predictions"),
        sentences=Later(lambda: run.read_table("sentences")),
        known=Later(lambda: run.info().get("known_types")),
        tokenizer=Later(lambda: _tokenizer(run, notes)),
    )
    if "outcomes" in run.tables():
        # A run that evaluates keeps them: it knows what another run's model was trained on.
        held["outcomes"] = stored("outcomes")
    return held[table], notes


def _tokenizer(run: "Run", notes: list[str]) -> Any:
    """The tokenizer of the run's model; None where there is none, with a note."""
    try:
        return load_tokenizer(run.info()["request"].get("model", "builtin"))
    except NerspaceError as error:
        notes.append(f"Pieces are unknown: {error}")
        return None


def _narrow(frame: "pd.DataFrame", selection: Mapping[str, Collection[Any]]) -> "pd.DataFrame":
    """The rows with the selected values; all values of a column where none is selected.

    Raises: UsageError for a value that does not occur.
    """
    for name, values in selection.items():
        present = list(dict.fromkeys(frame[name].tolist()))
        for value in values:
            if value not in present:
                raise UsageError(f"There is no {name} {value!r} here.", f"Choose from {', '.join(map(str, present))}.")
        if values:
            frame = frame[frame[name].isin(list(values))]
    return frame.reset_index(drop=True)
