"""The content of an encoder as one hash, whatever the folder is called and wherever it lies."""

import hashlib
import json
from contextlib import suppress
from functools import cache
from pathlib import Path

from nerspace.engine.encoders import resolve
from nerspace.engine.errors import NerspaceError
from nerspace.engine.files import cache_folder, write_text

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
            state = path.stat()
            digest.update(
                f"{path.name} {_file_hash(path, state.st_size, state.st_mtime_ns, state.st_ctime_ns)}\n".encode()
            )
    return digest.hexdigest()


@cache
def _file_hash(path: Path, *state: int) -> str:
    kept = cache_folder("hashes") / f"{hashlib.sha256(str(path).encode()).hexdigest()[:32]}.json"
    with suppress(OSError, ValueError, KeyError, TypeError):
        found = json.loads(kept.read_text(encoding="utf-8"))
        if found["state"] == list(state):
            return str(found["sha256"])
    with path.open("rb") as handle:
        found = hashlib.file_digest(handle, "sha256").hexdigest()
    with suppress(OSError, NerspaceError):
        kept.parent.mkdir(parents=True, exist_ok=True)
        write_text(kept, json.dumps({"state": state, "sha256": found}))
    return found
