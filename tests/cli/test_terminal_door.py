"""Whatever data hold, no character of theirs acts on a terminal; files and pipes get it as it is."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from sample_runs import Done
from terminals import EVIL, acting, on_pty

from nerspace import datasets
from nerspace.engine.errors import DataError, UsageError
from nerspace.engine.runs import Run
from nerspace.tui.literal import literal

# A type has no space in it.
TYPE = EVIL.replace("\r", "")
# A word with control characters is refused as broken; signs that turn the direction are none.
WORD = "a\u202evil\u2066b\u200b"


def told(done: Done, *codes: int) -> str:
    text = done.stdout + done.stderr
    assert done.returncode in (codes or (0,)), text
    assert not acting(text), text
    return text


@pytest.fixture
def tagged(tmp_path: Path) -> Path:
    """Sentences whose words, types, language and id would all act."""
    path = tmp_path / "evil.jsonl"
    row = {"tokens": [WORD, "x"], "tags": [f"B-{TYPE}", "O"], "language": f"x{EVIL}", "id": f"1{EVIL}", "split": EVIL}
    path.write_text(json.dumps(row) + "\n" + json.dumps({**row, "tokens": [WORD, "y"]}) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("form", ["conll", "jsonl", "csv"])
def test_sentences_are_literal_on_a_terminal_and_raw_in_a_pipe(
    at_terminal: Any, command: Any, tagged: Path, form: str
) -> None:
    shown = told(at_terminal("data", "sample", str(tagged), "--format", form))
    piped = command("data", "sample", str(tagged), "--format", form)
    assert literal(WORD) in shown
    assert "\u202e" in piped.stdout or "\\u202e" in piped.stdout
    assert shown != piped.stdout


def test_data_commands_say_types_languages_columns_and_paths_literally(
    at_terminal: Any, tagged: Path, tmp_path: Path
) -> None:
    told(at_terminal("data", "show", str(tagged)))
    told(at_terminal("data", "show", str(tagged), "--csv", "-"))
    told(at_terminal("data", "show", str(tagged), "--json"))
    told(at_terminal("data", "check", str(tagged)))
    told(at_terminal("data", "sample", str(tagged), "--type", EVIL), 2)
    named = tmp_path / f"{EVIL}.conll"
    named.write_text("x\n\x1b y z\n", encoding="utf-8")
    told(at_terminal("data", "show", str(named)), 1, 2)
    told(at_terminal("data", "check", str(tmp_path / EVIL)), 1, 2)
    told(at_terminal("data", "export", str(tagged), str(tmp_path / f"{EVIL}.jsonl")))
    folder = tmp_path / "parallel"
    folder.mkdir()
    for name in ("contexts", "entities"):
        (folder / f"{name}.csv").write_text(f"id,{EVIL},type\n{EVIL},{EVIL},{EVIL}\n", encoding="utf-8")
    told(at_terminal("data", "check", str(folder)), 0, 1, 2)


def test_run_commands_say_names_requests_and_notes_literally(at_terminal: Any, evil_run: Run, tmp_path: Path) -> None:
    home = ("--workspace", str(tmp_path / "home"))
    for command in ("list", "show", "follow", "stop"):
        told(at_terminal("runs", command, *home), 0, 1, 2)
    told(at_terminal("runs", "list", "--csv", "-", *home))
    told(at_terminal("runs", "compare", evil_run.id, evil_run.id, "--request", *home))
    assert literal(str(evil_run.path)) in told(at_terminal("locate", *home))
    told(at_terminal("runs", "resume", evil_run.id, *home), 1, 2)
    told(at_terminal("runs", "show", EVIL, *home), 2)
    told(at_terminal("evaluate", *home), 0, 1, 2)
    evil_run.update(state="failed")
    told(at_terminal("runs", "show", *home), 0, 1)
    told(at_terminal("runs", "remove", evil_run.id, *home), 1)
    assert evil_run.path.exists()
    told(at_terminal("runs", "remove", evil_run.id, "--yes", *home))


def test_a_path_goes_to_a_pipe_as_it_is(command: Any, evil_run: Run, tmp_path: Path) -> None:
    assert command("locate", "--workspace", str(tmp_path / "home")).stdout == f"{evil_run.path}\n"


def test_tables_of_a_run_are_literal_also_as_plots(at_terminal: Any, evil_run: Run, tmp_path: Path) -> None:
    home = ("--workspace", str(tmp_path / "home"))
    plotted = 0
    for table in evil_run.tables():
        told(at_terminal("export", table, *home))
        told(at_terminal("export", table, "--csv", "-", *home))
        done = at_terminal("export", table, "--plot", *home)
        plotted += done.returncode == 0
        told(done, 0, 2)
    assert plotted >= 5


@pytest.mark.parametrize(
    "arguments",
    [[EVIL], [f"--{EVIL}"], ["data", EVIL], ["data", "show", "a", EVIL], ["tables", EVIL], ["export", EVIL],
     ["tokens", EVIL, "--model", EVIL], ["tnld", EVIL, "x"], ["tnld", "--lang", EVIL], ["demo", "--device", EVIL],
     ["demo", "--size", EVIL], ["--debug", "tables", EVIL], ["--run", EVIL]],
    ids=lambda arguments: " ".join(arguments).replace(EVIL, "EVIL"),
)  # fmt: skip
def test_a_mistake_is_told_literally(at_terminal: Any, arguments: list[str]) -> None:
    done = at_terminal(*arguments)
    told(done, 0, 1, 2)
    if done.returncode and "--debug" not in arguments:
        assert done.stderr.splitlines()[-1].startswith("nerspace: ")


def test_on_a_real_terminal_only_colors_are_drawn(tagged: Path, tmp_path: Path) -> None:
    for arguments in (["--help"], ["data", "sample", str(tagged)]):
        code, received = on_pty(*arguments, cwd=tmp_path, TERM="xterm-256color")
        assert code == 0
        drawn = re.sub(r"\x1b\[[\d;]*m", "", received.decode()).replace("\r\n", "\n")
        assert not acting(drawn), drawn
        if arguments == ["--help"]:
            assert b"\x1b[1;" in received
            assert "␛" not in drawn


def test_what_python_prints_of_them_acts_as_little(tagged: Path, evil_run: Run) -> None:
    with pytest.raises(DataError) as told_of:
        datasets.load(tagged.with_name(EVIL))
    for shown in (repr(datasets.load(tagged)), repr(evil_run), str(told_of.value), str(UsageError(EVIL, EVIL))):
        assert not acting(shown)
        assert "\n" not in shown
