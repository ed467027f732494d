"""What an evaluation is to do, checked before a job is started; nothing heavy is imported."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from nerspace.datasets.reading import AS_IT_STANDS, Reading
from nerspace.datasets.tagging import TagError, split_tag
from nerspace.engine.errors import UsageError
from nerspace.engine.requests.base import BaseRequest, given
from nerspace.engine.requests.training import Request

if TYPE_CHECKING:
    from nerspace.engine.runs import Run

# The donor of a model of which nobody says what it was trained on.
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Reader:
    """A model that is to tag sentences.

    Attributes:
        donor: its donor language.
        seed: its seed.
        model: a folder or name of the hub.
    """

    donor: str
    seed: int
    model: str


@dataclass(frozen=True)
class Evaluation(BaseRequest):
    """What a run of kind "evaluate" is to do.

    Attributes:
        models: those that read.
        data: what they read.
        run: folder of the run that the models come from, empty for none.
        languages: those read, empty for all.
        splits: those read, empty for all.
        size: sentences per language of data that is a product of contexts and names, whose test part is read; tagged
            data is read whole.
        types: type in the data → type of the model, or O; what `reading` maps.
        reading: how the data is read.
        donor: of the first model, for lists of runs.
        model: the first one, likewise.
        seed: of the first model, likewise.
        on: where it is done, as in Request.
        threads: likewise.
    """

    models: tuple[Reader, ...]
    data: str
    run: str = ""
    languages: tuple[str, ...] = ()
    splits: tuple[str, ...] = ()
    size: int = Request.test_size
    types: Mapping[str, str] = field(default_factory=dict)
    device: str = "auto"
    donor: str = ""
    model: str = ""
    seed: int = 0
    on: str = ""
    threads: int = 0
    reading: Reading = AS_IT_STANDS

    LEAST: ClassVar = {"size": 1, "threads": 0}
    PARTS: ClassVar = {"models": Reader, "reading": Reading}


def newest_run(workspace: Path, name: str | None, what: str) -> "Run":
    """The run of that name; without one, the newest that holds `what`: predictions, or a model.

    Raises:
        UsageError: if there is none.
    """
    from nerspace.engine import runs

    if what == "predictions":
        return runs.find_run(workspace, name, lambda run: "predictions" in run.tables(), what)
    return runs.find_run(workspace, name, runs.has_saved_model, what)


def readers_of(run: "Run", donors: Sequence[str] = (), seeds: Sequence[int] = ()) -> list[Reader]:
    """The models that a run saved, of some donors and seeds, where empty of all.

    Raises:
        UsageError: when it saved none, or none of these.
    """
    from nerspace.engine.runs.models import chosen_models

    found = chosen_models(run, tuple(donors), tuple(seeds))
    return [Reader(model.id.donor or UNKNOWN, model.id.seed, str(model.folder)) for model in found]


def make_evaluation(
    models: Sequence[Reader], data: str, *, run: "Run | None" = None, types: Mapping[str, str] | None = None,
    reading: Reading = AS_IT_STANDS, **fields: Any,
) -> dict[str, Any]:  # fmt: skip
    """A checked request as the plain dict that run.json holds; None stands for the default of a field.

    Raises:
        UsageError: naming the first value that cannot be.
    """
    first = models[0]
    reading = replace(reading, map=(*reading.map, *(types or {}).items()))
    request = Evaluation(
        tuple(models), data, run=str(run.path) if run else "", types=dict(reading.map), donor=first.donor,
        model=first.model, seed=first.seed, reading=reading, **given(**fields),
    )  # fmt: skip
    return request.check().plain()


def parse_types(text: str | None) -> dict[str, str]:
    """Types to be read as others, from `MISC=ORG,EVENT=O`.

    Raises:
        UsageError: for what is not of that form.
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
