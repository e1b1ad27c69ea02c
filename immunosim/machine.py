"""What this process may use of its machine."""

import os


def cores() -> int:
    """Return how many cores this process may use."""
    mask = getattr(os, "sched_getaffinity", None)  # not on macOS and Windows
    return len(mask(0)) if mask else os.cpu_count() or 1
