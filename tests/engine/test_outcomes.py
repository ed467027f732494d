"""What became of each entity, counted by hand: outcomes, confusion, failing sentences and buckets."""

from collections import Counter

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest
from tokenizers import Tokenizer

from nerspace.engine.evaluation import entity_scores
from nerspace.engine.evaluation.outcomes import buckets_table, confusion_table, failing_table, outcomes_table, script_of
from nerspace.engine.statistics.clusters import clustered_share, wilson
from nerspace.engine.tables.index import table_spec

ROWS = [
    # sentence, language, gold, predicted, words
    ("be/c1/e1", "be", "B-PER I-PER O", "B-PER I-PER O", "Ганна Новак спіць"),
    ("be/c2/e2", "be", "O B-LOC O", "O B-ORG O", "У Vaşington едзе"),
    ("be/c3/e3", "be", "B-ORG I-ORG O", "O I-ORG O", "Bank Мінск расце"),
    ("en/c1/e1", "en", "B-PER I-PER O", "I-PER I-PER O", "Anna Novak sleeps"),
    ("en/c2/e2", "en", "O B-LOC O", "O O B-PER", "To Washington goes"),
    ("en/c3/e3", "en", "B-ORG I-ORG O", "B-LOC O O", "Bank Minsk grows"),
]
TRAINING = [
    ("en/t1/x1", "train", "en", "e9", "Anna Smith and Anna", "B-PER I-PER O B-PER"),
    ("en/t2/x2", "train", "en", "e8", "Minsk and Bank", "O O B-ORG"),
]


@pytest.fixture
def predictions() -> pd.DataFrame:
    return pd.DataFrame(
        [("en", 3, name, language, "PER", gold, said, int(gold != said), 0.5 + i / 10)
         for i, (name, language, gold, said, _) in enumerate(ROWS)],
        columns=["donor", "seed", "sentence", "language", "type", "gold", "predicted", "wrong", "confidence"],
    )  # fmt: skip


@pytest.fixture
def sentences() -> pd.DataFrame:
    test = [(name, "test", language, name.split("/")[2], words, gold) for name, language, gold, _, words in ROWS]
    return pd.DataFrame([*TRAINING, *test], columns=["sentence", "split", "language", "entity", "words", "tags"])


@pytest.fixture
def outcomes(predictions: pd.DataFrame, sentences: pd.DataFrame, builtin_tokenizer: Tokenizer) -> pd.DataFrame:
    return outcomes_table(predictions, sentences, builtin_tokenizer)


def test_outcomes_by_hand(outcomes: pd.DataFrame) -> None:
    assert list(outcomes.columns) == list(table_spec("outcomes").columns)
    told = [(r.sentence, r.gold, r.predicted, r.outcome, r.form, r.answer) for r in outcomes.itertuples()]
    assert told == [
        ("be/c1/e1", "PER", "PER", "right", "Ганна Новак", "Ганна Новак"),
        ("be/c2/e2", "LOC", "ORG", "type", "Vaşington", "Vaşington"),
        ("be/c3/e3", "ORG", "ORG", "boundaries", "Bank Мінск", "Мінск"),
        ("en/c1/e1", "PER", "PER", "I- first", "Anna Novak", "Anna Novak"),
        ("en/c2/e2", "LOC", "missed", "missed", "Washington", ""),
        ("en/c2/e2", "spurious", "PER", "spurious", "", "goes"),
        ("en/c3/e3", "ORG", "LOC", "both", "Bank Minsk", "Bank"),
    ]
    assert outcomes["length"].tolist() == [2, 1, 2, 2, 1, 1, 2]
    assert outcomes["identical"].tolist() == ["different", "different", "different", "donor", "donor", "", "donor"]
    assert outcomes["script"].tolist() == ["Cyrillic", "Latin", "mixed", "Latin", "Latin", "Latin", "Latin"]
    # Anna stands twice in a training name, Bank once; Minsk only outside of names.
    assert outcomes["frequency"].tolist() == [0, 0, 1, 2, 0, 0, 1]
    assert outcomes["count"].tolist()[1] == 3
    assert outcomes["count"].tolist()[4] == 1


