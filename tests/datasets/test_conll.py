"""Text with one word and tag a line."""

import os
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nerspace import datasets
from nerspace.datasets import lines
from nerspace.datasets.errors import DataError
from nerspace.datasets.readers import files
from nerspace.datasets.reading import Reading
from nerspace.datasets.tagged import TaggedCorpus

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "slavner" / "Framework" / "data"


def load(path: Path) -> TaggedCorpus:
    corpus = datasets.load(path)
    assert isinstance(corpus, TaggedCorpus)
    return corpus


def read(tmp_path: Path, text: str, name: str = "en.conll") -> list[tuple[str, str]]:
    (tmp_path / name).write_text(text, encoding="utf-8")
    return [(" ".join(s.words), " ".join(s.tags)) for s in load(tmp_path / name).sentences()]


def test_tabs_spaces_and_many_columns_read_alike(tmp_path: Path) -> None:
    wanted = [("New York won", "B-LOC I-LOC O"), ("Ann", "B-PER")]
    assert read(tmp_path, "New\tB-LOC\nYork\tI-LOC\nwon\tO\n\nAnn\tB-PER\n") == wanted
    assert read(tmp_path, "New B-LOC\nYork I-LOC\nwon O\n \t\nAnn B-PER") == wanted
    assert read(tmp_path, "New NNP _ B-LOC\r\nYork NNP _ I-LOC\r\nwon VB _ O\r\n\r\nAnn NNP _ B-PER\r\n") == wanted
    assert read(tmp_path, "﻿New\tx\tB-GPE\nYork\tx\tI-GPE\nwon\tx\tO\n\n\n\nAnn\ty\tB-person\n") == wanted


def test_comments_and_document_marks_are_no_words_and_hashes_are(tmp_path: Path) -> None:
    text = "-DOCSTART- -X- O\n\n# id = 1\n# text = Hi, Ann\nHi x O\n, x O\nAnn x B-PER\n\n#tag x O\n# x O\n"
    assert read(tmp_path, text) == [("Hi , Ann", "O O B-PER"), ("#tag #", "O O")]
    corpus = load(tmp_path / "en.conll")
    assert corpus.sentence(0).text == "Hi, Ann"
    assert read(tmp_path, "# id 4f-2\tdomain=en\nThe _ _ O\nwho _ _ B-ORG\n") == [("The who", "O B-ORG")]


def test_comments_tell_the_language_and_a_text_of_other_words_is_not_believed(tmp_path: Path) -> None:
    read(tmp_path, "# lang = be\n# text = Something else\nМінск\tB-LOC\n")
    assert load(tmp_path / "en.conll").sentence(0).language == "be"
    assert load(tmp_path / "en.conll").sentence(0).text == "Мінск"


def test_the_language_code_of_wikiann_is_taken_off_only_if_every_word_has_it(tmp_path: Path) -> None:
    assert read(tmp_path, "tr:İzmir\tB-LOC\ntr::\tO\ntr:a:b\tO\ntr:son\tO\n", "x.txt")[0][0] == "İzmir : a:b son"
    assert load(tmp_path / "x.txt").languages == ("tr",)
    assert read(tmp_path, "tr:İzmir\tB-LOC\ntr::\tO\na:b\tO\ntr:son\tO\n", "x.txt")[0][0] == "tr:İzmir tr:: a:b tr:son"


def test_only_spaces_and_tabs_part_columns(tmp_path: Path) -> None:
    assert read(tmp_path, "1\u00a0000 O\nAnn B-PER\n") == [("1\u00a0000 Ann", "O B-PER")]
    assert read(tmp_path, "New York\tB-LOC\nwon\tO\n") == [("New York won", "B-LOC O")]


def test_iob1_is_read_as_such_and_iob2_with_errors_loses_the_sentence(tmp_path: Path) -> None:
    assert read(tmp_path, "Ann\tI-PER\nBob\tB-PER\nRome\tI-LOC\n") == [("Ann Bob Rome", "B-PER B-PER B-LOC")]
    text = "Ann\tB-PER\nRome\tI-LOC\n\nAnn\tB-PER\nsaid\tO\n\nOh\tO\n"
    assert read(tmp_path, text) == [("Ann said", "B-PER O"), ("Oh", "O")]
    (row,) = load(tmp_path / "en.conll").dropped
    assert (row.file, row.line, row.language, row.text) == ("en.conll", 1, "en", "Ann Rome")
    assert "follow" in row.reason


def test_a_ragged_or_empty_row_drops_its_sentence_and_no_other(tmp_path: Path) -> None:
    text = "a\tO\nb\n\nc\tO\n\n\tO\n\nd\tB-PER\ne\t\n\nf\tO\tO\n\ng\tnan\n\n" + "x\tO\n\n" * 9
    assert read(tmp_path, text) == [("c", "O"), *[("x", "O")] * 9]
    rows = load(tmp_path / "en.conll").dropped
    assert [(row.line, row.reason) for row in rows] == [
        (1, "a row of another number of columns"),
        (6, "an empty word"),
        (8, "a word without a tag"),
        (11, "a row of another number of columns"),
        (13, "not a tag"),
    ]


