"""The checksum of a whole result, independent of its division into blocks and files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt

StoredArray = npt.NDArray[np.generic]


class Digest:
    """The checksum of a result, fed block by block in the order of the patients; block boundaries do not matter."""

    def __init__(self) -> None:
        self._hashes: dict[str, hashlib._Hash] = {}

    def add(self, arrays: Mapping[str, StoredArray]) -> None:
        """Add the next patients, or arrays without a patient dimension."""
        for name, values in arrays.items():
            if name not in self._hashes:
                about = f"{name} {values.dtype.str} {values.shape[1:]}"
                self._hashes[name] = hashlib.sha256(about.encode())
            self._hashes[name].update(_bytes(values))

    def hexdigest(self, units: Mapping[str, str]) -> str:
        """Return the checksum of the data, their coordinates and their units, 64 hexadecimal digits."""
        whole = hashlib.sha256()
        for name in sorted(self._hashes):
            whole.update(f"{name} {units.get(name, '')} {self._hashes[name].hexdigest()}\n".encode())
        return whole.hexdigest()


def _bytes(values: StoredArray) -> bytes:
    """Return the numbers in the order of the rows, little-endian, with one kind of NaN."""
    plain = np.ascontiguousarray(values, values.dtype.newbyteorder("<"))
    if plain.dtype.kind == "f":
        plain = np.where(np.isnan(plain), plain.dtype.type(np.nan), plain)
    return plain.tobytes()


def split(n: int, size: int) -> Iterable[tuple[int, int]]:
    """Yield the first row and the end of every block."""
    return ((start, min(start + size, n)) for start in range(0, n, size))
