"""nerspace evaluate: what the models of a run get wrong, in its own test sentences or in data of the user's own."""

from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from nerspace.engine.errors import UsageError
from nerspace.engine.requests.evaluation import Evaluation, make_evaluation, newest_run
from nerspace.tui.cli.job import Job
from nerspace.tui.cli.options import AsRead, But, Codes, Parsed, codes, listed
from nerspace.tui.cli.output import Output, print_table, records
from nerspace.tui.cli.work import Place
from nerspace.tui.terminal import console

if TYPE_CHECKING:
    import pandas as pd

    from nerspace.engine.requests.evaluation import Reader
    from nerspace.engine.runs import Run


class Chosen(NamedTuple):
    """Which models of a run, and which languages."""

    languages: Codes = ()
    donors: Annotated[
        tuple[str, ...],
        typer.Option("--donor", metavar="CODES", help="Only the models of these donors."),
        Parsed(codes),
    ] = ()
    seed: Annotated[int | None, typer.Option(help="Only the models of this seed.")] = None

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seed, if there is one."""
        return () if self.seed is None else (self.seed,)


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
    *,
    chosen: Chosen,
    splits: Annotated[
        tuple[str, ...],
        typer.Option("--split", help="Only these splits of --data, such as test."),
        Parsed(listed),
    ] = (),
    reading: AsRead,
    size: Annotated[
        int, typer.Option(help="Sentences per language, where --data are contexts and names.")
    ] = Evaluation.size,
    place: Place,
    job: Job,
    output: Annotated[Output, But(rows=40)],
) -> None:
    """Count what a model gets wrong: sentences, entities, types; and show which, and why.

    Without --data, of the test sentences of a run, from its predictions. With --data, its saved models read sentences
    of your own, as a new run. nerspace evaluate --data gold_be.xlsx --table failing
    """
    from nerspace.engine.evaluation.inputs import given_sentences
    from nerspace.engine.requests.base import whole_path

    if data is None:
        for option, value in (("--model", model), ("--split", splits), ("--map", reading.map), ("--on", place.on)):
            if value:
                raise UsageError(f"{option} goes with --data.", "Give the sentences to read: --data FILE.")
        _show(newest_run(job.folder, run, "predictions"), table, chosen, output)
        return
    source = newest_run(job.folder, run, "a model") if model is None or run is not None else None
    request = make_evaluation(
        _models(source, model, chosen), whole_path(data), run=source, languages=chosen.languages, splits=splits,
        size=size, reading=reading.reading(), **place._asdict(),
    )  # fmt: skip
    # What cannot be read is reported before a run is made for it.
    given_sentences(Evaluation.read(request))
    started = job.start("evaluate", request)
    if job.ended(started):
        _show(started, table, Chosen(), output)


def _models(source: "Run | None", model: str | None, chosen: Chosen) -> "list[Reader]":
    """The models that read: those of the run, or the one that was named."""
    from nerspace.engine import encoders
    from nerspace.engine.requests.base import whole_path
    from nerspace.engine.requests.evaluation import UNKNOWN, Reader, readers_of

    if model is None:
        assert source is not None  # noqa: S101 - without a model, a run was looked for
        return readers_of(source, chosen.donors, chosen.seeds)
    encoders.check(model)
    return [Reader(",".join(chosen.donors) or UNKNOWN, chosen.seed or 0, whole_path(model))]


def _show(run: "Run", table: str | None, chosen: Chosen, output: Output) -> None:
    from nerspace.engine.evaluation.stored import read_evaluation_table

    frame, notes = read_evaluation_table(
        run, table or "scores", languages=chosen.languages, donors=chosen.donors, seeds=chosen.seeds
    )
    for note in notes:
        console(stderr=True).print(note)
    if table is None and output.is_screen:
        _summary(run, frame)
    else:
        output.show(table or "scores", frame, run)


def _summary(run: "Run", scores: "pd.DataFrame") -> None:
    """The scores of all types together, language by language."""
    from nerspace.engine.evaluation.scores import spread_table

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
        out.print("f1 is strict, 95 % its interval, names and contexts drawn; floor: f1 with types dealt anew")
    out.print("More: --table modes, confusion, buckets, failing, outcomes" + _more(run, scores) + ".")


def _narrowed(scores: "pd.DataFrame") -> "pd.DataFrame":
    """The same, to fit 80 columns."""
    bounds = [
        f"{low:.2f}-{high:.2f}" if low == low else "–" for low, high in zip(scores["low"], scores["high"], strict=True)
    ]
    named = scores.rename(columns={"sentences": "of", "type_only": "type only"})
    return named.assign(**{"95 %": bounds}).round(3)


def _reach(run: "Run") -> None:
    coverage = run.read_table("coverage")
    known = coverage[coverage["share"].notna() & (coverage["n"] > 0)].drop_duplicates(["language", "what", "name"])
    for row in records(known):
        name = f" ({row.name})" if isinstance(row.name, str) else ""
        console().print(f"{row.language}: {row.n:,} {row.what}{name}, {100 * row.share:.1f} %")


def _more(run: "Run", scores: "pd.DataFrame") -> str:
    extra = ["spread"] if scores["seed"].nunique() > 1 else []
    return "".join(f", {name}" for name in [*extra, *(["coverage"] if "coverage" in run.tables() else [])])
