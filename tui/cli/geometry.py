"""The geometry of a run's stored vectors: isotropy, similarity, neighbours and groups, as tables."""

from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from nerspace.datasets.spelling import composed
from nerspace.engine.errors import UsageError
from nerspace.tui.cli.options import Workspace, one_of, require_choice
from nerspace.tui.cli.output import Plotted, Rows

if TYPE_CHECKING:
    from nerspace.engine.geometry.stored import StoredVectors
    from nerspace.engine.runs import Run

ISOTROPY = ("isotropy", "dimensions")
SIMILARITY = ("parallel_cosine", "cka", "drift", "siblings")
NEIGHBOURS = ("retrieval", "hubness", "nearest", "movers", "outliers")


class Stored(NamedTuple):
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
        from nerspace.engine.geometry.stored import read_stored

        return read_stored(self.found(of), of, self.stage, self.layer, self.view)

    def found(self, of: str = "entities") -> "Run":
        """The run that stores them."""
        from nerspace.engine import runs
        from nerspace.engine.geometry.stored import find_stored

        return find_stored(runs.workspace_to_read(self.workspace), self.run, of)


def isotropy(
    table: Annotated[str, typer.Option(help=one_of(ISOTROPY))] = "isotropy",
    of: Annotated[str, typer.Option(help="words (random words) or entities.")] = "words",
    *,
    stored: Stored,
    output: Rows,
) -> None:
    """How evenly vectors fill the space, per language beside noise; or which dimensions make them alike.

    nerspace isotropy --table dimensions --layer 12
    """
    require_choice("table", table, ISOTROPY)
    output.show(table, stored.read(of).held()[table], stored.found(of))


def similarity(
    table: Annotated[str, typer.Option(help=one_of(SIMILARITY))] = "parallel_cosine",
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
    require_choice("table", table, SIMILARITY)
    if (table == "siblings") != (entity is not None):
        raise UsageError("--table siblings and --entity go together.", "Names: nerspace export points.")
    found = stored.read()
    if table != "drift":
        found.require_parallel(table.replace("_", " "))
    if without:
        found = found.without_dimensions(without)
    output.show(table, found.held(entity=None if entity is None else composed(entity))[table], stored.found())


def neighbours(
    table: Annotated[str, typer.Option(help=one_of(NEIGHBOURS))] = "retrieval",
    point: Annotated[
        int | None, typer.Option(min=0, help="For nearest: a point, by its number in the table points.")
    ] = None,
    k: Annotated[int, typer.Option("--k", min=1, help="Neighbours.")] = 10,
    *,
    stored: Stored,
    output: Plotted,
) -> None:
    """Is the nearest entity in another language the same one, are there hubs, who is next to a point, who stands out.

    nerspace neighbours --table movers --layer 12
    """
    require_choice("table", table, NEIGHBOURS)
    if (table == "nearest") != (point is not None):
        raise UsageError("--table nearest and --point go together.", "Points: nerspace export points.")
    found = stored.read()
    if table == "retrieval":
        found.require_parallel(table)
    output.show(table, found.held(point=point, k=k)[table], stored.found())


def groups(
    seed: Annotated[int, typer.Option(help="Decides the shuffles of the floors.")] = 0,
    *,
    stored: Stored,
    output: Rows,
) -> None:
    """Do entities gather by type or by language: silhouette and purity beside two floors.

    nerspace groups --layer 12
    """
    output.show("groups", stored.read().held(seed=seed)["groups"], stored.found())
