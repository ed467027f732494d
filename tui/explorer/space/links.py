"""What a point of a map is joined to: the same sentence in other languages, or its nearest neighbours by cosine."""

from collections.abc import Collection
from typing import TYPE_CHECKING

from rich.style import Style

from nerspace.tui.explorer.session import Session
from nerspace.tui.explorer.space.maps import Key, Maps

if TYPE_CHECKING:
    import pandas as pd

Label = tuple[int, str, Style]
_MARK = Style(bold=True, reverse=True)


def parallel_labels(maps: Maps, point: int) -> list[Label]:
    """The code of every language at its point of the same sentence."""
    return [] if point < 0 else [_label(maps, int(other)) for other in maps.parallels(point)]


def nearest_labels(maps: Maps, near: "pd.DataFrame") -> list[Label]:
    """The code of the language of every neighbour, the nearest first. near: rows of the table `nearest` of one map."""
    return [_label(maps, int(other)) for other in near["neighbour"]]


def _label(maps: Maps, point: int) -> Label:
    languages = maps.by_language
    code = int(languages.codes[point])
    return (point, languages.names[code], languages.styles[code] + _MARK) if code >= 0 else (point, "?", _MARK)


def read_nearest(session: Session, point: int, layers: Collection[int]) -> "dict[Key, pd.DataFrame]":
    """The nearest neighbours of a point by cosine, for every stage of these layers whose vectors the run keeps.

    Raises: NerspaceError if it keeps none.
    """
    from nerspace.engine.geometry.neighbours import nearest_table

    stored = session.vectors(layers)
    frame = nearest_table(stored.vectors, stored.rows, point)
    return {(str(key[0]), int(key[1])): group for key, group in frame.groupby(["stage", "layer"], sort=False)}
