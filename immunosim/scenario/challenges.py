"""What enters pools or inputs without being a dose: challenges, relapses with a severity, and onsets before day 0.

Which onsets a patient may have had, and which pool relapses enter, the model declares. This module knows no pool in
particular.
"""

from __future__ import annotations

from collections.abc import Iterator

from immunosim.scenario.challenge import Challenge, random_days
from immunosim.scenario.drug_names import model_read, with_drugs_of
from immunosim.scenario.history import History
from immunosim.scenario.regimen import Bolus, Event, Infusion
from immunosim.scenario.scenario import Scenario


def challenge_events(scenario: History, patient: int = 0) -> Iterator[tuple[str, Event]]:
    """Yield what enters pools or inputs without being a dose, with the key path of the record that says so.

    Parameters
    ----------
    scenario : History
    patient : int
        Number of the patient in a cohort, whose random challenges are drawn; a scenario alone is patient 0.
    """
    yield from _onsets(scenario)
    yield from _relapses(scenario)
    for number, record in enumerate(scenario.challenge, 1):
        key, label = f"challenge[{number}]", record.label or f"challenge {number}"
        days = record.at if record.rate is None else random_days(record, number, scenario.horizon, patient)
        yield from ((key, _event(record, day, label, scenario.horizon)) for day in days)


def with_challenges_of(scenario: Scenario, patient: int) -> Scenario:
    """Return a scenario in which random challenges are listed at the times that are drawn for a patient of a cohort."""
    drawn = [
        record.model_copy(update={"at": days, "rate": None, "start": None, "stop": None, "seed": 0})
        for number, record in enumerate(scenario.challenge, 1)
        if (days := record.at or random_days(record, number, scenario.horizon, patient))
    ]
    return scenario.model_copy(update={"challenge": tuple(drawn)}) if has_random_challenges(scenario) else scenario


def has_random_challenges(scenario: History) -> bool:
    """Return whether the challenges differ between patients."""
    return any(record.rate is not None for record in scenario.challenge)


def _event(record: Challenge, day: float, label: str, horizon: float) -> Event:
    if record.pool is not None:
        return Bolus(record.pool, day, record.size, label)
    stop = min(day + record.lasts, horizon)  # what would follow the end is not simulated
    return Infusion(record.input or "", day, stop, record.size, record.size * (stop - day), label)


def _relapses(scenario: History) -> Iterator[tuple[str, Event]]:
    with with_drugs_of(scenario):
        pool = model_read().entered_by_relapses
    for number, record in enumerate(scenario.relapse, 1):
        if record.severity is not None:
            yield f"relapse[{number}]", Bolus(pool, record.time, record.severity, f"relapse {number}")


def _onsets(scenario: History) -> Iterator[tuple[str, Event]]:
    with with_drugs_of(scenario):
        declared = model_read().all_onsets
    for name, since in scenario.patient.onsets().items():
        onset = declared[name]
        yield f"patient.{name}", Bolus(onset.pool, -since, onset.amount, onset.label)
