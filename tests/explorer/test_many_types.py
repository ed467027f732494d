"""A tagged corpus of one's own on every screen at 80×24: four languages of which none is ours, few types and many."""

import random
from pathlib import Path

import pytest
from rich.cells import cell_len
from tagged_sample import WORDS
from tui_driving import explorer, press, settle

from nerspace.engine import runs
from nerspace.engine.geometry.stored import find_stored
from nerspace.engine.projection.job import make_project_request
from nerspace.engine.requests.extraction import make_extract_request
from nerspace.engine.requests.training import make_request, make_run
from nerspace.engine.runs import Run, jobs

KEYS = ("f1", "2", "3", "4", "f5", "6", "7", "8", "9")


def write_types(folder: Path, types: int, train: int = 66, test: int = 33) -> Path:
    """Two names a sentence, of types that take turns; as many types as are wanted, each in every language."""
    folder.mkdir(parents=True)
    draw = random.Random(0)
    for code, words in WORDS.items():
        for split, size in (("train", train), ("test", test)):
            texts = []
            for number in range(size):
                kinds = [(2 * number + place) % types for place in (0, 1)]
                rows = [(f"{words.split()[0]}{kind}", f"B-KIND{kind:02}") for kind in kinds]
                rows.insert(1, (draw.choice(words.split()), "O"))
                texts.append("\n".join("\t".join(row) for row in [*rows, (f"{split}{number}", "O")]))
            (folder / f"{code}-{split}.conll").write_text("\n\n".join(texts) + "\n", encoding="utf-8")
    return folder


def finished(workspace: Path, folder: Path, model: Path) -> Run:
    request = make_request(
        "demo", data=str(folder), model=str(model), donor="de", size=33, test_size=33, epochs=1, perplexity=5,
        probe_every=5, device="cpu",
    )  # fmt: skip
    run = make_run(runs.workspace_folder(workspace), "demo", request)
    assert jobs.execute(run) == "finished", run.info()
    return run


SLOW = pytest.mark.slow


def too_long(text: str) -> list[str]:
    """Lines that do not fit; a mark of Devanagari or Tamil takes no cell of its own."""
    return [line for line in text.splitlines() if cell_len(line) > 80]


@pytest.mark.parametrize("types", [1, pytest.param(4, marks=SLOW), pytest.param(18, marks=SLOW), 66])
@pytest.mark.slow
async def test_every_screen_copes_with_so_many_types(types: int, tmp_path: Path, tiny_xlmr: Path) -> None:
    folder = write_types(tmp_path / "own", types)
    run = finished(tmp_path / "home", folder, tiny_xlmr)
    predicted = run.read_table("predictions")
    assert len({tag[2:] for tags in predicted["gold"] for tag in tags.split() if tag != "O"}) == types
    async with explorer(run, folder).run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        for key in KEYS:
            for keys in ((key,), ("j", "l"), ("enter",), ("escape",)):
                text = await press(pilot, *keys)
                assert text.strip()
                assert not too_long(text)
                assert "Traceback" not in text
        text = await press(pilot, "f1", "slash", *"type:kind00", "enter")
        assert f"{sum('KIND00' in tags for tags in tags_of(folder))} of 396" in text or types == 1
        assert "KIND00" in await press(pilot, "t")


def tags_of(folder: Path) -> list[str]:
    """The text of every sentence of a folder, with its tags."""
    return [text for path in folder.iterdir() for text in path.read_text(encoding="utf-8").split("\n\n")]


@pytest.mark.slow
async def test_runs_of_every_job_on_a_tagged_corpus_are_seen_on_every_screen(
    tmp_path: Path, tagged_folder: Path, tiny_xlmr: Path, foreign_ner: Path
) -> None:
    workspace = runs.workspace_folder(tmp_path / "home")
    request = make_request(
        "transfer", data=str(tagged_folder), model=str(tiny_xlmr), donors=("de", "hi"), seeds=1, size=16, test_size=8,
        keep_model=True, device="cpu",
    )  # fmt: skip
    trained = make_run(workspace, "transfer", request)
    assert jobs.execute(trained) == "finished", trained.info()
    read = runs.create(workspace, "extract", make_extract_request(trained, device="cpu"), 0)
    assert jobs.execute(read) == "finished", read.info()
    drawn = make_project_request(find_stored(workspace, read.id, "entities"), perplexity=3)
    mapped = runs.create(workspace, "project", drawn, 0)
    assert jobs.execute(mapped) == "finished", mapped.info()
    elsewhere = runs.create(
        workspace, "extract", make_extract_request(None, model=str(foreign_ner), data=str(tagged_folder), size=8,
                                                   device="cpu"), 0
    )  # fmt: skip
    assert jobs.execute(elsewhere) == "finished", elsewhere.info()
    for run in (trained, read, mapped, elsewhere):
        async with explorer(run, tagged_folder).run_test(size=(80, 24)) as pilot:
            await settle(pilot)
            for key in KEYS:
                text = await press(pilot, key)
                assert text.strip()
                assert not too_long(text)
                assert "Traceback" not in text
