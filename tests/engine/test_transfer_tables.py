"""The tables of transfer on data small enough to check by hand."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from nerspace.datasets.languages import LANGUAGES
from nerspace.engine.runs.records import RemainingTime
from nerspace.engine.statistics.advice import donor_scores
from nerspace.engine.statistics.correlation import correlation_table, regression_line
from nerspace.engine.statistics.pairs import pair_table
from nerspace.engine.tables.index import CATALOGUE
from nerspace.engine.transfer import transfer_table

CODES = list(LANGUAGES)
COLUMNS = ["donor", "recipient", "seed", "sentences", "wrong", "f1", "tnld", "script", "tnld_different", "identical"]
ADDED = [
    "low", "high", "tnld_read", "sentences_different", "wrong_different", "tnld_read_different", "donor_script",
    "recipient_script", "own_recall", "own_least",
]  # fmt: skip


def distances(seed: int = 0) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    square = generator.random((11, 11)) / 2
    return pd.DataFrame((square + square.T) / 2, index=CODES, columns=CODES)


def transfer(donors: list[str], seeds: int = 1, tnld: pd.DataFrame | None = None) -> pd.DataFrame:
    """Errors of 1,000 sentences that grow with the distance, the seeds 10 sentences apart."""
    tnld = distances() if tnld is None else tnld
    rows = [
        (d, r, seed, 1000, 10 * seed + round(1000 * tnld.loc[d, r]), 0.5, 0.0 if d == r else tnld.loc[d, r], "",
         np.nan if d == r or r == "tr" else 2 * tnld.loc[d, r], 0.1)
        for d in donors for seed in range(seeds) for r in CODES
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=COLUMNS)


def row(table: pd.DataFrame, subset: str, statistic: str = "pearson") -> pd.Series:
    return table[(table["subset"] == subset) & (table["statistic"] == statistic)].iloc[0]


def test_every_subset_has_its_own_pairs_and_test() -> None:
    table = correlation_table(transfer(CODES))
    assert list(table.columns) == list(CATALOGUE["correlations"].columns)
    pearson = table[table["statistic"] == "pearson"].set_index("subset")
    assert pearson["n"].to_dict() == {
        "all": 110, "same_script": 54, "cyrillic": 12, "latin": 42, "across": 56, "different": 100,
    }  # fmt: skip
    assert set(pearson["test"]) == {"mantel"}
    assert pearson.loc["latin", ["permutations", "exact"]].tolist() == [5040, 1]
    assert pearson.loc["cyrillic", "p"] == pytest.approx(1 / 24)
    assert pearson.loc["all", "p"] == pytest.approx(1 / 2001)
    assert (pearson["value"] > 0.999).all()
    # Four languages in Cyrillic are too few to be drawn from.
    assert set(pearson.index[pearson["low"].notna()]) == {"all", "latin", "different"}
    assert (pearson["low"].dropna() > 0.99).all()


def test_with_one_donor_its_recipients_are_shuffled_and_few_pairs_are_not_judged() -> None:
    table = correlation_table(transfer(["ru"]))
    assert set(table["subset"]) == {"all", "same_script", "across", "different"}
    assert row(table, "all")["test"] == "shuffle"
    assert row(table, "all")["n"] == 10
    few = row(table, "same_script")
    assert (few["n"], few["test"], few["permutations"]) == (3, "", 0)
    assert np.isnan([few["p"], few["low"], few["chance"]]).all()
    assert row(table, "across")["permutations"] == 5040


def test_within_a_script_languages_are_exchanged_within_it_only() -> None:
    table = correlation_table(transfer(["be", "bg", "en"]))
    # be and bg, and ru and uk, and the six other Latin ones; en stays.
    assert row(table, "same_script")["permutations"] == 2 * 2 * 720
    assert row(table, "across")["permutations"] == 2 * 2 * 720
    assert row(table, "all")["exact"] == 0


def test_seeds_are_averaged_before_and_their_spread_is_told() -> None:
    frame = transfer(CODES[:4], seeds=3)
    noisy = frame.assign(wrong=frame["wrong"] + np.random.default_rng(0).integers(0, 300, len(frame)))
    table = correlation_table(noisy)
    pairs = noisy[noisy["donor"] != noisy["recipient"]]
    means = pairs.groupby(["donor", "recipient"], as_index=False)[["wrong", "tnld"]].mean()
    found = row(table, "all")
    assert found["n"] == 40
    assert found["seeds"] == 3
    assert found["value"] == pytest.approx(stats.pearsonr(means["tnld"], means["wrong"]).statistic)
    single = [stats.pearsonr(part["tnld"], part["wrong"]).statistic for _, part in pairs.groupby("seed")]
    assert found["seed_sd"] == pytest.approx(np.std(single, ddof=1))
    assert np.isnan(row(correlation_table(transfer(["en"])), "all")["seed_sd"])


def test_equal_errors_have_no_correlation_and_nothing_is_told_of_it() -> None:
    table = correlation_table(transfer(["en", "ru"]).assign(wrong=7))
    assert table["value"].isna().all()
    assert table["p"].isna().all()
    assert set(table["test"]) == {""}


def test_pairs_are_means_over_seeds_with_their_spread() -> None:
    table = pair_table(transfer(["en"], seeds=3))
    assert list(table.columns) == list(CATALOGUE["transfer_pairs"].columns)
    table = table.set_index("recipient")
    assert table.loc["en", ["seeds", "sentences"]].tolist() == [3, 1000]
    base = round(1000 * distances().loc["en", "be"])
    assert table.loc["be", "wrong"] == pytest.approx(base + 10)
    assert table.loc["be", "share_sd"] == pytest.approx(0.01)
    assert pair_table(transfer(["en"]))["share_sd"].isna().all()


def test_transfer_tells_script_and_identical_strings_either_way_round() -> None:
    predictions = pd.DataFrame(
        [(donor, 0, code, "B-PER", "O", 1) for donor in ("pl", "be") for code in ("en", "be", "pl")],
        columns=["donor", "seed", "language", "gold", "predicted", "wrong"],
    )
    tnld = pd.DataFrame(
        [("en", "pl", "all", "all", 10, 0.1), ("en", "pl", "all", "different", 4, 0.25),
         ("be", "pl", "all", "all", 10, 0.3), ("be", "pl", "all", "different", 10, 0.3),
         ("be", "en", "all", "all", 10, 0.4), ("en", "pl", "PER", "all", 3, 0.9)],
        columns=["a", "b", "type", "subset", "n", "tnld"],
    )  # fmt: skip
    table = transfer_table(predictions, tnld)
    assert list(table.columns) == list(CATALOGUE["transfer"].columns) == [*COLUMNS, *ADDED]
    found = table.set_index(["donor", "recipient"])
    told = ["tnld", "script", "tnld_different", "identical"]
    assert found.loc[("pl", "en"), told].tolist() == [0.1, "same", 0.25, pytest.approx(0.6)]
    assert found.loc[("pl", "be"), told].tolist() == [0.3, "across", 0.3, 0.0]
    assert found.loc[("be", "be"), ["tnld", "script", "identical"]].tolist() == [0, "same", 1]
    assert np.isnan(found.loc[("be", "be"), "tnld_different"])
    assert found.loc[("be", "en"), ["tnld_different", "identical"]].isna().all()


def test_a_language_has_the_script_of_its_letters_in_every_table_of_pairs() -> None:
    texts = {"sr": "Beograd je glavni grad Srbije", "ru": "Москва — столица большой России", "hr": "Zagreb i Split"}
    predictions = pd.DataFrame(
        [(donor, 0, code, "B-PER", "O", place) for donor in texts for place, code in enumerate(texts)],
        columns=["donor", "seed", "language", "gold", "predicted", "wrong"],
    )
    sentences = pd.DataFrame(
        [(f"{code}/c/e", code, text, "") for code, text in texts.items()],
        columns=["sentence", "language", "text", "form"],
    )
    tnld = pd.DataFrame(
        [("ru", "sr", "all", "all", 9, 0.3), ("hr", "sr", "all", "all", 9, 0.1), ("hr", "ru", "all", "all", 9, 0.4)],
        columns=["a", "b", "type", "subset", "n", "tnld"],
    )
    table = transfer_table(predictions, tnld, sentences)
    found = table.set_index(["donor", "recipient"])["script"]
    assert (found["sr", "hr"], found["sr", "ru"], found["ru", "sr"]) == ("same", "across", "across")
    pairs = pair_table(table).set_index("recipient")
    assert pairs.loc["sr", "recipient_script"].unique().tolist() == ["Latin"]
    counted = correlation_table(table).drop_duplicates("subset").set_index("subset")["n"]
    assert counted[["same_script", "across"]].tolist() == [2, 4]
    assert donor_scores(table)["script"]["sr", "hr"] == 1
    # A table of an older run says no scripts.
    old = table.drop(columns=["donor_script", "recipient_script"])
    assert donor_scores(old)["script"]["sr", "ru"] == 1


def test_the_line_is_the_least_squares_one() -> None:
    generator = np.random.default_rng(0)
    x, y = generator.random(20), generator.random(20)
    assert regression_line(x, y) == pytest.approx(tuple(np.polyfit(x, y, 1)))
    assert regression_line(np.ones(3), np.array([1.0, 2.0, 3.0])) == pytest.approx((0, 2))
    assert np.isnan(regression_line(x[:0], y[:0])).all()


def test_time_left_is_told_over_all_parts() -> None:
    left = RemainingTime()

    def stage(moment: float, total: int, part: int = 1, parts: int = 1) -> None:
        left.see({"event": "stage", "time": moment, "total": total, "part": part, "parts": parts})

    stage(0.0, 1)
    stage(5.0, 100, 1, 3)
    assert left.seconds(6.0) is None
    left.see({"event": "step", "time": 15.0, "step": 50, "seconds": 10.0})
    # Half of the first of three, which took 10 s: 10 s more, then twice 20 s.
    assert left.seconds(15.0) == pytest.approx(50)
    stage(25.0, 10, 1, 3)
    left.see({"event": "progress", "time": 26.0, "done": 5})
    assert left.seconds(26.0) == pytest.approx(1 + 2 * 22)
    stage(27.0, 100, 2, 3)
    assert left.seconds(27.0) == pytest.approx(2 * 22)
    left.see({"event": "step", "time": 31.0, "step": 20, "seconds": 4.0})
    assert left.seconds(31.0) == pytest.approx(18 + 22)
    # A part that is slower than the last one is not over before it is.
    left.see({"event": "step", "time": 67.0, "step": 50, "seconds": 40.0})
    assert left.seconds(67.0) == pytest.approx(40 + 22)


def test_a_resumed_run_counts_what_its_finished_parts_took() -> None:
    left = RemainingTime()
    left.see({"event": "stage", "time": 100.0, "total": 10, "part": 1, "parts": 2})
    left.see({"event": "step", "time": 100.0, "step": 10, "seconds": 60.0})
    left.see({"event": "stage", "time": 100.0, "total": 10, "part": 2, "parts": 2})
    assert left.seconds(110.0) == pytest.approx(50)
