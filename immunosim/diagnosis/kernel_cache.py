"""The folder of compiled kernels as a user sees it: what lies in it, how large, what may go.

Only what immunosim made is ever removed: folders named by a key that hold kernels, folders that an interrupted run
left while writing, and numba's folder. Nothing here compiles.
"""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from immunosim.codegen.cache import NUMBA_FOLDER, cache_root, source_key

BUSY = 60.0
"""Seconds after its last change for which an entry may belong to a process that is compiling it."""

_KEY = re.compile(r"[0-9a-f]{16}")
_LEFTOVER = re.compile(r"(writing|removing)-.*")


@dataclass(frozen=True)
class Entry:
    """One folder of the cache.

    Attributes
    ----------
    path : Path
    kind : str
        "in use" by this installation, "stale" (another version, or edited sources), "numba" (the integrator of a
        read-only installation) or "left over" from an interrupted run.
    size : int, bytes
    changed : float
        When a file in it last changed, seconds since the epoch.
    is_compiled : bool
        Whether it holds machine code beside the text of the kernels.
    """

    path: Path
    kind: str
    size: int
    changed: float
    is_compiled: bool

    @property
    def is_busy(self) -> bool:
        """Whether it changed so lately that another process may be at work on it."""
        return time.time() - self.changed < BUSY


def current_key() -> str:
    """Return the key of the kernels that this installation uses."""
    from immunosim.parameters import load_parameters

    return source_key(tuple(load_parameters().units().items()))


def cache_entries(root: Path | None = None) -> list[Entry]:
    """Return what of the cache is ours, the latest first; nothing where the folder does not exist."""
    root, key = root or cache_root(), current_key()
    folders = [path for path in root.iterdir() if path.is_dir() and not path.is_symlink()] if root.is_dir() else []
    kinds = ((path, _kind(path, key)) for path in folders)
    found = [_entry(path, kind) for path, kind in kinds if kind]
    return sorted(found, key=lambda entry: -entry.changed)


def clear(entries: Iterable[Entry]) -> list[Entry]:
    """Remove entries and return those that are gone; one that is busy or cannot be removed stays.

    An entry loses its name first, so that no process finds half of it.
    """
    return [entry for entry in entries if not entry.is_busy and _remove(entry.path)]


def stale(entries: Iterable[Entry]) -> list[Entry]:
    """Return the entries that this installation does not use."""
    return [entry for entry in entries if entry.kind in ("stale", "left over")]


def _kind(path: Path, key: str) -> str:
    if path.name == key:
        return "in use"
    if path.name == NUMBA_FOLDER:
        return "numba"
    if _LEFTOVER.fullmatch(path.name):
        return "left over"
    is_ours = _KEY.fullmatch(path.name) and (path / "kernels.py").is_file()
    return "stale" if is_ours else ""


def _entry(path: Path, kind: str) -> Entry:
    size, changed = 0, 0.0
    is_compiled = False
    for file in (path, *path.rglob("*")):
        try:
            status = file.stat()
        except FileNotFoundError:  # another process is at work here
            continue
        size += status.st_size if file.is_file() else 0
        changed = max(changed, status.st_mtime)
        is_compiled |= file.suffix == ".nbc"
    return Entry(path, kind, size, changed, is_compiled)


def _remove(path: Path) -> bool:
    aside = path.with_name(f"removing-{path.name}-{time.time_ns()}")
    try:
        path.rename(aside)
    except OSError:  # it is gone, or the folder is read-only
        return False
    shutil.rmtree(aside, ignore_errors=True)
    return True
