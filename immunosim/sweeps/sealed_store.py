"""The files of a store for Zarr: every file is verified against its checksum before it is used.

Files that are neither in the manifest nor in the record of a finished block are invisible to Zarr. Files are written
atomically and synchronised, and their checksums are kept for the record.
"""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path
from typing import Any

from zarr.core.buffer import Buffer, default_buffer_prototype
from zarr.storage import LocalStore

from immunosim.errors import DataError
from immunosim.files import read_plain, write_file
from immunosim.sweeps.manifest import CURE, StoreManifest, checked


class SealedStore(LocalStore):
    """A folder whose files are verified when they are read.

    Parameters
    ----------
    root : Path
    manifest : StoreManifest
    read_only : bool
    """

    def __init__(self, root: Path, manifest: StoreManifest, *, read_only: bool = False) -> None:
        super().__init__(root, read_only=read_only)
        self.manifest = manifest
        self.written: dict[str, bytes | None] = {}
        """SHA-256 of the files that were written, None for those that were removed."""

    def with_read_only(self, read_only: bool = False) -> SealedStore:
        """Return the same store, read-only or not."""
        return type(self)(self.root, self.manifest, read_only=read_only)

    async def get(self, key: str, prototype: Any = None, byte_range: Any = None) -> Buffer | None:
        """Return the content of a file.

        Raises
        ------
        DataError
            If its checksum does not match.
        """
        content = await asyncio.to_thread(self._content, key)
        if content is None or byte_range is not None:
            return None if content is None else await super().get(key, prototype, byte_range)
        return (prototype or default_buffer_prototype()).buffer.from_bytes(content)

    def get_sync(self, key: str, *, prototype: Any = None, byte_range: Any = None) -> Buffer | None:
        """Return the content of a file; errors as ``get``."""
        content = self._content(key)
        if content is None or byte_range is not None:
            return None if content is None else super().get_sync(key, prototype=prototype, byte_range=byte_range)
        return (prototype or default_buffer_prototype()).buffer.from_bytes(content)

    async def set(self, key: str, value: Buffer) -> None:
        """Write a file atomically."""
        await asyncio.to_thread(self.set_sync, key, value)

    def set_sync(self, key: str, value: Buffer) -> None:
        """Write a file atomically."""
        self._check_writable()
        content = value.to_bytes()
        write_file(self.root / key, content)
        self.written[key] = hashlib.sha256(content).digest()

    async def delete(self, key: str) -> None:
        """Remove a file if it exists."""
        await asyncio.to_thread(self.delete_sync, key)

    def delete_sync(self, key: str) -> None:
        """Remove a file if it exists."""
        self._check_writable()
        (self.root / key).unlink(missing_ok=True)
        self.written[key] = None

    def _content(self, key: str) -> bytes | None:
        if key in self.manifest.files:
            return checked(self.root, key, self.manifest.files[key])
        block = self.manifest.layout.block_of(key)
        if block is None:
            return None
        expected = self._hashes(block).get(key)
        return None if expected is None else checked(self.root, key, expected.hex())

    def _hashes(self, block: int) -> dict[str, bytes | None]:
        """Return the checksums of a finished block; none where it is not finished."""
        layout = self.manifest.layout
        try:
            return layout.hashes(block, read_plain(self.root / layout.record_key(block), layout.record_size))
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise DataError(f"{layout.record_key(block)} cannot be read", file=str(self.root), cure=CURE) from error
        except DataError as error:
            raise DataError(error.reason, file=str(self.root), cure=CURE) from error
