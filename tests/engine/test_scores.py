"""Entity F1 beside seqeval, and the other modes, the floor and the spread by hand."""

import math
from itertools import permutations
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seqeval.metrics import f1_score, precision_score, recall_score
from seqeval.scheme import IOB2

from nerspace.engine.errors import DataError, UsageError
from nerspace.engine.evaluation import entity_scores
from nerspace.engine.evaluation.scores import F1_MODES, modes_table, scores_table, spread_table
from nerspace.engine.evaluation.spans import lenient_spans, match_spans
from nerspace.engine.tables.index import table_spec

Tags = list[list[str]]
# The examples of seqeval's README: gold, predicted, and what it prints for both modes where they differ.
README = [
    ([["O", "O", "O", "B-MISC", "I-MISC", "I-MISC", "O"], ["B-PER", "I-PER", "O"]],
     [["O", "O", "B-MISC", "I-MISC", "I-MISC", "I-MISC", "O"], ["B-PER", "I-PER", "O"]], 0.5, 0.5),
    ([["B-NP", "I-NP", "O"]], [["I-NP", "I-NP", "O"]], 1.0, 0.0),
]  # fmt: skip


def theirs(gold: Tags, said: Tags, mode: str) -> tuple[float, float, float]:
    how: dict[str, Any] = {"mode": "strict", "scheme": IOB2} if mode == "strict" else {}
    scores = (score(gold, said, zero_division=0, **how) for score in (precision_score, recall_score, f1_score))
    return tuple(map(float, scores))


def ours(gold: Tags, said: Tags, mode: str) -> tuple[float, float, float]:
    scores = entity_scores(gold, said, mode=mode)
    return scores["precision"], scores["recall"], scores["f1"]


@pytest.mark.parametrize(("gold", "said", "default", "strict"), README)
def test_scores_equal_seqeval_on_its_own_examples(gold: Tags, said: Tags, default: float, strict: float) -> None:
    assert ours(gold, said, "default")[2] == default
    assert ours(gold, said, "strict")[2] == strict
    for mode in ("default", "strict"):
        assert ours(gold, said, mode) == pytest.approx(theirs(gold, said, mode))


TAG = st.sampled_from(["O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-ORG", "I-ORG"])
PAIRED = st.lists(st.lists(st.tuples(TAG, TAG), min_size=1, max_size=9), min_size=1, max_size=6)


@given(PAIRED)
@settings(max_examples=300, deadline=None)
def test_scores_equal_seqeval_on_random_tags(sentences: list[list[tuple[str, str]]]) -> None:
    gold, said = ([[pair[side] for pair in sentence] for sentence in sentences] for side in (0, 1))
    for mode in ("default", "strict"):
        found = ours(gold, said, mode)
        # Where nothing is there and nothing was said, seqeval prints 0.
        assert [0.0 if math.isnan(x) else x for x in found] == pytest.approx(theirs(gold, said, mode)), mode


def test_an_unknown_mode_and_unequal_lengths_are_refused() -> None:
    with pytest.raises(UsageError, match="strict or default"):
        entity_scores([], [], mode="loose")
    with pytest.raises(DataError, match="Sentence 1 has 1 gold and 2"):
        entity_scores([["O"], ["O"]], [["O"], ["O", "O"]], mode="default")


def test_nothing_there_and_nothing_said_is_no_score_and_one_of_them_is_zero() -> None:
    empty = entity_scores([["O"], []], [["O"], []])
    assert all(math.isnan(empty[name]) for name in ("precision", "recall", "f1"))
    assert (empty["correct"], empty["predicted"], empty["gold"]) == (0, 0, 0)
    for gold, said in ((["B-PER"], ["O"]), (["O"], ["B-PER"])):
        found = entity_scores([gold], [said])
        assert (found["precision"], found["recall"], found["f1"]) == (0, 0, 0)


@pytest.mark.parametrize("tag", ["PER", "PER-B", "Bx", "b-PER", "", "B-", "I_PER", "LOC"])
@pytest.mark.parametrize("mode", ["strict", "default"])
def test_a_label_without_a_boundary_is_refused(tag: str, mode: str) -> None:
    for gold, said in (([tag], ["O"]), (["O"], [tag])):
        with pytest.raises(DataError, match=f"Sentence 1 has the tag {tag!r}"):
            entity_scores([["O"], gold], [["O"], said], mode=mode)


