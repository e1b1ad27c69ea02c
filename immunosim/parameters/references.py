"""The bibliography of the parameter sets, as BibTeX text.

Knows only where the file lies and where an entry begins and ends; it does not interpret fields.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path

_ENTRY = re.compile(r"^@\w+\{(?P<key>[^,\s]+),\n.*?^\}$", re.MULTILINE | re.DOTALL)


@functools.cache
def _entries() -> dict[str, str]:
    text = (Path(__file__).parents[1] / "models" / "alemtuzumab" / "references.bib").read_text(encoding="utf-8")
    return {match["key"]: match.group() for match in _ENTRY.finditer(text)}


def load_references() -> dict[str, str]:
    """Return all entries of the bibliography by key, as BibTeX text."""
    return dict(_entries())
