"""Every layout that is read, with its right words and tags, and what is told of it."""

import json
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest

from nerspace import datasets
from nerspace.datasets.errors import DataError
from nerspace.datasets.readers import files
from nerspace.datasets.readers.layout import Source
from nerspace.datasets.readers.spacy_docbin import hash_of
from nerspace.datasets.readers.tag_names import names_beside
from nerspace.datasets.reading import Reading
from nerspace.datasets.tagged import TaggedCorpus
from nerspace.datasets.telling import told

# Two sentences, in many layouts.
ROWS = [("Ana Kos sings", "B-PER I-PER O"), ("Brest sleeps", "B-LOC O")]
TEXT = "Ana\tB-PER\nKos\tI-PER\nsings\tO\n\nBrest\tB-LOC\nsleeps\tO\n"


def write(folder: Path, name: str, content: Any) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8", newline="")
    return path


def load(path: Path, **reading: Any) -> TaggedCorpus:
    corpus = datasets.load(path, reading=Reading(**reading))
    assert isinstance(corpus, TaggedCorpus)
    return corpus


def rows(corpus: TaggedCorpus) -> list[tuple[str, str]]:
    return [(" ".join(s.words), " ".join(s.tags)) for s in corpus.sentences()]


def conllu(tag: str = "", misc: str = "", extra: bool = False) -> str:
    """CoNLL-U of ROWS, with tags in MISC or in a column behind it."""
    text = ""
    for sentence, tags in ROWS:
        text += f"# sent_id = {len(text)}\n# text = {sentence}\n"
        for number, (word, mark) in enumerate(zip(sentence.split(), tags.split(), strict=True), start=1):
            last = f"{misc}{mark}|SpaceAfter=No" if misc else "_"
            cells = [str(number), word, word.lower(), "NOUN", "N-s", "_", "0", "root", "_", last]
            text += "\t".join([*cells, *([mark] if extra else [])]) + "\n"
        text += "\n"
    return text


