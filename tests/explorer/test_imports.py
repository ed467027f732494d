"""The explorer starts without the heavy half."""

import subprocess
import sys

import pytest

PROGRAM = """
import importlib, pkgutil, sys
import nerspace.tui.explorer.app
early = [name for name in ("pandas", "numpy", "tokenizers") if name in sys.modules]
assert not early, f"loaded before the first paint: {early}"
import nerspace.tui.explorer, nerspace.tui.widgets
for package in (nerspace.tui.explorer, nerspace.tui.widgets):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        importlib.import_module(module.name)
from pathlib import Path
from nerspace.tui.explorer.session import Session
assert len(Session(Path("."), None, "builtin", "builtin").opened().index.corpus)
from nerspace.engine.encoders import load_tokenizer
from nerspace.engine.names.tokenization import segment
from nerspace.engine.names.distances import tnld
heavy = [name for name in ("torch", "transformers", "sklearn") if name in sys.modules]
assert not heavy, f"the explorer loaded {heavy}"
"""


def test_the_explorer_never_imports_torch_transformers_or_sklearn():
    done = subprocess.run(
        [sys.executable, "-P", "-c", PROGRAM], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


COMMANDS = """
import sys
from nerspace.tui.cli.main import app
for asked in (
    ["tokens", "Washington"], ["tokens", "Washington", "--table", "aligned", "--plot"],
    ["tokens", "--table", "compatibility", "--size", "9"], ["tokens", "--table", "parity", "--size", "9", "--plot"],
    ["tokens", "--all", "--table", "shared", "--lang", "en,be"], ["tnld", "Anna", "Анна"],
    ["tnld", "--table", "scripts"], ["evaluate", "--help"],
):
    app(asked, standalone_mode=False)
import nerspace.engine.evaluation.stored, nerspace.engine.evaluation.inputs
heavy = [name for name in ("torch", "transformers", "sklearn", "textual") if name in sys.modules]
assert not heavy, f"the commands loaded {heavy}"
"""


@pytest.mark.slow
def test_tokens_tnld_and_the_tables_of_an_evaluation_import_nothing_heavy():
    done = subprocess.run(
        [sys.executable, "-P", "-c", COMMANDS], capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stderr
