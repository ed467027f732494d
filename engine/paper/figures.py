"""The figures of a paper run, drawn from its tables by matplotlib as SVG and PDF."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nerspace.datasets.languages import in_order
from nerspace.datasets.records import ENTITY_TYPES
from nerspace.engine.files import whole_file
from nerspace.engine.paper import published
from nerspace.engine.runs import Run
from nerspace.engine.statistics.pairs import distance_column, scripts_of_pairs
from nerspace.engine.words import several

if TYPE_CHECKING:
    import pandas as pd

# Okabe and Ito's colours, which most people can distinguish, and three more.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8a6d3b", "#5b5b5b", "#7b3294", "#b2182b",
           "#66a61e")  # fmt: skip
_MARKS = ("o", "^", "s")
# Blue, near white and orange, light enough for dark letters.
_HEAT = ("#6ea5d6", "#f6f6f3", "#f0a05f")
_STYLE: Mapping[str, Any] = {
    "font.size": 8, "axes.titlesize": 8, "axes.linewidth": 0.6, "grid.linewidth": 0.3, "grid.alpha": 0.5,
    "lines.linewidth": 1, "lines.markersize": 2, "legend.frameon": False, "legend.fontsize": 7,
    # A dollar in a name begins no formula. Journals want TrueType.
    "text.parse_math": False, "pdf.fonttype": 42,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure that was drawn.

    Attributes:
        svg: its text, to be put into a page.
        file: its name in the folder.
    """

    title: str
    caption: str
    file: str
    svg: str


@dataclass(frozen=True, slots=True)
class _Drawn:
    figure: Any
    title: str
    caption: str


def draw_figures(run: Run, items: Sequence[str], folder: Path) -> dict[str, Picture]:
    """Draw the figures of items whose tables the run holds.

    Args:
        run: a paper run.
        items: of the paper; Table 1 has no figure.
        folder: where ITEM.svg and ITEM.pdf go, the same bytes for the same tables.

    Returns:
        Item → picture; none of an item of which nothing is there to draw, as of data with too few of its languages.
    """
    held = set(run.tables())
    makers: dict[str, tuple[str, Callable[[Run], _Drawn | None]]] = {
        "figure1": ("paper_figure1", _figure1), "table2": ("paper_table2", _table2),
        "figure2": ("paper_figure2", _figure2), "figure3": ("deltas", _figure3),
        "figure4": ("paper_figure4", _figure4), "figure5": ("transfer_pairs", _figure5),
    }  # fmt: skip
    pictures = {}
    for item, (table, make) in makers.items():
        if table in held and item in items and len(run.read_table(table)):
            with _style(item):
                if drawn := make(run):
                    pictures[item] = _save(drawn, item, folder)
    return pictures


@contextmanager
def _style(salt: str) -> Iterator[None]:
    """Our settings, whatever the user's matplotlibrc says. salt: makes the ids inside an SVG the same every time."""
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update({**_STYLE, "svg.hashsalt": salt})
        yield


def _save(drawn: _Drawn, item: str, folder: Path) -> Picture:
    for kind, metadata in (("svg", {"Date": None, "Title": drawn.title}), ("pdf", {"CreationDate": None})):
        with whole_file(folder / f"{item}.{kind}") as handle:
            drawn.figure.savefig(handle, format=kind, metadata=metadata)
    text = (folder / f"{item}.svg").read_text(encoding="utf-8")
    # In a page it stands without the head of an XML file.
    return Picture(drawn.title, drawn.caption, f"{item}.svg", text[text.index("<svg") :])


def _panels(count: int, columns: int, width: float = 3.4) -> tuple[Any, list[Any]]:
    """A figure with that many axes, side by side in rows; width of each in inches."""
    # Without pyplot: no window system, and nothing stays open.
    from matplotlib.figure import Figure

    columns = min(columns, count)
    rows = math.ceil(count / columns)
    figure = Figure(figsize=(width * columns, 2.8 * rows + 0.5), layout="constrained")
    axes = list(figure.subplots(rows, columns, squeeze=False).ravel())
    for unused in axes[count:]:
        unused.set_axis_off()
    return figure, axes[:count]


def _add_legend(figure: Any, columns: int) -> None:
    """One legend below all axes, each label once."""
    handles = {
        label: handle
        for axes in figure.axes
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }  # fmt: skip
    figure.legend(
        list(handles.values()), list(handles), loc="outside lower center", ncols=min(columns, len(handles) or 1),
        markerscale=1.6,
    )  # fmt: skip