def test_folders_are_read_with_language_and_split_from_their_names(tmp_path: Path) -> None:
    for language in ("be", "en"):
        (tmp_path / language).mkdir()
        for part in ("train", "dev", "test"):
            (tmp_path / language / part).write_text(f"{language}{part}\tB-PER\nx\tO\n\n")
    (tmp_path / "README.md").write_text("A corpus of names.\n\nIt is small.\n")
    corpus = load(tmp_path)
    assert [(s.language, s.split, s.words[0]) for s in corpus.sentences()][:3] == [
        ("be", "validation", "bedev"), ("be", "test", "betest"), ("be", "train", "betrain"),
    ]  # fmt: skip
    assert len(corpus) == 6
    assert [(row.file, row.line) for row in corpus.dropped] == [("README.md", 0)]
    assert [file.file for file in corpus.files][-1] == "en/train"
    assert {s.language for s in files.read(tmp_path, "x", Reading(language="uk")).sentences()} == {"uk"}


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"Ann\tB-PER\n\xff\xfe\tO\n", "line 2: no UTF-8 at byte 1"),
        (b"Ann\tB-PER\nB\0b\tO\n", "line 2: a NUL byte at byte 2"),
        (b"Ann\tB-PER\n" + b"x" * 1_000_001, "line 2: longer than 1,000,000 bytes"),
        (b"\x80\x04\x95\x00", "pickle.*never opened"),
        (b"\xff\xfeA\0", "UTF-16"),
        (b"", "empty|no sentence"),
        (b"\n \n\t\n", "no layout known|no sentence"),
        (b"Only prose here.\nAnd here, too.\n", "no layout known|cannot be read|no tagged text"),
        (b"Ann\nBob\n\nCy\tO\n\nDi\n", "2 of 3 sentences.*line 1"),
    ],
)
@pytest.mark.parametrize("name", ["en.conll", "en.txt"])
def test_a_file_that_cannot_be_read_is_named_with_its_line(
    tmp_path: Path, name: str, content: bytes, problem: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=problem if name == "en.conll" else ".") as caught:
        load(tmp_path / name)
    assert name in str(caught.value)


def test_a_line_of_200_mb_is_not_read_into_memory(tmp_path: Path, peak: Callable[[], int]) -> None:
    path = tmp_path / "long.conll"
    with path.open("wb") as handle:
        handle.write(b"a\tO\n")
        handle.truncate(200_000_000)
        handle.seek(4)
        handle.write(b"x" * 1_100_000)
    with pytest.raises(DataError, match="line 2: longer"):
        load(path)
    assert peak() < 20_000_000


def test_a_sentence_without_end_is_dropped_not_kept_in_memory(tmp_path: Path) -> None:
    assert len(read(tmp_path, "a\tO\n\nb\tO\n\n" + "x\tO\n" * 20_000)) == 2
    assert load(tmp_path / "en.conll").dropped[0].reason == "more than 10,000 words"


def test_a_file_that_changes_or_vanishes_while_read_is_refused(tmp_path: Path) -> None:
    def half_read(path: Path) -> Iterator[tuple[int, str]]:
        path.write_text("a\tO\n\nb\tO\n")
        rows = lines.read_lines(path)
        next(rows)
        return rows

    rows = half_read(tmp_path / "a.conll")
    (tmp_path / "a.conll").write_text("a\tO\n\nb\tO\n\nc\tO\n")
    with pytest.raises(DataError, match=r"a\.conll changed"):
        list(rows)
    rows = half_read(tmp_path / "b.conll")
    (tmp_path / "b.conll").unlink()
    with pytest.raises(DataError, match=r"b\.conll vanished"):
        list(rows)


def test_a_folder_of_pickles_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "loc_be").write_bytes(pickle.dumps([1]))
    with pytest.raises(DataError, match="loc_be is a Python pickle"):
        datasets.load(tmp_path)


def test_a_pipe_a_missing_file_and_a_nul_name_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.conll")
    with pytest.raises(DataError, match="no ordinary file"):
        datasets.load(tmp_path / "pipe.conll")
    with pytest.raises(DataError, match="no data set"):
        datasets.load("a\0b")


VALID = (
    "-DOCSTART-\tO\n\n# text = Ann met Bob\nAnn\tB-PER\nmet\tO\nBob\tI-PER\n\nу\tO\nМінску\tB-LOC\n\n"
    "en:New\tS-LOC\nYork\tLOC\n\n"
).encode()


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.binary(max_size=300),
        st.text(alphabet="ab #=\t\n\r -OBIPER:é\u00a0\x85\u2028", max_size=120).map(str.encode),
        st.tuples(st.integers(0, len(VALID)), st.integers(0, 20), st.binary(max_size=12)).map(
            lambda cut: VALID[: cut[0]] + cut[2] + VALID[cut[0] + cut[1] :]
        ),
    )
)
def test_any_bytes_give_sentences_or_a_data_error(tmp_path: Path, content: bytes) -> None:
    for name in ("fuzz.conll", "fuzz"):
        (tmp_path / name).write_bytes(content)
        try:
            corpus = load(tmp_path / name)
        except DataError:
            continue
        assert len(corpus)
        for sentence in corpus.sentences():
            assert len(sentence.words) == len(sentence.tags) > 0
            assert all(word and word == word.strip() for word in sentence.words)
            assert all(tag == "O" or tag[:2] in ("B-", "I-") for tag in sentence.tags)
            sentence.text.encode()


@pytest.mark.skipif(not SHARED.exists(), reason="needs ../shared/data")
def test_the_custom_data_of_slavner_loads_with_its_counts() -> None:
    corpus = load(SHARED / "custom_data")
    row = corpus.counts().iloc[0]
    assert corpus.schemes == {"example_custom_dataset.csv": "IOB2"}
    assert row["sentences":].to_list() == [701, 10734, 1101, 353, 494, 254, 0]
    # 25 sentences hold an I- behind another type, such as B-ORG I-PER.
    assert len(corpus.dropped) == 25
    assert {row.reason for row in corpus.dropped} == {"I- does not follow its entity"}
    assert corpus.dropped[0].line == 358
