"""Which files the blocks of a store consist of, and the record of a block: the SHA-256 of each of them, sealed.

A record is written when its block is complete. It fits neither another place, nor another sweep, nor another size of
blocks. Every one of its bits counts: it is 32 bytes a file, and 32 more that seal them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from immunosim.errors import DataError

CHECKSUM = "block_checksum"
"""The variable whose chunks are the records."""

SIZE = 32
"""Bytes of a SHA-256."""

_ABSENT = bytes(SIZE)


@dataclass(frozen=True)
class StoreLayout:
    """How a sweep is cut into files.

    Attributes
    ----------
    fingerprint : str
        Of the plan.
    n, rows_per_block : int
        Patients, and those of a block.
    dimensions : mapping of str to int
        Number of dimensions of every variable over patients, by name.
    """

    fingerprint: str
    n: int
    rows_per_block: int
    dimensions: Mapping[str, int]

    @property
    def n_blocks(self) -> int:
        """Number of blocks."""
        return -(-self.n // self.rows_per_block)

    @property
    def record_size(self) -> int:
        """Bytes of a record."""
        return SIZE * (len(self.dimensions) + 1)

    def span(self, place: int) -> tuple[int, int]:
        """Return the first patient and the end of a block."""
        return place * self.rows_per_block, min((place + 1) * self.rows_per_block, self.n)

    def words(self, place: int) -> str:
        """Return a block in words, with its patients."""
        first, end = self.span(place)
        return f"block {place} (patients {first} to {end - 1})"

    def chunks(self, place: int) -> list[str]:
        """Return the keys of the files of a block, in the order of its record."""
        return [f"{name}/c/{place}" + "/0" * (number - 1) for name, number in sorted(self.dimensions.items())]

    def record_key(self, place: int) -> str:
        """Return the key of a block's record."""
        return f"{CHECKSUM}/c/{place}/0"

    def block_of(self, key: str) -> int | None:
        """Return the place of the block that a file belongs to; None where it belongs to none."""
        name, _, rest = key.partition("/c/")
        text = rest.split("/")[0]
        if not (name in self.dimensions and text.isascii() and text.isdecimal() and len(text) < 19):
            return None
        place = int(text)
        is_known = place < self.n_blocks and key == f"{name}/c/{place}" + "/0" * (self.dimensions[name] - 1)
        return place if is_known else None

    def record(self, place: int, hashes: Mapping[str, bytes | None]) -> bytes:
        """Return the record of a block from the SHA-256 of its files; None for one that holds nothing and is absent."""
        body = b"".join(hashes[key] or _ABSENT for key in self.chunks(place))
        return body + self._seal(place, body)

    def hashes(self, place: int, record: bytes) -> dict[str, bytes | None]:
        """Return the SHA-256 of every file of a block, None for an absent one.

        Raises
        ------
        DataError
            If the record is damaged, or is of another place, sweep or size of blocks.
        """
        body, seal = record[:-SIZE], record[-SIZE:]
        if len(record) != self.record_size or seal != self._seal(place, body):
            raise DataError(f"{self.record_key(place)} is damaged or from another result")
        parts = [body[start : start + SIZE] for start in range(0, len(body), SIZE)]
        return {key: None if part == _ABSENT else part for key, part in zip(self.chunks(place), parts, strict=True)}

    def _seal(self, place: int, body: bytes) -> bytes:
        rows = min(self.rows_per_block, self.n)
        about = f"{self.fingerprint} {self.n} {rows} {place} {self.chunks(place)}"
        return hashlib.sha256(about.encode() + body).digest()
