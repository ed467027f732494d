"""The help of commands: it says what the commands say of themselves, in columns, and needs little to be drawn."""

import subprocess
import sys

import pytest
import typer

from nerspace.tui.cli.main import COMMANDS, app

ROOT = typer.main.get_command(app)


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    app([*arguments, "--help"], standalone_mode=False)
    return capsys.readouterr().out.splitlines()


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_says_of_a_command_what_its_own_help_begins_with(name: str) -> None:
    command = ROOT.get_command(typer.Context(ROOT), name)
    assert " ".join(command.help.split("\n\n")[0].split()) == COMMANDS[name].summary
    assert command.name == name


@pytest.mark.parametrize("arguments", [(), ("tokens",), ("runs",), ("runs", "list"), ("transfer",)], ids=str)
@pytest.mark.parametrize("columns", [80, 50])
def test_help_fits_the_terminal_and_lists_every_option(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    lines = shown(capsys, *arguments)
    assert max(map(len, lines)) <= columns
    assert "\x1b" not in "".join(lines)
    command = ROOT
    for argument in arguments:
        command = command.get_command(typer.Context(command), argument)
    listed = {line.split()[0].rstrip(",") for line in lines if line.startswith("  ")}
    for parameter in command.params:
        if parameter.param_type_name == "option":
            assert parameter.opts[0] in listed


def test_a_default_stands_in_one_piece_and_colors_only_where_they_are_wanted(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert any(line.strip() == "[default: 0]" for line in shown(capsys, "tokens"))
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[1;36m--seed\x1b[0m" in "\n".join(shown(capsys, "tokens"))
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in "".join(shown(capsys, "tokens"))


def test_a_mistyped_command_is_told_its_neighbour() -> None:
    with pytest.raises(Exception, match="No such command 'tokns'. Did you mean 'tokens'"):
        app(["tokns"], standalone_mode=False)


def test_the_list_of_commands_imports_none_of_them_and_no_drawing() -> None:
    code = (
        "import sys; from nerspace.tui.cli.main import app; app(['--help'], standalone_mode=False); "
        "print([m for m in sys.modules if m.split('.')[0] in ('rich', 'pydantic', 'numpy', 'pandas') "
        "or m.startswith('nerspace.engine.requests') or m == 'nerspace.datasets.languages' "
        "or m in ('nerspace.tui.cli.training', 'nerspace.tui.cli.data')])"
    )
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]", done.stderr
