"""The swap lab: which sentences it makes, what it counts of them, and the whole of it on a tiny model."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from training_samples import demo_request

from nerspace import datasets
from nerspace.engine import runs
from nerspace.engine.errors import DataError, UsageError
from nerspace.engine.requests.swapping import SwapRequest, make_swap_request
from nerspace.engine.runs import Run, jobs
from nerspace.engine.swapping import tables as module
from nerspace.engine.swapping.sentences import SwapPlan, plan_swaps
from nerspace.engine.swapping.tables import SwapOutputs, crossed_intervals, name_type, swap_summary_table, swap_table
from nerspace.engine.tables.index import CATALOGUE

LANGUAGES = ("en", "be", "tr")


def request(**changes: Any) -> SwapRequest:
    fields: dict[str, Any] = {
        "source": "run", "trained": "", "model": "", "donor": "en", "data": "builtin", "split_languages": LANGUAGES,
        "split_seed": 0, "languages": LANGUAGES, "contexts": 6, "sample": 6,
    }  # fmt: skip
    return SwapRequest(**{**fields, **changes})


@pytest.fixture(scope="module")
def plan() -> SwapPlan:
    return plan_swaps(request())


def test_contexts_and_drawn_names_are_of_the_test_part_and_genders_fit(plan: SwapPlan) -> None:
    split = datasets.load().select(languages=LANGUAGES).split(0)
    contexts, names = {c.id for c in split.test.contexts}, {e.id for e in split.test.entities}
    assert {item.context.id for item in plan.filled} <= contexts
    assert {item.entity.id for item in plan.filled} <= names
    assert set(plan.sides.values()) == {"test"}
    for item in plan.filled:
        if item.entity.gender and item.context.gender:
            assert item.entity.gender == item.context.gender
        assert item.agreement == ("gender" if item.context.gender and not item.entity.gender else "fits")
        assert item.context.case == "nominative"
    plain = {e for e in plan.sides if e not in plan.ambiguous}
    assert sorted(e[:3] for e in plain) == ["loc", "loc", "org", "org", "per", "per"]
    assert plan.ambiguous == {e.id for e in split.test.entities if e.ambiguity}


def test_one_side_of_every_swap_stays_and_the_other_is_of_the_reference_s_type(plan: SwapPlan) -> None:
    for swap in plan.swaps:
        here, there = plan.filled[swap.filled], plan.filled[swap.reference]
        assert here.sentence.language == there.sentence.language
        if swap.kind == "context":
            assert here.entity is there.entity
            assert here.context is not there.context
            assert there.context.type == here.entity.type
        else:
            assert here.context is there.context
            assert here.entity is not there.entity
            assert there.entity.type == here.context.type


def test_every_name_is_put_into_as_many_contexts_of_every_type(plan: SwapPlan) -> None:
    rows = [plan.filled[swap.filled] for swap in plan.swaps if swap.kind == "context"]
    counted = pd.Series([(i.sentence.language, i.entity.id, i.context.type) for i in rows]).value_counts()
    assert set(counted) == {2}
    assert len(counted) == 3 * len(plan.sides) * 3
    assert len({i.sentence.text for i in plan.filled if i.sentence.language == "en"}) > 50


def test_a_plan_hangs_on_its_seed_alone(plan: SwapPlan) -> None:
    again, other = plan_swaps(request()), plan_swaps(request(seed=1))
    assert [i.sentence for i in again.filled] == [i.sentence for i in plan.filled]
    assert again.swaps == plan.swaps
    assert [i.sentence for i in other.filled] != [i.sentence for i in plan.filled]


def test_a_name_asked_for_is_found_in_any_spelling_or_made_where_it_is_new() -> None:
    found = plan_swaps(request(names=("вашынгтон",)))
    assert {e.partition("-")[0] for e in found.sides} == {"per", "loc"}
    assert len(set(found.sides.values())) == 1
    only = plan_swaps(request(names=("Washington",), type="LOC"))
    assert list(only.sides) == ["loc-washington"]
    new = plan_swaps(request(names=("Zorblax Corp",), type="ORG", languages=("en",)))
    assert new.sides == {"new:Zorblax Corp": "new"}
    tags = {item.sentence.tags for item in new.filled if item.entity.id.startswith("new:")}
    assert all("B-ORG" in found and "I-ORG" in found for found in tags)
    with pytest.raises(UsageError, match="knows no such name: 'Zorblax'.*--type PER --lang en"):
        plan_swaps(request(names=("Zorblax",), languages=("en",)))
    with pytest.raises(UsageError, match="'Zorblax' \\(PER\\)"):
        plan_swaps(request(names=("Zorblax",), type="PER"))


def test_in_another_case_places_take_their_form_and_others_borrow_its_ending() -> None:
    plan = plan_swaps(request(case="locative"))
    for item in plan.filled:
        if item.context.type == "LOC":
            assert item.context.case == "locative"
            assert item.agreement == ("fits" if item.entity.type == "LOC" else "case")
    borrowed = [i for i in plan.filled if i.agreement == "case"]
    english = next(i for i in borrowed if i.sentence.language == "en")
    assert english.form.split()[0] in ("in", "on", "at")
    turkish = next(i for i in borrowed if i.sentence.language == "tr")
    assert "'" in turkish.form
    name = turkish.entity.forms["nominative"]["tr"]
    marked = [w for w, tag in zip(turkish.sentence.words, turkish.sentence.tags, strict=True) if tag != "O"]
    assert " ".join(marked) == name


def test_data_with_one_type_is_refused(tmp_path: Path) -> None:
    (tmp_path / "contexts.csv").write_text(
        "id,type,case,gender,en\n" + "".join(f"c{i},LOC,nominative,,Town {i} is [loc].\n" for i in range(10))
    )
    (tmp_path / "entities.csv").write_text(
        "id,type,case,gender,ambiguity,en\n" + "".join(f"e{i},LOC,nominative,,,Place{i}\n" for i in range(10))
    )
    with pytest.raises(DataError, match="no contexts of two types in en"):
        plan_swaps(request(data=str(tmp_path), languages=("en",), split_languages=("en",)))


def test_the_type_of_a_name_is_that_of_most_of_its_words() -> None:
    assert name_type(["B-PER", "I-PER", "B-LOC"]) == "PER"
    assert name_type(["B-LOC", "I-PER"]) == "LOC"
    assert name_type(["O", "O", "B-ORG"]) == "O"
    assert name_type(["I-ORG"]) == "ORG"


def test_a_row_tells_type_boundaries_confidence_and_how_far_the_vector_moved(plan: SwapPlan) -> None:
    tags = [list(item.sentence.tags) for item in plan.filled]
    certainty = [[0.9] * len(words) for words in tags]
    vectors = np.zeros((len(tags), 2), dtype=np.float32)
    vectors[:, 0] = 1
    swap = next(s for s in plan.swaps if s.kind == "context" and len(plan.filled[s.filled].form.split()) == 2)
    words, number = plan.filled[swap.filled].sentence, swap.filled
    inside = [place for place, tag in enumerate(words.tags) if tag != "O"]
    tags[number] = ["O"] * len(words.tags)
    tags[number][inside[0]], tags[number][inside[1]] = "B-ORG", "B-ORG"
    certainty[number][inside[1]] = 0.4
    vectors[number] = [3, 4]
    before = np.zeros_like(vectors)
    before[:, 1] = 2
    table = swap_table(plan, SwapOutputs(tags, certainty, vectors, before, 5))
    assert list(table.columns) == list(CATALOGUE["swap"].columns)
    row = table.iloc[plan.swaps.index(swap)]
    assert (row["predicted"], row["predicted_type"], row["exact"], row["confidence"]) == ("B-ORG B-ORG", "ORG", 0, 0.4)
    assert row["moved"] == pytest.approx(1 - 3 / 5)
    assert row["moved_before"] == pytest.approx(0)
    assert row["layer"] == 5
    others = table[[other.filled != number for other in plan.swaps]]
    assert (others["predicted_type"] == others["name_type"]).all()
    assert set(others["exact"]) == {1}
    vectors[number] = 0
    assert np.isnan(swap_table(plan, SwapOutputs(tags, certainty, vectors, before, 5))["moved"]).any()


def told(plan: SwapPlan, answer: Any) -> pd.DataFrame:
    """The summary where every name is tagged with the type that `answer` gives for it and its context."""
    tags = [[tag if tag == "O" else f"{tag[:2]}{answer(item)}" for tag in item.sentence.tags] for item in plan.filled]
    vectors = np.ones((len(tags), 2), dtype=np.float32)
    table = swap_table(plan, SwapOutputs(tags, [[1.0] * len(words) for words in tags], vectors, vectors, 0))
    return swap_summary_table(table)


def test_a_model_of_form_and_a_model_of_context_are_told_apart(plan: SwapPlan) -> None:
    by_form, by_context = told(plan, lambda i: i.entity.type), told(plan, lambda i: i.context.type)
    assert list(by_form.columns) == list(CATALOGUE["swap_summary"].columns)
    for summary, mine, other in ((by_form, "as_name", "as_context"), (by_context, "as_context", "as_name")):
        rows = summary[(summary["name_type"] == "all") & (summary["subset"] == "all")]
        assert set(rows["language"]) == {"all", *LANGUAGES}
        assert set(rows["context_type"]) == {"other"}
        assert (rows[mine] == 1).all()
        assert (rows[other] == 0).all()
        assert (rows["lead"] == (1 if mine == "as_name" else -1)).all()
        assert (rows["lead_low"] == rows["lead"]).all()
        # Of three types in equal parts each is met a third of the time; what makes no difference is never followed.
        floors = {"as_name": "floor", "as_context": "context_floor"}
        assert rows[floors[mine]].to_numpy() == pytest.approx(1 / 3)
        assert (rows[floors[other]] == 0).all()
    home = by_context[by_context["name_type"] == by_context["context_type"]]
    assert (home["as_name"] == 1).all()
    assert {"all", "ambiguous", "unambiguous"} == set(by_form["subset"])
    cell = by_form[
        (by_form["language"] == "en") & (by_form["subset"] == "unambiguous") & (by_form["kind"] == "context")
    ]
    assert cell.set_index(["name_type", "context_type"]).loc[("PER", "LOC"), ["n", "names"]].tolist() == [4, 2]


def test_what_moved_is_told_beside_swaps_within_one_type(plan: SwapPlan) -> None:
    vectors = np.ones((len(plan.filled), 2), dtype=np.float32)
    tags = [item.sentence.tags for item in plan.filled]
    table = swap_table(plan, SwapOutputs(tags, [[1.0] * len(words) for words in tags], vectors, vectors, 0))
    number = {"PER": 0.1, "LOC": 0.2, "ORG": 0.3}
    moved = table["name_type"].map(number) + 10 * table["context_type"].map(number)
    summary = swap_summary_table(table.assign(moved=moved))
    cell = summary[(summary["language"] == "en") & (summary["subset"] == "all")].set_index(
        ["kind", "name_type", "context_type"]
    )
    assert cell.loc[("context", "PER", "LOC"), ["moved", "moved_floor"]].tolist() == pytest.approx([2.1, 1.1])
    assert cell.loc[("entity", "PER", "LOC"), ["moved", "moved_floor"]].tolist() == pytest.approx([2.1, 2.2])


def test_what_is_tagged_as_nothing_is_neither_and_missed(plan: SwapPlan) -> None:
    tags = [["O"] * len(item.sentence.tags) for item in plan.filled]
    vectors = np.ones((len(tags), 2), dtype=np.float32)
    summary = swap_summary_table(
        swap_table(plan, SwapOutputs(tags, [[1.0] * len(words) for words in tags], vectors, vectors, 0))
    )
    assert (summary["as_neither"] == 1).all()
    assert (summary["missed"] == 1).all()
    assert (summary["moved"].abs() < 1e-9).all()


def test_the_interval_draws_names_and_contexts_as_a_direct_loop_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RESAMPLES", 50)
    generator = np.random.default_rng(0)
    names, contexts = [f"n{i}" for i in range(4) for _ in range(3)], [f"c{i}" for _ in range(4) for i in range(3)]
    values = generator.random(12)
    again = np.random.default_rng(7)
    of_names, of_contexts = (again.multinomial(size, np.full(size, 1 / size), 50) for size in (4, 3))
    means = []
    for w, v in zip(of_names, of_contexts, strict=True):
        drawn = [values[3 * n + c] for n in range(4) for c in range(3) for _ in range(w[n] * v[c])]
        means.append(np.mean(drawn))
    both = np.stack([np.ones(12), values], axis=1)
    level, found = crossed_intervals(both, names, contexts, 7)
    assert found == pytest.approx(np.quantile(means, [0.025, 0.975]))
    assert level == (1, 1)
    assert np.isnan(crossed_intervals(both[:1], ["n"], ["c"], 0)).all()
    assert np.isnan(crossed_intervals(both[:0], [], [], 0)).all()


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, tiny_xlmr: Path) -> Run:
    workspace = runs.workspace_folder(tmp_path_factory.mktemp("workspace"))
    fields = {"donor": "en", "donors": ("en", "be"), "size": 16, "epochs": 1, "probe_every": 0}
    run = runs.create(workspace, "finetune", demo_request(tiny_xlmr, **fields), 0)
    assert jobs.execute(run) == "finished", run.info()
    return run


@pytest.mark.slow
def test_the_job_reads_with_both_models_and_writes_both_tables(trained: Run, tiny_xlmr: Path) -> None:
    asked = make_swap_request(trained, "be-0", contexts=3, sample=3, device="cpu")
    assert (asked["donor"], asked["model"]) == ("be", str(tiny_xlmr))
    tables = []
    for _ in range(2):
        run = runs.create(trained.path.parent.parent, "swap", asked, 0)
        assert jobs.execute(run) == "finished", run.info()
        tables.append({name: run.table_path(name).read_text() for name in run.tables()})
    assert set(tables[0]) == {"swap", "swap_summary"}
    assert tables[0] == tables[1]
    frame = run.read_table("swap")
    assert set(frame["language"]) == {"en", "be"}
    assert set(frame["layer"]) == {2}
    assert frame["confidence"].between(1 / 7, 1).all()
    assert frame["moved_before"].gt(0).mean() > 0.9
    wrong = make_swap_request(trained, layer=9, device="cpu")
    failed = runs.create(trained.path.parent.parent, "swap", wrong, 0)
    assert jobs.execute(failed) == "failed"
    assert failed.info()["error"]["message"] == "The model has no layer 9."


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"case": "dative"}, "Unknown case 'dative'. Choose from nominative"),
        ({"type": "CITY"}, "Unknown type 'CITY'. Choose from PER, LOC, ORG"),
        ({"gender": "x"}, "Unknown gender 'x'. Choose from m, f"),
        ({"contexts": 2}, "2 contexts are too few. At least 3"),
        ({"sample": 0}, "0 names are too few"),
        ({"of": "tr-0"}, "holds no model 'tr-0'. It holds: en-0, be-0"),
    ],
)
def test_a_wrong_request_is_told_before_anything_starts(trained: Run, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError) as raised:
        make_swap_request(trained, **{"device": "cpu", **changes})
    assert said in str(raised.value)


def test_a_run_without_a_model_says_so(tmp_path: Path) -> None:
    run = runs.create(runs.workspace_folder(tmp_path), "demo", {"donor": "en"}, 0)
    with pytest.raises(UsageError, match="kept no model. Train with --keep-model"):
        make_swap_request(run)


def test_a_model_from_elsewhere_reads_without_a_run(tmp_path: Path, foreign_ner: Path) -> None:
    asked = make_swap_request(
        None, model=str(foreign_ner), languages=("en",), contexts=3, sample=3, device="cpu", seed=1
    )
    assert (asked["source"], asked["model"], asked["split_seed"]) == ("", "", 1)
    run = runs.create(runs.workspace_folder(tmp_path), "swap", asked, 0)
    assert jobs.execute(run) == "finished", run.info()
    frame = run.read_table("swap")
    assert set(frame["predicted_type"]) == {"FESTIVAL"}
    assert frame["moved"].notna().all()
    assert frame["moved_before"].isna().all()
    with pytest.raises(UsageError, match="has no language 'xx'"):
        make_swap_request(None, model=str(foreign_ner), languages=("xx",))


def test_other_contexts_and_names_than_the_run_s_are_cut_anew(trained: Run) -> None:
    asked = make_swap_request(trained, languages=("en", "ca"), data="builtin-quoted")
    assert (asked["source"], asked["data"], asked["languages"]) == (trained.id, "builtin-quoted", ("en", "ca"))
    assert len(asked["split_languages"]) == 11
    own = make_swap_request(trained, data=trained.info()["request"]["data"])
    assert own["split_languages"] == tuple(trained.info()["request"]["languages"])
