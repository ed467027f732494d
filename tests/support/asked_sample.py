"""A demo of a tiny encoder on the built-in text, with its model, vectors and maps: a run that can be asked."""

import shutil
from pathlib import Path

import pytest

from nerspace.engine.requests.training import make_request, make_run
from nerspace.engine.runs import Run, jobs

CODES = ("en", "be", "ru")


@pytest.fixture(scope="session")
def askable(tmp_path_factory: pytest.TempPathFactory, tiny_xlmr: Path) -> Run:
    """Trained on next to nothing; Washington is among its test sentences."""
    request = make_request(
        "demo", donor="en", languages=CODES, size=16, test_size=24, model=str(tiny_xlmr), device="cpu", probe_every=0,
        perplexity=5.0,
    )  # fmt: skip
    run = make_run(tmp_path_factory.mktemp("asked"), "demo", request)
    assert jobs.execute(run) == "finished", run.info().get("error")
    return run


def untested(run: Run, name: str, workspace: Path) -> Run:
    """A copy of a run in which no test sentence has a name, as far as its tables tell."""
    path = workspace / "runs" / run.id
    shutil.copytree(run.path, path)
    copy = Run(path)
    points = copy.read_table("points")
    kept = ~points["entity"].str.endswith(name)
    for vectors in (path / "vectors").glob("*-entities.npy"):
        copy.write_vectors(vectors.stem, copy.read_vectors(vectors.stem)[kept.to_numpy()])
    copy.write_table("points", points[kept].assign(point=range(int(kept.sum()))))
    for table in ("predictions", "sentences"):
        frame = copy.read_table(table)
        copy.write_table(table, frame[~frame["sentence"].str.endswith(name)])
    for table in ("map", "map_quality"):
        copy.table_path(table).unlink()
    return copy
