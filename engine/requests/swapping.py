"""What the swap lab is to do, checked before anything is started; nothing heavy is imported."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from nerspace.datasets.records import CASES, ENTITY_TYPES
from nerspace.engine.errors import UsageError
from nerspace.engine.requests.base import BaseRequest, given
from nerspace.engine.requests.training import Request

if TYPE_CHECKING:
    from nerspace.engine.runs import Run


@dataclass(frozen=True)
class SwapRequest(BaseRequest):
    """What the swap lab is to do.

    Attributes:
        source: id of the run that trained the model.
        trained: folder of the fine-tuned model.
        model: the encoder it came from.
        donor: what it was trained on.
        split_languages: what the run's split into train and test hangs on.
        split_seed: likewise.
        names: those to put in; without, `sample` are drawn.
        type: of a name that the data does not know.
        gender: likewise.
        contexts: how many each name is put into.
        case: of the contexts for places.
        layer: of the vectors, None for the last.
        counterfactual: whether the run's test sentences are read again with one thing changed, in place of the lab.
        models: of counterfactuals, the models that read, as DONOR-SEED.
        folders: of each of these.
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
    counterfactual: bool = False
    models: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()

    CHOICES: ClassVar = {
        "type": ("type", ("", *ENTITY_TYPES)), "gender": ("gender", ("", "m", "f")), "case": ("case", CASES)
    }  # fmt: skip

    def check(self) -> Self:
        """See BaseRequest."""
        BaseRequest.check(self)
        for name, what in (("contexts", "contexts"), ("sample", "names")):
            if (value := getattr(self, name)) < 3:
                raise UsageError(f"{value} {what} are too few.", "At least 3: one of every type.", field=name)
        return self


def make_swap_request(
    run: "Run", of: str | None = None, languages: Sequence[str] = (), **fields: Any
) -> dict[str, Any]:
    """A checked request as the plain dict that run.json holds; see SwapRequest for the fields.

    Args:
        run: holds a fine-tuned model.
        of: which, as DONOR-SEED, where it holds several; the first by default.
        languages: the run's own by default.
        fields: the others of SwapRequest; None stands for the default.

    Raises:
        UsageError: naming the first field that cannot be, or where the run holds no model.
    """
    from nerspace.engine.runs.models import chosen_models

    held = chosen_models(run)
    model = next((one for one in held if of in (None, one.name)), None)
    if model is None:
        names = ", ".join(one.name for one in held)
        raise UsageError(f"The run {run.id} holds no model {of!r}.", f"It holds: {names}.", field="of")
    training = Request.read(run.info()["request"])
    if fields.get("counterfactual"):
        chosen = [one for one in held if of in (None, one.name)]
        fields["models"] = tuple(one.name for one in chosen)
        fields["folders"] = tuple(str(one.folder) for one in chosen)
    return SwapRequest(
        source=run.id, trained=str(model.folder), model=training.model, donor=model.id.donor, data=training.data,
        split_languages=training.languages, split_seed=training.seed, languages=tuple(languages) or training.languages,
        **given(**fields),
    ).check().plain()  # fmt: skip


def require_parallel(run: "Run") -> None:
    """See that a run's test sentences are parallel and kept, as counterfactuals need.

    Raises:
        UsageError: where they are not.
    """
    if "sentences" not in run.tables():
        raise UsageError(f"The run {run.id} kept no sentences.", "nerspace demo, finetune and transfer keep them.")
    sentences = run.read_table("sentences")
    test = sentences[sentences["split"] == "test"]
    if test["entity"].isna().all() or test["language"].nunique() < 2:
        raise UsageError(
            f"The test sentences of {run.id} are not parallel.",
            "Counterfactuals need contexts and names in two languages; nerspace factors works without.",
        )
