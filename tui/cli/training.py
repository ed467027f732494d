"""nerspace demo and nerspace finetune: commands that train."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nerspace.datasets.languages import parse_languages
from nerspace.engine.requests.training import ALL, DemoRequest, Request, make_run
from nerspace.tui.cli.job import Job
from nerspace.tui.cli.options import AsRead, But, Device, Languages, Names, OpenExplorer, Parsed, Workspace
from nerspace.tui.cli.runs import show_end
from nerspace.tui.cli.work import Place, Training

if TYPE_CHECKING:
    from nerspace.engine.runs import Run

# A place for work that is none: the run waits for a launcher of processes.
LAUNCH = "launch"


def demo(
    context: typer.Context,
    languages: Languages = (),
    donor: Annotated[str | None, typer.Option(help="Language to train on; en by default, or the data's first.")] = None,
    seed: Annotated[int, typer.Option(help="Decides the split, the sample and the training.")] = DemoRequest.seed,
    *,
    training: Annotated[Training, But("seeds", "seed", "batch_size", probe_every=DemoRequest.probe_every)],
    reading: AsRead,
    names: Names = "",
    device: Device = DemoRequest.device,
    perplexity: Annotated[float, typer.Option(help="Perplexity of the t-SNE maps.")] = DemoRequest.perplexity,
    tui: Annotated[bool, typer.Option("--tui/--no-tui", help="Open the explorer on the run at the end.")] = True,
    workspace: Workspace = None,
) -> None:
    """Do the paper's experiment end to end on real weights, in a few minutes.

    Samples parallel sentences, fine-tunes on the donor language alone while probing the space, counts errors in every
    language, relates them to spelling distance (TNLD), and maps word vectors before and after. Everything becomes a
    table of the run. Ctrl+C stops it and keeps what is finished.
    """
    from nerspace.tui.cli.job import outcome
    from nerspace.tui.cli.reports.summary import show_summary, time_taken
    from nerspace.tui.terminal import console

    request = training.request(
        "demo", donor=next(iter(parse_languages(donor)), None), languages=languages, seed=seed, device=device,
        perplexity=perplexity, reading=reading.reading(), names=names,
    )  # fmt: skip
    run = begin("demo", request, workspace)
    state = outcome(run)
    show_summary(run)
    print(f"\nThe run {state} after {time_taken(run)}: {run.path}")
    if state != "finished":
        console().print(f"Everything finished so far is there: {', '.join(run.tables()) or 'nothing yet'}.")
        print(f"Go on with it: nerspace runs resume {run.id}")
        raise typer.Exit(130)
    console().print(f"Tables: {', '.join(run.tables())}.")
    print(f"Explore it: nerspace --run {run.id}")
    if tui and sys.stdin.isatty() and sys.stdout.isatty():
        open_explorer: OpenExplorer = context.obj
        open_explorer(workspace, run.id, training.data, training.model, screen="space")


def finetune(
    donor: Annotated[
        str | None,
        typer.Option(
            metavar="CODES", help="Languages to train on, such as en,be, or all; en by default, or the data's first."
        ),
    ] = None,
    languages: Languages = (),
    *,
    training: Training,
    reading: AsRead,
    names: Names = "",
    on: Annotated[
        str,
        typer.Option(
            metavar="ray|ADDRESS|launch",
            help="Train on a Ray cluster: ray for this machine's, or ray://HOST:PORT or HOST:PORT. launch: make the "
            "run and leave it to torchrun or accelerate launch, one training over several GPUs.",
        ),
        Parsed(str),
    ] = Request.on,
    place: Annotated[Place, But("on")],
    job: Job,
) -> None:
    """Fine-tune on donor languages, one model per donor and seed, and count their errors in every language.

    nerspace finetune --donor en,be --seeds 3 --detach
    """
    request = training.request(
        "finetune", donors=(languages or ALL) if donor == "all" else parse_languages(donor), languages=languages,
        device=place.device, threads=place.threads, on="" if on == LAUNCH else on,
        reading=reading.reading(), names=names,
    )  # fmt: skip
    if on == LAUNCH:
        run = make("finetune", request, job.workspace)
        print(f"{run.id} waits for N processes, one per GPU. Start them:")
        print(f"torchrun --nproc-per-node N -m nerspace.engine.training.loop {run.path}")
        print("or the same behind accelerate launch --multi_gpu --num_processes N.")
        return
    show_end(begin("finetune", request, job.workspace), job)


def make(kind: str, request: dict[str, Any], workspace: Path | None) -> "Run":
    """Make a run of a training, once its data and model are found, and print its name."""
    from nerspace.engine import runs
    from nerspace.tui.cli.output import announce_unpacking
    from nerspace.tui.terminal import console

    announce_unpacking(request["model"])
    run = make_run(runs.workspace_folder(workspace), kind, request)
    console(stderr=True).print(f"Run {run.id}")
    return run


def begin(kind: str, request: dict[str, Any], workspace: Path | None) -> "Run":
    """Make a run of a training and start its job."""
    from nerspace.engine.runs import jobs

    run = make(kind, request, workspace)
    jobs.start(run)
    return run
