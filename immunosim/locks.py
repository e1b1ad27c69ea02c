"""Locks on results: one process at a time writes an output, and another one is told who does and since when.

A holder keeps a file beside the output open and locked by the operating system, which frees it however the holder ends.
The file says who holds it, and is renewed while the holder lives: where locks do not reach from one machine to another
(some network file systems), its age tells. Parts of one output that do not overlap are held side by side.
"""

from __future__ import annotations

import contextlib
import errno
import getpass
import json
import math
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from immunosim.errors import DataError
from immunosim.files import explained, read_plain

WHOLE = (1, 1)
"""The part of an output that is all of it: number 1 of 1."""

RENEWED_EVERY, SILENT_AFTER = 20.0, 300.0
"""Seconds between renewals, and after which a holder on another machine counts as dead."""

_PATIENCE = 30.0
"""Seconds to wait while another process looks at the locks, which takes milliseconds."""

_MOST = 2**14
_UNSUPPORTED = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP)
_BUSY = (errno.EACCES, errno.EAGAIN, errno.EDEADLK)
_FAR = 2**30
"""Where Windows locks a byte, so that the text before it can be read."""

_held: set[int] = set()
"""Open files of this process, closed in a child so that a lock ends with its holder."""


@dataclass(frozen=True)
class Holder:
    """Who holds an output.

    Attributes
    ----------
    user, host : str
    pid : int
    started : float
        When the process began, second: tells it from a later one with the same number.
    since : str
        When it took the output.
    command : str
    number, of : int
        Its part of the output.
    """

    user: str
    host: str
    pid: int
    started: float
    since: str
    command: str
    number: int = 1
    of: int = 1

    def overlaps(self, part: tuple[int, int]) -> bool:
        """Whether the blocks of two parts have any in common, those whose places are ``number - 1`` modulo ``of``."""
        return (self.number - part[0]) % math.gcd(self.of, part[1]) == 0

    @property
    def words(self) -> str:
        """Who it is, in words."""
        by = f"process {self.pid} of {self.user} on {self.host}"
        return _plain(f"{by}, since {self.since}: {self.command}" if self.command else f"{by}, since {self.since}")


@contextmanager
def held(
    path: Path, command: str = "", note: Callable[[str], None] = lambda text: None, part: tuple[int, int] = WHOLE
) -> Iterator[None]:
    """Hold an output, or a part of it, while the block runs.

    Parameters
    ----------
    path : Path
        File or folder, which need not exist.
    command : str
        Shown to other processes.
    note : callable
        Receives a sentence on a holder that has died.
    part : (int, int)
        Number, from 1, of how many.

    Raises
    ------
    DataError
        If another process or thread holds it, with who and since when.
    OutputError
        If the location is not writable.
    """
    with explained(path):
        _guard_file(path).parent.mkdir(parents=True, exist_ok=True)
        with _guarded(path):
            _refuse_held(path, part, note)
            handle = _take(_holder_file(path, part), _this_process(command, part))
    owner, ended = os.getpid(), threading.Event()
    renewing = threading.Thread(target=_renew, args=(handle, ended), daemon=True)
    renewing.start()
    try:
        yield
    finally:
        if os.getpid() == owner:
            ended.set()
            renewing.join()
            _release(path, part, handle)


def holder_of(path: Path, part: tuple[int, int] = WHOLE) -> Holder | None:
    """Return who holds an output or what overlaps with a part of it, without taking it; None where nobody does."""
    for file in _holder_files(path):
        holder = _read(file)
        if holder is not None and holder.overlaps(part) and _lives(file, holder, time.time()):
            return holder
    return None


def refuse_held(path: Path, part: tuple[int, int] = WHOLE) -> None:
    """Raise a DataError where another process holds an output, before anything is computed; takes nothing."""
    holder = holder_of(path, part)
    if holder is not None:
        raise _in_use(path, holder)


def _refuse_held(path: Path, part: tuple[int, int], note: Callable[[str], None]) -> None:
    """Raise where a living holder overlaps; remove the files of the dead. The caller holds the guard."""
    guard = _guard_file(path)
    os.utime(guard)  # the clock of the file server, against which ages are told
    now = guard.stat().st_mtime
    for file in _holder_files(path):
        holder = _read(file)
        if _lives(file, holder, now):
            if holder is None or holder.overlaps(part):
                raise _in_use(path, holder)
            continue
        if holder is not None:
            note(f"{path}: the run that held it has ended without finishing ({holder.words}); this one takes over")
        with contextlib.suppress(FileNotFoundError):
            file.unlink()


def _in_use(path: Path, holder: Holder | None) -> DataError:
    if holder is None:
        return DataError("is in use by another process", file=str(path), cure="wait until it has ended")
    cure = "wait until it has ended, end it there, or choose another `path`"
    if holder.host != socket.gethostname():
        cure += f"; on another machine, it counts as dead {SILENT_AFTER / 60:.0f} minutes after its last sign of life"
    return DataError(f"is in use ({holder.words})", file=str(path), cure=cure)


def _lives(file: Path, holder: Holder | None, now: float) -> bool:
    """Whether the holder whose file this is still runs."""
    try:
        handle = _open(file, os.O_RDWR if sys.platform == "win32" else os.O_RDONLY)
    except FileNotFoundError:
        return False
    except PermissionError:
        return holder is None or _process_runs(holder, file, now)
    try:
        is_free = _try_lock(handle, is_shared=True)  # two who only look do not disturb each other
    finally:
        os.close(handle)
    if is_free is False:
        return True
    if holder is None:
        return False
    if is_free and holder.host == socket.gethostname():
        return False  # whoever it was, the operating system has ended its lock
    return _process_runs(holder, file, now)


