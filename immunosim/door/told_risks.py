"""The risks that a run, a report or a forecast tells of its patient: of the events that a population is calibrated to.

Loads what computes them only where a scenario has a population: most runs have none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from immunosim.codegen.loader import say_nothing
from immunosim.door.scenarios import AnyScenario, Given, given
from immunosim.errors import DataError
from immunosim.report.disease import NO_RISK
from immunosim.scenario.overrides import Overrides

if TYPE_CHECKING:
    from immunosim.door.fit_input import Noise
    from immunosim.observations import PatientRecord


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
    return [_at_end(scenario, event, read.scenario.horizon, overrides, announce) for event in _calibrated_events(read)]


def risks_so_far(
    scenario: AnyScenario,
    known: Mapping[str, PatientRecord],
    noise: Noise = (),
    overrides: Overrides = (),
    announce: Callable[[str], None] = say_nothing,
) -> dict[str, list[str]]:
    """Return sentences with the risks by the horizon of patients, given their counts so far, or why there is none.

    Parameters
    ----------
    scenario, overrides, announce
        As ``risk`` takes them.
    known : mapping of str to PatientRecord
        What is known of each patient.
    noise
        As ``risk`` takes it.

    Raises
    ------
    DataError, ScenarioError
        If the population cannot be read.
    """
    read = given(scenario, overrides)
    events = _calibrated_events(read)
    if not events:
        return {name: [NO_RISK] for name in known}
    told = [_so_far(read, event, known, noise, announce) for event in events]
    return {name: [sentences[name] for sentences in told] for name in known}


def _calibrated_events(read: Given) -> tuple[str, ...]:
    """Return the events that the scenario's own population is calibrated to."""
    section = read.scenario.population
    if section is None or not (section.file or section.calibrated_to):
        return ()
    from immunosim.cohorts.reading import merged_population

    merged, _, _ = merged_population(section, read.scenario.model, read.folder)
    return merged.calibrated_to


def _so_far(
    read: Given, event: str, known: Mapping[str, PatientRecord], noise: Noise, announce: Callable[[str], None]
) -> dict[str, str]:
    """Return a sentence for each patient; the question is the same for all."""
    from immunosim.door.risk_questions import risk_question
    from immunosim.door.risks import answered

    try:
        asked = risk_question(read, event, read.scenario.horizon, None, None, announce)
    except DataError as error:
        return dict.fromkeys(known, _refused(event, error))
    told = {}
    for name, record in known.items():
        try:
            told[name] = answered(asked, record, noise, announce=announce).sentence()
        except DataError as error:
            told[name] = _refused(event, error)
    return told


def _refused(event: str, error: DataError) -> str:
    return f"No risk of {event} can be told of this patient: {error.reason}."


def _at_end(
    scenario: AnyScenario, event: str, horizon: float, overrides: Overrides, announce: Callable[[str], None]
) -> dict[str, Any]:
    from immunosim.door.risks import risk

    try:
        told = risk(scenario, event, horizon, overrides=overrides, announce=announce)
    except DataError as error:
        return {"event": event, "sentence": _refused(event, error)}
    return told.summary() | {"sentence": told.sentence()}
