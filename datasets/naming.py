"""What the names of files and folders state: the language and the split."""

import re
from pathlib import Path

from nerspace.datasets.languages import LANGUAGES, UNKNOWN, code_of

# Split of a file whose name states none; as in a SyntheticNER that was not split.
UNSPLIT = "all"

SPLITS = {
    "train": "train", "training": "train", "trn": "train",
    "validation": "validation", "valid": "validation", "val": "validation", "dev": "validation",
    "devel": "validation", "development": "validation", "testa": "validation",
    "test": "test", "testing": "test", "testb": "test", "tst": "test", "eval": "test",
}  # fmt: skip

# ISO 639-1 beside our eleven, without those that are everyday words or suffixes of file names ("is", "no", "my"): these
# tell a language wherever they stand at an end of a name.
_CODES = (
    "af ar az bn bs cy da de el et eu fa fi fr ga gl he hi hr hu hy ia id it ja ka kk km ko ky la lo lt lv mk ml mn mr"
    " ms mt ne nl nn pa ps pt ro sk sq sr sv sw ta te tg th tk tl ur uz vi zh"
)
_SURE = frozenset((*LANGUAGES, *_CODES.split()))
# Words of file names that are codes of a language, too; as a name of its own, "my" is no Burmese either.
_USUAL = (
    "my of all ann any bad big bio bmo con csv dat doc end fin for gen geo gpe gut ids iob ios job lab loc log lot map"
    " mal max men min mix mod ner net new nil non not now old one ont org out own par per pos raw ref rel row run set"
    " sam sub sum syn tab tag ten the tmp tok tot tsv two txt uni use wat web xls xml yes"
)
_WORDS = frozenset(_USUAL.split())


def language_and_split(path: Path, root: Path) -> tuple[str, str]:
    """The language and split that a file's name states, or else the whole name of a folder, up to `root`.

    "gold_be.xlsx", "be/train.txt", "be-train.conll", "eng.testa" and "ceb.txt" state both or one. A name that is
    nothing but two letters, or these and a split, states a language even where no one knows the code. Without one:
    UNKNOWN, UNSPLIT.
    """
    stem = path.stem if _means_nothing(path.suffix[1:].lower()) else path.name
    above = path.relative_to(root).parts[:-1] if path.is_relative_to(root) else ()
    # The last word of the folder that was named: "brat_ru".
    ends = _parts(root.name)[-1:] if root != path else []
    folders = [*map(_folder_language, reversed(above)), *map(_sure_code, (root.name, *ends))]
    language = _language(stem) or _among_codes(path) or next(filter(None, folders), UNKNOWN)
    names = [name.lower() for name in (*reversed(above), root.name)]
    split = _split(stem) or next((SPLITS[name] for name in names if name in SPLITS), UNSPLIT)
    return language, split


def known_split(name: str) -> str:
    """The usual name of a split: "dev" is "validation"; an unknown one as it is."""
    return SPLITS.get(name.lower(), name)


def _means_nothing(suffix: str) -> bool:
    """Whether a suffix is a file type, not a split or language: "esp.testa", "wiki.be"."""
    return suffix not in SPLITS and not _sure_code(suffix)


def _parts(name: str) -> list[str]:
    return [part for part in re.split(r"[^a-z]+", name.lower()) if part]


def _sure_code(part: str) -> str:
    """The code of a part of a name that is surely a language: "de", and "deu" for the same; empty for another."""
    if len(part) not in (2, 3) or part.lower() in _WORDS:
        return ""
    code = code_of(part)
    return code if code in _SURE else ""


def _folder_language(name: str) -> str:
    return "" if len(name) < 2 or name.lower() in _WORDS or name.lower() in SPLITS else code_of(name)


def _language(name: str) -> str:
    parts = [part for part in _parts(name) if part not in SPLITS]
    whole = "-".join(parts)
    # A second part of two letters would be a country: "en-es" is a pair of languages.
    if len(parts) == 1 or all(len(part) > 3 for part in parts[1:]) or whole in ("be-x-old", "zh-min-nan"):
        if (code := code_of(whole)) and whole not in _WORDS and whole != "simple":
            return code
        if len(whole) == 2 and whole not in _WORDS:
            return whole
    ends = [code for part in (*parts[:1], *parts[-1:]) if (code := _sure_code(part))]
    return next((code for code in ends if code in LANGUAGES), ends[0] if ends else "")


def _among_codes(path: Path) -> str:
    """The code that an everyday word is after all where other files beside it are named by codes: my.txt by de.txt."""
    parts = [part for part in _parts(path.stem) if part not in SPLITS]
    if parts != ["my"]:
        return ""
    others = (_parts(beside.stem)[:1] for beside in path.parent.glob(f"*{path.suffix}") if beside != path)
    return "my" if sum(bool(found and _sure_code(found[0])) for found in others) > 1 else ""


def _split(name: str) -> str:
    return next((SPLITS[part] for part in _parts(name) if part in SPLITS), "")
