"""The geometry commands on a run of made-up vectors: every table, its columns, and one line for every mistake."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from nerspace.engine import runs
from nerspace.engine.geometry.isotropy import average_cosine
from nerspace.engine.tables.index import CATALOGUE

LANGUAGES, CELLS, WIDTH = ("be", "en", "tr"), 30, 16
COMMANDS = {
    "isotropy": ["isotropy"],
    "dimensions": ["isotropy", "--table", "dimensions", "--of", "entities"],
    "parallel_cosine": ["similarity"],
    "cka": ["similarity", "--table", "cka"],
    "drift": ["similarity", "--table", "drift"],
    "retrieval": ["neighbours"],
    "hubness": ["neighbours", "--table", "hubness", "--k", "5"],
    "nearest": ["neighbours", "--table", "nearest", "--point", "7"],
    "groups": ["groups"],
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with one run: the same cells in three languages, nearer to each other after than before."""
    home = tmp_path_factory.mktemp("home")
    run = runs.create(runs.workspace_folder(home), "demo", {"donor": "en"}, 0)
    generator = np.random.default_rng(0)
    kinds = ["PER", "LOC", "ORG"]
    names = [(code, kinds[cell % 3], f"e{cell}") for code in LANGUAGES for cell in range(CELLS)]
    sentences = [f"{code}/c1/{entity}" for code, _, entity in names]
    points = pd.DataFrame(names, columns=["language", "type", "entity"])
    points.insert(0, "sentence", sentences)
    points.insert(0, "point", range(len(points)))
    run.write_table("points", points.assign(form=points["entity"]))
    words = pd.DataFrame({"sentence": np.repeat(sentences, 2), "language": np.repeat(points["language"], 2)})
    words.insert(0, "row", range(len(words)))
    run.write_table("words", words)
    shared = np.tile(generator.normal(size=(CELLS, WIDTH)), (3, 1))
    for stage, own in (("before", 2.0), ("after", 0.2)):
        for layer in (0, 2):
            X = shared + own * generator.normal(size=shared.shape)
            X[:, 3] += 5
            run.write_vectors(f"{stage}-{layer}-entities", X.astype(np.float32))
            run.write_vectors(f"{stage}-{layer}-words", generator.normal(size=(2 * len(X), WIDTH)).astype(np.float32))
    run.update(state="finished")
    return home


@pytest.fixture
def nerspace(home: Path, monkeypatch: pytest.MonkeyPatch, command: Any) -> Any:
    """The command in the workspace of the run."""
    monkeypatch.setenv("NERSPACE_HOME", str(home))
    monkeypatch.chdir(home)
    return command


def frame_of(nerspace: Any, *arguments: str) -> pd.DataFrame:
    done = nerspace(*arguments, "--csv", "-")
    assert done.returncode == 0, done.stderr
    return pd.read_csv(StringIO(done.stdout))


@pytest.mark.parametrize("table", COMMANDS)
def test_every_table_has_the_columns_of_the_catalogue(nerspace: Any, table: str) -> None:
    frame = frame_of(nerspace, *COMMANDS[table], "--layer", "2")
    assert list(frame.columns) == list(CATALOGUE[table].columns)
    assert set(frame["layer"]) == {2}
    assert len(frame)


def test_parallel_vectors_are_found_once_they_are_near(nerspace: Any) -> None:
    table = frame_of(nerspace, "neighbours", "--layer", "2")
    first = table.groupby("stage")["p_at_1"].mean()
    assert first["after"] > 0.95 > first["before"]
    assert len(table) == 2 * 6 * 2
    drawn = nerspace("neighbours", "--layer", "2", "--stage", "after", "--plot").stdout
    assert "p_at_1: after, 2, csls" not in drawn
    assert "p_at_1: stage after, layer 2, method csls" in drawn


def test_the_cosine_falls_without_the_outlier_dimension_and_in_a_centred_view(nerspace: Any, home: Path) -> None:
    asked = ("similarity", "--layer", "2", "--stage", "before")
    raw = frame_of(nerspace, *asked)
    assert raw["floor"].min() > 0.2
    assert frame_of(nerspace, *asked, "--without", "1")["floor"].abs().max() < 0.2
    assert frame_of(nerspace, *asked, "--view", "centred")["floor"].abs().max() < 0.2
    [run] = runs.list_runs(home)
    mean = frame_of(nerspace, "isotropy", "--of", "entities", "--layer", "2", "--stage", "before")
    found = mean[(mean["language"] == "all") & (mean["measure"] == "mean_cosine")]["value"].item()
    assert found == pytest.approx(average_cosine(run.read_vectors("before-2-entities")))


def test_groups_answer_as_json_and_as_text(nerspace: Any) -> None:
    rows = json.loads(nerspace("groups", "--layer", "0", "--json").stdout)
    assert {row["grouping"] for row in rows} == {"language", "type", "type-language"}
    assert all(row["n"] == 90 for row in rows)
    assert "floor_parallel" in nerspace("groups", "--layer", "0").stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["isotropy", "--table", "groups"], "Unknown table 'groups'. Choose from isotropy, dimensions"),
        (["isotropy", "--of", "pieces"], "Unknown vectors 'pieces'. Choose from words, entities"),
        (["similarity", "--view", "white"], "Unknown view 'white'. Choose from raw, centred"),
        (["similarity", "--without", "16"], "16 of 16 dimensions"),
        (["groups", "--layer", "7"], "It holds: before, layer 0, before, layer 2"),
        (["neighbours", "--point", "1"], "--table nearest and --point go together"),
        (["neighbours", "--table", "nearest", "--point", "90"], "Points go from 0 to 89"),
        (["groups", "--run", "nothing"], "'nothing' is no run"),
    ],
)
def test_a_mistake_is_one_line(nerspace: Any, arguments: list[str], said: str) -> None:
    done = nerspace(*arguments)
    assert done.returncode in (1, 2)
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_vectors_without_their_rows_are_refused(nerspace: Any, home: Path) -> None:
    run = runs.create(runs.workspace_folder(home), "demo", {"donor": "en"}, 0)
    run.write_vectors("before-0-words", np.ones((3, 2)))
    run.write_table("points", pd.DataFrame({"point": [0], "sentence": ["en/c/e"], "language": ["en"]}))
    run.write_vectors("before-0-entities", np.ones((3, 2)))
    assert "has no table 'words'" in nerspace("isotropy", "--run", run.id).stderr
    assert "3 vectors of entities at before, layer 0, but 1 rows" in nerspace("groups", "--run", run.id).stderr
    runs.remove(run)
