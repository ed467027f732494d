"""The one door to the outside: whatever is printed to a terminal passes it, so that no character of data acts there.

Files and pipes get what was written, letter for letter. What nerspace draws itself, in colors and with a moving bar,
goes through `console`, which lets its own control characters pass and those of data not.
"""

import contextlib
import os
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any, TextIO, cast

from nerspace.datasets.visible import visible
from nerspace.engine.errors import ConfigurationError
from nerspace.tui.literal import literal_lines

if TYPE_CHECKING:
    from rich.console import Console

# Where the output is no terminal nothing is squeezed into its width.
PIPE_WIDTH = 240


class ReaderGone(Exception):
    """Whoever read the output (head, less) has left; no OSError, which Typer and Rich would end the program for."""


class Door:
    """A stream whose text is drawn literally where it leads to a terminal.

    Args:
        stream: where the text goes.
        literal: whether control characters are made visible.
    """

    def __init__(self, stream: TextIO, literal: bool) -> None:
        self.stream, self.literal = stream, literal

    def write(self, text: str) -> int:
        """Write a text.

        Raises:
            ReaderGone: where nobody reads any more.
            ConfigurationError: where it cannot be written.
        """
        with _failures():
            self.stream.write(literal_lines(text) if self.literal else text)
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write texts one behind the other."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Write what waits; raises as `write` does."""
        with _failures():
            self.stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


@contextlib.contextmanager
def _failures() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError as error:
        raise ReaderGone from error
    except UnicodeEncodeError as error:
        lacking = visible(error.object[error.start : error.start + 1])
        raise ConfigurationError(
            f"The encoding of the output, {error.encoding}, lacks {lacking}.", "Set PYTHONIOENCODING=utf-8."
        ) from error
    except OSError as error:
        raise ConfigurationError(
            f"The output cannot be written ({error.strerror or error}).", "Free space on its disk or send it elsewhere."
        ) from error


@contextlib.contextmanager
def doors() -> Iterator[None]:
    """Have everything that is printed to stdout and stderr pass a door; at the end both are flushed."""
    _open_closed()
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = (cast("TextIO", _door(stream)) for stream in before)
    try:
        yield
        sys.stdout.flush()
    finally:
        sys.stdout, sys.stderr = before


def drop_output() -> None:
    """Lead stdout nowhere, since its reader has gone: Python would flush to it once more."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def _open_closed() -> None:
    """Open what was closed (`>&-`) as the null device: the next file opened would be taken for the terminal."""
    while (opened := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(opened, True)
    os.close(opened)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123 - open to the end


def _door(stream: TextIO) -> Door:
    terminal = stream.isatty()
    if terminal and hasattr(stream, "reconfigure"):
        # A letter that the terminal's encoding lacks is no reason to end.
        stream.reconfigure(errors="replace")
    return Door(stream, terminal)


@contextlib.contextmanager
def own_drawing() -> Iterator[None]:
    """Let control characters pass meanwhile: what is printed is nerspace's own, such as its help in colors."""
    found = [stream for stream in (sys.stdout, sys.stderr) if isinstance(stream, Door) and stream.literal]
    for door in found:
        door.literal = False
    try:
        yield
    finally:
        for door in found:
            door.literal = True


def console(stderr: bool = False) -> "Console":
    """A console on stdout (or stderr) that draws text from data literally."""
    stream: TextIO = sys.stderr if stderr else sys.stdout
    drawn = Door(stream.stream, literal=False) if isinstance(stream, Door) else stream
    terminal = stream.isatty()
    made: Console = _console_class(terminal)(
        file=drawn, markup=False, highlight=False, emoji=False, width=None if terminal else PIPE_WIDTH
    )
    return made


@cache
def _console_class(terminal: bool) -> Any:
    from rich.console import Console, ConsoleOptions, RenderableType
    from rich.segment import Segment

    class LiteralConsole(Console):
        """Draws as Rich does; of what is drawn, only Rich's own control characters are left."""

        def render(self, renderable: "RenderableType", options: "ConsoleOptions | None" = None) -> Iterable[Segment]:
            for segment in super().render(renderable, options):
                text, style, control = segment
                yield segment if control or text.isprintable() else Segment(literal_lines(text), style)

    return LiteralConsole if terminal else Console
