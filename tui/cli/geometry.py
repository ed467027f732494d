"""The geometry of a run's stored vectors: isotropy, similarity, neighbours and groups, as tables."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from nerspace.engine.errors import UsageError
from nerspace.tui.cli.options import Workspace, require_choice
from nerspace.tui.cli.output import Plotted, Rows

if TYPE_CHECKING:
    import pandas as pd

    from nerspace.engine.geometry.stored import StoredVectors


@dataclass(frozen=True)
class Stored:
    """Which of the vectors that runs have stored."""

    run: Annotated[str | None, typer.Option(help="A run; the newest with vectors by default.")] = None
    layer: Annotated[int | None, typer.Option(help="Only this hidden layer; all stored ones by default.")] = None
    stage: Annotated[str | None, typer.Option(help="before or after fine-tuning; both by default.")] = None
    view: Annotated[
        str,
        typer.Option(
            help="raw, centred, top-removed (all but the top components) or standardised, over all languages."
        ),
    ] = "raw"
    workspace: Workspace = None

    def read(self, of: str = "entities") -> "StoredVectors":
        """These vectors, of entities or words."""
        from nerspace.engine import runs
        from nerspace.engine.geometry.stored import find_stored, read_stored

        found = find_stored(runs.workspace_folder(self.workspace), self.run, of)
        return read_stored(found, of, self.stage, self.layer, self.view)


def isotropy(
    table: Annotated[str, typer.Option(help="isotropy or dimensions.")] = "isotropy",
    of: Annotated[str, typer.Option(help="words (random words) or entities.")] = "words",
    *,
    stored: Stored,
    output: Rows,
) -> None:
    """How evenly vectors fill the space, per language beside noise; or which dimensions make them alike.

    nerspace isotropy --table dimensions --layer 12
    """
    from nerspace.engine.geometry.dimensions import dimensions_table
    from nerspace.engine.geometry.isotropy import isotropy_table

    require_choice("table", table, ("isotropy", "dimensions"))
    found = stored.read(of)
    make = isotropy_table if table == "isotropy" else dimensions_table
    output.show(table, make(found.vectors, found.languages))


def similarity(
    table: Annotated[str, typer.Option(help="parallel_cosine, cka, drift or siblings.")] = "parallel_cosine",
    entity: Annotated[str | None, typer.Option(help="For siblings: a name, by its id.")] = None,
    without: Annotated[
        int, typer.Option(min=0, help="Leave out so many dimensions that add most to the mean cosine.")
    ] = 0,
    *,
    stored: Stored,
    output: Plotted,
) -> None:
    """How alike the same entities are in two languages, or before and after (drift), or one name (siblings).

    nerspace similarity --layer 12 --without 3 --plot
    """
    from nerspace.engine.geometry import similarity as engine
    from nerspace.engine.geometry.siblings import siblings_table

    require_choice("table", table, ("parallel_cosine", "cka", "drift", "siblings"))
    if (table == "siblings") != (entity is not None):
        raise UsageError("--table siblings and --entity go together.", "Names: nerspace export points.")
    found = stored.read()
    if without:
        found = found.without_dimensions(without)
    frame: pd.DataFrame
    if entity is not None:
        frame = siblings_table(found.vectors, found.rows, entity)
    elif table == "drift":
        frame = engine.drift_table(found.vectors, found.languages)
    else:
        make = engine.parallel_cosine_table if table == "parallel_cosine" else engine.cka_table
        frame = make(found.vectors, found.languages.tolist(), found.cells)
    output.show(table, frame)


def neighbours(
    table: Annotated[str, typer.Option(help="retrieval, hubness or nearest.")] = "retrieval",
    point: Annotated[
        int | None, typer.Option(min=0, help="For nearest: a point, by its number in the table points.")
    ] = None,
    k: Annotated[int, typer.Option("--k", min=1, help="Neighbours.")] = 10,
    *,
    stored: Stored,
    output: Plotted,
) -> None:
    """Is the nearest entity in another language the same one, are there hubs, and who is next to a point.

    nerspace neighbours --table nearest --point 0
    """
    from nerspace.engine.geometry import neighbours as engine

    require_choice("table", table, ("retrieval", "hubness", "nearest"))
    if (table == "nearest") != (point is not None):
        raise UsageError("--table nearest and --point go together.", "Points: nerspace export points.")
    found = stored.read()
    frame: pd.DataFrame
    if point is not None:
        frame = engine.nearest_table(found.vectors, found.rows, point, k)
    elif table == "hubness":
        frame = engine.hubness_table(found.vectors, found.languages, k)
    else:
        frame = engine.retrieval_table(found.vectors, found.languages.tolist(), found.cells, k)
    output.show(table, frame)


def groups(
    seed: Annotated[int, typer.Option(help="Decides the shuffles of the floors.")] = 0,
    *,
    stored: Stored,
    output: Rows,
) -> None:
    """Do entities gather by type or by language: silhouette and purity beside two floors.

    nerspace groups --layer 12
    """
    from nerspace.engine.geometry.grouping import groups_table

    found = stored.read()
    types = found.rows["type"].tolist()
    output.show("groups", groups_table(found.vectors, found.languages.tolist(), types, found.cells, seed=seed))
