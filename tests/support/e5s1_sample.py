"""A tiny E5S1 file, written field by field."""

import functools
import math
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tokenizers import normalizers

PIECES = ["<s>", "<pad>", "</s>", "<unk>", "▁", "a", "é", "▁Wa", "shing", "ton", "<mask>"]
HIDDEN, LAYERS, HEADS, FFN, VOCABULARY, POSITIONS, TYPES = 32, 2, 4, 64, 13, 12, 2


def tiny_tensors(rng: np.random.Generator) -> dict[str, tuple[tuple[int, ...], bytes, list[float]]]:
    """Name → shape, bytes, and the values that those bytes stand for, unpacked by hand."""
    shapes: dict[str, tuple[int, ...]] = {
        "emb.word": (VOCABULARY, HIDDEN),
        "emb.pos": (POSITIONS, HIDDEN),
        "emb.type": (TYPES, HIDDEN),
        "emb.ln.w": (HIDDEN,),
        "emb.ln.b": (HIDDEN,),
    }
    for layer in range(LAYERS):
        for part in ("q", "k", "v", "ao"):
            shapes[f"l{layer}.{part}.w"], shapes[f"l{layer}.{part}.b"] = (HIDDEN, HIDDEN), (HIDDEN,)
        shapes[f"l{layer}.fi.w"], shapes[f"l{layer}.fi.b"] = (FFN, HIDDEN), (FFN,)
        shapes[f"l{layer}.fo.w"], shapes[f"l{layer}.fo.b"] = (HIDDEN, FFN), (HIDDEN,)
        for part in ("aln", "oln"):
            shapes[f"l{layer}.{part}.w"], shapes[f"l{layer}.{part}.b"] = (HIDDEN,), (HIDDEN,)
    tensors = {}
    for name, shape in shapes.items():
        if len(shape) == 1 or name in ("emb.pos", "emb.type"):
            values = rng.normal(size=math.prod(shape)).astype("<f4")
            tensors[name] = (shape, values.tobytes(), values.tolist())
            continue
        data, expected = b"", []
        for _ in range(math.prod(shape) // 32):
            scale = float(np.float16(rng.normal()))
            nibbles = rng.integers(0, 16, 32).tolist()
            data += struct.pack("<e", scale) + bytes(nibbles[j] | nibbles[j + 16] << 4 for j in range(16))
            expected += [(q - 8) * scale for q in nibbles]
        tensors[name] = (shape, data, expected)
    return tensors


@functools.cache
def tiny_map() -> dict[str, str]:
    """NFKC, and two replacements of XLM-R's that are not."""
    nfkc = normalizers.NFKC()
    characters = (chr(point) for point in range(0x30000) if not 0xD800 <= point < 0xE000)
    changed = {character: nfkc.normalize_str(character) for character in characters}
    return {key: value for key, value in changed.items() if key != value} | {"\t": " ", "\x01": ""}


def write_e5s1(path: Path, tensors: dict[str, Any], magic: bytes = b"E5S1", version: int = 1, block: int = 32) -> None:
    texts = [piece.encode() for piece in PIECES]
    offsets = np.cumsum([0, *map(len, texts)])
    head = struct.pack(
        "<4sI7ifi", magic, version, HIDDEN, LAYERS, HEADS, FFN, VOCABULARY, POSITIONS, TYPES, 1e-12, block
    )
    head += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, sum(map(len, texts)))
    head += struct.pack(f"<{len(offsets)}I", *offsets)
    head += struct.pack(f"<{len(PIECES)}f", *(-float(i) for i in range(len(PIECES)))) + b"".join(texts)
    entries = b"".join(
        struct.pack("<IB", ord(key), len(value)) + struct.pack(f"<{len(value)}I", *map(ord, value))
        for key, value in tiny_map().items()
    )
    head += struct.pack("<iI", len(tiny_map()), len(entries)) + entries + struct.pack("<i", len(tensors))
    at = len(head) + sum(2 + len(name) + 21 for name in tensors)
    for name, (shape, data, _) in tensors.items():
        q4 = len(data) != 4 * math.prod(shape)
        head += struct.pack("<H", len(name)) + name.encode()
        head += struct.pack("<BIQQ", q4, math.prod(shape), at, len(data))
        at += len(data)
    path.write_bytes(head + b"".join(data for _, data, _ in tensors.values()))


@pytest.fixture(scope="module")
def tensors() -> dict[str, Any]:
    return tiny_tensors(np.random.default_rng(0))


@pytest.fixture
def tiny_file(tmp_path: Path, tensors: dict[str, Any]) -> Path:
    path = tmp_path / "tiny.bin"
    write_e5s1(path, tensors)
    return path
