"""What the swap lab is asked to do, checked before anything is started; nothing heavy is imported."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from nerspace.datasets.records import CASES, ENTITY_TYPES
from nerspace.engine import devices
from nerspace.engine.errors import UsageError
from nerspace.engine.requests.training import read_request
from nerspace.engine.runs import Run


@dataclass(frozen=True, slots=True)
class SwapRequest:
    """What the swap lab is asked to do.

    source: id of the run that trained the model. trained: folder of the fine-tuned model. model: the encoder it came
    from. donor: what it was trained on. split_languages, split_seed: what the run's split into train and test hangs on.
    names: names asked for; without, `sample` are drawn. type, gender: of a name that the data does not know. contexts:
    how many each name is put into. case: of the contexts for places. layer: of the vectors, None for the last.
    """

    source: str
    trained: str
    model: str
    donor: str
    data: str
    split_languages: tuple[str, ...]
    split_seed: int
    languages: tuple[str, ...]
    names: tuple[str, ...] = ()
    type: str = ""
    gender: str = ""
    contexts: int = 20
    sample: int = 30
    case: str = "nominative"
    layer: int | None = None
    seed: int = 0
    device: str = "auto"


def make_swap_request(run: Run, of: str | None = None, languages: Sequence[str] = (), **fields: Any) -> dict[str, Any]:
    """A checked request as the plain dict that run.json holds; see SwapRequest for the fields.

    run: holds a fine-tuned model. of: which, as DONOR-SEED, where it holds several; the first by default.
    languages: the run's own by default.
    Raises: UsageError naming the first field that cannot be, or where the run holds no model.
    """
    trained = trained_model(run, of)
    asked = read_request(run.info()["request"])
    donor = trained.name.rpartition("-")[0] if trained.parent.name == "model" else asked.donor
    request = read_swap_request({
        "source": run.id, "trained": str(trained), "model": asked.model, "donor": donor, "data": asked.data,
        "split_languages": asked.languages, "split_seed": asked.seed, "languages": languages or asked.languages,
        "names": (), **fields,
    })  # fmt: skip
    devices.check_device_name(request.device)
    for name, known in (("type", ("", *ENTITY_TYPES)), ("gender", ("", "m", "f")), ("case", CASES)):
        if (value := getattr(request, name)) not in known:
            raise UsageError(f"Unknown {name} {value!r}.", f"Choose from {', '.join(filter(None, known))}.")
    for name, least in (("contexts", 3), ("sample", 3)):
        if (value := getattr(request, name)) < least:
            what = "names" if name == "sample" else name
            raise UsageError(f"{value} {what} are too few.", f"At least {least}: one of every type.")
    return asdict(request)


def trained_model(run: Run, of: str | None = None) -> Path:
    """The folder of a run's fine-tuned model, the first where it holds several and none is named.

    Raises: UsageError where there is none, or none of that name.
    """
    folder = run.path / "model"
    if (folder / "config.json").is_file() and of is None:
        return folder
    held = sorted(path.parent.name for path in folder.glob("*/config.json"))
    if of is not None and of not in held:
        raise UsageError(f"The run {run.id} holds no model {of!r}.", f"It holds: {', '.join(held) or 'one, unnamed'}.")
    if not held:
        raise UsageError(f"The run {run.id} kept no model.", "Train with --keep-model, or name another run with --run.")
    return folder / (of or held[0])


def read_swap_request(fields: Mapping[str, Any]) -> SwapRequest:
    """The request that run.json holds."""
    listed = ("split_languages", "languages", "names")
    return SwapRequest(**{**fields, **{name: tuple(fields[name]) for name in listed}})
