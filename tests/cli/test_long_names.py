"""Names that no file system takes, and whatever else is no path, are told in one line like any other wrong name."""

from pathlib import Path
from typing import Any

import pytest

from nerspace.engine import runs

LONG = "a" * 300


@pytest.mark.parametrize("name", [LONG, "я" * 300, "/".join("ab" * 3000), "~nobody-at-all/x", "a\nb", " "],
                         ids=["letters", "bytes", "path", "nobody", "line", "space"])  # fmt: skip
@pytest.mark.parametrize(
    "arguments",
    [["runs", "show"], ["locate"], ["runs", "remove", "--yes"], ["runs", "stop"], ["export", "transfer", "--run"],
     ["--run"],
     ["data", "show"], ["data", "check"], ["tokens", "x", "--model"], ["evaluate", "--data"], ["tables"],
     ["evaluate", "--data", "x", "--model"], ["swap", "--run"], ["finetune", "--model"], ["finetune", "--data"],
     ["tables", "--csv"], ["runs", "list", "--workspace"],
     ["data", "export", "builtin", "--lang", "en", "--type", "ORG"]],
    ids=" ".join,
)  # fmt: skip
def test_a_name_that_is_none_is_one_line(command: Any, tmp_path: Path, arguments: list[str], name: str) -> None:
    (tmp_path / "home" / "runs").mkdir(parents=True)
    files = arguments in (
        ["tables", "--csv"],
        ["runs", "list", "--workspace"],
        ["runs", "list", "--workspace"],
        ["data", "export", "builtin", "--lang", "en", "--type", "ORG"],
    )
    if files and name in ("a\nb", " "):
        return  # They are names of files.
    done = command(*arguments, name)
    assert done.returncode in (1, 2), done.stdout
    last = done.stderr.splitlines()[-1]
    assert last.startswith("nerspace: ")
    assert "--debug shows where" not in last


def test_a_name_of_300_letters_in_data_goes_through_every_table(command: Any, tmp_path: Path) -> None:
    (tmp_path / "long.conll").write_text(f"{LONG}\tB-PER\nslept\tO\n\n{'я' * 300}\tB-LOC\n", encoding="utf-8")
    for arguments in (["show"], ["sample"], ["check"], ["show", "--csv", "-"]):
        done = command("data", arguments[0], "long.conll", *arguments[1:])
        assert done.returncode == 0, done.stderr
    assert LONG in command("data", "sample", "long.conll").stdout
    done = command("tokens", LONG, "--model", "none/at-all")
    assert done.returncode == 1
    assert command("tnld", LONG, LONG[:299]).stdout.startswith("0.0033")


def test_a_run_with_a_long_name_is_found_by_its_beginning(command: Any, tmp_path: Path) -> None:
    run = runs.create(tmp_path / "home", "demo", {}, 0)
    run.path.rename(run.path.with_name("d" * 255))
    done = command("locate", "dddd", "--workspace", str(tmp_path / "home"))
    assert done.stdout.strip().endswith("d" * 255)
