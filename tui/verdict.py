"""What the correlations of errors with spelling distance show, in words."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

SIGNIFICANCE = 0.05

SUBSETS = {
    "all": "all pairs",
    "same_script": "pairs of one script",
    "latin": "Latin to Latin",
    "cyrillic": "Cyrillic to Cyrillic",
    "across": "pairs across scripts",
    "different": "all pairs, without identical strings",
}


def verdict(correlations: "pd.DataFrame") -> list[str]:
    """What may be concluded about the paper's claim, the closer the spelling the better the transfer."""
    shown = {subset: _shown(correlations, subset) for subset in ("all", "same_script", "different")}
    if shown["all"] is None:
        return ["Nothing can be said: there are too few pairs, or their errors are all the same."]
    several = "test" in correlations and bool((correlations["test"] == "mantel").any())
    lines = []
    if not shown["all"]:
        lines.append("This run has not shown the paper's claim: the closer the spelling, the better the transfer.")
    else:
        lines.append("Over all pairs the paper's claim holds here: the closer the spelling, the better the transfer.")
        if _reaches_zero(correlations, "all"):
            lines.append("But drawn anew, such languages may also show nothing: the interval reaches 0.")
        if not shown["same_script"]:
            why = "too few pairs" if shown["same_script"] is None else "not shown"
            lines.append(f"Within one script it does not ({why}): distance may only tell the scripts apart.")
        elif _reaches_zero(correlations, "same_script"):
            lines.append("Within one script it holds for these languages, but its interval reaches 0.")
        else:
            lines.append("It also holds within one script, so it is more than a contrast of scripts.")
        if shown["different"] is False:
            lines.append("Without identical strings it is not shown.")
    if not several:
        lines.append("One donor proves little; nerspace transfer trains them all.")
    return lines


def _reaches_zero(frame: "pd.DataFrame", subset: str) -> bool:
    return bool((_pearson(frame, subset)["low"] <= 0).any())


def _pearson(frame: "pd.DataFrame", subset: str) -> "pd.DataFrame":
    return frame[(frame["subset"] == subset) & (frame["statistic"] == "pearson")]


def _shown(frame: "pd.DataFrame", subset: str) -> bool | None:
    chosen = _pearson(frame, subset)
    if chosen.empty or chosen["p"].isna().all():
        return None
    return bool(chosen["value"].iloc[0] > 0 and chosen["p"].iloc[0] < SIGNIFICANCE)
