"""Sentences written as text read back as the same words and tags."""

import csv
import io
import json
import unicodedata
from itertools import islice, repeat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nerspace import datasets
from nerspace.datasets.errors import UsageError
from nerspace.datasets.records import Sentence
from nerspace.datasets.synthetic import SyntheticNER
from nerspace.datasets.tagged import TaggedCorpus
from nerspace.datasets.tagging import kind_of
from nerspace.datasets.writing import COLUMNS, write

WORD = (
    st.one_of(
        st.sampled_from(
            ["#", "# a = b", "#x", "en:a", "O", "B-PER", "-", '"', "a b", "1\u00a0000", "\ufeff", "{", "'da"]
        ),
        st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=6).map(str.strip),
    )
    .map(lambda word: unicodedata.normalize("NFC", word))
    .filter(lambda word: word and not word.startswith("-DOCSTART-"))
)


@st.composite
def tagged(draw: st.DrawFn) -> Sentence:
    words, tags = [], []
    for _ in range(draw(st.integers(1, 4))):
        kind = draw(st.sampled_from(["O", "PER", "LOC", "ORG", "MISC", "art-film"]))
        inside = draw(st.lists(WORD, min_size=1, max_size=3))
        words += inside
        tags += ["O"] * len(inside) if kind == "O" else [f"B-{kind}", *[f"I-{kind}"] * (len(inside) - 1)]
    text = draw(st.sampled_from([" ".join(words), "".join(words)]))
    language = draw(st.sampled_from(["en", "be", "und"]))
    return Sentence(tuple(words), tuple(tags), text, "c", "train", language, kind_of(tags), "", "", "")


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(tagged(), min_size=1, max_size=4), st.sampled_from(["conll", "jsonl"]))
def test_what_is_written_reads_back(tmp_path: Path, sentences: list[Sentence], form: str) -> None:
    path = tmp_path / f"out.{form}"
    path.write_text("".join(write(sentences, form)), encoding="utf-8", newline="")
    corpus = datasets.load(path)
    assert isinstance(corpus, TaggedCorpus)
    assert corpus.dropped == ()
    for old, new in zip(sentences, corpus.sentences(), strict=True):
        assert (new.words, new.tags, new.language, new.type) == (old.words, old.tags, old.language, old.type)


@settings(max_examples=100, deadline=None)
@given(st.lists(tagged(), min_size=1, max_size=4))
def test_csv_has_one_row_a_sentence(sentences: list[Sentence]) -> None:
    rows = list(csv.DictReader(io.StringIO("".join(write(sentences, "csv")), newline="")))
    assert [row["text"] for row in rows] == [sentence.text for sentence in sentences]
    for row, sentence in zip(rows, sentences, strict=True):
        assert row["words"].split(" ") == [word.replace(" ", "\u00a0") for word in sentence.words]
        assert tuple(row["tags"].split(" ")) == sentence.tags


def test_parallel_sentences_are_written_with_where_they_came_from(tmp_path: Path) -> None:
    corpus = datasets.load()
    assert isinstance(corpus, SyntheticNER)
    sentence = corpus.sentence(corpus.sample_numbers(1, seed=4)[0], "tr")
    (block,) = write([sentence], "conll")
    assert block.startswith(f"# id = {sentence.context}/{sentence.entity}/tr\n# text = {sentence.text}\n# lang = tr\n")
    (line,) = write([sentence], "jsonl")
    record = json.loads(line)
    start, end, kind = record["spans"][0]
    assert kind == sentence.type
    tagged = [w for w, t in zip(sentence.words, sentence.tags, strict=True) if t != "O"]
    assert record["text"][start:end] == " ".join(tagged)
    assert list(record)[:5] == ["id", "text", "words", "tags", "spans"]


def test_writing_streams() -> None:
    endless = repeat(Sentence(("a",), ("O",), "a", "c", "all", "en", "", "", "", ""))
    for form in ("conll", "jsonl", "csv"):
        assert len(list(islice(write(endless, form), 3))) == 3


def test_nothing_to_write_is_no_error_and_an_unknown_format_is() -> None:
    assert "".join(write([], "conll")) == ""
    assert "".join(write([], "csv")) == ",".join(COLUMNS) + "\n"
    with pytest.raises(UsageError, match="'xml'.*conll, jsonl, csv"):
        write([], "xml")
