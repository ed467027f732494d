"""Table 1: how many sentences the data can make, by type."""

from typing import TYPE_CHECKING

from nerspace.engine.paper.published import POSSIBLE

if TYPE_CHECKING:
    import pandas as pd


def table1(counts: "pd.DataFrame") -> "pd.DataFrame":
    """The table `paper_table1`. counts: the table of that name."""
    import pandas as pd

    rows = []
    for kind, theirs in POSSIBLE.items():
        chosen = counts[counts["type"] == kind]
        possible, valid = int(chosen["possible"].sum()), int(chosen["valid"].sum())
        rows.append((kind, int(chosen["contexts"].sum()), possible, theirs, possible - theirs, valid))
    return pd.DataFrame(rows, columns=["type", "contexts", "possible", "theirs", "difference", "valid"])
