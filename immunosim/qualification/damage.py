"""Damage to files: single bits flipped, ends cut off, everything removed, at places drawn from a fixed seed.

Knows files, not what they hold.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

KINDS = ("flip", "flip", "cut", "flip", "empty", "flip")
"""In turn: four of six damages are single flipped bits, which nothing but a checksum notices."""


@dataclass(frozen=True)
class Damage:
    """What is done to a file: its path below the folder, the kind, and where (a share of its length)."""

    path: str
    kind: str
    place: float
    bit: int

    def inflict(self, folder: Path) -> None:
        """Damage the file in place."""
        path = folder / self.path
        content = bytearray(path.read_bytes())
        where = int(self.place * len(content))
        if self.kind == "flip" and content:
            content[where] ^= 1 << self.bit
        path.chmod(0o600)
        path.write_bytes(b"" if self.kind == "empty" else content[:where] if self.kind == "cut" else content)

    def __str__(self) -> str:
        """Return the damage in words."""
        done = {"flip": f"bit {self.bit} flipped", "cut": "end cut off", "empty": "emptied"}[self.kind]
        return f"{self.path}, {done} at {100 * self.place:.0f} %" if self.kind != "empty" else f"{self.path}, {done}"


def damages(folder: Path, n: int, seed: int) -> Iterator[Damage]:
    """Yield damages to files below a folder, each kind of file in turn; files are looked for anew every time.

    There are fewer than ``n`` where no file is left that is not empty.
    """
    draws, kinds, done = random.Random(seed), cycle(KINDS), 0
    while done < n and (found := _by_suffix(folder)):
        for chosen in list(found.values())[: n - done]:
            yield Damage(draws.choice(chosen), next(kinds), draws.random(), draws.randrange(8))
            done += 1


def _by_suffix(folder: Path) -> dict[str, Sequence[str]]:
    """Return the files below a folder that are not empty, by what kind of file they are, in order."""
    found: dict[str, list[str]] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink() and path.stat().st_size:
            kind = path.suffix or ("chunk" if path.name.isdecimal() else path.name)
            found.setdefault(kind, []).append(path.relative_to(folder).as_posix())
    return dict(found)
