"""The risks that a run, a report or a forecast tells of its patient: of the events that a population is calibrated to.

Loads what computes them only where a scenario has a population: most runs have none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from immunosim.codegen.loader import say_nothing
from immunosim.door.scenarios import AnyScenario, given
from immunosim.errors import DataError
from immunosim.scenario.overrides import Overrides


def risks_at_end(
    scenario: AnyScenario, overrides: Overrides = (), announce: Callable[[str], None] = say_nothing
) -> list[dict[str, Any]]:
    """Return the risks by the horizon of the events that the scenario's own population is calibrated to.

    Each has ``event`` and ``sentence``, and what ``Risk.summary`` holds unless the sentence says why none can be told.

    Parameters
    ----------
    scenario, overrides, announce
        As ``risk`` takes them.

    Raises
    ------
    DataError, ScenarioError
        If the population cannot be read.
    """
    read = given(scenario, overrides)
    section = read.scenario.population
    if section is None or not (section.file or section.calibrated_to):
        return []
    from immunosim.cohorts.reading import merged_population

    merged, _, _ = merged_population(section, read.scenario.model, read.folder)
    return [_at_end(scenario, event, read.scenario.horizon, overrides, announce) for event in merged.calibrated_to]


def _at_end(
    scenario: AnyScenario, event: str, horizon: float, overrides: Overrides, announce: Callable[[str], None]
) -> dict[str, Any]:
    from immunosim.door.risks import risk

    try:
        told = risk(scenario, event, horizon, overrides=overrides, announce=announce)
    except DataError as error:
        return {"event": event, "sentence": f"No risk of {event} can be told of this patient: {error.reason}."}
    return told.summary() | {"sentence": told.sentence()}
