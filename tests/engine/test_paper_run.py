"""The whole paper run with a tiny encoder: tables, report, cached models, and that it comes out the same again."""

import shutil
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nerspace import datasets
from nerspace.datasets.visible import visible
from nerspace.engine import runs
from nerspace.engine.errors import UsageError
from nerspace.engine.paper import cache, figures, rendering
from nerspace.engine.paper.calibration import Speed, seconds_for
from nerspace.engine.paper.claims import CLAIMS
from nerspace.engine.paper.models import paper_sentences
from nerspace.engine.paper.published import ITEMS
from nerspace.engine.paper.report import write_report
from nerspace.engine.paper.samples import ambiguous_names, draw_paper_sample, load_corpus
from nerspace.engine.requests.paper import PaperRequest, make_paper_request, sizes_of
from nerspace.engine.runs import Run, jobs
from nerspace.engine.runs.records import model_of
from nerspace.engine.tables.index import CATALOGUE
from nerspace.engine.tables.spec import TEXT


def new_run(workspace: Path, model: Path, *items: str, scale: str = "0.003", seeds: int = 1, **changes: object) -> Run:
    fields = {
        "seed": 0, "model": str(model), "data": "builtin", "device": "cpu", "learning_rate": 1e-3,
        "checkpoint_seconds": 0.0, **changes,
    }  # fmt: skip
    return runs.create(workspace, "paper", make_paper_request(items, scale=scale, seeds=seeds, **fields), 0)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, tiny_xlmr: Path) -> Run:
    run = new_run(runs.workspace_folder(tmp_path_factory.mktemp("workspace")), tiny_xlmr)
    assert jobs.execute(run) == "finished", run.info()
    return run


@pytest.mark.slow
def test_every_item_has_its_tables_with_the_columns_of_the_catalogue(whole: Run) -> None:
    held = set(whole.tables())
    for item in ITEMS.values():
        assert set(item.tables) <= held
    for name in held:
        added = {"donor", "seed"} if name in ("deltas", "probes") else set()
        assert set(whole.read_table(name).columns) - added == set(CATALOGUE[name].columns), name


@pytest.mark.slow
def test_each_model_is_made_once_and_serves_every_figure(whole: Run) -> None:
    stages = [event for _, event in whole.events() if event["event"] == "stage" and event["stage"] == "train"]
    assert len(stages) == 11
    assert len({model_of(event) for event in stages}) == 11
    assert len(list((whole.path / "pieces").iterdir())) == 11
    assert len(whole.read_table("transfer")) == 11 * 11


@pytest.mark.slow
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
    assert page.count('class="verdict') == len(claims) == len(CLAIMS)
    for version in whole.info()["versions"].values():
        assert version in page
    # It opens with the answer, three sentences.
    opening = text[: text.index("## The claims")]
    assert opening.count("\n- ") == 3
    assert "- Names changed one thing at a time: a paper run keeps no models" in opening
    assert "- Correlations over" in opening


@pytest.mark.slow
def test_pieces_of_an_earlier_run_are_used_again_with_the_same_result(
    whole: Run, tiny_xlmr: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures, "draw_figures", lambda *_: {})
    run = new_run(whole.path.parent.parent, tiny_xlmr, "figure2", "figure5")
    assert jobs.execute(run) == "finished", run.info()
    assert not (run.path / "pieces").exists()
    assert not any(event["event"] == "step" for _, event in run.events())
    assert run.table_path("groups").read_bytes() == whole.table_path("groups").read_bytes()
    assert run.table_path("transfer").read_bytes() == whole.table_path("transfer").read_bytes()


def test_other_data_seed_or_size_is_another_piece(tmp_path: Path, tiny_xlmr: Path) -> None:
    workspace = runs.workspace_folder(tmp_path)
    corpus, _ = load_corpus("builtin", True)
    key = cache.shared_key

    def shared(**changes: object) -> str:
        return key(PaperRequest.read(new_run(workspace, tiny_xlmr, **changes).info()["request"]), corpus)  # type: ignore[arg-type]

    same = {shared(), shared(seeds=3), shared(device="cpu")}
    assert len(same) == 1
    assert len({*same, shared(seed=1), shared(scale="0.01"), shared(learning_rate=2e-3)}) == 4


