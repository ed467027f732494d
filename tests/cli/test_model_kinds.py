"""Every command that takes a model takes each kind of encoder, so that hub ids work on a user's machine at once."""

import json
from pathlib import Path
from typing import Any

import pytest

from nerspace.engine import runs

SMALL = (
    "--lang", "en,be", "--size", "40", "--test-size", "6", "--device", "cpu", "--learning-rate", "1e-3",
    "--probe-every", "3",
)  # fmt: skip


@pytest.mark.usefixtures("jobs_here")
@pytest.mark.parametrize("encoder", ["tiny_xlmr", "tiny_bert", "tiny_deberta", "tiny_roberta"])
@pytest.mark.slow
def test_every_command_that_takes_a_model_takes_it(
    encoder: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Any
) -> None:
    model = ("--model", str(request.getfixturevalue(encoder)))
    home = tmp_path / "home"
    monkeypatch.setenv("NERSPACE_HOME", str(home))

    def nerspace(*arguments: str) -> str:
        done = command(*arguments)
        assert done.returncode == 0, (arguments, done.stdout, done.stderr)
        printed: str = done.stdout
        return printed

    assert "Washington" in nerspace("tokens", "Washington", *model)
    assert str(model[1]) in nerspace("doctor", *model)
    nerspace("demo", "--no-tui", *model, *SMALL)
    nerspace("finetune", "--donor", "en", *model, *SMALL)
    nerspace("transfer", "--donors", "en,be", "--recipients", "en,be", "--seeds", "1", *model, *SMALL[2:])
    nerspace("extract", *model, "--stage", "before", "--lang", "en,be", "--size", "6", "--device", "cpu")
    made = {run.info()["kind"]: run for run in runs.list_runs(home)}
    assert set(made) == {"demo", "finetune", "transfer", "extract"}
    assert {run.info()["state"] for run in made.values()} == {"finished"}
    assert all(len(made[kind].read_table("transfer")) >= 2 for kind in ("demo", "finetune", "transfer"))
    assert len(made["extract"].read_table("points")) == 2 * 6
    # What was fine-tuned of each kind is read again by every command that takes a run.
    nerspace("extract", "--run", made["demo"].id, "--device", "cpu", "--layers", "all")
    nerspace("evaluate", "--run", made["finetune"].id)
    nerspace("swap", "--run", made["demo"].id, "--lang", "en", "--names", "3", "--contexts", "3", "--device", "cpu")
    nerspace("project", "--run", made["demo"].id, "--layers", "2")
    assert {"map", "isotropy", "parallel_cosine", "probes"} <= set(made["demo"].tables())


@pytest.mark.parametrize(
    "arguments",
    [
        ["demo", "--no-tui"], ["finetune", "--donor", "en"], ["transfer", "--donors", "en,be"],
        ["extract", "--stage", "before"], ["evaluate", "--data", "builtin"], ["paper", "table1"],
    ],
    ids=lambda arguments: str(arguments[0]),
)  # fmt: skip
def test_a_model_with_a_decoder_is_refused_in_one_line_before_a_run_is_made(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Any
) -> None:
    home, model = tmp_path / "home", tmp_path / "t5"
    monkeypatch.setenv("NERSPACE_HOME", str(home))
    model.mkdir()
    config = {"model_type": "t5", "is_encoder_decoder": True, "num_layers": 2, "d_model": 8, "vocab_size": 3}
    (model / "config.json").write_text(json.dumps(config))
    (model / "model.safetensors").write_text("none")
    done = command(*arguments, "--model", str(model))
    assert done.returncode == 1, (done.stdout, done.stderr)
    assert "has a decoder behind its encoder" in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert not home.is_dir() or not list(runs.list_runs(home))
