"""The geometry of a run's stored vectors: isotropy, similarity, neighbours and groups, as tables."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nerspace.tui.cli.options import Csv, Json, Plot, Rows, Workspace

if TYPE_CHECKING:
    import pandas as pd

    from nerspace.engine.geometry.stored import StoredVectors

RunId = Annotated[str | None, typer.Option("--run", help="A run; the newest with vectors by default.")]
Layer = Annotated[int | None, typer.Option("--layer", help="Only this hidden layer; all stored ones by default.")]
Stage = Annotated[str | None, typer.Option("--stage", help="before or after fine-tuning; both by default.")]
View = Annotated[
    str,
    typer.Option(
        "--view", help="raw, centred, top-removed (all but the top components) or standardised, over all languages."
    ),
]
Of = Annotated[str, typer.Option("--of", help="words (random words) or entities.")]


def isotropy(
    table: Annotated[str, typer.Option("--table", help="isotropy or dimensions.")] = "isotropy",
    of: Of = "words",
    run: RunId = None,
    layer: Layer = None,
    stage: Stage = None,
    view: View = "raw",
    workspace: Workspace = None,
    csv: Csv = None,
    as_json: Json = False,
    rows: Rows = 60,
) -> None:
    """How evenly vectors fill the space, per language beside noise; or which dimensions make them alike.

    nerspace isotropy --table dimensions --layer 12
    """
    from nerspace.engine.geometry.dimensions import dimensions_table
    from nerspace.engine.geometry.isotropy import isotropy_table
    from nerspace.tui.cli.output import show_table

    _known(table, "isotropy", "dimensions")
    stored = _stored(workspace, run, of, stage, layer, view)
    make = isotropy_table if table == "isotropy" else dimensions_table
    show_table(table, make(stored.vectors, stored.languages), csv=csv, as_json=as_json, rows=rows)


def similarity(
    table: Annotated[str, typer.Option("--table", help="parallel_cosine, cka, drift or siblings.")] = "parallel_cosine",
    entity: Annotated[str | None, typer.Option("--entity", help="For siblings: a name, by its id.")] = None,
    without: Annotated[
        int, typer.Option("--without", min=0, help="Leave out so many dimensions that add most to the mean cosine.")
    ] = 0,
    run: RunId = None,
    layer: Layer = None,
    stage: Stage = None,
    view: View = "raw",
    workspace: Workspace = None,
    csv: Csv = None,
    as_json: Json = False,
    plot: Plot = False,
    rows: Rows = 60,
) -> None:
    """How alike the same entities are in two languages, or before and after (drift), or one name (siblings).

    nerspace similarity --layer 12 --without 3 --plot
    """
    from nerspace.datasets.errors import UsageError
    from nerspace.engine.geometry import similarity as engine
    from nerspace.engine.geometry.siblings import siblings_table
    from nerspace.tui.cli.output import show_table

    _known(table, "parallel_cosine", "cka", "drift", "siblings")
    if (table == "siblings") != (entity is not None):
        raise UsageError("--table siblings and --entity go together.", "Names: nerspace export points.")
    stored = _stored(workspace, run, "entities", stage, layer, view)
    if without:
        stored = stored.without_dimensions(without)
    frame: pd.DataFrame
    if entity is not None:
        frame = siblings_table(stored.vectors, stored.rows, entity)
    elif table == "drift":
        frame = engine.drift_table(stored.vectors, stored.languages)
    else:
        make = engine.parallel_cosine_table if table == "parallel_cosine" else engine.cka_table
        frame = make(stored.vectors, stored.languages.tolist(), stored.cells)
    show_table(table, frame, csv=csv, as_json=as_json, plot=plot, rows=rows)


def neighbours(
    table: Annotated[str, typer.Option("--table", help="retrieval, hubness or nearest.")] = "retrieval",
    point: Annotated[
        int | None, typer.Option("--point", min=0, help="For nearest: a point, by its number in the table points.")
    ] = None,
    k: Annotated[int, typer.Option("--k", min=1, help="Neighbours.")] = 10,
    run: RunId = None,
    layer: Layer = None,
    stage: Stage = None,
    view: View = "raw",
    workspace: Workspace = None,
    csv: Csv = None,
    as_json: Json = False,
    plot: Plot = False,
    rows: Rows = 60,
) -> None:
    """Is the nearest entity in another language the same one, are there hubs, and who is next to a point.

    nerspace neighbours --table nearest --point 0
    """
    from nerspace.datasets.errors import UsageError
    from nerspace.engine.geometry import neighbours as engine
    from nerspace.tui.cli.output import show_table

    _known(table, "retrieval", "hubness", "nearest")
    if (table == "nearest") != (point is not None):
        raise UsageError("--table nearest and --point go together.", "Points: nerspace export points.")
    stored = _stored(workspace, run, "entities", stage, layer, view)
    frame: pd.DataFrame
    if point is not None:
        frame = engine.nearest_table(stored.vectors, stored.rows, point, k)
    elif table == "hubness":
        frame = engine.hubness_table(stored.vectors, stored.languages, k)
    else:
        frame = engine.retrieval_table(stored.vectors, stored.languages.tolist(), stored.cells, k)
    show_table(table, frame, csv=csv, as_json=as_json, plot=plot, rows=rows)


def groups(
    seed: Annotated[int, typer.Option("--seed", help="Decides the shuffles of the floors.")] = 0,
    run: RunId = None,
    layer: Layer = None,
    stage: Stage = None,
    view: View = "raw",
    workspace: Workspace = None,
    csv: Csv = None,
    as_json: Json = False,
    rows: Rows = 60,
) -> None:
    """Do entities gather by type or by language: silhouette and purity beside two floors.

    nerspace groups --layer 12
    """
    from nerspace.engine.geometry.grouping import groups_table
    from nerspace.tui.cli.output import show_table

    stored = _stored(workspace, run, "entities", stage, layer, view)
    types = stored.rows["type"].tolist()
    frame = groups_table(stored.vectors, stored.languages.tolist(), types, stored.cells, seed=seed)
    show_table("groups", frame, csv=csv, as_json=as_json, rows=rows)


def _known(table: str, *names: str) -> None:
    from nerspace.datasets.errors import UsageError

    if table not in names:
        raise UsageError(f"Unknown table {table!r}.", f"Choose from {', '.join(names)}.")


def _stored(
    workspace: Path | None, run: str | None, of: str, stage: str | None, layer: int | None, view: str
) -> "StoredVectors":
    from nerspace.engine import runs
    from nerspace.engine.geometry.stored import find_stored, read_stored

    return read_stored(find_stored(runs.workspace_folder(workspace), run, of), of, stage, layer, view)