def test_each_entity_answers_once_equal_boundaries_first() -> None:
    gold = {("PER", 0, 4), ("LOC", 6, 7)}
    said = {("LOC", 0, 1), ("PER", 1, 3), ("ORG", 3, 4), ("LOC", 8, 9)}
    assert match_spans(gold, said) == [
        (None, ("LOC", 0, 1)),
        (("PER", 0, 4), ("PER", 1, 3)),
        (None, ("ORG", 3, 4)),
        (("LOC", 6, 7), None),
        (None, ("LOC", 8, 9)),
    ]
    assert match_spans({("PER", 0, 2)}, {("PER", 1, 2), ("LOC", 0, 2)})[0] == (("PER", 0, 2), ("LOC", 0, 2))


@given(PAIRED)
@settings(deadline=None)
def test_no_entity_is_lost_or_answered_twice(sentences: list[list[tuple[str, str]]]) -> None:
    for sentence in sentences:
        gold, said = (lenient_spans([pair[side] for pair in sentence]) for side in (0, 1))
        pairs = match_spans(gold, said)
        assert sorted(a for a, _ in pairs if a) == sorted(gold)
        assert sorted(b for _, b in pairs if b) == sorted(said)
        for a, b in pairs:
            if a and b:
                assert max(a[1], b[1]) < min(a[2], b[2])
            elif a:
                answered = {other for _, other in pairs if other and _}
                assert all(b in answered for b in said if max(a[1], b[1]) < min(a[2], b[2]))


def predictions(*rows: tuple[str, str], language: str = "be", seed: int = 0) -> pd.DataFrame:
    """A sentence per pair of gold and predicted tags."""
    return pd.DataFrame(
        [("en", seed, f"{language}/c{i}/e{i}", language, "PER", gold, said, int(gold != said), 0.9)
         for i, (gold, said) in enumerate(rows)],
        columns=["donor", "seed", "sentence", "language", "type", "gold", "predicted", "wrong", "confidence"],
    )  # fmt: skip


HAND = predictions(
    ("B-PER I-PER O", "B-PER I-PER O"),
    ("B-PER I-PER O", "B-LOC I-LOC O"),
    ("B-PER I-PER O", "O B-PER O"),
    ("B-LOC O O", "I-LOC O O"),
    ("O O B-ORG", "O O O"),
    ("O O O", "O B-ORG O"),
)


def test_every_mode_by_hand() -> None:
    table = modes_table(HAND)
    assert list(table.columns) == list(table_spec("modes").columns)
    whole = table[table["type"] == "all"].set_index("mode")
    assert whole["entities"].tolist() == [5] * 5
    # The strict reading does not see the I-LOC that begins without a B-.
    assert whole["found"].tolist() == [4, 5, 5, 5, 5]
    assert whole["correct"].to_dict() == {"strict": 1, "default": 2, "boundary": 3, "partial": 3.5, "type_only": 3}
    assert whole["f1"].to_dict() == pytest.approx(
        {"strict": 2 / 9, "default": 2 / 5, "boundary": 3 / 5, "partial": 3.5 / 5, "type_only": 3 / 5}
    )
    person = table[(table["type"] == "PER") & (table["mode"] == "strict")].iloc[0]
    assert person[["entities", "found", "correct"]].tolist() == [3, 2, 1]
    assert (person["precision"], person["recall"]) == pytest.approx((1 / 2, 1 / 3))


def test_scores_count_wrong_sentences_and_agree_with_the_modes() -> None:
    table = scores_table(HAND)
    assert list(table.columns) == list(table_spec("scores").columns)
    rows = table.set_index("type")
    assert rows["wrong"].to_dict() == {"all": 5, "PER": 2, "LOC": 2, "ORG": 2}
    assert rows.loc["all", ["f1", "default", "boundary", "partial", "type_only"]].tolist() == pytest.approx(
        [2 / 9, 2 / 5, 3 / 5, 3.5 / 5, 3 / 5]
    )
    assert (rows["low"] <= rows["f1"]).all()
    assert (rows["f1"] <= rows["high"]).all()


