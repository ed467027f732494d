"""The reader of E5S1 files: every value comes out, and whatever is no whole file is refused in one line."""

import math
import random
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from e5s1_sample import FFN, HIDDEN, PIECES, tiny_map, write_e5s1

from nerspace.engine.encoders import e5s1, xlmr
from nerspace.engine.errors import ModelError


def test_reader_unpacks_every_tensor(tiny_file: Path, tensors: dict[str, Any]) -> None:
    found = e5s1.read_file(tiny_file)
    assert set(found.tensors) == set(tensors) == set(e5s1.tensor_shapes(found.shape))
    for name, (_, _, expected) in tensors.items():
        np.testing.assert_array_equal(np.concatenate(list(found.weights(name))), np.float32(expected), err_msg=name)


def test_reader_gives_pieces_and_replacements(tiny_file: Path) -> None:
    found = e5s1.read_file(tiny_file)
    assert found.pieces == [(piece, -float(index)) for index, piece in enumerate(PIECES)]
    assert found.replacements == tiny_map()
    assert (found.replacements["ﬁ"], found.replacements["\x01"]) == ("fi", "")


def test_unpacking_in_slices_loses_nothing(
    tiny_file: Path, tensors: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(e5s1, "_BLOCKS_AT_ONCE", 5)
    slices = list(e5s1.read_file(tiny_file).weights("l0.fi.w"))
    assert len(slices) == math.ceil(FFN * HIDDEN / 32 / 5)
    np.testing.assert_array_equal(np.concatenate(slices), np.float32(tensors["l0.fi.w"][2]))


@pytest.mark.parametrize("share", [0.0, 0.0001, 0.001, 0.01, 0.2, 0.5, 0.55, 0.7, 0.999, 0.999999])
def test_a_file_cut_short_is_refused(tiny_file: Path, share: float) -> None:
    whole = tiny_file.read_bytes()
    tiny_file.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(ModelError, match=r"tiny\.bin is no whole E5S1 file") as caught:
        e5s1.read_file(tiny_file)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("change", [{"magic": b"GGUF"}, {"version": 2}, {"block": 64}])
def test_another_format_is_refused(tmp_path: Path, tensors: dict[str, Any], change: dict[str, Any]) -> None:
    write_e5s1(tmp_path / "other.bin", tensors, **change)
    with pytest.raises(ModelError, match=r"other\.bin is no whole E5S1 file, version 1: "):
        e5s1.read_file(tmp_path / "other.bin")


@pytest.mark.parametrize("length", [0, 7, 3000])
def test_noise_is_refused(tmp_path: Path, length: int) -> None:
    rng = random.Random(length)
    for head in (b"", struct.pack("<4sI", b"E5S1", 1)):
        (tmp_path / "noise.bin").write_bytes(head + rng.randbytes(length))
        with pytest.raises(ModelError, match=r"noise\.bin"):
            e5s1.read_file(tmp_path / "noise.bin")


def test_a_missing_tensor_is_named(tmp_path: Path, tensors: dict[str, Any]) -> None:
    write_e5s1(tmp_path / "less.bin", {name: tensor for name, tensor in tensors.items() if name != "l1.fo.w"})
    with pytest.raises(ModelError, match=r"no tensor l1\.fo\.w"):
        e5s1.read_file(tmp_path / "less.bin")


def test_a_map_that_is_not_xlmrs_is_refused() -> None:
    with pytest.raises(ModelError, match="character map"):
        xlmr.xlmr_tokenizer([(piece, 0.0) for piece in PIECES], {"ﬁ": "fi"})
