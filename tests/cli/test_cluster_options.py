"""--on at the command line: a run that waits for a launcher, and places that are none."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from nerspace.engine import runs
from nerspace.engine.errors import UsageError
from nerspace.tui.cli.main import app


def test_launch_makes_a_run_that_waits_and_says_how_to_start_it(tmp_path: Path, tiny_bert: Path) -> None:
    told = CliRunner().invoke(
        app, ["finetune", "--on", "launch", "--model", str(tiny_bert), "--workspace", str(tmp_path)]
    )
    assert told.exit_code == 0, told.output
    (run,) = runs.list_runs(tmp_path)
    assert run.info()["state"] == "queued"
    assert run.info()["request"]["on"] == ""
    assert f"torchrun --nproc-per-node N -m nerspace.engine.training.loop {run.path}" in told.output
    assert not run.is_written()


@pytest.mark.parametrize("command", ["finetune", "transfer", "extract", "paper"])
def test_a_place_that_is_none_makes_no_run(tmp_path: Path, tiny_bert: Path, command: str) -> None:
    given = [command, "--on", "slurm", "--model", str(tiny_bert), "--workspace", str(tmp_path)]
    told = CliRunner().invoke(app, given)
    assert isinstance(told.exception, UsageError)
    assert "'slurm' is no place for work" in str(told.exception)
    assert not runs.list_runs(tmp_path)
