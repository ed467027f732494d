"""The figures of a paper run as plain descriptions, made from its tables; `svg` and `figures` draw them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nerspace.datasets.languages import LANGUAGES, script_of
from nerspace.datasets.records import ENTITY_TYPES
from nerspace.engine.paper import published
from nerspace.engine.runs import Run

if TYPE_CHECKING:
    import pandas as pd

# Okabe and Ito's colours, which most people can tell apart, and three more.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8a6d3b", "#5b5b5b", "#7b3294", "#b2182b",
           "#66a61e")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Series:
    """Points or a line. spread: half the height of the bar through each point. mark: 0 dot, 1 triangle, 2 square."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    colour: int
    mark: int = 0
    line: bool = False
    spread: Sequence[float] = ()


@dataclass(frozen=True, slots=True)
class Panel:
    """Series over two axes; a map has no numbers on its axes. x_names: what stands at x = 0, 1 … instead of numbers."""

    title: str
    series: Sequence[Series]
    x_label: str = ""
    y_label: str = ""
    is_map: bool = False
    x_names: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Matrix:
    """Values of pairs of names as coloured cells."""

    title: str
    names: Sequence[str]
    values: Mapping[tuple[str, str], float]
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Chart:
    """One figure: its file name, panels and how many stand side by side, and what is to be read under it."""

    name: str
    title: str
    panels: Sequence[Panel | Matrix]
    columns: int
    caption: str = ""


def charts_of(run: Run) -> dict[str, Chart]:
    """Item → chart, of all items whose tables the run holds."""
    held = set(run.tables())
    makers: dict[str, tuple[str, Callable[[Run], Chart | None]]] = {
        "figure1": ("paper_figure1", _figure1), "table2": ("paper_table2", _table2),
        "figure2": ("paper_figure2", _figure2), "figure3": ("deltas", _figure3),
        "figure4": ("paper_figure4", _figure4), "figure5": ("transfer_pairs", _figure5),
    }  # fmt: skip
    asked = run.info()["request"]["items"]
    found = {item: make(run) for item, (table, make) in makers.items() if table in held and item in asked}
    return {item: chart for item, chart in found.items() if chart is not None}


def _map_panels(maps: "pd.DataFrame") -> Iterator[Panel]:
    codes = [code for code in LANGUAGES if code in set(maps["language"])]
    for (stage, layer), rows in maps.groupby(["stage", "layer"], sort=False):
        series = []
        for place, code in enumerate(codes):
            for mark, kind in enumerate(ENTITY_TYPES):
                chosen = rows[(rows["language"] == code) & (rows["type"] == kind)]
                if len(chosen):
                    series.append(Series(f"{code} {kind}", chosen["x"].tolist(), chosen["y"].tolist(), place, mark))
        name = "initial layer" if layer == 0 else f"layer {layer}"
        yield Panel(f"{stage}, {name}", series, is_map=True)


def _map_chart(run: Run, item: str, title: str) -> Chart:
    maps = run.read_table(f"paper_{item}")
    quality = run.read_table("paper_maps")
    quality = quality[quality["item"] == item]
    told = "; ".join(
        f"{row.stage}, layer {row.layer}: {row.preserved:.2f} (chance {row.chance:.2f})" for row in quality.itertuples()
    )
    first = quality.iloc[0]
    caption = (
        f"t-SNE, perplexity {first['perplexity']:.3g}, seed {first['seed']}, n = {first['n']:,} points a map. Colours "
        f"are languages, shapes are types. Share of the 10 nearest neighbours that a map keeps: {told}."
    )
    return Chart(item, title, list(_map_panels(maps)), 2, caption)


def _figure1(run: Run) -> Chart:
    names = run.read_table("paper_figure1")["name"].unique()
    return _map_chart(run, "figure1", f"“{', '.join(map(str, names))}” in {', '.join(published.FOUR)}")


def _figure2(run: Run) -> Chart:
    return _map_chart(run, "figure2", "Test entities in four languages")


