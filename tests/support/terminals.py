"""A terminal that keeps what is written to it, the command on one, and text that would act there."""

import io
import os
import pty
import re
import shutil
import subprocess
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from sample_runs import Done

from nerspace.engine.runs import Run
from nerspace.tui import main as program

# Writes the clipboard, colors, turns the direction, hides, goes back to the beginning of the line, clears the screen.
EVIL = "\x1b]52;c;AAAA\x07\x9b31m\u202evil\u2066\u061c\r\x08\x7f\x1b[2J\u200b"


def acting(text: str) -> set[str]:
    """The characters of a text that act on a terminal, but for line feeds and tabs."""
    kinds = ("Cc", "Cf", "Cs", "Zl", "Zp")
    return {sign for sign in text if unicodedata.category(sign) in kinds} - set("\n\t\u200c\u200d\xad")


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def at_terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Done]:
    """The command in this process, on a terminal that knows no colors: whatever acts there came from data."""
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("COLUMNS", "200")

    def call(*arguments: str) -> Done:
        out, problems = Terminal(), Terminal()
        with monkeypatch.context() as patch:
            for name, value in (("argv", ["nerspace", *arguments]), ("stdin", io.StringIO()), ("stdout", out),
                                ("stderr", problems)):  # fmt: skip
                patch.setattr(sys, name, value)
            try:
                program.main()
            except SystemExit as left:
                code = left.code
        return Done(int(code or 0), out.getvalue(), problems.getvalue())

    return call


def on_pty(*arguments: str, cwd: Path, **environment: str) -> tuple[int, bytes]:
    """The installed command on a real terminal: its exit code and every byte that came there."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [str(Path(sys.executable).with_name("nerspace")), *arguments],
        stdin=theirs, stdout=theirs, stderr=theirs, cwd=cwd, env={**os.environ, **environment},
    )  # fmt: skip
    os.close(theirs)
    received = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:
            break
        if not part:
            break
        received += part
    os.close(ours)
    return process.wait(60), received


@pytest.fixture
def evil_run(finished: Run, tmp_path: Path) -> Run:
    """A run whose name, request, notes and every text of every table would act."""
    path = tmp_path / "home" / "runs" / f"demo-{EVIL}"
    shutil.copytree(finished.path, path)
    run = Run(path)
    for name in run.tables():
        frame = pd.read_csv(run.table_path(name), dtype=str, keep_default_na=False)
        run.write_table(name, frame.map(_evil))
    run.update(request={"donor": EVIL, EVIL: EVIL}, notes=[EVIL], error={"message": EVIL, "hint": EVIL}, device=EVIL)
    run.append_event("stage", stage=EVIL, label=EVIL, total=3, unit=EVIL, donor=EVIL, seed=0)
    run.append_event("note", text=EVIL)
    return run


def _evil(cell: str) -> str:
    """Numbers and the words that tables are read by stay."""
    return cell if re.fullmatch(r"[-\d.e]*|all|before|after", cell) else cell + EVIL
