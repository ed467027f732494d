"""A tagged corpus of four languages, none of which is ours, from the command line through every job."""

import shutil
from io import StringIO
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from nerspace.engine.runs import Run

SMALL = ("--size", "16", "--test-size", "8")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def nerspace(home: Path, monkeypatch: pytest.MonkeyPatch, command: Any, jobs_here: None) -> Any:
    monkeypatch.setenv("NERSPACE_HOME", str(home))
    return command


def frame(done: Any) -> pd.DataFrame:
    assert done.returncode == 0, done.stderr
    return pd.read_csv(StringIO(done.stdout))


@pytest.mark.slow
def test_transfer_then_export_and_evaluate_need_no_further_option(
    nerspace: Any, tagged_folder: Path, tiny_xlmr: Path
) -> None:
    model = ("--model", str(tiny_xlmr), "--device", "cpu")
    done = nerspace("transfer", "--data", str(tagged_folder), "--donors", "de,hi", *SMALL, "--seeds", "1", *model)
    assert done.returncode == 0, done.stderr
    assert "Entity F1 in %; mean: without the donor" in done.stdout
    assert "--names FILE measures it on your own" in done.stdout
    transfer = frame(nerspace("export", "transfer", "--csv", "-"))
    assert set(zip(transfer["donor"], transfer["recipient"], strict=True)) == {
        (donor, code) for donor in ("de", "hi") for code in ("de", "hi", "mr", "ta")
    }
    confusion = frame(nerspace("evaluate", "--table", "confusion", "--csv", "-"))
    assert {"PER", "FESTIVAL"} <= set(confusion["gold"])
    gaps = frame(nerspace("transfer", "--run", "transfer", "--table", "zero_shot", "--csv", "-"))
    assert gaps.loc[gaps["recipient"] == "others", "donor"].tolist() == ["de", "hi"]
    own = gaps[(gaps["donor"] == "de") & (gaps["recipient"] == "hi")].iloc[0]
    assert own["gap"] == pytest.approx(own["own"] - own["f1"])


def test_every_other_job_takes_it_too(nerspace: Any, tagged_folder: Path, tiny_xlmr: Path, tmp_path: Path) -> None:
    data = ("--data", str(tagged_folder))
    model = ("--model", str(tiny_xlmr), "--device", "cpu")
    asked = ("--types", "PERSON,FESTIVAL", "--no-rename", *SMALL, *model)
    done = nerspace("finetune", *data, "--donor", "hi", "--lang", "hi,mr", *asked)
    assert done.returncode == 0, done.stderr
    scores = frame(nerspace("evaluate", *data, "--lang", "ta", "--no-rename", "--split", "test", "--csv", "-"))
    assert {"PERSON", "FESTIVAL"} <= set(scores["type"])
    unknown = nerspace("evaluate", *data, "--map", "NOSUCH=ORG")
    assert (unknown.returncode, "has the type 'NOSUCH'" in unknown.stderr) == (2, True)
    done = nerspace("extract", "--run", "finetune", "--layers", "2", "--device", "cpu")
    assert done.returncode == 0, done.stderr
    groups = frame(nerspace("groups", "--csv", "-"))
    assert set(groups["grouping"]) == {"language", "type", "type-language"}
    assert len(frame(nerspace("isotropy", "--of", "entities", "--csv", "-")))
    assert len(frame(nerspace("neighbours", "--table", "hubness", "--csv", "-")))
    done = nerspace("project", "--perplexity", "3")
    assert done.returncode == 0, done.stderr
    for refused in (("similarity",), ("neighbours",)):
        done = nerspace(*refused, "--run", "extract")
        assert done.returncode == 2
        assert done.stderr.count("\n") == 1
        assert "No sentence of this run is parallel to another" in done.stderr
    done = nerspace("paper", *data)
    assert done.returncode != 0
    assert "parallel contexts and names are needed" in done.stderr


def test_names_of_ones_own_give_distances(nerspace: Any, tagged_folder: Path, tiny_xlmr: Path, tmp_path: Path) -> None:
    names = tmp_path / "names.csv"
    names.write_text("hi;de;ta\nराम;Ram;ராம்\nदिल्ली;Delhi;தில்லி\nमोहन;Mohan;மோகன்\n", encoding="utf-8")
    done = nerspace(
        "demo", "--no-tui", "--data", str(tagged_folder), "--donor", "de", *SMALL, "--names", str(names),
        "--model", str(tiny_xlmr), "--device", "cpu", "--perplexity", "3",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    tnld = frame(nerspace("export", "tnld", "--csv", "-"))
    known = tnld[(tnld["type"] == "all") & (tnld["subset"] == "all")].set_index(["a", "b"])["n"]
    assert known["de", "hi"] == 3
    assert known["de", "mr"] == 0


def test_runs_and_exports_inside_the_data_are_left_out_of_it(
    command: Any, finished: Run, tagged_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "data"
    shutil.copytree(tagged_folder, data)
    check = ("data", "check", str(data), "--table")
    held = frame(command(*check, "counts", "--csv", "-"))
    shutil.copytree(finished.path, data / "home" / "runs" / finished.id)
    monkeypatch.setenv("NERSPACE_HOME", str(data / "home"))
    exported = ["transfer.csv", "predictions.xlsx", "points.parquet"]
    for name in exported:
        done = command("export", name.partition(".")[0], "--csv", str(data / name))
        assert done.returncode == 0, done.stderr
    pd.testing.assert_frame_equal(frame(command(*check, "counts", "--csv", "-")), held)
    left_out = frame(command(*check, "dropped", "--csv", "-")).set_index("file")["reason"]
    assert left_out[f"home/runs/{finished.id}"] == "a run of nerspace"
    assert set(left_out[exported]) == {"a table that nerspace wrote"}
    assert len(left_out) == 7
    for path in (data / "transfer.csv", data / "home" / "runs" / finished.id):
        refused = command("data", "check", str(path))
        assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
        assert f"{path.name} is a " in refused.stderr.replace(str(path.parent) + "/", "")