@pytest.mark.parametrize(
    ("name", "content", "told_of"),
    [
        ("plain.conll", TEXT, "words: column 1, tags: column 2 of 2"),
        ("cr.conll", TEXT.replace("\n", "\r"), "words: column 1, tags: column 2 of 2"),
        ("crlf.txt", TEXT.replace("\n", "\r\n"), "words: column 1, tags: column 2 of 2"),
        ("tabs-behind.conll", TEXT.replace("R\n", "R\t\n").replace("O\n", "O\t\t\n"), "column 1, tags: column 2 of 2"),
        ("spaces.txt", TEXT.replace("\t", " "), "words: column 1, tags: column 2 of 2"),
        ("index.conllu", "0\tAna\tB-PER\n1\tKos\tI-PER\n2\tsings\tO\n\n0\tBrest\tB-LOC\n1\tsleeps\tO\n",
         "words: column 2, tags: column 3 of 3"),
        ("index-without-blank.txt", "1 Ana B-PER\n2 Kos I-PER\n3 sings O\n1 Brest B-LOC\n2 sleeps O\n",
         "words: column 2, tags: column 3 of 3"),
        ("index-of-all.txt", "0 Ana B-PER\n1 Kos I-PER\n2 sings O\n\n3 Brest B-LOC\n4 sleeps O\n",
         "words: column 2, tags: column 3 of 3"),
        ("uner.iob2", "# sent_id = a\n1\tAna\tB-PER\t-\t-\n2\tKos\tI-PER\t-\t-\n3\tsings\tO\t-\t-\n\n"
         "1\tBrest\tB-LOC\t-\t-\n2\tsleeps\tO\t-\t-\n", "words: column 2, tags: column 3 of 5"),
        ("tag-first.tsv", "B-PER\tAna\nI-PER\tKos\nO\tsings\n\nB-LOC\tBrest\nO\tsleeps\n",
         "words: column 2, tags: column 1 of 2"),
        ("pos-first.txt", "NNP Ana B-PER\nNNP Kos I-PER\nVBZ sings O\n\nNNP Brest B-LOC\nVBZ sleeps O\n",
         "words: column 2, tags: column 3 of 3"),
        ("chunks.txt", "Ana NNP B-NP B-PER\nKos NNP I-NP I-PER\nsings VBZ B-VP O\n\nBrest NNP B-NP B-LOC\n"
         "sleeps VBZ B-VP O\n", "words: column 1, tags: column 4 of 4"),
        ("header.tsv", "Token\tPOS\tNER\nAna\tN\tB-PER\nKos\tN\tI-PER\nsings\tV\tO\n\nBrest\tN\tB-LOC\nsleeps\tV\tO\n",
         "words: column 1 (Token), tags: column 3 (NER) of 3"),
        ("header-twice.tsv", "word\ttag\nAna\tB-PER\nKos\tI-PER\nsings\tO\n\nword\ttag\nBrest\tB-LOC\nsleeps\tO\n",
         "words: column 1 (word), tags: column 2 (tag) of 2"),
        ("sentences.tsv", "sentence_id\tword\tner\n7\tAna\tB-PER\n7\tKos\tI-PER\n7\tsings\tO\n9\tBrest\tB-LOC\n"
         "9\tsleeps\tO\n", "words: column 2 (word), tags: column 3 (ner) of 3, sentences: column 1 (sentence_id)"),
        ("sentence-numbers.txt", "1 Ana N B-PER\n1 Kos N I-PER\n1 sings V O\n2 Brest N B-LOC\n2 sleeps V O\n",
         "words: column 2, tags: column 4 of 4, sentences: column 1"),
        ("misc.conllu", conllu(misc="NER="), "words: column 2 (FORM), tags: NER= in column 10 (MISC) of 10"),
        ("eleventh.conllu", conllu(extra=True), "words: column 2 (FORM), tags: column 11 of 11"),
        ("plus.conllup", "# global.columns = ID LEMMA FORM NE\n1\tana\tAna\tB-PER\n2\tkos\tKos\tI-PER\n3\tsing\tsings"
         "\tO\n\n1\tbrest\tBrest\tB-LOC\n2\tsleep\tsleeps\tO\n", "words: column 3 (FORM), tags: column 4 (NE) of 4"),
        ("marks.iob", "-DOCSTART CONFIG FEATURES orth\n-DOCSTART FILE a\nAna\tx\tB-PER\nKos\tx\tI-PER\nsings\ty\tO\n"
         "-DOCSTART FILE b\nBrest\tx\tB-LOC\nsleeps\ty\tO\n", "words: column 1, tags: column 3 of 3"),
        ("semicolons.txt", TEXT.replace("\t", ";"), "words: column 1, tags: column 2 of 2"),
        ("kaggle.csv", "Sentence #,Word,POS,Tag\nSentence: 1,Ana,NNP,B-per\n,Kos,NNP,I-per\n,sings,VBZ,O\n"
         "Sentence: 2,Brest,NNP,B-geo\n,sleeps,VBZ,O\n",
         "words: column 2 (Word), tags: column 4 (Tag) of 4, sentences: column 1 (Sentence #)"),
        ("gold.csv", "token,label\nAna,PER\nKos,I-PER\nsings,O\n,\nBrest,LOC\nsleeps,O\n",
         "words: column 1 (token), tags: column 2 (label) of 2"),
        ("pandas.csv", ",word,tag\n0,Ana,B-PER\n1,Kos,I-PER\n2,sings,O\n,,\n3,Brest,B-LOC\n4,sleeps,O\n",
         "words: column 2 (word), tags: column 3 (tag) of 3"),
        ("lists.csv", "id;tokens;ner_tags\n1;['Ana', 'Kos', 'sings'];['B-PER', 'I-PER', 'O']\n"
         "2;['Brest', 'sleeps'];['B-LOC', 'O']\n", "words: column 2 (tokens), tags: column 3 (ner_tags) of 3"),
        ("rows.json", [{"tokens": s.split(), "ner_tags": t.split()} for s, t in ROWS], "words with tags"),
        ("pretty.json", json.dumps([{"tokens": s.split(), "tags": t.split()} for s, t in ROWS], indent=1),
         "words with tags"),
        ("columns.json", {"tokens": [s.split() for s, _ in ROWS], "ner_tags": [t.split() for _, t in ROWS]},
         "words with tags"),
        ("viewer.json", {"features": [{"name": "ner_tags", "type": {"feature": {"names": ["O", "B-PER", "I-PER",
         "B-LOC"]}}}], "rows": [{"row": {"tokens": ["Ana", "Kos", "sings"], "ner_tags": [1, 2, 0]}},
         {"row": {"tokens": ["Brest", "sleeps"], "ner_tags": [3, 0]}}]}, "words with tags"),
        ("doccano.jsonl", '{"text":"Ana Kos sings","label":[[0,7,"PER"]]}\n'
         '{"text":"Brest sleeps","label":[[0,5,"LOC"]]}', "text with spans"),
        ("doccano2.jsonl", '{"id":1,"text":"Ana Kos sings","entities":[{"id":1,"label":"PER","start_offset":0,'
         '"end_offset":7}],"relations":[],"Comments":[]}\n{"id":2,"text":"Brest sleeps","entities":[{"id":4,"label":'
         '"LOC","start_offset":0,"end_offset":5}],"relations":[]}', "text with spans"),
        ("gliner.json", [{"tokenized_text": ["Ana", "Kos", "sings"], "ner": [[0, 1, "person"]]},
                         {"tokenized_text": ["Brest", "sleeps"], "ner": [[0, 0, "LOC"]]}], "GLiNER"),
        ("studio.json", [
            {"data": {"body": s}, "annotations": [{"result": [
                {"type": "labels", "value": {"start": 0, "end": e, "text": s[:e], "labels": [kind]}},
                {"type": "relation", "from_id": "a"}]}]}
            for s, e, kind in (("Ana Kos sings", 7, "PER"), ("Brest sleeps", 5, "LOC"))], "Label Studio"),
        ("studio-min.json", [{"text": "Ana Kos sings", "label": [{"start": 0, "end": 7, "labels": ["PER"]}]},
                             {"text": "Brest sleeps", "label": [{"start": 0, "end": 5, "labels": ["LOC"]}]}],
         "text with spans"),
        ("spacy-pairs.json", [["Ana Kos sings", {"entities": [[0, 7, "PERSON"]]}],
                              ["Brest sleeps", {"entities": [[0, 5, "GPE"]]}]], "spaCy"),
        ("spacy-classes.json", {"classes": ["PERSON"], "annotations": [
            ["Ana Kos sings", {"entities": [[0, 7, "PERSON"]]}], ["Brest sleeps", {"entities": [[0, 5, "GPE"]]}]]},
         "spaCy"),
        ("spacy-docs.json", [{"id": 0, "paragraphs": [{"sentences": [
            {"tokens": [{"orth": w, "ner": n} for w, n in
                        (("Ana", "B-PER"), ("Kos", "L-PER"), (" ", "O"), ("sings", "O"))]},
            {"tokens": [{"orth": "Brest", "ner": "U-LOC"}, {"orth": "sleeps", "ner": "O"}]}]}]}], "spaCy"),
        ("spacy-doc.jsonl",
         '{"text":"Ana Kos sings","ents":[{"start":0,"end":7,"label":"PERSON"}],"tokens":[{"id":0}]}\n'
         '{"text":"Brest sleeps","ents":[{"start":0,"end":5,"label":"LOC"}]}', "text with spans"),
    ],
)  # fmt: skip
def test_a_layout_is_read_and_told(tmp_path: Path, name: str, content: Any, told_of: str) -> None:
    corpus = load(write(tmp_path, name, content))
    assert rows(corpus) == ROWS
    assert corpus.dropped == ()
    assert corpus.files[0].columns.partition(";")[0].endswith(told_of)
    assert told(corpus)[0].startswith(f"{name} read as {corpus.files[0].layout}: ")


