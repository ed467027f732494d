"""Colors of classes and of values: the hue says the family of a language, and no color stands alone without a label.

Classes are numbers of the 256-color palette, chosen for a dark screen; where lines are painted they get the contrast of
the theme, or become the terminal's own sixteen (explorer/legible.py).
"""

from collections.abc import Sequence
from functools import cache

from rich.color import Color
from rich.style import Style

# Hue by family: East Slavic blue, South Slavic green, West Slavic orange, Romance pink, Turkic red, Germanic plain.
_LANGUAGE = {
    "be": 117, "ru": 33, "uk": 75, "bg": 35, "sl": 114, "cs": 222, "pl": 208, "ca": 176, "es": 170, "tr": 167,
    "en": None,
}  # fmt: skip
_TYPE = {"PER": 75, "LOC": 114, "ORG": 215}
_OTHERS = (
    73, 179, 140, 108, 174, 110, 144, 138, 66, 137, 81, 216, 150, 183, 209, 80, 132, 113, 172, 105,
)  # fmt: skip

# Viridis in sixteen steps: readable with every kind of color blindness and in grey; few steps cost few bytes.
SEQUENTIAL = (
    "#440154", "#481a6c", "#472f7d", "#414487", "#39568c", "#31688e", "#2a788e", "#23888e",
    "#1f988b", "#22a884", "#35b779", "#54c568", "#7ad151", "#a5db36", "#d2e21b", "#fde725",
)  # fmt: skip
# Blue over grey to orange: negative, none, positive.
DIVERGING = (
    "#2166ac", "#3a7cb8", "#5a96c8", "#80afd5", "#a6c7e0", "#c8d9e6", "#e2e6e9",
    "#eeeeee", "#f2e4d6", "#f4d3b3", "#f1b884", "#e59b58", "#d47f35", "#bd651c", "#a04f10",
)  # fmt: skip

# What tells classes apart where there are no colors, and the keys of the legend: more than languages and types are.
MARKS = "123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz@#$%&+=<>!?*~^0;:/()[]{}"

# Behind the pieces that several languages share, and behind all others.
PIECES = (24, 58, 54, 22, 94, 23, 52, 60, 65, 95, 96, 30)
UNSHARED_PIECE = 238

# A name within its sentence.
HIGHLIGHT = "bold color(222)"


def class_style(name: str, index: int | None = None) -> Style:
    """The foreground of a language or type; others take one from a list by their index, else by their letters."""
    # The sum of its letters, since the hash of a text differs from one start to the next.
    place = sum(map(ord, name)) if index is None else index
    number = _LANGUAGE[name] if name in _LANGUAGE else _TYPE.get(name, _OTHERS[place % len(_OTHERS)])
    return Style() if number is None else Style(color=f"color({number})")


# Where there are no colors, the types still differ.
_TYPE_MARK = {"PER": Style(bold=True), "LOC": Style(underline=True), "ORG": Style(bold=True, italic=True)}


@cache
def type_style(kind: str) -> Style:
    """The style of a name of that type in running text."""
    return class_style(kind) + _TYPE_MARK.get(kind, Style(underline=True, italic=True))


def step_style(scale: Sequence[str], share: float) -> Style:
    """The background of a value that lies at `share` (0 to 1) of a scale, with a foreground that can be read on it."""
    return _on_background(scale[min(len(scale) - 1, max(0, int(share * len(scale))))])


@cache
def _on_background(color: str) -> Style:
    # Between black and white, the contrasts to a background are equal at this luminance: both are 4.58 (WCAG 2.2).
    bright = luminance(Color.parse(color)) > 0.179
    return Style(color="#000000" if bright else "#ffffff", bgcolor=color)


def luminance(color: Color) -> float:
    """The relative luminance of an exact color, 0 to 1. Source: WCAG 2.2."""
    assert color.triplet is not None  # noqa: S101
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in color.triplet.normalized
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def language_order(codes: Sequence[str], by_family: bool = True) -> list[str]:
    """Language codes by script, then family, then code (else by code alone); those that are not known come last."""
    from nerspace.datasets.languages import language_of

    def place(code: str) -> tuple[str, str, str]:
        language = language_of(code)
        return (language.script or "~", language.family or "~", code) if language else ("~", "~", code)

    return sorted(codes, key=place) if by_family else sorted(codes)


def language_name(code: str) -> str:
    """The English name of a language, or the code itself."""
    from nerspace.datasets.languages import name_of

    return name_of(code)


def script_of(code: str) -> str:
    """The script that a language is written in; empty if it is not known."""
    from nerspace.datasets.languages import language_of

    language = language_of(code)
    return language.script if language else ""
