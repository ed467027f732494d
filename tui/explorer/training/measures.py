"""The lines and tables of the training screen: losses of all models, a measure of one, how languages go together."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.style import Style

from nerspace.engine.tables.index import CATALOGUE
from nerspace.tui.colours import class_style, language_order
from nerspace.tui.explorer.training.following import Trace
from nerspace.tui.widgets.curves import Line
from nerspace.tui.widgets.heatmap import Matrix
from nerspace.tui.widgets.rows import FrameRows, Shown

if TYPE_CHECKING:
    import pandas as pd

MEASURES = {
    "mean_cosine": "mean cosine", "isoscore": "IsoScore", "log10_partition": "log10 partition isotropy",
    "wrong": "wrong test sentences", "knn_purity_type": "neighbours of the same type",
    "knn_purity_language": "neighbours of the same language", "delta": "Δ mean cosine since the probe before",
    "correlation": "correlation of Δ",
}  # fmt: skip
# Made from the probes of mean_cosine; the others are probed themselves.
DERIVED = ("delta", "correlation")


def short_name(trace: Trace, several_runs: bool) -> str:
    """A model as its line is named; among several runs the last letters of its run stand before it."""
    return f"{trace.run.rpartition('-')[2]} {trace.model}".strip() if several_runs else trace.model


def measures_of(chosen: Sequence[Trace]) -> list[str]:
    """The measures that were probed, and what can be made from them."""
    found = list(dict.fromkeys(str(name) for one in chosen for name in one.probes["measure"].unique()))
    return [*found, *DERIVED] if "mean_cosine" in found else found


def layers_of(chosen: Sequence[Trace], measure: str) -> list[int]:
    """The layers at which a measure was probed."""
    source = "mean_cosine" if measure in DERIVED else measure
    found = {int(n) for one in chosen for n in one.probes.loc[one.probes["measure"] == source, "layer"].unique()}
    return sorted(found)


def loss_lines(traces: Sequence[Trace]) -> list[Line]:
    """A line for every model."""
    several = len({one.run for one in traces}) > 1
    return [
        Line(short_name(one, several), _floats(one.steps["step"]), _floats(one.steps["loss"]),
             Style(color="color(75)") if len(traces) == 1 else class_style("", place))
        for place, one in enumerate(traces)
        if len(one.steps)
    ]  # fmt: skip


def measure_frame(one: Trace, measure: str, layer: int | None) -> "pd.DataFrame":
    """The rows of a measure at a layer: of the table `probes`, `deltas`, or `delta_correlations` without intervals."""
    if measure in DERIVED:
        from nerspace.engine.statistics.correlation import delta_correlations_so_far, delta_table

        frame = delta_table(one.probes)
        frame = delta_correlations_so_far(frame) if measure == "correlation" else frame
        return frame[frame["layer"] == layer]
    return one.probes[(one.probes["measure"] == measure) & (one.probes["layer"] == layer)]


def language_lines(frame: "pd.DataFrame") -> list[Line]:
    """A line for every language of a table of probes or deltas."""
    value = "delta" if "delta" in frame else "value"
    codes = language_order([str(code) for code in frame["language"].unique()])
    groups = {str(code): group for code, group in frame.groupby("language", sort=False)}
    return [
        Line(code, _floats(groups[code]["step"]), _floats(groups[code][value]), class_style(code, place))
        for place, code in enumerate(codes)
    ]


def run_lines(frames: Sequence[tuple[Trace, "pd.DataFrame"]], language: str) -> list[Line]:
    """A line for every model, of one language."""
    lines = []
    for place, (one, frame) in enumerate(frames):
        part = frame[frame["language"] == language]
        if len(part):
            value = part["delta" if "delta" in part else "value"]
            lines.append(Line(short_name(one, True), _floats(part["step"]), _floats(value), class_style("", place)))
    return lines


def chance_text(frames: "Sequence[pd.DataFrame]") -> str:
    """What chance gives of a measure at its last probe, mean over languages; empty where there is no such thing.

    Where parallel names are kept together, that is the floor to go by; labels that are shuffled freely stand behind it.
    """
    last = [frame[frame["step"] == frame["step"].max()] for frame in frames if len(frame) and "floor" in frame]
    floors = [
        float(np.nanmean(values)) if len(values) and np.isfinite(values).any() else np.nan
        for name in ("floor_parallel", "floor")
        for values in [np.concatenate([_floats(part[name]) for part in last if name in part] or [np.zeros(0)])]
    ]
    if np.isfinite(floors[0]):
        return f" · chance {floors[0]:z.2f} (free {floors[1]:z.2f})"
    return f" · noise {floors[1]:z.2f}" if np.isfinite(floors[1]) else ""


def correlation_matrix(frame: "pd.DataFrame", title: str) -> Matrix | None:
    """The correlations of all pairs so far, in both orders."""
    if not len(frame):
        return None
    values = {}
    for row in frame.to_dict("records"):
        values[str(row["a"]), str(row["b"])] = values[str(row["b"]), str(row["a"])] = float(row["r"])
    codes = language_order(sorted({a for a, _ in values}))
    return Matrix(f"{title} · n {int(frame['n'].max())}", tuple(codes), values, -1.0, 1.0, True)


def with_names(frames: Sequence[tuple[Trace, "pd.DataFrame"]]) -> "pd.DataFrame":
    """Tables of several models as one, with the run and the model before their columns where there are several."""
    import pandas as pd

    runs, models = {one.run for one, _ in frames}, {(one.run, one.model) for one, _ in frames}
    parts = []
    for one, frame in frames:
        named: dict[str, Any] = {"run": one.run} if len(runs) > 1 else {}
        if len(models) > 1:
            named["model"] = one.model
        names = pd.DataFrame(named, index=frame.index)
        parts.append(pd.concat([names, frame], axis=1))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def losses_shown(traces: Sequence[Trace]) -> Shown | None:
    """The losses in view, to be exported."""
    return _shown("steps", "steps", with_names([(one, one.steps) for one in traces]))


def measure_shown(
    frames: "Sequence[tuple[Trace, pd.DataFrame]]", measure: str, layer: int | None, language: str
) -> Shown | None:
    """The measure in view, to be exported: of one model in all languages, or of several runs in one."""
    table = {"delta": "deltas", "correlation": "delta_correlations"}.get(measure, "probes")
    frame, name = with_names(frames), f"{table}_{measure}_{layer}"
    if len({one.run for one, _ in frames}) > 1 and "language" in frame:
        frame, name = frame[frame["language"] == language], f"{name}_{language}"
    return _shown(name, table, frame)


def _shown(name: str, table: str, frame: "pd.DataFrame") -> Shown | None:
    meanings = {"run": "the run", "model": "its model: donor and seed", **CATALOGUE[table].meanings}
    columns = {str(column): meanings.get(str(column), "") for column in frame.columns}
    return Shown(name, FrameRows(frame), columns) if len(frame) else None


def _floats(column: "pd.Series[Any]") -> "np.ndarray[Any, Any]":
    return column.to_numpy(dtype=float, na_value=np.nan)
