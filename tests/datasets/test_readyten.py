"""SyntheticNER's readyTEN: files written here in its layout, with its irregularities."""

from pathlib import Path

import pytest

from nerspace import datasets
from nerspace.datasets.dropped import dropped_table, read_table
from nerspace.datasets.errors import UsageError
from nerspace.datasets.splitting import context_texts, grouped
from nerspace.datasets.synthetic import SyntheticNER

FILES = {
    "LOC_NOM_names.csv": "en,tr,be\nIndia,Hindistan,Індыя\nthe Bahamas,Bahamalar,Багамы\nParis,Paris,Парыж\n",
    # The index column, another order and a byte order mark, as some files have them.
    "LOC_NOM_5sents.csv": (
        "\ufeff,be,en,tr\n"
        '0,Гэта [???].," This is [???].",Bu [???]\'dır.\n'
        "1,[???] і [???] растуць.,[???] and [???] grow.,[???] ve [???] büyür.\n"
        "2,Тут нічога.,Here is [???].,Burası [???].\n"
        "3,[???] расце.,[???] grows and [???] pays.,[???] büyür.\n"
        "4,Гэта [???].,This is  [???].,Bu [???]'dır.\n"
    ),
    "LOC_LOC_names.csv": "be,en,tr\nу Індыі,in India,Hindistan'da\nУ Канадзе,In Canada,Kanada'da\n",
    "LOC_LOC_sents.csv": "en,tr,be\nIt rains [???].,[???] yağmur var.,Ідзе дождж.\nI am [???].,Ben [???].,Я [???].\n",
    "LOC_ACC_DAT_names.csv": "be,en\nў Індыю,India\n",
    "LOC_ACC_DAT_sents.csv": "be,en\nЕду [???].,I go to [???].\n",
    "ORG_names.csv": "en,tr,be\nNATO,NATO,НАТА\n",
    "ORG_3sents.csv": "be,en,tr\n [???] тут., [???] is here., [???] burada.\n",
    "PER_names.csv": (
        ",be,en,tr,gender\n0,Ганна,Anna,Anna,f\n1,Іван,Ivan,,m\n2,Хтосьці,Somebody,Biri,\n3,Янка,NaN,Yanka,m\n"
    ),
}
PER_CONTEXTS = "be,en,tr\n[female] спявала.,[female] sang.,[female] söyledi.\n[male] еў.,[male] ate.,[female] yedi.\n"


def write(folder: Path, files: dict[str, str] = FILES, **more: str) -> Path:
    for name, text in {**files, **{f"{key}.csv": text for key, text in more.items()}}.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def load(folder: Path) -> SyntheticNER:
    corpus = datasets.load(folder)
    assert isinstance(corpus, SyntheticNER)
    return corpus


@pytest.fixture
def corpus(tmp_path: Path) -> SyntheticNER:
    return load(write(tmp_path))


def said(corpus: SyntheticNER, language: str) -> dict[str, list[str]]:
    return {s.text: [w for w, t in zip(s.words, s.tags, strict=True) if t != "O"] for s in corpus.sentences(language)}


def test_the_folder_above_is_found_too(tmp_path: Path) -> None:
    (tmp_path / "readyTEN").mkdir()
    write(tmp_path / "readyTEN")
    assert len(load(tmp_path)) == len(load(tmp_path / "readyTEN")) > 0


def test_counts_tell_possible_from_valid_and_how_many_rows_are_refused(corpus: SyntheticNER) -> None:
    rows = {(r["type"], r["case"]): r for r in corpus.counts().to_dict("records")}
    nominative = rows["LOC", "nominative"]
    # Five rows: one lacks a slot and is gone, one has another number of slots in English and is refused.
    assert (nominative["contexts"], nominative["names"], nominative["possible"]) == (4, 3, 12)
    assert (nominative["valid"], nominative["refused"], nominative["twice"], nominative["duplicates"]) == (9, 1, 1, 1)
    locative = rows["LOC", "locative"]
    assert (locative["contexts"], locative["possible"], locative["valid"]) == (2, 4, 2)
    assert rows["LOC", "directional"]["languages"] == "be en"
    assert ("PER", "nominative") not in rows


