"""nerspace paper: the paper's tables and figures from one command, its numbers beside ours."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from nerspace.engine.errors import UsageError
from nerspace.engine.requests.paper import PaperRequest, make_paper_request
from nerspace.tui.cli.job import Job
from nerspace.tui.cli.options import But
from nerspace.tui.cli.output import Plotted, announce_unpacking
from nerspace.tui.cli.work import Place, Training
from nerspace.tui.terminal import console

if TYPE_CHECKING:
    from nerspace.engine.runs import Run


def paper(
    what: Annotated[
        list[str] | None, typer.Argument(metavar="[WHAT]…", help="table1, table2, figure1 to figure5; all by default.")
    ] = None,
    scale: Annotated[
        str, typer.Option(metavar="small|full|SHARE", help="How large: small, the paper's full size, or a share of it.")
    ] = PaperRequest.scale,
    seeds: Annotated[
        int, typer.Option(help="Models per donor for Figure 5, each with its own seed.")
    ] = PaperRequest.seeds,
    *,
    training: Annotated[
        Training,
        But("seeds", "size", "test_size", "epochs", "batch_size", "dropout", "probe_every", "probe_size",
            "probe_languages", "probe_layers", "keep_model"),
    ],
    place: Place,
    fill: Annotated[
        bool,
        typer.Option(
            "--fill/--no-fill", help="Lend the built-in contexts to a type that the data has names but no contexts for."
        ),
    ] = PaperRequest.fill,
    fresh: Annotated[bool, typer.Option("--fresh", help="Begin anew even if the same run is there already.")] = False,
    listed: Annotated[bool, typer.Option("--list", help="Only list what the paper has and claims.")] = False,
    table: Annotated[str | None, typer.Option(help="Show this table instead of a summary.")] = None,
    job: Job,
    output: Plotted,
) -> None:  # fmt: skip
    """Make the paper's tables and figures again and judge its claims.

    Every model is fine-tuned once and serves all figures. A run that is there already is shown at once. Ends with the
    verdicts and a report (report.md, report.html) in the run.

    nerspace paper figure5 --model FacebookAI/xlm-roberta-base --scale full --detach
    """
    from nerspace.tui.cli.reports.paper import show_items, show_paper, show_plots

    if listed:
        show_items(output)
        return
    if output.is_data and table is None:
        raise UsageError("There are several tables.", "Add --table with one of them, such as paper_claims.")
    request = make_paper_request(
        what or (), scale=scale, seeds=seeds, seed=training.seed, model=training.model, data=training.data, fill=fill,
        learning_rate=training.learning_rate, **place._asdict(),
    )  # fmt: skip
    run = _finished(request, job, fresh)
    if run is None:
        run = job.start("paper", {**request, "fresh": fresh})
        if not job.ended(run):
            return
    if table is not None:
        output.show(table, run.read_table(table), run)
    elif output.plot:
        show_plots(run, request["items"])
    else:
        show_paper(run, request["items"])


def _finished(request: dict[str, Any], job: Job, fresh: bool) -> "Run | None":
    """The finished run that holds what is requested, if there is one; the data are looked for in any case."""
    from nerspace.engine import encoders
    from nerspace.engine.paper.cache import content_key, finished_run
    from nerspace.engine.paper.samples import load_corpus

    wanted = PaperRequest.read(request)
    corpus, _ = load_corpus(wanted.data, wanted.fill)
    announce_unpacking(wanted.model)
    encoders.check(wanted.model)
    run = None if fresh else finished_run(job.folder, content_key(wanted, corpus), wanted.items)
    if run is not None:
        console(stderr=True).print(f"Run {run.id} holds this already; --fresh begins anew.")
    return run
