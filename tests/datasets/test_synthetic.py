"""The lazy product of contexts and names."""

import random
from itertools import product
from pathlib import Path

import pytest

from nerspace import datasets
from nerspace.datasets.errors import DataError, UsageError
from nerspace.datasets.filling import fill, split_form
from nerspace.datasets.records import Context, Entity
from nerspace.datasets.synthetic import SyntheticNER

LANGUAGES = ("en", "tr")


def context(number: int, kind: str = "PER", case: str = "nominative", gender: str = "m", text: str = "") -> Context:
    texts = {"en": text or f"Then [???] said {number}.", "tr": f"Sonra [???] dedi {number}."}
    return Context(f"{kind}-{case}-{gender}-{number}", kind, case, gender, texts)


def entity(number: int, kind: str = "PER", gender: str = "m", name: str = "", case: str = "nominative") -> Entity:
    return Entity(
        f"{kind}{gender}{number}", kind, gender, "", {case: {"en": name or f"Name{number}", "tr": f"Ad{number}"}}
    )


def corpus_of(contexts: int, entities: int) -> SyntheticNER:
    return SyntheticNER("small", [context(i) for i in range(contexts)], [entity(i) for i in range(entities)])


def test_every_cell_is_one_pair_that_fits_and_none_is_missing() -> None:
    contexts = [context(i, gender=g) for i, g in enumerate("mmf")] + [context(9, "LOC", gender="")]
    entities = [entity(i, gender=g) for i, g in enumerate("mfff")] + [entity(9, "LOC", ""), entity(8, "ORG", "")]
    corpus = SyntheticNER("mixed", contexts, entities)
    wanted = {
        (c.id, e.id)
        for c, e in product(contexts, entities)
        if (c.type, c.gender) == (e.type, e.gender) and c.case in e.forms
    }
    found = [corpus.cell(i) for i in range(len(corpus))]
    assert {(c.id, e.id) for c, e in found} == wanted
    assert len(found) == len(wanted)
    with pytest.raises(IndexError):
        corpus.cell(len(corpus))


def test_counts_tell_possible_from_valid() -> None:
    corpus = SyntheticNER(
        "g", [context(i, gender=g) for i, g in enumerate("mmf")], [entity(i, gender=g) for i, g in enumerate("mffff")]
    )
    row = corpus.counts().iloc[0]
    assert (row["contexts"], row["names"], row["possible"], row["valid"]) == (3, 5, 15, 2 * 1 + 1 * 4)


def test_twenty_million_cells_cost_nothing_to_index_or_sample() -> None:
    corpus = corpus_of(6398, 3227)
    assert len(corpus) == 20_646_346
    assert corpus.cell(len(corpus) - 1)[1].id == "PERm3226"
    drawn = corpus.sample_numbers(1000, seed=3)
    assert len(set(drawn)) == 1000
    assert drawn == corpus.sample_numbers(1000, seed=3) != corpus.sample_numbers(1000, seed=4)


def test_once_takes_each_context_at_most_once() -> None:
    corpus = corpus_of(50, 7)
    drawn = corpus.sample_numbers(40, seed=1, once=True)
    assert len({corpus.cell(i)[0].id for i in drawn}) == 40
    assert len(corpus.sample_numbers(400, seed=1, once=True)) == 50


def test_a_sample_gives_sentences_of_different_cells() -> None:
    corpus = corpus_of(50, 7)
    drawn = corpus.sample(40, language="tr", seed=1)
    assert drawn == list(corpus.sentences("tr", corpus.sample_numbers(40, seed=1)))
    assert {sentence.language for sentence in corpus.sample(40)} == {"en", "tr"}
    assert corpus.sample(40) == corpus.sample(40) != corpus.sample(40, seed=1)
    assert len({sentence.context for sentence in corpus.sample(40, once=True)}) == 40
    assert len(corpus.sample(400)) == 350
    with pytest.raises(UsageError, match="'xx'.*en, tr"):
        corpus.sample(2, language="xx")


def test_a_corpus_prints_what_it_holds() -> None:
    assert repr(corpus_of(50, 70)) == (
        "<SyntheticNER 'small': 3,500 parallel sentences in each of en tr; PER; 50 contexts, 70 names>"
    )
    assert "test part" in repr(datasets.load().split().test)
    assert datasets.load().types == ("PER", "LOC", "ORG")


@pytest.mark.parametrize("seed", range(5))
def test_no_context_and_no_name_is_on_both_sides_of_a_split(seed: int) -> None:
    split = datasets.load().split(seed)
    for language in split.test.languages:
        sides = [
            (
                {c.texts[language] for c in part.contexts},
                {" ".join(split_form(f[language], case, language)[1]) for e in part.entities for case, f in
                 e.forms.items()},
            )
            for part in (split.train, split.test)
        ]  # fmt: skip
        assert not sides[0][0] & sides[1][0]
        assert not sides[0][1] & sides[1][1]


