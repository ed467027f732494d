"""What an extraction or a projection is asked to do, checked before anything is started; nothing heavy is imported."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from nerspace.engine import devices, encoders
from nerspace.engine.encoders.configuration import shape_in
from nerspace.engine.errors import UsageError
from nerspace.engine.requests.training import check_place, whole_path
from nerspace.engine.runs import Run

OF = ("words", "entities")
STAGES = ("before", "after")


@dataclass(frozen=True, slots=True)
class ExtractRequest:
    """What is read with which models, kept whole in run.json.

    source: folder of the run whose test side is read; empty where all of `data` is. model: the encoder of the stage
    before. tuned: folder of the model of the stage after, made on `donor` with `tuned_seed` in `step` steps; empty
    where there is none. size: sentences per language, 0 for all. words: random words per sentence, 0 for all.
    on, threads: where it is done, as in Request.
    """

    source: str
    model: str
    tuned: str
    donor: str
    tuned_seed: int
    step: int
    of: str
    stages: tuple[str, ...]
    layers: tuple[int, ...]
    languages: tuple[str, ...]
    data: str
    size: int
    words: int
    seed: int
    device: str
    on: str = ""
    threads: int = 0


def make_extract_request(
    run: Run | None, *, model: str = encoders.BUILTIN, data: str | None = None, of: str = "entities",
    stages: Sequence[str] = (), layers: Sequence[int] | None = None, languages: Sequence[str] = (),
    size: int | None = None, words: int = 4, seed: int = 0, device: str = "auto", donor: str | None = None,
    tuned_seed: int | None = None, on: str = "", threads: int = 0,
) -> dict[str, Any]:  # fmt: skip
    """A checked request as the plain dict that run.json holds; see ExtractRequest for the fields.

    run: whose models and test side are taken; without one, `model` reads `data`. stages: all that the run has by
    default. layers: initial and output by default, all of them where empty. donor, tuned_seed: which of several models.
    Raises: UsageError naming what cannot be, ModelError for a name that leads to no encoder.
    """
    if of not in OF:
        raise UsageError(f"Unknown vectors {of!r}.", f"Choose from {', '.join(OF)}.")
    for stage in stages:
        if stage not in STAGES:
            raise UsageError(f"Unknown stage {stage!r}.", f"Choose from {', '.join(STAGES)}.")
    for what, number in (("Size", size or 0), ("Words per sentence", words), ("Threads", threads)):
        if number < 0:
            raise UsageError(f"{what} is {number}.", "It must be 0, for all, or more.")
    devices.check_device_name(device)
    check_place(on, device)
    asked: Mapping[str, Any] = run.info()["request"] if run else {}
    if run and "test_size" not in asked:
        raise UsageError(f"The run {run.id} trained nothing.", "Name a run of demo or finetune, or --model alone.")
    if model not in (encoders.BUILTIN, asked.get("model", model)):
        raise UsageError(f"The run {run.id if run else ''} names its own model.", "Leave --run out, or --model.")
    model = asked.get("model", whole_path(model))
    tuned, trained_on, trained_seed, step = _tuned(run, asked, donor, tuned_seed, "after" in stages)
    wanted = tuple(dict.fromkeys(stages)) or (STAGES if tuned else STAGES[:1])
    if "after" in wanted and not tuned:
        raise UsageError("An encoder alone has no stage after.", "Name a run: --run RUN.")
    known = tuple(asked.get("languages", ()))
    if data is None and known and (strange := [code for code in languages if code not in known]):
        raise UsageError(f"The run has no language {strange[0]!r}.", f"It has {', '.join(known)}.")
    request = ExtractRequest(
        source=str(run.path) if run and data is None else "",
        model=model, tuned=tuned if "after" in wanted else "", donor=trained_on, tuned_seed=trained_seed, step=step,
        of=of, stages=tuple(stage for stage in STAGES if stage in wanted), layers=_layers(model, layers),
        languages=tuple(languages) or (known if data is None else ()),
        data=whole_path(data or asked.get("data", "builtin")),
        size=asked.get("test_size", 120) if size is None else size, words=words,
        seed=asked.get("seed", seed) if data is None else seed, device=device,
        on=on, threads=threads,
    )  # fmt: skip
    return asdict(request)


def read_extract_request(found: Mapping[str, Any]) -> ExtractRequest:
    """The request that run.json holds."""
    request: ExtractRequest = _read(ExtractRequest, found)
    return request


def _layers(model: str, asked: Sequence[int] | None) -> tuple[int, ...]:
    last = shape_in(encoders.check(model)).layers
    layers = (0, last) if asked is None else tuple(asked) or tuple(range(last + 1))
    for layer in layers:
        if not 0 <= layer <= last:
            raise UsageError(f"The model has no layer {layer}.", f"Layers go from 0 (initial) to {last} (output).")
    return tuple(sorted(set(layers)))


def _tuned(
    run: Run | None, asked: Mapping[str, Any], donor: str | None, seed: int | None, needed: bool
) -> tuple[str, str, int, int]:
    """Folder, donor, seed and steps of the model that a run saved; the first of several unless one is named."""
    if run is None:
        return "", "", 0, 0
    models = {(asked["donor"], int(asked["seed"])): run.path / "model"} if _is_model(run.path / "model") else {}
    for folder in sorted((run.path / "model").glob("*-*")):
        code, _, number = folder.name.rpartition("-")
        if _is_model(folder) and number.isdecimal():
            models[code, int(number)] = folder
    fitting = [key for key in models if donor in (None, key[0]) and seed in (None, key[1])]
    if not fitting:
        if not (needed or donor is not None or seed is not None):
            return "", "", 0, 0
        held = ", ".join(f"{code} seed {number}" for code, number in models)
        raise UsageError(
            f"The run {run.id} holds no {'such ' if held else ''}model.",
            f"It holds: {held}." if held else "Runs keep it unless they are asked --no-keep-model.",
        )
    first = min(fitting, key=lambda key: (key[0] != asked["donor"], key))
    return str(models[first]), *first, _steps(run, *first)


def _is_model(folder: Path) -> bool:
    return (folder / "config.json").is_file()


def _steps(run: Run, donor: str, seed: int) -> int:
    if "steps" not in run.tables():
        return 0
    table = run.read_table("steps")
    if "donor" in table:
        table = table[(table["donor"] == donor) & (table["seed"] == seed)]
    return int(table["step"].max()) if len(table) else 0


@dataclass(frozen=True, slots=True)
class ProjectRequest:
    """Which vectors are drawn and how, kept whole in run.json.

    source: folder of the run that holds them. languages, types: the rows that are drawn, all where empty. layers,
    stages: likewise. warm_start: whether a map starts from that of the stage before, or of the layer before where
    that is the first stage. on, threads: where it is done, as in Request.
    """

    source: str
    of: str
    stages: tuple[str, ...]
    layers: tuple[int, ...]
    languages: tuple[str, ...]
    types: tuple[str, ...]
    method: str
    metric: str
    perplexity: float
    seed: int
    warm_start: bool
    on: str = ""
    threads: int = 0


def make_project_request(run: Run, **asked: Any) -> dict[str, Any]:
    """A checked request as the plain dict that run.json holds; see ProjectRequest for the fields but source.

    Raises: UsageError naming what cannot be.
    """
    from nerspace.engine.geometry.stored import read_stored
    from nerspace.engine.projection.drawing import check_how
    from nerspace.engine.projection.job import choose

    request = ProjectRequest(source=str(run.path), **asked)
    check_place(request.on, "cpu")
    check_how(request.method, request.metric, request.perplexity)
    choose(read_stored(run, request.of), request)
    return asdict(request)


def read_project_request(found: Mapping[str, Any]) -> ProjectRequest:
    """The request that run.json holds."""
    request: ProjectRequest = _read(ProjectRequest, found)
    return request


def _read(kind: Any, found: Mapping[str, Any]) -> Any:
    plain = {field.name: found[field.name] for field in fields(kind) if field.name in found}
    return kind(**{name: tuple(value) if isinstance(value, list) else value for name, value in plain.items()})
