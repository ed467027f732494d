"""Plots as text for the command line, by plotext."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nerspace.datasets.errors import UsageError
from nerspace.tui.plots.alignment import alignment
from nerspace.tui.plots.value_bars import BARS, bars, crossing

if TYPE_CHECKING:
    import pandas as pd

WIDTH, HEIGHT = 76, 18
# Columns that tell the models of a run apart, where it has several.
_MODEL = ("donor", "seed")


def new_figure(width: int, height: int) -> Any:
    """plotext draws on one figure of its own, so it is cleared before every plot."""
    import plotext

    figure = plotext.figure
    figure.clear.all()
    figure.plot_size(width, height)
    figure.canvas("default")
    return figure


def drawn_text(figure: Any) -> str:
    """The figure as lines of text; it is cleared."""
    drawn: str = figure.build().string(colorless=True)
    figure.clear.all()
    return "\n".join(line.rstrip() for line in drawn.rstrip("\n").split("\n"))


def labelled_scatter(
    x: Sequence[float], y: Sequence[float], labels: Sequence[str], x_label: str, y_label: str,
    width: int = WIDTH, height: int = HEIGHT,
) -> str:  # fmt: skip
    """Every point as its label, on axes that start at zero; labels that would overlap are written as one."""
    figure = new_figure(width, height)
    right, top = max(x) * 1.06 or 1.0, max(y) * 1.08 or 1.0
    columns, lines = [width * value / right for value in x], [height * value / top for value in y]
    groups: list[list[int]] = []
    for point in range(len(x)):
        for group in groups:
            if abs(columns[group[0]] - columns[point]) < 3 and abs(lines[group[0]] - lines[point]) < 1:
                group.append(point)
                break
        else:
            groups.append([point])
    for group in groups:
        named = ",".join(labels[point] for point in group)
        figure.draw(figure.text(x[group[0]], y[group[0]], named, alignment=0))
    figure.ruler("x").lim(min(0.0, *x), right)
    figure.ruler("y").lim(min(0.0, *y), top)
    figure.label(x_label, "x")
    return f"{y_label}\n{drawn_text(figure)}"


def curves(
    series: Mapping[str, tuple[Sequence[float], Sequence[float]]], x_label: str, y_label: str,
    width: int = WIDTH, height: int = HEIGHT,
) -> str:  # fmt: skip
    """Lines over one axis; each is marked by its name at its end, so no colour is needed."""
    figure = new_figure(width, height)
    ends = [0.0, 0.0]
    for name, (x, y) in series.items():
        figure.draw(figure.signal(list(x), list(y), marker="braille").lines(True))
        figure.draw(figure.text(x[-1], y[-1], f" {name}"))
        ends = [min(ends[0], x[0]), max(ends[1], x[-1])]
    figure.ruler("x").lim(ends[0], ends[0] + (ends[1] - ends[0]) * 1.06)
    figure.label(x_label, "x")
    return f"{y_label}\n{drawn_text(figure)}"


def matrix(frame: "pd.DataFrame", a: str, b: str, value: str) -> str:
    """Pairs as a square matrix of numbers, two decimals, with a dot where there is none."""
    names = sorted({*frame[a], *frame[b]})
    known = {(x, y): v for x, y, v in zip(frame[a], frame[b], frame[value], strict=True)}
    lines = ["    " + "".join(f"{name:>6}" for name in names)]
    for row in names:
        cells = [known.get((row, column), known.get((column, row))) for column in names]
        lines.append(f"{row:<4}" + "".join("     ·" if v is None or v != v else f"{v:>6.2f}" for v in cells))
    return "\n".join(lines)


def plot(name: str, kind: str, frame: "pd.DataFrame") -> str:
    """The text plot of a table of the catalogue; several plots one below the other where it holds several.

    Raises: UsageError for a table that has none.
    """
    if name in ("transfer", "transfer_pairs"):
        from nerspace.tui.plots.pairs import transfer_scatter

        return transfer_scatter(frame)
    if name == "swap_summary":
        from nerspace.tui.plots.bars import swap_bars

        return swap_bars(frame)
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


def _dots(points: "pd.DataFrame") -> str:
    figure = new_figure(WIDTH, 24)
    figure.draw(figure.signal(list(points["x"]), list(points["y"]), marker="braille").lines(False))
    return drawn_text(figure)


def _classes(points: "pd.DataFrame", width: int = WIDTH, height: int = 24) -> str:
    """Every place as the mark of the class that most of its points have, and what the marks stand for."""
    import numpy as np

    from nerspace.tui.explorer.space.maps import MARKS
    from nerspace.tui.literal import literal

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
    model = [column for column in _MODEL if column in frame]
    if name == "steps":
        series = {}
        for group, part in frame.groupby(model) if model else [((), frame)]:
            smooth = part["loss"].rolling(10, min_periods=1).mean()
            series["-".join(map(str, group)) or "loss"] = (list(part["step"]), list(smooth))
        return curves(series, "step", "loss, mean of 10 steps")
    value = "delta" if name == "deltas" else "value"
    keys = [*model, "layer"] if name == "deltas" else [*model, "measure", "layer"]
    plots = []
    for group, part in frame.groupby(keys):
        series = {language: (list(rows["step"]), list(rows[value])) for language, rows in part.groupby("language")}
        plots.append(curves(series, "step", ", ".join(f"{k} {v}" for k, v in zip(keys, group, strict=True))))
    return "\n\n".join(plots)
