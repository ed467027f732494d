"""What the correlations of errors with spelling distance show, in words."""

from typing import TYPE_CHECKING

from nerspace.engine.paper.claims import EXCHANGED_LEVEL, FAILS, HOLDS, OPEN, by_test

if TYPE_CHECKING:
    import pandas as pd

SUBSETS = {
    "all": "all pairs",
    "same_script": "pairs of one script",
    "latin": "Latin to Latin",
    "cyrillic": "Cyrillic to Cyrillic",
    "across": "pairs across scripts",
    "different": "all pairs, without identical strings",
}
_CLAIM = "the closer the spelling, the better the transfer"
_LEFT = "with the effects of donors, recipients and script taken out"
_WITHIN = {
    HOLDS: "It also holds within one script, so it is more than a contrast of scripts.",
    FAILS: "Within one script it does not hold.",
    OPEN: "Within one script alone it is not shown.",
    None: "Within one script alone too few pairs are left to test.",
}


def verdict(correlations: "pd.DataFrame") -> list[str]:
    """What may be concluded about the paper's claim, the closer the spelling the better the transfer.

    Plain correlations describe; only the rows `partial` conclude.
    """
    plain = _value(correlations, "all", "pearson")
    if plain is None:
        return ["Nothing can be said: there are too few pairs, or their errors are all the same."]
    if "test" in correlations and bool((_row(correlations, "all", "pearson")["test"] == "shuffle").any()):
        return [
            f"One donor: errors correlate with distance (Pearson {plain:+z.2f}); script and single hard languages are "
            "not excluded, so there is no verdict.",
            "nerspace transfer trains more donors; nerspace factors looks inside the languages.",
        ]
    shown = {subset: _shown(correlations, subset) for subset in ("all", "same_script", "different")}
    if shown["all"] is None:
        return [
            f"No verdict on the paper's claim: errors correlate with distance (Pearson {plain:+z.2f}), but {_LEFT} too "
            "little is left to test."
        ]
    partial = _value(correlations, "all", "partial")
    lines = []
    if shown["all"] == HOLDS:
        lines.append(f"{_LEFT.capitalize()}, the paper's claim holds here: {_CLAIM} (partial {partial:+z.2f}).")
    elif shown["all"] == FAILS:
        lines.append(f"{_LEFT.capitalize()}, the paper's claim does not hold here: nearer spelling, more errors.")
    else:
        lines.append(f"This run has not shown the paper's claim, {_CLAIM}: partial {partial:+z.2f}, {_LEFT}.")
        if plain > 0:
            lines.append(f"The plain correlation ({plain:+z.2f}) may be script, or single hard languages.")
    if shown["all"] == HOLDS:
        lines.append(_WITHIN[shown["same_script"]])
        if shown["different"] == OPEN:
            lines.append("Without identical strings it is not shown.")
        elif shown["different"] == FAILS:
            lines.append("Without identical strings it does not hold.")
    return lines


def _row(frame: "pd.DataFrame", subset: str, statistic: str) -> "pd.DataFrame":
    return frame[(frame["subset"] == subset) & (frame["statistic"] == statistic)]


def _value(frame: "pd.DataFrame", subset: str, statistic: str) -> float | None:
    chosen = _row(frame, subset, statistic)["value"].dropna()
    return None if chosen.empty else float(chosen.iloc[0])


def _shown(frame: "pd.DataFrame", subset: str) -> str | None:
    """The verdict; None where nothing was tested."""
    chosen = _row(frame, subset, "partial")
    if chosen.empty or chosen["p"].isna().all():
        return None
    return by_test(float(chosen["value"].iloc[0]), float(chosen["p"].iloc[0]), EXCHANGED_LEVEL)