def _process_runs(holder: Holder, file: Path, now: float) -> bool:
    if holder.host != socket.gethostname():
        return now - file.stat().st_mtime < SILENT_AFTER
    import psutil

    try:
        return bool(abs(psutil.Process(holder.pid).create_time() - holder.started) < 1.0)
    except psutil.Error:
        return False


def _this_process(command: str, part: tuple[int, int]) -> Holder:
    import psutil

    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # no name for this number
        user = "somebody"
    since = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    command = command[:2000] or "Python"
    return Holder(user, socket.gethostname(), os.getpid(), psutil.Process().create_time(), since, command, *part)


def _take(file: Path, holder: Holder) -> int:
    handle = _open(file, os.O_RDWR | os.O_CREAT)
    _held.add(handle)
    try:
        while _try_lock(handle) is False:  # somebody who only looks has opened it
            time.sleep(0.01)
        os.ftruncate(handle, 0)
        os.write(handle, json.dumps(asdict(holder)).encode())
    except BaseException:  # a full disk, or Ctrl-C: a process that goes on must not hold what it did not take
        _close(handle)
        raise
    return handle


def _release(path: Path, part: tuple[int, int], handle: int) -> None:
    with contextlib.suppress(OSError, DataError), _guarded(path):
        if sys.platform == "win32":
            _close(handle)  # it removes no file that is open
        _holder_file(path, part).unlink(missing_ok=True)
    _close(handle)


def _close(handle: int) -> None:
    if handle in _held:
        _held.discard(handle)
        os.close(handle)


def _renew(handle: int, ended: threading.Event) -> None:
    while not ended.wait(RENEWED_EVERY):
        with contextlib.suppress(OSError):
            os.utime(handle) if os.utime in os.supports_fd else os.write(handle, b" ")


@contextmanager
def _guarded(path: Path) -> Iterator[None]:
    """Be the only process that looks at, takes or leaves the locks of an output."""
    guard, deadline = _guard_file(path), time.monotonic() + _PATIENCE
    while True:
        handle = _open(guard, os.O_RDWR | os.O_CREAT)
        if _try_lock(handle) is not False and _is_still(guard, handle):
            break
        os.close(handle)
        if time.monotonic() > deadline:
            reason = "its lock is being looked at by a process that does not go on"
            raise DataError(reason, file=str(path), cure=f"end that process, or remove {guard}")
        time.sleep(0.01)
    _held.add(handle)
    try:
        yield
    finally:
        if not list(_holder_files(path)):
            with contextlib.suppress(OSError):  # Windows removes no file that is open
                guard.unlink()
        _close(handle)


def _is_still(guard: Path, handle: int) -> bool:
    """Whether an open file is the one of that name, which another process may have removed meanwhile."""
    try:
        return os.path.samestat(os.fstat(handle), guard.lstat())
    except FileNotFoundError:
        return False


def _guard_file(path: Path) -> Path:
    target = path.resolve()  # one output has one lock, by whatever name it goes
    return target.with_name(f".{target.name}.lock")


def _holder_file(path: Path, part: tuple[int, int]) -> Path:
    guard = _guard_file(path)
    return guard.with_name(f"{guard.name}-{part[0]}-of-{part[1]}")


def _holder_files(path: Path) -> list[Path]:
    guard = _guard_file(path)
    try:
        return [guard.parent / name for name in sorted(os.listdir(guard.parent)) if name.startswith(f"{guard.name}-")]
    except OSError:  # no such folder, or not for us: nothing can be written there either
        return []


def _read(file: Path) -> Holder | None:
    """Return what a file says of its holder; None where it is damaged or gone."""
    try:
        holder = Holder(**json.loads(read_plain(file, _MOST)))
    except (OSError, ValueError, TypeError, RecursionError):
        return None
    texts, numbers = (holder.user, holder.host, holder.since, holder.command), (holder.pid, holder.number, holder.of)
    is_sound = all(isinstance(value, str) for value in texts) and all(
        isinstance(value, int) and value > 0 for value in numbers
    )
    return holder if is_sound and isinstance(holder.started, (int, float)) else None


def _open(file: Path, flags: int) -> int:
    # A link in a folder that others may write must not make us overwrite what it points at.
    return os.open(file, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0), 0o666)


def _try_lock(handle: int, is_shared: bool = False) -> bool | None:
    """Lock an open file without waiting: whether that worked, or None where the file system knows no locks."""
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(handle, _FAR, os.SEEK_SET)
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
            os.lseek(handle, 0, os.SEEK_SET)
        else:
            import fcntl

            fcntl.flock(handle, (fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _BUSY:
            return False
        if error.errno in _UNSUPPORTED:
            return None
        raise
    return True


def _plain(text: str) -> str:
    """Return a text from a file as one line that a terminal only prints, cut where it is long."""
    return "".join(letter if letter.isprintable() else "?" for letter in text[:300])


def _forget_in_child() -> None:
    for handle in list(_held):
        with contextlib.suppress(OSError):
            os.close(handle)
    _held.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_in_child)
