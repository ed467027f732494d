"""Donor advice: rankings and their quality, by hand and against scipy."""

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from tokenizers import Tokenizer, models, pre_tokenizers

from nerspace.engine.errors import DataError
from nerspace.engine.statistics.advice import (
    advice_quality_table,
    advice_table,
    donor_scores,
    first_choices,
    kendall,
    piece_overlap_table,
)
from nerspace.engine.tables.index import CATALOGUE

# Wrong sentences of donors (rows) in en, pl, ru, uk.
WRONG = {"en": [1, 10, 40, 30], "pl": [12, 2, 35, 33], "ru": [44, 30, 0, 8], "uk": [50, 28, 6, 1]}
APART = {("en", "pl"): 0.1, ("en", "ru"): 0.3, ("en", "uk"): 0.4, ("pl", "ru"): 0.25, ("pl", "uk"): 0.35,
         ("ru", "uk"): 0.05}  # fmt: skip


def transfer(donors: tuple[str, ...] = tuple(WRONG)) -> pd.DataFrame:
    rows = [
        (donor, recipient, seed, 60, wrong + seed, 0.5,
         0.0 if donor == recipient else APART[tuple(sorted((donor, recipient)))])
        for donor in donors for seed in (0, 2) for recipient, wrong in zip(WRONG, WRONG[donor], strict=True)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["donor", "recipient", "seed", "sentences", "wrong", "f1", "tnld"])


def symmetric(values: dict[tuple[str, str], float], name: str, **more: object) -> pd.DataFrame:
    return pd.DataFrame([(a, b, v) for (a, b), v in values.items()], columns=["a", "b", name]).assign(**more)


def test_donors_are_ranked_for_every_recipient_beside_their_errors() -> None:
    overlap = symmetric({pair: 1 - value for pair, value in APART.items()}, "overlap")
    cka = pd.concat([
        symmetric(dict.fromkeys(APART, 0.5), "value", stage="before", layer=0),
        symmetric(APART, "value", stage="before", layer=2),
        symmetric(dict.fromkeys(APART, 0.9), "value", stage="after", layer=3),
    ])  # fmt: skip
    table = advice_table(transfer(), overlap, cka)
    assert list(table.columns) == list(CATALOGUE["advice"].columns)
    chosen = table.set_index(["recipient", "ranking"])
    assert chosen.loc[("en", "tnld"), "donor"].tolist() == ["pl", "ru", "uk"]
    assert chosen.loc[("en", "piece_overlap"), "donor"].tolist() == ["pl", "ru", "uk"]
    assert chosen.loc[("en", "cka"), "donor"].tolist() == ["uk", "ru", "pl"]
    assert chosen.loc[("en", "script"), "rank"].tolist() == [1, 2.5, 2.5]
    assert chosen.loc[("en", "tnld"), "wrong"].tolist() == [13, 45, 51]
    assert chosen.loc[("en", "tnld"), "wrong_rank"].tolist() == [1, 2, 3]
    assert set(table["seeds"]) == {2}
    level = advice_table(transfer(), overlap, cka, layer=0)
    assert set(level[level["ranking"] == "cka"]["rank"]) == {2}
    with pytest.raises(DataError, match="no CKA of layer 7. Layers: 0, 2"):
        donor_scores(transfer(), None, cka, layer=7)


def test_quality_is_agreement_and_regret_beside_chance() -> None:
    table = advice_quality_table(advice_table(transfer()))
    assert list(table.columns) == list(CATALOGUE["advice_quality"].columns)
    chosen = table.set_index(["ranking", "recipient"])
    english = chosen.loc[("tnld", "en")]
    assert english[["n", "kendall", "spearman", "regret"]].tolist() == [3, 1, pytest.approx(1), 0]
    assert english["p"] == pytest.approx(1 / 6)
    assert english["chance"] == pytest.approx((13 + 45 + 51) / 3 - 13)
    # ru is nearest to uk and best for it; pl is nearer than en, and worse.
    ukrainian = chosen.loc[("tnld", "uk")]
    assert ukrainian["kendall"] == pytest.approx(1 / 3)
    assert ukrainian["p"] == pytest.approx(3 / 6)
    everyone = chosen.loc[("tnld", "all")]
    single = chosen.loc["tnld"].drop("all")
    for name in ("kendall", "spearman", "regret", "chance"):
        assert everyone[name] == pytest.approx(single[name].mean())
    assert everyone["n"] == 12


