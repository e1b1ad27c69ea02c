"""The summary of a run as plain data: the clinical results of a trajectory.

Units stand in the key names (``_day``, ``_months_``, ``_percent``, ``_relative``, ``_per_year``), in a ``unit`` beside
the value, or in the table ``units``. Days count from day 0 of the scenario, or from the start of a course where the
name says so. None means never, or not simulated.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from immunosim.report.counts import count_summaries, level_summaries
from immunosim.report.courses import course_windows
from immunosim.report.disease import autoimmunity_summary, hair_summary, relapse_summary
from immunosim.report.observations import observation_summary
from immunosim.report.provenance import (
    INTENDED_USE,
    dose_summary,
    individual_sentence,
    model_description,
    patient_differences,
    software,
    solver_summary,
)
from immunosim.report.sampling import refined
from immunosim.trajectory import Trajectory

RunSummary = dict[str, Any]

UNITS = {
    "day": "days after day 0",
    "month": "30.4375 days",
    "salt": "SALT score, 0-100 percent of the scalp",
    "dose_totals": "mg",
    "organs.cumulative_hazard": "1, at the horizon, of a patient with these parameter values; it is not a risk",
    "organs.draw": "1, unit-exponential; disease begins where the cumulative hazard reaches it",
}


def summarise(trajectory: Trajectory, risks: Sequence[Mapping[str, Any]] = ()) -> RunSummary:
    """Return the summary of a trajectory as plain data that JSON can hold.

    Peaks and nadirs are searched daily and hourly around doses, not only at the scenario's output times.

    Parameters
    ----------
    trajectory : Trajectory
        Complete or failed; the results of a failed one are None.
    risks : sequence of mapping
        Risks of the patient with ``event`` and ``sentence``, from a calibrated population; by default none is told.

    Returns
    -------
    dict
        Keys: title, description, intended_use, status, units, start_day, horizon_day, counts, drug_levels, observed,
        salt, autoimmunity, relapse, dose_totals, patient, model, solver, software.
    """
    problem, scenario = trajectory.problem, trajectory.scenario
    return {
        "title": scenario.title,
        "description": scenario.description,
        "intended_use": INTENDED_USE,
        "status": {"name": trajectory.status.name, "code": int(trajectory.status), "failure": trajectory.failure()},
        "units": UNITS,
        "start_day": float(trajectory.time[0]),
        "horizon_day": scenario.horizon,
        **_results(refined(trajectory), risks),
        "dose_totals": dose_summary(scenario),
        "patient": {
            "differs_from_default": patient_differences(problem),
            "individual_parameters": len(scenario.parameters),
            "individual_sentence": individual_sentence(scenario),
        },
        "model": model_description(problem),
        "solver": solver_summary(trajectory),
        "software": software(),
    }


def _results(trajectory: Trajectory, risks: Sequence[Mapping[str, Any]]) -> RunSummary:
    observed = observation_summary(trajectory)
    if not trajectory.is_complete:
        return {
            "counts": None,
            "drug_levels": None,
            "observed": observed,
            "salt": None,
            "autoimmunity": None,
            "relapse": None,
        }
    windows = course_windows(trajectory.scenario)
    return {
        "counts": count_summaries(trajectory, windows),
        "drug_levels": level_summaries(trajectory, windows),
        "observed": observed,
        "salt": hair_summary(trajectory, windows),
        "autoimmunity": autoimmunity_summary(trajectory, risks),
        "relapse": relapse_summary(trajectory),
    }
