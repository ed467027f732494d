"""What was typed, as a point among those of the maps."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from rich.style import Style
from rich.text import Text

from nerspace.tui.colours import MARKS
from nerspace.tui.explorer.space.model import Key, Maps, Neighbours
from nerspace.tui.literal import literal
from nerspace.tui.plots.overlay import Classes

if TYPE_CHECKING:
    from nerspace.engine.reading.client import TextRead

TYPED = "typed"
_STYLE = Style(color="color(222)", bold=True)


def with_typed(maps: Maps, read: "TextRead") -> Maps:
    """The maps with one more point, the last, in a class of its own; a map without a place for it does not show it."""
    import pandas as pd

    tags = " ".join(read.tagged[0].tags) if read.tagged else ""
    words = " ".join(read.words)
    own = pd.DataFrame([{
        "point": len(maps.points), "sentence": TYPED, "language": TYPED, "type": "", "entity": TYPED, "form": read.form,
        "whole": TYPED, "words": words, "tags": tags, "text": words,
    }])  # fmt: skip
    places = {
        (str(row.stage), int(str(row.layer))): (float(str(row.x)), float(str(row.y)))
        for row in read.places.itertuples()
    }
    nowhere = (np.nan, np.nan)
    points = pd.concat([maps.points, own.reindex(columns=maps.points.columns)], ignore_index=True)
    return replace(
        maps,
        points=points,
        places={
            key: (np.append(x, places.get(key, nowhere)[0]), np.append(y, places.get(key, nowhere)[1]))
            for key, (x, y) in maps.places.items()
        },
        cells=np.append(maps.cells, int(maps.cells.max(initial=-1)) + 1),
        colors={name: _one_more(classes) for name, classes in maps.colors.items()},
    )


def _one_more(classes: Classes) -> Classes:
    place = len(classes.names)
    return replace(
        classes, codes=np.append(classes.codes, place), names=(*classes.names, TYPED),
        marks=(*classes.marks, MARKS[place % len(MARKS)]), styles=(*classes.styles, _STYLE),
    )  # fmt: skip


def typed_neighbours(read: "TextRead", point: int) -> Neighbours:
    """Its nearest names by cosine, in every map."""
    groups = read.nearest.groupby(["stage", "layer"], sort=False)
    return Neighbours(point, {(str(stage), int(str(layer))): group for (stage, layer), group in groups})


def placed_text(read: "TextRead", key: Key | None, width: int) -> Text:
    """How its point came to the map, as far as it fits."""
    found = [row for row in read.places.itertuples() if key is not None and (row.stage, row.layer) == key]
    how = f"placed by {found[0].how}; no other point moved" if found else "this map has no place for it"
    text = Text(literal(f"{read.form}: {how} · vector of {read.how}"), no_wrap=True)
    text.truncate(width, overflow="ellipsis")
    return text
