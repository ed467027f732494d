"""Small files of the kinds that used to be read wrongly: each gives its right result where the folder is at hand."""

from pathlib import Path

import pytest

from nerspace import datasets
from nerspace.datasets.errors import DataError
from nerspace.datasets.synthetic import SyntheticNER
from nerspace.datasets.tagged import TaggedCorpus
from nerspace.datasets.telling import told

SHARED = Path(__file__).resolve().parents[3] / "shared" / "inputs"

pytestmark = pytest.mark.skipif(not SHARED.exists(), reason="needs ../shared/inputs")


@pytest.mark.parametrize(
    ("name", "language", "sentences", "words", "types"),
    [
        ("01-index-first_be.conllu", "be", 2, 4, {"PER": 1, "LOC": 1}),
        ("02-conllu-tag-last_sl.conllu", "sl", 1, 5, {"PER": 1, "LOC": 1}),
        ("04-conllu-misc-ner_sl.conllu", "sl", 1, 5, {"PER": 1, "LOC": 1}),
        ("05-uner_sl.iob2", "sl", 2, 7, {"PER": 1, "LOC": 1}),
        ("07-bsnlp", "bg", 2, 11, {"PER": 2, "LOC": 2}),
        ("08-brat_ru", None, 1, 5, {"PER": 1, "CITY": 1}),
        ("09-global-columns_sl.conllup", "sl", 2, 4, {"PER": 1, "LOC": 1}),
        ("10-docstart-file_pl.iob", "pl", 2, 4, {"nam_liv_person": 1, "nam_loc_gpe_city": 1}),
        ("11-i-start_be.conll", "be", 2, 6, {"PER": 2}),
        ("13-sentence-id-column_be.tsv", "be", 2, 4, {"PER": 1, "LOC": 1}),
        ("14-sentence-id-column_be.xlsx", "be", 2, 4, {"PER": 1, "LOC": 1}),
        ("15-prodigy-reject_be.jsonl", "be", 1, 4, {"PER": 1}),
        ("17-doccano-offsets_be.jsonl", "be", 1, 4, {"PER": 1, "LOC": 1}),
        ("18-label-studio_be.json", "be", 1, 4, {"PER": 1, "LOC": 1}),
        ("20-json-array_be.json", "be", 1, 2, {"PER": 1}),
        ("22-kaggle_be.csv", "be", 2, 4, {"PER": 1, "LOC": 1}),
        ("23-gold-table_be.csv", "be", 2, 4, {"PER": 1, "LOC": 1}),
        ("24-map-gpe_be.conll", "be", 2, 6, {"PER": 2, "LOC": 1}),
        ("26-lower-prefix_be.conll", "be", 1, 4, {"PER": 1, "LOC": 1}),
        ("27-suffix-tags_be.conll", "be", 2, 5, {"PER": 1, "LOC": 1}),
        ("29-pipe-nested_cs.conll", "cs", 2, 5, {"P": 1, "gu": 1}),
        ("30-be-x-old.txt", "be-tarask", 2, 4, {"PER": 1, "LOC": 1}),
    ],
)
def test_a_file_gives_its_right_result(
    name: str, language: str | None, sentences: int, words: int, types: dict[str, int]
) -> None:
    corpus = datasets.load(SHARED / name)
    assert isinstance(corpus, TaggedCorpus)
    found = list(corpus.sentences())
    assert len(found) == sentences
    assert sum(len(sentence.words) for sentence in found) == words
    tags = [tag[2:] for sentence in found for tag in sentence.tags if tag.startswith("B-")]
    assert {kind: tags.count(kind) for kind in tags} == types
    assert language in (None, *corpus.languages)


def test_words_texts_and_what_is_told() -> None:
    def load(name: str) -> TaggedCorpus:
        corpus = datasets.load(SHARED / name)
        assert isinstance(corpus, TaggedCorpus)
        return corpus

    assert load("02-conllu-tag-last_sl.conllu").sentence(0).text == "Alenka spi v Celju."
    assert "words: column 2, tags: column 3 of 5" in told(load("05-uner_sl.iob2"))[0]
    assert load("30-be-x-old.txt").sentence(0).words == ("Менск", "вялікі")
    assert load("27-suffix-tags_be.conll").sentence(0).words[:2] == ("Alena", "Novik")
    assert load("11-i-start_be.conll").sentence(0).tags == ("O", "B-PER", "I-PER", "O")
    assert [row.reason for row in load("15-prodigy-reject_be.jsonl").dropped] == [
        "an answer of reject",
        "an answer of ignore",
    ]
    assert {s.words[0] for s in load("07-bsnlp").sentences()} == {"Рада"}


def test_contexts_and_names() -> None:
    with pytest.raises(DataError, match=r"one of \[loc\] \[org\] \[male\] \[female\] \[\?\?\?\]\. It has \[slot\]\."):
        datasets.load(SHARED / "33-slot")
    for name, languages, entities in (
        ("34-codes", ("be", "en", "uk"), 2), ("36-names-wide.csv", ("be", "en", "uk"), 2),
        ("37-paranames.tsv", ("be", "en", "uk"), 1),
    ):  # fmt: skip
        corpus = datasets.load(SHARED / name)
        assert isinstance(corpus, SyntheticNER)
        assert corpus.languages == languages
        assert len(corpus.entities) == entities