def _layer_name(layer: object) -> str:
    return "initial layer" if layer == 0 else f"layer {layer}"


def _map(run: Run, item: str, title: str) -> _Drawn | None:
    maps, quality = run.read_table(f"paper_{item}"), run.read_table("paper_maps")
    quality = quality[quality["item"] == item]
    if quality.empty:
        return None
    stages = list(maps.groupby(["stage", "layer"], sort=False))
    figure, axes = _panels(len(stages), 2)
    codes = in_order(maps["language"])
    for place, ((stage, layer), rows) in zip(axes, stages, strict=True):
        place.set_title(f"{stage}, {_layer_name(layer)}")
        place.set(xticks=[], yticks=[])
        for colour, code in zip(COLOURS, codes, strict=False):
            for mark, kind in zip(_MARKS, ENTITY_TYPES, strict=True):
                chosen = rows[(rows["language"] == code) & (rows["type"] == kind)]
                if len(chosen):
                    _dots(place, chosen["x"], chosen["y"], f"{code} {kind}", colour, mark)
    _add_legend(figure, 6)
    preserved = "; ".join(
        f"{row.stage}, layer {row.layer}: {row.preserved:.2f} (chance {row.chance:.2f})" for row in quality.itertuples()
    )
    first = quality.iloc[0]
    caption = (
        f"t-SNE, perplexity {first['perplexity']:.3g}, seed {first['seed']}, n = {first['n']:,} points a map. Colours "
        f"are languages, shapes are types. Share of the 10 nearest neighbours that a map keeps: {preserved}."
    )
    return _Drawn(figure, title, caption)


def _dots(axes: Any, x: Any, y: Any, label: str, colour: str, mark: str = "o") -> None:
    axes.scatter(x, y, s=9, color=colour, marker=mark, alpha=0.75, linewidths=0, label=label)


def _figure1(run: Run) -> _Drawn | None:
    names = run.read_table("paper_figure1")["name"].unique()
    return _map(run, "figure1", f"“{', '.join(map(str, names))}” in {', '.join(published.FOUR)}")


def _figure2(run: Run) -> _Drawn | None:
    return _map(run, "figure2", "Test entities in four languages")


def _table2(run: Run) -> _Drawn | None:
    """The cosines of every pair of languages, one dot a name."""
    table = run.read_table("paper_table2")
    last = table["layer"].max()
    chosen = table[(table["type"] == "all") & (table["stage"] == "after") & (table["layer"] == last)]
    if chosen.empty:
        return None
    figure, (axes,) = _panels(1, 1, width=4.8)
    pairs = sorted({(a, b) for a, b in zip(chosen["a"], chosen["b"], strict=True)})
    for place, (a, b) in enumerate(pairs):
        rows = chosen[(chosen["a"] == a) & (chosen["b"] == b)]
        spread = [place + 0.4 * (i / max(1, len(rows) - 1) - 0.5) for i in range(len(rows))]
        _dots(axes, spread, rows["cosine"], "an ambiguous name", COLOURS[0])
    stated = {place: published.COSINES[pair] for place, pair in enumerate(pairs) if pair in published.COSINES}
    if stated:
        _dots(axes, list(stated), list(stated.values()), "Washington, the paper", COLOURS[1], "s")
    axes.set_xticks(range(len(pairs)), [f"{a}–{b}" for a, b in pairs])
    axes.set_ylabel("mean cosine")
    axes.grid(axis="y")
    _add_legend(figure, 3)
    caption = f"Layer {last}, after fine-tuning on English; one dot a name, n = {chosen['name'].nunique()}."
    return _Drawn(figure, "Parallel cosines of ambiguous names", caption)


def _figure3(run: Run) -> _Drawn | None:
    deltas = run.read_table("deltas")
    deltas = deltas[deltas["language"] == deltas["donor"]]
    if not (layers := list(deltas.groupby("layer"))):
        return None
    figure, axes = _panels(len(layers), 2)
    for place, (layer, rows) in zip(axes, layers, strict=True):
        for code, part in rows.groupby("language"):
            colour = COLOURS[published.SIX.index(str(code))]
            place.plot(part["step"], part["delta"], color=colour, marker="o", label=code)
        place.set(title=_layer_name(layer), xlabel="step", ylabel=f"Δ{rows['h'].iloc[0]} of mean cosine")
        place.grid(axis="y")
    _add_legend(figure, 6)
    caption = f"Each language while it is trained on; n = {deltas['step'].nunique()} changes, one seed."
    return _Drawn(figure, "Change of the mean cosine during training", caption)


