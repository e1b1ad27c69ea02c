"""What a loader may do with any input: return, or raise one of our errors, soon, and touch nothing.

This module knows no format and no loader.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from immunosim.errors import ImmunosimError

LONGEST_MESSAGE = 10_000
"""Characters of a message that somebody may still read: a screen or two."""

MOST_SECONDS = 10.0
"""Processor time that one input may take; all usual ones take milliseconds."""

_EXECUTES = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "pickle.find_class", "socket.connect")
_CHANGES = ("os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "os.symlink", "os.truncate", "shutil.rmtree")
_WATCHED = frozenset((*_EXECUTES, *_CHANGES))


class Hanging(BaseException):
    """An input took too long; no loader's own handlers take it for an error of theirs."""


@dataclass
class Watch:
    """What the process does while an input is read.

    Attributes
    ----------
    allowed : tuple of str
        Folders below which files may be written.
    seen : list of str
        What was written elsewhere, or executed.
    """

    is_on: bool = False
    allowed: tuple[str, ...] = ()
    seen: list[str] = field(default_factory=list)

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Note an event of the interpreter (``sys.addaudithook``), and refuse a change outside the folders."""
        if not self.is_on or (event not in _WATCHED and event != "open"):
            return
        if event in _EXECUTES:
            self._refuse(f"{event} {arguments[:2]!r}")
        changed = arguments[0] if event in _CHANGES or (event == "open" and _is_writing(*arguments[1:3])) else None
        if changed is not None and not isinstance(changed, int) and not self._allows(os.fsdecode(changed)):
            self._refuse(f"{event} {os.fsdecode(changed)}")

    def _allows(self, path: str) -> bool:
        return path == os.devnull or os.path.abspath(path).startswith(self.allowed)

    def _refuse(self, what: str) -> None:
        if _is_importing():
            return
        self.seen.append(what)
        raise PermissionError(13, "not while an input is read", what)


def _is_importing() -> bool:
    """Return whether a module is imported, which may unpickle, ask for the machine and store its compiled form."""
    frame: FrameType | None = sys._getframe()
    while frame is not None and "importlib" not in frame.f_code.co_filename:
        frame = frame.f_back
    return frame is not None


_WATCH = Watch()
_IS_HOOKED: list[bool] = []


def _is_writing(mode: object, flags: object) -> bool:
    if isinstance(mode, str):
        return any(letter in mode for letter in "wax+")
    return isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC))


@contextmanager
def watched(allowed: Sequence[Path]) -> Iterator[list[str]]:
    """Give the list of what is written outside some folders, or executed, until the block ends."""
    if not _IS_HOOKED:  # a hook cannot be taken away again
        sys.addaudithook(_WATCH)
        _IS_HOOKED.append(True)
    _WATCH.allowed, _WATCH.seen = tuple(os.path.abspath(folder) for folder in allowed), []
    _WATCH.is_on = True
    try:
        yield _WATCH.seen
    finally:
        _WATCH.is_on = False


@contextmanager
def bounded(seconds: float) -> Iterator[None]:
    """Raise ``Hanging`` where the block takes more processor time than this."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise Hanging(f"more than {seconds:g} s of processor time")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0.0)
        signal.signal(signal.SIGPROF, before)


def wrong_with(read: Callable[[], object], folder: Path, allowed: Sequence[Path] = (), may_write: bool = False) -> str:
    """Return what a loader does with an input that it must not do; empty if nothing.

    Parameters
    ----------
    read : callable
        Reads the input and checks what comes out with ``assert``.
    folder : Path
        Where the input lies, in which nothing may change.
    allowed : sequence of Path
        Folders in which the loader may write, such as the cache of compiled kernels.
    may_write : bool
        Whether it may change the folder where the input is taken.
    """
    before, is_taken = contents(folder), False
    with watched([*allowed, folder] if may_write else allowed) as seen:
        try:
            with bounded(MOST_SECONDS):
                read()
            wrong, is_taken = "", True
        except ImmunosimError as error:
            wrong = _wrong_with_message(str(error))
        except Hanging as error:
            wrong = f"{error}:\n{_where(error)}"
        except BaseException as error:  # whatever else there is: that is what is looked for
            wrong = f"{type(error).__name__}: {str(error)[:300]}\n{_where(error)}"
    changed = restore(folder, before)
    if not wrong and seen and not may_write:
        wrong = f"does more than reading: {seen[0]}"
    if not wrong and changed and not (may_write and is_taken):
        wrong = f"changes files: {changed[:3]}"
    return wrong


def contents(folder: Path) -> dict[str, bytes]:
    """Return all files below a folder by their path in it."""
    paths = [Path(where, name) for where, _, names in os.walk(folder) for name in names]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def restore(folder: Path, before: dict[str, bytes]) -> list[str]:
    """Give a folder the files that it had, and return which were changed, added or removed."""
    now = contents(folder)
    changed = sorted(name for name in now.keys() | before.keys() if now.get(name) != before.get(name))
    for name in changed:
        (folder / name).unlink(missing_ok=True)
        if name in before:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(before[name])
    return changed


def _wrong_with_message(message: str) -> str:
    if not message.strip():
        return "the message is empty"
    return f"the message has {len(message)} characters: {message[:200]}" if len(message) > LONGEST_MESSAGE else ""


def _where(error: BaseException) -> str:
    return "".join(traceback.format_tb(error.__traceback__)[-6:])
