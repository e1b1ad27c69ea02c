"""The command line in a process of its own: run to its end, or killed in the middle.

What crashes there does not end the qualification. Knows no check.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PACKAGE = Path(__file__).parents[1]

PATIENCE = 240.0
"""Seconds after which a command counts as hanging: four times what compiling everything takes."""

_NOT_TEXT = re.compile(r"\x1b\[[0-9;]*[A-Za-z]|[^\S\n ]|[\x00-\x09\x0b-\x1f\x7f-\x9f]")
"""Colours and other control characters, which compilers put into messages."""

INTERVAL = 0.02
"""Seconds between two looks at how far a command has come."""


@dataclass(frozen=True)
class Said:
    """How a command ended: its exit code (None where it hung) and what it printed."""

    code: int | None
    output: str
    messages: str

    @property
    def is_tidy(self) -> bool:
        """Whether it ended by itself, with a documented exit code and without a traceback."""
        return self.code in (0, 2, 3) and "Traceback (most recent call last)" not in self.messages

    @property
    def sentence(self) -> str:
        """The last line of its messages, and the exit code."""
        lines = _NOT_TEXT.sub("", self.messages).strip().splitlines() or ["(no message)"]
        return f"exit code {'none, it hung' if self.code is None else self.code}: {lines[-1][:300]}"


def command(arguments: Sequence[object], folder: Path, cache: Path | None = None) -> Said:
    """Run ``immunosim`` with arguments in a folder, with a kernel cache of its own where one is given."""
    process = started(arguments, folder, cache)
    try:
        output, messages = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        output, messages = process.communicate()
        return Said(None, output, messages)
    return Said(process.returncode, output, messages)


def killed(arguments: Sequence[object], folder: Path, files: int) -> bool:
    """Run ``immunosim``, kill it once it has written some files, and return whether that was before its end.

    Parameters
    ----------
    arguments : sequence
    folder : Path
        Where it runs and writes.
    files : int
        How many files more than before must lie below the folder.
    """
    before = n_files(folder)
    process = started(arguments, folder)
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and n_files(folder) < before + files and time.monotonic() < deadline:
        time.sleep(INTERVAL)
    process.kill()
    process.communicate()
    return process.returncode not in (0, 2, 3)


def started(arguments: Sequence[object], folder: Path, cache: Path | None = None) -> subprocess.Popen[str]:
    """Start ``immunosim`` with arguments in a folder."""
    paths = [str(PACKAGE.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths), "PYTHONIOENCODING": "utf-8"}
    if cache is not None:
        environment["IMMUNOSIM_CACHE_DIR"] = str(cache)
    return subprocess.Popen(
        [sys.executable, "-m", "immunosim", *map(str, arguments)],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="replace",
    )


def n_files(folder: Path) -> int:
    """Return how many files lie below a folder in which another process is at work."""
    return sum(len(names) for _, _, names in os.walk(folder))