def test_the_floor_is_the_mean_over_every_permutation_of_the_predicted_types() -> None:
    gold = [["B-PER", "B-LOC", "O"], ["B-PER", "O", "B-ORG"]]
    spans = [(0, 0), (0, 2), (1, 0), (1, 2)]
    kinds = ["PER", "PER", "LOC", "PER"]
    found = []
    for dealt in permutations(kinds):
        said = [["O"] * 3 for _ in gold]
        for (sentence, word), kind in zip(spans, dealt, strict=True):
            said[sentence][word] = f"B-{kind}"
        found.append([entity_scores(gold, said)["f1"], said])
    rows = [(" ".join(a), " ".join(b)) for a, b in zip(gold, found[0][1], strict=True)]
    table = scores_table(predictions(*rows)).set_index("type")
    assert table.loc["all", "floor"] == pytest.approx(np.mean([f1 for f1, _ in found]))
    for kind in ("PER", "LOC"):
        alone = [
            entity_scores(*([[t if t[2:] == kind else "O" for t in tags] for tags in side] for side in (gold, said)))
            for _, said in found
        ]
        assert table.loc[kind, "floor"] == pytest.approx(np.mean([scores["f1"] for scores in alone])), kind


def test_types_that_the_model_does_not_know_have_rows_with_and_without_them() -> None:
    table = scores_table(predictions(("B-PER B-MISC", "B-PER O"), ("B-PER O", "B-PER O")), known={"PER", "LOC"})
    rows = table.set_index("type")
    assert list(rows.index) == ["all", "known", "PER", "MISC"]
    assert rows["f1"].to_dict() == pytest.approx({"all": 4 / 5, "known": 1, "PER": 1, "MISC": 0})
    assert rows["wrong"].to_dict() == {"all": 1, "known": 0, "PER": 0, "MISC": 1}
    assert list(scores_table(HAND, known={"PER", "LOC", "ORG"})["type"]) == ["all", "PER", "LOC", "ORG"]


def test_the_interval_is_that_of_a_bootstrap_over_sentences() -> None:
    rows = [("B-PER", "B-PER")] * 60 + [("B-PER", "O")] * 40
    row = scores_table(predictions(*rows)).iloc[0]
    generator = np.random.default_rng(7)
    right = np.array([1.0] * 60 + [0.0] * 40)
    drawn = right[generator.integers(0, 100, (4000, 100))].sum(axis=1)
    low, high = np.quantile(2 * drawn / (drawn + 100), [0.025, 0.975])
    assert (row["low"], row["high"]) == pytest.approx((low, high), abs=0.02)


def test_one_sentence_has_no_interval_and_none_no_row() -> None:
    one = scores_table(predictions(("B-PER", "B-PER")))
    assert one["f1"].tolist() == [1, 1]
    assert one[["low", "high"]].isna().all(axis=None)
    nothing = scores_table(predictions(("O O", "O O"), ("O", "O"))).iloc[0]
    assert nothing[["wrong", "entities"]].tolist() == [0, 0]
    assert nothing[["f1", "low", "high", *F1_MODES[1:], "floor"]].isna().all()
    assert len(scores_table(HAND.iloc[:0])) == 0


def test_seeds_have_a_mean_and_a_spread_and_one_seed_has_none() -> None:
    table = pd.concat(
        [predictions(("B-PER", "B-PER"), ("B-PER", said), seed=s) for s, said in enumerate(["B-PER", "O"])]
    )
    row = spread_table(scores_table(table)).iloc[0]
    f1 = [1.0, 2 / 3]
    assert (row["seeds"], row["wrong"], row["f1"]) == (2, 0.5, pytest.approx(np.mean(f1)))
    assert row["f1_sd"] == pytest.approx(np.std(f1, ddof=1))
    assert (row["f1_low"], row["f1_high"]) == pytest.approx((2 / 3, 1))
    single = spread_table(scores_table(HAND))
    assert list(single.columns) == list(table_spec("spread").columns)
    assert single["f1_sd"].isna().all()
