"""The answer to the paper's question in three sentences, as the command line prints it."""

from textwrap import fill
from typing import TYPE_CHECKING

from nerspace.engine.transfer.answer import answer_of
from nerspace.tui.cli.output import say

if TYPE_CHECKING:
    from nerspace.engine.runs import Run


def show_answer(run: "Run", without: str = "") -> None:
    """Print what changed names, factors and correlations say of the paper's question."""
    if lines := answer_of(run, without):
        say("\nWhat spelling, tokenisation and the space have to do with the errors here\n")
        for line in lines:
            say(fill(line, 78, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False))
