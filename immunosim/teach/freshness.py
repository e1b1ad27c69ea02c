"""Whether the built files of the site were made of the sources beside them: a hash that the build writes.

The same definition is in ``web/build.mjs``. Only a source tree has the sources; an installed package has the built
files alone.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from immunosim.teach.faults import LessonError

WEB = Path(__file__).parent / "web"
SITE = Path(__file__).parent / "site"
HASH_FILE = "SOURCES.sha256"

HASHED = ("build.mjs", "package.json", "package-lock.json", "tsconfig.json", "src")
"""Files and folders of the sources that shape the built files."""

BUILD = "run npm ci && npm run build in immunosim/teach/web"


def hash_of_sources(web: Path = WEB) -> str:
    """Return SHA-256 over "path NUL text NUL" of every source, sorted by path."""
    paths = [path for name in HASHED for path in _files(web / name)]
    sha = hashlib.sha256()
    for path in sorted(paths, key=lambda path: path.relative_to(web).as_posix()):
        sha.update(path.relative_to(web).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return sha.hexdigest()


def is_fresh(web: Path = WEB, site: Path = SITE) -> bool:
    """Return whether the built files are those of the sources; an installed package has no sources to compare with."""
    if not (web / "src").is_dir():
        return True
    recorded = site / HASH_FILE
    return recorded.is_file() and recorded.read_text().split()[:1] == [hash_of_sources(web)]


def built_file(name: str, site: Path = SITE) -> bytes:
    """Return a built file of the site.

    Raises
    ------
    LessonError
        If it has not been built.
    """
    path = site / name
    if not path.is_file():
        raise LessonError("has not been built", file=str(path), cure=f"{BUILD} (needs Node 20), or install a wheel")
    return path.read_bytes()


def _files(path: Path) -> list[Path]:
    return [entry for entry in path.rglob("*") if entry.is_file()] if path.is_dir() else [path]
