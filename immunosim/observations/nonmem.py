"""Tables of the NONMEM family, and of Monolix: one dose or measurement a row, read into records.

Times are days unless said otherwise, doses mg. What is not supported is refused by name, never ignored: rates that are
estimated, steady states on top of others, columns that may flag values and are not known.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from immunosim.errors import DataError, QuantityError, any_of
from immunosim.observations.accounts import outcomes
from immunosim.observations.doses import drugs_by_number
from immunosim.observations.exclusions import left_out_notes
from immunosim.observations.laboratory import analytes_by_number
from immunosim.observations.nonmem_columns import (
    COLUMNS,
    DATES,
    SAME,
    comments_of,
    header_names,
    plain_name,
    suspect_flags,
    suspect_ids,
)
from immunosim.observations.nonmem_rows import Reading, doses_of, measured_in, reason_left_out, resets_of
from immunosim.observations.problems import Problems
from immunosim.observations.records import CovariateValue, Observations, PatientRecord, TableFinding
from immunosim.observations.suspicions import below_their_limit, check_hours, check_names, check_thousands
from immunosim.observations.table import ObservationTable, is_missing, read_table
from immunosim.observations.times import Calendar
from immunosim.scenario.drug_names import model_of, with_drugs_of
from immunosim.units import convert

if TYPE_CHECKING:
    from immunosim.scenario import Scenario

_REFUSED = {
    "DAT3": "write dates such as 2017-06-15",
    **dict.fromkeys(("PCMT", "CALL", "CONT", "L1", "L2"), "leave the column out"),
}
COVARIATES = {"AGE": "age", "SEX": "sex", "WT": "weight", "WEIGHT": "weight", "BIRTH_DAY": "birth_day"}
"""What we call covariates that have a usual header."""

_MAY_FLAG = re.compile(r"[A-Z0-9_]*(?:BLQ|BQL|BLOQ|LOQ|LOD|CENSOR)[A-Z0-9_]*")


def read_nonmem(
    path: Path,
    scenario: Scenario | None = None,
    *,
    time_unit: str = "day",
    drugs: Mapping[str, str] | None = None,
    analytes: Mapping[str, str] | None = None,
) -> tuple[Observations, list[TableFinding]]:
    """Read a table of the NONMEM family.

    Parameters
    ----------
    path : Path
    scenario : Scenario, optional
        Gives day 0 its date, where TIME holds dates, and its model the drugs.
    time_unit : str, optional
        The unit of TIME, DUR and II, and of the time in RATE.
    drugs, analytes : mapping of str to str, optional
        What numbers in CMT and DVID mean; names need no entry.

    Returns
    -------
    observations : Observations
    findings : list of TableFinding
        What of the table is not used.

    Raises
    ------
    DataError
        With line and column of everything that cannot be used.
    """
    problems = Problems(str(path))
    table = read_table(path, problems)
    result = records_of_nonmem(table, problems, scenario, time_unit, drugs, analytes)
    problems.refuse()
    return result


def records_of_nonmem(
    table: ObservationTable,
    problems: Problems,
    scenario: Scenario | None,
    time_unit: str | None = None,
    drugs: Mapping[str, str] | None = None,
    analytes: Mapping[str, str] | None = None,
) -> tuple[Observations, list[TableFinding]]:
    """Return what a table of the NONMEM family says; what cannot be read is left out and added to `problems`.

    The arguments are those of ``read_nonmem``; without a unit of times, days are assumed and looked at.
    """
    numerals = table.numerals._replace(is_fortran=True)
    table = replace(table, numerals=numerals)
    headers = header_names(table, problems)
    _check_headers(table, headers, problems)
    unit = time_unit or table.recipe.time_unit or "day"
    try:
        day = convert(1.0, unit, "day")
    except QuantityError as error:
        raise DataError(error.reason, file=table.file, key="time unit", cure=error.cure) from error
    comments = comments_of(table, headers, problems)
    read = replace(table, rows=tuple(row for row in table.rows if row.line not in comments))
    suspect_ids(read, headers["ID"], problems)
    suspect_flags(read, headers, problems)
    with with_drugs_of(scenario):
        numbers = drugs or drugs_by_number(), analytes or analytes_by_number()
        is_dated = any(name in headers for name in DATES)
        calendar = Calendar.of(scenario, any_origin=is_dated)
        reading = Reading(read, headers, calendar, day, *numbers)
        patients = _patients(reading, problems)
        is_floating = is_dated and (scenario is None or scenario.start_date is None)
        covariates, findings = _covariates(reading)
        patients = {name: replace(patient, covariates=covariates.get(name, {})) for name, patient in patients.items()}
        if is_floating:
            patients = {name: _from_first(reading, patient) for name, patient in patients.items()}
            findings.append(TableFinding(0, "", "note", "days count from the first dose, or row, of each patient"))
        elif is_dated and scenario and scenario.start_date:
            date = scenario.start_date.isoformat()
            patients = {name: replace(patient, day_0=date) for name, patient in patients.items()}
        owners = {row.line: reading.patient(row) for row in table.rows}
        reasons = comments | {row.line: reason_left_out(reading, row) for row in read.rows}
        rows = outcomes(table, patients.values(), problems, owners, reasons)
        findings += _doubts(reading, patients.values(), problems)
    if time_unit is None and not table.recipe.time_unit:
        findings += check_hours(list(patients.values()), table.header_line, headers["TIME"])
    told = {line: reason for line, reason in reasons.items() if reason not in ("no value", "MDV 1")}
    findings += [*table.findings, *left_out_notes(told), *check_names(list(patients))]
    return Observations(tuple(patients.values()), table.file, model_of(scenario), rows), findings


def _doubts(reading: Reading, patients: Iterable[PatientRecord], problems: Problems) -> Iterator[TableFinding]:
    """Yield that values are below their own limit, and report those whose mark may separate thousands."""
    rows = {row.line: row for row in reading.table.rows}
    low, cells = list[tuple[int, float, float]](), dict[str, list[tuple[int, str]]]()
    for measurement in (measurement for patient in patients for measurement in patient.measurements):
        line = measurement.line
        cells.setdefault(measurement.analyte, []).append((line, reading.text(rows[line], "DV")))
        with problems.at(line, reading.headers.get("LLOQ", "LLOQ")):
            if not measurement.is_censored:
                low.append((line, measurement.value, reading.number(rows[line], "LLOQ")))
    column = reading.headers.get("DV", "")
    check_thousands(reading.table, cells, column, problems)
    yield from below_their_limit(low, reading.table.header_line, column)


def _patients(reading: Reading, problems: Problems) -> dict[str, PatientRecord]:
    """Return the doses and measurements of each patient by name."""
    patients: dict[str, PatientRecord] = {}
    latest, header = "", reading.headers["ID"]
    for row in reading.table.rows:
        name = reading.patient(row)
        if not name:
            problems.add(row.line, header, "is empty", "give every row its patient")
        if name in patients and name != latest:
            problems.add(row.line, header, f'"{name}" comes again after another', "keep its rows together")
        known = patients.setdefault(latest := name, PatientRecord(name))
        patients[name] = replace(
            known,
            doses=(*known.doses, *doses_of(reading, row, problems)),
            measurements=(*known.measurements, *measured_in(reading, row, problems)),
            resets=(*known.resets, *resets_of(reading, row, problems)),
        )
    return patients


def _from_first(reading: Reading, patient: PatientRecord) -> PatientRecord:
    """Return a patient whose times count from the first dose, or else from the first row."""
    times = [dose.time for dose in patient.doses] or [measurement.time for measurement in patient.measurements]
    first = min(times, default=0.0)
    return replace(
        patient,
        doses=tuple(replace(dose, time=dose.time - first) for dose in patient.doses),
        measurements=tuple(replace(measurement, time=measurement.time - first) for measurement in patient.measurements),
        resets=tuple(time - first for time in patient.resets),
        day_0=reading.calendar.date_of(first),
    )


def is_nonmem(table: ObservationTable) -> bool:
    """Return whether a table has the columns of the NONMEM family or of Monolix."""
    if table.recipe.format is not None:
        return table.recipe.format == "nonmem"
    written = {plain_name(header) for header in table.headers}
    names = written | {SAME[name] for name in written if name in SAME and name not in ("Y", "OBSERVATION")}
    is_monolix = bool(names & {"YTYPE", "OBSERVATION ID"}) or ("Y" in names and bool(names & {"AMT", "CENS", "EVID"}))
    return {"ID", "TIME"} <= names and (bool(names & {"DV", "EVID", "MDV"}) or is_monolix)


def _check_headers(table: ObservationTable, headers: Mapping[str, str], problems: Problems) -> None:
    """Report headers that are missing or not supported; raise where nothing can be read without them."""
    for name in ("ID", "TIME"):
        if name not in headers:
            problems.add(table.header_line, "", f"has no column {name}", f"add {name}")
    if "DV" not in headers and "AMT" not in headers:
        problems.add(table.header_line, "", "has neither DV nor AMT", "add what was measured or given")
    if not {"ID", "TIME"} <= set(headers) or not {"DV", "AMT"} & set(headers):
        problems.refuse()
    for name in headers:
        if name in _REFUSED:
            problems.add(table.header_line, headers[name], "is not supported", _REFUSED[name])
        elif name not in COLUMNS and _MAY_FLAG.fullmatch(name):
            reason = "may flag values below quantification, or hold its limit"
            problems.add(table.header_line, headers[name], reason, f"rename it to {any_of(('CENS', 'BLQ', 'LLOQ'))}")


def _covariates(reading: Reading) -> tuple[dict[str, dict[str, CovariateValue]], list[TableFinding]]:
    """Return the covariates of every patient, the first value of each, and the columns that change within one."""
    known: dict[str, dict[str, CovariateValue]] = {}
    findings = []
    for name, header in reading.headers.items():
        if name in COLUMNS:
            continue
        changing: dict[str, int] = {}
        for row in reading.table.rows:
            text, patient = row.cells[header], reading.patient(row)
            if is_missing(text):
                continue
            value = _covariate(reading.table, text)
            if known.setdefault(patient, {}).setdefault(COVARIATES.get(name, header), value) != value:
                changing.setdefault(patient, row.line)
        if changing:
            who = next(iter(changing)) if len(changing) == 1 else f"{len(changing)} patients"
            reason = f"changes within {who}, the first value is used"
            findings.append(TableFinding(next(iter(changing.values())), header, "note", reason))
    return known, findings


def _covariate(table: ObservationTable, text: str) -> CovariateValue:
    try:
        return table.number(text)
    except QuantityError:
        return text
