"""Articles and quotation marks around a name: no part of it, words of their own, outside its tags."""

from pathlib import Path

import pytest

from nerspace import datasets
from nerspace.datasets.filling import bare_name, dressed, fill
from nerspace.datasets.languages import LANGUAGES
from nerspace.datasets.readers import pairs
from nerspace.datasets.synthetic import SyntheticNER
from nerspace.engine.names.distances import tnld_table


@pytest.mark.parametrize(
    ("written", "language", "name", "around"),
    [
        ("the World Bank", "en", "World Bank", ("the", "")),
        ("el Barcelona", "ca", "Barcelona", ("el", "")),
        ("l'Everton", "ca", "Everton", ("l'", "")),
        ("la Comisión Europea", "es", "Comisión Europea", ("la", "")),
        ("La Habana", "es", "La Habana", ("", "")),
        ("«Барселона»", "ru", "Барселона", ("«", "»")),
        ("„Левски София“", "bg", "Левски София", ("„", "“")),
        ("«Barça»", "ca", "«Barça»", ("", "")),
        ("Theodore", "en", "Theodore", ("", "")),
        ("d'Artagnan", "ca", "d'Artagnan", ("", "")),
        ("the", "en", "the", ("", "")),
    ],
)
def test_a_written_form_is_taken_apart_and_put_together(
    written: str, language: str, name: str, around: tuple[str, str]
) -> None:
    assert bare_name(written, language) == (name, around)
    assert dressed(name, around) == written


@pytest.mark.parametrize(
    ("template", "name", "language", "around", "words", "tags"),
    [
        ("Only [org] can.", "World Bank", "en", ("the", ""), "Only the World Bank can .", "O O B I O O"),
        ("[org] can.", "World Bank", "en", ("the", ""), "The World Bank can .", "O B I O O"),
        ("“[org] can,” he says.", "UN", "en", ("the", ""), "“ The UN can , ” he says .", "O O B O O O O O O"),
        ("He says: “[org]?”", "UN", "en", ("the", ""), "He says : “ The UN ? ”", "O O O O O B O O"),
        ("See “[org]” here.", "UN", "en", ("the", ""), "See “ the UN ” here .", "O O O B O O O"),
        ("One: [org].", "UN", "en", ("the", ""), "One : the UN .", "O O O B O"),
        ("Yes. [org]’s own.", "UN", "en", ("the", ""), "Yes . The UN ’s own .", "O O O B O O O"),
        ("¿[org] gana?", "Barcelona", "es", ("el", ""), "¿ El Barcelona gana ?", "O O B O O"),
        ("— [org] guanya.", "Everton", "ca", ("l'", ""), "— L' Everton guanya .", "O O B O O"),
        ("Diu que [org] guanya.", "Everton", "ca", ("l'", ""), "Diu que l' Everton guanya .", "O O O B O O"),
        ("[org] перамагае.", "Барселона", "be", ("«", "»"), "« Барселона » перамагае .", "O B O O O"),
        ("Клуб «[org]».", "Барселона", "ru", ("«", "»"), "Клуб « Барселона » .", "O O B O O"),
        ("[org] and [org].", "UN", "en", ("the", ""), "The UN and the UN .", "O B O O B O"),
    ],
)  # fmt: skip
def test_what_stands_around_a_name_is_a_word_of_its_own_and_capital_where_a_sentence_begins(
    template: str, name: str, language: str, around: tuple[str, str], words: str, tags: str
) -> None:
    found, marks, text = fill(template, name, "nominative", "ORG", language, around)
    assert " ".join(found) == words
    assert " ".join(marks) == tags.replace("B", "B-ORG").replace(" I", " I-ORG")
    assert text.replace(" ", "") == "".join(found)


@pytest.mark.parametrize(
    ("template", "form", "language", "text"),
    [
        ("[loc], it rains.", "in London", "en", "In London, it rains."),
        ("Here, [loc], it rains.", "in London", "en", "Here, in London, it rains."),
        ("[loc] plou.", "a l'Havana", "ca", "A l'Havana plou."),
        ("[loc] yağıyor.", "Londra'da", "tr", "Londra'da yağıyor."),
    ],
)
def test_a_preposition_that_begins_a_sentence_is_capital(template: str, form: str, language: str, text: str) -> None:
    words, tags, found = fill(template, form, "locative", "LOC", language)
    assert found == text
    assert sum(tag == "B-LOC" for tag in tags) == 1
    assert "".join(words) == text.replace(" ", "")


