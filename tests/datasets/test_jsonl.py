"""JSON lines: words with tags, and texts with spans."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nerspace import datasets
from nerspace.datasets.errors import DataError
from nerspace.datasets.tagged import TaggedCorpus


def load(path: Path) -> TaggedCorpus:
    corpus = datasets.load(path)
    assert isinstance(corpus, TaggedCorpus)
    return corpus


def read(tmp_path: Path, *records: Any) -> TaggedCorpus:
    path = tmp_path / "data.jsonl"
    path.write_text("".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in records), encoding="utf-8")
    return load(path)


def texts(corpus: TaggedCorpus) -> list[tuple[str, str]]:
    return [(" ".join(s.words), " ".join(s.tags)) for s in corpus.sentences()]


@pytest.mark.parametrize("key", ["spans", "entities", "labels", "label"])
@pytest.mark.parametrize("as_object", [True, False])
def test_spans_of_characters_become_tags(tmp_path: Path, key: str, as_object: bool) -> None:
    spans = [[0, 8, "LOC"], [14, 17, "PERSON"]]
    wanted: Any = [dict(zip(("start", "end", "label"), s, strict=True)) for s in spans] if as_object else spans
    corpus = read(tmp_path, {"text": "New York met (Ann).", key: wanted, "lang": "en", "split": "dev"})
    assert texts(corpus) == [("New York met ( Ann ) .", "B-LOC I-LOC O O B-PER O O")]
    sentence = corpus.sentence(0)
    assert (sentence.text, sentence.language, sentence.split) == ("New York met (Ann).", "en", "validation")


@pytest.mark.parametrize(("words", "tags"), [("words", "tags"), ("tokens", "ner_tags"), ("tokens", "labels")])
def test_words_with_tags_are_taken_as_they_are(tmp_path: Path, words: str, tags: str) -> None:
    assert texts(read(tmp_path, {words: ["Ann's", "here"], tags: ["B-PER", "O"]})) == [("Ann's here", "B-PER O")]
    named = {words: ["Ann", "here"], tags: [1, 0], "tag_names": ["O", "S-PER"]}
    assert texts(read(tmp_path, named)) == [("Ann here", "B-PER O")]


def test_a_word_is_cut_at_a_sign_but_never_between_letters(tmp_path: Path) -> None:
    good = {"text": "Londra'da FC-Köln", "spans": [[0, 6, "LOC"], [13, 17, "LOC"]]}
    bad = {"text": "Londoner", "spans": [[0, 6, "LOC"]]}
    corpus = read(tmp_path, good, bad, good)
    assert texts(corpus)[0] == ("Londra 'da FC- Köln", "B-LOC O O B-LOC")
    assert [(row.line, row.reason, row.text[:10]) for row in corpus.dropped] == [
        (2, "a span that cuts a word", '{"text": "')
    ]


def test_of_spans_that_overlap_the_longest_stays_and_the_other_is_told(tmp_path: Path) -> None:
    record = {"text": "Bank of England and", "spans": [[8, 15, "LOC"], [0, 15, "ORG"], [8, 19, "PER"], [0, 15, "ORG"]]}
    corpus = read(tmp_path, record)
    assert texts(corpus) == [("Bank of England and", "B-ORG I-ORG I-ORG O")]
    assert [(row.line, row.reason) for row in corpus.dropped] == [(1, "a span that overlaps a longer one")] * 2


def test_white_space_at_the_ends_of_a_span_is_no_part_of_it(tmp_path: Path) -> None:
    assert texts(read(tmp_path, {"text": "in  Rome , yes", "spans": [[2, 9, "LOC"]]})) == [
        ("in Rome , yes", "O B-LOC O O")
    ]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ("{no json", "not JSON"),
        ('{"words": ["a"], "tags": [NaN]}', "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[1]", "not a JSON object"),
        ({"text": "no spans"}, "neither words"),
        ({"words": ["a"], "tags": ["O", "O"]}, "not as many"),
        ({"words": ["a", " "], "tags": ["O", "O"]}, "empty word"),
        ({"words": ["a", 1], "tags": ["O", "O"]}, "empty word"),
        ({"words": ["a", "b\u0000"], "tags": ["O", "O"]}, "control"),
        ({"words": ["\ud800"], "tags": ["O"]}, "control"),
        ({"words": ["a"], "tags": [0]}, "numbers"),
        ({"words": ["a"], "tags": [None]}, "without a tag"),
        ({"words": ["a"], "tags": [True], "tag_names": ["O", "O"]}, "not a tag"),
        ({"words": ["a"], "tags": ["B-P\ud800ER"]}, "not a tag"),
        ({"text": "ab", "spans": [[0, 2, "L\ud800OC"]]}, "start, end, label"),
        ({"words": ["a", "b"], "tags": ["B-PER", "I-LOC"]}, "follow"),
        ({"text": "ab", "spans": [[0, 3, "LOC"]]}, "outside"),
        ({"text": "ab", "spans": [[1, 1, "LOC"]]}, "outside"),
        ({"text": "ab", "spans": [[-1, 1, "LOC"]]}, "outside"),
        ({"text": "ab", "spans": [[0, 1.5, "LOC"]]}, "start, end, label"),
        ({"text": "ab", "spans": [[0, 2, ""]]}, "start, end, label"),
        ({"text": "ab", "spans": [0]}, "start, end, label"),
        ({"text": 7, "spans": []}, "no text"),
    ],
)
def test_a_line_that_cannot_be_read_is_dropped_with_its_number(tmp_path: Path, record: Any, reason: str) -> None:
    corpus = read(tmp_path, {"words": ["x"], "tags": ["B-PER"]}, record)
    assert len(corpus) == 1
    (row,) = corpus.dropped
    assert (row.file, row.line) == ("data.jsonl", 2)
    assert reason in row.reason
    row.text.encode()
    with pytest.raises(DataError, match=r"data\.jsonl.*line 1"):
        read(tmp_path, record)


def test_thousands_of_spans_take_no_quadratic_time(tmp_path: Path) -> None:
    text = "ab " * 9_000
    spans = [[3 * i, 3 * i + 2, "LOC"] for i in range(9_000)]
    assert set(read(tmp_path, {"text": text, "spans": spans}).sentence(0).tags) == {"B-LOC"}


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-3, 30), st.floats(), st.sampled_from(["O", "B-PER", "I-LOC", ""]),
              st.text(max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(
        st.sampled_from(["start", "end", "label", "x"]), inner, max_size=3)),
    max_leaves=12,
)  # fmt: skip
RECORDS = st.dictionaries(
    st.sampled_from(["text", "words", "tokens", "tags", "ner_tags", "labels", "spans", "lang", "split", "tag_names"]),
    JSON, max_size=6,
)  # fmt: skip
SPANNED = st.builds(
    lambda text, spans: {"text": text, "spans": spans},
    st.text(max_size=12),
    st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12), st.sampled_from(["PER", "x y", "ORG"])), max_size=4),
)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.binary(max_size=80), st.lists(st.one_of(RECORDS, SPANNED), max_size=4)))
def test_anything_gives_sentences_or_a_data_error(tmp_path: Path, content: Any) -> None:
    if not isinstance(content, bytes):
        content = "\n".join(json.dumps(record) for record in content).encode()
    (tmp_path / "fuzz.jsonl").write_bytes(content)
    try:
        corpus = load(tmp_path / "fuzz.jsonl")
    except DataError:
        return
    for sentence in corpus.sentences():
        assert len(sentence.words) == len(sentence.tags) > 0
        assert all(word and word == word.strip() for word in sentence.words)
        "".join((*sentence.words, *sentence.tags, sentence.text, sentence.language, sentence.split)).encode()
