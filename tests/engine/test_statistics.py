"""Correlations, deltas, scores, transfer and maps on data small enough to check by hand."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from nerspace.engine.errors import DataError, UsageError
from nerspace.engine.evaluation import entity_scores, entity_spans
from nerspace.engine.statistics.correlation import (
    correlation_table,
    delta_correlation_table,
    delta_table,
    pearson,
    spearman,
)
from nerspace.engine.transfer import transfer_table


def test_correlations_equal_scipy_with_ties() -> None:
    generator = np.random.default_rng(0)
    x, y = generator.integers(0, 6, 40).astype(float), generator.normal(size=40)
    assert pearson(x, y) == pytest.approx(stats.pearsonr(x, y).statistic)
    assert spearman(x, y) == pytest.approx(stats.spearmanr(x, y).statistic)
    assert np.isnan(pearson(x, np.ones(40)))
    assert np.isnan(pearson(x[:1], y[:1]))


def pairs(wrong: list[int], tnld: list[float]) -> pd.DataFrame:
    recipients = ["be", "bg", "cs", "es", "pl", "ru"][: len(wrong)]
    rows = [("en", "en", 0, 100, 1, 0.9, 0.0)]
    rows += [("en", r, 0, 100, w, 0.5, t) for r, w, t in zip(recipients, wrong, tnld, strict=True)]
    return pd.DataFrame(rows, columns=["donor", "recipient", "seed", "sentences", "wrong", "f1", "tnld"])


def test_the_donor_itself_is_left_out_of_the_correlation_and_n_is_told() -> None:
    table = correlation_table(pairs([60, 50, 20, 10, 30, 55], [0.3, 0.25, 0.1, 0.05, 0.15, 0.27]))
    whole = table[(table["subset"] == "all") & (table["statistic"] == "spearman")].iloc[0]
    assert (whole["n"], whole["value"]) == (6, pytest.approx(1))
    # Resamples that all say the same give no interval.
    assert np.isnan(whole["low"])
    assert np.isnan(whole["high"])
    same = table[table["subset"] == "same_script"]
    assert set(same["n"]) == {3}
    assert same["p"].isna().all()


def test_deltas_sum_back_to_the_whole_change() -> None:
    steps = [0, 20, 40, 60]
    probes = pd.DataFrame(
        [(s, code, 12, "mean_cosine", 48, 0.1 + s * k) for code, k in (("be", 0.01), ("en", -0.002)) for s in steps],
        columns=["step", "language", "layer", "measure", "n", "value"],
    )
    deltas = delta_table(probes)
    assert len(deltas) == 2 * 3
    assert deltas[deltas["language"] == "be"]["delta"].sum() == pytest.approx(0.6)
    assert set(deltas["h"]) == {20}


def test_delta_correlations_are_pearson_with_an_interval_around_them() -> None:
    generator = np.random.default_rng(1)
    base = generator.normal(size=24)
    series = {"be": base, "en": base + 0.3 * generator.normal(size=24), "tr": generator.normal(size=24)}
    deltas = pd.DataFrame(
        [(20 * i, code, 12, 20, v) for code, values in series.items() for i, v in enumerate(values)],
        columns=["step", "language", "layer", "h", "delta"],
    )
    table = delta_correlation_table(deltas).set_index(["a", "b"])
    assert table.loc[("be", "en"), "r"] == pytest.approx(stats.pearsonr(series["be"], series["en"]).statistic)
    assert table.loc[("be", "en"), "low"] > 0.5
    assert table.loc[("be", "tr"), "low"] < 0 < table.loc[("be", "tr"), "high"]
    assert set(table["n"]) == {24}


def test_strict_entities_need_boundaries_and_type() -> None:
    tags = ["B-PER", "I-PER", "O", "B-LOC", "B-LOC", "I-ORG"]
    assert entity_spans(tags) == {("PER", 0, 2), ("LOC", 3, 4), ("LOC", 4, 5)}
    gold = [["B-PER", "I-PER", "O"], ["O", "B-LOC", "O"], ["B-ORG", "O", "O"]]
    said = [["B-PER", "O", "O"], ["O", "B-LOC", "O"], ["B-LOC", "O", "O"]]
    scores = entity_scores(gold, said)
    assert (scores["correct"], scores["predicted"], scores["gold"]) == (1, 3, 3)
    assert scores["f1"] == pytest.approx(1 / 3)
    assert entity_scores([["O"]], [["B-PER"]])["f1"] == 0
    with pytest.raises(DataError, match="Sentence 0 has 2 gold and 1"):
        entity_scores([["O", "O"]], [["O"]])
    with pytest.raises(UsageError, match="strict"):
        entity_scores([], [], mode="loose")


def test_transfer_counts_wrong_sentences_and_joins_the_distance_either_way_round() -> None:
    predictions = pd.DataFrame(
        [("pl", 0, "en", "B-PER O", "B-PER O", 0), ("pl", 0, "en", "B-PER O", "O O", 1),
         ("pl", 0, "pl", "B-LOC", "B-LOC", 0)],
        columns=["donor", "seed", "language", "gold", "predicted", "wrong"],
    )  # fmt: skip
    tnld = pd.DataFrame([("en", "pl", "all", "all", 9, 0.25)], columns=["a", "b", "type", "subset", "n", "tnld"])
    table = transfer_table(predictions, tnld).set_index("recipient")
    assert tuple(table.loc["en", ["sentences", "wrong", "tnld"]]) == (2, 1, 0.25)
    assert table.loc["en", "f1"] == pytest.approx(2 / 3)
    assert table.loc["pl", "tnld"] == 0