@pytest.mark.parametrize(
    ("tags", "wanted"),
    [
        ("b-per i-per o b-loc", "B-PER I-PER O B-LOC"),
        ("B_PER I_PER O B_LOC", "B-PER I-PER O B-LOC"),
        ("PER-B PER-I O LOC-B", "B-PER I-PER O B-LOC"),
        ("person-B person-I O place-B", "B-PER I-PER O B-LOC"),
        ("B-Person I-Person O B-GPE", "B-PER I-PER O B-LOC"),
        ("U-PER U-PER O U-LOC", "B-PER B-PER O B-LOC"),
    ],
)
def test_spellings_of_tags(tmp_path: Path, tags: str, wanted: str) -> None:
    text = "".join(f"{word}\t{tag}\n" for word, tag in zip(["Ana", "Kos", "sings", "Brest"], tags.split(), strict=True))
    corpus = load(write(tmp_path, "x.conll", text))
    assert rows(corpus) == [("Ana Kos sings Brest", wanted)]


def test_tags_spelt_in_two_ways_are_refused_with_both(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"x\.conll: tags spelt in two ways, B-PER and LOC-B\. Spell them"):
        load(write(tmp_path, "x.conll", "Ana\tB-PER\nBrest\tLOC-B\nsings\tO\n"))


