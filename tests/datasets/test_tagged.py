"""Corpora of sentences that arrive tagged."""

from pathlib import Path

import pytest

from nerspace import datasets
from nerspace.datasets.errors import DataError, UsageError
from nerspace.datasets.naming import language_and_split
from nerspace.datasets.records import Sentence
from nerspace.datasets.tagged import TaggedCorpus, overlaps
from nerspace.datasets.tagging import find_scheme, kind_of, respell, spans_of, to_iob2, type_of


def sentence(text: str, tags: str, language: str = "en", split: str = "train") -> Sentence:
    words, marks = tuple(text.split()), tuple(tags.split())
    return Sentence(words, marks, text, "small", split, language, kind_of(marks), "", "", "")


SMALL = TaggedCorpus(
    "small",
    [
        sentence("Ann met Bob", "B-PER O B-PER"),
        sentence("Minsk is big", "B-LOC O O", "be", "test"),
        sentence("New York hired Ann", "B-LOC I-LOC O B-PER"),
        sentence("The film Jaws ran", "O O B-FILM O", "en", "test"),
        sentence("Nothing here", "O O"),
    ],
)


def test_counts_add_up_by_split_and_language() -> None:
    rows = SMALL.counts().set_index(["split", "language"])
    assert rows.loc["train", "en"].to_list() == ["small", 3, 9, 4, 3, 1, 0, 0]
    assert rows.loc["test", "be"].to_list() == ["small", 1, 3, 1, 0, 1, 0, 0]
    assert rows.loc["test", "en"].to_list() == ["small", 1, 4, 1, 0, 0, 0, 1]


def test_a_selection_keeps_sentences_with_one_of_the_types() -> None:
    assert [s.words[0] for s in SMALL.select(types=["LOC"]).sentences()] == ["Minsk", "New"]
    assert [s.type for s in SMALL.select(languages=["en"], splits=["train"]).sentences()] == ["PER", "mixed", ""]
    assert SMALL.types == ("PER", "LOC", "FILM")
    with pytest.raises(UsageError, match="'xx'.*en, be"):
        SMALL.select(languages=["xx"])
    with pytest.raises(UsageError, match="No sentence"):
        SMALL.select(languages=["be"], types=["PER"])


def test_a_sample_is_seeded_without_repetition_and_within_bounds() -> None:
    corpus = TaggedCorpus("many", [sentence(f"Word {i}", "O O") for i in range(500)])
    drawn = corpus.sample_numbers(100, seed=1)
    assert len(set(drawn)) == 100
    assert drawn == corpus.sample_numbers(100, seed=1) != corpus.sample_numbers(100, seed=2)
    assert sorted(corpus.sample_numbers(9999)) == list(range(500))
    with pytest.raises(IndexError):
        corpus.sentence(-1)


def test_a_sample_gives_sentences_and_the_corpus_prints_what_it_holds() -> None:
    assert SMALL.sample(3, seed=1) == [SMALL.sentence(number) for number in SMALL.sample_numbers(3, seed=1)]
    assert [s.language for s in SMALL.sample(9, language="be")] == ["be"]
    with pytest.raises(UsageError, match="'xx'.*en, be"):
        SMALL.sample(1, language="xx")
    assert repr(SMALL) == f"<TaggedCorpus 'small': {len(SMALL)} sentences in en be; PER LOC FILM; splits train test>"


@pytest.mark.parametrize("seed", range(4))
def test_sentences_and_contexts_that_read_the_same_fall_on_one_side(seed: int) -> None:
    rows = [sentence(f"Then Name{i} went home number {i % 40}", "O B-PER O O O O") for i in range(120)]
    rows += [sentence(f"this  Is the text {i % 50}".title() if i % 2 else f"this is the text {i % 50}", "O " * 5)
             for i in range(100)]  # fmt: skip
    rows += [sentence(f"other words altogether {i}", "O O O O", "pl") for i in range(100)]
    split = TaggedCorpus("twins", rows).split(seed)
    sides = [
        {" ".join(w if t == "O" else t for w, t in zip(s.words, s.tags, strict=True)).casefold() for s in p.sentences()}
        for p in (split.train, split.test)
    ]
    assert not sides[0] & sides[1]
    assert len(split.train) + len(split.test) == 320
    assert sum(1 for _ in split.test.sentences("pl")) == 20
    assert abs(sum(1 for _ in split.test.sentences("en")) - 44) <= 2
    assert split.test.splits == ("test",)


