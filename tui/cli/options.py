"""The options of the commands, each worded once, and those that go together as groups.

A group is a named tuple whose fields are options. A command takes it as one parameter; `spread` lays its fields out
for Typer. `But` tells what a command leaves out of a group or begins otherwise.
"""

import functools
import inspect
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, Protocol, TypeVar, get_type_hints

import typer

from nerspace.engine.errors import UsageError
from nerspace.tui.cli.helping import Group, Single

if TYPE_CHECKING:
    from nerspace.datasets import Corpus, Reading

Command = TypeVar("Command", bound=Callable[..., None])


class OpenExplorer(Protocol):
    """What opens the explorer; commands find it as the object of their context, since they do not know the explorer."""

    def __call__(
        self, workspace: Path | None, name: str | None, data: str = "", model: str = "builtin", screen: str = "",
        ascii: bool = False,
    ) -> None:  # fmt: skip
        """Open it on a run and a screen."""


class Parsed(NamedTuple):
    """In the annotation of an option: how the text that was typed becomes the value."""

    parse: Callable[[str], Any]


class But:
    """In the annotation of a group: the fields that a command leaves out, and other defaults of those it takes."""

    def __init__(self, *without: str, **defaults: Any) -> None:
        self.without, self.defaults = without, defaults


def spread(command: Callable[..., None]) -> Callable[..., None]:
    """The command as Typer reads it: the options of each group stand where the group stands, parsed on the way in."""
    groups: dict[str, tuple[Any, But]] = {}
    options: dict[str, inspect.Parameter] = {}
    # The value itself stands in for what was not typed, so that it need not be written as text.
    parsed: dict[str, tuple[Callable[[str], Any], Any]] = {}

    def add(name: str, annotation: Any, default: Any) -> None:
        if name in options:
            raise ValueError(f"Two options of {command.__name__} are named {name}.")
        option, *parsers = getattr(annotation, "__metadata__", (None,))
        if parsers:
            parsed[name] = parsers[0].parse, default
            annotation, default = Annotated[str | None, option], None
        options[name] = inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)

    for name, parameter in inspect.signature(command, eval_str=True).parameters.items():
        group = getattr(parameter.annotation, "__origin__", parameter.annotation)
        if not hasattr(group, "_field_defaults"):
            add(name, parameter.annotation, parameter.default)
            continue
        (but,) = getattr(parameter.annotation, "__metadata__", (But(),))
        groups[name] = group, but
        for field, annotation in _annotations(group).items():
            if field not in but.without:
                add(field, annotation, but.defaults.get(field, group._field_defaults[field]))

    @functools.wraps(command)
    def call(**given: Any) -> None:
        for name, (parse, default) in parsed.items():
            given[name] = default if given[name] is None else parse(given[name])
        for name, (group, but) in groups.items():
            taken = {field: given.pop(field) for field in group._fields if field not in but.without}
            given[name] = group(**{**but.defaults, **taken})
        command(**given)

    call.__signature__ = inspect.Signature(list(options.values()))  # type: ignore[attr-defined]
    call.__annotations__ = {name: option.annotation for name, option in options.items()}
    return call


@functools.cache
def _annotations(group: type) -> dict[str, Any]:
    return get_type_hints(group, include_extras=True)


class Commands(typer.Typer):
    """A group of commands whose options may stand in groups."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{"cls": Group, "add_completion": False, "rich_markup_mode": None, **settings})

    def command(self, name: str | None = None, **settings: Any) -> Callable[[Command], Command]:
        """Take a function as a command, under its own name or another."""
        register = super().command(name, cls=Single, **settings)

        def take(function: Command) -> Command:
            register(spread(function))
            return function

        return take


def language_codes(text: str) -> tuple[str, ...]:
    """Codes of languages that there are.

    Raises:
        UsageError: for any other.
    """
    from nerspace.datasets.languages import parse_languages

    return parse_languages(text)


def listed(text: str) -> tuple[str, ...]:
    """What is written with commas, each once."""
    from nerspace.datasets.spelling import composed

    return tuple(dict.fromkeys(part.strip() for part in composed(text).split(",") if part.strip()))


def upper_listed(text: str) -> tuple[str, ...]:
    """What is written with commas, in capitals, each once."""
    return listed(text.upper())


def codes(text: str) -> tuple[str, ...]:
    """Language codes as they stand in the data, which may be others than our eleven; none for "all"."""
    found = listed(text.lower())
    return () if found == ("all",) else found


def layer_numbers(text: str) -> tuple[int, ...]:
    """Layers written as 0,6,12.

    Raises:
        UsageError: for anything else.
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

    Raises:
        UsageError: naming them.
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
    Parsed(language_codes),
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
Data = Annotated[
    str,
    typer.Option("--data", metavar="NAME|PATH", help="builtin, contexts and names, tagged text, or hub:OWNER/NAME."),
]
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


