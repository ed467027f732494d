"""One matrix less another, less its floor; the line through errors."""

import numpy as np
import pandas as pd
import pytest

from nerspace.engine.geometry.comparing import above_floor_table, difference_table
from nerspace.engine.statistics.correlation import regression_table
from nerspace.engine.tables.index import CATALOGUE


def _pairs(values, n=7):
    return pd.DataFrame([(a, b, n, v, 0.1) for (a, b), v in values.items()], columns=["a", "b", "n", "cosine", "floor"])


def test_a_difference_takes_the_pairs_that_both_hold():
    first = _pairs({("be", "ru"): 0.9, ("be", "en"): 0.5, ("en", "ru"): 0.4})
    second = _pairs({("en", "ru"): 0.6, ("be", "ru"): 0.2, ("ru", "tr"): 0.3}, 8)
    found = difference_table(first, second, "cosine")
    assert list(found.columns) == list(CATALOGUE["differences"].columns)
    assert found[["a", "b", "n", "n_other"]].to_numpy().tolist() == [["be", "ru", 7, 8], ["en", "ru", 7, 8]]
    assert found["difference"].tolist() == pytest.approx([0.7, -0.2])


def test_a_difference_to_itself_is_zero_and_of_nothing_is_empty():
    first = _pairs({("be", "ru"): 0.9})
    assert difference_table(first, first, "cosine")["difference"].tolist() == [0.0]
    assert difference_table(first, first.head(0), "cosine").empty


def test_pairs_may_be_named_otherwise_and_lack_n():
    frame = pd.DataFrame({"donor": ["en"], "recipient": ["be"], "share": [0.3]})
    found = difference_table(frame, frame.assign(share=0.1), "share", ("donor", "recipient"))
    assert found[["a", "b"]].to_numpy().tolist() == [["en", "be"]]
    assert pd.isna(found["n"].iloc[0])
    assert found["difference"].iloc[0] == pytest.approx(0.2)


def test_above_the_floor():
    found = above_floor_table(_pairs({("be", "ru"): 0.9, ("be", "en"): 0.05}), "cosine", "floor")
    assert list(found.columns) == list(CATALOGUE["above_floor"].columns)
    assert found["above"].tolist() == pytest.approx([0.8, -0.05])


def _transfer(rows):
    return pd.DataFrame(rows, columns=["donor", "recipient", "seed", "sentences", "wrong", "f1", "tnld"])


def test_the_line_is_that_of_polyfit_over_means_of_seeds_without_the_donor_itself():
    generator = np.random.default_rng(0)
    rows = [
        (donor, recipient, seed, 50, int(generator.integers(0, 50)), 0.5, 0.0 if donor == recipient else distance)
        for donor in ("en", "be")
        for recipient, distance in (("en", 0.3), ("be", 0.31), ("ru", 0.1), ("cs", 0.2))
        for seed in (0, 1)
    ]
    transfer = _transfer(rows)
    found = regression_table(transfer).set_index("subset")
    means = transfer[transfer["donor"] != transfer["recipient"]].assign(share=lambda f: f["wrong"] / 50)
    means = means.groupby(["donor", "recipient"])[["share", "tnld"]].mean()
    slope, intercept = np.polyfit(means["tnld"], means["share"], 1)
    assert found.loc["all", "n"] == 6
    assert found.loc["all", "slope"] == pytest.approx(slope)
    assert found.loc["all", "intercept"] == pytest.approx(intercept)
    assert list(regression_table(transfer).columns) == list(CATALOGUE["regression"].columns)


def test_without_pairs_there_is_no_line():
    found = regression_table(_transfer([("en", "en", 0, 10, 1, 0.9, 0.0)])).set_index("subset")
    assert found.loc["all", "n"] == 0
    assert np.isnan(found.loc["all", "slope"])
