"""A folder of tagged text in four languages, none of which has a row of its own: two types, train and test files."""

import random
from collections.abc import Mapping
from pathlib import Path

import pytest

NAMES = {
    "de": ("Anna", "Karl", "Jutta", "Heinz"),
    "hi": ("आशा", "राम", "सीता", "मोहन"),
    "mr": ("विठ्ठल", "गणेश", "लता", "सुधा"),
    "ta": ("குமார்", "மீனா", "ரவி", "லதா"),
}
FESTIVALS = {
    "de": ("Ostern", "Karneval", "Pfingsten"), "hi": ("होली", "दिवाली", "ईद"), "mr": ("पोळा", "दसरा", "संक्रांत"),
    "ta": ("பொங்கல்", "ஓணம்", "தீபாவளி"),
}  # fmt: skip
WORDS = {
    "de": "heute feiert gern mit alten", "hi": "आज बहुत और सब लोग", "mr": "आज खूप आणि सर्व करतो",
    "ta": "இன்று மிகவும் எல்லோரும்",
}  # fmt: skip
SIZES = {"train": 40, "test": 20}


def lines(code: str, split: str, number: int, draw: random.Random) -> str:
    """One sentence: perhaps a person, some words, perhaps a festival."""
    rows = [(draw.choice(NAMES[code]), "B-PERSON")] if number % 5 else []
    rows += [(draw.choice(NAMES[code]), "I-PERSON")] if number % 5 == 1 else []
    rows += [(word, "O") for word in draw.sample(WORDS[code].split(), 2)]
    rows += [(draw.choice(FESTIVALS[code]), "B-FESTIVAL")] if number % 3 else []
    return "\n".join("\t".join(row) for row in [*rows, (f"{split}{number}", "O")])


def write_folder(folder: Path, sizes: Mapping[str, int] = SIZES) -> Path:
    """The files of all languages and splits, in a new folder."""
    folder.mkdir(parents=True)
    draw = random.Random(0)
    for code in NAMES:
        for split, size in sizes.items():
            text = "\n\n".join(lines(code, split, number, draw) for number in range(size))
            (folder / f"{code}-{split}.conll").write_text(text + "\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def tagged_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """de-train.conll, de-test.conll, hi-train.conll and so on."""
    return write_folder(tmp_path_factory.mktemp("tagged") / "festivals")
