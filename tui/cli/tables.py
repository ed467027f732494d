"""nerspace tables and nerspace export: the catalogue of tables, and one of them from a run."""

from typing import Annotated

import typer

from nerspace.tui.cli.options import But, Workspace
from nerspace.tui.cli.output import Files, Output
from nerspace.tui.cli.runs import find


def tables(
    name: Annotated[str | None, typer.Argument(help="A table, to see its columns.")] = None, *, output: Files
) -> None:
    """List every table nerspace can make, or the columns of one."""
    import pandas as pd

    from nerspace.engine.tables.index import CATALOGUE, table_spec

    if name is not None:
        spec = table_spec(name)
        print(spec.meaning)
        frame = pd.DataFrame(spec.meanings.items(), columns=["column", "meaning"])
    else:
        rows = [(spec.name, spec.plot, spec.meaning) for spec in CATALOGUE.values()]
        frame = pd.DataFrame(rows, columns=["table", "plot", "meaning"])
    output.show("", frame)


def export(
    table: Annotated[str, typer.Argument(help="A table of the catalogue; see nerspace tables.")],
    run: Annotated[str | None, typer.Option("--run", help="A run; the newest by default.")] = None,
    *,
    output: Annotated[Output, But(rows=40)],
    workspace: Workspace = None,
) -> None:
    """Print a table of a run, or write it as CSV, for Excel (x.xlsx) or as Parquet, with what it is of in x.csv.json.

    In CSV a text that begins with = stays as it is (pandas reads the same); --excel and x.xlsx make such texts inert.

    nerspace export predictions --where "type:LOC lang:tr wrong:yes" --csv wrong.csv
    """
    from nerspace.engine.tables.index import Held, table_spec

    spec = table_spec(table)
    found = find(workspace, run, *filter(None, (table, spec.source)))
    made = spec.source and table not in found.tables()
    frame = Held({spec.source: found.read_table(spec.source)})[table] if made else found.read_table(table)
    output.show(table, frame, found)
