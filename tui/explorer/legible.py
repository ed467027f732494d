"""Colors that can be read in every theme: exact ones keep their hue and get contrast, over SSH they become the sixteen.

Widgets draw with numbers of the 256-color palette, chosen for a dark screen; what a theme needs is done where lines are
painted, so that everything follows a change of theme at once.
"""

from functools import lru_cache

from rich.color import Color as RichColor
from rich.color import ColorSystem, ColorType
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

from nerspace.tui.colours import PIECES, UNSHARED_PIECE, luminance

# WCAG 2.2, criteria 1.4.3 and 1.4.11.
TEXT_CONTRAST = 4.5
POINT_CONTRAST = 3.0
_MIXES = 20


def contrast(one: RichColor, other: RichColor) -> float:
    """The contrast ratio of two exact colors, 1 to 21. Source: WCAG 2.2."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@lru_cache(4096)
def readable(color: RichColor, background: RichColor, least: float) -> RichColor:
    """A color, mixed with as little black or white as gives it the contrast to its background."""
    if contrast(color, background) >= least:
        return color
    assert color.triplet is not None  # noqa: S101
    end = 255 if contrast(_WHITE, background) >= contrast(_BLACK, background) else 0
    for step in range(1, _MIXES + 1):
        mixed = RichColor.from_rgb(*(part + (end - part) * step / _MIXES for part in color.triplet))
        if contrast(mixed, background) >= least:
            return mixed
    return mixed


_BLACK, _WHITE = RichColor.from_rgb(0, 0, 0), RichColor.from_rgb(255, 255, 255)


def least_contrast(text: str) -> float:
    """The contrast that a text needs: none for lines and blocks, less for dots than for letters."""
    sign = next((letter for letter in text if not letter.isspace() and not 0x2500 <= ord(letter) < 0x25A0), "")
    return 0.0 if not sign else POINT_CONTRAST if 0x2800 <= ord(sign) < 0x2900 else TEXT_CONTRAST


class Legible(LineFilter):
    """Give letters and points the contrast that they need, where colors are exact."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Change colors alone."""
        behind = background.rich_color
        return [
            Segment(text, style and _legible(style, behind, least_contrast(text)), control)
            for text, style, control in segments
        ]


@lru_cache(4096)
def _legible(style: Style, behind: RichColor, least: float) -> Style:
    ground, color = style.bgcolor or behind, style.color
    if not least or color is None or color.triplet is None or ground.triplet is None:
        return style
    return style + Style(color=readable(color, ground, least))


# 256-color number → number of the sixteen. By family, as the exact ones; a name in its sentence is yellow.
_SIXTEEN = {
    117: 14, 33: 12, 75: 12, 35: 2, 114: 10, 222: 11, 208: 3, 215: 11, 221: 11, 176: 13, 170: 5, 167: 9, 203: 9,
    73: 6, 179: 3, 140: 13, 108: 2, 174: 9, 110: 14, 144: 3, 138: 1, 66: 6, 137: 3, 240: 8, 245: 8,
}  # fmt: skip
# Bright ones cannot be seen on white: those with a dark kin take it. Yellow has none that can be read there.
_ON_WHITE = {3: 5, 7: 0, 9: 1, 10: 2, 11: 5, 12: 4, 13: 5, 14: 6, 15: 0}
_DEFAULT = RichColor.default()
# Foreground and background of the pieces that languages share: readable with the palettes of all terminals.
_PIECES = ((15, 4), (0, 6), (15, 5), (0, 2), (15, 1), (0, 3))


class Sixteen(LineFilter):
    """Draw with the terminal's own sixteen colors, but for the exact cells of a matrix.

    Args:
        light: on a light background.
    """

    def __init__(self, light: bool, enabled: bool = True) -> None:
        super().__init__(enabled)
        self._light = light

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Change colors alone."""
        del background
        return [Segment(text, style and _sixteen(style, self._light), control) for text, style, control in segments]


# Textual makes exact colors of the numbers in a text; those of ours are known again.
_NUMBERS = {
    RichColor.from_ansi(number).get_truecolor(): number for number in (*_SIXTEEN, *PIECES, UNSHARED_PIECE, 255)
}  # fmt: skip


@lru_cache(4096)
def _sixteen(style: Style, light: bool) -> Style:
    color, ground = _number(style.color), _number(style.bgcolor)
    if ground is not None:
        on, behind = _PIECES[PIECES.index(ground) % len(_PIECES)] if ground in PIECES else (0, 7)
        return style + Style(color=f"color({on})", bgcolor=f"color({behind})")
    if color is not None:
        number = _SIXTEEN.get(color, RichColor.from_ansi(color).downgrade(ColorSystem.STANDARD).number)
    elif style.color is not None and style.color.type is ColorType.STANDARD and style.bgcolor in (None, _DEFAULT):
        number = style.color.number
    else:
        return style
    assert number is not None  # noqa: S101
    return style + Style(color=f"color({_ON_WHITE.get(number, number) if light else number})")


def _number(color: RichColor | None) -> int | None:
    """The place of a color in the palette of 256, None if it is one of the sixteen or of a matrix."""
    if color is None:
        return None
    return color.number if color.type is ColorType.EIGHT_BIT else _NUMBERS.get(color.triplet) if color.triplet else None
