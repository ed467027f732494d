"""Contexts and names of one's own: an example to begin with, columns by code or name, lists of names alone."""

from pathlib import Path

import pytest

from nerspace import datasets
from nerspace.datasets.dropped import dropped_table
from nerspace.datasets.errors import DataError, UsageError
from nerspace.datasets.example import example
from nerspace.datasets.filling import split_words
from nerspace.datasets.languages import LANGUAGES
from nerspace.datasets.synthetic import SyntheticNER
from nerspace.datasets.telling import told


def load(path: Path) -> SyntheticNER:
    corpus = datasets.load(path)
    assert isinstance(corpus, SyntheticNER)
    return corpus


def folder(path: Path, contexts: str, names: str) -> Path:
    (path / "contexts.csv").write_text(contexts, encoding="utf-8")
    (path / "entities.csv").write_text(names, encoding="utf-8")
    return path


@pytest.mark.parametrize("languages", [("de", "en", "hi"), tuple(LANGUAGES), ("fi", "ka"), ("yo", "sr-Latn", "uk")])
def test_the_example_is_a_corpus_with_comments(tmp_path: Path, languages: tuple[str, ...]) -> None:
    files = example(languages)
    assert all(text.startswith("# ") for text in files.values())
    corpus = load(folder(tmp_path, files["contexts.csv"], files["entities.csv"]))
    assert set(corpus.languages) == set(languages)
    assert len(corpus) == 9 + 2 * 6
    assert {s.type for s in corpus.sentences(languages[0])} == {"PER", "LOC"}
    assert len(corpus.split(0).test) > 0
    assert told(corpus) == []
    assert ("Translate them" in files["contexts.csv"]) == bool({"ka", "yo", "sr-Latn"} & set(languages))


def test_no_two_languages_of_the_example_but_those_not_written_say_the_same() -> None:
    codes = ("be", "bg", "ca", "cs", "de", "en", "es", "fi", "fr", "hi", "hr", "hu", "it", "nl", "pl", "pt", "ro", "ru",
             "sl", "sv", "tr", "uk")  # fmt: skip
    rows = example(codes)["contexts.csv"].splitlines()
    city = next(row for row in rows if row.startswith("city,")).split(",")[4:]
    assert len(set(city)) == len(codes)


@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_columns_of_languages_are_named_by_code_country_or_in_english(tmp_path: Path, sign: str) -> None:
    contexts = "id,type,case,gender,BY,Ukrainian,eng,note\nc,LOC,nominative,,[loc] тут.,[loc] тут.,[loc] is here.,x\n"
    names = "id,type,case,gender,UA,en,be\nm,LOC,nominative,,Мінськ,Minsk,Мінск\n"
    corpus = load(folder(tmp_path, contexts.replace(",", sign), names.replace(",", sign)))
    assert corpus.languages == ("be", "en", "uk")
    assert {code: s.words[0] for code, s in corpus.parallel(0).items()} == {
        "be": "Мінск",
        "en": "Minsk",
        "uk": "Мінськ",
    }
    assert told(corpus)[:2] == [
        "contexts.csv read as contexts: languages: BY as be, Ukrainian as uk, eng as en",
        "entities.csv read as names: languages: UA as uk",
    ]
    assert dropped_table(corpus)[["reason", "text"]].to_numpy().tolist() == [["unknown column left out", "note"]]


def test_columns_that_are_no_language_are_told_with_what_was_expected(tmp_path: Path) -> None:
    names = "id,type,case,gender,en\nm,LOC,nominative,,Minsk\n"
    folder(tmp_path, "id,type,case,gender,town\nc,LOC,nominative,,[loc]\n", names)
    with pytest.raises(DataError, match=r"contexts\.csv, line 1: no column is a language; it has .*town\. Exp"):
        load(tmp_path)
    folder(tmp_path, "# a comment\nid;type;en\nc;LOC;[loc]\n", names)
    with pytest.raises(DataError, match=r"line 2: it lacks the column case, gender\. .* it has id, type, en\."):
        load(tmp_path)
    folder(tmp_path, "id,type,case,gender,be,BY\nc,LOC,nominative,,[loc],[loc]\n", names)
    with pytest.raises(DataError, match="a column is named twice"):
        load(tmp_path)
    folder(tmp_path, "id,type,case,gender,en\nc,LOC,nominative,,[slot] is [x]\n", names)
    with pytest.raises(DataError, match=r"one of \[loc\] \[org\] \[male\] \[female\] .*It has \[slot\], \[x\]"):
        load(tmp_path)


