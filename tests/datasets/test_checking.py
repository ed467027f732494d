"""The report on a corpus tells sizes, overlaps, what was left out and what is ambiguous."""

import pandas as pd
import pytest

from nerspace import datasets
from nerspace.datasets import checking
from nerspace.datasets.dropped import Dropped
from nerspace.datasets.records import Context, Entity, Sentence
from nerspace.datasets.synthetic import SyntheticNER
from nerspace.datasets.tagged import TaggedCorpus


def sentence(words: str, tags: str, split: str = "train") -> Sentence:
    return Sentence(tuple(words.split()), tuple(tags.split()), words, "own", split, "en", "", "", "", "")


@pytest.fixture
def tagged() -> TaggedCorpus:
    return TaggedCorpus(
        "own",
        [
            sentence("Jordan met Anna", "B-PER O B-PER"),
            sentence("Jordan is dry today", "B-LOC O O O"),
            sentence("It rains", "O O"),
            sentence("Jordan met Anna", "B-PER O B-PER", "test"),
        ],
        dropped=[Dropped("a.conll", 7, "en", "no tag", "x"), Dropped("a.conll", 4, "en", "no tag", "y")],
    )


def test_sizes_of_tagged_text_count_a_sentence_for_each_of_its_types(tagged: TaggedCorpus) -> None:
    sizes = checking.size_table(tagged).set_index(["split", "type"])
    assert sizes["sentences"].to_dict() == {
        ("train", "PER"): 1, ("train", "LOC"): 1, ("train", "none"): 1, ("test", "PER"): 1,
    }  # fmt: skip
    assert sizes.loc[("train", "LOC"), "words"] == 4


def test_sizes_of_a_product_add_up_and_tell_how_many_were_measured() -> None:
    corpus = datasets.load_parallel()
    sizes = checking.size_table(corpus)
    whole = sizes[sizes["split"] == "all"]
    assert set(whole["language"]) == set(corpus.languages)
    assert whole.groupby("language")["sentences"].sum().eq(len(corpus)).all()
    assert whole["measured"].max() == checking.MEASURED
    pd.testing.assert_frame_equal(sizes, checking.size_table(corpus))


def test_overlaps_are_found_in_tagged_text_and_none_in_a_split_product(tagged: TaggedCorpus) -> None:
    found = checking.overlap_table(tagged).iloc[0]
    assert (found["texts"], found["names"]) == (1, 2)
    shared = checking.overlap_table(datasets.load_parallel(), seed=3)
    assert len(shared) == 11
    assert shared[["texts", "names"]].to_numpy().sum() == 0


def test_a_leaking_split_would_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    from nerspace.datasets.synthetic import Split

    context = Context("c", "LOC", "nominative", "", {"en": "See [loc]."})
    entity = Entity("e", "LOC", "", "", {"nominative": {"en": "Rome"}})
    corpus = SyntheticNER("leak", [context], [entity])
    monkeypatch.setattr(SyntheticNER, "split", lambda self, seed=0, test_share=0.2, held=(): Split(self, self))
    found = checking.overlap_table(corpus).iloc[0]
    assert (found["texts"], found["names"]) == (1, 1)


def test_reasons_name_the_first_line(tagged: TaggedCorpus) -> None:
    assert checking.reason_table(tagged).to_numpy().tolist() == [["no tag", "a.conll", 2, 4]]


def test_ambiguous_names_are_listed_with_their_types(tagged: TaggedCorpus) -> None:
    assert checking.ambiguity_table(tagged).to_numpy().tolist() == [["en", "Jordan", "LOC PER"]]
    builtin = checking.ambiguity_table(datasets.load_parallel())
    english = builtin[builtin["language"] == "en"].set_index("name")["types"]
    assert english["Washington"] == "LOC PER"
    assert english["Chelsea"] == "LOC ORG PER"
