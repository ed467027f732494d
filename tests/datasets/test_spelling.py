"""Text has one form at every door, and one fold where it is compared: how it was typed makes no difference."""

import math
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reader_seeds import Files, seeds

from nerspace import datasets
from nerspace.datasets import Reading, TaggedCorpus
from nerspace.datasets.records import Entity
from nerspace.datasets.spelling import composed, folded
from nerspace.engine.names.distances import is_known_script, spellings_table, tnld, tnld_table, transliterate

# With marks in all its words, so that its two forms differ everywhere.
SWAP = {"Jana": "Janáčková", "Novak": "Nováková", "spi": "spí", "Celju": "Bělčice", "Мінск": "Йёўск"}
# Not those that are no text, or whose spans count characters of the text as it stands.
_OTHERS = ("gold .xlsx", "Parquet", "spaCy DocBin", "brat", "BSNLP", "JSON spans", "Prodigy", "doccano", "Label Studio")
LAYOUTS = {name: files for name, files in seeds().items() if name not in _OTHERS and not name.startswith("names")}


def nfd(text: str) -> str:
    return unicodedata.normalize("NFD", text)


@pytest.mark.parametrize(
    ("a", "b"),
    [("İspanya", "ispanya"), ("ISPANYA", "ispanya"), ("ısparta", "Isparta"), ("İSTANBUL", "istanbul"),
     ("Straße", "STRASSE"),
     ("Čapek", nfd("čapek")), ("Ёлка", nfd("ёЛКА")), ("Å", "\u212b"), ("ΐ", "Ϊ́".lower()), (nfd("İzmir"), "izmir")],
)  # fmt: skip
def test_ways_of_typing_fold_to_one(a: str, b: str) -> None:
    assert folded(a) == folded(b)


@pytest.mark.parametrize(("a", "b"), [("Novak", "Novák"), ("Мій", "Міи"), ("की", "का"), ("o", "ö"), ("l", "ł")])
def test_other_letters_stay_other(a: str, b: str) -> None:
    assert folded(a) != folded(b)


@settings(max_examples=60, deadline=None)
@given(st.text())
def test_the_fold_is_one_of_all_forms_and_folding_again_changes_nothing(text: str) -> None:
    found = folded(text)
    assert folded(found) == found
    for form in ("NFC", "NFD"):
        assert folded(unicodedata.normalize(form, text)) == found
    assert composed(composed(text)) == composed(text)


def _files(files: Files, form: str) -> Files:
    """The example with marks on its letters, in one form; spans of characters would end elsewhere, so letters stay."""
    found = {}
    for name, content in files.items():
        text = content.decode()
        for plain, marked in SWAP.items():
            if len(plain) == len(marked) or "start" not in text:
                text = text.replace(plain, marked)
        found[name] = unicodedata.normalize(form, text).encode()
    return found


def _sentences(folder: Path, files: Files) -> Any:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    corpus = datasets.load(folder)
    sentences = [sentence for code in corpus.languages for sentence in corpus.sentences(code)]
    return [(s.words, s.tags, s.text, s.entity) for s in sentences]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_reads_both_forms_as_one(layout: str, tmp_path: Path) -> None:
    first = _sentences(tmp_path / "nfc", _files(LAYOUTS[layout], "NFC"))
    assert first == _sentences(tmp_path / "nfd", _files(LAYOUTS[layout], "NFD"))
    assert all(unicodedata.is_normalized("NFC", s[2]) for s in first)


def test_types_are_composed_and_chosen_however_they_are_typed(tmp_path: Path) -> None:
    kind = "MĚSTO"
    (tmp_path / "x.conll").write_text(f"Brno B-{nfd(kind)}\nje O\n\nPraha B-{nfd(kind)}\nje O\n", encoding="utf-8")
    for wanted in (kind, nfd(kind), kind.lower(), nfd(kind).lower()):
        corpus = datasets.load(tmp_path / "x.conll", reading=Reading(types=(wanted,)))
        assert corpus.types == (kind,)
        assert isinstance(corpus, TaggedCorpus)
        mapped = datasets.load(tmp_path / "x.conll", reading=Reading(map=((nfd(kind), "LOC"),)))
        assert mapped.types == ("LOC",)


def test_a_name_has_no_distance_to_itself_in_another_form() -> None:
    for name in ("Čapek", "Йосип", "Ёлкин", "Łódź", "Nguyễn"):
        assert tnld(name, nfd(name)) == 0
        assert transliterate(nfd(name)) == transliterate(name)


@pytest.mark.parametrize("text", ["ᱥᱟᱱᱛᱟᱲ", "ߒߞߏ", "ⵜⵉⴼⵉⵏⴰⵖ", "𞤀𞤁𞤂", "Anna ᱥᱟ", "ꦗꦮ", "ᱥ'ᱟ3"])
def test_a_script_that_cannot_be_transliterated_gives_no_number(text: str) -> None:
    assert not is_known_script(text)
    for pair in ((text, "Anna"), ("Anna", text), (text, text)):
        assert math.isnan(tnld(*pair))


@pytest.mark.parametrize(
    "text", ["علاء", "Минск", "東京", "서울", "दिल्ली", "กรุงเทพ", "თბილისი", "Երևան", "አዲስ", "", "--", "3", "「」"]
)
def test_other_scripts_give_one(text: str) -> None:
    for known in (text, "", "--", "3", "「」"):
        assert is_known_script(known)
        assert tnld(known, known) == 0


def test_tables_leave_such_names_out_and_count_the_rest() -> None:
    entities = [
        Entity(name, "LOC", "", "", {"nominative": {"en": en, "sat": sat}})
        for name, en, sat in (("a", "Delhi", "ᱥᱟᱱ"), ("b", "Ranchi", "Ranchi"), ("c", "Puri", "ᱯᱩᱨᱤ"))
    ]
    row = tnld_table(entities).set_index(["type", "subset"]).loc[("all", "all")]
    assert (row["n"], row["tnld"]) == (1, 0)
    spelled = spellings_table(entities).set_index("entity")["tnld"]
    assert spelled.isna().to_dict() == {"a": True, "b": False, "c": True}
    row = tnld_table(entities[:1]).iloc[0]
    assert row["n"] == 0
    assert math.isnan(row["tnld"])


def test_what_was_trained_on_is_known_again_in_another_form(tmp_path: Path) -> None:
    (tmp_path / "train.conll").write_text("Čapek B-PER\nspí O\n", encoding="utf-8")
    (tmp_path / "test.conll").write_text(nfd("Čapek B-PER\nspí O\n"), encoding="utf-8")
    corpus = datasets.load(tmp_path)
    assert len({sentence.words for sentence in corpus.sentences()}) == 1


def test_a_name_is_found_on_the_command_line_however_it_is_typed(command: Any, tiny_xlmr: Path) -> None:
    model = ("--model", str(tiny_xlmr), "--csv", "-")
    plain = command("tnld", "İspanya", "--csv", "-")
    assert plain.returncode == 0, plain.stderr
    assert plain.stdout.count("\n") > 10
    for name in ("ispanya", "ISPANYA", nfd("İspanya")):
        assert command("tnld", name, "--csv", "-").stdout == plain.stdout, name
        assert "spain" in command("tokens", name, *model).stdout.casefold(), name
    assert command("tnld", "Čapek", nfd("Čapek")).stdout.startswith("0.0000")
    assert command("tnld", "ᱥᱟ", "Anna").stdout.startswith("No number: ᱥᱟ has letters")
    assert command("tnld", "ᱥᱟ", "Anna", "--csv", "-").stdout.endswith(",\n")
