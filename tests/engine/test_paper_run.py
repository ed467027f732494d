"""The whole paper run with a tiny encoder: its tables, its report, its pieces, and that it comes out the same again."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from nerspace.engine import jobs, runs
from nerspace.engine.catalogue import CATALOGUE
from nerspace.engine.paper import pieces
from nerspace.engine.paper.plan import make_paper_request, read_paper_request
from nerspace.engine.paper.published import ITEMS
from nerspace.engine.paper.samples import load_corpus
from nerspace.engine.runs import Run


def asked(workspace: Path, model: Path, *items: str, scale: str = "0.003", seeds: int = 1, **changes: object) -> Run:
    fields = {
        "seed": 0, "model": str(model), "data": "builtin", "device": "cpu", "learning_rate": 1e-3,
        "checkpoint_seconds": 0.0, **changes,
    }  # fmt: skip
    return runs.create(workspace, "paper", make_paper_request(items, scale, seeds, **fields), 0)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, tiny_xlmr: Path) -> Run:
    run = asked(runs.workspace_folder(tmp_path_factory.mktemp("workspace")), tiny_xlmr, seeds=2)
    assert jobs.execute(run) == "finished", run.info()
    return run


def test_every_item_has_its_tables_with_the_columns_of_the_catalogue(whole: Run) -> None:
    held = set(whole.tables())
    for item in ITEMS.values():
        assert set(item.tables) <= held
    for name in held:
        added = {"donor", "seed"} if name in ("deltas", "probes") else set()
        assert set(whole.read_table(name).columns) - added == set(CATALOGUE[name].columns), name
