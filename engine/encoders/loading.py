"""Tokenizers and models by the name of their encoder: the built-in one, a folder, or an id of the Hugging Face hub.

A tokenizer loads without torch and transformers; those are imported only where a network is needed. Weights are read
from safetensors alone, and code that comes with a model is never run.
"""

import contextlib
import re
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nerspace.engine.encoders.builtin import builtin_folder
from nerspace.engine.encoders.fitting import WRAPPED, check_weights, is_wrapped
from nerspace.engine.encoders.sources import model_folder, tokenizer_folder
from nerspace.engine.encoders.suitability import check_files
from nerspace.engine.errors import ModelError

if TYPE_CHECKING:
    import torch
    from tokenizers import Tokenizer

BUILTIN = "builtin"
LABELS = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-ORG", "I-ORG")


def resolve(name: str = BUILTIN) -> str:
    """The folder that holds the encoder of that name, converted or downloaded if need be.

    Args:
        name: "builtin", a folder, or an id of the hub such as FacebookAI/xlm-roberta-base.

    Raises:
        ModelError: for a name that leads to no encoder with safetensors weights.
    """
    return str(builtin_folder() if name == BUILTIN else model_folder(name))


def check(name: str = BUILTIN) -> str:
    """As `resolve`, once the files say that the encoder can tag words and that its tokenizer fits; no weight is read.

    Raises:
        ModelError: for a name that leads to no such encoder.
    """
    folder = resolve(name)
    if name != BUILTIN:
        check_files(name, folder)
    return folder


def load_tokenizer(name: str = BUILTIN) -> "Tokenizer":
    """The fast tokenizer of an encoder, without truncation or padding; neither torch nor transformers is imported.

    Special tokens that stand in a text ("<s>", "[SEP]") are cut like any other text: a text from data must not end a
    sentence. Only a folder without tokenizer.json is read through transformers, which converts it.

    Raises:
        ModelError: for a name that leads to no tokenizer.
    """
    from tokenizers import Tokenizer

    folder = builtin_folder() if name == BUILTIN else tokenizer_folder(name)
    file = folder / "tokenizer.json"
    try:
        tokenizer = Tokenizer.from_file(str(file)) if file.is_file() else read_slow_tokenizer(folder).backend_tokenizer
    except Exception as error:
        raise ModelError(
            f"The tokenizer of {name!r} cannot be read ({_one_line(error)}).",
            "It needs a tokenizer.json, or files that transformers can convert to a fast tokenizer.",
        ) from error
    return plain(tokenizer)


def plain(tokenizer: "Tokenizer") -> "Tokenizer":
    """The tokenizer, set to cut off nothing, pad nothing and take special tokens in a text for text."""
    tokenizer.no_truncation()
    tokenizer.no_padding()
    tokenizer.encode_special_tokens = True
    return tokenizer


def read_slow_tokenizer(folder: Path) -> Any:
    """The tokenizer of a folder without tokenizer.json, as transformers converts it."""
    with _quiet():
        from transformers import AutoTokenizer

        return AutoTokenizer.from_pretrained(folder, use_fast=True, trust_remote_code=False)


def load_encoder(name: str = BUILTIN) -> "torch.nn.Module":
    """The encoder without any head, float32, on the CPU, in evaluation mode.

    Returns:
        A transformers model; called with input_ids [batch, pieces] and attention_mask it gives hidden states [batch,
        pieces, d].

    Raises:
        ModelError: for a name that leads to no encoder with safetensors weights.
    """
    folder = resolve(name)
    with _quiet(), _one_line_errors(name):
        from transformers import AutoModel

        loading = _loading(folder)
        try:
            model, info = AutoModel.from_pretrained(folder, add_pooling_layer=False, **loading)
        except TypeError:
            # Not every architecture has a pooler to leave out.
            model, info = AutoModel.from_pretrained(folder, **loading)
        check_weights(name, Path(folder), model, info)
    loaded: torch.nn.Module = model.eval()
    return loaded


def load_token_classifier(name: str, labels: Sequence[str], seed: int) -> "torch.nn.Module":
    """The encoder with a token classification head, float32, on the CPU, in training mode.

    The head stays where the checkpoint has one for exactly these labels; else it is drawn anew, normal with the
    model's initializer range and zero bias, from `seed` alone, so that every version of torch's users gets one head.

    Args:
        name: a folder, a name on the hub, or `builtin`.
        labels: names of the classes, in the order of their ids.
        seed: of the head that is drawn.

    Raises:
        ModelError: for a name that leads to no encoder with safetensors weights.
    """
    folder = resolve(name)
    names = dict(enumerate(labels))
    with _quiet(), _one_line_errors(name):
        import torch
        from transformers import AutoConfig, AutoModelForTokenClassification

        stored = AutoConfig.from_pretrained(folder, trust_remote_code=False)
        with torch.random.fork_rng(devices=[]):
            model, info = AutoModelForTokenClassification.from_pretrained(
                folder,
                num_labels=len(names),
                id2label=names,
                label2id={label: index for index, label in names.items()},
                **_loading(folder),
            )
        has_head = dict(stored.id2label or {}) == names
        check_weights(name, Path(folder), model, info, trained_head=has_head)
        if not has_head:
            _draw_head(model, seed)
    loaded: torch.nn.Module = model.train()
    return loaded


def _draw_head(model: Any, seed: int) -> None:
    import torch

    generator = torch.Generator().manual_seed(seed)
    deviation = getattr(model.config, "initializer_range", None) or 0.02
    for part, module in model.named_children():
        if part == model.base_model_prefix:
            continue
        for layer in module.modules():
            if isinstance(layer, torch.nn.Linear):
                torch.nn.init.normal_(layer.weight, 0.0, deviation, generator=generator)
                if layer.bias is not None:
                    torch.nn.init.zeros_(layer.bias)


def _loading(folder: str) -> dict[str, Any]:
    """How the weights are loaded; what does not fit is reported by transformers and judged by `check_weights`."""
    import torch

    wrapped = {"key_mapping": {f"^{re.escape(WRAPPED)}": ""}} if is_wrapped(Path(folder)) else {}
    return {
        "use_safetensors": True, "trust_remote_code": False, "dtype": torch.float32, "local_files_only": True,
        "ignore_mismatched_sizes": True, "output_loading_info": True, **wrapped,
    }  # fmt: skip


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep transformers' bars and its talk of newly initialised heads off the screen."""
    from transformers.utils import logging

    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()


@contextlib.contextmanager
def _one_line_errors(name: str) -> Iterator[None]:
    """Turn whatever transformers raises into one line."""
    try:
        yield
    except ModelError:
        raise
    except Exception as error:
        raise ModelError(
            f"The encoder {name!r} cannot be loaded ({_one_line(error)}).",
            "Pass --model builtin, or an encoder that transformers knows, with safetensors weights.",
        ) from error


def _one_line(error: BaseException) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 200 else f"{text[:199]}…"
