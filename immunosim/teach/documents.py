"""Canonical documents of scenarios as JSON can hold them: what the page starts from and what links differ from."""

from __future__ import annotations

import datetime
from typing import Any

from immunosim.door.scenarios import document_of
from immunosim.scenario import Scenario
from immunosim.scenario.challenges import with_challenges_of


def json_document(scenario: Scenario) -> dict[str, Any]:
    """Return the canonical document of a scenario; dates are text.

    Random challenges are listed at the days that a run of the scenario draws: a page has no generator of numpy.
    """
    return {key: _jsonable(value) for key, value in document_of(with_challenges_of(scenario, 0)).items()}


def _jsonable(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _jsonable(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_jsonable(entry) for entry in value]
    return value.isoformat() if isinstance(value, datetime.date) else value
