"""nerspace evaluate: what the models of a run get wrong, in its own test sentences or in data of the user's own."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nerspace.datasets.errors import UsageError
from nerspace.tui.cli.options import Csv, Device, Json, On, Plot, Rows, Threads, Workspace, listed

if TYPE_CHECKING:
    import pandas as pd

    from nerspace.engine.runs import Run


def evaluate(
    run: Annotated[str | None, typer.Option("--run", help="A run; the newest that fits by default.")] = None,
    table: Annotated[
        str | None,
        typer.Option(help="scores, modes, spread, confusion, buckets, failing, outcomes or coverage; a summary else."),
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(metavar="NAME|PATH", help="Have the run's models read these sentences: CoNLL, JSON lines, .xlsx."),
    ] = None,
    model: Annotated[
        str | None, typer.Option(metavar="DIR", help="Another NER model to read --data, instead of the run's.")
    ] = None,
    lang: Annotated[str | None, typer.Option("--lang", metavar="CODES", help="Only these languages.")] = None,
    split: Annotated[str | None, typer.Option(help="Only these splits of --data, such as test.")] = None,
    types: Annotated[
        str | None, typer.Option("--map", metavar="TYPE=TYPE", help="Read types of --data as others: MISC=ORG,DATE=O.")
    ] = None,
    donor: Annotated[str | None, typer.Option(metavar="CODES", help="Only the models of these donors.")] = None,
    seed: Annotated[int | None, typer.Option(help="Only the models of this seed.")] = None,
    size: Annotated[int, typer.Option(help="Sentences per language, where --data are contexts and names.")] = 120,
    device: Device = "auto",
    on: On = None,
    threads: Threads = 0,
    follow: Annotated[
        bool, typer.Option("--follow/--detach", help="Watch the reading of --data, or leave it running.")
    ] = True,
    csv: Csv = None,
    as_json: Json = False,
    plot: Plot = False,
    rows: Rows = 40,
    workspace: Workspace = None,
) -> None:
    """Count what a model gets wrong: sentences, entities, types; and show which, and why.

    Without --data, of the test sentences of a run, from its predictions. With --data, its saved models read sentences
    of your own, as a new run. nerspace evaluate --data gold_be.xlsx --table failing
    """
    from nerspace.engine import runs
    from nerspace.engine.requests.evaluation import newest_run, parse_codes
    from nerspace.tui.cli.output import watch

    folder = runs.workspace_folder(workspace)
    chosen = {"languages": parse_codes(lang), "donors": parse_codes(donor), "seeds": () if seed is None else (seed,)}
    if data is None:
        for option, value in (("--model", model), ("--split", split), ("--map", types), ("--on", on)):
            if value is not None:
                raise UsageError(f"{option} goes with --data.", "Give the sentences to read: --data FILE.")
        found = newest_run(folder, run, "predictions")
    else:
        found = _read(folder, run, data, model, lang, split, types, donor, seed, size, device, on, threads)
        if not watch(found, follow):
            return
        chosen = {}
    _show(found, table, chosen, csv, as_json, plot, rows)


def _read(
    folder: Path, run: str | None, data: str, model: str | None, lang: str | None, split: str | None,
    types: str | None, donor: str | None, seed: int | None, size: int, device: str, on: str | None,
    threads: int,
) -> "Run":  # fmt: skip
    """Start a run in which saved models read data."""
    from nerspace.engine import encoders, runs
    from nerspace.engine.evaluation.reading import given_sentences
    from nerspace.engine.requests import evaluation as asking
    from nerspace.engine.requests.training import whole_path
    from nerspace.engine.runs import jobs
    from nerspace.tui.cli.output import console

    source = asking.newest_run(folder, run, "a model") if model is None or run is not None else None
    if model is None:
        assert source is not None  # noqa: S101 - looked for just above
        models = asking.models_of(source, asking.parse_codes(donor), () if seed is None else (seed,))
    else:
        encoders.resolve(model)
        models = [asking.SavedModel(donor or asking.UNTOLD, seed or 0, whole_path(model))]
    request = asking.make_evaluation(
        models, whole_path(data), run=source,
        languages=asking.parse_codes(lang), splits=listed(split), size=size, types=asking.parse_types(types),
        device=device, on=on or "", threads=threads,
    )  # fmt: skip
    given_sentences(asking.read_evaluation(request))
    started = runs.create(folder, "evaluate", request, request["seed"])
    console(stderr=True).print(f"Run {started.id}")
    jobs.start(started)
    return started


def _show(
    run: "Run", table: str | None, chosen: dict[str, tuple[str, ...] | tuple[int, ...]], csv: str | None, as_json: bool,
    plot: bool, rows: int,
) -> None:  # fmt: skip
    from nerspace.engine.evaluation.stored import read_evaluation_table
    from nerspace.tui.cli.output import console, show_table

    frame, notes = read_evaluation_table(run, table or "scores", **chosen)  # type: ignore[arg-type]
    for note in notes:
        console(stderr=True).print(note)
    if table is None and csv is None and not as_json and not plot:
        _summary(run, frame)
        return
    show_table(table or "scores", frame, csv=csv, as_json=as_json, plot=plot, rows=rows)


def _summary(run: "Run", scores: "pd.DataFrame") -> None:
    """The scores of all types together, language by language."""
    from nerspace.engine.evaluation.scores import spread_table
    from nerspace.tui.cli.output import console, print_table

    out = console()
    whole = scores[scores["type"].isin(["all", "known"])]
    if scores["seed"].nunique() > 1:
        out.print(f"{run.id}, over seeds")
        print_table(spread_table(whole))
    else:
        for (donor, seed), part in whole.groupby(["donor", "seed"], sort=False):
            out.print(f"{run.id}: trained on {donor}, seed {seed}")
            known = [] if (part["type"] == "all").all() else ["type"]
            shown = ["language", *known, "of", "wrong", "f1", "95 %", "default", "partial", "type only", "floor"]
            print_table(_narrowed(part)[shown])
            print()
    if "coverage" in run.tables():
        _reach(run)
    if scores["seed"].nunique() > 1:
        out.print(
            "wrong and f1 (strict) are means over seeds, _sd their standard deviation, low and high worst and best"
        )
    else:
        out.print("f1 is strict, 95 % its interval over sentences; floor: f1 with the predicted types dealt at random")
    out.print("More: --table modes, confusion, buckets, failing, outcomes" + _more(run, scores) + ".")


def _narrowed(scores: "pd.DataFrame") -> "pd.DataFrame":
    """The same, to fit 80 columns."""
    bounds = [
        f"{low:.2f}-{high:.2f}" if low == low else "–" for low, high in zip(scores["low"], scores["high"], strict=True)
    ]
    named = scores.rename(columns={"sentences": "of", "type_only": "type only"})
    return named.assign(**{"95 %": bounds}).round(3)


def _reach(run: "Run") -> None:
    from nerspace.tui.cli.output import console

    coverage = run.read_table("coverage")
    told = coverage[coverage["share"].notna() & (coverage["n"] > 0)].drop_duplicates(["language", "what", "name"])
    for row in told.itertuples(index=False):
        name = f" ({row.name})" if isinstance(row.name, str) else ""
        console().print(f"{row.language}: {row.n:,} {row.what}{name}, {100 * row.share:.1f} %")


def _more(run: "Run", scores: "pd.DataFrame") -> str:
    extra = ["spread"] if scores["seed"].nunique() > 1 else []
    return "".join(f", {name}" for name in [*extra, *(["coverage"] if "coverage" in run.tables() else [])])
