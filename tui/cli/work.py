"""The options of whatever trains: where the work is done, and what a training is made of."""

from typing import Annotated, Any, NamedTuple

import typer

from nerspace.engine.requests.training import Request
from nerspace.tui.cli.options import Data, Device, Model, Parsed, language_codes, layer_numbers, listed


class Place(NamedTuple):
    """Where work is done."""

    device: Device = Request.device
    on: Annotated[
        str,
        typer.Option(
            "--on",
            metavar="ray|ADDRESS",
            help="Do the work on a Ray cluster: ray for this machine's, or ray://HOST:PORT or HOST:PORT.",
        ),
        Parsed(str),
    ] = Request.on
    threads: Annotated[
        int,
        typer.Option(
            "--threads", min=0, show_default=True,
            help="CPU threads of each model; 0 shares all of them among those that go on at once, with --on one each.",
        ),
    ] = Request.threads  # fmt: skip


class Training(NamedTuple):
    """What a training is made of; the fields of the request of that name."""

    seeds: Annotated[int, typer.Option(help="Models per donor, each with its own seed.")] = Request.seeds
    seed: Annotated[int, typer.Option(help="The first seed; also decides the split and the sample.")] = Request.seed
    size: Annotated[int, typer.Option(help="Training sentences.")] = Request.size
    test_size: Annotated[int, typer.Option(help="Test sentences per language.")] = Request.test_size
    model: Model = Request.model
    data: Data = Request.data
    epochs: Annotated[int, typer.Option(help="Times over the training sentences.")] = Request.epochs
    batch_size: Annotated[int, typer.Option(help="Sentences per step.")] = Request.batch_size
    learning_rate: Annotated[
        float | None,
        typer.Option(help="Peak learning rate; 2e-4 for the built-in encoder, else 5e-5.", show_default=False),
    ] = None
    dropout: Annotated[
        float, typer.Option(help="Share that dropout layers drop; 0 is faster, and one epoch repeats nothing.")
    ] = Request.dropout
    probe_every: Annotated[int, typer.Option(help="Steps between two probes of the space; 0 for none.")] = (
        Request.probe_every
    )
    probe_size: Annotated[int, typer.Option(help="Probed test sentences per language.")] = Request.probe_size
    probe_languages: Annotated[
        tuple[str, ...],
        typer.Option("--probe-lang", metavar="CODES", help="Languages to probe; all by default."),
        Parsed(language_codes),
    ] = ()
    probe_layers: Annotated[
        tuple[int, ...],
        typer.Option(metavar="N,N", help="Layers to probe; the initial and the last by default."),
        Parsed(layer_numbers),
    ] = ()
    keep_model: Annotated[bool, typer.Option(help="Save every model in the run (0.5 GB each).")] = Request.keep_model

    hold_out: Annotated[
        str,
        typer.Option(
            metavar="ambiguous|none",
            help="Names that are never trained on: those that read like one of another type, or none.",
        ),
    ] = Request.hold_out
    test_names: Annotated[
        tuple[str, ...] | None,
        typer.Option(
            "--test-names",
            metavar="NAMES",
            help="Names held out besides, in some test sentences: Washington,Minsk.",
            show_default=False,
        ),
        Parsed(listed),
    ] = None

    def request(self, kind: str, **others: Any) -> dict[str, Any]:
        """A checked request of that kind with these fields and others.

        Raises:
            UsageError: naming the first field that cannot be.
        """
        from nerspace.engine.requests.training import make_request

        return make_request(kind, **{**self._asdict(), **others})
