"""What the names of files and folders state: the language and the split."""

import re
from pathlib import Path

from nerspace.datasets.languages import LANGUAGES

# Language of a text that no name, mark or argument states: ISO 639-2.
UNKNOWN = "und"
# Split of a file whose name states none; as in a SyntheticNER that was not split.
UNSPLIT = "all"

SPLITS = {
    "train": "train", "training": "train", "trn": "train",
    "validation": "validation", "valid": "validation", "val": "validation", "dev": "validation",
    "devel": "validation", "development": "validation", "testa": "validation",
    "test": "test", "testing": "test", "testb": "test", "tst": "test", "eval": "test",
}  # fmt: skip

# ISO 639-1 beside our eleven, without those that are everyday words or suffixes of file names ("is", "no", "my").
_CODES = (
    "af ar az bn bs cy da de el et eu fa fi fr ga gl he hi hr hu hy ia id it ja ka kk km ko ky la lo lt lv mk ml mn mr"
    " ms mt ne nl nn pa ps pt ro sk sq sr sv sw ta te tg th tk tl ur uz vi zh"
)
_OTHERS = frozenset(_CODES.split())


def language_and_split(path: Path, root: Path) -> tuple[str, str]:
    """The language and split that a file's name states, or else the whole name of a folder, up to `root`.

    "gold_be.xlsx", "be/train.txt" and "be-train.conll" are Belarusian. Without one: UNKNOWN, UNSPLIT.
    """
    stem = path.stem if _means_nothing(path.suffix[1:].lower()) else path.name
    above = path.relative_to(root).parts[:-1] if path.is_relative_to(root) else ()
    folders = [name.lower() for name in (*reversed(above), root.name)]
    language = _language(stem) or next((name for name in folders if name in LANGUAGES or name in _OTHERS), UNKNOWN)
    split = _split(stem) or next((SPLITS[name] for name in folders if name in SPLITS), UNSPLIT)
    return language, split


def known_split(name: str) -> str:
    """The usual name of a split: "dev" is "validation"; an unknown one as it is."""
    return SPLITS.get(name.lower(), name)


def _means_nothing(suffix: str) -> bool:
    """Whether a suffix is a file type, not a split or language: "esp.testa", "wiki.be"."""
    return suffix not in SPLITS and suffix not in LANGUAGES and suffix not in _OTHERS


def _parts(name: str) -> list[str]:
    return [part for part in re.split(r"[^a-z]+", name.lower()) if part]


def _language(name: str) -> str:
    parts = [part for part in _parts(name) if part not in SPLITS]
    ends = parts[:1] + parts[-1:]
    for known in (LANGUAGES, _OTHERS):
        for part in ends:
            if part in known:
                return part
    return ""


def _split(name: str) -> str:
    return next((SPLITS[part] for part in _parts(name) if part in SPLITS), "")
