"""nerspace transfer and nerspace swap as a user types them, and what their reports dare to say."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from nerspace.datasets.languages import LANGUAGES
from nerspace.engine import runs
from nerspace.engine.statistics.correlation import correlation_table
from nerspace.engine.tables.index import CATALOGUE
from nerspace.engine.transfer.findings import TABLES
from nerspace.tui.cli.reports import swap as swap_report
from nerspace.tui.cli.reports import transfer as transfer_report
from nerspace.tui.plots.bars import swap_bars
from nerspace.tui.plots.pairs import directed_matrix, transfer_scatter

CODES = list(LANGUAGES)


def made_run(home: Path, donors: list[str], seeds: int) -> runs.Run:
    """A run whose errors grow with made-up distances."""
    run = runs.create(runs.workspace_folder(home), "transfer", {"donor": donors[0], "seed": 0}, 0)
    generator = np.random.default_rng(0)
    apart = {(a, b): generator.random() / 2 for i, a in enumerate(CODES) for b in CODES[i + 1 :]}
    run.write_table("tnld", pd.DataFrame(
        [(*pair, "all", subset, 10, value) for pair, value in apart.items() for subset in ("all", "different")],
        columns=["a", "b", "type", "subset", "n", "tnld"],
    ))  # fmt: skip
    run.write_table("predictions", pd.DataFrame(
        [(d, seed, f"{r}/c/e{i}", r, "PER", "B-PER", "O" if bad else "B-PER", int(bad), 0.9)
         for d in donors for seed in range(seeds) for r in CODES for i in range(20)
         for bad in [i < seed + (0 if d == r else 20 * apart[min(d, r), max(d, r)])]],
        columns=["donor", "seed", "sentence", "language", "type", "gold", "predicted", "wrong", "confidence"],
    ))  # fmt: skip
    run.update(state="finished")
    return run


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def many(home: Path) -> runs.Run:
    return made_run(home, CODES, 2)


@pytest.fixture
def nerspace(home: Path, monkeypatch: pytest.MonkeyPatch, command: Any) -> Any:
    """The command in the workspace of these runs."""
    monkeypatch.setenv("NERSPACE_HOME", str(home))
    return command


def test_a_run_is_told_again_without_training(nerspace: Any, many: runs.Run) -> None:
    done = nerspace("transfer", "--run", many.id)
    assert done.returncode == 0, done.stderr
    assert "Wrong sentences in %, of 20 per language, mean of 2 seeds" in done.stdout
    assert "exchanging languages (Mantel)" in done.stdout
    assert "the paper's claim holds here" in done.stdout
    assert "more than a contrast of scripts" in done.stdout
    assert "Which donor should a language get?" in done.stdout
    assert not {"transfer", "advice"} & set(many.tables())


@pytest.mark.parametrize("table", TABLES)
def test_every_table_of_transfer_has_the_columns_of_the_catalogue(nerspace: Any, many: runs.Run, table: str) -> None:
    done = nerspace("transfer", "--run", many.id, "--table", table, "--csv", "-")
    assert done.returncode == 0, done.stderr
    frame = pd.read_csv(StringIO(done.stdout))
    assert list(frame.columns) == list(CATALOGUE[table].columns)
    assert len(frame)


def test_errors_are_drawn_against_distance_with_their_line(nerspace: Any, many: runs.Run, home: Path) -> None:
    drawn = nerspace("transfer", "--run", many.id, "--plot").stdout
    assert "l Latin to Latin, c Cyrillic to Cyrillic, x across scripts" in drawn
    assert "n = 110" in drawn
    few = made_run(home, ["en", "ru"], 1)
    drawn = nerspace("transfer", "--run", few.id, "--plot").stdout
    assert "en>ru" in drawn
    assert "n = 20" in drawn


def test_one_donor_gets_no_advice_and_says_what_it_lacks(nerspace: Any, home: Path) -> None:
    one = made_run(home, ["en"], 1)
    told = nerspace("transfer", "--run", one.id).stdout
    assert "shuffling the recipients" in told
    assert "Which donor" not in told
    done = nerspace("transfer", "--run", one.id, "--table", "advice")
    assert done.returncode == 2
    assert "has one donor" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["transfer", "--table", "nothing"], "Unknown table 'nothing'. Choose from transfer, transfer_pairs"),
        (["transfer", "--csv", "-"], "There are several tables. Add --table"),
        (["transfer", "--donors", "xx"], "Unknown language 'xx'"),
        (["transfer", "--run", "nothing"], "'nothing' is no run"),
        (["transfer", "--run", "MANY", "--layer", "3"], "holds no CKA"),
        (["swap", "--table", "nothing"], "Unknown table 'nothing'. Choose from swap, swap_summary"),
        (["swap"], "holds a model. Make one with nerspace demo"),
        (["swap", "--run", "MANY"], "kept no model"),
    ],
)
def test_a_mistake_is_one_line(nerspace: Any, many: runs.Run, arguments: list[str], said: str) -> None:
    done = nerspace(*[many.id if argument == "MANY" else argument for argument in arguments])
    assert done.returncode in (1, 2)
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.slow
def test_models_are_trained_and_their_names_swapped(
    nerspace: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny_xlmr: Path
) -> None:
    home = tmp_path / "home"
    monkeypatch.setenv("NERSPACE_HOME", str(home))
    trainings = ("--donors", "en,be", "--recipients", "pl", "--seeds", "1", "--size", "16", "--test-size", "6")
    done = nerspace("transfer", *trainings, "--model", str(tiny_xlmr), "--device", "cpu", "--keep-model")
    assert done.returncode == 0, done.stderr
    assert "Fine-tuning be-0, model 2 of 2" in done.stderr
    [trained] = runs.list_runs(home)
    assert set(trained.read_table("transfer")["recipient"]) == {"en", "be", "pl"}
    assert "rows are donors" in nerspace("runs", "show", trained.id).stdout

    done = nerspace("swap", "--of", "be-0", "--lang", "en,pl", "--contexts", "3", "--names", "3", "--device", "cpu")
    assert done.returncode == 0, done.stderr
    assert "A model trained on be" in done.stdout
    assert "In contexts of another type" in done.stdout
    swapped = next(run for run in runs.list_runs(home) if run.info()["kind"] == "swap")
    rows = json.loads(nerspace("swap", "--run", swapped.id, "--table", "swap", "--json").stdout)
    assert list(rows[0]) == list(CATALOGUE["swap"].columns)
    assert "█ as the name's type" in nerspace("swap", "--run", swapped.id, "--plot").stdout
    named = nerspace(
        "swap", "[red]Zorblax[/red]", "--lang", "en", "--type", "org", "--contexts", "3", "--device", "cpu"
    )
    assert "[red]Zorblax[/red]" in named.stdout
    before = len(runs.list_runs(home))
    refused = nerspace("swap", "Zorblax")
    assert refused.returncode == 2
    assert "knows no such name: 'Zorblax'" in refused.stderr
    assert len(runs.list_runs(home)) == before


def correlations(**changes: Any) -> pd.DataFrame:
    """Correlations that hold in every subset; changes are of the rows that decide."""
    plain = {"statistic": "pearson", "n": 20, "value": 0.5, "low": 0.2, "high": 0.7, "p": 0.01, "test": "mantel"}
    partial = {"statistic": "partial", "n": 20, "value": 0.4, "p": 0.01, "test": "mrqap"}
    rows = [
        {"subset": subset, **row}
        for subset in ("all", "same_script", "different")
        for row in (plain, {**partial, **changes.get(subset, {})})
    ]
    return pd.DataFrame(rows)


def test_the_verdict_claims_no_more_than_the_tests_show() -> None:
    said = transfer_report.verdict
    assert "the paper's claim holds here" in said(correlations())[0]
    assert said(correlations())[1] == "It also holds within one script, so it is more than a contrast of scripts."
    assert "has not shown" in said(correlations(all={"p": 0.2}))[0]
    assert "may be script, or single hard languages" in said(correlations(all={"p": 0.2}))[1]
    assert "does not hold here" in said(correlations(all={"value": -0.5}))[0]
    assert "not shown" in said(correlations(same_script={"p": 0.3}))[1]
    assert "does not hold" in said(correlations(same_script={"value": -0.3}))[1]
    assert "too few pairs" in said(correlations(same_script={"p": np.nan}))[1]
    assert said(correlations(different={"p": 0.5}))[-1] == "Without identical strings it is not shown."
    assert "No verdict" in said(correlations(all={"p": np.nan}))[0]
    nothing = correlation_table(
        pd.DataFrame(columns=["donor", "recipient", "seed", "sentences", "wrong", "f1", "tnld"])
    )
    assert said(nothing) == ["Nothing can be said: there are too few pairs, or their errors are all the same."]


def test_one_donor_never_gets_a_verdict() -> None:
    """However strong the correlation: script and single hard languages are not excluded."""
    one = correlations()
    one = one[one["statistic"] == "pearson"].assign(test="shuffle", value=0.99, p=0.001)
    [first, *_] = transfer_report.verdict(one)
    assert "script and single hard languages are not excluded" in first
    assert "holds" not in first
    older = correlations()
    assert "No verdict" in transfer_report.verdict(older[older["statistic"] == "pearson"])[0]


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (0.1, 0.4, "goes by the form of the name more"),
        (-0.4, -0.1, "goes by the context more"),
        (-0.1, 0.2, "cannot be said"),
        (np.nan, np.nan, "cannot be said"),
    ],
)
def test_form_or_context_is_said_only_where_their_difference_is_clear(low: float, high: float, said: str) -> None:
    total = pd.DataFrame(
        [{"as_name": 0.6, "as_context": 0.3, "lead": 0.3, "lead_low": low, "lead_high": high, "n": 90}]
    )
    assert said in swap_report.verdict(total)[1]
    assert "no name in a context" in swap_report.verdict(total.head(0))[0]


def test_bars_add_up_and_a_matrix_keeps_its_direction() -> None:
    row = {"kind": "context", "language": "en", "subset": "all", "name_type": "PER", "context_type": "LOC", "n": 8,
           "as_name": 0.5, "as_context": 0.25, "as_neither": 0.25}  # fmt: skip
    drawn = swap_bars(pd.DataFrame([row, {**row, "context_type": "PER"}]))
    assert (drawn.count("█") - 1, drawn.count("░") - 1, drawn.count("·") - 1) == (20, 10, 10)
    assert "PER in LOC" in drawn
    assert "PER in PER" not in drawn
    pairs = pd.DataFrame([("en", "ru", 0.25), ("ru", "en", 0.5)], columns=["donor", "recipient", "share"])
    assert directed_matrix(pairs, "donor", "recipient", "share", 100).split() == [
        "en", "ru", "en", "·", "25.0", "ru", "50.0", "·",
    ]  # fmt: skip
    nothing = pd.DataFrame(columns=["donor", "recipient", "sentences", "wrong", "tnld"])
    assert "no pair" in transfer_scatter(nothing)
