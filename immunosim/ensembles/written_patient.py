"""A patient of an ensemble as a scenario of its own, in which the varied parameters are written."""

from __future__ import annotations

from collections.abc import Mapping
from operator import attrgetter

from immunosim.problem import Problem
from immunosim.scenario import apply_overrides, build_scenario, to_toml
from immunosim.scenario.writer import document_of
from immunosim.units import format_quantity


def patient_toml(problem: Problem, values: Mapping[str, float]) -> str:
    """Return the scenario of a patient, as TOML that is read back to the same bits.

    Parameters
    ----------
    problem : Problem
        Of the scenario without the varied parameters.
    values : mapping of str to float
        The varied parameters, in the units of the parameter set.

    Raises
    ------
    ScenarioError
        If a value is impossible.
    """
    scenario, parameters = problem.scenario, problem.parameters
    counts = scenario.patient.baseline.model_dump(exclude_none=True)
    scales = {scale for count in counts for scale in parameters.scales_of(count)}  # which follow from the counts
    changes: dict[str, object] = {}
    for name, value in values.items():
        key, unit = parameters.key_of(name), parameters[name].unit
        is_choice = parameters[name].belongs_to_patient and isinstance(attrgetter(key)(scenario), bool)
        if name not in scales:
            changes[key] = bool(value) if is_choice else value if unit == "1" else format_quantity(value, unit)
    return to_toml(build_scenario(apply_overrides(document_of(scenario), changes), "patient"))
