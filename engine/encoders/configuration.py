"""What an encoder's config.json says of it, read without the libraries that would load its weights."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nerspace.datasets.tagging import TagError, split_tag
from nerspace.engine.errors import ModelError

# What the families call the same number, the most common name first.
_LAYERS = ("num_hidden_layers", "n_layers", "num_layers", "n_layer")
_WIDTH = ("hidden_size", "dim", "d_model", "n_embd", "emb_dim")
_POSITIONS = ("max_position_embeddings", "n_positions", "max_sequence_length")

# Sentences are never read longer than this, whatever the model could.
LONGEST = 512


@dataclass(frozen=True, slots=True)
class Shape:
    """The size of an encoder.

    Attributes:
        limit: how many ids it reads at once.
        layers: of its transformer, so that hidden states are numbered 0 (the embedding output) to `layers`.
        width: values of a vector.
        vocabulary: rows of the embedding table, None where the configuration does not say.
    """

    limit: int
    layers: int
    width: int
    vocabulary: int | None


def read_configuration(folder: str | Path) -> dict[str, Any]:
    """The content of an encoder's config.json.

    Raises:
        ModelError: where it is missing or damaged.
    """
    path = Path(folder) / "config.json"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be read ({error}).", "Save or download the encoder again.") from error
    if not isinstance(found, dict):
        raise ModelError(f"{path} holds no configuration.", "Save or download the encoder again.")
    return found


def shape_in(folder: str | Path) -> Shape:
    """The size of the encoder in a folder.

    Raises:
        ModelError: where its config.json is missing, damaged, or does not say how large the model is.
    """
    found = read_configuration(folder)
    layers, width = _number(found, _LAYERS), _number(found, _WIDTH)
    if layers is None or width is None:
        missing = "how many layers the model has" if layers is None else "how wide the model is"
        raise ModelError(f"{Path(folder) / 'config.json'} does not say {missing}.", "Choose another encoder.")
    return Shape(_limit(found), layers, width, _number(found, ("vocab_size",)))


def _limit(found: Mapping[str, Any]) -> int:
    """RoBERTa keeps two positions to itself; a model without a number knows relative positions only."""
    positions = _number(found, _POSITIONS)
    return LONGEST if positions is None or positions <= 2 else min(LONGEST, positions - 2)


def _number(found: Mapping[str, Any], names: tuple[str, ...]) -> int | None:
    return next((int(found[name]) for name in names if isinstance(found.get(name), int)), None)


def own_labels(folder: str | Path) -> tuple[str, ...] | None:
    """The labels of a model that was trained to tag names, in the order of their ids; None of any other.

    Raises:
        ModelError: where its config.json is missing or damaged.
    """
    names = labels_in(folder)
    own = tuple(names[number] for number in sorted(names))
    if any(label.startswith("LABEL_") for label in own) or sorted(names) != list(range(len(own))):
        return None
    try:
        parts = [split_tag(label) for label in own]
    except TagError:
        return None
    return own if ("O", "") in parts and len(parts) > 1 else None


def labels_in(folder: str | Path) -> dict[int, str]:
    """The labels of the classes that the model in a folder knows, by their ids; LABEL_0 and so on where none are named.

    Raises:
        ModelError: where its config.json is missing or damaged.
    """
    found = read_configuration(folder)
    names = found.get("id2label")
    if isinstance(names, Mapping) and names:
        return {int(number): str(name) for number, name in names.items()}
    return {number: f"LABEL_{number}" for number in range(_number(found, ("num_labels", "_num_labels")) or 2)}
