"""The bibliography of a model, as BibTeX text.

Knows only where an entry begins and ends; it does not interpret fields.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from pathlib import Path

_ENTRY = re.compile(r"^@\w+\{(?P<key>[^,\s]+),\n.*?^\}$", re.MULTILINE | re.DOTALL)


@functools.cache
def read_references(path: Path) -> Mapping[str, str]:
    """Return all entries of a bibliography by key, as BibTeX text; none where there is no file."""
    if not path.is_file():
        return {}
    return {match["key"]: match.group() for match in _ENTRY.finditer(path.read_text(encoding="utf-8"))}
