"""The three sentences on the paper's question: what each says, what it leaves open, and where they disagree."""

import numpy as np
import pandas as pd
import pytest

from nerspace.datasets import Sentence
from nerspace.engine.statistics.correlation import CORRELATIONS
from nerspace.engine.statistics.factors import FACTOR_TERMS
from nerspace.engine.statistics.shares import FACTOR_SHARES
from nerspace.engine.swapping.contrasts import COUNTERFACTUAL_CONTRASTS
from nerspace.engine.swapping.few import FEW_CELLS, few_cells
from nerspace.engine.transfer.answer import answer_lines

NAN = float("nan")


def terms(**effects: tuple[float, float, float]) -> pd.DataFrame:
    units = {"tnld": "+.1 TNLD", "pieces": "+1 piece", "cosine": "-1 SD cosine before"}
    return FACTOR_TERMS.frame(
        ("together", name, units[name], 1200, *effect, 0.01, 1.0, 60, 36, 1) for name, effect in effects.items()
    )


def contrasts(donor: str = "en", **effects: tuple[float, float, float]) -> pd.DataFrame:
    rows = []
    for name, effect in effects.items():
        change = {"form": "donor's form", "cut": "+2 pieces", "latin": "name in Latin", "noise": "another name"}[name]
        about = ("own", 400, 0.2, 0.3, *effect, 9, 2, 0.1, 0.2, 1, 40, 30, 0, "", "", "")
        rows += [(donor, "be", change, *about), (donor, "all", change, *about)]
    return COUNTERFACTUAL_CONTRASTS.frame(rows)


def correlations(partial_p: float, test: str = "mantel", n: int = 110) -> pd.DataFrame:
    rows = [("all", "pearson", n, 0.62, 0.1, 0.8, 0.01, 0.3, test, 2001, 0, 11, 1, NAN)]
    if partial_p == partial_p:
        rows.append(("all", "partial", n, 0.3, NAN, NAN, partial_p, 0.2, "mrqap", 10000, 0, 11, 1, NAN))
    return CORRELATIONS.frame(rows)


SHARES = FACTOR_SHARES.frame([("space", 0.41, 0.2, 0.5, 0.2, NAN, 0.1, 1200, 60),
                              ("spelling", 0.08, 0, 0.2, 0.1, NAN, 0.1, 1200, 60)])  # fmt: skip


def test_three_sentences_with_sizes_intervals_and_what_is_not_shown() -> None:
    found = answer_lines(
        terms(pieces=(6.9, 3.0, 10.8), tnld=(-1.4, -3.9, 1.1)), SHARES, correlations(NAN, "shuffle", 10),
        contrasts(form=(-6.0, -8.9, -3.2), cut=(7.4, 1.7, 13.2), latin=(1.1, -5.6, 7.7)),
    )  # fmt: skip
    assert len(found) == 3
    assert "the donor's form in the same sentence -6.0 [-8.9, -3.2]," in found[0]
    assert "the same letters in 2 pieces more +7.4" in found[0]
    assert "Latin letters +1.1 [-5.6, +7.7], not shown (400 sentences, 40 names, 30 contexts, donor en)" in found[0]
    assert "+1 piece +6.9 [+3.0, +10.8], +.1 TNLD -1.4 [-3.9, +1.1], not shown" in found[1]
    assert "of what is explained (10 % of the deviance) most falls to space (41 %, by chance 20 %) (1,200" in found[1]
    assert "(1,200 sentences of 60 names, 1 donor)" in found[1]
    assert "10 pairs of 11 languages" in found[2]
    assert "one donor cannot tell" in found[2]
    assert found[2].endswith(
        "They disagree: over languages errors go with spelling, within them factors do not show that it counts."
    )


@pytest.mark.parametrize(
    ("tnld", "p", "said"),
    [
        ((2.0, 0.5, 4.0), 0.3, "factors show that spelling counts, correlations do not"),
        ((2.0, -0.5, 4.0), 0.01, "correlations show that spelling counts, factors do not"),
        ((2.0, 0.5, 4.0), 0.01, "They do not contradict one another."),
    ],
)
def test_spelling_within_and_over_languages_may_disagree(tnld: tuple[float, float, float], p: float, said: str) -> None:
    assert said in answer_lines(terms(tnld=tnld, pieces=(1.0, -1.0, 3.0)), None, correlations(p))[2]


def test_cuts_by_hand_and_by_model_may_disagree() -> None:
    [_, _, last] = answer_lines(
        terms(tnld=(0.0, -1.0, 1.0), pieces=(1.0, -1.0, 3.0)), None, correlations(0.4), contrasts(cut=(7, 2, 12))
    )
    assert "changed names show that cuts count, factors do not" in last


