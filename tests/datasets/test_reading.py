"""What a user wants of data that is read: its language, its types, and what they are called."""

from pathlib import Path

import pytest

from nerspace import datasets
from nerspace.datasets import Reading, TaggedCorpus
from nerspace.datasets.errors import DataError, UsageError
from nerspace.datasets.reading import renamed_line

TEXT = """Asha\tB-PERSON
Rao\tI-PERSON
met\tO
Holi\tB-FESTIVAL

Pune\tB-GPE
and\tO
Goa\tB-LOC
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "mr-train.conll").write_text(TEXT)
    return tmp_path


def tags(folder: Path, **wanted: object) -> list[tuple[str, ...]]:
    return [s.tags for s in datasets.load(folder, reading=Reading(**wanted)).sentences()]  # type: ignore[arg-type]


def test_usual_types_are_told_and_can_keep_their_names(folder: Path) -> None:
    corpus = datasets.load(folder)
    assert isinstance(corpus, TaggedCorpus)
    assert (corpus.types, corpus.renamed) == (("PER", "LOC", "FESTIVAL"), {"GPE": "LOC", "PERSON": "PER"})
    assert renamed_line(corpus.renamed) == (
        "Types read as the usual ones: GPE as LOC, PERSON as PER; --no-rename keeps them."
    )
    assert tags(folder, rename=False)[0] == ("B-PERSON", "I-PERSON", "O", "B-FESTIVAL")
    kept = datasets.load(folder, reading=Reading(rename=False))
    assert isinstance(kept, TaggedCorpus)
    assert (kept.renamed, renamed_line(kept.renamed)) == ({}, "")


def test_a_map_comes_before_any_other_renaming(folder: Path) -> None:
    assert tags(folder, map=(("GPE", "O"),))[1] == ("O", "O", "B-LOC")
    assert tags(folder, map=(("LOC", "PLACE"),))[1] == ("B-LOC", "O", "B-PLACE")
    # No label of the file is PER, so its own name for it is meant.
    assert tags(folder, map=(("PER", "HUMAN"),))[0] == ("B-HUMAN", "I-HUMAN", "O", "B-FESTIVAL")


def test_types_are_chosen_and_unknown_ones_are_refused_by_name(folder: Path) -> None:
    assert tags(folder, types=("FESTIVAL",)) == [("O", "O", "O", "B-FESTIVAL"), ("O", "O", "O")]
    assert tags(folder, types=("festival",), map=(("FESTIVAL", "EVENT"), ("GPE", "festival")))[1] == (
        "B-festival", "O", "O",
    )  # fmt: skip
    with pytest.raises(UsageError, match=r"type 'MISC'\. Its types: PER, LOC, FESTIVAL\."):
        datasets.load(folder, reading=Reading(types=("MISC",)))
    with pytest.raises(UsageError, match=r"type 'NOSUCH' to be mapped\. Its types: FESTIVAL, GPE, LOC, PERSON\."):
        datasets.load(folder, reading=Reading(map=(("NOSUCH", "ORG"),)))


def test_contexts_and_names_are_chosen_and_renamed_by_type_too() -> None:
    corpus = datasets.load_parallel(reading=Reading(types=("PERSON", "LOC"), map=(("PER", "PERSON"),)))
    assert corpus.types == ("PER", "LOC")
    assert {s.type for s in corpus.split(0).train.sample(200, language="be")} == {"PERSON", "LOC"}
    assert datasets.load_parallel(reading=Reading(map=(("ORG", "O"),))).types == ("PER", "LOC")
    with pytest.raises(UsageError, match="'MISC'"):
        datasets.load(reading=Reading(types=("MISC",)))


def test_the_language_of_a_file_can_be_said(folder: Path) -> None:
    assert datasets.load(folder, reading=Reading(language="hi")).languages == ("hi",)
    assert datasets.load(folder, language="bn").languages == ("bn",)
    with pytest.raises(DataError, match="parallel"):
        datasets.load_parallel(folder)


def test_sentences_are_named_by_their_number_or_by_what_they_say_of_themselves(folder: Path) -> None:
    corpus = datasets.load(folder)
    assert isinstance(corpus, TaggedCorpus)
    part = corpus.select(types=["LOC"])
    assert (part.identified(0).id, corpus.is_aligned) == ("mr/s1/", False)
    from dataclasses import replace

    said = TaggedCorpus("x", [replace(s, entity="Q1") for s in corpus.sentences()])
    assert [said.identified(i).id for i in range(2)] == ["mr/1/Q1", "mr/2/Q1"]
    assert said.is_aligned


def test_ids_that_a_file_gives_make_sentences_parallel(tmp_path: Path) -> None:
    (tmp_path / "de.conll").write_text("# alignment_id = 7\nBonn\tB-LOC\nruft\tO\n\n# alignment_id = 8\nAnna\tB-PER\n")
    (tmp_path / "hi.jsonl").write_text(
        '{"words": ["बॉन", "में"], "tags": ["B-LOC", "O"], "alignment_id": 7}\n'
        '{"words": ["आना"], "tags": ["B-PER"], "alignment_id": 9, "entity_id": "Q1"}\n'
    )
    (tmp_path / "mr.csv").write_text('tokens,ner_tags,alignment_id\n"बॉन में","B-LOC O",7\n')
    corpus = datasets.load(tmp_path)
    assert isinstance(corpus, TaggedCorpus)
    assert corpus.is_aligned
    assert sorted(corpus.identified(i).id for i in range(len(corpus))) == [
        "de/7/",
        "de/8/",
        "hi/7/",
        "hi/9/Q1",
        "mr/7/",
    ]
