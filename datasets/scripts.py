"""The script that text is written in, by its letters; a language may have another one here than it usually has."""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from functools import cache

from nerspace.datasets.languages import script_of

# Letters by which a text is judged, and the share of them that must be of one script.
_ENOUGH = 20
_MOST = 0.7
# Letters of each language that are looked at.
_LOOKED_AT = 5_000
# A script as Unicode begins the names of its letters → as CLDR names it, where that is another word.
_NAMES = {
    "Cjk": "Han", "Hiragana": "Japanese", "Katakana": "Japanese", "Hangul": "Korean", "Bengali": "Bangla",
    "Oriya": "Odia", "Canadian": "Unified Canadian Aboriginal Syllabics", "Nko": "N’Ko", "Ol": "Ol Chiki",
    "Meetei": "Meitei Mayek",
}  # fmt: skip
# Letters of every script, and styles of letters.
_OF_NONE = frozenset((
    "Modifier", "Fullwidth", "Halfwidth", "Mathematical", "Feminine", "Masculine", "Superscript", "Double-struck", "?",
))  # fmt: skip
# Written with Han beside letters of their own.
_WITH_HAN = ("Japanese", "Korean")


@cache
def _script_of_letter(letter: str) -> str:
    first = unicodedata.name(letter, "?").split(" ")[0].capitalize()
    return "" if first in _OF_NONE else _NAMES.get(first, first)


def script_in(texts: Iterable[str], likely: str = "") -> str:
    """The script of most letters of some texts, as CLDR names it.

    Args:
        texts: of one language; the first few thousand letters are looked at.
        likely: what it is where the letters do not tell, since they are few, or of several scripts.
    """
    found: Counter[str] = Counter()
    for text in texts:
        found.update(_script_of_letter(letter) for letter in text if letter.isalpha())
        if found.total() > _LOOKED_AT:
            break
    found.pop("", None)
    for script in _WITH_HAN:
        if 10 * found[script] > found["Han"]:
            found[script] += found.pop("Han", 0)
    # A name in Japanese or Korean may stand in Han alone.
    if not (total := found.total()) or (likely in _WITH_HAN and found["Han"] >= _MOST * total):
        return likely
    script, n = found.most_common(1)[0]
    return script if n >= _MOST * total and (total >= _ENOUGH or not likely) else likely


def scripts_in(texts: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Language → script, by the letters of its texts, where they tell; else the one that it usually has.

    Args:
        texts: language and text.
    """
    of_language: dict[str, list[str]] = defaultdict(list)
    for code, text in texts:
        of_language[code].append(text)
    return {code: _of_language(code, found) for code, found in of_language.items()}


def script_among(code: str, scripts: Mapping[str, str]) -> str:
    """The script of a language as its texts showed, or the one that it usually has."""
    return scripts.get(code) or script_of(code)


def _of_language(code: str, texts: Iterable[str]) -> str:
    usual = script_of(code)
    # One of its own stands for no script at all.
    known = "" if usual == f"script of {code}" else usual
    return script_in(texts, known) or usual
