"""Fits as plain values, ready for JSON: results with the data, the courses, the scenarios and the versions.

A page of a fit is made of such a record alone, whether it comes from a folder or from a fit in memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from immunosim.fitting.fit_data import FitData
from immunosim.fitting.patients import scenario_of
from immunosim.observations import PatientRecord
from immunosim.report.fit_courses import course_of, names_of
from immunosim.report.provenance import INTENDED_USE, model_description, software
from immunosim.scenario import to_toml

if TYPE_CHECKING:
    from immunosim.fitting import FitProblem, Fitted, PatientFits, PopulationFit, Subject
    from immunosim.fitting.conclusions.goodness_of_fit import FitVerdict
    from immunosim.plots.fit_courses import FittedCourse

DRAWN_DIGITS = 6
"""Digits of a course that is kept to be drawn."""


def fit_record(fitted: Fitted, courses: Sequence[FittedCourse] = ()) -> dict[str, Any]:
    """Return a fit of one patient, or of several as one, as plain values.

    Parameters
    ----------
    fitted : Fitted
    courses : sequence of FittedCourse, optional
        Those of its patients, where they have been computed.
    """
    drawn = courses or [course_of(fitted, index) for index in range(len(fitted.subjects))]
    return _record(fitted, drawn) | about_fit(fitted.subjects[0])


def several_record(several: PatientFits, courses: Sequence[FittedCourse] = ()) -> dict[str, Any]:
    """Return fits of several patients as plain values; arguments as of ``fit_record``."""
    drawn = courses or [course_of(fit) for fit in several.fits.values()]
    records = {
        name: _record(fitted, [course]) for (name, fitted), course in zip(several.fits.items(), drawn, strict=True)
    }
    for record in records.values():
        record["data"] |= {"findings": [], "rows": []}  # those of the table are said once
    return several_as_dict(several) | {
        "patients": records,
        "data": several.case.data.as_dict() | {"patients": {}},
        **about_fit(several.case.subjects[0]),
    }


def several_as_dict(several: PatientFits) -> dict[str, Any]:
    """Return the results of fits of several patients as plain values."""
    record: dict[str, Any] = {
        "patients": {name: fitted.as_dict() for name, fitted in several.fits.items()},
        "failures": several.failures,
        "verdicts": {name: dict(several.kinds(name)) for name in several.case.reported},
    }
    if several.population is not None:
        record["population"] = _population(several.population)
    return record


def verdict_of(population: PopulationFit) -> FitVerdict:
    """Return whether the model fits all patients together."""
    from immunosim.fitting.conclusions.goodness_of_fit import judge_fit

    return judge_fit(population.estimate)


def about_fit(subject: Subject) -> dict[str, Any]:
    """Return the model with its limits, the versions and the intended use."""
    return {
        "provenance": {
            "model": model_description(subject.problem),
            "limitations": list(subject.problem.model.scope.limitations),
            "software": software(),
            "intended_use": INTENDED_USE,
        }
    }


def data_known(case: FitProblem, until: float) -> dict[str, Any]:
    """Return the data of patients up to a day, with their scenarios and the names of what was measured."""
    known = tuple(_known(patient, until) for patient in case.patients)
    return {
        "data": replace(case.data, patients=known).as_dict(),
        "analytes": _analytes(case.subjects),
        "scenarios": {
            patient.name: to_toml(scenario_of(case.problem.scenario, patient, case.wishes.follow_up))
            for patient in known
        },
    }


def _known(patient: PatientRecord, until: float) -> PatientRecord:
    measured = tuple(measurement for measurement in patient.measurements if measurement.time <= until)
    return replace(patient, measurements=measured, doses=tuple(dose for dose in patient.doses if dose.time <= until))


def _record(fitted: Fitted, courses: Sequence[FittedCourse]) -> dict[str, Any]:
    posterior = fitted.estimate.posterior
    data = fitted.data or FitData(
        patients=tuple(PatientRecord(subject.name, subject.measurements) for subject in fitted.subjects)
    )
    labels = {parameter.name: parameter.label for parameter in posterior.coordinates.parameters}
    return fitted.as_dict() | {
        "labels": {verdict.name: labels[verdict.name] for verdict in fitted.verdicts},
        "data": data.as_dict(),
        "analytes": _analytes(fitted.subjects),
        "scenarios": {subject.name: to_toml(subject.problem.scenario) for subject in fitted.subjects},
        "courses": {course.name: _course(course) for course in courses},
        "free_under_priors": list(posterior.coordinates.nuisance),
        "with_priors": posterior.with_priors,
    }


def _analytes(subjects: Sequence[Subject]) -> dict[str, Any]:
    """Return name and unit of everything that was measured, in the order of the model."""
    measured = {measurement.analyte for subject in subjects for measurement in subject.measurements}
    names, units = names_of(subjects[0]), subjects[0].units
    return {name: {"label": label, "unit": units[name]} for name, label in names.items() if name in measured}


def _course(course: FittedCourse) -> dict[str, Any]:
    return {
        "time_day": _drawn(course.times.tolist()),
        "bands": {
            analyte: {name: _drawn(row) for name, row in zip(("low", "best", "high"), band.tolist(), strict=True)}
            for analyte, band in course.bands.items()
        },
    }


def _drawn(values: list[float]) -> list[float]:
    return [float(f"{value:.{DRAWN_DIGITS}g}") for value in values]


def _population(population: PopulationFit) -> dict[str, Any]:
    names = population.arrangement.individual
    by_name = {
        "median": population.medians,
        "sd_of_log": population.sds,
        "standard_error_of_log_median": population.median_sds,
        "shrinkage": population.shrinkage,
    }
    unknowns = population.estimate.posterior.names
    return {
        "n_rounds": population.n_rounds,
        "has_converged": population.has_converged,
        "distribution": {
            name: {what: float(values[j]) for what, values in by_name.items()} for j, name in enumerate(names)
        },
        "effects": [
            {"name": effect.name, "what": effect.label, "per": effect.per, "reference": effect.reference}
            for effect in population.arrangement.effects
        ],
        "patients": {
            who: dict(zip(population.names, population.of(who).tolist(), strict=True)) for who in population.patients
        },
        "unknowns": dict(zip(unknowns, population.estimate.values.tolist(), strict=True)),
        "fit": asdict(verdict_of(population)),
    }
