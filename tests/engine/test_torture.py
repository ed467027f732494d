"""Kills, faults of the disk, power cuts and mutated runs: nothing is lost, nothing is misjudged, nothing hangs.

A small share runs always; `pytest -m torture -s` runs all of it and prints the figures.
"""

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from lost_power import Disk

from nerspace.engine.files import PREFIX, sync, whole_file, whole_folder, write_text

SUPPORT = Path(__file__).parent.parent / "support"
CLEAN = ("differences", "finished but damaged", "finished but lost", "lost runs", "not resumed", "raw errors", "hangs",
         "left behind")  # fmt: skip


def figures_of(script: str, folder: Path, *arguments: str) -> dict[str, Any]:
    """The figures that a script of tests/support prints, in a process of its own: it forks, on one thread."""
    done = subprocess.run(
        [sys.executable, "-P", str(SUPPORT / script), str(folder), *arguments],
        capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(SUPPORT)},
    )  # fmt: skip
    assert done.stdout.startswith("{"), done.stderr[-3000:]
    print(done.stdout)
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def tortured(folder: Path, *arguments: str) -> dict[str, Any]:
    """The figures of a session of torture."""
    return figures_of("torture.py", folder / "torture", *arguments)


@pytest.mark.slow
def test_a_share_of_kills_faults_and_power_cuts_loses_nothing(tmp_path: Path) -> None:
    figures = tortured(tmp_path, "--kinds", "extract", "--kills", "4", "--faults", "4", "--cuts", "6")
    assert figures["problems"] == []
    assert min(figures["kills"], figures["faults"]) >= 4
    assert figures["cuts"] >= 6


@pytest.mark.torture
@pytest.mark.parametrize(
    "asked", [("--kills", "250"), ("--faults", "250"), ("--cuts", "200")], ids=["kills", "faults", "cuts"]
)
def test_kills_faults_and_power_cuts_lose_nothing(tmp_path: Path, asked: tuple[str, str]) -> None:
    figures = tortured(tmp_path, "--seed", "14", *asked)
    assert {name: figures[name] for name in CLEAN} == dict.fromkeys(CLEAN, 0), figures["problems"]
    assert figures[asked[0].strip("-")] >= int(asked[1])


# -- the disk that loses what was not synced


@pytest.mark.parametrize("seed", range(4))
def test_a_cut_leaves_the_old_file_or_the_new_one(tmp_path: Path, seed: int) -> None:
    root = tmp_path / "root"
    (root / "folder").mkdir(parents=True)
    write_text(root / "file", "old")
    (root / "folder" / "one").write_text("old")
    disk = Disk(root)
    pictures: list[Path] = []

    def take(number: int) -> None:
        for luck in (None, random.Random(100 * seed + number)):
            pictures.append(tmp_path / f"picture-{len(pictures)}")
            disk.picture(pictures[-1], luck)

    disk.before = take
    with disk.watched():
        write_text(root / "file", "new and longer")
        with whole_folder(root / "made", parents=True) as folder:
            (folder / "one").write_text("1")
            (folder / "two").write_text("2")
        with whole_file(root / "other") as handle:
            handle.write(b"other")
        disk.before = lambda number: None
        pictures.append(tmp_path / "last")
        disk.picture(pictures[-1])
    assert len(pictures) > 20
    for picture in pictures:
        assert (picture / "file").read_text() in ("old", "new and longer")
        if (picture / "made").exists():
            assert {path.name: path.read_text() for path in (picture / "made").iterdir()} == {"one": "1", "two": "2"}
        if (picture / "other").exists():
            assert (picture / "other").read_text() == "other"
    assert (pictures[-1] / "file").read_text() == "new and longer"
    assert (pictures[-1] / "made" / "two").read_text() == "2"
    assert not list(pictures[-1].glob(f"{PREFIX}*"))


def test_what_was_not_synced_is_lost(tmp_path: Path) -> None:
    """The disk itself is what the figures stand on."""
    root = tmp_path / "root"
    root.mkdir()
    disk = Disk(root)
    with disk.watched():
        (root / "hasty").write_text("never synced")
        write_text(root / "careful", "synced")
        with (root / "grown").open("w") as handle:
            handle.write("first ")
            handle.flush()
            sync(root / "grown")
            handle.write("second")
        disk.picture(tmp_path / "cut")
    assert {path.name: path.read_text() for path in (tmp_path / "cut").iterdir()} == {
        "hasty": "", "careful": "synced", "grown": "first ",
    }  # fmt: skip


# -- run folders in which something is not as it should be


def mutated(folder: Path, *arguments: str) -> dict[str, Any]:
    """The figures of commands on mutated run folders."""
    return figures_of("mutated_runs.py", folder / "mutated", *arguments)


@pytest.mark.slow
def test_a_share_of_mutated_runs_ends_no_command_raw(tmp_path: Path) -> None:
    figures = mutated(tmp_path, "--seed", "3", "--runs", "12", "--commands", "2", "--explorers", "0.1")
    assert figures["problems"] == []
    assert figures["runs"] == 12
    assert figures["explorers"] > 0


@pytest.mark.torture
@pytest.mark.parametrize("seed", range(4))
def test_no_mutated_run_ends_a_command_raw_or_keeps_it_waiting(tmp_path: Path, seed: int) -> None:
    figures = mutated(tmp_path, "--seed", str(seed), "--runs", "500", "--commands", "3", "--explorers", "0.1")
    found = {name: figures[name] for name in ("raw errors", "hangs", "not removed", "acting")}
    assert found == dict.fromkeys(found, 0), figures["problems"]
    assert figures["runs"] == 500
