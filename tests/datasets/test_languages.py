"""Languages by their codes, whoever uses them."""

import pytest

from nerspace.datasets.errors import UsageError
from nerspace.datasets.languages import (
    LANGUAGES,
    code_of,
    family_of,
    find_language,
    in_order,
    language_of,
    name_of,
    parse_languages,
    prepositions_of,
    script_of,
)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("en", "en"), ("eng", "en"), ("ENG", "en"), ("deu", "de"), ("ger", "de"), ("ceb", "ceb"),
        ("be_tarask", "be-tarask"),
        ("be-x-old", "be-tarask"), ("zh-min-nan", "nan"), ("zh-hant", "zh-Hant"), ("sr-Latn", "sr-Latn"), ("iw", "he"),
        ("xx", ""), ("und", ""), ("x", ""), ("", ""), ("wikiann", ""), ("[red]", ""),
    ],
)  # fmt: skip
def test_a_code_is_written_in_one_way_and_checked(text: str, code: str) -> None:
    assert code_of(text) == code


def test_names_scripts_and_families_come_from_rows_or_from_the_library() -> None:
    assert [name_of(code) for code in ("sl", "de", "hi", "ceb", "xx")] == [
        "Slovene",
        "German",
        "Hindi",
        "Cebuano",
        "xx",
    ]
    scripts = [script_of(code) for code in ("be", "hi", "zh", "ja", "sr", "sr-Latn", "xx")]
    assert scripts == ["Cyrillic", "Devanagari", "Han", "Japanese", "Cyrillic", "Latin", "script of xx"]
    assert (family_of("be-tarask"), family_of("de"), prepositions_of("be-tarask")) == (
        "East Slavic", "German", LANGUAGES["be"].prepositions,
    )  # fmt: skip
    assert language_of("xx") is None
    variety = language_of("be-tarask")
    assert variety is not None
    assert variety.name == "Belarusian (tarask)"


def test_headings_name_languages_by_code_country_or_name() -> None:
    assert [find_language(text) for text in ("BY", "UA", "Ukrainian", "Slovenian", "Slovene", "German", "eng")] == [
        "be", "uk", "uk", "sl", "sl", "de", "en",
    ]  # fmt: skip
    assert [find_language(text) for text in ("label", "word", "name", "id", "Type", "")][:3] == ["", "", ""]


def test_lists_of_codes_take_any_language_and_refuse_what_is_none() -> None:
    assert parse_languages("eng, hi,be-x-old,en") == ("en", "hi", "be-tarask")
    assert parse_languages("all") == parse_languages(None) == ()
    with pytest.raises(UsageError, match="Unknown language 'xx'"):
        parse_languages("de,xx")


def test_our_eleven_come_first() -> None:
    assert in_order(["hi", "uk", "de", "be", "hi"]) == ("be", "uk", "hi", "de")
