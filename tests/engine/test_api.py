"""import nerspace: light, complete, and the same functions, runs and files as the command line's."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import nerspace
from nerspace.engine import runs
from nerspace.engine.errors import DataError, NerspaceError, UsageError
from nerspace.engine.geometry.isotropy import isoscore
from nerspace.engine.geometry.similarity import linear_cka
from nerspace.engine.tables.index import CATALOGUE

ROOT = Path(__file__).parents[2]


def test_it_costs_nothing_to_import_and_shows_what_it_has(tmp_path: Path) -> None:
    code = (
        "import sys; before = set(sys.modules); import nerspace;"
        "print(nerspace.__version__, *sorted(n for n in set(sys.modules) - before if n.startswith('nerspace')));"
        "print(*dir(nerspace)); print(*({'numpy', 'pandas', 'torch'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, cwd=tmp_path)
    loaded, shown, heavy = done.stdout.splitlines()
    assert loaded == f"{nerspace.__version__} nerspace", done.stderr
    assert set(shown.split()) == {*nerspace.__all__, "__version__"}
    assert heavy == ""


def test_every_name_is_there_with_a_docstring_and_others_are_not() -> None:
    assert len(nerspace.__all__) == 12
    for name in nerspace.__all__:
        assert getattr(nerspace, name).__doc__, name
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = nerspace.nothing


def test_an_array_goes_in_and_a_table_comes_out() -> None:
    X = np.random.default_rng(0).normal(size=(60, 8))
    table = nerspace.isotropy(X)
    assert list(table.columns) == ["measure", "n", "value", "floor", "spread", "left_out"]
    assert table.set_index("measure")["value"]["isoscore"] == isoscore(X)
    grouped = nerspace.isotropy(X.tolist(), ["be"] * 40 + ["en"] * 20)
    assert grouped.groupby("language", sort=False)["n"].first().to_dict() == {"all": 60, "be": 40, "en": 20}
    [row] = nerspace.cka(X, X[:, :3]).to_dict("records")
    assert row["n"] == 60
    assert row["cka"] == linear_cka(X, X[:, :3]) > row["floor"]


@pytest.mark.parametrize(
    ("X", "said"),
    [
        (np.ones(3), r"Expected an array \[n, d\], got the shape \(3,\)"),
        (np.ones((3, 2, 2)), r"got the shape \(3, 2, 2\)"),
        ([["a", "b"]], r"Expected numbers \[n, d\]"),
        ([[1.0], [2.0, 3.0]], r"Expected numbers \[n, d\]"),
        (np.ones((1, 4)), "1 vectors are too few"),
        ([[1.0, np.nan], [1.0, 2.0]], "1 of 2 vectors are not finite"),
    ],
)  # fmt: skip
def test_a_wrong_shape_is_one_clear_line(X: object, said: str) -> None:
    for measure in (nerspace.isotropy, lambda X: nerspace.cka(X, X)):
        with pytest.raises(DataError, match=said) as caught:
            measure(X)
        assert "\n" not in str(caught.value)
    with pytest.raises(DataError, match=r"languages has the shape \(2,\)"):
        nerspace.isotropy(np.eye(3), ["be", "en"])


def test_tables_are_listed_with_their_columns() -> None:
    assert list(nerspace.tables()["table"]) == list(CATALOGUE)
    assert list(nerspace.tables("transfer")["column"])[:3] == ["donor", "recipient", "seed"]
    with pytest.raises(UsageError, match="Unknown table 'nothing'"):
        nerspace.tables("nothing")


@pytest.mark.usefixtures("jobs_here")
def test_a_fine_tuning_is_a_run_of_the_workspace_that_prints_itself(tmp_path: Path, tiny_xlmr: Path) -> None:
    lines: list[str] = []
    small = {"model": str(tiny_xlmr), "languages": ("en", "be"), "size": 16, "test_size": 6, "device": "cpu"}
    run = nerspace.finetune("en", workspace=tmp_path, progress=lines.append, **small)
    assert nerspace.runs(tmp_path) == [run]
    assert lines[0] == f"Run {run.id}"
    assert any(line.startswith("Fine-tuning en-0") for line in lines)
    assert set(run.read_table("transfer")["recipient"]) == {"en", "be"}
    assert repr(run).startswith(f"<Run {run.id}: finetune, finished; tables: ")
    assert "transfer" in repr(run)
    assert repr(runs.Run(tmp_path / "gone")) == f"<Run gone: no run at {tmp_path / 'gone'}>"
    with pytest.raises(UsageError, match="Size is 1"):
        nerspace.finetune("en", workspace=tmp_path, **{**small, "size": 1})


@pytest.mark.usefixtures("jobs_here")
def test_a_fine_tuning_that_fails_is_an_error_with_the_way_on(
    tmp_path: Path, tiny_xlmr: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs.Run, "stop_requested", lambda run: True)
    with pytest.raises(NerspaceError, match=r"is stopped\. Go on with it: nerspace runs resume"):
        nerspace.finetune(
            "en", workspace=tmp_path, model=str(tiny_xlmr), languages=("en",), size=16, test_size=6, device="cpu"
        )


@pytest.mark.slow
@pytest.mark.usefixtures("builtin_folder", "jobs_here")
def test_the_lines_of_the_readme_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NERSPACE_HOME", str(tmp_path / "home"))
    section = (ROOT / "README.md").read_text(encoding="utf-8").partition("## From Python\n")[2].partition("\n## ")[0]
    lines = [line.removeprefix("    ") for line in section.splitlines() if line.startswith("    ")]
    assert len(lines) == 10
    names: dict[str, object] = {}
    exec("\n".join(lines), names)
    assert isinstance(names["vectors"], np.ndarray)
    assert names["vectors"].shape == (200, 384)
    [run] = nerspace.runs()
    assert names["run"] == run


def test_the_notebook_runs_on_the_run_of_a_demo(
    finished: runs.Run, tiny_xlmr: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import matplotlib.pyplot as plt

    # Alone in a workspace: it opens the newest run.
    only = runs.Run(runs.workspace_folder(tmp_path / "home") / "runs" / finished.id)
    shutil.copytree(finished.path, only.path)
    monkeypatch.setenv("NERSPACE_HOME", str(tmp_path / "home"))
    plt.switch_backend("agg")
    notebook = json.loads((ROOT / "docs" / "nerspace.ipynb").read_text(encoding="utf-8"))
    assert (notebook["nbformat"], notebook["metadata"]["kernelspec"]["language"]) == (4, "python")
    cells = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert all(cell["outputs"] for cell in notebook["cells"][-1:])
    code = "\n".join(cells).replace("nerspace.Encoder()", f"nerspace.Encoder({str(tiny_xlmr)!r})")
    names: dict[str, object] = {}
    exec(code, names)
    assert names["run"] == only
    assert len(plt.get_fignums()) >= 1
    plt.close("all")
