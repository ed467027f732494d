"""Charts as SVG and PDF for publication, by matplotlib, which the extra `figures` installs."""

import math
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from nerspace.engine.paper.charts import COLOURS, Chart, Matrix, Panel, legend_of, panel_limits
from nerspace.engine.paper.svg import heat

_MARKS = ("o", "^", "s")


def installed() -> bool:
    """Whether matplotlib is there."""
    return find_spec("matplotlib") is not None


def draw(chart: Chart, folder: Path) -> list[Path]:
    """Write NAME.svg and NAME.pdf, the same bytes for the same chart. Raises: ImportError without matplotlib."""
    import matplotlib
    from matplotlib.figure import Figure

    columns = min(chart.columns, len(chart.panels))
    rows = math.ceil(len(chart.panels) / columns)
    look: dict[str, Any] = {"font.size": 8, "svg.hashsalt": chart.name, "pdf.fonttype": 42, "axes.linewidth": 0.6}
    with matplotlib.rc_context(look):
        # Without pyplot: no window system, and nothing is kept open.
        figure = Figure(figsize=(3.4 * columns if columns > 1 else 4.8, 2.8 * rows + 0.5), layout="constrained")
        axes = figure.subplots(rows, columns, squeeze=False).ravel()
        for place, panel in zip(axes, chart.panels, strict=False):
            _matrix(place, panel) if isinstance(panel, Matrix) else _panel(place, panel)
        for place in axes[len(chart.panels) :]:
            place.set_axis_off()
        _legend(figure, chart, columns)
        paths = [folder / f"{chart.name}.{kind}" for kind in ("svg", "pdf")]
        figure.savefig(paths[0], metadata={"Date": None})
        figure.savefig(paths[1], metadata={"CreationDate": None})
    return paths


def _panel(axes: Any, panel: Panel) -> None:
    for one in panel.series:
        colour = COLOURS[one.colour % len(COLOURS)]
        if one.line:
            axes.plot(one.x, one.y, color=colour, linewidth=1, marker="o", markersize=2)
            continue
        axes.scatter(one.x, one.y, s=9, color=colour, marker=_MARKS[one.mark], alpha=0.75, linewidths=0)
        if any(one.spread):
            axes.errorbar(one.x, one.y, yerr=one.spread, fmt="none", ecolor=colour, alpha=0.45, elinewidth=0.7)
    axes.set_title(panel.title, fontsize=8)
    x, y = panel_limits(panel)
    axes.set_xlim(*x)
    axes.set_ylim(*y)
    if panel.is_map:
        axes.set_xticks([])
        axes.set_yticks([])
    else:
        axes.set_xlabel(panel.x_label)
        if panel.x_names:
            axes.set_xticks(range(len(panel.x_names)), panel.x_names)
        axes.set_ylabel(panel.y_label)
        axes.grid(axis="y", linewidth=0.3, alpha=0.5)


def _matrix(axes: Any, matrix: Matrix) -> None:
    from matplotlib.patches import Rectangle

    for row, a in enumerate(matrix.names):
        for column, b in enumerate(matrix.names):
            value = matrix.values.get((a, b), matrix.values.get((b, a), math.nan))
            if value == value:
                colour = heat(value, matrix.low, matrix.high)
                axes.add_patch(Rectangle((column - 0.48, row - 0.48), 0.96, 0.96, facecolor=colour))
                axes.text(column, row, f"{value:.2f}", ha="center", va="center", fontsize=7, color="#111")
    count = len(matrix.names)
    axes.set_xlim(-0.5, count - 0.5)
    axes.set_ylim(count - 0.5, -0.5)
    axes.set_xticks(range(count), matrix.names)
    axes.set_yticks(range(count), matrix.names)
    axes.set_aspect("equal")
    axes.set_title(matrix.title, fontsize=8)


def _legend(figure: Any, chart: Chart, columns: int) -> None:
    from matplotlib.lines import Line2D

    names = legend_of(chart)
    if names:
        handles = [
            Line2D([], [], color=COLOURS[colour % len(COLOURS)], marker=_MARKS[mark], linestyle="", label=name)
            for name, colour, mark in names
        ]
        figure.legend(
            handles=handles, loc="outside lower center", ncols=min(3 * columns, len(handles)), frameon=False, fontsize=7
        )
