"""Pieces of parallel forms side by side, and what the same text costs: by hand, by enumeration, and for no text."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from nerspace.datasets.records import Entity
from nerspace.engine.encoders import load_tokenizer
from nerspace.engine.errors import UsageError
from nerspace.engine.names.cuts import (
    aligned_table,
    compatibility_table,
    contrast_table,
    cut_forms,
    parity_table,
    shared_cuts,
    shared_table,
)
from nerspace.engine.names.distances import latin_places, transliterate
from nerspace.engine.names.tokenization import count_pieces, segment
from nerspace.engine.tables.index import table_spec


def entity(number: int = 1, kind: str = "LOC", **forms: str) -> Entity:
    return Entity(f"e{number}", kind, "", "", {"nominative": forms})


WASHINGTON = entity(be="Вашынгтон", en="Washington", ru="Вашингтон", tr="Vaşington", pl="")


def test_pieces_stand_beside_the_letters_of_the_reference(builtin_tokenizer: Tokenizer) -> None:
    table = aligned_table([WASHINGTON], builtin_tokenizer)
    assert list(table.columns) == list(table_spec("aligned").columns)
    told = {
        code: [(row.piece, row.part) for row in rows.itertuples()]
        for code, rows in table.groupby("language", sort=False)
    }
    assert told == {
        "be": [("▁Ваш", "Wash"), ("ын", "in"), ("г", "g"), ("тон", "ton")],
        "en": [("▁Washington", "Washington")],
        "ru": [("▁Вашингтон", "Washington")],
        "tr": [("▁Va", "Wa"), ("ş", "sh"), ("ington", "ington")],
    }
    for _, rows in table.groupby("language"):
        assert "".join(rows["part"]) == "Washington"
        assert rows["stop"].tolist()[:-1] == rows["start"].tolist()[1:]
    other = aligned_table([WASHINGTON], builtin_tokenizer, ["be", "tr"], against="be")
    assert set(other["reference"]) == {"be"}
    assert "".join(other[other["language"] == "tr"]["part"]) == "Vashyngton"
    assert set(aligned_table([WASHINGTON], builtin_tokenizer, ["be", "tr"], against="en")["reference"]) == {"be"}


def test_a_lone_word_mark_stands_for_no_letter_is_shared_with_none_and_is_no_cut(builtin_tokenizer: Tokenizer) -> None:
    table = aligned_table([entity(en="稣", ru="稣")], builtin_tokenizer)
    assert table[["piece", "start", "stop", "shared"]].to_numpy().tolist() == [["▁", 0, 0, 0], ["稣", 0, 2, 2]] * 2
    cut = cut_forms(["稣"], builtin_tokenizer)["稣"]
    assert (cut.count, cut.cuts, cut.set) == (1, (), frozenset({"稣"}))


def test_cuts_between_words_are_not_counted(builtin_tokenizer: Tokenizer) -> None:
    cut = cut_forms(["New Вашынгтон"], builtin_tokenizer)["New Вашынгтон"]
    assert cut.pieces == ("▁New", "▁Ваш", "ын", "г", "тон")
    assert cut.cuts == (8, 10, 11)
    assert cut.places == (1, 2, 5, 6, 8, 9, 10, 11, 12, 13)


@given(st.text("abЖшьї稣 -", max_size=12))
def test_places_lead_through_the_transliteration(text: str) -> None:
    places = latin_places(text)
    assert len(places) == len(text) + 1
    assert places == sorted(places)
    assert places[-1] == len(transliterate(text))
    for i in range(len(text) + 1):
        assert transliterate(text).startswith(transliterate(text[:i]).rstrip())


@pytest.mark.parametrize(
    ("a", "a_cuts", "b", "b_cuts", "met"),
    [
        ("Vashyngton", (4, 6, 7), "Washington", (4, 6, 7), 3),
        ("Vashyngton", (4, 6, 7), "Washington", (5,), 0),
        ("Vasington", (2, 3), "Washington", (2, 4), 2),
        ("Roma", (2,), "Rome", (2,), 1),
        ("Roma", (2,), "Rome", (), 0),
        ("", (), "abc", (1,), 0),
        ("ab", (1,), "aXXb", (1, 2, 3), 1),
    ],
)
def test_cuts_meet_at_the_same_letters(
    a: str, a_cuts: tuple[int, ...], b: str, b_cuts: tuple[int, ...], met: int
) -> None:
    assert shared_cuts(a, a_cuts, b, b_cuts) == met


@given(st.text("abc", max_size=7), st.text("abc", max_size=7), st.data())
def test_no_more_cuts_meet_than_there_are(a: str, b: str, data: st.DataObject) -> None:
    cuts = [sorted(data.draw(st.sets(st.integers(1, max(1, len(t) - 1)), max_size=3))) for t in (a, b)]
    assert 0 <= shared_cuts(a, cuts[0], b, cuts[1]) <= min(map(len, cuts))
    assert shared_cuts(a, cuts[0], a, cuts[0]) == len(cuts[0])


def test_the_contrast_of_a_name_by_hand(builtin_tokenizer: Tokenizer) -> None:
    table = contrast_table([WASHINGTON], builtin_tokenizer, ["be", "tr", "ru", "en"]).set_index(["a", "b"])
    assert [*table.index.names, *table.columns][0] == "a"
    row = table.loc[("be", "tr")]
    # Ваш|ын|г|тон and Va|ş|ington: both are cut behind ш and ş.
    assert row[["count_a", "count_b", "difference", "cuts_a", "cuts_b", "met"]].tolist() == [4, 3, 1, 3, 2, 1]
    assert (row["jaccard"], row["boundaries"]) == (0, pytest.approx(1 / 4))
    assert pd.isna(table.loc[("ru", "en"), "boundaries"])
    assert list(contrast_table([WASHINGTON], builtin_tokenizer).columns) == list(table_spec("contrast").columns)


NAMES = [
    entity(1, "PER", be="Ганна", en="Anna", ru="Анна"),
    entity(2, "PER", be="Пётр", en="Peter", ru="Пётр"),
    entity(3, "LOC", be="Вашынгтон", en="Washington", ru="Вашингтон"),
    entity(4, "LOC", be="Мінск", en="Minsk"),
]


def test_the_shared_table_is_the_mean_of_the_contrasts(builtin_tokenizer: Tokenizer) -> None:
    table = shared_table(NAMES, builtin_tokenizer)
    assert list(table.columns) == list(table_spec("shared").columns)
    single = contrast_table(NAMES, builtin_tokenizer)
    for row in table.itertuples():
        part = single[(single["a"] == row.a) & (single["b"] == row.b)]
        part = part if row.type == "all" else part[part["type"] == row.type]
        assert row.n == len(part)
        assert row.jaccard == pytest.approx(part["jaccard"].mean())
        assert row.difference == pytest.approx(part["difference"].mean())
        assert row.cut == part["boundaries"].notna().sum()
        if row.cut:
            assert row.boundaries == pytest.approx(part["boundaries"].mean())
    assert table.loc[table["n"] == 1, "jaccard_floor"].isna().all()
    assert set(table["scripts"]) == {"across", "Cyrillic"}
    same = shared_table([entity(i, en=f"Wa{i}", ru=f"Wa{i}") for i in range(9)], builtin_tokenizer).iloc[0]
    assert same["jaccard"] == 1 > same["jaccard_floor"] > 0


def test_the_floor_of_boundaries_is_that_of_random_cuts(builtin_tokenizer: Tokenizer) -> None:
    names = [entity(i, be="Вашынгтон", ru="Вашынгтон") for i in range(300)]
    row = shared_table(names, builtin_tokenizer, ["be", "ru"]).iloc[0]
    cut = cut_forms(["Вашынгтон"], builtin_tokenizer)["Вашынгтон"]
    own = set(cut.cuts)
    expected = np.mean([len(own & set(d)) / len(own | set(d)) for d in combinations(cut.places, len(own))])
    assert row["boundaries"] == 1
    assert row["boundaries_floor"] == pytest.approx(expected, abs=0.04)


def test_no_names_are_empty_tables(builtin_tokenizer: Tokenizer) -> None:
    for make in (aligned_table, contrast_table, shared_table):
        assert len(make([], builtin_tokenizer)) == 0
        assert len(make([entity(en="")], builtin_tokenizer)) == 0
    assert len(shared_table([entity(en="Rome")], builtin_tokenizer)) == 0


TEXTS = {
    "be": [["Вашынгтон", "расце"], ["Вашынгтон"]],
    "en": [["Washington", "grows"], ["Washington"]],
    "ru": [[], ["Вашингтон"]],
}


def test_parity_is_the_ratio_of_pieces_of_the_same_texts(builtin_tokenizer: Tokenizer) -> None:
    table = parity_table(TEXTS, builtin_tokenizer, against="be")
    assert list(table.columns) == list(table_spec("parity").columns)
    rows = table.set_index("language")
    pieces = {word: count_pieces(segment(word, builtin_tokenizer)) for word in ("расце", "grows")}
    assert rows.loc["be", ["n", "pieces", "parity"]].tolist() == [2, 8 + pieces["расце"], 1]
    assert rows.loc["en", "parity"] == pytest.approx((2 + pieces["grows"]) / (8 + pieces["расце"]))
    # Only one text is there in Russian.
    assert rows.loc["ru", ["n", "pieces", "pieces_against"]].tolist() == [1, 1, 4]
    assert pd.isna(rows.loc["ru", "low"])
    assert rows.loc["en", "low"] <= rows.loc["en", "parity"] <= rows.loc["en", "high"]


def test_parity_is_its_own_inverse_and_needs_a_reference(builtin_tokenizer: Tokenizer) -> None:
    there = parity_table(TEXTS, builtin_tokenizer, "be").set_index("language").loc["en", "parity"]
    back = parity_table(TEXTS, builtin_tokenizer, "en").set_index("language").loc["be", "parity"]
    assert there * back == pytest.approx(1)
    with pytest.raises(UsageError, match="no text in 'tr'"):
        parity_table(TEXTS, builtin_tokenizer, "tr")
    with pytest.raises(UsageError, match="Choose from none"):
        parity_table({"en": []}, builtin_tokenizer, "en")


def test_compatibility_is_the_ratio_of_compression_rates(builtin_tokenizer: Tokenizer) -> None:
    table = compatibility_table(TEXTS, builtin_tokenizer)
    assert list(table.columns) == list(table_spec("compatibility").columns)
    rows = table.set_index(["a", "b", "measure"])
    cut = {word: count_pieces(segment(word, builtin_tokenizer)) for word in ("расце", "grows")}
    row = rows.loc[("be", "en", "tokens")]
    assert row[["n_a", "n_b"]].tolist() == [23, 25]
    rates = (8 + cut["расце"]) / 23, (2 + cut["grows"]) / 25
    assert row[["rate_a", "rate_b", "compatibility"]].tolist() == pytest.approx([*rates, min(rates) / max(rates)])
    types = rows.loc[("be", "en", "types")]
    assert types["rate_a"] == pytest.approx((4 + cut["расце"]) / 14)
    assert pd.isna(rows.loc[("be", "ru", "tokens"), "ceiling"]) == (len(TEXTS["be"][0]) < 2)
    empty = compatibility_table({"be": [], "en": []}, builtin_tokenizer)
    assert empty["n_a"].tolist() == [0, 0]
    assert empty[["rate_a", "compatibility", "ceiling"]].isna().all(axis=None)


def test_wordpieces_are_cut_and_aligned_too(tiny_bert: Path) -> None:
    table = aligned_table([entity(en="washington", es="ab")], load_tokenizer(str(tiny_bert)))
    assert table["piece"].tolist() == ["washing", "##ton", "a", "##b"]
    assert table["part"].tolist()[:2] == ["washing", "ton"]
