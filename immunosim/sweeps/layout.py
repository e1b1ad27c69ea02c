"""The files of the blocks of a store, and the record of a block: their SHA-256 checksums, sealed.

A record is written when its block is complete. It is valid only for its block, its sweep and its block size. It has 32
bytes per file, and a seal of 32 bytes over them.
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
    """The division of a sweep into files.

    Attributes
    ----------
    fingerprint : str
        Of the plan.
    n, rows_per_block : int
        Patients, and patients per block.
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

    def span(self, block: int) -> tuple[int, int]:
        """Return the first patient and the end of a block."""
        return block * self.rows_per_block, min((block + 1) * self.rows_per_block, self.n)

    def words(self, block: int) -> str:
        """Return a block in words, with its patients."""
        first, end = self.span(block)
        return f"block {block} (patients {first} to {end - 1})"

    def chunks(self, block: int) -> list[str]:
        """Return the keys of the files of a block, in the order of its record."""
        return [f"{name}/c/{block}" + "/0" * (number - 1) for name, number in sorted(self.dimensions.items())]

    def record_key(self, block: int) -> str:
        """Return the key of a block's record."""
        return f"{CHECKSUM}/c/{block}/0"

    def block_of(self, key: str) -> int | None:
        """Return the index of the block that a file belongs to; None where it belongs to none."""
        name, _, rest = key.partition("/c/")
        text = rest.split("/")[0]
        if not (name in self.dimensions and text.isascii() and text.isdecimal() and len(text) < 19):
            return None
        block = int(text)
        is_known = block < self.n_blocks and key == f"{name}/c/{block}" + "/0" * (self.dimensions[name] - 1)
        return block if is_known else None

    def record(self, block: int, hashes: Mapping[str, bytes | None]) -> bytes:
        """Return the record of a block from the SHA-256 of its files; None for an absent file."""
        body = b"".join(hashes[key] or _ABSENT for key in self.chunks(block))
        return body + self._seal(block, body)

    def hashes(self, block: int, record: bytes) -> dict[str, bytes | None]:
        """Return the SHA-256 of every file of a block, None for an absent one.

        Raises
        ------
        DataError
            If the record is damaged, or belongs to another block, sweep or block size.
        """
        body, seal = record[:-SIZE], record[-SIZE:]
        if len(record) != self.record_size or seal != self._seal(block, body):
            raise DataError(f"{self.record_key(block)} is damaged or from another result")
        parts = [body[start : start + SIZE] for start in range(0, len(body), SIZE)]
        return {key: None if part == _ABSENT else part for key, part in zip(self.chunks(block), parts, strict=True)}

    def _seal(self, block: int, body: bytes) -> bytes:
        rows = min(self.rows_per_block, self.n)
        about = f"{self.fingerprint} {self.n} {rows} {block} {self.chunks(block)}"
        return hashlib.sha256(about.encode() + body).digest()
