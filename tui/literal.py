"""Text from data, made safe to draw: control characters become visible signs and nothing is read as markup."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from nerspace.datasets.visible import visible

if TYPE_CHECKING:
    from rich.style import StyleType
    from rich.text import Text


def literal(value: object) -> str:
    """A value as one line of text without control characters: ESC is drawn as ␛, a line feed as ␊."""
    return visible(str(value))


def literal_lines(text: str) -> str:
    """Text of several lines and tabs, otherwise as `literal`."""
    return "\n".join("\t".join(map(literal, line.split("\t"))) for line in text.split("\n"))


def fit(text: str, width: int, right: bool = False) -> str:
    """Text cut or padded to exactly `width` cells; a cut is shown by an ellipsis."""
    from rich.cells import cell_len, set_cell_size

    cells = cell_len(text)
    if cells > width:
        return set_cell_size(text, max(0, width - 1)) + "…" if width > 0 else ""
    return " " * (width - cells) + text if right else text + " " * (width - cells)


def safe_name(text: str) -> str:
    """A text as a part of a file name: letters and digits, everything else as a low line."""
    return "".join(letter if letter.isalnum() else "_" for letter in text)


def is_missing(value: object) -> bool:
    """Whether a value of a table is a gap."""
    return value is None or type(value).__name__ in ("NAType", "NaTType") or value != value


def shown_number(value: object) -> str:
    """A value of a table as the screen shows it: floats at four significant digits, a gap as a dash, no zero signed."""
    if is_missing(value):
        return "–"
    if isinstance(value, float):
        return f"{value:z.4g}"
    return literal(value)


def clock(seconds: float) -> str:
    """A stretch of time as minutes and seconds, or hours and minutes."""
    whole = int(seconds)
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min" if whole >= 3600 else f"{whole // 60}:{whole % 60:02d}"


def amount(size: int) -> str:
    """Bytes as people say them."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB" if size >= 1e6 else f"{size / 1e3:.0f} KB"


def entity_text(
    words: tuple[str, ...], tags: tuple[str, ...], style: "str | Callable[[str], StyleType]", text: str = ""
) -> "Text":
    """A sentence with its tagged words in `style`, found one after the other in `text` (else the words joined).

    Args:
        style: of all names, or a function that gives the style of a type.
    """
    from rich.text import Text

    line = text or " ".join(words)
    spans = _spans(words, line)
    if spans is None:
        line = " ".join(words)
        spans = _spans(words, line) or []
    shown = Text(literal(line), no_wrap=False, end="")
    for (start, end), tag in zip(spans, tags, strict=False):
        if tag != "O":
            shown.stylize(style if isinstance(style, str) else style(tag[2:]), start, end)
    return shown


def _spans(words: tuple[str, ...], line: str) -> list[tuple[int, int]] | None:
    spans, at = [], 0
    for word in words:
        start = line.find(word, at)
        if start < 0:
            return None
        at = start + len(word)
        spans.append((start, at))
    return spans


def from_mark(text: "Text", size: int) -> "Text":
    """A copy of a text that is too long, begun so that its first marked part can be seen whole.

    Args:
        size: cells that there are.
    """
    from rich.cells import cell_len
    from rich.text import Text

    if not text.spans or cell_len(text.plain) <= size or cell_len(text.plain[: text.spans[0].end]) < size:
        return text.copy()
    mark = text.spans[0]
    free, start = size - 2 - cell_len(text.plain[mark.start : mark.end]), mark.start
    # Something of what follows the mark is worth as much as what stands before it.
    while start and free > size // 3:
        start -= 1
        free -= cell_len(text.plain[start])
    return Text("…", end="").append_text(text[start:])
