"""The command line as a user types it: every door of a table, and one clear line for every mistake."""

import json
import os
import signal
import subprocess
import sys
import time
from io import StringIO
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from nerspace import datasets
from nerspace.engine import runs


@pytest.fixture
def nerspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Any) -> Any:
    """The command in a workspace of its own."""
    monkeypatch.setenv("NERSPACE_HOME", str(tmp_path / "home"))
    return command


def installed(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command as it is installed, in a process of its own."""
    return subprocess.run(
        [str(Path(sys.executable).with_name("nerspace")), *arguments],
        capture_output=True, text=True, stdin=subprocess.DEVNULL, env={**os.environ, **environment}, timeout=300,
    )  # fmt: skip


@pytest.fixture
def stored(tmp_path: Path) -> runs.Run:
    run = runs.create(runs.workspace_folder(tmp_path / "home"), "demo", {"donor": "en"}, 0)
    run.write_table(
        "transfer",
        pd.DataFrame(
            [("en", "en", 0, 10, 1, 0.95, 0.0), ("en", "be", 0, 10, 5, 0.5, 0.3), ("en", "pl", 0, 10, 2, 0.8, 0.1)],
            columns=["donor", "recipient", "seed", "sentences", "wrong", "f1", "tnld"],
        ),
    )
    run.update(state="finished")
    return run


def test_help_lists_the_commands_and_imports_nothing_heavy() -> None:
    done = installed("--help")
    assert done.returncode == 0
    for command in ("demo", "data", "tokens", "tnld", "runs", "tables", "export", "locate", "doctor"):
        assert f" {command} " in done.stdout
    code = (
        "import sys, nerspace.tui.main; "
        "print([m for m in ('torch', 'pandas', 'numpy', 'textual', 'nerspace.engine.runs', 'nerspace.engine.tables', "
        "'nerspace.datasets.readers', 'importlib.metadata') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True).stdout.strip() == "[]"


# Unpacked before: the first use of the built-in encoder says so in a line of its own.
@pytest.mark.usefixtures("builtin_folder")
@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["demo", "--lang", "en,xx"], 2, "Unknown language 'xx'. Choose from be, bg"),
        (["demo", "--device", "gpu9"], 2, "Unknown device 'gpu9'. Choose auto, cpu"),
        (["demo", "--size", "1"], 2, "Size is 1. It must be at least 8"),
        (["demo", "--model", "./nowhere"], 1, "nowhere"),
        (["demo", "--data", "nowhere"], 1, "There is no data set 'nowhere'. Choose builtin"),
        (["demo", "--workspace", "/proc/nerspace"], 1, "/proc/nerspace cannot be written"),
        (["tokens"], 2, "No name was given"),
        (["tnld", "one"], 2, "1 names were given"),
        (["tables", "nothing"], 2, "Unknown table 'nothing'. Choose from counts"),
        (["export", "transfer"], 2, "There is no run in"),
        (["runs", "show", "nothing"], 2, "'nothing' is no run"),
        (["locate"], 2, "nerspace demo"),
        ([], 1, "The explorer needs a terminal"),
    ],
)
def test_a_mistake_is_one_line_that_names_the_thing_and_the_way_on(
    nerspace: Any, arguments: list[str], code: int, said: str
) -> None:
    done = nerspace(*arguments)
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert done.stderr.startswith("nerspace: ")
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr
    assert "Traceback" in nerspace("--debug", *arguments).stderr


def test_a_mistake_ends_the_installed_command_with_one_line_and_its_code() -> None:
    done = installed("locate")
    assert done.returncode == 2
    assert done.stderr.startswith("nerspace: ")
    assert done.stderr.count("\n") == 1


def test_an_unknown_option_is_a_usage_error(nerspace: Any) -> None:
    done = nerspace("demo", "--sizes", "3")
    assert done.returncode == 2
    assert "--sizes" in done.stderr


def test_a_hub_id_without_network_is_told_at_once() -> None:
    # The bound of the process is the test: without one, five trials with growing pauses go on for minutes.
    done = installed("demo", "--model", "nobody/no-model", HF_ENDPOINT="http://127.0.0.1:9", HF_HUB_OFFLINE="0")
    assert done.returncode == 1
    assert "nobody/no-model" in done.stderr
    assert "builtin" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_table_has_three_doors_and_csv_never_overwrites(nerspace: Any, stored: runs.Run, tmp_path: Path) -> None:
    printed = nerspace("export", "transfer")
    assert "recipient" in printed.stdout
    assert "0.95" in printed.stdout
    streamed = nerspace("export", "transfer", "--csv", "-")
    assert streamed.stdout == stored.table_path("transfer").read_text()
    assert pd.read_csv(StringIO(streamed.stdout)).shape == (3, 7)
    assert json.loads(nerspace("export", "transfer", "--json").stdout)[1]["recipient"] == "be"
    assert "wrong sentences" in nerspace("export", "transfer", "--plot").stdout
    assert nerspace("export", "transfer", "--csv", "out.csv").returncode == 0
    assert (tmp_path / "out.csv").read_text() == streamed.stdout
    again = nerspace("export", "transfer", "--csv", "out.csv")
    assert again.returncode == 2
    assert "already there" in again.stderr


def test_runs_are_listed_shown_and_removed(nerspace: Any, stored: runs.Run) -> None:
    assert stored.id in nerspace("runs", "list").stdout
    shown = nerspace("runs", "show").stdout
    assert "Wrong sentences of 10" in shown
    assert '"state": "finished"' in shown
    assert nerspace("locate").stdout.strip() == str(stored.path)
    assert nerspace("runs", "remove", stored.id, "--yes").returncode == 0
    assert not stored.path.exists()
    assert "There is no run yet" in nerspace("runs", "list").stdout


def test_every_table_of_the_catalogue_is_listed_with_its_columns(nerspace: Any) -> None:
    listed = json.loads(nerspace("tables", "--json").stdout)
    assert {"transfer", "map", "isotropy"} <= {row["table"] for row in listed}
    columns = json.loads(nerspace("tables", "transfer", "--json").stdout.partition("\n")[2])
    assert [row["column"] for row in columns][:3] == ["donor", "recipient", "seed"]


def test_a_sample_is_parallel_seeded_and_in_three_formats(nerspace: Any) -> None:
    asked = ("data", "sample", "--lang", "en,tr", "--n", "3", "--type", "LOC", "--case", "locative", "--split", "test")
    rows = [json.loads(line) for line in nerspace(*asked, "--format", "jsonl").stdout.splitlines()]
    assert [row["language"] for row in rows] == ["en", "tr"] * 3
    assert all(
        a["context"] == b["context"] and a["entity"] == b["entity"] for a, b in zip(rows[::2], rows[1::2], strict=True)
    )
    assert {row["split"] for row in rows} == {"test"}
    assert rows == [json.loads(line) for line in nerspace(*asked, "--format", "jsonl").stdout.splitlines()]
    assert "B-LOC" in nerspace(*asked).stdout
    assert nerspace(*asked, "--format", "csv").stdout.startswith("id,")
    women = nerspace("data", "sample", "--lang", "en", "--n", "5", "--gender", "f", "--format", "jsonl").stdout
    contexts = {json.loads(line)["context"] for line in women.splitlines()}
    assert contexts <= {context.id for context in datasets.load_parallel().contexts if context.gender == "f"}


def test_exported_sentences_are_read_back_checked_and_never_overwrite(nerspace: Any, tmp_path: Path) -> None:
    asked = ("data", "export", "builtin", "en.conll", "--lang", "en", "--type", "ORG", "--split", "test")
    assert nerspace(*asked).returncode == 0
    assert nerspace(*asked).returncode == 2
    counts = pd.read_csv(StringIO(nerspace("data", "check", "en.conll", "--table", "counts", "--csv", "-").stdout))
    corpus = datasets.load_parallel()
    test = corpus.split(0, held=corpus.ambiguous).test.select(types=["ORG"], languages=["en"])
    assert counts["sentences"].sum() == counts["ORG"].sum() == len(test) == 23 * 48
    report = nerspace("data", "check", "en.conll").stdout
    assert "Left out, by reason: none" in report
    assert "What the splits share" in report


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["data", "sample", "--type", "CITY"], "Unknown type 'CITY'. Choose from PER, LOC, ORG"),
        (["data", "sample", "--split", "dev"], "Unknown split 'dev'"),
        (["data", "sample", "--format", "xml"], "Unknown format 'xml'"),
        (["data", "check", "builtin", "--json"], "Add --table"),
        (["data", "check", "builtin", "--table", "no"], "Unknown table 'no'"),
        (["data", "show", "nowhere"], "There is no data set 'nowhere'"),
    ],
)
def test_a_wrong_question_about_data_is_one_line(nerspace: Any, arguments: list[str], said: str) -> None:
    done = nerspace(*arguments)
    assert done.returncode in (1, 2)
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_distance_of_two_spellings(nerspace: Any) -> None:
    assert nerspace("tnld", "Вашынгтон", "Вашингтон").stdout.startswith("0.1000")
    table = pd.read_csv(StringIO(nerspace("tnld", "--lang", "en,be", "--csv", "-").stdout))
    assert set(table["type"]) == {"PER", "LOC", "ORG", "all"}


def test_a_hostile_name_is_printed_and_never_acts(nerspace: Any) -> None:
    done = nerspace("tokens", "[red]Anna[/red]\x1b[31m")
    assert done.returncode == 0
    assert "\x1b" not in done.stdout
    assert "[red]Anna[/red]" in done.stdout


@pytest.mark.kills
def test_ctrl_c_leaves_a_stopped_run_with_everything_finished_so_far(tmp_path: Path) -> None:
    home = tmp_path / "home"
    command = [str(Path(sys.executable).with_name("nerspace")), "demo", "--no-tui", "--lang", "en,be", "--size", "800",
               "--test-size", "6", "--no-keep-model"]  # fmt: skip
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, cwd=tmp_path,
        env={**os.environ, "NERSPACE_HOME": str(home)}, start_new_session=True,
        # A shell that runs the tests in the background lets its children ignore Ctrl+C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline and process.poll() is None:
        found = runs.list_runs(home) if home.exists() else []
        if found and any(event["event"] == "step" for _, event in found[0].events()):
            break
        time.sleep(0.2)
    os.killpg(process.pid, signal.SIGINT)
    out, problems = process.communicate(timeout=120)
    assert process.returncode == 130, problems
    [run] = runs.list_runs(home)
    assert run.info()["state"] == "stopped"
    assert "The run stopped after" in out
    assert "Traceback" not in problems
    assert len(run.read_table("steps")) >= 1
    assert {"sentences", "tnld", "pieces"} <= set(run.tables())


def test_verify_tells_what_is_damaged(nerspace: Any, stored: runs.Run) -> None:
    done = nerspace("runs", "verify")
    assert (done.returncode, done.stdout) == (0, "1 of 1 run is as it was written, with 1 table.\n")
    table = stored.table_path("transfer")
    table.write_bytes(table.read_bytes()[:-5])
    size = table.stat().st_size
    done = nerspace("runs", "verify")
    assert done.returncode == 1
    assert "tables/transfer.csv" in done.stdout
    assert f"nerspace runs resume {stored.id}" in done.stdout
    done = nerspace("runs", "verify", stored.id, "--csv", "-")
    assert done.stdout.splitlines()[1] == f"{stored.id},tables/transfer.csv,{size} of {size + 5} bytes"
    done = nerspace("export", "transfer", "--csv", "-")
    assert done.returncode == 1
    assert "is damaged" in done.stderr


def test_options_before_a_command_are_the_commands_or_refused(
    command: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NERSPACE_HOME", str(tmp_path / "here"))
    home = tmp_path / "elsewhere"
    run = runs.create(home, "demo", {"donor": "en"}, 0)
    assert run.id in command("--workspace", str(home), "runs", "list").stdout
    done = command("--run", run.id, "runs", "list")
    assert done.returncode == 2
    assert done.stderr.startswith("nerspace: --run before runs would be for the explorer alone. Put it behind")
