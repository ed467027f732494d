"""Text for the clipboard of the terminal in front of the user (OSC 52), within what terminals take."""

from nerspace.engine.errors import UsageError
from nerspace.tui.widgets.rows import Rows

# Many terminals drop a sequence of more than 100,000 bytes, and base64 makes four of three.
LIMIT = 74_000


def size_note(text: str) -> str:
    """How long a text is, as people say it."""
    size = len(text.encode())
    return f"{size:,} bytes" if size < 1_000 else f"{size / 1_000:.1f} KB"


def clip(rows: Rows) -> str:
    """All rows as text, raw values with tabs between them under a heading; it stops making rows at the bound.

    Raises: UsageError where they do not fit into LIMIT bytes.
    """
    from nerspace.engine.runs import to_csv

    parts, size = [], 0
    for number, chunk in enumerate(rows.chunks()):
        parts.append(to_csv(chunk, number == 0, "\t"))
        size += len(parts[-1].encode())
        if size > LIMIT:
            raise UsageError(
                f"{len(rows):,} rows are too much for the clipboard, which takes {LIMIT // 1_000} KB over a terminal.",
                "Narrow them with f, or write them to a file with e.",
            )
    return "".join(parts)
