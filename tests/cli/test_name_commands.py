"""nerspace tokens and tnld as a user types them: every table with its columns, drawings, and one line for a mistake."""

import json
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from nerspace.engine import encoders
from nerspace.engine.tables.index import CATALOGUE

CASES = {
    "pieces": ["tokens", "Washington"],
    "aligned": ["tokens", "Washington", "--table", "aligned", "--lang", "en,be"],
    "contrast": ["tokens", "Washington", "--table", "contrast", "--lang", "en,be"],
    "shared": ["tokens", "--all", "--table", "shared", "--lang", "en,be"],
    "tokenization": ["tokens", "--table", "tokenization", "--lang", "en,be", "--size", "20"],
    "compatibility": ["tokens", "--table", "compatibility", "--lang", "en,be", "--size", "20"],
    "parity": ["tokens", "--table", "parity", "--lang", "en,ru", "--against", "be", "--size", "20"],
    "tnld": ["tnld", "--lang", "en,be"],
    "tnld_scripts": ["tnld", "--lang", "en,be,ru", "--table", "scripts", "--type", "LOC"],
    "spellings": ["tnld", "Washington", "--lang", "en,be"],
}

# A tokenizer of 250,002 pieces takes longer to read than most of what is done with it here.
TOKENIZERS = cache(encoders.load_tokenizer)


@pytest.fixture
def nerspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Any) -> Any:
    """The command in a workspace of its own."""
    monkeypatch.setenv("NERSPACE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(encoders, "load_tokenizer", TOKENIZERS)
    return command


def frame_of(nerspace: Any, *arguments: str) -> pd.DataFrame:
    done = nerspace(*arguments, "--csv", "-")
    assert done.returncode == 0, done.stderr
    return pd.read_csv(StringIO(done.stdout))


@pytest.mark.parametrize("table", CASES)
def test_every_table_has_the_columns_of_the_catalogue(nerspace: Any, table: str) -> None:
    frame = frame_of(nerspace, *CASES[table])
    assert list(frame.columns) == list(CATALOGUE[table].columns)
    assert len(frame)


def test_pieces_of_parallel_forms_are_drawn_in_line(nerspace: Any) -> None:
    drawn = nerspace("tokens", "Washington", "--lang", "en,be,pl", "--plot").stdout.splitlines()
    place = drawn.index("loc-washington, against en")
    assert drawn[place : place + 4] == [
        "loc-washington, against en",
        "en  Washington  │▁Washington       │",
        "be  Вашынгтон   │▁Ваш  │ын │г │тон │",
        "pl  Waszyngton  │▁Was │zy │ng │ton │",
    ]
    spellings = nerspace("tokens", "Fubarov", "Фубароў", "--plot").stdout
    assert "given, against #1" in spellings
    assert "#2  Фубароў" in spellings


def test_two_tokenizers_stand_side_by_side(nerspace: Any, tiny_bert: Path) -> None:
    asked = ("tokens", "Washington", "--lang", "en,cs", "--and-model", str(tiny_bert))
    frame = frame_of(nerspace, *asked)
    assert list(frame.columns) == [*CATALOGUE["pieces"].columns, "model"]
    assert frame["model"].tolist() == ["builtin", str(tiny_bert)] * 4
    assert frame["pieces"].tolist()[:2] == ["▁Washington", "washing ##ton"]
    assert frame["language"].tolist() == ["en", "en", "cs", "cs"] * 2
    measures = frame_of(nerspace, *asked, "--table", "tokenization").set_index(["language", "measure", "model"])[
        "value"
    ]
    assert measures["en", "fertility", "builtin"] == 1
    assert measures["en", "fertility", str(tiny_bert)] == 2
    drawn = nerspace("tokens", "--table", "parity", "--lang", "en,cs", "--size", "9", "--and-model", str(tiny_bert),
                     "--plot").stdout  # fmt: skip
    assert f"parity: model {tiny_bert}, against en" in drawn


def test_the_text_is_drawn_from_the_data_or_made_of_names(nerspace: Any) -> None:
    asked = ("tokens", "--table", "tokenization", "--lang", "be", "--size", "20")
    sentences = frame_of(nerspace, *asked).set_index("measure")["n"]
    names = frame_of(nerspace, *asked, "--of", "names").set_index("measure")["n"]
    assert names["fertility"] != sentences["fertility"]
    assert frame_of(nerspace, *asked, "--all").set_index("measure")["n"].to_dict() == names.to_dict()
    given = frame_of(nerspace, "tokens", "Fubarov Nowhere", "--table", "tokenization", "--lang", "be")
    assert given.loc[given["language"] == "given", "n"].tolist()[:2] == [2, 2]


def test_two_spellings_answer_as_json_too(nerspace: Any) -> None:
    assert nerspace("tnld", "Вашынгтон", "Вашингтон").stdout.startswith("0.1000  (Vashyngton / Vashington)")
    [row] = json.loads(nerspace("tnld", "Вашынгтон", "Washington", "--json").stdout)
    assert (row["latin_a"], row["tnld"]) == ("Vashyngton", 0.2)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["tokens", "--table", "shared"], "No name was given"),
        (["tokens", "Anna", "--table", "cuts"], "Unknown table 'cuts'. Choose from pieces, aligned"),
        (["tokens", "--table", "parity", "--of", "words"], "Unknown text 'words'. Choose names or sentences"),
        (["tokens", "--table", "parity", "--against", "xx"], "Unknown language 'xx'"),
        (["tokens", "Qwxyz", "--table", "shared"], "The table shared has no row for this"),
        (["tokens", "Anna", "--and-model", "./nowhere"], "There is no encoder './nowhere'"),
        (["tnld", "--table", "names"], "Unknown table 'names'. Choose from tnld, scripts, spellings"),
        (["tnld", "--type", "CITY"], "Unknown type 'CITY'"),
        (["tnld", "Qwxyz"], "1 names were given"),
    ],
)
def test_a_mistake_is_one_line(nerspace: Any, arguments: list[str], said: str) -> None:
    done = nerspace(*arguments)
    assert done.returncode in (1, 2)
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
