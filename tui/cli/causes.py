"""nerspace factors: what spelling, tokenisation and the space each have to do with the errors of a run."""

from typing import Annotated

import typer

from nerspace.tui.cli.options import Workspace, one_of, require_choice
from nerspace.tui.cli.output import Output, Plotted

TABLES = ("factor_terms", "factor_shares", "factors")


def factors(
    run: Annotated[str | None, typer.Option("--run", help="A run that counted errors; the newest by default.")] = None,
    table: Annotated[str | None, typer.Option(help=one_of(TABLES))] = None,
    seed: Annotated[int, typer.Option(help="Decides the bootstraps and exchanges.")] = 0,
    workspace: Workspace = None,
    *,
    output: Plotted,
) -> None:
    """What do spelling, tokenisation and the space each have to do with wrong sentences?

    Asks sentence by sentence, within each pair of languages and each cell, so that script and hard languages are held.
    The data may be your own: any run that counted errors, also of nerspace evaluate, with the terms that exist there.
    The run keeps the tables, and the explorer shows them on Transfer and Entity.

    nerspace factors --plot, or nerspace factors --table factors --csv rows.csv
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
    if table is None and output.is_screen:
        from nerspace.tui.cli.reports.causes import show_factors

        show_factors(tables, notes)
        return
    name = table or "factor_terms"
    output.show(name, tables[name])
    if table is None and output.plot and len(tables["factor_shares"]):
        print()
        Output(plot=True).show("factor_shares", tables["factor_shares"])
