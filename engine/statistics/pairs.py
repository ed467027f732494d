"""Errors of a donor in a recipient language over all seeds: what correlations and advice are about."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from nerspace.datasets.scripts import script_among, scripts_in
from nerspace.engine.tables.spec import DONOR, RECIPIENT, TableSpec, integer, real, text

if TYPE_CHECKING:
    import pandas as pd

NAN = float("nan")
READ = ("tnld_read", "tnld_read_different")
# Columns of tables of pairs of languages.
SCRIPT_COLUMNS = {
    "donor_script": text("script of the donor's test sentences, by their letters; else the one it usually has"),
    "recipient_script": text("likewise of the recipient's"),
}


def scripts_of_pairs(pairs: "pd.DataFrame") -> Callable[[str], str]:
    """Language → script, as a table of pairs of donors and recipients has it; the usual one where it does not say it.

    Args:
        pairs: with donor and recipient; a table of an older run says no scripts.
    """
    found: dict[str, str] = {}
    for side in ("donor", "recipient"):
        if f"{side}_script" in pairs:
            known = pairs[pairs[f"{side}_script"].notna()].drop_duplicates(side)
            found |= dict(zip(known[side].astype(str), known[f"{side}_script"].astype(str), strict=True))
    return lambda code: script_among(str(code), found)


def scripts_of_sentences(sentences: "pd.DataFrame") -> dict[str, str]:
    """Language → the script of its sentences, by their letters.

    Args:
        sentences: the table of that name; nothing is known without texts.
    """
    if not {"language", "text"} <= set(sentences):
        return {}
    known = sentences[sentences["text"].notna()]
    return scripts_in(zip(known["language"].astype(str), known["text"].astype(str), strict=True))


# Of every type in the donor's own language; below, its errors elsewhere are not judged.
LEAST_RECALL = 0.5


def learned(transfer: "pd.DataFrame") -> "pd.DataFrame":
    """The rows of models that know their own language; one of which that is not known is believed to.

    A model that was trained too little is wrong whatever the spelling, and its errors say nothing of transfer.

    Args:
        transfer: the table of that name.
    """
    if "own_recall" not in transfer:
        return transfer
    return transfer[~(transfer["own_recall"].astype("float64") < LEAST_RECALL)]


def not_judged(transfer: "pd.DataFrame") -> list[str]:
    """A line for every model that does not know its own language.

    Args:
        transfer: the table of that name.
    """
    if "own_recall" not in transfer:
        return []
    weak = transfer[transfer["own_recall"].astype("float64") < LEAST_RECALL].drop_duplicates(["donor", "seed"])
    return [
        f"{donor}-{seed} is not judged: it finds {100 * recall:.0f} % of {kind} in its own language, below "
        f"{100 * LEAST_RECALL:.0f} %."
        for donor, seed, recall, kind in weak[["donor", "seed", "own_recall", "own_least"]].itertuples(index=False)
    ]


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
        **SCRIPT_COLUMNS,
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
    script = scripts_of_pairs(transfer)
    shares = transfer.assign(share=transfer["wrong"] / transfer["sentences"])
    rows = []
    for (donor, recipient), group in shares.groupby(["donor", "recipient"], sort=False):
        spread = group["share"].std(ddof=1) if len(group) > 1 else NAN
        rows.append(
            (donor, recipient, len(group), group["sentences"].mean(), group["wrong"].mean(), group["share"].mean(),
             spread, group["f1"].mean(), *(group[name].iloc[0] if name in group else NAN for name in distances),
             _share_different(group),
             *(group[name].mean() if name in group else NAN for name in ("low", "high", *READ)),
             script(str(donor)), script(str(recipient)))
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