def test_the_same_string_as_the_donors_is_told(predictions: pd.DataFrame, sentences: pd.DataFrame) -> None:
    sentences.loc[sentences["sentence"] == "be/c3/e3", "words"] = "Bank Minsk расце"
    table = outcomes_table(predictions, sentences)
    assert table.loc[table["sentence"] == "be/c3/e3", "identical"].tolist() == ["same"]
    assert table["count"].isna().all()


def test_sentences_without_a_parallel_one_or_without_words_are_unknown_not_wrong(predictions: pd.DataFrame) -> None:
    bare = pd.DataFrame(
        [(name, "all", language, None, words.replace(" ", "  ") if i else None, gold)
         for i, (name, language, gold, _, words) in enumerate(ROWS)],
        columns=["sentence", "split", "language", "entity", "words", "tags"],
    )  # fmt: skip
    table = outcomes_table(predictions, bare)
    assert table.loc[table["language"] == "be", "identical"].tolist() == ["unknown"] * 3
    assert table["frequency"].isna().all()
    assert table["outcome"].tolist()[0] == "right"
    assert table["form"].str.strip().eq("").all()
    buckets = buckets_table(table)
    assert {"unknown"} == set(buckets.loc[buckets["bucket"].isin(["pieces", "frequency"]), "bin"])


def test_confusion_counts_every_entity_once_and_shares_add_up(outcomes: pd.DataFrame) -> None:
    table = confusion_table(outcomes)
    assert list(table.columns) == list(table_spec("confusion").columns)
    whole = table[table["language"] == "all"]
    assert {(r.gold, r.predicted): (r.n, r.exact) for r in whole.itertuples()} == {
        ("PER", "PER"): (2, 2), ("LOC", "ORG"): (1, 1), ("LOC", "missed"): (1, 0), ("ORG", "ORG"): (1, 0),
        ("ORG", "LOC"): (1, 0), ("spurious", "PER"): (1, 0),
    }  # fmt: skip
    assert list(whole["gold"]) == ["PER", "LOC", "LOC", "ORG", "ORG", "spurious"]
    assert whole.groupby("gold")["share"].sum().tolist() == pytest.approx([1] * 4)
    assert table[table["language"] != "all"]["n"].sum() == len(outcomes)


def test_failing_sentences_are_the_surest_first_with_what_went_wrong(
    predictions: pd.DataFrame, sentences: pd.DataFrame, outcomes: pd.DataFrame
) -> None:
    table = failing_table(predictions, sentences, outcomes)
    assert list(table.columns) == list(table_spec("failing").columns)
    assert list(table["sentence"]) == ["en/c3/e3", "en/c2/e2", "en/c1/e1", "be/c3/e3", "be/c2/e2"]
    assert list(table["errors"]) == [
        "ORG as LOC Bank Minsk as Bank",
        "missed LOC Washington; spurious PER goes",
        "PER Anna Novak without B-",
        "ORG Bank Мінск as Мінск",
        "LOC as ORG Vaşington",
    ]
    assert table.loc[0, ["words", "gold", "predicted"]].tolist() == ["Bank Minsk grows", "B-ORG I-ORG O", "B-LOC O O"]


def test_buckets_hold_every_gold_entity_of_a_known_type(outcomes: pd.DataFrame) -> None:
    table = buckets_table(outcomes)
    assert list(table.columns) == list(table_spec("buckets").columns)
    whole = table[table["language"] == "all"]
    assert whole.groupby("bucket")["n"].sum().to_dict() == dict.fromkeys(
        ["length", "pieces", "identical", "script", "frequency"], 6
    )
    length = whole[whole["bucket"] == "length"].set_index("bin")
    assert length[["n", "found"]].to_numpy().tolist() == [[2, 0], [4, 1]]
    assert length["recall"].tolist() == [0, 0.25]
    frequency = whole[whole["bucket"] == "frequency"].set_index("bin")
    assert frequency["n"].to_dict() == {"0": 3, "1-9": 3}
    known = buckets_table(outcomes, known={"PER"})
    assert known.loc[(known["language"] == "all") & (known["bucket"] == "length"), "n"].tolist() == [2]
    assert len(buckets_table(outcomes.iloc[:0])) == 0


