"""All that a run's predictions say of transfer, as tables; nothing is trained for them."""

from functools import partial
from typing import TYPE_CHECKING, Any

from nerspace.engine.errors import DataError, UsageError
from nerspace.engine.runs import Run
from nerspace.engine.tables.index import Held, Later

if TYPE_CHECKING:
    import pandas as pd

TABLES = ("transfer", "transfer_pairs", "correlations", "advice", "advice_quality", "donor_order")


def transfer_tables(run: Run, layer: int | None = None) -> "dict[str, pd.DataFrame]":
    """The tables TABLES from `predictions` and what the run knows of its languages.

    A run with one donor gives no advice. Rankings by pieces and by CKA need the tables `piece_overlap` and `cka`.

    Args:
        run: that holds the predictions.
        layer: of the CKA, the last one by default.

    Returns:
        Name → table.

    Raises:
        UsageError: where the run holds no predictions, or a layer is asked for and it holds no CKA.
        DataError: where its predictions are damaged.
    """
    held = set(run.tables())
    if layer is not None and "cka" not in held:
        raise UsageError(f"The run {run.id} holds no CKA.", "Runs with several donors do; leave --layer out.")
    known: dict[str, Any] = {
        name: Later(partial(run.read_table, name)) for name in ("piece_overlap", "cka", "sentences") if name in held
    }
    made = Held(
        known, predictions=run.read_table("predictions"), tnld=run.read_table("tnld"), layer=layer,
        seed=int(run.info()["request"].get("seed", 0)),
    )  # fmt: skip
    if made["transfer"].empty:
        raise DataError(
            f"The run {run.id} says of no prediction which donor and seed it is of.",
            f"nerspace runs verify {run.id} tells what is damaged.",
        )
    names = TABLES if made["transfer"]["donor"].nunique() > 1 else TABLES[:3]
    return {name: made[name] for name in names}
