"""Errors of a donor in a recipient language over all seeds: what correlations and advice are about."""

from typing import TYPE_CHECKING

from nerspace.engine.tables.spec import DONOR, RECIPIENT, TableSpec, integer, real, text

if TYPE_CHECKING:
    import pandas as pd

NAN = float("nan")
READ = ("tnld_read", "tnld_read_different")

TRANSFER_PAIRS = TableSpec(
    "transfer_pairs",
    "Zero-shot errors per donor and recipient, means over seeds with their spread.",
    {
        "donor": text(DONOR),
        "recipient": text(RECIPIENT),
        "seeds": integer("fine-tunings"),
        "sentences": real("test sentences"),
        "wrong": real("sentences with any wrong tag, mean over seeds"),
        "share": real("wrong over sentences, mean over seeds"),
        "share_sd": real("standard deviation of the share over seeds; empty for one seed"),
        "f1": real("strict entity F1, mean over seeds"),
        "tnld": real("mean TNLD between donor and recipient, over the names of the test part, each once"),
        "tnld_different": real("the same without names that are the same string"),
        "identical": real("share of names that are the same string in both"),
        "share_different": real(
            "share wrong of the sentences whose name is another string in the donor's sentence, mean over seeds"
        ),
        "low": real(
            "2.5 % bound of the share, clustered by name and by context; of several seeds, which read the same "
            "sentences, the mean of their bounds"
        ),
        "high": real("97.5 % bound"),
        "tnld_read": real("mean TNLD of the two forms in the test sentences, weighed as the errors are"),
        "tnld_read_different": real("the same of the sentences whose name is another string"),
    },
    "scatter",
    source="transfer",
)


@TRANSFER_PAIRS.made_by
def pair_table(transfer: "pd.DataFrame") -> "pd.DataFrame":
    """The table `transfer_pairs`: one row per donor and recipient, means over seeds and their spread.

    Args:
        transfer: the table of that name.
    """
    # A table of an older run may lack the last two.
    distances = ("tnld", "tnld_different", "identical")
    shares = transfer.assign(share=transfer["wrong"] / transfer["sentences"])
    rows = []
    for (donor, recipient), group in shares.groupby(["donor", "recipient"], sort=False):
        spread = group["share"].std(ddof=1) if len(group) > 1 else NAN
        rows.append(
            (donor, recipient, len(group), group["sentences"].mean(), group["wrong"].mean(), group["share"].mean(),
             spread, group["f1"].mean(), *(group[name].iloc[0] if name in group else NAN for name in distances),
             _share_different(group),
             *(group[name].mean() if name in group else NAN for name in ("low", "high", *READ)))
        )  # fmt: skip
    return TRANSFER_PAIRS.frame(rows)


def distance_column(table: "pd.DataFrame", subset: str = "all") -> str:
    """The distance that weighs names as the errors do, a name as often as sentences hold it.

    Where a run does not know its forms sentence by sentence, that over the names, each once.

    Args:
        table: `transfer` or `transfer_pairs`.
        subset: as in correlations.
    """
    names, read = (side[subset == "different"] for side in (("tnld", "tnld_different"), READ))
    if read not in table:
        return names
    others = table[table["donor"] != table["recipient"]]
    known = others[read].notna()
    return read if known.any() and (known | others[names].isna()).all() else names


def _share_different(group: "pd.DataFrame") -> float:
    """The mean over seeds; NaN where a table does not know it or no name is another string."""
    if "wrong_different" not in group:
        return NAN
    sentences = group["sentences_different"].astype("float64")
    return float((group["wrong_different"].astype("float64") / sentences.where(sentences > 0)).mean())
