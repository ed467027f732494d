"""SlavNER's CSV files: written here in its layout, with its stray slots."""

from pathlib import Path

import pytest

from nerspace import datasets
from nerspace.datasets.errors import DataError
from nerspace.datasets.synthetic import SyntheticNER

FILES = {
    "S1/LOC_names.csv": ",bg,ru,cs\n0,в Австрия,в Австрии,v Rakousku\n1,в Омск,В Омске,v Omsku\n",
    "S1/LOC_sents.csv": (
        ",ru,bg,cs\n"
        "0,Он живёт [loc].,Той живее [loc].,Žije [loc].\n"
        "1,Дом [в \u200b\u200b???] стар.,Къщата [през ???] е стара.,Dům [v???] je starý.\n"
        "2,Зима [???] долгая.,Зима (в ???).,Zima [loc].\n"
        "3,Лес [loc].,Гора [loc] до ???.,Les [loc].\n"
    ),
    "S2/LOC_names.csv": ",bg,ru,cs,en\n0,Австрия,Австрия,Rakousko,Austria\n",
    "S2/LOC_sents.csv": ",bg,ru,cs,en\n0,[???] е тук.,[???] здесь.,[???] je zde.,[???] is here.\n",
    "S2/ORG_names.csv": ",bg,ru,cs,en\n0,НАТО,НАТО,NATO,NATO\n",
    "S2/PER_names.csv": ",bg,gender,ru,cs,en\n0,Ана,f,Анна,Anna,Anna\n",
    "S3/ORG/ORG_sents.csv": (
        ',en,ru,cs,bg\n0, [???] came.,"""[n]"" пришло.",[f] přišla.,[pl] дойдоха.\n'
        "1,[???] went.,[firm] ушла.,[m] šel.,[m] отиде.\n"
    ),
    "S3/LOC/loc_be": "\x80\x04",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    data = tmp_path / "slavner" / "Framework" / "data"
    for name, text in FILES.items():
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        (data / name).write_text(text, encoding="latin-1" if name.endswith("loc_be") else "utf-8")
    return tmp_path / "slavner"


def load(folder: Path) -> SyntheticNER:
    corpus = datasets.load(folder)
    assert isinstance(corpus, SyntheticNER)
    return corpus


def test_the_data_its_parents_and_its_stages_are_found(folder: Path) -> None:
    sizes = [len(load(path)) for path in (folder, folder / "Framework", folder / "Framework" / "data")]
    assert sizes == [2, 2, 2]
    data = folder / "Framework" / "data"
    assert [len(load(data / stage)) for stage in ("S1", "S2", "S3", "S3/ORG")] == [2, 1, 1, 1]
    with pytest.raises(DataError, match="pickle"):
        datasets.load(data / "S3" / "LOC")


def test_a_stray_slot_is_read_where_it_holds_a_preposition_only(folder: Path) -> None:
    corpus = load(folder)
    by_id = {context.id: context for context in corpus.contexts}
    assert by_id["s1-loc-context-00003"].texts == {"ru": "Дом [loc] стар.", "cs": "Dům [loc] je starý."}
    assert by_id["s1-loc-context-00004"].texts == {"ru": "Зима [loc] долгая.", "cs": "Zima [loc]."}
    found = {(d.line, d.language, d.reason) for d in corpus.dropped if d.file == "S1/LOC_sents.csv"}
    assert found == {
        (3, "bg", "stray slot, language left out"),
        (4, "bg", "stray slot, language left out"),
        (5, "bg", "stray slot, language left out"),
    }
    texts = [s.text for s in corpus.select(cases=["locative"], languages=["ru", "cs"]).sentences("ru")]
    assert texts[:4] == ["Он живёт в Австрии.", "Он живёт В Омске.", "Дом в Австрии стар.", "Дом В Омске стар."]


def test_slots_that_tell_gender_or_number_are_slots(folder: Path) -> None:
    corpus = load(folder).select(types=["ORG"])
    assert {s.language: s.text for s in corpus.parallel(0).values()} == {
        "bg": "НАТО дойдоха.", "cs": "NATO přišla.", "en": "NATO came.", "ru": '"НАТО" пришло.',
    }  # fmt: skip
    assert [(d.language, d.reason) for d in corpus.dropped if d.file.startswith("S3/ORG")] == [
        ("ru", "no slot, row left out")
    ]


def test_locative_forms_join_their_nominative(folder: Path) -> None:
    austria = load(folder).named("Austria")[0]
    assert austria.forms["locative"] == {"bg": "в Австрия", "ru": "в Австрии", "cs": "v Rakousku"}


def test_a_pickle_is_never_opened(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    real = Path.open

    def watch(self: Path, *args: object, **kwargs: object) -> object:
        opened.append(self.name)
        return real(self, *args, **kwargs)

    monkeypatch.setattr(Path, "open", watch)
    corpus = load(folder)
    assert "ORG_sents.csv" in opened
    assert "loc_be" not in opened
    assert ("S3/LOC/loc_be", 0, "no file of this layout, never opened") in {
        (d.file, d.line, d.reason) for d in corpus.dropped
    }
    with pytest.raises(DataError, match="pickle"):
        datasets.load(folder / "Framework" / "data" / "S3" / "LOC" / "loc_be")
