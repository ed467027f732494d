"""A fine-tuned model as an ordinary Hugging Face folder."""

import contextlib
import shutil
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from safetensors import SafetensorError

from nerspace.engine.encoders.loading import read_slow_tokenizer, resolve
from nerspace.engine.encoders.sources import TOKENIZER_PATTERNS
from nerspace.engine.files import make_folder, whole_folder


def save_model(model: Any, name: str, folder: Path) -> None:
    """Write a model with the tokenizer of the encoder it came from, as safetensors, whole or not at all.

    A model that lies there already is replaced.

    Args:
        model: the transformers model.
        name: the encoder that was fine-tuned.
        folder: where it goes; the folder above it is made where it is missing.

    Raises:
        ConfigurationError: when the disk does not take it.
    """
    source = Path(resolve(name))
    # A run folder that was deleted meanwhile must not come back.
    if folder.parent.parent.is_dir():
        with contextlib.suppress(OSError):
            make_folder(folder.parent)
    problem, hint = f"The model cannot be written to {folder}", "Free space on that disk."
    with whole_folder(folder, problem=problem, hint=hint) as temporary:
        _save_weights(model, temporary)
        for path in source.iterdir():
            if path.is_file() and any(fnmatch(path.name, pattern) for pattern in TOKENIZER_PATTERNS):
                shutil.copy(path, temporary)
        if not (source / "tokenizer.json").is_file():
            read_slow_tokenizer(source).save_pretrained(temporary)


def _save_weights(model: Any, folder: Path) -> None:
    """As `save_pretrained`, which tells of a full disk in its own way. Raises: OSError."""
    try:
        model.save_pretrained(folder)
    except SafetensorError as error:
        raise OSError(str(error)) from error