def test_ranking_by_script_shares_the_first_place_and_regret_is_its_mean() -> None:
    wrong = transfer().assign(wrong=lambda f: f["wrong"].where(f["donor"] != "uk", 3))
    table = advice_quality_table(advice_table(wrong)).set_index(["ranking", "recipient"])
    # For en: pl (13) is of its script; uk (3) would be best.
    assert table.loc[("script", "en"), "regret"] == pytest.approx(10)
    # For uk no one is left but ru in its script.
    assert table.loc[("script", "uk"), "regret"] == pytest.approx(0)


def test_a_ranking_that_tells_nothing_costs_what_chance_does() -> None:
    cka = symmetric(dict.fromkeys(APART, 0.5), "value", stage="before", layer=0)
    table = advice_quality_table(advice_table(transfer(), None, cka))
    level = table[table["ranking"] == "cka"]
    assert level["regret"].tolist() == pytest.approx(level["chance"].tolist())
    assert level["kendall"].isna().all()


def test_the_joint_p_equals_a_direct_loop_over_relabelled_scores() -> None:
    codes = sorted(WRONG)
    errors = transfer().groupby(["donor", "recipient"])["wrong"].mean()
    scores = {**APART, **{(b, a): v for (a, b), v in APART.items()}}
    means = []
    for order in permutations(codes):
        other = dict(zip(codes, order, strict=True))
        values = []
        for recipient in codes:
            donors = [code for code in codes if code != recipient]
            x = [scores[other[donor], other[recipient]] for donor in donors]
            values.append(stats.spearmanr(x, [errors[donor, recipient] for donor in donors]).statistic)
        means.append(np.mean(values))
    table = advice_quality_table(advice_table(transfer())).set_index(["ranking", "recipient"])
    assert table.loc[("tnld", "all"), "spearman"] == pytest.approx(means[0])
    assert table.loc[("tnld", "all"), "p"] == pytest.approx(np.mean(np.array(means) >= means[0] - 1e-9))


def test_two_donors_leave_most_recipients_a_choice_and_one_none() -> None:
    both = transfer(("en", "ru"))
    table = advice_quality_table(advice_table(both)).set_index(["ranking", "recipient"])
    assert table.loc[("tnld", "pl"), "n"] == 2
    assert table.loc[("tnld", "en"), "n"] == 1
    assert np.isnan(table.loc[("tnld", "en"), ["kendall", "p"]].astype(float)).all()
    assert table.loc[("tnld", "en"), "regret"] == 0
    assert table.loc[("tnld", "all"), "kendall"] == 1


def test_kendall_equals_scipy_with_ties() -> None:
    generator = np.random.default_rng(0)
    x, y = generator.integers(0, 5, 30).astype(float), generator.integers(0, 8, 30).astype(float)
    assert kendall(x, y) == pytest.approx(stats.kendalltau(x, y).statistic)
    assert np.isnan(kendall(x, np.ones(30)))
    assert np.isnan(kendall(x[:1], y[:1]))


def test_overlap_is_the_jaccard_index_of_the_pieces_used() -> None:
    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0, "a": 1, "b": 2, "c": 3, "d": 4}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    texts = {"pl": [["a", "b"], ["b", "c"]], "en": [["a"], ["d", "a"]], "ru": []}
    table = piece_overlap_table(texts, tokenizer).set_index(["a", "b"])
    assert table.loc[("en", "pl")].tolist() == [4, 1, 0.25]
    assert table.loc[("en", "ru")].tolist() == [2, 0, 0]
    assert np.isnan(piece_overlap_table({"ru": [], "uk": []}, tokenizer)["overlap"].iloc[0])


def test_equal_donors_are_all_named_first() -> None:
    level = transfer().assign(wrong=5)
    cka = symmetric(dict.fromkeys(APART, 0.5), "value", stage="before", layer=0)
    chosen = first_choices(advice_table(level, None, cka)).set_index("recipient")
    assert chosen.loc["en"].to_dict() == {"tnld": "pl", "cka": "pl,ru,uk", "script": "pl", "fewest errors": "pl,ru,uk"}
    quality = advice_quality_table(advice_table(level))
    assert quality[["kendall", "spearman", "p"]].isna().all(axis=None)
    assert (quality[["regret", "chance"]] == 0).all(axis=None)
