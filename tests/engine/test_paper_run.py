"""The whole paper run with a tiny encoder: its tables, its report, its pieces, and that it comes out the same again."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from nerspace.engine import jobs, runs
from nerspace.engine.catalogue import CATALOGUE
from nerspace.engine.paper import figures, pieces
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


@pytest.fixture(autouse=True, scope="module")
def _without_matplotlib() -> Iterator[None]:
    """Drawing by matplotlib takes longer than all the rest; it has a test of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(figures, "installed", lambda: False)
        yield


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


def test_each_model_is_made_once_and_serves_every_figure(whole: Run) -> None:
    stages = [event["label"] for _, event in whole.events() if event["event"] == "stage" and event["stage"] == "train"]
    assert len(stages) == 22
    assert len({label.split(": ")[1].split(" ")[0] for label in stages}) == 22
    assert len(list((whole.path / "pieces").iterdir())) == 22
    assert len(whole.read_table("transfer")) == 22 * 11


def test_the_report_stands_alone_and_names_every_item_and_claim(whole: Run) -> None:
    page = (whole.path / "report.html").read_text()
    assert "src=" not in page
    assert "@import" not in page
    assert "<script" not in page
    assert page.count("<svg") == 6
    text = (whole.path / "report.md").read_text()
    for item in ITEMS.values():
        assert f"## {item.title}: " in text
        assert f"<h2>{item.title}: " in page
    claims = whole.read_table("paper_claims")
    assert page.count('class="verdict') == len(claims) == 13
    for version in whole.info()["versions"].values():
        assert version in page


def test_a_second_run_in_another_workspace_gives_the_same_tables_byte_for_byte(
    tmp_path: Path, tiny_xlmr: Path
) -> None:  # fmt: skip
    first, second = (asked(runs.workspace_folder(tmp_path / name), tiny_xlmr, "table2", "figure2", "figure4")
                     for name in "ab")  # fmt: skip
    for run in (first, second):
        assert jobs.execute(run) == "finished", run.info()
    assert first.tables() == second.tables()
    for name in first.tables():
        assert first.table_path(name).read_bytes() == second.table_path(name).read_bytes(), name


def test_pieces_of_an_earlier_run_are_used_again_with_the_same_result(whole: Run, tiny_xlmr: Path) -> None:
    run = asked(whole.path.parent.parent, tiny_xlmr, "figure2", "figure5", seeds=1)
    assert jobs.execute(run) == "finished", run.info()
    assert not (run.path / "pieces").exists()
    assert not any(event["event"] == "step" for _, event in run.events())
    assert run.table_path("groups").read_bytes() == whole.table_path("groups").read_bytes()
    mine, theirs = run.read_table("transfer"), whole.read_table("transfer")
    assert mine.equals(theirs[theirs["seed"] == 0].reset_index(drop=True))


def test_other_data_seed_or_size_is_another_piece(tmp_path: Path, tiny_xlmr: Path) -> None:
    workspace = runs.workspace_folder(tmp_path)
    corpus, _ = load_corpus("builtin", True)
    key = pieces.shared_key

    def shared(**changes: object) -> str:
        return key(read_paper_request(asked(workspace, tiny_xlmr, **changes).info()["request"]), corpus)  # type: ignore[arg-type]

    same = {shared(), shared(seeds=3), shared(device="cpu")}
    assert len(same) == 1
    assert len({*same, shared(seed=1), shared(scale="0.01"), shared(learning_rate=2e-3)}) == 4


def test_a_stopped_run_is_resumed_to_the_same_tables(
    tmp_path: Path, tiny_xlmr: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, cut = (asked(runs.workspace_folder(tmp_path / name), tiny_xlmr, "figure4") for name in "ab")
    assert jobs.execute(whole) == "finished"
    with monkeypatch.context() as patch:
        patch.setattr(Run, "stop_asked", lambda self: sum(e["event"] == "step" for _, e in self.events()) >= 40)
        assert jobs.execute(cut) == "stopped"
    assert 1 <= len(list((cut.path / "pieces").iterdir())) < 6
    jobs.resume(cut)
    assert list(jobs.follow(cut))[-1]["state"] == "finished", (cut.path / "job.log").read_text()
    for name in whole.tables():
        assert whole.table_path(name).read_bytes() == cut.table_path(name).read_bytes(), name


def test_a_finished_run_is_found_by_its_content_and_items(whole: Run) -> None:
    workspace, key = whole.path.parent.parent, whole.info()["content"]
    assert pieces.finished_run(workspace, key, ("figure2", "table1")) is not None
    assert pieces.finished_run(workspace, "0" * 20, ("figure2",)) is None
