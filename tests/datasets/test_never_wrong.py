"""Rows that lose, gain or swap cells, or lines that go: what is still read has each word with its own tag."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from nerspace import datasets
from nerspace.datasets.errors import DataError
from nerspace.datasets.tagged import TaggedCorpus

WORDS = [
    [("Ana", "B-PER"), ("Kos", "I-PER"), ("sings", "O"), ("in", "O"), ("Brest", "B-LOC")],
    [("Lima", "B-LOC"), ("sleeps", "O"), ("now", "O")],
    [("We", "O"), ("met", "O"), ("Ida", "B-PER"), ("Roe", "I-PER"), ("there", "O")],
    [("Riga", "B-LOC"), ("beats", "O"), ("Turin", "B-LOC")],
] * 3
Table = list[list[list[str]]]


def table(row: Callable[[int, int, str, str], list[str]]) -> Table:
    """The rows of all sentences: from number of the sentence, number of the word, word and tag to cells."""
    return [
        [row(number, place, word, tag) for place, (word, tag) in enumerate(sentence, start=1)]
        for number, sentence in enumerate(WORDS, start=1)
    ]


# Name, table, what parts its cells, lines before it, and whether blank lines part sentences.
LAYOUTS: dict[str, tuple[Table, str, str, bool]] = {
    "plain.conll": (table(lambda s, p, w, t: [w, t]), "\t", "", True),
    "spaces.conll": (table(lambda s, p, w, t: [w, "NN", "B-NP", t]), " ", "", True),
    "index.txt": (table(lambda s, p, w, t: [str(p), w, t]), "\t", "", True),
    "uner.iob2": (table(lambda s, p, w, t: [str(p), w, t, "-", "-"]), "\t", "", True),
    "misc.conllu": (table(lambda s, p, w, t: [str(p), w, *"______"[:6], "0", f"NER={t}"]), "\t",
                    "# global.columns = ID FORM LEMMA UPOS XPOS FEATS HEAD DEPREL DEPS MISC\n", True),
    "nested.tsv": (table(lambda s, p, w, t: [str(p), w, t, "O"]), "\t", "", True),
    "kaggle.csv": (table(lambda s, p, w, t: [f"Sentence: {s}" if p == 1 else "", w, "NN", t]), ",",
                   "Sentence #,Word,POS,Tag\n", False),
    "semicolons.csv": (table(lambda s, p, w, t: [w, t]), ";", "token;label\n", True),
}  # fmt: skip


def harmed(rows: Table, tag: int, chance: random.Random) -> Table:
    """The table after one to three accidents, each to another row; a tag may only change places with a word or number.

    Two cells of one kind that change places, and a row that loses one cell and gains another, cannot be seen.
    """
    rows = [[list(row) for row in sentence] for sentence in rows]
    for sentence in chance.sample(rows, chance.randint(1, 3)):
        row = chance.choice(sentence)
        match chance.randrange(7):
            case 0:
                del row[chance.randrange(len(row))]
            case 1:
                row.insert(chance.randrange(len(row) + 1), chance.choice(["x", "_", "12", "NN"]))
            case 2:
                sentence.remove(row)
            case 3:
                word = next(place for place, cell in enumerate(row) if cell in {w for s in WORDS for w, _ in s})
                row[tag], row[word] = row[word], row[tag]
            case 4:
                row[:] = [*row, *chance.choice(sentence)]
            case 5:
                row[chance.randrange(len(row))] = ""
            case _:
                sentence.insert(chance.randrange(len(sentence)), list(row))
    return [[row for row in sentence if row] for sentence in rows]


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_word_that_is_read_has_its_own_tag(tmp_path: Path, name: str) -> None:
    rows, sign, head, blank = LAYOUTS[name]
    tag = next(place for place, cell in enumerate(rows[0][0]) if cell.endswith("B-PER"))
    right = {(word, tag[2:]) for sentence in WORDS for word, tag in sentence}
    path = tmp_path / name
    read = 0
    for seed in range(120):
        chance = random.Random(f"{name} {seed}")
        blocks = ["".join(sign.join(row) + "\n" for row in sentence) for sentence in harmed(rows, tag, chance)]
        path.write_text(head + ("\n" if blank else "").join(blocks), encoding="utf-8")
        try:
            corpus = datasets.load(path)
        except DataError:
            continue
        assert isinstance(corpus, TaggedCorpus)
        read += 1
        pairs = {pair for s in corpus.sentences() for pair in zip(s.words, (t[2:] for t in s.tags), strict=True)}
        assert pairs <= right, (seed, pairs - right, path.read_text())
        assert len(corpus) + len(corpus.dropped) >= len(WORDS) - 4
    assert read > 60
