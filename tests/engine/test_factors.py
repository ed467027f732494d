"""Factors against regressions with every dummy, in worlds whose truth is known, and on little or nothing."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy import stats
from statsmodels.stats.sandwich_covariance import cov_cluster

from nerspace.engine.statistics import factors as module
from nerspace.engine.statistics import shares
from nerspace.engine.statistics.factors import factor_table, factor_term_table
from nerspace.engine.statistics.shares import factor_share_table

CODES = ["be", "cs", "en", "ru", "tr"]


def made_up(
    truth: dict[str, float], donors: tuple[str, ...] = ("en", "ru"), names: int = 24, contexts: int = 12, seed: int = 0
) -> pd.DataFrame:
    """The table `factors` of a world in which single terms count, names and contexts are hard, and be is."""
    generator = np.random.default_rng(seed)
    rows = []
    cells = [(int(generator.integers(contexts)), name) for name in range(names) for _ in range(3)]
    hard_name, hard_context = generator.normal(0, 0.1, names), generator.normal(0, 0.08, contexts)
    for donor in donors:
        for recipient in CODES:
            if recipient == donor:
                continue
            terms = pd.DataFrame({
                "tnld": generator.random(names) * 0.6, "pieces": generator.integers(0, 5, names).astype(float),
                "shared": generator.random(names), "cosine": generator.normal(0.2, 0.1, names),
            })  # fmt: skip
            for context, name in cells:
                own = terms.iloc[name]
                share = 0.3 + hard_name[name] + hard_context[context] + 0.2 * (recipient == "be")
                share += sum(effect * (own[term] - terms[term].mean()) for term, effect in truth.items())
                wrong = int(generator.random() < np.clip(share, 0.02, 0.98))
                rows.append((donor, 0, recipient, f"{recipient}/c{context}/n{name}", "PER" if name % 2 else "LOC",
                             f"c{context}", f"n{name}", wrong, *own, int(own["pieces"]) + 1, 1 + name % 3))  # fmt: skip
    return pd.DataFrame(rows, columns=list(module.FACTORS.columns)[:14])


def term(table: pd.DataFrame, model: str, name: str) -> pd.Series:
    return table[(table["model"] == model) & (table["term"] == name)].iloc[0]


def test_effects_are_those_of_a_regression_with_every_dummy_written_out() -> None:
    factors = made_up({"pieces": 0.05})
    table = factor_term_table(factors)
    frame = factors.assign(pair=factors["donor"] + factors["recipient"], cell=factors["context"] + factors["entity"])
    fit = smf.ols("wrong ~ tnld + pieces + shared + cosine + C(pair) + C(cell)", frame).fit()
    spread = factors["cosine"].std(ddof=0)
    for name, step in (("tnld", 0.1), ("pieces", 1.0), ("shared", -0.1), ("cosine", -spread)):
        assert term(table, "together", name)["effect"] == pytest.approx(100 * step * fit.params[name], abs=1e-6)
    alone = smf.ols("wrong ~ tnld + C(pair) + C(cell)", frame).fit()
    assert term(table, "alone", "tnld")["effect"] == pytest.approx(10 * alone.params["tnld"], abs=1e-6)
    # Clustered by name and by context: what the slope becomes without each name, each context and each cell, levels
    # taken out of all, and what the covariances of the whole regression say is no more.
    place = list(fit.params.index).index("pieces")
    codes = [pd.factorize(frame[column])[0] for column in ("entity", "context", "cell")]
    left = {name: smf.ols(f"{name} ~ C(pair) + C(cell)", frame).fit().resid.to_numpy()
            for name in ("wrong", "pieces", "tnld", "shared", "cosine")}  # fmt: skip
    X = np.column_stack([left[name] for name in ("pieces", "tnld", "shared", "cosine")])
    parts = []
    for code in codes:
        count = code.max() + 1
        slopes = [np.linalg.lstsq(X[code != one], left["wrong"][code != one], rcond=None)[0][0] for one in range(count)]
        parts.append(((np.array(slopes) - fit.params["pieces"]) ** 2).sum() * (1 - 1 / count))
    plain = [cov_cluster(fit, code, use_correction=False)[place, place] for code in codes]
    assert all(one > other for one, other in zip(parts, plain, strict=True))
    expected = parts[0] + parts[1] - parts[2]
    row = term(table, "together", "pieces")
    # t by the names and contexts that the slope rests on.
    own = X[:, 0] - X[:, 1:] @ np.linalg.lstsq(X[:, 1:], X[:, 0], rcond=None)[0]
    held = [np.bincount(code, own**2) / (own**2).sum() for code in codes[:2]]
    free = min(1 / (side**2).sum() for side in held) - 1
    assert 5 < free < 11
    half = 100 * stats.t.ppf(0.975, free) * np.sqrt(max(expected, *parts[:2]))
    assert row["high"] - row["effect"] == pytest.approx(half, rel=1e-6)
    assert (row["names"], row["contexts"], row["donors"], row["n"]) == (24, 12, 2, len(factors))


def test_terms_that_count_are_found_and_others_keep_their_level() -> None:
    found, wolf, tests = 0, 0, 0
    for seed in range(12):
        table = factor_term_table(made_up({"pieces": 0.08}, names=40, contexts=20, seed=seed))
        row = term(table, "together", "pieces")
        found += row["low"] > 0
        assert row["effect"] == pytest.approx(8, abs=6)
        for name in ("tnld", "shared", "cosine"):
            other = term(table, "together", name)
            wolf += not other["low"] <= 0 <= other["high"]
            tests += 1
    assert found >= 10
    assert wolf <= 6, f"{wolf} of {tests}"


def test_shares_add_up_and_fall_to_what_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shares, "BOOTSTRAPS", 40)
    monkeypatch.setattr(shares, "EXCHANGES", 10)
    table = factor_share_table(made_up({"cosine": -2.5})).set_index("group")
    assert table["share"].sum() == pytest.approx(1)
    assert table["binomial"].sum() == pytest.approx(1)
    assert table["share"].idxmax() == "space"
    assert table.loc["space", "low"] > table.loc["space", "chance"]
    assert (table["low"] <= table["high"]).all()


def test_shares_are_the_mean_over_all_orders_of_what_each_group_adds(monkeypatch: pytest.MonkeyPatch) -> None:
    from itertools import permutations

    monkeypatch.setattr(shares, "BOOTSTRAPS", 4)
    monkeypatch.setattr(shares, "EXCHANGES", 1)
    factors = made_up({"tnld": 0.5})
    frame = factors.assign(pair=factors["donor"] + factors["recipient"])
    parts = {"spelling": "tnld", "tokenisation": "pieces + shared", "space": "cosine", "languages": "C(pair)"}
    left = {}
    for order in permutations(parts):
        for size in range(5):
            key = frozenset(order[:size])
            if key not in left:
                formula = " + ".join(["wrong ~ C(type) + words", *(parts[group] for group in key)])
                left[key] = smf.ols(formula, frame).fit().ssr
    whole = left[frozenset()] - left[frozenset(parts)]
    table = factor_share_table(factors).set_index("group")
    for group in parts:
        added = [left[frozenset(order[: order.index(group)])] - left[frozenset(order[: order.index(group) + 1])]
                 for order in permutations(parts)]  # fmt: skip
        assert table.loc[group, "share"] == pytest.approx(np.mean(added) / whole, abs=1e-6)


def predictions(wrong: list[int], languages: list[str], parallel: bool = True) -> tuple[pd.DataFrame, pd.DataFrame]:
    ids = [f"{code}/c{i}/n{i}" if parallel else f"{code}/test/{i}" for i, code in enumerate(languages)]
    said = pd.DataFrame(
        {"donor": "en", "seed": 0, "sentence": ids, "language": languages, "type": "PER", "wrong": wrong}
    )
    forms = [f"Name{i % 10}" for i in range(len(ids))]
    return said, pd.DataFrame({"sentence": ids, "form": forms})


def test_a_row_is_worked_out_by_hand() -> None:
    said = pd.DataFrame(
        [("en", 0, "be/c/w", "be", "LOC", 1), ("en", 0, "en/c/w", "en", "LOC", 0)],
        columns=["donor", "seed", "sentence", "language", "type", "wrong"],
    )
    sentences = pd.DataFrame({"sentence": ["be/c/w", "en/c/w"], "form": ["Вашынгтон", "Washington"]})
    [row] = factor_table(said, sentences, None, {("en", "be/c/w"): 0.4}).to_dict("records")
    assert (row["recipient"], row["entity"], row["wrong"], row["cosine"]) == ("be", "w", 1, 0.4)
    assert row["tnld"] == pytest.approx(0.2)
    assert np.isnan(row["pieces"])
    assert pd.isna(row["own_pieces"])


def test_tagged_sentences_have_the_terms_that_exist() -> None:
    generator = np.random.default_rng(0)
    said, sentences = predictions(list(generator.integers(0, 2, 80)), ["be"] * 40 + ["ru"] * 40, parallel=False)
    sentences["form"] = [f"Name{i % 10}" + " von Xy" * (i % 3 == 0) for i in range(80)]
    factors = factor_table(said, sentences)
    assert factors["tnld"].isna().all()
    table = factor_term_table(factors)
    assert set(table["term"]) == {"words"}
    # How long names are is no spelling.
    assert set(factor_share_table(factors)["group"]) == {"length", "languages"}
    assert np.isfinite(table[table["model"] == "alone"]["low"]).all()


@pytest.mark.parametrize("case", ["none", "few", "all wrong", "one name", "no terms"])
def test_little_or_nothing_gives_no_effect_and_no_alarm(case: str) -> None:
    factors = made_up({})
    factors = {
        "none": factors.head(0), "few": factors.head(20), "all wrong": factors.assign(wrong=1),
        "one name": factors.assign(entity="n0"),
        "no terms": factors.assign(tnld=np.nan, pieces=np.nan, shared=np.nan, cosine=np.nan, own_pieces=pd.NA, words=1),
    }[case]  # fmt: skip
    table, shares = factor_term_table(factors), factor_share_table(factors)
    assert shares.empty
    models = table[~table["model"].isin(["extra pieces"])]
    assert models.empty or (models["low"].isna() & (models["effect"].fillna(0).abs() < 1e-6)).all()
    assert list(table.columns) == list(module.FACTOR_TERMS.columns)
