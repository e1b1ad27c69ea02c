"""Files on disk: written whole or not at all, read without following links, and what a refusal means for the user."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from immunosim.errors import DataError, ImmunosimError

_ELSEWHERE = "choose a place that you may write"
_CURES = {
    errno.ENOSPC: "free some space, or choose another disk",
    errno.EDQUOT: "free some space, or choose another disk",
    errno.EACCES: _ELSEWHERE,
    errno.EPERM: _ELSEWHERE,
    errno.EROFS: _ELSEWHERE,
}


class OutputError(ImmunosimError):
    """Results cannot be written where they should go."""


def write_file(path: Path, content: bytes) -> None:
    """Write one file whole or not at all, in place of an earlier one.

    Raises
    ------
    OutputError
        If the disk is full or the place cannot be written.
    """
    with explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-writing-")
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            temporary.chmod(default_mode() & 0o666)
            os.replace(temporary, path)
            sync_folder(path.parent)
        finally:
            temporary.unlink(missing_ok=True)


def write_synced(path: Path, content: bytes, mode: int) -> None:
    """Write a new file and force it to the disk.

    Raises
    ------
    OSError
        If it exists, or cannot be written.
    """
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), mode)
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on the disk, where the operating system can do so for folders.

    A rename may else be lost with the power.
    """
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some network file systems
            raise
    finally:
        os.close(handle)


def sync_tree(folder: Path) -> None:
    """Wait until every file below a folder is on the disk."""
    for where, _, names in os.walk(folder):
        for name in names:
            with Path(where, name).open("rb+") as stream:
                os.fsync(stream.fileno())
        sync_folder(Path(where))


def free_name(path: Path) -> Path:
    """Return a path that does not exist: this one, or with a number."""
    number, free = 1, path
    while os.path.lexists(free):
        number += 1
        free = path.with_name(f"{path.name}-{number}")
    return free


def is_being_written(name: str) -> bool:
    """Whether a file or folder is the temporary one of a write that is going on, or was cut off."""
    return name.startswith(".") and "-writing-" in name


def read_plain(path: Path, most: int) -> bytes:
    """Return the content of a regular file that others may have made: no link is followed, no pipe is waited for.

    Parameters
    ----------
    path : Path
    most : int
        Bytes; a larger file is not read.

    Raises
    ------
    OSError
        If it is missing, no regular file, or larger.
    """
    follow_nothing = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, os.O_RDONLY | follow_nothing), "rb") as stream:
        about = os.fstat(stream.fileno())
        if not stat.S_ISREG(about.st_mode):
            raise OSError(errno.EINVAL, "is not a regular file", str(path))
        if about.st_size > most:
            raise OSError(errno.EFBIG, f"is larger than {most} bytes", str(path))
        return stream.read()


def default_mode() -> int:
    """Return the permissions that a new folder would have; temporary folders are private."""
    mask = os.umask(0)
    os.umask(mask)
    return 0o777 & ~mask


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Report an error of the operating system as ours, with its cure."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        if error.errno in (errno.ENOTDIR, errno.EEXIST) and error.filename:
            reason = f"{error.filename} is a file, not a folder"
        cure = _CURES.get(error.errno or 0, "choose another place")
        raise OutputError(f"cannot be written ({reason})", file=str(path), cure=cure) from error


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Report an error of the operating system as ours where a file is read."""
    try:
        yield
    except OSError as error:
        cure = "try again, or take it from a copy"
        raise DataError(f"cannot be read ({error.strerror or error})", file=str(path), cure=cure) from error
