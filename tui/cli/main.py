"""The command line: every command parses, calls the engine and shows; nothing heavy is imported before it is needed."""

import os
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Annotated, Any, NamedTuple

import typer

from nerspace.engine.errors import UsageError
from nerspace.tui.cli.helping import Group
from nerspace.tui.cli.options import Commands, Model, OpenExplorer, Workspace


class Listed(NamedTuple):
    """A command whose module is imported when it is called.

    module: of nerspace.tui.cli, with the function or the group of commands in it. summary: the first paragraph of its
    help, which stands here too so that the list of commands needs no module.
    """

    module: str
    summary: str


COMMANDS = {
    "finetune": Listed(
        "training.finetune",
        "Fine-tune on donor languages, one model per donor and seed, and count their errors in every language.",
    ),
    "transfer": Listed(
        "transfer.transfer",
        "Do errors in other languages grow with spelling distance, and which donor should a language get?",
    ),
    "factors": Listed(
        "causes.factors", "What do spelling, tokenisation and the space each have to do with wrong sentences?"
    ),
    "swap": Listed(
        "swap.swap",
        "Does the model go by the name or by the context? Puts names into contexts of other types and counts.",
    ),
    "evaluate": Listed(
        "evaluation.evaluate", "Count what a model gets wrong: sentences, entities, types; and show which, and why."
    ),
    "tokens": Listed(
        "tokens.tokens", "Show how names are cut into subwords, in all languages for names that the data knows."
    ),
    "tnld": Listed(
        "tokens.tnld",
        "Spelling distance after transliteration: of two names, of a name in all languages, or of pairs of languages.",
    ),
    "paper": Listed("paper.paper", "Make the paper's tables and figures again and judge its claims."),
    "isotropy": Listed(
        "geometry.isotropy",
        "How evenly vectors fill the space, per language beside noise; or which dimensions make them alike.",
    ),
    "similarity": Listed(
        "geometry.similarity",
        "How alike the same entities are in two languages, or before and after (drift), or one name (siblings).",
    ),
    "neighbours": Listed(
        "geometry.neighbours",
        "Is the nearest entity in another language the same one, are there hubs, who is next to a point, who stands "
        "out.",
    ),
    "groups": Listed(
        "geometry.groups", "Do entities gather by type or by language: silhouette and purity beside two floors."
    ),
    "extract": Listed(
        "vectors.extract",
        "Write the vectors of entities or words at any layers to disk, whatever their number, as a run of its own.",
    ),
    "project": Listed(
        "vectors.project",
        "Draw maps of a run's vectors, and tell how far they may be trusted; "
        "a map that was drawn before comes at once.",
    ),
    "demo": Listed("training.demo", "Do the paper's experiment end to end on real weights, in a few minutes."),
    "tables": Listed("tables.tables", "List every table nerspace can make, or the columns of one."),
    "export": Listed(
        "tables.export",
        "Print a table of a run, or write it as CSV, for Excel (x.xlsx) or as Parquet, "
        "with what it is of in x.csv.json.",
    ),
    "locate": Listed("runs.locate", "Print the folder of a run, to be used by other programs."),
    "doctor": Listed("doctor.doctor", "Check that everything nerspace needs is here, and say what is missing."),
    "data": Listed("data.app", "The data: what there is, samples, checks, exports."),
    "runs": Listed("runs.app", "Runs: list, name, show, follow, stop, resume, verify, remove."),
}


class _Found(Mapping[str, Any]):
    """Name → command of Typer, made when it is read."""

    def __getitem__(self, name: str) -> Any:
        module, _, attribute = COMMANDS[name].module.rpartition(".")
        found = getattr(import_module(f"nerspace.tui.cli.{module}"), attribute)
        if not isinstance(found, typer.Typer):
            single = Commands()
            single.command(name)(found)
            found = single
        command = typer.main.get_command(found)
        command.name = name
        return command

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


class _Nerspace(Group):
    """All commands, of which only the one that is called is imported."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = _Found()  # type: ignore[assignment]

    def list_commands(self, ctx: Any) -> list[str]:
        """The names, in the order of the help."""
        del ctx
        return list(COMMANDS)

    def summary(self, ctx: Any, name: str) -> str:
        """What the list of commands says of one."""
        del ctx
        return COMMANDS[name].summary


app = Commands(
    cls=_Nerspace,
    name="nerspace",
    help=(
        "See how a multilingual language model places the same named entity in different languages.\n\n"
        "Without a command, opens the explorer on the newest run. Begin with: nerspace demo"
    ),
    no_args_is_help=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def explore(
    context: typer.Context,
    run: Annotated[str | None, typer.Option("--run", help="Open the explorer on this run.")] = None,
    data: Annotated[
        str,
        typer.Option("--data", metavar="NAME|PATH", help="What is browsed; the run's own data by default, or builtin."),
    ] = "",
    model: Model = "builtin",
    workspace: Workspace = None,
    ascii: Annotated[bool, typer.Option("--ascii", help="Draw with plain letters, without colors and lines.")] = False,
    version: Annotated[bool, typer.Option("--version", help="Print the version and leave.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks (may stand behind any command).")] = False,
) -> None:
    """Open the explorer when no command is given."""
    del debug  # taken out of the arguments by main()
    if version:
        from importlib.metadata import version as version_of

        print(f"nerspace {version_of('nerspace')}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        open_explorer: OpenExplorer = context.obj
        open_explorer(workspace, run, data, model, ascii=ascii)
        return
    for name in ("run", "data", "model", "ascii"):
        source = context.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE":
            raise UsageError(
                f"--{name} before {context.invoked_subcommand} would be for the explorer alone.",
                "Put it behind the command.",
            )
    if workspace is not None:
        # Where the command looks unless it has its own.
        os.environ["NERSPACE_HOME"] = str(workspace)
