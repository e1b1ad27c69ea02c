"""Provenance and intended use of a result: parameters, doses, mechanisms, solver, software.

Returns plain data for a summary; knows no results.
"""

import platform
from importlib import metadata
from typing import Any

from immunosim.patient_parameters import individual_differences
from immunosim.problem import Problem
from immunosim.scenario import Scenario, dose_totals, events_of
from immunosim.scenario.volumes import set_by_volumes
from immunosim.trajectory import Trajectory

INTENDED_USE = "Research and teaching software, not a medical device."

LIBRARIES = ("numpy", "numba", "xarray")
"""Packages whose version can affect a result or its file."""


def version() -> str:
    """Return the version of immunosim, or "not installed" where it runs from its source tree."""
    try:
        return metadata.version("immunosim")
    except metadata.PackageNotFoundError:
        return "not installed"


def software() -> dict[str, str]:
    """Return the versions of immunosim, Python and the libraries that compute and store results."""
    return {
        "immunosim": version(),
        "python": platform.python_version(),
        **{library: metadata.version(library) for library in LIBRARIES},
    }


def model_description(problem: Problem) -> dict[str, Any]:
    """Return the name of the model, the key of its compiled kernels, and the mechanisms that are off."""
    model = problem.model
    return {
        "name": model.module.MODEL,
        "key": problem.model.key,
        "parameter_set": problem.parameters.name,
        "mechanisms_off": {name: model.module.MECHANISMS[name][1] for name in problem.scenario.mechanisms.off},
    }


def patient_differences(problem: Problem) -> list[dict[str, Any]]:
    """Return every patient-specific value, and the key that sets it."""
    patient_values = individual_differences(problem.parameters, problem.model, problem.vector)
    return [
        {
            "parameter": name,
            "label": problem.parameters[name].label,
            "set_by": _set_by(problem, name),
            "value": value,
            "default": problem.parameters.value(name),
            "unit": problem.parameters[name].unit,
        }
        for name, value in patient_values.items()
    ]


def individual_sentence(scenario: Scenario) -> str:
    """Return a sentence on the scenario's own parameter values; empty if it has none.

    With observed data they were chosen to reproduce the patient, otherwise they are an assumption of the scenario.
    """
    count = len(scenario.parameters)
    if not count:
        return ""
    these = "This 1 value was" if count == 1 else f"These {count} values were"
    if scenario.observed:
        return f"{these} chosen to reproduce this patient: an existence proof, not an estimate."
    return f"{these} set by the scenario: an assumption, not an estimate."


def dose_summary(scenario: Scenario) -> dict[str, float]:
    """Return the total dose of each drug, mg."""
    return dose_totals(events_of(scenario))


def solver_summary(trajectory: Trajectory) -> dict[str, Any]:
    """Return the settings and statistics of the integration."""
    solution, options = trajectory.solution, trajectory.problem.options
    return {
        "method": options.method,
        "relative_tolerance": options.rtol,
        "accepted_steps": solution.n_steps,
        "rejected_steps": solution.n_rejected,
        "right_hand_sides": solution.n_rhs,
        "jacobians": solution.n_jacobian,
        "factorisations": solution.n_lu,
    }


def _set_by(problem: Problem, name: str) -> str:
    if name in problem.scenario.parameters or problem.parameters[name].belongs_to_patient:
        return problem.parameters.key_of(name)
    volume = set_by_volumes(problem.scenario).get(name)
    return "patient.baseline" if volume is None else f"{volume.key}.volume"
