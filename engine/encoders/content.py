"""The content of an encoder as one hash, whatever the folder is called and wherever it lies."""

import hashlib
from pathlib import Path

from nerspace.engine.encoders import resolve
from nerspace.engine.sums import known_sum_of

_ENDINGS = (".safetensors", ".json", ".model", ".txt")


def encoder_hash(name: str) -> str:
    """SHA-256 of the files that make an encoder: configuration, tokenizer and weights, by their names.

    A file is read once: its hash is kept beside its size and times.

    Args:
        name: builtin, a folder, or an id of the hub.

    Raises:
        ModelError: if the name leads to no encoder.
    """
    digest = hashlib.sha256()
    for path in sorted(Path(resolve(name)).glob("*")):
        if path.suffix in _ENDINGS and path.is_file():
            digest.update(f"{path.name} {known_sum_of(path).sha256}\n".encode())
    return digest.hexdigest()
