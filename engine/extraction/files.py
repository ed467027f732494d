"""Arrays on disk that are larger than memory: filled block by block under a hidden name, renamed when whole.

vectors/after-12-words.npy           the array, float32 or float16 [n, d], to be mapped into memory
vectors/after-12-words.csv           what is known of its rows
vectors/.after-12-words.npy          while it is filled
vectors/.after.json                  what each block of a stage hashes to at each layer, as far as they are filled
"""

import hashlib
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nerspace.engine.errors import ConfigurationError, DataError
from nerspace.engine.files import mapped_array, read_regular, settle, sync, write_text
from nerspace.engine.sums import sealed_text, unsealed

FloatArray = npt.NDArray[np.float32]
Stored = npt.NDArray[np.float16 | np.float32]
SINGLE: "np.dtype[Any]" = np.dtype(np.float32)


class GrowingVectors:
    """The arrays of one stage, one per layer, that get their rows in blocks.

    Args:
        names: layer → name of the file without ending.
        rows: [blocks], how many rows each block has.
        dtype: of the numbers on disk.
    """

    def __init__(
        self, folder: Path, stage: str, names: Mapping[int, str], rows: list[int], width: int,
        dtype: "np.dtype[Any]" = SINGLE,
    ) -> None:  # fmt: skip
        self._folder, self._names, self._width, self._dtype = folder, dict(names), width, dtype
        self._state = folder / f".{stage}.json"
        self._rows = rows
        self._starts = [0, *np.cumsum(rows).tolist()]
        # Of every block that is filled, at each layer.
        self._hashes: list[list[str]] = []

    def begin(self) -> int:
        """Make the files where they are missing or another's, and return how many blocks are whole already."""
        if not self._state.is_file() and all(self._whole(name).is_file() for name in self._names.values()):
            return len(self._rows)
        shape = (self._starts[-1], self._width)
        self._hashes = self._read_hashes()
        if all(_fits(self._hidden(name), shape, self._dtype) for name in self._names.values()):
            self._hashes = self._hashes[: self._whole_blocks()]
        else:
            self._hashes = []
        if len(self._hashes) == len(self._rows):
            return len(self._rows)
        for name in self._names.values():
            # What is filled again is not whole any more.
            if self._whole(name).is_file():
                self._whole(name).replace(self._growing(name))
        if self._hashes:
            return len(self._hashes)
        self._state.unlink(missing_ok=True)
        for name in self._names.values():
            self._make(self._growing(name), shape)
        return 0

    def _make(self, path: Path, shape: tuple[int, int]) -> None:
        try:
            array = np.lib.format.open_memmap(path, mode="w+", dtype=self._dtype, shape=shape)
            del array
            # A full disk must refuse now: later it would kill the process as it writes into the map.
            descriptor = os.open(path, os.O_RDWR)
            try:
                os.posix_fallocate(descriptor, 0, os.fstat(descriptor).st_size)
            finally:
                os.close(descriptor)
            sync(path)
        except OSError as error:
            path.unlink(missing_ok=True)
            raise ConfigurationError(
                f"{path} of {shape[0]:,} × {shape[1]} numbers cannot be made ({error.strerror or error}).",
                "Free space on that disk, or ask for fewer layers or sentences; then resume the run.",
            ) from error

    def write(self, block: int, vectors: Mapping[int, Stored]) -> None:
        """Fill a block, layer by layer, and note that it is whole. The maps are closed: memory does not grow."""
        start, stop = self._starts[block], self._starts[block + 1]
        hashes: list[str] = []
        for layer, name in self._names.items():
            array = np.lib.format.open_memmap(self._hidden(name), mode="r+")
            array[start:stop] = vectors[layer]
            hashes.append(_hash(array[start:stop]))
            array.flush()
            del array
            sync(self._hidden(name))
        self._hashes[block:] = [hashes]
        write_text(
            self._state, sealed_text({"names": [*self._names.values()], "rows": self._rows, "hashes": self._hashes})
        )

    def finish(self, enter: Callable[[Path], None] | None = None) -> None:
        """Give the files their names; the state goes last, so that whoever was cut off here does it again.

        Args:
            enter: notes what a file must be from now on.
        """
        for name in self._names.values():
            if not self._whole(name).is_file():
                settle(self._hidden(name), self._whole(name))
            if enter is not None:
                enter(self._whole(name))
        self._state.unlink(missing_ok=True)

    def _read_hashes(self) -> list[list[str]]:
        try:
            state = unsealed(read_regular(self._state).decode())
        except (OSError, ValueError):
            return []
        is_same = (state.get("rows"), state.get("names")) == (self._rows, [*self._names.values()])
        return [list(one) for one in state["hashes"]] if is_same else []

    def _whole_blocks(self) -> int:
        """How many blocks from the first on are as they were written, at every layer."""
        arrays = [np.load(self._hidden(name), mmap_mode="r", allow_pickle=False) for name in self._names.values()]
        for block, hashes in enumerate(self._hashes):
            start, stop = self._starts[block], self._starts[block + 1]
            if [_hash(array[start:stop]) for array in arrays] != hashes:
                return block
        return len(self._hashes)

    def _whole(self, name: str) -> Path:
        return self._folder / f"{name}.npy"

    def _growing(self, name: str) -> Path:
        return self._folder / f".{name}.npy"

    def _hidden(self, name: str) -> Path:
        whole, hidden = self._whole(name), self._growing(name)
        # Cut off between two renames, one that is whole already counts as filled.
        return whole if whole.is_file() and not hidden.is_file() else hidden


def as_stored(vectors: FloatArray, dtype: "np.dtype[Any]", layer: int) -> Stored:
    """Vectors as they go to the disk.

    Raises:
        DataError: for a number beyond the largest of that type.
    """
    with np.errstate(over="ignore"):
        stored: Stored = vectors.astype(dtype, copy=False)
    if (beyond := np.isinf(stored) & np.isfinite(vectors)).any():
        raise DataError(
            f"Layer {layer} holds {float(np.abs(vectors[beyond]).max()):,.0f}; {dtype.name} ends at "
            f"{float(np.finfo(dtype).max):,.0f}.",
            "Extract with --dtype float32.",
        )
    return stored


def forget_vectors(folder: Path) -> bool:
    """Delete all arrays of a folder, those half filled too; whether there was any."""
    left = [path for path in folder.glob("*") if path.suffix in (".npy", ".json") or path.is_dir()]
    for path in left:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    return bool(left)


def _hash(rows: Any) -> str:
    return hashlib.sha256(np.ascontiguousarray(rows).data).hexdigest()[:32]


def _fits(path: Path, shape: tuple[int, int], dtype: "np.dtype[Any]") -> bool:
    try:
        array = mapped_array(path)
    except (OSError, ValueError):
        return False
    return bool(array.shape == shape and array.dtype == dtype)
