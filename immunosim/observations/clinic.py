"""Tables of a clinic: one visit a row, what was counted in columns, as CSV.

Values become those of the model's read-outs, times days after day 0. Every problem is named with its line and column,
all at once; what was inferred is reported as a note.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from immunosim.errors import QuantityError
from immunosim.observations.doses import dose_drugs, drug_of, is_infused, usual_duration
from immunosim.observations.headers import TableColumn
from immunosim.observations.laboratory import analytes, measurable
from immunosim.observations.layout import TableLayout, read_layout
from immunosim.observations.problems import Problems
from immunosim.observations.records import (
    CovariateValue,
    Measurement,
    Observations,
    PatientRecord,
    RecordedDose,
    TableFinding,
)
from immunosim.observations.table import TableRow, is_missing, read_table
from immunosim.observations.times import Calendar, is_date, order_of
from immunosim.scenario.drug_names import known_model, with_drugs_of
from immunosim.units import DAYS_PER_MONTH, factor_to

if TYPE_CHECKING:
    from immunosim.scenario import Scenario

ONLY_PATIENT = "patient"
"""The name of the patient of a table without a column of patients."""

_FACTORS = {"day": 1.0, "week": 7.0, "month": DAYS_PER_MONTH}
_SEXES = {
    **dict.fromkeys(("female", "f", "woman", "w", "weiblich"), "female"),
    **dict.fromkeys(("male", "m", "man", "männlich"), "male"),
}
_PER_LITRE = 1000.0
"""Cells per uL in 1e9/L."""


@dataclass(frozen=True)
class _Visit:
    """One row with its patient and its time (day)."""

    row: TableRow
    patient: str
    time: float


_OfPatient = TypeVar("_OfPatient", _Visit, Measurement, RecordedDose)


def read_clinic_table(
    path: Path, scenario: Scenario | None = None, *, from_first_dose: bool = False
) -> tuple[Observations, list[TableFinding]]:
    """Read a table of counts at visits.

    Parameters
    ----------
    path : Path
        CSV, its cells separated by commas, semicolons or tabs.
    scenario : Scenario, optional
        Gives day 0 its date, times such as ``course 2 + 30 days`` their meaning, and its model drugs and read-outs.
    from_first_dose : bool, optional
        Whether day 0 is the time of each patient's first dose in the table.

    Returns
    -------
    observations : Observations
    findings : list of TableFinding
        What was inferred from the table, and what of it is not used.

    Raises
    ------
    DataError
        With line and column of everything that cannot be used.
    """
    with with_drugs_of(scenario):
        return _read(path, scenario, from_first_dose)


def _read(path: Path, scenario: Scenario | None, from_first_dose: bool) -> tuple[Observations, list[TableFinding]]:
    table = read_table(path)
    problems = Problems(table.file)
    layout = read_layout(table, problems)
    calendar = Calendar.of(scenario, any_origin=from_first_dose and layout.time.kind == "date")
    visits = list(_visits(layout, calendar, problems))
    births = _births(layout, calendar, visits, problems)
    measurements = [measurement for visit in visits for measurement in _measurements(layout, visit, problems)]
    doses = [dose for visit in visits for dose in _doses(layout, visit, problems)]
    traits = {
        name: _covariates(layout, of_patient, problems) | births.get(name, {})
        for name, of_patient in _by_patient(visits).items()
    }
    counted, given = _by_patient(measurements), _by_patient(doses)
    patients = [
        PatientRecord(name, tuple(counted.get(name, ())), tuple(given.get(name, ())), known)
        for name, known in traits.items()
    ]
    if from_first_dose:
        patients = [_from_first_dose(patient, table.header_line, problems) for patient in patients]
    problems.refuse()
    return Observations(tuple(map(_with_age, patients)), table.file, known_model()), list(layout.findings)


def _by_patient(records: Iterable[_OfPatient]) -> dict[str, list[_OfPatient]]:
    by_name: dict[str, list[_OfPatient]] = {}
    for record in records:
        by_name.setdefault(record.patient, []).append(record)
    return by_name


def _visits(layout: TableLayout, calendar: Calendar, problems: Problems) -> Iterator[_Visit]:
    header, named = layout.time.header, layout.others.get("patient")
    order = order_of([row.cells[header] for row in layout.table.rows])
    for row in layout.table.rows:
        text, patient = row.cells[header], layout.cell(row, "patient") if named else ONLY_PATIENT
        if not patient and named:
            problems.add(row.line, named.header, "is empty", "name the patient in every row")
        if is_missing(text):
            problems.add(row.line, header, "is empty", "give every row a time")
            continue
        with problems.at(row.line, header):
            if layout.time.kind == "date" or is_date(text):
                time = calendar.day_of_date(text, order)
            else:
                time = calendar.day_of_time(text, _factor(layout.time), layout.table.number)
            yield _Visit(row, patient, time)


def _factor(column: TableColumn) -> float | None:
    """Return what turns plain numbers of a column of times into days; nothing where they may be anything."""
    return factor_to(column.unit, "day") if column.kind == "time" and column.unit else _FACTORS.get(column.kind)


def _measurements(layout: TableLayout, visit: _Visit, problems: Problems) -> Iterator[Measurement]:
    given: set[str] = set()
    for column in sorted(layout.analytes, key=lambda column: column.is_percent):  # shares fill gaps of counts
        text = visit.row.cells[column.header]
        if is_missing(text) or column.kind in given:
            continue
        given.add(column.kind)
        with problems.at(visit.row.line, column.header):
            value, is_below = layout.table.value(text)
            value *= _percent_of_total(layout, visit, column.kind) if column.is_percent else _to_own_unit(column)
            position = (visit.row.line, column.header)
            yield Measurement(visit.patient, visit.time, column.kind, value, is_below, *position)


def _to_own_unit(column: TableColumn) -> float:
    return factor_to(column.unit, measurable()[column.kind])


def _percent_of_total(layout: TableLayout, visit: _Visit, part: str) -> float:
    """Return one percent of the lymphocytes of a row, of which an analyte is a part, cells/uL."""
    whole = analytes()[part].part_of
    column = next((column for column in layout.analytes if column.kind == whole), None)
    cure = "give the total in the same row, or counts"
    if column is None or is_missing(text := visit.row.cells[column.header]):
        raise QuantityError("is a share of lymphocytes that are not given", cure=cure)
    total, is_below = layout.table.value(text)
    if is_below:
        raise QuantityError("is a share of lymphocytes that are below quantification", cure="give the count")
    return total * factor_to(column.unit, "1e9/L") * _PER_LITRE / 100.0


def _doses(layout: TableLayout, visit: _Visit, problems: Problems) -> Iterator[RecordedDose]:
    text, line = layout.cell(visit.row, "dose"), visit.row.line
    if not text:
        return
    with problems.at(line, layout.others["dose"].header):
        amount = layout.table.number(text) * factor_to(layout.others["dose"].unit, "mg")
        if amount < 0:
            raise QuantityError(f'"{text}" is negative', cure="give the mass that was given")
        if amount == 0:
            return
        drug = dose_drugs()[0]
        if name := layout.cell(visit.row, "drug"):
            with problems.at(line, layout.others["drug"].header):
                drug = drug_of(name)
        duration, has_duration = _duration(layout, visit, drug, problems), bool(layout.cell(visit.row, "duration"))
        yield RecordedDose(visit.patient, visit.time, drug, amount, duration, line, has_duration=has_duration)


def _duration(layout: TableLayout, visit: _Visit, drug: str, problems: Problems) -> float:
    text = layout.cell(visit.row, "duration")
    if not text:
        return usual_duration(drug)
    column = layout.others["duration"]
    with problems.at(visit.row.line, column.header):
        duration = layout.table.number(text) * factor_to(column.unit, "day")
        if duration < 0 or (duration == 0 and is_infused(drug)):
            raise QuantityError(f'"{text}" is not positive', cure=f"give how long {drug} was infused")
        return duration
    return 0.0


def _covariates(layout: TableLayout, visits: list[_Visit], problems: Problems) -> dict[str, CovariateValue]:
    """Return what is known of a patient: the first age, weight and sex, which may not change."""
    known: dict[str, CovariateValue] = {}
    for visit in visits:
        for kind, unit in (("age", "year"), ("weight", "kg")):
            if text := layout.cell(visit.row, kind):
                column = layout.others[kind]
                with problems.at(visit.row.line, column.header):
                    known.setdefault(kind, layout.table.number(text) * factor_to(column.unit, unit))
        if text := layout.cell(visit.row, "sex"):
            with problems.at(visit.row.line, layout.others["sex"].header):
                sex = _SEXES.get(text.casefold())
                if sex is None:
                    raise QuantityError(f'"{text}" is not a valid sex', cure='write "female" or "male"')
                if known.setdefault("sex", sex) != sex:
                    raise QuantityError(f'"{text}" contradicts an earlier row', cure="correct one of them")
    return known


def _births(
    layout: TableLayout, calendar: Calendar, visits: list[_Visit], problems: Problems
) -> dict[str, dict[str, CovariateValue]]:
    """Return the birth of each patient, days after day 0."""
    dates = [(visit, text) for visit in visits if (text := layout.cell(visit.row, "birth_date"))]
    order, known = order_of([text for _, text in dates]), dict[str, dict[str, CovariateValue]]()
    for visit, text in dates:
        with problems.at(visit.row.line, layout.others["birth_date"].header):
            day = calendar.day_of_date(text, order)
            if known.setdefault(visit.patient, {"birth_day": day})["birth_day"] != day:
                raise QuantityError(f'"{text}" contradicts an earlier row', cure="correct one of them")
    return known


def _from_first_dose(patient: PatientRecord, header_line: int, problems: Problems) -> PatientRecord:
    """Return a patient whose times count from the first dose."""
    if not patient.doses:
        reason = f'patient "{patient.name}" has no dose to count days from'
        problems.add(header_line, "", reason, "add a column of doses, or name a scenario with a start_date")
        return patient
    first = min(dose.time for dose in patient.doses)
    birth = patient.covariates.get("birth_day")
    return replace(
        patient,
        measurements=tuple(replace(measurement, time=measurement.time - first) for measurement in patient.measurements),
        doses=tuple(replace(dose, time=dose.time - first) for dose in patient.doses),
        covariates=patient.covariates | ({"birth_day": birth - first} if isinstance(birth, float) else {}),
    )


def _with_age(patient: PatientRecord) -> PatientRecord:
    """Return a patient with the age on day 0 where only the birth is known, year."""
    birth = patient.covariates.get("birth_day")
    if "age" in patient.covariates or not isinstance(birth, float) or birth >= 0:
        return patient
    return replace(patient, covariates=patient.covariates | {"age": -birth / 365.25})
