"""nerspace transfer: models of many donors, their errors in every language, and what those have to do with spelling."""

from typing import TYPE_CHECKING, Annotated

import typer

from nerspace.datasets.languages import parse_languages
from nerspace.engine.errors import UsageError
from nerspace.engine.requests.training import ALL, TransferRequest
from nerspace.tui.cli.job import Job
from nerspace.tui.cli.options import AsRead, But, Names, require_choice
from nerspace.tui.cli.output import Output, Plotted
from nerspace.tui.cli.training import begin
from nerspace.tui.cli.work import Place, Training

if TYPE_CHECKING:
    from nerspace.engine.runs import Run


def transfer(
    donors: Annotated[str, typer.Option(metavar="CODES", help="Languages to train on.")] = "all",
    recipients: Annotated[
        str, typer.Option(metavar="CODES", help="Languages to test in; donors are tested too.")
    ] = "all",
    *,
    training: Annotated[
        Training,
        But(
            "probe_size",
            "probe_languages",
            "probe_layers",
            seeds=TransferRequest.seeds,
            probe_every=TransferRequest.probe_every,
            keep_model=TransferRequest.keep_model,
        ),
    ],
    # --layer is that of the CKA here.
    reading: Annotated[AsRead, But("layer")],
    tag_layer: Annotated[
        int, typer.Option("--tag-layer", min=1, help="Layer of nested tags, from the outermost, 1.")
    ] = 1,
    names: Names = "",
    place: Place,
    run: Annotated[
        str | None, typer.Option("--run", help="Train nothing: tell the tables anew from a run's predictions.")
    ] = None,
    layer: Annotated[
        int | None, typer.Option("--layer", help="Layer of the CKA that ranks donors; the last by default.")
    ] = None,
    table: Annotated[
        str | None,
        typer.Option("--table", help="transfer, transfer_pairs, correlations, advice, advice_quality or zero_shot."),
    ] = None,
    job: Job,
    output: Plotted,
) -> None:
    """Do errors in other languages grow with spelling distance, and which donor should a language get?

    Trains one model per donor and seed, tests each in every recipient, and relates errors to TNLD, shared pieces and
    CKA, with tests that know that pairs share languages.

    nerspace transfer --donors en,ru --seeds 2 --detach, then nerspace transfer --run RUN --plot
    """
    from nerspace.engine import runs
    from nerspace.engine.transfer.findings import TABLES

    choices = (*TABLES, "zero_shot")
    if table is not None:
        require_choice("table", table, choices)
    elif output.is_data:
        raise UsageError("There are several tables.", f"Add --table with one of {', '.join(choices)}.")
    if run is not None:
        done = runs.find_run(job.folder, run)
    else:
        request = training.request(
            "transfer",
            donors=parse_languages(donors) or ALL,
            languages=parse_languages(recipients),
            reading=reading._replace(layer=tag_layer).reading(),
            names=names,
            **place._asdict(),
        )
        done = begin("transfer", request, job.workspace)
        if not job.ended(done):
            return
    _show(done, layer, table, output)


def _show(run: "Run", layer: int | None, table: str | None, output: Output) -> None:
    from nerspace.engine.transfer import zero_shot_table
    from nerspace.engine.transfer.findings import transfer_tables
    from nerspace.tui.cli.reports.transfer import show_report

    tables = transfer_tables(run, layer)
    tables["zero_shot"] = zero_shot_table(tables["transfer"])
    if table is not None and table not in tables:
        raise UsageError(f"The run {run.id} has one donor.", "Donors are ranked where there are several.")
    if table is not None or output.plot:
        name = table or "transfer_pairs"
        output.show(name, tables[name], run)
        return
    show_report(tables)
    print(f"\nMore: nerspace transfer --run {run.id} --plot, or --table NAME --csv FILE.")
