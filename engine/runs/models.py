"""The models that a run saved: what counts as one, and which is the first."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nerspace.engine.encoders.configuration import labels_in
from nerspace.engine.encoders.sources import has_model, has_tokenizer
from nerspace.engine.errors import UsageError
from nerspace.engine.runs.records import ModelId

if TYPE_CHECKING:
    from nerspace.engine.runs.run import Run


@dataclass(frozen=True)
class SavedModel:
    """A fine-tuned model in a folder of its run.

    Attributes:
        id: what it was trained on, and its seed.
        base: the encoder that it came from.
    """

    id: ModelId
    folder: Path
    base: str

    @property
    def name(self) -> str:
        """The short name, by which it is chosen among several: donor-seed."""
        return str(self.id)

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of its classes, in the order of their ids."""
        return tuple(name for _, name in sorted(labels_in(self.folder).items()))


def is_model(folder: Path) -> bool:
    """Whether a whole model lies there, with configuration, every weight and tokenizer; a half-saved one does not."""
    return has_model(folder) and has_tokenizer(folder)


def models_of(run: "Run") -> list[SavedModel]:
    """The models that a run saved: in model/ that of a demo, in model/DONOR-SEED those of a fine-tuning.

    They come in the order in which the run trained them: donors in the order of the request, then seeds.
    """
    request, folder = run.info()["request"], run.path / "model"
    base = str(request.get("model", ""))
    if is_model(folder):
        return [SavedModel(ModelId(str(request.get("donor", "")), int(request.get("seed", 0))), folder, base)]
    donors = [*request.get("donors", ()), request.get("donor", "")]
    found = []
    for path in folder.glob("*-*"):
        donor, _, seed = path.name.rpartition("-")
        if seed.isdecimal() and is_model(path):
            found.append(SavedModel(ModelId(donor, int(seed)), path, base))
    places = {donor: place for place, donor in reversed(list(enumerate(donors)))}
    return sorted(found, key=lambda model: (places.get(model.id.donor, len(donors)), model.id.donor, model.id.seed))


def foreign_model(run: "Run") -> str:
    """The model from elsewhere that a run of evaluate or swap read with; empty for another run."""
    info = run.info()
    request = info["request"]
    if info.get("kind") == "swap" and not request.get("source"):
        return str(request.get("trained", ""))
    models = request.get("models") if info.get("kind") == "evaluate" and not request.get("run") else None
    return str(models[0]["model"]) if models else ""


def chosen_models(run: "Run", donors: tuple[str, ...] = (), seeds: tuple[int, ...] = ()) -> list[SavedModel]:
    """Those models of a run that were trained on some donors with some seeds, where empty on any; at least one.

    Raises:
        UsageError: where the run saved none, or none of these.
        DataError: where one is damaged.
    """
    found = models_of(run)
    if not found:
        raise UsageError(
            f"The run {run.id} kept no model.", "Train with --keep-model, give --model, or name another run with --run."
        )
    chosen = [
        model for model in found
        if (not donors or model.id.donor in donors) and (not seeds or model.id.seed in seeds)
    ]  # fmt: skip
    if not chosen:
        there = ", ".join(f"{model.id.donor} seed {model.id.seed}" for model in found)
        raise UsageError(f"The run {run.id} holds no such model.", f"It holds: {there}.")
    for model in chosen:
        run.check_files(f"{model.folder.relative_to(run.path).as_posix()}/")
    return chosen
