"""Maps of the paper's figures, with what is known of their points and how far each may be trusted."""

from collections.abc import Mapping

import pandas as pd

from nerspace.engine.errors import DataError
from nerspace.engine.paper.cache import Array
from nerspace.engine.paper.tables import labelled_map, maps_table
from nerspace.engine.projection import map_quality_table, map_table
from nerspace.engine.requests.paper import PaperRequest
from nerspace.engine.runs import Run

QUALITY = "paper_maps"


def draw_maps(
    run: Run, item: str, vectors: Mapping[tuple[str, int], Array], points: pd.DataFrame, request: PaperRequest
) -> pd.DataFrame | None:
    """Write `paper_ITEM` and add to `paper_maps`; fewer points than a map needs give no map.

    Args:
        run: gets the tables.
        item: figure1 or figure2.
        vectors: (stage, layer) → [n, d].
        points: what is known of each row of the vectors [n].
        request: its perplexity and seed.

    Returns:
        The table `paper_ITEM`, where there is one.
    """
    maps, qualities = [], []
    for key, X in vectors.items():
        try:
            drawn = map_table({key: X}, "tsne", request.perplexity, request.seed)
            qualities.append(map_quality_table({key: X}, drawn, "tsne", request.perplexity, request.seed))
        except DataError:
            continue
        maps.append(drawn)
    if not maps:
        return None
    labelled = labelled_map(pd.concat(maps), points)
    run.write_table(f"paper_{item}", labelled)
    quality = maps_table(item, pd.concat(qualities))
    held = [run.read_table(QUALITY)] if QUALITY in run.tables() else []
    held = [table[table["item"] != item] for table in held]
    run.write_table(QUALITY, pd.concat([*(table for table in held if len(table)), quality]))
    return labelled
