"""One form of text: as it is kept, and as it is compared where case and the way of typing must not count."""

import unicodedata


def composed(text: str) -> str:
    """The text in NFC: a letter with its marks is one character where there is one, whoever typed it."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def folded(text: str) -> str:
    """The text for comparing: without case, composed, and the four i of Turkish as one: İspanya is found as ispanya.

    Texts that differ by letters, or by marks on letters, stay different.
    """
    if text.isascii():
        return text.casefold()
    # Case-folding an İ leaves the dot behind the i.
    return composed(composed(text).casefold()).replace("i̇", "i").replace("ı", "i")
