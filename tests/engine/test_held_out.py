"""Names that read like one of another type are never trained on, and what a run is asked about is tested."""

from collections import Counter
from pathlib import Path

import pytest

from nerspace import datasets
from nerspace.datasets.example import example
from nerspace.engine import runs
from nerspace.engine.errors import UsageError
from nerspace.engine.extraction.sentences import make_plan
from nerspace.engine.requests.extraction import ExtractRequest, make_extract_request
from nerspace.engine.requests.training import FLAGSHIP, NONE, DemoRequest, Request, make_request, make_run
from nerspace.engine.sampling import draw_sample, split_of

CODES = ("en", "be", "ru")


def asked(**fields: object) -> Request:
    return DemoRequest(donor="en", languages=CODES, donors=("en",), **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(3))
def test_no_ambiguous_name_is_trained_on_and_tested_ones_are_as_many_as_in_the_data(seed: int) -> None:
    corpus = datasets.load_parallel().select(languages=CODES)
    alike = {entity.id for entity in corpus.entities if entity.ambiguity}
    sample = draw_sample(asked(seed=seed))
    assert alike
    assert not alike & {sentence.entity for sentence in sample.train}
    english = [sentence for sentence in sample.test if sentence.language == "en"]
    assert Counter(sentence.type for sentence in english) == {"PER": 40, "LOC": 40, "ORG": 40}
    held = Counter(sentence.type for sentence in english if sentence.entity in alike)
    for kind, count in held.items():
        names = [entity for entity in corpus.entities if entity.type == kind]
        assert count == round(40 * sum(entity.id in alike for entity in names) / len(names))
    assert len({sentence.cell for sentence in english}) == 120
    split = split_of(corpus, asked(seed=seed))
    for kind in ("PER", "LOC", "ORG"):
        plain = [entity for entity in corpus.entities if entity.type == kind and entity.id not in alike]
        tested = sum(entity.type == kind and entity.id not in alike for entity in split.test.entities)
        assert abs(tested - 0.2 * len(plain)) <= 2


def test_a_name_that_is_asked_about_is_tested_in_contexts_of_each_of_its_types_and_never_trained_on() -> None:
    sample = draw_sample(asked(test_names=("Washington", "Мінск")))
    assert not {"per-washington", "loc-washington", "loc-minsk"} & {sentence.entity for sentence in sample.train}
    for name in ("per-washington", "loc-washington"):
        own = [sentence for sentence in sample.test if sentence.entity == name]
        assert Counter(sentence.language for sentence in own) == dict.fromkeys(CODES, 4)
        assert len({sentence.context for sentence in own}) == 4
    assert sum(sentence.entity == "loc-minsk" for sentence in sample.test) >= 3
    assert any("Washington is held out too and stands in 8 test sentences" in note for note in sample.notes)
    assert any("81 names that read like one of another type are held out" in note for note in sample.notes)


def test_a_type_that_one_side_lacks_is_told(tmp_path: Path) -> None:
    """A single name of a type is trained on, and nothing is left to test it with."""
    for name, text in example(("de", "en")).items():
        lines = [line for line in text.splitlines() if not line.startswith(("newton", "curie", "lovelace"))]
        (tmp_path / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    sample = draw_sample(DemoRequest(donor="en", languages=("de", "en"), donors=("en",), data=str(tmp_path)))
    assert {sentence.type for sentence in sample.test} == {"LOC"}
    assert "No sentence of PER is left for testing: give it more contexts and names." in sample.notes


def test_a_run_that_holds_nothing_out_is_cut_as_runs_were_before_it_could() -> None:
    corpus = datasets.load_parallel().select(languages=CODES)
    before = {name: value for name, value in asked().plain().items() if name not in ("hold_out", "test_names")}
    old = DemoRequest.read(before)
    assert (old.hold_out, old.test_names) == (NONE, ())
    assert [e.id for e in split_of(corpus, old).test.entities] == [e.id for e in corpus.split(0).test.entities]
    assert draw_sample(old).test == draw_sample(asked(hold_out=NONE)).test
    assert draw_sample(old).test != draw_sample(asked()).test


def test_a_demo_is_asked_about_washington_where_the_data_has_it(tmp_path: Path, tiny_xlmr: Path, corpus: Path) -> None:
    def made(kind: str, **fields: object) -> object:
        return make_run(tmp_path, kind, make_request(kind, model=str(tiny_xlmr), **fields)).info()["request"][
            "test_names"
        ]

    assert made("demo") == list(FLAGSHIP)
    assert made("demo", test_names=()) == []
    assert made("finetune") == []
    assert made("demo", test_names=("minsk",)) == ["minsk"]
    assert made("demo", data=str(corpus)) == list(FLAGSHIP)
    with pytest.raises(UsageError, match="has no name 'Nowhere'") as caught:
        made("finetune", test_names=("Nowhere",))
    assert caught.value.field == "test_names"


def test_more_of_a_runs_test_sentences_are_read_from_the_same_side(tmp_path: Path, tiny_xlmr: Path) -> None:
    request = make_request("demo", model=str(tiny_xlmr), donor="en", languages=CODES, test_names=("Washington",))
    run = runs.create(tmp_path, "demo", request, 0)
    (run.path / "model").mkdir()
    plan = make_plan(ExtractRequest.read(make_extract_request(run, size=150, stages=("before",))))
    read = {plan.sentence(number).entity for number in range(150)}
    trained = {sentence.entity for sentence in draw_sample(DemoRequest.read(request)).train}
    assert {"per-washington", "loc-washington"} <= read
    assert not read & trained


def test_data_of_which_most_names_are_ambiguous_keeps_enough_to_learn_from() -> None:
    from nerspace.datasets.records import Context, Entity
    from nerspace.datasets.synthetic import SyntheticNER

    names = [Entity(f"e{i}", "LOC", "", "twin", {"nominative": {"en": f"Town{i}"}}) for i in range(10)]
    contexts = [Context(f"c{i}", "LOC", "nominative", "", {"en": f"Number {i} is [loc]."}) for i in range(10)]
    corpus = SyntheticNER("alike", contexts, names)
    assert not corpus.ambiguous
    assert len(split_of(corpus, Request(languages=("en",))).train.entities) == 8