WIDE = "id,name_be,name_en,type\n1,Мінск,Minsk,LOC\n2,Ганна,Anna,person\n3,Брэст,,LOC\n"
LONG = "wikidata_id\teng\tlabel\tlanguage\ttype\nQ1\tMinsk\tМінск\tbe\tLOC\nQ1\tMinsk\tMińsk\tpl\tLOC\n"


def test_a_wide_list_of_names_is_a_corpus_without_contexts(tmp_path: Path) -> None:
    path = tmp_path / "names.csv"
    for text in (WIDE, WIDE.replace(",", ";"), WIDE.replace(",", "\t"), WIDE.replace("name_be", "BY")):
        path.write_text(text, encoding="utf-8")
        corpus = load(path)
        assert corpus.languages == ("be", "en")
        assert [(e.type, e.forms["nominative"].get("en")) for e in corpus.entities] == [
            ("LOC", "Minsk"), ("PER", "Anna"), ("LOC", None),
        ]  # fmt: skip
        assert [row.reason for row in corpus.dropped] == ["no name, language left out"]
        assert corpus.counts()[["type", "contexts", "names"]].to_numpy().tolist() == [["LOC", 0, 2], ["PER", 0, 1]]
        assert datasets.load_names(path) == corpus.entities
    with pytest.raises(UsageError, match="names without contexts"):
        corpus.select(languages=["be"])


def test_a_long_list_of_names_joins_the_rows_of_an_id(tmp_path: Path) -> None:
    path = tmp_path / "names.tsv"
    path.write_text(LONG + "Q2\tAnna\tГанна\tbe\tPER\nQ2\tAnna\tAnn\ten\tPER\nQ2\tAnna\tx\tklingon?\tPER\n", "utf-8")
    corpus = load(path)
    assert {e.id: dict(e.forms["nominative"]) for e in corpus.entities} == {
        "Q1": {"be": "Мінск", "en": "Minsk", "pl": "Mińsk"},
        "Q2": {"be": "Ганна", "en": "Anna"},
    }
    assert [(row.line, row.reason) for row in corpus.dropped] == [
        (5, "a second name in one language"), (6, "a code that is no language"),
    ]  # fmt: skip
    assert told(corpus)[0] == "names.tsv read as a list of names: a row for each language; languages: eng as en"


def test_an_id_that_stands_twice_in_a_wide_list_is_not_merged(tmp_path: Path) -> None:
    (tmp_path / "n.csv").write_text("id,be,en\n1,Мінск,Minsk\n1,Брэст,Brest\n", encoding="utf-8")
    corpus = load(tmp_path / "n.csv")
    assert len(corpus.entities) == 1
    assert [row.reason for row in corpus.dropped] == ["an id that stands above"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("be,en\nМінск\n", r"n\.csv, line 2: 1 cells\. Expected 2: be, en"),
        ("be,en\n,\n", "no name below its first line"),
        ("be,en\nМінск,\n", "names in be alone"),
        ('be,en\n"Мінск,x\n', r"n\.csv, line 2"),
    ],
)
def test_a_list_of_names_that_cannot_be_read_is_named(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "n.csv").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=said):
        load(tmp_path / "n.csv")


def test_vowel_signs_and_lone_accents_are_parts_of_words() -> None:
    assert split_words("पेरिस एक शहर है।") == ["पेरिस", "एक", "शहर", "है", "।"]
    assert split_words("cafe\u0301 ok") == ["cafe\u0301", "ok"]
    assert split_words("می\u200cخواهم.") == ["می\u200cخواهم", "."]
