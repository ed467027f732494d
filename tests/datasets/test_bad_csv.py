"""CSV files that nobody vouches for end in a corpus or in a DataError that names file and line."""

import csv
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nerspace import datasets
from nerspace.datasets import lines
from nerspace.datasets.dropped import dropped_table
from nerspace.datasets.errors import DataError

NAMES = b"en,be\nIndia,\xd0\x86\xd0\xbd\xd0\xb4\xd1\x8b\xd1\x8f\n"
CONTEXTS = b"be,en\n[???] \xd1\x82\xd1\x83\xd1\x82.,[???] is here.\n"
GOOD = {
    "readyten": {"LOC_NOM_names.csv": NAMES, "LOC_NOM_1984sents.csv": CONTEXTS},
    "slavner": {"S2/LOC_names.csv": NAMES, "S2/LOC_sents.csv": CONTEXTS},
    "pairs": {
        "contexts.csv": b"id,type,case,gender,en\na,LOC,nominative,,[loc] is here.\n",
        "entities.csv": b"id,type,case,gender,ambiguity,en\nx,LOC,nominative,,,India\n",
    },
}
EVERY_FILE = [(layout, name) for layout, files in GOOD.items() for name in files]


def write(folder: Path, layout: str, name: str = "", content: bytes = b"") -> Path:
    for file, right in GOOD[layout].items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_bytes(content if file == name else right)
    return folder


@pytest.mark.parametrize("layout", GOOD)
def test_the_good_folders_are_good(tmp_path: Path, layout: str) -> None:
    assert len(datasets.load(write(tmp_path, layout))) == 1


@pytest.mark.parametrize(("layout", "name"), EVERY_FILE)
@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "empty|lacks the column"),
        (b"\xff\xfee\0n\0", "UTF-16"),
        (b"\x80\x04\x95\xe1", "pickle"),
        (b"PK\x03\x04", "zip"),
        (b"a,b,c\n1,2,3\n", "line 1"),
        (b"\n\n\n", "line 1|empty"),
    ],
)
def test_something_else_in_place_of_a_file_is_named(
    tmp_path: Path, layout: str, name: str, content: bytes, problem: str
) -> None:
    write(tmp_path, layout, name, content)
    with pytest.raises(DataError, match=problem) as error:
        datasets.load(tmp_path)
    assert Path(name).name in str(error.value)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"en,be\n", "no row"),
        (b"en,be\nIndia\n", r"line 2: 1 cells.*Expected 2: en,be"),
        (b"en,be\nA,B\nIndia,Indyja,Indie\n", "line 3: 3 cells"),
        (b"en,be\nA,B\nIn\0dia,B\n", "line 3: a NUL byte"),
        (b"en,be\nA,B\n\xe9t\xe9,B\n", "line 3: no UTF-8 at byte 1"),
        (b'en,be\nA,B\n"India,B\n', "line 3"),
        (b'en,be\nA,B\n"In"dia,B\n', "line 3"),
        (b"en,en\nA,B\n", "line 1: a column is named twice"),
        (b"town,river\nA,B\n", "line 1: no column is a language.*be, bg"),
        (b"en,be\rA\r", r"line 2: 1 cells.*Expected 2: en,be"),
    ],
)
def test_a_broken_row_is_named_with_its_line(tmp_path: Path, content: bytes, problem: str) -> None:
    write(tmp_path, "readyten", "LOC_NOM_names.csv", content)
    with pytest.raises(DataError, match=rf"LOC_NOM_names\.csv.*{problem}"):
        datasets.load(tmp_path)


@pytest.mark.parametrize(
    ("name", "row", "problem"),
    [
        ("contexts.csv", b"a,LOC,locative,,[loc] was.\n", "line 3: 'a' has such a row above"),
        ("contexts.csv", b"b,PER,nominative,male,[male] was.\n", "line 3: unknown gender 'male'"),
        ("entities.csv", b"x,LOC,nominative,,,Indien\n", "line 3: 'x' has such a row above"),
        ("entities.csv", b"x,ORG,locative,,,in India\n", "line 3: 'x' has another type"),
    ],
)
def test_rows_of_our_own_layout_must_not_contradict_each_other(
    tmp_path: Path, name: str, row: bytes, problem: str
) -> None:
    write(tmp_path, "pairs", name, GOOD["pairs"][name] + row)
    with pytest.raises(DataError, match=rf"{name}, {problem}"):
        datasets.load(tmp_path)


def test_persons_need_the_column_gender(tmp_path: Path) -> None:
    write(tmp_path, "readyten")
    (tmp_path / "PER_names.csv").write_bytes(NAMES)
    with pytest.raises(DataError, match=r"PER_names\.csv, line 1: the column gender is missing"):
        datasets.load(tmp_path)


