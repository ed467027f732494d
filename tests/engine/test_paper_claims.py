"""Every claim of the paper on data made up to hold, not to hold, and to leave it open."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from nerspace.datasets.languages import LANGUAGES
from nerspace.engine.geometry.grouping import knn_purity
from nerspace.engine.paper import changes, names, spelling, tables, types
from nerspace.engine.paper.claims import CLAIMS, FAILS, HOLDS, OPEN, Finding, by_interval, by_rank, by_test, claim_table
from nerspace.engine.paper.published import COSINES, FOUR, ITEMS, SIX
from nerspace.engine.statistics import mantel, mrqap
from nerspace.engine.statistics.correlation import correlation_table
from nerspace.engine.statistics.pairs import learned, not_judged
from nerspace.engine.transfer import least_recalls

NAN = float("nan")


@pytest.mark.parametrize(
    ("low", "high", "n", "above", "verdict"),
    [
        (0.1, 0.3, 9, True, HOLDS),
        (0.1, 0.3, 9, False, FAILS),
        (-0.3, -0.1, 9, True, FAILS),
        (-0.3, -0.1, 9, False, HOLDS),
        (-0.1, 0.3, 9, True, OPEN),
        (0.0, 0.3, 9, True, OPEN),
        (0.1, 0.3, 7, True, OPEN),
        (NAN, NAN, 9, True, OPEN),
    ],
)
def test_an_interval_decides_only_on_one_side_of_the_bound_and_with_enough(
    low: float, high: float, n: int, above: bool, verdict: str
) -> None:
    assert by_interval(low, high, 0.0, n, 8, above) == verdict


@pytest.mark.parametrize(
    ("low", "high", "p", "verdict"),
    [
        (0.1, 0.3, 1 / 15, HOLDS),
        (0.1, 0.3, 2 / 15, OPEN),
        (-0.1, 0.3, 1 / 15, OPEN),
        (-0.3, -0.1, 1.0, FAILS),
        (-0.1, 0.1, 9 / 15, OPEN),
        (NAN, NAN, NAN, OPEN),
    ],
)
def test_a_rank_among_few_ways_needs_the_first_place_and_an_interval(
    low: float, high: float, p: float, verdict: str
) -> None:
    assert by_rank(low, high, p, 15, below=1 / 15) == verdict
    if verdict == FAILS:
        assert by_rank(low, high, p, 15, below=2 / 15) == OPEN
        assert by_rank(low, high, p, 15, floor=-0.4, below=1 / 15) == OPEN
    if verdict == HOLDS:
        assert by_rank(low, high, p, 15, floor=0.2) == OPEN


def test_a_test_decides_by_p_and_sign() -> None:
    assert by_test(0.5, 0.05) == HOLDS
    assert by_test(-0.5, 0.01) == FAILS
    assert by_test(0.5, 0.06) == OPEN
    assert by_test(NAN, NAN) == OPEN


def test_every_claim_has_a_row_with_its_rule_and_one_without_finding_is_undecided() -> None:
    table = claim_table([Finding("spelling", HOLDS, 0.5, n=110)], list(ITEMS))
    assert len(table) == len(CLAIMS)
    assert (table["rule"].str.len() > 0).all()
    spelled = table[table["claim"] == CLAIMS["spelling"].text].iloc[0]
    assert (spelled["verdict"], spelled["value"], spelled["n"]) == (HOLDS, 0.5, 110)
    assert set(table[table["item"] != "figure5"]["verdict"]) == {OPEN}
    assert set(claim_table([], ["figure5"])["item"]) == {"figure5"}


# -- Table 2


def test_the_papers_own_numbers_hardly_speak_for_its_reading() -> None:
    assert names.contrast(COSINES) == pytest.approx(0.8840 - (0.8457 + 0.9159 + 0.9372 + 0.8306) / 4)
    assert 0 < names.contrast(COSINES) < 0.01


def ambiguous(kinship: float, resources: float, count: int = 12, noise: float = 0.3) -> tuple[np.ndarray, pd.DataFrame]:
    """Names in four languages: be and ru share `kinship`, en and ru, the rich ones, `resources` of their vectors."""
    generator = np.random.default_rng(0)
    rows, points = [], []
    for name in range(count):
        for place in range(4):
            base, akin, rich = generator.normal(size=(3, 60))
            for code in FOUR:
                vector = base + noise * generator.normal(size=60)
                vector = vector + kinship * akin * (code in ("be", "ru")) + resources * rich * (code in ("en", "ru"))
                rows.append(vector)
                word = "washington" if name == 0 else f"name{name}"
                points.append((word, "PER", code, f"{code}/c{name}-{place}/{word}"))
    return np.array(rows), pd.DataFrame(points, columns=["name", "type", "language", "sentence"])


@pytest.mark.parametrize(("kinship", "resources", "verdict"), [(0.1, 1.0, HOLDS), (1.0, 0.1, FAILS), (0.0, 0.0, OPEN)])
def test_resources_against_kinship(kinship: float, resources: float, verdict: str) -> None:
    X, points = ambiguous(kinship, resources)
    table = tables.table2({("after", 2): X}, points)
    found = {f.claim: f for f in names.resources(table, X, points, 2)}
    assert {name: f.verdict for name, f in found.items() if name != "resources_one_name"} == {
        "resources": verdict, "resources_above_floor": verdict,
    }  # fmt: skip
    assert found["resources"].n == 12
    # Four contexts are too few for one name, whatever they say.
    assert (found["resources_one_name"].verdict, found["resources_one_name"].n) == (OPEN, 4)
    assert found["resources_one_name"].stated == pytest.approx(names.contrast(COSINES))
    of_one = table[table["name"] == "washington"]
    assert found["resources_one_name"].floor == names.contrast_by_name(of_one, 2, "floor")[0]
    by_hand, _ = names.contrast_by_cell(X[:16], points.iloc[:16])
    assert found["resources_one_name"].value == pytest.approx(by_hand.mean())


def test_table_2_names_the_papers_number_for_its_own_name_only() -> None:
    X, points = ambiguous(0.2, 0.2)
    table = tables.table2({("before", 2): X, ("after", 0): X, ("after", 2): X}, points)
    stated = table[table["theirs"].notna()]
    assert set(stated["name"]) == {"washington"}
    assert set(zip(stated["stage"], stated["layer"], strict=True)) == {("after", 2)}
    assert dict(zip(zip(stated["a"], stated["b"], strict=True), stated["theirs"], strict=True)) == COSINES


# -- Figure 2


def cloud(by_language: float, by_type: float, cells: int = 60) -> tuple[np.ndarray, pd.DataFrame]:
    generator = np.random.default_rng(1)
    language = {code: generator.normal(size=40) for code in FOUR}
    kinds = {kind: generator.normal(size=40) for kind in ("PER", "LOC", "ORG")}
    rows, points = [], []
    for cell in range(cells):
        kind = ("PER", "LOC", "ORG")[cell % 3]
        for code in FOUR:
            vector = generator.normal(size=40) + by_language * language[code] + by_type * kinds[kind]
            rows.append(vector)
            points.append((code, kind, f"{code}/c{cell}/e{cell}", f"e{cell}"))
    return np.array(rows), pd.DataFrame(points, columns=["language", "type", "sentence", "entity"])


def clustered(before: np.ndarray, after: np.ndarray, points: pd.DataFrame) -> dict[str, Finding]:
    vectors = {("before", 0): before, ("before", 2): before, ("after", 2): after}
    return {f.claim: f for f in types.clustering(vectors, points, 2)}


def test_language_before_and_type_after_hold_when_they_are_so_and_not_when_turned_round() -> None:
    (languages, points), (kinds, _) = cloud(2.0, 0.0), cloud(0.3, 2.0)
    found = clustered(languages, kinds, points)
    assert (found["language_before"].verdict, found["type_after"].verdict) == (HOLDS, HOLDS)
    turned = clustered(kinds, languages, points)
    assert (turned["language_before"].verdict, turned["type_after"].verdict) == (FAILS, FAILS)
    assert turned["language_kept"].verdict == HOLDS
    nothing, _ = cloud(0.0, 0.0)
    assert {f.verdict for f in clustered(nothing, nothing, points).values()} <= {OPEN, FAILS}


def test_purity_by_row_is_the_purity_of_the_geometry() -> None:
    X, points = cloud(0.5, 0.5)
    assert types.purity_by_row(X, points["type"].tolist()).mean() == pytest.approx(knn_purity(X, points["type"]))


@pytest.mark.parametrize(("like", "verdict"), [("LOC", HOLDS), ("ORG", FAILS), ("", OPEN)])
def test_clubs_lie_with_what_they_are_like(like: str, verdict: str) -> None:
    others, other_points = cloud(0.0, 2.0)
    centre = {kind: others[other_points["type"] == kind].mean(axis=0) for kind in ("LOC", "ORG")}
    generator = np.random.default_rng(2)
    rows, points = [], []
    for club in range(12):
        # Without a side, half of the clubs lie on either.
        side = like or ("LOC", "ORG")[club % 2]
        for kind in ("LOC", "ORG"):
            rows.append(centre[side] + 0.3 * generator.normal(size=40))
            points.append((f"city{club}", kind, "en", f"{kind}-{club}"))
    frame = pd.DataFrame(points, columns=["name", "type", "language", "entity"])
    table = tables.club_table(np.array(rows), frame, tables.Surroundings.of(others, other_points, {"e0"}, 0))
    assert len(table) == 13
    assert table.iloc[-1]["name"] == "other ORG"
    assert table.iloc[-1]["loc_share"] < 0.2
    # 20 cells of either type in four languages.
    assert table["neighbours"].iloc[0] == 160
    found = types.club_finding(table)
    assert (found.verdict, found.n, found.floor) == (verdict, 12, 0.5)
    few = types.club_finding(table.iloc[:4])
    assert few.verdict == OPEN


def test_clubs_that_lie_where_all_organisations_do_decide_nothing() -> None:
    rows = [("after", tables.SETTLING, f"e{club}", f"c{club}", 4, 40, 0.96, 0.5) for club in range(8)]
    names_of = ["stage", "contexts", "entity", "name", "n", "neighbours", "loc_share", "floor"]

    def verdict(ordinary: float) -> str:
        row = ("after", tables.SETTLING, "", "other ORG", 20, 40, ordinary, 0.5)
        return types.club_finding(pd.DataFrame([*rows, row], columns=names_of)).verdict

    assert verdict(0.2) == HOLDS
    assert verdict(0.96) == OPEN
    assert types.club_finding(pd.DataFrame(rows, columns=names_of)).verdict == OPEN


def test_clubs_are_judged_by_contexts_that_settle_the_type_and_told_of_all() -> None:
    others, other_points = cloud(0.0, 2.0)
    centre = {kind: others[other_points["type"] == kind].mean(axis=0) for kind in ("LOC", "ORG")}
    # In contexts that settle the type the clubs lie with ORG, in the others with LOC.
    rows = [(f"city{club}", kind, settles) for club in range(8) for kind in ("LOC", "ORG") for settles in (True, False)]
    frame = pd.DataFrame(rows, columns=["name", "type", "settles"]).assign(language="en")
    frame["entity"] = frame["type"] + frame["name"]
    X = np.array([centre["ORG" if settles else "LOC"] for _, _, settles in rows])
    table = tables.club_table(X, frame, tables.Surroundings.of(others, other_points, {"e0"}, 0))
    shares = table[table["entity"] != ""].groupby("contexts")["loc_share"].mean()
    assert shares[tables.SETTLING] < 0.1 < 0.4 < shares[tables.ANY] < 0.6
    assert table.groupby("contexts")["n"].first().to_dict() == {tables.SETTLING: 1, tables.ANY: 2}
    found = types.club_finding(table)
    assert (found.verdict, found.n) == (FAILS, 8)


def test_no_club_gives_an_empty_table_and_no_verdict() -> None:
    others, other_points = cloud(0.0, 2.0)
    nobody = pd.DataFrame(columns=["name", "type", "language", "entity"])
    table = tables.club_table(np.zeros((0, 40)), nobody, tables.Surroundings.of(others, other_points, set(), 0))
    assert table.empty
    assert types.club_finding(table).verdict == OPEN


# -- Figures 3 and 4


def changes_of(apart: float, size: float, steps: int = 21, seed: int = 3) -> pd.DataFrame:
    """Changes of six languages in each of six models; ru and uk share one course, the rest another."""
    generator = np.random.default_rng(seed)
    rows = []
    for donor in SIX:
        one, other = generator.normal(size=(2, steps))
        for code in SIX:
            slavic = code in ("ru", "uk")
            course = apart * (one if slavic else other) + generator.normal(size=steps)
            rows += [
                (50 * (step + 1), code, 12, 50, value * (size if slavic else 1.0), donor, 0)
                for step, value in enumerate(course)
            ]
    return pd.DataFrame(rows, columns=["step", "language", "layer", "h", "delta", "donor", "seed"])


def test_languages_go_apart_within_models_where_they_do() -> None:
    found = changes.apart_within(changes_of(3.0, 1.0), 0)
    assert found.verdict == HOLDS
    assert found.p == pytest.approx(1 / 15)
    assert found.value > 0.7
    assert abs(found.floor) < 0.15
    assert changes.apart_within(changes_of(0.0, 1.0), 0).verdict == OPEN


def test_one_language_alone_neither_makes_nor_unmakes_the_groups() -> None:
    """Draws of nothing whose interval lies below 0 only as long as a certain language is among the six."""
    assert changes.apart_within(changes_of(0.0, 1.0, 40, seed=36), 0).verdict == OPEN


def test_languages_that_go_with_the_other_group_are_not_apart() -> None:
    """ru and uk have nothing in common, and each of the four others a little with both."""
    generator = np.random.default_rng(0)
    rows = []
    for donor in SIX:
        ru, uk = generator.normal(size=(2, 80))
        for code in SIX:
            course = {"ru": ru, "uk": uk}.get(code, ru + uk + 3 * generator.normal(size=80))
            rows += [(50 * (step + 1), code, 12, 50, value, donor, 0) for step, value in enumerate(course)]
    deltas = pd.DataFrame(rows, columns=["step", "language", "layer", "h", "delta", "donor", "seed"])
    assert changes.apart_within(deltas, 0).verdict == FAILS


def test_the_contrast_of_groups_is_the_mean_of_the_correlations_inside_minus_outside() -> None:
    codes, series = changes.series_of(changes.own_changes(changes_of(1.0, 1.0)))
    r = pd.DataFrame(series.T, columns=codes).corr()
    inside, outside = [], []
    for a, b in combinations(codes, 2):
        (inside if (a in ("ru", "uk")) == (b in ("ru", "uk")) else outside).append(r.loc[a, b])
    apart = [codes.index("ru"), codes.index("uk")]
    assert changes.group_contrast(series, apart) == pytest.approx(np.mean(inside) - np.mean(outside))
    stacked = changes.group_contrast(np.stack([series, series[:, ::-1]]), apart)
    assert stacked == pytest.approx([np.mean(inside) - np.mean(outside)] * 2)


@pytest.mark.parametrize("steps", [0, 1, 3, 11])
def test_too_short_a_series_decides_nothing(steps: int) -> None:
    found = changes.apart_within(changes_of(3.0, 1.0, steps), 0)
    assert (found.verdict, found.n) == (OPEN, steps)


def test_languages_that_lack_decide_nothing() -> None:
    rows = changes_of(1.0, 5.0)
    rows = rows[(rows["language"] != "uk") & (rows["donor"] != "uk")]
    assert changes.apart(rows, 0).verdict == OPEN
    assert changes.apart_within(rows, 0).verdict == OPEN


# -- Figure 5


def transfer_of(slope: float, donors: Sequence[str] = tuple(LANGUAGES)) -> pd.DataFrame:
    generator = np.random.default_rng(4)
    square = generator.random((len(LANGUAGES), len(LANGUAGES))) / 2
    apart = pd.DataFrame((square + square.T) / 2, index=list(LANGUAGES), columns=list(LANGUAGES))
    rows = []
    for donor in donors:
        for recipient in LANGUAGES:
            share = 0.5 + slope * (apart.loc[donor, recipient] - 0.25) + 0.02 * generator.normal()
            wrong, distance = round(1000 * share), 0.0 if donor == recipient else apart.loc[donor, recipient]
            rows.append((donor, recipient, 0, 1000, wrong, 0.5, distance, distance, 1000, wrong))
    columns = ["donor", "recipient", "seed", "sentences", "wrong", "f1", "tnld", "tnld_different",
               "sentences_different", "wrong_different"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def test_spelling_and_errors() -> None:
    found = {
        slope: {f.claim: f for f in spelling.spelling(correlation_table(transfer_of(slope)))} for slope in (-1, 0, 1)
    }
    assert found[1]["spelling"].verdict == HOLDS
    assert found[1]["spelling_different"].verdict == HOLDS
    assert found[-1]["spelling"].verdict == FAILS
    assert found[0]["spelling"].verdict == OPEN
    assert found[1]["spelling"].n == 110
    assert found[1]["spelling"].floor > 0


def test_one_donor_is_never_judged() -> None:
    table = correlation_table(transfer_of(1, ["en"]))
    assert (table[table["statistic"] == "pearson"]["p"].dropna() < 0.05).any()
    assert {f.verdict for f in spelling.spelling(table)} == {OPEN}


def test_a_model_that_does_not_know_its_own_language_is_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mrqap, "DRAWS", 99)
    monkeypatch.setattr(mantel, "RESAMPLES", 99)
    rows = [
        (donor, 0, "en" if donor == "en" else donor, gold, said)
        for donor, good in (("en", True), ("be", False))
        for gold, said in [("B-LOC O", "B-LOC O")] * 4 + [("B-ORG O", "B-ORG O" if good else "O O")] * 3
    ]
    predictions = pd.DataFrame(rows, columns=["donor", "seed", "language", "gold", "predicted"])
    assert least_recalls(predictions) == {("be", 0): (0.0, "ORG"), ("en", 0): (1.0, "LOC")}
    assert least_recalls(predictions.head(0)) == {}
    assert least_recalls(predictions.assign(language="xx")) == {}
    transfer = transfer_of(1).assign(own_recall=1.0, own_least="LOC")
    transfer.loc[transfer["donor"] == "be", ["own_recall", "own_least"]] = [0.49, "ORG"]
    assert set(learned(transfer)["donor"]) == set(LANGUAGES) - {"be"}
    assert not_judged(transfer) == ["be-0 is not judged: it finds 49 % of ORG in its own language, below 50 %."]
    assert learned(transfer_of(1)).equals(transfer_of(1))
    partial = correlation_table(transfer).query("statistic == 'partial' and subset == 'all'")
    assert partial["n"].item() == 100
    by_hand = correlation_table(transfer[transfer["donor"] != "be"]).query("statistic == 'partial' and subset == 'all'")
    assert partial["value"].item() == by_hand["value"].item()
    assert correlation_table(transfer)["n"].iloc[0] == 110
    assert correlation_table(transfer.assign(own_recall=0.1)).query("statistic == 'partial'").empty
