"""Untreated counts in a fit: counts before treatment are data, beside which no exact value of the scenario stands.

Untreated counts are linear in scales, which are free under their priors unless the scenario gives the counts.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from immunosim.observations import PatientRecord
from immunosim.observations.doses import doses_to_simulate
from immunosim.parameters import ParameterSet
from immunosim.problem import Problem
from immunosim.scenario import Scenario, events_of
from immunosim.scenario.regimen import begin_of


def given_counts(scenario: Scenario) -> dict[str, float]:
    """Return the untreated counts that a scenario gives, cells/uL."""
    return dict(scenario.patient.baseline.model_dump(exclude_none=True))


def scales_of_given_counts(scenario: Scenario, parameters: ParameterSet) -> set[str]:
    """Return the scales that follow from the untreated counts of a scenario, and are therefore not free."""
    return {scale for count in given_counts(scenario) for scale in parameters.scales_of(count)}


def without_measured_baseline(problem: Problem, patients: Sequence[PatientRecord]) -> tuple[Scenario, list[str]]:
    """Return the scenario without the untreated counts that were measured, and what is left out, in sentences.

    Parameters
    ----------
    problem : Problem
        Of the scenario that is common to all patients.
    patients : sequence of PatientRecord
    """
    scenario, sums = problem.scenario, problem.model.sums
    counts = given_counts(scenario)
    if not counts:
        return scenario, []
    analytes = {analyte for patient in patients for analyte in measured_before_treatment(scenario, patient)}
    parts = {part for analyte in analytes for part in sums.get(analyte, (analyte,))}
    measured = {scale for part in parts for scale in problem.parameters.scales_of(part)}
    superseded = [name for name in counts if measured & set(problem.parameters.scales_of(name))]
    if not superseded:
        return scenario, []
    baseline = scenario.patient.baseline.model_copy(update=dict.fromkeys(superseded))
    patient = scenario.patient.model_copy(update={"baseline": baseline})
    said = [
        f"patient.baseline.{name} = {counts[name]:g} cells/uL is not used: counts before treatment are fitted instead."
        for name in superseded
    ]
    return scenario.model_copy(update={"patient": patient}), said


def measured_before_treatment(scenario: Scenario, patient: PatientRecord) -> Collection[str]:
    """Return the analytes that were measured before the first dose, given or planned."""
    given = {dose.drug for dose in patient.doses}
    planned = [begin_of(event) for event in events_of(scenario) if event.drug is None or event.drug.name not in given]
    first = min([*planned, *(dose.time for dose in doses_to_simulate(patient))], default=float("inf"))
    return {measurement.analyte for measurement in patient.measurements if measurement.time <= first}
