"""The job behind `nerspace paper`: sample, models, tables, claims, report."""

import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING

from nerspace.engine.encoders.content import encoder_hash
from nerspace.engine.paper import cache, published
from nerspace.engine.paper.claims import Finding, claim_table
from nerspace.engine.paper.samples import PaperSample, draw_paper_sample
from nerspace.engine.paper.settings import setting_table
from nerspace.engine.requests.paper import PaperRequest
from nerspace.engine.requests.training import Recipe
from nerspace.engine.runs import Run
from nerspace.engine.runs.origin import Origin, begin_training
from nerspace.engine.runs.records import Note, Progress, Record, Stage, duration
from nerspace.engine.words import are, several

if TYPE_CHECKING:
    from nerspace.engine.executors import Executor
    from nerspace.engine.paper.models import PaperSentences


# What makes the models.
MODELS = "nerspace.engine.paper.models"


@dataclass(slots=True)
class Clock:
    """Seconds by stage, in order, for the report; tables hold none, so that they come out the same again."""

    spent: dict[str, float] = field(default_factory=dict)
    _since: float = field(default_factory=time.monotonic)

    def lap(self, stage: str) -> None:
        """Credit the time since the last lap to a stage."""
        now = time.monotonic()
        self.spent[stage] = self.spent.get(stage, 0.0) + now - self._since
        self._since = now


def paper(run: Run) -> Iterator[Record]:
    """Do what the run requests: every model once, every table as soon as it can be made, then claims and report."""
    request = PaperRequest.read(run.info()["request"])
    clock = Clock()
    yield Stage("prepare", "Data", 1, "sample")
    sample = draw_paper_sample(request)
    run.update(content=cache.content_key(request, sample.corpus))
    for line in sample.notes:
        yield Note(line)
    run.write_table("counts", sample.corpus.counts())
    run.write_table("paper_settings", setting_table(request, sample))
    yield Progress("prepare", 1)
    clock.lap("data")

    run.drop_table("paper_maps")
    findings: list[Finding] = []
    if "table1" in request.items:
        from nerspace.engine.paper.tables import table1

        run.write_table("paper_table1", table1(run.read_table("counts")))
    if set(request.items) - {"table1"}:
        findings = yield from _with_models(run, request, sample, clock)
    run.write_table("paper_claims", claim_table(findings, request.items))
    yield from _report(run, sample, clock)


def _with_models(
    run: Run, request: PaperRequest, sample: PaperSample, clock: Clock
) -> Generator[Record, None, list[Finding]]:
    """Everything but Table 1; torch is imported here."""
    from nerspace.engine.executors import executor_for
    from nerspace.engine.paper import changes, names, spelling, types
    from nerspace.engine.paper.models import paper_sentences, training_request
    from nerspace.engine.training.job import left_out

    origin = Origin.of(request, [cache.shared_key(request, sample.corpus)], [encoder_hash(request.model)], MODELS)
    begin_training(run, origin, lambda: any((run.path / "checkpoints").glob("*/*")))
    sentences = paper_sentences(sample, request)
    run.update(recipe=asdict(Recipe.of(training_request(request, sentences, published.DONOR, request.seed))))
    if missing := len(sample.test) * len(sentences.languages) - len(sentences.test):
        yield left_out(missing)
    together = len(request.donors(sample.corpus.languages)) > 1
    with executor_for(run, request.on, request.threads, request.device, together) as executor:
        models = yield from _models(run, executor, request, sample, sentences, clock)
    findings: list[Finding] = []
    steps: list[tuple[str, set[str], Callable[[], list[Finding]]]] = [
        ("Figure 1 and Table 2", {"figure1", "table2"}, lambda: names.write(run, request, sentences, models)),
        ("Figure 2", {"figure2"}, lambda: types.write(run, request, sample, sentences, models)),
        ("Figures 3 and 4", {"figure3", "figure4"}, lambda: changes.write(run, request, models)),
        ("Figure 5", {"figure5"}, lambda: spelling.write(run, request, sample, sentences, models)),
    ]
    steps = [step for step in steps if step[1] & set(request.items)]
    yield Stage("measures", "Tables, maps and verdicts", len(steps), "figures")
    for number, (label, _, write) in enumerate(steps, 1):
        findings += write()
        clock.lap(label)
        yield Progress("measures", number)
    return findings


def _models(
    run: Run,
    executor: "Executor",
    request: PaperRequest,
    sample: PaperSample,
    sentences: "PaperSentences",
    clock: Clock,
) -> Generator[Record, None, dict[tuple[str, int], cache.CachedModel]]:
    """Every model that the items need: read back where it was made before, else made now."""
    from nerspace.engine.paper.calibration import measure, seconds_for, side_by_side
    from nerspace.engine.paper.models import make_model, note_of, training_tasks
    from nerspace.engine.training.job import finetune_one

    shared = cache.shared_key(request, sample.corpus)
    wanted = {pair: cache.model_key(request, shared, *pair) for pair in request.donors(sample.corpus.languages)}
    found = {pair: cache.find_model(run, key, elsewhere=not request.fresh) for pair, key in wanted.items()}
    made = {pair: model for pair, model in found.items() if model is not None}
    missing = [pair for pair in wanted if pair not in made]
    for model in made.values():
        if model.reused:
            yield note_of(model)
    clock.lap("data")
    if not missing:
        return made
    yield from executor.start(finetune_one, [request.model], len(missing))
    if not request.on:
        speed = yield from measure(request, sample, sentences, executor.threads)
        each = [seconds_for(speed, request, sample, sentences, *pair) for pair in missing]
        seconds = side_by_side(each, executor.slots)
        run.update(estimated_seconds=round(seconds, 1))
        yield Note(
            f"{len(missing)} of {several(len(wanted), 'model')} {are(len(missing))} to be made: "
            f"about {duration(seconds)} "
            f"({speed.step:.2f} s a step, {1 / speed.sentence:.0f} sentences/s read)."
        )
        clock.lap("calibration")
    request = replace(request, device=executor.own_device)
    works = executor.run(training_tasks(run, executor, request, sample, sentences, missing))
    for number, (pair, (task, work)) in enumerate(zip(missing, works, strict=True), 1):
        model = yield from make_model(run, request, sentences, task, work, number, len(missing), executor.slots)
        made[pair] = cache.write_model(run, wanted[pair], model)
        clock.lap("models")
    return made


def _report(run: Run, sample: PaperSample, clock: Clock) -> Iterator[Record]:
    from nerspace.engine.paper.report import write_report

    yield Stage("report", "Figures and report", 1, "report")
    run.update(
        seconds={stage: round(value, 1) for stage, value in clock.spent.items()},
        notes=[*sample.notes, *run.info().get("weak", [])],
    )
    yield Note(f"Report: {write_report(run)}")
    yield Progress("report", 1)
