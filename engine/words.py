"""Numbers with their nouns, as sentences have them."""


def several(count: int, noun: str, many: str = "") -> str:
    """A number with its noun: 1 seed, 2 seeds, 1,200 sentences.

    Args:
        count: how many.
        noun: of one.
        many: of several, `noun` with an s by default.
    """
    return f"{count:,} {noun if count == 1 else many or noun + 's'}"


def are(count: int) -> str:
    """The verb of so many."""
    return "is" if count == 1 else "are"
