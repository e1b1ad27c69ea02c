"""The manifest of a store: the SHA-256 of every file that does not belong to a block, and how the blocks are cut.

Together with the records of the blocks it covers every file of the folder, so that any damage is found out.
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
"""What operating systems leave in any folder."""

_MOST_CHUNK = 2**31
"""Bytes of a chunk: Blosc takes no more."""


@dataclass(frozen=True)
class StoreManifest:
    """What a store consists of.

    Attributes
    ----------
    layout : StoreLayout
    files : mapping of str to str
        SHA-256, 64 hexadecimal digits, by path in the store: metadata and what does not depend on patients.
    """

    layout: StoreLayout
    files: Mapping[str, str]

    @classmethod
    def of(cls, folder: Path, layout: StoreLayout) -> StoreManifest:
        """Return the manifest of a store as it is, which has no blocks yet."""
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
            found = unsealed_json(read_plain(folder / MANIFEST, MOST_JSON), str(folder))
            if found["format"] != FORMAT:
                raise DataError(f"{MANIFEST} is of another version of immunosim", file=str(folder))
            return cls(StoreLayout(**found["layout"]), dict(found["files"]))
        except OSError as error:
            raise DataError(f"{MANIFEST} cannot be read", file=str(folder)) from error
        except (DataError, KeyError, TypeError) as error:
            raise DataError(f"{MANIFEST} is not what was written", file=str(folder)) from error

    def write(self, folder: Path) -> None:
        """Write it into a store.

        Raises
        ------
        OutputError
            If the place cannot be written.
        """
        content = {"format": FORMAT, "layout": asdict(self.layout), "files": dict(self.files)}
        write_file(folder / MANIFEST, sealed_json(content))

    def damage(self, folder: Path) -> list[str]:
        """Return in words what is wrong with each file that belongs to no block."""
        return [wrong for key, expected in self.files.items() if (wrong := file_damage(folder, key, expected))]

    def block_damage(self, folder: Path, place: int) -> str:
        """Return in words what is wrong with the files of a finished block; empty if nothing is."""
        try:
            record = read_plain(folder / self.layout.record_key(place), self.layout.record_size)
            expected = self.layout.hashes(place, record)
        except OSError:
            return f"{self.layout.record_key(place)} cannot be read"
        except DataError as error:
            return error.reason
        for key, digest in expected.items():
            wrong = file_damage(folder, key, None if digest is None else digest.hex())
            if wrong:
                return wrong
        return ""

    def foreign(self, folder: Path) -> list[str]:
        """Return the paths in a store that are no part of it: links, pipes and files that no sweep wrote."""
        return sorted(key for key, is_plain in _entries(folder).items() if not (is_plain and self._knows(key)))

    def _knows(self, key: str) -> bool:
        if key in self.files or key == MANIFEST or self.layout.block_of(key) is not None:
            return True
        text = key.removeprefix(self.layout.record_key(0).partition("0")[0]).partition("/")[0]
        is_number = text.isascii() and text.isdecimal() and len(text) < 19
        return is_number and int(text) < self.layout.n_blocks and key == self.layout.record_key(int(text))


def file_damage(folder: Path, key: str, expected: str | None) -> str:
    """Return in words what is wrong with a file; empty if nothing is. ``None`` is expected of an absent one."""
    path = folder / key
    try:
        found = _sha256(path).hex()
    except FileNotFoundError:
        return "" if expected is None else f"{key} is missing"
    except OSError:
        return f"{key} cannot be read"
    if expected is None:
        return f"{key} was not written by this sweep"
    return "" if found == expected else f"{key} is damaged or from another result"


def checked(folder: Path, key: str, expected: str) -> bytes:
    """Return the content of a file that is what was written.

    Raises
    ------
    DataError
        If it is anything else.
    """
    try:
        content = read_plain(folder / key, _MOST_CHUNK)
    except OSError as error:
        raise DataError(f"{key} cannot be read", file=str(folder), cure=CURE) from error
    if hashlib.sha256(content).hexdigest() != expected:
        raise DataError(f"{key} is damaged or from another result", file=str(folder), cure=CURE)
    return content


CURE = "mend it with immunosim sweep ... --resume"


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
