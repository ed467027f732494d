"""How well the context alone tells the type of a name."""

import random
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from nerspace.datasets.records import Context, Sentence
from nerspace.datasets.synthetic import SyntheticNER
from nerspace.datasets.tagged import TaggedCorpus
from nerspace.engine.statistics import giveaways
from nerspace.engine.statistics.giveaways import giveaways_table

WORDS = ("river", "letter", "garden", "window", "summer", "market", "doctor", "ticket", "bridge", "forest")
SLOTS = {"PER": "[male]", "LOC": "[loc]", "ORG": "[org]"}


def corpus_of(text: Callable[[str, random.Random], str], n: int = 240, code: str = "en") -> SyntheticNER:
    """Contexts of three types in equal parts; their words are drawn at random but for what `text` makes of the type."""
    generator = random.Random(5)
    contexts = []
    for i in range(n):
        kind = ("PER", "LOC", "ORG")[i % 3]
        contexts.append(Context(f"c{i}", kind, "nominative", "", {code: text(kind, generator)}))
    return SyntheticNER("made up", contexts, [], [code])


def random_words(generator: random.Random, n: int) -> str:
    return " ".join(generator.choice(WORDS) + generator.choice(("", "a", "o", "e")) for _ in range(n))


def above(table: pd.DataFrame) -> dict[str, float]:
    return dict(zip(table["features"], table["above"], strict=True))


def test_what_is_spread_alike_tells_nothing() -> None:
    table = giveaways_table(
        corpus_of(
            lambda kind, g: f"{random_words(g, g.randint(1, 6))} {SLOTS[kind]} {random_words(g, g.randint(2, 6))}."
        )
    )
    assert table["features"].tolist() == [
        "endings", "length", "position", "punctuation", "function words", "together", "words",
    ]  # fmt: skip
    assert table["n"].eq(240).all()
    assert table["types"].eq(3).all()
    assert table["floor"].to_numpy() == pytest.approx(1 / 3)
    assert table["above"].max() < 0.12
    assert (table["accuracy"] - table["floor"]).to_numpy() == pytest.approx(table["above"].to_numpy())


def planted(feature: str) -> Callable[[str, random.Random], str]:
    """Contexts in which one feature tells PER from the others, and nothing else does."""

    def text(kind: str, g: random.Random) -> str:
        is_person = kind == "PER"
        before, after = random_words(g, 3), random_words(g, 4)
        if feature == "endings":
            # A verb of its own in every context, or it would be a common word.
            after += f" {''.join(g.choices('bcdfgklmnprst', k=5))}{'ed' if is_person else 'ng'}"
        if feature == "length":
            before, after = random_words(g, 3 if is_person else 5), random_words(g, 4 if is_person else 9)
        if feature == "position" and is_person:
            before, after = "", f"{after} {before}"
        if feature == "punctuation" and is_person:
            after = after.replace(" ", ", ", 1)
        if feature == "function words":
            after += " his" if is_person else " its"
        return f"{before} {SLOTS[kind]} {after}.".strip()

    return text


@pytest.mark.parametrize("feature", ["endings", "length", "position", "punctuation", "function words"])
def test_what_tells_a_type_is_found_where_it_is(feature: str) -> None:
    found = above(giveaways_table(corpus_of(planted(feature))))
    assert found[feature] == pytest.approx(1 / 3, abs=0.14)
    assert found["together"] > 0.2
    # Where a name stands first there is less before it, and so on: only what has nothing to do with it is told apart.
    alone = {"length": ["punctuation"], "position": ["length"]}.get(feature, ["length", "position"])
    assert max(found[other] for other in alone) < 0.12


def test_a_context_is_never_told_by_its_twin() -> None:
    def text(kind: str, generator: random.Random) -> str:
        return f"{random_words(generator, 4)} {SLOTS[kind]}."

    once = corpus_of(text, 90)
    twice = SyntheticNER(
        "twins",
        [*once.contexts, *(Context(f"{c.id}b", c.type, c.case, c.gender, c.texts) for c in once.contexts)],
        [],
        ["en"],
    )
    pd.testing.assert_frame_equal(giveaways_table(once), giveaways_table(twice))


@pytest.mark.parametrize("columns", [4, 70])
def test_the_closed_form_is_that_of_leaving_each_part_out(columns: int) -> None:
    generator = np.random.default_rng(1)
    X = (generator.random((55, columns)) < 0.4).astype(float)
    codes = generator.integers(0, 3, 55)
    weights = generator.random(55) + 0.5
    wanted = np.zeros(55, dtype=bool)
    A = np.hstack([X, np.full((55, 1), 10.0)])
    parts = giveaways._parts(codes)
    assert sorted(row for part in parts for row in part) == list(range(55))
    for left_out in parts:
        rows = np.setdiff1d(np.arange(55), left_out)
        W = weights[rows, None]
        fitted = np.linalg.solve(
            A[rows].T @ (A[rows] * W) + giveaways.RIDGE * np.eye(columns + 1), A[rows].T @ (np.eye(3)[codes[rows]] * W)
        )
        wanted[left_out] = (A[left_out] @ fitted).argmax(axis=1) == codes[left_out]
    found = giveaways._told_rightly(X, codes, weights, np.ones(55))
    assert found[0].tolist() == wanted.tolist()
    assert len(found) == 2


def test_every_part_has_its_share_of_every_type() -> None:
    codes = np.repeat([0, 1, 2], [100, 41, 19])
    shares = np.array([np.bincount(codes[part], minlength=3) for part in giveaways._parts(codes)])
    assert len(shares) == giveaways.FOLDS
    assert (np.ptp(shares, axis=0) <= 1).all()


def test_balanced_is_not_fooled_by_a_common_type() -> None:
    contexts = [
        Context(f"c{i}", kind, "nominative", "", {"en": f"{SLOTS[kind]} {'slept' if kind == 'PER' else 'lies'} {i}."})
        for i, kind in enumerate(["PER"] * 95 + ["LOC"] * 5)
    ]
    table = giveaways_table(SyntheticNER("skewed", contexts, [], ["en"])).set_index("features")
    assert table.loc["length", "accuracy"] == table.loc["length", "floor"] == 0.95
    assert table.loc["words", "balanced"] == 1
    assert table["balanced_floor"].eq(0.5).all()


def sentence(words: str, tags: str, language: str = "en") -> Sentence:
    return Sentence(tuple(words.split()), tuple(tags.split()), words, "t", "train", language, "", "", "", "")


def test_tagged_sentences_are_told_without_their_other_names() -> None:
    people = [sentence(f"Ann met Bob on day{i}", "B-PER O B-PER O O") for i in range(20)]
    places = [sentence(f"Rome lies near day{i}", "B-LOC O O O") for i in range(20)]
    table = giveaways_table(TaggedCorpus("t", [*people, *places])).set_index("features")
    assert table.loc["words", "accuracy"] == 1
    told = list(giveaways._of_sentences(TaggedCorpus("t", people), "en", 0))
    assert {word for context in told for word in (*context.before, *context.after)} & {"Ann", "Bob"} == set()


def test_a_language_of_one_type_has_no_rows() -> None:
    one = TaggedCorpus("t", [sentence("Ann sleeps", "B-PER O"), sentence("Bob eats", "B-PER O"), sentence("Hm", "O")])
    assert giveaways_table(one).empty