def _columns(text: str) -> tuple[tuple[str, str], ...]:
    from nerspace.datasets.reading import parse_columns

    return parse_columns(text)


def _tag_names(text: str) -> tuple[str, ...]:
    """The names that are written with commas, or that a file states."""
    from nerspace.datasets.reading import parse_tag_names
    from nerspace.engine.files import user_path

    if "," in text:
        return parse_tag_names(text)
    from nerspace.datasets.readers.tag_names import names_in

    if not (path := user_path(Path(text))).is_file():
        raise UsageError(f"--tag-names: there is no file {text!r}.", "Write O,B-PER,I-PER, or give a file of labels.")
    if not (names := names_in(path)):
        raise UsageError(f"--tag-names: {text} names no labels.", "Expected one a line, or label2id as JSON.")
    return names


def mapping(text: str) -> tuple[tuple[str, str], ...]:
    """Types to be read as others, from GPE=LOC,MISC=O.

    Raises:
        UsageError: for what is not of that form.
    """
    from nerspace.datasets.spelling import composed
    from nerspace.engine.requests.evaluation import parse_types

    return tuple(parse_types(composed(text)).items())


def one_language(text: str) -> str:
    """The code of one language.

    Raises:
        UsageError: for a code that no language has, or several.
    """
    found = language_codes(text)
    if len(found) != 1:
        raise UsageError(f"{text!r} is not one language.", "Write one code, such as de.")
    return found[0]


class AsRead(NamedTuple):
    """How tagged text is read that does not tell; the fields of `datasets.reading.Reading`."""

    language: Annotated[
        str,
        typer.Option("--language", metavar="CODE", help="Language of all sentences, whatever names and marks say."),
        Parsed(one_language),
    ] = ""
    types: Annotated[
        tuple[str, ...],
        typer.Option("--types", metavar="TYPES", help="The types to read, such as PER,EVENT; all by default."),
        Parsed(listed),
    ] = ()
    map: Annotated[
        tuple[tuple[str, str], ...],
        typer.Option("--map", metavar="TYPE=TYPE", help="Read types as others, or as none: GPE=LOC,MISC=O."),
        Parsed(mapping),
    ] = ()
    rename: Annotated[
        bool, typer.Option("--rename/--no-rename", help="Read PERSON, GPE and their like as PER, LOC and ORG.")
    ] = True
    columns: Annotated[
        tuple[tuple[str, str], ...],
        typer.Option(
            "--columns", metavar="word=N,tag=N", help="Columns of tagged text, by number from 1 or by header."
        ),
        Parsed(_columns),
    ] = ()
    layer: Annotated[int, typer.Option(min=1, help="Layer of nested tags, from the outermost, 1.")] = 1
    tag_names: Annotated[
        tuple[str, ...],
        typer.Option("--tag-names", metavar="O,B-PER,…|FILE", help="What tags that are numbers stand for, from 0."),
        Parsed(_tag_names),
    ] = ()

    def reading(self) -> "Reading":
        """What is asked of the readers."""
        from nerspace.datasets import Reading

        return Reading(**self._asdict())

    def load(self, name: str) -> "Corpus":
        """A data set read so; how it was read and what was left out goes to stderr."""
        from nerspace import datasets

        corpus = datasets.load(name, reading=self.reading())
        tell(corpus)
        return corpus


def tell(corpus: "Corpus") -> None:
    """Say on stderr how a data set was read and what was left out of it."""
    from nerspace.datasets.telling import told
    from nerspace.tui.terminal import console

    for line in told(corpus):
        console(stderr=True).print(line, soft_wrap=True)


Names = Annotated[
    str,
    typer.Option(
        "--names", metavar="FILE", help="Parallel names for TNLD: a table with a column per language, or a long one."
    ),
]
