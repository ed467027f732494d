"""Pairs of donor and recipient: their errors over seeds, and the straight line through them."""

from typing import TYPE_CHECKING

import numpy as np

from nerspace.datasets.languages import LANGUAGES

if TYPE_CHECKING:
    import pandas as pd


def pair_table(transfer: "pd.DataFrame") -> "pd.DataFrame":
    """The table `pairs`: the mean over seeds of every donor and recipient.

    transfer: the table of that name. A pair without sentences has an empty share; a single seed has no spread.
    """
    import pandas as pd

    counted = transfer.assign(share=transfer["wrong"] / transfer["sentences"].where(transfer["sentences"] > 0))
    rows = []
    for (donor, recipient), group in counted.groupby(["donor", "recipient"], sort=False):
        spread = group["share"].std(ddof=1) if len(group) > 1 else float("nan")
        rows.append(
            (donor, recipient, len(group), int(group["sentences"].max()), group["share"].mean(), spread,
             group["share"].min(), group["share"].max(), group["f1"].mean(), group["tnld"].mean())
        )  # fmt: skip
    columns = ["donor", "recipient", "seeds", "sentences", "share", "spread", "lowest", "highest", "f1", "tnld"]
    return pd.DataFrame(rows, columns=columns)


def regression_table(transfer: "pd.DataFrame") -> "pd.DataFrame":
    """The table `regression`: least squares of the share of wrong sentences on TNLD, over pairs of two languages.

    transfer: the table of that name. Fewer than 2 pairs, or pairs at one distance, have no line: empty values.
    """
    import pandas as pd

    pairs = pair_table(transfer)
    pairs = pairs[(pairs["donor"] != pairs["recipient"]) & pairs["share"].notna() & pairs["tnld"].notna()]
    scripts = {code: language.script for code, language in LANGUAGES.items()}
    same = pairs["donor"].map(scripts) == pairs["recipient"].map(scripts)
    rows = []
    for subset, chosen in (("all", pairs), ("same_script", pairs[same])):
        x, y = (chosen[name].to_numpy(dtype=np.float64) for name in ("tnld", "share"))
        rows.append((subset, len(chosen), *_line(x, y)))
    return pd.DataFrame(rows, columns=["subset", "n", "slope", "intercept", "residual"])


def _line(x: "np.ndarray[tuple[int], np.dtype[np.float64]]", y: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> (
    tuple[float, float, float]
):  # fmt: skip
    """Slope, intercept and residual standard deviation (n − 2 degrees of freedom)."""
    nan = float("nan")
    if len(x) < 2 or np.ptp(x) == 0:
        return nan, nan, nan
    off = x - x.mean()
    slope = float(off @ (y - y.mean()) / (off @ off))
    intercept = float(y.mean() - slope * x.mean())
    left = y - intercept - slope * x
    return slope, intercept, float(np.sqrt(left @ left / (len(x) - 2))) if len(x) > 2 else nan
