"""nerspace factors: what spelling, tokenisation and the space each have to do with the errors of a run."""

from typing import TYPE_CHECKING, Annotated

import typer

from nerspace.tui.cli.options import Workspace, one_of, require_choice
from nerspace.tui.cli.output import Output, Plotted

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from nerspace.engine.runs import Run

TABLES = ("factor_terms", "factor_shares", "factors")


def factors(
    run: Annotated[str | None, typer.Option("--run", help="A run that counted errors; the newest by default.")] = None,
    table: Annotated[str | None, typer.Option(help=one_of(TABLES))] = None,
    why: Annotated[
        str | None,
        typer.Option(metavar="CODE[,CODE]", help="Why is a language worse than another, such as be,ru?"),
    ] = None,
    donor: Annotated[
        str | None, typer.Option(help="For --why: the donor; by default the run's first that is none of both.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Decides the bootstraps and exchanges.")] = 0,
    workspace: Workspace = None,
    *,
    output: Plotted,
) -> None:
    """What do spelling, tokenisation and the space each have to do with wrong sentences?

    Asks sentence by sentence, within each pair of languages and each cell, so that script and hard languages are held.
    The data may be your own: any run that counted errors, also of nerspace evaluate, with the terms that exist there.
    The run keeps the tables, and the explorer shows them on Transfer and Entity.

    nerspace factors --why be,ru, or nerspace factors --plot, or nerspace factors --table factors --csv rows.csv
    """
    from nerspace.engine import runs
    from nerspace.engine.transfer.causes import factor_tables

    if table is not None:
        require_choice("table", table, TABLES)
    found = runs.find_run(
        runs.workspace_folder(workspace), run, lambda one: {"predictions", "sentences"} <= set(one.tables()), "errors"
    )
    tables, notes = factor_tables(found, seed)
    for name, frame in tables.items():
        found.write_table(name, frame)
    if why is not None:
        _answer(found, why, donor, tables, output)
        return
    if table is None and output.is_screen:
        from nerspace.tui.cli.reports.causes import show_factors

        show_factors(tables, notes)
        return
    name = table or "factor_terms"
    output.show(name, tables[name], found)
    if table is None and output.plot and len(tables["factor_shares"]):
        print()
        Output(plot=True).show("factor_shares", tables["factor_shares"])


def _answer(run: "Run", asked: str, donor: str | None, tables: "Mapping[str, pd.DataFrame]", output: Output) -> None:
    """Print the card of two languages, or its table."""
    from nerspace.engine.transfer.card import cause_table, usual_donor, usual_rival
    from nerspace.engine.transfer.causes import counterfactuals_of
    from nerspace.tui.cli.output import say
    from nerspace.tui.why import why_lines

    factors = tables["factors"]
    recipient, _, against = (part.strip() for part in asked.partition(","))
    known = sorted(set(factors["recipient"]))
    donors = sorted(set(factors["donor"]))
    for what, code, among in (("recipient", recipient, known), ("recipient", against or recipient, known),
                              ("donor", donor or "".join(donors[:1]), donors)):  # fmt: skip
        require_choice(what, code, among)
    donor = donor or usual_donor(factors, recipient, against)
    against = against or usual_rival(factors, recipient, donor)
    found = cause_table(factors, recipient, against, donor, tables["factor_terms"], counterfactuals_of(run, donor))
    if not output.is_screen:
        output.show("causes", found)
        return
    say(f"\nWhy does {recipient} differ from {against} here?\n")
    for line in why_lines(found, recipient, against):
        say(f"  {line}" if line else "")
