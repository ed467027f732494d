"""The options of the commands, each worded once, and those that go together as groups.

A group is a frozen dataclass whose fields are options. A command takes it as one parameter; `spread` lays its fields
out for Typer. `But` tells what a command leaves out of a group or begins otherwise.
"""

import functools
import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Protocol, TypeVar, get_args, get_origin, get_type_hints

import typer

from nerspace.datasets.languages import parse_languages
from nerspace.engine.errors import UsageError
from nerspace.engine.requests.training import Request

if TYPE_CHECKING:
    from nerspace.engine.runs import Run

Command = TypeVar("Command", bound=Callable[..., None])


class OpenExplorer(Protocol):
    """What opens the explorer; commands find it as the object of their context, since they do not know the explorer."""

    def __call__(
        self, workspace: Path | None, name: str | None, data: str, model: str, screen: str = "", ascii: bool = False
    ) -> None:
        """Open it on a run and a screen."""


@dataclass(frozen=True)
class Parsed:
    """In the annotation of an option: how the text that was typed becomes the value."""

    parse: Callable[[str], Any]


@dataclass(frozen=True, init=False)
class But:
    """In the annotation of a group: the fields that a command leaves out, and other defaults of those it takes."""

    without: tuple[str, ...]
    defaults: Mapping[str, Any]

    def __init__(self, *without: str, **defaults: Any) -> None:
        object.__setattr__(self, "without", without)
        object.__setattr__(self, "defaults", defaults)


def spread(command: Callable[..., None]) -> Callable[..., None]:
    """The command as Typer reads it: the options of each group stand where the group stands, parsed on the way in."""
    groups: dict[str, tuple[Callable[..., Any], tuple[str, ...]]] = {}
    options: dict[str, inspect.Parameter] = {}
    parsers: dict[str, Callable[[str], Any]] = {}
    defaults: dict[str, Any] = {}

    def add(name: str, annotation: Any, default: Any) -> None:
        kind, *notes = get_args(annotation) if get_origin(annotation) is Annotated else (annotation,)
        if parsed := [note for note in notes if isinstance(note, Parsed)]:
            # The value itself stands in for what was not typed, so that it is never written as text.
            parsers[name], defaults[name] = parsed[0].parse, default
            kind, default = str | None, None
        option = [note for note in notes if not isinstance(note, Parsed)]
        annotation = Annotated[kind, option[0]] if option else kind
        options[name] = inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)

    for name, parameter in inspect.signature(command, eval_str=True).parameters.items():
        annotation = parameter.annotation
        kind, *notes = get_args(annotation) if get_origin(annotation) is Annotated else (annotation,)
        if not is_dataclass(kind) or not isinstance(kind, type):
            add(name, annotation, parameter.default)
            continue
        but = next((note for note in notes if isinstance(note, But)), But())
        hints = get_type_hints(kind, include_extras=True)
        taken = [field for field in fields(kind) if field.name not in but.without]
        for field in taken:
            add(field.name, hints[field.name], but.defaults.get(field.name, field.default))
        groups[name] = (functools.partial(kind, **but.defaults), tuple(field.name for field in taken))

    @functools.wraps(command)
    def call(**given: Any) -> None:
        values = {
            name: (defaults[name] if value is None else parsers[name](value)) if name in parsers else value
            for name, value in given.items()
        }
        for name, (group, taken) in groups.items():
            values[name] = group(**{option: values.pop(option) for option in taken})
        command(**values)

    signature = inspect.Signature(list(options.values()))
    call.__signature__ = signature  # type: ignore[attr-defined]
    call.__annotations__ = {name: option.annotation for name, option in options.items()}
    return call


class Commands(typer.Typer):
    """A group of commands whose options may stand in groups."""

    def command(self, name: str | None = None, **settings: Any) -> Callable[[Command], Command]:
        """Take a function as a command, under its own name or another."""
        register = super().command(name, **settings)

        def take(function: Command) -> Command:
            register(spread(function))
            return function

        return take


