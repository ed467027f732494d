"""The whole paper run with a tiny encoder: its tables, its report, its pieces, and that it comes out the same again."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest

from nerspace.engine import runs
from nerspace.engine.errors import UsageError
from nerspace.engine.paper import cache as pieces
from nerspace.engine.paper import figures, rendering, svg
from nerspace.engine.paper.calibration import Speed, seconds_for
from nerspace.engine.paper.charts import charts_of
from nerspace.engine.paper.models import readings
from nerspace.engine.paper.published import ITEMS
from nerspace.engine.paper.samples import ambiguous_names, draw_paper_sample, load_corpus
from nerspace.engine.requests.paper import make_paper_request, read_paper_request, sizes_of
from nerspace.engine.runs import Run, jobs
from nerspace.engine.runs.records import model_of
from nerspace.engine.tables.index import CATALOGUE


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
    run = asked(runs.workspace_folder(tmp_path_factory.mktemp("workspace")), tiny_xlmr)
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
    stages = [event for _, event in whole.events() if event["event"] == "stage" and event["stage"] == "train"]
    assert len(stages) == 11
    assert len({model_of(event) for event in stages}) == 11
    assert len(list((whole.path / "pieces").iterdir())) == 11
    assert len(whole.read_table("transfer")) == 11 * 11


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


def test_pieces_of_an_earlier_run_are_used_again_with_the_same_result(whole: Run, tiny_xlmr: Path) -> None:
    run = asked(whole.path.parent.parent, tiny_xlmr, "figure2", "figure5")
    assert jobs.execute(run) == "finished", run.info()
    assert not (run.path / "pieces").exists()
    assert not any(event["event"] == "step" for _, event in run.events())
    assert run.table_path("groups").read_bytes() == whole.table_path("groups").read_bytes()
    assert run.table_path("transfer").read_bytes() == whole.table_path("transfer").read_bytes()


def test_other_data_seed_or_size_is_another_piece(tmp_path: Path, tiny_xlmr: Path) -> None:
    workspace = runs.workspace_folder(tmp_path)
    corpus, _ = load_corpus("builtin", True)
    key = pieces.shared_key

    def shared(**changes: object) -> str:
        return key(read_paper_request(asked(workspace, tiny_xlmr, **changes).info()["request"]), corpus)  # type: ignore[arg-type]

    same = {shared(), shared(seeds=3), shared(device="cpu")}
    assert len(same) == 1
    assert len({*same, shared(seed=1), shared(scale="0.01"), shared(learning_rate=2e-3)}) == 4


def test_a_run_elsewhere_stopped_and_resumed_gives_the_same_tables_byte_for_byte(
    whole: Run, tmp_path: Path, tiny_xlmr: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    again = asked(runs.workspace_folder(tmp_path), tiny_xlmr, "table2", "figure2", "figure4")
    with monkeypatch.context() as patch:
        patch.setattr(Run, "stop_asked", lambda self: sum(e["event"] == "step" for _, e in self.events()) >= 40)
        assert jobs.execute(again) == "stopped"
    assert 1 <= len(list((again.path / "pieces").iterdir())) < 6
    jobs.resume(again)
    assert list(jobs.follow(again))[-1]["state"] == "finished", (again.path / "job.log").read_text()
    compared = set(again.tables()) - {"paper_maps", "paper_claims"}
    assert {"paper_table2", "paper_figure2", "paper_figure4", "groups", "deltas", "probes"} <= compared
    for name in compared:
        assert again.table_path(name).read_bytes() == whole.table_path(name).read_bytes(), name
    mine, theirs = (run.read_table("paper_claims") for run in (again, whole))
    assert mine.equals(theirs[theirs["item"].isin(["table2", "figure2", "figure4"])].reset_index(drop=True))


def test_a_finished_run_is_found_by_its_content_and_items(whole: Run) -> None:
    workspace, key = whole.path.parent.parent, whole.info()["content"]
    assert pieces.finished_run(workspace, key, ("figure2", "table1")) is not None
    assert pieces.finished_run(workspace, "0" * 20, ("figure2",)) is None


def test_data_without_person_contexts_borrows_the_built_in_ones_and_says_so(tmp_path: Path) -> None:
    import csv

    from nerspace import datasets

    own = tmp_path / "own"
    own.mkdir()
    for name in ("contexts", "entities"):
        with (datasets.BUILTIN / f"{name}.csv").open(encoding="utf-8") as source:
            rows = list(csv.DictReader(source))
        kept = [row for row in rows if name == "entities" or row["type"] != "PER"]
        with (own / f"{name}.csv").open("w", encoding="utf-8", newline="") as target:
            writer = csv.DictWriter(target, list(rows[0]))
            writer.writeheader()
            writer.writerows(kept)
    corpus, notes = load_corpus(str(own), True)
    assert len(notes) == 1
    assert "no PER context" in notes[0]
    assert "built-in" in notes[0]
    assert sum(context.type == "PER" for context in corpus.contexts) == 60
    bare, notes = load_corpus(str(own), False)
    assert not any(context.type == "PER" for context in bare.contexts)
    assert "left out" in notes[0]


def test_the_sample_keeps_the_papers_proportions_and_hides_ambiguous_names(whole: Run) -> None:
    request = read_paper_request(
        {**whole.info()["request"], "sizes": {**whole.info()["request"]["sizes"], "train": 853}}
    )
    sample = draw_paper_sample(request)
    by_type = Counter(entity.type for _, entity in sample.train)
    assert by_type == {"PER": 608, "LOC": 158, "ORG": 87}
    hidden = {entity.id for entities in ambiguous_names(sample.corpus).values() for entity in entities}
    assert {"per-washington", "loc-washington"} <= hidden
    assert not hidden & {entity.id for _, entity in sample.train}
    assert not {c.id for c, _ in sample.train} & {c.id for c, _ in [*sample.test, *(cell for _, cell in sample.named)]}
    assert {name for name, _ in sample.named} >= {"washington", "chelsea"}
    assert len({name for name, _ in sample.named}) == 41


def test_charts_are_drawn_with_and_without_matplotlib(whole: Run, tmp_path: Path) -> None:
    charts = charts_of(whole)
    assert set(charts) == set(ITEMS) - {"table1"}
    for chart in charts.values():
        root = ElementTree.fromstring(svg.draw(chart))
        assert root.tag.endswith("svg")
    pytest.importorskip("matplotlib")
    for _ in range(2):
        drawn = figures.draw(charts["figure4"], tmp_path)
        assert [path.name for path in drawn] == ["figure4.svg", "figure4.pdf"]
        assert drawn[1].read_bytes().startswith(b"%PDF")
    first = [path.read_bytes() for path in drawn]
    assert [path.read_bytes() for path in figures.draw(charts["figure4"], tmp_path)] == first


def test_ticks_are_round_and_inside() -> None:
    assert svg.ticks(0.03, 0.41) == [0.1, 0.2, 0.3, 0.4]
    assert svg.ticks(-1.0, 1.0) == [-1.0, -0.5, 0.0, 0.5, 1.0]
    assert svg.ticks(2.0, 2.0) == []


def test_text_from_data_becomes_no_markup() -> None:
    frame = pd.DataFrame({"name": ["<b>x</b>|*y*", None], "value": [0.123456, float("nan")]})
    block = rendering.Grid(frame)
    assert "<b>" not in rendering.html([block], "<t>")
    assert "&lt;b&gt;" in rendering.html([block], "<t>")
    lines = rendering.markdown([block]).splitlines()
    assert lines[2] == "| \\<b\\>x\\</b\\>\\|\\*y\\* | 0.1235 |"
    assert lines[3] == "|  |  |"


@pytest.mark.parametrize(("items", "scale", "seeds"), [(("figure9",), "small", 1), ((), "0", 1), ((), "2", 1),
                                                       ((), "big", 1), ((), "small", 0)])  # fmt: skip
def test_what_cannot_be_asked_is_refused(items: tuple[str, ...], scale: str, seeds: int) -> None:
    with pytest.raises(UsageError):
        make_paper_request(items, scale, seeds, seed=0, model="m", data="d", device="cpu", learning_rate=1e-4)


def test_the_full_scale_is_the_papers_and_a_share_keeps_the_length_of_the_series() -> None:
    full = sizes_of("full")
    assert (full.train, full.test, full.contexts, full.probe_every) == (8534, 1613, 100, 50)
    for share in ("0.05", "0.1", "0.5"):
        sizes = sizes_of(share)
        assert 18 <= sizes.train / sizes.batch_size / sizes.probe_every <= 24


def test_the_time_foretold_counts_loads_steps_and_sentences(whole: Run) -> None:
    request = read_paper_request(whole.info()["request"])
    sample = draw_paper_sample(request)
    asked = readings(sample, request)
    speed = Speed(load=1.0, step=0.5, sentence=0.01)
    plain = 1 + 24 * 0.5 + 11 * 24 * 0.01
    assert seconds_for(speed, request, sample, asked, "be", 0) == pytest.approx(plain)
    assert seconds_for(speed, request, sample, asked, "ru", 1) == pytest.approx(plain)
    probed = plain + 13 * 6 * 12 * 0.01
    assert seconds_for(speed, request, sample, asked, "ru", 0) == pytest.approx(probed)
    read = probed + 2 + 2 * (4 * 24 + len(asked.names)) * 0.01
    assert seconds_for(speed, request, sample, asked, "en", 0) == pytest.approx(read)
    assert whole.info()["estimated_seconds"] > 0
