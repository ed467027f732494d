"""Plots as text for the command line, by plotext."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

WIDTH, HEIGHT = 76, 18


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
