"""nerspace transfer: models of many donors, their errors in every language, and what those have to do with spelling."""

from typing import TYPE_CHECKING, Annotated

import typer

from nerspace.tui.cli.options import (
    Csv,
    Data,
    Device,
    Dropout,
    Epochs,
    Json,
    LearningRate,
    Model,
    On,
    Plot,
    ProbeEvery,
    Rows,
    Threads,
    Workspace,
)
from nerspace.tui.cli.training import Follow

if TYPE_CHECKING:
    from nerspace.engine.runs import Run


def transfer(
    donors: Annotated[str, typer.Option("--donors", metavar="CODES", help="Languages to train on.")] = "all",
    recipients: Annotated[
        str, typer.Option("--recipients", metavar="CODES", help="Languages to test in; donors are tested too.")
    ] = "all",
    seeds: Annotated[int, typer.Option(help="Models per donor, each with its own seed.")] = 3,
    seed: Annotated[int, typer.Option(help="The first seed; also decides the split and the sample.")] = 0,
    size: Annotated[int, typer.Option(help="Training sentences.")] = 2880,
    test_size: Annotated[int, typer.Option(help="Test sentences per language.")] = 120,
    model: Model = "builtin",
    device: Device = "auto",
    on: On = None,
    threads: Threads = 0,
    data: Data = "builtin",
    epochs: Epochs = 1,
    batch_size: Annotated[int, typer.Option(help="Sentences per step.")] = 8,
    learning_rate: LearningRate = None,
    dropout: Dropout = 0.0,
    probe_every: ProbeEvery = 0,
    keep_model: Annotated[bool, typer.Option(help="Save every model in the run (0.5 GB each).")] = False,
    run: Annotated[
        str | None, typer.Option("--run", help="Train nothing: tell the tables anew from a run's predictions.")
    ] = None,
    layer: Annotated[
        int | None, typer.Option("--layer", help="Layer of the CKA that ranks donors; the last by default.")
    ] = None,
    table: Annotated[
        str | None,
        typer.Option("--table", help="transfer, transfer_pairs, correlations, advice or advice_quality."),
    ] = None,
    follow: Follow = True,
    workspace: Workspace = None,
    csv: Csv = None,
    as_json: Json = False,
    plot: Plot = False,
    rows: Rows = 60,
) -> None:
    """Do errors in other languages grow with spelling distance, and which donor should a language get?

    Trains one model per donor and seed, tests each in every recipient, and relates errors to TNLD, shared pieces and
    CKA, with tests that know that pairs share languages.

    nerspace transfer --donors en,ru --seeds 2 --detach, then nerspace transfer --run RUN --plot
    """
    from nerspace.datasets.errors import UsageError
    from nerspace.datasets.languages import parse_languages
    from nerspace.engine import encoders, runs
    from nerspace.engine.requests.training import make_request
    from nerspace.engine.transfer.findings import TABLES
    from nerspace.tui.cli.output import watch
    from nerspace.tui.cli.training import begin

    if table is not None and table not in TABLES:
        raise UsageError(f"Unknown table {table!r}.", f"Choose from {', '.join(TABLES)}.")
    if (csv is not None or as_json) and table is None:
        raise UsageError("There are several tables.", f"Add --table with one of {', '.join(TABLES)}.")
    if run is not None:
        done = runs.find_run(runs.workspace_folder(workspace), run)
    else:
        given = parse_languages(donors)
        request = make_request(
            donor=given[0], donors=given, seeds=seeds, languages=parse_languages(recipients), seed=seed, size=size,
            test_size=test_size, model=model, device=device, data=data,
            learning_rate=learning_rate or (2e-4 if model == encoders.BUILTIN else 5e-5), batch_size=batch_size,
            epochs=epochs, dropout=dropout, probe_every=probe_every, probe_size=12, perplexity=70,
            keep_model=keep_model, on=on or "", threads=threads,
        )  # fmt: skip
        done = begin("transfer", request, workspace)
        if not watch(done, follow):
            return
    _show(done, layer, table, csv, as_json, plot, rows)


def _show(
    run: "Run", layer: int | None, table: str | None, csv: str | None, as_json: bool, plot: bool, rows: int
) -> None:
    from nerspace.datasets.errors import UsageError
    from nerspace.engine.transfer.findings import transfer_tables
    from nerspace.tui.cli.output import show_table
    from nerspace.tui.cli.reports.transfer import show_report

    tables = transfer_tables(run, layer)
    if table is not None and table not in tables:
        raise UsageError(f"The run {run.id} has one donor.", "Donors are ranked where there are several.")
    if table is not None or plot:
        name = table or "transfer_pairs"
        show_table(name, tables[name], csv=csv, as_json=as_json, plot=plot, rows=rows)
        return
    show_report(tables)
    print(f"\nMore: nerspace transfer --run {run.id} --plot, or --table NAME --csv FILE.")
