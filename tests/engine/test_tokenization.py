import math
from typing import Any

import pandas as pd
import pytest
from tokenizers import Tokenizer

from nerspace.datasets.records import Entity
from nerspace.engine.encoders import load_tokenizer
from nerspace.engine.names.tokenization import (
    count_pieces,
    encode_sentences,
    encode_words,
    pieces_table,
    segment,
    tokenization_table,
)
from nerspace.engine.tables.index import table_spec

SENTENCES = [
    ["Zbigniew", "works", "in", "Washington", ",", "D.C.", "."],
    ["Нью", "-", "Йорк", "稣", "ст.", "Вашынгтон"],
    ["", "a", "\u200b", "two words", " Vaşington "],
    [],
]


def entity(kind: str = "LOC", **forms: str) -> Entity:
    return Entity(id="e1", type=kind, gender="", ambiguity="", forms={"nominative": forms})


def test_names_are_cut_as_the_paper_shows(builtin_tokenizer: Tokenizer) -> None:
    assert segment("Вашынгтон", builtin_tokenizer) == ["▁Ваш", "ын", "г", "тон"]
    assert segment("Vaşington", builtin_tokenizer) == ["▁Va", "ş", "ington"]
    assert segment("Washington", builtin_tokenizer) == ["▁Washington"]
    assert segment("Вашингтон", builtin_tokenizer) == ["▁Вашингтон"]


def test_segment_leaves_special_pieces_out_and_nothing_is_cut_off(builtin_tokenizer: Tokenizer) -> None:
    assert segment("", builtin_tokenizer) == []
    assert len(segment("a " * 2000, builtin_tokenizer)) == 2000


@pytest.mark.parametrize("encoder", ["builtin_folder", "tiny_xlmr", "tiny_bert"])
@pytest.mark.parametrize("words", SENTENCES)
def test_words_are_encoded_as_transformers_does(encoder: str, words: list[str], request: pytest.FixtureRequest) -> None:
    from transformers import AutoTokenizer

    folder = str(request.getfixturevalue(encoder))
    theirs = AutoTokenizer.from_pretrained(folder)(words, is_split_into_words=True) if words else None
    ours = encode_words(load_tokenizer(folder), words)
    if theirs is None:
        assert (len(ours.ids), ours.word_index) == (2, [None, None])
    else:
        assert (ours.ids, ours.word_index) == (theirs["input_ids"], theirs.word_ids())


def test_each_word_starts_with_the_mark_of_a_word(builtin_tokenizer: Tokenizer) -> None:
    ids, word_index = encode_words(builtin_tokenizer, ["Нью", "-", "Йорк"])
    starts = [word_index.index(word) for word in range(3)]
    assert all(builtin_tokenizer.id_to_token(ids[at]).startswith("▁") for at in starts)
    assert (ids[0], ids[-1], word_index[0], word_index[-1]) == (0, 2, None, None)


def test_a_word_that_is_cut_to_nothing_has_no_piece(builtin_tokenizer: Tokenizer) -> None:
    assert set(encode_words(builtin_tokenizer, ["a", "\u200b", "b"]).word_index) == {None, 0, 2}


def test_many_sentences_are_encoded_like_one(builtin_tokenizer: Tokenizer) -> None:
    assert encode_sentences(builtin_tokenizer, SENTENCES) == [encode_words(builtin_tokenizer, s) for s in SENTENCES]
    assert encode_sentences(builtin_tokenizer, []) == []


def test_a_lone_word_mark_is_a_piece_but_not_counted(builtin_tokenizer: Tokenizer) -> None:
    assert segment("稣", builtin_tokenizer) == ["▁", "稣"]
    assert count_pieces(["▁", "稣"]) == 1
    assert count_pieces(["▁San", "▁", "稣", "▁b", "c"]) == 4
    assert count_pieces(["▁"]) == 1
    assert count_pieces(["▁", "▁a"]) == 2
    assert count_pieces([]) == 0


def test_pieces_table_has_a_row_for_each_nominative_form(builtin_tokenizer: Tokenizer) -> None:
    both = Entity("e2", "PER", "m", "", {"nominative": {"ru": "稣", "en": "Ada"}, "locative": {"be": "у Адзе"}})
    locative = Entity("e3", "LOC", "", "", {"locative": {"en": "in Rome"}})
    table = pieces_table([entity(be="Вашынгтон", tr="Vaşington", en=""), both, locative], builtin_tokenizer)
    assert table.to_dict("list") == {
        "entity": ["e1", "e1", "e2", "e2"],
        "language": ["be", "tr", "en", "ru"],
        "form": ["Вашынгтон", "Vaşington", "Ada", "稣"],
        "pieces": ["▁Ваш ын г тон", "▁Va ş ington", "▁Ada", "▁ 稣"],
        "count": [4, 3, 1, 1],
        "type": ["LOC", "LOC", "PER", "PER"],
    }
    assert list(table.columns) == list(table_spec("pieces").columns)


def test_pieces_table_keeps_to_the_languages_asked_for(builtin_tokenizer: Tokenizer) -> None:
    table = pieces_table([entity(be="Вашынгтон", tr="Vaşington")], builtin_tokenizer, ["tr", "en"])
    assert table["language"].tolist() == ["tr"]
    empty = pieces_table([], builtin_tokenizer)
    assert (len(empty), list(empty.columns)) == (0, list(table_spec("pieces").columns))


def test_tokenization_table_by_hand(builtin_tokenizer: Tokenizer) -> None:
    table = tokenization_table(
        {"be": [["Вашынгтон", "稣"], ["Washington", "☃\U00010a38"]], "en": []}, builtin_tokenizer
    )
    assert list(table.columns) == list(table_spec("tokenization").columns)
    unknown = builtin_tokenizer.encode("☃\U00010a38", add_special_tokens=False).ids.count(3)
    pieces = 4 + 1 + 1 + count_pieces(segment("☃\U00010a38", builtin_tokenizer))
    assert unknown > 0
    found = {(row.language, row.measure): (row.n, row.value) for row in table.itertuples()}
    assert found["be", "fertility"] == (4, pieces / 4)
    assert found["be", "continued"] == (4, (1 + (pieces - 6 > 1)) / 4)
    assert found["be", "unknown"] == (pieces, unknown / pieces)
    for measure in ("fertility", "continued", "unknown"):
        n, value = found["en", measure]
        assert n == 0
        assert pd.isna(value)


def test_unknown_pieces_are_counted_for_wordpiece(tiny_bert: Any) -> None:
    table = tokenization_table({"en": [["washington", "Ж", "ab"]]}, load_tokenizer(str(tiny_bert)))
    values = dict(zip(table["measure"], table["value"], strict=True))
    assert math.isclose(values["fertility"], 5 / 3)
    assert math.isclose(values["continued"], 2 / 3)
    assert math.isclose(values["unknown"], 1 / 5)
