"""Text plots of directed pairs of languages: their matrix, and errors against spelling distance with a line."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from nerspace.tui.plots.text import HEIGHT, WIDTH, drawn_text, labelled_scatter, new_figure

if TYPE_CHECKING:
    import pandas as pd

# More labels than these cannot be distinguished.
LABELS = 24


# Of a terminal that is as narrow as they come.
WIDTH_OF_TEXT = 79


def directed_matrix(frame: "pd.DataFrame", row: str, column: str, value: str, scale: float = 1) -> str:
    """Directed pairs as a matrix of numbers, one decimal, in alphabetical order; a dot where there is none."""
    rows, columns = sorted(set(frame[row])), sorted(set(frame[column]))
    known = {(a, b): v for a, b, v in zip(frame[row], frame[column], frame[value], strict=True)}
    return number_matrix(rows, columns, known, scale)


def number_matrix(
    rows: Sequence[str], columns: Sequence[str], known: Mapping[tuple[str, str], float], scale: float = 1
) -> str:
    """Numbers with one decimal by row and column, in blocks that fit the width; a dot where there is none."""
    first = max(4, *(len(name) + 1 for name in rows))
    width = max(6, *(len(name) + 1 for name in columns))
    fitting = max(1, (WIDTH_OF_TEXT - first) // width)
    blocks = []
    for start in range(0, len(columns), fitting):
        shown = columns[start : start + fitting]
        lines = [" " * first + "".join(f"{name:>{width}}" for name in shown)]
        for a in rows:
            cells = (known.get((a, b)) for b in shown)
            texts = ("·" if v is None or v != v else f"{scale * v:.1f}" for v in cells)
            lines.append(f"{a:<{first}}" + "".join(f"{text:>{width}}" for text in texts))
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def transfer_scatter(pairs: "pd.DataFrame") -> str:
    """Share of wrong sentences against TNLD over directed pairs, with the least-squares line.

    Few pairs are drawn as recipient (or donor>recipient where there are several donors), many as letters for their
    scripts.
    """
    from nerspace.engine.statistics.correlation import regression_line
    from nerspace.engine.statistics.pairs import distance_column, scripts_of_pairs

    distance = distance_column(pairs)
    pairs = pairs[(pairs["donor"] != pairs["recipient"]) & pairs[distance].notna()]
    if pairs.empty:
        return "There is no pair of two languages with a distance."
    x, y = pairs[distance].to_numpy(float), 100 * pairs["wrong"].to_numpy(float) / pairs["sentences"].to_numpy(float)
    slope, start = regression_line(x, y)
    per = f"{'+' if slope >= 0 else '−'} {abs(slope) / 10:.1f} % per 0.1 TNLD"
    line = f"line: {start:.1f} % {per}, n = {len(x)} {_counted(pairs)}"
    if len(pairs) <= LABELS:
        one = pairs["donor"].nunique() == 1
        names = pairs["recipient"] if one else pairs["donor"] + ">" + pairs["recipient"]
        return f"{labelled_scatter(list(x), list(y), list(names), 'TNLD', 'wrong sentences, %')}\n{line}"
    figure = new_figure(WIDTH, HEIGHT)
    ends = [0.0, float(x.max()) * 1.06]
    figure.draw(figure.signal(ends, [start + slope * end for end in ends], marker="braille").lines(True))
    script_of = scripts_of_pairs(pairs)
    pair_of = [(script_of(a), script_of(b)) for a, b in zip(pairs["donor"], pairs["recipient"], strict=True)]
    # Two letters of scripts are enough to be told apart; the rest is one class.
    marks = {("Latin", "Latin"): "l", ("Cyrillic", "Cyrillic"): "c"}
    others = {(a, b) for a, b in pair_of if a == b} - marks.keys()
    marks |= dict.fromkeys(others, "s")
    named = [marks.get(pair, "x") for pair in pair_of]
    for mark in ("x", "s", "c", "l"):
        chosen = [one == mark for one in named]
        if any(chosen):
            figure.draw(figure.signal(list(x[chosen]), list(y[chosen]), marker=mark).lines(False))
    figure.ruler("x").lim(*ends)
    figure.ruler("y").lim(0.0, float(y.max()) * 1.08 or 1.0)
    figure.label("TNLD", "x")
    same = "s within another script, " if others else ""
    legend = f"l Latin to Latin, c Cyrillic to Cyrillic, {same}x across scripts"
    return f"wrong sentences, %   ({legend})\n{drawn_text(figure)}\n{line}"


def _counted(pairs: "pd.DataFrame") -> str:
    """What n counts: pairs, and how many languages make them."""
    languages = len({*pairs["donor"], *pairs["recipient"]})
    return f"{'pair' if len(pairs) == 1 else 'pairs'} of {languages} languages"
