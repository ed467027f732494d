"""nerspace evaluate as a user types it: from the predictions of a run alone, and on a file of one's own."""

from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from nerspace.engine import runs
from nerspace.engine.encoders import LABELS
from nerspace.engine.evaluation import stored as stored_tables
from nerspace.engine.tables.index import CATALOGUE

PREDICTED = [
    ("en/c1/e1", "en", "B-PER I-PER O", "B-PER I-PER O", "Anna Novak sleeps"),
    ("en/c2/e2", "en", "O B-LOC O", "O B-LOC O", "To [red]x[/red] now"),
    ("be/c1/e1", "be", "B-PER I-PER O", "B-PER O O", "Ганна Новак спіць"),
    ("be/c2/e2", "be", "O B-LOC O", "O B-ORG O", "У Мінск цяпер"),
]


@pytest.fixture
def stored(tmp_path: Path) -> runs.Run:
    run = runs.create(runs.workspace_folder(tmp_path / "home"), "demo", {"donor": "en", "model": "builtin"}, 0)
    run.write_table(
        "predictions",
        pd.DataFrame(
            [
                ("en", 0, name, code, "PER", gold, said, int(gold != said), 0.9)
                for name, code, gold, said, _ in PREDICTED
            ],
            columns=["donor", "seed", "sentence", "language", "type", "gold", "predicted", "wrong", "confidence"],
        ),
    )
    run.write_table(
        "sentences",
        pd.DataFrame(
            [(name, "test", code, name.split("/")[2], words, gold) for name, code, gold, _, words in PREDICTED],
            columns=["sentence", "split", "language", "entity", "words", "tags"],
        ),
    )
    run.update(state="finished")
    return run


TOKENIZERS = cache(stored_tables.load_tokenizer)


@pytest.fixture
def nerspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Any) -> Any:
    """The command in a workspace of its own."""
    monkeypatch.setenv("NERSPACE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(stored_tables, "load_tokenizer", TOKENIZERS)
    return command


@pytest.mark.parametrize("table", ["scores", "modes", "spread", "confusion", "buckets", "failing", "outcomes"])
def test_the_predictions_of_a_run_are_enough_for_every_table(nerspace: Any, stored: runs.Run, table: str) -> None:
    done = nerspace("evaluate", "--table", table, "--csv", "-")
    assert done.returncode == 0, done.stderr
    frame = pd.read_csv(StringIO(done.stdout))
    assert list(frame.columns) == list(CATALOGUE[table].columns)
    assert len(frame)


def test_the_summary_fits_80_columns_and_names_what_was_asked(nerspace: Any, stored: runs.Run) -> None:
    shown = nerspace("evaluate").stdout
    assert f"{stored.id}: trained on en, seed 0" in shown
    assert max(map(len, shown.splitlines())) <= 100
    [row] = [line.split() for line in shown.splitlines() if line.startswith("be")]
    assert row[:4] == ["be", "2", "2", "0"]
    assert "en  " not in nerspace("evaluate", "--lang", "be").stdout


def test_scores_buckets_and_confusion_are_drawn(nerspace: Any, stored: runs.Run) -> None:
    drawn = nerspace("evaluate", "--table", "scores", "--plot", "--lang", "en").stdout
    assert "f1: donor en, seed 0, type all" in drawn
    assert "1.000" in drawn
    buckets = nerspace("evaluate", "--table", "buckets", "--plot").stdout
    assert "recall: donor en, seed 0, language all, bucket identical" in buckets
    crossing = nerspace("evaluate", "--table", "confusion", "--plot", "--lang", "be").stdout.splitlines()
    assert crossing[0] == "donor en, seed 0, language be: gold down, predicted across"
    assert [line.split() for line in crossing[1:]] == [["PER", "ORG"], ["PER", "1", "·"], ["LOC", "·", "1"]]


def test_a_hostile_word_is_shown_and_never_acts(nerspace: Any, stored: runs.Run) -> None:
    assert "[red]x[/red]" in nerspace("evaluate", "--table", "outcomes").stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["evaluate", "--table", "f1"], "Unknown table 'f1'. Choose from scores"),
        (["evaluate", "--lang", "pl"], "There is no language 'pl' here. Choose from en, be"),
        (["evaluate", "--seed", "4"], "There is no seed 4 here. Choose from 0"),
        (["evaluate", "--map", "A=B"], "--map goes with --data"),
        (["evaluate", "--model", "builtin"], "--model goes with --data"),
        (["evaluate", "--table", "coverage"], "has no table 'coverage'"),
        (["evaluate", "--data", "builtin"], "holds a model. Make one with"),
        (["evaluate", "--run", "no"], "'no' is no run"),
    ],
)
def test_a_mistake_is_one_line(nerspace: Any, stored: runs.Run, arguments: list[str], said: str) -> None:
    done = nerspace(*arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.slow
def test_a_model_reads_a_file_as_a_run_of_its_own(nerspace: Any, tiny_xlmr: Path, tmp_path: Path) -> None:
    from nerspace.engine.encoders import load_token_classifier
    from nerspace.engine.encoders.saving import save_model

    save_model(load_token_classifier(str(tiny_xlmr), LABELS, 0), str(tiny_xlmr), tmp_path / "model")
    (tmp_path / "be.conll").write_text("a\tB-PER\nb\tO\n\na\tB-EVENT\nb\tO\n", encoding="utf-8")
    done = nerspace("evaluate", "--data", "be.conll", "--model", "model", "--donor", "en", "--device", "cpu")
    assert done.returncode == 0, done.stderr
    assert "Reading with en, seed 0 (2 sentences)" in done.stderr
    assert "1 entities are of a type that the model does not know: EVENT 1" in done.stderr
    assert "trained on en, seed 0" in done.stdout
    assert "be: 1 entities of a type the model does not know (EVENT), 50.0 %" in done.stdout
    [run] = runs.list_runs(tmp_path / "home")
    assert (run.info()["kind"], run.info()["state"]) == ("evaluate", "finished")
    assert "be/all/0" in nerspace("evaluate", "--table", "outcomes").stdout
    assert nerspace("evaluate", "--data", "be.conll", "--model", "model", "--map", "EVENT").returncode == 2
    assert "no data set" in nerspace("evaluate", "--data", "nowhere", "--model", "model").stderr
    assert len(runs.list_runs(tmp_path / "home")) == 1


def test_several_seeds_are_summed_up_with_their_spread(nerspace: Any, stored: runs.Run) -> None:
    table = stored.read_table("predictions")
    stored.write_table("predictions", pd.concat([table, table.assign(seed=1, predicted=table["gold"], wrong=0)]))
    shown = nerspace("evaluate").stdout
    assert f"{stored.id}, over seeds" in shown
    [row] = [line.split() for line in shown.splitlines() if line.startswith("en ") and " be " in line]
    # donor, language, type, seeds, sentences, wrong, its spread, f1: 0 of 2 in one seed and 2 of 2 in the other.
    assert row[:8] == ["en", "be", "all", "2", "2", "1", "1.414", "0.5"]
