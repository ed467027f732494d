"""Zero-shot transfer: errors of a donor's model in every recipient language, beside the spelling distance."""

from typing import TYPE_CHECKING

from nerspace.datasets.languages import script_of
from nerspace.engine.evaluation import entity_scores
from nerspace.engine.tables.spec import DONOR, RECIPIENT, TableSpec, integer, real, text

if TYPE_CHECKING:
    import pandas as pd

NAN = float("nan")


TRANSFER = TableSpec(
    "transfer",
    "Zero-shot errors per donor, recipient and seed, beside their spelling distance.",
    {
        "donor": text(DONOR),
        "recipient": text(RECIPIENT),
        "seed": integer("seed of the fine-tuning"),
        "sentences": integer("test sentences"),
        "wrong": integer("sentences with any wrong tag"),
        "f1": real("strict entity F1, empty where nothing is there and nothing was said"),
        "tnld": real("mean TNLD between donor and recipient, over the test entities"),
        "script": text("same, or across: donor and recipient are written in different scripts"),
        "tnld_different": real("mean TNLD without the names that are the same string in both"),
        "identical": real("share of names that are the same string in both"),
    },
    "scatter",
)


@TRANSFER.made_by
def transfer_table(predictions: "pd.DataFrame", tnld: "pd.DataFrame") -> "pd.DataFrame":
    """The table `transfer`, ordered by TNLD.

    A donor is at distance 0 from itself and has no different string.

    Args:
        predictions: the table of that name.
        tnld: the table of that name; its rows of type "all" are used.
    """
    whole = tnld[tnld["type"] == "all"]
    known = {
        (frozenset((str(a), str(b))), subset): (n, value)
        for a, b, subset, n, value in whole[["a", "b", "subset", "n", "tnld"]].itertuples(index=False)
    }
    rows = []
    for (donor, seed, recipient), group in predictions.groupby(["donor", "seed", "language"], sort=False):
        scores = entity_scores(group["gold"].str.split(" "), group["predicted"].str.split(" "))
        apart, different, identical = 0.0, NAN, 1.0
        if donor != recipient:
            pair = frozenset((str(donor), str(recipient)))
            n, apart = known.get((pair, "all"), (0, NAN))
            unlike, different = known.get((pair, "different"), (0, NAN))
            identical = 1 - unlike / n if n and (pair, "different") in known else NAN
        script = "same" if script_of(str(donor)) == script_of(str(recipient)) else "across"
        rows.append(
            (donor, recipient, seed, len(group), int(group["wrong"].sum()), scores["f1"], apart, script, different,
             identical)
        )  # fmt: skip
    return TRANSFER.frame(rows).sort_values(["donor", "seed", "tnld", "recipient"], ignore_index=True)