def _table2(run: Run) -> Chart:
    """The cosines of every pair of languages, one dot a name."""
    table = run.read_table("paper_table2")
    last = table["layer"].max()
    chosen = table[(table["type"] == "all") & (table["stage"] == "after") & (table["layer"] == last)]
    pairs = sorted({(a, b) for a, b in zip(chosen["a"], chosen["b"], strict=True)})
    x: list[float] = []
    y: list[float] = []
    for place, (a, b) in enumerate(pairs):
        rows = chosen[(chosen["a"] == a) & (chosen["b"] == b)]
        x += [place + 0.4 * (i / max(1, len(rows) - 1) - 0.5) for i in range(len(rows))]
        y += rows["cosine"].tolist()
    stated = [(float(place), published.COSINES[pair]) for place, pair in enumerate(pairs) if pair in published.COSINES]
    series = [Series("an ambiguous name", x, y, 0)]
    if stated:
        series.append(Series("Washington, the paper", [x for x, _ in stated], [y for _, y in stated], 1, 2))
    caption = f"Layer {last}, after fine-tuning on English; one dot a name, n = {chosen['name'].nunique()}."
    names = tuple(f"{a}–{b}" for a, b in pairs)
    panel = Panel("", series, "", "mean cosine", x_names=names)
    return Chart("table2", "Parallel cosines of ambiguous names", [panel], 1, caption)


def _figure3(run: Run) -> Chart:
    deltas = run.read_table("deltas")
    deltas = deltas[deltas["language"] == deltas["donor"]]
    panels = []
    for layer, rows in deltas.groupby("layer"):
        series = [
            Series(str(code), part["step"].tolist(), part["delta"].tolist(), published.SIX.index(str(code)), line=True)
            for code, part in rows.groupby("language")
        ]
        h = int(rows["h"].iloc[0])
        name = "initial layer" if layer == 0 else f"layer {layer}"
        panels.append(Panel(name, series, "step", f"Δ{h} of mean cosine"))
    caption = f"Each language while it is trained on; n = {deltas['step'].nunique()} changes, one seed."
    return Chart("figure3", "Change of the mean cosine during training", panels, 2, caption)


def _figure4(run: Run) -> Chart:
    table = run.read_table("paper_figure4")
    last = table["layer"].max()
    table = table[table["layer"] == last]
    order = [*published.APART, *published.TOGETHER]
    own, within = table[table["reading"] == "own"], table[table["reading"] != "own"]
    mean = within.groupby(["a", "b"], as_index=False)["r"].mean()
    panels = [
        Matrix(title, order, dict(zip(zip(part["a"], part["b"], strict=True), part["r"], strict=True)), -1.0, 1.0)
        for title, part in (("each trained on", own), ("within a model, mean over models", mean))
        if len(part)
    ]
    caption = f"Pearson correlation of the changes at layer {last}, n = {table['n'].max()} changes."
    return Chart("figure4", "Which languages change alike", panels, 2, caption)


def _figure5(run: Run) -> Chart | None:
    pairs = run.read_table("transfer_pairs")
    pairs = pairs[pairs["donor"] != pairs["recipient"]]
    if pairs.empty:
        return None
    scripts = list(zip(pairs["donor"].map(script_of), pairs["recipient"].map(script_of), strict=True))
    kinds = [a if a == b else "across scripts" for a, b in scripts]
    series = []
    for place, kind in enumerate(sorted(set(kinds), key=lambda kind: (kind == "across scripts", kind))):
        rows = pairs[[found == kind for found in kinds]]
        name = kind if kind == "across scripts" else f"{kind} to {kind}"
        share, spread = 100 * rows["share"], 100 * rows["share_sd"].fillna(0.0)
        series.append(Series(name, rows["tnld"].tolist(), share.tolist(), place, place, spread=spread.tolist()))
    caption = f"n = {len(pairs)} pairs, mean of {pairs['seeds'].max()} seeds; bars are one standard deviation."
    return Chart("figure5", "Errors against spelling distance",
                 [Panel("", series, "TNLD", "wrong sentences, %")], 1, caption)  # fmt: skip


def legend_of(chart: Chart) -> list[tuple[str, int, int]]:
    """Name, colour and mark of every series of a chart, once each."""
    found: dict[str, tuple[str, int, int]] = {}
    for panel in chart.panels:
        if isinstance(panel, Panel):
            for one in panel.series:
                found.setdefault(one.name, (one.name, one.colour, one.mark))
    return list(found.values())


def limits(values: Sequence[float]) -> tuple[float, float]:
    """Ends of an axis with a little room; a single value gets some around it."""
    known = [value for value in values if value == value]
    if not known:
        return 0.0, 1.0
    low, high = min(known), max(known)
    room = 0.06 * (high - low) or 0.5 * abs(high) or 0.5
    return low - room, high + room


def panel_limits(panel: Panel) -> tuple[tuple[float, float], tuple[float, float]]:
    """Ends of both axes, bars within them."""
    y: list[Any] = []
    for one in panel.series:
        bars = one.spread or [0.0] * len(one.y)
        y += [value + sign * bar for value, bar in zip(one.y, bars, strict=True) for sign in (-1, 1)]
    return limits([value for one in panel.series for value in one.x]), limits(y)
