"""What the explorer starts from: the standard scenario of a model, and the other shipped ones as changes of it.

A link names a shipped scenario as its base, so the page has to know them all.
"""

from __future__ import annotations

import json
from typing import Any

from immunosim.teach.link import differences, shipped_documents

STANDARD = ("two_courses", "teaching_course")
"""Scenarios that an explorer begins with: the first of its model."""

OLDER = "model_version"
"""Key of scenarios of a model's earlier versions, which the page does not run."""


def starting_tables(model: str) -> dict[str, Any]:
    """Return the tables of a model's scenarios, as ``model_script`` adds them.

    Parameters
    ----------
    model : str

    Returns
    -------
    dict
        ``default_scenario``, its name ``standard``, and ``scenario_changes``: by name the scenario that each is closest
        to, which comes before it, and what differs. Empty where no scenario of the model is shipped.
    """
    documents = {name: document for name, document in shipped_documents(model).items() if OLDER not in document}
    if not documents:
        return {}
    standard = next((name for name in STANDARD if name in documents), min(documents))
    told = {standard: documents.pop(standard)}
    changes = {standard: {"of": standard, "changes": {}}}
    for name, document in documents.items():
        changes[name] = _shortest(told, document)
        told[name] = document
    return {"standard": standard, "default_scenario": told[standard], "scenario_changes": changes}


def _shortest(told: dict[str, dict[str, Any]], document: dict[str, Any]) -> dict[str, Any]:
    """Return how a document differs from the one that is closest to it."""
    candidates = [{"of": name, "changes": differences(base, document)} for name, base in told.items()]
    return min(candidates, key=lambda candidate: len(json.dumps(candidate)))
