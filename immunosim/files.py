"""Writing of files, whole or not at all, and what an operating system's refusal means for the user."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from immunosim.errors import ImmunosimError

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
    """Force the names in a folder to the disk, where the system can: a rename may else be lost with the power."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


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
