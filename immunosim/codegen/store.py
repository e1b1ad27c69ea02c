"""The cache of generated text and machine code: where it is, what its entries are called, and what becomes of damage.

An entry is called by its kind and by a hash of all that shapes it, so a stale one cannot be found. What is read was
sealed and checked (see ``sealed``); what is damaged is set aside, with a sentence, and made anew; what cannot be kept
is used all the same, for this process.
"""

import functools
import hashlib
import os
import sys
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import ClassVar

from platformdirs import user_cache_path

from immunosim.codegen.sealed import DamageError, Folder
from immunosim.codegen.vector.processor import host

PACKAGE = Path(__file__).resolve().parent.parent
VARIABLE = "IMMUNOSIM_CACHE_DIR"
SHIPPED = Folder(PACKAGE / "codegen" / "shipped", is_ours=True)
"""Texts of the models that come with the package, written when it was built."""

MAKES_TEXT = ("model/*.py", "models/**/*.py", "codegen/*.py")
MAKES_CODE = ("numerics/**/*.py", "codegen/vector/*.py")
"""Sources of the package that shape the texts, and the machine code."""

Files = Mapping[str, bytes]
Announce = Callable[[str], None]


def cache_root() -> Path:
    """Return the folder of the cache: ``IMMUNOSIM_CACHE_DIR`` or the user's cache folder."""
    named = os.environ.get(VARIABLE)
    return Path(named) if named else user_cache_path("immunosim")


def entry_name(kind: str, *shaped_by: object) -> str:
    """Return the name of an entry of a kind, from everything that shapes it."""
    return f"{kind}-{fingerprint(*shaped_by)}"


def fingerprint(*shaped_by: object) -> str:
    """Return 32 digits that stand for everything that shapes a thing."""
    return hashlib.sha256(repr(shaped_by).encode()).hexdigest()[:32]


@functools.cache
def sources_digest(patterns: tuple[str, ...]) -> str:
    """Return the SHA-256 over sources of the package, names and contents."""
    digest = hashlib.sha256()
    for pattern in patterns:
        for path in sorted(PACKAGE.glob(pattern)):
            digest.update(path.relative_to(PACKAGE).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def versions(*packages: str) -> tuple[str, ...]:
    """Return the versions of installed packages, without importing them."""
    return tuple(version(package) for package in packages)


def maker_of_text() -> str:
    """Return what made a text here: the hash of the sources that declare and emit."""
    return sources_digest(MAKES_TEXT)


def maker_of_code(text: str = "") -> str:
    """Return what made machine code here: a hash of sources, versions and processor; and the digest of its text."""
    machine = host()
    made_by = (sources_digest(MAKES_CODE), versions("numba", "llvmlite", "numpy"), sys.version_info[:3])
    return f"{fingerprint(*made_by, machine.name, machine.features)} {text}".rstrip()


class MachineStore:
    """What a process reads from the cache and keeps there.

    Parameters
    ----------
    announce : callable
        Receives a sentence on damage, on entries that cannot be stored, and before a slow step.
    """

    _complained_of: ClassVar[set[Path]] = set()
    """Caches of which it was said that they cannot be written: once a process."""

    def __init__(self, announce: Announce) -> None:
        self.announce = announce

    def get(self, name: str, make: Callable[[], Files], made_by: str, waiting: str = "") -> Files:
        """Return the files of an entry, made and kept first where there is none that is sound.

        Parameters
        ----------
        name : str
            As ``entry_name`` gives it.
        make : callable
        made_by : str
            What makes it, by which the doctor tells an entry that nothing here would make any more.
        waiting : str, optional
            What to announce before it is made.

        Raises
        ------
        ModelError
            If the cache can be written by others.
        """
        files = self.find(name)
        if files is None:
            if waiting:
                self.announce(waiting)
            files = make()
            self.put(name, files, made_by)
        return files

    def find(self, name: str) -> Files | None:
        """Return the files of an entry, None where there is none that is sound.

        Raises
        ------
        ModelError
            If the cache can be written by others.
        """
        for folder in (SHIPPED, *self._folders()):
            folder.check()
            try:
                files = folder.read(name)
            except DamageError as damage:
                self._set_aside(folder, name, str(damage))
                continue
            if files is not None:
                return files
        return None

    def put(self, name: str, files: Files, made_by: str) -> None:
        """Keep an entry; where that cannot be, say so once."""
        refusal = ""
        for folder in self._folders():
            if not folder.is_writable:
                continue
            try:
                folder.write(name, files, made_by)
            except OSError as error:
                refusal = f" ({error.strerror})"
            else:
                return
        if cache_root() not in self._complained_of:
            self._complained_of.add(cache_root())
            self.announce(
                f"{cache_root()} cannot be written{refusal}: compiled for this run only, "
                f"set {VARIABLE} to a folder that can be written to keep the result"
            )

    def _set_aside(self, folder: Folder, name: str, reason: str) -> None:
        fate = "set aside" if folder.set_aside(name) else "not used"
        self.announce(f"{folder.path / name}: {reason}; it is {fate} and made again")

    @staticmethod
    def _folders() -> list[Folder]:
        """Return where entries may be: a cache that is named and cannot be written is read, and backed by our own."""
        named = Folder(cache_root())
        of_user = Folder(user_cache_path("immunosim"))
        return [named] if named.path == of_user.path or named.is_writable else [named, of_user]

    # --- compiled drivers, as ``numerics.compilation.Store`` wants them -----------------------------------------------

    def load(self, name: str) -> bytes | None:
        """Return the code of a compiled driver."""
        files = self.find(self._driver(name))
        if files is None:
            self.announce(f"Compiling the loop over the steps of {name}, once per installation (some seconds)")
        return None if files is None else files["code"]

    def has_driver(self, name: str) -> bool:
        """Return whether the code of a driver is kept, so that it need not be compiled."""
        return self.find(self._driver(name)) is not None

    def keep(self, name: str, code: bytes) -> None:
        """Keep the code of a compiled driver."""
        self.put(self._driver(name), {"code": code}, maker_of_code())

    def reject(self, name: str) -> None:
        """Set aside the code of a compiled driver that is what was written, and that numba cannot read."""
        entry = self._driver(name)
        for folder in self._folders():
            if (folder.path / entry).exists():
                self._set_aside(folder, entry, "this numba cannot read it")

    @staticmethod
    def _driver(name: str) -> str:
        return entry_name("driver", name, maker_of_code())