def test_a_line_of_200_megabytes_is_refused_and_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "readyten")
    with (tmp_path / "LOC_NOM_names.csv").open("ab") as handle:
        handle.truncate(200_000_000)
        handle.seek(len(NAMES))
        handle.write(b"x" * 3_000_000)
    largest = 0
    real = lines.lines_of

    def watch(handle: object, path: Path) -> object:
        nonlocal largest
        for number, line in real(handle, path):  # type: ignore[arg-type]
            largest = max(largest, len(line))
            yield number, line

    monkeypatch.setattr(lines, "lines_of", watch)
    with pytest.raises(DataError, match=r"LOC_NOM_names\.csv, line 3: longer than 1,000,000 bytes"):
        datasets.load(tmp_path)
    assert largest < 1_000_000


def test_a_quote_that_is_never_closed_does_not_swallow_the_file(tmp_path: Path) -> None:
    # A cell that is too long for csv, and, where its limit has been raised, a row that is too long for us.
    rows = b'en,be\n"India,B\n' + b"Spain,B\n" * 300_000
    write(tmp_path, "readyten", "LOC_NOM_names.csv", rows)
    limit = csv.field_size_limit()
    try:
        for size, problem in ((limit, "field larger"), (10_000_000, "a row of more than 1,000,000 characters")):
            csv.field_size_limit(size)
            with pytest.raises(DataError, match=rf"LOC_NOM_names\.csv, line 2: {problem}"):
                datasets.load(tmp_path)
    finally:
        csv.field_size_limit(limit)


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "readyten")
    real = lines.lines_of

    def append(handle: object, path: Path) -> object:
        for number, line in real(handle, path):  # type: ignore[arg-type]
            if path.name == "LOC_NOM_names.csv" and number == 1:
                with path.open("ab") as other:
                    other.write(b"Spain,B\n")
            yield number, line

    monkeypatch.setattr(lines, "lines_of", append)
    with pytest.raises(DataError, match=r"LOC_NOM_names\.csv changed while it was read"):
        datasets.load(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    write(tmp_path, "readyten")
    (tmp_path / "LOC_NOM_names.csv").chmod(0)
    with pytest.raises(DataError, match=r"LOC_NOM_names\.csv cannot be read"):
        datasets.load(tmp_path)


def test_a_folder_in_place_of_a_file_is_named(tmp_path: Path) -> None:
    write(tmp_path, "readyten")
    (tmp_path / "ORG_names.csv").mkdir()
    with pytest.raises(DataError, match=r"ORG_names\.csv is no ordinary file"):
        datasets.load(tmp_path)


def test_contexts_and_names_that_share_nothing_are_refused(tmp_path: Path) -> None:
    write(tmp_path, "readyten", "LOC_NOM_names.csv", b"tr\nHindistan\n")
    with pytest.raises(DataError, match="no context with a name that fits"):
        datasets.load(tmp_path)


def test_a_dropped_text_is_cut_to_a_length_that_can_be_shown(tmp_path: Path) -> None:
    write(tmp_path, "readyten", "LOC_NOM_1984sents.csv", CONTEXTS + b"a," + b"x" * 100_000 + b"\n")
    table = dropped_table(datasets.load(tmp_path))  # type: ignore[arg-type]
    assert list(table.columns) == ["file", "line", "language", "reason", "text"]
    assert table["text"].str.len().max() == 200


def _cells() -> st.SearchStrategy[bytes]:
    words = st.sampled_from(
        b'en|be|gender|[???]|[loc]|[male]|[in ???]|nan|,|\n|\r|"| |LOC|nominative|India|type|id|case'.split(b"|")
        + "\0|\ufeff|\u200b|\x1b[2J".encode().split(b"|")
    )
    return st.lists(words | st.binary(max_size=4), max_size=60).map(b"".join)


@pytest.mark.parametrize(("layout", "name"), EVERY_FILE)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_bytes_give_a_corpus_or_a_data_error(tmp_path: Path, layout: str, name: str, data: st.DataObject) -> None:
    start = data.draw(st.sampled_from([b"", GOOD[layout][name], GOOD[layout][name].split(b"\n")[0] + b"\n"]))
    write(tmp_path, layout, name, start + data.draw(_cells() | st.binary(max_size=200)))
    try:
        corpus = datasets.load(tmp_path)
    except DataError:
        return
    assert isinstance(corpus, datasets.SyntheticNER)
    for index in corpus.sample_numbers(5):
        for language, sentence in corpus.parallel(index).items():
            assert len(sentence.words) == len(sentence.tags)
            assert "B-LOC" in sentence.tags, (language, sentence)
            assert all(word and not word.isspace() for word in sentence.words)
    corpus.split(0)
    corpus.counts()
