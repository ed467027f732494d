"""Where the output goes decides how a command ends: a reader that has enough is no failure, a full disk is one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = str(Path(sys.executable).with_name("nerspace"))


def in_shell(line: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", line.replace("nerspace", COMMAND)], capture_output=True, text=True, cwd=cwd,
        stdin=subprocess.DEVNULL, env={**os.environ, "NERSPACE_HOME": str(cwd)}, timeout=120,
    )  # fmt: skip


@pytest.mark.parametrize("table", ["tables", "data sample --n 2000"], ids=["table", "text"])
def test_a_reader_that_has_had_enough_is_no_failure(tmp_path: Path, table: str) -> None:
    done = in_shell(f"nerspace {table} | true; echo ${{PIPESTATUS[0]}}", tmp_path)
    assert done.stdout == "0\n"
    assert done.stderr == ""


def test_a_failure_stays_one_when_nobody_reads_it(tmp_path: Path) -> None:
    assert in_shell("nerspace locate 2>&1 | true; echo ${PIPESTATUS[0]}", tmp_path).stdout == "2\n"


def test_a_closed_stdout_is_no_failure_and_takes_nothing_of_files(tmp_path: Path) -> None:
    done = in_shell("nerspace tables --csv out.csv >&-", tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out.csv").read_text().startswith("table,plot,meaning\n")
    assert in_shell("nerspace locate >&- 2>&-", tmp_path).returncode == 2


def test_a_full_disk_behind_stdout_is_told_in_one_line(tmp_path: Path) -> None:
    done = in_shell("nerspace tables --csv - > /dev/full", tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("nerspace: The output cannot be written (No space left on device).")
    assert done.stderr.count("\n") == 1


def test_letters_that_the_output_has_no_code_for_are_told_in_one_line(tmp_path: Path) -> None:
    done = in_shell("PYTHONIOENCODING=latin-1 nerspace data sample --n 3 --language ru", tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("nerspace: The encoding of the output, latin-1, lacks ")
    assert done.stderr.endswith("Set PYTHONIOENCODING=utf-8.\n")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("data check $'caf\\xe9.jsonl'", "caf\ufffd.jsonl"),
        ("data check folder", "caf\ufffd.jsonl"),
        ("tables --csv $'t\\xe9.csv'", "t\ufffd.csv"),
        ("finetune --model $'m\\xe9'", "m\ufffd"),
    ],
)
def test_a_name_of_another_encoding_is_refused_and_nothing_is_written(tmp_path: Path, line: str, name: str) -> None:
    (tmp_path / "folder").mkdir()
    for folder in (tmp_path, tmp_path / "folder"):
        (folder / os.fsdecode(b"caf\xe9.jsonl")).write_text('{"words": ["a"], "tags": ["B-PER"]}\n')
    model = tmp_path / os.fsdecode(b"m\xe9")
    model.mkdir()
    before = sorted(tmp_path.iterdir())
    done = in_shell(f"nerspace {line}", tmp_path)
    assert done.returncode in (1, 2)
    assert done.stderr.count("\n") == 1
    assert name in done.stderr
    assert "UnicodeEncodeError" not in done.stderr
    assert [path for path in sorted(tmp_path.iterdir()) if path.name != "runs"] == before
    assert not list(tmp_path.glob("runs/*"))
