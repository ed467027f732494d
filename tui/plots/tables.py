"""The text plot of every table that has one."""

from typing import TYPE_CHECKING

from nerspace.datasets.errors import UsageError
from nerspace.tui.colours import MARKS
from nerspace.tui.literal import literal
from nerspace.tui.plots.alignment import alignment
from nerspace.tui.plots.bars import BARS, bars, crossing, swap_bars
from nerspace.tui.plots.effects import EFFECTS, effects
from nerspace.tui.plots.pairs import transfer_scatter
from nerspace.tui.plots.text import WIDTH, curves, drawn_text, matrix, new_figure

if TYPE_CHECKING:
    import pandas as pd

# Columns that tell the models of a run apart, where it has several.
_MODEL = ("donor", "seed")


def plot(name: str, kind: str, frame: "pd.DataFrame") -> str:
    """The text plot of a table of the catalogue; several plots one below the other where it holds several.

    Raises:
        UsageError: for a table that has none.
    """
    frame = _literal(frame)
    if name in ("transfer", "transfer_pairs"):
        return transfer_scatter(frame)
    if name == "swap_summary":
        return swap_bars(frame)
    if name in EFFECTS:
        return effects(frame, *EFFECTS[name])
    if {"stage", "layer", "x", "y"} <= set(frame):
        return "\n\n".join(
            f"{stage}, layer {layer}\n{_classes(group) if 'class' in group else _dots(group)}"
            for (stage, layer), group in frame.groupby(["stage", "layer"], sort=False)
        )
    if kind == "heatmap":
        value = next(
            c for c in ("cosine", "r", "tnld", "p_at_1", "overlap", "jaccard", "compatibility", "value") if c in frame
        )
        keys = [*_MODEL, "model", "reading", "name", "stage", "layer", "type", "subset", "method", "measure"]
        keys = [key for key in keys if key in frame]
        if not keys:
            return f"{value}\n{matrix(frame, 'a', 'b', value)}"
        return "\n\n".join(
            f"{value}: {', '.join(f'{k} {v}' for k, v in zip(keys, group, strict=True))}\n"
            f"{matrix(part, 'a', 'b', value)}"
            for group, part in frame.groupby(keys)
        )
    if kind == "curves":
        return _curves_of(name, frame)
    if kind == "bars":
        return bars(frame, BARS[name])
    if kind == "alignment":
        return alignment(frame)
    if kind == "confusion":
        return crossing(frame)
    raise UsageError(f"The table {name} has no text plot.", "Tables with one: see nerspace tables.")


def _literal(frame: "pd.DataFrame") -> "pd.DataFrame":
    """The same with its texts as one line each, since they become labels."""
    texts = [name for name in frame.columns if frame[name].dtype.kind not in "iufb"]
    return frame.assign(**{str(name): frame[name].map(literal, na_action="ignore") for name in texts})


def _dots(points: "pd.DataFrame") -> str:
    figure = new_figure(WIDTH, 24)
    figure.draw(figure.signal(list(points["x"]), list(points["y"]), marker="braille").lines(False))
    return drawn_text(figure)


def _classes(points: "pd.DataFrame", width: int = WIDTH, height: int = 24) -> str:
    """Every place as the mark of the class that most of its points have, and what the marks stand for."""
    import numpy as np

    names = sorted(points["class"].fillna("").unique())
    code = points["class"].fillna("").map(names.index).to_numpy()
    x, y = points["x"].to_numpy(dtype=float), points["y"].to_numpy(dtype=float)
    column, line = (
        ((size - 1) * (v - v.min()) / (np.ptp(v) or 1)).round().astype(int) for v, size in ((x, width), (-y, height))
    )
    counts = np.zeros((height, width, len(names)), dtype=int)
    np.add.at(counts, (line, column, code), 1)
    most = np.where(counts.any(axis=2), counts.argmax(axis=2), -1)
    drawn = "\n".join("".join(MARKS[k % len(MARKS)] if k >= 0 else " " for k in row).rstrip() for row in most)
    return drawn + "\n" + "  ".join(f"{MARKS[k % len(MARKS)]} {literal(name) or '-'}" for k, name in enumerate(names))


def _curves_of(name: str, frame: "pd.DataFrame") -> str:
    if frame.empty:
        raise UsageError(f"The table {name} has no rows to draw.", "nerspace runs verify tells what is damaged.")
    model = [column for column in _MODEL if column in frame]
    value = {"steps": "loss", "deltas": "delta"}.get(name, "value")
    keys = {"steps": [], "deltas": ["layer"]}.get(name, ["measure", "layer"])
    # The table of a run that goes on may be of an earlier version.
    needed = ["step", value, *keys, *([] if name == "steps" else ["language"])]
    if lacking := [column for column in needed if column not in frame]:
        raise UsageError(f"The table {name} lacks {lacking[0]}.", "nerspace runs verify tells what is damaged.")
    if name == "steps":
        series = {}
        for group, part in frame.groupby(model) if model else [((), frame)]:
            smooth = part["loss"].rolling(10, min_periods=1).mean()
            series["-".join(map(str, group)) or "loss"] = (list(part["step"]), list(smooth))
        return curves(series, "step", "loss, mean of 10 steps")
    keys = [*model, *keys]
    plots = []
    for group, part in frame.groupby(keys):
        series = {str(language): (list(rows["step"]), list(rows[value])) for language, rows in part.groupby("language")}
        plots.append(curves(series, "step", ", ".join(f"{k} {v}" for k, v in zip(keys, group, strict=True))))
    return "\n\n".join(plots)
