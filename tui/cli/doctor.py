"""Checks of the place nerspace runs in, one line each."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import typer

from nerspace.engine.errors import NerspaceError
from nerspace.engine.words import several
from nerspace.tui.cli.options import Model, Workspace
from nerspace.tui.terminal import console


def doctor(workspace: Workspace = None, model: Model = "builtin") -> None:
    """Check that everything nerspace needs is here, and say what is missing."""
    if not examine(workspace, model):
        raise typer.Exit(1)


def examine(workspace: Path | None, model: str) -> bool:
    """Print every check with what was found; returns whether all that is needed is there."""
    out = console()
    sound = True
    for name, check in (
        ("packages", _packages),
        ("workspace", lambda: _workspace(workspace)),
        ("data", _data),
        ("encoder", lambda: _encoder(model)),
        ("device", _device),
        ("terminal", _terminal),
    ):
        found, finding = _try(check)
        sound &= found
        out.print(f"{'ok     ' if found else 'MISSING'} {name:<10} {finding}")
    return sound


def _try(check: Callable[[], str]) -> tuple[bool, str]:
    from importlib import metadata

    try:
        return True, check()
    except NerspaceError as error:
        return False, str(error)
    except metadata.PackageNotFoundError as error:
        return False, f"The package {error.name} is not installed. Install nerspace again with pip."


def _packages() -> str:
    from importlib import metadata

    names = ("nerspace", "torch", "transformers", "textual")
    return ", ".join(f"{name} {metadata.version(name)}" for name in names)


def _workspace(workspace: Path | None) -> str:
    from nerspace.engine import runs

    folder = runs.workspace_folder(workspace)
    free = shutil.disk_usage(folder).free / 1e9
    return f"{folder}, {several(len(runs.list_runs(folder)), 'run')}, {free:.0f} GB free"


def _data() -> str:
    from nerspace import datasets

    corpus = datasets.load()
    return f"{corpus.name}: {len(corpus):,} sentences in each of {len(corpus.languages)} languages"


def _encoder(model: str) -> str:
    from nerspace.engine import encoders

    folder = encoders.resolve(model)
    return f"{model}: {encoders.load_tokenizer(model).get_vocab_size():,} pieces, {folder}"


def _device() -> str:
    from nerspace.engine import devices

    return "; ".join([devices.describe(devices.pick_device()), *devices.cards()])


def _terminal() -> str:
    size = shutil.get_terminal_size()
    colours = "none (NO_COLOR)" if os.environ.get("NO_COLOR") else os.environ.get("COLORTERM") or "by TERM"
    return f"{size.columns}×{size.lines}, TERM {os.environ.get('TERM', 'unset')}, colours {colours}"
