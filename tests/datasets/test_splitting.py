"""What counts as the same context or name when a product is split."""

from counting import calls_of

from nerspace.datasets.records import Context, Entity
from nerspace.datasets.splitting import context_texts, cut, entity_texts, grouped
from nerspace.datasets.synthetic import SyntheticNER


def named(number: int, kind: str = "LOC", case: str = "nominative", **forms: str) -> Entity:
    return Entity(f"e{number}", kind, "", "", {case: forms})


def test_a_name_is_the_same_in_another_case_type_language_and_letter_case() -> None:
    entities = [
        named(0, en="Georgia", tr="Gürcistan"),
        named(1, case="locative", en="In Georgia", ru="в Грузии"),
        named(2, case="directional", tr="gürcistan'a"),
        named(3, kind="ORG", ca="Georgia"),
        named(4, en="Georgina"),
    ]
    assert [[entities[i].id for i in group] for group in grouped(entities, entity_texts)] == [
        ["e0", "e1", "e2", "e3"],
        ["e4"],
    ]


def test_contexts_are_the_same_when_one_language_reads_the_same() -> None:
    texts = [{"en": "[???] a.", "be": "[???] б."}, {"en": "[???] c.", "be": "[???] Б."}, {"en": "[???] d."}]
    contexts = [Context(f"c{i}", "LOC", "nominative", "", text) for i, text in enumerate(texts)]
    assert [len(group) for group in grouped(contexts, context_texts)] == [2, 1]


def test_a_split_of_the_papers_size_does_nothing_for_each_of_its_sentences() -> None:
    codes = [f"l{i}" for i in range(11)]
    contexts = [
        Context(f"c{i}", "PER", "nominative", "m", {code: f"[male] {code} {i // 2}" for code in codes})
        for i in range(6_398)
    ]
    entities = [Entity(f"e{i}", "PER", "m", "", {"nominative": {c: f"{c} {i}" for c in codes}}) for i in range(3_227)]
    corpus = SyntheticNER("large", contexts, entities, codes)
    split, calls = calls_of(lambda: corpus.split(0))
    # Some for each of the 105,875 texts and forms; 20.6 million sentences are never walked through.
    assert calls < 50 * 11 * (6_398 + 3_227) < 6_398 * 3_227
    assert len(split.test.contexts) == 1280


def test_of_two_alike_one_is_tested_and_a_single_one_is_trained_on() -> None:
    entities = [named(0, en="Paris"), named(1, en="Rome"), named(2, kind="ORG", en="Reuters")]
    train, test = cut(entities, entity_texts, lambda entity: entity.type, 0, 0.2)
    assert [len([one for one in test if one.type == kind]) for kind in ("LOC", "ORG")] == [1, 0]
    assert len(train) == 2
