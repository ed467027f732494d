"""nerspace swap: names in contexts of other types, and by which of the two the model goes."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from nerspace.tui.cli.options import Csv, Device, Json, Languages, Plot, Rows, Workspace
from nerspace.tui.cli.training import Follow

if TYPE_CHECKING:
    from nerspace.engine.runs import Run

TABLES = ("swap", "swap_summary")
# What of the table `swap` is printed; files get all of it.
SHOWN = ("kind", "language", "form", "name_type", "context_type", "text", "predicted", "confidence", "moved")


def swap(
    names: Annotated[
        list[str] | None, typer.Argument(help="Names to swap; without, some of the test part are drawn.")
    ] = None,
    run: Annotated[
        str | None,
        typer.Option("--run", help="A run that kept its model (the newest by default), or one of this command."),
    ] = None,
    of: Annotated[
        str | None, typer.Option("--of", metavar="DONOR-SEED", help="Which model, where the run holds several.")
    ] = None,
    lang: Languages = None,
    contexts: Annotated[
        int, typer.Option("--contexts", help="Contexts each name is put into, in equal parts by type, rounded up.")
    ] = 20,
    sample: Annotated[
        int, typer.Option("--names", help="Names drawn, in equal parts by type; ambiguous ones come besides.")
    ] = 30,
    kind: Annotated[
        str, typer.Option("--type", help="PER, LOC or ORG: of a name that the data does not know, or only these.")
    ] = "",
    gender: Annotated[str, typer.Option("--gender", help="m or f, of a person that the data does not know.")] = "",
    case: Annotated[
        str,
        typer.Option("--case", help="Case of the contexts for places; names without that form borrow its ending."),
    ] = "nominative",
    layer: Annotated[int | None, typer.Option("--layer", help="Layer of the vectors; the last by default.")] = None,
    seed: Annotated[int, typer.Option(help="Decides which names and contexts.")] = 0,
    device: Device = "auto",
    table: Annotated[str | None, typer.Option("--table", help="swap or swap_summary.")] = None,
    follow: Follow = True,
    workspace: Workspace = None,
    csv: Csv = None,
    as_json: Json = False,
    plot: Plot = False,
    rows: Rows = 60,
) -> None:
    """Does the model go by the name or by the context? Puts names into contexts of other types and counts.

    nerspace swap --lang en,be --plot, or nerspace swap Washington
    """
    from nerspace.datasets.errors import UsageError
    from nerspace.datasets.languages import parse_languages
    from nerspace.engine import runs
    from nerspace.engine.requests.swapping import make_swap_request, read_swap_request
    from nerspace.engine.runs import jobs
    from nerspace.engine.swapping.sentences import plan_swaps
    from nerspace.tui.cli.output import console, watch

    if table is not None and table not in TABLES:
        raise UsageError(f"Unknown table {table!r}.", f"Choose from {', '.join(TABLES)}.")
    folder = runs.workspace_folder(workspace)
    done = runs.find_run(folder, run, runs.keeps_model, "a model")
    if done.info()["kind"] != "swap":
        request = make_swap_request(
            done, of, parse_languages(lang) if lang else (), names=tuple(names or ()), type=kind.upper(),
            gender=gender, contexts=contexts, sample=sample, case=case, layer=layer, seed=seed, device=device,
        )  # fmt: skip
        # A name that cannot be placed is told before a run is made for it.
        plan_swaps(read_swap_request(request))
        done = runs.create(folder, "swap", request, seed)
        console(stderr=True).print(f"Run {done.id}")
        jobs.start(done)
        if not watch(done, follow):
            return
    _show(done, table, csv, as_json, plot, rows)


def _show(run: "Run", table: str | None, csv: str | None, as_json: bool, plot: bool, rows: int) -> None:
    from nerspace.tui.cli.output import show_table
    from nerspace.tui.cli.reports.swap import show_swaps

    summary = run.read_table("swap_summary")
    if table is None and csv is None and not as_json and not plot:
        show_swaps(run.info()["request"], summary, _rows(run, rows))
        print(f"\nMore: nerspace swap --run {run.id} --plot, or --table swap --csv FILE.")
        return
    name = table or "swap_summary"
    frame = summary if name == "swap_summary" else run.read_table(name)
    if name == "swap" and csv is None and not as_json and not plot:
        frame = frame[list(SHOWN)]
    show_table(name, frame, csv=csv, as_json=as_json, plot=plot, rows=rows)


def _rows(run: "Run", rows: int) -> Any:
    """The swaps of names that were asked for, else None: a drawn sample is told by its summary."""
    if not run.info()["request"]["names"]:
        return None
    frame = run.read_table("swap")
    frame = frame[frame["kind"] == "context"]
    return frame.head(rows) if rows else frame