def test_every_row_that_is_left_out_is_told_with_its_reason(corpus: SyntheticNER) -> None:
    found = {tuple(row[:4]) for row in dropped_table(corpus).to_numpy().tolist()}
    assert found == {
        ("LOC_NOM_5sents.csv", 4, "be", "no slot, row left out"),
        ("LOC_NOM_5sents.csv", 5, "en", "slot count differs, row left out"),
        ("LOC_LOC_sents.csv", 2, "be", "no slot, language left out"),
        ("PER_names.csv", 3, "tr", "no name, language left out"),
        ("PER_names.csv", 4, "", "no gender m or f, row left out"),
        ("PER_names.csv", 5, "en", "no name, language left out"),
    }
    table = read_table(corpus).set_index("file")
    assert (table.loc["LOC_NOM_5sents.csv", "rows"], table.loc["LOC_NOM_5sents.csv", "kept"]) == (5, 3)


def test_suffixes_are_kept_and_two_slots_hold_the_same_name(corpus: SyntheticNER) -> None:
    turkish = said(corpus.select(cases=["nominative"], types=["LOC"]), "tr")
    assert turkish["Bu Hindistan'dır."] == ["Hindistan"]
    assert turkish["Hindistan ve Hindistan büyür."] == ["Hindistan", "Hindistan"]
    twice = next(s for s in corpus.sentences("en") if s.text == "the Bahamas and the Bahamas grow.")
    assert twice.words == ("the", "Bahamas", "and", "the", "Bahamas", "grow", ".")
    assert twice.tags == ("B-LOC", "I-LOC", "O", "B-LOC", "I-LOC", "O", "O")


def test_leading_spaces_and_double_spaces_are_no_part_of_a_sentence(corpus: SyntheticNER) -> None:
    texts = [text for context in corpus.contexts for text in context.texts.values()]
    assert all(text == " ".join(text.split()) for text in texts)


def test_cases_of_one_entity_belong_together(corpus: SyntheticNER) -> None:
    india = corpus.named("India")[0]
    assert india.forms["locative"] == {"be": "у Індыі", "en": "in India", "tr": "Hindistan'da"}
    assert india.forms["directional"] == {"be": "ў Індыю", "en": "India"}
    assert [tuple(e.forms) for e in corpus.named("In Canada")] == [("locative",)]


def test_a_capital_preposition_is_no_part_of_the_name(corpus: SyntheticNER) -> None:
    chosen = corpus.select(cases=["locative"], languages=["be", "en"])
    assert said(chosen, "be") == {"Я у Індыі.": ["Індыі"], "Я У Канадзе.": ["Канадзе"]}


def test_a_context_that_lacks_a_language_lives_in_the_others(corpus: SyntheticNER) -> None:
    assert len(corpus.select(cases=["locative"], languages=["en", "tr"])) == 4
    fewer = corpus.select(cases=["locative"], languages=["en", "be"])
    assert len(fewer) == 2
    # What the selection cannot make stays possible.
    assert fewer.counts()[["contexts", "possible", "valid", "refused"]].to_numpy().tolist() == [[2, 4, 2, 1]]
    with pytest.raises(UsageError, match="LOC directional in be en"):
        corpus.select(cases=["directional"])


def test_persons_fill_the_slots_of_their_gender(tmp_path: Path) -> None:
    corpus = load(write(tmp_path, PER_sents_TEN=PER_CONTEXTS))
    row = corpus.counts().set_index("type").loc["PER"]
    # Of two contexts one has a [female] in Turkish alone; of three names one lacks Turkish, one English.
    assert (row["contexts"], row["names"], row["possible"], row["valid"], row["refused"]) == (2, 3, 6, 1, 1)
    assert said(corpus.select(types=["PER"]), "en") == {"Anna sang.": ["Anna"]}


def test_only_names_for_which_no_context_is_there_are_still_entities(corpus: SyntheticNER) -> None:
    assert [e.gender for e in corpus.entities if e.type == "PER"] == ["f", "m", "m"]


def test_contexts_that_read_the_same_are_counted_and_stay_together(corpus: SyntheticNER) -> None:
    assert corpus.counts()["duplicates"].sum() == 1
    alike = [group for group in grouped(corpus.contexts, context_texts) if len(group) > 1]
    assert [[corpus.contexts[place].id for place in group] for group in alike] == [
        ["loc-nom-context-00002", "loc-nom-context-00006"]
    ]
    for seed in range(20):
        split = corpus.split(seed, test_share=0.5)
        sides = [{c.texts["en"] for c in part.contexts} for part in (split.train, split.test)]
        assert not sides[0] & sides[1]
        assert not split.train.refused + split.test.refused


def test_files_of_another_kind_are_listed_and_not_opened(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "names.pkl").write_bytes(b"\x80\x04")
    assert ("names.pkl", "no file of this layout, never opened") in {(d.file, d.reason) for d in load(tmp_path).dropped}