def _figure4(run: Run) -> _Drawn | None:
    table = run.read_table("paper_figure4")
    last = table["layer"].max()
    table = table[table["layer"] == last]
    own, within = table[table["reading"] == "own"], table[table["reading"] != "own"]
    mean = within.groupby(["a", "b"], as_index=False)["r"].mean()
    parts = [("each trained on", own), ("within a model, mean over models", mean)]
    if not (parts := [(title, part) for title, part in parts if len(part)]):
        return None
    figure, axes = _panels(len(parts), 2)
    for place, (title, part) in zip(axes, parts, strict=True):
        _matrix(place, title, part)
    caption = f"Pearson correlation of the changes at layer {last}, n = {table['n'].max()} changes."
    return _Drawn(figure, "Which languages change alike", caption)


def _matrix(axes: Any, title: str, pairs: "pd.DataFrame") -> None:
    """Values of pairs of languages as coloured cells with their number, from −1 to 1."""
    from matplotlib.colors import LinearSegmentedColormap

    names = [*published.APART, *published.TOGETHER]
    found = {(a, b): r for a, b, r in zip(pairs["a"], pairs["b"], pairs["r"], strict=True)}
    values = [[found.get((a, b), found.get((b, a), math.nan)) for b in names] for a in names]
    heat = LinearSegmentedColormap.from_list("heat", _HEAT)
    axes.pcolormesh(values, cmap=heat, vmin=-1.0, vmax=1.0, edgecolors="white", linewidth=1)
    for row, line in enumerate(values):
        for column, value in enumerate(line):
            if value == value:
                axes.text(column + 0.5, row + 0.5, f"{value:.2f}", ha="center", va="center", fontsize=7)
    places = [place + 0.5 for place in range(len(names))]
    axes.set_xticks(places, names)
    axes.set_yticks(places, names)
    axes.tick_params(length=0)
    axes.invert_yaxis()
    axes.set(title=title, aspect="equal")


def seeds_text(pairs: "pd.DataFrame") -> str:
    """Over how many seeds errors are means, and how far these stray; table `transfer_pairs`."""
    least, most = int(pairs["seeds"].min()), int(pairs["seeds"].max())
    if most == 1:
        return "One seed each, so how far seeds stray is not known"
    count = f"{most}" if least == most else f"{least} to {most}"
    return f"Means of {count} seeds, whose standard deviation is {100 * pairs['share_sd'].mean():.1f} points on average"


def _figure5(run: Run) -> _Drawn | None:
    pairs = run.read_table("transfer_pairs")
    distance = distance_column(pairs)
    pairs = pairs[pairs["donor"] != pairs["recipient"]]
    if pairs.empty:
        return None
    figure, (axes,) = _panels(1, 1, width=4.8)
    script_of = scripts_of_pairs(pairs)
    scripts = zip(pairs["donor"].map(script_of), pairs["recipient"].map(script_of), strict=True)
    kinds = [f"{a} to {b}" if a == b else "across scripts" for a, b in scripts]
    for place, kind in enumerate(sorted(set(kinds), key=lambda kind: (kind == "across scripts", kind))):
        rows = pairs[[found == kind for found in kinds]]
        share, x = 100 * rows["share"], rows[distance]
        _dots(axes, x, share, kind, COLOURS[place], _MARKS[place % len(_MARKS)])
        known = rows["low"].notna()
        if known.any():
            reach = [share[known] - 100 * rows["low"][known], 100 * rows["high"][known] - share[known]]
            # Rounding may leave a bound a hair on the wrong side of an exact 0 or 1.
            reach = [side.clip(lower=0.0) for side in reach]
            axes.errorbar(
                x[known], share[known], yerr=reach, fmt="none", ecolor=COLOURS[place], alpha=0.3, elinewidth=0.6
            )
    axes.set(xlabel="TNLD", ylabel="wrong sentences, %")
    axes.grid(axis="y")
    _add_legend(figure, 3)
    languages = len({*pairs["donor"], *pairs["recipient"]})
    caption = f"{several(len(pairs), 'pair')} of {languages} languages, which share them: n is the languages."
    caption += f" {seeds_text(pairs)}."
    if pairs["low"].notna().any():
        caption += " Bars are 95 % intervals that cluster names and contexts."
    if distance == "tnld_read":
        caption += " TNLD and errors are means over the same test sentences."
    return _Drawn(figure, "Errors against spelling distance", caption)
