"""The manifest of a store: the SHA-256 of every file outside the blocks, and the layout of the blocks.

Together with the records of the blocks it covers every file of the folder, so that any damage is detected.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from immunosim.errors import DataError
from immunosim.files import is_being_written, read_plain, write_file
from immunosim.seals import MOST_JSON, sealed_json, unsealed_json
from immunosim.sweeps.layout import StoreLayout
from immunosim.sweeps.plan import FORMAT

MANIFEST = "manifest.json"

_OF_THE_SYSTEM = (".DS_Store", "Thumbs.db", "desktop.ini")
_PREFIXES = ("._", ".nfs")
"""Files that operating systems create in any folder."""

_MOST_CHUNK = 2**31
"""Largest number of bytes in a chunk: the limit of Blosc."""


@dataclass(frozen=True)
class StoreManifest:
    """The contents of a store.

    Attributes
    ----------
    layout : StoreLayout
    files : mapping of str to str
        SHA-256, 64 hexadecimal digits, by path in the store: metadata and arrays without a patient dimension.
    """

    layout: StoreLayout
    files: Mapping[str, str]

    @classmethod
    def of(cls, folder: Path, layout: StoreLayout) -> StoreManifest:
        """Return the manifest of a store that has no blocks yet."""
        return cls(layout, {key: _sha256(folder / key).hex() for key in sorted(_entries(folder)) if key != MANIFEST})

    @classmethod
    def read(cls, folder: Path) -> StoreManifest:
        """Return the manifest of a store.

        Raises
        ------
        DataError
            If it is missing, damaged or of another version.
        """
        try:
            document = unsealed_json(read_plain(folder / MANIFEST, MOST_JSON), str(folder))
            if document["format"] != FORMAT:
                raise DataError(f"{MANIFEST} is of another version of immunosim", file=str(folder))
            return cls(StoreLayout(**document["layout"]), dict(document["files"]))
        except OSError as error:
            raise DataError(f"{MANIFEST} cannot be read", file=str(folder)) from error
        except (DataError, KeyError, TypeError) as error:
            raise DataError(f"{MANIFEST} is not what was written", file=str(folder)) from error

    def write(self, folder: Path) -> None:
        """Write it into a store.

        Raises
        ------
        OutputError
            If the location is not writable.
        """
        content = {"format": FORMAT, "layout": asdict(self.layout), "files": dict(self.files)}
        write_file(folder / MANIFEST, sealed_json(content))

    def damage(self, folder: Path) -> list[str]:
        """Return a description of the damage of each file outside the blocks."""
        return [wrong for key, expected in self.files.items() if (wrong := file_damage(folder, key, expected))]

    def block_damage(self, folder: Path, block: int) -> str:
        """Return a description of the damage of a finished block; empty if it is intact."""
        try:
            record = read_plain(folder / self.layout.record_key(block), self.layout.record_size)
            expected = self.layout.hashes(block, record)
        except OSError:
            return f"{self.layout.record_key(block)} cannot be read"
        except DataError as error:
            return error.reason
        for key, digest in expected.items():
            wrong = file_damage(folder, key, None if digest is None else digest.hex())
            if wrong:
                return wrong
        return ""

    def foreign(self, folder: Path) -> list[str]:
        """Return foreign paths in a store: links, pipes and files not written by a sweep."""
        return sorted(key for key, is_plain in _entries(folder).items() if not (is_plain and self._knows(key)))

    def _knows(self, key: str) -> bool:
        if key in self.files or key == MANIFEST or self.layout.block_of(key) is not None:
            return True
        text = key.removeprefix(self.layout.record_key(0).partition("0")[0]).partition("/")[0]
        is_number = text.isascii() and text.isdecimal() and len(text) < 19
        return is_number and int(text) < self.layout.n_blocks and key == self.layout.record_key(int(text))


def file_damage(folder: Path, key: str, expected: str | None) -> str:
    """Return a description of the damage of a file; empty if it is intact. ``None`` means that no file is expected."""
    path = folder / key
    try:
        digest = _sha256(path).hex()
    except FileNotFoundError:
        return "" if expected is None else f"{key} is missing"
    except OSError:
        return f"{key} cannot be read"
    if expected is None:
        return f"{key} was not written by this sweep"
    return "" if digest == expected else f"{key} is damaged or from another result"


def checked(folder: Path, key: str, expected: str) -> bytes:
    """Return the content of a file after verifying its checksum.

    Raises
    ------
    DataError
        If the checksum does not match.
    """
    try:
        content = read_plain(folder / key, _MOST_CHUNK)
    except OSError as error:
        raise DataError(f"{key} cannot be read", file=str(folder), cure=CURE) from error
    if hashlib.sha256(content).hexdigest() != expected:
        raise DataError(f"{key} is damaged or from another result", file=str(folder), cure=CURE)
    return content


CURE = "repair it with immunosim sweep ... --resume"


def _entries(folder: Path) -> dict[str, bool]:
    """Return every path below a folder that is not a folder, and whether it is a regular file; no link is followed."""
    return dict(_walk(folder, ""))


def _walk(folder: Path, prefix: str) -> Iterator[tuple[str, bool]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _walk(folder / entry.name, f"{prefix}{entry.name}/")
            elif not (is_being_written(entry.name) or _is_of_the_system(entry.name)):
                yield prefix + entry.name, stat.S_ISREG(entry.stat(follow_symlinks=False).st_mode)


def _is_of_the_system(name: str) -> bool:
    return name in _OF_THE_SYSTEM or name.startswith(_PREFIXES)


def _sha256(path: Path) -> bytes:
    return hashlib.sha256(read_plain(path, _MOST_CHUNK)).digest()
