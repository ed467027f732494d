"""nerspace finetune, and nerspace runs resume: commands that train."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nerspace.tui.cli.options import (
    Data,
    Device,
    Dropout,
    Epochs,
    Languages,
    LearningRate,
    Model,
    ProbeEvery,
    ProbeLanguages,
    ProbeLayers,
    ProbeSize,
    RunName,
    Threads,
    Workspace,
    layer_numbers,
)

if TYPE_CHECKING:
    from nerspace.engine.runs import Run

Follow = Annotated[
    bool, typer.Option("--follow/--detach", help="Watch the run until it ends, or return at once and leave it running.")
]

# A place for work that is none: the run waits for a launcher of processes.
LAUNCH = "launch"


def finetune(
    donor: Annotated[str, typer.Option(metavar="CODES", help="Languages to train on, such as en,be, or all.")] = "en",
    seeds: Annotated[int, typer.Option(help="Models per donor, each with its own seed.")] = 1,
    lang: Languages = None,
    seed: Annotated[int, typer.Option(help="The first seed; also decides the split and the sample.")] = 0,
    size: Annotated[int, typer.Option(help="Training sentences.")] = 2880,
    test_size: Annotated[int, typer.Option(help="Test sentences per language.")] = 120,
    model: Model = "builtin",
    device: Device = "auto",
    on: Annotated[
        str | None,
        typer.Option(
            "--on",
            metavar="ray|ADDRESS|launch",
            help="Train on a Ray cluster: ray for this machine's, or ray://HOST:PORT or HOST:PORT. launch: make the "
            "run and leave it to torchrun or accelerate launch, one training over several GPUs.",
        ),
    ] = None,
    threads: Threads = 0,
    data: Data = "builtin",
    epochs: Epochs = 1,
    batch_size: Annotated[int, typer.Option(help="Sentences per step.")] = 8,
    learning_rate: LearningRate = None,
    dropout: Dropout = 0.0,
    probe_every: ProbeEvery = 50,
    probe_size: ProbeSize = 12,
    probe_lang: ProbeLanguages = None,
    probe_layers: ProbeLayers = None,
    keep_model: Annotated[bool, typer.Option(help="Save every model in the run (0.5 GB each).")] = True,
    follow: Follow = True,
    workspace: Workspace = None,
) -> None:
    """Fine-tune on donor languages, one model per donor and seed, and count their errors in every language.

    nerspace finetune --donor en,be --seeds 3 --detach
    """
    from nerspace.datasets.languages import parse_languages
    from nerspace.engine import encoders
    from nerspace.engine.requests.training import make_request

    languages = parse_languages(lang)
    donors = languages if donor == "all" else parse_languages(donor)
    request = make_request(
        donor=donors[0], donors=donors, seeds=seeds, languages=languages, seed=seed, size=size, test_size=test_size,
        model=model, device=device, data=data,
        learning_rate=learning_rate or (2e-4 if model == encoders.BUILTIN else 5e-5), batch_size=batch_size,
        epochs=epochs, dropout=dropout, probe_every=probe_every, probe_size=probe_size, perplexity=70,
        probe_languages=parse_languages(probe_lang) if probe_lang else (), probe_layers=layer_numbers(probe_layers),
        keep_model=keep_model, on="" if on in (None, LAUNCH) else on, threads=threads,
    )  # fmt: skip
    if on == LAUNCH:
        run = make("finetune", request, workspace)
        print(f"{run.id} waits for N processes, one per GPU. Start them:")
        print(f"torchrun --nproc-per-node N -m nerspace.engine.training.loop {run.path}")
        print("or the same behind accelerate launch --multi_gpu --num_processes N.")
        return
    show_end(begin("finetune", request, workspace), follow)


def make(kind: str, request: "dict[str, Any]", workspace: Path | None) -> "Run":
    """Make a run of that kind, and tell its name."""
    from nerspace.engine import encoders, runs
    from nerspace.engine.encoders.builtin import is_converted
    from nerspace.engine.runs import jobs
    from nerspace.tui.cli.output import console

    told = console(stderr=True)
    if request["model"] == encoders.BUILTIN and not is_converted():
        told.print("Unpacking the built-in encoder, once (some seconds, 480 MB in the cache)")
    run = jobs.make(runs.workspace_folder(workspace), kind, request)
    told.print(f"Run {run.id}")
    return run


def begin(kind: str, request: "dict[str, Any]", workspace: Path | None) -> "Run":
    """Make a run of that kind and start its job."""
    from nerspace.engine.runs import jobs

    run = make(kind, request, workspace)
    jobs.start(run)
    return run


def resume(name: RunName = None, follow: Follow = True, workspace: Workspace = None) -> None:
    """Go on with a run that was stopped, failed or died, from its last checkpoint."""
    from nerspace.engine import runs
    from nerspace.engine.runs import jobs

    run = runs.find_run(runs.workspace_folder(workspace), name)
    jobs.resume(run)
    show_end(run, follow)


def show_end(run: "Run", follow: bool) -> None:
    """Watch a started run to its end and show its errors, or tell how to watch it."""
    from nerspace.tui.cli.output import console, watch
    from nerspace.tui.cli.reports.summary import show_summary

    if not watch(run, follow):
        return
    show_summary(run)
    console().print(f"Tables: {', '.join(run.tables())}.")
    print(f"Explore it: nerspace --run {run.id}")
