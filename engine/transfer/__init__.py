"""Zero-shot transfer: errors of a donor's model in every recipient language, beside the spelling distance."""

from typing import TYPE_CHECKING

from nerspace.datasets.languages import script_of
from nerspace.engine.evaluation import entity_scores

if TYPE_CHECKING:
    import pandas as pd

NAN = float("nan")


def transfer_table(predictions: "pd.DataFrame", tnld: "pd.DataFrame") -> "pd.DataFrame":
    """The table `transfer`, ordered by TNLD.

    predictions: the table of that name. tnld: the table of that name; its rows of type "all" are used. A donor is at
    distance 0 from itself and has no different string.
    """
    import pandas as pd

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
    frame = pd.DataFrame(
        rows,
        columns=[
            "donor", "recipient", "seed", "sentences", "wrong", "f1", "tnld", "script", "tnld_different", "identical",
        ],
    )  # fmt: skip
    return frame.sort_values(["donor", "seed", "tnld", "recipient"], ignore_index=True)


def pair_table(transfer: "pd.DataFrame") -> "pd.DataFrame":
    """The table `transfer_pairs`: one row per donor and recipient, means over seeds and their spread."""
    import pandas as pd

    held = [name for name in ("tnld", "tnld_different", "identical") if name in transfer]
    shares = transfer.assign(share=transfer["wrong"] / transfer["sentences"])
    rows = []
    for (donor, recipient), group in shares.groupby(["donor", "recipient"], sort=False):
        spread = group["share"].std(ddof=1) if len(group) > 1 else NAN
        rows.append(
            (donor, recipient, len(group), group["sentences"].mean(), group["wrong"].mean(), group["share"].mean(),
             spread, group["f1"].mean(), *(group[name].iloc[0] for name in held))
        )  # fmt: skip
    columns = ["donor", "recipient", "seeds", "sentences", "wrong", "share", "share_sd", "f1", *held]
    return pd.DataFrame(rows, columns=columns)
