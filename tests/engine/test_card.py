"""The card of causes against numbers worked out by hand, and on little or nothing."""

import numpy as np
import pandas as pd
import pytest

from nerspace.engine.statistics.cells import OWN
from nerspace.engine.statistics.clusters import clustered_mean
from nerspace.engine.statistics.factors import FACTORS, factor_term_table
from nerspace.engine.swapping.contrasts import COUNTERFACTUALS
from nerspace.engine.transfer.card import cause_table, usual_donor, usual_rival
from nerspace.tui.why import why_lines

CELLS = 48


def world() -> tuple[pd.DataFrame, pd.DataFrame]:
    """be is wrong where its name has 3 extra pieces, and no more with the donor's form; ru is wrong now and then."""
    generator = np.random.default_rng(0)
    factors, changed = [], []
    for number in range(CELLS):
        context, entity = f"c{number % 12}", f"n{number % 16}"
        for code in ("be", "ru", "cs"):
            pieces = 3.0 if code == "be" and number % 2 else float(generator.integers(0, 2))
            wrong = int(pieces == 3.0 or generator.random() < 0.1)
            sentence = f"{code}/{context}/{entity}-{number}"
            terms = (generator.random() / 2, pieces, generator.random(), generator.normal(), 1 + int(pieces), 1)
            factors.append(("en", 0, code, sentence, "LOC", context, f"{entity}-{number}", wrong, *terms))
            about = ("en", 0, code, sentence, "LOC", context, f"{entity}-{number}")
            after = 0 if code == "be" else wrong
            changed += [(*about, OWN, "", "", 1, wrong, ""), (*about, "donor's form", "", "", 1, after, "")]
    return (
        pd.DataFrame(factors, columns=list(FACTORS.columns)[:14]),
        pd.DataFrame(changed, columns=list(COUNTERFACTUALS.columns)).astype({"wrong": "Int64"}),
    )


def of(table: pd.DataFrame, cause: str) -> pd.Series:
    return table[table["cause"] == cause].iloc[0]


def test_gap_and_parts_are_paired_by_cell() -> None:
    factors, changed = world()
    terms = factor_term_table(factors)
    table = cause_table(factors, "be", "ru", "en", terms, changed)
    be, ru = (factors[factors["recipient"] == code].reset_index(drop=True) for code in ("be", "ru"))
    differences = (be["wrong"] - ru["wrong"]).to_numpy(float)
    expected = clustered_mean(differences, be["entity"].tolist(), be["context"].tolist())
    gap = of(table, "gap")
    assert gap[["points", "low", "high"]].tolist() == pytest.approx(
        [100 * expected.value, 100 * expected.low, 100 * expected.high]
    )
    # The donor's form takes all errors of be away and none of ru.
    form = of(table, "form of the name")
    assert form["points"] == pytest.approx(100 * be["wrong"].mean())
    assert form["source"] == "counterfactuals"
    effect = terms[(terms["model"] == "together") & (terms["term"] == "pieces")]["effect"].iloc[0]
    pieces = of(table, "tokenisation (pieces)")
    assert pieces["points"] == pytest.approx(effect * (be["pieces"].mean() - ru["pieces"].mean()))
    assert pieces["low"] <= pieces["points"] <= pieces["high"]
    lines = why_lines(table, "Belarusian", "Russian")
    assert "points, 48 cells, trained on en" in lines[0]
    assert any(line.startswith("Clearest: ") and "makes Belarusian worse" in line for line in lines)


def test_turned_round_the_same_gap_has_the_other_sign() -> None:
    factors, changed = world()
    there, back = (cause_table(factors, a, b, "en", factor_term_table(factors), changed)
                   for a, b in (("be", "ru"), ("ru", "be")))  # fmt: skip
    assert there["points"].tolist() == pytest.approx((-back["points"]).tolist())


def test_little_or_nothing_is_said_plainly() -> None:
    factors, changed = world()
    assert cause_table(factors, "be", "xx", "en").empty
    assert "nothing can be said" in why_lines(cause_table(factors.head(0), "be", "ru", "en"), "be", "ru")[0]
    alone = cause_table(factors, "be", "ru", "en")
    assert alone["cause"].tolist() == ["gap"]
    assert any("--counterfactual" in line for line in why_lines(alone, "be", "ru"))
    empty = cause_table(factors, "be", "ru", "en", factor_term_table(factors.head(0)), changed.head(0))
    assert empty["cause"].tolist() == ["gap"]
    assert usual_rival(factors, "be", "en") == "ru"
    assert usual_rival(factors.head(0), "be", "en") == ""
    # A language has no factors of its own model.
    both = pd.concat([factors.assign(donor="be"), factors])
    assert [usual_donor(both, *asked) for asked in ((), ("be",), ("be", "en"))] == ["be", "en", "be"]
    assert usual_donor(factors.head(0), "be") == ""