def test_the_outer_layer_is_read_the_inner_counted_and_given_when_wanted(tmp_path: Path) -> None:
    table = "1\tBank\tB-ORG\tO\n2\tof\tI-ORG\tO\n3\tLima\tI-ORG\tB-LOC\n\n1\tAna\tB-PER\tO\n2\tsaid\tO\tO\n"
    inner_first = "\n".join("\t".join(c[:2] + c[:1:-1]) for c in (line.split("\t") for line in table.split("\n")))
    for name, content in (("outer.tsv", table), ("inner.tsv", inner_first)):
        path = write(tmp_path, name, content)
        assert rows(load(path)) == [("Bank of Lima", "B-ORG I-ORG I-ORG"), ("Ana said", "B-PER O")]
        assert "entities of other layers, not read (--layer): 1" in told(load(path))[0]
        assert rows(load(path, layer=2))[0] == ("Bank of Lima", "O O B-LOC")
    path = write(tmp_path, "pipes.conll", "Jan\tB-P|B-pf\nKos\tI-P|B-ps\nmet\tO\n\nLima\tB-gu\nis\tO\n")
    assert rows(load(path)) == [("Jan Kos met", "B-P I-P O"), ("Lima is", "B-gu O")]
    assert "layer 1 of 2" in told(load(path))[0]
    assert rows(load(path, layer=2))[0] == ("Jan Kos met", "B-pf B-ps O")
    with pytest.raises(DataError, match=r"has 2 layers of tags\. Choose another --layer"):
        load(path, layer=3)
    with pytest.raises(DataError, match=r"has 1 layer of tags"):
        load(write(tmp_path, "plain.conll", TEXT), layer=2)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            "Ana B-PER B-PER\nsings O O\nKos B-LOC B-PER\nBrest B-LOC B-LOC\n",
            "columns 2 and 3 hold tags that mostly agree",
        ),
        ("slovo znak\nAna B-PER\nsings O\nBrest B-LOC\n", "may be a header.*--columns word=slovo,tag=znak"),
        ("7 Ana B-PER\n3 sings O\n9 Brest B-LOC\n1 sleeps O\n", "column 1 holds numbers that count neither"),
        ("Ana PROPN\nsings VERB\nBrest PROPN\n", "no column holds tags"),
        ("a b\n" * 40, "no column holds tags"),
    ],
)
def test_doubt_is_an_error_with_the_next_step(tmp_path: Path, content: str, said: str) -> None:
    path = write(tmp_path, "x.conll", content)
    with pytest.raises(DataError, match=rf"x\.conll cannot be read: .*{said}") as caught:
        load(path)
    assert "--columns" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_users_columns_decide(tmp_path: Path) -> None:
    path = write(tmp_path, "x.txt", "Ana B-PER B-PER\nsings O O\nBrest B-LOC B-PER\n")
    assert rows(load(path, columns=[("word", "1"), ("tag", "3")])) == [("Ana sings Brest", "B-PER O B-PER")]
    path = write(tmp_path, "y.txt", "slovo znak\nAna B-PER\nsings O\nBrest B-LOC\n")
    assert rows(load(path, columns=[("word", "slovo"), ("tag", "znak")])) == [("Ana sings Brest", "B-PER O B-LOC")]
    path = write(tmp_path, "z.conll", "7 Ana x B-PER\n7 sings y O\n4 Brest x B-LOC\n7 sleeps y O\n")
    found = load(path, columns=[("word", "2"), ("sentence", "1")])
    assert [text for text, _ in rows(found)] == ["Ana sings", "Brest", "sleeps"]
    with pytest.raises(DataError, match="there is no column '9' among its 4"):
        load(path, columns=[("word", "9")])
    with pytest.raises(DataError, match="cannot hold both words and tags"):
        load(path, columns=[("word", "4")])


