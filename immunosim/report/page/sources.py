"""The sources of a run's parameters and how to cite the run.

Reads only the links of BibTeX entries.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_FIELD = re.compile(r"^\s*(doi|url)\s*=\s*\{(.*)\},?$", re.MULTILINE)


@dataclass(frozen=True)
class Source:
    """An entry of the bibliography with its link."""

    key: str
    entry: str
    link: str


def sources(references: Mapping[str, str]) -> Iterator[Source]:
    """Yield the entries of a bibliography with their links; an entry without one has an empty link."""
    for key, entry in references.items():
        fields = dict(_FIELD.findall(entry))
        link = f"https://doi.org/{fields['doi']}" if "doi" in fields else fields.get("url", "")
        yield Source(key, entry, link.replace("\\_", "_"))


def own_entry(summary: Mapping[str, Any]) -> str:
    """Return the BibTeX entry of the software with which a run was made."""
    model = summary["model"]
    note = f"model {model['name']}, kernels {model['key']}, parameter set {model['parameter_set']}"
    return (
        "@software{immunosim,\n"
        "  title   = {immunosim: mechanistic simulator of immune repopulation after lymphocyte depletion},\n"
        f"  version = {{{summary['software']['immunosim']}}},\n"
        f"  note    = {{{note}}},\n"
        "}"
    )