def test_what_was_not_asked_is_said_with_the_command_that_asks_it() -> None:
    found = answer_lines(terms(tnld=(0.0, -1.0, 1.0)), None, correlations(0.4))
    assert "nerspace swap --counterfactual does" in found[0]
    assert "this run kept no model" in answer_lines(None, None, correlations(0.4), None, "this run kept no model")[0]
    assert answer_lines(None, None, None) == []
    few = answer_lines(terms().head(0), None, correlations(NAN).head(0))
    assert "too few sentences or names" in few[1]
    assert "none were counted. Nothing stands beside it" in few[2]
    # Nothing is known of bounds that are missing, and a donor none of whose names changed has no sizes.
    assert "[no interval]" in answer_lines(terms(tnld=(1.0, NAN, NAN)), None, None)[1]
    first = answer_lines(
        None, None, None, pd.concat([contrasts(form=(1, NAN, NAN)).assign(n=0), contrasts("be", form=(1.0, 0.5, 2.0))])
    )[0]  # fmt: skip
    assert "+1.0 [+0.5, +2.0] (400 sentences, 40 names, 30 contexts, donor be; 1 other donor" in first


def test_no_effect_anywhere_is_not_said_to_be_agreement_on_anything() -> None:
    nothing = answer_lines(
        terms(tnld=(0.04, -1.0, 1.0), pieces=(-0.04, -1.0, 1.0)), None, correlations(0.4), contrasts(cut=(0.0, -2, 2))
    )
    assert "+.1 TNLD 0.0 [-1.0, +1.0], not shown, +1 piece 0.0 [" in nothing[1]
    assert nothing[2].endswith("nothing is shown, which is not to say that nothing is there.")
    still = contrasts(form=(0.0, 0.0, 0.0)).assign(worse=0, better=0)
    assert "the donor's form in the same sentence changes no sentence (400" in answer_lines(None, None, None, still)[0]
    unlike = contrasts(form=(1.0, 0.5, 2.0), cut=(1.0, 0.5, 2.0))
    unlike.loc[unlike["change"] == "+2 pieces", "n"] = 300
    assert "(up to 400 sentences, 40 names, 30 contexts, donor en)" in answer_lines(None, None, None, unlike)[0]
    others = contrasts(form=(1.0, 0.5, 2.0)).assign(change="random letters")
    assert "nor the script could be changed (400 sentences" in answer_lines(None, None, None, others)[0]
    # All sentences right, or all wrong.
    same = terms(tnld=(0.0, NAN, NAN), pieces=(0.0, NAN, NAN))
    assert "errors that are all the same" in answer_lines(same, None, correlations(NAN).head(0))[1]
    alone = terms(tnld=(2.0, 1.0, 3.0)).assign(model="alone")
    assert (
        "The one factor that differs, within languages and cells: +.1 TNLD +2.0" in answer_lines(alone, None, None)[1]
    )
    low = SHARES.assign(chance=0.5)
    assert "space (41 %, no more than by chance 50 %)" in answer_lines(terms(tnld=(2.0, 1.0, 3.0)), low, None)[1]


def test_contradictory_signs_are_told_as_such() -> None:
    turned = correlations(0.01).assign(value=lambda t: t["value"].where(t["statistic"] == "pearson", -0.3))
    [_, _, last] = answer_lines(terms(tnld=(2.0, 0.5, 4.0), pieces=(0.0, -1.0, 1.0)), None, turned)
    assert "r = +0.62, but the other way round once donors" in last
    assert last.endswith(
        "They disagree: correlations show that nearer spelling is worse, factors that spelling counts."
    )
    [_, _, last] = answer_lines(
        terms(tnld=(-2.0, -4.0, -0.5), pieces=(2.0, 1.0, 3.0)), None, correlations(NAN, "shuffle", 1),
        contrasts(cut=(-7, -12, -2)),
    )  # fmt: skip
    assert "over 1 pair of 11 languages" in last
    assert "within them factors show that nearer spelling is worse" in last
    assert "changed names show that more pieces are better, factors that cuts count" in last


def test_a_few_cells_take_every_name_once_before_one_comes_again() -> None:
    def sentence(context: int, entity: int, language: str) -> Sentence:
        return Sentence(("a",), ("B-LOC",), "a", "x", "test", language, "LOC", "", f"c{context}", f"e{entity}")

    cells = [(number, number % 30) for number in range(90)]
    found = few_cells([sentence(*cell, code) for cell in cells for code in ("en", "be")], "en", 0)
    assert len(found) == FEW_CELLS
    assert len({cell.split("/")[1] for cell in found[:30]}) == 30
    assert found == few_cells([sentence(*cell, code) for cell in reversed(cells) for code in ("be", "en")], "en", 0)
    assert few_cells([sentence(*cell, "be") for cell in cells], "en", 0) == []
    assert few_cells([sentence(*cell, "en") for cell in cells], "en", 0) == []
    assert np.all([cell.count("/") == 1 for cell in found])