def test_equal_texts_stay_together_whatever_their_tags_and_however_short() -> None:
    rows = [sentence(f"Ann {i % 30}", "B-PER O" if i < 60 else "B-LOC O") for i in range(120)]
    split = TaggedCorpus("short", rows).split(0)
    sides = [{s.words for s in part.sentences()} for part in (split.train, split.test)]
    assert len(split.test) == 24
    assert not sides[0] & sides[1]


def test_overlaps_count_texts_and_names_shared_by_two_splits() -> None:
    corpus = TaggedCorpus(
        "leak",
        [
            sentence("Ann is here", "B-PER O O"),
            sentence("Ann is here", "B-PER O O", split="test"),
            sentence("ann was there", "B-PER O O", split="test"),
            sentence("Bob was there", "B-PER O O", split="test"),
        ],
    )
    assert overlaps(corpus).to_numpy().tolist() == [["en", "train", "test", 1, 1]]


@pytest.mark.parametrize(
    ("tags", "scheme", "result"),
    [
        ("B-PER I-PER O B-PER B-PER", "IOB2", "B-PER I-PER O B-PER B-PER"),
        ("I-PER I-PER O I-LOC B-LOC I-PER", "IOB1", "B-PER I-PER O B-LOC B-LOC B-PER"),
        ("S-PER O B-LOC I-LOC E-LOC S-LOC", "BIOES", "B-PER O B-LOC I-LOC I-LOC B-LOC"),
        ("U-person O B-GPE L-GPE", "BIOES", "B-PER O B-LOC I-LOC"),
        ("ORG I-ORG O PER PER", "bare first", "B-ORG I-ORG O B-PER B-PER"),
        ("ORG ORG O PER LOC", "bare", "B-ORG I-ORG O B-PER B-LOC"),
        ("O O", "IOB2", "O O"),
    ],
)  # fmt: skip
def test_every_scheme_is_told_apart_and_becomes_iob2(tags: str, scheme: str, result: str) -> None:
    assert find_scheme([tags.split()]) == scheme
    assert to_iob2(tags.split(), scheme) == tuple(result.split())


def test_an_entity_that_begins_with_i_behind_none_counts_as_conlleval_counts_it() -> None:
    assert to_iob2(["O", "I-LOC", "I-LOC", "O"], "IOB2") == ("O", "B-LOC", "I-LOC", "O")
    assert to_iob2(["I-PER", "B-PER", "O", "I-LOC"], "IOB2") == ("B-PER", "B-PER", "O", "B-LOC")


@pytest.mark.parametrize(
    ("tags", "plain"),
    [
        ("b-per i-per o", "B-per I-per o"),
        ("B_PER I_PER O", "B-PER I-PER O"),
        ("B-PER b-loc O", "B-PER B-loc O"),
        ("PER-B PER-I O", "B-PER I-PER O"),
        ("person_b O", "B-person O"),
        ("e-mail PER O", "e-mail PER O"),
        ("e-mail s-bahn O", "e-mail s-bahn O"),
        ("ORG I-ORG art-film O", "ORG I-ORG art-film O"),
        ("B-art-film I-art-film", "B-art-film I-art-film"),
    ],
)  # fmt: skip
def test_other_spellings_of_tags_are_understood_where_all_tags_share_them(tags: str, plain: str) -> None:
    assert [respell(tags.split())[tag] for tag in tags.split()] == plain.split()


@pytest.mark.parametrize("tags", ["B-PER LOC-B", "B-PER LOC b-loc", "I-PER ORG LOC_I"])
def test_tags_that_are_spelt_in_two_ways_are_refused(tags: str) -> None:
    with pytest.raises(ValueError, match="spelt in two ways"):
        respell(tags.split())