def test_several_tags_in_a_cell_that_are_no_layers_drop_their_sentence(tmp_path: Path) -> None:
    corpus = load(write(tmp_path, "x.conll", TEXT + "\nLima\tB-LOC|PER\n"))
    assert rows(corpus) == ROWS
    assert [row.reason for row in corpus.dropped] == ["several tags in one cell"]


def test_lines_of_several_words_are_passed_over(tmp_path: Path) -> None:
    extra = conllu(misc="NER=").replace("1\tBrest", "1-2\tBrestsleeps\t_\t_\t_\t_\t_\t_\t_\t_\n1\tBrest")
    extra = extra.replace("2\tsleeps", "1.1\tquite\t_\t_\t_\t_\t_\t_\t_\t_\n2\tsleeps")
    assert rows(load(write(tmp_path, "x.conllu", extra))) == ROWS


def test_a_word_without_its_number_drops_its_sentence(tmp_path: Path) -> None:
    text = "1 Ana B-PER\nx Kos I-PER\n\n" + "1 Brest B-LOC\n2 sleeps O\n\n" * 4
    with pytest.raises(DataError, match="column 1 or 2|could hold|numbers|cannot be read|no column"):
        load(write(tmp_path, "short.conll", "x Ana B-PER\n\n1 Brest B-LOC\n"), columns=[("word", "7")])
    corpus = load(write(tmp_path, "x.conll", "1 Brest B-LOC\n2 sleeps O\n\n" * 3000 + text))
    assert [row.reason for row in corpus.dropped] == ["a word without its number"]


def test_answers_that_were_rejected_are_left_out_and_told(tmp_path: Path) -> None:
    lines = [
        {"text": "Ana sings", "spans": [{"start": 0, "end": 3, "label": "PER"}], "answer": "accept"},
        {"text": "Nothing here", "answer": "accept"},
        {"text": "Old house", "spans": [{"start": 0, "end": 3, "label": "LOC"}], "answer": "reject"},
        {"text": "Older house", "spans": [], "answer": "reject"},
        {"text": "Hm", "spans": [], "answer": "ignore"},
    ]
    corpus = load(write(tmp_path, "x.jsonl", "\n".join(map(json.dumps, lines))))
    assert rows(corpus) == [("Ana sings", "B-PER O"), ("Nothing here", "O O")]
    assert told(corpus)[1:] == [
        "left out: 2 × an answer of reject (first: x.jsonl, line 3)",
        "left out: 1 × an answer of ignore (x.jsonl, line 5)",
    ]
    with pytest.raises(DataError, match="all 1 sentences are left out: an answer of ignore"):
        load(write(tmp_path, "y.jsonl", json.dumps(lines[-1])))


