"""A run that one terminal starts is followed, stopped and resumed from others."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from nerspace.engine import runs

COMMAND = str(Path(sys.executable).with_name("nerspace"))


@pytest.fixture
def terminal(tmp_path: Path) -> Any:
    """Start a command in a session of its own."""

    def start(*arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=tmp_path,
            stdin=subprocess.DEVNULL, start_new_session=True, env={**os.environ, "NERSPACE_HOME": str(tmp_path)},
        )  # fmt: skip

    return start


@pytest.mark.slow
def test_a_run_is_started_followed_stopped_and_resumed_from_different_terminals(
    terminal: Any, tmp_path: Path, tiny_bert: Path
) -> None:
    asked = ("--model", str(tiny_bert), "--lang", "en,be", "--size", "40", "--test-size", "6", "--epochs", "300")
    started = terminal("finetune", "--donor", "en,be", "--detach", "--device", "cpu", *asked)
    told, _ = started.communicate(timeout=60)
    assert started.returncode == 0, told
    (run,) = runs.list_runs(tmp_path)
    assert f"nerspace runs follow {run.id}" in told

    follower = terminal("runs", "follow", run.id)
    deadline = time.monotonic() + 60
    while "steps" not in run.tables() and time.monotonic() < deadline:
        time.sleep(0.05)
    refused = terminal("runs", "resume", run.id)
    told, _ = refused.communicate(timeout=60)
    assert refused.returncode == 1
    assert told == f"nerspace: The run {run.id} is still running. Follow it: nerspace runs follow {run.id}.\n"
    assert terminal("runs", "stop", run.id).wait(60) == 0
    told, _ = follower.communicate(timeout=60)
    assert "Fine-tuning en-0, model 1 of 2 (1,500 steps)" in told
    assert f"{run.id}: stopped" in told

    stopped_at = len(run.read_table("steps"))
    resumed = terminal("runs", "resume", run.id, "--detach")
    assert resumed.wait(60) == 0
    follower = terminal("runs", "follow", run.id)
    while (not run.table_path("steps").exists() or len(run.read_table("steps")) <= stopped_at) and (
        run.info()["state"] != "failed" and time.monotonic() < deadline + 60
    ):
        time.sleep(0.05)
    assert terminal("runs", "stop", run.id).wait(60) == 0
    assert f"{run.id}: stopped" in follower.communicate(timeout=60)[0]
    steps = run.read_table("steps")
    assert len(steps) > stopped_at
    assert list(steps["step"]) == list(range(1, len(steps) + 1))