def test_a_split_is_eighty_to_twenty_in_every_type_case_and_gender_and_depends_on_the_seed() -> None:
    corpus = datasets.load()
    split = corpus.split(0)
    sizes = {(c.type, c.case, c.gender) for c in corpus.contexts}
    for key in sizes:
        whole = sum((c.type, c.case, c.gender) == key for c in corpus.contexts)
        assert sum((c.type, c.case, c.gender) == key for c in split.test.contexts) == round(0.2 * whole)
    for kind, gender in {(e.type, e.gender) for e in corpus.entities}:
        whole = sum((e.type, e.gender) == (kind, gender) for e in corpus.entities)
        tested = sum((e.type, e.gender) == (kind, gender) for e in split.test.entities)
        assert abs(tested - 0.2 * whole) <= 1
    assert [c.id for c in corpus.split(0).test.contexts] == [c.id for c in split.test.contexts]
    assert [c.id for c in corpus.split(1).test.contexts] != [c.id for c in split.test.contexts]


def test_duplicates_by_text_in_any_language_fall_on_one_side() -> None:
    generator = random.Random(0)
    contexts = [context(i, text=f"Here [???] sang {generator.randrange(40)}.") for i in range(100)]
    split = SyntheticNER("twins", contexts, [entity(i) for i in range(10)]).split(0)
    texts = [{c.texts["en"] for c in part.contexts} for part in (split.train, split.test)]
    assert not texts[0] & texts[1]


def test_a_parallel_cell_says_the_same_in_every_language() -> None:
    corpus = datasets.load()
    for index in corpus.sample_numbers(50, seed=0):
        sentences = corpus.parallel(index)
        assert {(s.context, s.entity) for s in sentences.values()} == {
            (sentences["en"].context, sentences["en"].entity)
        }
        for language, sentence in sentences.items():
            assert len(sentence.words) == len(sentence.tags)
            tagged = [w for w, t in zip(sentence.words, sentence.tags, strict=True) if t != "O"]
            form = corpus.entity_by_id[sentence.entity].forms[sentence.case][language]
            assert " ".join(tagged) in form
            assert sum(tag.startswith("B-") for tag in sentence.tags) == 1


@pytest.mark.parametrize(
    ("template", "form", "case", "language", "words", "tags"),
    [
        ("He left [loc] today.", "to New York", "directional", "en",
         "He left to New York today .", "O O O B-LOC I-LOC O O"),
        ("Bugün [loc] kal.", "Londra'da", "locative", "tr", "Bugün Londra 'da kal .", "O B-LOC O O O"),
        ("Cisim [???]'dır.", "Hindistan", "nominative", "tr", "Cisim Hindistan 'dır .", "O B-LOC O O"),
        ("Avui és [loc].", "a l'Havana", "locative", "ca", "Avui és a l' Havana .", "O O O O B-LOC O"),
        ("Está [loc].", "en La Habana", "locative", "es", "Está en La Habana .", "O O B-LOC I-LOC O"),
        ("Hoy está [loc].", "en la India", "locative", "es", "Hoy está en la India .", "O O O O B-LOC O"),
        ("Přijel [male].", "Karel II.", "nominative", "cs", "Přijel Karel II.", "O B-LOC I-LOC"),
        ("(“[org]”, 1984)", "N'Djamena", "nominative", "tr", "( “ N'Djamena ” , 1984 )", "O O B-LOC O O O O"),
    ],
)  # fmt: skip
def test_only_the_name_is_tagged_and_nothing_is_lost(
    template: str, form: str, case: str, language: str, words: str, tags: str
) -> None:
    found_words, found_tags, text = fill(template, form, case, "LOC", language)
    assert " ".join(found_words) == words
    assert " ".join(found_tags) == tags
    assert text.replace(" ", "") == "".join(found_words)


def test_selecting_an_unknown_or_empty_part_names_the_valid_values() -> None:
    corpus = datasets.load()
    with pytest.raises(UsageError, match="'xx'.*be, bg"):
        corpus.select(languages=["en", "xx"])
    with pytest.raises(UsageError, match="No sentence"):
        corpus.select(types=["ORG"], cases=["locative"])


@pytest.mark.parametrize(
    ("file", "content", "problem"),
    [
        ("contexts.csv", b"id,type\n", "lacks the column case, gender"),
        ("contexts.csv", b"id,type,case,gender,en\na,LOC,nominative,,no slot here\n", "line 2.*exactly one"),
        ("contexts.csv", b"id,type,case,gender,en\na,CITY,nominative,,[loc]\n", "line 2.*CITY.*PER, LOC, ORG"),
        ("contexts.csv", b"id,type,case,gender,en\na,LOC\n", "line 2: expected 5 cells"),
        ("contexts.csv", b"id,type,case,gender,en\n\xff\xfe,LOC,nominative,,[loc]\n", "UTF-8"),
    ],
)
def test_a_broken_file_is_named_with_its_line(tmp_path: Path, file: str, content: bytes, problem: str) -> None:
    (tmp_path / "entities.csv").write_text("id,type,case,gender,ambiguity,en\n")
    (tmp_path / file).write_bytes(content)
    with pytest.raises(DataError, match=problem):
        datasets.load(tmp_path)


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no layout known"):
        datasets.load(tmp_path)
    with pytest.raises(DataError, match="'nowhere'.*builtin"):
        datasets.load("nowhere")
