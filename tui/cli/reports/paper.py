"""What a paper run found, in words and text plots: verdicts first, then each table and figure."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nerspace.engine.words import several
from nerspace.tui.cli.output import Output, print_table, records, say
from nerspace.tui.literal import literal

if TYPE_CHECKING:
    import pandas as pd

    from nerspace.engine.runs import Run

# Item → the tables that are drawn as text.
PLOTS = {
    "figure1": ("paper_figure1",), "table2": ("paper_table2",), "figure2": ("paper_figure2",), "figure3": ("deltas",),
    "figure4": ("paper_figure4",), "figure5": ("transfer_pairs",),
}  # fmt: skip
BRIEF = ["item", "claim", "verdict", "value", "low", "high", "p", "floor", "n", "unit"]


def show_items(output: Output) -> None:
    """Print what the paper has, what it says of it, and the tables that answer here."""
    from nerspace.engine.paper.claims import item_table
    from nerspace.engine.paper.published import ITEMS

    table = item_table()
    if output.is_data:
        output._replace(plot=False).show("paper_items", table)
        return
    for item, claims in table.groupby("item", sort=False):
        known = ITEMS[str(item)]
        say(f"{item:<8} {known.title}: {known.shows}\n         tables: {', '.join(known.tables)}")
        for row in records(claims[claims["claim"] != ""]):
            say(f"         · {row.claim}\n           {row.statistic}:\n           {row.rule}.")
        say()


def show_paper(run: "Run", items: Sequence[str]) -> None:
    """Print the verdicts, the numbers beside the paper's, and where the report lies."""
    from nerspace.engine.paper.report import HTML, MARKDOWN
    from nerspace.engine.transfer.answer import PAPER_KEEPS_NONE
    from nerspace.tui.cli.reports.answer import show_answer

    show_answer(run, PAPER_KEEPS_NONE)
    info = run.info()
    request = info["request"]
    sizes = request["sizes"]
    say(f"\nScale {request['scale']}: {sizes['train']:,} training and {sizes['test']:,} test sentences asked for, "
         f"h = {sizes['probe_every']} steps, {several(request['seeds'], 'seed')} for Figure 5, "
         f"model {literal(request['model'])}.")  # fmt: skip
    for line in info.get("notes", []):
        say(f"  {literal(line)}")
    if "table1" in items:
        say("\nTable 1: possible and valid sentences, theirs beside ours\n")
        print_table(run.read_table("paper_table1"))
    claims = run.read_table("paper_claims")
    claims = claims[claims["item"].isin(list(items))]
    if len(claims):
        say("\nThe paper's claims; low and high bound the 95 % interval, floor is what chance gives\n")
        print_table(claims[BRIEF])
        for row in records(claims):
            if isinstance(remark := getattr(row, "remark", ""), str) and remark:
                say(f"  {literal(row.claim)} {literal(remark)}")
        say("\nThe rule of each: nerspace paper --list; undecided means that the figures allow neither answer.")
    say(f"Report: {run.path / HTML} (and {MARKDOWN}, figures/)")
    say(f"Plots as text: the same command with --plot. Tables: {', '.join(run.tables())}.")


def show_plots(run: "Run", items: Sequence[str]) -> None:
    """Print the text plot of each figure that the run holds."""
    from nerspace.engine.paper.published import ITEMS
    from nerspace.engine.tables.index import CATALOGUE
    from nerspace.tui.plots.tables import plot

    held = set(run.tables())
    for item in items:
        for name in PLOTS.get(item, ()):
            if name in held:
                say(f"\n{ITEMS[item].title}: {ITEMS[item].shows}\n")
                print(plot(name, CATALOGUE[name].plot, _plotted(name, run.read_table(name))))


def _plotted(name: str, frame: "pd.DataFrame") -> "pd.DataFrame":
    """The part of a table that its figure shows: the paper's own name, languages while they are trained on."""
    chosen = frame
    if name == "deltas":
        chosen = frame[frame["donor"] == frame["language"]].drop(columns=["donor", "seed"])
    elif name == "paper_figure4":
        chosen = frame[(frame["reading"] == "own") & (frame["layer"] == frame["layer"].max())]
    elif name == "paper_table2":
        from nerspace.engine.paper.published import NAME

        chosen = frame[(frame["name"] == NAME) & (frame["type"] == "all") & (frame["layer"] == frame["layer"].max())]
    return chosen if len(chosen) or name != "paper_table2" else frame
