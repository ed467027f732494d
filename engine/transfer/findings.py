"""All that a run's predictions say of transfer, as tables; nothing is trained for them."""

from typing import TYPE_CHECKING

from nerspace.engine.errors import UsageError
from nerspace.engine.runs import Run
from nerspace.engine.statistics.advice import advice_quality_table, advice_table, donor_scores
from nerspace.engine.statistics.correlation import correlation_table
from nerspace.engine.transfer import pair_table, transfer_table

if TYPE_CHECKING:
    import pandas as pd

TABLES = ("transfer", "transfer_pairs", "correlations", "advice", "advice_quality")


def transfer_tables(run: Run, layer: int | None = None) -> "dict[str, pd.DataFrame]":
    """The tables TABLES from `predictions` and what the run knows of its languages.

    A run with one donor gives no advice. Rankings by pieces and by CKA need the tables `piece_overlap` and `cka`.

    layer: of the CKA, the last one by default.
    Raises: UsageError where the run holds no predictions, or a layer is asked for and it holds no CKA.
    """
    held = set(run.tables())
    if layer is not None and "cka" not in held:
        raise UsageError(f"The run {run.id} holds no CKA.", "Runs with several donors do; leave --layer out.")
    transfer = transfer_table(run.read_table("predictions"), run.read_table("tnld"))
    seed = int(run.info()["request"].get("seed", 0))
    tables = {
        "transfer": transfer,
        "transfer_pairs": pair_table(transfer),
        "correlations": correlation_table(transfer, seed),
    }
    if transfer["donor"].nunique() > 1:
        known = {name: run.read_table(name) if name in held else None for name in ("piece_overlap", "cka")}
        advice = advice_table(transfer, donor_scores(transfer, known["piece_overlap"], known["cka"], layer))
        tables |= {"advice": advice, "advice_quality": advice_quality_table(advice, seed)}
    return tables
