"""What this process may use of its machine, and what it has used."""

import os
from pathlib import Path

_LIMIT, _USED = Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")
"""Where Linux says what a container or a batch job may have."""


def cores() -> int:
    """Return how many cores this process may use."""
    mask = getattr(os, "sched_getaffinity", None)  # not on macOS and Windows
    return len(mask(0)) if mask else os.cpu_count() or 1


def memory_available() -> int:
    """Return the bytes of memory that this process may still take."""
    import psutil

    available = int(psutil.virtual_memory().available)
    try:
        limit, used = _LIMIT.read_text(encoding="ascii").strip(), int(_USED.read_text(encoding="ascii"))
        return available if limit == "max" else min(available, max(int(limit) - used, 0))
    except (OSError, ValueError):
        return available


def memory_used() -> int:
    """Return the bytes of memory that this process has now."""
    import psutil

    return int(psutil.Process().memory_info().rss)
