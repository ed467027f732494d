"""Control characters of data, made visible: in a terminal, a table or a page they would act."""

# Characters that would move, hide or reorder their neighbours, and halves of characters that no file can hold.
_HIDDEN = [
    *range(0x80, 0xA0), 0x200B, *range(0x200E, 0x2010), *range(0x2028, 0x202F), *range(0x2060, 0x206A), 0xFEFF,
    *range(0xD800, 0xE000),
]  # fmt: skip
_VISIBLE = {**{code: 0x2400 + code for code in range(0x20)}, 0x7F: 0x2421, **dict.fromkeys(_HIDDEN, 0xFFFD)}


def visible(text: str) -> str:
    """A text as one line without control characters: ESC is drawn as ␛, a line feed as ␊, others as �."""
    return text.translate(_VISIBLE)
