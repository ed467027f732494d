"""Several donors and seeds as one run, and that run cut off and resumed."""

from pathlib import Path

import pytest
from training_samples import assert_same_results, demo_request

from nerspace.engine import jobs, runs
from nerspace.engine.runs import Run


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


@pytest.mark.parametrize("record", [7, 24])
def test_a_run_stopped_in_any_of_its_trainings_is_resumed_to_the_same_results(
    whole: Run, workspace: Path, tiny_xlmr: Path, monkeypatch: pytest.MonkeyPatch, record: int
) -> None:
    run = asked(workspace, tiny_xlmr)
    with monkeypatch.context() as patch:
        patch.setattr(Run, "stop_asked", lambda self: sum(e["event"] == "step" for _, e in self.events()) >= record)
        assert jobs.execute(run) == "stopped"
    assert (run.path / "checkpoints" / "be-0" / "finished.json").exists() is (record > 10)
    jobs.resume(run)
    assert list(jobs.follow(run))[-1]["state"] == "finished", (run.path / "job.log").read_text()
    assert_same_results(whole, run)
