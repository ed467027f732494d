"""nerspace extract and nerspace project: vectors of any layer on disk, and maps of them."""

from typing import Annotated, NamedTuple

import typer

from nerspace.engine.requests.extraction import ExtractRequest
from nerspace.engine.requests.projection import ProjectRequest
from nerspace.tui.cli.job import Job
from nerspace.tui.cli.options import AsRead, But, Codes, Model, Parsed, Types, layer_numbers, listed, require_choice
from nerspace.tui.cli.output import Files, Output, Plotted
from nerspace.tui.cli.work import Place


def layers_or_all(text: str) -> tuple[int, ...]:
    """The layers that were typed; none for all."""
    return () if text.strip() == "all" else layer_numbers(text)


class Selection(NamedTuple):
    """Which vectors: the fields of the requests of those names; layers is None where none were named."""

    of: Annotated[str, typer.Option(help="entities or words.")] = ExtractRequest.of
    layers: Annotated[
        tuple[int, ...] | None,
        typer.Option(metavar="N,N", help="Hidden layers, such as 0,6,12, or all."),
        Parsed(layers_or_all),
    ] = None
    stages: Annotated[
        tuple[str, ...],
        typer.Option("--stage", metavar="NAMES", help="before, after or both; what there is by default."),
        Parsed(listed),
    ] = ()
    languages: Codes = ()


def extract(
    run: Annotated[
        str | None, typer.Option("--run", help="A run of demo or finetune: its models and test sentences.")
    ] = None,
    model: Model = ExtractRequest.model,
    *,
    selection: Selection,
    size: Annotated[
        int | None,
        typer.Option(min=0, help="Sentences per language, 0 for all; as many as the run tested by default, else 120."),
    ] = None,
    words: Annotated[int, typer.Option(min=0, help="Random words per sentence, 0 for all.")] = ExtractRequest.words,
    dtype: Annotated[
        str, typer.Option(help="float32, or float16: half the disk, cosines move by about 1e-4.")
    ] = ExtractRequest.dtype,
    data: Annotated[
        str | None,
        typer.Option(metavar="NAME|PATH", help="Other sentences, parallel or tagged, in place of the run's test side."),
    ] = None,
    donor: Annotated[str | None, typer.Option(help="Which of the run's models, by its language.")] = None,
    model_seed: Annotated[int | None, typer.Option(help="Which of the run's models, by its seed.")] = None,
    seed: Annotated[int, typer.Option(help="Decides the sentences and words drawn from --data.")] = ExtractRequest.seed,
    reading: AsRead,
    place: Place,
    job: Job,
    output: Files,
) -> None:
    """Write the vectors of entities or words at any layers to disk, whatever their number, as a run of its own.

    Without --layers the initial and the output one. Isotropy, similarity, neighbours, groups and project read the run.

    nerspace extract --run demo-2026 --layers all --of words --size 500
    """
    from nerspace.engine import runs
    from nerspace.engine.requests.extraction import make_extract_request

    request = make_extract_request(
        runs.find_run(job.folder, run) if run else None, model=model, data=data, size=size, words=words, dtype=dtype,
        seed=seed, donor=donor, tuned_seed=model_seed, reading=reading.reading(), **selection._asdict(),
        **place._asdict(),
    )  # fmt: skip
    made = job.start("extract", request)
    if not job.ended(made):
        return
    output.show("vectors", made.read_table("vectors"), made)
    if output.is_screen:
        print(f"Vectors: {made.path / 'vectors'}")
        print(f"Measure them: nerspace isotropy --of {selection.of} --run {made.id}")


def project(
    run: Annotated[str | None, typer.Option("--run", help="A run with vectors; the newest by default.")] = None,
    *,
    selection: Selection,
    types: Types = (),
    method: Annotated[
        str, typer.Option(help="tsne, pca, or tsne-sklearn: the reference, slower.")
    ] = ProjectRequest.method,
    metric: Annotated[str, typer.Option(help="euclidean or cosine.")] = ProjectRequest.metric,
    perplexity: Annotated[
        float, typer.Option(help="How many neighbours count, for t-SNE.")
    ] = ProjectRequest.perplexity,
    seed: Annotated[int, typer.Option(help="Same seed, same map on a CPU.")] = ProjectRequest.seed,
    warm_start: Annotated[
        bool,
        typer.Option("--warm-start", help="Start each map from that of the stage before, so that points stay."),
    ] = ProjectRequest.warm_start,
    place: Annotated[Place, But("device")],
    by: Annotated[str, typer.Option(help="What --plot tells apart: language or type.")] = "language",
    job: Job,
    output: Plotted,
) -> None:
    """Draw maps of a run's vectors, and tell how far they may be trusted; a map that was drawn before comes at once.

    Prints the quality of the maps; --csv, --json and --plot give the maps. Ctrl+C keeps the map as far as it is.

    nerspace project --layers 12 --lang be,en,ru,tr --warm-start --plot --by type
    """
    from nerspace.engine.geometry.stored import find_stored
    from nerspace.engine.projection.job import make_project_request
    from nerspace.tui.cli.output import print_table

    require_choice("class", by, ("language", "type"))
    request = make_project_request(
        find_stored(job.folder, run, selection.of), of=selection.of, stages=selection.stages,
        layers=selection.layers or (), languages=selection.languages, types=types, method=method, metric=metric,
        perplexity=perplexity, seed=seed, warm_start=warm_start, on=place.on, threads=place.threads,
    )  # fmt: skip
    made = job.start("project", request)
    if not job.ended(made):
        return
    maps = made.read_table("map")
    if output.plot:
        points = made.read_table("points")[["point", by]].rename(columns={by: "class"})
        Output(plot=True).show("map", maps.merge(points, on="point"))
    if output.is_data:
        output._replace(plot=False).show("map", maps)
    if output.csv != "-" and not output.as_json:
        print_table(made.read_table("map_quality"), output.rows)
        print(f"Explore it: nerspace --run {made.id}")
