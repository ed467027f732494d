"""The legend of the maps, and the lines under them: the point nearest to the box, and how far a map may be trusted."""

from collections.abc import Collection, Sequence

import numpy as np
from rich.style import Style
from rich.text import Text

from nerspace.tui.colours import HIGHLIGHT, language_name
from nerspace.tui.explorer.space.model import Array, Key, Maps, Neighbours
from nerspace.tui.literal import entity_text, from_mark, literal
from nerspace.tui.plots.overlay import Classes
from nerspace.tui.widgets.legend import Entry

_NO_QUALITY = ("Nothing is known of the quality of this map.",) * 2


def point_text(
    maps: Maps, point: int, fact: str, classes: Classes, inside: Array, width: int, what: str = "box"
) -> Text:  # fmt: skip
    """The point with its name, what is known of it and how many of each class are in the box; below, its sentence.

    Args:
        inside: numbers of the points in the box, or of those that are held.
        what: which of the two.
    """
    text = Text(no_wrap=True, overflow="ellipsis")
    row = maps.points.iloc[point]
    languages = maps.by_language
    text.append(f"{row['language']} ", languages.styles[int(languages.codes[point])] + Style(bold=True))
    text.append(literal(row["form"]), HIGHLIGHT)
    text.append(f"  {literal(row['type'])}  {literal(row['entity'])}", "dim")
    if fact:
        text.append(f"   {fact}", "bold")
    counts = np.bincount(classes.codes[inside], minlength=len(classes.names))
    parts = [f"{classes.names[kind]} {counts[kind]}" for kind in np.argsort(-counts, kind="stable") if counts[kind]]
    text.append(f"   {what} {len(inside):,}", "bold")
    text.append(literal(f": {' '.join(parts)}") if parts else "", "dim")
    text.truncate(width, overflow="ellipsis")
    text.append("\n")
    words, tags = str(row["words"]).split(" "), str(row["tags"]).split(" ")
    sentence = from_mark(entity_text(tuple(words), tuple(tags), HIGHLIGHT, str(row["text"])), width)
    sentence.truncate(width, overflow="ellipsis")
    return text.append_text(sentence)


def legend_entries(classes: Classes, hidden: Collection[int], languages: bool) -> list[Entry]:
    """The classes with the number of their points.

    Args:
        languages: they are, and their names fit.
    """
    counts = np.bincount(classes.codes[classes.codes >= 0], minlength=len(classes.names))
    every = zip(classes.marks, classes.names, counts, classes.styles, strict=True)
    return [
        Entry(
            mark, literal(f"{name} {language_name(name)}" if languages else name), f"{count:,}", style, place in hidden
        )
        for place, (mark, name, count, style) in enumerate(every)
    ]


def cosine_fact(maps: Maps, neighbours: Neighbours | None, key: Key | None, point: int) -> str:
    """How near a point is to the one whose neighbours are shown; empty where it is none of them."""
    if neighbours is None or (near := neighbours.of(key)) is None:
        return ""
    if point == neighbours.point:
        typed = float(near["floor_type"].iloc[0]) if "floor_type" in near else float("nan")
        beside = f" (others of its type {typed:z.2f})" if typed == typed else ""
        ends = f"{near['cosine'].iloc[0]:z.2f} … {near['cosine'].iloc[-1]:z.2f}"
        return f"its {len(near)} nearest by cosine: {ends}{beside}"
    own = near[near["neighbour"] == point]
    if own.empty:
        return ""
    about = literal(maps.points["form"].iloc[neighbours.point])
    return f"no. {own['rank'].iloc[0]} of {about}, cosine {own['cosine'].iloc[0]:z.3f}"


def quality_text(maps: Maps, key: Key | None, color: str, width: int) -> Text:
    """How the map was made and how far it may be trusted, as far as it fits."""
    long, short = maps.quality.get(key, _NO_QUALITY) if key else ("", "")
    beside = "" if color == "language" else f" · color {literal(color)}"
    lines: Sequence[str] = (long + beside, short + beside, long)
    line = next((line for line in lines if len(line) < width), short)
    return Text(literal(line), no_wrap=True, overflow="ellipsis")
