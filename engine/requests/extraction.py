"""What an extraction is to do, checked before anything is started; nothing heavy is imported."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from nerspace import datasets
from nerspace.datasets.reading import AS_IT_STANDS, Reading
from nerspace.engine.errors import UsageError
from nerspace.engine.requests.base import BUILTIN, BaseRequest, given, whole_path
from nerspace.engine.requests.training import Request

if TYPE_CHECKING:
    from nerspace.engine.runs import Run

OF = ("words", "entities")
STAGES = ("before", "after")
DTYPES = ("float32", "float16")


@dataclass(frozen=True)
class ExtractRequest(BaseRequest):
    """What is read with which models.

    Attributes:
        source: folder of the run whose test side is read; empty where all of `data` is.
        model: the encoder of the stage before.
        tuned: folder of the model of the stage after, made on `donor` with `tuned_seed` in `step` steps; empty where
            there is none.
        size: sentences per language, 0 for all.
        words: random words per sentence, 0 for all.
        dtype: of the numbers on disk; float16 takes half the room, and cosines of them move by about 1e-4.
        on: where it is done, as in Request.
        threads: likewise.
        reading: how the data is read.
    """

    source: str = ""
    model: str = BUILTIN
    tuned: str = ""
    donor: str = ""
    tuned_seed: int = 0
    step: int = 0
    of: str = "entities"
    stages: tuple[str, ...] = ()
    layers: tuple[int, ...] = ()
    languages: tuple[str, ...] = ()
    data: str = BUILTIN
    size: int = Request.test_size
    words: int = 4
    dtype: str = DTYPES[0]
    seed: int = 0
    device: str = "auto"
    on: str = ""
    threads: int = 0
    reading: Reading = AS_IT_STANDS

    PARTS: ClassVar = {"reading": Reading}
    LEAST: ClassVar = {"size": 0, "words": 0, "threads": 0}
    CHOICES: ClassVar = {"of": ("vectors", OF), "stages": ("stage", STAGES), "dtype": ("dtype", DTYPES)}


def make_extract_request(
    run: "Run | None", *, model: str = BUILTIN, data: str | None = None, layers: Sequence[int] | None = None,
    languages: Sequence[str] = (), donor: str | None = None, tuned_seed: int | None = None, **fields: Any,
) -> dict[str, Any]:  # fmt: skip
    """A checked request as the plain dict that run.json holds.

    Args:
        run: whose models and test side are taken; without one, `model` reads `data`.
        layers: initial and output by default, all of them where empty.
        languages: by default those of the run, or of the data.
        donor: which of several models, by its language; the first by default.
        tuned_seed: which of several models, by its seed; the first by default.
        fields: other fields of ExtractRequest; None stands for the default, which for stages is all that there are, and
            with a run the size and seed of its test side.

    Raises:
        UsageError: naming what cannot be.
        ModelError: for a name that leads to no encoder.
    """
    fields = given(**fields)
    training: Mapping[str, Any] = run.info()["request"] if run else {}
    if run and "test_size" not in training:
        raise UsageError(f"The run {run.id} trained nothing.", "Name a run of demo or finetune, or --model alone.")
    if model not in (BUILTIN, training.get("model", model)):
        raise UsageError(f"The run {run.id if run else ''} names its own model.", "Leave --run out, or --model.")
    known = {"size": training["test_size"]} if training else {}
    request = ExtractRequest(**{
        **known, **fields, "model": training.get("model", whole_path(model)), "stages": tuple(fields.get("stages", ())),
        "data": whole_path(data or training.get("data", BUILTIN)),
        "source": str(run.path) if run and data is None else "",
        "reading": _reading(fields, training, data is None),
    }).check()  # fmt: skip
    if training and data is None:
        request = replace(request, seed=training["seed"])
    request = _with_tuned(request, run, donor, tuned_seed)
    return replace(
        request, layers=_layers(request.model, layers), languages=_languages(request, training, languages)
    ).plain()  # fmt: skip


def _reading(fields: Mapping[str, Any], training: Mapping[str, Any], as_trained: bool) -> Reading:
    """The reading that was asked for; of a run's own data without any, that of its training."""
    asked: Reading = fields.get("reading", AS_IT_STANDS)
    if as_trained and training and asked == AS_IT_STANDS:
        return Request.read(training).reading
    return asked


def _with_tuned(request: ExtractRequest, run: "Run | None", donor: str | None, seed: int | None) -> ExtractRequest:
    """The request with its stages and, for the stage after, the first model of the run that fits."""
    from nerspace.engine.runs.models import chosen_models, models_of

    model = None
    if run and ("after" in request.stages or donor is not None or seed is not None or models_of(run)):
        donors, seeds = () if donor is None else (donor,), () if seed is None else (seed,)
        model = chosen_models(run, donors, seeds)[0]
    wanted = request.stages or (STAGES if model else STAGES[:1])
    request = replace(request, stages=tuple(stage for stage in STAGES if stage in wanted))
    if run is None or model is None:
        if "after" in wanted:
            raise UsageError("An encoder alone has no stage after.", "Name a run: --run RUN.", field="stages")
        return request
    return replace(
        request, tuned=str(model.folder) if "after" in wanted else "", donor=model.id.donor, tuned_seed=model.id.seed,
        step=_steps(run, model.id.donor, model.id.seed),
    )  # fmt: skip


def _languages(request: ExtractRequest, training: Mapping[str, Any], languages: Sequence[str]) -> tuple[str, ...]:
    """Those that were requested, else all that the run has, or the data."""
    held: Sequence[str] = (
        training["languages"] if request.source else datasets.load(request.data, reading=request.reading).languages
    )
    if request.source and (strange := [code for code in languages if code not in held]):
        raise UsageError(
            f"The run has no language {strange[0]!r}.", f"It has {', '.join(held)}.", field="languages"
        )  # fmt: skip
    return tuple(languages) or tuple(held)


def _layers(model: str, requested: Sequence[int] | None) -> tuple[int, ...]:
    from nerspace.engine import encoders
    from nerspace.engine.encoders.configuration import shape_in

    last = shape_in(encoders.check(model)).layers
    layers = (0, last) if requested is None else tuple(requested) or tuple(range(last + 1))
    for layer in layers:
        if not 0 <= layer <= last:
            raise UsageError(
                f"The model has no layer {layer}.", f"Layers go from 0 (initial) to {last} (output).", field="layers"
            )
    return tuple(sorted(set(layers)))


def _steps(run: "Run", donor: str, seed: int) -> int:
    if "steps" not in run.tables():
        return 0
    table = run.read_table("steps")
    if "donor" in table:
        table = table[(table["donor"] == donor) & (table["seed"] == seed)]
    return int(table["step"].max()) if len(table) else 0
