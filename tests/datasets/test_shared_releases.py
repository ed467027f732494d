"""The published releases, where a checkout has them: their sizes are the paper's."""

import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from counting import calls_of

from nerspace import datasets
from nerspace.datasets.dropped import dropped_table, read_table
from nerspace.datasets.filling import SLOT, split_form
from nerspace.datasets.synthetic import SyntheticNER

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
READYTEN = SHARED / "SyntheticNER"
SLAVNER = SHARED / "slavner"

pytestmark = pytest.mark.skipif(not (READYTEN.is_dir() and SLAVNER.is_dir()), reason="the releases are not here")


@cache
def load(folder: Path) -> SyntheticNER:
    corpus = datasets.load(folder)
    assert isinstance(corpus, SyntheticNER)
    return corpus


def test_the_totals_are_those_of_the_papers_table_1() -> None:
    counts = load(READYTEN).counts()
    rows = {(r["type"], r["case"]): (r["contexts"], r["names"], r["possible"]) for r in counts.to_dict("records")}
    assert rows == {
        ("LOC", "nominative"): (1979, 1069, 1979 * 1069),
        ("LOC", "locative"): (1897, 481, 1897 * 481),
        ("LOC", "directional"): (159, 120, 159 * 120),
        ("ORG", "nominative"): (1093, 332, 1093 * 332),
    }
    assert counts.groupby("type")["possible"].sum().to_dict() == {"LOC": 3_047_088, "ORG": 362_876}


def test_valid_contexts_have_equal_slots_in_all_eleven_languages() -> None:
    corpus = load(READYTEN)
    sound = Counter(c.type for c in corpus.contexts if c.case == "nominative")
    assert sound == {"LOC": 1975, "ORG": 1090}
    for context in corpus.contexts:
        if context.case == "nominative":
            assert len(context.texts) == 11
            assert len({len(SLOT.findall(text)) for text in context.texts.values()}) == 1
    counts = corpus.counts().set_index(["type", "case"])
    assert counts.loc[("LOC", "nominative"), "valid"] == 1975 * 1069
    assert counts.loc[("ORG", "nominative"), "valid"] == 1090 * 332
    assert counts["refused"].tolist() == [4, 0, 0, 3]
    assert counts["twice"].tolist() == [0, 0, 0, 90]
    assert len(corpus) == 1975 * 1069 + 1090 * 332


def test_every_row_of_the_release_is_kept_or_told() -> None:
    corpus = load(READYTEN)
    files = read_table(corpus).set_index("file")
    assert files.loc["LOC_NOM_1984sents.csv", ["rows", "kept"]].tolist() == [1984, 1975]
    assert files.loc["ORG_1095sents.csv", ["rows", "kept"]].tolist() == [1095, 1090]
    table = dropped_table(corpus)
    lost = {file: set(rows["line"]) for file, rows in table.groupby("file")}
    assert len(lost["LOC_NOM_1984sents.csv"]) == 9
    assert len(lost["ORG_1095sents.csv"]) == 5
    assert Counter(zip(table["file"], table["reason"], strict=True)) == {
        ("LOC_NOM_1984sents.csv", "no slot, row left out"): 6,
        ("LOC_NOM_1984sents.csv", "slot count differs, row left out"): 4,
        ("LOC_LOC_sents.csv", "no slot, language left out"): 40,
        ("LOC_LOC_sents.csv", "slot count differs, language left out"): 7,
        ("ORG_1095sents.csv", "no slot, row left out"): 2,
        ("ORG_1095sents.csv", "slot count differs, row left out"): 4,
    }


@pytest.mark.parametrize("seed", range(3))
def test_eighty_to_twenty_is_the_papers_split(seed: int) -> None:
    split = load(READYTEN).split(seed)
    sizes = [
        [sum((c.type, c.case) == (kind, "nominative") for c in part.contexts) for part in (split.train, split.test)]
        for kind in ("LOC", "ORG")
    ]
    assert sizes == [[1580, 395], [872, 218]]


