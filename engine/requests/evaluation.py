"""What an evaluation is asked to do, checked before a job is started; nothing heavy is imported."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from nerspace.datasets.tagging import TagError, split_tag
from nerspace.engine import devices, runs
from nerspace.engine.encoders.sources import has_model
from nerspace.engine.errors import UsageError
from nerspace.engine.requests.training import check_place
from nerspace.engine.runs import Run

# The donor of a model of which nobody says what it was trained on.
UNTOLD = "unknown"


@dataclass(frozen=True, slots=True)
class SavedModel:
    """A fine-tuned model: a folder or name of the hub, its donor language and its seed."""

    donor: str
    seed: int
    model: str


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a run of kind "evaluate" is asked to do; kept whole in run.json.

    run: folder of the run that the models come from, empty for none. languages, splits: empty for all. size: sentences
    per language of data that is a product of contexts and names, whose test part is read; tagged data is read whole.
    types: type in the data → type of the model, or O. donor, model, seed: of the first model, for lists of runs.
    on, threads: where it is done, as in Request.
    """

    run: str
    models: tuple[SavedModel, ...]
    data: str
    languages: tuple[str, ...]
    splits: tuple[str, ...]
    size: int
    types: Mapping[str, str]
    device: str
    donor: str
    model: str
    seed: int
    on: str = ""
    threads: int = 0


def newest_run(workspace: Path, name: str | None, what: str) -> Run:
    """The run of that name; without one, the newest that holds `what`: predictions, or a model.

    Raises: UsageError if there is none.
    """
    if what == "predictions":
        return runs.find_run(workspace, name, lambda run: "predictions" in run.tables(), what)
    return runs.find_run(workspace, name, runs.keeps_model, what)


def models_of(run: Run, donors: Sequence[str] = (), seeds: Sequence[int] = ()) -> list[SavedModel]:
    """The models that a run kept: model/ of a demo, model/DONOR-SEED of a fine-tuning.

    Raises: UsageError when it kept none, or none of these donors and seeds.
    """
    folder = run.path / "model"
    request = run.info()["request"]
    if has_model(folder):
        found = [SavedModel(str(request.get("donor", UNTOLD)), int(run.info().get("seed", 0)), str(folder))]
    else:
        found = []
        for path in sorted(folder.glob("*-*")):
            donor, _, seed = path.name.rpartition("-")
            if has_model(path) and seed.isdecimal():
                found.append(SavedModel(donor, int(seed), str(path)))
    if not found:
        raise UsageError(f"The run {run.id} kept no model.", "Train with --keep-model, or give a model with --model.")
    kept = [m for m in found if (not donors or m.donor in donors) and (not seeds or m.seed in seeds)]
    if not kept:
        there = ", ".join(f"{model.donor} seed {model.seed}" for model in found)
        raise UsageError(f"The run {run.id} kept no model of that donor and seed.", f"It has: {there}.")
    return kept


def make_evaluation(
    models: Sequence[SavedModel], data: str, *, run: Run | None = None, languages: Sequence[str] = (),
    splits: Sequence[str] = (), size: int = 120, types: Mapping[str, str] | None = None, device: str = "auto",
    on: str = "", threads: int = 0,
) -> dict[str, Any]:  # fmt: skip
    """A checked request as the plain dict that run.json holds.

    Raises: UsageError naming the first value that cannot be.
    """
    devices.check_device_name(device)
    if size < 1:
        raise UsageError(f"Size is {size}.", "It must be at least 1.")
    if threads < 0:
        raise UsageError(f"Threads is {threads}.", "It must be 0, for all, or more.")
    check_place(on, device)
    first = models[0]
    return asdict(
        Evaluation(
            str(run.path) if run else "", tuple(models), data, tuple(languages), tuple(splits), size,
            dict(types or {}), device, first.donor, first.model, first.seed, on, threads,
        )
    )  # fmt: skip


def read_evaluation(fields: Mapping[str, Any]) -> Evaluation:
    """The request that run.json holds."""
    models = tuple(SavedModel(**model) for model in fields["models"])
    lists = {name: tuple(fields[name]) for name in ("languages", "splits")}
    return Evaluation(**{**fields, **lists, "models": models})


def parse_types(text: str | None) -> dict[str, str]:
    """Types to be read as others, from `MISC=ORG,EVENT=O`.

    Raises: UsageError for what is not of that form.
    """
    found = {}
    for part in (text or "").split(","):
        if not part.strip():
            continue
        given, equals, wanted = (piece.strip() for piece in part.partition("="))
        if not (given and equals and wanted) or not all(map(_is_type, (given, wanted))):
            raise UsageError(f"{part.strip()!r} does not map a type.", "Write TYPE=TYPE or TYPE=O, as in MISC=ORG.")
        found[given] = wanted
    return found


def _is_type(text: str) -> bool:
    try:
        return text == "O" or split_tag(f"B-{text}") == ("B", text)
    except TagError:
        return False


def parse_codes(text: str | None) -> tuple[str, ...]:
    """Language codes as they stand in the data, which may be others than our eleven; none for None or "all"."""
    codes = tuple(dict.fromkeys(part.strip().lower() for part in (text or "").split(",") if part.strip()))
    return () if codes == ("all",) else codes