def listed(text: str) -> tuple[str, ...]:
    """What is written with commas, each once."""
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def upper_listed(text: str) -> tuple[str, ...]:
    """What is written with commas, in capitals, each once."""
    return listed(text.upper())


def codes(text: str) -> tuple[str, ...]:
    """Language codes as they stand in the data, which may be others than our eleven; none for "all"."""
    found = listed(text.lower())
    return () if found == ("all",) else found


def layer_numbers(text: str) -> tuple[int, ...]:
    """Layers written as 0,6,12.

    Raises: UsageError for anything else.
    """
    parts = listed(text)
    if wrong := next((part for part in parts if not part.isdecimal()), None):
        raise UsageError(f"{wrong!r} is no layer.", "Write layers as numbers with commas, such as 0,6,12.")
    return tuple(map(int, parts))


def one_of(tables: Sequence[str]) -> str:
    """The help of --table, from the tables that a command offers: a, b or c."""
    return f"{', '.join(tables[:-1])} or {tables[-1]}."


def require_choice(what: str, value: str, choices: Collection[str]) -> None:
    """See that a value is one of those that there are.

    Raises: UsageError naming them.
    """
    if value not in choices:
        raise UsageError(f"Unknown {what} {value!r}.", f"Choose from {', '.join(choices)}.")


Workspace = Annotated[
    Path | None,
    typer.Option("--workspace", metavar="DIR", help="Where runs are kept.", envvar="NERSPACE_HOME", show_envvar=True),
]
Languages = Annotated[
    tuple[str, ...],
    typer.Option("--lang", metavar="CODES", help="Languages, such as be,en,ru; all by default."),
    Parsed(parse_languages),
]
Codes = Annotated[
    tuple[str, ...],
    typer.Option("--lang", metavar="CODES", help="Languages, such as be,en,ru; all by default."),
    Parsed(codes),
]
Types = Annotated[
    tuple[str, ...],
    typer.Option("--type", metavar="TYPES", help="Entity types, such as PER,LOC; all by default."),
    Parsed(upper_listed),
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


@dataclass(frozen=True)
class Place:
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
            "--threads", min=0, help="CPU threads of a training; 0 for all, or one where --on is given.",
            show_default=True,
        ),
    ] = Request.threads  # fmt: skip


@dataclass(frozen=True)
class Training:
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
        Parsed(parse_languages),
    ] = ()
    probe_layers: Annotated[
        tuple[int, ...],
        typer.Option(metavar="N,N", help="Layers to probe; the initial and the last by default."),
        Parsed(layer_numbers),
    ] = ()
    keep_model: Annotated[bool, typer.Option(help="Save every model in the run (0.5 GB each).")] = Request.keep_model

    def request(self, kind: str, **others: Any) -> dict[str, Any]:
        """A checked request of that kind with these fields and others.

        Raises: UsageError naming the first field that cannot be.
        """
        from nerspace.engine.requests.training import make_request

        return make_request(kind, **{**asdict(self), **others})


@dataclass(frozen=True)
class Job:
    """The run that a command makes."""

    follow: Annotated[
        bool,
        typer.Option("--follow/--detach", help="Watch the run until it ends, or return at once and leave it running."),
    ] = True
    workspace: Workspace = None

    @property
    def folder(self) -> Path:
        """The workspace, made if need be."""
        from nerspace.engine import runs

        return runs.workspace_folder(self.workspace)

    def start(self, kind: str, request: Mapping[str, Any]) -> "Run":
        """Make a run of a request that was checked, tell its name and start its job."""
        from nerspace.engine import runs
        from nerspace.engine.runs import jobs
        from nerspace.tui.cli.output import console

        run = runs.create(self.folder, kind, request, request["seed"])
        console(stderr=True).print(f"Run {run.id}")
        jobs.start(run)
        return run

    def ended(self, run: "Run") -> bool:
        """Whether a started run has finished, after watching it; without, how to watch it is told."""
        from nerspace.tui.cli.output import watch

        return watch(run, self.follow)