@pytest.mark.parametrize(
    ("tags", "scheme"),
    [
        ("B-PER I-LOC", "IOB2"),
        ("O I-LOC", "bare first"),
        ("B-PER O", "BIOES"),
        ("B-PER", "BIOES"),
        ("O E-PER", "BIOES"),
        ("B-PER E-LOC", "BIOES"),
        ("B-PER NaN", "IOB2"),
        ("B-PER -", "IOB1"),
    ],
)
def test_tags_that_do_not_follow_are_refused(tags: str, scheme: str) -> None:
    with pytest.raises(ValueError, match=r"tag|follow|end"):
        to_iob2(tags.split(), scheme)


def test_only_plain_synonyms_become_our_types() -> None:
    assert [type_of(t) for t in ("person", "per", "PERSON", "GPE", "geo-loc", "Organization", "org")] == [
        "PER", "PER", "PER", "LOC", "LOC", "ORG", "ORG",
    ]  # fmt: skip
    assert [type_of(t) for t in ("MISC", "FAC", "art-film", "NORP")] == ["MISC", "FAC", "art-film", "NORP"]


def test_spans_name_words_and_type() -> None:
    assert spans_of(["B-PER", "I-PER", "B-PER", "O", "B-LOC"]) == [(0, 2, "PER"), (2, 3, "PER"), (4, 5, "LOC")]


@pytest.mark.parametrize(
    ("path", "stated"),
    [
        ("gold_be.xlsx", ("be", "all")),
        ("be/train.txt", ("be", "train")),
        ("be-train.conll", ("be", "train")),
        ("be.dev.conll", ("be", "validation")),
        ("en_ewt-ud-test.iob2", ("en", "test")),
        ("wiki/uk/test", ("uk", "test")),
        ("de/ner.testa", ("de", "validation")),
        ("de/eng.testa", ("en", "validation")),
        ("esp.testa", ("es", "validation")),
        ("ned.train", ("nl", "train")),
        ("eng.testb", ("en", "test")),
        ("de/x.conll", ("de", "all")),
        ("be-x-old/test.txt", ("be-tarask", "test")),
        ("be-x-old.txt", ("be-tarask", "all")),
        ("ceb.txt", ("ceb", "all")),
        ("pcm-train.conll", ("pcm", "train")),
        ("luo/dev.txt", ("luo", "validation")),
        ("xx-train.conll", ("xx", "train")),
        ("xx.txt", ("xx", "all")),
        ("is-test.conll", ("is", "test")),
        ("my.conll", ("und", "all")),
        ("ner.txt", ("und", "all")),
        ("all/new.txt", ("und", "all")),
        ("train/en-es.conll", ("en", "train")),
        ("example_custom_dataset.csv", ("und", "all")),
        ("data/text.txt", ("und", "all")),
    ],
)
def test_names_state_language_and_split(path: str, stated: tuple[str, str]) -> None:
    root = Path("/somewhere/corpus")
    assert language_and_split(root / path, root) == stated


def test_an_everyday_word_among_codes_is_a_code(tmp_path: Path) -> None:
    for name in ("my-train.conll", "de-train.conll", "th-train.conll"):
        (tmp_path / name).write_text("Ann\tB-PER\n")
    assert language_and_split(tmp_path / "my-train.conll", tmp_path) == ("my", "train")


def test_the_last_word_of_the_named_folder_states_a_language_where_nothing_in_it_does(tmp_path: Path) -> None:
    for folder, language in (("brat_ru", "ru"), ("08-brat_ru", "ru"), ("brat_ru_old", "und"), ("my_corpus", "und")):
        root = tmp_path / folder
        assert language_and_split(root / "d1.txt", root) == (language, "all")
        assert language_and_split(root / "be" / "d1.txt", root) == ("be", "all")


def test_parallel_work_refuses_tagged_sentences(tmp_path: Path) -> None:
    (tmp_path / "x.conll").write_text("Ann\tB-PER\n")
    assert isinstance(datasets.load(tmp_path), TaggedCorpus)
    with pytest.raises(DataError, match="parallel"):
        datasets.load_parallel(tmp_path)
