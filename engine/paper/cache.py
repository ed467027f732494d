"""What is left of each fine-tuned model, stored under a hash of all that it depends on, so that none is made twice.

    pieces/KEY/predictions.csv   the table `predictions` of the model
    pieces/KEY/probes.csv        the table `probes`, where the model was probed
    pieces/KEY/STAGE-LAYER-KIND.npy   vectors, where the model was read
    pieces/KEY/piece.json        what the key stands for, seconds and device
    pieces/KEY/sha256.json       sizes and hashes of these; a piece that is not so any more is made anew

A folder is filled under another name and renamed when it is whole.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nerspace.datasets import SyntheticNER
from nerspace.engine.encoders.content import encoder_hash
from nerspace.engine.files import whole_folder
from nerspace.engine.requests.paper import PaperRequest
from nerspace.engine.requests.training import Recipe
from nerspace.engine.runs import Run, list_runs, to_csv
from nerspace.engine.runs.origin import digest
from nerspace.engine.runs.versions import code_hash, versions
from nerspace.engine.sums import is_sealed, seal
from nerspace.engine.tables.index import parse_table

if TYPE_CHECKING:
    import pandas as pd

# Fields of a request that change no table, or whose content is hashed itself.
_APART = ("items", "scale", "data", "model", "checkpoint_seconds", "fresh", "on", "threads")
Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class CachedModel:
    """What is left of one model.

    Attributes:
        vectors: (kind, stage, layer) → [n, d].
        seconds: what it took when it was made.
    """

    donor: str
    seed: int
    predictions: "pd.DataFrame"
    probes: "pd.DataFrame"
    vectors: Mapping[tuple[str, str, int], Array]
    seconds: float
    reused: bool = False


def content_key(request: PaperRequest, corpus: SyntheticNER) -> str:
    """A hash of all that the tables depend on but the choice of items, and of nothing else."""
    return _key(request, corpus, "nerspace.engine.paper.job")


def shared_key(request: PaperRequest, corpus: SyntheticNER) -> str:
    """What all models of a request share, whatever the number of seeds and the perplexity, as a hash."""
    return _key(replace(request, seeds=1, perplexity=0.0), corpus, "nerspace.engine.paper.models")


def _key(request: PaperRequest, corpus: SyntheticNER, module: str) -> str:
    requested = {name: value for name, value in asdict(request).items() if name not in _APART}
    # What a recipe holds beside the request.
    recipe = asdict(Recipe())
    parts = (
        requested, recipe, corpus_hash(corpus), encoder_hash(request.model), sorted(versions().items()),
        code_hash(module),
    )  # fmt: skip
    return digest(parts)[:20]


def model_key(request: PaperRequest, content: str, donor: str, seed: int) -> str:
    """The key of one model; the number of seeds does not matter to it.

    Args:
        content: `shared_key`.
    """
    return digest((content, donor, seed, seed == request.seed))[:20]


def corpus_hash(corpus: SyntheticNER) -> str:
    """A hash of every context and name."""
    return digest((corpus.name, *corpus.contexts, *corpus.entities))


def write_model(run: Run, key: str, model: CachedModel) -> CachedModel:
    """Save a model in the run, and return it as it will be read back: files hold fewer digits.

    Raises:
        ConfigurationError: when the disk does not take it.
    """
    run.require()
    folder = run.path / "pieces"
    with whole_folder(folder / key, parents=True, hint="Free space on that disk, then resume the run.") as temporary:
        (temporary / "predictions.csv").write_text(to_csv(model.predictions), encoding="utf-8")
        (temporary / "probes.csv").write_text(to_csv(model.probes), encoding="utf-8")
        for (kind, stage, layer), array in model.vectors.items():
            np.save(temporary / f"{stage}-{layer}-{kind}.npy", array, allow_pickle=False)
        about = {"donor": model.donor, "seed": model.seed, "seconds": round(model.seconds, 2)}
        (temporary / "piece.json").write_text(json.dumps(about), encoding="utf-8")
        seal(temporary)
    return _read(folder / key, reused=False)


def find_model(run: Run, key: str, elsewhere: bool = True) -> CachedModel | None:
    """The model of that key in this run or, if elsewhere, another paper run of the workspace; None if there is none."""
    here = run.path / "pieces" / key
    for folder in (here, *(sorted(run.path.parent.glob(f"paper-*/pieces/{key}")) if elsewhere else ())):
        with suppress(OSError, ValueError, KeyError, TypeError):
            return _read(folder, reused=folder != here)
    return None


def _read(folder: Path, reused: bool) -> CachedModel:
    if not is_sealed(folder):
        raise ValueError(f"{folder} is damaged.")
    about = json.loads((folder / "piece.json").read_text(encoding="utf-8"))
    vectors = {}
    for path in sorted(folder.glob("*.npy")):
        stage, layer, kind = path.stem.split("-")
        vectors[kind, stage, int(layer)] = np.load(path, allow_pickle=False)
    csv = {name: (folder / f"{name}.csv").read_text(encoding="utf-8") for name in ("predictions", "probes")}
    tables = [parse_table(name, text) for name, text in csv.items()]
    return CachedModel(about["donor"], about["seed"], tables[0], tables[1], vectors, about["seconds"], reused)


def finished_run(workspace: Path, key: str, items: tuple[str, ...]) -> Run | None:
    """The newest finished paper run of that content key that holds all these items; None where there is none."""
    for run in list_runs(workspace):
        with suppress(Exception):
            info = run.info()
            if (
                info["kind"] == "paper"
                and info["state"] == "finished"
                and info.get("content") == key
                and set(items) <= set(info["request"]["items"])
            ):
                return run
    return None
