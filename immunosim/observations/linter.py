"""What is probably wrong with data that can be read: units, sums, order, duplicates, doses, limits of quantification.

An error is something that cannot be true or that a fit would misread; a warning something that should be looked at; a
note something to know. Nothing is corrected.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from immunosim.observations.planned import check_course, check_doses, check_plausible
from immunosim.observations.plausible import by_analyte, check_samples, check_values
from immunosim.observations.problems import also_on, kind_of
from immunosim.observations.records import Measurement, Observations, PatientRecord, TableFinding
from immunosim.scenario.drug_names import with_drugs_of
from immunosim.scenario.regimen import start_of
from immunosim.units import DAYS_PER_MONTH

if TYPE_CHECKING:
    from immunosim.scenario import Scenario

_RANKS = {"error": 0, "warning": 1, "note": 2}
_YEAR = 12.0 * DAYS_PER_MONTH
_MAX_YEARS = 60.0
"""Years between the first and the last of what is known of a patient, above which a date is doubted; assumed."""

_RANGES = {"age": (0.0, 120.0, "years"), "weight": (20.0, 400.0, "kg")}


def lint(observations: Observations, scenario: Scenario | None = None) -> list[TableFinding]:
    """Return what is probably wrong with observations, errors first, then in the order of lines.

    Parameters
    ----------
    observations : Observations
    scenario : Scenario, optional
        Whose horizon and doses the data are held against.

    Returns
    -------
    list of TableFinding
    """
    with with_drugs_of(observations):
        return _sorted(finding for finding, _ in _findings(observations, scenario))


def lint_kinds(observations: Observations, scenario: Scenario | None = None) -> list[TableFinding]:
    """Return what ``lint`` returns, the first of each kind and column with the lines of the others."""
    with with_drugs_of(observations):
        return _sorted(each_kind(_findings(observations, scenario)))


def _sorted(findings: Iterable[TableFinding]) -> list[TableFinding]:
    return sorted(findings, key=lambda finding: (_RANKS[finding.severity], finding.line))


def _findings(observations: Observations, scenario: Scenario | None) -> Iterator[tuple[TableFinding, str]]:
    """Yield every finding with the name of the patient that it is about, which is empty for those of all patients."""
    for finding in (
        *check_values(observations),
        *check_samples(observations),
        *_limits(observations),
        *_uncounted(observations),
    ):
        yield finding, ""
    for patient in observations:
        of_patient = [*_span(patient), *_births(patient), *_order(patient), *_duplicates(patient), *_traits(patient)]
        of_patient += [*check_plausible(patient, scenario), *check_course(patient, scenario)]
        if scenario is not None:
            of_patient += [*_horizon(patient, scenario), *check_doses(patient, scenario)]
        yield from ((finding, patient.name) for finding in of_patient)


def each_kind(findings: Iterable[tuple[TableFinding, str]]) -> Iterator[TableFinding]:
    """Yield the first finding of each kind and column, with the lines of the others; names are those of patients."""
    groups: dict[tuple[str, str, str], list[TableFinding]] = {}
    for finding, name in findings:
        reason = finding.reason.replace(name, "~") if name else finding.reason
        groups.setdefault((finding.severity, finding.column, kind_of(reason)), []).append(finding)
    for first, *others in groups.values():
        yield replace(first, reason=f"{first.reason}{also_on(other.line for other in others)}")


def _uncounted(observations: Observations) -> Iterator[TableFinding]:
    """Yield patients without measurements, where others have some."""
    if not observations.measurements:
        return
    for patient in observations:
        if not patient.measurements:
            line = min((dose.line for dose in patient.doses), default=0)
            yield TableFinding(line, "", "note", f"{patient.name} has no measurements: a fit leaves the patient out")


def _span(patient: PatientRecord) -> Iterator[TableFinding]:
    times = sorted(_places(patient), key=lambda known: known[1])
    if times and times[-1][1] - times[0][1] > _MAX_YEARS * _YEAR:
        line, first = times[0]
        years = (times[-1][1] - first) / _YEAR
        reason = f"day {first:g} of {patient.name} is {years:.0f} years before the last, day {times[-1][1]:g}"
        yield TableFinding(line, "", "warning", reason, "correct the date if it is wrong")


def _births(patient: PatientRecord) -> Iterator[TableFinding]:
    birth = patient.covariates.get("birth_day")
    for measurement in patient.measurements:
        if isinstance(birth, float) and measurement.time < birth:
            reason = f"was measured {birth - measurement.time:.0f} days before the birth of {patient.name}"
            yield TableFinding(measurement.line, measurement.column, "error", reason, "correct one of the dates")


def _order(patient: PatientRecord) -> Iterator[TableFinding]:
    latest, at = float("-inf"), 0
    times = dict(_places(patient))
    for line, time in sorted(times.items()):
        if time < latest:
            reason = f"day {time:g} comes after day {latest:g} of line {at} of the same patient"
            yield TableFinding(line, "", "warning", reason, "check the date, or sort the rows")
        else:
            latest, at = time, line


def _places(patient: PatientRecord) -> Iterator[tuple[int, float]]:
    """Yield line and time of everything that is known of a patient."""
    yield from ((measurement.line, measurement.time) for measurement in patient.measurements)
    yield from ((dose.line, dose.time) for dose in patient.doses)


def _duplicates(patient: PatientRecord) -> Iterator[TableFinding]:
    first: dict[tuple[float, str], Measurement] = {}
    for measurement in patient.measurements:
        other = first.setdefault((measurement.time, measurement.analyte), measurement)
        if other is measurement:
            continue
        reason = (
            f"{measurement.analyte} of {patient.name} on day {measurement.time:g} stands on line {other.line} as well"
        )
        if (other.value, other.is_below) == (measurement.value, measurement.is_below):
            cure = "leave one out, unless it was measured twice"
            yield TableFinding(measurement.line, measurement.column, "warning", reason, cure)
        else:
            reason += f", {other.value:g} there and {measurement.value:g} here: both count, as replicates"
            yield TableFinding(measurement.line, measurement.column, "note", reason)


def _traits(patient: PatientRecord) -> Iterator[TableFinding]:
    line = min((line for line, _ in _places(patient)), default=0)
    for name, (low, high, unit) in _RANGES.items():
        value = patient.covariates.get(name)
        if isinstance(value, (int, float)) and not low < value < high:
            reason = f"{name} of {patient.name}, {value:g} {unit}, cannot be"
            yield TableFinding(line, name, "error", reason, "correct the value, or the unit of its column")


def _horizon(patient: PatientRecord, scenario: Scenario) -> Iterator[TableFinding]:
    start = start_of(scenario)
    for measurement in patient.measurements:
        if measurement.time > scenario.horizon:
            reason = f"day {measurement.time:g} is after the horizon of the scenario, day {scenario.horizon:g}"
            yield TableFinding(
                measurement.line, measurement.column, "error", reason, "make the horizon longer, or leave it out"
            )
        elif measurement.time < start:
            reason = f"day {measurement.time:g} is before the simulation starts, day {start:g}"
            reason += ": it counts for the untreated patient"
            yield TableFinding(measurement.line, measurement.column, "note", reason)


def _limits(observations: Observations) -> Iterator[TableFinding]:
    for analyte, of_analyte in by_analyte(observations.measurements).items():
        below = [measurement for measurement in of_analyte if measurement.is_below]
        if below and len(below) == len(of_analyte):
            reason = f"all {len(of_analyte)} values of {analyte} are below quantification"
            yield TableFinding(below[0].line, below[0].column, "note", reason, "they only bound the fit from above")
        limits: dict[float, list[Measurement]] = defaultdict(list)
        for limit in below:
            if not limit.is_share:  # as a count, a limit in percent follows the total
                limits[limit.value].append(limit)
        for other in list(limits)[1:]:
            limit, first = limits[other][0], next(iter(limits.values()))[0]
            reason = f"the limit of quantification of {analyte} is {limit.value:g} here and {first.value:g} on line"
            yield TableFinding(
                limit.line, limit.column, "warning", f"{reason} {first.line}", "check that the assay changed"
            )