@pytest.mark.slow
def test_a_run_elsewhere_stopped_and_resumed_gives_the_same_tables_byte_for_byte(
    whole: Run, tmp_path: Path, tiny_xlmr: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    again = new_run(runs.workspace_folder(tmp_path), tiny_xlmr, "table2", "figure2", "figure4")
    with monkeypatch.context() as patch:
        patch.setattr(Run, "stop_requested", lambda self: sum(e["event"] == "step" for _, e in self.events()) >= 40)
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


@pytest.mark.slow
def test_a_finished_run_is_found_by_its_content_and_items(whole: Run) -> None:
    workspace, key = whole.path.parent.parent, whole.info()["content"]
    assert cache.finished_run(workspace, key, ("figure2", "table1")) is not None
    assert cache.finished_run(workspace, "0" * 20, ("figure2",)) is None


def test_data_without_person_contexts_borrows_the_built_in_ones_and_says_so(tmp_path: Path) -> None:
    import csv

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
    builtin = sum(context.type == "PER" for context in datasets.load_parallel().contexts)
    assert sum(context.type == "PER" for context in corpus.contexts) == builtin
    bare, notes = load_corpus(str(own), False)
    assert not any(context.type == "PER" for context in bare.contexts)
    assert "left out" in notes[0]


@pytest.mark.slow
def test_the_sample_keeps_the_papers_proportions_and_hides_ambiguous_names(whole: Run) -> None:
    request = PaperRequest.read(
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
    assert len({name for name, _ in sample.named}) == 39


@pytest.mark.slow
def test_every_figure_is_drawn_and_the_same_bytes_again_whatever_the_users_settings(
    whole: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import matplotlib

    drawn = whole.path / "figures"
    for item in set(ITEMS) - {"table1"}:
        assert ElementTree.parse(drawn / f"{item}.svg").getroot().tag.endswith("svg")
        assert (drawn / f"{item}.pdf").read_bytes().startswith(b"%PDF")
    monkeypatch.setitem(matplotlib.rcParams, "font.size", 30.0)
    again = figures.draw_figures(whole, ["figure4", "table1"], tmp_path)
    assert list(again) == ["figure4"]
    assert matplotlib.rcParams["font.size"] == 30.0
    for kind in ("svg", "pdf"):
        assert (tmp_path / f"figure4.{kind}").read_bytes() == (drawn / f"figure4.{kind}").read_bytes()


class Shown(HTMLParser):
    """The tags and the text of a page's body."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""
        self.feed(page[page.index("<body>") + len("<body>") :])
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


ACTING = "<script>x</script> | *a* `b` [c](javascript:d) ![e](f) &lt; \x1b[31m $g$ \\ _h_ ~~i~~ # \u202e <http://j>"
VISIBLE = ACTING.replace("\x1b", "␛").replace("\u202e", "\ufffd")


def test_nothing_is_drawn_of_items_of_which_the_data_gives_nothing(tmp_path: Path) -> None:
    """Two languages, of which the paper probes one: no pair changes alike, and no name is in another language."""
    run = runs.create(runs.workspace_folder(tmp_path), "paper", {}, 0)
    (run.path / "figures").mkdir()
    tables = (
        "paper_figure1",
        "paper_table2",
        "paper_figure2",
        "paper_maps",
        "deltas",
        "paper_figure4",
        "transfer_pairs",
    )
    for name in tables:
        run.write_table(name, CATALOGUE[name].frame([]))
    assert figures.draw_figures(run, list(ITEMS), run.path / "figures") == {}
    # Something is there, but nothing of what the figure is about.
    run.write_table("deltas", CATALOGUE["deltas"].frame([(2, "be", 0, 2, 0.1)]).assign(donor="en", seed=0))
    points = CATALOGUE["paper_figure1"]
    row = [
        "before" if column == "stage" else 1 if spec.dtype != TEXT else "x" for column, spec in points.columns.items()
    ]
    run.write_table("paper_figure1", points.frame([tuple(row)]))
    assert figures.draw_figures(run, list(ITEMS), run.path / "figures") == {}


@pytest.mark.slow
def test_text_from_data_is_shown_literally_in_both_reports(
    whole: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(Path(shutil.copytree(whole.path, tmp_path / whole.id)))
    monkeypatch.setattr(figures, "draw_figures", lambda *_: {})
    plain = Shown(write_report(run).read_text())
    run.update(notes=[ACTING, "- point", "3. third", "---", "==="], request={**run.info()["request"], "data": ACTING})
    table = run.read_table("paper_settings")
    run.write_table("paper_settings", table.assign(ours=ACTING))
    page = Shown(write_report(run).read_text())
    assert page.tags == plain.tags
    # In the first lines, the notes, the request, and every setting.
    assert page.text.count(VISIBLE) == 3 + len(table)
    assert f"{VISIBLE} - point 3. third --- === " in page.text
    assert "\x1b" not in (run.path / "report.md").read_text()


@settings(max_examples=100, deadline=None)
@given(st.text(st.sampled_from("ab1 .)-+=*_`~#<>[]()!|\\&;:$\"'\n\t\x1b/x"), max_size=12) | st.text(max_size=8))
def test_any_text_is_shown_as_it_is(text: str) -> None:
    shown = visible(" ".join(text.split()))
    if not shown:
        return
    value = rendering.literal(text)
    for before, after, tags in (
        ("", "", {"p"}), ("- ", "", {"ul", "li"}), ("> **x**: ", "", {"blockquote", "p", "strong"}),
        ("*", ".*", {"p", "em"}), ("|a|\n|---|\n| ", " |", {"table"}),
    ):  # fmt: skip
        page = Shown(rendering.page(f"{before}{value}{after}\n", "t", {}))
        assert tags <= page.tags
        assert not page.tags & {"h1", "h2", "hr", "a", "img", "code", "pre", "ol", "script"}
        assert shown in page.text


def test_numbers_are_read_by_people() -> None:
    assert [rendering.cell(value) for value in (0.123456, float("nan"), None, 12345, 123456.7, "a")] == [
        "0.1235", "", "", "12,345", "123,457", "a"
    ]  # fmt: skip


@pytest.mark.parametrize(("items", "scale", "seeds"), [(("figure9",), "small", 1), ((), "0", 1), ((), "2", 1),
                                                       ((), "big", 1), ((), "small", 0)])  # fmt: skip
def test_what_cannot_be_asked_is_refused(items: tuple[str, ...], scale: str, seeds: int) -> None:
    with pytest.raises(UsageError):
        make_paper_request(
            items, scale=scale, seeds=seeds, seed=0, model="m", data="d", device="cpu", learning_rate=1e-4
        )


def test_the_full_scale_is_the_papers_and_a_share_keeps_the_length_of_the_series() -> None:
    full = sizes_of("full")
    assert (full.train, full.test, full.contexts, full.probe_every) == (8534, 1613, 100, 50)
    for share in ("0.05", "0.1", "0.5"):
        sizes = sizes_of(share)
        assert 18 <= sizes.train / sizes.batch_size / sizes.probe_every <= 24


@pytest.mark.slow
def test_the_time_foretold_counts_loads_steps_and_sentences(whole: Run) -> None:
    request = PaperRequest.read(whole.info()["request"])
    sample = draw_paper_sample(request)
    sentences = paper_sentences(sample, request)
    speed = Speed(load=1.0, step=0.5, sentence=0.01)
    plain = 1 + 24 * 0.5 + 11 * 24 * 0.01
    assert seconds_for(speed, request, sample, sentences, "be", 0) == pytest.approx(plain)
    assert seconds_for(speed, request, sample, sentences, "ru", 1) == pytest.approx(plain)
    probed = plain + 13 * 6 * 12 * 0.01
    assert seconds_for(speed, request, sample, sentences, "ru", 0) == pytest.approx(probed)
    read = probed + 2 + (2 * (4 * 24 + len(sentences.names) + len(sentences.border)) + 11 * 24) * 0.01
    assert seconds_for(speed, request, sample, sentences, "en", 0) == pytest.approx(read)
    assert whole.info()["estimated_seconds"] > 0