def test_further_annotations_are_counted_and_unannotated_tasks_set_aside(tmp_path: Path) -> None:
    def task(*labels: str) -> dict[str, Any]:
        found = [{"result": [{"value": {"start": 0, "end": 3, "labels": [label]}}]} for label in labels]
        return {"data": {"text": "Ana sings"}, "annotations": found}

    corpus = load(write(tmp_path, "x.json", [task("PER", "LOC"), task(), task()]))
    assert rows(corpus) == [("Ana sings", "B-PER O")]
    assert "further annotations of the same text, not read: 1" in told(corpus)[0]
    assert told(corpus)[1].startswith("left out: 2 × a text that nobody annotated")


def test_a_span_that_does_not_say_what_stands_there_is_refused(tmp_path: Path) -> None:
    good = {"text": "Ана спiць", "entities": [{"start": 0, "end": 3, "label": "PER", "text": "Ана"}]}
    bad = {"text": "Ана Кос", "entities": [{"start": 4, "end": 6, "label": "PER", "text": "Кос"}]}
    corpus = load(write(tmp_path, "x.jsonl", "\n".join(map(json.dumps, (good, bad)))))
    assert rows(corpus) == [("Ана спiць", "B-PER O")]
    assert [row.reason for row in corpus.dropped] == ["a span whose text is not what stands there"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("dataset_infos.json", {"default": {"features": {"id": {"dtype": "string"}, "pos_tags": {"feature": {"names":
            ["X", "Y", "Z"]}}, "ner_tags": {"feature": {"names": ["O", "B-PER", "I-PER"], "_type": "ClassLabel"}}}}}),
        ("README.md", "---\ndataset_info:\n  features:\n  - name: tokens\n    sequence: string\n"
         "  - name: ner_tags\n    sequence:\n      class_label:\n        names:\n"
         "          '0': O\n          '1': B-PER\n          '2': I-PER\n---\n# A data set\n"),
        ("label2id.json", {"B-PER": 1, "O": 0, "I-PER": 2}),
        ("id2label.json", {"0": "O", "1": "B-PER", "2": "I-PER"}),
        ("labels.txt", "O\nB-PER\nI-PER\n"),
    ],
)  # fmt: skip
def test_tags_that_are_numbers_are_named_by_a_file_beside(tmp_path: Path, name: str, content: Any) -> None:
    path = write(tmp_path, "de/train.jsonl", json.dumps({"tokens": ["Ana", "Kos", "sang"], "ner_tags": [1, 2, 0]}))
    with pytest.raises(DataError, match="--tag-names"):
        load(path)
    assert rows(load(path, tag_names=["O", "B-LOC", "I-LOC"])) == [("Ana Kos sang", "B-LOC I-LOC O")]
    write(tmp_path, name, content)
    assert names_beside(path, tmp_path) == ("O", "B-PER", "I-PER")
    corpus = load(tmp_path)
    assert rows(corpus) == [("Ana Kos sang", "B-PER I-PER O")]
    assert "tags that are numbers, read as O,B-PER,I-PER" in told(corpus)[0]