@pytest.mark.parametrize("folder", [READYTEN, SLAVNER])
@pytest.mark.parametrize("seed", range(3))
def test_no_context_and_no_name_is_on_both_sides(folder: Path, seed: int) -> None:
    split = load(folder).split(seed)
    contexts, names = [], []
    for part in (split.train, split.test):
        contexts.append({text.casefold() for c in part.contexts for text in c.texts.values()})
        names.append(
            {
                " ".join(split_form(form, case, language)[1]).casefold()
                for e in part.entities
                for case, forms in e.forms.items()
                for language, form in forms.items()
            }
        )
    assert not contexts[0] & contexts[1]
    assert not names[0] & names[1]
    again = load(folder).split(seed)
    assert [c.id for c in again.test.contexts] == [c.id for c in split.test.contexts]
    assert [e.id for e in again.test.entities] == [e.id for e in split.test.entities]


def test_the_56_duplicate_nominative_contexts_are_found() -> None:
    counts = load(READYTEN).counts().set_index(["type", "case"])
    assert counts.loc[("LOC", "nominative"), "duplicates"] == 56


def test_turkish_suffixes_are_kept_and_never_tagged() -> None:
    corpus = load(READYTEN).select(types=["LOC"], cases=["nominative"])
    # 653 of the 1,984 rows, four of them left out.
    glued = [c for c in corpus.contexts if re.search(r"\S\[\?\?\?\]|\[\?\?\?\]\S", c.texts["tr"])]
    assert len(glued) == 649
    entity = corpus.named("Hindistan")[0]
    for context in glued:
        sentence = corpus.sentence_of(context, entity, "tr")
        assert {w for w, t in zip(sentence.words, sentence.tags, strict=True) if t != "O"} == {"Hindistan"}
        assert "".join(sentence.words) == sentence.text.replace(" ", "")


def test_cases_exist_in_some_languages_only() -> None:
    corpus = load(READYTEN)
    assert len(corpus.select(cases=["locative"], languages=["en", "ru"])) == 481 * 1897
    assert len(corpus.select(cases=["directional"], languages=["be", "en", "ru", "tr"])) == 120 * 159


@pytest.mark.slow
def test_all_persons_can_be_counted_when_their_contexts_are_there(tmp_path: Path) -> None:
    for path in (READYTEN / "readyTEN").iterdir():
        (tmp_path / path.name).symlink_to(path)
    codes = list(datasets.load().languages)
    rows = [",".join([*codes, "gender"]), *(
        ",".join([f"[{'male' if i % 3 else 'female'}] {code} {i}." for code in codes] + [""]) for i in range(6398)
    )]  # fmt: skip
    (tmp_path / "PER_sents_TEN.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    corpus, calls = calls_of(lambda: datasets.load(tmp_path))
    # Some for each of the 105,875 texts and forms; 20.6 million sentences are never walked through.
    assert calls < 150 * 11 * (6_398 + 3_227) < 6_398 * 3_227
    assert isinstance(corpus, SyntheticNER)
    row = corpus.counts().set_index("type").loc["PER"]
    assert row["possible"] == 3227 * 6398 == 20_646_346
    female = len(range(0, 6398, 3))
    assert row["valid"] == female * 440 + (6398 - female) * 2787
    split, calls = calls_of(lambda: corpus.split(0))
    assert calls < 50 * 11 * (6_398 + 3_227)
    assert sum(c.type == "PER" for c in split.test.contexts) in (1279, 1280)
    assert corpus.sentence(len(corpus) - 1, "tr").type


def test_slavner_is_read_whole() -> None:
    counts = load(SLAVNER).counts()
    rows = {(r["type"], r["case"]): (r["contexts"], r["names"], r["refused"]) for r in counts.to_dict("records")}
    assert rows == {
        ("LOC", "nominative"): (1849, 1228, 1), ("LOC", "locative"): (1054, 481, 0),
        ("ORG", "nominative"): (1427, 239, 8),
    }  # fmt: skip
    assert ("S3/LOC/loc_be", 0) in {(d.file, d.line) for d in load(SLAVNER).dropped}
