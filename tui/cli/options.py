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
Device = Annotated[str, typer.Option("--device", help="auto, cpu, cuda, cuda:N or mps.")]
On = Annotated[
    str | None,
    typer.Option(
        "--on",
        metavar="ray|ADDRESS",
        help="Do the work on a Ray cluster: ray for this machine's, or ray://HOST:PORT or HOST:PORT.",
    ),
]
Threads = Annotated[
    int,
    typer.Option(
        "--threads", min=0, help="CPU threads of a training; 0 for all, or one where --on is given.", show_default=True
    ),
]
Epochs = Annotated[int, typer.Option("--epochs", help="Times over the training sentences.")]
LearningRate = Annotated[
    float | None,
    typer.Option(
        "--learning-rate", help="Peak learning rate; 2e-4 for the built-in encoder, else 5e-5.", show_default=False
    ),
]
Dropout = Annotated[
    float, typer.Option("--dropout", help="Share that dropout layers drop; 0 is faster, and one epoch repeats nothing.")
]
ProbeEvery = Annotated[int, typer.Option("--probe-every", help="Steps between two probes of the space; 0 for none.")]
ProbeSize = Annotated[int, typer.Option("--probe-size", help="Probed test sentences per language.")]
ProbeLanguages = Annotated[
    str | None, typer.Option("--probe-lang", metavar="CODES", help="Languages to probe; all by default.")
]
ProbeLayers = Annotated[
    str | None,
    typer.Option("--probe-layers", metavar="N,N", help="Layers to probe; the initial and the last by default."),
]


def listed(text: str | None) -> tuple[str, ...]:
    """What is written with commas, each once; empty for None."""
    return tuple(dict.fromkeys(part.strip() for part in (text or "").split(",") if part.strip()))


def layer_numbers(text: str | None) -> tuple[int, ...]:
    """Layers written as 0,6,12; empty for None.

    Raises: UsageError for anything else.
    """
    from nerspace.datasets.errors import UsageError

    parts = listed(text)
    if wrong := next((part for part in parts if not part.isdecimal()), None):
        raise UsageError(f"{wrong!r} is no layer.", "Write layers as numbers with commas, such as 0,6,12.")
    return tuple(map(int, parts))
