"""What the swap lab is to do, checked before anything is started; nothing heavy is imported."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from nerspace.datasets.records import CASES, ENTITY_TYPES
from nerspace.engine.errors import UsageError
from nerspace.engine.requests.base import BUILTIN, BaseRequest, given, whole_path
from nerspace.engine.requests.evaluation import UNKNOWN
from nerspace.engine.requests.training import NONE, Request

if TYPE_CHECKING:
    from nerspace.engine.runs import Run


@dataclass(frozen=True)
class SwapRequest(BaseRequest):
    """What the swap lab is to do.

    Attributes:
        source: id of the run that trained the model, empty where it comes from elsewhere.
        trained: the fine-tuned model, a folder or name of the hub.
        model: the encoder it came from, empty where nobody says it.
        donor: what it was trained on.
        data: contexts and names.
        split_languages: what the run's split into train and test hangs on.
        split_seed: likewise.
        hold_out: likewise.
        test_names: likewise.
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
    hold_out: str = NONE
    test_names: tuple[str, ...] = ()

    CHOICES: ClassVar = {
        "type": ("type", ("", *ENTITY_TYPES)), "gender": ("gender", ("", "m", "f")), "case": ("case", CASES)
    }  # fmt: skip

    @property
    def training(self) -> Request:
        """As much of the run's request as its split hangs on."""
        return Request(
            data=self.data, languages=self.split_languages, seed=self.split_seed, hold_out=self.hold_out,
            test_names=self.test_names,
        )  # fmt: skip

    def check(self) -> Self:
        """See BaseRequest."""
        BaseRequest.check(self)
        for name, what in (("contexts", "contexts"), ("sample", "names")):
            if (value := getattr(self, name)) < 3:
                raise UsageError(f"{value} {what} are too few.", "At least 3: one of every type.", field=name)
        return self


def make_swap_request(
    run: "Run | None", of: str | None = None, languages: Sequence[str] = (), *, model: str = "",
    data: str | None = None, **fields: Any,
) -> dict[str, Any]:  # fmt: skip
    """A checked request as the plain dict that run.json holds; see SwapRequest for the fields.

    Args:
        run: holds a fine-tuned model; None for one from elsewhere.
        of: which, as DONOR-SEED, where it holds several; the first by default.
        languages: the run's own by default, or those of the data.
        model: a fine-tuned model from elsewhere, a folder or name of the hub, in place of a run's.
        data: contexts and names; those of the run by default, or the built-in ones.
        fields: the others of SwapRequest; None stands for the default.

    Raises:
        UsageError: naming the first field that cannot be, or where the run holds no model.
    """
    if run is None:
        return _of_elsewhere(model, data, languages, fields)
    from nerspace.engine.runs.models import chosen_models

    held = chosen_models(run)
    saved = next((one for one in held if of in (None, one.name)), None)
    if saved is None:
        names = ", ".join(one.name for one in held)
        raise UsageError(f"The run {run.id} holds no model {of!r}.", f"It holds: {names}.", field="of")
    training = Request.read(run.info()["request"])
    if fields.get("counterfactual"):
        chosen = [one for one in held if of in (None, one.name)]
        fields["models"] = tuple(one.name for one in chosen)
        fields["folders"] = tuple(str(one.folder) for one in chosen)
    part: dict[str, Any] = {
        "split_languages": training.languages, "split_seed": training.seed, "data": training.data,
        "hold_out": training.hold_out, "test_names": training.test_names or (),
    }  # fmt: skip
    if data is not None and whole_path(data) != training.data:
        part = _part(data, languages, fields)
    return SwapRequest(
        source=run.id, trained=str(saved.folder), model=training.model, donor=saved.id.donor,
        languages=tuple(languages) or part["split_languages"], **part, **given(**fields),
    ).check().plain()  # fmt: skip


def _of_elsewhere(model: str, data: str | None, languages: Sequence[str], fields: dict[str, Any]) -> dict[str, Any]:
    if fields.get("counterfactual"):
        raise UsageError(
            "Counterfactuals read the test sentences of a run with its own models.",
            "Leave --model out, or name a run.",
            field="counterfactual",
        )  # fmt: skip
    part = _part(data or BUILTIN, languages, fields)
    return SwapRequest(
        source="", trained=whole_path(model), model="", donor=UNKNOWN,
        languages=tuple(languages) or part["split_languages"], **part, **given(**fields),
    ).check().plain()  # fmt: skip


def _part(data: str, languages: Sequence[str], fields: Mapping[str, Any]) -> dict[str, Any]:
    """The data and how its test part is cut, where no run did it."""
    from nerspace import datasets

    corpus = datasets.load_parallel(data)
    if strange := [code for code in languages if code not in corpus.languages]:
        raise UsageError(
            f"{corpus.name} has no language {strange[0]!r}.",
            f"It has {', '.join(corpus.languages)}.",
            field="languages",
        )
    seed = fields.get("seed")
    return {
        "data": whole_path(data), "split_languages": corpus.languages,
        "split_seed": SwapRequest.seed if seed is None else seed,
    }  # fmt: skip


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