@pytest.mark.parametrize(("found", "n"), [(0, 1), (1, 1), (3, 10), (0, 40), (40, 40), (200, 300)])
def test_the_interval_of_a_share_is_wilsons(found: int, n: int) -> None:
    expected = binomtest(found, n).proportion_ci(method="wilson")
    assert wilson(found / n, n) == pytest.approx((expected.low, expected.high), abs=1e-6)


def test_intervals_of_buckets_know_that_entities_share_names_and_contexts() -> None:
    rows = [(f"be/c{i % 6}/n{i % 10}", i % 10 < 4) for i in range(60)]
    found = pd.DataFrame(
        [("en", 0, sentence, "be", "PER", "PER", "right" if right else "type", "X", "X", 1, None, "same", "Latin", None,
          0.9) for sentence, right in rows],
        columns=list(table_spec("outcomes").columns),
    )  # fmt: skip
    row = buckets_table(found).query("bucket == 'length'").iloc[0]
    names, contexts = ([sentence.split("/")[place] for sentence, _ in rows] for place in (2, 1))
    expected = clustered_share([float(right) for _, right in rows], names, contexts)
    assert row[["low", "high"]].tolist() == pytest.approx([expected.low, expected.high])
    low, high = wilson(24 / 60, 60)
    assert row["high"] - row["low"] > 2 * (high - low)
    assert (row["found"], row["names"]) == (24, 10)
    # A tagged sentence shares nothing: its split is no context.
    alone = found.assign(sentence=[f"be/test/{i}" for i in range(60)])
    row = buckets_table(alone).query("bucket == 'length'").iloc[0]
    assert row[["low", "high"]].tolist() == pytest.approx([low, high], abs=0.01)
    assert row["names"] == 60


@pytest.mark.parametrize(
    ("form", "script"),
    [("Мінск", "Cyrillic"), ("Łódź 2", "Latin"), ("稣", "Cjk"), ("IКEA", "mixed"), ("1984", "none"), ("", "none")],
)
def test_the_script_of_a_form(form: str, script: str) -> None:
    assert script_of(form) == script


TAG = st.sampled_from(["O", "B-PER", "I-PER", "B-LOC", "I-LOC"])
GOLD = st.sampled_from(["B-PER O B-LOC", "B-PER I-PER O", "O O O", "B-LOC B-LOC I-LOC"])


@given(st.lists(st.tuples(GOLD, st.tuples(TAG, TAG, TAG)), min_size=1, max_size=8))
@settings(deadline=None, max_examples=50)
def test_outcomes_agree_with_the_scores_and_every_wrong_sentence_has_an_error(
    drawn: list[tuple[str, tuple[str, str, str]]],
) -> None:
    rows = [(gold, " ".join(said)) for gold, said in drawn]
    predictions = pd.DataFrame(
        [("en", 0, f"be/{i}/e", "be", "", gold, said, int(gold != said), 0.5) for i, (gold, said) in enumerate(rows)],
        columns=["donor", "seed", "sentence", "language", "type", "gold", "predicted", "wrong", "confidence"],
    )
    table = outcomes_table(predictions, pd.DataFrame(columns=["sentence", "words"]))
    strict = entity_scores(*([tags.split() for tags in predictions[side]] for side in ("gold", "predicted")))
    counted = Counter(table["outcome"])
    assert counted["right"] == strict["correct"]
    assert (table["gold"] != "spurious").sum() == strict["gold"]
    erring = set(table.loc[table["outcome"] != "right", "sentence"])
    assert erring == set(predictions.loc[predictions["wrong"] == 1, "sentence"])
