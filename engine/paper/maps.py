"""Maps of the paper's figures, with what is known of their points and how far each may be trusted."""

from collections.abc import Mapping

import pandas as pd

from nerspace.engine.errors import DataError
from nerspace.engine.paper.cache import Array
from nerspace.engine.projection import map_quality_table, map_table
from nerspace.engine.requests.paper import PaperRequest
from nerspace.engine.runs import Run

QUALITY = "paper_maps"
# Of the table map_quality, without what is the same in every map of the paper.
TOLD = ["stage", "layer", "method", "perplexity", "seed", "n", "preserved", "chance", "trustworthiness"]


def draw_maps(
    run: Run, item: str, vectors: Mapping[tuple[str, int], Array], points: pd.DataFrame, request: PaperRequest
) -> None:
    """Write `paper_ITEM` and add to `paper_maps`. vectors: (stage, layer) → [n, d]. points: [n].

    Fewer points than a map needs give no map.
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
        return
    run.write_table(f"paper_{item}", labelled_map(pd.concat(maps), points))
    quality = pd.concat(qualities)[TOLD]
    quality.insert(0, "item", item)
    held = [run.read_table(QUALITY)] if QUALITY in run.tables() else []
    held = [table[table["item"] != item] for table in held]
    run.write_table(QUALITY, pd.concat([*(table for table in held if len(table)), quality]))


def labelled_map(maps: pd.DataFrame, points: pd.DataFrame) -> pd.DataFrame:
    """The tables `paper_figure1` and `paper_figure2`: a map with what is known of its points. points: [n], in order."""
    return maps.merge(points.assign(point=range(len(points))), on="point", how="left")
