"""Thousands of damaged files for every reader: each is read or refused in one line, soon, and nothing of it acts.

A normal run reads a small share, always the same; `pytest -m torture` reads 20,000 for each layout and prints the
figures. NERSPACE_TORTURE=N reads N, NERSPACE_SEED=S others than usual.
"""

import os
import random
import shutil
import signal
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import pytest
from reader_seeds import Files, mutated, seeds
from terminals import Terminal, acting

from nerspace import datasets
from nerspace.datasets.dropped import dropped_table, read_table
from nerspace.datasets.errors import NerspaceError
from nerspace.datasets.tagged import TaggedCorpus
from nerspace.datasets.telling import told
from nerspace.datasets.writing import write
from nerspace.tui.cli.output import print_table
from nerspace.tui.terminal import Door, console

SHARE, ALL = 60, 20_000
# Seconds of this process's own work: another program on the machine is no fault of a reader.
PATIENCE = 5.0
LAYOUTS = seeds()


class Hang(BaseException):
    """A file takes too long; no reader may catch it."""


@contextmanager
def bounded() -> Iterator[None]:
    def ring(*_: object) -> None:
        raise Hang

    before = signal.signal(signal.SIGVTALRM, ring)
    signal.setitimer(signal.ITIMER_VIRTUAL, PATIENCE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


@pytest.fixture
def folder() -> Iterator[Path]:
    """In memory where that is offered: so many files would wear a disk."""
    home = Path("/dev/shm") if Path("/dev/shm").is_dir() else None
    with tempfile.TemporaryDirectory(dir=home) as made:
        yield Path(made)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_an_example_of_each_layout_is_read(layout: str, folder: Path) -> None:
    look(put(folder, LAYOUTS[layout]), layout)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_share_of_damaged_files_is_read_or_refused(layout: str, folder: Path) -> None:
    assert torture(layout, folder, SHARE)["bad"] == 0


@pytest.mark.torture
@pytest.mark.parametrize("layout", LAYOUTS)
def test_all_damaged_files_are_read_or_refused(layout: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = torture(layout, folder, int(os.environ.get("NERSPACE_TORTURE", ALL)))
    with capsys.disabled():
        print(f"\n{layout:<18} {', '.join(f'{count:,} {what}' for what, count in found.items())}", flush=True)
    assert found["bad"] == 0


def torture(layout: str, folder: Path, times: int) -> Counter[str]:
    """Read so many damaged examples; what became of them, every fault told on stderr with the number that makes it."""
    seed = os.environ.get("NERSPACE_SEED", "0")
    found = Counter({"read": 0, "refused": 0, "raw errors": 0, "hangs": 0, "acting": 0, "bad": 0})
    others = [content for files in LAYOUTS.values() for content in files.values()]
    for number in range(times):
        chance = random.Random(f"{layout} {seed} {number}")
        files = dict(LAYOUTS[layout])
        name = chance.choice(sorted(files))
        files[name] = mutated(files[name], chance.choice(others), chance)
        path = put(folder, files)
        problem = ""
        try:
            with bounded():
                look(path, layout, number % 20 == 0)
            found["read"] += 1
        except NerspaceError as error:
            found["refused"] += 1
            if "\n" in str(error) or not error.message:
                found["raw errors"] += 1
                problem = f"no line: {error}"
        except Hang:
            found["hangs"] += 1
            problem = "it hangs"
        except AssertionError as error:
            found["acting"] += 1
            problem = f"it acts: {error!r}"
        except BaseException:
            found["raw errors"] += 1
            problem = traceback.format_exc(limit=-3)
        if problem:
            print(f"{layout} {seed} {number}: {problem}", file=sys.stderr)
    found["bad"] = found["raw errors"] + found["hangs"] + found["acting"]
    return found


def put(folder: Path, files: Files) -> Path:
    """Write an example; the file, or the folder of several."""
    for left in folder.iterdir():
        shutil.rmtree(left) if left.is_dir() else left.unlink()
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return path if len(files) == 1 and "/" not in name else folder


def look(path: Path, layout: str, closely: bool = True) -> None:
    """Read it and do with it what the commands do; closely, print it to a terminal too."""
    if layout.startswith("names"):
        datasets.load_names(path)
        return
    corpus = datasets.load(path)
    sentences = list(islice(corpus.sentences(corpus.languages[0]), 5))
    texts = [text for form in ("conll", "jsonl", "csv") for text in write(sentences, form)]
    if not closely:
        return
    counts = corpus.counts()
    dropped_table(corpus), read_table(corpus)
    screen = Terminal()
    before, sys.stdout = sys.stdout, Door(screen, literal=True)  # type: ignore[assignment]
    try:
        # A terminal that knows no colors: whatever acts there came from data.
        os.environ["TERM"] = "dumb"
        sys.stdout.writelines(texts)
        print_table(counts)
        for line in told(corpus):
            console().print(line)
        if isinstance(corpus, TaggedCorpus) and len(corpus):
            print(corpus, corpus.sample(1, seed=0))
    finally:
        sys.stdout = before
    assert not acting(screen.getvalue()), acting(screen.getvalue())
