"""Several donors and seeds as one run, and that run cut off and resumed."""

from pathlib import Path

import pytest
from training_samples import assert_same_results, demo_request

from nerspace.engine import runs
from nerspace.engine.geometry.similarity import linear_cka
from nerspace.engine.geometry.stored import read_stored
from nerspace.engine.runs import Run, jobs, to_csv
from nerspace.engine.runs.records import StepRecord, model_of, stage_text
from nerspace.engine.tables.index import CATALOGUE
from nerspace.engine.training.job import _duration_note
from nerspace.engine.transfer.findings import TABLES, transfer_tables


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return runs.workspace_folder(tmp_path / "workspace")


def asked(workspace: Path, model: Path, **changes: object) -> Run:
    fields = {"donor": "be", "donors": ("be", "pl"), "seeds": 2, "size": 40, "epochs": 2, "probe_every": 4, **changes}
    return runs.create(workspace, "finetune", demo_request(model, **fields), 0)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, tiny_xlmr: Path) -> Run:
    run = asked(runs.workspace_folder(tmp_path_factory.mktemp("workspace")), tiny_xlmr)
    assert jobs.execute(run) == "finished", run.info()
    return run


@pytest.mark.slow
def test_every_donor_and_seed_has_a_model_and_rows_in_every_table(whole: Run) -> None:
    pairs = {("be", 0), ("be", 1), ("pl", 0), ("pl", 1)}
    assert {path.name for path in (whole.path / "model").iterdir()} == {f"{donor}-{seed}" for donor, seed in pairs}
    for name in ("steps", "probes", "deltas", "delta_correlations", "transfer", "predictions"):
        frame = whole.read_table(name)
        assert set(zip(frame["donor"], frame["seed"], strict=True)) == pairs, name
    assert whole.info()["request"]["languages"] == ["pl", "en", "be"]
    transfer = whole.read_table("transfer")
    assert len(transfer) == 4 * 3
    assert (transfer["sentences"] == 6).all()
    steps = whole.read_table("steps").groupby(["donor", "seed"])["step"].apply(list)
    assert all(numbers == list(range(1, 11)) for numbers in steps)


def test_donors_train_on_the_same_cells_and_seeds_differ(whole: Run) -> None:
    sentences = whole.read_table("sentences")
    train = sentences[sentences["split"] == "train"]
    cells = train.groupby("language")[["context", "entity"]].apply(lambda rows: sorted(map(tuple, rows.values)))
    assert set(cells.index) == {"be", "pl"}
    assert cells["be"] == cells["pl"]
    losses = whole.read_table("steps").groupby(["donor", "seed"])["loss"].apply(tuple)
    assert losses.nunique() == 4


@pytest.mark.slow
@pytest.mark.parametrize("record", [7, 24])
def test_a_run_stopped_in_any_of_its_trainings_is_resumed_to_the_same_results(
    whole: Run, workspace: Path, tiny_xlmr: Path, monkeypatch: pytest.MonkeyPatch, record: int
) -> None:
    run = asked(workspace, tiny_xlmr)
    with monkeypatch.context() as patch:
        patch.setattr(Run, "stop_requested", lambda self: sum(e["event"] == "step" for _, e in self.events()) >= record)
        assert jobs.execute(run) == "stopped"
    assert (run.path / "checkpoints" / "be-0" / "finished.json").exists() is (record > 10)
    jobs.resume(run)
    assert list(jobs.follow(run))[-1]["state"] == "finished", (run.path / "job.log").read_text()
    assert_same_results(whole, run)


def test_a_run_of_several_donors_says_how_alike_languages_are_and_advises(whole: Run) -> None:
    assert set(TABLES) <= set(whole.tables())
    for name in (*TABLES, "piece_overlap", "cka"):
        assert list(whole.read_table(name).columns) == list(CATALOGUE[name].columns), name
    assert set(whole.read_table("advice")["ranking"]) == {"tnld", "piece_overlap", "cka", "script"}
    cka = whole.read_table("cka")
    assert set(cka["stage"]) == {"before"}
    assert sorted(set(cka["layer"])) == [0, 1, 2]
    stored = read_stored(whole, "entities", layer=2)
    X, languages = stored.vectors["before", 2], stored.languages
    value = linear_cka(X[languages == "be"], X[languages == "pl"])
    found = cka[(cka["layer"] == 2) & (cka["a"] == "be") & (cka["b"] == "pl")]["value"].item()
    assert found == pytest.approx(value, rel=1e-6)


def test_tables_told_anew_from_the_predictions_are_those_of_the_run(whole: Run) -> None:
    told = transfer_tables(whole)
    assert set(told) == set(TABLES)
    for name, frame in told.items():
        assert to_csv(frame) == whole.table_path(name).read_text(), name


def test_a_transfer_run_trains_the_same_models_without_probes(whole: Run, workspace: Path, tiny_xlmr: Path) -> None:
    request = {**whole.info()["request"], "probe_every": 0, "keep_model": False}
    run = runs.create(workspace, "transfer", request, 0)
    assert jobs.execute(run) == "finished", run.info()
    for name in (*TABLES, "predictions", "cka", "piece_overlap"):
        assert run.table_path(name).read_bytes() == whole.table_path(name).read_bytes(), name
    assert not {"probes", "deltas"} & set(run.tables())
    assert not (run.path / "model").exists()
    stages = [event for _, event in run.events() if event["event"] == "stage"]
    trained = [event for event in stages if event["stage"] == "train"]
    assert [(event["part"], event["parts"]) for event in trained] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert stage_text(trained[2]) == "Fine-tuning pl-0, model 3 of 4"
    assert [str(model_of(event)) for event in trained] == [
        f"{donor}-{seed}" for donor in ("be", "pl") for seed in (0, 1)
    ]
    steps = [event for _, event in run.events() if event["event"] == "step"]
    assert list(dict.fromkeys((event["donor"], event["seed"]) for event in steps)) == [
        (event["donor"], event["seed"]) for event in trained
    ]
    notes = [event["text"] for _, event in run.events() if event["event"] == "note"]
    assert "4 fine-tunings of 10 steps; the first 20 tell how long it takes." in notes


def test_the_time_of_all_trainings_is_told_once_and_only_where_it_is_long() -> None:
    def step(number: int, seconds: float) -> StepRecord:
        return StepRecord(number, 360, 1.0, 1e-4, 8 * number, seconds)

    assert _duration_note(step(20, 8.0), 33) == (
        "33 fine-tunings of 360 steps: about 79 minutes in all, as fast as the first steps."
    )
    assert _duration_note(step(21, 8.4), 33) == ""
    assert _duration_note(step(20, 0.1), 33) == ""
