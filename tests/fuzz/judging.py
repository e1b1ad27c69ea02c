"""What a loader may do with any input: return, or raise one of our errors, soon, and touch nothing.

This module knows no format and no loader.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
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
        if not self.is_on:
            return
        if event in _EXECUTES:
            self._refuse(f"{event} {arguments[:2]!r}")
        changed = arguments[0] if event in _CHANGES or (event == "open" and _is_writing(*arguments[1:3])) else None
        if changed is not None and not isinstance(changed, int) and not self._allows(os.fsdecode(changed)):
            self._refuse(f"{event} {os.fsdecode(changed)}")

    def _allows(self, path: str) -> bool:
        # Compiled modules are written wherever a module is imported for the first time.
        return "__pycache__" in path or path == os.devnull or os.path.abspath(path).startswith(self.allowed)

    def _refuse(self, what: str) -> None:
        self.seen.append(what)
        raise PermissionError(13, "not while an input is read", what)


_WATCH = Watch()
_IS_HOOKED: list[bool] = []


def _is_writing(mode: object, flags: object) -> bool:
    if isinstance(mode, str):
        return any(letter in mode for letter in "wax+")
    return isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC))


@contextmanager
def watched(*allowed: Path) -> Iterator[list[str]]:
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


def wrong_with(read: Callable[[], object], folder: Path, *allowed: Path) -> str:
    """Return what a loader does with an input that it must not do; empty if nothing.

    Parameters
    ----------
    read : callable
        Reads the input and checks what comes out with ``assert``.
    folder : Path
        Where the input lies, in which no file may appear or vanish.
    *allowed : Path
        Folders in which the loader may write, such as the cache of compiled kernels.
    """
    before = _names(folder)
    with watched(*allowed) as seen:
        try:
            with bounded(MOST_SECONDS):
                read()
        except ImmunosimError as error:
            wrong = _wrong_with_message(str(error))
        except Hanging as error:
            wrong = f"{error}:\n{_where(error)}"
        except BaseException as error:  # whatever else there is: that is what is looked for
            wrong = f"{type(error).__name__}: {str(error)[:300]}\n{_where(error)}"
        else:
            wrong = ""
    if seen and not wrong:
        wrong = f"does more than reading: {seen[0]}"
    if not wrong and _names(folder) != before:
        wrong = f"leaves other files: {sorted(_names(folder) ^ before)[:3]}"
    return wrong


def _wrong_with_message(message: str) -> str:
    if not message.strip():
        return "the message is empty"
    return f"the message has {len(message)} characters: {message[:200]}" if len(message) > LONGEST_MESSAGE else ""


def _where(error: BaseException) -> str:
    return "".join(traceback.format_tb(error.__traceback__)[-6:])


def _names(folder: Path) -> set[str]:
    return {os.path.join(where, name) for where, _, names in os.walk(folder) for name in names}
