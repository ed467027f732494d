"""Colours of classes and of values: the hue says the family of a language, and no colour stands alone without a label.

All are numbers of the 256-colour palette: a terminal gets few bytes, and a colour-blind reader gets letters and labels too.
"""

from collections.abc import Sequence

from rich.style import Style

# Hue by family: East Slavic blue, South Slavic green, West Slavic orange, Romance pink, Turkic red, Germanic plain.
_LANGUAGE = {
    "be": 117, "ru": 33, "uk": 75, "bg": 35, "sl": 114, "cs": 222, "pl": 208, "ca": 176, "es": 170, "tr": 167,
    "en": None,
}  # fmt: skip
_TYPE = {"PER": 75, "LOC": 114, "ORG": 215}
_OTHERS = (73, 179, 140, 108, 174, 110, 144, 138, 66, 137)

# Cividis, in sixteen steps: readable with every kind of colour blindness and in grey.
SEQUENTIAL = (17, 18, 60, 59, 60, 61, 66, 102, 102, 144, 144, 143, 179, 185, 221, 227)
# Blue over grey to orange: negative, none, positive.
DIVERGING = (25, 26, 32, 68, 74, 110, 152, 252, 223, 216, 215, 209, 208, 202, 166)

PIECES = (24, 58, 54, 22, 94, 23, 52, 60, 65, 95, 96, 30)


def class_style(name: str, index: int = 0) -> Style:
    """The foreground of a language or type; others take one from a list by their index."""
    number = _LANGUAGE[name] if name in _LANGUAGE else _TYPE.get(name, _OTHERS[index % len(_OTHERS)])
    return Style() if number is None else Style(color=f"color({number})")


def step_style(scale: Sequence[int], share: float) -> Style:
    """The background of a value that lies at `share` (0 to 1) of a scale, with a foreground that can be read on it."""
    number = scale[min(len(scale) - 1, max(0, int(share * len(scale))))]
    return Style(color="color(232)" if _luminance(number) > 0.36 else "color(255)", bgcolor=f"color({number})")


def _luminance(number: int) -> float:
    if number >= 232:
        return (8 + 10 * (number - 232)) / 255
    levels = (0, 95, 135, 175, 215, 255)
    number -= 16
    red, green, blue = levels[number // 36], levels[number // 6 % 6], levels[number % 6]
    return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255


def language_order(codes: Sequence[str], by_family: bool = True) -> list[str]:
    """Language codes by script, then family, then code (else by code alone); unknown ones come last."""
    from nerspace.datasets.languages import LANGUAGES

    def place(code: str) -> tuple[str, str, str]:
        language = LANGUAGES.get(code)
        return (language.script, language.family, code) if language else ("~", "~", code)

    return sorted(codes, key=place) if by_family else sorted(codes)


def language_name(code: str) -> str:
    """The English name of a language, or the code itself."""
    from nerspace.datasets.languages import LANGUAGES

    return LANGUAGES[code].name if code in LANGUAGES else code


def script_of(code: str) -> str:
    """The script that a language is written in; empty if it is not known."""
    from nerspace.datasets.languages import LANGUAGES

    return LANGUAGES[code].script if code in LANGUAGES else ""
