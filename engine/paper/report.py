"""The report of a paper run: the paper's tables and figures, theirs beside ours, and the verdicts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nerspace.engine.files import make_folder, write_text
from nerspace.engine.paper import figures
from nerspace.engine.paper.published import ITEMS, NAME, OPEN, TITLE
from nerspace.engine.paper.rendering import Grid, cell, markdown, page
from nerspace.engine.runs import Run
from nerspace.engine.transfer.answer import PAPER_KEEPS_NONE, answer_of

if TYPE_CHECKING:
    import pandas as pd

MARKDOWN, HTML, FIGURES = "report.md", "report.html", "figures"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A claim with its verdict, what decided it, the rule, and what else must be known."""

    claim: str
    verdict: str
    figures: str
    rule: str
    remark: str


@dataclass(frozen=True, slots=True)
class Section:
    """What the report says of one item of the paper."""

    title: str
    shows: str
    picture: figures.Picture | None
    verdicts: list[Verdict]
    grids: list[Grid]


def write_report(run: Run) -> Path:
    """Write report.md, report.html and figures/ into the run from its tables.

    Returns:
        The HTML page.
    """
    run.require()
    folder = run.path / FIGURES
    make_folder(folder)
    pictures = figures.draw_figures(run, run.info()["request"]["items"], folder)
    text = markdown(**_parts(run, pictures))
    write_text(run.path / MARKDOWN, text)
    images = {f"{FIGURES}/{picture.file}": picture.svg for picture in pictures.values()}
    write_text(run.path / HTML, page(text, f"nerspace paper, {run.id}", images))
    return run.path / HTML


def _parts(run: Run, pictures: Mapping[str, figures.Picture]) -> dict[str, Any]:
    """What report.md.jinja names."""
    info = run.info()
    request, claims = info["request"], run.read_table("paper_claims")
    brief = claims[["item", "claim", "verdict", "value", "low", "high", "p", "floor", "n", "unit"]]
    note = "Table paper_claims; low and high bound the 95 % interval, floor is what chance gives."
    return {
        "title": TITLE,
        "run": run.id,
        "request": request,
        "device": info.get("device", "no device"),
        "answer": answer_of(run, PAPER_KEEPS_NONE),
        "claims": Grid(brief, note) if len(claims) else None,
        "notes": info.get("notes", []),
        "figures": FIGURES,
        "sections": [
            Section(
                ITEMS[item].title,
                ITEMS[item].shows,
                pictures.get(item),
                [_verdict(row) for row in claims[claims["item"] == item].itertuples()],
                list(_tables(run, item)),
            )
            for item in request["items"]
            if item in ITEMS
        ],
        "settings": Grid(run.read_table("paper_settings"), "Table paper_settings."),
        "open": OPEN,
        **_provenance(info),
    }


def _verdict(row: Any) -> Verdict:
    known = {name: getattr(row, name) for name in ("value", "low", "high", "p", "floor", "theirs")}
    parts = [f"{row.statistic}: {cell(known['value']) or 'no value'}"]
    if known["low"] == known["low"]:
        parts.append(f"95 % interval {cell(known['low'])} to {cell(known['high'])}")
    parts += [f"{name} {cell(known[name])}" for name in ("p", "floor") if known[name] == known[name]]
    parts.append(f"n = {row.n:,} {row.unit}" if row.n else "n = 0")
    if known["theirs"] == known["theirs"]:
        parts.append(f"the same from the paper's own numbers: {cell(known['theirs'])}")
    remark = getattr(row, "remark", "")
    return Verdict(row.claim, row.verdict, "; ".join(parts) + ".", row.rule, remark if isinstance(remark, str) else "")


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
                clubs,
                "Table paper_clubs: share of LOC among the nearest of as many LOC as ORG; floor one half. The claim is "
                "judged by contexts that settle the type.",
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
    if item == "figure5" and "donor_order" in held:
        yield Grid(
            run.read_table("donor_order"),
            "Table donor_order: points above the mean of all donors; seed_rank and half_rank say "
            "how far the order can be relied on.",
        )
    if item == "figure5" and "factor_terms" in held:
        yield Grid(run.read_table("factor_terms"), "Table factor_terms: what errors hang on, sentence by sentence.")


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
    over = f"mean of {seeds} seeds" if seeds > 1 else "one seed"
    half = 50 * (transfer["high"] - transfer["low"]).median() if "low" in transfer else float("nan")
    known = f"; half an interval of 95 %, clustered by name and context, is {half:.0f} points" if half == half else ""
    what = "Wrong sentences, %, by donor (row) and recipient (column)"
    return Grid(wide, f"{what}, {over}, n = {n} each{known} (table transfer).")


def _provenance(info: dict[str, Any]) -> dict[str, Grid]:
    import pandas as pd

    request, seconds = info["request"], info.get("seconds", {})
    fields = [(k, " ".join(v) if isinstance(v, list) else str(v)) for k, v in request.items() if k != "sizes"]
    fields += [(f"sizes.{name}", str(value)) for name, value in request["sizes"].items()]
    durations = pd.DataFrame([(stage, float(value)) for stage, value in seconds.items()], columns=["stage", "seconds"])
    caption = f"{durations['seconds'].sum():,.0f} s in all, without this report."
    if estimated := info.get("estimated_seconds"):
        caption += f" Estimated for the models before the first was made: {estimated:,.0f} s."
    return {
        "fields": Grid(pd.DataFrame(fields, columns=["field", "value"]), "run.json holds it whole."),
        "versions": Grid(pd.DataFrame(list(info["versions"].items()), columns=["package", "version"])),
        "durations": Grid(durations, caption),
    }
