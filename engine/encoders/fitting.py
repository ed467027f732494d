"""Whether the weights of an encoder are those that its configuration asks for.

What a file lacks, transformers draws at random and says so in a log line alone. A new head and a pooler may be missing
and other heads may be there; any other difference would be an encoder of noise, which looks like any other.
"""

import json
import struct
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from nerspace.engine.encoders.sources import INDEX, WEIGHTS, shards_in
from nerspace.engine.errors import ModelError

# What DataParallel puts before every name.
WRAPPED = "module."
# Bytes of a header; those of the largest models have a few hundred thousand.
_LARGEST_HEADER = 100_000_000
# Counters that older versions saved as if they were weights.
_NO_WEIGHTS = ("position_ids", "token_type_ids", "rotary_emb.inv_freq")
_SHOWN = 3
_HINT = "Save it again with save_pretrained, configuration and weights of the same model, or choose another encoder."


def is_wrapped(folder: Path) -> bool:
    """Whether the weights were saved from torch's DataParallel, which names every tensor module.SOMETHING."""
    names = tensor_names(folder)
    return bool(names) and all(name.startswith(WRAPPED) for name in names)


def tensor_names(folder: Path) -> list[str]:
    """The names of an encoder's tensors; none where the files are damaged, which whoever loads them says."""
    try:
        if not (folder / WEIGHTS).is_file():
            return list(json.loads((folder / INDEX).read_text(encoding="utf-8"))["weight_map"])
        with (folder / WEIGHTS).open("rb") as handle:
            (size,) = struct.unpack("<Q", handle.read(8))
            header = json.loads(handle.read(min(size, _LARGEST_HEADER)))
        return [name for name in header if name != "__metadata__"]
    except (OSError, ValueError, struct.error, LookupError, TypeError):
        return []


def check_weights(name: str, folder: Path, model: Any, info: Mapping[str, Any], *, trained_head: bool = False) -> None:
    """Refuse weights that are not the encoder's, by the names of the tensors.

    Args:
        name: what to call the encoder.
        folder: where its files lie.
        model: as transformers loaded it.
        info: what transformers says of the loading: missing, unexpected and mismatched keys.
        trained_head: whether the head must be in the weights too.

    Raises:
        ModelError: naming what is missing, unexpected, or of another shape.
    """
    own = _Names(model)
    needed = own.is_needed if trained_head else own.is_encoder
    missing = [key for key in info["missing_keys"] if needed(key)]
    strange = [key for key in info["unexpected_keys"] if own.is_encoder(key)]
    shaped = [(key, old, new) for key, old, new in map(tuple, info["mismatched_keys"]) if needed(key)]
    problems = [
        *_listed("missing", sorted(missing)),
        *_listed("not known to the configuration", sorted(strange)),
        *_listed("of another shape", [f"{key} ({_shape(old)}, not {_shape(new)})" for key, old, new in sorted(shaped)]),
    ]
    if problems:
        files = ", ".join(shards_in(folder))
        raise ModelError(f"The weights of {name!r} ({files}) do not fit its config.json: {'; '.join(problems)}.", _HINT)


class _Names:
    """Which names of tensors are the encoder's, with and without the prefix under which a tagger holds it."""

    def __init__(self, model: Any) -> None:
        self.prefix = f"{model.base_model_prefix}."
        base = getattr(model, model.base_model_prefix, model)
        self.is_bare = base is model
        children: Collection[str] = {name for name, _ in base.named_children()}
        self.parts = {*children, *(name for name, _ in base.named_parameters(recurse=False))} - {"pooler"}

    def is_encoder(self, key: str) -> bool:
        """Whether a tensor belongs to the encoder, its pooler aside."""
        inside = key.removeprefix(WRAPPED).removeprefix(self.prefix)
        return inside.partition(".")[0] in self.parts and not inside.endswith(_NO_WEIGHTS)

    def is_needed(self, key: str) -> bool:
        """Whether a tensor belongs to the encoder or the head."""
        inside = key.removeprefix(self.prefix)
        return inside.partition(".")[0] != "pooler" and not inside.endswith(_NO_WEIGHTS)


def _listed(what: str, keys: list[str]) -> Iterable[str]:
    if keys:
        more = f" and {len(keys) - _SHOWN:,} more" if len(keys) > _SHOWN else ""
        yield f"{what}: {', '.join(keys[:_SHOWN])}{more}"


def _shape(shape: Iterable[int]) -> str:
    return "×".join(map(str, shape)) or "one number"
