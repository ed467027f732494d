"""Options in groups: Typer reads them as if each stood in the command, with the command's own defaults."""

from pathlib import Path
from typing import Annotated, NamedTuple

import pytest
import typer
from typer.testing import CliRunner

from nerspace.engine.errors import UsageError
from nerspace.tui.cli.options import But, Commands, Parsed, layer_numbers, listed


class Group(NamedTuple):
    size: Annotated[int, typer.Option(min=1, help="How many.")] = 3
    codes: Annotated[tuple[str, ...], typer.Option("--lang", metavar="CODES"), Parsed(listed)] = ()
    layers: Annotated[tuple[int, ...] | None, typer.Option(), Parsed(layer_numbers)] = None
    fast: Annotated[bool, typer.Option()] = False


def run(*arguments: str) -> str:
    app = Commands()
    app.callback()(lambda: None)

    @app.command()
    def whole(name: str, group: Group, last: Path | None = None) -> None:
        """Take all of it."""
        print(name, group, last)

    @app.command("other")
    def part(*, group: Annotated[Group, But("fast", "codes", size=8)]) -> None:
        """Take some of it."""
        print(group)

    done = CliRunner().invoke(app, arguments)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.output


def test_what_is_typed_becomes_the_fields_of_the_group() -> None:
    typed = ["whole", "x", "--size", "5", "--lang", "en, be,en", "--layers", "0,12", "--fast", "--last", "here"]
    assert run(*typed) == f"x {Group(5, ('en', 'be'), (0, 12), True)} here\n"
    assert run("whole", "x") == f"x {Group()} None\n"


def test_a_command_leaves_options_out_and_has_defaults_of_its_own() -> None:
    assert run("other") == f"{Group(size=8)}\n"
    assert run("other", "--size", "2") == f"{Group(size=2)}\n"
    assert "No such option" in run("other", "--fast")
    shown = run("other", "--help")
    assert "--layers" in shown
    assert "--lang" not in shown
    assert "[default: 8;" in shown


def test_typer_still_checks_and_a_parser_says_what_is_wrong() -> None:
    assert "Invalid value" in run("whole", "x", "--size", "0")
    with pytest.raises(UsageError, match="'a' is no layer"):
        run("other", "--layers", "0,a")


def test_two_options_of_one_name_are_refused_at_once() -> None:
    app = Commands()
    with pytest.raises(ValueError, match="Two options of twice are named size"):

        @app.command()
        def twice(size: int, group: Group) -> None:
            """Take one name twice."""