def test_brat_reads_the_text_beside_and_says_what_it_passes_over(tmp_path: Path) -> None:
    text = "Ana Kos sings\nin Brest.\n\nNew\nYork sleeps.\n"
    write(tmp_path, "a/d1.txt", text)
    spans = [("T1", "PER", 0, 7), ("T2", "CITY", 17, 22), ("T3", "CITY", 25, 33), ("T4", "GIVEN", 0, 3)]
    lines = [f"{key}\t{kind} {start} {end}\t{' '.join(text[start:end].split())}" for key, kind, start, end in spans]
    path = write(tmp_path, "a/d1.ann", "\n".join([*lines, "R1\tIN Arg1:T1 Arg2:T2", "T9\tPER 0 3;8 13\tAna sings"]))
    corpus = load(tmp_path)
    assert rows(corpus) == [
        ("Ana Kos sings", "B-PER I-PER O"),
        ("in Brest .", "O B-CITY O"),
        ("New York sleeps .", "B-CITY I-CITY O O"),
    ]
    assert [s.text for s in corpus.sentences()][2] == "New York sleeps."
    assert [(row.reason, row.line) for row in corpus.dropped] == [
        ("a span in several parts", 0),
        ("a span that overlaps a longer one", 1),
    ]
    assert "relations, events and notes, not read: 1" in told(corpus)[0]
    path.write_text("T1\tPER 1 7\tAna Kos\n")
    with pytest.raises(DataError, match=r"d1\.ann, line 1: at 1 7 stands 'na Kos', not 'Ana Kos'"):
        load(tmp_path)
    (tmp_path / "a/d1.txt").unlink()
    with pytest.raises(DataError, match=r"d1\.ann has no text beside it\. Expected d1\.txt"):
        load(tmp_path)


def test_bsnlp_finds_its_names_in_the_raw_text(tmp_path: Path) -> None:
    text = "pl-1\npl\n2020-01-02\nhttp://x\nAna Kos w Nowym Jorku\n\nAna Kos, Ana, Anatol, Nowy Jork.\n"
    write(tmp_path, "raw/pl/d1.txt", text)
    names = (("Ana Kos", "PER"), ("Ana", "PER"), ("Nowym Jorku", "LOC"), ("Nowy Jork", "LOC"), ("Nikt", "PER"))
    write(tmp_path, "annotated/pl/d1.out", "pl-1\n" + "".join(f"{name}\tx\t{kind}\tX-1\n" for name, kind in names))
    corpus = load(tmp_path)
    assert corpus.languages == ("pl",)
    assert rows(corpus) == [
        ("Ana Kos w Nowym Jorku", "B-PER I-PER O B-LOC I-LOC"),
        ("Ana Kos , Ana , Anatol , Nowy Jork .", "B-PER I-PER O B-PER O O O B-LOC I-LOC O"),
    ]
    assert [(row.reason, row.text) for row in corpus.dropped] == [("a name that its document does not hold", "Nikt")]
    (tmp_path / "raw/pl/d1.txt").unlink()
    with pytest.raises(DataError, match=r"d1\.out is a list of names without its document\. Expected d1\.txt"):
        load(tmp_path)


