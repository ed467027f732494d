"""nerspace swap: names in contexts of other types, and by which of the two the model goes."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from nerspace.datasets.spelling import composed
from nerspace.engine.errors import UsageError
from nerspace.engine.requests.swapping import SwapRequest
from nerspace.tui.cli.job import Job
from nerspace.tui.cli.options import Device, Languages, require_choice
from nerspace.tui.cli.output import Output, Plotted

if TYPE_CHECKING:
    from nerspace.engine.runs import Run

TABLES = ("swap", "swap_summary", "counterfactuals", "counterfactual_contrasts")
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
        str | None, typer.Option(metavar="DONOR-SEED", help="Which model, where the run holds several.")
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(metavar="NAME|DIR", help="A fine-tuned NER model from elsewhere, in place of a run's."),
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(metavar="NAME|PATH", help="Contexts and names; the run's by default, with --model the built-in."),
    ] = None,
    languages: Languages = (),
    contexts: Annotated[
        int, typer.Option(help="Contexts each name is put into, in equal parts by type, rounded up.")
    ] = SwapRequest.contexts,
    sample: Annotated[
        int, typer.Option("--names", help="Names drawn, in equal parts by type; ambiguous ones come besides.")
    ] = SwapRequest.sample,
    kind: Annotated[
        str, typer.Option("--type", help="PER, LOC or ORG: of a name that the data does not know, or only these.")
    ] = SwapRequest.type,
    gender: Annotated[str, typer.Option(help="m or f, of a person that the data does not know.")] = SwapRequest.gender,
    case: Annotated[
        str, typer.Option(help="Case of the contexts for places; names without that form borrow its ending.")
    ] = SwapRequest.case,
    layer: Annotated[int | None, typer.Option(help="Layer of the vectors; the last by default.")] = None,
    seed: Annotated[int, typer.Option(help="Decides which names and contexts.")] = SwapRequest.seed,
    device: Device = SwapRequest.device,
    counterfactual: Annotated[
        bool,
        typer.Option(
            "--counterfactual",
            help="Read the run's test sentences again with one thing changed: form, context, cutting or script.",
        ),
    ] = False,
    table: Annotated[
        str | None,
        typer.Option(help="swap or swap_summary; of --counterfactual counterfactuals or counterfactual_contrasts."),
    ] = None,
    *,
    job: Job,
    output: Plotted,
) -> None:
    """Does the model go by the name or by the context? Puts names into contexts of other types and counts.

    With --counterfactual: why is one language worse than another? All models of the run read every test sentence again
    with one thing changed, paired by sentence.

    nerspace swap --lang en,be --plot, or nerspace swap Washington, or nerspace swap --counterfactual
    """
    from nerspace.engine import runs
    from nerspace.engine.requests.swapping import make_swap_request, require_parallel
    from nerspace.engine.swapping.sentences import plan_swaps

    if table is not None:
        require_choice("table", table, TABLES)
    if model is not None:
        _check_alone(model, run, of)
    done = None if model is not None else runs.find_run(job.folder, run, runs.has_saved_model, "a model")
    if done is None or done.info()["kind"] != "swap":
        request = make_swap_request(
            done, of, languages, model=model or "", data=data, names=tuple(map(composed, names or ())),
            type=kind.upper(), gender=gender, contexts=contexts, sample=sample, case=case, layer=layer, seed=seed,
            device=device, counterfactual=counterfactual,
        )  # fmt: skip
        if counterfactual and done is not None:
            require_parallel(done)
        else:
            # A name that cannot be placed is reported before a run is made for it.
            plan_swaps(SwapRequest.read(request))
        done = job.start("swap", request)
        if not job.ended(done):
            return
    _show(done, table, output)


def _check_alone(model: str, run: str | None, of: str | None) -> None:
    """See that a model from elsewhere is one that tags names, and that no run is named beside it.

    Raises:
        UsageError: if one is.
        ModelError: for another model.
    """
    from nerspace.engine import encoders
    from nerspace.engine.encoders.configuration import labels_in
    from nerspace.engine.evaluation.inputs import labels_of

    for option, value in (("--run", run), ("--of", of)):
        if value is not None:
            raise UsageError(f"--model reads with a model of no run, so {option} names nothing.", "Leave one out.")
    labels_of(labels_in(encoders.check(model)), model)


def _show(run: "Run", table: str | None, output: Output) -> None:
    from nerspace.tui.cli.reports.swap import show_swaps

    if run.info()["request"].get("counterfactual"):
        frame = run.read_table(table or "counterfactual_contrasts")
        if table is None and output.is_screen:
            from nerspace.tui.cli.reports.causes import show_contrasts

            show_contrasts(frame)
            print(f"\nMore: nerspace swap --run {run.id} --plot, or --table counterfactuals --csv FILE.")
            return
        output.show(table or "counterfactual_contrasts", frame, run)
        return
    summary = run.read_table("swap_summary")
    if table is None and output.is_screen:
        show_swaps(run.info()["request"], summary, _rows(run, output.rows))
        print(f"\nMore: nerspace swap --run {run.id} --plot, or --table swap --csv FILE.")
        return
    name = table or "swap_summary"
    frame = summary if name == "swap_summary" else run.read_table(name)
    output.show(name, frame[list(SHOWN)] if name == "swap" and output.is_screen else frame, run)


def _rows(run: "Run", rows: int) -> Any:
    """The swaps of names that were requested, else None: a drawn sample is described by its summary."""
    if not run.info()["request"]["names"]:
        return None
    frame = run.read_table("swap")
    frame = frame[frame["kind"] == "context"]
    return frame.head(rows) if rows else frame
