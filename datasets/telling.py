"""What a user should know of how data was read: which columns were taken for what, and what was left out."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from nerspace.datasets.dropped import Dropped, FileRead, Read
from nerspace.datasets.reading import renamed_line

# Lines of each kind; the rest is counted in one more.
MOST_LINES = 6


def told(corpus: Read) -> list[str]:
    """Lines about how a corpus was read; none where nothing was decided and nothing left out."""
    renamed = renamed_line(getattr(corpus, "renamed", {}))
    return [*_how(corpus.files), *([renamed] if renamed else []), *_left_out(corpus.dropped)]


def _how(files: Sequence[FileRead]) -> list[str]:
    ways: dict[tuple[str, str], list[str]] = defaultdict(list)
    for file in files:
        if file.columns:
            ways[file.layout, file.columns].append(file.file)
    lines = [
        f"{names[0] if len(names) == 1 else f'{len(names):,} files'} read as {layout}: {columns}"
        for (layout, columns), names in ways.items()
    ]
    return _shortened(lines, "ways of reading")


def _left_out(rows: Sequence[Dropped]) -> list[str]:
    reasons = Counter(row.reason for row in rows)
    first: dict[str, Dropped] = {}
    for row in rows:
        first.setdefault(row.reason, row)
    lines = [f"left out: {n:,} × {reason} ({_place(first[reason], n)})" for reason, n in reasons.most_common()]
    return _shortened(lines, "reasons")


def _place(row: Dropped, n: int) -> str:
    place = f"{row.file}, line {row.line:,}" if row.line else row.file
    return place if n == 1 else f"first: {place}"


def _shortened(lines: list[str], what: str) -> list[str]:
    if len(lines) <= MOST_LINES:
        return lines
    return [*lines[: MOST_LINES - 1], f"… and {len(lines) - MOST_LINES + 1:,} more {what}: see nerspace data check"]
