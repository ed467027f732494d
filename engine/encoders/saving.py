"""A fine-tuned model as an ordinary Hugging Face folder."""

import contextlib
import shutil
from pathlib import Path
from typing import Any

from nerspace.engine.encoders import resolve
from nerspace.engine.files import whole_folder

_TOKENIZER_FILES = (
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "sentencepiece.bpe.model",
    "spm.model",
    "vocab.txt",
)


def save_model(model: Any, name: str, folder: Path) -> None:
    """Write a model with the tokenizer of the encoder it came from, as safetensors, whole or not at all.

    A model that lies there already is replaced.

    name: the encoder that was fine-tuned.

    Raises: ConfigurationError when the disk does not take it.
    """
    with contextlib.suppress(OSError):
        folder.parent.mkdir(exist_ok=True)
    problem, hint = f"The model cannot be written to {folder}", "Free space on that disk."
    with whole_folder(folder, problem=problem, hint=hint) as temporary:
        model.save_pretrained(temporary)
        for file in _TOKENIZER_FILES:
            with contextlib.suppress(FileNotFoundError):
                shutil.copy(Path(resolve(name)) / file, temporary / file)
