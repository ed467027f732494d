"""nerspace paper: the paper's tables and figures from one command, theirs beside ours."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nerspace.tui.cli.options import Csv, Data, Device, Json, LearningRate, Model, On, Plot, Rows, Threads, Workspace
from nerspace.tui.cli.training import Follow

if TYPE_CHECKING:
    from nerspace.engine.runs import Run


def paper(
    what: Annotated[
        list[str] | None, typer.Argument(metavar="[WHAT]…", help="table1, table2, figure1 to figure5; all by default.")
    ] = None,
    scale: Annotated[
        str, typer.Option(metavar="small|full|SHARE", help="How large: small, the paper's full size, or a share of it.")
    ] = "small",
    seeds: Annotated[int, typer.Option(help="Models per donor for Figure 5, each with its own seed.")] = 3,
    seed: Annotated[int, typer.Option(help="The first seed; also decides the split and the sample.")] = 0,
    model: Model = "builtin",
    data: Data = "builtin",
    device: Device = "auto",
    on: On = None,
    threads: Threads = 0,
    learning_rate: LearningRate = None,
    fill: Annotated[
        bool,
        typer.Option(
            "--fill/--no-fill", help="Lend the built-in contexts to a type that the data has names but no contexts for."
        ),
    ] = True,
    fresh: Annotated[bool, typer.Option("--fresh", help="Begin anew even if the same run is there already.")] = False,
    listed: Annotated[bool, typer.Option("--list", help="Only list what the paper has and claims.")] = False,
    table: Annotated[str | None, typer.Option("--table", help="Show this table instead of a summary.")] = None,
    follow: Follow = True,
    workspace: Workspace = None,
    csv: Csv = None,
    as_json: Json = False,
    plot: Plot = False,
    rows: Rows = 60,
) -> None:
    """Make the paper's tables and figures again and judge its claims.

    Every model is fine-tuned once and serves all figures. A run that is there already is shown at once. Ends with the
    verdicts and a report (report.md, report.html) in the run.

    nerspace paper figure5 --model FacebookAI/xlm-roberta-base --scale full --detach
    """
    from nerspace.datasets.errors import UsageError
    from nerspace.engine import encoders
    from nerspace.engine.requests.paper import make_paper_request
    from nerspace.tui.cli.output import watch
    from nerspace.tui.cli.reports.paper import show_items, show_paper, show_plots

    if listed:
        show_items(csv=csv, as_json=as_json)
        return
    if (csv is not None or as_json) and table is None:
        raise UsageError("There are several tables.", "Add --table with one of them, such as paper_claims.")
    request = make_paper_request(
        tuple(what or ()), scale, seeds, seed=seed, model=model, data=data, device=device,
        on=on or "", threads=threads,
        learning_rate=learning_rate or (2e-4 if model == encoders.BUILTIN else 5e-5), fill=fill,
    )  # fmt: skip
    run, is_new = _run_for(request, workspace, fresh)
    if is_new and not watch(run, follow):
        return
    if table is not None:
        from nerspace.tui.cli.output import show_table

        show_table(table, run.read_table(table), csv=csv, as_json=as_json, plot=plot, rows=rows)
    elif plot:
        show_plots(run, request["items"])
    else:
        show_paper(run, request["items"])


def _run_for(request: dict[str, Any], workspace: Path | None, fresh: bool) -> "tuple[Run, bool]":
    """The finished run that holds what is asked for, or a new one that was just started; and which it is."""
    from nerspace.engine import encoders, runs
    from nerspace.engine.encoders.builtin import is_converted
    from nerspace.engine.paper.cache import content_key, finished_run
    from nerspace.engine.paper.samples import load_corpus
    from nerspace.engine.requests.paper import read_paper_request
    from nerspace.engine.runs import jobs
    from nerspace.tui.cli.output import console

    folder = runs.workspace_folder(workspace)
    asked = read_paper_request(request)
    corpus, _ = load_corpus(asked.data, asked.fill)
    told = console(stderr=True)
    if asked.model == encoders.BUILTIN and not is_converted():
        told.print("Unpacking the built-in encoder, once (some seconds, 480 MB in the cache)")
    if not fresh and (run := finished_run(folder, content_key(asked, corpus), asked.items)) is not None:
        told.print(f"Run {run.id} holds this already; --fresh begins anew.")
        return run, False
    run = runs.create(folder, "paper", {**request, "fresh": fresh}, asked.seed)
    told.print(f"Run {run.id}")
    jobs.start(run)
    return run, True