def test_a_sheet_that_numbers_its_sentences(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (("Sentence #", "Word", "POS", "Tag"), ("S1", "Ana", "N", "B-PER"), (None, "Kos", "N", "I-PER"),
                (None, "sings", "V", "O"), ("S2", "Brest", "N", "B-LOC"), (None, "sleeps", "V", "O")):  # fmt: skip
        assert book.active is not None
        book.active.append(row)
    book.save(tmp_path / "x.xlsx")
    corpus = load(tmp_path / "x.xlsx")
    assert rows(corpus) == ROWS
    assert "sentences: column 1 (Sentence #)" in told(corpus)[0]


def test_spacys_documents_are_read_by_their_keys_as_spacy_makes_them(tmp_path: Path) -> None:
    msgpack = pytest.importorskip("msgpack")
    # As spaCy 3.8 hashes them; names of types that it knows are numbers of its own.
    assert [hash_of(text) for text in ("Мінск", "Minsk", "a longer string of many bytes")] == [
        8752117690797626303, 8663229414304403255, 13027044865736363643,
    ]  # fmt: skip
    keys = [hash_of(text) for text in ("Мінск", "Ana", " ", "sings")]
    person, loc, missing = 380, 385, 0
    table = np.array(
        [
            [keys[1], 3, person, 1],
            [keys[2], 2, 0, 0],
            [keys[3], 2, 0, 0],
            [keys[0], 3, loc, 1],
            [keys[3], missing, 0, 1],
        ],
        dtype="<u8",
    )
    message = {"version": "0.1", "attrs": [65, 77, 78, 80], "tokens": table.tobytes(), "spaces": b"",
               "lengths": np.array([4, 1], dtype="<i4").tobytes(),
               "strings": ["Мінск", "Ana", " ", "sings"]}  # fmt: skip
    (tmp_path / "be.spacy").write_bytes(zlib.compress(msgpack.packb(message)))
    corpus = load(tmp_path / "be.spacy")
    assert rows(corpus) == [("Ana sings", "B-PER O"), ("Мінск", "B-LOC")]
    assert [row.reason for row in corpus.dropped] == ["a text without annotation of entities"]
    (tmp_path / "be.spacy").write_bytes(zlib.compress(msgpack.packb(message))[:-9])
    with pytest.raises(DataError, match=r"be\.spacy is no \.spacy file that is read here: it is cut off"):
        load(tmp_path / "be.spacy")


def test_parquet_of_ones_own(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    table = pyarrow.table({"tokens": [s.split() for s, _ in ROWS], "ner_tags": [t.split() for _, t in ROWS]})
    parquet.write_table(table, tmp_path / "be.parquet")
    corpus = load(tmp_path / "be.parquet")
    assert rows(corpus) == ROWS
    assert corpus.languages == ("be",)


def test_a_layout_is_a_module_with_a_name_that_recognises_and_reads(tmp_path: Path) -> None:
    assert len({layout.NAME for layout in files.LAYOUTS}) == len(files.LAYOUTS)
    empty = write(tmp_path, "empty.txt", "")
    source = Source(empty, "empty.txt", tmp_path)
    assert files.layout_of(source) is None


def test_an_id_in_a_header_parts_sentences_that_no_blank_line_parts(tmp_path: Path) -> None:
    path = tmp_path / "ids_en.csv"
    path.write_text('id,token,label\n7,"1,000",O\n7,Anna,B-PER\n9,"said ""x""",O\n9,Rome,B-LOC\n')
    corpus = datasets.load(path)
    assert [s.words for s in corpus.sentences()] == [("1,000", "Anna"), ('said "x"', "Rome")]
    assert "sentences: column 1 (id)" in corpus.files[0].columns
    # Blank lines come first, and an id of every word parts nothing.
    path.write_text("id,token,label\n1,Anna,B-PER\n1,sleeps,O\n,,\n2,Rome,B-LOC\n2,is,O\n2,big,O\n")
    assert [len(s.words) for s in datasets.load(path).sentences()] == [2, 3]
    path.write_text("uid,token,label\na,Anna,B-PER\nb,sleeps,O\nc,in,O\nd,Rome,B-LOC\n")
    assert [len(s.words) for s in datasets.load(path).sentences()] == [4]


def test_null_in_the_place_of_spans_is_none(tmp_path: Path) -> None:
    path = tmp_path / "spans_es.jsonl"
    path.write_text('{"text":"Ana vive","entities":[[0,3,"PER"]]}\n{"text":"nada","entities":null}\n')
    corpus = datasets.load(path)
    assert [s.tags for s in corpus.sentences()] == [("B-PER", "O"), ("O",)]
    assert not corpus.dropped


@pytest.mark.parametrize("name", ["de.conll", "de.txt"])
def test_text_in_another_encoding_is_called_so(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes("Jürgen\tB-PER\nschläft\tO\n".encode("latin-1"))
    with pytest.raises(DataError, match="no UTF-8"):
        datasets.load(tmp_path / name)
