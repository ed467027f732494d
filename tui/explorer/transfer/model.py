"""The tables of the transfer screen, as points, a line and a matrix."""

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from nerspace.engine.statistics.pairs import distance_column, not_judged, scripts_of_pairs
from nerspace.tui.colours import class_style, language_order
from nerspace.tui.explorer.session import Session
from nerspace.tui.widgets.heatmap import Matrix
from nerspace.tui.widgets.plane import Point

if TYPE_CHECKING:
    import pandas as pd

# The rest of the table follows in its own order.
FIRST = ("donor", "recipient", "share", "low", "high", "tnld", "f1", "sentences", "seeds", "share_sd")
NAN = float("nan")
# More points than these would hide one another's labels as pairs.
_NAMED_PAIRS = 40


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables behind the screen.

    Attributes:
        pairs: `transfer_pairs`, its first columns those that are read first.
        weak: a line for every model that does not know its own language.
        note: said in place of a verdict.
    """

    pairs: "pd.DataFrame"
    correlations: "pd.DataFrame | None"
    regression: "pd.DataFrame | None"
    weak: tuple[str, ...] = ()
    note: str = ""

    def of(self, donor: str) -> "pd.DataFrame":
        """The pairs of one donor, or all for an empty one."""
        return (self.pairs[self.pairs["donor"] == donor] if donor else self.pairs).reset_index(drop=True)

    @property
    def has_distances(self) -> bool:
        """Whether some pair of two languages has a spelling distance, or a training has no pair of two."""
        if self.note:
            return False
        pairs = self.pairs[self.pairs["donor"] != self.pairs["recipient"]]
        return pairs.empty or bool(pairs[distance_column(pairs)].notna().any())

    def line(self, subset: str) -> tuple[float, float] | None:
        """Slope and intercept through the pairs of a subset."""
        row = None if self.regression is None else self.regression[self.regression["subset"] == subset]
        return None if row is None or row.empty else (float(row["slope"].iloc[0]), float(row["intercept"].iloc[0]))

    def matrix(self) -> Matrix:
        """The share of wrong sentences of every pair."""
        columns = (self.pairs[name].tolist() for name in ("donor", "recipient", "share"))
        values = {(str(donor), str(recipient)): float(share) for donor, recipient, share in zip(*columns, strict=True)}
        down, across = (tuple(language_order(list(self.pairs[name].unique()))) for name in ("donor", "recipient"))
        least, most = int(self.pairs["sentences"].min()), int(self.pairs["sentences"].max())
        n = f"{most:,} each" if least == most else f"{least:,} to {most:,}"
        title = f"share of wrong sentences: donors down, recipients across · n {n}"
        return Matrix(title, across, values, 0.0, max(0.01, *values.values()), rows=down, percent=True)


def read_tables(session: Session) -> Tables | None:
    """The tables of the run; None where it counted no errors."""
    pairs = session.table("transfer_pairs")
    if pairs is None or pairs.empty:
        scores = session.table("scores")
        counted = None if scores is None else pairs_of_scores(scores)
        return None if counted is None or counted.empty else Tables(counted, None, None, note=_SCORED)
    transfer = session.table("transfer")
    weak = () if transfer is None else tuple(not_judged(transfer))
    return Tables(in_order(pairs), session.table("correlations"), session.table("regression"), weak)


_SCORED = "Errors on this data, without distances. nerspace evaluate --table confusion, buckets or modes tells more."


def pairs_of_scores(scores: "pd.DataFrame") -> "pd.DataFrame":
    """The table `scores` as one of donors and recipients, means over seeds; the interval is that of a single one.

    Args:
        scores: the table of that name.
    """
    import pandas as pd

    whole = scores[(scores["type"] == "all") & (scores["sentences"] > 0)]
    whole = whole.assign(share=whole["wrong"] / whole["sentences"])
    rows = []
    for (donor, recipient), group in whole.groupby(["donor", "language"], sort=False):
        ends = group[["wrong_low", "wrong_high"]].iloc[0].tolist() if len(group) == 1 else [NAN, NAN]
        rows.append((donor, recipient, group["share"].mean(), *ends, NAN, group["f1"].mean(),
                     int(group["sentences"].iloc[0]), len(group), group["share"].std()))  # fmt: skip
    return pd.DataFrame(rows, columns=list(FIRST))


def in_order(pairs: "pd.DataFrame") -> "pd.DataFrame":
    """The table `transfer_pairs`, first what is read first, with the distance that the plot shows."""
    distance = distance_column(pairs)
    first = [distance if name == "tnld" else name for name in FIRST]
    return pairs[[*first, *(name for name in pairs.columns if name not in first)]]


class Advice(NamedTuple):
    """Which donors a recipient should get.

    Attributes:
        ranks: the table `advice`.
        quality: the table `advice_quality`.
    """

    ranks: "pd.DataFrame"
    quality: "pd.DataFrame"


def read_advice(session: Session) -> Advice | None:
    """The advice of the run, else what its errors say; None with one donor."""
    from nerspace.engine.tables.index import Held, Later

    transfer = session.table("transfer")
    if transfer is None or transfer["donor"].nunique() < 2:
        return None
    advice, quality = session.table("advice"), session.table("advice_quality")
    if advice is None or quality is None:
        held = {"transfer": transfer, "seed": 0}
        names = ("piece_overlap", "cka")
        held |= {name: Later(partial(session.table, name)) for name in names if session.table(name) is not None}
        made = Held(held)
        advice, quality = made["advice"], made["advice_quality"]
    return Advice(advice, quality) if len(advice) else None


def points_of(pairs: "pd.DataFrame", subset: str) -> list[Point]:
    """A point for every pair, with the interval of its share; faint where it does not belong to the subset."""
    script_of = scripts_of_pairs(pairs)
    several = pairs["donor"].nunique() > 1
    distance = distance_column(pairs)
    points = []
    for row in pairs.to_dict("records"):
        donor, recipient, share = str(row["donor"]), str(row["recipient"]), float(row["share"])
        low, high = (float(row[name]) if row[name] == row[name] else share for name in ("low", "high"))
        name = f"{donor}→{recipient}" if several and len(pairs) <= _NAMED_PAIRS else recipient
        points.append(Point(
            name, float(row[distance]), share, low, high, class_style(donor if several else recipient),
            donor == recipient or not _belongs(subset, script_of(donor), script_of(recipient)),
        ))  # fmt: skip
    return points


def _belongs(subset: str, own: str, other: str) -> bool:
    """Whether a pair of languages with these scripts is in a subset of the table `correlations`."""
    match subset:
        case "same_script":
            return own == other
        case "across":
            return own != other
        case "all" | "different":
            return True
        case _:
            return own.lower() == other.lower() == subset
