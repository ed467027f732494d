"""Control characters of data, made visible: in a terminal, a table or a page they would act."""

# Characters that would move, hide or reorder their neighbours, and halves of characters that no file can hold. The two
# that join and part letters (U+200C, U+200D) stay: Persian and the scripts of India are written with them.
_HIDDEN = [
    *range(0x80, 0xA0), 0x061C, 0x180E, 0x200B, *range(0x200E, 0x2010), *range(0x2028, 0x202F), *range(0x2060, 0x2070),
    0xFEFF, *range(0xFFF9, 0xFFFC), *range(0x1D173, 0x1D17B), *range(0xE0000, 0xE0080), *range(0xD800, 0xE000),
]  # fmt: skip
# Code of a character → code of the sign that stands for it.
SIGNS = {**{code: 0x2400 + code for code in range(0x20)}, 0x7F: 0x2421, **dict.fromkeys(_HIDDEN, 0xFFFD)}


def is_utf8(text: str) -> bool:
    """Whether files and tables can hold a text; names of files in another encoding come as halves of characters."""
    return text.isascii() or not any("\ud800" <= sign <= "\udfff" for sign in text)


def visible(text: str) -> str:
    """A text as one line without control characters: ESC is drawn as ␛, a line feed as ␊, others as �."""
    return text if text.isprintable() else text.translate(SIGNS)
