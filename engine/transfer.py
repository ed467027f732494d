"""Zero-shot transfer: errors of a donor's model in every recipient language, beside the spelling distance."""

from typing import TYPE_CHECKING

from nerspace.engine.evaluation import entity_scores

if TYPE_CHECKING:
    import pandas as pd


def transfer_table(predictions: "pd.DataFrame", tnld: "pd.DataFrame") -> "pd.DataFrame":
    """The table `transfer`, ordered by TNLD.

    predictions: the table of that name. tnld: the table of that name; its rows of type and subset "all" are used. A
    donor is at distance 0 from itself.
    """
    import pandas as pd

    whole = tnld[(tnld["type"] == "all") & (tnld["subset"] == "all")]
    distance = {frozenset(pair): value for *pair, value in whole[["a", "b", "tnld"]].itertuples(index=False)}
    rows = []
    for (donor, seed, recipient), group in predictions.groupby(["donor", "seed", "language"], sort=False):
        scores = entity_scores(group["gold"].str.split(" "), group["predicted"].str.split(" "))
        apart = 0.0 if donor == recipient else distance.get(frozenset((str(donor), str(recipient))), float("nan"))
        rows.append((donor, recipient, seed, len(group), int(group["wrong"].sum()), scores["f1"], apart))
    frame = pd.DataFrame(rows, columns=["donor", "recipient", "seed", "sentences", "wrong", "f1", "tnld"])
    return frame.sort_values(["donor", "seed", "tnld", "recipient"], ignore_index=True)
