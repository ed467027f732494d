"""What happens to every line before it goes to the terminal.

`Harmless` is the last door: whichever widget drew a text of data as it is, no character of it acts. `Plain` is for
terminals and fonts that know little: lines and dots become ASCII, letter for letter; names and sentences are left as
they are, only the explorer's own signs are changed.
"""

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from nerspace.datasets.visible import SIGNS

_HORIZONTAL = "─━┄┅┈┉╌╍═╴╶╸╺╼╾▔▁‾"
_VERTICAL = "│┃┆┇┊┋╎╏║╵╷╹╻╽╿▏▕▎▍▌▐"


def _drawing() -> dict[int, str]:
    """Box drawing, blocks and braille: what is left where there are no such letters."""
    table = dict.fromkeys(range(9472, 9600), "+")
    table |= dict.fromkeys(range(9600, 9632), "#")
    table |= {code: ":" if (code & 0xFF).bit_count() > 3 else "." for code in range(0x2801, 0x2900)}
    table |= {ord(letter): "-" for letter in _HORIZONTAL} | {ord(letter): "|" for letter in _VERTICAL}
    return table | {0x2800: " ", ord("▌"): ">"}


_OTHERS = {
    **dict(zip("¹²³⁴⁵⁶⁷⁸⁹ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ", "123456789abcdefghijklmnoprstuvwxyz", strict=True)),
    "▁": "_", "…": "~", "·": "-", "–": "-", "×": "x", "●": "*", "○": "o", "■": "#", "▶": ">", "✗": "x", "✓": "v",
    "▲": "^", "▼": "v", "‹": "<", "›": ">", "↑": "^", "↓": "v", "←": "<", "→": ">", "Δ": "D", "−": "-",
    "◆": "*", "◇": "o", "•": "*", "┤": "|", "└": "+", "⏎": ">", "≥": ">", "≤": "<", "±": "~", "★": "*", "◉": "@",
}  # fmt: skip
_SIGNS = {
    **_drawing(),
    **dict.fromkeys([*range(0x2400, 0x2422), 0xFFFD], "?"),
    **{ord(sign): letter for sign, letter in _OTHERS.items()},
}
# Without colors, pieces keep the mark of a word's beginning, which XLM-R writes as a low block.
_LINES = {code: letter for code, letter in _drawing().items() if code != ord("▁")}

# Every one of them has no width on the screen, but for the halves of characters.
_HARMLESS = {code: sign if cell_len(chr(code)) else None for code, sign in SIGNS.items()}


class Harmless(LineFilter):
    """Take out control characters, which have no width, so that the line keeps its own."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Only text is looked at; Textual's own control segments stay."""
        del background
        return [
            segment
            if segment.control or segment.text.isprintable()
            else Segment(segment.text.translate(_HARMLESS), segment.style)
            for segment in segments
        ]


class Plain(LineFilter):
    """Draw without box drawing and braille.

    Args:
        signs: without any other sign of the explorer beyond ASCII too.
    """

    def __init__(self, signs: bool) -> None:
        super().__init__()
        self._table = _SIGNS if signs else _LINES

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Change letters, never their number."""
        del background
        table = self._table
        return [
            Segment(text if text.isascii() else text.translate(table), style, control)
            for text, style, control in segments
        ]
