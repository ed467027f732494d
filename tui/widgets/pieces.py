"""The pieces of a name in several languages, as blocks; a piece that they share has one color and one mark in all."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from rich.style import Style
from rich.text import Text

from nerspace.tui.colours import PIECES, UNSHARED_PIECE, class_style, language_name
from nerspace.tui.literal import literal

MARKS = "¹²³⁴⁵⁶⁷⁸⁹ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ"
_ALONE = Style(color="color(255)", bgcolor=f"color({UNSHARED_PIECE})")


@dataclass(frozen=True, slots=True)
class Cut:
    """One form and its pieces.

    Attributes:
        distance: TNLD to the reference language, None for the reference itself.
        fertility: pieces per word, None where it was not requested.
    """

    language: str
    form: str
    pieces: tuple[str, ...]
    distance: float | None
    fertility: float | None = None


def shared_pieces(cuts: Sequence[Cut]) -> dict[str, int]:
    """Pieces that stand in more than one language → their number, those of most languages first."""
    held = Counter(piece for cut in cuts for piece in dict.fromkeys(cut.pieces))
    shared = [piece for piece, count in sorted(held.items(), key=lambda item: (-item[1], item[0])) if count > 1]
    return {piece: number for number, piece in enumerate(shared)}


def blocks(pieces: Sequence[str], shared: dict[str, int], plain: bool) -> list[Text]:
    """A block for every piece.

    Args:
        plain: with bars between them instead of colors behind them.
    """
    found = []
    for piece in pieces:
        number = shared.get(piece)
        mark = MARKS[number] if number is not None and number < len(MARKS) else ""
        style = (
            _ALONE if number is None else Style(color="color(255)", bgcolor=f"color({PIECES[number % len(PIECES)]})")
        )
        block = Text(literal(piece), Style() if plain else style, end="")
        if mark:
            block.append(mark, Style(bold=True))
        found.append(Text.assemble("[", block, "]", end="") if plain else block)
    return found


def pieces_text(cuts: Sequence[Cut], reference: str, width: int, plain: bool) -> Text:
    """One row a language: pieces, pieces per word, distance, form where it fits, and the blocks, wrapped."""
    shared = shared_pieces(cuts)
    wide = width >= 68
    form_width = min(26, max((Text(literal(cut.form)).cell_len for cut in cuts), default=0)) if wide else 0
    indent = (15 if wide else 3) + 3 + 6 + 6 + (form_width + 2 if wide else 0) + 1
    text = Text()
    text.append(f"{'':<{15 if wide else 3}}{'n':>3}{'/word':>6}{'TNLD':>6}", "dim")
    text.append(f"  {'form':<{form_width}}" if wide else "", "dim").append(" pieces\n", "dim")
    for cut in cuts:
        text.append(f"{cut.language} ", class_style(cut.language) + Style(bold=True))
        if wide:
            text.append(f"{language_name(cut.language):<12}", "dim")
        text.append(f"{len(cut.pieces):>3}")
        text.append(f"{'' if cut.fertility is None else f'{cut.fertility:z.1f}':>6}", "dim")
        text.append(f"{'·' if cut.distance is None else f'{cut.distance:z.2f}':>6}", "dim" if not cut.distance else "")
        if wide:
            form = Text("  " + literal(cut.form))
            form.truncate(form_width + 2, overflow="ellipsis", pad=True)
            text.append_text(form)
        text.append(" ")
        free = width - indent
        for place, block in enumerate(blocks(cut.pieces, shared, plain)):
            if place and free < block.cell_len:
                text.append("\n" + " " * indent)
                free = width - indent
            text.append_text(block).append(" ")
            free -= block.cell_len + 1
        text.append("\n")
    text.append(f"\nTNLD to {reference} {language_name(reference)}", "dim")
    if shared:
        text.append(" · same mark, same piece", "dim")
    return text
