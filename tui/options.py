"""The options that several commands share, worded once."""

from pathlib import Path
from typing import Annotated

import typer

Workspace = Annotated[
    Path | None,
    typer.Option("--workspace", metavar="DIR", help="Where runs are kept.", envvar="NERSPACE_HOME", show_envvar=True),
]
Csv = Annotated[str | None, typer.Option("--csv", metavar="FILE", help="Write the table as CSV; - is stdout.")]
Json = Annotated[bool, typer.Option("--json", help="Print the table as JSON.")]
Plot = Annotated[bool, typer.Option("--plot", help="Draw the table as text.")]
Rows = Annotated[int, typer.Option("--rows", min=0, help="Rows to print; 0 prints all.")]
Languages = Annotated[
    str | None, typer.Option("--lang", metavar="CODES", help="Languages, such as be,en,ru; all by default.")
]
Data = Annotated[str, typer.Option("--data", metavar="NAME|DIR", help="builtin, or a folder with parallel data.")]
Model = Annotated[
    str,
    typer.Option(
        "--model", metavar="NAME|DIR", help="builtin, a folder, or a hub id such as FacebookAI/xlm-roberta-base."
    ),
]
RunName = Annotated[
    str | None, typer.Argument(metavar="[RUN]", help="A run's id or the beginning of it; the newest by default.")
]
