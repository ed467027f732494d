"""nerspace extract and nerspace project: vectors of any layer on disk, and maps of them."""

from typing import Annotated

import typer

from nerspace.tui.cli.options import (
    Csv,
    Device,
    Json,
    Languages,
    Model,
    On,
    Plot,
    Rows,
    Threads,
    Workspace,
    layer_numbers,
    listed,
)
from nerspace.tui.cli.training import Follow

Layers = Annotated[str | None, typer.Option("--layers", metavar="N,N", help="Hidden layers, such as 0,6,12, or all.")]
Stages = Annotated[
    str | None,
    typer.Option("--stage", metavar="NAMES", help="before, after or both; what there is by default."),
]


def extract(
    run: Annotated[
        str | None, typer.Option("--run", help="A run of demo or finetune: its models and test sentences.")
    ] = None,
    model: Model = "builtin",
    of: Annotated[str, typer.Option("--of", help="entities or words.")] = "entities",
    layers: Layers = None,
    stage: Stages = None,
    lang: Languages = None,
    size: Annotated[
        int | None,
        typer.Option(min=0, help="Sentences per language, 0 for all; as many as the run tested by default, else 120."),
    ] = None,
    words: Annotated[int, typer.Option(min=0, help="Random words per sentence, 0 for all.")] = 4,
    data: Annotated[
        str | None,
        typer.Option(
            "--data", metavar="NAME|PATH", help="Other sentences, parallel or tagged, in place of the run's test side."
        ),
    ] = None,
    donor: Annotated[str | None, typer.Option(help="Which of the run's models, by its language.")] = None,
    model_seed: Annotated[int | None, typer.Option(help="Which of the run's models, by its seed.")] = None,
    seed: Annotated[int, typer.Option(help="Decides the sentences and words drawn from --data.")] = 0,
    device: Device = "auto",
    on: On = None,
    threads: Threads = 0,
    follow: Follow = True,
    workspace: Workspace = None,
    csv: Csv = None,
    as_json: Json = False,
) -> None:
    """Write the vectors of entities or words at any layers to disk, whatever their number, as a run of its own.

    Without --layers the initial and the output one. Isotropy, similarity, neighbours, groups and project read the run.

    nerspace extract --run demo-2026 --layers all --of words --size 500
    """
    from nerspace import datasets
    from nerspace.engine import runs
    from nerspace.engine.requests.extraction import make_extract_request
    from nerspace.engine.runs import jobs
    from nerspace.tui.cli.output import console, show_table, watch

    folder = runs.workspace_folder(workspace)
    request = make_extract_request(
        runs.find_run(folder, run) if run else None, model=model, data=data, of=of, stages=listed(stage),
        layers=_layers(layers), languages=() if lang in (None, "all") else listed(lang), size=size, words=words,
        seed=seed, device=device, on=on or "", threads=threads, donor=donor, tuned_seed=model_seed,
    )  # fmt: skip
    if not request["source"]:
        datasets.load(request["data"])
    made = runs.create(folder, "extract", request, request["seed"])
    console(stderr=True).print(f"Run {made.id}")
    jobs.start(made)
    if not watch(made, follow):
        return
    show_table("vectors", made.read_table("vectors"), csv=csv, as_json=as_json)
    if csv is None and not as_json:
        print(f"Vectors: {made.path / 'vectors'}")
        print(f"Measure them: nerspace isotropy --of {of} --run {made.id}")


def project(
    run: Annotated[str | None, typer.Option("--run", help="A run with vectors; the newest by default.")] = None,
    of: Annotated[str, typer.Option("--of", help="entities or words.")] = "entities",
    layers: Layers = None,
    stage: Stages = None,
    lang: Languages = None,
    types: Annotated[str | None, typer.Option("--type", metavar="TYPES", help="Types, such as PER,LOC.")] = None,
    method: Annotated[str, typer.Option(help="tsne, pca, or tsne-sklearn: the reference, slower.")] = "tsne",
    metric: Annotated[str, typer.Option(help="euclidean or cosine.")] = "euclidean",
    perplexity: Annotated[float, typer.Option(help="How many neighbours count, for t-SNE.")] = 70,
    seed: Annotated[int, typer.Option(help="Same seed, same map on a CPU.")] = 0,
    warm_start: Annotated[
        bool,
        typer.Option("--warm-start", help="Start each map from that of the stage before, so that points stay."),
    ] = False,
    on: On = None,
    threads: Threads = 0,
    by: Annotated[str, typer.Option("--by", help="What --plot tells apart: language or type.")] = "language",
    follow: Follow = True,
    workspace: Workspace = None,
    csv: Csv = None,
    as_json: Json = False,
    plot: Plot = False,
    rows: Rows = 60,
) -> None:
    """Draw maps of a run's vectors, and tell how far they may be trusted; a map that was drawn before comes at once.

    Prints the quality of the maps; --csv, --json and --plot give the maps. Ctrl+C keeps the map as far as it is.

    nerspace project --layers 12 --lang be,en,ru,tr --warm-start --plot --by type
    """
    from nerspace.datasets.errors import UsageError
    from nerspace.engine import runs
    from nerspace.engine.geometry.stored import find_stored
    from nerspace.engine.requests.extraction import make_project_request
    from nerspace.engine.runs import jobs
    from nerspace.tui.cli.output import console, print_table, show_table, watch

    if by not in ("language", "type"):
        raise UsageError(f"Unknown class {by!r}.", "Choose language or type.")
    folder = runs.workspace_folder(workspace)
    request = make_project_request(
        find_stored(folder, run, of), of=of, stages=listed(stage), layers=_layers(layers) or (),
        languages=() if lang in (None, "all") else listed(lang), types=tuple(t.upper() for t in listed(types)),
        method=method, metric=metric, perplexity=perplexity, seed=seed, warm_start=warm_start,
        on=on or "", threads=threads,
    )  # fmt: skip
    made = runs.create(folder, "project", request, seed)
    console(stderr=True).print(f"Run {made.id}")
    jobs.start(made)
    if not watch(made, follow):
        return
    maps = made.read_table("map")
    if plot:
        points = made.read_table("points")[["point", by]].rename(columns={by: "class"})
        show_table("map", maps.merge(points, on="point"), plot=True)
    if csv is not None or as_json:
        show_table("map", maps, csv=csv, as_json=as_json, rows=rows)
    if csv != "-" and not as_json:
        print_table(made.read_table("map_quality"), rows)
        print(f"Explore it: nerspace --run {made.id}")


def _layers(text: str | None) -> tuple[int, ...] | None:
    """None where nothing is asked, an empty tuple for all."""
    return None if text is None else () if text.strip() == "all" else layer_numbers(text)
