"""The help of commands: plain columns in the terminal's own colors, drawn without Rich, whose import takes longer."""

import os
import shutil
import sys
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from typer.core import TyperCommand, TyperGroup

from nerspace.tui.terminal import own_drawing

# Wider lines are harder to read, and a first column of more cells leaves the second too few at 80.
WIDTH, FIRST = 110, 30
# A blank where no line ends.
HARD = "\x1f"
BOLD, NAME, KIND, DIM = "1", "1;36", "33", "2"


class Single(TyperCommand):
    """A command whose help may be in colors: there is nothing of data in it."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Print the help."""
        del formatter
        print_help(self, ctx)


class Group(TyperGroup):
    """As `Single`, of several commands."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Print the help."""
        del formatter
        rows = [(name, self.summary(ctx, name)) for name in self.list_commands(ctx)]
        print_help(self, ctx, rows)

    def summary(self, ctx: Any, name: str) -> str:
        """What the list of commands says of one."""
        command = self.get_command(ctx, name)
        return _paragraphs(command.help if command else "")[0]


def print_help(command: Any, context: Any, commands: Sequence[tuple[str, str]] = ()) -> None:
    """Print how a command is used, what it does, and its arguments, options and commands.

    Args:
        command: of Typer.
        context: what it is called in.
        commands: those of a group, each with what is said of it.
    """
    width = min(WIDTH, shutil.get_terminal_size().columns)
    paint = _Paint(_is_colored())
    records: dict[str, list[tuple[str, str]]] = {"argument": [], "option": []}
    for parameter in command.get_params(context):
        if (record := parameter.get_help_record(context)) is not None:
            records[parameter.param_type_name].append(record)
    lines = [paint(line, BOLD) for line in _wrapped(command.get_usage(context), width, "  ")]
    for paragraph in _paragraphs(command.help):
        lines += ["", *_wrapped(paragraph, width)]
    for title, rows in (
        ("Arguments", records["argument"]), ("Options", records["option"]), ("Commands", list(commands)),
    ):  # fmt: skip
        if rows:
            lines += ["", paint(title, BOLD), *_columns(rows, width, paint)]
    with own_drawing():
        print("\n".join(lines))


class _Paint:
    """Colors a text, or leaves it as it is."""

    def __init__(self, colored: bool) -> None:
        self.colored = colored

    def __call__(self, text: str, style: str) -> str:
        return f"\x1b[{style}m{text}\x1b[0m" if self.colored and text else text


def _is_colored() -> bool:
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return sys.stdout.isatty() and os.environ.get("TERM", "") not in ("", "dumb", "unknown")


def _paragraphs(text: str | None) -> list[str]:
    """The paragraphs of a text, each in one line."""
    return [" ".join(part.split()) for part in (text or "").split("\n\n")]


def _wrapped(text: str, width: int, further: str = "") -> list[str]:
    # A short default stays in one piece.
    before, sign, extra = text.rpartition("  [")
    if sign and len(extra) < width // 2:
        text = f"{before} [{extra.replace(' ', HARD)}"
    lines = textwrap.wrap(text, max(width, 12), subsequent_indent=further, break_on_hyphens=False)
    return [line.replace(HARD, " ") for line in lines]


def _columns(rows: Iterable[tuple[str, str]], width: int, paint: _Paint) -> Iterator[str]:
    """Rows of two columns; a first column that is too long has a line of its own."""
    rows = list(rows)
    first = min(FIRST, width // 3 + 4, max(len(name) for name, _ in rows))
    for name, meaning in rows:
        texts = _wrapped(meaning, width - first - 4) or [""]
        if len(name) > first:
            yield f"  {_name(name, paint)}"
            name = ""
        yield f"  {_name(name, paint)}{' ' * (first - len(name))}  {_meaning(texts[0], paint)}".rstrip()
        for text in texts[1:]:
            yield f"{' ' * (first + 4)}{_meaning(text, paint)}"


def _name(text: str, paint: _Paint) -> str:
    """Names of options in one color and what stands behind them in another."""
    return " ".join(
        paint(word, KIND if word.isupper() or word[:1] in "[<" or word[-1:] == ">" else NAME) if word != "/" else word
        for word in text.split(" ")
    )


def _meaning(text: str, paint: _Paint) -> str:
    """A line of meaning with a default at its end drawn back."""
    before, sign, behind = text.rpartition("[default: ")
    return f"{before}{paint(sign + behind, DIM)}" if behind.endswith("]") and sign else text
