"""nerspace runs compare: how two runs differ."""

from typing import Annotated

import typer

from nerspace.tui.cli.options import Csv, Json, Workspace

First = Annotated[str, typer.Argument(metavar="RUN", help="A run's id or the beginning of it.")]
Second = Annotated[str, typer.Argument(metavar="OTHER", help="Another.")]


def compare(
    first: First,
    second: Second,
    request: Annotated[
        bool, typer.Option("--request/--errors", help="What was asked of them, or the sentences that they get wrong.")
    ] = False,
    csv: Csv = None,
    as_json: Json = False,
    workspace: Workspace = None,
) -> None:
    """Lay two runs side by side: wrong sentences per language, or the fields of their requests that differ."""
    from nerspace.engine import runs
    from nerspace.engine.runs import tables as listing
    from nerspace.tui.cli.output import show_table

    folder = runs.workspace_folder(workspace)
    a, b = (runs.find_run(folder, name) for name in (first, second))
    name = "request_differences" if request else "errors_compared"
    frame = listing.request_differences(a, b) if request else listing.errors_compared(a, b)
    show_table(name, frame, csv=csv, as_json=as_json)
    if frame.empty and csv is None and not as_json:
        print("Both were asked the same.")
