"""A file layer that fails: the n-th operation on files below a folder ends in an error, is cut short, or is the last.

Takes the place of what Python opens, reads, writes, renames and waits for with. What libraries do in C (HDF5 that opens
a file by its name) passes by. This module knows no format.
"""

from __future__ import annotations

import builtins
import errno
import io
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

ERRORS = (errno.ENOSPC, errno.EIO, errno.EACCES)
"""What a disk says, in turn."""

_READ, _WRITE = "read", "write"


class PowerCut(BaseException):
    """The machine is off: no handler of errors is reached."""


@dataclass
class Layer:
    """Counts operations and fails one of them.

    Attributes
    ----------
    folder : str
        Only what lies below it is counted.
    fails : int
        Which operation fails, counted from 1; 0 for none.
    error : int
        With which error.
    is_cut : bool
        Whether a write or read that fails is done in half before.
    is_last : bool
        Whether the power goes off in place of an error: nothing happens to any file from then on.
    log : list of (str, str)
        Operations and paths, in their order.
    paths : dict of int to str
        Of open files; those in ``bare`` have no Python file around them.
    unsynced : dict of int to int
        How many bytes the disk has for certain, by number (inode) of a file that was written since.
    """

    folder: str
    fails: int = 0
    error: int = errno.EIO
    is_cut: bool = False
    is_last: bool = False
    is_off: bool = False
    log: list[tuple[str, str]] = field(default_factory=list)
    paths: dict[int, str] = field(default_factory=dict)
    bare: set[int] = field(default_factory=set)
    unsynced: dict[int, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def covers(self, path: object) -> bool:
        """Return whether a path, or an open file, lies below the folder."""
        if isinstance(path, int):
            return path in self.paths
        return os.path.abspath(os.fsdecode(path)).startswith(self.folder + os.sep)  # type: ignore[arg-type]

    def name(self, path: Any) -> str:
        """Return a path as the log has it."""
        return self.paths[path] if isinstance(path, int) else os.path.abspath(os.fsdecode(path))

    def must_fail(self, what: str, path: object) -> bool:
        """Count an operation, and return whether it is the one that fails."""
        with self._lock:
            if self.is_off:
                raise PowerCut
            self.log.append((what, self.name(path)))
            is_chosen = len(self.log) == self.fails
            self.is_off = is_chosen and self.is_last
        if self.is_off:
            raise PowerCut
        return is_chosen

    def failure(self, path: object) -> OSError:
        """Return the error of the operation that fails."""
        return OSError(self.error, os.strerror(self.error), self.name(path))

    def count(self, what: str, path: object) -> None:
        """Count an operation, and raise where it is the one that fails."""
        if self.must_fail(what, path):
            raise self.failure(path)
        if what == "fsync":
            self.unsynced.pop(os.fstat(path).st_ino, None)  # type: ignore[arg-type]
        elif what == _WRITE:
            self.is_written(path)  # type: ignore[arg-type]

    def is_written(self, handle: int) -> None:
        """Remember that the disk need not have what is written to a file now."""
        about = os.fstat(handle)
        self.unsynced.setdefault(about.st_ino, about.st_size)

    def lose_power(self) -> None:
        """Do to the files what a cut of power does at worst: content that was not waited for is gone, names are not."""
        for handle in self.bare:
            os.close(handle)
        for where, _, names in os.walk(self.folder):
            for path in (os.path.join(where, name) for name in names):
                if (inode := os.stat(path).st_ino) in self.unsynced:
                    os.truncate(path, self.unsynced[inode])


class _File(io.FileIO):
    """A file whose reads and writes are counted."""

    def __init__(self, layer: Layer, file: Any, mode: str, closefd: bool, opener: Any) -> None:
        super().__init__(file, mode, closefd, opener)
        self._layer = layer
        self._named = layer.name(file)
        if isinstance(file, int):
            layer.bare.discard(file)

    def close(self) -> None:
        if not self.closed:
            self._layer.paths.pop(self.fileno(), None)
        super().close()

    def write(self, content: Any) -> int:
        if self._layer.is_off:  # what a buffer still held when its file was given up
            return len(memoryview(content).cast("B"))
        self._layer.is_written(self.fileno())
        if self._layer.must_fail(_WRITE, self._named):
            if self._layer.is_cut:
                plain = memoryview(content).cast("B")
                super().write(plain[: len(plain) // 2])
            raise self._layer.failure(self._named)
        return super().write(content)

    def readinto(self, buffer: Any) -> int | None:
        n = super().readinto(buffer)
        return self._kept(n) if n else n

    def read(self, size: int = -1) -> bytes | None:
        content = super().read(size)
        return content[: self._kept(len(content))] if content else content

    def readall(self) -> bytes:
        content = super().readall()
        return content[: self._kept(len(content))] if content else content

    def _kept(self, n: int) -> int:
        """Return how much of what was read is handed on; the rest of the file is then as good as lost."""
        if not self._layer.must_fail(_READ, self._named):
            return n
        if not self._layer.is_cut:
            raise self._layer.failure(self._named)
        self.seek(0, os.SEEK_END)
        return n // 2


def _open(layer: Layer, original: Callable[..., Any]) -> Callable[..., Any]:
    def opened(
        file: Any,
        mode: str = "r",
        buffering: int = -1,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
        closefd: bool = True,
        opener: Any = None,
    ) -> Any:
        if not layer.covers(file):
            return original(file, mode, buffering, encoding, errors, newline, closefd, opener)
        if not isinstance(file, int):
            layer.count("open", file)
        raw = _File(layer, file, mode.replace("b", "").replace("t", ""), closefd, opener)
        layer.paths[raw.fileno()] = layer.name(file)
        if buffering == 0:
            return raw
        kind = io.BufferedRandom if "+" in mode else io.BufferedReader if "r" in mode else io.BufferedWriter
        buffered = kind(raw)
        return buffered if "b" in mode else io.TextIOWrapper(buffered, encoding, errors, newline)

    return opened


def _low_open(layer: Layer, original: Callable[..., int]) -> Callable[..., int]:
    def opened(path: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        if dir_fd is not None or not layer.covers(path):
            return original(path, flags, mode, dir_fd=dir_fd)
        layer.count("open", path)
        handle = original(path, flags, mode)
        layer.paths[handle] = layer.name(path)
        layer.bare.add(handle)
        return handle

    return opened


def _closed(layer: Layer, original: Callable[[int], None]) -> Callable[[int], None]:
    def close(handle: int) -> None:
        layer.paths.pop(handle, None)
        layer.bare.discard(handle)
        original(handle)

    return close


def _counted(layer: Layer, what: str, original: Callable[..., Any], place: int = 0) -> Callable[..., Any]:
    def call(*arguments: Any, **named: Any) -> Any:
        if layer.covers(arguments[place]):
            layer.count(what, arguments[place])
        return original(*arguments, **named)

    return call


def _removed(layer: Layer, original: Callable[..., Any]) -> Callable[..., Any]:
    def remove(*arguments: Any, **named: Any) -> Any:
        if layer.is_off:
            raise PowerCut
        return original(*arguments, **named)

    return remove


@contextmanager
def failing(
    folder: Path, fails: int = 0, error: int = errno.EIO, is_cut: bool = False, is_last: bool = False
) -> Iterator[Layer]:
    """Put a layer in place of the file operations below a folder until the block ends."""
    layer = Layer(os.path.abspath(folder), fails, error, is_cut, is_last)
    at_low_level = {
        "open": _low_open(layer, os.open),
        "close": _closed(layer, os.close),
        "write": _counted(layer, _WRITE, os.write),
        "read": _counted(layer, _READ, os.read),
        "fsync": _counted(layer, "fsync", os.fsync),
        "replace": _counted(layer, "replace", os.replace, 1),
        "rename": _counted(layer, "rename", os.rename, 1),
        "mkdir": _counted(layer, "mkdir", os.mkdir),
        "truncate": _counted(layer, "truncate", os.truncate),
        "ftruncate": _counted(layer, "truncate", os.ftruncate),
        "unlink": _removed(layer, os.unlink),
        "rmdir": _removed(layer, os.rmdir),
    }
    with (
        mock.patch.object(builtins, "open", _open(layer, builtins.open)),
        mock.patch.object(io, "open", _open(layer, io.open)),
        mock.patch.multiple(os, **at_low_level),
    ):
        yield layer