def folder(path: Path) -> Path:
    (path / "contexts.csv").write_text(
        "id,type,case,gender,ca,en,ru\na,ORG,nominative,,[org] perd.,[org] loses.,[org] теряет.\n"
        "b,LOC,nominative,,[loc] és gran.,[loc] is big.,[loc] — это много.\n", encoding="utf-8",
    )  # fmt: skip
    (path / "entities.csv").write_text(
        "id,type,case,gender,ambiguity,alike,ca,en,ru\n"
        "o,ORG,nominative,,b,ca en ru,el Barcelona,Barcelona,«Барселона»\n"
        "l,LOC,nominative,,b,ca en ru,Barcelona,Barcelona,Барселона\n", encoding="utf-8",
    )  # fmt: skip
    return path


def test_the_club_with_its_article_is_the_name_for_split_search_and_distance(tmp_path: Path) -> None:
    corpus = pairs.read(folder(tmp_path), "two")
    club, town = corpus.entities
    assert club.forms == town.forms
    assert club.around == {"ca": ("el", "")}
    assert club.alike == ("ca", "en", "ru")
    assert corpus.sentence(0, "ca").text == "El Barcelona perd."
    assert corpus.named("Barcelona") == [club, town]
    assert corpus.named("el barcelona") == [club]
    assert tnld_table([club], ("ca", "en"))["tnld"].dropna().eq(0).all()
    for seed in range(5):
        split = corpus.split(seed)
        assert {entity.id for entity in split.test.entities} in (set(), {"o", "l"})


def test_quotation_marks_are_kept_when_asked_for(tmp_path: Path) -> None:
    without, with_marks = (pairs.read(folder(tmp_path), "two", quotes=quotes) for quotes in (False, True))
    assert without.sentence(0, "ru").text == "Барселона теряет."
    assert with_marks.sentence(0, "ru").text == "«Барселона» теряет."
    assert with_marks.sentence(0, "ru").tags == ("O", "B-ORG", "O", "O", "O")
    assert with_marks.sentence(0, "ca").text == "El Barcelona perd."
    assert with_marks.named("Барселона") == list(with_marks.entities)


def test_the_built_in_data_has_a_second_name_with_its_quotation_marks() -> None:
    plain, quoted = datasets.load_parallel("builtin"), datasets.load_parallel("builtin-quoted")
    assert {"builtin", "builtin-quoted"} <= datasets.available().keys()
    assert len(plain) == len(quoted)
    assert [e.forms for e in plain.entities] == [e.forms for e in quoted.entities]
    context = next(c for c in quoted.contexts if c.type == "ORG")
    for language in LANGUAGES:
        words = [c.sentence_of(context, c.entity_by_id["org-barcelona"], language).words for c in (plain, quoted)]
        assert len(words[1]) - len(words[0]) == (2 if language in ("be", "bg", "ru", "uk") else 0)
    assert not any(signs[1] for entity in plain.entities for signs in entity.around.values())


def test_our_files_read_lazily_are_what_the_strict_reader_finds() -> None:
    for quotes in (False, True):
        fast = pairs.read_own(datasets.BUILTIN, "x", quotes=quotes)
        strict = pairs.read(datasets.BUILTIN, "x", quotes=quotes)
        assert fast.contexts == strict.contexts
        assert [(e.id, e.type, e.gender, e.ambiguity, e.alike, e.kind) for e in fast.entities] == [
            (e.id, e.type, e.gender, e.ambiguity, e.alike, e.kind) for e in strict.entities
        ]
        for mine, theirs in zip(fast.entities, strict.entities, strict=True):
            assert mine.forms == theirs.forms
            assert dict(mine.around) == theirs.around


def test_a_kind_of_name_goes_only_where_it_makes_sense() -> None:
    from nerspace.datasets.records import Context, Entity

    contexts = [
        Context("votes", "LOC", "nominative", "", {"en": "[loc] votes."}, fits=("town",)),
        Context("shines", "LOC", "nominative", "", {"en": "[loc] shines."}),
    ]
    entities = [
        Entity(name, "LOC", "", "", {"nominative": {"en": name}}, kind=kind)
        for name, kind in (("Rome", "town"), ("Rhine", "river"), ("Nowhere", ""))
    ]
    corpus = SyntheticNER("kinds", contexts, entities)
    found = {(corpus.cell(i)[0].id, corpus.cell(i)[1].id) for i in range(len(corpus))}
    assert found == {
        ("votes", "Rome"), ("votes", "Nowhere"), ("shines", "Rome"), ("shines", "Rhine"), ("shines", "Nowhere"),
    }  # fmt: skip
    assert corpus.counts()["valid"].tolist() == [5]
    assert {corpus.cell(i)[0].id for i in corpus.sample_numbers(9, once=True)} == {"votes", "shines"}
