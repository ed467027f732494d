import math
from typing import Any

import pandas as pd
import pytest
from tokenizers import Tokenizer

from nerspace.datasets.records import Entity
from nerspace.engine.encoders import load_tokenizer
from nerspace.engine.names.cuts import aligned_table
from nerspace.engine.names.tokenization import count_pieces, encode_sentences, pieces_table, segment, tokenization_table
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
    ours = encode_sentences(load_tokenizer(folder), [words])[0]
    if theirs is None:
        assert (len(ours.ids), ours.word_index) == (2, [None, None])
    else:
        assert (ours.ids, ours.word_index) == (theirs["input_ids"], theirs.word_ids())


def test_each_word_starts_with_the_mark_of_a_word(builtin_tokenizer: Tokenizer) -> None:
    ids, word_index = encode_sentences(builtin_tokenizer, [["Нью", "-", "Йорк"]])[0]
    starts = [word_index.index(word) for word in range(3)]
    assert all(builtin_tokenizer.id_to_token(ids[at]).startswith("▁") for at in starts)
    assert (ids[0], ids[-1], word_index[0], word_index[-1]) == (0, 2, None, None)


def test_a_word_that_is_cut_to_nothing_has_no_piece(builtin_tokenizer: Tokenizer) -> None:
    assert set(encode_sentences(builtin_tokenizer, [["a", "\u200b", "b"]])[0].word_index) == {None, 0, 2}


def test_many_sentences_are_encoded_like_one(builtin_tokenizer: Tokenizer) -> None:
    assert encode_sentences(builtin_tokenizer, SENTENCES) == [
        encode_sentences(builtin_tokenizer, [s])[0] for s in SENTENCES
    ]
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


# -- tokenizers that cut a word differently behind a space

RUNNING = "The mayor of Washington lives in 1999 in Вашынгтон ."
# As Llama 3 and EuroBERT part a text: a number keeps no space, so that the space is a piece of its own.
NUMBERS_ALONE = r"[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"


def byte_level(prefix: bool = False, pattern: str = "") -> Tokenizer:
    """A byte-level BPE with <s> and </s>, trained on a few words."""
    from tokenizers import Regex, models, pre_tokenizers, processors, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=prefix)
    if pattern:
        inner = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(pattern), "isolated"), inner])
    trainer = trainers.BpeTrainer(
        vocab_size=420, special_tokens=["<s>", "</s>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )  # fmt: skip
    tokenizer.train_from_iterator([RUNNING, "the mayors of Mayor"] * 20, trainer)
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 1), ("<s>", 0), add_prefix_space=prefix)
    tokenizer.encode_special_tokens = True
    return tokenizer


def pieces_of_words(tokenizer: Tokenizer, words: list[str]) -> list[list[str]]:
    ids, index = encode_sentences(tokenizer, [words])[0]
    return [[tokenizer.id_to_token(i) for i, w in zip(ids, index, strict=True) if w == n] for n in range(len(words))]


@pytest.mark.parametrize("pattern", ["", NUMBERS_ALONE])
def test_words_of_a_sentence_are_cut_as_in_the_running_text(pattern: str) -> None:
    tokenizer = byte_level(pattern=pattern)
    alone = tokenizer.encode(RUNNING.split(), is_pretokenized=True)
    assert alone.ids != tokenizer.encode(RUNNING).ids
    ids, index = encode_sentences(tokenizer, [RUNNING.split()])[0]
    assert ids == tokenizer.encode(RUNNING).ids
    assert (index[0], index[-1]) == (None, None)
    assert [w for w in index if w is not None] == sorted(w for w in index if w is not None)
    spelt = byte_level().pre_tokenizer.pre_tokenize_str
    for word, pieces in zip(RUNNING.split(), pieces_of_words(tokenizer, RUNNING.split()), strict=True):
        assert "".join(pieces).removeprefix("Ġ") == spelt(word)[0][0]


def test_a_space_that_is_a_piece_belongs_to_the_word_behind_it() -> None:
    tokenizer = byte_level(pattern=NUMBERS_ALONE)
    words = ["in", "1999", "Ж", "", " ", "\u00a0", "two  words", "of"]
    pieces = pieces_of_words(tokenizer, words)
    assert pieces[0] == ["in"]
    assert pieces[1][0] == "Ġ"
    assert pieces[2] == ["Ġ", "Ð", "ĸ"]
    assert (pieces[3], pieces[5][-2:]) == ([], ["Â", "ł"])
    assert "".join(pieces[6]) == "ĠtwoĠĠwords"
    assert pieces[7] == ["Ġof"]


def test_nothing_changes_where_a_space_before_each_word_is_the_rule() -> None:
    tokenizer = byte_level(prefix=True)
    ids, index = encode_sentences(tokenizer, [RUNNING.split()])[0]
    alone = tokenizer.encode(RUNNING.split(), is_pretokenized=True)
    assert (ids, index) == (alone.ids, alone.word_ids)
    assert ids == tokenizer.encode(RUNNING).ids


def test_a_name_is_cut_as_behind_another_word_and_shown_in_letters() -> None:
    tokenizer = byte_level()
    assert segment("Washington", tokenizer) == ["▁Washington"]
    assert segment("Вашынгтон", tokenizer) == ["▁Вашынгтон"]
    assert segment("The mayor of Washington", tokenizer)[-3:] == ["▁mayor", "▁of", "▁Washington"]
    assert "".join(segment("The mayor", tokenizer)) == "▁The▁mayor"
    assert segment("", tokenizer) == []
    inside = encode_sentences(tokenizer, [["in", "Вашынгтон"]])[0].ids[2:-1]
    assert len(inside) == 1


def test_bytes_that_are_no_whole_letter_are_marked() -> None:
    tokenizer = byte_level()
    assert segment("Ж", tokenizer) == ["▁", "<0xD0>", "<0x96>"]
    assert count_pieces(segment("Ж", tokenizer)) == 2
    assert segment("a\nb", tokenizer)[-2:] == ["<0x0A>", "b"]
    assert "".join(segment("東京 Ж é", tokenizer)).count("<0x") == 3 + 3 + 2 + 2


def test_tables_of_names_show_letters_and_count_as_a_model_reads() -> None:
    tokenizer = byte_level(pattern=NUMBERS_ALONE)
    table = pieces_table([entity(be="Вашынгтон", en="Washington 1999")], tokenizer)
    pieces = dict(zip(table["language"], table["pieces"], strict=True))
    counts = dict(zip(table["language"], table["count"], strict=True))
    assert pieces["be"] == "▁Вашынгтон"
    assert pieces["en"].startswith("▁Washington ▁ ")
    assert counts["en"] == len(pieces["en"].split()) - 1
    values = tokenization_table({"en": [["Washington", "mayor"]]}, tokenizer).set_index("measure")["value"]
    assert values["fertility"] == 1
    aligned = aligned_table([entity(en="The Washington", be="Вашынгтон")], tokenizer)
    english = aligned[aligned["language"] == "en"]
    assert english["part"].tolist()[-1] == "Washington"
    assert english["start"].tolist()[0] == 0
