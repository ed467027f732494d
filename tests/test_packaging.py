"""What an installation promises: every folder is packaged, the floors stay apart, the README's lines work."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
from pathlib import Path

import pytest

from nerspace.engine import runs
from nerspace.engine.tables.index import CATALOGUE

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_folder_with_code_is_a_listed_package() -> None:
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    folders = {path.parent for floor in ("datasets", "engine", "tui") for path in (ROOT / floor).rglob("*.py")}
    found = {".".join(("nerspace", *folder.relative_to(ROOT).parts)) for folder in folders}
    assert found - {"nerspace.engine.api"} | {"nerspace"} == set(listed)
    for folder in folders:
        assert (folder / "__init__.py").is_file(), folder


def test_every_function_of_the_catalogue_exists() -> None:
    for name, spec in CATALOGUE.items():
        assert spec.name == name
        assert callable(spec.function), name


def test_every_table_that_is_declared_is_in_the_catalogue_and_costs_no_model_to_read(tmp_path: Path) -> None:
    declared = {
        name
        for path in (ROOT / "engine").rglob("*.py")
        for name in re.findall(r"""^[A-Z0-9_]+ = TableSpec\(\s*"(\w+)\"""", path.read_text(encoding="utf-8"), re.M)
    }
    assert declared == set(CATALOGUE)
    code = (
        "import sys; from nerspace.engine.tables.index import CATALOGUE; assert 'numpy' not in sys.modules;"
        "list(CATALOGUE.values()); print(sorted({'torch', 'transformers', 'sklearn', 'scipy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


@pytest.mark.parametrize(
    ("modules", "forbidden"),
    [
        (
            "nerspace.tui.main nerspace.tui.explorer.app nerspace.tui.cli.reports.summary nerspace.engine.runs "
            "nerspace.engine.runs.jobs nerspace.engine.requests.training nerspace.engine.tables.index "
            "nerspace.engine.encoders",
            "torch transformers sklearn",
        ),
        ("nerspace.datasets nerspace.datasets.synthetic", "torch transformers sklearn tokenizers textual rich pandas"),
    ],
)  # fmt: skip
def test_light_modules_stay_light(modules: str, forbidden: str, tmp_path: Path) -> None:
    code = f"import sys, {modules.replace(' ', ', ')}; print(sorted(set({forbidden.split()}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert done.stdout.strip() == "[]", done.stderr


def command_of_readme(beginning: str) -> str:
    [line] = re.findall(rf"^ *({re.escape(beginning)}[^#\n]*)", README, flags=re.MULTILINE)
    return line.strip()


def test_the_readme_names_only_commands_and_keys_that_exist() -> None:
    from nerspace.tui.actions import ACTIONS
    from nerspace.tui.cli import data, runs
    from nerspace.tui.cli.main import COMMANDS

    commands = {c.name or c.callback.__name__ for part in (data.app, runs.app) for c in part.registered_commands}
    commands |= set(COMMANDS)
    used = re.findall(r"^ *nerspace ([a-z]+)(?: ([a-z]+))?", README, flags=re.MULTILINE)
    assert used
    for first, second in used:
        assert first in commands, first
        if first in ("data", "runs"):
            assert second in commands, second
    keys = {key for action in ACTIONS for key in [*action.keys.split(","), action.shown]}
    table = README.partition("## Keys")[2].partition("##")[0]
    named = {key for key in re.findall(r"`([^`]+)`", table) if len(key) < 8}
    assert len(named) > 15
    for key in named - {"1–9", "F1–F9"}:
        assert key in keys, key


def new_venv(folder: Path) -> dict[str, str]:
    """A virtual environment that finds the libraries of this one, so that nothing is downloaded; its variables."""
    venv.create(folder, with_pip=True)
    site = Path(sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)}))
    # Up to Python 3.11 an old one comes with it.
    for old in (*site.glob("setuptools*"), *site.glob("pkg_resources")):
        shutil.rmtree(old)
    (site / "libraries.pth").write_text("\n".join(path for path in sys.path if path.endswith("-packages")))
    return {
        **os.environ,
        "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
        # 0 switches isolation off: setuptools is taken from here.
        "PIP_NO_BUILD_ISOLATION": "0",
        "PIP_NO_INDEX": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }


@pytest.mark.install
def test_the_first_line_of_the_readme_makes_a_run(tmp_path: Path) -> None:
    line = command_of_readme("pip install -e . && nerspace demo")
    environment = {**new_venv(tmp_path / "venv"), "NERSPACE_HOME": str(tmp_path / "home")}
    done = subprocess.run(
        ["bash", "-c", f"{line} --no-tui --size 8 --test-size 6 --no-keep-model"],
        cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=1200,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert (tmp_path / "venv" / "bin" / "nerspace").is_file()
    [run] = runs.list_runs(tmp_path / "home")
    assert run.info()["state"] == "finished"
    assert str(run.path) in done.stdout
    assert "Wrong sentences of 6 per language" in done.stdout
    transfer = run.read_table("transfer")
    assert set(transfer["recipient"]) == set(run.info()["request"]["languages"])
    assert len(transfer) == 11
    assert {"sentences", "probes", "parallel_cosine", "isotropy", "map", "correlations"} <= set(run.tables())


@pytest.mark.slow
@pytest.mark.parametrize("bench", sorted(path.name for path in (ROOT / "tests" / "bench").glob("bench_*.py")))
def test_every_bench_starts(bench: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests" / "bench" / bench), "--help"], capture_output=True, text=True, cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT / "tests" / "support")}, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("usage: ")
