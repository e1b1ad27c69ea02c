"""Sealed entries: folders of files that were checked, byte for byte, before anybody reads them.

An entry appears whole, under its name, or not at all: its files are written first, then a manifest with the SHA-256 of
each, all of it forced to the disk, and only then does the folder take its name. Reading goes the other way: owner and
permissions, manifest, size and checksum of every file, and then the bytes, which are never read from the disk again.
What is loaded as machine code can do anything, so who else may write a folder matters as much as its content.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from immunosim.errors import ModelError
from immunosim.files import default_mode, sync_folder, write_synced

MANIFEST = "MANIFEST.json"
FORMAT = 1
WRITING = "writing-"
"""Start of the names of folders that are being written, or that an interrupted process left."""

SET_ASIDE = "damaged-"
"""Start of the names of entries that did not hold what their manifest says."""

WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH
LARGEST_MANIFEST = 100_000
PLAIN_NAME = re.compile(r"[a-z][a-z0-9_.]*")
"""What files of an entry may be called."""

TRIES = 3
"""How often a finished entry is given its name, where others set aside and write the same one."""


class DamageError(Exception):
    """An entry is not what was sealed."""


@dataclass(frozen=True)
class EntryManifest:
    """What an entry says of itself: name, what made it, and SHA-256 and size of each file."""

    name: str
    made_by: str
    files: dict[str, tuple[str, int]]

    def content(self) -> bytes:
        """Return the only bytes that say so: whatever else a file holds is damage."""
        about = {"format": FORMAT, "name": self.name, "made_by": self.made_by, "files": self.files}
        seal = hashlib.sha256(json.dumps(about).encode()).hexdigest()
        return json.dumps({**about, "seal": seal}, indent=1).encode()


@dataclass(frozen=True)
class Folder:
    """A folder of sealed entries.

    Attributes
    ----------
    path : Path
    is_ours : bool
        Whether it is part of the installed package, and trusted as its code is; else owners are checked.
    """

    path: Path
    is_ours: bool = False

    def read(self, name: str) -> dict[str, bytes] | None:
        """Return the files of an entry, None where there is none.

        Raises
        ------
        DamageError
            If there is one that cannot be trusted, with the reason.
        """
        entry = self.path / name
        try:
            about = os.lstat(entry)
        except (FileNotFoundError, NotADirectoryError, PermissionError):  # it is not there, or not for us
            return None
        except OSError as error:
            raise DamageError(f"cannot be read ({error.strerror})") from error
        if not stat.S_ISDIR(about.st_mode):
            raise DamageError("is not a folder")
        self._check_owner(about, "it")
        manifest = self.manifest(name)
        files = {}
        for file, (digest, size) in manifest.files.items():
            content = self._bytes_of(entry / file, size)
            if len(content) != size or hashlib.sha256(content).hexdigest() != digest:
                raise DamageError(f"{file} is not what was written")
            files[file] = content
        return files

    def manifest(self, name: str) -> EntryManifest:
        """Return what an entry says of itself; the files are not looked at.

        Raises
        ------
        DamageError
            If it cannot be trusted.
        """
        manifest = _parsed(self._bytes_of(self.path / name / MANIFEST, LARGEST_MANIFEST))
        if manifest.name != name:
            raise DamageError(f'is the entry "{manifest.name}" under another name')
        return manifest

    def write(self, name: str, files: Mapping[str, bytes], made_by: str = "") -> None:
        """Keep an entry, whole or not at all; one of the same name that is sound stays.

        Parameters
        ----------
        name : str
        files : mapping of str to bytes
        made_by : str, optional
            What made it, so that what nothing here would make any more can be told.

        Raises
        ------
        OSError
            If it cannot be written; nothing is left behind.
        """
        self.make()
        temporary = Path(tempfile.mkdtemp(dir=self.path, prefix=WRITING))
        try:
            for file, content in files.items():
                write_synced(temporary / file, content, default_mode() & 0o644)
            sums = {file: (hashlib.sha256(content).hexdigest(), len(content)) for file, content in files.items()}
            write_synced(temporary / MANIFEST, EntryManifest(name, made_by, sums).content(), default_mode() & 0o644)
            temporary.chmod(default_mode() & ~WRITABLE_BY_OTHERS)
            sync_folder(temporary)
            self._place(temporary, name)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        sync_folder(self.path)

    def make(self) -> None:
        """Make the folder, writable by its owner alone, where it does not exist."""
        if not self.path.is_dir():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with suppress(FileExistsError):
                self.path.mkdir(mode=0o755)

    def set_aside(self, name: str) -> bool:
        """Take an entry out of the way; it stays for who wants to look at it, until the next one.

        Returns
        -------
        bool
            Whether it is out of the way: a cache that is only read keeps what it has.
        """
        aside = self.path / f"{SET_ASIDE}{name}"
        remove(aside)
        with suppress(OSError):
            os.replace(self.path / name, aside)
        return not os.path.lexists(self.path / name)

    def names(self) -> Iterator[str]:
        """Yield the names of everything in the folder."""
        with suppress(OSError):
            yield from sorted(os.listdir(self.path))

    def damage(self) -> Iterator[tuple[str, str]]:
        """Yield name and reason of every entry that cannot be trusted, where the folder holds nothing but entries."""
        for name in self.names():
            try:
                self.read(name)
            except DamageError as error:
                yield name, str(error)

    def check(self) -> None:
        """Refuse a folder that somebody else may write.

        Raises
        ------
        ModelError
            With the reason and the cure.
        """
        if self.is_ours:
            return
        try:
            about = os.stat(self.path)
        except OSError:
            return  # it does not exist yet
        with suppress(DamageError):
            self._check_owner(about, "it")
            return
        mode = stat.filemode(about.st_mode)
        reason = (
            f"the cache {self.path} ({mode}, owner {about.st_uid}) can be written by others, who could change results"
        )
        cure = f"run: chmod go-w '{self.path}', or set IMMUNOSIM_CACHE_DIR to a folder of your own"
        raise ModelError(reason, cure=cure)

    @property
    def is_writable(self) -> bool:
        """Whether new entries can be kept here."""
        folder = self.path
        while not os.path.exists(folder) and folder != folder.parent:  # unlike Path's, also where we may not look
            folder = folder.parent
        return folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)

    def _place(self, temporary: Path, name: str) -> None:
        """Give a finished folder its name; one that is there stays if it is sound, and makes way if not.

        Several processes may do so at once, with the same damaged entry before them.
        """
        for _ in range(TRIES):
            try:
                os.replace(temporary, self.path / name)
                return
            except OSError as error:
                refusal = error
            if not os.path.lexists(self.path / name):
                break
            try:
                if self.read(name) is not None:
                    return
            except DamageError:
                self.set_aside(name)
        raise refusal

    def _bytes_of(self, path: Path, most: int) -> bytes:
        """Return the content of a regular file that nobody else may write, no larger than it should be."""
        # Not to follow a link, nor to wait for a pipe that somebody put there.
        flags = sum(getattr(os, flag, 0) for flag in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"))
        try:
            with os.fdopen(os.open(path, os.O_RDONLY | flags), "rb") as stream:
                about = os.fstat(stream.fileno())
                if not stat.S_ISREG(about.st_mode):
                    raise DamageError(f"{path.name} is not a file")
                self._check_owner(about, path.name)
                if about.st_size > most:
                    raise DamageError(f"{path.name} is larger than what was written")
                return stream.read(about.st_size + 1)
        except OSError as error:
            raise DamageError(f"{path.name} cannot be read ({error.strerror})") from error

    def _check_owner(self, about: os.stat_result, what: str) -> None:
        """Refuse what belongs to a stranger or may be written by others; we, root and a read-only share are trusted."""
        if self.is_ours or not hasattr(os, "getuid"):
            return
        if about.st_mode & WRITABLE_BY_OTHERS and not stat.S_ISLNK(about.st_mode):
            raise DamageError(f"{what} can be written by others")
        if about.st_uid not in (os.getuid(), 0) and about.st_uid != self._owner_of_share():
            raise DamageError(f"{what} belongs to another user ({about.st_uid})")

    def _owner_of_share(self) -> int:
        """Return the owner of a folder that only its owner may write: who names it trusts this one."""
        try:
            about = os.stat(self.path)
        except OSError:  # it is being removed
            return -1
        return -1 if about.st_mode & WRITABLE_BY_OTHERS else about.st_uid


def remove(path: Path) -> None:
    """Remove a folder, or whatever is in its place, as far as that can be done."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()


def _parsed(content: bytes) -> EntryManifest:
    """Return a manifest, each byte of which is as ``write`` makes it."""
    try:
        about = json.loads(content)
        sums = {str(file): (str(digest), int(size)) for file, (digest, size) in about["files"].items()}
        manifest = EntryManifest(str(about["name"]), str(about["made_by"]), sums)
        is_whole = manifest.content() == content
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError) as error:
        raise DamageError("its manifest is not what was written") from error
    if not is_whole:
        raise DamageError("its manifest is not what was written")
    if not all(PLAIN_NAME.fullmatch(file) and size >= 0 for file, (_, size) in sums.items()):
        raise DamageError("its manifest names files elsewhere")
    return manifest
