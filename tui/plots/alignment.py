"""The pieces of one name in several languages, one below the other: what stands for the same letters stands in line."""

from itertools import pairwise
from typing import TYPE_CHECKING

from rich.cells import cell_len

from nerspace.tui.literal import fit, literal

if TYPE_CHECKING:
    import pandas as pd

Cell = tuple[int, int, str]


def alignment(frame: "pd.DataFrame") -> str:
    """The table `aligned`, name by name (and model by model where there are several)."""
    keys = [name for name in ("model", "entity") if name in frame]
    shown = []
    for key, part in frame.groupby(keys, sort=False):
        rows: dict[tuple[str, str], list[Cell]] = {}
        for row in part.to_dict("records"):
            cells = rows.setdefault((str(row["language"]), str(row["form"])), [])
            _add(cells, (int(row["start"]), int(row["stop"]), literal(row["piece"])))
        reference = part["reference"].iloc[0]
        title = ", ".join(map(literal, key))
        shown.append(f"{title}, against {literal(reference)}\n{_draw(rows)}")
    return "\n\n".join(shown)


def _add(cells: list[Cell], cell: Cell) -> None:
    """Add a piece; one that stands for no letter is written beside its neighbour."""
    if cells and (cell[0] == cell[1] or cells[-1][0] == cells[-1][1]):
        start, _, text = cells.pop()
        cell = (start, cell[1], f"{text}·{cell[2]}")
    cells.append(cell)


def _draw(rows: dict[tuple[str, str], list[Cell]]) -> str:
    columns = _columns([cell for cells in rows.values() for cell in cells])
    languages = max(4, *(cell_len(literal(language)) + 1 for language, _ in rows))
    forms = max(cell_len(literal(form)) for _, form in rows) + 2
    lines = []
    for (language, form), cells in rows.items():
        pieces = "".join(
            "│" + fit(text, columns[stop] - columns[start] - 1) if columns[stop] > columns[start] else f"│{text}"
            for start, stop, text in cells
        )
        lines.append(f"{fit(literal(language), languages)}{fit(literal(form), forms)}{pieces}│")
    return "\n".join(lines)


def _columns(cells: list[Cell]) -> dict[int, int]:
    """The column of every place, so that each piece fits between its two."""
    places = sorted({place for start, stop, _ in cells for place in (start, stop)})
    columns = dict.fromkeys(places, 0)
    for before, place in pairwise(places):
        columns[place] = max(
            [columns[before] + 1]
            + [columns[start] + cell_len(text) + 2 for start, stop, text in cells if stop == place and start < stop]
        )
    return columns
