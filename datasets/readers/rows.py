"""Text with a word a line as rows of cells: how its columns are parted, and its first rows."""

import re
from collections.abc import Sequence

from nerspace.datasets.tagging import is_like_marked

# Rows by which columns are found.
LOOKED_AT = 2_000

# A comment that says something, as `# text = …`.
META = re.compile(r"#\s*([\w.]+)\s*=\s*(.*)")


def is_tabbed(lines: Sequence[str]) -> bool:
    """Whether the columns of these lines are parted by tabs, else they are by spaces."""
    rows = [line for line in lines if line.strip() and ("\t" in line or line[0] != "#" or not META.match(line))]
    tabbed = sum("\t" in line for line in rows)
    spaced = 0 if tabbed == len(rows) else sum("\t" not in line and " " in line.strip(" ") for line in rows)
    return tabbed > spaced


def cells_of(line: str, tabbed: bool) -> list[str]:
    """The cells of a line; other spaces than the plain one, such as the no-break space, are part of a word."""
    return line.split("\t") if tabbed else [cell for cell in line.split(" ") if cell]


def sample(lines: Sequence[str]) -> list[list[list[str]]]:
    """The rows of these lines without comments and marks, parted where lines are blank."""
    blocks: list[list[list[str]]] = [[]]
    tabbed = is_tabbed(lines)
    for line in lines:
        if not line or not line.strip() or line.startswith("-DOCSTART"):
            blocks.append([])
        elif line[0] != "#" or _is_hash_word(line, cells_of(line, tabbed)):
            blocks[-1].append(cells_of(line, tabbed))
    return [block for block in blocks if block]


def _is_hash_word(line: str, cells: Sequence[str]) -> bool:
    """Whether a line that begins with # is a word after all, such as a tweet's hashtag."""
    if "\t" not in line and META.match(line):
        return False
    return len(cells) > 1 and any(is_like_marked(cell.strip()) for cell in cells[1:])
