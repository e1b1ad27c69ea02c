"""The cache as a user sees it: what lies in it, whether it is sound, how large it is, what may go.

Only what immunosim made is ever removed: entries named by a kind and a key, what an interrupted run left, what was set
aside, and what earlier versions kept. Nothing here compiles, and nothing is called sound that was not checked.
"""

from __future__ import annotations

import re
import stat
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from immunosim.codegen.cache import TEXT
from immunosim.codegen.sealed import SET_ASIDE, WRITING, DamageError, Folder, remove
from immunosim.codegen.store import SHIPPED, cache_root, maker_of_code, maker_of_text

BUSY = 60.0
"""Seconds after its last change for which an entry may belong to a process that is compiling it."""

IN_USE, STALE, DAMAGED, LEFT_OVER, KEPT_ASIDE = "in use", "stale", "damaged", "left over", "set aside"

_ENTRY = re.compile(r"(kernels|derivatives|gradients|variations|scalar|lanes|slopes|driver)-[0-9a-f]{32}")
_LEFTOVER = re.compile(rf"({WRITING}|removing-).*")
_EARLIER = re.compile(r"[0-9a-f]{16}|numba")
"""What versions before sealed entries called their folders."""

_HOLDS = {"scalar": "machine code", "lanes": "machine code", "slopes": "machine code", "driver": "machine code"}


@dataclass(frozen=True)
class CacheEntry:
    """One folder of the cache.

    Attributes
    ----------
    path : Path
    state : str
        "in use" (sound, and what this very installation would make), "stale" (sound, of another version, processor or
        text, or of edited sources), "damaged", "set aside" (damaged, and out of the way) or "left over" from an
        interrupted run.
    holds : str
        "text" or "machine code"; empty where that is not known.
    reason : str
        What is wrong with a damaged one.
    size : int, bytes
    changed : float
        When a file in it last changed, seconds since the epoch.
    """

    path: Path
    state: str
    holds: str
    reason: str
    size: int
    changed: float

    @property
    def is_busy(self) -> bool:
        """Whether it changed so lately that another process may be at work on it."""
        return time.time() - self.changed < BUSY


def cache_entries(root: Path | None = None) -> list[CacheEntry]:
    """Return what of the cache is ours, each checked, the latest first; nothing where the folder does not exist."""
    folder = Folder(root or cache_root())
    texts = _current_texts(folder) | _current_texts(SHIPPED)
    found = [_entry(folder, folder.path / name, texts) for name in folder.names()]
    return sorted((entry for entry in found if entry is not None), key=lambda entry: -entry.changed)


def clear(entries: Iterable[CacheEntry]) -> list[CacheEntry]:
    """Remove entries and return those that are gone; one that is busy or cannot be removed stays.

    An entry loses its name first, so that no process finds half of it.
    """
    return [entry for entry in entries if not entry.is_busy and _remove(entry.path)]


def removable(entries: Iterable[CacheEntry]) -> list[CacheEntry]:
    """Return the entries that this installation does not use."""
    return [entry for entry in entries if entry.state != IN_USE]


def repair(entries: Iterable[CacheEntry]) -> list[CacheEntry]:
    """Set damaged entries aside, so that they are made again when they are needed; return those that are."""
    damaged = [entry for entry in entries if entry.state == DAMAGED]
    return [entry for entry in damaged if Folder(entry.path.parent).set_aside(entry.path.name)]


def _current_texts(folder: Folder) -> set[str]:
    """Return the digests of the texts in a folder that this installation would write."""
    found = set()
    for name in folder.names():
        if _ENTRY.fullmatch(name):
            with suppress(DamageError):
                manifest = folder.manifest(name)
                if folder.is_ours or manifest.made_by == maker_of_text():
                    found |= {digest for file, (digest, _) in manifest.files.items() if file == TEXT}
    return found


def _entry(folder: Folder, path: Path, texts: set[str]) -> CacheEntry | None:
    state, reason = _state(folder, path, texts)
    if not state:
        return None
    size, changed = 0, 0.0
    for file in (path, *(path.rglob("*") if is_folder(path) else ())):
        try:
            status = file.lstat()
        except OSError:  # another process is at work here
            continue
        size += status.st_size if stat.S_ISREG(status.st_mode) else 0
        changed = max(changed, status.st_mtime)
    kind = path.name.partition("-")[0]
    holds = _HOLDS.get(kind, "text") if _ENTRY.fullmatch(path.name) else ""
    return CacheEntry(path, state, holds, reason, size, changed)


def _state(folder: Folder, path: Path, texts: set[str]) -> tuple[str, str]:
    """Return the state of an entry and what is wrong with it; no state for what is not ours."""
    if _LEFTOVER.fullmatch(path.name):
        return LEFT_OVER, ""
    if path.name.startswith(SET_ASIDE):
        return KEPT_ASIDE, ""
    if _EARLIER.fullmatch(path.name):
        is_ours = is_folder(path) and (path.name == "numba" or (path / "kernels.py").is_file())
        return (STALE, "") if is_ours else ("", "")
    if not _ENTRY.fullmatch(path.name):
        return "", ""
    try:
        if folder.read(path.name) is None:
            return "", ""
        made_by, _, text = folder.manifest(path.name).made_by.partition(" ")
        is_current = made_by in (maker_of_text(), maker_of_code()) and (not text or text in texts)
        return (IN_USE if is_current else STALE), ""
    except DamageError as damage:
        return DAMAGED, str(damage)


def is_folder(path: Path) -> bool:
    """Whether a path is a folder itself, and no link to one."""
    return path.is_dir() and not path.is_symlink()


def _remove(path: Path) -> bool:
    aside = path.with_name(f"removing-{path.name}-{time.time_ns()}")
    try:
        path.rename(aside)
    except OSError:  # it is gone, or the folder is read-only
        return False
    remove(aside)
    return True
