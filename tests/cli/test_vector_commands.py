"""nerspace extract and nerspace project from the outside: what they print, what they leave, what they refuse."""

from io import StringIO
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from nerspace.engine import runs
from nerspace.engine.geometry.stored import find_stored
from nerspace.engine.requests.extraction import make_extract_request
from nerspace.engine.runs import jobs
from nerspace.engine.tables.index import CATALOGUE
from nerspace.tui.explorer.session import Session
from nerspace.tui.explorer.space.model import _quality, read_maps
from nerspace.tui.plots.tables import plot


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def extracted(home: Path, tiny_xlmr: Path) -> runs.Run:
    request = make_extract_request(
        None, model=str(tiny_xlmr), layers=(0, 2), languages=("be", "en"), size=12, device="cpu"
    )
    run = runs.create(runs.workspace_folder(home), "extract", request, 0)
    assert jobs.execute(run) == "finished"
    return run


@pytest.fixture
def nerspace(home: Path, monkeypatch: pytest.MonkeyPatch, command: Any) -> Any:
    """The command in the workspace of the run."""
    monkeypatch.setenv("NERSPACE_HOME", str(home))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    monkeypatch.chdir(home)
    return command


@pytest.mark.slow
def test_extract_tells_its_files_and_the_next_step(nerspace: Any, tiny_xlmr: Path) -> None:
    asked = ["--layers", "1", "--lang", "en", "--size", "6", "--of", "words", "--device", "cpu"]
    done = nerspace("extract", "--model", str(tiny_xlmr), *asked)
    assert done.returncode == 0, done.stderr
    assert "before-1-words.npy" in done.stdout
    run = done.stdout.split("--run ")[-1].strip()
    measured = nerspace("isotropy", "--of", "words", "--run", run, "--csv", "-")
    assert set(pd.read_csv(StringIO(measured.stdout))["layer"]) == {1}


def test_project_prints_quality_and_gives_maps_that_the_explorer_reads(
    nerspace: Any, home: Path, extracted: runs.Run
) -> None:
    done = nerspace("project", "--run", extracted.id, "--layers", "2", "--perplexity", "5")
    assert done.returncode == 0, done.stderr
    assert "trustworthiness" in done.stdout
    assert "650" in done.stdout
    run = runs.find_run(home, done.stdout.split("--run ")[-1].strip())
    for table in ("points", "map", "map_quality"):
        assert list(run.read_table(table)) == list(CATALOGUE[table].columns)
    maps = read_maps(Session(home, run, "builtin", "builtin"))
    assert maps is not None
    assert maps.keys == (("before", 2),)
    assert maps.points["text"].notna().all()
    assert len(maps.parallels(0)) == 2
    assert "seed 0 · n 24" in maps.quality["before", 2][0]
    # A run without vectors is newer, but neither is it measured nor drawn.
    assert find_stored(home).id == extracted.id


def test_a_map_that_was_stopped_says_so_and_one_of_an_older_run_is_read() -> None:
    row = {"stage": "before", "layer": 2, "method": "tsne", "perplexity": 70.0, "seed": 0, "n": 24, "preserved": 0.5,
           "chance": 0.1, "trustworthiness": 0.9}  # fmt: skip
    told = _quality(pd.DataFrame([{**row, "metric": "cosine", "iterations": 200, "planned": 650}]))["before", 2][0]
    assert told.startswith("t-SNE perplexity 70 · cosine · stopped at 200 of 650 · seed 0")
    assert _quality(pd.DataFrame([row]))["before", 2][0].startswith("t-SNE perplexity 70 · seed 0")


def test_project_writes_and_draws_the_map_by_class(nerspace: Any, extracted: runs.Run) -> None:
    asked = ("project", "--run", extracted.id, "--method", "pca", "--layers", "0")
    maps = pd.read_csv(StringIO(nerspace(*asked, "--csv", "-").stdout))
    assert list(maps) == list(CATALOGUE["map"].columns)
    assert len(maps) == 24
    drawn = nerspace(*asked, "--plot", "--by", "language").stdout
    assert "1 be  2 en" in drawn
    assert "before, layer 0" in drawn


def test_the_mark_of_a_place_is_that_of_most_of_its_points() -> None:
    places = [(0, 0, "b"), (0, 0, "b"), (0, 0, "a"), (1, 1, "[red]"), (0.5, 0.5, "a")]
    frame = pd.DataFrame(places, columns=["x", "y", "class"]).assign(stage="before", layer=0, point=range(5))
    lines = plot("map", "scatter", frame).split("\n")
    assert lines[0] == "before, layer 0"
    assert lines[1].strip() == "1"  # the class "[red]" sorts first, at the top right
    assert lines[-2] == "3"
    assert lines[-1] == "1 [red]  2 a  3 b"
    assert "1 a" in plot("map", "scatter", frame.assign(x=3.0, y=2.0, **{"class": "a"}))


@pytest.mark.parametrize(
    ("arguments", "said", "code"),
    [
        (["extract", "--model", "MODEL", "--layers", "0,9"], "no layer 9", 2),
        (["extract", "--model", "MODEL", "--layers", "first"], "'first' is no layer", 2),
        (["extract", "--model", "MODEL", "--stage", "after"], "An encoder alone has no stage after", 2),
        (["extract", "--run", "nothing"], "'nothing' is no run", 2),
        (["extract", "--run", "extract"], "trained nothing", 2),
        (["extract", "--model", "MODEL", "--data", "nowhere"], "There is no data set 'nowhere'", 1),
        (["project", "--by", "case"], "Choose from language, type", 2),
        (["project", "--run", "extract-", "--method", "umap"], "Choose from tsne, pca", 2),
        (["project", "--run", "extract-", "--lang", "pl"], "There are be, en", 2),
    ],
)
def test_a_mistake_is_one_line(
    home: Path, extracted: runs.Run, tiny_xlmr: Path, nerspace: Any, arguments: list[str], said: str, code: int
) -> None:
    known = {"extract": extracted.id, "extract-": extracted.id, "MODEL": str(tiny_xlmr)}
    command, *rest = arguments
    done = nerspace(command, *(known.get(part, part) for part in rest))
    assert said in done.stderr
    assert done.returncode == code
    assert done.stderr.count("\n") == 1
