"""The report of a paper run: the paper's tables and figures, theirs beside ours, and the verdicts."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nerspace.engine.files import write_text
from nerspace.engine.paper import figures, svg
from nerspace.engine.paper.charts import Chart, charts_of
from nerspace.engine.paper.published import ITEMS, NAME, OPEN, TITLE
from nerspace.engine.paper.rendering import (
    Block,
    Grid,
    Heading,
    Listed,
    Paragraph,
    Picture,
    Verdict,
    cell,
    html,
    markdown,
)
from nerspace.engine.runs import Run

if TYPE_CHECKING:
    import pandas as pd

MARKDOWN, HTML, FIGURES = "report.md", "report.html", "figures"


def write_report(run: Run) -> list[str]:
    """Write report.md, report.html and figures/ into the run from its tables; what is worth telling is returned."""
    run.require()
    folder = run.path / FIGURES
    folder.mkdir(exist_ok=True)
    notes = []
    if not figures.installed():
        notes.append("Figures as SVG only; pip install 'nerspace[figures]' adds SVG and PDF for publication.")
    pictures = {item: _picture(chart, folder) for item, chart in charts_of(run).items()}
    blocks = list(_blocks(run, pictures))
    for name, text in ((MARKDOWN, markdown(blocks)), (HTML, html(blocks, f"nerspace paper, {run.id}"))):
        write_text(run.path / name, text)
    return [*notes, f"Report: {run.path / HTML}"]


def _picture(chart: Chart, folder: Path) -> Picture:
    """Draw a chart with matplotlib where it is installed, else by ourselves."""
    path = folder / f"{chart.name}.svg"
    if figures.installed():
        figures.draw(chart, folder)
        text = path.read_text(encoding="utf-8")
        text = text[text.index("<svg") :]
    else:
        text = svg.draw(chart)
        write_text(path, text)
    return Picture(text, f"{FIGURES}/{path.name}", chart.title, f"{chart.title}. {chart.caption}")


def _blocks(run: Run, pictures: dict[str, Picture]) -> Iterator[Block]:
    info = run.info()
    claims = run.read_table("paper_claims")
    yield Heading(1, f"“{TITLE}”, made again")
    yield Paragraph(
        f"Run {run.id}, scale {info['request']['scale']}, model {info['request']['model']}, data "
        f"{info['request']['data']}, first seed {info['request']['seed']}, on {info.get('device', 'no device')}. Every "
        "verdict follows from a rule that was fixed before; “undecided” means that the figures allow neither answer."
    )
    if len(claims):
        yield Heading(2, "The claims")
        brief = claims[["item", "claim", "verdict", "value", "low", "high", "p", "floor", "n", "unit"]]
        yield Grid(brief, "Table paper_claims; low and high bound the 95 % interval, floor is what chance gives.")
    if info.get("notes"):
        yield Heading(2, "What is not as in the paper")
        yield Listed(list(info["notes"]))
    for item in info["request"]["items"]:
        yield Heading(2, f"{ITEMS[item].title}: {ITEMS[item].shows}")
        if item in pictures:
            yield pictures[item]
        yield from (_verdict(row) for row in claims[claims["item"] == item].itertuples())
        yield from _tables(run, item)
    yield Heading(2, "How it was done")
    yield Grid(run.read_table("paper_settings"), "Table paper_settings.")
    yield Heading(3, "Where the paper leaves something open")
    yield Listed(OPEN)
    yield from _provenance(info)


def _verdict(row: Any) -> Verdict:
    known = {name: getattr(row, name) for name in ("value", "low", "high", "p", "floor", "theirs")}
    parts = [f"{row.statistic}: {cell(known['value']) or 'no value'}"]
    if known["low"] == known["low"]:
        parts.append(f"95 % interval {cell(known['low'])} to {cell(known['high'])}")
    parts += [f"{name} {cell(known[name])}" for name in ("p", "floor") if known[name] == known[name]]
    parts.append(f"n = {row.n:,} {row.unit}" if row.n else "n = 0")
    if known["theirs"] == known["theirs"]:
        parts.append(f"the same from the paper's own numbers: {cell(known['theirs'])}")
    return Verdict(row.claim, row.verdict, "; ".join(parts) + ".", f"Rule: {row.rule}.")


def _tables(run: Run, item: str) -> Iterator[Grid]:
    held = set(run.tables())
    if item == "table1":
        yield Grid(
            run.read_table("paper_table1"),
            "Table paper_table1: possible is contexts times names; theirs is the paper's number, of its own data; "
            "valid are those that keep gender, slots and languages.",
        )
    if item == "table2" and "paper_table2" in held:
        yield from _table2(run.read_table("paper_table2"))
    if item in ("figure1", "figure2") and "paper_maps" in held:
        maps = run.read_table("paper_maps")
        yield Grid(
            maps[maps["item"] == item].drop(columns="item"), "Table paper_maps: how far the maps may be trusted."
        )
    if item == "figure2" and "groups" in held:
        groups = run.read_table("groups")
        yield Grid(groups[groups["measure"] == "knn_purity"], "Table groups, kNN purity (k = 10) beside both floors.")
        if len(clubs := run.read_table("paper_clubs")):
            yield Grid(
                clubs, "Table paper_clubs: share of LOC among the nearest of as many LOC as ORG; floor one half."
            )
    if item == "figure3" and "deltas" in held:
        deltas = run.read_table("deltas")
        own = deltas[deltas["donor"] == deltas["language"]]
        size = own.assign(size=own["delta"].abs()).groupby(["layer", "language"], as_index=False)
        yield Grid(
            size.agg(n=("delta", "size"), mean_size=("size", "mean"), total=("delta", "sum")),
            "From table deltas: mean size of the changes and their sum, each language while trained on.",
        )
    if item == "figure4" and "paper_figure4" in held:
        table = run.read_table("paper_figure4")
        table = table[(table["reading"] == "own") & (table["layer"] == table["layer"].max())]
        yield Grid(
            table.drop(columns=["reading", "layer"]), "From table paper_figure4: each language while trained on."
        )
    if item == "figure5" and "correlations" in held:
        yield Grid(run.read_table("correlations"), "Table correlations.")
        yield _errors(run.read_table("transfer"))


def _table2(table: "pd.DataFrame") -> Iterator[Grid]:
    last = table["layer"].max()
    chosen = table[(table["type"] == "all") & (table["stage"] == "after") & (table["layer"] == last)]
    one = chosen[chosen["name"] == NAME][["a", "b", "n", "cosine", "floor", "theirs"]]
    if len(one):
        yield Grid(one, f"From table paper_table2: “{NAME.capitalize()}”, layer {last}, after; the floor pairs its "
                   "contexts at random.")  # fmt: skip
    means = chosen.groupby(["a", "b"], as_index=False).agg(
        names=("cosine", "count"), cosine=("cosine", "mean"), sd=("cosine", "std"), floor=("floor", "mean")
    )
    yield Grid(means, "The same over all ambiguous names: mean and standard deviation over names.")


def _errors(transfer: "pd.DataFrame") -> Grid:
    share = transfer.assign(share=100 * transfer["wrong"] / transfer["sentences"])
    wide = share.pivot_table(index="donor", columns="recipient", values="share").round(1).reset_index()
    wide.columns.name = None
    n, seeds = int(transfer["sentences"].min()), transfer["seed"].nunique()
    return Grid(
        wide, f"Wrong sentences, %, by donor (row) and recipient (column), mean of {seeds} seeds, n = {n} each."
    )


def _provenance(info: dict[str, Any]) -> Iterator[Block]:
    import pandas as pd

    yield Heading(3, "Request")
    sizes = info["request"]["sizes"]
    rows = [(k, " ".join(v) if isinstance(v, list) else str(v)) for k, v in info["request"].items() if k != "sizes"]
    rows += [(f"sizes.{name}", str(value)) for name, value in sizes.items()]
    yield Grid(pd.DataFrame(rows, columns=["field", "value"]), "run.json holds it whole.")
    yield Heading(3, "Versions")
    yield Grid(pd.DataFrame(list(info["versions"].items()), columns=["package", "version"]))
    yield Heading(3, "Durations")
    seconds = info.get("seconds", {})
    frame = pd.DataFrame([(stage, float(value)) for stage, value in seconds.items()], columns=["stage", "seconds"])
    told = info.get("estimated_seconds")
    made = f" Estimated for the models before the first was made: {told:,.0f} s." if told else ""
    yield Grid(frame, f"{frame['seconds'].sum():,.0f} s in all, without this report.{made}")
